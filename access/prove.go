package access

import (
	"fmt"
	"slices"
	"strings"

	"github.com/weirhq/weir/internal/diag"
)

// Proof is a statement about people's access that needs no names: it is asked for
// by its own. [ProofNamed] gives one; what it has to know of the site beside facts
// is filled in by who asks.
type Proof struct {
	Name    string
	Meaning string // a sentence
	// NeedsDomains reports whether Domains must be given: those of the e-mail
	// addresses of the site's own people, in lower case. Whoever has another
	// address, or one that cannot be read, is external.
	NeedsDomains bool
	Domains      []string
	// Public are the objects that may be open to the public.
	Public []Pattern
	Origin diag.Range
}

// provable is the table of all proofs.
var provable = []struct {
	Proof
	prove func(Proof, Delta, *Verdict)
}{
	{Proof{Name: "no_external_editor", Meaning: "Nobody from outside the site's own domains, and not the public, can edit in a space.", NeedsDomains: true}, Proof.noExternalEditor},
	{Proof{Name: "no_guest_beyond_one_space", Meaning: "No guest has more than one space, beside what is open to the public."}, Proof.noGuestBeyondOneSpace},
	{Proof{Name: "no_new_access", Meaning: "Nobody can do anything after the plan that they cannot do before it."}, Proof.noNewAccess},
	{Proof{Name: "no_public_access", Meaning: "The public can do nothing, save on the objects that may be public."}, Proof.noPublicAccess},
}

// ProofNames gives the names of the proofs, in order.
func ProofNames() []string {
	var out []string
	for _, p := range provable {
		out = append(out, p.Name)
	}
	return out
}

// ProofNamed gives the proof of a name.
func ProofNamed(name string) (Proof, bool) {
	for _, p := range provable {
		if p.Name == name {
			return p.Proof, true
		}
	}
	return Proof{}, false
}

// Check says whether the proof holds of what would change. Only no_new_access
// compares with what is live; the others are about the site as it will be.
func (p Proof) Check(d Delta) Verdict {
	v := Verdict{Name: p.Name, Origin: p.Origin}
	for _, known := range provable {
		if known.Name == p.Name {
			known.prove(p, d, &v)
		}
	}
	return v
}

func (p Proof) noNewAccess(d Delta, v *Verdict) {
	v.Objects = len(d.After.Objects())
	for _, s := range slices.Concat(Shifts(d.Before, d.After), SiteShifts(d.Before, d.After)) {
		if s.Gained == "" {
			continue
		}
		who := slices.Collect(s.People())
		if s.Public() {
			who = append([]Ref{Anonymous}, who...)
		}
		for _, person := range who {
			v.fail(person, s.Object, func() string {
				return fmt.Sprintf("%s gains %s on %s", called(person), strings.Join(s.Gained.IDs(), ", "), onSite(s.Object))
			})
		}
	}
}

func (p Proof) noPublicAccess(d Delta, v *Verdict) {
	// Whoever may not view a space views none of its pages, so spaces are enough.
	// That the public is let in at all opens nothing by itself.
	for _, object := range append(spacesOf(d.Target), Site) {
		v.Objects++
		held := d.After.Rights(Anonymous, object)
		if object == Site {
			held = held.Minus(GlobalUse)
		}
		allowed := slices.ContainsFunc(p.Public, func(match Pattern) bool { return match.Match(object) })
		if held != "" && !allowed {
			v.fail(Anonymous, object, func() string {
				return fmt.Sprintf("the public has %s on %s", strings.Join(held.IDs(), ", "), onSite(object))
			})
		}
	}
}

func onSite(object Ref) string {
	if object == Site {
		return "the site"
	}
	return object.String()
}

func (p Proof) noGuestBeyondOneSpace(d Delta, v *Verdict) {
	v.Objects = len(spacesOf(d.Target))
	for _, guest := range d.After.People() {
		if !d.After.Guest(guest) {
			continue
		}
		var has []Ref
		for _, space := range spacesOf(d.Target) {
			if !d.After.Rights(guest, space).Within(d.After.Rights(Anonymous, space)) {
				has = append(has, space)
			}
		}
		if len(has) > 1 {
			v.fail(guest, has[1], func() string {
				names := make([]string, len(has))
				for i, s := range has {
					names[i] = s.String()
				}
				return fmt.Sprintf("guest %s has %s", guest, strings.Join(names, " and "))
			})
		}
	}
}

func (p Proof) noExternalEditor(d Delta, v *Verdict) {
	for _, space := range spacesOf(d.Target) {
		v.Objects++
		for _, person := range able(d.After, ToEdit, space) {
			if _, domain, _ := strings.Cut(person.ID(), "@"); person.Type() == "user" && slices.Contains(p.Domains, domain) {
				continue
			}
			v.fail(person, space, func() string {
				text := canText(d.After, person, ToEdit, space)
				if person.Type() == "account" {
					text += ", and their address cannot be read"
				}
				return text
			})
		}
	}
}
