package cloud

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/rest"
)

// Examine says whether the address answers, whose the token is, what the
// organisation's key can see, and when a token ends. A token cannot be asked
// for its scopes (no interface tells them), so every surface that a plan reads
// is asked for one row.
func (s *Site) Examine(ctx context.Context) site.Examination {
	x := &examiner{Site: s, ctx: ctx, out: site.Examination{Powers: make(map[site.Power]bool)}}
	if me, ok := x.account(); ok {
		x.confluence()
		if at, ok := x.organisation(); ok {
			x.standing(at, me)
			x.tokens(at, me)
		}
		x.spaces()
	}
	return x.out
}

type examiner struct {
	*Site
	ctx context.Context
	out site.Examination
}

// account looks at the address and at whose the token is.
func (x *examiner) account() (self, bool) {
	me, err := x.identify(x.ctx)
	if err != nil {
		x.out.Powers[site.UseSite] = false
		x.out.Fail("site account", err, map[site.Kind]string{
			site.Forbidden: "make a new API token for weir's account, and run weir login again",
			site.Transient: "see whether the address is right and reachable from here (a proxy or a ca_file may be missing)",
			site.NotFound:  "correct the address: Confluence on Cloud is at https://SITE.atlassian.net/wiki",
			site.Invalid:   "correct the address: Confluence on Cloud is at https://SITE.atlassian.net/wiki",
		})
		return self{}, false
	}
	kind := "an API token of the account, which allows what the account may"
	if strings.Contains(x.Endpoints()[0].Address, "/ex/confluence/") {
		kind = "a scoped token through Atlassian's gateway, which may allow less than the account"
	}
	name := strings.TrimSpace(me.DisplayName + " " + me.Email)
	x.out.Powers[site.UseSite] = true
	x.out.Say("site account", site.Fine, fmt.Sprintf("%s (%s), answered in %s", name, me.AccountID, x.client.Latency().Round(time.Millisecond)), "")
	x.out.Say("token", site.Fine, kind, "")
	return me, true
}

// confluence asks every part of Confluence that a plan reads for a row.
func (x *examiner) confluence() {
	mode := "unknown"
	if m, err := x.roleMode(x.ctx); err != nil {
		x.out.Fail("role mode", err, map[site.Kind]string{
			site.Forbidden:   "give the token the scope read:configuration:confluence",
			site.Unsupported: "see whether there is a newer weir",
		})
	} else {
		mode = m
		x.out.Say("role mode", site.Fine, map[string]string{
			onlyRoles:  "access to spaces is said by roles",
			transition: "on its way to roles: each principal of a space has a role, or permissions of its own",
			preRoles:   "access to spaces is said by permissions; described roles are written out as such",
		}[m], "")
	}
	var facts systemFacts
	if err := x.client.Read(x.ctx, rest.Call{To: systemInfo}, &facts); err != nil {
		x.out.Fail("subscription", err, nil)
	} else {
		switch edition := strings.ToLower(facts.Edition); edition {
		case "":
			x.out.Say("subscription", site.Untold, "the site does not tell it", "write site.plan in the description")
		case "free":
			x.out.Say("subscription", site.Warns, "free: permissions cannot be customised", "")
		default:
			x.out.Say("subscription", site.Fine, edition, "")
		}
	}
	parts := []struct {
		name string
		to   rest.Endpoint
	}{{"groups", listGroups}, {"spaces", listSpaces}}
	if mode != preRoles {
		parts = append(parts, struct {
			name string
			to   rest.Endpoint
		}{"space roles", listSpaceRoles}, struct {
			name string
			to   rest.Endpoint
		}{"permission catalogue", listPermissions})
	}
	for _, part := range parts {
		if err := x.row(part.to); err != nil {
			x.out.Fail("reading "+part.name, err, map[site.Kind]string{
				site.Forbidden: "give the token the scopes to read it, and the account the right",
				site.NotFound:  "give the token the scopes to read it, and the account the right",
			})
		}
	}
	if err := x.row(listAudit); err != nil {
		x.out.Say("audit log", site.Warns, err.Error(), "make weir's account a Confluence administrator: without the log every plan reads everything")
	} else {
		x.out.Say("audit log", site.Fine, "can be read, so that later plans can read what changed alone", "")
	}
}

// row asks an endpoint of Confluence for one row.
func (x *examiner) row(to rest.Endpoint) error {
	var l oneRow
	return x.client.Read(x.ctx, rest.Call{To: to, Query: url.Values{"limit": {"1"}}}, &l)
}

// oneRow is a list of which nothing but its being there matters.
type oneRow struct {
	Results *[]any `json:"results"`
}

// Check asks for the list.
func (l *oneRow) Check() error {
	if l.Results == nil {
		return errors.New("the answer lacks its results")
	}
	return nil
}

// organisation looks at the key, and at the site's place.
func (x *examiner) organisation() (place, bool) {
	at, err := x.locate(x.ctx)
	if err != nil {
		x.out.Powers[site.AdminOrg] = false
		x.out.Fail("organisation key", err, map[site.Kind]string{
			site.Forbidden: "make a new API key in Atlassian Administration (others report that it must be made without scopes), and run weir login again",
			site.Conflict:  "write down which organisation, directory or site is meant in the operator's file",
		})
		return place{}, false
	}
	x.out.Powers[site.AdminOrg] = true
	x.out.Say("organisation key", site.Fine, fmt.Sprintf("organisation %s, directory %s, site %s", at.org, at.directory, at.cloud), "")
	return at, true
}

// standing says what weir's own account is, which the organisation tells.
func (x *examiner) standing(at place, me self) {
	powers := map[site.Power]string{
		site.AdminProduct: "make the account a Confluence administrator in Atlassian Administration: it then sees every space and may give any role",
		site.AdminSite:    "make the account a site or organisation administrator: only those make and delete groups and change memberships",
	}
	own, err := x.ownStanding(at, me)
	if err != nil {
		for p, remedy := range powers {
			x.out.Say(string(p), site.Untold, err.Error(), remedy)
		}
		return
	}
	for _, p := range []site.Power{site.AdminProduct, site.AdminSite} {
		x.out.Powers[p] = own[p]
		if own[p] {
			x.out.Say(string(p), site.Fine, "weir's account is one", "")
		} else {
			x.out.Say(string(p), site.Warns, "weir's account is none", powers[p])
		}
	}
}

// ownStanding reads the roles that weir's own account holds.
func (x *examiner) ownStanding(at place, me self) (map[site.Power]bool, error) {
	out := make(map[site.Power]bool)
	what := rest.Call{To: listPersonProduct, Args: []string{at.org, at.directory, me.AccountID}}
	list, err := rest.ByCursor(x.ctx, x.client, what, orgPage, personProduct.whole)
	if err != nil {
		return nil, err
	}
	for _, p := range list {
		for _, a := range p.RoleAssignments {
			switch bareRole(a.Role) {
			case access.AdminRole:
				out[site.AdminProduct] = out[site.AdminProduct] || at.here(p.ResourceID)
			case "site-admin", "org-admin":
				out[site.AdminSite] = true
			}
		}
	}
	email := normalEmail(me.Email)
	if out[site.AdminSite] || email == "" {
		return out, nil
	}
	find := rest.Call{To: searchPeople, Args: []string{at.org, at.directory}, Body: search{Emails: []string{email}, Expand: []string{"platformRoles"}}}
	people, err := rest.ByCursor(x.ctx, x.client, find, orgPage, func(p directoryPerson) string { return p.AccountID })
	for _, p := range people {
		if p.AccountID == me.AccountID && slices.ContainsFunc(p.PlatformRoles, func(r string) bool { return r == "atlassian/org-admin" || r == "atlassian/site-admin" }) {
			out[site.AdminSite] = true
		}
	}
	return out, err
}

// expirySoon is how long before its end a token is spoken of.
const expirySoon = 30 * 24 * time.Hour

// tokens says when the tokens of weir's own account end. Which of them this is
// nothing tells, so that the one that ends first speaks for all.
func (x *examiner) tokens(at place, me self) {
	list, err := x.apiTokens(x.ctx, at)
	if err != nil {
		x.out.Say("token's last day", site.Untold, "the organisation's key cannot tell it: "+err.Error(), "write token_expires in the operator's file")
		return
	}
	now := x.clock()
	var first *apiToken
	own := 0
	for i, t := range list {
		if t.User.ID != me.AccountID {
			continue
		}
		if t.ExpiresAt.IsZero() || t.ExpiresAt.Before(now) {
			continue // never ends, or has ended and is not this one
		}
		if own++; first == nil || t.ExpiresAt.Before(first.ExpiresAt.Time) {
			first = &list[i]
		}
	}
	switch {
	case first == nil:
		x.out.Say("token's last day", site.Untold, "the organisation lists no token of weir's account that ends (it lists managed accounts only)", "write token_expires in the operator's file")
	case first.ExpiresAt.Sub(now) <= expirySoon:
		x.out.Say("token's last day", site.Warns, fmt.Sprintf("%q ends on %s, in %d days", first.Label, first.ExpiresAt.Format(time.DateOnly), int(first.ExpiresAt.Sub(now)/(24*time.Hour))),
			"make a new token before that day, and run weir login again")
	default:
		x.out.Say("token's last day", site.Fine, fmt.Sprintf("of %d that end, %q is the first, on %s", own, first.Label, first.ExpiresAt.Format(time.DateOnly)), "")
	}
}

// spaces says which pages stay unseen by the operator's choice.
func (x *examiner) spaces() {
	said := map[string]string{
		"":          "pages that weir's account may not view stay unknown",
		"skip":      "pages that weir's account may not view stay unknown",
		"member":    "weir's account is named in every restriction that it writes",
		"admin_key": "an admin key is opened for the requests that need one; Confluence tells the authors",
	}[x.restricted]
	x.out.Say("restricted pages", site.Fine, said, "")
}

// Needs says what each kind of fact takes on Cloud.
func (s *Site) Needs() []site.Need {
	org, product, admin := []site.Power{site.AdminOrg}, []site.Power{site.UseSite, site.AdminProduct}, []site.Power{site.UseSite, site.AdminSite}
	return []site.Need{
		{Kind: access.Exists, Of: "people, groups, spaces, roles", Read: []site.Power{site.UseSite, site.AdminOrg}, Write: []site.Power{site.UseSite, site.AdminOrg, site.AdminSite}},
		{Kind: access.State, Read: org, Write: org, Note: "deactivating takes an account whose domain the organisation has verified"},
		{Kind: access.Product, Read: org, Write: org},
		{Kind: access.Member, Read: org, Write: admin},
		{Kind: access.Managed, Read: []site.Power{site.UseSite, site.AdminOrg}, Note: "written by the identity provider"},
		{Kind: access.Name, Read: product, Write: product},
		{Kind: access.Status, Read: product, Write: product},
		{Kind: access.Grants, Read: []site.Power{site.UseSite}, Write: admin},
		{Kind: access.Role, Read: product, Write: product},
		{Kind: access.Permission, Read: product, Write: []site.Power{site.UseSite, site.AdminSpace}, Note: "only admins of a space write permissions beside roles in it"},
		{Kind: access.Restrict, Read: []site.Power{site.UseSite}, Write: []site.Power{site.UseSite, site.AdminSpace}, Note: "weir's account must view and edit the page, and the space must let it restrict"},
		{Kind: access.Global, Note: "Cloud has no public interface for it: a step by hand"},
		{Kind: access.Personal, Read: product, Note: "made by its owner alone"},
	}
}

// Endpoints lists every request that the driver can send.
func (s *Site) Endpoints() []site.Endpoint { return s.client.Endpoints() }
