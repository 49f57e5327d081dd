package schema_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/schema"
)

// memberLines gives the members of a group in a set, in order.
func memberLines(s access.Set, group access.Ref) []string {
	var out []string
	for f := range s.Of(access.Member, group) {
		name, _, _ := strings.Cut(f.Subject.ID(), "@")
		out = append(out, name)
	}
	return out
}

const okta = `
external: ["group:okta-*"]
users: {ana@acme.example: {}, bo@acme.example: {}, cy@acme.example: {}, gone@acme.example: {state: no_access}}
groups:
  eng: {members: [ana@acme.example]}
  okta-fin: {managed_by: idp}
  open: {}
`

func TestGroupsThatWeirOnlyReads(t *testing.T) {
	const live = `
exists user:ana@acme.example
exists user:bo@acme.example
exists user:ext@partner.example
exists user:gone@acme.example
exists group:okta-ops
exists group:okta-fin
managed group:okta-fin = idp
exists group:open
exists group:team
managed group:team = team
member group:okta-ops user:bo@acme.example
member group:okta-ops user:ext@partner.example
member group:okta-ops user:gone@acme.example
member group:okta-fin user:ana@acme.example
member group:okta-fin user:bo@acme.example
member group:okta-fin user:suspended@acme.example
member group:open user:cy@acme.example
member group:all user:old@acme.example
member group:all user:gone@acme.example
exists user:old@acme.example
`
	opsUnknown := access.Unknown{Kind: access.Member, Object: "group:okta-ops", Reason: "the list of members broke off"}
	for _, c := range []struct {
		name, groups string
		live         string
		unknown      []access.Unknown
		want         []string
		warnings     string
	}{
		{name: "people who are there, and who stays so", groups: `all: {members_of: [okta-ops]}`, live: live,
			// gone is kept as a member until their removal takes it.
			want: []string{"bo", "ext", "gone"}},
		{name: "a managed group, a person who is not there", groups: `all: {members_of: [okta-fin]}`, live: live, want: []string{"ana", "bo"}},
		{name: "a described group whose members are not managed", groups: `all: {members_of: [open]}`, live: live, want: []string{"cy"}},
		{name: "an additive group keeps what it has", live: live, groups: `
  all: {members_of: [more]}
  more: {members: [cy@acme.example]}
ownership: {rules: [{match: "group:more", groups: additive}]}`, want: []string{"cy"}},
		{name: "algebra over both", groups: `all: {members_of: {any: [eng, okta-ops], all: [okta-fin], except: [open]}, members: [cy@acme.example]}`, live: live,
			want: []string{"ana", "bo", "cy"}},
		{name: "an unread group removes nobody and gives what is certain", groups: `all: {members_of: [eng, okta-ops]}`, live: live,
			unknown: []access.Unknown{opsUnknown}, want: []string{"ana", "bo", "ext", "gone", "old"},
			warnings: `warning WR503 a.weir.yaml:7:27: the members of group "okta-ops" could not be read (let weir's account see it: the list of members broke off)`},
		{name: "under except an unread group lets nobody new in", groups: `all: {members_of: {any: [eng], except: [okta-ops]}, members: [cy@acme.example]}`, live: live,
			unknown: []access.Unknown{opsUnknown}, want: []string{"cy", "gone", "old"},
			warnings: `warning WR503 a.weir.yaml:7:43: the members of group "okta-ops" could not be read (let weir's account see it: the list of members broke off)`},
		{name: "what is unread goes on through other groups", groups: `
  mid: {members_of: [okta-ops, eng]}
  all: {members_of: {any: [eng], all: [mid]}}`, live: live,
			unknown: []access.Unknown{{Reason: "everything broke off"}}, want: []string{"ana", "gone", "old"},
			warnings: `warning WR503 a.weir.yaml:7:22: the members of group "okta-ops" could not be read (let weir's account see it: everything broke off)`},
		{name: "of a person, not of a group", groups: `all: {members_of: [okta-ops]}`, live: live,
			unknown: []access.Unknown{{Object: "user:bo@acme.example", Reason: "hidden"}}, want: []string{"bo", "ext", "gone"}},
		{name: "a group that is nowhere", groups: `all: {members_of: [okta-opps]}`, live: live, want: []string{"gone", "old"},
			warnings: `warning WR201 a.weir.yaml:7:22: group "okta-opps" is not on the site (correct the name, or take it out of members_of)`},
		{name: "without a site", groups: `all: {members_of: {any: [eng, okta-ops]}}`, want: []string{"ana"},
			warnings: `warning WR503 a.weir.yaml:7:33: the members of group "okta-ops" are known only to the site (plan against the site to see who they are)`},
		{name: "without a site, under except", groups: `all: {members_of: {any: [eng], except: [okta-ops]}}`,
			warnings: `warning WR503 a.weir.yaml:7:43: the members of group "okta-ops" are known only to the site (plan against the site to see who they are)`},
	} {
		t.Run(c.name, func(t *testing.T) {
			groups := c.groups
			if !strings.HasPrefix(groups, "\n") {
				groups = "  " + groups
			} else {
				groups = groups[1:]
			}
			desired, diags := compile(t, strings.TrimSpace(okta)+"\n"+groups).Desired(access.Known{Facts: facts(t, c.live), Unknown: c.unknown})
			if len(diags) > 0 {
				t.Errorf("unfit for the site:\n%v", diags)
			}
			if diff := cmp.Diff(c.want, memberLines(desired.Facts, "group:all")); diff != "" {
				t.Errorf("members (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.warnings, strings.Join(lines(desired.Warnings), "\n")); diff != "" {
				t.Errorf("warnings (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSetsWithoutABaseAreRefused(t *testing.T) {
	docs := parse(t, `groups: {a: {}, b: {}}`)
	docs[0].Groups[0].MembersOf = &schema.SetExpr{Except: &schema.List{Items: []schema.Str{{Value: "b"}}}}
	_, diags := schema.Compile(docs, nil, noon)
	if got := lines(diags); !slices.Equal(got, []string{"WR112 members_of does not say of which groups (write any: or all:)"}) {
		t.Errorf("got %q", got)
	}
}

// world is a random description of groups with its live site, for comparing
// the compiler with a model that asks person by person.
type world struct {
	doc     schema.Document
	exprs   []expr   // of group gN
	listed  [][]bool // by described group and person
	reads   [][]bool // by read group rN and person: live members
	live    [][]bool // live members of gN
	there   []bool   // live people
	unread  []bool   // by read group
	liveSet access.Set
	unknown []access.Unknown
}

type expr struct {
	present          bool
	hasAny, hasAll   bool
	any, all, except []int // g0… then r0…
}

const worldPeople, worldReads = 5, 2

func person(i int) string { return fmt.Sprintf("p%d@acme.example", i) }

// node names a group by its number: described ones first.
func (w *world) node(i int) string {
	if i < len(w.exprs) {
		return fmt.Sprintf("g%d", i)
	}
	return fmt.Sprintf("r%d", i-len(w.exprs))
}

func drawWorld(t *rapid.T) *world {
	people := func(label string) []bool {
		return rapid.SliceOfN(rapid.Bool(), worldPeople, worldPeople).Draw(t, label)
	}
	w := &world{there: people("there"), exprs: make([]expr, rapid.IntRange(1, 4).Draw(t, "groups"))}
	w.doc = schema.Document{File: "w", Version: &schema.Str{Value: "v1"}, Site: &schema.Site{Name: schema.Str{Value: "acme"}},
		External: &schema.List{Items: []schema.Str{{Value: "user:*"}, {Value: "group:r*"}}}}
	var live []access.Fact
	for p, there := range w.there {
		if there {
			live = append(live, access.Fact{Kind: access.Exists, Object: access.NewRef("user", person(p))})
		}
	}
	members := func(group string, in []bool) {
		live = append(live, access.Fact{Kind: access.Exists, Object: access.NewRef("group", group)})
		for p, is := range in {
			if is {
				live = append(live, access.Fact{Kind: access.Member, Object: access.NewRef("group", group), Subject: access.NewRef("user", person(p))})
			}
		}
	}
	for i := range w.exprs {
		// Only groups before this one: no circles.
		nodes := func(label string) []int {
			all := []int{}
			for n := range len(w.exprs) + worldReads {
				if (n < i || n >= len(w.exprs)) && rapid.Bool().Draw(t, label) {
					all = append(all, n)
				}
			}
			return all
		}
		e := expr{present: rapid.Bool().Draw(t, "expr"), any: nodes("any"), all: nodes("all"), except: nodes("except")}
		e.hasAll = len(e.all) > 0
		e.hasAny = !e.hasAll || rapid.Bool().Draw(t, "has any")
		w.exprs[i] = e
		w.listed = append(w.listed, people("listed"))
		w.live = append(w.live, people("live"))
	}
	for range worldReads {
		w.reads = append(w.reads, people("read"))
		w.unread = append(w.unread, rapid.Bool().Draw(t, "unread"))
	}
	for i, e := range w.exprs {
		list := func(nodes []int) *schema.List {
			l := &schema.List{}
			for _, n := range nodes {
				l.Items = append(l.Items, schema.Str{Value: w.node(n)})
			}
			return l
		}
		g := schema.Group{Name: schema.Str{Value: w.node(i)}, Members: &schema.Grants{}}
		for p, in := range w.listed[i] {
			if in {
				g.Members.Items = append(g.Members.Items, schema.Grant{Who: schema.Str{Value: person(p)}})
			}
		}
		if e.present {
			g.MembersOf = &schema.SetExpr{Except: list(e.except)}
			if e.hasAny {
				g.MembersOf.Any = list(e.any)
			}
			if e.hasAll {
				g.MembersOf.All = list(e.all)
			}
		}
		w.doc.Groups = append(w.doc.Groups, g)
		members(w.node(i), w.live[i])
	}
	for i, in := range w.reads {
		members(fmt.Sprintf("r%d", i), in)
		if w.unread[i] {
			w.unknown = append(w.unknown, access.Unknown{Kind: access.Member, Object: access.Ref(fmt.Sprintf("group:r%d", i))})
		}
	}
	w.liveSet = access.NewSet(live...)
	return w
}

// in asks whether a person will be in a group for certain, straight from the
// words of the language.
func (w *world) in(n, p int) bool {
	if n >= len(w.exprs) {
		return w.reads[n-len(w.exprs)][p]
	}
	e := w.exprs[n]
	if w.listed[n][p] {
		return true
	}
	if !e.present {
		return false
	}
	has := func(n int) bool { return w.in(n, p) }
	if e.hasAny && !slices.ContainsFunc(e.any, has) {
		return false
	}
	for _, n := range e.all {
		if !has(n) {
			return false
		}
	}
	return !slices.ContainsFunc(e.except, func(n int) bool { return has(n) || w.partial(n) })
}

// partial asks whether something under a group could not be read.
func (w *world) partial(n int) bool {
	if n >= len(w.exprs) {
		return w.unread[n-len(w.exprs)]
	}
	e := w.exprs[n]
	return e.present && slices.ContainsFunc(slices.Concat(w.used(e), e.all, e.except), w.partial)
}

func (w *world) used(e expr) []int {
	if e.hasAny {
		return e.any
	}
	return nil
}

func TestSetsAgreeWithAModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		desc, diags := schema.Compile([]schema.Document{w.doc}, nil, noon)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		desired, _ := desc.Desired(access.Known{Facts: w.liveSet, Unknown: w.unknown})
		for g := range w.exprs {
			for p := range worldPeople {
				f := access.Fact{Kind: access.Member, Object: access.NewRef("group", w.node(g)), Subject: access.NewRef("user", person(p))}
				want := w.listed[g][p] || w.in(g, p) && (w.there[p] || w.live[g][p]) || w.partial(g) && w.live[g][p]
				if got := desired.Facts.Has(f); got != want {
					t.Errorf("%s: got %v, want %v", f, got, want)
				}
			}
		}
	})
}

func TestAnUnknownGroupNeverRemoves(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		desc, diags := schema.Compile([]schema.Document{w.doc}, nil, noon)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		whole, _ := desc.Desired(access.Known{Facts: w.liveSet})
		// Whatever part of the unread groups' members was seen.
		seen := w.liveSet.Filter(func(f access.Fact) bool {
			hidden := slices.ContainsFunc(w.unknown, func(u access.Unknown) bool { return u.Covers(f) })
			return !hidden || rapid.Bool().Draw(t, "seen")
		})
		part, _ := desc.Desired(access.Known{Facts: seen, Unknown: w.unknown})
		for f := range w.liveSet.OfKind(access.Member) {
			if whole.Facts.Has(f) && !part.Facts.Has(f) {
				t.Errorf("%s would be removed because something was not read", f)
			}
		}
		for f := range part.Facts.OfKind(access.Member) {
			if !whole.Facts.Has(f) && !w.liveSet.Has(f) {
				t.Errorf("%s would be given because something was not read", f)
			}
		}
	})
}
