package money

// Tariff says what seats cost for a period of time.
type Tariff struct {
	Currency Currency
	Per      string // month or year
	// Whole tells the two ways of pricing apart. Otherwise tiers are graduated: each
	// seat costs what the tier says in which it stands, and those below it stay
	// what they are (monthly subscriptions). Whole tiers have one price for
	// everybody: that of the first tier that holds all of them (annual
	// subscriptions, licences).
	Whole bool
	Tiers []Tier
}

// Tier is one step of a tariff.
type Tier struct {
	To    int    // the last seat in it; 0: there is no last, which only the last tier may say
	Price Amount // of each seat, or of the whole tier
}

// Cost gives what seats cost. ok is false where there are more of them than the
// tiers go.
func (t Tariff) Cost(seats int) (cost Amount, ok bool) {
	from := 0
	for _, tier := range t.Tiers {
		last := tier.To == 0 || seats <= tier.To
		switch {
		case t.Whole && last:
			return tier.Price, true
		case last:
			return cost + Amount(seats-from)*tier.Price, true
		case !t.Whole:
			cost += Amount(tier.To-from) * tier.Price
		}
		from = tier.To
	}
	return 0, false
}

// At gives the tier in which a seat stands, with its first seat; seats count from
// 1, and no seat stands in the first tier. ok is false beyond the last tier.
func (t Tariff) At(seat int) (tier Tier, first int, ok bool) {
	first = 1
	for _, tier := range t.Tiers {
		if tier.To == 0 || seat <= tier.To {
			return tier, first, true
		}
		first = tier.To + 1
	}
	return Tier{}, 0, false
}
