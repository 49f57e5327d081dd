package render

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/reconcile"
)

// impacts tells what happens to people: what opens something, then what is lost,
// then what else is gained. Of the last, only so many lines are shown.
func (p *printer) impacts(plan *reconcile.Plan) {
	const lines = 8
	list := plan.Impacts
	if !p.All {
		list = reconcile.Fold(list, lines)
	}
	opens := slices.IndexFunc(list, func(i reconcile.Impact) bool { return !reconcile.Exposes(i.Class) })
	if opens < 0 {
		opens = len(list)
	}
	gains := opens + slices.IndexFunc(list[opens:], func(i reconcile.Impact) bool { return i.Gains })
	if gains < opens {
		gains = len(list)
	}
	p.impactList("opened", yellow, list[:opens], plan.Names)
	p.impactList("people who lose", red, list[opens:gains], plan.Names)
	rest := list[gains:]
	shown := rest[:min(len(rest), most(p.All, lines))]
	p.impactList("people who gain", green, shown, plan.Names)
	if more := rest[len(shown):]; len(more) > 0 {
		p.line("  and %s more in %s (--all shows them)", Count(distinct(more), "person", "people"), Count(len(more), "line", "lines"))
	}
}

func (p *printer) impactList(title, colour string, list []reconcile.Impact, known map[string]string) {
	if len(list) == 0 {
		return
	}
	p.line("")
	p.line("%s", p.paint(bold, title))
	for _, i := range list {
		s := ImpactOf(i)
		mark := ""
		if s.Mark != "" {
			mark = p.paint(bold, s.Mark) + " "
		}
		p.line("  %s%s %s %s: %s%s", mark, people(i.People, known, most(p.All, 3)), p.paint(colour, s.Verb), s.What, s.Why, p.because(i.Reason, i.Origin))
	}
}

// because says, behind a line, why it is so, and where that is written.
func (p *printer) because(reason string, at *reconcile.Origin) string {
	var notes []string
	if reason != "" && (reason != reconcile.Described || at == nil) {
		notes = append(notes, reason)
	}
	if at != nil {
		notes = append(notes, place(at))
	}
	if len(notes) == 0 {
		return ""
	}
	return "  " + p.paint(dim, "# "+Safe(strings.Join(notes, ", ")))
}

// distinct counts the people of impacts.
func distinct(list []reconcile.Impact) int {
	seen := make(map[string]bool)
	for _, i := range list {
		for _, who := range i.People {
			if access.Ref(who) != access.Anonymous {
				seen[who] = true
			}
		}
	}
	return len(seen)
}

// Sentence is an impact in words, for "Verb What: Why" to follow the people.
type Sentence struct {
	Mark string // who they are where that matters: "guest", "external"
	Verb string // "gains", "lose"
	What string // "edit on 212 spaces (ENG, HR, OPS …), from view"
	Why  string // "group staff becomes collaborator instead of viewer"
}

// ImpactOf says an impact in words, which are harmless to a terminal.
func ImpactOf(i reconcile.Impact) Sentence {
	s := sentence(i)
	s.What, s.Why = unmarked(s.What), unmarked(s.Why)
	return s
}

// sentence says an impact in words in which every name is marked.
func sentence(i reconcile.Impact) Sentence {
	s := Sentence{Mark: map[string]string{reconcile.ToGuests: "guest", reconcile.ToExternal: "external"}[i.Class], Why: why(i)}
	many := len(i.People) != 1
	s.Verb = map[bool]map[bool]string{true: {true: "gain", false: "lose"}, false: {true: "gains", false: "loses"}}[many][i.Gains]
	on, keep := objects(i.Objects, 3), map[bool]string{true: "keep", false: "keeps"}[many]
	switch {
	case i.Objects[0] == string(access.Site):
		s.What = onTheSite(i)
	case !stronger(i):
		s.What = fmt.Sprintf("%s on %s", abilities(i.Permissions), on)
	case i.Gains:
		s.What = fmt.Sprintf("%s on %s", standing(i.Is), on)
		if i.Was != "" {
			s.What += ", from " + standing(i.Was)
		}
	case i.Is == "":
		s.What = fmt.Sprintf("all access to %s", on)
		if i.Was != "view" {
			s.What += ", up to " + standing(i.Was)
		}
	default:
		s.What = fmt.Sprintf("%s on %s, and %s %s", standing(i.Was), on, keep, standing(i.Is))
	}
	return s
}

// stronger reports whether what is gained makes people stand stronger, or what is
// lost weaker: otherwise the permissions have to be named.
func stronger(i reconcile.Impact) bool {
	n := reconcile.CompareStandings(i.Was, i.Is)
	return n < 0 && i.Gains || n > 0 && !i.Gains
}

func standing(s string) string {
	if s == "part" {
		return "some permissions"
	}
	return s
}

// onTheSite says what somebody gains or loses on the site as a whole.
func onTheSite(i reconcile.Impact) string {
	switch {
	case i.Was == i.Is:
		return abilities(i.Permissions) + " on the site"
	case i.Was == "administration" || i.Is == "administration":
		return "administration of the site"
	case i.Was == "" || i.Is == "":
		return "the right to enter"
	}
	return abilities(i.Permissions) + " on the site"
}

// abilities names a few permissions, or counts them.
func abilities(ids []string) string {
	if len(ids) > 3 {
		return Count(len(ids), "permission", "permissions")
	}
	return name(and(ids))
}

// Objects names a few objects, or counts them and names the first.
func Objects(list []string, few int) string { return unmarked(objects(list, few)) }

// objects does so with every name marked.
func objects(list []string, few int) string {
	shown := make([]string, 0, few)
	for _, o := range list[:min(few, len(list))] {
		shown = append(shown, name(Thing(access.Ref(o))))
	}
	if len(list) <= few {
		return and(shown)
	}
	noun := "spaces"
	if access.Ref(list[0]).IsPage() {
		noun = "pages"
	}
	return fmt.Sprintf("%s %s (%s …)", Number(len(list)), noun, strings.Join(shown, ", "))
}

// people names a few people, or counts them and names the first.
func people(list []string, known map[string]string, few int) string {
	shown := make([]string, 0, min(few, len(list)))
	for _, who := range list[:min(few, len(list))] {
		shown = append(shown, person(who, known))
	}
	if len(list) <= few {
		return and(shown)
	}
	return fmt.Sprintf("%s people (%s …)", Number(len(list)), strings.Join(shown, ", "))
}

func person(who string, known map[string]string) string {
	if access.Ref(who) == access.Anonymous {
		return "the public"
	}
	return Safe(cmp.Or(known[who], access.Ref(who).ID()))
}

// why says what has an impact.
func why(i reconcile.Impact) string {
	c, subject := i.Cause, name(Principal(access.Ref(i.Cause.Subject)))
	more := len(c.Others) > 0
	if more {
		subject = fmt.Sprintf("%s %s (%s …)", Number(1+len(c.Others)), alikeNoun(c.Subject), name(access.Ref(c.Subject).ID()))
	}
	they := func(one, many string) string {
		if len(i.People) == 1 {
			return one
		}
		return many
	}
	switch access.Kind(c.Kind) {
	case access.Exists:
		switch {
		case c.Subject != "":
			return subject + be(more) + " removed"
		case i.Gains:
			return they("enters", "they enter")
		case c.Is != "":
			return they("is ", "they are ") + name(c.Is)
		}
		return they("is no longer on the site", "they are no longer on the site")
	case access.Product:
		switch {
		case c.Is == access.GuestRole:
			return they("becomes a guest", "they become guests")
		case c.Was == access.GuestRole:
			return they("is no longer a guest", "they are no longer guests")
		case i.Gains:
			return they("becomes a product admin", "they become product admins")
		}
		return they("is no longer a product admin", "they are no longer product admins")
	case access.Status:
		if c.Is != "" {
			return "archived"
		}
		return "no longer archived"
	case access.Restrict:
		switch {
		case c.Was == c.Is:
			return "other restrictions"
		case c.Is == "open":
			return "no longer restricted"
		}
		return "restricted"
	case access.Grants:
		if more {
			return fmt.Sprintf("%s roles permit something else", Number(1+len(c.Others)))
		}
		return fmt.Sprintf("the role %s permits something else", name(access.Ref(c.Subject).ID()))
	case access.Member:
		if i.Gains {
			return they("joins ", "they join ") + subject
		}
		return they("leaves ", "they leave ") + subject
	case access.Role, access.Permission, access.Global:
		return holding(c, subject, be(more))
	}
	return "several changes together"
}

// holding says what a principal comes to hold in place of what.
func holding(c reconcile.Cause, subject, be string) string {
	was, is := name(standing(c.Was)), name(standing(c.Is))
	switch {
	case c.Was == "":
		return fmt.Sprintf("%s%s given %s", subject, be, is)
	case c.Is == "":
		return fmt.Sprintf("%s%s no longer given %s", subject, be, was)
	case was == is:
		return fmt.Sprintf("%s%s given other permissions", subject, be)
	}
	return fmt.Sprintf("%s: %s → %s", subject, was, is)
}

func be(many bool) string {
	if many {
		return " are"
	}
	return " is"
}

// alikeNoun names several of what a reference is one of.
func alikeNoun(ref string) string {
	switch access.Ref(ref).Type() {
	case "group":
		return "groups"
	case "user", "account":
		return "people"
	}
	return "principals"
}
