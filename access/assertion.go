package access

import (
	"fmt"
	"slices"
	"strings"

	"github.com/weirhq/weir/internal/diag"
)

// Claim says which people an assertion speaks of.
type Claim string

// The three claims.
const (
	Can    Claim = "can"    // all of the principals' people can
	Cannot Claim = "cannot" // none of them can
	Only   Claim = "only"   // nobody else can; of no principals: nobody can
)

// Assertion is what must hold of people's access to an object, whatever else
// changes. A principal stands for people: a group for its members who may enter,
// everyone and authenticated for all licensed people, guests for all guests,
// anonymous for the public. What holds for the public holds for everybody, so
// `only: [anonymous]` never fails.
type Assertion struct {
	Name       string
	Object     Ref     // one object, or
	Match      Pattern // every space that it covers
	Action     string  // an operation that the object has: see [Operations]
	Kind       Claim
	Principals []Ref
	Origin     diag.Range
}

// Operations gives the operations of a type of object by their words; a space
// (or a pattern of spaces) has every permission id besides.
func Operations(object Ref) []string {
	switch {
	case object == Site:
		return []string{GlobalUse, GlobalAdminister, GlobalCreateSpace, GlobalPersonalSpace, GlobalSystemAdminister}
	case object.IsPage():
		return []string{ToView, ToEdit}
	}
	return []string{ToView, ToEdit, ToAdminister}
}

// Verdict is what came of an assertion or a proof.
type Verdict struct {
	Name   string
	Origin diag.Range
	// Objects is how many objects it was checked on.
	Objects int
	// Failures are the first [MaxFailures] of those there are, and Failed is how
	// many there are.
	Failures []Failure
	Failed   int
	// Undecided says, if it is not empty, why it could neither be shown to hold
	// nor to fail: something that it rests on could not be seen.
	Undecided string
	// Obtain are, of an `only` assertion, those who cannot now and could make it so
	// that they can. It is no failure that they could: nobody can be kept from it
	// without ceasing to be an administrator.
	Obtain []Obtainable
}

// MaxFailures bounds the failures that a verdict shows: one wrong grant to
// everybody fails once for each person.
const MaxFailures = 10

// Holds reports whether it was shown to hold.
func (v Verdict) Holds() bool { return v.Failed == 0 && v.Undecided == "" }

func (v *Verdict) fail(f Failure) {
	if v.Failed++; v.Failed <= MaxFailures {
		v.Failures = append(v.Failures, f)
	}
}

// Failure is one person of whom an assertion or a proof does not hold, on one
// object.
type Failure struct {
	Person Ref // or [Anonymous]
	Object Ref
	Text   string // a sentence without a full stop
}

// Obtainable is somebody who could give themselves what an assertion denies them.
type Obtainable struct {
	Person Ref
	Object Ref
	How    string // a sentence without a full stop
}

// Check says of each assertion whether it holds on a site: of its facts, as v sees
// them and as far as they are known.
func Check(facts Set, unknown []Unknown, v *View, assertions []Assertion) []Verdict {
	out := make([]Verdict, 0, len(assertions))
	for _, a := range assertions {
		out = append(out, a.check(facts, unknown, v))
	}
	return out
}

func (a Assertion) check(facts Set, unknown []Unknown, v *View) Verdict {
	verdict := Verdict{Name: a.Name, Origin: a.Origin}
	named := make(map[Ref]bool) // people by name
	classes := make(map[Ref]bool)
	for _, p := range a.Principals {
		switch {
		case p.IsPerson():
			named[p] = true
		case p.Type() == "group":
			for _, m := range v.Members(p) {
				named[m] = true
			}
		default:
			classes[p] = true
		}
	}
	among := func(p Ref) bool {
		licensed := p != Anonymous && !v.Guest(p)
		return named[p] || classes[p] ||
			licensed && (classes[Everyone] || classes[Authenticated]) ||
			classes[Guests] && v.Guest(p) || classes[ProductAdmins] && v.ProductAdmin(p)
	}
	for _, object := range a.objects(facts) {
		verdict.Objects++
		if reason := a.unsure(facts, unknown, object); reason != "" && verdict.Undecided == "" {
			verdict.Undecided = reason
		}
		switch a.Kind {
		case Can:
			for _, p := range everybody(v, named) {
				if among(p) && !can(v, p, a.Action, object) {
					verdict.fail(Failure{p, object, cannotText(v, p, a.Action, object)})
				}
			}
		default:
			for _, p := range who(v, a.Action, object) {
				covered := among(p) || a.Kind == Only && classes[Anonymous]
				if covered == (a.Kind == Cannot) {
					verdict.fail(Failure{p, object, canText(v, p, a.Action, object)})
				}
			}
		}
	}
	return verdict
}

// objects gives what the assertion is about.
func (a Assertion) objects(facts Set) []Ref {
	if a.Match == "" {
		return []Ref{a.Object}
	}
	return slices.DeleteFunc(spacesOf(facts), func(s Ref) bool { return !a.Match.Match(s) })
}

// spacesOf gives the spaces there are, in order.
func spacesOf(facts Set) []Ref {
	var out []Ref
	for f := range facts.OfKind(Exists) {
		if f.Object.Type() == "space" {
			out = append(out, f.Object)
		}
	}
	return out
}

// everybody gives the public, everybody who may enter, and those besides whom an
// assertion names, in order.
func everybody(v *View, named map[Ref]bool) []Ref {
	out := append(v.People(), Anonymous)
	for p := range named {
		if !v.Person(p) {
			out = append(out, p)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// can asks the view.
func can(v *View, p Ref, action string, object Ref) bool {
	if object.Type() == "space" {
		held := v.Rights(p, object)
		switch action {
		case ToView:
			return held.Has(CanView)
		case ToAdminister:
			return held.Has(CanAdminister)
		case ToEdit:
			return held.Has(CanView) && (held.Has("create/page") || held.Has("update/page") || held.Has("create/blogpost") || held.Has("update/blogpost"))
		}
	}
	return v.Can(p, action, object)
}

// who gives everybody who can, the public among them.
func who(v *View, action string, object Ref) []Ref {
	var out []Ref
	for _, p := range everybody(v, nil) {
		if can(v, p, action, object) {
			out = append(out, p)
		}
	}
	return out
}

func canText(v *View, p Ref, action string, object Ref) string {
	return called(p) + " " + does(action, object, "can", "has")
}

func cannotText(v *View, p Ref, action string, object Ref) string {
	text := called(p) + " " + does(action, object, "cannot", "lacks")
	if p != Anonymous && !v.Person(p) {
		text += ": they may not enter"
	}
	return text
}

// does says in words what is done to an object.
func does(action string, object Ref, able, holds string) string {
	switch {
	case object == Site:
		return holds + " " + action + " on the site"
	case action == ToAdminister:
		return able + " administer " + object.String()
	case strings.Contains(action, "/"):
		return holds + " " + action + " in " + object.String()
	}
	return able + " " + action + " " + object.String()
}

func called(p Ref) string {
	if p == Anonymous {
		return "the public"
	}
	return p.String()
}

// unsure says which of the facts that the answer rests on could not be seen, if
// that could make an assertion hold that does not. What is unseen of a space's
// grants, or of who is in a group, could let more people in; what is unseen of a
// page's restrictions could keep some out.
func (a Assertion) unsure(facts Set, unknown []Unknown, object Ref) string {
	if len(unknown) == 0 {
		return ""
	}
	seen := func(f Fact) string {
		for _, u := range unknown {
			if u.Covers(f) {
				return fmt.Sprintf("%s of %s cannot be seen: %s", f.Kind, f.Object, u.Reason)
			}
		}
		return ""
	}
	var rests []Fact
	space := object
	if object.IsPage() {
		space = object.PageSpace()
	}
	if a.Kind == Can {
		if object.IsPage() {
			rests = append(rests, Fact{Kind: Exists, Object: object}, Fact{Kind: Restrict, Object: object, Verb: a.Action})
		}
		for _, p := range a.Principals {
			if p.Type() == "group" {
				rests = append(rests, Fact{Kind: Member, Object: p})
			}
		}
	} else {
		kinds := []Kind{Role, Permission}
		if object == Site {
			kinds = []Kind{Global}
		}
		for _, k := range kinds {
			rests = append(rests, Fact{Kind: k, Object: space, Verb: a.Action})
			for f := range facts.Of(k, space) {
				if f.Subject.Type() == "group" {
					rests = append(rests, Fact{Kind: Member, Object: f.Subject})
				}
				if k == Role {
					rests = append(rests, Fact{Kind: Grants, Object: NewRef("space_role", f.Value)})
				}
			}
		}
	}
	for _, f := range rests {
		if reason := seen(f); reason != "" {
			return reason
		}
	}
	return ""
}
