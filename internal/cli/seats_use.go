package cli

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/render"
	"github.com/weirhq/weir/reconcile"
)

// seatUse is who takes a paid seat, by what, and whether they use it.
type seatUse struct {
	k       *asked
	counted access.Seats
	ways    map[access.Ref][]access.Ref // the groups that let a person in, in order
	now     time.Time
	after   days // how long without a visit makes somebody idle
}

func (k *asked) seatUse(now time.Time, after days) seatUse {
	return seatUse{k: k, counted: access.CountSeats(k.Facts(), k.obs.Unknown), ways: k.doors(), now: now, after: after}
}

// seen is when somebody was last there; of who never was, when they came. known is
// false where nothing tells.
func (u seatUse) seen(who access.Ref) (at time.Time, known bool) {
	r := u.k.obs.People[who]
	at = r.Active
	if at.IsZero() {
		at = r.Added
	}
	return at, !at.IsZero()
}

// idle reports whether somebody has not been there for long. Weir's own account is
// a program, and looks at no page.
func (u seatUse) idle(who access.Ref) bool {
	at, known := u.seen(who)
	return known && who != u.k.obs.Account && u.now.Sub(at) >= u.after.duration()
}

// idleOf counts the idle of a list.
func (u seatUse) idleOf(people []access.Ref) (n int) {
	for _, p := range people {
		if u.idle(p) {
			n++
		}
	}
	return n
}

// idleBy counts the idle whom a group lets in, and those whom nothing else does; of
// no group it counts those whom no group lets in.
func (u seatUse) idleBy(group access.Ref) (all, alone int) {
	for _, p := range u.counted.Paid {
		ways := u.ways[p]
		if !u.idle(p) || group == "" && len(ways) > 0 || group != "" && !slices.Contains(ways, group) {
			continue
		}
		if all++; len(ways) <= 1 {
			alone++
		}
	}
	return all, alone
}

// tellsUse reports whether anything is known of when people were last there.
func (u seatUse) tellsUse() bool {
	return slices.ContainsFunc(u.counted.Paid, func(p access.Ref) bool { return !u.k.obs.People[p].Active.IsZero() })
}

// saving is about what is saved where so many paid seats fewer are taken.
func (u seatUse) saving(fewer int) (reconcile.Saving, bool) {
	if u.k.d == nil {
		return reconcile.Saving{}, false
	}
	return u.k.d.seats().Saving(len(u.counted.Paid), fewer)
}

// owner is who answers for a group: as described, or the identity provider.
func (u seatUse) owner(group access.Ref) string {
	if u.k.desired != nil {
		if owner := u.k.desired.Owners[group]; owner != "" {
			return string(owner)
		}
	}
	return ""
}

// managed is who else writes a group's members: idp.
func (u seatUse) managed(group access.Ref) string {
	f, _ := u.k.Facts().Get(access.Fact{Kind: access.Managed, Object: group})
	return f.Value
}

// byPerson fills in a row for everybody with a paid seat, who was not there for the
// longest first.
func (u seatUse) byPerson(t *render.Table) {
	t.Columns = []string{"person", "last active", "added", "idle", "groups", "managed by", "owner"}
	people := slices.SortedFunc(slices.Values(u.counted.Paid), func(a, b access.Ref) int {
		at, known := u.seen(a)
		bt, known2 := u.seen(b)
		if known != known2 {
			return map[bool]int{true: -1, false: 1}[known]
		}
		return cmp.Or(at.Compare(bt), cmp.Compare(a, b))
	})
	for _, who := range people {
		r := u.k.obs.People[who]
		last := dayCell(r.Active)
		if last == "" && !r.Added.IsZero() && u.tellsUse() {
			last = "never"
		}
		idle := ""
		if at, _ := u.seen(who); u.idle(who) {
			idle = render.Count(int(u.now.Sub(at)/(24*time.Hour)), "day", "days")
		}
		var managed, owners []string
		for _, g := range u.ways[who] {
			managed, owners = append(managed, u.managed(g)), append(owners, u.owner(g))
		}
		t.Rows = append(t.Rows, []string{who.ID(), last, dayCell(r.Added), idle, cmp.Or(strings.Join(names(u.ways[who]), " "), "(no group)"), distinctText(managed), distinctText(owners)})
	}
}

// distinctText joins texts, each once and none empty.
func distinctText(list []string) string {
	list = slices.DeleteFunc(slices.Clone(list), func(s string) bool { return s == "" })
	slices.Sort(list)
	return strings.Join(slices.Compact(list), " ")
}

// byOwner fills in a row for everybody who answers for groups that give seats.
// Somebody whom groups of several owners let in is counted with each of them.
func (u seatUse) byOwner(t *render.Table) {
	t.Columns = []string{"owner", "groups", "paid", "only by them", "idle", "idle only by them", "currency", "saving", "per"}
	const nobody = "(nobody)"
	type row struct {
		groups      map[access.Ref]bool
		paid, alone []access.Ref
	}
	rows := make(map[string]*row)
	at := func(name string) *row {
		if rows[name] == nil {
			rows[name] = &row{groups: make(map[access.Ref]bool)}
		}
		return rows[name]
	}
	for _, who := range u.counted.Paid {
		owners := make(map[string]bool)
		for _, g := range u.ways[who] {
			name := cmp.Or(u.owner(g), nobody)
			owners[name] = true
			at(name).groups[g] = true
		}
		if len(u.ways[who]) == 0 {
			owners["(no group)"] = true
		}
		for name := range owners {
			r := at(name)
			r.paid = append(r.paid, who)
			if len(owners) == 1 {
				r.alone = append(r.alone, who)
			}
		}
	}
	for _, name := range slices.SortedFunc(maps.Keys(rows), func(a, b string) int {
		return cmp.Or(cmp.Compare(len(rows[b].paid), len(rows[a].paid)), cmp.Compare(a, b))
	}) {
		r := rows[name]
		idle, alone := u.idleOf(r.paid), u.idleOf(r.alone)
		t.Rows = append(t.Rows, append([]string{
			name, fmt.Sprint(len(r.groups)), fmt.Sprint(len(r.paid)), fmt.Sprint(len(r.alone)), u.count(idle), u.count(alone),
		}, u.money(alone)...))
	}
}

// count writes how many are idle; nothing where nothing tells.
func (u seatUse) count(idle int) string {
	if !u.tellsUse() {
		return ""
	}
	return fmt.Sprint(idle)
}

// money are the cells of a saving.
func (u seatUse) money(fewer int) []string {
	s, known := u.saving(fewer)
	if !known {
		return []string{"", "", ""}
	}
	return []string{s.Currency, s.Amount, s.Per}
}

// notes say what idleness and savings rest on.
func (u seatUse) notes() []string {
	if !u.tellsUse() {
		return []string{"nothing tells when people were last there, so nobody counts as idle"}
	}
	idle := u.idleOf(u.counted.Paid)
	line := fmt.Sprintf("%s idle: not there for %s or more, or never since they came", render.Count(idle, "person is", "people are"), render.Count(int(u.after), "day", "days"))
	if s, known := u.saving(idle); known {
		line += fmt.Sprintf("; without them about %s %s a %s less", s.Currency, render.Money(s.Amount), s.Per)
		if s.From != "" {
			line += ", from " + s.From + " on"
		}
	}
	untold := 0
	for _, p := range u.counted.Paid {
		if _, known := u.seen(p); !known {
			untold++
		}
	}
	out := []string{line, "a visit shows up to a day late"}
	if untold > 0 {
		out = append(out, fmt.Sprintf("of %s nothing tells when they were there", render.Count(untold, "person", "people")))
	}
	return out
}
