package access

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// Mode says how much of something a description owns. Modes order by how much
// they allow.
type Mode uint8

const (
	// Unmanaged is left as it is. It is the zero value: what nobody claimed is
	// nobody's.
	Unmanaged Mode = iota
	// Observe compares and reports, and neither adds, changes nor removes.
	Observe
	// Additive adds and changes what is described and never removes.
	Additive
	// Bounded also removes what is not described and goes beyond [Limits].
	Bounded
	// Exclusive removes everything that is not described.
	Exclusive
)

// String returns the word the language uses.
func (m Mode) String() string {
	return [...]string{"unmanaged", "observe", "additive", "bounded", "exclusive"}[m]
}

// Pattern is a reference in which "*" stands for any text, such as
// "group:okta-*" or "user:*@acme.example".
type Pattern string

// Match reports whether the pattern covers the reference.
func (p Pattern) Match(r Ref) bool {
	parts := strings.Split(string(p), "*")
	s := string(r)
	if len(parts) == 1 {
		return s == parts[0]
	}
	s, ok := strings.CutPrefix(s, parts[0])
	if !ok {
		return false
	}
	last := len(parts) - 1
	for _, part := range parts[1:last] {
		_, s, ok = strings.Cut(s, part)
		if !ok {
			return false
		}
	}
	return strings.HasSuffix(s, parts[last])
}

// Contents names what one key of a description lists: the facts of one kind
// about one object, such as the members of a group. Of a kind whose verbs are
// listed by themselves ([Spec].ByVerb) it also has the verb: `view` of a page
// says nothing of `edit`.
type Contents struct {
	Kind   Kind
	Object Ref
	Verb   string
}

// ContentsOf gives the list that a fact belongs to.
func ContentsOf(f Fact) Contents {
	c := Contents{Kind: f.Kind, Object: f.Object}
	if Kinds[f.Kind].ByVerb {
		c.Verb = f.Verb
	}
	return c
}

// Existence says in which mode the objects that a pattern covers are owned.
type Existence struct {
	Match Pattern
	Mode  Mode
}

// Excluded says that weir never removes or changes anything about an object, or
// about the objects that a pattern covers, and why.
type Excluded struct {
	// Object or Match, not both. A name that the site gave is an Object: people
	// choose those, and a team called "*" must not cover every group.
	Object Ref
	Match  Pattern
	Reason string // for people, such as "weir's own account"
	// AsSubject also protects the facts in which the object is the subject: the
	// memberships and grants of a break-glass account. It is false for a group
	// that an identity provider manages, which may be granted to and taken from.
	AsSubject bool
}

// Scope is what a description owns. Everything outside it is left as it is,
// but for what falls with a removed object.
type Scope struct {
	// Existence holds one rule or more for each type of object whose existence
	// can be owned ("user:*"); the last match wins. Spaces and pages are never
	// removed for being undescribed, so no rule for them goes beyond Additive.
	Existence []Existence
	// Contents holds the modes of what described objects list.
	Contents map[Contents]Mode
	// Absent are the objects whose removal is described, in any mode: `absent`
	// entries, and people with `state: no_access` or a state that shuts them out.
	Absent map[Ref]bool
	// Expired are the identities of grants whose day has passed: they are
	// removed even where their list is only additive or bounded.
	Expired map[Fact]bool
	// Single are the modes of facts that are owned by themselves, whatever their
	// list, by identity: those of guests.
	Single map[Fact]Mode
	// Limits bound what may be granted in a space beside what is described, for
	// the lists that are [Bounded].
	Limits map[Ref]Limits

	// What is never in scope, whatever the rest says: protected accounts,
	// ignored objects, and what the site says is somebody else's.
	exact    map[Ref]Excluded
	patterns []Excluded
}

// Mode returns how the scope owns a fact.
func (s Scope) Mode(f Fact) Mode {
	if _, out := s.Excludes(f); out {
		return Unmanaged
	}
	if s.Observes(f) {
		return Observe
	}
	if s.Expired[f.Identity()] {
		return Exclusive
	}
	if mode, single := s.Single[f.Identity()]; single {
		return mode
	}
	if f.Kind != Exists {
		return s.Contents[ContentsOf(f)]
	}
	if s.Absent[f.Object] {
		return Exclusive
	}
	if f.Object.Type() == "space" || f.Object.IsPage() {
		return Additive
	}
	mode := Unmanaged
	for _, e := range s.Existence {
		if e.Match.Match(f.Object) {
			mode = e.Mode
		}
	}
	return mode
}

// Observes reports whether the fact is only compared with the description: it is
// neither made true nor untrue, whether or not its day has passed.
func (s Scope) Observes(f Fact) bool {
	if mode, single := s.Single[f.Identity()]; single {
		return mode == Observe
	}
	return f.Kind != Exists && s.Contents[ContentsOf(f)] == Observe
}

// Excludes reports whether the fact is about an excluded object, and why that
// is excluded.
func (s Scope) Excludes(f Fact) (reason string, excluded bool) {
	if e, ok := s.exact[f.Object]; ok {
		return e.Reason, true
	}
	if e, ok := s.exact[f.Subject]; ok && e.AsSubject {
		return e.Reason, true
	}
	for _, e := range s.patterns {
		if e.Match.Match(f.Object) || e.AsSubject && f.Subject != "" && e.Match.Match(f.Subject) {
			return e.Reason, true
		}
	}
	return "", false
}

// Excluding returns the scope without the objects given.
func (s Scope) Excluding(more ...Excluded) Scope {
	s.exact, s.patterns = maps.Clone(s.exact), slices.Clone(s.patterns)
	if s.exact == nil {
		s.exact = make(map[Ref]Excluded)
	}
	for _, e := range more {
		if e.Object == "" && strings.Contains(string(e.Match), "*") {
			s.patterns = append(s.patterns, e)
			continue
		}
		object := cmp.Or(e.Object, Ref(e.Match))
		if old, ok := s.exact[object]; !ok || !old.AsSubject {
			s.exact[object] = e
		}
	}
	return s
}

// Unknown is something that could not be seen. An empty Kind stands for every
// kind, an empty Object for every object.
type Unknown struct {
	Kind   Kind
	Object Ref
	Reason string // a sentence without a full stop, for people
}

// Covers reports whether the fact may be true or false without anybody
// knowing.
func (u Unknown) Covers(f Fact) bool {
	return (u.Kind == "" || u.Kind == f.Kind) && (u.Object == "" || f.About(u.Object))
}
