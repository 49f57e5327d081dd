package datacenter

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/rest"
)

// Examine says whether the address answers, whose the credentials are, whether
// the site can be written to, and what the account can read. When a personal
// access token ends no published interface tells.
func (s *Site) Examine(ctx context.Context) site.Examination {
	x := &examiner{Site: s, ctx: ctx, out: site.Examination{Powers: make(map[site.Power]bool)}}
	if x.whoami() {
		x.mode()
		x.administration()
		x.oneRow("spaces", listSpaces)
		x.out.Say("token's last day", site.Untold, "no published interface tells it", "write token_expires in the operator's file")
		said := "pages that weir's account may not view stay unknown"
		if s.member {
			said = "weir's account is named in every restriction that it writes"
		}
		x.out.Say("restricted pages", site.Fine, said, "")
	}
	return x.out
}

type examiner struct {
	*Site
	ctx context.Context
	out site.Examination
}

func (x *examiner) whoami() bool {
	me, err := x.identify(x.ctx)
	if err != nil {
		x.out.Powers[site.UseSite] = false
		x.out.Fail("site account", err, map[site.Kind]string{
			site.Forbidden: "make a new personal access token for weir's account, and run weir login again",
			site.Transient: "see whether the address is right and reachable from here (a proxy or a ca_file may be missing)",
			site.NotFound:  "correct the address: it needs the context path, such as https://wiki.example.com/confluence",
			site.Invalid:   "correct the address: it needs the context path, such as https://wiki.example.com/confluence",
		})
		return false
	}
	x.out.Powers[site.UseSite] = true
	x.out.Say("site account", site.Fine, fmt.Sprintf("%s (%s, key %s), answered in %s", me.DisplayName, me.Username, me.UserKey, x.client.Latency().Round(time.Millisecond)), "")
	return true
}

func (x *examiner) mode() {
	switch frozen, err := x.askMode(x.ctx); {
	case err != nil:
		x.out.Fail("access mode", err, nil)
	case frozen:
		x.out.Say("access mode", site.Warns, "the site is in read-only mode: plans can be made, and nothing can be applied", "end it under Administration > Maintenance")
	default:
		x.out.Say("access mode", site.Fine, "the site can be written to", "")
	}
}

// administration asks for what only administrators are told, and for weir's own
// global permissions.
func (x *examiner) administration() {
	g, err := x.globals(x.ctx)
	switch {
	case err != nil:
		x.out.Powers[site.AdminProduct] = false
		x.out.Fail("Confluence administrator", err, map[site.Kind]string{
			site.Forbidden: "make weir's account a Confluence administrator: without it neither memberships nor global permissions can be read",
		})
		return
	case !g.there:
		x.out.Say("global permissions", site.Warns, "this version has no interface for them (it came with 9.2 or 9.3): they stay unknown, and changes of them are steps by hand", "")
	default:
		x.out.Say("global permissions", site.Fine, "can be read and written", "")
	}
	x.out.Powers[site.AdminProduct] = true
	x.out.Say("Confluence administrator", site.Fine, "the account is told what only administrators are told", "")
	if !g.there {
		return
	}
	x.mu.Lock()
	own := x.account
	x.mu.Unlock()
	system := slices.ContainsFunc(g.rows, func(r row) bool {
		return r.Subject.UserKey == own && r.Operation == (operation{"system", "administer"})
	})
	if system {
		x.out.Powers[site.AdminSite] = true
		x.out.Say("system administrator", site.Fine, "weir's account is one itself", "")
	} else {
		x.out.Say("system administrator", site.Untold, "weir's account is none itself; a group may make it one", "only system administrators make and unmake system administrators")
	}
}

// oneRow asks for one row of a list.
func (x *examiner) oneRow(name string, to rest.Endpoint) {
	var l anyList
	if err := x.client.Read(x.ctx, rest.Call{To: to, Query: url.Values{"limit": {"1"}}}, &l); err != nil {
		x.out.Fail("reading "+name, err, map[site.Kind]string{site.Forbidden: "give weir's account the right to use Confluence"})
	}
}

// anyList is a list of which nothing but its being there matters.
type anyList struct {
	Results *[]any `json:"results"`
}

// Check asks for the list.
func (l *anyList) Check() error {
	if l.Results == nil {
		return errors.New("the answer lacks its results")
	}
	return nil
}

// Needs says what each kind of fact takes on Data Center.
func (s *Site) Needs() []site.Need {
	user, admin := []site.Power{site.UseSite}, []site.Power{site.UseSite, site.AdminProduct}
	space := []site.Power{site.UseSite, site.AdminSpace}
	return []site.Need{
		{Kind: access.Exists, Of: "people, groups, spaces", Read: admin, Write: admin, Note: "people and groups of a read-only directory (LDAP, Crowd) refuse changes"},
		{Kind: access.State, Read: user, Write: admin, Note: "deactivated and removed only; removing deletes the account"},
		{Kind: access.Product, Read: admin, Write: admin},
		{Kind: access.Member, Read: admin, Write: admin, Note: "members of a group with groups in it stay unknown"},
		{Kind: access.Managed, Read: user, Note: "nothing tells which directory a group is in"},
		{Kind: access.Name, Read: user, Write: space},
		{Kind: access.Status, Read: user, Write: space},
		{Kind: access.Role, Read: space, Write: space, Note: "written out as permissions: Data Center has no roles"},
		{Kind: access.Permission, Read: space, Write: space},
		{Kind: access.Restrict, Read: user, Write: space, Note: "weir's account must view and edit the page"},
		{Kind: access.Global, Read: admin, Write: admin, Note: "system administrators are made by system administrators only"},
		{Kind: access.Personal, Read: user, Note: "made by its owner alone"},
	}
}

// Endpoints lists every request that the driver can send.
func (s *Site) Endpoints() []site.Endpoint { return s.client.Endpoints() }
