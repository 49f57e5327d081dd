package reconcile

import (
	"iter"
	"maps"
	"slices"

	"github.com/weirhq/weir/access"
)

// Simulation is a site in the middle of an apply: the facts after the steps
// done so far, and what may be true of people meanwhile. [Order] runs one to
// find a safe order, and [Apply] runs one to check every step right before it
// is sent, with what really happened so far.
//
// A state on the way from before to after is safe when, in every space and on every
// page that is restricted before or after:
//
//   - nobody may do what they may do neither before nor after (exposure)
//   - nobody misses what they may do both before and after (interruption)
//   - no fewer people administer a space than the smallest of: the admins before,
//     those after, and the floor that the description protects
//
// It is kept apart from access.View on purpose: it changes step by step, looks
// only at the people and spaces that a step touches, and a property test holds
// the two equal.
type Simulation struct {
	before, after *access.View
	floor         int // protect.min_space_admins

	exists    map[access.Ref]bool
	states    map[access.Ref]bool // people with a state: there, but shut out
	members   map[access.Ref]map[access.Ref]bool
	groups    map[access.Ref]map[access.Ref]bool               // by person
	roles     map[access.Ref]map[access.Ref]string             // by space, by principal
	custom    map[access.Ref]map[access.Ref]access.Permissions // likewise: permissions beside roles
	held      map[access.Ref]map[access.Ref]bool               // by principal: spaces
	grants    map[access.Ref]map[string]bool
	products  map[access.Ref]string // product roles of groups and people, as values of facts
	permitted map[access.Ref]access.Permissions

	beside   access.Beside
	left     map[access.Ref]bool // people who are left out: weir's own account
	public   bool                // the site lets the public in
	archived map[access.Ref]bool
	names    map[access.Contents]map[access.Ref]bool // by restriction
	named    map[access.Ref]map[access.Ref]bool      // by principal: pages whose restrictions name it
	pages    map[access.Ref][]access.Ref             // by space: its restricted pages
	below    map[access.Ref][]access.Ref             // by page: the restricted pages that its restrictions bind
}

// NewSimulation starts at the live facts. The views are those of the live and
// the target facts.
func NewSimulation(live access.Set, before, after *access.View, floor int) *Simulation {
	s := &Simulation{
		before: before, after: after, floor: floor, beside: before.Beside(),
		exists:    make(map[access.Ref]bool),
		states:    make(map[access.Ref]bool),
		members:   make(map[access.Ref]map[access.Ref]bool),
		groups:    make(map[access.Ref]map[access.Ref]bool),
		roles:     make(map[access.Ref]map[access.Ref]string),
		held:      make(map[access.Ref]map[access.Ref]bool),
		grants:    make(map[access.Ref]map[string]bool),
		custom:    make(map[access.Ref]map[access.Ref]access.Permissions),
		products:  make(map[access.Ref]string),
		permitted: make(map[access.Ref]access.Permissions),
		left:      make(map[access.Ref]bool),
		archived:  make(map[access.Ref]bool),
		names:     make(map[access.Contents]map[access.Ref]bool),
		named:     make(map[access.Ref]map[access.Ref]bool),
		pages:     make(map[access.Ref][]access.Ref),
		below:     make(map[access.Ref][]access.Ref),
	}
	for _, p := range s.beside.Without {
		s.left[p] = true
	}
	for f := range live.All() {
		s.set(f)
	}
	s.watch(live, after.Facts())
	return s
}

// watch finds the pages that are looked at: those that any of the facts restrict.
func (s *Simulation) watch(facts ...access.Set) {
	seen := make(map[access.Ref]bool)
	for _, set := range facts {
		for f := range set.OfKind(access.Restrict) {
			seen[f.Object] = true
		}
	}
	for page := range seen {
		s.pages[page.PageSpace()] = append(s.pages[page.PageSpace()], page)
		for up := range s.upwards(page) {
			s.below[up] = append(s.below[up], page)
		}
	}
}

// upwards gives a page and the pages above it.
func (s *Simulation) upwards(page access.Ref) iter.Seq[access.Ref] {
	return func(yield func(access.Ref) bool) {
		seen := make(map[access.Ref]bool)
		for up, ok := page, true; ok && !seen[up]; up, ok = s.beside.Parents[up] {
			if seen[up] = true; !yield(up) {
				return
			}
		}
	}
}

// Ready reports whether everything that the changes speak of is there, and if
// not, what is missing.
func (s *Simulation) Ready(unit []access.Change) (missing access.Ref, ready bool) {
	made := make(map[access.Ref]bool)
	for _, c := range unit {
		if c.Op != access.Remove && (c.Fact.Kind == access.Exists || c.Fact.Kind == access.State) {
			made[c.Fact.Object] = true
		}
	}
	there := func(r access.Ref) bool {
		switch r.Type() {
		case "group", "space", "space_role", "user", "account", "page", "blogpost":
			return made[r] || s.exists[r] || s.states[r]
		}
		return true
	}
	for _, c := range unit {
		if c.Op == access.Remove || c.Fact.Kind == access.Exists || c.Fact.Kind == access.State {
			continue
		}
		if !there(c.Fact.Object) {
			return c.Fact.Object, false
		}
		if c.Fact.Subject != "" && !there(c.Fact.Subject) {
			return c.Fact.Subject, false
		}
		if role := access.NewRef("space_role", c.Fact.Value); c.Fact.Kind == access.Role && !there(role) {
			return role, false
		}
	}
	return "", true
}

// Harm says what a step would do to people on its way.
type Harm struct {
	Exposed     []access.Ref // people who may, for a while, do what they never should
	Interrupted []access.Ref // people who miss, for a while, what they keep
	Unattended  []access.Ref // spaces with too few admins, for a while
}

// None reports whether the step is safe.
func (h Harm) None() bool {
	return len(h.Exposed)+len(h.Interrupted)+len(h.Unattended) == 0
}

// Try does the changes and says what harm they do. The caller decides whether
// to leave them or to [Simulation.Undo] them.
func (s *Simulation) Try(unit []access.Change) Harm {
	touched := make(map[access.Ref]map[access.Ref]bool) // space -> people
	for _, c := range unit {
		s.touch(touched, c)
	}
	admins := make(map[access.Ref]int)
	if s.floor > 0 {
		for object := range touched {
			if !object.IsPage() {
				admins[object] = s.adminCount(object)
			}
		}
	}
	s.do(unit)
	for _, c := range unit {
		s.touch(touched, c)
	}
	s.touchPages(touched)
	return s.harm(touched, admins)
}

// Undo takes back the changes of the last Try.
func (s *Simulation) Undo(unit []access.Change) {
	back := make([]access.Change, 0, len(unit))
	for _, c := range slices.Backward(unit) {
		switch c.Op {
		case access.Add:
			c.Op = access.Remove
		case access.Remove:
			c.Op = access.Add
		default:
			c.Fact.Value, c.Was = c.Was, c.Fact.Value
		}
		back = append(back, c)
	}
	s.do(back)
}

func (s *Simulation) do(unit []access.Change) {
	for _, c := range unit {
		if c.Op == access.Remove {
			s.clear(c.Fact)
		} else {
			s.set(c.Fact)
		}
	}
}

func (s *Simulation) set(f access.Fact) {
	switch f.Kind {
	case access.Exists:
		s.exists[f.Object] = true
	case access.State:
		s.states[f.Object] = true
	case access.Product:
		s.products[f.Object] = f.Value
	case access.Member:
		put(s.members, f.Object, f.Subject, true)
		put(s.groups, f.Subject, f.Object, true)
	case access.Grants:
		put(s.grants, f.Object, f.Verb, true)
		delete(s.permitted, f.Object)
	case access.Role:
		put(s.roles, f.Object, f.Subject, f.Value)
		put(s.held, f.Subject, f.Object, true)
	case access.Permission:
		put(s.custom, f.Object, f.Subject, s.custom[f.Object][f.Subject].Union(access.NewPermissions(f.Verb)))
		put(s.held, f.Subject, f.Object, true)
	case access.Restrict:
		put(s.names, access.ContentsOf(f), f.Subject, true)
		put(s.named, f.Subject, f.Object, true)
	case access.Status:
		s.archived[f.Object] = f.Value == "archived"
	case access.Global:
		s.public = s.public || letsPublicIn(f)
	}
}

// letsPublicIn reports whether a fact lets the public into the site.
func letsPublicIn(f access.Fact) bool {
	return f.Kind == access.Global && f.Verb == access.GlobalUse && f.Subject == access.Anonymous
}

func (s *Simulation) clear(f access.Fact) {
	switch f.Kind {
	case access.Exists:
		delete(s.exists, f.Object)
	case access.State:
		delete(s.states, f.Object)
	case access.Product:
		delete(s.products, f.Object)
	case access.Member:
		delete(s.members[f.Object], f.Subject)
		delete(s.groups[f.Subject], f.Object)
	case access.Grants:
		delete(s.grants[f.Object], f.Verb)
		delete(s.permitted, f.Object)
	case access.Role:
		delete(s.roles[f.Object], f.Subject)
		s.release(f.Object, f.Subject)
	case access.Permission:
		left := s.custom[f.Object][f.Subject].Minus(access.NewPermissions(f.Verb))
		if put(s.custom, f.Object, f.Subject, left); left == "" {
			delete(s.custom[f.Object], f.Subject)
			s.release(f.Object, f.Subject)
		}
	case access.Restrict:
		delete(s.names[access.ContentsOf(f)], f.Subject)
		if !s.isNamed(f.Object, access.ViewPage, f.Subject) && !s.isNamed(f.Object, access.EditPage, f.Subject) {
			delete(s.named[f.Subject], f.Object)
		}
	case access.Status:
		delete(s.archived, f.Object)
	case access.Global:
		s.public = s.public && !letsPublicIn(f)
	}
}

func (s *Simulation) isNamed(page access.Ref, verb string, principal access.Ref) bool {
	return s.names[access.Contents{Kind: access.Restrict, Object: page, Verb: verb}][principal]
}

// release forgets that a principal holds something in a space, if it holds
// nothing there any more.
func (s *Simulation) release(space, principal access.Ref) {
	if _, role := s.roles[space][principal]; !role && s.custom[space][principal] == "" {
		delete(s.held[principal], space)
	}
}

func put[K1, K2 comparable, V any](m map[K1]map[K2]V, a K1, b K2, v V) {
	if m[a] == nil {
		m[a] = make(map[K2]V)
	}
	m[a][b] = v
}

// everybody stands for all people in a set of touched people.
const everybody access.Ref = "class:*"

// touch adds the people whose rights a change can alter, by space.
func (s *Simulation) touch(out map[access.Ref]map[access.Ref]bool, c access.Change) {
	f := c.Fact
	switch f.Kind {
	case access.Member:
		s.touchHeld(out, f.Object, f.Subject)
		for page := range s.named[f.Object] {
			s.touchBelow(out, page, f.Subject)
		}
		if s.decides(s.products[f.Object]) || s.holdsGuest(f.Subject) {
			s.touchAll(out, f.Subject)
		}
		if f.Object == s.beside.Super {
			s.touchEverySpace(out, f.Subject)
		}
	case access.Role, access.Permission:
		s.touchPrincipal(out, f.Object, f.Subject)
	case access.Exists, access.State:
		if f.Object.IsPerson() {
			s.touchAll(out, f.Object)
		}
		if f.Object.Type() == "space" {
			for p := range s.members[s.beside.Super] {
				put(out, f.Object, p, true)
			}
		}
	case access.Restrict:
		for _, page := range s.below[f.Object] {
			s.touchPrincipal(out, page, access.Anonymous)
		}
	case access.Status:
		for _, page := range s.pages[f.Object] {
			s.touchPrincipal(out, page, access.Anonymous)
		}
	case access.Global:
		if letsPublicIn(f) {
			s.touchHeld(out, access.Anonymous, access.Anonymous)
		}
	case access.Grants:
		for space, held := range s.roles {
			for principal, role := range held {
				if access.NewRef("space_role", role) == f.Object {
					s.touchPrincipal(out, space, principal)
				}
			}
		}
	case access.Product:
		if f.Object.IsPerson() {
			s.touchAll(out, f.Object)
			return
		}
		decides := s.decides(f.Value) || s.decides(c.Was)
		for p := range s.members[f.Object] {
			if decides || s.holdsGuest(p) {
				s.touchAll(out, p)
			}
		}
	}
}

// touchBelow adds a person on every page that the restrictions of a page bind.
func (s *Simulation) touchBelow(out map[access.Ref]map[access.Ref]bool, page, person access.Ref) {
	for _, p := range s.below[page] {
		put(out, p, person, true)
	}
}

// touchPages adds, to whom a step touches in a space, the same people on the
// space's pages.
func (s *Simulation) touchPages(out map[access.Ref]map[access.Ref]bool) {
	for _, object := range slices.Collect(maps.Keys(out)) {
		for _, page := range s.pages[object] {
			for p := range out[object] {
				put(out, page, p, true)
			}
		}
	}
}

// decides reports whether a product role alters what its holders may do beyond
// entering.
func (s *Simulation) decides(product string) bool {
	roles := access.ProductRoles(product)
	return slices.Contains(roles, access.AdminRole) || slices.Contains(roles, access.GuestRole)
}

// touchAll adds a person in every space in which anything may reach them.
func (s *Simulation) touchAll(out map[access.Ref]map[access.Ref]bool, person access.Ref) {
	for g := range s.groups[person] {
		s.touchHeld(out, g, person)
	}
	for _, principal := range []access.Ref{person, access.Everyone, access.Authenticated, access.Anonymous, access.ProductAdmins} {
		s.touchHeld(out, principal, person)
	}
	if s.super(person) {
		s.touchEverySpace(out, person)
	}
}

func (s *Simulation) touchEverySpace(out map[access.Ref]map[access.Ref]bool, person access.Ref) {
	for r, there := range s.exists {
		if there && r.Type() == "space" {
			put(out, r, person, true)
		}
	}
}

// super reports whether a person can do everything.
func (s *Simulation) super(person access.Ref) bool {
	return s.beside.Super != "" && s.members[s.beside.Super][person]
}

// productRoles gives the product roles that a person holds, themselves and
// through groups.
func (s *Simulation) productRoles(person access.Ref) iter.Seq[string] {
	return func(yield func(string) bool) {
		each := func(r access.Ref) bool {
			for _, role := range access.ProductRoles(s.products[r]) {
				if role != "" && !yield(role) {
					return false
				}
			}
			return true
		}
		if !each(person) {
			return
		}
		for g := range s.groups[person] {
			if !each(g) {
				return
			}
		}
	}
}

// holdsGuest reports whether a person holds the product role guest at all.
func (s *Simulation) holdsGuest(person access.Ref) bool {
	for role := range s.productRoles(person) {
		if role == access.GuestRole {
			return true
		}
	}
	return false
}

// guest reports whether a person is a guest: the role, and no other that lets
// them in.
func (s *Simulation) guest(person access.Ref) bool {
	guest := false
	for role := range s.productRoles(person) {
		if role == access.GuestRole {
			guest = true
		} else if access.LetsIn(role) {
			return false
		}
	}
	return guest
}

func (s *Simulation) touchHeld(out map[access.Ref]map[access.Ref]bool, principal, person access.Ref) {
	for space := range s.held[principal] {
		put(out, space, person, true)
	}
}

func (s *Simulation) touchPrincipal(out map[access.Ref]map[access.Ref]bool, space, principal access.Ref) {
	switch {
	case principal == access.Anonymous:
		put(out, space, access.Anonymous, true)
		put(out, space, everybody, true)
	case principal.Type() == "class":
		put(out, space, everybody, true)
	case principal.Type() == "group":
		for p := range s.members[principal] {
			put(out, space, p, true)
		}
	default:
		put(out, space, principal, true)
	}
}

// harm looks at the touched people in the touched spaces and on their pages. admins counts who
// administered each space before the step.
func (s *Simulation) harm(touched map[access.Ref]map[access.Ref]bool, admins map[access.Ref]int) Harm {
	var h Harm
	exposed, interrupted := make(map[access.Ref]bool), make(map[access.Ref]bool)
	for _, object := range slices.Sorted(maps.Keys(touched)) {
		people := touched[object]
		if people[everybody] {
			people = maps.Clone(people)
			delete(people, everybody)
			for p := range s.people() {
				people[p] = true
			}
		}
		for p := range people {
			now := s.Rights(p, object)
			was, will := s.before.Rights(p, object), s.after.Rights(p, object)
			if now == was || now == will {
				continue
			}
			if !now.Within(was.Union(will)) {
				exposed[p] = true
			}
			if !was.Minus(was.Minus(will)).Within(now) {
				interrupted[p] = true
			}
		}
		if was := admins[object]; was > 0 {
			now := s.adminCount(object)
			if now < was && now < min(s.floor, len(s.before.Admins(object)), len(s.after.Admins(object))) {
				h.Unattended = append(h.Unattended, object)
			}
		}
	}
	h.Exposed, h.Interrupted = slices.Sorted(maps.Keys(exposed)), slices.Sorted(maps.Keys(interrupted))
	return h
}

// Rights gives what a person may do in a space, or on a page, now.
func (s *Simulation) Rights(person, object access.Ref) access.Permissions {
	if !s.enters(person) {
		return ""
	}
	if object.IsPage() {
		return s.pageRights(person, object)
	}
	var out access.Permissions
	if s.super(person) && s.exists[object] {
		out = s.beside.Everything()
	}
	for principal, role := range s.roles[object] {
		if s.covers(principal, person) {
			out = out.Union(s.permissions(access.NewRef("space_role", role)))
		}
	}
	for principal, permits := range s.custom[object] {
		if s.covers(principal, person) {
			out = out.Union(permits)
		}
	}
	return out
}

func (s *Simulation) pageRights(person, page access.Ref) access.Permissions {
	held := s.Rights(person, page.PageSpace())
	if !held.Has(access.CanView) {
		return ""
	}
	for up := range s.upwards(page) {
		if !s.passes(person, up, access.ViewPage) {
			return ""
		}
	}
	if s.archived[page.PageSpace()] || !s.passes(person, page, access.EditPage) ||
		!slices.ContainsFunc(s.beside.Editing(page.Type()), held.Has) {
		return access.NewPermissions(access.ViewPage)
	}
	return access.NewPermissions(access.ViewPage, access.EditPage)
}

// passes reports whether a person passes the restriction of one page.
func (s *Simulation) passes(person, page access.Ref, verb string) bool {
	names := s.names[access.Contents{Kind: access.Restrict, Object: page, Verb: verb}]
	if len(names) == 0 || names[person] || s.super(person) {
		return true
	}
	for principal := range names {
		if s.members[principal][person] {
			return true
		}
	}
	return false
}

// enters reports whether a person, or the public, may enter.
func (s *Simulation) enters(person access.Ref) bool {
	if person == access.Anonymous {
		return s.public || !s.beside.Globals
	}
	return s.exists[person] && !s.states[person] && !s.left[person]
}

// covers reports whether what a principal holds reaches a person who may enter.
func (s *Simulation) covers(principal, person access.Ref) bool {
	if principal == access.Anonymous || principal == person {
		return true
	}
	if person == access.Anonymous {
		return false
	}
	switch principal {
	case access.Everyone, access.Authenticated:
		return !s.guest(person)
	case access.ProductAdmins:
		for role := range s.productRoles(person) {
			if role == access.AdminRole {
				return true
			}
		}
		return false
	}
	return s.members[principal][person] && !s.guest(person)
}

// people gives everybody who may enter now.
func (s *Simulation) people() iter.Seq[access.Ref] {
	return func(yield func(access.Ref) bool) {
		for r := range s.exists {
			if r.IsPerson() && s.enters(r) && !yield(r) {
				return
			}
		}
	}
}

func (s *Simulation) permissions(role access.Ref) access.Permissions {
	p, ok := s.permitted[role]
	if !ok {
		p = access.NewPermissions(slices.Collect(maps.Keys(s.grants[role]))...)
		s.permitted[role] = p
	}
	return p
}

func (s *Simulation) adminCount(space access.Ref) int {
	people := make(map[access.Ref]bool)
	for principal := range s.principals(space) {
		if !s.holds(space, principal).Has(access.CanAdminister) {
			continue
		}
		touched := make(map[access.Ref]map[access.Ref]bool)
		if principal.Type() == "class" {
			for p := range s.people() {
				put(touched, space, p, true)
			}
		} else {
			s.touchPrincipal(touched, space, principal)
		}
		for p := range touched[space] {
			if s.enters(p) && s.covers(principal, p) {
				people[p] = true
			}
		}
	}
	delete(people, access.Anonymous)
	return len(people)
}

// principals gives whoever holds something in a space.
func (s *Simulation) principals(space access.Ref) iter.Seq[access.Ref] {
	return func(yield func(access.Ref) bool) {
		for p := range s.roles[space] {
			if !yield(p) {
				return
			}
		}
		for p := range s.custom[space] {
			if _, again := s.roles[space][p]; !again && !yield(p) {
				return
			}
		}
	}
}

// holds gives what a principal holds in a space, by a role and beside.
func (s *Simulation) holds(space, principal access.Ref) access.Permissions {
	out := s.custom[space][principal]
	if role, ok := s.roles[space][principal]; ok {
		out = out.Union(s.permissions(access.NewRef("space_role", role)))
	}
	return out
}
