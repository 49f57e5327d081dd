# Which site this is, and how much of it these files own.
weir = "v1"

site {
  name    = "my-site"
  product = "embedded" # a site in .weir/site.db; no account needed
}

ownership {
  groups = "additive" # groups that are not described stay as they are
}

protect {
  min_space_admins = 2 # a plan may not leave a space with fewer active admins
}
