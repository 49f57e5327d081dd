// Package money works out what seats cost. Its amounts are exact: whole numbers of
// the smallest unit of a currency, never floating point.
//
//	usd := money.Currency("USD")
//	each, err := usd.Parse("6.05", money.MaxEach)
//	t := money.Tariff{Currency: usd, Per: "month", Tiers: []money.Tier{{Price: each}}}
//	cost, ok := t.Cost(212)
//	fmt.Println(usd.Format(cost)) // 1282.60
//
// It knows no exchange rates, taxes, discounts or billing periods.
package money

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Currency is a code of ISO 4217: three capital letters. Which codes there are is
// not checked, since they come and go.
type Currency string

var code = regexp.MustCompile(`^[A-Z]{3}$`)

// Valid reports whether the code has the form of one.
func (c Currency) Valid() bool { return code.MatchString(string(c)) }

// digits of the currencies whose smallest unit is not a hundredth (ISO 4217).
var digits = map[Currency]int{
	"BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0, "RWF": 0, "UGX": 0,
	"UYI": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
	"BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
	"CLF": 4, "UYW": 4,
}

// Digits gives how many decimals an amount in the currency has.
func (c Currency) Digits() int {
	if n, ok := digits[c]; ok {
		return n
	}
	return 2
}

// Amount is money in the smallest unit of its currency: cents of a dollar.
type Amount int64

// MaxEach is the most that one seat may cost, in whole units of any currency, and
// MaxTotal the most that all may. No sum overflows: ten million seats at the highest
// price, in the currency with the most decimals, are a ninetieth of what an Amount
// holds.
const (
	MaxEach  = 1_000_000
	MaxTotal = 1_000_000_000
)

var decimal = regexp.MustCompile(`^(0|[1-9][0-9]{0,14})(?:\.([0-9]{1,15}))?$`)

// Parse reads an amount as people write it: 6, 6.1 or 6.05. It may be most whole
// units. The error says in a few words what is wrong with it: no sentence, and not
// what it was read from.
func (c Currency) Parse(text string, most int64) (Amount, error) {
	m := decimal.FindStringSubmatch(text)
	if m == nil {
		return 0, errors.New("is no amount of money")
	}
	whole, fraction, n := m[1], m[2], c.Digits()
	switch {
	case len(fraction) > n && n == 0:
		return 0, fmt.Errorf("has decimals, and %s has none", c)
	case len(fraction) > n:
		return 0, fmt.Errorf("has more than the %d decimals of %s", n, c)
	}
	unit := int64(1)
	for range n {
		unit *= 10
	}
	units, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || units > most {
		return 0, fmt.Errorf("is over %d", most)
	}
	parts, err := strconv.ParseInt("0"+fraction+strings.Repeat("0", n-len(fraction)), 10, 64)
	if a := units*unit + parts; err == nil && a <= most*unit {
		return Amount(a), nil
	}
	return 0, fmt.Errorf("is over %d", most)
}

// Format writes an amount with all its decimals and without the currency: 1113.00,
// -73.50. [Currency.Parse] reads back what is not negative.
func (c Currency) Format(a Amount) string {
	n := c.Digits()
	sign, text := "", strconv.FormatInt(int64(a), 10)
	if a < 0 {
		sign, text = "-", text[1:]
	}
	if n == 0 {
		return sign + text
	}
	text = strings.Repeat("0", max(0, n+1-len(text))) + text
	return sign + text[:len(text)-n] + "." + text[len(text)-n:]
}
