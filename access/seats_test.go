package access_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/access/accesstest"
)

// parseFacts reads one fact a line.
func parseFacts(t *testing.T, lines string) access.Set {
	t.Helper()
	var out []access.Fact
	for line := range strings.Lines(lines) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		f, err := access.ParseFact(line)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, f)
	}
	return access.NewSet(out...)
}

// says is the count in words.
func says(s access.Seats) string {
	out := fmt.Sprint("paid ", shortly(s.Paid), " guests ", shortly(s.Guests))
	if len(s.Unsure) > 0 {
		out += fmt.Sprint(" unsure ", shortly(s.Unsure))
	}
	if s.Unseen {
		out += " at least"
	}
	return out
}

func shortly(list []access.Ref) []string {
	out := make([]string, len(list))
	for i, r := range list {
		out[i] = r.ID()
	}
	return out
}

func TestSeats(t *testing.T) {
	const people = "exists user:ana\nexists user:bo\nexists group:staff\nexists group:partners\n"
	for _, c := range []struct {
		name, facts string
		unknown     []access.Unknown
		want        string
	}{
		{"nobody", "", nil, "paid [] guests []"},
		{"whoever may enter pays, by whatever lets them in", people, nil, "paid [ana bo] guests []"},
		{"several groups are one seat",
			people + "product group:staff = user\nproduct group:partners = admin\nmember group:staff user:ana\nmember group:partners user:ana", nil, "paid [ana bo] guests []"},
		{"a guest pays nothing", people + "product user:bo = guest", nil, "paid [ana] guests [bo]"},
		{"a guest by a group", people + "product group:partners = guest\nmember group:partners user:bo", nil, "paid [ana] guests [bo]"},
		{"a guest with a billed role is no guest",
			people + "product user:bo = guest\nproduct group:staff = user\nmember group:staff user:bo", nil, "paid [ana bo] guests []"},
		{"managing others' access takes no seat from a guest", people + "product user:bo = guest+user-access-admin", nil, "paid [ana] guests [bo]"},
		{"shut out", people + "exists user:cy\nstate user:bo = suspended\nstate user:cy = deactivated\nstate user:dee = removed", nil, "paid [ana] guests []"},
		{"no access", "exists group:staff\nmember group:staff user:ana\nproduct group:staff = user-access-admin", nil, "paid [] guests []"},
		{"let in by a group, and not said to be", "member group:staff user:ana\nproduct group:staff = user\nmember group:partners user:bo\nproduct group:partners = guest", nil, "paid [ana] guests [bo]"},
		{"let in by a group, and suspended", "member group:staff user:ana\nproduct group:staff = user\nstate user:ana = suspended", nil, "paid [] guests []"},
		{"a guest who is shut out", people + "product user:bo = guest\nstate user:bo = suspended", nil, "paid [ana] guests []"},

		{"a person who may be there", people, []access.Unknown{{Kind: access.Exists, Object: "user:cy"}}, "paid [ana bo] guests [] at least"},
		{"a person who may be suspended", people, []access.Unknown{{Kind: access.State, Object: "user:bo"}}, "paid [ana] guests [] unsure [bo]"},
		{"a person of whom nothing is known", people, []access.Unknown{{Object: "user:bo"}}, "paid [ana] guests [] unsure [bo]"},
		{"the roles of somebody", people, []access.Unknown{{Kind: access.Product, Object: "user:bo"}}, "paid [ana] guests [] unsure [bo]"},
		{"the roles of somebody who pays in any case",
			people + "product group:staff = user\nmember group:staff user:bo", []access.Unknown{{Kind: access.Product, Object: "user:bo"}}, "paid [ana bo] guests []"},
		{"the roles of somebody who may not enter", people + "state user:bo = suspended", []access.Unknown{{Kind: access.Product, Object: "user:bo"}}, "paid [ana] guests []"},
		{"who is in a group that gives nothing", people, []access.Unknown{{Kind: access.Member, Object: "group:staff"}}, "paid [ana bo] guests []"},
		{"who is in a group that pays", people + "product user:bo = guest\nproduct group:staff = user",
			[]access.Unknown{{Kind: access.Member, Object: "group:staff"}}, "paid [ana] guests [] unsure [bo]"},
		{"who is in a group of guests", people + "product group:partners = guest\nproduct group:staff = user\nmember group:staff user:ana",
			[]access.Unknown{{Kind: access.Member, Object: "group:partners"}}, "paid [ana] guests [] unsure [bo]"},
		{"what a group gives", people + "product user:ana = admin", []access.Unknown{{Kind: access.Product, Object: "group:partners"}}, "paid [ana] guests [] unsure [bo]"},
		{"who is suspended at all", people + "product user:bo = guest", []access.Unknown{{Kind: access.State}}, "paid [] guests [] unsure [ana bo] at least"},
		{"who is there at all", people, []access.Unknown{{Kind: access.Exists}}, "paid [ana bo] guests [] at least"},
		{"anything", people, []access.Unknown{{}}, "paid [] guests [] unsure [ana bo] at least"},
		{"a page", people, []access.Unknown{{Object: "page:ENG/x"}, {Kind: access.Restrict}, {Kind: access.Exists, Object: "space:ENG"}}, "paid [ana bo] guests []"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := says(access.CountSeats(parseFacts(t, c.facts), c.unknown)); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

func TestSeatSources(t *testing.T) {
	facts := parseFacts(t, `
		exists user:ana
		exists user:bo
		exists user:cy
		exists user:dee
		exists user:lee
		exists user:root
		exists user:sam
		state user:sam = suspended
		product user:lee = guest
		product user:root = admin
		product group:admins = admin
		product group:helpers = user-access-admin
		product group:idle = user
		product group:partners = guest
		product group:staff = user
		member group:admins user:ana
		member group:helpers user:dee
		member group:partners user:bo
		member group:partners user:cy
		member group:staff user:ana
		member group:staff user:bo
		member group:staff user:sam`)
	want := []access.SeatSource{
		{Group: "group:admins", Roles: []string{"admin"}, Paid: 1},
		{Group: "group:idle", Roles: []string{"user"}},
		{Group: "group:partners", Roles: []string{"guest"}, Paid: 1, Guests: 1, GuestsAlone: 1},
		{Group: "group:staff", Roles: []string{"user"}, Paid: 2},
		{Paid: 2, Alone: 2, Guests: 1, GuestsAlone: 1},
	}
	if diff := cmp.Diff(want, access.CountSeats(facts, nil).Sources(facts)); diff != "" {
		t.Errorf("sources (-want +got):\n%s", diff)
	}
}

// recount says of each person whether they take a seat, in the plainest way.
func recount(facts access.Set) (paid, guests []access.Ref) {
	for _, p := range accesstest.Everybody() {
		_, shut := facts.Get(access.Fact{Kind: access.State, Object: p})
		var roles []string
		through := false // a group
		for f := range facts.OfKind(access.Product) {
			in := facts.Has(access.Fact{Kind: access.Member, Object: f.Object, Subject: p})
			if f.Object == p || in {
				roles = append(roles, strings.Split(f.Value, "+")...)
				through = through || in && f.Value != "user-access-admin"
			}
		}
		if shut || !through && !facts.Has(access.Fact{Kind: access.Exists, Object: p}) {
			continue
		}
		roles = slices.DeleteFunc(roles, func(r string) bool { return r == "user-access-admin" })
		if slices.Contains(roles, "guest") && !slices.ContainsFunc(roles, func(r string) bool { return r != "guest" }) {
			guests = append(guests, p)
		} else {
			paid = append(paid, p)
		}
	}
	return paid, guests
}

// The count is that of a plain recount, and every paid seat has a source.
func TestSeatsAreRecounted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		facts := accesstest.Site().Draw(t, "site")
		got := access.CountSeats(facts, nil)
		paid, guests := recount(facts)
		if !slices.Equal(got.Paid, paid) || !slices.Equal(got.Guests, guests) || len(got.Unsure) > 0 || got.Unseen {
			t.Fatalf("%s, recounted paid %v guests %v", says(got), paid, guests)
		}
		alone, most := 0, 0
		for _, source := range got.Sources(facts) {
			alone, most = alone+source.Alone+source.GuestsAlone, most+source.Paid+source.Guests
		}
		if n := len(paid) + len(guests); alone > n || most < n {
			t.Fatalf("%d people: %d by one source alone, and %d by any", n, alone, most)
		}
	})
}

// Whatever is not seen, a seat that is counted is one, and one that is not
// counted is said to be open.
func TestSeatsAreSureOfWhatTheySay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		facts := accesstest.Site().Draw(t, "site")
		var objects []access.Ref
		for f := range facts.All() {
			objects = append(objects, f.Object)
		}
		objects = append(slices.Compact(objects), "")
		var unknown []access.Unknown
		for range rapid.IntRange(1, 3).Draw(t, "hidden") {
			unknown = append(unknown, access.Unknown{
				Kind:   rapid.SampledFrom([]access.Kind{"", access.Exists, access.State, access.Product, access.Member}).Draw(t, "kind"),
				Object: rapid.SampledFrom(objects).Draw(t, "object"),
			})
		}
		seen := facts.Filter(func(f access.Fact) bool {
			return !slices.ContainsFunc(unknown, func(u access.Unknown) bool { return u.Covers(f) })
		})
		got := access.CountSeats(seen, unknown)
		paid, guests := recount(facts)
		for _, p := range accesstest.Everybody() {
			counted := slices.Contains(got.Paid, p) || slices.Contains(got.Guests, p)
			open := slices.Contains(got.Unsure, p)
			switch {
			case slices.Contains(paid, p):
				if !slices.Contains(got.Paid, p) && (!open && !got.Unseen || counted) {
					t.Fatalf("%s pays: %s", p, says(got))
				}
			case slices.Contains(guests, p):
				if !slices.Contains(got.Guests, p) && (!open && !got.Unseen || counted) {
					t.Fatalf("%s is a guest: %s", p, says(got))
				}
			case counted:
				t.Fatalf("%s has no seat: %s", p, says(got))
			}
		}
	})
}
