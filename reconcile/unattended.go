package reconcile

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
)

// Unattended asks for a plan of what nobody has to be asked about: what somebody
// gained on the site since the last apply is taken back, and everything else is
// left as it is.
type Unattended struct {
	// Journal is asked how weir last left the site, and what unattended runs took.
	// Nil: there is none.
	Journal Journal
	// PerDay is how many changes unattended runs may make within 24 hours.
	PerDay int
	Now    time.Time
}

// since is what is known of the last apply and of unattended runs since.
type since struct {
	last      *Last  // nil: nothing is known
	noLast    string // why, if so
	allowance Allowance
}

// recall reads the journal about a site.
func (u Unattended) recall(live site.Observation) (since, error) {
	s := since{noLast: "there is no journal here", allowance: Allowance{PerDay: u.PerDay}}
	if u.Journal == nil {
		return s, nil
	}
	h, err := ReadHistory(u.Journal)
	if err != nil {
		return s, err
	}
	s.allowance.Used = h.Taken(live.Site, u.Now.Add(-24*time.Hour))
	if s.last, err = ReadLast(u.Journal, live.Site); err != nil {
		return s, err
	}
	switch {
	case s.last == nil:
		s.noLast = "the journal knows of no whole apply of a description to this site"
	case s.last.Mode != live.Traits.Mode:
		s.last, s.noLast = nil, "the site has changed how it gives access to spaces since the last apply"
	default:
		s.noLast = ""
	}
	return s, nil
}

// Why a difference is held.
const (
	heldAdmin    = "it is about administration, which a person decides"
	heldGives    = "undoing it would give access, which a person decides"
	heldState    = "the state of a person reaches every product of the organisation"
	heldNeither  = "it takes no access from anybody"
	heldSpace    = "it deletes a space, which a person accepts"
	heldConflict = "the site and the description both changed it"
	heldWith     = "it cannot be undone without something that is held"
	heldGain     = "undoing what was gained would let somebody do more"
	heldWay      = "on the way, "
	waitsApply   = "the description changed, or what it rests on; weir apply does it"
)

// sift judges the changes of a plan that brings the site wholly to the
// description: what is to be undone with nobody there, and what is held.
func (s since) sift(diff Difference, live site.Observation, before, after *access.View) *judge {
	j := &judge{diff: diff, live: live.Facts, before: before, after: after, super: live.Traits.Super, administers: make(map[access.Ref]bool), people: make(map[access.Ref]bool)}
	j.learn()
	if s.last != nil {
		j.holders(s.last.Facts, access.NewView(s.last.Facts))
	}
	for _, c := range diff.Changes {
		i := s.classify(c, live.Facts)
		i.sense, i.held = j.sense(c)
		switch {
		case i.cause == ByUnknown:
			i.held = i.cannot
		case i.cause == ByDescription:
			i.held, i.waits = waitsApply, true
		case i.cause == ByBoth:
			i.held = heldConflict
		case j.lacks(c):
			i.hold(heldWith)
		}
		j.items = append(j.items, i)
	}
	j.restrictions()
	j.principals()
	j.together()
	s.spend(j.bundles(), j.proof)
	if why := j.proof(j.items); why != "" { // each alone may be, and all together not
		bundle(j.items).hold(why)
	}
	for _, i := range j.items {
		if i.waits { // nobody did it on the site
			i.sense, i.public = "", false
		}
	}
	return j
}

// safely gives the difference that is left when what is held is not made. What would
// open or break something on the way, by the order that is found, is held as well:
// there is nobody to see that.
func (j *judge) safely(order func(Difference) []site.Step) Difference {
	for {
		left := j.diff.keeping(j.items, j.live)
		risky := make(map[access.Fact]string)
		for _, step := range order(left) {
			for _, c := range step.Changes {
				if step.Finding != "" {
					risky[c.Fact.Identity()] = heldWay + step.Finding
				}
			}
		}
		if len(risky) == 0 {
			return left
		}
		for _, i := range j.items {
			if why := risky[i.change.Fact.Identity()]; why != "" {
				i.hold(why)
			}
		}
		j.together()
		if why := j.proof(j.items); why != "" {
			bundle(j.items).hold(why)
		}
	}
}

// keeping gives the difference that is left when the held changes are not made:
// its target is the site as it is but for those that are undone. It is planned
// like any other.
func (d Difference) keeping(items []*item, live access.Set) Difference {
	var done []access.Change
	kept := slices.Clone(d.Kept)
	for _, i := range items {
		if i.held == "" {
			done = append(done, i.change)
			continue
		}
		if f, there := live.Get(i.change.Fact); there {
			kept = append(kept, Kept{f, i.held})
		}
	}
	slices.SortStableFunc(kept, func(a, b Kept) int { return a.Fact.Compare(b.Fact) })
	d.Kept = slices.CompactFunc(kept, func(a, b Kept) bool { return a.Fact == b.Fact })
	d.Target = live.Apply(done)
	d.Changes = access.Changes(live, d.Target)
	return d
}

// standing turns what rules deny of the site as it is, and as an unattended plan
// leaves it, into warnings: it is held for a person, and no reason not to take back
// what somebody gained elsewhere. What the plan itself brings about stays denied.
func (in Input) standing(ctx context.Context, d access.Delta, unknown []access.Unknown, judged []access.Finding) ([]access.Finding, error) {
	d.Target, d.After, d.Changes, d.Effects = d.Live, d.Before, nil, nil
	already, err := in.Judge.Judge(ctx, d)
	if err != nil {
		return nil, fmt.Errorf("judging the site: %w", err)
	}
	already = append(already, verdicts("WR304", assertRule, access.Check(unknown, d.Before, in.Description.Assertions()))...)
	out := slices.Clone(judged)
	for i, f := range out {
		if slices.ContainsFunc(already, f.Same) {
			out[i].Level = access.Warn
		}
	}
	return out, nil
}

// judge tells what the changes of a plan do.
type judge struct {
	diff          Difference
	live          access.Set
	before, after *access.View // of live, and of the whole target
	super         access.Ref
	administers   map[access.Ref]bool // groups that make somebody an administrator of anything
	people        map[access.Ref]bool // and people who are one
	items         []*item
}

// learn finds out who administers anything, before or after.
func (j *judge) learn() {
	if j.super != "" {
		j.administers[j.super] = true
	}
	j.holders(j.live, j.before)
	j.holders(j.diff.Target, j.after)
}

// holders notes the principals that administer anything by some facts, and the
// people who thereby do.
func (j *judge) holders(facts access.Set, v *access.View) {
	note := func(r access.Ref) {
		if r.IsPerson() {
			j.people[r] = true
			return
		}
		j.administers[r] = true
		for _, p := range v.Members(r) {
			j.people[p] = true
		}
	}
	for f := range facts.OfKind(access.Role) {
		if v.Grants(access.NewRef("space_role", f.Value)).Has(access.CanAdminister) {
			note(f.Subject)
		}
	}
	for f := range facts.OfKind(access.Permission) {
		if f.Verb == access.CanAdminister {
			note(f.Subject)
		}
	}
	for f := range facts.OfKind(access.Product) {
		if manages(f.Value) {
			note(f.Object)
		}
	}
	for f := range facts.OfKind(access.Global) {
		if f.Verb == access.GlobalAdminister || f.Verb == access.GlobalSystemAdminister {
			note(f.Subject)
		}
	}
	if j.super != "" {
		note(j.super)
	}
}

// manages reports whether a value of a product fact makes its holders
// administrators of the product, or of who may use it.
func manages(value string) bool {
	return slices.ContainsFunc(access.ProductRoles(value), func(r string) bool { return r == access.AdminRole || !access.LetsIn(r) })
}

// administration reports whether a change is about who administers a space, the
// product or the site.
func (j *judge) administration(c access.Change) bool {
	f := c.Fact
	role := func(value string) bool {
		r := access.NewRef("space_role", value)
		return j.before.Grants(r).Has(access.CanAdminister) || j.after.Grants(r).Has(access.CanAdminister)
	}
	switch f.Kind {
	case access.Role:
		return role(f.Value) || c.Was != "" && role(c.Was)
	case access.Permission, access.Grants:
		return f.Verb == access.CanAdminister
	case access.Global:
		return f.Verb == access.GlobalAdminister || f.Verb == access.GlobalSystemAdminister
	case access.Member:
		_, opens := j.live.Get(access.Fact{Kind: access.Product, Object: f.Object})
		return j.administers[f.Object] || opens && j.people[f.Subject]
	case access.Product:
		if manages(f.Value) || c.Was != "" && manages(c.Was) {
			return true
		}
		return j.administers[f.Object] || j.people[f.Object] ||
			slices.ContainsFunc(j.before.Members(f.Object), func(p access.Ref) bool { return j.people[p] })
	case access.Exists, access.State:
		return j.administers[f.Object] || j.people[f.Object]
	}
	return false
}

// sense says what somebody did on the site, judged by what undoes it, and why that
// is not done with nobody there; empty where it is. Restrictions of pages, and
// roles that stand for permissions, are judged by the list.
func (j *judge) sense(c access.Change) (Sense, string) {
	f := c.Fact
	switch {
	case f.Kind == access.Name || f.Kind == access.Status || f.Kind == access.Managed || f.Kind == access.Personal:
		return Neither, heldNeither
	case f.Kind == access.Exists && f.Object.Type() == "space" && c.Op == access.Remove:
		return Neither, heldSpace
	case j.administration(c):
		return Administration, heldAdmin
	case f.Kind == access.State && c.Op == access.Remove:
		return Taken, heldGives
	case f.Kind == access.State:
		return Gained, heldState
	case f.Kind == access.Restrict:
		return Gained, ""
	case f.Kind == access.Product:
		if within(productRoles(f, c.Op != access.Remove), productRoles(j.live.Get(f))) {
			return Gained, ""
		}
	case c.Op == access.Remove:
		return Gained, ""
	case c.Op == access.Modify && f.Kind == access.Role && j.permits(f.Value).Within(j.permits(c.Was)):
		return Gained, ""
	}
	return Taken, heldGives
}

// lacks reports whether something that a change speaks of is not there: making it
// is held.
func (j *judge) lacks(c access.Change) bool {
	if c.Op == access.Remove || c.Fact.Kind == access.Exists {
		return false
	}
	for r := range spokenOf([]access.Change{c}) {
		if (r.Type() == "group" || r.Type() == "space_role" || r.IsPerson()) && !j.live.Has(access.Fact{Kind: access.Exists, Object: r}) {
			return true
		}
	}
	return false
}

func (j *judge) permits(role string) access.Permissions {
	return j.before.Grants(access.NewRef("space_role", role))
}

// productRoles gives the product roles that a fact says, or its absence: of a
// person who may enter the plain user is not said. Whoever is a user is more than a
// guest.
func productRoles(f access.Fact, there bool) []string {
	var roles []string
	switch {
	case there:
		roles = access.ProductRoles(f.Value)
	case f.Object.IsPerson():
		roles = []string{"user"}
	}
	if slices.Contains(roles, "user") {
		roles = append(roles, access.GuestRole)
	}
	return roles
}

func within(some, all []string) bool {
	return !slices.ContainsFunc(some, func(s string) bool { return !slices.Contains(all, s) })
}

// hold marks a change that is to be undone as held.
func (i *item) hold(why string) {
	if i.held == "" {
		i.held = why
	}
}

// restrictions judges the changes of restrictions, by page and verb: whoever is
// named may do something, and where nobody is, everybody may. To put a
// restriction back that was lifted takes; to take names out takes, as long as one
// is left.
func (j *judge) restrictions() {
	lists := make(map[access.Contents][]*item)
	for _, i := range j.items {
		if i.change.Fact.Kind == access.Restrict {
			list := access.ContentsOf(i.change.Fact)
			lists[list] = append(lists[list], i)
		}
	}
	for list, items := range lists {
		stay := 0 // names that are there, less those that would be taken out
		there := false
		for f := range j.live.Of(access.Restrict, list.Object) {
			if f.Verb == list.Verb {
				stay, there = stay+1, true
			}
		}
		whole := true // all of it is the site's doing
		for _, i := range items {
			whole = whole && i.held == ""
			if i.held == "" && i.change.Op == access.Remove {
				stay--
			}
		}
		for _, i := range items {
			switch {
			case i.change.Op != access.Remove && !there:
				i.sense, i.public = Gained, true
				if !whole {
					i.hold(heldWith)
				}
			case i.change.Op != access.Remove:
				i.sense = Taken
				i.hold(heldGives)
			case stay <= 0:
				i.sense = Taken
				i.hold(heldGives)
			}
		}
	}
}

// seat is a principal in a space: it has one role there, or permissions beside
// roles.
type seat struct{ space, principal access.Ref }

// seats gives the changes of who holds what, by seat.
func (j *judge) seats() map[seat][]*item {
	out := make(map[seat][]*item)
	for _, i := range j.items {
		if f := i.change.Fact; f.Kind == access.Role || f.Kind == access.Permission {
			at := seat{f.Object, f.Subject}
			out[at] = append(out[at], i)
		}
	}
	return out
}

// mixed reports whether a role takes the place of permissions, or the other way
// round: the product holds one or the other, so that nothing of it goes alone.
func mixed(items []*item) bool {
	var roles, permissions bool
	for _, i := range items {
		roles = roles || i.change.Fact.Kind == access.Role
		permissions = permissions || i.change.Fact.Kind == access.Permission
	}
	return roles && permissions
}

// principals judges what somebody holds in a space as a whole where it cannot be
// taken apart.
func (j *judge) principals() {
	for at, items := range j.seats() {
		if at.principal == access.Anonymous {
			for _, i := range items {
				i.public = i.sense != Taken
			}
		}
		if !mixed(items) {
			j.rests(at, items)
			continue
		}
		was, will := j.held(j.live, at), j.held(j.diff.Target, at)
		sense, why := Gained, ""
		switch {
		case slices.ContainsFunc(items, func(i *item) bool { return i.sense == Administration }):
			sense, why = Administration, heldAdmin
		case !will.Within(was):
			sense, why = Taken, heldGives
		case slices.ContainsFunc(items, func(i *item) bool { return i.cause != BySite }):
			why = heldWith
		}
		for _, i := range items {
			i.sense = sense
			switch {
			case i.cause != BySite: // it has its reason
			case why != "":
				i.held = why
			default:
				i.held = "" // the role that is put back is within what goes
			}
		}
	}
}

// held gives what a principal may do in a space by what it holds itself.
func (j *judge) held(facts access.Set, at seat) access.Permissions {
	var ids []string
	for f := range facts.Of(access.Permission, at.space) {
		if f.Subject == at.principal {
			ids = append(ids, f.Verb)
		}
	}
	p := access.NewPermissions(ids...)
	for f := range facts.Of(access.Role, at.space) {
		if f.Subject == at.principal {
			role := access.NewRef("space_role", f.Value)
			p = p.Union(j.before.Grants(role)) // no more than now: nothing is granted
		}
	}
	return p
}

// rests holds the removal of viewing a space where something that rests on it
// stays: the product would take that too.
func (j *judge) rests(at seat, items []*item) {
	stays := make(map[string]bool)
	for f := range j.live.Of(access.Permission, at.space) {
		if f.Subject == at.principal {
			stays[f.Verb] = true
		}
	}
	var view *item
	for _, i := range items {
		if i.held != "" || i.change.Op != access.Remove || i.change.Fact.Kind != access.Permission {
			continue
		}
		delete(stays, i.change.Fact.Verb)
		if i.change.Fact.Verb == access.CanView {
			view = i
		}
	}
	if view != nil && len(stays) > 0 {
		view.hold(heldWith)
	}
}

// bundle is changes that are made together or not at all.
type bundle []*item

func (b bundle) hold(why string) {
	for _, i := range b {
		i.hold(why)
	}
}

// bundles gives the changes that belong together: what falls with an object goes
// with it, a restriction that was lifted comes back whole, and a role and the
// permissions in its place change at once. So do permissions that somebody loses in
// a space: the product takes some with others (evidence A7).
func (j *judge) bundles() []bundle {
	type key struct {
		object access.Ref // that falls
		list   access.Contents
		at     seat
		alone  access.Fact
	}
	mix := make(map[seat]bool)
	for at, items := range j.seats() {
		mix[at] = mixed(items)
	}
	index := make(map[key]int)
	var out []bundle
	for _, i := range j.items {
		f := i.change.Fact
		k := key{alone: f.Identity()}
		at := seat{f.Object, f.Subject}
		switch {
		case j.diff.Cause[f.Identity()] != "":
			k = key{object: j.diff.Cause[f.Identity()]}
		case f.Kind == access.Exists && i.change.Op == access.Remove:
			k = key{object: f.Object}
		case f.Kind == access.Restrict && i.change.Op != access.Remove:
			k = key{list: access.ContentsOf(f)}
		case mix[at], f.Kind == access.Permission && i.change.Op == access.Remove:
			k = key{at: at}
		}
		n, ok := index[k]
		if !ok {
			n = len(out)
			index[k] = n
			out = append(out, nil)
		}
		out[n] = append(out[n], i)
	}
	return out
}

// together holds every change of a bundle of which one is held.
func (j *judge) together() {
	for _, b := range j.bundles() {
		if slices.ContainsFunc(b, func(i *item) bool { return i.held != "" }) {
			b.hold(heldWith)
		}
	}
}

// spend holds what people's access shows must be, and what goes beyond the
// allowance. What lets the public in goes first,
// and then the order of the facts decides, so that the same drift is always
// treated alike.
func (s since) spend(bundles []bundle, proof func(bundle) string) {
	bundles = slices.DeleteFunc(bundles, func(b bundle) bool { return b[0].held != "" })
	open := func(b bundle) int {
		if slices.ContainsFunc(b, func(i *item) bool { return i.public }) {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(bundles, func(a, b bundle) int {
		return cmp.Or(cmp.Compare(open(a), open(b)), a[0].change.Compare(b[0].change))
	})
	left := s.allowance.Left()
	for _, b := range bundles {
		if len(b) > left {
			b.hold(fmt.Sprintf("the allowance of %d within 24 hours is used up (%d taken before this run)", s.allowance.PerDay, s.allowance.Used))
		} else if why := proof(b); why != "" {
			b.hold(why)
		} else {
			left -= len(b)
		}
	}
}

// proof looks at people: what is undone must give nobody anything, and take
// administration from nobody. It says why it must be held; empty if it need not be.
// The judgement by facts cannot see all of it: whoever ceases to be a guest may come
// to be more.
func (j *judge) proof(b bundle) string {
	var done []access.Change
	for _, i := range b {
		if i.held == "" {
			done = append(done, i.change)
		}
	}
	if len(done) == 0 {
		return ""
	}
	why := ""
	for _, e := range access.Compare(j.before, j.before.With(j.live.Apply(done))) {
		switch {
		case e.Gained != "":
			return heldGain
		case e.Lost.Has(access.CanAdminister):
			why = heldAdmin
		}
	}
	return why
}

// stops notes what stops the whole of an unattended apply.
func (d *Drift) stops(p *Plan) {
	for _, f := range p.Findings {
		if f.Level == access.Deny {
			d.Findings = append(d.Findings, f)
		}
	}
	for _, b := range p.Budgets {
		if b.Exceeded && !b.Accepted {
			b.Accept = "" // whoever accepts it makes a plan
			d.Exceeded = append(d.Exceeded, b)
		}
	}
	if d.Site, d.Unknown = p.Site, p.Unknown; len(p.Changes) > 0 {
		d.Plan = p.Digest
	}
}
