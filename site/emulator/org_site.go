package emulator

import "net/http"

// baseURL is where the site says that it is: a name that resolves nowhere, so
// that nobody takes it for a real one.
const baseURL = "https://site.embedded.invalid"

// resource is a product of the organisation that roles are held on.
type resource struct {
	id    string // an ARI
	owner string
	key   string
	name  string
	host  string
}

// confluence is this site. Its ARI is made of the cloud id (evidence A1).
func (s *state) confluence() resource {
	return resource{id: "ari:cloud:confluence::site/" + s.site.CloudID, owner: "confluence", key: "confluence", name: "Confluence", host: baseURL + "/wiki"}
}

// jira is a second product beside Confluence. Only groups of kind
// [ManagedOther] hold a role on it; it is there so that a client must choose
// the right one.
func (s *state) jira() resource {
	return resource{id: "ari:cloud:jira::site/" + s.site.CloudID, owner: "jira-software", key: "jira-software", name: "Jira", host: baseURL}
}

func (s *state) orgARI() string { return "ari:cloud:platform::org/" + s.site.OrgID }

func (c *call) orgRow() object {
	self := "https://api.atlassian.com/admin/v1/orgs/" + c.site.OrgID
	return object{
		"id": c.site.OrgID, "type": "orgs", "attributes": object{"name": c.site.Name},
		"relationships": object{
			"domains": object{"links": object{"related": self + "/domains"}},
			"users":   object{"links": object{"related": self + "/users"}},
		},
		"links": object{"self": self},
	}
}

func orgList(c *call) (answer, error) {
	return ok(object{"data": []any{c.orgRow()}, "links": object{}})
}

func orgGet(c *call) (answer, error) { return ok(object{"data": c.orgRow()}) }

func orgDirectories(c *call) (answer, error) {
	return listOrgGet(c, func() (ordered[string], error) {
		return ordered[string]{items: []string{c.site.DirectoryID}, key: func(id string) string { return id }}, nil
	}, func(id string) any { return object{"directoryId": id, "name": "Default directory"} })
}

// productRole checks the role and resource of a role write: a role that can be
// held on a product, on this Confluence. Only the ARI names a resource: which
// form the product takes is unclear (docs/evidence.md "Unknown" 10).
func (c *call) productRole(role, resource string) error {
	switch {
	case !productRoleIDs.has(role):
		return refuse(http.StatusBadRequest, "ADMIN-UAM-400-1", "there is no product role %q", role)
	case resource == c.jira().id:
		return notEmulated("a role on Jira")
	case resource != c.confluence().id:
		return refuse(http.StatusNotFound, "ADMIN-UAM-404-3", "there is no resource %q", resource)
	}
	return nil
}
