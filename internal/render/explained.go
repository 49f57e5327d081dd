package render

import (
	"io"

	"github.com/weirhq/weir/access"
)

// ExplainedAnswer says why somebody can do something, or why not.
type ExplainedAnswer struct {
	Source    Source             `json:"source"`
	Person    Who                `json:"person"`
	Operation string             `json:"operation"`
	Object    string             `json:"object"`
	Name      string             `json:"name,omitempty"`
	Can       bool               `json:"can"`
	Paths     []ExplainedPath    `json:"paths"`
	More      bool               `json:"more,omitempty"` // there are further paths
	Blocked   []ExplainedBlocker `json:"blocked"`
	Means     []ExplainedMeans   `json:"means"`        // by which the person could obtain it
	Could     []Who              `json:"could_obtain"` // others who cannot, and could obtain it
}

// ExplainedPath is one way, as the facts that together give it.
type ExplainedPath struct {
	Facts []Said `json:"facts"`
}

// ExplainedBlocker is one thing that stands in the way.
type ExplainedBlocker struct {
	Obstacle string   `json:"obstacle"`
	Object   string   `json:"object"`
	Words    string   `json:"words"`
	Needs    []string `json:"needs,omitempty"` // permissions of which any would do
	Facts    []Said   `json:"facts"`
}

// ExplainedMeans is one way by which somebody could obtain what they cannot do.
type ExplainedMeans struct {
	Ways  []string `json:"ways"`
	Words []string `json:"words"`
	Facts []Said   `json:"facts"` // what puts them in a position to
}

// Explained shows why somebody can do something, or why not.
func Explained(w io.Writer, a *ExplainedAnswer, all bool, o Options) error {
	p := newPrinter(w, o)
	what := Ability(a.Operation, a.Object, a.Name)
	if a.Can {
		p.line("%s: %s can %s, by %s", p.paint(bold, "yes"), a.Person, what, Count(len(a.Paths), "path", "paths"))
	} else {
		p.line("%s: %s cannot %s", p.paint(bold, "no"), a.Person, what)
	}
	lines := most(all, 6)
	for i, path := range a.Paths[:min(len(a.Paths), lines)] {
		p.line("")
		p.line("  path %d", i+1)
		p.said("    ", path.Facts)
	}
	if rest := len(a.Paths) - lines; rest > 0 {
		p.line("")
		p.line("  and %s (--all shows them)", Count(rest, "other path", "other paths"))
	}
	if a.More {
		p.line("  there are further paths, which are not worked out")
	}
	for _, b := range a.Blocked {
		p.line("  %s", Safe(b.Words))
		shown := b.Facts[:min(len(b.Facts), most(all, 6))]
		p.said("    ", shown)
		if rest := len(b.Facts) - len(shown); rest > 0 {
			p.line("    and %s more (--all shows them)", Number(rest))
		}
	}
	for _, m := range a.Means {
		p.line("")
		p.line("%s could obtain it: %s", a.Person, Safe(and(m.Words)))
		p.said("    ", m.Facts)
	}
	if n := len(a.Could); n > 0 {
		p.line("")
		one, many := "other person", "other people"
		if a.Can || access.Ref(a.Person.Ref) == access.Anonymous {
			one, many = "person", "people"
		}
		p.line("%s who cannot could obtain it: %s", Count(n, one, many), someWho(a.Could, most(all, 6)))
	}
	p.source(a.Source)
	return p.err
}
