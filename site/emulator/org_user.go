package emulator

import (
	"iter"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Where a person stands, in the words of users/search.
const (
	statusActive      = "active"
	statusSuspended   = "suspended"
	statusDeactivated = "deactivated"
	statusNotInvited  = "not_invited"
	statusForDeletion = "for_deletion" // deactivated, and the 14 days are running
)

func (p *person) status() string {
	switch {
	case !p.Deleting.IsZero():
		return statusForDeletion
	case p.Account == accountInactive:
		return statusDeactivated
	case p.Directory == directorySuspended:
		return statusSuspended
	case p.Directory == directoryNone:
		return statusNotInvited
	}
	return statusActive
}

// listed reports whether the organisation shows the account at all: those in
// the directory, and managed accounts that were removed from it (the published
// values not_invited and no_membership stand for them).
// Nobody lists an account that is deleted.
func (p *person) listed() bool {
	return p.Directory != directoryNone || !p.Unmanaged && !p.Erased
}

func (p *person) claim() string {
	if p.Unmanaged {
		return "unmanaged"
	}
	return "managed"
}

func (c *call) orgUserRow(p *person, expand []string) object {
	source := any("invited")
	switch {
	case c.synced(p):
		source = "synced"
	case p.ID == c.site.Account:
		source = nil
	}
	row := object{
		"accountId": p.ID, "accountType": "atlassian", "accountStatus": p.Account, "membershipStatus": p.Directory,
		"status": p.status(), "claimStatus": p.claim(), "email": p.Email, "emailVerified": !p.Invited,
		"name": p.Name, "nickname": p.nickname(), "managementSource": source, "mfaEnabled": false,
		"addedToOrg": p.Added.UTC().Format(time.RFC3339), "links": object{"self": p.ID},
	}
	for _, e := range expand {
		switch e {
		case "groups":
			groups := []any{}
			for _, id := range p.groups {
				g := c.groups.get(id)
				// An ARI here, a bare id everywhere else (evidence A2).
				groups = append(groups, object{"id": "ari:cloud:identity::group/" + id, "name": g.Name, "description": g.Description})
			}
			row["groups"] = groups
		case "productAccess":
			access := []any{}
			if c.licensed(p) {
				r := c.confluence()
				product := object{"id": r.id, "key": r.key}
				if !p.Viewed.IsZero() {
					product["lastActiveTimestamp"] = timestamp(p.Viewed)
				}
				access = append(access, product)
			}
			if c.usesJira(p) {
				r := c.jira()
				access = append(access, object{"id": r.id, "key": r.key})
			}
			row["productAccess"] = access
		case "platformRoles":
			row["platformRoles"] = orEmpty(p.Platform)
		case "counts.resources":
			n := 0
			if c.licensed(p) {
				n++
			}
			if c.usesJira(p) {
				n++
			}
			row["counts"] = object{"resources": n}
		}
	}
	return row
}

func orEmpty(s set) set {
	if s == nil {
		return set{}
	}
	return s
}

func (s *state) usesJira(p *person) bool {
	return slices.ContainsFunc(p.groups, func(id string) bool { return s.groups.get(id).Managed == ManagedOther })
}

// userSearch is the body of users/search (evidence A3).
type userSearch struct {
	AccountIDs       []string `json:"accountIds"`
	AccountStatus    []string `json:"accountStatus"`
	ClaimStatus      string   `json:"claimStatus"`
	Cursor           string   `json:"cursor"`
	DirectoryIDs     []string `json:"directoryIds"`
	EmailDomains     []string `json:"emailDomains"`
	Emails           []string `json:"emails"`
	Expand           []string `json:"expand"`
	GroupIDs         []string `json:"groupIds"`
	Limit            *int     `json:"limit"`
	MembershipStatus []string `json:"membershipStatus"`
	MFAEnabled       *bool    `json:"mfaEnabled"`
	ResourceIDs      []string `json:"resourceIds"`
	RoleIDs          []string `json:"roleIds"`
	SearchTerm       string   `json:"searchTerm"`
	Status           []string `json:"status"`
}

func (in *userSearch) check() error {
	switch {
	case len(in.Emails) > 0 && in.SearchTerm != "":
		return refuse(http.StatusBadRequest, "ADMIN-400-4", "emails and searchTerm exclude each other")
	case len(in.Emails) > 100 || len(in.AccountIDs) > 100:
		return refuse(http.StatusBadRequest, "ADMIN-400-4", "at most 100 emails or accountIds are possible")
	case len(in.EmailDomains) > 10 || len(in.GroupIDs) > 10 || len(in.RoleIDs) > 10:
		return refuse(http.StatusBadRequest, "ADMIN-400-4", "at most 10 emailDomains, groupIds or roleIds are possible")
	case len(in.ResourceIDs) > 20:
		return refuse(http.StatusBadRequest, "ADMIN-400-4", "at most 20 resourceIds are possible")
	}
	for _, closed := range []struct {
		name   string
		values []string
		known  []string
	}{
		{"accountStatus", in.AccountStatus, []string{accountActive, accountInactive, "closed"}},
		{"membershipStatus", in.MembershipStatus, []string{directoryActive, directorySuspended, directoryNone}},
		{"status", in.Status, []string{statusActive, statusSuspended, statusNotInvited, statusDeactivated, statusForDeletion}},
		{"expand", in.Expand, []string{"groups", "productAccess", "platformRoles", "counts.resources"}},
		{"claimStatus", nonEmpty(in.ClaimStatus), []string{"managed", "unmanaged"}},
	} {
		for _, v := range closed.values {
			if !slices.Contains(closed.known, v) {
				return refuse(http.StatusBadRequest, "ADMIN-400-4", "%s does not know %q", closed.name, v)
			}
		}
	}
	return nil
}

func nonEmpty(v string) []string {
	if v == "" {
		return nil
	}
	return []string{v}
}

// candidates narrows the people down by an index, where the search allows it.
func (c *call) candidates(in *userSearch) set {
	var ids set
	switch {
	case len(in.AccountIDs) > 0:
		ids = newSet(in.AccountIDs)
	case len(in.Emails) > 0:
		for _, e := range in.Emails {
			if p := c.byEmail[fold(e)]; p != nil {
				ids.add(p.ID)
			}
		}
	case len(in.GroupIDs) > 0:
		for _, id := range in.GroupIDs {
			if g := c.groups.get(id); g != nil {
				ids = append(ids, g.members...)
			}
		}
		ids = newSet(ids)
	default:
		ids = c.people.keys
	}
	return ids
}

func (c *call) matches(p *person, in *userSearch) bool {
	in1 := func(values []string, v string) bool { return len(values) == 0 || slices.Contains(values, v) }
	_, domain, _ := strings.Cut(p.Email, "@")
	sameFold := func(want string) func(string) bool { return func(v string) bool { return strings.EqualFold(v, want) } }
	switch {
	case !p.listed(),
		!in1(in.DirectoryIDs, c.site.DirectoryID),
		!in1(in.AccountIDs, p.ID),
		!in1(in.AccountStatus, p.Account),
		!in1(in.MembershipStatus, p.Directory),
		!in1(in.Status, p.status()),
		in.ClaimStatus != "" && in.ClaimStatus != p.claim(),
		in.MFAEnabled != nil && *in.MFAEnabled,
		len(in.Emails) > 0 && !slices.ContainsFunc(in.Emails, sameFold(p.Email)),
		len(in.EmailDomains) > 0 && !slices.ContainsFunc(in.EmailDomains, sameFold(domain)),
		len(in.GroupIDs) > 0 && !slices.ContainsFunc(in.GroupIDs, p.groups.has),
		in.SearchTerm != "" && !strings.Contains(fold(p.Name+" "+p.Email), fold(in.SearchTerm)):
		return false
	}
	if len(in.ResourceIDs) == 0 && len(in.RoleIDs) == 0 {
		return true
	}
	for _, r := range c.userRoleRows(p) {
		if in1(in.ResourceIDs, r.resource.id) && (len(in.RoleIDs) == 0 || slices.ContainsFunc(in.RoleIDs, func(id string) bool { return r.roles[id] != nil })) {
			return true
		}
	}
	return false
}

// orgSearchUsers lists people. Looking an address up is exact, whatever its
// case (evidence A3).
func orgSearchUsers(c *call) (answer, error) {
	var in userSearch
	if err := c.body(&in); err != nil {
		return answer{}, err
	}
	if err := in.check(); err != nil {
		return answer{}, err
	}
	return listOrg(c, c.found(&in), in.Limit, in.Cursor, "", orgMax, func(p *person) any { return c.orgUserRow(p, in.Expand) })
}

// found lists the people who match, looking no further than somebody asks.
func (c *call) found(in *userSearch) ordered[*person] {
	ids := c.candidates(in)
	return ordered[*person]{
		key: func(p *person) string { return p.ID },
		from: func(after string) iter.Seq[*person] {
			return func(yield func(*person) bool) {
				for _, id := range ids.after(after) {
					if p := c.people.get(id); p != nil && c.matches(p, in) && !yield(p) {
						return
					}
				}
			}
		},
	}
}

// orgListUsers is the search as a GET, with the same filters in the query.
func orgListUsers(c *call) (answer, error) {
	var in userSearch
	return listOrgGet(c, func() (ordered[*person], error) {
		in = userSearch{
			AccountIDs: c.list("accountIds"), AccountStatus: c.list("accountStatus"), ClaimStatus: c.query.Get("claimStatus"),
			DirectoryIDs: c.list("directoryIds"), EmailDomains: c.list("emailDomains"), Emails: c.list("emails"), Expand: c.list("expand"),
			GroupIDs: c.list("groupIds"), MembershipStatus: c.list("membershipStatus"), ResourceIDs: c.list("resourceIds"),
			RoleIDs: c.list("roleIds"), SearchTerm: c.query.Get("searchTerm"), Status: c.list("status"),
		}
		if c.query.Has("mfaEnabled") {
			mfa, err := c.truth("mfaEnabled")
			if err != nil {
				return ordered[*person]{}, err
			}
			in.MFAEnabled = &mfa
		}
		if err := in.check(); err != nil {
			return ordered[*person]{}, err
		}
		return c.found(&in), nil
	}, func(p *person) any { return c.orgUserRow(p, in.Expand) })
}

// personParam finds the person of the path.
func (c *call) personParam() (*person, error) {
	if p := c.people.get(c.vars["accountId"]); p != nil && p.listed() {
		c.concernsPerson(p)
		return p, nil
	}
	return nil, refuse(http.StatusNotFound, "ADMIN-UAM-404-3", "there is no such user")
}

// memberParam finds the person of the path in the directory.
func (c *call) memberParam() (*person, error) {
	if p := c.member(c.vars["accountId"]); p != nil {
		c.concernsPerson(p)
		return p, nil
	}
	return nil, refuse(http.StatusNotFound, "ADMIN-UAM-404-3", "there is no such user in the directory")
}

func orgGetUser(c *call) (answer, error) {
	p, err := c.personParam()
	if err != nil {
		return answer{}, err
	}
	row := c.orgUserRow(p, nil)
	if !p.Ended.IsZero() {
		row["deactivatedOn"] = p.Ended.UTC().Format(time.RFC3339)
	}
	return ok(object{"data": row})
}

// onMember performs a write about a person of the directory: 204.
func (c *call) onMember(write func(*person) error) (answer, error) {
	p, err := c.memberParam()
	if err != nil {
		return answer{}, err
	}
	if err := write(p); err != nil {
		return answer{}, err
	}
	return noContent()
}

func orgRemoveUser(c *call) (answer, error)  { return c.onMember(c.expel) }
func orgSuspendUser(c *call) (answer, error) { return c.onMember(c.suspend) }
func orgRestoreUser(c *call) (answer, error) { return c.onMember(c.unsuspend) }

// userRoleRow is what a person holds on one resource.
type userRoleRow struct {
	resource resource
	roles    map[string]set // the ways in which each is held
	platform bool
}

func (c *call) userRoleRows(p *person) []userRoleRow {
	var out []userRoleRow
	if roles := c.productRoles(p); len(roles) > 0 {
		out = append(out, userRoleRow{resource: c.confluence(), roles: roles})
	}
	if c.usesJira(p) {
		out = append(out, userRoleRow{resource: c.jira(), roles: map[string]set{roleUser: {"group_direct"}}})
	}
	if len(p.Platform) > 0 {
		row := userRoleRow{resource: resource{id: c.orgARI(), owner: "platform"}, roles: map[string]set{}, platform: true}
		for _, r := range p.Platform {
			row.roles[r] = set{"direct"}
		}
		out = append(out, row)
	}
	return out
}

// orgUserRoles lists a person's roles by resource; only direct ones can be
// revoked on the person (evidence A4).
func orgUserRoles(c *call) (answer, error) {
	p, err := c.personParam()
	if err != nil {
		return answer{}, err
	}
	return listOrgGet(c, func() (ordered[userRoleRow], error) {
		list := ordered[userRoleRow]{key: func(r userRoleRow) string { return r.resource.id }}
		resources, roles := c.list("resourceIds"), c.list("roleIds")
		for _, row := range c.userRoleRows(p) {
			if len(resources) > 0 && !slices.Contains(resources, row.resource.id) {
				continue
			}
			if len(roles) > 0 {
				maps.DeleteFunc(row.roles, func(id string, _ set) bool { return !slices.Contains(roles, id) })
			}
			if len(row.roles) > 0 {
				list.items = append(list.items, row)
			}
		}
		return list, nil
	}, func(row userRoleRow) any {
		ids := slices.Sorted(maps.Keys(row.roles))
		assignments := make([]any, len(ids))
		for i, id := range ids {
			assignments[i] = object{"role": id, "roleAssignmentMethods": row.roles[id]}
		}
		out := object{
			"resourceId": row.resource.id, "resourceOwner": row.resource.owner, "roles": ids, "roleAssignments": assignments,
			"directoryId": c.site.DirectoryID, "userDirectoryStatus": p.Directory,
		}
		if row.platform {
			out["directoryId"], out["userDirectoryStatus"] = nil, nil
		}
		return out
	})
}

// userRole reads the body of a role write about a person.
func (c *call) userRole() (role, resource string, err error) {
	var in struct {
		Role     string `json:"role"`
		Resource string `json:"resource"`
	}
	if err := c.body(&in); err != nil {
		return "", "", err
	}
	return in.Role, in.Resource, nil
}

// platformRole reports whether the role is one of the organisation or site. The
// resource is ignored for those (evidence A4).
func platformRole(id string) bool { return id == roleOrgAdmin || id == roleSiteAdmin }

func orgAssignUserRole(c *call) (answer, error) {
	id, resource, err := c.userRole()
	if err != nil {
		return answer{}, err
	}
	return c.onMember(func(p *person) error {
		if platformRole(id) {
			c.assignPlatform(p, id)
			return nil
		}
		if err := c.productRole(id, resource); err != nil {
			return err
		}
		return c.assignProduct(p, id)
	})
}

func orgRevokeUserRole(c *call) (answer, error) {
	id, resource, err := c.userRole()
	if err != nil {
		return answer{}, err
	}
	return c.onMember(func(p *person) error {
		if platformRole(id) {
			return c.revokePlatform(p, id)
		}
		if err := c.productRole(id, resource); err != nil {
			return err
		}
		c.revokeProduct(p, id)
		return nil
	})
}

// orgRole reads the body of an organisation-level role write.
func (c *call) orgRole() (string, error) {
	id, _, err := c.userRole()
	if err == nil && id != roleOrgAdmin {
		err = refuse(http.StatusBadRequest, "ADMIN-UAM-400-1", "there is no organisation-level role %q", id)
	}
	return id, err
}

func orgAssignPlatformRole(c *call) (answer, error) {
	id, err := c.orgRole()
	if err != nil {
		return answer{}, err
	}
	return c.onMember(func(p *person) error {
		c.assignPlatform(p, id)
		return nil
	})
}

func orgRevokePlatformRole(c *call) (answer, error) {
	id, err := c.orgRole()
	if err != nil {
		return answer{}, err
	}
	return c.onMember(func(p *person) error { return c.revokePlatform(p, id) })
}
