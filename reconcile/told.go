package reconcile

import (
	"cmp"
	"slices"
	"strings"

	"github.com/weirhq/weir/access"
)

// Group is the changes of one object, or of many that are changed alike, as they
// are told. Every change of a plan is in exactly one line of one group.
type Group struct {
	// Type is that of the objects: site, user, group, space_role, space, page or
	// blogpost.
	Type string
	// Object is empty for people, who are told together, and for what is done
	// alike to many.
	Object string
	Lines  []Line
}

// Line is like changes told at once: those that differ only in the object, or
// only in the subject.
type Line struct {
	Op    access.Op
	Kind  access.Kind
	Verb  string
	Value string
	Was   string
	// Objects and Subjects are those of the changes, in order. Of one there is at
	// most one, unless the objects are people.
	Objects  []access.Ref
	Subjects []access.Ref
	Changes  []Planned
}

// Reason says why the first of the changes is made. Those of a line are made for
// the same reason, unless they are consequences of different removals.
func (l Line) Reason() string { return l.Changes[0].Reason }

// Consequence reports whether the changes fall with an object that is removed.
func (l Line) Consequence() bool { return l.Changes[0].ConsequenceOf != "" }

// Origin is where the description says the first of the changes that have a
// place.
func (l Line) Origin() *Origin {
	for _, c := range l.Changes {
		if c.Origin != nil {
			return c.Origin
		}
	}
	return nil
}

// manyAlike is from how many objects on a like change is told once for all.
const manyAlike = 4

// typeOrder is the order in which groups are told.
var typeOrder = []string{"site", "user", "group", "space_role", "space", "blogpost", "page"}

// opOrder tells removals first: they are what a reviewer must not miss.
var opOrder = []access.Op{access.Remove, access.Modify, access.Add}

// alike is what the changes of a line have in common.
type alike struct {
	op          access.Op
	kind        access.Kind
	verb        string
	value, was  string
	reason      string // of consequences none: each has its own
	consequence bool
	source      Source
	object      access.Ref // empty where objects are folded
	subject     access.Ref // empty where subjects are folded
}

// Groups tells the changes: by type of object, and within that first what is done
// alike to many, and then object by object, those from which something is taken
// first. Like changes are one line.
func (p *Plan) Groups() []Group {
	type parsed struct {
		fact access.Fact
		Planned
	}
	var all []parsed
	across := make(map[alike][]int) // what is done alike to spaces
	wide := func(f parsed) (alike, bool) {
		k := f.alike(f.fact)
		k.object = ""
		return k, f.fact.Kind == access.Role || f.fact.Kind == access.Permission
	}
	for _, c := range p.Changes {
		f, err := access.ParseFact(c.Fact)
		if err != nil {
			continue // a plan that was read was checked
		}
		all = append(all, parsed{f, c})
		if k, may := wide(all[len(all)-1]); may {
			across[k] = append(across[k], len(all)-1)
		}
	}
	type where struct{ typ, object string }
	lines := make(map[where]map[alike]*Line)
	for _, c := range all {
		at := where{c.fact.Object.Type(), string(c.fact.Object)}
		k := c.alike(c.fact)
		switch folded, may := wide(c); {
		case at.typ == "user" || at.typ == "account":
			at, k.object = where{"user", ""}, ""
		case may && len(across[folded]) >= manyAlike:
			at.object, k = "", folded
		case c.fact.Kind == access.Member || c.fact.Kind == access.Restrict:
			k.subject = ""
		case c.fact.Kind == access.Grants:
			k.verb = ""
		}
		if lines[at] == nil {
			lines[at] = make(map[alike]*Line)
		}
		l := lines[at][k]
		if l == nil {
			l = &Line{Op: k.op, Kind: k.kind, Verb: k.verb, Value: k.value, Was: k.was}
			lines[at][k] = l
		}
		l.Changes = append(l.Changes, c.Planned)
		if n := len(l.Objects); n == 0 || l.Objects[n-1] != c.fact.Object {
			l.Objects = append(l.Objects, c.fact.Object)
		}
		if s := c.fact.Subject; s != "" && (len(l.Subjects) == 0 || l.Subjects[len(l.Subjects)-1] != s) {
			l.Subjects = append(l.Subjects, s)
		}
	}
	out := make([]Group, 0, len(lines))
	for at, byKind := range lines {
		g := Group{Type: at.typ, Object: at.object}
		for _, l := range byKind {
			g.Lines = append(g.Lines, *l)
		}
		slices.SortFunc(g.Lines, Line.compare)
		out = append(out, g)
	}
	slices.SortFunc(out, func(a, b Group) int {
		single := func(g Group) int { return min(1, len(g.Object)) }
		return cmp.Or(
			cmp.Compare(slices.Index(typeOrder, a.Type), slices.Index(typeOrder, b.Type)),
			cmp.Compare(single(a), single(b)),
			cmp.Compare(a.gravest(), b.gravest()),
			cmp.Compare(a.Object, b.Object),
		)
	})
	return out
}

// gravest gives the place of the gravest operation in a group.
func (g Group) gravest() int { return slices.Index(opOrder, g.Lines[0].Op) }

func (c Planned) alike(f access.Fact) alike {
	k := alike{op: c.Op, kind: f.Kind, verb: f.Verb, value: f.Value, was: c.Was, reason: c.Reason, source: c.Source, object: f.Object, subject: f.Subject}
	if c.ConsequenceOf != "" {
		k.reason, k.consequence = "", true
	}
	return k
}

func (l Line) compare(o Line) int {
	fell := func(l Line) int {
		if l.Consequence() {
			return 1
		}
		return 0
	}
	return cmp.Or(
		cmp.Compare(slices.Index(opOrder, l.Op), slices.Index(opOrder, o.Op)),
		cmp.Compare(fell(l), fell(o)),
		cmp.Compare(kindRank(l.Kind), kindRank(o.Kind)),
		cmp.Compare(len(o.Changes), len(l.Changes)),
		strings.Compare(l.Changes[0].Fact, o.Changes[0].Fact),
	)
}

// kindRank orders kinds within an object: that it is there, and then what it
// holds.
func kindRank(k access.Kind) int {
	return slices.Index([]access.Kind{
		access.Exists, access.State, access.Product, access.Managed, access.Name, access.Status, access.Personal,
		access.Global, access.Role, access.Permission, access.Restrict, access.Member, access.Grants,
	}, k)
}
