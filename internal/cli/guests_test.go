package cli

import (
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/diag"
	"github.com/weirhq/weir/reconcile"
	"github.com/weirhq/weir/schema"
	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/emulator"
)

var (
	guestCases = flag.Int("guest-cases", 20, "how many descriptions TestInfeasibleGuests makes")
	guestSeed  = flag.Uint64("guest-seed", 1, "the seed of the first of them")
)

// TestInfeasibleGuests: every description of a guest who cannot be one is refused,
// with at least one way out that a program can take; and by each of them the
// description compiles, its plan is not stopped, and one of them is applied to the
// site, which takes it.
//
// What a way says that it needs is the one exception: room for a seat, or somebody
// who never paid. Where that is not there the plan says so, and with nothing else.
func TestInfeasibleGuests(t *testing.T) {
	t.Parallel()
	kinds := slices.Sorted(maps.Keys(infeasible))
	var all guestTally
	all.by = make(map[string]int)
	for i := range *guestCases {
		seed := *guestSeed + uint64(i)
		kind := kinds[seed%uint64(len(kinds))]
		t.Run(fmt.Sprintf("%s %d", kind, seed), func(t *testing.T) {
			w := newWish(t, kind, rand.New(rand.NewPCG(seed, 700)))
			w.check(&all)
		})
	}
	t.Logf("%d descriptions: %d refused as descriptions, %d by the site; %d ways out, %d of them for want of what they need not open, %d applied", *guestCases, all.compile, all.plan, all.ways, all.needs, all.applied)
	for _, do := range slices.Sorted(maps.Keys(all.by)) {
		t.Logf("  %4d %s", all.by[do], do)
	}
}

type guestTally struct {
	compile, plan, ways, needs, applied int
	by                                  map[string]int
}

// wish is a description of guests, and the site that it is for.
type wish struct {
	t      *testing.T
	kind   string
	random *rand.Rand
	em     *emulator.Emulator
	driver site.Site

	plan, product string // of the site
	users         []string
	guests        []string            // lines below guests
	groups        []string            // lines below groups
	roles         []string            // lines below space_roles
	globals       string              // who may use Confluence, where it says so
	spaces        map[string][]string // lines below each space
	external      []string
	more          []string // lines at the top
	limit, most   int      // paid seats, and people
	policies      []string
	rules         reconcile.Judge // the same for every way out
}

// infeasible are the ways in which a guest cannot be one. Each spoils a
// description that is fine, or the site that it is for.
var infeasible = map[string]func(*wish){
	"two entries": func(w *wish) {
		w.guest("x@partner.example", "OPS", "viewer")
		w.inSpace("DOCS", "x@partner.example", "viewer")
	},
	"three spaces": func(w *wish) {
		w.guest("x@partner.example", "OPS", "")
		w.inSpace("DOCS", "x@partner.example", "collaborator")
		w.inSpace("ENG", "x@partner.example", "viewer")
	},
	"a role elsewhere": func(w *wish) { w.guest("x@partner.example", "OPS", ""); w.holder("DOCS", "user:x@partner.example") },
	"permissions elsewhere": func(w *wish) {
		w.guest("x@partner.example", "OPS", "")
		w.add("ENG", `permissions: {"user:x@partner.example": [read/space]}`)
	},
	"a page elsewhere": func(w *wish) {
		w.guest("x@partner.example", "OPS", "viewer")
		names := []string{`"user:x@partner.example"`}
		if w.random.IntN(2) == 0 {
			names = append(names, `"group:staff"`)
		}
		w.add("DOCS", "pages: {Plans: {view: ["+strings.Join(names, ", ")+"]}}")
	},
	"user and guest": func(w *wish) { w.guest("new@acme.example", "OPS", ""); w.users = append(w.users, "new@acme.example") },
	"paid by a group": func(w *wish) {
		w.guest("x@partner.example", "OPS", "")
		w.groups = append(w.groups, "paying: {product_role: user, members: [x@partner.example]}")
	},
	"under use": func(w *wish) {
		w.guest("x@partner.example", "OPS", "")
		w.globals = `use: ["group:staff", "user:x@partner.example"]`
	},
	"under administer": func(w *wish) {
		w.guest("x@partner.example", "OPS", "")
		w.globals = `administer: ["user:x@partner.example"]`
	},
	"a closed space": func(w *wish) { w.guest("x@partner.example", "OPS", ""); w.add("OPS", "guests: {allow: false}") },
	"another domain": func(w *wish) {
		w.guest("x@other.example", "OPS", "")
		w.add("OPS", "guests: {domains: [partner.example]}")
	},
	"one too many": func(w *wish) {
		w.guest("x@partner.example", "OPS", "")
		w.guest("y@partner.example", "OPS", "")
		w.add("OPS", "guests: {max: 1}")
	},
	"closed and elsewhere": func(w *wish) {
		w.guest("x@partner.example", "DOCS", "")
		w.add("OPS", "guests: {allow: false, viewer: [x@partner.example]}")
	},
	"an admin": func(w *wish) { w.guest("x@partner.example", "OPS", "admin") },
	"an exporter": func(w *wish) {
		w.roles = append(w.roles, "exporter: {permissions: [read/space, export/space]}")
		w.guest("x@partner.example", "OPS", "exporter")
	},
	"a manager":     func(w *wish) { w.guest("x@partner.example", "OPS", "manager") },
	"the Free plan": func(w *wish) { w.plan = "free"; w.guest("x@partner.example", "OPS", "") },
	"Data Center":   func(w *wish) { w.product = "datacenter"; w.guest("x@partner.example", "OPS", "") },
	"an identity provider's group": func(w *wish) {
		w.groups = append(w.groups, "okta-partners: {managed_by: idp, product_role: guest}")
	},
	"a group in two spaces": func(w *wish) {
		w.external = append(w.external, "group:okta-*")
		w.add("OPS", `guests: {viewer: ["group:okta-partners"]}`)
		w.add("ENG", `guests: {viewer: ["group:okta-partners"]}`)
	},
	"a group that pays": func(w *wish) { w.add("OPS", `guests: {viewer: ["group:staff"]}`) },
	"a group in a closed one": func(w *wish) {
		w.external = append(w.external, "group:okta-*")
		w.add("OPS", `guests: {allow: false, viewer: ["group:okta-partners"]}`)
	},
	"who pays":           func(w *wish) { w.guest("paying@acme.example", "OPS", "") },
	"more than five":     func(w *wish) { w.crowd(5*6 + 1 + w.random.IntN(4)) },
	"more than the site": func(w *wish) { w.most = 6 + w.random.IntN(3); w.crowd(8) },
}

// newWish makes a description by chance that is fine, spoils it, and makes the
// site that it is for.
func newWish(t *testing.T, kind string, random *rand.Rand) *wish {
	w := &wish{t: t, kind: kind, random: random, users: []string{"ana@acme.example", "bo@acme.example"}, spaces: make(map[string][]string)}
	in := func(n int) bool { return random.IntN(n) == 0 }
	w.groups = []string{"staff: {product_role: user, members: [ana@acme.example, bo@acme.example]}"}
	for _, key := range []string{"ENG", "OPS", "DOCS"} {
		w.spaces[key] = nil
		if !in(4) {
			w.add(key, `roles: {collaborator: ["group:staff"]}`)
		}
	}
	w.policies = []string{`two_space_admins: {level: "off"}`}
	switch random.IntN(3) {
	case 0:
		w.policies = append(w.policies, `direct_grants: {level: warn}`)
	case 1:
		w.policies = append(w.policies, `direct_grants: {level: "off"}`)
	}
	switch random.IntN(4) {
	case 0:
		w.policies = append(w.policies, `anonymous_access: {level: warn}`)
	case 1:
		w.policies = append(w.policies, `anonymous_access: {allow: ["space:DOCS"]}`)
	case 2:
		w.policies = append(w.policies, `anonymous_access: {allow: ["space:*"]}`)
	}
	if in(5) {
		w.more = append(w.more, `assert: {closed: {object: "space:DOCS", action: view, cannot: [anonymous]}}`)
	}
	if in(5) {
		w.more = append(w.more, "prove: [no_public_access]")
	}
	// Three are paid anyway, and weir itself; one who is not described.
	if in(2) {
		w.limit = 4 + random.IntN(4)
	}
	infeasible[kind](w)
	return w
}

func (w *wish) guest(email, space, role string) {
	line := email + ": {space: " + space
	if role != "" {
		line += ", role: " + role
	}
	w.guests = append(w.guests, line+"}")
}

// inSpace adds a guest to the file of the space.
func (w *wish) inSpace(space, email, role string) {
	w.add(space, fmt.Sprintf("guests: {%s: [%s]}", role, email))
}

func (w *wish) holder(space, who string) {
	w.spaces[space] = slices.DeleteFunc(w.spaces[space], func(l string) bool { return strings.HasPrefix(l, "roles:") })
	w.add(space, fmt.Sprintf(`roles: {collaborator: ["group:staff", %q]}`, who))
}

func (w *wish) add(space, line string) { w.spaces[space] = append(w.spaces[space], line) }

func (w *wish) crowd(n int) {
	for i := range n {
		w.guest(fmt.Sprintf("g%02d@partner.example", i), "OPS", "")
	}
}

// text writes the description.
func (w *wish) text() string {
	var b strings.Builder
	b.WriteString("weir: v1\nsite: {name: acme")
	if w.plan != "" {
		b.WriteString(", plan: " + w.plan)
	}
	if w.product != "" {
		b.WriteString(", product: " + w.product)
	}
	b.WriteString("}\nprotect: {min_space_admins: 0}\n")
	section := func(name string, lines []string) {
		if len(lines) > 0 {
			b.WriteString(name + ":\n  " + strings.Join(lines, "\n  ") + "\n")
		}
	}
	section("policies", w.policies)
	seats := []string{"currency: USD", "per: month", "tiers: [{to: 5, each: 6}, {each: 5.25}]"}
	if w.limit > 0 {
		seats = append(seats, fmt.Sprint("limit: ", w.limit))
	}
	if w.most > 0 {
		seats = append(seats, fmt.Sprint("site_limit: ", max(w.most, w.limit)))
	}
	section("seats", seats)
	var users []string
	for _, u := range w.users {
		users = append(users, u+": {}")
	}
	section("users", users)
	section("groups", w.groups)
	section("space_roles", w.roles)
	section("guests", w.guests)
	if w.globals != "" {
		section("global_permissions", []string{w.globals})
	}
	b.WriteString("spaces:\n")
	for _, key := range slices.Sorted(maps.Keys(w.spaces)) {
		b.WriteString("  " + key + ":\n    name: Space " + key + "\n")
		for _, line := range w.spaces[key] {
			if w.plan == "free" && strings.HasPrefix(line, "roles:") {
				continue
			}
			b.WriteString("    " + line + "\n")
		}
	}
	if len(w.external) > 0 {
		b.WriteString("external: [\"" + strings.Join(w.external, `", "`) + "\"]\n")
	}
	return b.String() + strings.Join(w.more, "\n") + "\n"
}

// open makes the site: with people who pay, one of them not described, and a group of
// an identity provider.
func (w *wish) open() {
	w.t.Helper()
	modes := []string{emulator.ModePreRoles, emulator.ModeTransition, emulator.ModeRoles}
	o := emulator.Options{Wait: noWait, RoleMode: modes[w.random.IntN(3)], Plan: w.plan, Seats: w.limit, People: max(w.most, w.limit)}
	if w.most == 0 {
		o.People = 0
	}
	if w.product == "datacenter" {
		o.Dialect, o.People = emulator.DialectDataCenter, 0
	}
	if w.kind == "a manager" {
		o.RoleMode = emulator.ModeRoles
	}
	var err error
	if w.em, err = emulator.New(o); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { w.em.Close() })
	kind := kindOfSite{mode: o.RoleMode}
	if w.product == "datacenter" {
		kind.mode = ""
	}
	w.driver = (&chanceSite{kindOfSite: kind, t: w.t}).driver(w.em)
	a := w.em.Admin().Unaudited()
	must := func(errs ...error) {
		w.t.Helper()
		for _, err := range errs {
			if err != nil {
				w.t.Fatal(err)
			}
		}
	}
	must(a.SetAutoPersonalSpaces(false), a.CreateGroup("staff", ""), a.SetProductRole("staff", "user"))
	for _, email := range []string{"ana@acme.example", "bo@acme.example", "paying@acme.example"} {
		must(a.AddPerson(email, "", emulator.PersonOptions{}), a.AddMember("staff", email))
	}
	for key := range w.spaces {
		must(a.CreateSpace(key, "Space "+key), a.RecoverSpace(key, w.em.Credentials().Email))
	}
	must(a.CreatePage("DOCS", "Plans", ""))
	if w.product != "datacenter" {
		must(a.CreateGroup("okta-partners", ""), a.SetManaged("okta-partners", emulator.ManagedIDP))
	}
}

// planned plans documents; the error is what is wrong with them.
func (w *wish) planned(docs []schema.Document) (*reconcile.Plan, error) {
	w.t.Helper()
	d, diags := schema.Compile(docs, nil, time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC))
	if err := diags.Err(); err != nil {
		return nil, err
	}
	if w.rules == nil {
		j, diags := judge(d.Settings)
		if err := diags.Err(); err != nil {
			w.t.Fatal(err)
		}
		w.rules = j
	}
	desc := &description{Description: d}
	loose := reconcile.Limit{Ratio: 1, Max: 1000, Free: 1000}
	draft, err := reconcile.Make(w.t.Context(), reconcile.Input{
		Site: w.driver, Description: d, Judge: w.rules, Seats: desc.seats(),
		Guards: reconcile.Guards{Removals: loose, PeopleLosingAccess: loose},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return draft.Plan, nil
}

func (w *wish) parse() []schema.Document {
	w.t.Helper()
	docs, diags := schema.Parse([]schema.File{{Path: "a.weir.yaml", Bytes: []byte(w.text())}})
	if err := diags.Err(); err != nil {
		w.t.Fatalf("%v\n%s", err, w.text())
	}
	return docs
}

// waysOfPlan gives the ways out that a plan's findings tell and a program can take.
func waysOfPlan(p *reconcile.Plan) (ways []diag.Way, denied []string) {
	for _, f := range p.Findings {
		if f.Level != access.Deny {
			continue
		}
		denied = append(denied, f.Code+" "+f.Message)
		for _, way := range f.Ways {
			w := diag.Way{Do: way.Do, Price: way.Price}
			for _, e := range way.Alter {
				w.Edits = append(w.Edits, diag.Edit{Op: e.Op, File: e.File, Line: e.Line, Column: e.Column, Who: e.Who, Role: e.Role})
			}
			ways = append(ways, w)
		}
	}
	return ways, denied
}

func (w *wish) check(all *guestTally) {
	docs := w.parse()
	w.open()
	var ways []diag.Way
	plan, err := w.planned(docs)
	if err != nil {
		all.compile++
		for _, d := range err.(diag.List) {
			if d.Severity == diag.Error && d.Code != "WR210" {
				w.t.Fatalf("not about a guest: %v\n%s", d, w.text())
			}
			ways = append(ways, d.Ways...)
		}
	} else {
		all.plan++
		var denied []string
		ways, denied = waysOfPlan(plan)
		if len(denied) == 0 {
			w.t.Fatalf("not refused:\n%s", w.text())
		}
	}
	var sure []*reconcile.Plan
	for _, way := range ways {
		if len(way.Edits) == 0 {
			continue
		}
		all.ways++
		all.by[strings.Join(strings.Fields(way.Do)[:2], " ")]++
		revised, ok := schema.Revise(docs, way.Edits)
		if !ok {
			w.t.Fatalf("%v cannot be made:\n%s", way, w.text())
		}
		plan, err := w.planned(revised)
		if err != nil {
			w.t.Errorf("%v, and then:\n%v\n%s", way, err, w.text())
			continue
		}
		if _, denied := waysOfPlan(plan); len(denied) > 0 {
			needed := way.Needs != "" && !slices.ContainsFunc(denied, func(s string) bool {
				return !strings.HasPrefix(s, "WR412 paid seats") && !strings.HasPrefix(s, "WR412 people who count") && !strings.Contains(s, "paid user cannot become a guest")
			})
			if !needed {
				w.t.Errorf("%v, and then the plan is stopped: %s\n%s", way, denied, w.text())
			}
			all.needs++
			continue
		}
		sure = append(sure, plan)
	}
	if len(sure) == 0 {
		w.t.Fatalf("no way out is feasible whatever it needs: %v\n%s", ways, w.text())
	}
	chosen := sure[w.random.IntN(len(sure))]
	report, err := reconcile.Apply(w.t.Context(), reconcile.ApplyInput{Site: w.driver, Plan: chosen, Journal: &reconcile.MemoryJournal{}, Clock: time.Now, Wait: noWait})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, step := range report.Steps {
		if step.Status != reconcile.Applied {
			w.t.Errorf("%s %s: %s\n%s", step.Status, strings.Join(step.Changes, "; "), step.Reason, w.text())
		}
	}
	all.applied++
}
