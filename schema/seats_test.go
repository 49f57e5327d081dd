package schema_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirhq/weir/internal/money"
	"github.com/weirhq/weir/schema"
)

func TestSeatDiagnostics(t *testing.T) {
	for _, c := range []struct{ name, archive, want string }{
		{"limits alone are enough, and nothing at all is fine", `
seats: {limit: 1, site_limit: 1}
`, ``},
		{"a price is whole", `
seats: {currency: USD, limit: 5}
`, `
WR112 a.weir.yaml:1:8: the price of a seat has no per and no tiers (write currency, per and tiers, or none of the three)
`},
		{"a price without a currency", `
seats: {per: month, tiers: [{each: 6}]}
`, `
WR112 a.weir.yaml:1:8: the price of a seat has no currency (write currency, per and tiers, or none of the three)
`},
		{"words", `
seats: {currency: dollars, per: mnth, tiers: [{each: 6}], limit: 0, site_limit: 1.5}
`, `
WR103 a.weir.yaml:1:19: currency "dollars" is not known (write its three capital letters (ISO 4217), such as USD)
WR103 a.weir.yaml:1:33: per "mnth" is not known (did you mean "month"?)
WR103 a.weir.yaml:1:66: limit is 0 (write a whole number, 1 or more, or delete the key)
WR103 a.weir.yaml:1:81: site_limit is not a count (write a whole number, 0 or more)
`},
		{"no tiers", `
seats: {currency: USD, per: month, tiers: []}
`, `
WR108 a.weir.yaml:1:43: tiers is empty (write a tier, such as {each: 6.05}, or delete currency, per and tiers)
`},
		{"tiers that do not ascend", `
seats:
  currency: USD
  per: month
  tiers:
    - {to: 100, each: 6.05}
    - {to: 100, each: 5.16}
    - {to: 50, each: 5.16}
    - {to: 0, each: 5.16}
    - {to: -5, each: 5.16}
    - {to: 200, each: 4}
    - {each: 3}
`, `
WR103 a.weir.yaml:6:12: the tier ends at seat 100, and the one before it at 100 (put the tiers in order, each further than the one before)
  a.weir.yaml:5:12: the tier before it
WR103 a.weir.yaml:7:12: the tier ends at seat 50, and the one before it at 100 (put the tiers in order, each further than the one before)
  a.weir.yaml:5:12: the tier before it
WR103 a.weir.yaml:8:12: to is 0 (write a whole number, 1 or more, or delete the key)
WR103 a.weir.yaml:9:12: to is not a count (write a whole number, 0 or more)
`},
		{"no open tier", `
seats: {currency: USD, per: month, tiers: [{to: 100, each: 6.05}, {to: 200, each: 5.16}]}
`, `
WR112 a.weir.yaml:1:67: the last tier has an end, and a further seat would have no price (add a tier without ` + "`to`" + `, such as {each: …})
`},
		{"an open tier that is not the last", `
seats: {currency: USD, per: month, tiers: [{each: 6.05}, {to: 200, each: 5.16}, {each: 4}]}
`, `
WR103 a.weir.yaml:1:44: a tier without an end is not the last (give it an end (` + "`to`" + `), or put it last)
`},
		{"whole tiers may end", `
seats: {currency: USD, per: year, tiers: [{to: 100, total: 7200}, {to: 200, total: 12000}]}
`, ``},
		{"two ways of pricing", `
seats: {currency: USD, per: year, tiers: [{to: 100, total: 7200}, {to: 200, each: 5}, {to: 300}, {to: 400, each: 5, total: 20000}]}
`, `
WR202 a.weir.yaml:1:67: some tiers have a price for each seat and others one for all (write each in all of them, or total)
  a.weir.yaml:1:43: the first tier
WR112 a.weir.yaml:1:87: a tier has no price (write total, such as total: 6.05)
WR202 a.weir.yaml:1:124: a tier has a price for each seat and one for all (keep one of the two)
  a.weir.yaml:1:114: the other price
`},
		{"amounts", `
seats: {currency: JPY, per: month, tiers: [{to: 1, each: 840.5}, {to: 2, each: -840}, {to: 3, each: 1000001}, {each: 1000000}]}
`, `
WR103 a.weir.yaml:1:58: 840.5 has decimals, and JPY has none (write an amount in JPY, such as 605)
WR103 a.weir.yaml:1:80: -840 is no amount of money (write an amount in JPY, such as 605)
WR103 a.weir.yaml:1:101: 1000001 is over 1000000 (write an amount in JPY, such as 605)
`},
		{"decimals", `
seats: {currency: USD, per: month, tiers: [{to: 1, each: 6.055}, {each: 6.1}]}
`, `
WR103 a.weir.yaml:1:58: 6.055 has more than the 2 decimals of USD (write an amount in USD, such as 6.05)
`},
		{"a site that holds fewer than it sells", `
seats: {limit: 100, site_limit: 99}
`, `
WR202 a.weir.yaml:1:33: site_limit is 99, and limit alone is 100 (site_limit counts guests beside paid seats: raise it, or lower limit)
  a.weir.yaml:1:16: the other limit
`},
		{"twice", `
seats: {limit: 100}
-- b.weir.hcl --
seats { limit = 100 }
`, `
WR104 b.weir.hcl:1:1: seats stands twice (keep it in one place)
  a.weir.yaml:1:8: also here
`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, diags := schema.Compile(parse(t, c.archive), nil, noon)
			if diff := cmp.Diff(strings.TrimSpace(c.want), strings.Join(lines(diags), "\n")); diff != "" {
				t.Errorf("diagnostics (-want +got):\n%s", diff)
			}
		})
	}
}

// Both syntaxes mean the same, to the cent.
func TestSeatSettings(t *testing.T) {
	want := &money.Tariff{Currency: "USD", Per: "month", Tiers: []money.Tier{{To: 100, Price: 610}, {Price: 516}}}
	for _, text := range []string{
		"seats: {currency: USD, per: month, tiers: [{to: 100, each: 6.10}, {each: 5.16}], limit: 250, site_limit: 50000}\n",
		"-- a.weir.hcl --\nseats {\n  currency = \"USD\"\n  per = \"month\"\n  tiers = [{ to = 100, each = 6.10 }, { each = 5.16 }]\n  limit = 250\n  site_limit = 50000\n}\n",
	} {
		s := compile(t, text).Settings.Seats
		if diff := cmp.Diff(want, s.Tariff); diff != "" || s.Limit.Or(0) != 250 || s.SiteLimit.Or(0) != 50000 {
			t.Errorf("%s: limit %+v, site_limit %+v, tariff (-want +got):\n%s", text, s.Limit, s.SiteLimit, diff)
		}
	}
	whole := compile(t, "seats: {currency: KWD, per: year, tiers: [{to: 50, total: 0}, {total: 1.5}]}\n").Settings.Seats
	want = &money.Tariff{Currency: "KWD", Per: "year", Whole: true, Tiers: []money.Tier{{To: 50}, {Price: 1500}}}
	if diff := cmp.Diff(want, whole.Tariff); diff != "" || whole.Limit.Set {
		t.Errorf("limit %+v, tariff (-want +got):\n%s", whole.Limit, diff)
	}
	if s := compile(t, "groups: {staff: {}}\n").Settings.Seats; s.Tariff != nil || s.Limit.Set || s.SiteLimit.Set {
		t.Errorf("nothing is said of seats, and they are %+v", s)
	}
}
