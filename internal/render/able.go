package render

import (
	"fmt"
	"io"

	"github.com/weirhq/weir/access"
)

// AbleAnswer says who can do something to an object.
type AbleAnswer struct {
	Source    Source    `json:"source"`
	Object    string    `json:"object"`
	Name      string    `json:"name,omitempty"`
	Operation string    `json:"operation"`
	People    int       `json:"people"`
	Guests    int       `json:"guests"` // of the people
	Public    bool      `json:"public"`
	Through   []Through `json:"through"`
	Could     []Who     `json:"could_obtain"`
}

// Through is one way and the people whose shortest way it is.
type Through struct {
	Path   string `json:"path"`
	People []Who  `json:"people"`
	Facts  []Said `json:"facts"` // those that do not name the person
}

// Able shows who can do something: counts first, and then the ways.
func Able(w io.Writer, a *AbleAnswer, all bool, o Options) error {
	p := newPrinter(w, o)
	p.line("%s can %s; the public %s", p.paint(bold, Count(a.People, "person", "people")), Ability(a.Operation, a.Object, a.Name), publicly(p, a.Public))
	if a.Guests > 0 {
		p.line("  %s", p.paint(yellow, Count(a.Guests, "of them is a guest", "of them are guests")))
	}
	lines := most(all, 8)
	for _, t := range a.Through[:min(len(a.Through), lines)] {
		p.line("")
		p.line("  %s (%s)", Safe(t.Path), Count(len(t.People), "person", "people"))
		p.line("    %s", someWho(t.People, most(all, 6)))
	}
	if rest := len(a.Through) - lines; rest > 0 {
		n := 0
		for _, t := range a.Through[lines:] {
			n += len(t.People)
		}
		p.line("")
		p.line("  and %s through %s (--all shows them)", Count(n, "person", "people"), Count(rest, "other way", "other ways"))
	}
	if n := len(a.Could); n > 0 {
		p.line("")
		p.line("%s could obtain it (weir why PERSON says how): %s", Count(n, "other person", "other people"), someWho(a.Could, most(all, 6)))
	}
	p.source(a.Source)
	return p.err
}

func publicly(p *printer, can bool) string {
	if can {
		return p.paint(red, "can")
	}
	return "cannot"
}

// Ability says an operation on an object as what comes behind "can".
func Ability(op, object, name string) string {
	ref := access.Ref(object)
	if ref == access.Site {
		if said, ok := onSite[op]; ok {
			return said
		}
		return Safe(op) + " on the site"
	}
	on := named(object, name)
	switch {
	case op == access.ToAdminister:
		return "administer " + on
	case op == access.ToView || op == access.ToEdit:
		return op + " " + on
	}
	return Safe(op) + " in " + on
}

var onSite = map[string]string{
	access.GlobalUse:              "use the site",
	access.GlobalAdminister:       "administer the site",
	access.GlobalSystemAdminister: "administer the system",
	access.GlobalCreateSpace:      "create spaces",
	access.GlobalPersonalSpace:    "create a personal space",
	access.GlobalViewProfiles:     "view profiles",
}

// named names an object: "ENG (Engineering)".
func named(object, name string) string {
	ref := access.Ref(object)
	s := Thing(ref)
	if ref.Type() == "space" && name != "" && name != ref.ID() {
		s += fmt.Sprintf(" (%s)", name)
	}
	return Safe(s)
}
