package access_test

import (
	"testing"

	"github.com/weirhq/weir/access"
)

func TestScopeMode(t *testing.T) {
	scope := access.Scope{
		Existence: []access.Existence{
			{Match: "group:*", Mode: access.Exclusive},
			{Match: "group:okta-*", Mode: access.Additive},
			{Match: "space:*", Mode: access.Exclusive},
		},
		Contents: map[access.Contents]access.Mode{
			{Kind: access.Member, Object: "group:g"}: access.Exclusive,
			{Kind: access.Role, Object: "space:S"}:   access.Additive,
		},
		Absent: map[access.Ref]bool{"user:joe@acme.example": true, "group:okta-old": true},
	}
	scope = scope.Excluding(
		access.Excluded{Object: "group:*", Reason: "a team that calls itself everything"},
		access.Excluded{Object: "user:root@acme.example", Reason: "protected", AsSubject: true},
		access.Excluded{Match: "group:jira-*", Reason: "ignored"},
	)
	for line, want := range map[string]access.Mode{
		"exists group:x":                         access.Exclusive,
		"exists group:okta-x":                    access.Additive, // the last match wins
		"exists group:okta-old":                  access.Exclusive,
		"exists group:*":                         access.Unmanaged,
		"exists group:jira-users":                access.Unmanaged,
		"exists user:ana@acme.example":           access.Unmanaged, // nobody claimed people
		"exists user:joe@acme.example":           access.Exclusive,
		"exists user:root@acme.example":          access.Unmanaged,
		"exists space:S":                         access.Additive, // never removed for being undescribed
		"member group:g user:ana@acme.example":   access.Exclusive,
		"member group:g user:root@acme.example":  access.Unmanaged,
		"member group:h user:ana@acme.example":   access.Unmanaged,
		"role space:S group:g = admin":           access.Additive,
		"role space:S group:jira-users = viewer": access.Additive, // not protected as a subject
		"role space:T group:g = admin":           access.Unmanaged,
	} {
		f, err := access.ParseFact(line)
		if err != nil {
			t.Fatal(err)
		}
		if got := scope.Mode(f); got != want {
			t.Errorf("%s is %s, want %s", line, got, want)
		}
	}
}
