# A file of finance's own, so that CODEOWNERS can ask them for every review.

# A custom role: Confluence allows ten on a site, beside viewer, collaborator,
# manager and admin.
space_role "auditor" {
  description = "Reads and exports, changes nothing"
  permissions = ["read/space", "export_content/space", "export/space"]
}

space "FIN" {
  name           = "Finance"
  owner          = "group:finance-leads"
  classification = "confidential"
  roles = {
    admin        = ["group:finance-leads"]
    collaborator = ["group:okta-finance"]
    viewer       = ["group:leadership"]
    auditor      = [{ who = "group:auditors", until = "2030-03-31", reason = "audit of the books" }]
  }
}
