package reconcile

import (
	"cmp"
	"slices"
	"strings"

	"github.com/weirhq/weir/access"
)

// Impact is what one kind of change does to people, told once for all objects and
// people that it does the same to: see [access.Impact]. Who gains and loses what
// exactly where is in the plan's Gained and Lost.
type Impact struct {
	Class string `json:"class"` // see the constants: what a reviewer looks at first
	Gains bool   `json:"gains"` // otherwise they lose
	// Was and Is are how the people stand to each object before and after: empty
	// for not at all, part, view, comment, edit, administration.
	Was   string `json:"was,omitempty"`
	Is    string `json:"is,omitempty"` // afterwards
	Cause Cause  `json:"cause"`        // what does it
	// Reason is why the first of the changes that do it is made, and Origin where
	// the description says it.
	Reason      string   `json:"reason,omitempty"`
	Origin      *Origin  `json:"origin,omitempty"` // of that change
	Objects     []string `json:"objects"`          // spaces, pages and blog posts; site is the site as a whole
	Permissions []string `json:"permissions"`      // all that any of them gains or loses on any of the objects
	People      []string `json:"people"`           // as references; class:anonymous is the public
}

// The classes of impacts, in the order in which they are told.
const (
	ToPublic   = "public"   // whoever is not logged in gains something
	ToGuests   = "guests"   // guests do
	ToExternal = "external" // people from outside the site's own domains do
	ToAdmins   = "admins"   // people come to administer a space or the site
	Unlocked   = "unlocked" // others gain something since a page is no longer restricted
	Losses     = "losses"
	Gains      = "gains" // all others
)

var classes = []string{ToPublic, ToGuests, ToExternal, ToAdmins, Unlocked, Losses, Gains}

// Exposes reports whether a class is told before losses, since it opens something.
func Exposes(class string) bool { return slices.Index(classes, class) < slices.Index(classes, Losses) }

// Cause is the kind of change that has an impact: see [access.Cause].
type Cause struct {
	Kind    string `json:"kind,omitempty"`    // of the fact that changes
	Subject string `json:"subject,omitempty"` // the group or person by whom it reaches the people
	// Others are further subjects, where causes that differ in nothing else were
	// folded.
	Others []string `json:"-"`
	Was    string   `json:"was,omitempty"` // its value before
	Is     string   `json:"is,omitempty"`  // its value afterwards
}

// impacts tells what a plan does to people, gravest first.
func impacts(d access.Delta, between *access.Comparison, changes []Planned) []Impact {
	guest := func(r access.Ref) bool { return d.After.Guest(r) }
	outside := outsider(d)
	made := makers(d.Changes, changes)
	out := []Impact{}
	for _, i := range between.Impacts() {
		parts := make(map[string][]string)
		put := func(class, who string) { parts[class] = append(parts[class], who) }
		if i.Public() {
			put(class(i, ToPublic), string(access.Anonymous))
		}
		for who := range i.People() {
			switch {
			case guest(who):
				put(class(i, ToGuests), string(who))
			case outside(who):
				put(class(i, ToExternal), string(who))
			case i.Is == access.Administers && i.Was != access.Administers:
				put(class(i, ToAdmins), string(who))
			case i.Cause.Kind == access.Restrict && i.Cause.Is == "open":
				put(class(i, Unlocked), string(who))
			default:
				put(class(i, Gains), string(who))
			}
		}
		for class, people := range parts {
			by := made.by(i, people)
			out = append(out, Impact{
				Class: class, Gains: i.Gains, Was: i.Was.String(), Is: i.Is.String(),
				Cause:  Cause{Kind: string(i.Cause.Kind), Subject: string(i.Cause.Subject), Was: i.Cause.Was, Is: i.Cause.Is},
				Reason: by.Reason, Origin: by.Origin,
				Objects: texts(i.Objects), Permissions: i.Permissions.IDs(), People: people,
			})
		}
	}
	slices.SortStableFunc(out, Impact.graver)
	return out
}

// outsider says who is from outside the site's own domains, where it names any.
func outsider(d access.Delta) func(access.Ref) bool {
	domains := d.Desired.Domains
	return func(r access.Ref) bool {
		_, domain, _ := strings.Cut(r.ID(), "@")
		return len(domains) > 0 && r.Type() == "user" && !slices.Contains(domains, strings.ToLower(domain))
	}
}

// class gives the class of those in an impact, who would gain in this one.
func class(i access.Impact, gaining string) string {
	if i.Gains {
		return gaining
	}
	return Losses
}

// graver orders impacts: by class, those on the site first, by what is lost or
// gained, and by how many people it is.
func (i Impact) graver(o Impact) int {
	site := func(i Impact) int {
		if i.Objects[0] == string(access.Site) {
			return 0
		}
		return 1
	}
	strength := func(i Impact) (before, after int) {
		if i.Gains {
			return standing(i.Is), standing(i.Was)
		}
		return standing(i.Was), standing(i.Is)
	}
	more, rest := strength(i)
	oMore, oRest := strength(o)
	return cmp.Or(
		cmp.Compare(slices.Index(classes, i.Class), slices.Index(classes, o.Class)),
		cmp.Compare(site(i), site(o)),
		cmp.Compare(oMore, more), cmp.Compare(rest, oRest),
		cmp.Compare(len(o.People), len(i.People)), cmp.Compare(len(o.Objects), len(i.Objects)),
		slices.Compare(i.Objects, o.Objects), slices.Compare(i.People, o.People),
	)
}

// standing ranks the word for a standing.
func standing(word string) int {
	s := access.Nothing
	for s < access.Administers && s.String() != word {
		s++
	}
	return int(s)
}

// CompareStandings orders the words of an impact's Was and Is, weakest first.
func CompareStandings(a, b string) int { return cmp.Compare(standing(a), standing(b)) }

func texts(refs []access.Ref) []string {
	out := make([]string, len(refs))
	for i, r := range refs {
		out[i] = string(r)
	}
	return out
}

// Fold folds the impacts of each class of which there are more lines than so
// many: those that differ only in the principal, group or role that has them, and
// so in their people and objects.
func Fold(list []Impact, lines int) []Impact {
	count := make(map[string]int)
	for _, i := range list {
		count[i.Class]++
	}
	type key struct{ class, was, is, kind, causeWas, causeIs, typ string }
	at := make(map[key]int)
	var out []Impact
	for _, i := range list {
		k := key{i.Class, i.Was, i.Is, i.Cause.Kind, i.Cause.Was, i.Cause.Is, access.Ref(i.Objects[0]).Type()}
		first, had := at[k]
		if count[i.Class] <= lines || !had || i.Cause.Subject == "" {
			at[k] = len(out)
			out = append(out, i)
			continue
		}
		o := &out[first]
		o.Cause.Others = append(slices.Clip(o.Cause.Others), i.Cause.Subject)
		o.People, o.Objects, o.Permissions = merged(o.People, i.People), merged(o.Objects, i.Objects), merged(o.Permissions, i.Permissions)
	}
	slices.SortStableFunc(out, Impact.graver)
	return out
}

func merged(a, b []string) []string {
	out := slices.Concat(a, b)
	slices.Sort(out)
	return slices.Compact(out)
}

// maker finds the first change that does something.
type maker map[spot]Planned

type spot struct {
	kind            access.Kind
	object, subject access.Ref
}

// makers takes the changes of a plan in both their forms, which are in one order.
func makers(changes []access.Change, planned []Planned) maker {
	out := make(maker)
	for n, c := range changes {
		spots := []spot{{c.Fact.Kind, c.Fact.Object, c.Fact.Subject}, {c.Fact.Kind, c.Fact.Object, ""}}
		if c.Fact.Subject != "" {
			spots = append(spots, spot{c.Fact.Kind, "", c.Fact.Subject})
		}
		for _, p := range spots {
			if _, had := out[p]; !had {
				out[p] = planned[n]
			}
		}
	}
	return out
}

// by gives the first change that has the impact, if one can be named.
func (m maker) by(i access.Impact, people []string) Planned {
	var tries []spot
	object := i.Objects[0]
	switch c := i.Cause; c.Kind {
	case access.Role, access.Permission, access.Global:
		// A site may hold permissions in place of roles, and the other way round.
		for _, kind := range []access.Kind{c.Kind, access.Role, access.Permission} {
			tries = append(tries, spot{kind, object, c.Subject})
		}
	case access.Member:
		for _, who := range people {
			tries = append(tries, spot{c.Kind, c.Subject, access.Ref(who)})
		}
	case access.Exists, access.Product:
		for _, who := range people {
			if c.Subject == "" {
				tries = append(tries, spot{access.State, access.Ref(who), ""}, spot{c.Kind, access.Ref(who), ""})
			}
		}
		tries = append(tries, spot{c.Kind, c.Subject, ""})
	case access.Grants:
		tries = append(tries, spot{c.Kind, c.Subject, ""})
	case access.Status, access.Restrict:
		for _, object := range i.Objects {
			tries = append(tries, spot{c.Kind, object, ""})
		}
	}
	for _, try := range tries {
		if p, ok := m[try]; ok {
			return p
		}
	}
	return Planned{}
}
