package schema

import (
	"maps"
	"slices"
	"strings"

	"github.com/weirhq/weir/access"
)

// Names are what a description names: whoever may read it knows them already.
type Names struct {
	Refs     map[access.Ref]bool
	Patterns []access.Pattern
	Domains  []string        // of e-mail addresses, in lower case, by which somebody is judged
	Texts    map[string]bool // names of spaces
}

// Names gives everything that the description names by itself, whatever the site
// says. It is the caller's own.
func (d *Description) Names() Names {
	n := Names{
		Refs: maps.Clone(d.names.Refs), Texts: make(map[string]bool),
		Patterns: slices.Clone(d.names.Patterns), Domains: slices.Clone(d.names.Domains),
	}
	for f := range d.facts.All() {
		n.Refs[f.Object] = true
		if f.Subject != "" {
			n.Refs[f.Subject] = true
		}
		switch f.Kind {
		case access.Role:
			n.Refs[access.NewRef("space_role", f.Value)] = true
		case access.Name:
			n.Texts[f.Value] = true
		}
	}
	for _, label := range d.Extent().Labels {
		n.Texts[label] = true
	}
	for r := range d.described {
		n.Refs[r] = true
	}
	for _, p := range n.Patterns {
		if !strings.Contains(string(p), "*") {
			n.Refs[access.Ref(p)] = true
		}
	}
	for r := range n.Refs {
		if r.IsPage() {
			n.Refs[r.PageSpace()] = true
		}
	}
	return n
}
