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
	"github.com/weirhq/weir/internal/money"
	"github.com/weirhq/weir/reconcile"
	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/emulator"
)

var (
	seatsPlans = flag.Int("seats-plans", 20, "how many plans TestSeatsAreTheSites makes")
	seatsSeed  = flag.Uint64("seats-seed", 1, "the seed of the first of them")
)

// TestSeatsAreTheSites: what a plan says of seats and their cost, before and after,
// is what the site itself counts before and after that plan is applied; and where
// the site has limits, it refuses what the plan says it will.
//
// One difference is known, of what a site shows of itself: facts do not say of
// people that they hold the product role user themselves. Beside the role guest it
// makes them pay, and weir takes them for guests.
func TestSeatsAreTheSites(t *testing.T) {
	t.Parallel()
	var all seatTally
	for i := range *seatsPlans {
		seed := *seatsSeed + uint64(i)
		kind := kindsOfSite[seed%uint64(len(kindsOfSite))]
		t.Run(fmt.Sprintf("%s %d", kind.name, seed), func(t *testing.T) {
			s := newChanceSite(t, kind, seed)
			s.seats(rand.New(rand.NewPCG(seed, 600)), &all)
		})
	}
	t.Logf("%d plans: %d applied whole, %d in part, %d stopped before, %d of sites that do not show all", all.plans, all.whole, all.part, all.stopped, all.unseen)
	t.Logf("%d gain a seat, %d lose one, %d become guests, %d cease to be; %d paid users seem to be guests", all.gaining, all.losing, all.guests, all.left, all.twice)
	t.Logf("of those with limits %d were refused by weir, %d doubted, %d passed", all.denied, all.doubted, all.passed)
	if all.whole == 0 || all.gaining == 0 || all.losing == 0 || all.guests == 0 || all.denied == 0 || all.passed == 0 {
		t.Error("something never happened")
	}
}

type seatTally struct {
	plans, whole, part, stopped, unseen int
	gaining, losing, guests, left       int
	twice                               int // people who hold user beside guest
	denied, doubted, passed             int
}

// seats makes a plan by chance and applies it.
func (s *chanceSite) seats(random *rand.Rand, all *seatTally) {
	t := s.t
	driver := s.driver(s.em)
	obs, err := driver.Observe(t.Context(), access.Extent{})
	if err != nil {
		t.Fatal(err)
	}
	wish := staffing{s.wanted(random, obs)}
	terms := reconcile.SeatTerms{Tariff: chanceTariff(random)}
	plan := s.plan(driver, wish, terms)
	all.plans++
	beforePaid, beforeGuests, beforeTwice := s.counted(s.em)
	same := func(when string, c reconcile.SeatCount, paid, guests int, cost string) {
		t.Helper()
		if c.Paid != paid || c.Guests != guests {
			t.Errorf("%s the plan counts %d paid and %d guests, and the site %d and %d", when, c.Paid, c.Guests, paid, guests)
		}
		if want := plainCost(*terms.Tariff, paid); cost != want {
			t.Errorf("%s %d seats cost %q, seat by seat %q", when, paid, cost, want)
		}
	}
	if plan.Seats.Before.Unsure > 0 || plan.Seats.Before.AtLeast {
		if !s.nested {
			t.Errorf("not sure of %+v: %v", plan.Seats.Before, plan.Unknown)
		}
		all.unseen++
		return
	}
	same("before", plan.Seats.Before, beforePaid, beforeGuests, plan.Seats.Cost.Before)
	if plan.Stops().Any() {
		all.stopped++
		return
	}
	limited := copied(t, s.store)
	if trouble := s.apply(driver, plan); trouble != "" {
		all.part++
		return
	}
	all.whole++
	paid, guests, twice := s.counted(s.em)
	same("after", plan.Seats.After, paid, guests, plan.Seats.Cost.After)
	if n := len(plan.Seats.Gaining) - len(plan.Seats.Losing); n != paid-beforePaid {
		t.Errorf("%d more people gain a seat than lose one, and there are %d seats more", n, paid-beforePaid)
	}
	all.gaining, all.losing, all.twice = all.gaining+len(plan.Seats.Gaining), all.losing+len(plan.Seats.Losing), all.twice+max(twice, beforeTwice)
	all.guests, all.left = all.guests+len(plan.Seats.GuestsGaining), all.left+len(plan.Seats.GuestsLosing)
	if twice+beforeTwice > 0 {
		return // the site counts otherwise
	}

	// The same plan on the same site, which has room for only so many.
	terms.Seats.Most = max(1, max(beforePaid, paid)-1+random.IntN(3))
	if s.mode != "" {
		terms.People.Most = max(terms.Seats.Most, max(beforePaid+beforeGuests, paid+guests)-1+random.IntN(3))
	}
	em, err := emulator.New(emulator.Options{
		Store: limited, Seats: terms.Seats.Most, People: terms.People.Most, Wait: noWait, Dialect: s.dialect(),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer em.Close()
	driver = s.driver(em)
	plan = s.plan(driver, wish, terms)
	denied, doubted := seatsSaid(plan, access.Deny), seatsSaid(plan, access.Warn)
	plan.Findings = slices.DeleteFunc(plan.Findings, func(f reconcile.Finding) bool { return f.Code == "WR412" })
	trouble := s.apply(driver, plan)
	switch {
	case denied != "":
		all.denied++
		if trouble == "" {
			t.Errorf("weir refuses what the site takes: %s", denied)
		}
	case doubted != "":
		all.doubted++
	default:
		all.passed++
		if trouble != "" {
			t.Errorf("the site refuses what weir lets pass: %d paid and %d people at most, %+v: %s", terms.Seats.Most, terms.People.Most, plan.Seats, trouble)
		}
	}
}

func seatsSaid(p *reconcile.Plan, level access.Level) string {
	for _, f := range p.Findings {
		if f.Code == "WR412" && f.Level == level {
			return f.Message
		}
	}
	return ""
}

func (s *chanceSite) dialect() string {
	if s.mode == "" {
		return emulator.DialectDataCenter
	}
	return ""
}

// counted gives what the site counts, but that whoever holds user beside guest is
// taken for a guest.
func (s *chanceSite) counted(em *emulator.Emulator) (paid, guests, twice int) {
	paid, guests = em.Seats()
	d := em.Dump()
	pays := make(map[string]bool) // by a group
	for _, g := range d.Groups {
		for _, member := range g.Members {
			pays[member] = pays[member] || slices.ContainsFunc(g.Product, func(r string) bool { return r != "guest" && r != "user-access-admin" })
		}
	}
	for _, p := range d.People {
		guest := slices.Contains(p.Product, "guest")
		for _, g := range d.Groups {
			guest = guest || slices.Contains(g.Members, p.ID) && slices.Contains(g.Product, "guest")
		}
		other := slices.ContainsFunc(p.Product, func(r string) bool { return r != "guest" && r != "user" && r != "user-access-admin" })
		if p.Enters && guest && slices.Contains(p.Product, "user") && !other && !pays[p.ID] {
			twice++
		}
	}
	return paid - twice, guests + twice, twice
}

func (s *chanceSite) plan(driver site.Site, wish staffing, terms reconcile.SeatTerms) *reconcile.Plan {
	s.t.Helper()
	loose := reconcile.Limit{Ratio: 1, Max: 1000, Free: 1000}
	draft, err := reconcile.Make(s.t.Context(), reconcile.Input{
		Site: driver, Description: wish, Judge: content{}, Seats: terms,
		Guards: reconcile.Guards{Removals: loose, PeopleLosingAccess: loose},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return draft.Plan
}

// apply says which steps of a plan did not take effect, and why; nothing if all
// did.
func (s *chanceSite) apply(driver site.Site, plan *reconcile.Plan) (trouble string) {
	s.t.Helper()
	report, err := reconcile.Apply(s.t.Context(), reconcile.ApplyInput{
		Site: driver, Plan: plan, Journal: &reconcile.MemoryJournal{}, Clock: time.Now, Wait: noWait,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	trouble = report.ReadBack
	for _, step := range report.Steps {
		if step.Status != reconcile.Applied {
			trouble += fmt.Sprintf("%s %s: %s\n", step.Status, strings.Join(step.Changes, "; "), step.Reason)
		}
	}
	return trouble
}

// staffing is a description of people, groups and product roles alone.
type staffing struct {
	want access.Set
}

func (staffing) Extent() access.Extent          { return access.Extent{} }
func (staffing) Assertions() []access.Assertion { return nil }
func (staffing) Proofs() []access.Proof         { return nil }

func (w staffing) Desired(known access.Known) (access.Desired, diag.List) {
	d, diags := owner{want: w.want}.Desired(known)
	for list := range d.Scope.Contents {
		if !slices.Contains([]access.Kind{access.Member, access.Product, access.State}, list.Kind) {
			delete(d.Scope.Contents, list)
		}
	}
	d.Scope.Existence = slices.DeleteFunc(d.Scope.Existence, func(e access.Existence) bool { return strings.HasPrefix(string(e.Match), "space_role:") })
	return d, diags
}

// wanted changes people, groups and product roles by chance.
func (s *chanceSite) wanted(random *rand.Rand, obs site.Observation) access.Set {
	in := func(n int) bool { return random.IntN(n) == 0 }
	there, gone := make(map[access.Ref]bool), make(map[access.Ref]bool)
	var groups []access.Ref
	managed := make(map[access.Ref]bool)
	for f := range obs.Facts.OfKind(access.Managed) {
		managed[f.Object] = true
	}
	for f := range obs.Facts.OfKind(access.Exists) {
		switch {
		case f.Object == obs.Account:
		case f.Object.IsPerson():
			there[f.Object], gone[f.Object] = true, in(5)
		case f.Object.Type() == "group" && !managed[f.Object]:
			if gone[f.Object] = in(12) && f.Object != "group:confluence-administrators"; !gone[f.Object] {
				groups = append(groups, f.Object)
			}
		}
	}
	var facts []access.Fact
	add := func(f access.Fact) { facts = append(facts, f) }
	for f := range obs.Facts.All() {
		ours := f.Object != obs.Account && f.Subject != obs.Account && !managed[f.Object]
		switch {
		case gone[f.Object] || gone[f.Subject]:
		case f.Kind == access.Member && ours && in(5):
		case f.Kind == access.Product && ours && f.Object.Type() == "group" && f.Object != "group:confluence-administrators" && in(4):
			if product := s.product(random); product != "" && !in(3) {
				f.Value = product
				add(f)
			}
		case f.Kind == access.State && in(3):
			if f.Value != "removed" {
				add(access.Fact{Kind: access.Exists, Object: f.Object})
			}
		default:
			add(f)
		}
	}
	person := func(r access.Ref, guest bool) {
		if add(access.Fact{Kind: access.Exists, Object: r}); guest && s.mode != "" {
			add(access.Fact{Kind: access.Product, Object: r, Value: access.GuestRole})
		}
		for _, g := range groups {
			if in(4) {
				add(access.Fact{Kind: access.Member, Object: g, Subject: r})
			}
		}
	}
	for i := range random.IntN(4) {
		person(access.NewRef("user", fmt.Sprintf("new%d@partner.example", i)), in(2))
	}
	for _, r := range slices.Sorted(maps.Keys(gone)) { // in order: the same seed makes the same plan
		if r.IsPerson() && gone[r] && in(3) {
			add(access.Fact{Kind: access.State, Object: r, Value: []string{"suspended", "deactivated"}[random.IntN(2)]})
		}
	}
	if in(3) {
		add(access.Fact{Kind: access.Exists, Object: "group:new"})
		if product := s.product(random); product != "" {
			add(access.Fact{Kind: access.Product, Object: "group:new", Value: product})
		}
		for f := range access.NewSet(facts...).OfKind(access.Exists) {
			if f.Object.IsPerson() && f.Object != obs.Account && in(3) {
				add(access.Fact{Kind: access.Member, Object: "group:new", Subject: f.Object})
			}
		}
	}
	return access.NewSet(facts...)
}

// product draws a product role of a group.
func (s *chanceSite) product(random *rand.Rand) string {
	roles := []string{"", "user", "user", "admin", "guest"}
	if s.mode == "" {
		roles = roles[:4]
	}
	return roles[random.IntN(len(roles))]
}

// chanceTariff draws a tariff with steps among the seats of small sites.
func chanceTariff(random *rand.Rand) *money.Tariff {
	t := &money.Tariff{Currency: "USD", Per: "month", Whole: random.IntN(3) == 0}
	to := 0
	for range random.IntN(4) {
		to += 1 + random.IntN(4)
		t.Tiers = append(t.Tiers, money.Tier{To: to, Price: money.Amount(random.IntN(2000))})
	}
	t.Tiers = append(t.Tiers, money.Tier{Price: money.Amount(random.IntN(2000))})
	return t
}

// plainCost adds up what each seat costs, in cents.
func plainCost(t money.Tariff, seats int) string {
	cents := int64(0)
	for seat := 1; seat <= seats; seat++ {
		for _, tier := range t.Tiers {
			if tier.To >= seat || tier.To == 0 {
				if cents += int64(tier.Price); t.Whole {
					cents = int64(tier.Price)
				}
				break
			}
		}
	}
	return fmt.Sprintf("%d.%02d", cents/100, cents%100)
}
