# Spaces that belong to nobody's team.

space "HOME" {
  name           = "Company handbook"
  owner          = "group:people-ops"
  classification = "internal"
  roles = {
    admin        = ["group:people-ops"]
    collaborator = ["group:leadership"]
    viewer       = ["everyone"]
  }
}

space "HR" {
  name           = "People operations"
  owner          = "group:people-ops"
  classification = "confidential"
  roles = {
    admin  = ["group:people-ops"]
    viewer = ["group:leadership"]
  }
}

space "EXEC" {
  name           = "Board"
  owner          = "group:leadership"
  classification = "confidential"
  roles = {
    admin = ["group:leadership"]
  }
}

# The only space that the public may read: the policy anonymous_access names it.
space "DOCS" {
  name           = "Product documentation"
  owner          = "group:support"
  classification = "public"
  roles = {
    admin        = ["group:it"]
    manager      = ["group:support"]
    collaborator = ["group:engineering"]
    viewer       = ["anonymous"]
  }
}

# Owned additively: what is listed is kept so, and grants that people add
# themselves are left alone.
space "LAB" {
  name           = "Laboratory"
  owner          = "group:it"
  classification = "internal"
  roles = {
    admin        = ["group:it"]
    collaborator = ["everyone"]
  }
}

space "WEB23" {
  name           = "Website relaunch 2023"
  status         = "archived"
  owner          = "group:it"
  classification = "internal"
  roles = {
    admin  = ["group:it"]
    viewer = ["everyone"]
  }
}
