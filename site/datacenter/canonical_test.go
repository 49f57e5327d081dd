package datacenter_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/datacenter"
	"github.com/weirhq/weir/site/rest"
	"github.com/weirhq/weir/site/sitetest/world"
)

// offline is a site that must send nothing.
func offline(t *testing.T, change func(*datacenter.Config)) *datacenter.Site {
	t.Helper()
	c := datacenter.Config{Base: "https://wiki.acme.example/confluence", Auth: "bearer", Token: rest.NewSecret("token"), Usernames: "acme.example"}
	c.Transport = world.RoundTripper(nil)
	if change != nil {
		change(&c)
	}
	s, err := datacenter.New(c)
	must(t, err)
	return s
}

// set reads facts, one a line.
func set(t testing.TB, text string) access.Set {
	t.Helper()
	var out []access.Fact
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		f, err := access.ParseFact(line)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		out = append(out, f)
	}
	return access.NewSet(out...)
}

// observed is a live site with a few people and things.
func observed(t testing.TB, more string) site.Observation {
	t.Helper()
	obs := site.Observation{
		Account: "user:weir@acme.example", IDs: make(map[access.Ref]string),
		Traits: site.Traits{Globals: []string{access.GlobalUse, access.GlobalCreateSpace}},
		Facts: set(t, `
			exists user:weir@acme.example
			exists user:ana@acme.example
			state user:joe@acme.example = deactivated
			exists group:staff
			product group:staff = user
			exists group:engineering
			exists space:ENG
			name space:ENG = Engineering
			exists page:ENG/Plans
			`+more),
	}
	for f := range obs.Facts.All() {
		if f.Kind == access.Exists || f.Kind == access.State {
			obs.IDs[f.Object] = "id of " + string(f.Object)
		}
	}
	return obs
}

// told says what became of a description, in lines.
func told(c site.Canonical, live access.Set) []string {
	var out []string
	for f := range c.Facts.All() {
		if !live.Has(f) {
			out = append(out, "+ "+f.String())
		}
	}
	for _, r := range c.Refused {
		out = append(out, fmt.Sprintf("refused %s: %s (%s)", r.Fact, r.Reason, r.Hint))
	}
	for _, m := range c.Manual {
		out = append(out, fmt.Sprintf("manual %s: %s", m.Fact, m.Authority))
	}
	for _, n := range c.Notes {
		out = append(out, fmt.Sprintf("note %s: %s", n.Fact, n.Text))
	}
	slices.Sort(out)
	return out
}

func TestCanonical(t *testing.T) {
	for _, c := range []struct {
		name, live, want string
		told             []string
	}{
		{"a person and a group come", "", "exists user:bo@acme.example\nexists group:new\nmember group:new user:bo@acme.example", []string{
			"+ exists group:new", "+ exists user:bo@acme.example", "+ member group:new user:bo@acme.example",
		}},
		{"an address of another domain", "", "exists user:kim@partner.example", []string{
			`refused exists user:kim@partner.example: no user name stands for this address (write the user name before @acme.example, or the person as account: and their user name)`,
		}},
		{"a name that is nearly somebody's", "", "exists user:ana@acme.exampel", []string{
			`refused exists user:ana@acme.exampel: no user name stands for this address (did you mean "user:ana@acme.example"?)`,
		}},
		{"an account that is not there", "", "exists account:someone", []string{
			`refused exists account:someone: no account has this user name, and one can be made for an e-mail address only (describe the person by e-mail)`,
		}},
		{"a name with a plus", "", "exists user:a+b@acme.example", []string{
			`refused exists user:a+b@acme.example: "a+b" can be no user name (leave out \ , + < > ' " and spaces)`,
		}},
		{"suspended", "", "state user:ana@acme.example = suspended", []string{
			"refused state user:ana@acme.example = suspended: Data Center does not know suspended people (write deactivated)",
		}},
		{"deactivated and removed", "", "state user:ana@acme.example = deactivated\nstate user:joe@acme.example = removed\nstate user:none@acme.example = removed", []string{
			"+ state user:ana@acme.example = deactivated", "+ state user:joe@acme.example = removed",
		}},
		{"a guest", "", "exists user:gia@acme.example\nproduct user:gia@acme.example = guest\npermission space:ENG read/space user:gia@acme.example", []string{
			"refused exists user:gia@acme.example: Data Center has no guests (leave the person out, or let them in as everybody else by dropping product_role: guest)",
			"refused permission space:ENG read/space user:gia@acme.example: Data Center has no guests (leave the person out, or let them in as everybody else by dropping product_role: guest)",
			"refused product user:gia@acme.example = guest: Data Center has no guests (leave the person out, or let them in as everybody else by dropping product_role: guest)",
		}},
		{"whoever administers uses", "", "product group:engineering = admin\nproduct user:ana@acme.example = admin+user", []string{
			"+ product group:engineering = admin+user", "+ product user:ana@acme.example = admin",
			"note product group:engineering = admin: whoever administers Confluence Data Center uses it as well",
		}},
		{"another product role", "", "product group:engineering = viewer", []string{
			`refused product group:engineering = viewer: Confluence Data Center has no product role "viewer" (use one of admin, user)`,
		}},
		{"a role is written out", "", "role space:ENG group:engineering = collaborator", []string{
			"+ permission space:ENG create/attachment group:engineering", "+ permission space:ENG create/blogpost group:engineering",
			"+ permission space:ENG create/comment group:engineering", "+ permission space:ENG create/page group:engineering",
			"+ permission space:ENG delete/space group:engineering", "+ permission space:ENG read/space group:engineering",
			"note role space:ENG group:engineering = collaborator: Data Center has no permission for archive/page",
		}},
		{"a role of one's own", "", "exists space_role:reviewer\ngrants space_role:reviewer read/space\ngrants space_role:reviewer update/page\ngrants space_role:reviewer create/comment\nrole space:ENG user:ana@acme.example = reviewer", []string{
			"+ permission space:ENG create/comment user:ana@acme.example", "+ permission space:ENG read/space user:ana@acme.example",
			"note role space:ENG user:ana@acme.example = reviewer: Data Center has no permission for update/page",
		}},
		{"a role for the public", "", "role space:ENG class:anonymous = admin", []string{
			"+ permission space:ENG create/attachment class:anonymous", "+ permission space:ENG create/blogpost class:anonymous",
			"+ permission space:ENG create/comment class:anonymous", "+ permission space:ENG create/page class:anonymous",
			"+ permission space:ENG delete/attachment class:anonymous", "+ permission space:ENG delete/blogpost class:anonymous",
			"+ permission space:ENG delete/comment class:anonymous", "+ permission space:ENG delete/page class:anonymous",
			"+ permission space:ENG delete/space class:anonymous", "+ permission space:ENG export/space class:anonymous",
			"+ permission space:ENG read/space class:anonymous",
			"note role space:ENG class:anonymous = admin: Data Center has no permission for administer/space, archive/page, restrict_content/space",
		}},
		{"roles that nobody describes, and nobody to hold them", "", "role space:ENG group:staff = reader\nrole space:ENG class:everyone = viewer\nrole space:ENG team:x = viewer", []string{
			`refused role space:ENG class:everyone = viewer: Data Center has no class:everyone (grant to confluence-users, or to another group of those who are meant)`,
			`refused role space:ENG group:staff = reader: no space role "reader" is described (describe the role under space_roles, or use one of viewer, collaborator, manager, admin)`,
			`refused role space:ENG team:x = viewer: Data Center has no team:x (grant to a group)`,
		}},
		{"a role that does not let view", "", "exists space_role:odd\ngrants space_role:odd create/comment\nrole space:ENG group:staff = odd", []string{
			"refused role space:ENG group:staff = odd: without the permission to view a space nobody can use any other (let the role permit read/space)",
		}},
		{"permissions", "", "permission space:ENG read/space group:staff\npermission space:ENG create/page group:staff\npermission space:ENG update/page group:staff\npermission space:ENG delete_mail/space group:staff", []string{
			"+ permission space:ENG create/page group:staff", "+ permission space:ENG delete_mail/space group:staff", "+ permission space:ENG read/space group:staff",
			"note permission space:ENG update/page group:staff: Data Center has no such permission: create/page covers it",
		}},
		{"permissions that are none", "", "permission space:ENG read/space group:staff\npermission space:ENG \"Add pages\" group:staff\npermission space:ENG create/pages group:staff\npermission space:ENG fly group:staff\npermission space:ENG update/page group:staff\npermission space:ENG archive/page group:staff\npermission space:ENG \"Add coments\" group:staff\npermission space:ENG restrict/space group:staff", []string{
			"+ permission space:ENG read/space group:staff",
			`refused permission space:ENG "Add coments" group:staff: the site has no permission "Add coments" (did you mean "create/comment"?)`,
			`refused permission space:ENG "Add pages" group:staff: the site has no permission "Add pages" (did you mean "create/page"?)`,
			`refused permission space:ENG archive/page group:staff: Data Center has no permission "archive/page" (leave it out)`,
			`refused permission space:ENG create/pages group:staff: the site has no permission "create/pages" (did you mean "create/page"?)`,
			`refused permission space:ENG fly group:staff: the site has no permission "fly" (write the id of one that it has, such as create/page)`,
			`refused permission space:ENG restrict/space group:staff: the site has no permission "restrict/space" (did you mean "restrict_content/space"?)`,
			`refused permission space:ENG update/page group:staff: Data Center has no permission "update/page" (write create/page, which covers it)`,
		}},
		{"permissions without view", "", "permission space:ENG create/page group:staff", []string{
			"refused permission space:ENG create/page group:staff: without the permission to view a space nobody can use any other (give group:staff the permission read/space as well)",
		}},
		{"what is true is kept", "permission space:ENG create/page group:staff\n", "permission space:ENG create/page group:staff", nil},
		{"permissions of the public", "", "permission space:ENG read/space class:anonymous\npermission space:ENG administer/space class:anonymous", []string{
			"+ permission space:ENG read/space class:anonymous",
			"refused permission space:ENG administer/space class:anonymous: anonymous people cannot have administer/space (leave it out)",
		}},
		{"global permissions", "", "global site create_space group:staff\nglobal site system_administer user:ana@acme.example\nglobal site use class:anonymous\nglobal site view_profiles class:anonymous", []string{
			"+ global site create_space group:staff", "+ global site system_administer user:ana@acme.example",
			"+ global site use class:anonymous", "+ global site view_profiles class:anonymous",
		}},
		{"global permissions that cannot be", "", "global site create_space group:engineering\nglobal site use group:staff\nglobal site createspace group:staff\nglobal site use class:everyone\nglobal site view_profiles class:unlicensed", []string{
			"refused global site create_space group:engineering: a group that may not use Confluence has no other global permission (give the group product_role: user)",
			`refused global site createspace group:staff: group:staff cannot have the global permission "createspace" (did you mean "create_space"?)`,
			"refused global site use class:everyone: Data Center has no class:everyone (grant to anonymous, to people without a licence, or to a group such as confluence-users)",
			"refused global site use group:staff: using and administering Confluence are product roles (write product_role: user or admin)",
			"refused global site view_profiles class:unlicensed: who may not use Confluence has no other global permission (give class:unlicensed the permission use as well)",
		}},
		{"a restriction that shuts weir out", "", "restrict page:ENG/Plans view group:engineering", []string{
			"refused restrict page:ENG/Plans view group:engineering: it would lock weir's own account out of the page (name a group that weir's account is in, put the account into confluence-administrators, or set restricted_pages: member)",
		}},
		{"a restriction that names a group of weir's", "member group:engineering user:weir@acme.example\n", "restrict page:ENG/Plans view group:engineering\nrestrict page:ENG/Plans view user:ana@acme.example", []string{
			"+ restrict page:ENG/Plans view group:engineering", "+ restrict page:ENG/Plans view user:ana@acme.example",
		}},
		{"whoever let weir in goes", "member group:engineering user:weir@acme.example\nrestrict page:ENG/Plans edit group:engineering\nrestrict page:ENG/Plans edit group:staff\n", "restrict page:ENG/Plans edit group:staff", []string{
			"refused restrict page:ENG/Plans edit group:staff: it would lock weir's own account out of the page (name a group that weir's account is in, put the account into confluence-administrators, or set restricted_pages: member)",
		}},
		{"weir sees every page", "exists group:confluence-administrators\nmember group:confluence-administrators user:weir@acme.example\n", "restrict page:ENG/Plans view group:engineering", []string{
			"+ restrict page:ENG/Plans view group:engineering",
		}},
		{"a group of the directory's", "", "exists group:ldap\nmanaged group:ldap = idp\nmanaged group:staff = idp\npermission space:ENG read/space group:ldap", []string{
			"manual managed group:ldap = idp: who administers the user directory", "manual permission space:ENG read/space group:ldap: weir",
		}},
		{"a personal space that is not there", "", "exists space:~ana\npermission space:~ana read/space group:staff", []string{
			"manual exists space:~ana: the person whose space it is", "manual permission space:~ana read/space group:staff: weir",
		}},
		{"whose personal space it is", "exists space:~ana\n", "personal space:~ana user:bo@acme.example", []string{
			"refused personal space:~ana user:bo@acme.example: whose personal space a space is cannot be changed (leave it as it is)",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			live := observed(t, c.live)
			want := set(t, c.want)
			got := offline(t, nil).Canonical(want, live)
			if diff := cmp.Diff(c.told, told(got, live.Facts)); diff != "" {
				t.Error(diff)
			}
			for id, from := range got.From {
				if _, ok := got.Facts.Get(id); !ok || !want.Has(from) {
					t.Errorf("%s stands for %s", id, from)
				}
			}
		})
	}
}

// TestCanonicalLeavesAlone: who cannot be brought to what is wanted stays as they
// are.
func TestCanonicalLeavesAlone(t *testing.T) {
	live := observed(t, "")
	got := offline(t, nil).Canonical(set(t, "state user:ana@acme.example = suspended\nstate user:joe@acme.example = suspended"), live)
	want := set(t, "exists user:ana@acme.example\nstate user:joe@acme.example = deactivated")
	if !got.Facts.Equal(want) {
		t.Errorf("got %v", got.Facts.Facts())
	}
}

// TestCanonicalWithoutGlobals: where there is no interface for global
// permissions, what needs it is a step by hand.
func TestCanonicalWithoutGlobals(t *testing.T) {
	live := observed(t, "")
	live.Traits.Globals = nil
	live.IDs["user:out@acme.example"] = "id of out"
	got := offline(t, nil).Canonical(set(t, `exists user:new@acme.example
exists user:out@acme.example
exists user:joe@acme.example
product group:engineering = user
global site create_space group:staff
permission space:ENG read/space group:staff`), live)
	if diff := cmp.Diff([]string{
		"+ exists user:joe@acme.example", "+ permission space:ENG read/space group:staff",
		"manual exists user:new@acme.example: a Confluence administrator", "manual exists user:out@acme.example: a Confluence administrator",
		"manual global site create_space group:staff: a Confluence administrator", "manual product group:engineering = user: a Confluence administrator",
	}, told(got, live.Facts)); diff != "" {
		t.Error(diff)
	}
	for _, m := range got.Manual {
		if m.Fact.Kind == access.Product && !strings.Contains(strings.Join(m.Steps, "; "), "Administration > Users & security > Global permissions") {
			t.Errorf("%s: %v", m.Fact, m.Steps)
		}
	}
}

// TestNames: a user name has one reference and a reference one user name.
func TestNames(t *testing.T) {
	for _, c := range []struct{ usernames, ref, told string }{
		{"email", "user:ana@acme.example", "+"},
		{"email", "user:ana", "no user name stands for this address"},
		{"acme.example", "user:ana@acme.example", "+"},
		{"Acme.Example", "user:ana@acme.example", "+"},
		{"acme.example", "user:ana@beta.acme.example", "no user name stands for this address"},
		{"acme.example", "user:@acme.example", "no user name stands for this address"},
		{"", "user:ana@acme.example", "no user name stands for this address"},
	} {
		got := told(offline(t, func(o *datacenter.Config) { o.Usernames = c.usernames }).Canonical(access.NewSet(access.Fact{Kind: access.Exists, Object: access.Ref(c.ref)}), site.Observation{Traits: site.Traits{Globals: []string{"use"}}}), access.Set{})
		if len(got) != 1 || !strings.Contains(got[0], c.told) {
			t.Errorf("%q %s: %v", c.usernames, c.ref, got)
		}
	}
}

func TestUnits(t *testing.T) {
	live := set(t, `
		exists group:staff
		product group:staff = user
		global site create_space group:staff
		exists group:eng
		exists user:ana@acme.example
		exists user:bo@acme.example
		exists user:cy@acme.example
		member group:staff user:bo@acme.example
		member group:eng user:bo@acme.example
		member group:eng user:dee@acme.example
		product user:bo@acme.example = admin
		exists space:ENG
		permission space:ENG read/space group:staff
		permission space:ENG read/space user:cy@acme.example
		restrict page:ENG/P view group:staff
	`)
	for _, c := range []struct {
		name, changes string
		want          []string // units, changes joined by ;
	}{
		{"a group goes", "- exists group:staff\n- product group:staff = user\n- global site create_space group:staff\n- member group:staff user:bo@acme.example\n- permission space:ENG read/space group:staff\n- restrict page:ENG/P view group:staff",
			[]string{"- exists group:staff; - global site create_space group:staff; - member group:staff user:bo@acme.example; - permission space:ENG read/space group:staff; - product group:staff = user; - restrict page:ENG/P view group:staff"}},
		{"a group comes with what it holds", "+ exists group:new\n+ product group:new = user\n+ global site create_space group:new\n+ member group:new user:ana@acme.example",
			[]string{"+ exists group:new; + global site create_space group:new; + product group:new = user", "+ member group:new user:ana@acme.example"}},
		{"what a group holds", "+ product group:eng = user\n+ exists user:dee@acme.example\n+ global site create_space group:eng",
			[]string{"+ exists user:dee@acme.example; + global site create_space group:eng; + product group:eng = user"}},
		{"a person goes", "- exists user:bo@acme.example\n- member group:staff user:bo@acme.example\n- member group:eng user:bo@acme.example\n- product user:bo@acme.example = admin",
			[]string{"- exists user:bo@acme.example; - member group:staff user:bo@acme.example; - product user:bo@acme.example = admin", "- member group:eng user:bo@acme.example"}},
		{"a person is removed", "- exists user:cy@acme.example\n+ state user:cy@acme.example = removed\n- permission space:ENG read/space user:cy@acme.example",
			[]string{"- exists user:cy@acme.example; - permission space:ENG read/space user:cy@acme.example; + state user:cy@acme.example = removed"}},
		{"a person comes through a group", "+ exists user:dee@acme.example\n+ member group:staff user:dee@acme.example\n+ global site personal_space user:dee@acme.example",
			[]string{"+ exists user:dee@acme.example; + global site personal_space user:dee@acme.example; + member group:staff user:dee@acme.example"}},
		{"a person becomes an administrator", "+ product user:ana@acme.example = admin\n+ global site create_space user:ana@acme.example",
			[]string{"+ global site create_space user:ana@acme.example; + product user:ana@acme.example = admin"}},
		{"the public", "+ global site use class:anonymous\n+ global site view_profiles class:anonymous\n+ global site use class:unlicensed",
			[]string{"+ global site use class:anonymous; + global site view_profiles class:anonymous", "+ global site use class:unlicensed"}},
		{"a space comes", "+ exists space:NEW\n+ name space:NEW = New\n+ permission space:NEW read/space group:eng\n+ status space:NEW = archived",
			[]string{"+ exists space:NEW; + name space:NEW = New; + permission space:NEW read/space group:eng; + status space:NEW = archived"}},
		{"permissions of a space", "- permission space:ENG read/space user:cy@acme.example\n+ permission space:ENG read/space group:eng\n+ name space:ENG = E",
			[]string{"+ name space:ENG = E", "+ permission space:ENG read/space group:eng; - permission space:ENG read/space user:cy@acme.example"}},
		{"restrictions of a page", "+ restrict page:ENG/P edit group:eng\n- restrict page:ENG/P view group:staff\n+ restrict blogpost:ENG/P view group:eng",
			[]string{"+ restrict blogpost:ENG/P view group:eng", "+ restrict page:ENG/P edit group:eng; - restrict page:ENG/P view group:staff"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := offline(t, nil)
			var got []string
			for _, unit := range s.Units(changes(t, c.changes), live) {
				var lines []string
				for _, one := range unit {
					lines = append(lines, one.String())
				}
				got = append(got, strings.Join(lines, "; "))
				if s.Cost(unit, site.Observation{Facts: live}) < 1 {
					t.Errorf("%v costs nothing", lines)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// changes reads changes, "op fact" a line, and sorts them as a plan does.
func changes(t testing.TB, text string) []access.Change {
	t.Helper()
	var out []access.Change
	for line := range strings.Lines(text) {
		op, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		for f := range set(t, rest).All() {
			out = append(out, access.Change{Op: access.Op(op), Fact: f})
		}
	}
	slices.SortFunc(out, access.Change.Compare)
	return out
}
