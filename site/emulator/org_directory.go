package emulator

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// orgPageV1 is the page of the organisation's oldest lists; they take no limit.
const orgPageV1 = 100

// listOrgV1 answers with one page of a list that takes a cursor only.
func listOrgV1[T any](c *call, list ordered[T], row func(T) any) (answer, error) {
	limit := orgPageV1
	return listOrg(c, list, &limit, c.query.Get("cursor"), "", orgPageV1, row)
}

// orgUsers lists the managed accounts.
func orgUsers(c *call) (answer, error) {
	list := ordered[*person]{key: func(p *person) string { return p.ID }}
	for p := range c.people.all() {
		if p.listed() && !p.Unmanaged {
			list.items = append(list.items, p)
		}
	}
	a, err := listOrgV1(c, list, func(p *person) any {
		row := object{
			"account_id": p.ID, "account_type": "atlassian", "account_status": p.Account, "name": p.Name, "picture": pictureOf(p),
			"email": p.Email, "access_billable": c.seated(p), "links": object{"self": baseURL + "/users/" + p.ID + "/manage"},
		}
		products := []any{}
		if c.licensed(p) {
			r := c.confluence()
			product := object{"key": r.key, "name": r.name, "url": r.host}
			if !p.Viewed.IsZero() {
				product["last_active"], row["last_active"] = timestamp(p.Viewed), timestamp(p.Viewed)
			}
			products = append(products, product)
		}
		row["product_access"] = products
		return row
	})
	if err == nil {
		a.body.(object)["meta"] = object{"total": len(list.items)}
	}
	return a, err
}

// domains are the domains that the organisation has claimed. When it has claimed
// every one, those that its managed accounts have.
func (c *call) domains() set {
	if c.limits.domains != nil {
		return newSet(c.limits.domains)
	}
	var out set
	for p := range c.people.all() {
		if _, domain, _ := strings.Cut(p.Email, "@"); !p.Unmanaged && p.listed() {
			out.add(fold(domain))
		}
	}
	return out
}

func (c *call) domainRow(name string) any {
	return object{
		"id": name, "type": "domains", "attributes": object{"name": name, "claim": object{"type": "dns", "status": "verified"}},
		"links": object{"self": baseURL + "/admin/v1/orgs/" + c.site.OrgID + "/domains/" + name},
	}
}

func orgDomains(c *call) (answer, error) {
	return listOrgV1(c, ordered[string]{items: c.domains(), key: func(name string) string { return name }}, c.domainRow)
}

func orgDomain(c *call) (answer, error) {
	if !slices.Contains(c.domains(), c.vars["domainId"]) {
		return answer{}, refuse(http.StatusNotFound, "ADMIN-404-3", "there is no such domain")
	}
	return ok(object{"data": c.domainRow(c.vars["domainId"])})
}

// orgLastActive tells when a person last looked at the product: nothing for
// those who never did. It is a day behind at worst: one look a day is kept
// (evidence A3: up to 24 hours stale).
func orgLastActive(c *call) (answer, error) {
	p, err := c.personParam()
	if err != nil {
		return answer{}, err
	}
	access := []any{}
	if !p.Viewed.IsZero() {
		r := c.confluence()
		access = append(access, object{
			"id": r.id, "key": r.key, "last_active": p.Viewed.UTC().Format(time.DateOnly), "last_active_timestamp": timestamp(p.Viewed),
		})
	}
	return ok(object{
		"data":  object{"product_access": access, "added_to_org": p.Added.UTC().Format(time.DateOnly), "added_to_org_timestamp": timestamp(p.Added)},
		"links": object{},
	})
}

// workspaceQuery narrows workspaces down. The operators and, nor, field,
// searchWorkspaces are documented, their exact form is not published in a
// document at hand; features and policies are not emulated.
type workspaceQuery struct {
	And              []workspaceQuery `json:"and"`
	Nor              []workspaceQuery `json:"nor"`
	Field            *workspaceField  `json:"field"`
	SearchWorkspaces string           `json:"searchWorkspaces"`
	Features         any              `json:"features"`
	Policies         any              `json:"policies"`
}

type workspaceField struct {
	Name   string   `json:"name"`
	Values []string `json:"values"`
}

type workspaceSort struct {
	Field string `json:"field"`
	Order string `json:"order"`
}

// attribute returns an attribute of the workspace; "raw" stands for the text as
// it is, which it always is here.
func (c *call) workspaceAttribute(r resource, name string) (string, error) {
	switch strings.TrimSuffix(name, ".raw") {
	case "id":
		return r.id, nil
	case "attributes.name":
		return c.site.Name, nil
	case "attributes.typeKey":
		return r.key, nil
	case "attributes.type":
		return r.name, nil
	case "attributes.owner":
		return c.site.OrgID, nil
	case "attributes.status":
		return workspaceOnline, nil
	case "attributes.hostUrl":
		return r.host, nil
	}
	return "", refuse(http.StatusBadRequest, "ADMIN-400-4", "workspaces have no field %q", name)
}

const workspaceOnline = "online"

// keeps reports whether the query keeps the workspace. Every part must agree.
func (q *workspaceQuery) keeps(c *call, r resource) (bool, error) {
	if q.Features != nil || q.Policies != nil {
		return false, notEmulated("a query by features or policies")
	}
	keep := q.SearchWorkspaces == "" || strings.Contains(fold(c.site.Name+" "+r.name), fold(q.SearchWorkspaces))
	if q.Field != nil {
		v, err := c.workspaceAttribute(r, q.Field.Name)
		if err != nil {
			return false, err
		}
		keep = keep && slices.ContainsFunc(q.Field.Values, func(want string) bool { return strings.EqualFold(want, v) })
	}
	for _, part := range []struct {
		queries []workspaceQuery
		want    bool
	}{{q.And, true}, {q.Nor, false}} {
		for i := range part.queries {
			got, err := part.queries[i].keeps(c, r)
			if err != nil {
				return false, err
			}
			keep = keep && got == part.want
		}
	}
	return keep, nil
}

// orgWorkspaces lists the products of the organisation.
func orgWorkspaces(c *call) (answer, error) {
	var in struct {
		Limit  *int            `json:"limit"`
		Cursor string          `json:"cursor"`
		Query  workspaceQuery  `json:"query"`
		Sort   []workspaceSort `json:"sort"`
	}
	if err := c.body(&in); err != nil {
		return answer{}, err
	}
	if len(in.Sort) > 1 || len(in.Sort) == 1 && !slices.Contains([]string{"", "asc", "desc"}, fold(in.Sort[0].Order)) {
		return answer{}, refuse(http.StatusBadRequest, "ADMIN-400-4", "sort knows one field, asc or desc")
	}
	field := "id"
	if len(in.Sort) == 1 {
		field = in.Sort[0].Field
	}
	list := ordered[resource]{reversed: len(in.Sort) == 1 && fold(in.Sort[0].Order) == "desc"}
	keys := map[string]string{}
	for _, r := range []resource{c.confluence(), c.jira()} {
		v, err := c.workspaceAttribute(r, field)
		if err != nil {
			return answer{}, err
		}
		keep, err := in.Query.keeps(c, r)
		if err != nil {
			return answer{}, err
		}
		if keys[r.id] = v + "\x00" + r.id; keep {
			list.items = append(list.items, r)
		}
	}
	list.key = func(r resource) string { return keys[r.id] }
	slices.SortFunc(list.items, func(a, b resource) int {
		if list.reversed {
			a, b = b, a
		}
		return strings.Compare(list.key(a), list.key(b))
	})
	const most = 1000
	return listOrg(c, list, in.Limit, in.Cursor, "", most, func(r resource) any {
		return object{"id": r.id, "type": "workspace", "attributes": object{
			"name": c.site.Name, "typeKey": r.key, "type": r.name, "owner": c.site.OrgID, "status": workspaceOnline, "hostUrl": r.host,
		}}
	})
}
