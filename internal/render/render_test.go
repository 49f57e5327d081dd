package render

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/diag"
	"github.com/weirhq/weir/reconcile"
)

func TestSafe(t *testing.T) {
	for in, want := range map[string]string{
		"Ana Lind":                "Ana Lind",
		"Zoë 雪 ñ":                 "Zoë 雪 ñ",
		"red \x1b[31m":            `red \x1b[31m`,
		"one\ntwo\r":              `one\ntwo\r`,
		"evil\u202egnp.exe":       `evil\u202egnp.exe`,
		"zero\u200bwidth\ufeff":   `zero\u200bwidth\ufeff`,
		"##[error]x C## ###[":     `#\x23[error]x C## ##\x23[`,
		"\x9b2J":                  "\ufffd2J",
		"next\u0085line\u2028end": `next\u0085line\u2028end`,
	} {
		if got := Safe(in); got != want {
			t.Errorf("Safe(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestNumber(t *testing.T) {
	for n, want := range map[int]string{0: "0", 7: "7", 999: "999", 1000: "1,000", 1387: "1,387", 1234567: "1,234,567", -1000: "-1,000", -999: "-999"} {
		if got := Number(n); got != want {
			t.Errorf("Number(%d) = %s, want %s", n, got, want)
		}
	}
}

func TestDuration(t *testing.T) {
	for n, want := range map[int]string{
		0: "under a second", 1: "under a second", 2: "2 s", 89: "89 s", 90: "2 min", 120: "2 min", 121: "3 min", 5399: "90 min", 5400: "2 h", 7201: "3 h",
	} {
		if got := Duration(n); got != want {
			t.Errorf("Duration(%d) = %s, want %s", n, got, want)
		}
	}
}

// Whatever can change has a place in a plan. Who manages a group is only read.
func TestEveryKindHasAPlace(t *testing.T) {
	places := make(map[string]bool)
	for _, kind := range kindOrder {
		places[kind.key] = true
	}
	for kind, spec := range access.Kinds {
		for _, typ := range spec.Objects {
			f := access.Fact{Kind: kind, Object: access.NewRef(typ, "x")}
			if row := reconcile.Counted(f); !places[row] && kind != access.Managed {
				t.Errorf("%s has no place", row)
			}
		}
	}
}

func TestEffort(t *testing.T) {
	for want, plan := range map[string]*reconcile.Plan{
		"acme (embedded), 1 fact compared, 35 requests": {Compared: 1, Requests: 35},
		"acme (embedded), 317 facts compared, 35 requests (at best 33); an apply takes about 92 requests and 20 s": {
			Compared: 317, Requests: 35, Floor: 33, Apply: reconcile.Price{Requests: 92, Seconds: 20},
		},
		"acme (embedded), 2 facts compared, 3 requests; an apply takes about 1 request": {
			Compared: 2, Requests: 3, Apply: reconcile.Price{Requests: 1},
		},
	} {
		plan.Site = reconcile.SiteName{Name: "acme", Product: "embedded"}
		if got := voice(Safe).effort(plan); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

func TestOutsideText(t *testing.T) {
	var list []reconcile.Unknown
	for _, title := range []string{"A", "B", "C", "D \x1b[2J", "E"} {
		list = append(list,
			reconcile.Unknown{Kind: "restrict", Object: "page:HR/" + title, Reason: "it cannot be seen with this account"},
			reconcile.Unknown{Object: "account:" + title, Reason: "it has no address"})
	}
	list = append(list,
		reconcile.Unknown{Kind: "restrict", Object: "blogpost:HR/A", Reason: "it cannot be seen with this account"},
		reconcile.Unknown{Kind: "member", Object: "group:a", Reason: "its members cannot be read"},
		reconcile.Unknown{Kind: "member", Object: "group:b", Reason: "its members cannot be read"},
		reconcile.Unknown{Kind: "global", Reason: "Cloud does not tell them"})
	for _, key := range strings.Split("HIJKLMNO", "") {
		list = append(list, reconcile.Unknown{Object: "space:" + key, Reason: "it is " + key})
	}
	plan := &reconcile.Plan{Unknown: list, Manual: []reconcile.Manual{
		{Fact: "global site create_space group:staff", Steps: []string{"Open the settings", "Tick\nthe box"}, Authority: "a Confluence administrator", Verify: "no interface tells"},
		{Fact: "exists group:okta", Steps: []string{"Make it"}},
	}}
	want := strings.TrimPrefix(`
nothing to apply: 2 steps to do by hand
 (), 0 facts compared, 0 requests

to do by hand (2)
  [ ] global site create_space group:staff
      1. Open the settings
      2. Tick\nthe box
      who can: a Confluence administrator
      afterwards: no interface tells
  [ ] exists group:okta
      1. Make it

not seen, and so neither added nor removed
  ? 5 pages, each: it cannot be seen with this account (page:HR/A, page:HR/B, page:HR/C and 2 more)
  ? 5 people, each: it has no address (account:A, account:B, account:C and 2 more)
  ? blogpost:HR/A: it cannot be seen with this account
  ? group:a: its members cannot be read
  ? group:b: its members cannot be read
  ? the site: Cloud does not tell them
  ? space:H: it is H
  ? space:I: it is I
  ? space:J: it is J
  ? space:K: it is K
  ? space:L: it is L
  and 3 more (--format json lists them)
`, "\n")
	var b strings.Builder
	if err := Plan(&b, plan, Options{}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Error(diff)
	}
}

func TestVerdict(t *testing.T) {
	gain := reconcile.Impact{Class: reconcile.Gains, Gains: true, Was: "view", Is: "edit", Objects: []string{"space:ENG"}, People: []string{"user:a", "user:b"}}
	other, external := gain, gain
	other.People, external.Class = []string{"user:b", "user:c"}, reconcile.ToExternal
	enters := reconcile.Impact{Class: reconcile.Gains, Gains: true, Is: "view", Objects: []string{"site"}, People: []string{"user:a"}}
	leaves := reconcile.Impact{Class: reconcile.Losses, Was: "view", Objects: []string{"site"}, People: []string{"user:a"}}
	resigns := reconcile.Impact{Class: reconcile.Losses, Was: "administration", Is: "view", Objects: []string{"site"}, People: []string{"user:a"}}
	change := []reconcile.Planned{{Op: access.Add, Fact: "exists group:g"}}
	for want, plan := range map[string]*reconcile.Plan{
		"safe to merge: nobody loses anything": {Changes: change},
		"safe to merge: nobody loses anything, 2 people gain edit on ENG, from view": {
			Changes: change, People: reconcile.People{Gaining: 2}, Impacts: []reconcile.Impact{gain},
		},
		"safe to merge: nobody loses anything, 3 people gain something": {
			Changes: change, People: reconcile.People{Gaining: 3}, Impacts: []reconcile.Impact{gain, other},
		},
		"safe to merge: nobody loses anything, 1 person may enter": {
			Changes: change, Impacts: []reconcile.Impact{enters, enters},
		},
		"please review: nobody loses anything, 2 people gain edit on ENG, from view": {
			Changes: change, Impacts: []reconcile.Impact{external},
		},
		"please review: 1 person loses the right to enter": {
			Changes: change, Impacts: []reconcile.Impact{leaves},
		},
		"please review: 1 person loses a permission of the whole site": {
			Changes: change, Impacts: []reconcile.Impact{resigns},
		},
		"please review: 1 of 9 people with access lose something, 2 people gain edit on ENG, from view": {
			Changes: change, People: reconcile.People{WithAccess: 9, Losing: 1, LosingHere: 1, Gaining: 1}, Lost: []reconcile.Reach{{}}, Impacts: []reconcile.Impact{gain},
		},
		"please review: the public loses access": {
			Changes: change, Lost: []reconcile.Reach{{People: []string{"class:anonymous"}}},
		},
		"please review: nobody loses anything, the public gains access": {
			Changes: change, Gained: []reconcile.Reach{{People: []string{"class:anonymous"}}}, Impacts: []reconcile.Impact{{Class: reconcile.ToPublic, Gains: true, Objects: []string{"space:S"}, People: []string{"class:anonymous"}}},
		},
		"please review: 5 of 9 people with access lose something (2 on described spaces)": {
			Changes: change, People: reconcile.People{WithAccess: 9, Losing: 5, LosingHere: 2}, Lost: []reconcile.Reach{{}},
		},
		"stopped by removals.member:7 (3 allowed): nobody loses anything": {
			Changes: change, Budgets: []reconcile.Budget{{Rule: "removals.member", Count: 7, Allowed: 3, Exceeded: true}},
		},
		"stopped by removals.role:1 (0 allowed): nobody loses anything": {
			Changes: change, Budgets: []reconcile.Budget{{Rule: "removals.role", Count: 1, Allowed: 3, Admin: 1, Exceeded: true}},
		},
		"stopped by WR401, anonymous_access (2 times): nobody loses anything": {
			Changes: change, Findings: []reconcile.Finding{
				{Rule: "anonymous_access", Code: "WR301", Level: access.Deny}, {Rule: "anonymous_access", Code: "WR301", Level: access.Deny},
				{Code: "WR401", Level: access.Deny}, {Code: "WR402", Level: access.Warn},
			},
		},
		"nothing to apply: 2 steps to do by hand": {Manual: make([]reconcile.Manual, 2)},
	} {
		if got := Verdict(plan); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

func TestPlanText(t *testing.T) {
	plan := &reconcile.Plan{
		Site: reconcile.SiteName{Name: "acme", Product: "embedded"}, Compared: 1234, Requests: 1, Digest: "d1",
		Summary: map[string]reconcile.Count{"member": {Add: 1, Remove: 1}, "role": {Modify: 1}},
		People:  reconcile.People{WithAccess: 9, Losing: 2, LosingHere: 2, Gaining: 1},
		Names:   map[string]string{"user:ana@acme.example": "Ana Lind"},
		Changes: []reconcile.Planned{
			{Op: access.Add, Fact: "member group:g user:ana@acme.example", Origin: &reconcile.Origin{File: "a.weir.yaml", Line: 3, Column: 5}, Reason: "described"},
			{Op: access.Remove, Fact: "member group:h user:bo@acme.example", Reason: "falls with group:h", ConsequenceOf: "group:h"},
			{Op: access.Modify, Fact: "role space:S group:g = admin", Was: "viewer", Reason: "described"},
		},
		Gained: []reconcile.Reach{{Object: "space:S", Permissions: []string{"administer/space", "read/space"}, People: []string{"user:ana@acme.example"}}},
		Lost: []reconcile.Reach{
			{Object: "space:S", Permissions: []string{"create/page", "read/space"}, People: []string{"class:anonymous", "user:a@x", "user:b@x", "user:c@x", "user:d@x"}},
			{Object: "space:S", Permissions: []string{"read/space"}, People: []string{"user:a@x"}},
			{Object: "space:S", Permissions: []string{"export/space"}, People: []string{"user:a@x"}},
		},
		Impacts: []reconcile.Impact{
			{Class: reconcile.ToPublic, Gains: true, Is: "view", Cause: reconcile.Cause{Kind: "role", Subject: "class:anonymous", Is: "viewer"}, Objects: []string{"space:S"}, People: []string{"class:anonymous"}},
			{Class: reconcile.ToGuests, Gains: true, Is: "view", Cause: reconcile.Cause{Kind: "role", Subject: "user:a@x", Is: "viewer"}, Objects: []string{"space:S"}, People: []string{"user:a@x"}},
			{Class: reconcile.ToAdmins, Gains: true, Was: "view", Is: "administration", Cause: reconcile.Cause{Kind: "product", Is: "admin"}, Objects: []string{"site"}, People: []string{"user:ana@acme.example"}},
			{Class: reconcile.Losses, Was: "edit", Cause: reconcile.Cause{Kind: "exists", Is: "suspended"}, Objects: []string{"space:A", "space:B", "space:C", "space:D"}, People: []string{"user:a@x", "user:b@x", "user:c@x", "user:d@x"}},
			{Class: reconcile.Losses, Was: "administration", Is: "edit", Cause: reconcile.Cause{Kind: "grants", Subject: "space_role:r"}, Objects: []string{"space:S"}, People: []string{"user:a@x"}},
			{Class: reconcile.Losses, Was: "view", Cause: reconcile.Cause{Kind: "restrict", Was: "open", Is: "restricted"}, Objects: []string{"page:S/P", "page:S/Q"}, People: []string{"user:a@x", "user:b@x"}},
			{Class: reconcile.Losses, Was: "edit", Is: "edit", Cause: reconcile.Cause{Kind: "permission", Subject: "group:g", Was: "edit", Is: "edit"}, Permissions: []string{"export/space"}, Objects: []string{"space:S"}, People: []string{"user:a@x"}},
			{Class: reconcile.Losses, Was: "view", Cause: reconcile.Cause{Kind: "exists", Subject: "group:h"}, Reason: "not described", Objects: []string{"space:S"}, People: []string{"user:a@x"}},
			{Class: reconcile.Losses, Was: "edit", Is: "view", Cause: reconcile.Cause{Kind: "status", Is: "archived"}, Objects: []string{"space:S"}, People: []string{"user:a@x", "user:b@x"}},
			{Class: reconcile.Gains, Gains: true, Is: "edit", Cause: reconcile.Cause{Kind: "member", Subject: "group:g"}, Reason: reconcile.Described, Origin: &reconcile.Origin{File: "a.weir.yaml", Line: 3, Column: 5}, Objects: []string{"space:S"}, People: []string{"user:ana@acme.example"}},
			{Class: reconcile.Gains, Gains: true, Is: "part", Cause: reconcile.Cause{}, Objects: []string{"space:S"}, People: []string{"user:c@x"}},
		},
		Unknown: []reconcile.Unknown{{Kind: "role", Object: "space:X", Reason: "it may not be read"}},
		Observed: []reconcile.Observed{
			{Op: access.Add, Fact: "role space:W group:g = viewer", Origin: &reconcile.Origin{File: "a.weir.yaml", Line: 7, Column: 1}},
			{Op: access.Modify, Fact: "role space:W group:h = viewer", Was: "admin"},
			{Op: access.Remove, Fact: "role space:W group:i = viewer"},
		},
		Assertions: []reconcile.Claim{{Name: "closed", Holds: true, Obtainable: []reconcile.Obtainable{{Person: "user:a@x", How: "open an admin key", Object: "space:S", Objects: 3}}}},
		Proofs:     []reconcile.Claim{{Name: "no_new_access", Failed: 2}},
		Kept:       []reconcile.KeptFact{{Fact: "exists space:OLD", Reason: "not described"}},
		Findings:   []reconcile.Finding{{Code: "WR303", Rule: "two_space_admins", Level: access.Warn, Object: "space:S", Owner: "group:o", Message: "few admins", Hint: "add one"}},
		Budgets:    []reconcile.Budget{{Rule: "removals.member", Count: 1234, Live: 5000, Allowed: 200, Exceeded: true, Accept: "removals.member:1234@d1"}},
	}
	want := strings.TrimPrefix(`
stopped by removals.member:1234 (200 allowed): 2 of 9 people with access lose something, the public loses access, 3 people gain something
acme (embedded), 1,234 facts compared, 1 request

opened
  the public gains view on S: the public is given viewer
  guest a@x gains view on S: a@x is given viewer
  Ana Lind gains administration of the site: becomes a product admin

people who lose
  a@x loses administration on S, and keeps edit: the role r permits something else
  4 people (a@x, b@x, c@x …) lose all access to 4 spaces (A, B, C …), up to edit: they are suspended
  a@x and b@x lose edit on S, and keep view: archived
  a@x loses export/space on S: group g is given other permissions
  a@x and b@x lose all access to page "P" in S and page "Q" in S: restricted
  a@x loses all access to S: group h is removed  # not described

people who gain
  Ana Lind gains edit on S: joins group g  # a.weir.yaml:3:5
  c@x gains some permissions on S: several changes together

changes (- removed, ~ changed, + added)
  group h
    - member user:bo@acme.example  # falls with group:h
  group g
    + member user:ana@acme.example  # a.weir.yaml:3:5
  S
    ~ role group:g = admin (was viewer)  # described

not seen, and so neither added nor removed
  ? space:X: it may not be read

only observed (3)
    + role space:W group:g = viewer  # described, and not there, a.weir.yaml:7:1
    ~ role space:W group:h = viewer  # described otherwise: there it is admin
    - role space:W group:i = viewer  # there, and not described

left as it is (1)
    exists space:OLD  # not described

findings
  warn WR303 few admins (owner: group:o) (add one)

assertions (1 of 2 hold)
    closed: holds
      user:a@x could open an admin key, of space:S and 2 more
    no_new_access: does not hold

budgets exceeded
  WR402 removals.member: 1,234 of 5,000, 200 allowed: exceeded

to accept exactly this, once, after a review:
  --accept removals.member:1234@d1

plan: memberships +1 -1, role assignments ~1
digest: d1
`, "\n")
	var b strings.Builder
	if err := Plan(&b, plan, Options{}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Error(diff)
	}
	// Colour adds nothing but escapes.
	var coloured strings.Builder
	if err := Plan(&coloured, plan, Options{Color: true}); err != nil {
		t.Fatal(err)
	}
	plain := coloured.String()
	for _, code := range []string{red, green, yellow, bold, dim, "0"} {
		plain = strings.ReplaceAll(plain, "\x1b["+code+"m", "")
	}
	if diff := cmp.Diff(want, plain); diff != "" {
		t.Errorf("with colours the words differ:\n%s", diff)
	}
}

func TestDiagnosticsText(t *testing.T) {
	list := diag.List{{
		Code: "WR201", Summary: `group "enginering" is not described`, Hint: `did you mean "engineering"?`, Detail: "A role names it.",
		Range:   diag.Range{File: "a.weir.yaml", Start: diag.Pos{Line: 2, Column: 4}, End: diag.Pos{Line: 2, Column: 8}},
		Related: []diag.Related{{Message: "used here", Range: diag.At("b.weir.yaml", 9, 1)}},
	}, {Code: "WR110", Severity: diag.Warning, Summary: "nothing here", Range: diag.Range{File: "empty"}}}
	want := strings.TrimPrefix(`
error WR201: a.weir.yaml:2:4: group "enginering" is not described (did you mean "engineering"?)
  | ab enginering
  |    ^^^^
    A role names it.
    b.weir.yaml:9:1: used here
warning WR110: empty: nothing here
`, "\n")
	var b strings.Builder
	source := func(file string) string { return map[string]string{"a.weir.yaml": "first\r\nab\tenginering\r\n"}[file] }
	if err := Diagnostics(&b, list, source, Options{}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Error(diff)
	}
}
