package schema_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/access/accesstest"
	"github.com/weirhq/weir/schema"
)

// siteDoc names the site for documents that do not.
func siteDoc() schema.Document {
	return schema.Document{File: "site.weir.yaml", Version: &schema.Str{Value: "v1"}, Site: &schema.Site{Name: schema.Str{Value: "acme"}}}
}

// drawFacts gives a site that a description can hold, with names that try the
// syntaxes.
func drawFacts(t *rapid.T) access.Set {
	name := rapid.OneOf(
		rapid.SampledFrom([]string{"NO", "0123", "1e3", "a:b", "${x}", `q"uote`, "ü", "two words", "true", "~", "none", "*"}),
		rapid.StringMatching(`[a-zA-Z0-9._:$@ -]{0,6}[a-z]`).Filter(func(s string) bool { return s[0] != ' ' && s[0] != ':' }),
	)
	email := rapid.StringMatching(`[a-z0-9.+'-]{1,6}@[a-z]{1,4}\.example`)
	pick := func(label string, refs []access.Ref) []access.Ref {
		return slices.DeleteFunc(slices.Clone(refs), func(access.Ref) bool { return !rapid.Bool().Draw(t, label) })
	}
	refs := func(typ string, id *rapid.Generator[string]) []access.Ref {
		var out []access.Ref
		for _, s := range rapid.SliceOfNDistinct(id, 0, 4, rapid.ID[string]).Draw(t, typ) {
			out = append(out, access.NewRef(typ, s))
		}
		return out
	}
	var out []access.Fact
	add := func(f access.Fact) { out = append(out, f) }
	shut := make(map[access.Ref]bool)
	people := slices.Concat(refs("user", email), refs("account", name))
	for _, p := range people {
		switch state := rapid.SampledFrom([]string{"", "", "suspended", "deactivated", "removed", "external"}).Draw(t, "state"); state {
		case "external":
		case "":
			add(access.Fact{Kind: access.Exists, Object: p})
			if rapid.IntRange(0, 4).Draw(t, "administers") == 0 {
				add(access.Fact{Kind: access.Product, Object: p, Value: "admin"})
			}
		default:
			shut[p] = true
			add(access.Fact{Kind: access.State, Object: p, Value: state})
		}
	}
	groups := refs("group", name.Filter(func(s string) bool { return len(s) < 6 || s[:6] != "group:" }))
	for _, g := range groups {
		add(access.Fact{Kind: access.Exists, Object: g})
		if role := rapid.SampledFrom([]string{"", "user", "admin+user", "viewer"}).Draw(t, "product"); role != "" {
			add(access.Fact{Kind: access.Product, Object: g, Value: role})
		}
		if rapid.IntRange(0, 3).Draw(t, "managed") == 0 {
			add(access.Fact{Kind: access.Managed, Object: g, Value: "idp"})
			continue
		}
		for _, p := range pick("member", people) {
			add(access.Fact{Kind: access.Member, Object: g, Subject: p})
		}
	}
	roles := []string{"viewer", "admin"}
	for _, r := range refs("space_role", name) {
		if slices.Contains(access.SystemRoles, r.ID()) {
			continue
		}
		roles = append(roles, r.ID())
		add(access.Fact{Kind: access.Exists, Object: r})
		if rapid.Bool().Draw(t, "grants") {
			add(access.Fact{Kind: access.Grants, Object: r, Verb: access.CanView})
			add(access.Fact{Kind: access.Grants, Object: r, Verb: "create/page"})
		}
	}
	named := slices.Concat(people, groups)
	guests := refs("user", rapid.StringMatching(`[a-z]{1,4}@partner\.example`))
	principals := slices.Concat(named, []access.Ref{access.Unlicensed, access.Everyone, access.Anonymous, access.JSMAdmins, "class:licensed-users"})
	spaces := refs("space", rapid.StringMatching(`~[a-z0-9:]{1,5}|[A-Z0-9]{1,5}`))
	for i, guest := range guests {
		if i < len(spaces) {
			add(access.Fact{Kind: access.Exists, Object: guest})
			add(access.Fact{Kind: access.Product, Object: guest, Value: access.GuestRole})
			add(access.Fact{Kind: access.Role, Object: spaces[i], Subject: guest, Value: rapid.SampledFrom([]string{"viewer", "collaborator"}).Draw(t, "guest's role")})
		}
	}
	for i, s := range spaces {
		add(access.Fact{Kind: access.Exists, Object: s})
		if rapid.Bool().Draw(t, "named") {
			add(access.Fact{Kind: access.Name, Object: s, Value: name.Draw(t, "name")})
		}
		if rapid.Bool().Draw(t, "archived") {
			add(access.Fact{Kind: access.Status, Object: s, Value: "archived"})
		}
		for _, p := range pick("holder", principals) {
			if rapid.IntRange(0, 2).Draw(t, "custom") == 0 {
				add(access.Fact{Kind: access.Permission, Object: s, Verb: access.CanView, Subject: p})
				add(access.Fact{Kind: access.Permission, Object: s, Verb: "create/page", Subject: p})
				continue
			}
			add(access.Fact{Kind: access.Role, Object: s, Subject: p, Value: rapid.SampledFrom(roles).Draw(t, "role")})
		}
		for _, title := range rapid.SliceOfN(name, 0, 2).Draw(t, "titles") {
			page := access.NewPage(rapid.SampledFrom([]string{"page", "blogpost"}).Draw(t, "content"), s, title)
			for _, verb := range []string{access.ViewPage, access.EditPage} {
				names := slices.Clone(named)
				if i < len(guests) { // a guest of another space is not named here
					names = append(names, guests[i])
				}
				names = pick(verb, names)
				// Who is shut out may stand on a restriction, but not alone.
				if !slices.ContainsFunc(names, func(p access.Ref) bool { return !shut[p] }) {
					continue
				}
				for _, p := range names {
					add(access.Fact{Kind: access.Restrict, Object: page, Verb: verb, Subject: p})
				}
			}
		}
	}
	for _, verb := range []string{access.GlobalUse, access.GlobalCreateSpace, access.GlobalPersonalSpace, access.GlobalSystemAdminister, access.GlobalViewProfiles} {
		subjects := slices.Concat(named, []access.Ref{access.Anonymous, access.Unlicensed})
		switch verb {
		case access.GlobalUse:
			subjects = subjects[len(named):]
		case access.GlobalSystemAdminister:
			subjects = named
		}
		for _, p := range pick(verb, subjects) {
			add(access.Fact{Kind: access.Global, Object: access.Site, Verb: verb, Subject: p})
		}
	}
	return access.NewSet(out...)
}

// desiredFacts compiles documents and gives what they want of a live site.
func desiredFacts(t *rapid.T, docs []schema.Document, live access.Set) access.Set {
	desc, diags := schema.Compile(docs, nil, noon)
	if diags.HasErrors() {
		t.Fatalf("compiling:\n%v", diags)
	}
	desired, _ := desc.Desired(access.Known{Facts: live})
	return desired.Facts
}

func TestCompileIsTheInverseOfFromFacts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := drawFacts(t)
		doc := schema.FromFacts(want)
		got := desiredFacts(t, []schema.Document{siteDoc(), doc}, want)
		if diff := cmp.Diff(factLines(want), factLines(got)); diff != "" {
			t.Fatalf("(-want +got):\n%s", diff)
		}
	})
}

func TestBothSyntaxesCompileToTheSameFacts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := drawFacts(t)
		doc := schema.FromFacts(want)
		for _, syntax := range []schema.Syntax{schema.YAML, schema.HCL} {
			text := schema.Render(doc, syntax)
			file := schema.File{Path: "a" + syntax.Ext(), Bytes: text}
			docs, diags := schema.Parse([]schema.File{file})
			if want.Len() == 0 {
				continue // a file that says nothing is refused
			}
			if diags.HasErrors() {
				t.Fatalf("%v\n%s", diags, text)
			}
			got := desiredFacts(t, append(docs, siteDoc()), want)
			if diff := cmp.Diff(factLines(want), factLines(got)); diff != "" {
				t.Fatalf("%v (-want +got):\n%s\n%s", syntax, diff, text)
			}
		}
	})
}

// paid reports whether a group makes a person more than a guest.
func paid(live access.Set, person access.Ref) bool {
	for f := range live.OfKind(access.Product) {
		_, member := live.Get(access.Fact{Kind: access.Member, Object: f.Object, Subject: person})
		if member && f.Value != access.GuestRole && f.Value != "user-access-admin" {
			return true
		}
	}
	return false
}

// beyond reports whether a role is one that no guest may have.
func beyond(live access.Set, role string) bool {
	for f := range live.Of(access.Grants, access.NewRef("space_role", role)) {
		if f.Verb == "administer/space" || f.Verb == "export/space" || f.Verb == "restrict_content/space" {
			return true
		}
	}
	return role == "admin"
}

// TestAnySiteIsDescribedByItsFacts holds that the description of a generated
// site changes nothing there, and says all of it but what none can say.
func TestAnySiteIsDescribedByItsFacts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		live := accesstest.Site().Draw(t, "live")
		// Guests who are not described: with no space, with several, with a role that
		// no guest may have, named on a page elsewhere, or paid for.
		unsaid := make(map[access.Ref]bool)
		for f := range live.OfKind(access.Product) {
			if !f.Object.IsPerson() || f.Value != access.GuestRole {
				continue
			}
			held, custom := 0, false
			spaces := make(map[access.Ref]bool)
			for g := range live.All() {
				if g.Subject == f.Object && (g.Kind == access.Role || g.Kind == access.Permission) {
					held++
					custom = custom || g.Kind == access.Permission || beyond(live, g.Value)
					spaces[g.Object] = true
				}
			}
			for g := range live.OfKind(access.Restrict) {
				custom = custom || g.Subject == f.Object && !spaces[g.Object.PageSpace()]
			}
			unsaid[f.Object] = held != 1 || custom || paid(live, f.Object)
		}
		want := live.Filter(func(f access.Fact) bool {
			switch f.Kind {
			case access.Exists, access.Product:
				return !unsaid[f.Object] && (f.Object.Type() != "space_role" || !slices.Contains(access.SystemRoles, f.Object.ID()))
			case access.Grants:
				return !slices.Contains(access.SystemRoles, f.Object.ID())
			}
			return true
		})
		desc, diags := schema.Compile([]schema.Document{siteDoc(), schema.FromFacts(live)}, nil, noon)
		if diags.HasErrors() {
			t.Fatalf("compiling:\n%v", diags)
		}
		desired, _ := desc.Desired(access.Known{Facts: live})
		if diff := cmp.Diff(factLines(want), factLines(desired.Facts)); diff != "" {
			t.Fatalf("(-want +got):\n%s", diff)
		}
		for f := range live.All() {
			if _, wanted := want.Get(f); !wanted && desired.Scope.Mode(f) == access.Exclusive {
				t.Errorf("the description of the site would take %s away", f)
			}
		}
	})
}

func TestWhatADescriptionCannotHoldIsLeftOut(t *testing.T) {
	live := facts(t, `
exists group:eng
exists group:team
exists space:ENG
exists space_role:viewer
grants space_role:viewer read/space
managed group:team = team
member group:team user:ana@acme.example
role space:ENG app:a1 = viewer
role space:ENG group:eng = viewer
role space:ENG group:team = admin
role space:ENG team:t1 = viewer
`)
	want := facts(t, `
exists group:eng
exists space:ENG
role space:ENG group:eng = viewer
role space:ENG group:team = admin
`)
	desc, diags := schema.Compile([]schema.Document{siteDoc(), schema.FromFacts(live)}, nil, noon)
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	desired, _ := desc.Desired(access.Known{Facts: live})
	if diff := cmp.Diff(factLines(want), factLines(desired.Facts)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestTheOrderOfDocumentsDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		// Two halves of random facts may well contradict each other: the trouble
		// must not depend on the order either.
		docs := []schema.Document{siteDoc(), schema.FromFacts(drawFacts(t)), schema.FromFacts(drawFacts(t)), schema.FromFacts(drawFacts(t))}
		for i := range docs[1:] {
			docs[i+1].File = fmt.Sprintf("%d.weir.yaml", i)
		}
		desc, diags := schema.Compile(docs, nil, noon)
		other, otherDiags := schema.Compile(rapid.Permutation(docs).Draw(t, "order"), nil, noon)
		if diff := cmp.Diff(lines(diags), lines(otherDiags)); diff != "" {
			t.Fatalf("diagnostics differ:\n%s", diff)
		}
		if desc == nil {
			return
		}
		a, _ := desc.Desired(access.Known{})
		b, _ := other.Desired(access.Known{})
		if !a.Facts.Equal(b.Facts) || !maps.Equal(a.Scope.Contents, b.Scope.Contents) || !slices.Equal(a.Scope.Existence, b.Scope.Existence) || !maps.Equal(a.Origins, b.Origins) {
			t.Fatal("the descriptions differ")
		}
	})
}

func TestDesiredIsTheCallersOwn(t *testing.T) {
	desc := compile(t, `
users: {ana@acme.example: {name: Ana}}
spaces: {ENG: {owner: "user:ana@acme.example", roles: {}}}
`)
	first, _ := desc.Desired(access.Known{})
	clear(first.Origins)
	clear(first.Owners)
	clear(first.Labels)
	clear(first.Described)
	clear(first.Scope.Contents)
	second, _ := desc.Desired(access.Known{})
	if len(second.Origins) == 0 || len(second.Owners) == 0 || len(second.Labels) == 0 || len(second.Described) == 0 || len(second.Scope.Contents) == 0 {
		t.Errorf("what one caller does to it, another sees: %+v", second)
	}
}

// organisation is a site of the size of a real one: 2,000 people, 700 groups
// with 7,000 memberships, 300 spaces, and some groups made of others.
func organisation() schema.Document {
	var doc schema.Document
	email := func(i int) schema.Str { return schema.Str{Value: fmt.Sprintf("p%04d@acme.example", i%2000)} }
	for i := range 2000 {
		doc.Users = append(doc.Users, schema.User{Email: email(i)})
	}
	for i := range 700 {
		g := schema.Group{Name: schema.Str{Value: fmt.Sprintf("group-%03d", i)}, Members: &schema.Grants{}}
		for j := range 10 {
			g.Members.Items = append(g.Members.Items, schema.Grant{Who: email(i*37 + j*101)})
		}
		if i >= 697 {
			g.MembersOf = &schema.SetExpr{Any: &schema.List{}}
			for j := range 300 {
				g.MembersOf.Any.Items = append(g.MembersOf.Any.Items, schema.Str{Value: fmt.Sprintf("group-%03d", j)})
			}
		}
		doc.Groups = append(doc.Groups, g)
	}
	for i := range 300 {
		s := schema.Space{Key: schema.Str{Value: fmt.Sprintf("S%d", i)}, Roles: &schema.Roles{}}
		for j, role := range access.SystemRoles {
			s.Roles.Items = append(s.Roles.Items, schema.RoleGrants{Role: schema.Str{Value: role}, Grants: []schema.Grant{{Who: schema.Str{Value: fmt.Sprintf("group:group-%03d", i+j)}}}})
		}
		doc.Spaces = append(doc.Spaces, s)
	}
	return doc
}

func BenchmarkCompile(b *testing.B) {
	docs := []schema.Document{siteDoc(), organisation()}
	for b.Loop() {
		if _, diags := schema.Compile(docs, nil, noon); len(diags) > 0 {
			b.Fatal(diags)
		}
	}
}

func BenchmarkDesired(b *testing.B) {
	desc, diags := schema.Compile([]schema.Document{siteDoc(), organisation()}, nil, noon)
	if len(diags) > 0 {
		b.Fatal(diags)
	}
	want, _ := desc.Desired(access.Known{})
	for b.Loop() {
		desc.Desired(access.Known{Facts: want.Facts})
	}
}
