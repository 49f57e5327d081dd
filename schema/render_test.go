package schema

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/rogpeppe/go-internal/txtar"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/diag"
)

// samePlaces compares documents by what they say, not by where they say it.
var samePlaces = cmp.Options{
	cmpopts.IgnoreTypes(diag.Range{}),
	cmpopts.IgnoreFields(Document{}, "File"),
	cmpopts.EquateEmpty(),
}

// parseOne parses a single file that must have no trouble.
func parseOne(t testing.TB, syntax Syntax, text []byte) Document {
	t.Helper()
	doc, diags := parseFile(File{Path: "test" + syntax.Ext(), Bytes: text})
	if diags != nil {
		t.Fatalf("%s does not parse:\n%v\n%s", syntax, diags, text)
	}
	return doc
}

type fatal interface {
	Helper()
	Fatalf(format string, args ...any)
}

// sameWhenRendered checks that a document survives both syntaxes.
func sameWhenRendered(t fatal, doc Document) {
	t.Helper()
	for _, syntax := range []Syntax{YAML, HCL} {
		text := Render(doc, syntax)
		got, diags := parseFile(File{Path: "test" + syntax.Ext(), Bytes: text})
		if diags != nil {
			t.Fatalf("the rendered %s does not parse:\n%v\n%s", syntax, diags, text)
		}
		if diff := cmp.Diff(doc, got, samePlaces); diff != "" {
			t.Fatalf("the document changed on its way through %s (-want +got):\n%s\n%s", syntax, diff, text)
		}
		if again := Render(got, syntax); string(again) != string(text) {
			t.Fatalf("rendering twice gives two files:\n%s\n%s", text, again)
		}
	}
}

func TestRenderKeepsEveryDocument(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { sameWhenRendered(t, documents.Draw(t, "document")) })
}

// TestCompileTakesEveryDocument holds that no document that a file can say stops
// Compile short, and that whatever it says of one has its place and voice.
func TestCompileTakesEveryDocument(t *testing.T) {
	now := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	rapid.Check(t, func(rt *rapid.T) {
		text := Render(documents.Draw(rt, "document"), YAML)
		docs, _ := Parse([]File{{Path: "a.weir.yaml", Bytes: text}, {Path: "b.weir.yaml", Bytes: []byte("weir: v1\nsite: {name: acme}\n")}})
		desc, diags := Compile(docs, nil, now)
		for _, d := range diags {
			checkVoice(t, d)
		}
		if (desc == nil) != diags.HasErrors() {
			rt.Fatalf("description %v beside\n%v", desc, diags)
		}
		if desc != nil {
			desc.Desired(access.Known{})
		}
	})
}

// TestRenderGolden pins what rendered files look like.
func TestRenderGolden(t *testing.T) {
	const name = "testdata/render/acme.txtar"
	archive, err := txtar.ParseFile(name)
	if err != nil {
		t.Fatal(err)
	}
	const in = "in.weir.yaml"
	i := slices.IndexFunc(archive.Files, func(f txtar.File) bool { return f.Name == in })
	doc := parseOne(t, YAML, archive.Files[i].Data)
	comments := Comments{
		"":                   "All of acme.\n\nWritten by hand.",
		"group:engineering":  "Builds the product.\r\nAsk\u2028Ana.\x1b[31m",
		"user:ana@acme.test": "Lead",
		"space:ENG":          "The main space",
		"space_role:unused":  "nobody sees this",
	}
	got := []txtar.File{archive.Files[i]}
	for _, syntax := range []Syntax{YAML, HCL} {
		text := RenderCommented(doc, syntax, comments)
		if diff := cmp.Diff(doc, parseOne(t, syntax, text), samePlaces); diff != "" {
			t.Errorf("the document changed on its way through %s (-want +got):\n%s", syntax, diff)
		}
		got = append(got, txtar.File{Name: "out" + syntax.Ext(), Data: text})
	}
	if *update {
		archive.Files = got
		if err := os.WriteFile(name, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(txtar.Format(archive)), string(txtar.Format(&txtar.Archive{Comment: archive.Comment, Files: got}))); diff != "" {
		t.Errorf("the rendered files differ (-want +got), run with -update if this is meant:\n%s", diff)
	}
}

// awkward are texts that some reader takes for something else.
var awkward = []string{
	"NO", "on", "y", "1E3", "1E30123", "0xFFFFFFFFFFFFFFFFFFFFFF", "0123", "1.10", "1_000", "0x1F", "12:30", "2026-12-31", "2026-12-31T00:00:00Z", "null", "~", "~ana", "true", "False",
	"<<", "=", "-", "- a", "a: b", "a:", ":a", "a #b", "#a", "[a]", "{a}", "a,b", "*", "&a", "!a", "|", ">", "%", "@a", "`a`", "'", `"`, `\`, `\n`,
	"$", "$$", "${", "$${", "$$${", "${a}", "$${a}", "%{", "%%{", "%{ if }", "}", "~}", "a${b", " a", "a ", "a  b", "é", "日本", "\u00a0", "\u200b", "\U0001f600",
	"\U0001f468\u200d\U0001f469", "\u2028", "\ufeff", "\ufffe", "for", "if", "engineering", "ana@acme.example", "group:okta-*", "10%", ".5", "+1", "-1", "1e3", ".inf", ".nan", "0b1", "0o7",
}

var (
	anyText = rapid.Custom(func(t *rapid.T) string {
		return norm.NFC.String(rapid.OneOf(
			rapid.SampledFrom(awkward),
			rapid.StringMatching(`[a-z][a-z0-9-]{0,30}`),
			rapid.Custom(func(t *rapid.T) string {
				return strings.Join(rapid.SliceOfN(rapid.SampledFrom(awkward), 1, 4).Draw(t, "pieces"), "")
			}),
			rapid.StringMatching(`[[:^cntrl:]]{1,12}`),
		).Filter(func(s string) bool { return !strings.ContainsRune(s, '\u0085') && !hasControl(s) }).Draw(t, "text"))
	})
	plainStr = rapid.Map(anyText, func(s string) Str { return Str{Value: s} })
	proseStr = rapid.Map(rapid.SliceOfN(anyText, 1, 3), func(s []string) Str { return Str{Value: strings.Join(s, "\n")} })
	dayStr   = rapid.Custom(func(t *rapid.T) Str {
		return Str{Value: fmt.Sprintf("20%02d-%02d-%02d", rapid.IntRange(0, 99).Draw(t, "y"), rapid.IntRange(1, 12).Draw(t, "m"), rapid.IntRange(1, 31).Draw(t, "d"))}
	})
	parameter   = rapid.StringMatching(`[a-z][a-z0-9_-]{0,8}`).Filter(isParameter)
	templateStr = rapid.Custom(func(t *rapid.T) Str {
		var parts []Part
		for range rapid.IntRange(1, 4).Draw(t, "parts") {
			if rapid.Bool().Draw(t, "parameter") {
				parts = append(parts, Part{Parameter: parameter.Draw(t, "name")})
			} else if s := anyText.Draw(t, "literal"); !strings.HasSuffix(s, "$") {
				parts = append(parts, Part{Literal: s})
			}
		}
		n := textNode(parts, quoted, diag.Range{})
		if n.text == "" {
			n.text = "x"
		}
		return Str{Value: n.text, Parts: n.parts}
	})
	number01 = rapid.Map(rapid.IntRange(0, 1e9), func(v int) Num { return Num{Value: float64(v) / 1e9} })
	counts   = rapid.Map(rapid.IntRange(-5, 1e6), func(v int) Num { return Num{Value: float64(v)} })
	shares   = rapid.OneOf(rapid.Map(rapid.IntRange(0, 100), func(v int) Num { return Num{Value: float64(v) / 100} }), number01)
	ruleStr  = rapid.Map(parameter.Filter(func(s string) bool { return s != waivers }), func(s string) Str { return Str{Value: s} })
	truths   = rapid.Map(rapid.Bool(), func(v bool) Bool { return Bool{Value: v} })
	modes    = rapid.SampledFrom([]Str{{Value: "exclusive"}, {Value: "additive"}})
)

func hasControl(s string) bool {
	_, bad := control(&node{text: s}, oneLine)
	return bad
}

func maybe[V any](t *rapid.T, g *rapid.Generator[V], label string) *V {
	if rapid.Bool().Draw(t, "has "+label) {
		v := g.Draw(t, label)
		return &v
	}
	return nil
}

// few draws up to three values that have different names.
func few[V any](t *rapid.T, g *rapid.Generator[V], label string, name func(V) Str) []V {
	return rapid.SliceOfNDistinct(g, 0, 3, func(v V) string { return fmt.Sprint(name(v).Value, name(v).Parts != nil) }).Draw(t, label)
}

func listsOf(g *rapid.Generator[Str]) *rapid.Generator[List] {
	return rapid.Custom(func(t *rapid.T) List { return List{Items: rapid.SliceOfN(g, 0, 5).Draw(t, "items")} })
}

func grantsOf(g *rapid.Generator[Str]) *rapid.Generator[[]Grant] {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Grant {
		return Grant{Who: g.Draw(t, "who"), Until: maybe(t, dayStr, "until"), Reason: maybe(t, proseStr, "reason")}
	}), 0, 5)
}

func groupsOf(g *rapid.Generator[Str]) *rapid.Generator[Group] {
	set := rapid.Custom(func(t *rapid.T) SetExpr {
		s := SetExpr{All: maybe(t, listsOf(g), "all"), Except: maybe(t, listsOf(g), "except")}
		if s.Any = maybe(t, listsOf(g), "any"); s.Any == nil && s.All == nil {
			s.Any = &List{}
		}
		return s
	})
	return rapid.Custom(func(t *rapid.T) Group {
		v := Group{Name: g.Draw(t, "name"), Description: maybe(t, proseStr, "description"), MembersOf: maybe(t, set, "members_of"), ProductRole: maybe(t, g, "product_role"), ManagedBy: maybe(t, g, "managed_by"), Owner: maybe(t, g, "owner")}
		if rapid.Bool().Draw(t, "has members") {
			v.Members = &Grants{Items: grantsOf(g).Draw(t, "members")}
		}
		return v
	})
}

func rolesOf(g *rapid.Generator[Str]) *rapid.Generator[Roles] {
	return rapid.Custom(func(t *rapid.T) Roles {
		return Roles{Items: few(t, rapid.Custom(func(t *rapid.T) RoleGrants {
			return RoleGrants{Role: g.Draw(t, "role"), Grants: grantsOf(g).Draw(t, "grants")}
		}), "roles", func(r RoleGrants) Str { return r.Role })}
	})
}

func permissionsOf(g *rapid.Generator[Str]) *rapid.Generator[Permissions] {
	return rapid.Custom(func(t *rapid.T) Permissions {
		return Permissions{Items: few(t, rapid.Custom(func(t *rapid.T) PermissionGrants {
			return PermissionGrants{Who: g.Draw(t, "who"), IDs: listsOf(g).Draw(t, "ids")}
		}), "permissions", func(p PermissionGrants) Str { return p.Who })}
	})
}

func guestRulesOf(g *rapid.Generator[Str]) *rapid.Generator[GuestRules] {
	return rapid.Custom(func(t *rapid.T) GuestRules {
		return GuestRules{Allow: maybe(t, truths, "allow"), Domains: maybe(t, listsOf(g), "domains"), Max: maybe(t, counts, "max")}
	})
}

// ruleWords are the keys of a space's guests that cannot be names of roles.
var ruleWords = []string{"allow", "domains", "max"}

var spaceGuestsGen = rapid.Custom(func(t *rapid.T) SpaceGuests {
	rules := guestRulesOf(plainStr).Draw(t, "rules")
	roles := rolesOf(plainStr.Filter(func(s Str) bool { return !slices.Contains(ruleWords, s.Value) })).Draw(t, "guests")
	return SpaceGuests{GuestRules: rules, Roles: roles.Items}
})

func pagesOf(t *rapid.T, g *rapid.Generator[Str], label string) []Page {
	list := grantListsOf(g)
	return few(t, rapid.Custom(func(t *rapid.T) Page {
		return Page{Title: plainStr.Draw(t, "title"), View: maybe(t, list, "view"), Edit: maybe(t, list, "edit")}
	}), label, func(p Page) Str { return p.Title })
}

func grantListsOf(g *rapid.Generator[Str]) *rapid.Generator[Grants] {
	return rapid.Map(grantsOf(g), func(items []Grant) Grants { return Grants{Items: items} })
}

// amounts are numbers as somebody wrote them: with zeros that mean nothing, and
// with more digits than a float64 tells apart.
var amounts = rapid.Map(rapid.StringMatching(`(0|[1-9][0-9]{0,14})(\.[0-9]{1,15})?`), func(s string) Str { return Str{Value: s} })

var seatsGen = rapid.Custom(func(t *rapid.T) Seats {
	s := Seats{
		Currency: maybe(t, plainStr, "currency"), Per: maybe(t, plainStr, "per"),
		Limit: maybe(t, counts, "limit"), SiteLimit: maybe(t, counts, "site_limit"), Renews: maybe(t, dayStr, "renews"),
	}
	if rapid.Bool().Draw(t, "has tiers") {
		s.Tiers = &SeatTiers{Items: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) SeatTier {
			return SeatTier{To: maybe(t, counts, "to"), Each: maybe(t, amounts, "each"), Total: maybe(t, amounts, "total")}
		}), 0, 3).Draw(t, "tiers")}
	}
	return s
})

var ownedKindsGen = rapid.Custom(func(t *rapid.T) []OwnedKind {
	var kinds []OwnedKind
	for _, key := range []string{"users", "groups", "space_roles", "spaces"} {
		switch rapid.IntRange(0, 2).Draw(t, key) {
		case 1:
			kinds = append(kinds, OwnedKind{Key: Str{Value: key}, Mode: maybe(t, modes, "mode")})
		case 2:
			kinds = append(kinds, OwnedKind{Key: Str{Value: key}, Parts: few(t, rapid.Custom(func(t *rapid.T) OwnedKindPart {
				return OwnedKindPart{Key: plainStr.Draw(t, "part"), Mode: modes.Draw(t, "mode")}
			}), "parts", func(p OwnedKindPart) Str { return p.Key })})
		}
	}
	return slices.DeleteFunc(kinds, func(k OwnedKind) bool { return k.Mode == nil && k.Parts == nil })
})

// periods are durations in days.
var periods = rapid.Map(rapid.IntRange(1, maxDays), func(n int) Days { return Days{Value: float64(n)} })

var personalGen = rapid.Custom(func(t *rapid.T) PersonalSpaces {
	archive := Str{Value: "archive"}
	p := PersonalSpaces{
		Create: maybe(t, plainStr, "create"), By: maybe(t, listsOf(plainStr), "by"), Gate: maybe(t, plainStr, "gate"),
		Requests: maybe(t, grantListsOf(plainStr), "requests"), Hold: maybe(t, listsOf(plainStr), "hold"), Batch: maybe(t, counts, "batch"),
	}
	if rapid.Bool().Draw(t, "has roles") {
		p.Roles = maybe(t, rolesOf(plainStr), "roles")
	}
	if rapid.Bool().Draw(t, "has limits") {
		p.Limits = &GrantLimits{Role: maybe(t, plainStr, "role"), To: maybe(t, listsOf(plainStr), "to"), Never: maybe(t, listsOf(plainStr), "never")}
	}
	after := periods.Draw(t, "after")
	if rapid.Bool().Draw(t, "has owner_left") {
		p.OwnerLeft = &OwnerLeft{When: maybe(t, listsOf(plainStr), "when"), After: &after, Then: &archive, DeleteAfter: maybe(t, periods, "delete_after")}
	}
	if rapid.Bool().Draw(t, "has unused") {
		p.Unused = &UnusedSpace{After: &after, Then: &archive}
	}
	return p
})

// documents draws any document that a file can say.
var documents = rapid.Custom(func(t *rapid.T) Document {
	var d Document
	d.Version = maybe(t, plainStr, "weir")
	if rapid.Bool().Draw(t, "has site") {
		d.Site = &Site{Name: plainStr.Draw(t, "name"), Product: maybe(t, plainStr, "product"), Plan: maybe(t, plainStr, "plan"), Timezone: maybe(t, plainStr, "timezone")}
	}
	if rapid.Bool().Draw(t, "has ownership") {
		d.Ownership = &Ownership{
			Kinds:   ownedKindsGen.Draw(t, "kinds"),
			Globals: maybe(t, modes, "global_permissions"),
			Rules: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) OwnershipRule {
				return OwnershipRule{Match: plainStr.Draw(t, "match"), Kinds: ownedKindsGen.Draw(t, "kinds")}
			}), 0, 3).Draw(t, "rules"),
			Ignore: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Ignore {
				return Ignore{Object: plainStr.Draw(t, "object"), Reason: maybe(t, proseStr, "reason"), Owner: maybe(t, plainStr, "owner"), Until: maybe(t, dayStr, "until")}
			}), 0, 3).Draw(t, "ignore"),
		}
	}
	d.External = maybe(t, listsOf(plainStr), "external")
	if rapid.Bool().Draw(t, "has protect") {
		d.Protect = &Protect{Admins: maybe(t, listsOf(plainStr), "admins"), MinSpaceAdmins: maybe(t, counts, "min")}
	}
	limit := rapid.Custom(func(t *rapid.T) Limit {
		return Limit{Ratio: maybe(t, shares, "ratio"), Max: maybe(t, counts, "max"), Free: maybe(t, counts, "free")}
	})
	if rapid.Bool().Draw(t, "has budget") {
		unattended := rapid.Custom(func(t *rapid.T) Unattended { return Unattended{RemovalsPerDay: maybe(t, counts, "per day")} })
		d.Budget = &Budget{Removals: maybe(t, limit, "removals"), PeopleLosingAccess: maybe(t, limit, "people"), Unattended: maybe(t, unattended, "unattended")}
	}
	d.Seats = maybe(t, seatsGen, "seats")
	d.Tokens = maybe(t, rapid.Map(rapid.IntRange(1, maxDays), func(n int) TokenWatch { return TokenWatch{Warn: &Days{Value: float64(n)}} }), "tokens")
	d.Policies = few(t, rapid.Custom(func(t *rapid.T) Policy {
		return Policy{Rule: ruleStr.Draw(t, "rule"), Level: maybe(t, plainStr, "level"), Allow: maybe(t, listsOf(plainStr), "allow")}
	}), "policies", func(p Policy) Str { return p.Rule })
	d.Absent = maybe(t, listsOf(plainStr), "absent")
	d.Users = few(t, rapid.Custom(func(t *rapid.T) User {
		return User{Email: plainStr.Draw(t, "email"), Name: maybe(t, plainStr, "name"), State: maybe(t, plainStr, "state")}
	}), "users", func(u User) Str { return u.Email })
	d.Groups = few(t, groupsOf(plainStr), "groups", func(g Group) Str { return g.Name })
	d.Guests = few(t, rapid.Custom(func(t *rapid.T) Guest {
		return Guest{Email: plainStr.Draw(t, "email"), Name: maybe(t, plainStr, "name"), Space: plainStr.Draw(t, "space"), Role: maybe(t, plainStr, "role"), Until: maybe(t, dayStr, "until"), Reason: maybe(t, proseStr, "reason")}
	}), "guests", func(g Guest) Str { return g.Email })
	if rapid.Bool().Draw(t, "has global_permissions") {
		list := grantListsOf(plainStr)
		d.Globals = &Globals{
			Use: maybe(t, list, "use"), Administer: maybe(t, list, "administer"), CreateSpace: maybe(t, list, "create_space"),
			PersonalSpace: maybe(t, list, "personal_space"), SystemAdminister: maybe(t, list, "system_administer"), ViewProfiles: maybe(t, list, "view_profiles"),
		}
	}
	d.Personal = maybe(t, personalGen, "personal_spaces")
	d.SpaceRoles = few(t, rapid.Custom(func(t *rapid.T) SpaceRole {
		return SpaceRole{Name: plainStr.Draw(t, "name"), Description: maybe(t, proseStr, "description"), Permissions: maybe(t, listsOf(plainStr), "permissions")}
	}), "space_roles", func(r SpaceRole) Str { return r.Name })
	inside := rapid.OneOf(plainStr, templateStr)
	d.Archetypes = few(t, rapid.Custom(func(t *rapid.T) Archetype {
		return Archetype{
			Name: plainStr.Draw(t, "name"),
			Parameters: few(t, rapid.Custom(func(t *rapid.T) Parameter {
				return Parameter{Name: plainStr.Draw(t, "name"), Default: maybe(t, plainStr, "default")}
			}), "parameters", func(p Parameter) Str { return p.Name }),
			Groups: few(t, groupsOf(inside), "groups", func(g Group) Str { return g.Name }),
			Roles:  maybe(t, rolesOf(inside), "roles"), Permissions: maybe(t, permissionsOf(inside), "permissions"),
			Guests: maybe(t, guestRulesOf(inside), "guests"), Pages: pagesOf(t, inside, "pages"), BlogPosts: pagesOf(t, inside, "blog_posts"),
		}
	}), "archetypes", func(a Archetype) Str { return a.Name })
	d.Spaces = few(t, rapid.Custom(func(t *rapid.T) Space {
		return Space{
			Key: plainStr.Draw(t, "key"), Name: maybe(t, plainStr, "name"), Status: maybe(t, plainStr, "status"), Owner: maybe(t, plainStr, "owner"),
			Classification: maybe(t, plainStr, "classification"), Archetype: maybe(t, plainStr, "archetype"), Roles: maybe(t, rolesOf(plainStr), "roles"),
			Permissions: maybe(t, permissionsOf(plainStr), "permissions"), Guests: maybe(t, spaceGuestsGen, "guests"),
			Pages: pagesOf(t, plainStr, "pages"), BlogPosts: pagesOf(t, plainStr, "blog_posts"), Watch: maybe(t, truths, "watch"),
			With: few(t, rapid.Custom(func(t *rapid.T) Argument {
				return Argument{Name: plainStr.Draw(t, "name"), Value: plainStr.Draw(t, "value")}
			}), "with", func(a Argument) Str { return a.Name }),
		}
	}), "spaces", func(s Space) Str { return s.Key })
	if cmp.Equal(d, Document{}, samePlaces) {
		d.Version = &Str{Value: "v1"} // a file that says nothing is refused
	}
	return d
})
