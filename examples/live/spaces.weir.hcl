space "DOCS" {
  name = "Product documentation"
  owner = "group:brook-staff"
  roles = {
    admin        = ["group:brook-admins"]
    collaborator = ["group:brook-staff"]
    viewer       = ["anonymous"]
  }
}

space "HR" {
  name = "People"
  roles = {
    admin        = ["group:brook-admins", "group:brook-hr"]
    viewer       = ["group:brook-staff"]
  }

  # Everybody may read the space; this page, and what is below it, only some.
  page "Pay bands" {
    view = ["group:brook-hr", "group:brook-admins"]
    edit = ["group:brook-hr", "group:brook-admins"]
  }

  # The restrictions of all its pages are read with every plan; of those without an
  # entry nothing is changed.
  watch = true
}

space "PROJ" {
  name = "Bridge project"
  roles = {
    admin        = ["group:brook-admins"]
    collaborator = ["group:brook-staff"]
  }
  guests = {
    domains = ["partner.example"]
    max     = 3
  }
}

# On a site that is on its way to roles a principal may have permissions of its own
# instead. Of this space nobody is left with any that is not listed.
space "LAB" {
  name  = "Laboratory"
  roles = { admin = ["group:brook-admins"] }
  permissions = {
    "group:brook-staff" = ["read/space", "create/page", "create/comment"]
  }
}
