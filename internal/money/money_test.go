package money

import (
	"fmt"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

func TestParse(t *testing.T) {
	for _, c := range []struct {
		currency Currency
		text     string
		want     Amount
		trouble  string
	}{
		{"USD", "6", 600, ""},
		{"USD", "6.0", 600, ""},
		{"USD", "6.05", 605, ""},
		{"USD", "0.01", 1, ""},
		{"USD", "0", 0, ""},
		{"USD", "1000000000", 100_000_000_000, ""},
		{"USD", "1000000000.01", 0, "is over 1000000000"},
		{"USD", "1000000001", 0, "is over 1000000000"},
		{"USD", "999999999999999", 0, "is over 1000000000"},
		{"USD", "6.005", 0, "has more than the 2 decimals of USD"},
		{"USD", "6.000", 0, "has more than the 2 decimals of USD"},
		{"USD", "-6", 0, "is no amount of money"},
		{"USD", "06", 0, "is no amount of money"},
		{"USD", "6.", 0, "is no amount of money"},
		{"USD", ".5", 0, "is no amount of money"},
		{"USD", "6,05", 0, "is no amount of money"},
		{"USD", "6e2", 0, "is no amount of money"},
		{"USD", "", 0, "is no amount of money"},
		{"JPY", "840", 840, ""},
		{"JPY", "840.0", 0, "has decimals, and JPY has none"},
		{"KWD", "1.5", 1500, ""},
		{"KWD", "1.0005", 0, "has more than the 3 decimals of KWD"},
		{"CLF", "0.0001", 1, ""},
	} {
		got, err := c.currency.Parse(c.text, 1_000_000_000)
		said := ""
		if err != nil {
			said = err.Error()
		}
		if got != c.want || said != c.trouble {
			t.Errorf("%s %q: %d, %q; want %d, %q", c.currency, c.text, got, said, c.want, c.trouble)
		}
	}
}

func TestCodes(t *testing.T) {
	for code, want := range map[Currency]bool{"USD": true, "XXX": true, "usd": false, "US": false, "USDT": false, "U$D": false, "": false, "ÄÖÜ": false} {
		if code.Valid() != want {
			t.Errorf("%q: valid is %t", code, !want)
		}
	}
}

var (
	currencies = rapid.SampledFrom([]Currency{"USD", "EUR", "JPY", "KWD", "CLF"})
	anyTariff  = rapid.Custom(func(t *rapid.T) Tariff {
		out := Tariff{Currency: "USD", Per: "month", Whole: rapid.Bool().Draw(t, "whole")}
		to := 0
		for range rapid.IntRange(0, 4).Draw(t, "closed") {
			to += rapid.IntRange(1, 40).Draw(t, "width")
			out.Tiers = append(out.Tiers, Tier{to, Amount(rapid.IntRange(0, 2000).Draw(t, "price"))})
		}
		if !out.Whole || len(out.Tiers) == 0 || rapid.Bool().Draw(t, "open") {
			out.Tiers = append(out.Tiers, Tier{0, Amount(rapid.IntRange(0, 2000).Draw(t, "price"))})
		}
		return out
	})
)

// What is written is read back, with as many decimals as the currency has.
func TestFormatParses(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := currencies.Draw(t, "currency")
		a := Amount(rapid.Int64Range(0, MaxTotal).Draw(t, "amount"))
		text := c.Format(a)
		if back, err := c.Parse(text, MaxTotal); back != a || err != nil {
			t.Fatalf("%d %s is written %s, which is %d (%v)", a, c, text, back, err)
		}
		if a > 0 && c.Format(-a) != "-"+text {
			t.Fatalf("-%s is written %s", text, c.Format(-a))
		}
		want, _ := new(big.Rat).SetString(text)
		unit := new(big.Rat).SetFrac(big.NewInt(int64(a)), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(c.Digits())), nil))
		if want.Cmp(unit) != 0 {
			t.Fatalf("%d of %s is not %s", a, c, text)
		}
	})
}

func TestCost(t *testing.T) {
	graduated := Tariff{Currency: "USD", Tiers: []Tier{{100, 600}, {250, 525}, {0, 400}}}
	whole := Tariff{Currency: "USD", Whole: true, Tiers: []Tier{{50, 10_000}, {100, 18_000}}}
	open := Tariff{Currency: "USD", Whole: true, Tiers: []Tier{{50, 10_000}, {0, 90_000}}}
	for _, c := range []struct {
		t     Tariff
		seats int
		want  string
	}{
		{graduated, 0, "0.00"},
		{graduated, 1, "6.00"},
		{graduated, 99, "594.00"},
		{graduated, 100, "600.00"},
		{graduated, 101, "605.25"},
		{graduated, 250, "1387.50"},
		{graduated, 251, "1391.50"},
		{graduated, 10_000, "40387.50"},
		{whole, 0, "100.00"},
		{whole, 1, "100.00"},
		{whole, 50, "100.00"},
		{whole, 51, "180.00"},
		{whole, 100, "180.00"},
		{whole, 101, "beyond"},
		{open, 50, "100.00"},
		{open, 51, "900.00"},
		{open, 1_000_000, "900.00"},
		{Tariff{Currency: "USD", Tiers: []Tier{{0, 0}}}, 7, "0.00"},
		// The most that can be asked for: it does not overflow.
		{Tariff{Currency: "CLF", Tiers: []Tier{{0, MaxEach * 10_000}}}, 10_000_000, "10000000000000.0000"},
	} {
		got := "beyond"
		if cost, ok := c.t.Cost(c.seats); ok {
			got = c.t.Currency.Format(cost)
		}
		if got != c.want {
			t.Errorf("%d seats of %v cost %s, want %s", c.seats, c.t.Tiers, got, c.want)
		}
	}
}

// What seats cost is what they cost one by one; and of whole tiers, what the one
// tier costs in which the last stands.
func TestCostSeatBySeat(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tariff := anyTariff.Draw(t, "tariff")
		seats := rapid.IntRange(0, 200).Draw(t, "seats")
		var want Amount
		beyond := false
		for seat := 1; seat <= seats; seat++ {
			tier, first, ok := tariff.At(seat)
			if ok && (seat < first || tier.To != 0 && seat > tier.To) {
				t.Fatalf("seat %d stands in %d to %d", seat, first, tier.To)
			}
			if want += tier.Price; tariff.Whole {
				want = tier.Price
			}
			beyond = !ok
		}
		if seats == 0 && tariff.Whole {
			want = tariff.Tiers[0].Price
		}
		cost, ok := tariff.Cost(seats)
		if ok == beyond || ok && cost != want {
			t.Fatalf("%d seats cost %d (%t), one by one %d (%t)", seats, cost, ok, want, !beyond)
		}
	})
}

func Example() {
	usd := Currency("USD")
	each, _ := usd.Parse("6.05", MaxEach)
	t := Tariff{Currency: usd, Per: "month", Tiers: []Tier{{Price: each}}}
	cost, _ := t.Cost(212)
	fmt.Println(usd.Format(cost))
	// Output: 1282.60
}
