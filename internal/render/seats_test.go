package render

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirhq/weir/reconcile"
)

func TestSeatLines(t *testing.T) {
	count := func(paid, guests int) reconcile.SeatCount { return reconcile.SeatCount{Paid: paid, Guests: guests} }
	guests := func(before, after, most int) reconcile.SeatLimit {
		return reconcile.SeatLimit{Of: "guests", Before: before, After: after, Most: most, Exceeded: after > most}
	}
	one := []string{"user:ana@acme.example"}
	cost := func(before, after, difference, next string) *reconcile.SeatCost {
		return &reconcile.SeatCost{Currency: "USD", Per: "month", Before: before, After: after, Difference: difference, Next: next}
	}
	for _, c := range []struct {
		name  string
		seats *reconcile.Seats
		want  string
	}{
		{"nothing is known", nil, ""},
		{"nobody comes or goes", &reconcile.Seats{Before: count(5, 1), After: count(5, 1), Cost: cost("30.00", "30.00", "0.00", "6.00"),
			Limits: []reconcile.SeatLimit{guests(1, 1, 25)}}, ""},
		{"people and guests, and money", &reconcile.Seats{Before: count(1212, 31), After: count(1198, 33), Losing: one, GuestsGaining: one, Invited: 2,
			Limits: []reconcile.SeatLimit{{Of: "paid", Before: 1212, After: 1198, Most: 2000}, guests(31, 33, 5990), {Of: "people", After: 1231, Most: 50000}},
			Cost:   cost("7272.00", "7198.50", "-73.50", "5.25")}, `
paid 1,212 → 1,198 (-14) of 2,000, guests 31 → 33 (+2) of 5,990 possible, together 1,231 of 50,000
2 people are invited, and take their seats at once
about USD 7,272.00 → 7,198.50 a month (-73.50); the next seat 5.25: an estimate from the description's tiers, never an invoice`},
		{"of two limits the narrower one", &reconcile.Seats{Before: count(8, 0), After: count(9, 0), Gaining: one,
			Limits: []reconcile.SeatLimit{{Of: "paid", Most: 100}, {Of: "paid", Most: 10}}}, "\npaid 8 → 9 (+1) of 10"},
		{"one for another", &reconcile.Seats{Before: count(5, 0), After: count(5, 0), Gaining: one, Losing: one, Cost: cost("30.00", "30.00", "0.00", "0.00")}, `
paid 5
about USD 30.00 a month, as before: an estimate from the description's tiers, never an invoice`},
		{"a limit that is exceeded is told though nothing changes", &reconcile.Seats{Before: count(1, 6), After: count(1, 6),
			Limits: []reconcile.SeatLimit{guests(6, 6, 5)}}, "\npaid 1, guests 6 of 5 possible"},
		{"not everybody was seen", &reconcile.Seats{Before: reconcile.SeatCount{Paid: 4, Unsure: 1, AtLeast: true}, After: reconcile.SeatCount{Paid: 5, ManagedGuests: 1}, Gaining: one,
			Cost: &reconcile.SeatCost{Currency: "JPY", Per: "year", Before: "4000", After: "5000", Difference: "1000", Next: "1000", AtLeast: true}}, `
paid at least 4 → 5 (+1)
of 1 person it could not be seen whether they take a seat
1 guest has a managed account, which Atlassian Guard may bill
at least about JPY 4,000 → 5,000 a year (+1,000); the next seat 1,000: an estimate from the description's tiers, never an invoice`},
		{"a licence", &reconcile.Seats{Before: count(3, 0), After: count(2, 0), Losing: one, Invited: 1, Licence: true, Cost: cost("100.00", "", "", "")}, `
licensed 3 → 2 (-1)
about USD 100.00 before, and the tiers in the description do not go as far as those after`},
		{"tiers that came to hold the seats", &reconcile.Seats{Before: count(3, 0), After: count(2, 0), Losing: one, Cost: cost("", "1000000.00", "", "")}, `
paid 3 → 2 (-1)
about USD 1,000,000.00 after, and the tiers in the description do not go as far as those before`},
		{"tiers that hold neither", &reconcile.Seats{Before: count(3, 0), After: count(2, 0), Losing: one, Cost: cost("", "", "", "")}, `
paid 3 → 2 (-1)
the tiers in the description do not go as far as these seats`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(strings.TrimPrefix(c.want, "\n"), strings.Join(SeatLines(c.seats), "\n")); diff != "" {
				t.Errorf("lines (-want +got):\n%s", diff)
			}
		})
	}
}

// A plan file that somebody wrote says nothing to the terminal.
func TestSeatsAreSafe(t *testing.T) {
	var b strings.Builder
	newPrinter(&b, Options{}).seats(&reconcile.Seats{Losing: []string{"user:x"},
		Cost: &reconcile.SeatCost{Currency: "\x1b[2J", Per: "\n", Before: "\x1b\x1b\x1b\x1b", After: "\u202e1", Difference: "\a", Next: "\u202e"}})
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	if len(lines) != 3 {
		t.Errorf("%q", lines)
	}
	for _, line := range lines {
		if Safe(line) != line {
			t.Errorf("%q", line)
		}
	}
}

func TestMoney(t *testing.T) {
	for amount, want := range map[string]string{
		"0.00": "0.00", "999.99": "999.99", "1000.00": "1,000.00", "-73.50": "-73.50", "-1234567.10": "-1,234,567.10", "840": "840", "1000000": "1,000,000", "0.0001": "0.0001",
	} {
		if got := Money(amount); got != want {
			t.Errorf("%s is written %s, want %s", amount, got, want)
		}
	}
}
