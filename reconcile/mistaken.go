package reconcile

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/diag"
	"github.com/weirhq/weir/site"
)

// mistaken finds objects that are not the ones that the lock names: another
// object under the name, or the same one under another name. Nothing about them is
// planned, under neither name, so that nobody leaves and nobody comes.
//
// It is an error, but for somebody who only got another address: they stay who they
// are, and the edit can wait while others' changes are made. One that is to shut
// them out cannot.
func mistaken(pins map[access.Ref]string, live site.Observation, desired access.Desired) (found []access.Finding, held []access.Unknown) {
	spoken := spoken(desired)
	byID := make(map[string]access.Ref)
	for ref, id := range live.IDs {
		byID[identity(ref, id)] = ref
	}
	var places map[access.Ref][]diag.Range
	for _, ref := range slices.Sorted(maps.Keys(pins)) {
		id := pins[ref]
		if !spoken[ref] || live.IDs[ref] == id {
			continue
		}
		f := access.Finding{Code: "WR404", Level: access.Deny, Object: ref,
			Hint: "if this is right, delete its line from weir.lock; nothing about it is planned until then"}
		if ref.IsPerson() {
			f.Origin = desired.Origins[access.Fact{Kind: access.Exists, Object: ref}]
		}
		other, renamed := byID[identity(ref, id)]
		switch taken := live.IDs[ref] != ""; {
		case renamed && taken:
			f.Message = fmt.Sprintf("%s is not the one that weir.lock names, who is now called %s: another has the name", ref, other)
		case renamed && ref.IsPerson() && spoken[other]:
			f.Message = fmt.Sprintf("%s and %s are one account", ref, other)
			f.Hint = fmt.Sprintf("delete what is said of %s, which is the former address", ref.ID())
		case renamed && ref.IsPerson():
			if places == nil {
				places = placesOf(desired)
			}
			f.Message = fmt.Sprintf("%s is now called %s: the same account, which keeps its seat and all that it holds", ref, other)
			f.Hint = rename(ref, other, places[ref])
			if !desired.Scope.Absent[ref] {
				f.Level = access.Warn
			}
		case renamed:
			f.Message = fmt.Sprintf("%s is now called %s", ref, other)
		case taken:
			f.Message = fmt.Sprintf("%s is not the one that weir.lock names: another was made under the same name", ref)
		default:
			continue // it is gone, and will be made anew
		}
		held = append(held, access.Unknown{Object: ref, Reason: "it is not the one that weir.lock names"})
		if renamed && !spoken[other] {
			held = append(held, access.Unknown{Object: other, Reason: fmt.Sprintf("weir.lock knows it as %s", ref)})
		}
		found = append(found, f)
	}
	return found, held
}

// identity is what an id identifies. A person has one account, by whatever they
// are called.
func identity(ref access.Ref, id string) string {
	if ref.IsPerson() {
		return "person " + id
	}
	return ref.Type() + " " + id
}

// placesOf gives the places in which the description says something of people.
func placesOf(desired access.Desired) map[access.Ref][]diag.Range {
	out := make(map[access.Ref][]diag.Range)
	for f, at := range desired.Origins {
		for _, r := range []access.Ref{f.Object, f.Subject} {
			if r.IsPerson() && at.Known() {
				out[r] = append(out[r], at)
			}
		}
	}
	return out
}

// rename says which edit gives a person their new address.
func rename(from, to access.Ref, places []diag.Range) string {
	name := func(r access.Ref) string {
		if r.Type() == "user" {
			return r.ID()
		}
		return string(r)
	}
	slices.SortFunc(places, diag.Range.Compare)
	places = slices.CompactFunc(places, func(a, b diag.Range) bool { return a.Compare(b) == 0 })
	const few = 5
	var at []string
	for _, p := range places[:min(few, len(places))] {
		at = append(at, p.String())
	}
	if more := len(places) - few; more > 0 {
		at = append(at, fmt.Sprintf("%d more", more))
	}
	return fmt.Sprintf("write %s in place of %s at %s; nothing about them is planned until then", name(to), name(from), strings.Join(at, ", "))
}
