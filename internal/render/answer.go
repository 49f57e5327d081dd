package render

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/reconcile"
)

// What an answer is about.
const (
	OfLive     = "live"
	OfSnapshot = "snapshot"
	OfPlan     = "planned"
)

// Source says what an answer is about, and what could not be seen of it.
type Source struct {
	Site   string              `json:"site"`
	Of     string              `json:"of"`             // one of the constants above
	Time   string              `json:"time,omitempty"` // of a snapshot
	Key    string              `json:"key,omitempty"`  // of a snapshot: the trusted key that signed it
	Unseen []reconcile.Unknown `json:"unseen,omitempty"`
}

// Who is a person, or another principal.
type Who struct {
	Ref   string `json:"who"`
	Name  string `json:"name,omitempty"`
	Guest bool   `json:"guest,omitempty"`
}

// String gives the name that tells people apart.
func (w Who) String() string {
	s := access.Ref(w.Ref).ID()
	switch access.Ref(w.Ref) {
	case access.Anonymous:
		return "the public"
	}
	if w.Guest {
		s += " (guest)"
	}
	return Safe(s)
}

// Said is a fact, in words, and where the description says it.
type Said struct {
	Fact  string `json:"fact"`
	Words string `json:"words"`
	At    string `json:"at,omitempty"` // file:line:column
	// Otherwise means that the description says something else there.
	Otherwise bool `json:"otherwise,omitempty"`
}

// JSON writes an answer for programs.
func JSON(w io.Writer, answer any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(answer)
}

// source says, behind an answer, what it is about if not the site as it is, and
// what was not seen.
func (p *printer) source(s Source) {
	switch s.Of {
	case OfSnapshot:
		p.line("%s", p.paint(dim, "as of "+Safe(s.Time)+", from a snapshot of "+Safe(s.Site)+voice(Safe).vouched(s.Key)))
	case OfPlan:
		line := "as it will be when the description of " + Safe(s.Site) + " has been applied"
		if s.Time != "" {
			line += " to the site as of " + Safe(s.Time) + ", from a snapshot" + voice(Safe).vouched(s.Key)
		}
		p.line("%s", p.paint(dim, line))
	}
	if len(s.Unseen) > 0 {
		p.line("%s could not be seen, so there may be more:", Count(len(s.Unseen), "thing", "things"))
		p.unseen(s.Unseen)
	}
}

// said shows facts below each other, with their places beside them.
func (p *printer) said(indent string, facts []Said) {
	width := 0
	for _, f := range facts {
		width = max(width, len([]rune(Safe(f.Words))))
	}
	width = min(width, 70)
	for _, f := range facts {
		words := Safe(f.Words)
		at := ""
		switch {
		case f.Otherwise:
			at = "described otherwise at " + Safe(f.At)
		case f.At != "":
			at = Safe(f.At)
		}
		if at == "" {
			p.line("%s%s", indent, words)
			continue
		}
		p.line("%s%s%s  %s", indent, words, strings.Repeat(" ", max(0, width-len([]rune(words)))), p.paint(dim, at))
	}
}

// several names a few people, and counts the others.
func someWho(list []Who, most int) string {
	var out []string
	for _, w := range list[:min(len(list), most)] {
		out = append(out, w.String())
	}
	if rest := len(list) - most; rest > 0 {
		return fmt.Sprintf("%s and %s more", strings.Join(out, ", "), Number(rest))
	}
	return strings.Join(out, ", ")
}

// most is how much of a list is shown, unless all of it.
func most(all bool, n int) int {
	if all {
		return int(^uint(0) >> 1)
	}
	return n
}

// and joins what is said of several: "a, b and c".
func and(list []string) string {
	if len(list) < 2 {
		return strings.Join(list, "")
	}
	return strings.Join(list[:len(list)-1], ", ") + " and " + list[len(list)-1]
}
