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
	opens, losses, rest := divided(list)
	p.impactList("opened", yellow, opens, plan.Names)
	p.impactList("people who lose", red, losses, plan.Names)
	shown := rest[:min(len(rest), most(p.All, lines))]
	p.impactList("people who gain", green, shown, plan.Names)
	if more := rest[len(shown):]; len(more) > 0 {
		p.line("  and %s more in %s (--all shows them)", Count(distinct(more), "person", "people"), Count(len(more), "line", "lines"))
	}
}

// divided gives what opens something, what is lost, and what else is gained.
func divided(list []reconcile.Impact) (opens, losses, gains []reconcile.Impact) {
	for _, i := range list {
		switch {
		case !i.Gains:
			losses = append(losses, i)
		case reconcile.Exposes(i.Class):
			opens = append(opens, i)
		default:
			gains = append(gains, i)
		}
	}
	return opens, losses, gains
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
		p.line("  %s%s %s %s: %s%s", mark, voice(Safe).people(i.People, known, most(p.All, 3)), p.paint(colour, s.Verb), s.What, s.Why, p.because(i.Reason, i.Origin))
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

// voice makes what a plan tells harmless to the place where it is told: names,
// reasons, and whatever else others wrote. What weir itself says is left as it is.
type voice func(string) string

// Sentence is an impact in words, for "Verb What: Why" to follow the people.
type Sentence struct {
	Mark string // who they are where that matters: "guest", "external"
	Verb string // "gains", "lose"
	What string // "edit on 212 spaces (ENG, HR, OPS …), from view"
	Why  string // "group staff becomes collaborator instead of viewer"
}

// ImpactOf says an impact in words, which are harmless to a terminal.
func ImpactOf(i reconcile.Impact) Sentence { return voice(Safe).impact(i) }

func (v voice) impact(i reconcile.Impact) Sentence {
	s := Sentence{Mark: map[string]string{reconcile.ToGuests: "guest", reconcile.ToExternal: "external"}[i.Class], Why: v.why(i)}
	many := len(i.People) != 1
	s.Verb = map[bool]map[bool]string{true: {true: "gain", false: "lose"}, false: {true: "gains", false: "loses"}}[many][i.Gains]
	on := v.objects(i.Objects, 3)
	switch {
	case i.Objects[0] == string(access.Site):
		s.What = v.onTheSite(i)
	case !stronger(i):
		s.What = fmt.Sprintf("%s on %s", v.abilities(i.Permissions), on)
	case i.Gains:
		s.What = fmt.Sprintf("%s on %s", v.standing(i.Is), on)
		if i.Was != "" {
			s.What += ", from " + v.standing(i.Was)
		}
	case i.Is == "":
		s.What = fmt.Sprintf("all access to %s", on)
		if i.Was != "view" {
			s.What += ", up to " + v.standing(i.Was)
		}
	default:
		s.What = fmt.Sprintf("%s on %s, and keep %s", v.standing(i.Was), on, v.standing(i.Is))
		if !many {
			s.What = strings.Replace(s.What, ", and keep ", ", and keeps ", 1)
		}
	}
	return s
}

// stronger reports whether what is gained makes people stand stronger, or what is
// lost weaker: otherwise the permissions have to be named.
func stronger(i reconcile.Impact) bool {
	n := reconcile.CompareStandings(i.Was, i.Is)
	return n < 0 && i.Gains || n > 0 && !i.Gains
}

// standing says how somebody stands to an object, or what a role is called.
func (v voice) standing(s string) string {
	switch s {
	case "part":
		return "some permissions"
	case "view", "comment", "edit", "administration":
		return s
	}
	return v(s)
}

func (v voice) all(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = v(s)
	}
	return out
}

// onTheSite says what somebody gains or loses on the site as a whole.
func (v voice) onTheSite(i reconcile.Impact) string {
	switch {
	case i.Was == i.Is:
		return v.abilities(i.Permissions) + " on the site"
	case i.Was == "administration" || i.Is == "administration":
		return "administration of the site"
	case i.Was == "" || i.Is == "":
		return "the right to enter"
	}
	return v.abilities(i.Permissions) + " on the site"
}

// abilities names a few permissions, or counts them.
func (v voice) abilities(ids []string) string {
	if len(ids) > 3 {
		return Count(len(ids), "permission", "permissions")
	}
	return and(v.all(ids))
}

// objects names a few objects, or counts them and names the first.
func (v voice) objects(list []string, few int) string {
	shown := make([]string, 0, few)
	for _, o := range list[:min(few, len(list))] {
		shown = append(shown, v.principal(access.Ref(o)))
	}
	if len(list) <= few {
		return and(shown)
	}
	one, many := "space", "spaces"
	if access.Ref(list[0]).IsPage() {
		one, many = "page", "pages"
	}
	return Count(len(list), one, many) + first(shown)
}

// people names a few people, or counts them and names the first. The public is
// nobody in particular, and is named first.
func (v voice) people(list []string, known map[string]string, few int) string {
	var out []string
	if i := slices.Index(list, string(access.Anonymous)); i >= 0 && len(list) > few {
		out = []string{v.person(list[i], nil)}
		list = slices.Delete(slices.Clone(list), i, i+1)
	}
	if len(list) == 0 {
		return and(out)
	}
	shown := make([]string, 0, min(few, len(list)))
	for _, who := range list[:min(few, len(list))] {
		shown = append(shown, v.person(who, known))
	}
	if len(list) <= few {
		return and(append(out, shown...))
	}
	return and(append(out, Count(len(list), "person", "people")+first(shown)))
}

// first names the first of what was counted, if any.
func first(shown []string) string {
	if len(shown) == 0 {
		return ""
	}
	return fmt.Sprintf(" (%s …)", strings.Join(shown, ", "))
}

// principal names whoever is granted something, or an object.
func (v voice) principal(r access.Ref) string {
	switch r {
	case "", access.Everyone, access.Authenticated, access.Anonymous, access.ProductAdmins, access.Site:
		return Principal(r)
	}
	if r.Type() == "group" {
		return "group " + v(r.ID())
	}
	return v(Principal(r))
}

func (v voice) person(who string, known map[string]string) string {
	if access.Ref(who) == access.Anonymous {
		return "the public"
	}
	return v(cmp.Or(known[who], access.Ref(who).ID()))
}

// why says what has an impact.
func (v voice) why(i reconcile.Impact) string {
	c, subject := i.Cause, v.principal(access.Ref(i.Cause.Subject))
	more := len(c.Others) > 0
	if more {
		subject = fmt.Sprintf("%s %s (%s …)", Number(1+len(c.Others)), alikeNoun(c.Subject), v(access.Ref(c.Subject).ID()))
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
			return they("is ", "they are ") + v(c.Is)
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
		return fmt.Sprintf("the role %s permits something else", v(access.Ref(c.Subject).ID()))
	case access.Member:
		if i.Gains {
			return they("joins ", "they join ") + subject
		}
		return they("leaves ", "they leave ") + subject
	case access.Role, access.Permission, access.Global:
		return v.holding(c, subject, be(more))
	}
	return "several changes together"
}

// holding says what a principal comes to hold in place of what.
func (v voice) holding(c reconcile.Cause, subject, be string) string {
	was, is := v.standing(c.Was), v.standing(c.Is)
	switch {
	case c.Was == "":
		return fmt.Sprintf("%s%s given %s", subject, be, is)
	case c.Is == "":
		return fmt.Sprintf("%s%s no longer given %s", subject, be, was)
	case c.Was == c.Is:
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
