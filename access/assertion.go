package access

import (
	"cmp"
	"fmt"
	"maps"
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
	Action     string  // an operation that the object has: see [OperationWords]
	Kind       Claim
	Principals []Ref
	Origin     diag.Range
}

// OperationWords gives the operations of a type of object that have words of their
// own. A space, or a pattern of spaces, has every permission id besides.
func OperationWords(object Ref) []string {
	switch {
	case object == Site:
		return globals
	case object.IsPage():
		return []string{ViewPage, EditPage}
	}
	return Summaries
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

// fail notes a failure; what it says is only worked out where it is shown.
func (v *Verdict) fail(person, object Ref, text func() string) {
	if v.Failed++; v.Failed <= MaxFailures {
		v.Failures = append(v.Failures, Failure{person, object, text()})
	}
}

// Failure is one person of whom an assertion or a proof does not hold, on one
// object.
type Failure struct {
	Person Ref // or [Anonymous]
	Object Ref
	Text   string // a sentence without a full stop
}

// Obtainable is somebody who could come to do what an assertion denies them.
type Obtainable struct {
	Person  Ref
	How     string // what they would do, and by what right
	Object  Ref    // the first object of which that is so
	Objects int    // of how many it is so
}

// Check says of each assertion whether it holds on the site that v sees, as far as
// it is known.
func Check(unknown []Unknown, v *View, assertions []Assertion) []Verdict {
	out := make([]Verdict, 0, len(assertions))
	for _, a := range assertions {
		out = append(out, a.check(unknown, v))
	}
	return out
}

func (a Assertion) check(unknown []Unknown, v *View) Verdict {
	verdict := Verdict{Name: a.Name, Origin: a.Origin}
	undecided := func(reason string) bool {
		verdict.Undecided = cmp.Or(verdict.Undecided, reason)
		return reason != ""
	}
	meant := a.people(v)
	for _, object := range a.objects(v.Facts()) {
		verdict.Objects++
		if undecided(a.unanswerable(v, object)) {
			continue
		}
		undecided(a.unsure(unknown, v, object))
		if a.Kind == Can {
			for _, p := range meant.list(v) {
				if !v.Can(p, a.Action, object) {
					verdict.fail(p, object, func() string { return cannotText(v, p, a.Action, object) })
				}
			}
			continue
		}
		for _, p := range able(v, a.Action, object) {
			if meant.has(v, p) == (a.Kind == Cannot) {
				verdict.fail(p, object, func() string { return canText(v, p, a.Action, object) })
			}
		}
		if a.Kind == Only {
			verdict.obtain(v, a.Action, object, meant)
		}
	}
	return verdict
}

// able gives everybody who can do something, the public first.
func able(v *View, action string, object Ref) []Ref {
	out := v.Who(action, object)
	if v.Can(Anonymous, action, object) {
		out = append([]Ref{Anonymous}, out...)
	}
	return out
}

// meant are the people whom the principals of an assertion stand for.
type meant struct {
	named   map[Ref]bool // people
	classes map[Ref]bool
	all     bool // what is open to the public is open to everybody
}

func (a Assertion) people(v *View) meant {
	m := meant{named: make(map[Ref]bool), classes: make(map[Ref]bool)}
	for _, p := range a.Principals {
		switch {
		case p.IsPerson():
			m.named[p] = true
		case p.Type() == "group":
			for _, member := range v.Members(p) {
				m.named[member] = true
			}
		default:
			m.classes[p] = true
			m.all = m.all || a.Kind == Only && p == Anonymous
		}
	}
	return m
}

func (m meant) has(v *View, p Ref) bool {
	switch {
	case m.all || m.named[p] || m.classes[p]:
		return true
	case p == Anonymous:
		return false
	case v.Guest(p):
		return m.classes[Guests]
	}
	return m.classes[Everyone] || m.classes[Authenticated] || m.classes[ProductAdmins] && v.ProductAdmin(p)
}

// list gives them in order, with those named who may not enter.
func (m meant) list(v *View) []Ref {
	out := slices.Collect(maps.Keys(m.named))
	for _, p := range append(v.People(), Anonymous) {
		if m.has(v, p) && !m.named[p] {
			out = append(out, p)
		}
	}
	slices.Sort(out)
	return out
}

// obtain notes who cannot, is not meant to, and could come to.
func (v *Verdict) obtain(view *View, action string, object Ref, m meant) {
	for _, p := range view.CouldWho(action, object) {
		if m.has(view, p) {
			continue
		}
		for _, means := range view.CouldObtain(p, action, object) {
			var ways []string
			for _, w := range means.Ways {
				ways = append(ways, wayWords[w])
			}
			how := strings.Join(ways, " and ")
			if right := facts(means.Facts); right != "" {
				how += " (" + right + ")"
			}
			i := slices.IndexFunc(v.Obtain, func(o Obtainable) bool { return o.Person == p && o.How == how })
			if i < 0 {
				i = len(v.Obtain)
				v.Obtain = append(v.Obtain, Obtainable{Person: p, How: how, Object: object})
			}
			v.Obtain[i].Objects++
			break // one is enough to know
		}
	}
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

// canText says that somebody can, and by what.
func canText(v *View, p Ref, action string, object Ref) string {
	text := called(p) + " " + does(action, object, "can", "has")
	for _, path := range v.Why(p, action, object).Paths {
		if by := facts(path.Facts); by != "" {
			return text + " (" + by + ")"
		}
	}
	return text
}

// cannotText says that somebody cannot, and what stands in the way.
func cannotText(v *View, p Ref, action string, object Ref) string {
	var blocked []string
	for _, b := range v.Why(p, action, object).Blocked {
		blocked = append(blocked, b.String())
	}
	return called(p) + " " + does(action, object, "cannot", "lacks") + " (" + strings.Join(blocked, "; ") + ")"
}

// facts writes the facts by which somebody has something. That they are there, and
// what a role permits, goes without saying.
func facts(path []Fact) string {
	var out []string
	for _, f := range path {
		if f.Kind != Exists && f.Kind != Grants {
			out = append(out, f.String())
		}
	}
	return strings.Join(out, "; ")
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

// unanswerable says why nothing can be said of an object at all.
func (a Assertion) unanswerable(v *View, object Ref) string {
	switch {
	case !v.Known(object):
		return fmt.Sprintf("%s is not there, or was not read", object)
	case object == Site && !v.Beside().Globals && a.Action != GlobalUse && a.Action != GlobalAdminister:
		return "the site's global permissions cannot be read"
	case object.Type() == "space" && v.Beside().Permissions != nil && !slices.Contains(v.Operations(object), a.Action):
		return fmt.Sprintf("the site has no permission %q", a.Action)
	}
	return ""
}

// unsure says which of the facts that the answer rests on could not be seen, if
// that could make an assertion hold that does not. What is unseen of a space's
// grants, or of who is in a group, could let more people in; what is unseen of a
// page's restrictions could keep some out.
func (a Assertion) unsure(unknown []Unknown, v *View, object Ref) string {
	if len(unknown) == 0 {
		return ""
	}
	var rests []Fact
	space := object.Space()
	switch {
	case a.Kind == Can:
		for page := object; page.IsPage(); page = v.Beside().Parents[page] {
			there := Fact{Kind: Exists, Object: page}
			if slices.Contains(rests, there) {
				break // pages that seem to stand below each other
			}
			rests = append(rests, there, Fact{Kind: Restrict, Object: page})
		}
		for _, p := range a.Principals {
			if p.Type() == "group" {
				rests = append(rests, Fact{Kind: Member, Object: p})
			}
		}
	case object == Site:
		rests = append(rests, Fact{Kind: Global, Object: Site, Verb: a.Action})
		for f := range v.Facts().Of(Global, Site) {
			if f.Verb == a.Action {
				rests = append(rests, Fact{Kind: Member, Object: f.Subject})
			}
		}
	default:
		for _, k := range []Kind{Role, Permission} {
			rests = append(rests, Fact{Kind: k, Object: space})
			for f := range v.Facts().Of(k, space) {
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
		for _, u := range unknown {
			if u.Covers(f) {
				return fmt.Sprintf("%s of %s cannot be seen: %s", f.Kind, f.Object, u.Reason)
			}
		}
	}
	return ""
}

// wayWords says what each way is, in the infinitive.
var wayWords = map[Way]string{
	GiveThemselves:  "give themselves what is missing",
	Recover:         "recover the permissions of the space",
	LiftRestriction: "lift the restriction",
	AdminKey:        "open an admin key",
	JoinSuper:       "join the group of those who can do everything",
	Unarchive:       "bring the space back",
}
