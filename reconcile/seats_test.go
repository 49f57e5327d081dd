package reconcile

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/access/accesstest"
	"github.com/weirhq/weir/internal/diag"
	"github.com/weirhq/weir/internal/money"
	"github.com/weirhq/weir/site"
)

// staff are people p1 to pN who pay, and guests g1 to gN.
func staff(paid, guests int) access.Set {
	var out []access.Fact
	for i := range paid {
		out = append(out, access.Fact{Kind: access.Exists, Object: access.NewRef("user", fmt.Sprintf("p%d", i+1))})
	}
	for i := range guests {
		r := access.NewRef("user", fmt.Sprintf("g%d", i+1))
		out = append(out, access.Fact{Kind: access.Exists, Object: r}, access.Fact{Kind: access.Product, Object: r, Value: access.GuestRole})
	}
	return access.NewSet(out...)
}

// onCloud is a site that was read; everybody on it is known to the organisation.
func onCloud(facts access.Set) site.Observation {
	obs := site.Observation{Facts: facts, IDs: make(map[access.Ref]string), Traits: site.Traits{Guests: true, Edition: "premium"}}
	for f := range facts.All() {
		obs.IDs[f.Object] = "id"
	}
	return obs
}

func most(paid, people int) SeatTerms {
	return SeatTerms{
		Seats:  SeatBound{Most: paid, At: diag.At("a.weir.yaml", 3, 10)},
		People: SeatBound{Most: people, At: diag.At("a.weir.yaml", 4, 15)},
	}
}

func TestSeatFindings(t *testing.T) {
	type numbers struct{ paid, guests int }
	for _, c := range []struct {
		name          string
		before, after numbers
		terms         SeatTerms
		edition       string
		unknown       []access.Unknown
		want          string
	}{
		{"room for all", numbers{5, 2}, numbers{6, 3}, most(6, 9), "", nil, ""},
		{"one seat too many", numbers{5, 0}, numbers{7, 0}, most(6, 0), "", nil,
			"deny paid seats: 7 after the plan instead of 5, and there may be 6 (the limit in the description) at a.weir.yaml:3:10"},
		{"too many already", numbers{9, 0}, numbers{8, 0}, most(6, 0), "", nil,
			"warn paid seats: 8 after the plan, and there may be 6 (the limit in the description) at a.weir.yaml:3:10"},
		{"too many already, and nothing changes", numbers{9, 0}, numbers{9, 0}, most(6, 0), "", nil,
			"warn paid seats: 9 after the plan, and there may be 6 (the limit in the description) at a.weir.yaml:3:10"},
		{"too many people on the site", numbers{5, 2}, numbers{5, 4}, most(0, 8), "", nil,
			"deny people and guests: 9 after the plan instead of 7, and there may be 8 (the site_limit in the description) at a.weir.yaml:4:15"},
		{"ten on the Free plan", numbers{9, 0}, numbers{10, 0}, SeatTerms{}, "free", nil, ""},
		{"eleven on the Free plan", numbers{9, 0}, numbers{11, 0}, SeatTerms{}, "Free", nil,
			"deny paid seats: 11 after the plan instead of 9, and there may be 10 (the Free plan) at ?"},
		{"five guests for one seat", numbers{1, 0}, numbers{1, 5}, SeatTerms{}, "", nil, ""},
		{"six guests for one seat", numbers{1, 0}, numbers{1, 6}, SeatTerms{}, "", nil,
			"deny guests: 6 after the plan instead of 0, and there may be 5 (five for each paid seat) at ?"},
		{"as many guests, and fewer seats", numbers{2, 6}, numbers{1, 6}, SeatTerms{}, "", nil,
			"warn guests: 6 after the plan, and there may be 5 (five for each paid seat) at ?"},
		{"six guests for one seat that was seen", numbers{1, 0}, numbers{1, 6}, SeatTerms{}, "", []access.Unknown{{Kind: access.Exists, Object: "user:x"}},
			"warn guests: 6 after the plan, and there may be 5 (five for each paid seat) at ?"},
		{"seats that were seen are too many, whoever else there is", numbers{5, 0}, numbers{7, 0}, most(6, 0), "", []access.Unknown{{Kind: access.Exists, Object: "user:x"}},
			"deny paid seats: 7 after the plan instead of 5, and there may be 6 (the limit in the description) at a.weir.yaml:3:10"},
	} {
		t.Run(c.name, func(t *testing.T) {
			live := onCloud(staff(c.before.paid, c.before.guests))
			live.Traits.Edition = c.edition
			s := countSeats(live, c.unknown, staff(c.after.paid, c.after.guests), c.terms)
			var got []string
			for _, f := range s.findings(access.Desired{}) {
				if f.Code != "WR412" || f.Hint == "" {
					t.Errorf("finding %+v", f)
				}
				got = append(got, fmt.Sprintf("%s %s at %s", f.Level, f.Message, f.Origin))
			}
			if diff := cmp.Diff(c.want, strings.Join(got, "\n")); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}

// Others come before those who go: there may be no room in between.
func TestSeatsInTheMiddle(t *testing.T) {
	fact := func(line string) access.Fact {
		f, err := access.ParseFact(line)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	said := func(live, target access.Set, terms SeatTerms) string {
		var out []string
		for _, f := range countSeats(onCloud(live), nil, target, terms).findings(access.Desired{}) {
			out = append(out, string(f.Level)+" "+f.Message)
		}
		return strings.Join(out, "\n")
	}
	live := staff(5, 0)
	target := live.Filter(func(f access.Fact) bool { return f.Object != "user:p1" }).Union(access.NewSet(fact("exists user:new")))
	if got, want := said(live, target, most(5, 0)), "warn paid seats: up to 6 until somebody goes, and there may be 5 (the limit in the description)"; got != want {
		t.Errorf("somebody comes for somebody else: %s", got)
	}
	if got := said(live, target, most(6, 6)); got != "" {
		t.Errorf("there is room for both: %s", got)
	}
	// A guest joins a group that is about to cease to let people in.
	live = staff(2, 0).Union(access.NewSet(fact("product group:g = user")))
	target = staff(2, 1).Union(access.NewSet(fact("member group:g user:g1")))
	if got, want := said(live, target, most(2, 0)), "warn paid seats: up to 3 until somebody goes, and there may be 2 (the limit in the description)"; got != want {
		t.Errorf("a guest pays for a while: %s", got)
	}
	// A guest who becomes a paid user is no further person.
	live, target = staff(2, 1), staff(2, 1).Filter(func(f access.Fact) bool { return f.Kind != access.Product })
	if got := said(live, target, most(3, 3)); got != "" {
		t.Errorf("a guest becomes a user: %s", got)
	}
}

func TestSeatsByKind(t *testing.T) {
	live := onCloud(staff(3, 3))
	live.Account = "user:p3"
	live.Unclaimed = map[access.Ref]bool{"user:g1": true}
	// p1 goes, g2 comes to pay, g4 is new, as is p4.
	target := staff(4, 4).Filter(func(f access.Fact) bool {
		return f.Object != "user:p1" && f != access.Fact{Kind: access.Product, Object: "user:g2", Value: "guest"}
	})
	want := &Seats{
		Before: SeatCount{Paid: 3, Guests: 3, ManagedGuests: 2}, After: SeatCount{Paid: 4, Guests: 3, ManagedGuests: 1},
		Gaining: []string{"user:g2", "user:p4"}, Losing: []string{"user:p1"},
		GuestsGaining: []string{"user:g4"}, GuestsLosing: []string{"user:g2"}, Invited: 2, Own: true,
		Limits: []SeatLimit{{Of: "guests", Before: 3, After: 3, Most: 20, Reason: "five for each paid seat"}},
	}
	got := CountSeats(live, nil, target, SeatTerms{})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("seats (-want +got):\n%s", diff)
	}
	if !got.Telling() || CountSeats(live, nil, live.Facts, SeatTerms{}).Telling() {
		t.Error("who comes or goes is told, and nothing otherwise")
	}
	live.Traits.Edition = "Enterprise"
	if n := CountSeats(live, nil, target, SeatTerms{}).Before.ManagedGuests; n != 0 {
		t.Errorf("on Enterprise %d guests may be billed", n)
	}
	live.Traits = site.Traits{}
	if s := CountSeats(live, nil, target, SeatTerms{}); !s.Licence {
		t.Error("a product without guests counts for a licence")
	}
}

func TestSeatCosts(t *testing.T) {
	graduated := &money.Tariff{Currency: "USD", Per: "month", Tiers: []money.Tier{{To: 3, Price: 600}, {Price: 525}}}
	whole := &money.Tariff{Currency: "JPY", Per: "year", Whole: true, Tiers: []money.Tier{{To: 3, Price: 9000}, {To: 5, Price: 12000}}}
	for _, c := range []struct {
		tariff        *money.Tariff
		before, after int
		want          SeatCost
	}{
		{graduated, 2, 3, SeatCost{Before: "12.00", After: "18.00", Difference: "6.00", Tier: &SeatTier{From: 1, To: 3, Each: "6.00"}, Next: "5.25"}},
		{graduated, 5, 4, SeatCost{Before: "28.50", After: "23.25", Difference: "-5.25", Tier: &SeatTier{From: 4, Each: "5.25"}, Next: "5.25"}},
		{graduated, 4, 4, SeatCost{Before: "23.25", After: "23.25", Difference: "0.00", Tier: &SeatTier{From: 4, Each: "5.25"}, Next: "5.25"}},
		{whole, 3, 4, SeatCost{Before: "9000", After: "12000", Difference: "3000", Tier: &SeatTier{From: 4, To: 5, Total: "12000"}, Next: "0"}},
		{whole, 4, 5, SeatCost{Before: "12000", After: "12000", Difference: "0", Tier: &SeatTier{From: 4, To: 5, Total: "12000"}}},
		{whole, 5, 6, SeatCost{Before: "12000"}},
		{whole, 6, 5, SeatCost{After: "12000", Tier: &SeatTier{From: 4, To: 5, Total: "12000"}}},
		{whole, 6, 7, SeatCost{}},
	} {
		c.want.Currency, c.want.Per = string(c.tariff.Currency), c.tariff.Per
		got := CountSeats(onCloud(staff(c.before, 0)), nil, staff(c.after, 0), SeatTerms{Tariff: c.tariff}).Cost
		if diff := cmp.Diff(&c.want, got); diff != "" {
			t.Errorf("from %d to %d seats (-want +got):\n%s", c.before, c.after, diff)
		}
	}
	s := CountSeats(onCloud(staff(2, 0)), []access.Unknown{{Kind: access.Product, Object: "user:p1"}}, staff(2, 0), SeatTerms{Tariff: graduated})
	if s.Cost.After != "6.00" || !s.Cost.AtLeast || s.After.Unsure != 1 {
		t.Errorf("of one seat of two it is known: %+v, %+v", s.After, s.Cost)
	}
}

// What changes adds up, whatever the plan: who gains a seat has it after and had
// none before, and the difference of the costs is the cost of the difference.
func TestSeatsAddUp(t *testing.T) {
	tariff := &money.Tariff{Currency: "USD", Per: "month", Tiers: []money.Tier{{To: 2, Price: 600}, {Price: 525}}}
	rapid.Check(t, func(t *rapid.T) {
		live, target := accesstest.Site().Draw(t, "live"), accesstest.Site().Draw(t, "target")
		s := countSeats(onCloud(live), nil, target, SeatTerms{Tariff: tariff, Seats: SeatBound{Most: 1}})
		if s.After.Paid-s.Before.Paid != len(s.Gaining)-len(s.Losing) || s.After.Guests-s.Before.Guests != len(s.GuestsGaining)-len(s.GuestsLosing) {
			t.Fatalf("%+v", s)
		}
		back := CountSeats(onCloud(target), nil, live, SeatTerms{Tariff: tariff})
		if !slices.Equal(back.Gaining, s.Losing) || !slices.Equal(back.GuestsLosing, s.GuestsGaining) || back.Cost.Before != s.Cost.After {
			t.Fatalf("there %+v, and back %+v", s, back)
		}
		if sign := strings.TrimPrefix(back.Cost.Difference, "-"); sign != strings.TrimPrefix(s.Cost.Difference, "-") {
			t.Fatalf("there %s, and back %s", s.Cost.Difference, back.Cost.Difference)
		}
		if s.peak < max(s.Before.Paid, s.After.Paid) || s.crowd < max(s.Before.Paid+s.Before.Guests, s.After.Paid+s.After.Guests) {
			t.Fatalf("fewer in the middle than at an end: %d, %d of %+v", s.peak, s.crowd, s)
		}
	})
}
