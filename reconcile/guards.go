package reconcile

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/weirhq/weir/access"
)

// Guards are the bounds on what one plan may take away.
type Guards struct {
	Removals           Limit
	PeopleLosingAccess Limit
	MinSpaceAdmins     int // active people; a plan may not lower a space below it
	RemovalsPerDay     int // by unattended applies, all together
	// Acceptances lift named budgets for one plan, once each.
	Acceptances []Acceptance
	// Used reports whether an acceptance, as written, was used before. Nil: none
	// was.
	Used func(acceptance string) bool
}

// Limit bounds a count: Free are always allowed; beyond that the smaller of
// Ratio of what is live, rounded down, and Max.
type Limit struct {
	Ratio float64
	Max   int
	Free  int
}

// DefaultGuards are the guards of a description that sets none.
func DefaultGuards() Guards {
	return Guards{
		Removals:           Limit{Ratio: 0.10, Max: 200, Free: 3},
		PeopleLosingAccess: Limit{Ratio: 0.05, Max: 50, Free: 3},
		MinSpaceAdmins:     2,
		RemovalsPerDay:     10,
	}
}

// allows gives how many of live things may go.
func (l Limit) allows(live int) int { return max(l.Free, l.withoutFree(live)) }

// withoutFree is what may go where Free does not count: administration is
// never taken for free.
func (l Limit) withoutFree(live int) int {
	// The small addend undoes the binary error of a ratio such as 0.1.
	return min(int(math.Floor(l.Ratio*float64(live)+1e-9)), l.Max)
}

// peopleLosing is the budget that counts people, not removals.
const peopleLosing = "people_losing_access"

// deletions is the budget of spaces that are deleted for good: none is ever allowed
// without being accepted (decision 0027).
const deletions = "deletions"

// Budget is how much of one budget a plan uses.
type Budget struct {
	Rule    string `json:"rule"`    // "removals.member", "people_losing_access"
	Count   int    `json:"count"`   // what the plan takes
	Live    int    `json:"live"`    // of how many
	Allowed int    `json:"allowed"` // how many may go
	// Admin counts the part of Count that takes administration of a space from
	// a person, for which nothing is free; AllowedAdmin bounds it.
	Admin        int  `json:"admin"`
	AllowedAdmin int  `json:"allowed_admin"` // how much of that may go
	Exceeded     bool `json:"exceeded"`      // whether it takes more than is allowed
	// Accept is what accepts an exceeded budget of this plan, once. The same
	// plan can come up again after somebody undid it by hand; its acceptance then
	// ends in .2, and so on.
	Accept   string `json:"accept,omitempty"`
	Accepted bool   `json:"accepted,omitempty"` // whether somebody did
}

// Stops reports whether the budget stops the plan.
func (b Budget) Stops() bool { return b.Exceeded && !b.Accepted }

// Code is the code under which an exceeded budget is explained.
func (b Budget) Code() string {
	switch b.Rule {
	case peopleLosing:
		return "WR403"
	case deletions:
		return "WR417"
	}
	return "WR402"
}

// Bound is how much was allowed, of what was exceeded.
func (b Budget) Bound() int {
	if b.Count <= b.Allowed {
		return b.AllowedAdmin
	}
	return b.Allowed
}

// Acceptance accepts one exceeded budget of one plan: RULE:COUNT@DIGEST.
type Acceptance struct {
	Rule   string
	Count  int
	Digest string
}

// String gives RULE:COUNT@DIGEST.
func (a Acceptance) String() string { return fmt.Sprintf("%s:%d@%s", a.Rule, a.Count, a.Digest) }

// ParseAcceptance reads RULE:COUNT@DIGEST.
func ParseAcceptance(s string) (Acceptance, error) {
	// From the right: a rule may end in the name of a group, which may hold either.
	at := strings.LastIndex(s, "@")
	colon := strings.LastIndex(s[:max(at, 0)], ":")
	if at < 0 || colon < 0 {
		return Acceptance{}, fmt.Errorf("malformed acceptance %q (write RULE:COUNT@DIGEST, as the plan prints it)", s)
	}
	rule, count, digest := s[:colon], s[colon+1:at], s[at+1:]
	n, err := strconv.Atoi(count)
	if err != nil || n < 0 || rule == "" || digest == "" {
		return Acceptance{}, fmt.Errorf("malformed acceptance %q (write RULE:COUNT@DIGEST, as the plan prints it)", s)
	}
	a := Acceptance{Rule: rule, Count: n, Digest: digest}
	if a.String() != s {
		return Acceptance{}, fmt.Errorf("malformed acceptance %q (write %s)", s, a)
	}
	return a, nil
}

// Acceptances gives what would have to be accepted for the plan to pass its
// budgets.
func (p *Plan) Acceptances() []string {
	var out []string
	for _, b := range p.Budgets {
		if b.Exceeded && !b.Accepted {
			out = append(out, b.Accept)
		}
	}
	return out
}

// takes reports whether removing a fact of this kind takes something from
// somebody: not so a state (it ends a suspension) or a status.
func takes(k access.Kind) bool {
	return k != access.State && k != access.Status && k != access.Name && k != access.Managed && k != access.Personal
}

// deleted gives the spaces that changes delete.
func deleted(changes []access.Change) map[access.Ref]bool {
	out := make(map[access.Ref]bool)
	for _, c := range changes {
		if c.Op == access.Remove && c.Fact.Kind == access.Exists && c.Fact.Object.Type() == "space" {
			out[c.Fact.Object] = true
		}
	}
	return out
}

// budgets counts what the plan takes. Every removal counts, consequences
// included; but what goes with a space that is deleted counts as that alone.
func (g Guards) budgets(d access.Delta) []Budget {
	admin := adminTakers(d)
	removed, removedAdmin := make(map[string]int), make(map[string]int)
	gone := deleted(d.Changes)
	for _, c := range d.Changes {
		if c.Op != access.Remove || !takes(c.Fact.Kind) || gone[c.Fact.Object.Space()] {
			continue
		}
		row := Counted(c.Fact)
		removed[row]++
		if admin(c.Fact) {
			removedAdmin[row]++
		}
	}
	live := make(map[string]int)
	for f := range d.Live.All() {
		if f.Kind == access.Exists && f.Object.IsPerson() && !d.Before.Person(f.Object) {
			continue // weir's own account
		}
		live[Counted(f)]++
	}
	out := []Budget{}
	for _, row := range slices.Sorted(maps.Keys(removed)) {
		out = append(out, g.Removals.use("removals."+row, removed[row], removedAdmin[row], live[row]))
	}
	if len(gone) > 0 {
		out = append(out, Budget{Rule: deletions, Count: len(gone), Live: live[Counted(access.Fact{Kind: access.Exists, Object: "space:"})], Exceeded: true})
	}
	people, peopleAdmin := make(map[access.Ref]bool), make(map[access.Ref]bool)
	for _, e := range d.Effects {
		if e.Lost == "" || e.Person == access.Anonymous || !d.Desired.Described[e.Object.Space()] {
			continue
		}
		people[e.Person] = true
		if e.Lost.Has(access.CanAdminister) {
			peopleAdmin[e.Person] = true
		}
	}
	if len(people) > 0 {
		out = append(out, g.PeopleLosingAccess.use(peopleLosing, len(people), len(peopleAdmin), d.Before.WithAccess()))
	}
	return out
}

func (l Limit) use(rule string, count, admin, live int) Budget {
	b := Budget{Rule: rule, Count: count, Live: live, Allowed: l.allows(live), Admin: admin, AllowedAdmin: l.withoutFree(live)}
	b.Exceeded = count > b.Allowed || admin > b.AllowedAdmin
	return b
}

// adminTakers gives a test for removals that take the administration of a
// space from a person.
func adminTakers(d access.Delta) func(access.Fact) bool {
	lost := make(map[access.Ref]map[access.Ref]bool) // space -> people
	losers := make(map[access.Ref]bool)
	for _, e := range d.Effects {
		if e.Person != access.Anonymous && e.Lost.Has(access.CanAdminister) {
			put(lost, e.Object, e.Person, true)
			losers[e.Person] = true
		}
	}
	if len(lost) == 0 {
		return func(access.Fact) bool { return false }
	}
	administers := func(role string) bool {
		return d.Before.Grants(access.NewRef("space_role", role)).Has(access.CanAdminister)
	}
	through := make(map[access.Ref][]access.Ref)    // principal -> spaces it lost administration of people in
	roleSpaces := make(map[access.Ref][]access.Ref) // space role -> spaces
	for space := range lost {
		for f := range d.Live.Of(access.Role, space) {
			if administers(f.Value) {
				through[f.Subject] = append(through[f.Subject], space)
				role := access.NewRef("space_role", f.Value)
				roleSpaces[role] = append(roleSpaces[role], space)
			}
		}
		for f := range d.Live.Of(access.Permission, space) {
			if f.Verb == access.CanAdminister {
				through[f.Subject] = append(through[f.Subject], space)
			}
		}
	}
	// fromPrincipal: somebody whom the principal covers lost administration in
	// one of the spaces.
	fromPrincipal := func(principal access.Ref, spaces []access.Ref) bool {
		for _, s := range spaces {
			switch principal.Type() {
			case "class":
				return true
			case "group":
				if slices.ContainsFunc(d.Before.Members(principal), func(p access.Ref) bool { return lost[s][p] }) {
					return true
				}
			default:
				if lost[s][principal] {
					return true
				}
			}
		}
		return false
	}
	return func(f access.Fact) bool {
		switch f.Kind {
		case access.Member:
			return slices.ContainsFunc(through[f.Object], func(s access.Ref) bool { return lost[s][f.Subject] })
		case access.Role:
			return administers(f.Value) && lost[f.Object] != nil && fromPrincipal(f.Subject, []access.Ref{f.Object})
		case access.Permission:
			return f.Verb == access.CanAdminister && lost[f.Object] != nil && fromPrincipal(f.Subject, []access.Ref{f.Object})
		case access.Grants:
			return f.Verb == access.CanAdminister && len(roleSpaces[f.Object]) > 0
		case access.Product:
			if f.Object.IsPerson() {
				return losers[f.Object] && len(through[access.ProductAdmins]) > 0
			}
			return slices.ContainsFunc(d.Before.Members(f.Object), func(p access.Ref) bool { return losers[p] }) && len(through[access.ProductAdmins]) > 0
		case access.Exists:
			if f.Object.IsPerson() {
				return losers[f.Object]
			}
			return fromPrincipal(f.Object, through[f.Object]) || len(roleSpaces[f.Object]) > 0
		}
		return false
	}
}

// admins holds the floor under the number of space admins: a ratchet. It also
// says beforehand where the product would refuse: it keeps the last assignment
// that administers a space, whether or not there is anybody behind it
// (evidence A7), unless the group that holds it is deleted.
// told are spaces of which it is said already why nobody would administer them.
func (g Guards) admins(d access.Delta, told map[access.Ref]bool) []access.Finding {
	var out []access.Finding
	for _, space := range lastAssignments(d) {
		if told[space] {
			continue
		}
		out = append(out, access.Finding{
			Code: "WR401", Level: access.Deny, Object: space,
			Message: fmt.Sprintf("%s would have nobody as its admin, and the site refuses to take the last one", space),
			Hint:    "give the admin role to somebody in the same change",
			Origin:  d.Desired.Origins[access.Fact{Kind: access.Exists, Object: space}],
		})
	}
	personal := make(map[access.Ref]bool)
	for f := range d.Live.OfKind(access.Personal) {
		personal[f.Object] = true
	}
	for f := range d.Target.OfKind(access.Exists) {
		if f.Object.Type() != "space" || told[f.Object] {
			continue
		}
		space := f.Object
		was, will := len(d.Before.Admins(space)), len(d.After.Admins(space))
		floor := g.MinSpaceAdmins
		if personal[space] {
			floor = min(floor, 1) // its owner is enough
		}
		if will >= min(was, floor) {
			if will < floor && d.Desired.Described[space] && d.Live.Has(f) {
				out = append(out, access.Finding{
					Code: "WR401", Level: access.Warn, Object: space,
					Message: fmt.Sprintf("%s has %s, fewer than min_space_admins (%d)", space, countAdmins(will), floor),
					Hint:    "name another active admin", Origin: d.Desired.Origins[f],
				})
			}
			continue
		}
		out = append(out, access.Finding{
			Code: "WR401", Level: access.Deny, Object: space,
			Message: fmt.Sprintf("%s would have %s instead of %d, fewer than min_space_admins (%d)", space, countAdmins(will), was, floor),
			Hint:    "name another active admin first", Origin: d.Desired.Origins[f],
		})
	}
	return out
}

// own refuses a plan that would take from weir's own account what makes it an
// administrator of the product: it could not put that back.
func own(live, target access.Set, account access.Ref) []access.Finding {
	administers := func(facts access.Set) bool {
		holders := map[access.Ref]bool{account: true}
		for f := range facts.OfKind(access.Member) {
			if f.Subject == account {
				holders[f.Object] = true
			}
		}
		for f := range facts.OfKind(access.Product) {
			if holders[f.Object] && slices.Contains(access.ProductRoles(f.Value), access.AdminRole) {
				return true
			}
		}
		return false
	}
	if !administers(live) || administers(target) {
		return nil
	}
	return []access.Finding{{
		Code: "WR401", Level: access.Deny, Object: account,
		Message: "weir's own account would cease to be a Confluence administrator, and could not undo it",
		Hint:    "leave the group that makes it one its product role, or give the account the role directly",
	}}
}

// emptied refuses a plan that leaves nothing of a kind that the description
// owns: a file that was not checked out looks just like the wish to have no
// groups at all. Whoever means it writes the removals down as `absent`.
func emptied(d access.Delta) []access.Finding {
	removed, stay := make(map[string]int), make(map[string]bool)
	for f := range d.Live.OfKind(access.Exists) {
		t := Counted(f)
		if d.Target.Has(f) {
			if !isSystemRole(f.Object) && (!f.Object.IsPerson() || d.Before.Person(f.Object)) {
				stay[t] = true
			}
		} else if !d.Desired.Scope.Absent[f.Object] {
			removed[t]++
		}
	}
	for f := range d.Desired.Facts.OfKind(access.Exists) {
		stay[Counted(f)] = true
	}
	var out []access.Finding
	for _, t := range slices.Sorted(maps.Keys(removed)) {
		if !stay[t] {
			out = append(out, access.Finding{
				Code: "WR402", Level: access.Deny,
				Message: fmt.Sprintf("no %s is described, and all %d of the site would be removed", t, removed[t]),
				Hint:    "see whether a file is missing; to remove them, name each under absent",
			})
		}
	}
	return out
}

// lastAssignments gives the spaces whose last administering assignment the
// plan itself would take.
func lastAssignments(d access.Delta) []access.Ref {
	administer := func(v *access.View, facts access.Set, space access.Ref) (n int) {
		for f := range facts.Of(access.Role, space) {
			if v.Grants(access.NewRef("space_role", f.Value)).Has(access.CanAdminister) {
				n++
			}
		}
		for f := range facts.Of(access.Permission, space) {
			if f.Verb == access.CanAdminister {
				n++
			}
		}
		return n
	}
	var out []access.Ref
	gone := deleted(d.Changes)
	for _, c := range d.Changes {
		f := c.Fact
		if gone[f.Object] {
			continue // nobody has to administer it any more
		}
		takes := f.Kind == access.Role || f.Kind == access.Permission && f.Verb == access.CanAdminister
		if !takes || c.Op == access.Add || slices.Contains(out, f.Object) {
			continue
		}
		if _, stays := d.Target.Get(access.Fact{Kind: access.Exists, Object: f.Subject}); f.Subject.Type() == "group" && !stays {
			continue // it goes with its group, and the site lets it
		}
		if administer(d.Before, d.Live, f.Object) > 0 && administer(d.After, d.Target, f.Object) == 0 {
			out = append(out, f.Object)
		}
	}
	return out
}

func countAdmins(n int) string {
	switch n {
	case 0:
		return "no active admin"
	case 1:
		return "1 active admin"
	}
	return fmt.Sprintf("%d active admins", n)
}

// Accept marks the budgets that are accepted, and adds a finding that stops the
// plan for every acceptance that does not fit. used reports whether one was
// used before; nil: none was.
func (p *Plan) Accept(list []Acceptance, used func(acceptance string) bool) {
	if used == nil {
		used = func(string) bool { return false }
	}
	for i, b := range p.Budgets {
		// A plan read from a file may say that it was accepted; that counts once too.
		if b.Exceeded && (!b.Accepted || used(b.Accept)) {
			p.Budgets[i].Accepted, p.Budgets[i].Accept = false, p.unused(b, used)
		}
	}
	for _, a := range list {
		i := slices.IndexFunc(p.Budgets, func(b Budget) bool { return b.Rule == a.Rule && b.Exceeded })
		trouble := ""
		switch {
		case i >= 0 && p.Budgets[i].Accept == a.String():
			p.Budgets[i].Accepted = true
			continue
		case used(a.String()):
			trouble = "it was used before, and an acceptance counts once"
		case a.Digest != p.Digest && !strings.HasPrefix(a.Digest, p.Digest+"."):
			trouble = "it is for another plan; this one is " + p.Digest
		case i < 0:
			trouble = "that budget is not exceeded"
		default:
			trouble = "this plan needs " + p.Budgets[i].Accept
		}
		p.Findings = slices.Insert(p.Findings, 0, Finding{
			Code: "WR406", Level: access.Deny, Message: fmt.Sprintf("acceptance %s is refused: %s", a, trouble),
			Hint: "review the plan and accept what it prints",
		})
	}
}

// unused gives the first acceptance of a budget that was not used before.
func (p *Plan) unused(b Budget, used func(string) bool) string {
	a := Acceptance{b.Rule, b.Count, p.Digest}
	for n := 2; used(a.String()); n++ {
		a.Digest = fmt.Sprintf("%s.%d", p.Digest, n)
	}
	return a.String()
}
