# Every team's space has the same shape: its leads administer it, its members
# write, and the readers read.
archetype "team" {
  parameter "team" {}
  parameter "readers" {
    default = "everyone" # every licensed person
  }

  groups = {
    "${team}"       = {}
    "${team}-leads" = {}
  }

  roles = {
    admin        = ["group:${team}-leads"]
    collaborator = ["group:${team}"]
    viewer       = ["${readers}"]
  }
}

space "PLAT" {
  name           = "Platform"
  owner          = "group:platform-leads"
  classification = "internal"
  archetype      = "team"
  with           = { team = "platform" }
}

space "APPS" {
  name           = "Apps"
  owner          = "group:apps-leads"
  classification = "internal"
  archetype      = "team"
  with           = { team = "apps" }

  # These add to what the archetype gives.
  roles = {
    manager = ["group:design-leads"]
  }
}

# Findings of penetration tests are for engineers only.
space "SEC" {
  name           = "Security"
  owner          = "group:security-leads"
  classification = "restricted"
  archetype      = "team"
  with           = { team = "security", readers = "group:engineering" }
}

space "DESIGN" {
  name           = "Design"
  owner          = "group:design-leads"
  classification = "internal"
  archetype      = "team"
  with           = { team = "design" }
}

space "SALES" {
  name           = "Sales"
  owner          = "group:sales-leads"
  classification = "internal"
  archetype      = "team"
  with           = { team = "sales", readers = "group:staff" } # contractors see no prices
}
