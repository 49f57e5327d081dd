package cloud_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/cloud"
	"github.com/weirhq/weir/site/emulator"
)

func set(t *testing.T, lines ...string) access.Set {
	t.Helper()
	var out []access.Fact
	for _, line := range lines {
		f, err := access.ParseFact(line)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		out = append(out, f)
	}
	return access.NewSet(out...)
}

// TestCanonical: what Cloud cannot hold is refused, what only people can do is
// left to them, and everything else passes as it is.
func TestCanonical(t *testing.T) {
	_, s := embedded(t, emulator.Options{}, nil)
	live := []string{
		"exists user:ana@acme.example", "exists group:staff", "exists group:okta-hr", "managed group:okta-hr = idp",
		"exists space:ENG", "exists space_role:viewer", "grants space_role:viewer read/space", "exists space_role:reviewer",
		"state user:out@partner.example = deactivated", "state user:gone@acme.example = removed",
		"state user:going@acme.example = deactivated",
		"role space:ENG class:some-new-class = viewer", "role space:ENG team:t1 = viewer",
	}
	for i := range 8 {
		live = append(live, fmt.Sprintf("exists space_role:r%d", i))
	}
	obs := site.Observation{
		Facts: set(t, live...),
		IDs: map[access.Ref]string{
			"user:ana@acme.example": "1", "user:bo@acme.example": "2", "user:out@partner.example": "3", "account:4": "4",
			"user:gone@acme.example": "5", "user:kim@partner.example": "6", "user:going@acme.example": "7",
		},
		People:    map[access.Ref]access.PersonRecord{"user:going@acme.example": {Deleting: true}},
		Unclaimed: map[access.Ref]bool{"user:out@partner.example": true, "user:kim@partner.example": true},
	}
	for _, c := range []struct {
		name string
		want []string
		out  []string // what passes; nil: nothing
		said []string // what is said: "manual FACT: authority" or "refused FACT: reason"
	}{
		{name: "what is there", want: live[:4], out: live[:4]},
		{
			name: "what can be made",
			want: []string{"exists user:new@acme.example", "exists group:new", "product group:new = admin+user", "exists space:NEW", "status space:NEW = archived", "member group:new user:new@acme.example", "role space:NEW group:new = viewer", "role space:NEW class:everyone = viewer", "role space:NEW class:some-new-class = viewer"},
			out:  []string{"exists user:new@acme.example", "exists group:new", "product group:new = admin+user", "exists space:NEW", "status space:NEW = archived", "member group:new user:new@acme.example", "role space:NEW group:new = viewer", "role space:NEW class:everyone = viewer", "role space:NEW class:some-new-class = viewer"},
		},
		{
			name: "an IdP's group that is not there",
			want: []string{"exists group:okta-ops", "managed group:okta-ops = idp", "role space:ENG group:okta-ops = viewer"},
			said: []string{"manual managed group:okta-ops = idp: who administers the identity provider", "manual role space:ENG group:okta-ops = viewer: weir"},
		},
		{
			name: "a plain group that should be an IdP's",
			want: []string{"exists group:staff", "managed group:staff = idp"},
			out:  []string{"exists group:staff"},
			said: []string{"manual managed group:staff = idp: who administers the identity provider"},
		},
		{
			name: "somebody else's personal space",
			want: []string{"exists space:~ana", "name space:~ana = Ana", "role space:~ana user:ana@acme.example = admin"},
			said: []string{"manual exists space:~ana: the person whose space it is", "manual name space:~ana = Ana: weir", "manual role space:~ana user:ana@acme.example = admin: weir"},
		},
		{
			name: "an unclaimed account is to be reactivated",
			want: []string{"exists user:out@partner.example"},
			out:  []string{"state user:out@partner.example = deactivated"},
			said: []string{"manual exists user:out@partner.example: the person, or the organisation that manages the account"},
		},
		{
			name: "an account that is on its way to deletion is to be active",
			want: []string{"exists user:going@acme.example"},
			out:  []string{"state user:going@acme.example = deactivated"},
			said: []string{"manual exists user:going@acme.example: an organisation admin"},
		},
		{
			name: "an unclaimed account is to be deactivated",
			want: []string{"state user:kim@partner.example = deactivated"},
			said: []string{"manual state user:kim@partner.example = deactivated: the person, or the organisation that manages the account"},
		},
		{
			name: "an unclaimed account is to be suspended",
			want: []string{"state user:kim@partner.example = suspended"},
			out:  []string{"state user:kim@partner.example = suspended"},
		},
		{name: "somebody who was never there is removed", want: []string{"state user:new@acme.example = removed"}},
		{
			name: "somebody who was never there is suspended",
			want: []string{"state user:new@acme.example = suspended"},
			said: []string{"refused state user:new@acme.example = suspended: a person who is not in the directory cannot be suspended"},
		},
		{
			name: "somebody who was removed is suspended",
			want: []string{"state user:gone@acme.example = suspended"},
			said: []string{"refused state user:gone@acme.example = suspended: a person who is not in the directory cannot be suspended"},
		},
		{name: "an account that is there", want: []string{"exists account:4"}, out: []string{"exists account:4"}},
		{
			name: "an account that is not",
			want: []string{"exists account:9"},
			said: []string{"refused exists account:9: an account that is not in the directory can be invited by e-mail only"},
		},
		{
			name: "values that do not exist",
			want: []string{"product group:staff = boss", "status space:ENG = trashed", "state user:ana@acme.example = asleep"},
			said: []string{`refused product group:staff = boss: Confluence has no product role "boss"`, `refused state user:ana@acme.example = asleep: an account cannot be "asleep"`, `refused status space:ENG = trashed: a space cannot be "trashed"`},
		},
		{
			name: "roles and principals that do not exist",
			want: []string{"role space:ENG group:staff = owner", "role space:ENG class:nobody = viewer", "role space:ENG team:t2 = viewer", "role space:ENG app:a = viewer"},
			said: []string{"refused role space:ENG app:a = viewer: weir sees what Teams and apps hold and does not grant to them", "refused role space:ENG class:nobody = viewer: Confluence knows no class:nobody", `refused role space:ENG group:staff = owner: the site has no space role "owner"`, "refused role space:ENG team:t2 = viewer: weir sees what Teams and apps hold and does not grant to them"},
		},
		{name: "what a Team holds already", want: []string{"role space:ENG team:t1 = viewer"}, out: []string{"role space:ENG team:t1 = viewer"}},
		{
			name: "a fixed role",
			want: []string{"grants space_role:viewer read/space", "grants space_role:viewer create/page", "exists space_role:Viewer"},
			out:  []string{"grants space_role:viewer read/space"},
			said: []string{"refused exists space_role:Viewer: the site has a fixed role of this name, or lacks one that every site has", "refused grants space_role:viewer create/page: what a fixed role permits cannot be changed"},
		},
		{
			name: "an eleventh role",
			want: []string{
				"exists space_role:reviewer", "exists space_role:r0", "exists space_role:r1", "exists space_role:r2", "exists space_role:r3",
				"exists space_role:r4", "exists space_role:r5", "exists space_role:r6", "exists space_role:r7",
				"exists space_role:a", "grants space_role:a read/space", "exists space_role:b", "grants space_role:b read/space", "role space:ENG group:staff = b",
			},
			out: []string{
				"exists space_role:reviewer", "exists space_role:r0", "exists space_role:r1", "exists space_role:r2", "exists space_role:r3",
				"exists space_role:r4", "exists space_role:r5", "exists space_role:r6", "exists space_role:r7", "exists space_role:a", "grants space_role:a read/space",
			},
			said: []string{
				"refused exists space_role:b: a site has at most 10 custom space roles", "refused grants space_role:b read/space: a site has at most 10 custom space roles",
				`refused role space:ENG group:staff = b: the site has no space role "b"`,
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := s.Canonical(set(t, c.want...), obs)
			var said []string
			for _, m := range got.Manual {
				said = append(said, fmt.Sprintf("manual %s: %s", m.Fact, m.Authority))
				if m.Verify == "" || len(m.Steps) == 0 {
					t.Errorf("the manual step for %s does not say what to do and how weir sees it", m.Fact)
				}
			}
			for _, r := range got.Refused {
				said = append(said, fmt.Sprintf("refused %s: %s", r.Fact, r.Reason))
				if r.Hint == "" {
					t.Errorf("no hint for %s", r.Fact)
				}
			}
			if diff := cmp.Diff(c.said, said); diff != "" {
				t.Error(diff)
			}
			if want := set(t, c.out...); !got.Facts.Equal(want) {
				t.Errorf("got %v\nwant %v", got.Facts.Facts(), want.Facts())
			}
		})
	}
}

// TestUnits: changes in, units out, one a line, their changes joined by "; ".
func TestUnits(t *testing.T) {
	live := []string{
		"exists group:staff", "product group:staff = user", "exists group:plain", "exists group:old", "product group:old = user",
		"exists user:ana@x.example", "exists user:bo@x.example", "member group:staff user:ana@x.example", "member group:plain user:ana@x.example",
		"member group:old user:ana@x.example", "member group:plain user:dan@x.example", "state user:sue@x.example = suspended", "member group:staff user:sue@x.example",
		"exists space:ENG", "name space:ENG = Eng", "role space:ENG group:old = viewer", "role space:ENG user:bo@x.example = reader", "exists space_role:reader", "grants space_role:reader read/space",
	}
	for _, c := range []struct {
		name    string
		changes []string
		want    []string
	}{
		{"nothing", nil, nil},
		{
			"permissions of one principal in one space",
			[]string{"+ permission space:ENG read/space group:staff", "+ permission space:ENG create/page group:staff", "+ permission space:ENG read/space group:plain"},
			[]string{"+ permission space:ENG read/space group:staff; + permission space:ENG create/page group:staff", "+ permission space:ENG read/space group:plain"},
		},
		{
			"permissions in place of a role",
			[]string{"- role space:ENG user:bo@x.example = reader", "+ permission space:ENG read/space user:bo@x.example", "~ role space:ENG group:old = reader"},
			[]string{"- role space:ENG user:bo@x.example = reader; + permission space:ENG read/space user:bo@x.example", "~ role space:ENG group:old = reader"},
		},
		{
			"a role in place of permissions",
			[]string{"+ role space:ENG group:plain = reader", "- permission space:ENG read/space group:plain", "- permission space:ENG create/page group:staff"},
			[]string{"+ role space:ENG group:plain = reader; - permission space:ENG read/space group:plain", "- permission space:ENG create/page group:staff"},
		},
		{
			"a new space with permissions",
			[]string{"+ exists space:NEW", "+ permission space:NEW read/space group:staff", "+ role space:NEW group:plain = reader"},
			[]string{"+ exists space:NEW; + permission space:NEW read/space group:staff; + role space:NEW group:plain = reader"},
		},
		{
			"a group goes with its permissions",
			[]string{"- exists group:old", "- permission space:ENG read/space group:old"},
			[]string{"- exists group:old; - permission space:ENG read/space group:old"},
		},
		{
			"the restrictions of a page",
			[]string{"+ restrict page:ENG/A view group:staff", "- restrict page:ENG/A edit group:plain", "+ restrict page:ENG/B view group:staff"},
			[]string{"+ restrict page:ENG/A view group:staff; - restrict page:ENG/A edit group:plain", "+ restrict page:ENG/B view group:staff"},
		},
		{
			"people who get the same",
			[]string{
				"+ exists user:a@x.example", "+ exists user:b@x.example", "+ exists user:c@x.example", "+ exists user:d@x.example", "+ exists user:e@x.example",
				"+ product user:c@x.example = guest", "+ member group:staff user:d@x.example", "+ member group:plain user:e@x.example",
			},
			[]string{
				"+ exists user:a@x.example; + exists user:b@x.example; + exists user:e@x.example",
				"+ exists user:c@x.example; + product user:c@x.example = guest",
				"+ exists user:d@x.example; + member group:staff user:d@x.example",
				"+ member group:plain user:e@x.example",
			},
		},
		{
			"a membership each",
			[]string{"+ member group:plain user:bo@x.example", "- member group:plain user:ana@x.example"},
			[]string{"+ member group:plain user:bo@x.example", "- member group:plain user:ana@x.example"},
		},
		{
			"a group and its product role",
			[]string{"+ exists group:new", "+ member group:new user:ana@x.example", "+ product group:new = user"},
			[]string{"+ exists group:new; + product group:new = user", "+ member group:new user:ana@x.example"},
		},
		{
			"a group goes with what hangs on it",
			[]string{"- exists group:old", "- member group:old user:ana@x.example", "- product group:old = user", "- role space:ENG group:old = viewer", "+ role space:ENG group:staff = viewer"},
			[]string{"- exists group:old; - member group:old user:ana@x.example; - product group:old = user; - role space:ENG group:old = viewer", "+ role space:ENG group:staff = viewer"},
		},
		{
			"a person with the groups that let them in",
			[]string{"+ exists user:new@x.example", "+ member group:plain user:new@x.example", "+ member group:staff user:new@x.example"},
			[]string{"+ exists user:new@x.example; + member group:staff user:new@x.example", "+ member group:plain user:new@x.example"},
		},
		{
			"a person with a group that will let them in",
			[]string{"+ exists user:new@x.example", "+ member group:plain user:new@x.example", "+ product group:plain = user"},
			[]string{"+ exists user:new@x.example; + member group:plain user:new@x.example", "+ product group:plain = user"},
		},
		{
			"a member of a group that begins to let people in",
			[]string{"+ exists user:dan@x.example", "+ product group:plain = user"},
			[]string{"+ exists user:dan@x.example; + product group:plain = user"},
		},
		{
			"a person loses access with the groups that give it",
			[]string{"- exists user:ana@x.example", "- member group:plain user:ana@x.example", "- member group:staff user:ana@x.example"},
			[]string{"- exists user:ana@x.example; - member group:staff user:ana@x.example", "- member group:plain user:ana@x.example"},
		},
		{
			"a person is suspended",
			[]string{"- exists user:ana@x.example", "+ state user:ana@x.example = suspended"},
			[]string{"- exists user:ana@x.example; + state user:ana@x.example = suspended"},
		},
		{
			"a person is removed from the directory",
			[]string{"- exists user:ana@x.example", "- member group:plain user:ana@x.example", "- member group:staff user:ana@x.example", "+ state user:ana@x.example = removed"},
			[]string{"- exists user:ana@x.example; - member group:plain user:ana@x.example; - member group:staff user:ana@x.example; + state user:ana@x.example = removed"},
		},
		{
			"a person is restored",
			[]string{"+ exists user:sue@x.example", "- state user:sue@x.example = suspended"},
			[]string{"+ exists user:sue@x.example; - state user:sue@x.example = suspended"},
		},
		{
			"a space with its roles",
			[]string{"+ exists space:NEW", "+ name space:NEW = New", "+ role space:NEW group:staff = viewer", "+ status space:NEW = archived"},
			[]string{"+ exists space:NEW; + name space:NEW = New; + role space:NEW group:staff = viewer; + status space:NEW = archived"},
		},
		{
			"roles of one space together, name and status apart",
			[]string{"~ name space:ENG = E", "+ role space:ENG class:everyone = viewer", "~ role space:ENG group:old = admin", "- role space:ENG user:bo@x.example = reader", "+ status space:ENG = archived"},
			[]string{"~ name space:ENG = E; + status space:ENG = archived", "+ role space:ENG class:everyone = viewer; ~ role space:ENG group:old = admin; - role space:ENG user:bo@x.example = reader"},
		},
		{
			"a space role goes with its assignments",
			[]string{"- exists space_role:reader", "- grants space_role:reader read/space", "- role space:ENG user:bo@x.example = reader"},
			[]string{"- exists space_role:reader; - grants space_role:reader read/space; - role space:ENG user:bo@x.example = reader"},
		},
		{
			"a space role whose holders get another",
			[]string{"- exists space_role:reader", "- grants space_role:reader read/space", "~ role space:ENG user:bo@x.example = viewer"},
			[]string{"- exists space_role:reader; - grants space_role:reader read/space", "~ role space:ENG user:bo@x.example = viewer"},
		},
		{
			"what a space role permits",
			[]string{"+ grants space_role:reader create/page", "- grants space_role:reader read/space"},
			[]string{"+ grants space_role:reader create/page; - grants space_role:reader read/space"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			var changes []access.Change
			for _, line := range c.changes {
				changes = append(changes, access.Change{Op: access.Op(line[:1]), Fact: set(t, line[2:]).Facts()[0]})
			}
			terms, err := cloud.NewTerms("", "")
			must(t, err)
			var got []string
			for _, unit := range terms.Units(changes, set(t, live...)) {
				var parts []string
				for _, c := range unit {
					parts = append(parts, string(c.Op)+" "+c.Fact.String())
				}
				got = append(got, strings.Join(parts, "; "))
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// What the site's catalogue does not know is refused before anything is
// written, and a label leads to its id.
func TestUnknownPermissions(t *testing.T) {
	_, s := embedded(t, emulator.Options{}, nil)
	live, err := s.Observe(t.Context(), access.Extent{})
	if err != nil {
		t.Fatal(err)
	}
	label := live.Permissions["create/page"]
	if label == "" {
		t.Fatal("the catalogue has no label for create/page")
	}
	role := access.Ref("space_role:writer")
	grant := func(id string) access.Fact {
		return access.Fact{Kind: access.Grants, Object: role, Verb: id}
	}
	there := access.Fact{Kind: access.Exists, Object: role}
	for _, test := range []struct {
		want []access.Fact
		hint string // of the refusal; "-" for none
	}{
		{[]access.Fact{there, grant("read/space"), grant("create/page")}, "-"},
		{[]access.Fact{there, grant("read/space"), grant(strings.ToLower(label))}, `did you mean "create/page"?`},
		{[]access.Fact{there, grant("read/space"), grant("creat/page")}, `did you mean "create/page"?`},
		{[]access.Fact{there, grant("read/space"), grant("sing and dance")}, "write the id of one that it has, such as create/page"},
		{[]access.Fact{there}, "give it the permission read/space"},
		{[]access.Fact{{Kind: access.Name, Object: "space:ENG", Value: strings.Repeat("é", 201)}}, "shorten it"},
		{[]access.Fact{{Kind: access.Name, Object: "space:ENG", Value: strings.Repeat("é", 200)}}, "-"},
	} {
		got := "-"
		for _, r := range s.Canonical(access.NewSet(test.want...), live).Refused {
			got = r.Hint
		}
		if got != test.hint {
			t.Errorf("%v: %q, want %q", test.want, got, test.hint)
		}
	}
}
