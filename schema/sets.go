package schema

import (
	"maps"
	"slices"
	"strings"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/diag"
)

// membership is what a description says of the members of one group.
type membership struct {
	managed bool        // somebody else writes the members
	mode    access.Mode // Unmanaged where neither members nor members_of stands
	listed  []access.Ref
	sets    *sets
}

// sets is set algebra over groups: those in any of any and all of all, less
// those in except.
type sets struct {
	any, all, except []sourceGroup
	hasAny           bool
	at               diag.Range
}

// sourceGroup is a group that a set is made of.
type sourceGroup struct {
	group access.Ref
	at    diag.Range
}

func (s *sets) sources() []sourceGroup { return slices.Concat(s.any, s.all, s.except) }

// lowerSets reads members_of.
func (c *compiler) lowerSets(e SetExpr) *sets {
	if e.Any == nil && e.All == nil {
		c.add("WR112", e.Range, "members_of does not say of which groups", "write any: or all:")
	}
	if e.All != nil && len(e.All.Items) == 0 {
		c.add("WR103", e.All.Range, "all lists no group", "name a group, or delete all")
	}
	return &sets{any: c.lowerSources(e.Any), all: c.lowerSources(e.All), except: c.lowerSources(e.Except), hasAny: e.Any != nil, at: e.Range}
}

func (c *compiler) lowerSources(l *List) []sourceGroup {
	if l == nil {
		return nil
	}
	var out []sourceGroup
	seen := make(map[access.Ref]diag.Range)
	for _, item := range l.Items {
		ref, ok := c.read(item, readSource)
		if !ok || c.repeated(seen, ref, item.Range, "one list of groups") {
			continue
		}
		c.refer(ref, item.Range)
		out = append(out, sourceGroup{ref, item.Range})
	}
	return out
}

// circles reports groups whose members depend on themselves, once a circle and
// with every place on it.
func (c *compiler) circles() {
	groups := c.out.groups
	const walking, done = 1, 2
	state := make(map[access.Ref]int)
	var path []sourceGroup // the groups being walked, each with the place that led to it
	var walk func(s sourceGroup)
	walk = func(s sourceGroup) {
		switch {
		case groups[s.group].sets == nil || state[s.group] == done:
			return
		case state[s.group] == walking:
			from := slices.IndexFunc(path, func(p sourceGroup) bool { return p.group == s.group })
			c.circle(append(slices.Clone(path[from+1:]), s))
			return
		}
		state[s.group] = walking
		path = append(path, s)
		for _, next := range groups[s.group].sets.sources() {
			walk(next)
		}
		path = path[:len(path)-1]
		state[s.group] = done
	}
	for _, ref := range sorted(groups) {
		walk(sourceGroup{group: ref})
	}
}

// circle reports one circle: each source names the next group, and the last
// names the one that holds the first.
func (c *compiler) circle(steps []sourceGroup) {
	// Begin at the first place in the files, wherever the walk came in.
	at := 0
	for i, s := range steps {
		if s.at.Compare(steps[at].at) < 0 {
			at = i
		}
	}
	steps = slices.Concat(steps[at:], steps[:at])
	start := steps[len(steps)-1].group
	names := []string{quote(start.ID())}
	var related []diag.Related
	for i, s := range steps {
		names = append(names, quote(s.group.ID()))
		if i > 0 {
			related = append(related, diag.Related{Message: "which has the members of " + quote(s.group.ID()), Range: s.at})
		}
	}
	c.diags = append(c.diags, diag.Diagnostic{
		Code: "WR205", Range: steps[0].at, Related: related,
		Summary: noun(start) + " gets its members from itself",
		Detail:  "The members go in a circle: " + strings.Join(names, " from ") + ".",
		Hint:    "take one of these groups out of members_of",
	})
}

// people is a set of people.
type people map[access.Ref]bool

// resolved is what can be said of who will be in a group.
type resolved struct {
	// certain are those who will be in it whatever could not be read.
	certain people
	// partial says that there may be more: a group it is made of could not be
	// read completely.
	partial bool
}

// resolver works out memberships from a description and the live site.
type resolver struct {
	*Description
	live    access.Set
	unknown []access.Unknown
	enters  people // those who may enter, now or once the description holds
	known   map[access.Ref]resolved
	told    map[access.Ref]bool // sources that a warning names

	expanded map[access.Ref]access.Ref // who is a guest by a group, and the space
	unsure   map[access.Ref]bool       // spaces whose guests are not all known

	warnings diag.List
	errors   diag.List // what makes the description unfit for this site
}

// Desired completes what depends on the live site: the members of groups that
// are made of groups which weir only reads, the product roles of those whom
// global_permissions names and does not name, and what guests hold beyond what
// is described. Its Warnings say what could not be
// read. The list of diagnostics is for what makes the description unfit
// for this site: a successor of somebody who left that cannot take over there.
//
// A person is given a membership by set algebra if they are there: described
// as active, or live. An incomplete read removes nobody: a group that is made
// of one keeps its live members, and where the unread group stands under
// `except` nobody new comes in. A group that is neither described nor on the
// site counts as unread, since its absence may as well be a mistyped name. So
// with an empty live set, as `weir validate` has it, such groups give warnings
// and no facts.
//
// Desired is pure; the result is the caller's own.
func (d *Description) Desired(known access.Known) (access.Desired, diag.List) {
	live := known.Facts
	r := &resolver{
		Description: d, live: live, unknown: known.Unknown,
		enters: make(people), known: make(map[access.Ref]resolved), told: make(map[access.Ref]bool),
		expanded: make(map[access.Ref]access.Ref), unsure: make(map[access.Ref]bool),
	}
	for _, set := range []access.Set{d.facts, live} {
		for f := range set.OfKind(access.Exists) {
			r.enters[f.Object] = !d.scope.Absent[f.Object]
		}
	}
	origins := maps.Clone(d.origins)
	var more []access.Fact
	for _, f := range d.shutOut {
		if _, ok := live.Get(f); ok {
			more = append(more, f)
		}
	}
	for _, group := range sorted(d.groups) {
		m := d.groups[group]
		if m.sets == nil {
			continue
		}
		for _, person := range slices.Sorted(maps.Keys(r.derived(group, m))) {
			f := access.Fact{Kind: access.Member, Object: group, Subject: person}
			more = append(more, f)
			if _, listed := origins[f]; !listed {
				origins[f] = m.sets.at
			}
		}
	}
	scope := d.ownScope()
	more = append(more, r.guestsByGroup(&scope, origins)...)
	more = append(more, r.products(&scope, origins)...)
	reasons := make(map[access.Fact]string)
	more = append(more, r.personal(known, &scope, told{origins, reasons})...)
	facts := d.facts
	if len(more) > 0 {
		facts = facts.Union(access.NewSet(more...))
	}
	r.guests(&scope, facts)
	left := r.takeFromLeavers(&scope)
	facts = withoutLeavers(facts, left)
	// A grant that has expired at one place and is desired from another is not
	// expired.
	maps.DeleteFunc(scope.Expired, func(f access.Fact, _ bool) bool {
		_, wanted := facts.Get(f)
		return wanted
	})
	return access.Desired{
		Facts:     facts,
		Scope:     scope,
		Origins:   origins,
		Reasons:   reasons,
		Owners:    maps.Clone(d.owners),
		Domains:   slices.Clone(d.Settings.Site.Domains),
		Labels:    maps.Clone(d.labels),
		Described: maps.Clone(d.described),
		Left:      left,
		Warnings:  slices.Concat(r.warnings, r.timed(), r.deleting(known.People)).Sort(),
	}, r.errors
}

// timed says what ends when. Without a site nothing is about to be applied.
func (r *resolver) timed() diag.List {
	out := r.endingSoon()
	if r.live.Len() > 0 {
		out = append(out, r.unscheduled()...)
	}
	return out
}

// ownScope gives a copy of the scope, for the caller to add to.
func (d *Description) ownScope() access.Scope {
	scope := d.scope
	scope.Existence = slices.Clone(scope.Existence)
	scope.Contents = maps.Clone(scope.Contents)
	scope.Absent = maps.Clone(scope.Absent)
	scope.Expired = maps.Clone(scope.Expired)
	scope.Single = maps.Clone(scope.Single)
	return scope
}

// derived gives the people whom set algebra puts or leaves in a group.
func (r *resolver) derived(group access.Ref, m membership) people {
	set := r.eval(m.sets)
	out := make(people)
	for p := range set.certain {
		if r.enters[p] || r.isMember(group, p) {
			out[p] = true
		}
	}
	if set.partial {
		for p := range r.members(group) {
			out[p] = true
		}
	}
	for p := range r.left {
		delete(out, p)
	}
	return out
}

// group gives who will be in a group, described or not.
func (r *resolver) group(s sourceGroup) resolved {
	if known, ok := r.known[s.group]; ok {
		return known
	}
	m, described := r.groups[s.group]
	var out resolved
	if r.read(s.group, m) {
		out = resolved{certain: r.members(s.group), partial: r.unread(s, described && !m.managed)}
	} else {
		if m.sets != nil {
			out = r.eval(m.sets)
		} else {
			out.certain = make(people)
		}
		for _, p := range m.listed {
			out.certain[p] = true
		}
		if m.mode == access.Additive {
			maps.Copy(out.certain, r.members(s.group))
			out.partial = r.unread(s, true) || out.partial
		}
	}
	r.known[s.group] = out
	return out
}

// read reports whether weir only reads the members of a group.
func (r *resolver) read(group access.Ref, m membership) bool {
	if m.mode == access.Unmanaged || m.mode == access.Observe {
		return true
	}
	if _, managed := r.live.Get(access.Fact{Kind: access.Managed, Object: group}); managed {
		return true
	}
	_, excluded := r.scope.Excludes(access.Fact{Kind: access.Member, Object: group})
	return excluded
}

// eval works out set algebra. A new set is returned, for the caller to add to.
func (r *resolver) eval(s *sets) resolved {
	out := resolved{certain: make(people)}
	for _, src := range s.any {
		g := r.group(src)
		maps.Copy(out.certain, g.certain)
		out.partial = out.partial || g.partial
	}
	for i, src := range s.all {
		g := r.group(src)
		out.partial = out.partial || g.partial
		if i == 0 && !s.hasAny {
			maps.Copy(out.certain, g.certain)
			continue
		}
		maps.DeleteFunc(out.certain, func(p access.Ref, _ bool) bool { return !g.certain[p] })
	}
	for _, src := range s.except {
		g := r.group(src)
		out.partial = out.partial || g.partial
		// Whoever cannot be seen to be outside may be inside.
		maps.DeleteFunc(out.certain, func(p access.Ref, _ bool) bool { return g.partial || g.certain[p] })
	}
	return out
}

// unread reports whether the live members of a group are not all known, and
// warns of it once.
func (r *resolver) unread(s sourceGroup, ours bool) bool {
	name := quote(s.group.ID())
	var summary, hint string
	at := slices.IndexFunc(r.unknown, func(u access.Unknown) bool {
		return u.Covers(access.Fact{Kind: access.Member, Object: s.group})
	})
	_, exists := r.live.Get(access.Fact{Kind: access.Exists, Object: s.group})
	code := "WR503"
	switch {
	case at >= 0:
		summary = "the members of group " + name + " could not be read"
		hint = "let weir's account see it: " + r.unknown[at].Reason
	case ours || exists:
		return false
	case r.live.Len() == 0:
		summary = "the members of group " + name + " are known only to the site"
		hint = "plan against the site to see who they are"
	default:
		code = "WR201"
		summary = "group " + name + " is not on the site"
		hint = "correct the name, or take it out of members_of"
	}
	if !r.told[s.group] {
		r.told[s.group] = true
		r.warnings = append(r.warnings, diag.Diagnostic{
			Code: code, Severity: diag.Warning, Summary: summary, Hint: hint, Range: s.at,
			Detail: "Groups that are made of it keep the members they have on the site, and where it stands under except nobody new comes in.",
		})
	}
	return true
}

// members gives the live members of a group whose membership is not to end.
func (r *resolver) members(group access.Ref) people {
	out := make(people)
	for f := range r.live.Of(access.Member, group) {
		if !r.scope.Expired[f] {
			out[f.Subject] = true
		}
	}
	return out
}

func (r *resolver) isMember(group, person access.Ref) bool {
	_, ok := r.live.Get(access.Fact{Kind: access.Member, Object: group, Subject: person})
	return ok
}
