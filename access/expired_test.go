package access_test

import (
	"testing"

	"github.com/weirhq/weir/access"
)

func TestExpiredGrantsAreOwnedInAnyMode(t *testing.T) {
	const group, user = access.Ref("group:audit"), access.Ref("user:bo@acme.example")
	expired := access.Fact{Kind: access.Member, Object: group, Subject: user}
	other := access.Fact{Kind: access.Member, Object: group, Subject: "user:ana@acme.example"}
	role := access.Fact{Kind: access.Role, Object: "space:ENG", Subject: user, Value: "viewer"}
	scope := access.Scope{
		Contents: map[access.Contents]access.Mode{{Kind: access.Member, Object: group}: access.Additive},
		Expired:  map[access.Fact]bool{expired: true, role.Identity(): true},
	}
	for _, c := range []struct {
		name  string
		scope access.Scope
		fact  access.Fact
		want  access.Mode
	}{
		{"an expired membership of an additive group", scope, expired, access.Exclusive},
		{"another membership of that group", scope, other, access.Additive},
		{"an expired role in a space that is not owned", scope, role, access.Exclusive},
		{"an expired membership of somebody protected",
			scope.Excluding(access.Excluded{Match: access.Pattern(user), AsSubject: true}), expired, access.Unmanaged},
	} {
		if got := c.scope.Mode(c.fact); got != c.want {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}
