package reconcile

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirhq/weir/access"
)

// told writes all that a comparison found: changes, what is only observed, and of
// what was kept that of the spaces and groups, with the reason.
func told(d Difference) string {
	var b strings.Builder
	b.WriteString(changeLines(d.Changes))
	for _, c := range d.Observed {
		fmt.Fprintf(&b, "observed %s\n", c)
	}
	for _, k := range d.Kept {
		fmt.Fprintf(&b, "kept %s: %s\n", k.Fact, k.Reason)
	}
	return b.String()
}

const boundedSite = `
	exists group:contractors
	exists group:leads
	exists group:own
	exists space:ENG
	exists space_role:admin
	exists space_role:lesser
	exists space_role:manager
	exists space_role:viewer
	exists user:ana@acme.example
	exists user:lee@partner.example
	product user:lee@partner.example = guest
	grants space_role:admin administer/space
	grants space_role:admin create/page
	grants space_role:admin read/space
	grants space_role:lesser read/space
	grants space_role:manager create/page
	grants space_role:manager read/space
	grants space_role:viewer read/space
	`

// A bounded space keeps what its admins gave within the limits: by what is given,
// not by the name of the role.
func TestBounded(t *testing.T) {
	live := facts(t, boundedSite+`
		permission space:ENG administer/space user:lee@partner.example
		permission space:ENG read/space user:lee@partner.example
		role space:ENG class:anonymous = viewer
		role space:ENG class:everyone = lesser
		role space:ENG group:contractors = viewer
		role space:ENG group:gone = viewer
		role space:ENG group:leads = viewer
		role space:ENG group:own = admin
		role space:ENG group:strange = nosuch
		role space:ENG user:ana@acme.example = admin`)
	desired := whole(facts(t, boundedSite+`
		role space:ENG group:leads = admin`))
	for _, k := range []access.Kind{access.Role, access.Permission} {
		desired.Scope.Contents[access.Contents{Kind: k, Object: "space:ENG"}] = access.Bounded
	}
	desired.Scope.Limits = map[access.Ref]access.Limits{"space:ENG": {
		Role: "space_role:manager", Anyone: true, Never: []access.Pattern{"group:contractors"},
	}}
	d := Diff(live, desired, nil)
	want := `- permission space:ENG administer/space user:lee@partner.example
- role space:ENG class:anonymous = viewer
- role space:ENG group:contractors = viewer
~ role space:ENG group:leads = admin (was viewer)
- role space:ENG group:own = admin
- role space:ENG group:strange = nosuch
- role space:ENG user:ana@acme.example = admin
kept permission space:ENG read/space user:lee@partner.example: within the limits of space:ENG
kept role space:ENG class:everyone = lesser: within the limits of space:ENG
kept role space:ENG group:gone = viewer: within the limits of space:ENG
`
	if diff := cmp.Diff(want, told(d)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(d.Beyond) != 6 {
		t.Errorf("beyond the limits: %v", d.Beyond)
	}

	// Guests are told by what they will be.
	guests := desired
	guests.Scope.Limits = map[access.Ref]access.Limits{"space:ENG": {Role: "space_role:manager", Anyone: true, Never: []access.Pattern{access.Pattern(access.Guests)}}}
	if got := told(Diff(live, guests, nil)); !strings.Contains(got, "- permission space:ENG read/space user:lee@partner.example\n") {
		t.Errorf("a guest keeps what guests may never have:\n%s", got)
	}

	// A role that the site does not know bounds nothing, and allows nothing.
	nosuch := desired
	nosuch.Scope.Limits = map[access.Ref]access.Limits{"space:ENG": {Role: "space_role:nosuch", Anyone: true}}
	if got := told(Diff(live, nosuch, nil)); strings.Contains(got, "within the limits") {
		t.Errorf("within limits that nobody knows:\n%s", got)
	}

	// What a role permits cannot be seen: nothing goes for it.
	unknown := []access.Unknown{{Kind: access.Grants, Object: "space_role:admin", Reason: "hidden"}}
	got := told(Diff(live, desired, unknown))
	for _, line := range []string{
		"kept role space:ENG group:own = admin: what space_role:admin permits cannot be seen: hidden\n",
		"- role space:ENG group:contractors = viewer\n",
	} {
		if !strings.Contains(got, line) {
			t.Errorf("%q is not in\n%s", line, got)
		}
	}
	unknown[0].Object = "space_role:manager"
	if got := told(Diff(live, desired, unknown)); strings.Contains(got, "- role") {
		t.Errorf("something is removed by limits that cannot be seen:\n%s", got)
	}
}

// A role that is changed by the same plan counts as it will be.
func TestBoundedByTheRoleToBe(t *testing.T) {
	live := facts(t, `
		exists group:x
		exists space:ENG
		exists space_role:reviewer
		exists space_role:viewer
		grants space_role:reviewer read/space
		grants space_role:viewer read/space
		role space:ENG group:x = reviewer`)
	desired := whole(facts(t, `
		exists group:x
		exists space:ENG
		exists space_role:reviewer
		exists space_role:viewer
		grants space_role:reviewer create/page
		grants space_role:reviewer read/space
		grants space_role:viewer read/space`))
	desired.Scope.Contents[access.Contents{Kind: access.Role, Object: "space:ENG"}] = access.Bounded
	desired.Scope.Limits = map[access.Ref]access.Limits{"space:ENG": {Role: "space_role:viewer", Anyone: true}}
	want := "+ grants space_role:reviewer create/page\n- role space:ENG group:x = reviewer\n"
	if diff := cmp.Diff(want, told(Diff(live, desired, nil))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// What is only observed is compared and told, and left as it is.
func TestObserved(t *testing.T) {
	live := facts(t, boundedSite+`
		member group:own user:ana@acme.example
		product group:own = user
		role space:ENG group:contractors = viewer
		role space:ENG group:leads = viewer
		role space:ENG user:joe@acme.example = viewer
		exists user:joe@acme.example
		member group:own user:joe@acme.example`)
	desired := whole(facts(t, boundedSite+`
		product group:own = user
		member group:own user:lee@partner.example
		role space:ENG group:leads = admin
		role space:ENG group:own = viewer`))
	desired.Scope.Contents[access.Contents{Kind: access.Role, Object: "space:ENG"}] = access.Observe
	desired.Scope.Contents[access.Contents{Kind: access.Member, Object: "group:own"}] = access.Observe
	desired.Scope.Absent["user:joe@acme.example"] = true
	desired.Scope.Expired = map[access.Fact]bool{{Kind: access.Role, Object: "space:ENG", Subject: "group:contractors"}: true}
	want := `observed - member group:own user:ana@acme.example
observed - member group:own user:joe@acme.example
observed + member group:own user:lee@partner.example
observed - role space:ENG group:contractors = viewer
observed ~ role space:ENG group:leads = admin (was viewer)
observed + role space:ENG group:own = viewer
observed - role space:ENG user:joe@acme.example = viewer
kept exists user:joe@acme.example: keeps access through group:own (only observed)
`
	if diff := cmp.Diff(want, told(Diff(live, desired, nil))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}

	// Whoever loses access for another reason loses nothing that is only observed.
	delete(desired.Scope.Contents, access.Contents{Kind: access.Member, Object: "group:own"})
	got := told(Diff(live, desired, nil))
	if !strings.Contains(got, "- exists user:joe@acme.example\n- member group:own user:joe@acme.example\n") || strings.Contains(got, "\n- role") {
		t.Errorf("joe goes, and keeps a role that is only observed:\n%s", got)
	}
}

// The product holds a role or permissions beside roles. What is only observed is
// not replaced.
func TestObservedIsNotReplaced(t *testing.T) {
	for _, c := range []struct {
		observed                access.Kind
		live, wanted, described string
	}{
		{access.Permission, "permission space:ENG read/space group:own", "role space:ENG group:own = viewer", "permission space:ENG read/space group:leads"},
		{access.Role, "role space:ENG group:own = viewer", "permission space:ENG read/space group:own", "role space:ENG group:leads = viewer"},
	} {
		live := facts(t, boundedSite+c.live)
		desired := whole(facts(t, boundedSite+c.wanted+"\n"+c.described))
		desired.Scope.Contents[access.Contents{Kind: c.observed, Object: "space:ENG"}] = access.Observe
		d := Diff(live, desired, nil)
		if len(d.Changes) > 0 || len(d.Observed) != 3 {
			t.Errorf("%s is only observed:\n%s", c.live, told(d))
		}
		// Where both are there nothing is replaced either.
		if d := Diff(facts(t, boundedSite+c.live+"\n"+c.wanted), desired, nil); len(d.Changes) > 0 {
			t.Errorf("%s is only observed, and replaced:\n%s", c.live, told(d))
		}
	}
}
