package redacted_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/access/accesstest"
	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/redacted"
)

var patterns = []access.Pattern{"group:okta-*", "group:*-old", "user:*@acme.example", "user:ext-*", "space:TEAM-*", "user:p*", "page:HR/Pay*"}

func redactor(key string) *redacted.Redactor {
	return redacted.New([]byte(key), redacted.Known{
		Refs: map[access.Ref]bool{"group:leads": true, "user:ana@acme.example": true, "space:HR": true, "page:HR/Open": true}, Patterns: patterns,
		Domains: []string{"own.example"}, Texts: map[string]bool{"People": true}, IDs: map[access.Ref]string{"group:leads": "1"},
	})
}

// TestRef: what is named stays, and so does the product's own; everything else has
// a pseudonym that exactly the same patterns cover.
func TestRef(t *testing.T) {
	r := redactor("key")
	for _, ref := range []access.Ref{"group:leads", "user:ana@acme.example", "space:HR", "page:HR/Open", "site", "class:anonymous", "space_role:viewer", "account:1", ""} {
		if got := r.Ref(ref); got != ref {
			t.Errorf("%s has the pseudonym %s", ref, got)
		}
	}
	for ref, begins := range map[access.Ref]string{
		"group:moles": "group:group-", "group:okta-moles": "group:okta-", "group:okta-moles-old": "group:okta-", "group:moles-old": "group:",
		"user:eve@acme.example": "user:", "user:ext-eve@partner.example": "user:ext-", "user:eve@partner.example": "user:somebody-", "user:pat@partner.example": "user:p",
		"user:eve@own.example": "user:somebody-", "space:TEAM-SECRET": "space:TEAM-", "space:~eve": "space:~", "account:77": "account:account-",
		"page:HR/Secret": "page:HR/page-", "page:HR/Pay bands": "page:HR/Pay", "page:SECRET/Plan": "page:space-", "blogpost:HR/Open": "blogpost:HR/blogpost-", "space_role:molehill": "space_role:role-", "team:77": "team:team-",
	} {
		got := r.Ref(ref)
		if !strings.HasPrefix(string(got), begins) || got == ref || strings.Contains(string(got), "eve") || strings.Contains(string(got), "mole") || strings.Contains(string(got), "SECRET") {
			t.Errorf("%s has the pseudonym %s, want %s…", ref, got, begins)
		}
		for _, p := range patterns {
			if p.Match(ref) != p.Match(got) {
				t.Errorf("%s covers %s: %t, and %s: %t", p, ref, p.Match(ref), got, p.Match(got))
			}
		}
		if r.Ref(ref) != got || redactor("key").Ref(ref) != got || redactor("another").Ref(ref) == got {
			t.Errorf("the pseudonym of %s is not that of the key", ref)
		}
	}
	for ref, domain := range map[access.Ref]string{"user:eve@own.example": "@own.example", "user:eve@acme.example": "@acme.example", "user:eve@partner.example": ".invalid"} {
		if got := r.Ref(ref); !strings.HasSuffix(string(got), domain) {
			t.Errorf("%s has the pseudonym %s", ref, got)
		}
	}
	if a, b := r.Ref("user:a@partner.example"), r.Ref("user:b@partner.example"); after(a) != after(b) || after(a) == after(r.Ref("user:a@third.example")) {
		t.Errorf("people of one domain are not of one: %s, %s", a, b)
	}
	if r.Loose() != 0 {
		t.Errorf("%d have no pseudonym that fits", r.Loose())
	}
}

// TestLoose: where no pseudonym fits, it is counted, and still no name.
func TestLoose(t *testing.T) {
	r := redacted.New([]byte("key"), redacted.Known{Patterns: []access.Pattern{"group:*AB*", "group:*BA*"}})
	got := r.Ref("group:ABBA")
	if r.Loose() != 1 || strings.Contains(string(got), "ABBA") {
		t.Errorf("%s, %d", got, r.Loose())
	}
}

func after(r access.Ref) string {
	_, domain, _ := strings.Cut(string(r), "@")
	return domain
}

// TestObservation: as many facts, ids and unknowns as before, whoever can do what
// as before, and nothing that the site has worded.
func TestObservation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := accesstest.Worlds().Draw(t, "world")
		obs := site.Observation{
			Site: "https://wiki.hidden.example", Account: "user:weir@hidden.example", Facts: w.Facts, Parents: w.Beside.Parents, Permissions: w.Beside.Permissions,
			Labels: map[access.Ref]string{"user:p0@acme.example": "Hidden Name"}, Elsewhere: map[access.Ref][]string{"group:g0": {"Jira user on hidden", "Trello on hidden"}},
			Unknown: []access.Unknown{{Object: "group:g1", Reason: "hidden by the site"}}, Unclaimed: map[access.Ref]bool{"user:p1@acme.example": true},
			Traits: site.Traits{Super: w.Beside.Super}, Reread: "hidden", IDs: map[access.Ref]string{"group:g0": "1", "group:leads": "1"},
		}
		r := redacted.New([]byte("key"), redacted.Known{})
		got := r.Observation(obs)
		if got.Facts.Len() != obs.Facts.Len() || len(got.Unknown) != 1 || len(got.Unclaimed) != 1 || len(got.Elsewhere[r.Ref("group:g0")]) != 2 || len(got.IDs) != 2 || len(got.Parents) != len(obs.Parents) {
			t.Fatalf("%+v", got)
		}
		var text strings.Builder
		for f := range got.Facts.All() {
			text.WriteString(f.String() + "\n")
		}
		for _, s := range []any{got.Site, got.Account, got.Labels, got.Elsewhere, got.Unknown, got.Reread} {
			text.WriteString(strings.ToLower(strings.TrimSpace(fmt.Sprint(s))))
		}
		if strings.Contains(text.String(), "hidden") {
			t.Fatal(text.String())
		}
		before, after := obs.Beside().View(obs.Facts), got.Beside().View(got.Facts)
		for _, p := range before.People() {
			for _, o := range before.Objects() {
				if a, b := before.Rights(p, o), after.Rights(r.Ref(p), r.Ref(o)); a != b {
					t.Fatalf("%s may do %v to %s, and %s %v", p, a.IDs(), o, r.Ref(p), b.IDs())
				}
			}
		}
		if len(before.People()) != len(after.People()) {
			t.Fatal("there are other people")
		}
	})
}

// TestRecords: records are about pseudonyms, and a label that the description does
// not name has one, too.
func TestRecords(t *testing.T) {
	when := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	obs := site.Observation{
		People: map[access.Ref]access.PersonRecord{"user:ana@hidden.example": {Added: when}},
		Spaces: map[access.Ref]access.SpaceRecord{"space:~hidden": {Created: when, Contents: 3, Labels: []string{"hidden", "hold"}}},
		Extent: access.Extent{Personal: true, Labels: []string{"hidden", "hold"}},
	}
	r := redacted.New([]byte("key"), redacted.Known{Texts: map[string]bool{"hold": true}})
	got := r.Observation(obs)
	if text := fmt.Sprintf("%v %v %v", got.People, got.Spaces, got.Extent); strings.Contains(text, "hidden") {
		t.Error(text)
	}
	space := got.Spaces[r.Ref("space:~hidden")]
	if space.Contents != 3 || !space.Created.Equal(when) || len(space.Labels) != 2 || !slices.Contains(space.Labels, "hold") || !slices.Equal(space.Labels, got.Extent.Labels) {
		t.Errorf("%+v, %v", space, got.Extent.Labels)
	}
	if !got.People[r.Ref("user:ana@hidden.example")].Added.Equal(when) {
		t.Errorf("%v", got.People)
	}
	if !slices.Equal(obs.Extent.Labels, []string{"hidden", "hold"}) {
		t.Error("the observation itself was changed")
	}
}
