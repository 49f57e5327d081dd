package access

import "slices"

// Seats are the people of a site by whether they take a paid seat, each list in
// order. Whoever may enter takes one, whether or not they accepted their
// invitation, and takes one only, through however many groups; a guest takes none,
// and whoever is suspended, deactivated, removed or without access is in no list
// (evidence A4, A9, Seats and bills). weir's own account counts like anybody's.
//
// Who is in a group that lets people in is counted though no fact says that they
// may enter: where the group is about to, they are about to.
//
// Facts do not say of people that they hold the plain product role user
// themselves, so whoever holds it beside the role guest, and pays, is taken for a
// guest.
type Seats struct {
	Paid   []Ref
	Guests []Ref
	// Unsure are people of whom it could not be seen whether they pay, are guests or
	// may enter at all.
	Unsure []Ref
	// Unseen reports whether there may be people whom nothing shows: the lists are
	// then the least that there are.
	Unseen bool

	in      map[Ref]*crowd // by group: everybody in it who may enter
	numbers *roster
	paid    bitmap
	guests  bitmap
}

// CountSeats says who takes a seat by the facts, and of whom what was not seen
// leaves it open.
func CountSeats(facts Set, unknown []Unknown) Seats {
	s := &society{roster: entering(facts), members: make(map[Ref]*crowd)}
	s.enters = make(bitmap, s.words())
	for i := range s.refs[1:] {
		s.enters.set(int32(i) + 1) // the public is no person
	}
	for f := range facts.OfKind(State) {
		s.leave(f.Object)
	}
	s.join(facts)
	s.hold(facts)
	d := s.doubts(facts, unknown)
	out := Seats{Unseen: d.unseen, in: s.members, numbers: s.roster, paid: slices.Clone(s.enters), guests: slices.Clone(s.guests)}
	unsure := make(bitmap, s.words())
	for i := range s.enters.all() {
		doubtful := d.anybody || d.entering[i] ||
			!s.pays.has(i) && (d.product[i] || s.guests.has(i) && d.mayPay || !s.guests.has(i) && d.mayGuest)
		if doubtful {
			unsure.set(i)
		}
	}
	for i := range out.paid {
		out.guests[i] &^= unsure[i]
		out.paid[i] &^= s.guests[i] | unsure[i]
	}
	out.Paid, out.Guests, out.Unsure = s.names(out.paid), s.names(out.guests), s.names(unsure)
	return out
}

// entering numbers the people who may enter, and those whom a group of theirs lets
// in.
func entering(facts Set) *roster {
	opens := make(map[Ref]bool)
	for f := range facts.OfKind(Product) {
		opens[f.Object] = Opens(f.Value)
	}
	var people []Ref
	for f := range facts.OfKind(Exists) {
		if f.Object.IsPerson() {
			people = append(people, f.Object)
		}
	}
	for f := range facts.OfKind(Member) {
		if opens[f.Object] {
			people = append(people, f.Subject)
		}
	}
	return newRoster(people)
}

// doubts are what of the unknown bears on seats.
type doubts struct {
	unseen   bool
	anybody  bool           // nobody is known not to be shut out
	entering map[int32]bool // people of whom it is not known whether they enter
	product  map[int32]bool // and with which product roles
	mayPay   bool           // some group may give anybody a paid seat
	mayGuest bool           // or make guests of people who have nothing else
}

func (s *society) doubts(facts Set, unknown []Unknown) doubts {
	d := doubts{entering: make(map[int32]bool), product: make(map[int32]bool)}
	shut := make(map[Ref]bool)
	for f := range facts.OfKind(State) {
		shut[f.Object] = true
	}
	for _, u := range unknown {
		about := func(kinds ...Kind) bool { return u.Kind == "" || slices.Contains(kinds, u.Kind) }
		switch {
		case u.Object == "":
			d.unseen, d.anybody = d.unseen || about(Exists, State), d.anybody || about(State)
			d.mayPay, d.mayGuest = d.mayPay || about(Product, Member), d.mayGuest || about(Product, Member)
		case u.Object.Type() == "group" && about(Product, Member):
			d.group(facts, u)
		case u.Object.IsPerson() && about(Exists, State, Product, Member):
			i, enters := s.person(u.Object)
			switch {
			case !enters:
				d.unseen = d.unseen || about(State) || about(Exists) && !shut[u.Object]
			case u.Kind == Product || u.Kind == Member:
				d.product[i] = true
			default:
				d.entering[i] = true
			}
		}
	}
	return d
}

// group notes what people may have from a group whose members, or whose product
// roles, are not known.
func (d *doubts) group(facts Set, u Unknown) {
	if u.Kind != Member {
		d.mayPay, d.mayGuest = true, true
		return
	}
	product, ok := facts.Get(Fact{Kind: Product, Object: u.Object})
	if !ok {
		return
	}
	for _, role := range ProductRoles(product.Value) {
		d.mayGuest = d.mayGuest || role == GuestRole
		d.mayPay = d.mayPay || role != GuestRole && LetsIn(role)
	}
}

// SeatSource is a group that lets people in, or what lets them in without one.
type SeatSource struct {
	Group Ref      // empty: people themselves
	Roles []string // the product roles that it gives; of people themselves none
	Paid  int      // people with a paid seat whom it lets in
	Alone int      // of those, the ones whom no other group lets in
	Guests,
	GuestsAlone int // likewise
}

// Sources says what lets people in, by the facts that were counted: groups in
// order, and last those whom no group does. Whether somebody whom one group lets in
// also holds the product role user themselves no fact says, so taking the group
// away may leave them their seat.
func (s Seats) Sources(facts Set) []SeatSource {
	var groups []SeatSource
	ways := make([]int, len(s.numbers.refs)) // how many groups let each person in
	for f := range facts.OfKind(Product) {
		roles := slices.DeleteFunc(ProductRoles(f.Value), func(r string) bool { return !LetsIn(r) })
		if f.Object.Type() != "group" || len(roles) == 0 {
			continue
		}
		groups = append(groups, SeatSource{Group: f.Object, Roles: roles})
		if c := s.in[f.Object]; c != nil {
			for i := range c.all() {
				ways[i]++
			}
		}
	}
	for n := range groups {
		g := &groups[n]
		if c := s.in[g.Group]; c != nil {
			for i := range c.all() {
				g.count(s, i, ways[i] == 1)
			}
		}
	}
	own := SeatSource{}
	for i, n := range ways {
		if n == 0 {
			own.count(s, int32(i), true)
		}
	}
	return append(groups, own)
}

func (g *SeatSource) count(s Seats, i int32, alone bool) {
	one := func(n *int, when bool) {
		if when {
			*n++
		}
	}
	paid, guest := s.paid.has(i), s.guests.has(i)
	one(&g.Paid, paid)
	one(&g.Alone, paid && alone)
	one(&g.Guests, guest)
	one(&g.GuestsAlone, guest && alone)
}
