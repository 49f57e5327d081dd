package driver

import (
	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
)

// topic is what one reading tells all of: the facts of a kind about an object,
// or, where subject is set, about a subject.
type topic struct {
	kind            access.Kind
	object, subject access.Ref
}

// Told is what a reading told: facts, and of what it told all there is. The value
// of [NewTold] holds nothing yet.
type Told struct {
	facts map[access.Fact]bool
	whole map[topic]bool
}

// NewTold makes an empty one.
func NewTold() Told {
	return Told{facts: make(map[access.Fact]bool), whole: make(map[topic]bool)}
}

// Say notes facts.
func (t Told) Say(facts ...access.Fact) {
	for _, f := range facts {
		t.facts[f] = true
	}
}

// Wholly notes that everything of the kinds about an object is told.
func (t Told) Wholly(r access.Ref, kinds ...access.Kind) {
	for _, k := range kinds {
		t.whole[topic{kind: k, object: r}] = true
	}
}

// WhollyOf notes that everything of a kind is told in which somebody is the
// subject.
func (t Told) WhollyOf(subject access.Ref, k access.Kind) {
	t.whole[topic{kind: k, subject: subject}] = true
}

// Presence says what a reading told of a fact.
func (t Told) Presence(f access.Fact) site.Presence {
	switch {
	case t.facts[f]:
		return site.Seen
	case t.whole[topic{kind: f.Kind, object: f.Object}] || f.Subject != "" && t.whole[topic{kind: f.Kind, subject: f.Subject}]:
		return site.Absent
	}
	return site.Unseen
}
