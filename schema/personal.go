package schema

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/diag"
	"github.com/weirhq/weir/internal/lifecycle"
)

// The ways in which personal spaces come to be.
const (
	createAutomatic = "automatic"
	createOnRequest = "on_request"
	createNobody    = "nobody"
)

var createWays = []string{createAutomatic, createOnRequest, createNobody}

// leftStates are the words for having left.
var leftStates = []string{string(lifecycle.Deactivated), string(lifecycle.Removed), string(lifecycle.Unlicensed), string(lifecycle.Suspended)}

// RequestDays is how many days ahead the last day of a request for a personal space
// may be: the product makes the space when the person next views a page, and who has
// not viewed one by then can ask again.
const RequestDays = 7

// spacesPerApply is how many personal spaces one apply archives unless the
// description says otherwise.
const spacesPerApply = 50

// personalSpaces is what a description says of personal spaces.
type personalSpaces struct {
	create   string // empty: left as it is
	by       []sourceGroup
	gate     access.Ref // Cloud
	requests []personalRequest
	roles    []personalRole
	limits   *access.Limits
	policy   lifecycle.Policy
	at       diag.Range // of the whole
	createAt diag.Range
	cloud    bool
}

// personalRequest is a request that has not passed.
type personalRequest struct {
	who   access.Ref
	until string
	at    diag.Range
}

// personalRole is what somebody holds in every personal space.
type personalRole struct {
	who, role access.Ref
	at        diag.Range
	expired   bool
}

// lowerPersonal reads personal_spaces. What it comes to depends on the site, and is
// for [Description.Desired] to say.
func (c *compiler) lowerPersonal(groups map[access.Ref]Group) {
	p := once(c, "personal_spaces", func(d Document) *PersonalSpaces { return d.Personal }, func(v *PersonalSpaces) diag.Range { return v.Range })
	if p == nil {
		return
	}
	out := &personalSpaces{at: p.Range, cloud: c.out.Settings.Site.Product.Value != "datacenter"}
	out.policy = c.lifecycle(*p)
	if create := c.choice(p.Create, "create", createWays...); create.Set {
		out.create, out.createAt = create.Value, create.Range
	}
	out.by = c.lowerSources(p.By)
	if p.By != nil && len(p.By.Items) == 0 {
		c.add("WR103", p.By.Range, "by lists no group", "name a group, delete by, or write create: nobody")
	}
	c.lowerGate(out, *p, groups)
	c.lowerRequests(out, *p)
	c.lowerPersonalRoles(out, *p)
	if p.Limits != nil {
		if l, ok := c.readLimits(*p.Limits); ok {
			if slices.Contains(l.To, access.Pattern(access.Anonymous)) {
				c.add("WR202", p.Limits.To.Range, "personal spaces are never opened to the public", "take anonymous out of to")
			}
			l.Never = append(l.Never, access.Pattern(access.Anonymous), access.Pattern(access.Unlicensed))
			out.limits = &l
		}
	}
	if g := once(c, "global_permissions", func(d Document) *Globals { return d.Globals }, func(v *Globals) diag.Range { return v.Range }); g != nil && g.PersonalSpace != nil && out.create != "" && !(out.create == createAutomatic && len(out.by) == 0) {
		c.both("WR202", g.PersonalSpace.Range, out.createAt, "who may have a personal space is said twice",
			"keep one: personal_space of global_permissions, or create of personal_spaces", "the other statement")
	}
	c.out.personal = out
}

// lifecycle reads what becomes of personal spaces.
func (c *compiler) lifecycle(p PersonalSpaces) lifecycle.Policy {
	out := lifecycle.Policy{Today: c.out.today, Batch: spacesPerApply}
	if n := c.count(p.Batch, "batch"); n.Set {
		if out.Batch = n.Value; n.Value == 0 {
			c.add("WR103", n.Range, "batch is 0", "write how many spaces one apply archives; delete then: archive to archive none")
		}
	}
	if p.OwnerLeft != nil {
		c.choice(p.OwnerLeft.Then, "then", "archive")
		left := &lifecycle.Left{After: days(p.OwnerLeft.After), Delete: days(p.OwnerLeft.DeleteAfter)}
		left.When = []lifecycle.State{lifecycle.Deactivated, lifecycle.Removed, lifecycle.Unlicensed}
		if p.OwnerLeft.When != nil {
			left.When = c.states(*p.OwnerLeft.When)
		}
		out.Left = left
	}
	if p.Unused != nil {
		c.choice(p.Unused.Then, "then", "archive")
		out.Unused = days(p.Unused.After)
	}
	if p.Hold != nil {
		seen := make(map[string]diag.Range)
		for _, item := range p.Hold.Items {
			if first, again := seen[item.Value]; again {
				c.both("WR104", first, item.Range, "label "+quote(item.Value)+" stands twice in hold", "keep one of the two", "also here")
			}
			if strings.ContainsFunc(item.Value, func(r rune) bool { return r == ' ' || r == ',' }) || item.Value != strings.ToLower(item.Value) {
				c.add("WR113", item.Range, quote(item.Value)+" is not a label", "labels are in lower case, without spaces")
			}
			seen[item.Value] = item.Range
			out.Hold = append(out.Hold, item.Value)
		}
	}
	return out
}

func days(d *Days) int {
	if d == nil {
		return 0
	}
	return int(d.Value)
}

func (c *compiler) states(l List) []lifecycle.State {
	if len(l.Items) == 0 {
		c.add("WR103", l.Range, "when lists no state", "name one, or delete when")
	}
	var out []lifecycle.State
	for _, item := range l.Items {
		if s := c.choice(&item, "the state", leftStates...); s.Set {
			out = append(out, lifecycle.State(s.Value))
		}
	}
	return out
}

// lowerGate states the group that alone holds Personal Space. Its own entry, if it
// has one, says nothing of its members: those are this key's.
func (c *compiler) lowerGate(out *personalSpaces, p PersonalSpaces, groups map[access.Ref]Group) {
	switch needs := out.create != "" && (out.create != createAutomatic || len(out.by) > 0); {
	case p.Gate == nil && needs && out.cloud:
		c.add("WR208", p.Create.Range, "create: "+out.create+" needs a gate",
			"write gate: NAME, a group that is given Personal Space once by hand, and take Personal Space from all others")
		return
	case p.Gate == nil:
		return
	case !out.cloud:
		c.add("WR208", p.Gate.Range, "Data Center needs no gate", "delete gate: weir writes who may have a personal space")
		return
	case !needs:
		c.add("WR208", p.Gate.Range, "the gate would keep nobody out", "write create: on_request, create: nobody, or by: with the groups whose people may have one")
		return
	}
	gate, ok := c.named("group", p.Gate.Value, p.Gate.Range)
	if !ok {
		return
	}
	out.gate = gate
	if g, own := groups[gate]; own {
		for key, at := range map[string]*diag.Range{"members": rangeOf(g.Members, func(m *Grants) diag.Range { return m.Range }), "members_of": rangeOf(g.MembersOf, func(m *SetExpr) diag.Range { return m.Range }), "managed_by": rangeOf(g.ManagedBy, func(m *Str) diag.Range { return m.Range })} {
			if at != nil {
				c.both("WR208", *at, p.Gate.Range, fmt.Sprintf("%s is the gate, and has %s", noun(gate), key),
					"delete "+key+": who is in the gate follows from create, by and requests", "the other statement")
			}
		}
	} else {
		c.described[gate] = p.Gate.Range
		c.fact(access.Fact{Kind: access.Exists, Object: gate}, p.Gate.Range)
	}
	for _, s := range out.by {
		if s.group == gate {
			c.add("WR208", s.at, noun(gate)+" is the gate, and under by", "name the groups whose people may have a personal space")
		}
	}
	c.own(access.Member, gate, access.Exclusive)
	c.out.groups[gate] = membership{mode: access.Exclusive}
}

func rangeOf[T any](v *T, at func(*T) diag.Range) *diag.Range {
	if v == nil {
		return nil
	}
	r := at(v)
	return &r
}

// lowerPersonalRoles reads who holds which role in every personal space.
func (c *compiler) lowerPersonalRoles(out *personalSpaces, p PersonalSpaces) {
	if p.Roles == nil {
		return
	}
	seen := make(map[access.Ref]diag.Range)
	for _, item := range p.Roles.Items {
		role, ok := c.named("space_role", item.Role.Value, item.Role.Range)
		if !ok {
			continue
		}
		c.refer(role, item.Role.Range)
		for _, g := range item.Grants {
			who, ok := c.read(g.Who, readHolder)
			switch {
			case !ok || c.repeated(seen, who, g.Who.Range, "roles"):
			case who == access.Anonymous || who == access.Unlicensed:
				c.add("WR202", g.Who.Range, "personal spaces are never opened to the public", "name a group, a person or everyone")
			case g.Until != nil && c.ended(g, who, access.Site):
				out.roles = append(out.roles, personalRole{who, role, g.Who.Range, true})
			case !c.shutOut(who, g.Who):
				c.refer(who, g.Who.Range)
				out.roles = append(out.roles, personalRole{who, role, g.Who.Range, false})
			}
		}
	}
}

// lowerRequests reads who asked for a personal space.
func (c *compiler) lowerRequests(out *personalSpaces, p PersonalSpaces) {
	if p.Requests == nil {
		return
	}
	if out.create != createOnRequest {
		c.add("WR208", p.Requests.Range, "there are requests, and personal spaces are not made on request", "write create: on_request, or delete requests")
		return
	}
	latest := out.policy.Today.AddDate(0, 0, RequestDays).Format(time.DateOnly)
	seen := make(map[access.Ref]diag.Range)
	for _, g := range p.Requests.Items {
		who, ok := c.read(g.Who, readRequest)
		switch {
		case !ok || c.repeated(seen, who, g.Who.Range, "requests"):
		case g.Until == nil:
			c.add("WR209", g.Range, "the request of "+quote(g.Who.Value)+" has no last day", "add until: with a day no later than "+latest)
		case c.expired(*g.Until, "the request of "+quote(g.Who.Value)+" has expired"):
		case !isDate(g.Until.Value):
		case g.Until.Value > latest:
			c.add("WR209", g.Until.Range, fmt.Sprintf("the request of %s lasts longer than %d days", quote(g.Who.Value), RequestDays), "write a day no later than "+latest)
		default:
			c.refer(who, g.Who.Range)
			if !c.shutOut(who, g.Who) {
				out.requests = append(out.requests, personalRequest{who, g.Until.Value, g.Who.Range})
			}
		}
	}
}

var readRequest = reading{
	types: []string{"user", "account"}, bare: "user",
	hint: "a person asks for a personal space: write an e-mail address or account:ID",
}

// PersonalSpaces gives the personal spaces of a site with what becomes of each.
func (d *Description) PersonalSpaces(known access.Known, view *access.View) []lifecycle.Space {
	p := lifecycle.Policy{Today: d.today}
	if d.personal != nil {
		p = d.personal.policy
	}
	p.Exempt = func(space access.Ref) string {
		status := access.Fact{Kind: access.Status, Object: space}
		if d.described[space] {
			return "described by an entry of its own"
		}
		if reason, out := d.scope.Excludes(status); out {
			return reason
		}
		return ""
	}
	return lifecycle.Spaces(known, view, p)
}

// Requests gives the people who asked for a personal space, each with the last day
// of that, and where the description says whether they can ask; ok is false where it
// does not let people ask.
func (d *Description) Requests() (last map[access.Ref]string, at diag.Range, ok bool) {
	if d.personal == nil || d.personal.create != createOnRequest {
		return nil, diag.Range{}, false
	}
	last = make(map[access.Ref]string)
	for _, r := range d.personal.requests {
		last[r.who] = r.until
	}
	return last, d.personal.at, true
}

// GovernsPersonalSpaces reports whether the description speaks of personal spaces.
func (d *Description) GovernsPersonalSpaces() bool { return d.personal != nil }

// Today is the first moment of the day at the site.
func (d *Description) Today() time.Time { return d.today }

// Remembers reports whether what becomes of the site depends on what weir remembers
// of it.
func (d *Description) Remembers() bool { return d.personal != nil && d.personal.policy.Left != nil }

// personal settles personal spaces: who may have a new one, what those there may
// let others do, and which of them are archived or deleted. It gives the facts that
// are wanted beside those of the description.
func (r *resolver) personal(known access.Known, scope *access.Scope, out told) []access.Fact {
	p := r.Description.personal
	if p == nil {
		return nil
	}
	w := &wishes{resolver: r, p: p, scope: scope, out: out, view: access.NewView(r.live)}
	w.spaces = r.PersonalSpaces(known, w.view)
	w.creation()
	w.boundaries()
	w.fates()
	w.findings()
	return w.facts
}

// told is what is said of facts beside them, by identity: where each stands, and why
// it is wanted where the place does not say.
type told struct {
	origins map[access.Fact]diag.Range
	reasons map[access.Fact]string
}

// wishes is what personal_spaces wants of a site.
type wishes struct {
	*resolver
	p      *personalSpaces
	scope  *access.Scope
	out    told
	view   *access.View
	spaces []lifecycle.Space
	facts  []access.Fact
}

// want adds a fact, with its place and why it is wanted.
func (w *wishes) want(f access.Fact, at diag.Range, why string) {
	w.facts = append(w.facts, f)
	if _, ok := w.out.origins[f.Identity()]; !ok {
		w.out.origins[f.Identity()] = at
	}
	if why != "" {
		w.out.reasons[f.Identity()] = why
	}
}

// creation says who may have a new personal space: on Data Center by the permission
// itself, on Cloud by who is in the gate, which holds it.
func (w *wishes) creation() {
	p := w.p
	if p.create == "" || p.create == createAutomatic && len(p.by) == 0 {
		return
	}
	holds := access.Fact{Kind: access.Global, Object: access.Site, Verb: access.GlobalPersonalSpace}
	if p.cloud {
		holds.Subject = p.gate
		w.want(holds, p.createAt, "")
		for who, at := range w.admitted() {
			w.want(access.Fact{Kind: access.Member, Object: p.gate, Subject: who}, at, "")
		}
		return
	}
	w.scope.Contents[access.ContentsOf(holds)] = access.Exclusive
	if p.create == createAutomatic {
		for _, g := range p.by {
			holds.Subject = g.group
			w.want(holds, g.at, "")
		}
		return
	}
	for who, at := range w.admitted() {
		holds.Subject = who
		w.want(holds, at, "")
	}
}

// admitted are those who may have a new personal space made now, by name: everybody
// whom by names, or whoever asked and has none.
func (w *wishes) admitted() map[access.Ref]diag.Range {
	out := make(map[access.Ref]diag.Range)
	may := resolved{certain: w.enters}
	if len(w.p.by) > 0 {
		may = w.eval(&sets{any: w.p.by, hasAny: true})
	}
	held := func(who access.Ref) bool { return w.p.gate != "" && w.isMember(w.p.gate, who) }
	// An incomplete reading takes nobody out.
	may.certain = maps.Clone(may.certain)
	if may.partial && w.p.gate != "" {
		maps.Copy(may.certain, w.members(w.p.gate))
	}
	has := make(map[access.Ref]bool)
	for _, s := range w.spaces {
		has[s.Owner] = true
	}
	switch w.p.create {
	case createAutomatic:
		for who := range may.certain {
			if w.enters[who] || held(who) {
				out[who] = w.p.createAt
			}
		}
	case createOnRequest:
		for _, request := range w.p.requests {
			name := quote(request.who.ID())
			switch {
			case has[request.who]:
			case !may.certain[request.who] || !w.enters[request.who]:
				w.warn("WR209", request.at, name+" asked for a personal space and may not have one", "see that they are in a group under by, and may enter")
			case w.view.Guest(request.who):
				w.warn("WR209", request.at, name+" asked for a personal space and is a guest", "only people with a licence have one: delete the request")
			default:
				out[request.who] = request.at
			}
		}
	}
	return out
}

func (w *wishes) warn(code string, at diag.Range, summary, hint string) {
	w.warnings = append(w.warnings, diag.Diagnostic{Code: code, Severity: diag.Warning, Summary: summary, Hint: hint, Range: at})
}

// boundaries bounds what personal spaces may let others do, and gives owners who
// lost it the administration of their spaces back.
func (w *wishes) boundaries() {
	for _, s := range w.spaces {
		exists := access.Fact{Kind: access.Exists, Object: s.Space}
		if _, out := w.Description.scope.Excludes(exists); out || w.described[s.Space] || s.Owner == "" {
			continue
		}
		current := s.Stage != lifecycle.Archived && s.Stage != lifecycle.Doomed && s.Stage != lifecycle.Delete
		owner := access.Fact{Kind: access.Role, Object: s.Space, Subject: s.Owner, Value: adminRole}
		back := current && s.State == lifecycle.Active && !w.hides(owner) && len(w.view.Admins(s.Space)) == 0
		if back {
			w.want(owner, w.p.at, "nobody administers the space, and its owner is to")
		}
		if current && s.State == lifecycle.Active {
			w.shared(s)
		}
		if w.p.limits == nil {
			continue
		}
		w.scope.Limits[s.Space] = *w.p.limits
		for _, kind := range []access.Kind{access.Role, access.Permission} {
			w.scope.Contents[access.Contents{Kind: kind, Object: s.Space}] = access.Bounded
			for f := range w.live.Of(kind, s.Space) {
				own := f.Subject == s.Owner && !back
				// Where the owner cannot, somebody else goes on administering.
				stands := s.State != lifecycle.Active && w.administers(f) && !w.p.limits.Forbids(f.Subject, w.view.Guest(f.Subject))
				if own || stands {
					w.want(f, w.p.limits.Origin, "")
				}
			}
		}
	}
}

// shared gives those who hold a role in every personal space theirs in one whose
// owner is there. Whoever holds as much by now keeps what the owner gave them.
func (w *wishes) shared(s lifecycle.Space) {
	for _, r := range w.p.roles {
		f := access.Fact{Kind: access.Role, Object: s.Space, Subject: r.who, Value: r.role.ID()}
		switch {
		case r.who == s.Owner:
			continue
		case r.expired:
			if w.live.Has(f) {
				w.scope.Expired[f.Identity()] = true
			}
			continue
		}
		least := w.view.Grants(r.role)
		if held, ok := w.live.Get(f); ok && least.Within(w.view.Grants(access.NewRef("space_role", held.Value))) && w.allows(held) {
			f = held
		}
		w.want(f, r.at, "")
	}
}

// allows reports whether what somebody holds is within the limits, if there are any.
func (w *wishes) allows(f access.Fact) bool {
	l := w.p.limits
	if l == nil {
		return true
	}
	bound := l.Permissions
	if l.Role != "" {
		bound = w.view.Grants(l.Role)
	}
	return l.Allow(f.Subject, w.view.Guest(f.Subject), w.view.Grants(access.NewRef("space_role", f.Value)), bound)
}

// adminRole is the product's own role of who administers a space.
const adminRole = "admin"

// administers reports whether a grant in a space makes its holder an administrator.
func (w *wishes) administers(f access.Fact) bool {
	if f.Kind == access.Role {
		return w.view.Grants(access.NewRef("space_role", f.Value)).Has(access.CanAdminister)
	}
	return f.Verb == access.CanAdminister
}

// hides reports whether it cannot be seen if a fact is true.
func (w *wishes) hides(f access.Fact) bool {
	return slices.ContainsFunc(w.unknown, func(u access.Unknown) bool { return u.Covers(f) })
}

// fates archives and deletes what is due.
func (w *wishes) fates() {
	for _, s := range w.spaces {
		switch s.Stage {
		case lifecycle.Archive:
			w.want(access.Fact{Kind: access.Status, Object: s.Space, Value: "archived"}, w.p.at, s.Reason)
		case lifecycle.Delete:
			w.scope.Absent[s.Space] = true
			exists := access.Fact{Kind: access.Exists, Object: s.Space}
			w.out.origins[exists], w.out.reasons[exists] = w.p.at, s.Reason
		}
	}
}
