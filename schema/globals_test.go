package schema_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirhq/weir/access"
)

// productLines gives the product facts that a description wants of a live site,
// and those of the site that it would remove, the latter behind a minus.
func productLines(t *testing.T, archive, live string) string {
	t.Helper()
	there := facts(t, live)
	desired, _ := compile(t, archive).Desired(access.Known{Facts: there})
	var out []string
	for f := range desired.Facts.OfKind(access.Product) {
		out = append(out, f.String())
	}
	for f := range there.OfKind(access.Product) {
		if _, wanted := desired.Facts.Get(f); !wanted && desired.Scope.Mode(f) == access.Exclusive {
			out = append(out, "- "+f.String())
		}
	}
	return strings.Join(out, "\n")
}

// TestUsingAndAdministeringAreProductRoles holds what becomes of the product
// roles of those whom global_permissions names, and of all others.
func TestUsingAndAdministeringAreProductRoles(t *testing.T) {
	const live = `
exists group:staff
exists group:old
exists group:keys
exists group:idp
managed group:idp = idp
exists user:ana@acme.example
exists user:bo@acme.example
exists user:cy@acme.example
product group:staff = user+user-access-admin
product group:old = admin+user
product group:keys = user-access-admin
product group:idp = user
product user:bo@acme.example = admin
product user:cy@acme.example = admin+guest
`
	for _, c := range []struct{ name, archive, want string }{
		{"without the keys nothing is owned", `
groups: {staff: {}}
`, ``},
		{"a listed group keeps its other roles, and every other group and person loses this one", `
groups: {staff: {}}
global_permissions: {use: ["group:staff"]}
`, `
product group:old = admin
product group:staff = user+user-access-admin
`},
		{"nobody administers but who is listed", `
groups: {staff: {}}
users: {ana@acme.example: {}}
global_permissions: {administer: ["group:staff", "user:ana@acme.example"]}
`, `
product group:old = user
product group:staff = admin+user+user-access-admin
product user:ana@acme.example = admin
product user:cy@acme.example = guest
- product user:bo@acme.example = admin
`},
		{"nobody does either", `
global_permissions: {use: [], administer: []}
`, `
product group:staff = user-access-admin
product user:cy@acme.example = guest
- product group:old = admin+user
- product user:bo@acme.example = admin
`},
		{"additive lists take nothing away but what has expired", `
groups: {staff: {}}
external: ["user:*", "group:*"]
ownership: {global_permissions: additive}
global_permissions: {administer: ["group:staff", {who: "group:old", until: 2026-06-30}]}
`, `
product group:old = user
product group:staff = admin+user+user-access-admin
`},
		{"a group's own product_role says all of it", `
groups: {staff: {product_role: user}, old: {product_role: admin}}
global_permissions: {use: ["group:staff"], administer: []}
`, `
product group:old = admin
product group:staff = user
- product user:bo@acme.example = admin
product user:cy@acme.example = guest
`},
		{"whoever is shut out, ignored or protected is left alone", `
users: {bo@acme.example: {state: suspended}}
external: ["user:cy@acme.example"]
protect: {admins: [cy@acme.example]}
ownership: {ignore: [{object: "group:old"}]}
global_permissions: {administer: []}
`, ``},
		{"a described person is no guest, and keeps what else they hold", `
users: {ana@acme.example: {}, bo@acme.example: {}, cy@acme.example: {}}
`, `
product user:cy@acme.example = admin
`},
	} {
		t.Run(c.name, func(t *testing.T) {
			want := strings.Split(strings.TrimSpace(c.want), "\n")
			var sets, gone []string
			for _, line := range want {
				if strings.HasPrefix(line, "- ") {
					gone = append(gone, line)
				} else {
					sets = append(sets, line)
				}
			}
			if diff := cmp.Diff(strings.Join(append(sets, gone...), "\n"), productLines(t, c.archive, live)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestTheUseOfPeopleIsThatTheyMayEnter holds what `use` says of a person: a
// fact by itself, which ends with its entry.
func TestTheUseOfPeopleIsThatTheyMayEnter(t *testing.T) {
	const live = `
exists user:ext@partner.example
product user:ext@partner.example = guest
`
	head := "external: [\"user:*\"]\nglobal_permissions: {use: [{who: \"user:ext@partner.example\", until: "
	if diff := cmp.Diff("- product user:ext@partner.example = guest", productLines(t, head+"2026-12-31}]}", live)); diff != "" {
		t.Errorf("a licensed person is no guest (-want +got):\n%s", diff)
	}
	enters := access.Fact{Kind: access.Exists, Object: "user:ext@partner.example"}
	for _, c := range []struct {
		until  string
		wanted bool
		mode   access.Mode
	}{{"2026-12-31", true, access.Additive}, {"2026-06-30", false, access.Exclusive}} {
		desired, _ := compile(t, head+c.until+"}]}").Desired(access.Known{Facts: facts(t, live)})
		if desired.Facts.Has(enters) != c.wanted || desired.Scope.Mode(enters) != c.mode {
			t.Errorf("until %s: wanted %v, %v", c.until, desired.Facts.Has(enters), desired.Scope.Mode(enters))
		}
	}
}
