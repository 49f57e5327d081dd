package reconcile

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/weirhq/weir/access"
)

// Difference is what lies between a live site and a description.
type Difference struct {
	Target  access.Set
	Changes []access.Change // sorted by fact
	// Cause names, by identity, the removed object with which a fact falls.
	Cause map[access.Fact]access.Ref
	// Replaced are the identities of what a principal held in a space in the
	// other form: a role takes the place of permissions beside roles, and they
	// that of a role (evidence A8: one or the other).
	Replaced map[access.Fact]bool
	// Entered names, by their new exists facts, the group that begins to let people in.
	Entered map[access.Fact]access.Ref
	// Kept are the live facts that the description does not mention and that
	// stay, each with the reason.
	Kept []Kept
	// Missing are wanted facts that are not planned.
	Missing []Missing
	// Observed is what would change if weir owned what it is only to observe,
	// sorted. None of it is in Changes.
	Observed []access.Change
	// Beyond are the removed facts, by identity, that nobody described and that go
	// beyond the limits of their space.
	Beyond map[access.Fact]bool
}

// Missing is a wanted fact that is not planned, because something that it
// speaks of is unknown, not there, or not weir's.
type Missing struct {
	Kept
	Code  string // one of diag.Codes
	Level access.Level
	// Lacks is the object that is not there, if that is the trouble.
	Lacks access.Ref
}

// Kept is a fact that is left as it is, and why.
type Kept struct {
	Fact   access.Fact
	Reason string // a sentence without a full stop
}

// Diff compares a live site with a description.
//
// # Terms
//
//   - live: what is true of the site now, as far as it could be seen
//   - desired: what the description says shall be true
//   - scope: what the description owns; each fact is unmanaged, observed, additive, bounded or exclusive
//   - kept: live facts that stay although nobody described them
//   - target: what will be true afterwards
//
// # Premise
//
// What is not to be removed is put into the target before anything is
// compared. Filtering the changes afterwards looks simpler and is wrong: the
// rules, the budgets and the view of who can do what must all be told the same
// story, and that story is the target. So:
//
//	target  = desired, less what cannot be (unknown, somebody else's, only observed, no such object)
//	        ∪ live, less what the scope owns exclusively and nobody described
//	        and what is bounded, beyond the limits and described by nobody
//	target -= what falls with an object that is in live and not in the target
//	changes = live → target, as a sorted set difference
//
// # What falls
//
// A deleted group takes its memberships, its product role and everything it
// holds in spaces, described or not: the product does that by itself. Only where a
// page is restricted to it the group's name stays behind, and lets nobody pass. A
// deleted space role takes its grants and its assignments, and a deleted space all
// that is said of it and of what is in it. A person who loses
// access (no_access) loses the memberships that weir owns or that give access,
// and their own grants in spaces whose roles weir owns: weir does that, one
// line each. A suspended person keeps them all: the organisation closes the
// door, and opens it again.
//
// # Who comes along
//
// A group that begins to let people in lets in everybody who is in it then,
// described or not: the product does that by itself, so that it is in the target.
//
// # Bounded and observed
//
// Of a bounded list, what nobody described stays while it is within the limits of
// the space: the permissions of the grant are among those of the limits, as roles
// will be once the plan is applied, and its principal is one of those the limits
// name. A permission beside roles is a grant of its own. Where it cannot be seen
// what a role permits nothing is removed on its account.
//
// What is only observed is as it was in the target: it is not added, changed or
// removed, and whoever holds access through it keeps it. It falls with an object
// that is removed, like everything. A role that would take the place of observed
// permissions, or the other way round, is not planned either, unless those fall.
//
// # Unknown
//
// An unknown is never added, changed or removed, and an object of which
// anything is unknown is never removed: what would fall with it cannot be shown.
func Diff(live access.Set, desired access.Desired, unknown []access.Unknown) Difference {
	d := newDiffer(live, desired, unknown)
	target := d.target()
	entered := d.entered(target)
	if len(entered) > 0 {
		// Whoever comes along is compared like anybody who is there.
		d = newDiffer(live.Union(access.NewSet(slices.Collect(maps.Keys(entered))...)), desired, unknown)
		d.opens = target
		target = d.target()
	}

	out := Difference{
		Target:   target,
		Changes:  access.Changes(live, target),
		Cause:    d.cause,
		Replaced: d.replaced,
		Entered:  entered,
		Kept: slices.DeleteFunc(append(d.kept, d.undescribed(target)...), func(k Kept) bool {
			return entered[k.Fact] != ""
		}),
		Missing:  d.missing,
		Observed: d.observed,
		Beyond:   d.beyond,
	}
	// Stable, so that of two reasons for one fact the particular one stays.
	slices.SortStableFunc(out.Kept, func(a, b Kept) int { return a.Fact.Compare(b.Fact) })
	out.Kept = slices.CompactFunc(out.Kept, func(a, b Kept) bool { return a.Fact == b.Fact })
	slices.SortStableFunc(out.Missing, func(a, b Missing) int { return a.Fact.Compare(b.Fact) })
	slices.SortFunc(out.Observed, access.Change.Compare)
	return out
}

func newDiffer(live access.Set, desired access.Desired, unknown []access.Unknown) differ {
	return differ{
		live: live, desired: desired, unknown: indexUnknown(unknown),
		cause: make(map[access.Fact]access.Ref), replaced: make(map[access.Fact]bool), beyond: make(map[access.Fact]bool),
	}
}

// target works out what will be true.
func (d *differ) target() access.Set {
	wanted := d.wanted()
	d.replace(wanted)
	target := d.attached(d.freed(d.fall(d.retain(wanted.Union(d.stays(wanted))))))
	return target.Union(d.within(target))
}

// liftOwn takes weir's own account out of a restriction that nobody else is left
// in: whoever wrote that nobody is named did not mean a page of weir's own. It is
// in such a list because weir put itself there (restricted_pages: member), or
// somebody did so for it; its facts are outside every other comparison.
func (d Difference) liftOwn(live, desired access.Set, account access.Ref) Difference {
	type list struct {
		page access.Ref
		verb string
	}
	emptied := make(map[list]bool)
	for _, c := range d.Changes {
		if c.Fact.Kind == access.Restrict && c.Op == access.Remove {
			emptied[list{c.Fact.Object, c.Fact.Verb}] = true
		}
	}
	for f := range d.Target.OfKind(access.Restrict) {
		if f.Subject != account || desired.Has(f) {
			delete(emptied, list{f.Object, f.Verb})
		}
	}
	own := func(f access.Fact) bool {
		return f.Kind == access.Restrict && f.Subject == account && emptied[list{f.Object, f.Verb}]
	}
	if len(emptied) == 0 {
		return d
	}
	d.Target = d.Target.Filter(func(f access.Fact) bool { return !own(f) })
	d.Changes = access.Changes(live, d.Target)
	d.Kept = slices.DeleteFunc(slices.Clone(d.Kept), func(k Kept) bool { return own(k.Fact) })
	return d
}

type differ struct {
	live     access.Set
	opens    access.Set // product facts to come, where somebody comes along by them
	desired  access.Desired
	unknown  unknowns
	cause    map[access.Fact]access.Ref
	replaced map[access.Fact]bool
	kept     []Kept
	missing  []Missing
	observed []access.Change
	waiting  []access.Fact // wanted, in the place of what is only observed
	bounded  []access.Fact // undescribed facts of bounded lists
	beyond   map[access.Fact]bool
}

// wanted is the desired facts less those that cannot be brought about.
func (d *differ) wanted() access.Set {
	return d.desired.Facts.Filter(func(f access.Fact) bool {
		if d.live.Has(f) {
			return true
		}
		// What is somebody else's is not touched. A protected person may be let in
		// and given more, but no value of theirs is changed.
		asked := access.Fact{Kind: f.Kind, Object: f.Object}
		if _, held := d.live.Get(f); held {
			asked = f
		} else if f.Kind == access.Exists && f.Object.IsPerson() {
			asked = access.Fact{}
		}
		if reason, out := d.desired.Scope.Excludes(asked); out {
			d.miss(f, reason, "WR204", access.Warn)
			return false
		}
		reason, hidden := d.unknown.covers(f)
		if twin, ok := otherForm(f); ok && !hidden {
			// It may take the place of what nobody can see.
			reason, hidden = d.unknown.covers(twin)
		}
		if hidden {
			d.miss(f, reason, "WR503", access.Warn)
			return false
		}
		switch {
		case d.desired.Scope.Observes(f):
			d.differs(f)
			return false
		case d.inTheWay(f, d.live):
			d.waiting = append(d.waiting, f)
			return false
		}
		return true
	})
}

// inTheWay reports whether a wanted fact would take the place of something among
// the facts that is only observed.
func (d *differ) inTheWay(f access.Fact, facts access.Set) bool {
	twin, ok := otherForm(f)
	if !ok {
		return false
	}
	for held := range facts.Of(twin.Kind, f.Object) {
		if held.Subject == f.Subject && d.desired.Scope.Observes(held) {
			return true
		}
	}
	return false
}

// freed adds what waited to take the place of something that falls.
func (d *differ) freed(target access.Set) access.Set {
	var free []access.Fact
	for _, f := range d.waiting {
		if d.inTheWay(f, target) {
			d.differs(f)
		} else {
			free = append(free, f)
		}
	}
	return target.Union(access.NewSet(free...))
}

// differs notes a wanted fact that is not planned because it is only observed.
func (d *differ) differs(f access.Fact) {
	c := access.Change{Op: access.Add, Fact: f}
	if was, held := d.live.Get(f); held {
		c.Op, c.Was = access.Modify, was.Value
	}
	d.observed = append(d.observed, c)
}

// otherForm gives a fact of the form that cannot stand beside f: permissions
// beside a role, and a role beside permissions.
func otherForm(f access.Fact) (access.Fact, bool) {
	switch f.Kind {
	case access.Role:
		return access.Fact{Kind: access.Permission, Object: f.Object, Verb: access.CanView, Subject: f.Subject}, true
	case access.Permission:
		return access.Fact{Kind: access.Role, Object: f.Object, Subject: f.Subject}, true
	}
	return access.Fact{}, false
}

func (d *differ) miss(f access.Fact, reason, code string, level access.Level) {
	d.missing = append(d.missing, Missing{Kept: Kept{f, reason}, Code: code, Level: level})
}

// attached drops the new facts that speak of something that is not there.
func (d *differ) attached(target access.Set) access.Set {
	there := func(r access.Ref) bool {
		switch r.Type() {
		case "group", "space", "space_role", "user", "account", "page", "blogpost":
			_, ok := target.Get(access.Fact{Kind: access.Exists, Object: r})
			if !ok {
				_, ok = target.Get(access.Fact{Kind: access.State, Object: r})
			}
			return ok
		}
		return true // the site itself, classes, teams and apps are not described
	}
	var back []access.Fact // what a dropped value was to replace
	attached := target.Filter(func(f access.Fact) bool {
		if f.Kind == access.Exists || f.Kind == access.State || d.live.Has(f) {
			return true
		}
		about := []access.Ref{f.Object}
		if f.Subject != "" {
			about = append(about, f.Subject)
		}
		if f.Kind == access.Role {
			about = append(about, access.NewRef("space_role", f.Value))
		}
		for _, r := range about {
			if !there(r) {
				reason := r.String() + " is not on the site"
				if r.IsPage() {
					reason += ", or weir's account may not see it"
				}
				d.miss(f, reason, "WR502", access.Deny)
				d.missing[len(d.missing)-1].Lacks = r
				if was, ok := d.live.Get(f); ok {
					back = append(back, was)
				}
				return false
			}
		}
		return true
	})
	return attached.Union(access.NewSet(back...))
}

// replace finds the live facts that a wanted one takes the place of, whether or
// not anybody owns them: the product holds one form or the other.
func (d *differ) replace(wanted access.Set) {
	type holder struct{ space, principal access.Ref }
	var byRole, byPermission = make(map[holder]bool), make(map[holder]bool)
	for f := range wanted.OfKind(access.Role) {
		byRole[holder{f.Object, f.Subject}] = true
	}
	for f := range wanted.OfKind(access.Permission) {
		byPermission[holder{f.Object, f.Subject}] = true
	}
	for f := range d.live.OfKind(access.Permission) {
		if byRole[holder{f.Object, f.Subject}] && !d.desired.Scope.Observes(f) {
			d.replaced[f] = true
		}
	}
	for f := range d.live.OfKind(access.Role) {
		if byPermission[holder{f.Object, f.Subject}] && !d.desired.Scope.Observes(f) {
			d.replaced[f.Identity()] = true
		}
	}
}

// stays is the live facts that the description leaves alone.
func (d *differ) stays(wanted access.Set) access.Set {
	return d.live.Filter(func(f access.Fact) bool {
		if w, ok := wanted.Get(f); ok {
			return w == f
		}
		if d.replaced[f.Identity()] {
			return false
		}
		reason := ""
		if why, ok := d.unknown.covers(f); ok {
			reason = why
		} else if why, ok := d.desired.Scope.Excludes(f); ok {
			reason = why
		} else if d.desired.Scope.Observes(f) {
			if _, described := d.desired.Facts.Get(f); !described {
				d.observed = append(d.observed, access.Change{Op: access.Remove, Fact: f})
			}
			return true
		} else if mode := d.desired.Scope.Mode(f); mode == access.Exclusive {
			return false
		} else if mode == access.Bounded {
			d.bounded = append(d.bounded, f)
			return false
		} else {
			reason = "not described"
		}
		// Facts of an object that nobody described are told by the object alone.
		if f.Kind != access.Exists && d.desired.Described[f.Object] && d.desired.Scope.Contents[access.ContentsOf(f)] != access.Unmanaged {
			d.kept = append(d.kept, Kept{f, reason})
		}
		return true
	})
}

// within gives the undescribed facts of bounded lists that stay, given the target
// without any of them.
func (d *differ) within(target access.Set) access.Set {
	if len(d.bounded) == 0 {
		return access.Set{}
	}
	roles := make(map[access.Ref]access.Permissions)
	ids := make(map[access.Ref][]string)
	for f := range target.OfKind(access.Grants) {
		ids[f.Object] = append(ids[f.Object], f.Verb)
	}
	for role, list := range ids {
		roles[role] = access.NewPermissions(list...)
	}
	view := access.NewView(target) // for who is a guest
	var stay []access.Fact
	for _, f := range d.bounded {
		if _, falls := d.cause[f.Identity()]; falls {
			continue
		}
		limits := d.desired.Scope.Limits[f.Object]
		permits, bound := access.NewPermissions(f.Verb), limits.Permissions
		reason := ""
		if f.Kind == access.Role {
			role := access.NewRef("space_role", f.Value)
			permits = roles[role]
			reason = d.unseen(role)
		}
		if limits.Role != "" {
			bound = roles[limits.Role]
			reason = cmp.Or(reason, d.unseen(limits.Role))
		}
		if reason == "" {
			if !limits.Allow(f.Subject, view.Guest(f.Subject), permits, bound) {
				d.beyond[f.Identity()] = true
				continue
			}
			reason = "within the limits of " + f.Object.String()
		}
		stay = append(stay, f)
		d.kept = append(d.kept, Kept{f, reason})
	}
	return access.NewSet(stay...)
}

// unseen says why it cannot be known what a role permits; empty where it is known.
func (d *differ) unseen(role access.Ref) string {
	for _, k := range []access.Kind{access.Exists, access.Grants} {
		if reason, ok := d.unknown.covers(access.Fact{Kind: k, Object: role}); ok {
			return fmt.Sprintf("what %s permits cannot be seen: %s", role, reason)
		}
	}
	return ""
}

// retain puts back the objects that cannot be removed: those of which
// something is unknown, and people who keep access through a group that is
// not weir's.
func (d *differ) retain(target access.Set) access.Set {
	var back []access.Fact
	keep := func(r access.Ref, reason string) {
		f := access.Fact{Kind: access.Exists, Object: r}
		if d.live.Has(f) && !target.Has(f) {
			back = append(back, f)
			d.kept = append(d.kept, Kept{f, reason})
		}
	}
	for r, list := range d.unknown.byObject {
		keep(r, list[0].Reason)
		keep(r.Space(), list[0].Reason) // what is in a space goes with it
	}
	for f := range d.live.All() {
		if reason, ok := d.unknown.covers(f); ok {
			keep(f.Object, reason)
			keep(f.Object.Space(), reason)
			keep(f.Subject, reason)
			keep(access.NewRef("space_role", f.Value), reason)
		}
	}
	gives := make(map[access.Ref]bool)
	for f := range target.OfKind(access.Product) {
		gives[f.Object] = access.Opens(f.Value)
	}
	for f := range d.live.OfKind(access.Member) {
		gone := access.Fact{Kind: access.Exists, Object: f.Subject}
		if !gives[f.Object] || !d.live.Has(gone) || target.Has(gone) || d.shutOut(f.Subject) {
			continue
		}
		reason, out := d.desired.Scope.Excludes(f)
		if !out {
			reason, out = d.unknown.covers(f)
		}
		if !out && d.desired.Scope.Observes(f) {
			reason, out = "only observed", true
		}
		if out {
			back = append(back, gone)
			d.kept = append(d.kept, Kept{gone, "keeps access through " + f.Object.String() + " (" + reason + ")"})
		}
	}
	return target.Union(access.NewSet(back...))
}

// shutOut reports whether the person is described with a state that closes the
// door by itself.
func (d *differ) shutOut(person access.Ref) bool {
	_, ok := d.desired.Facts.Get(access.Fact{Kind: access.State, Object: person})
	return ok
}

// fall takes from the target what goes with the objects that go, and notes
// the cause of each.
func (d *differ) fall(target access.Set) access.Set {
	removed := make(map[access.Ref]bool)
	for f := range d.live.OfKind(access.Exists) {
		if !target.Has(f) {
			removed[f.Object] = true
			if d.shutOut(f.Object) {
				d.cause[f] = f.Object // the state is what takes their access
			}
		}
	}
	if len(removed) == 0 {
		return target
	}
	gives := make(map[access.Ref]bool)
	for _, set := range []access.Set{d.live, d.opens} {
		for f := range set.OfKind(access.Product) {
			gives[f.Object] = true
		}
	}
	cause := func(f access.Fact) (access.Ref, bool) {
		switch {
		case f.Object.IsPage() && removed[f.Object.PageSpace()]:
			return f.Object.PageSpace(), true
		case f.Kind == access.Exists || f.Kind == access.State:
			return "", false
		case removed[f.Object]:
			return f.Object, true
		case f.Kind == access.Role && removed[access.NewRef("space_role", f.Value)]:
			return access.NewRef("space_role", f.Value), true
		case !removed[f.Subject]:
			return "", false
		case f.Subject.Type() == "group" && f.Kind == access.Restrict:
			return "", false // the product leaves it behind: nobody passes any more
		case f.Subject.Type() == "group":
			return f.Subject, true
		case d.shutOut(f.Subject):
			return "", false
		}
		if _, out := d.desired.Scope.Excludes(f); out {
			return "", false
		}
		if _, ok := d.unknown.covers(f); ok || d.desired.Scope.Observes(f) {
			return "", false
		}
		owned := d.desired.Scope.Contents[access.ContentsOf(f)] != access.Unmanaged
		return f.Subject, owned || f.Kind == access.Member && gives[f.Object]
	}
	for f := range d.live.All() {
		if r, ok := cause(f); ok {
			d.cause[f.Identity()] = r
		}
	}
	return target.Filter(func(f access.Fact) bool {
		r, ok := cause(f)
		if ok && d.desired.Facts.Has(f) {
			// Who is described as gone and still listed was warned of; somebody who
			// goes for being undescribed, and is listed, is a contradiction.
			level := access.Deny
			if d.desired.Scope.Absent[r] {
				level = access.Warn
			}
			d.miss(f, r.String()+" is to be removed", "WR202", level)
		}
		return !ok
	})
}

// entered gives the people whom a group lets in that did not before, by the fact
// that they may enter. Who is shut out stays so.
func (d *differ) entered(target access.Set) map[access.Fact]access.Ref {
	opens := func(facts access.Set, group access.Ref) bool {
		f, ok := facts.Get(access.Fact{Kind: access.Product, Object: group})
		return ok && access.Opens(f.Value)
	}
	out := make(map[access.Fact]access.Ref)
	for f := range target.OfKind(access.Product) {
		group := f.Object
		if group.Type() != "group" || opens(d.live, group) || !opens(target, group) {
			continue
		}
		for m := range target.Of(access.Member, group) {
			enters := access.Fact{Kind: access.Exists, Object: m.Subject}
			_, unseen := d.unknown.covers(enters)
			_, shut := target.Get(access.Fact{Kind: access.State, Object: m.Subject})
			if _, named := out[enters]; !named && !unseen && !shut && !target.Has(enters) {
				out[enters] = group
			}
		}
	}
	return out
}

// undescribed lists the live objects that nobody described and that stay.
func (d *differ) undescribed(target access.Set) []Kept {
	var out []Kept
	for f := range target.OfKind(access.Exists) {
		if d.desired.Described[f.Object] || !d.live.Has(f) || isSystemRole(f.Object) || f.Object.IsPage() {
			continue
		}
		reason := "not described"
		if why, ok := d.desired.Scope.Excludes(f); ok {
			reason = why
		}
		out = append(out, Kept{f, reason})
	}
	return out
}

func isSystemRole(r access.Ref) bool {
	return r.Type() == "space_role" && slices.Contains(access.SystemRoles, r.ID())
}

// unknowns finds the unknown that covers a fact without asking each.
type unknowns struct {
	byObject map[access.Ref][]access.Unknown
	wide     []access.Unknown
}

func indexUnknown(list []access.Unknown) unknowns {
	u := unknowns{byObject: make(map[access.Ref][]access.Unknown)}
	for _, x := range list {
		if x.Object == "" {
			u.wide = append(u.wide, x)
		} else {
			u.byObject[x.Object] = append(u.byObject[x.Object], x)
		}
	}
	return u
}

func (u unknowns) covers(f access.Fact) (reason string, ok bool) {
	for _, list := range [][]access.Unknown{u.wide, u.byObject[f.Object], u.byObject[f.Subject]} {
		for _, x := range list {
			if x.Covers(f) {
				return x.Reason, true
			}
		}
	}
	return "", false
}
