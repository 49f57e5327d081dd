package datacenter

import (
	"fmt"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/weirhq/weir/access"
)

// naming turns user names into references and back, as [Config].Usernames says.
// Each name has one reference and each reference at most one name.
type naming struct {
	email  bool
	domain string // in lower case
}

func newNaming(usernames string) (naming, error) {
	switch u := strings.ToLower(usernames); {
	case u == "":
		return naming{}, nil
	case u == "email":
		return naming{email: true}, nil
	case strings.ContainsAny(u, "@ /:") || !strings.Contains(u, ".") || strings.Trim(u, ".-") != u:
		return naming{}, fmt.Errorf("usernames: %q is neither email nor a domain (write email, or a domain such as acme.example)", usernames)
	default:
		return naming{domain: u}, nil
	}
}

// ref gives the reference of a user name.
func (n naming) ref(name string) access.Ref {
	name = norm.NFC.String(strings.ToLower(name))
	local, host, at := strings.Cut(name, "@")
	switch {
	case n.email && at && local != "" && host != "":
		return access.NewRef("user", name)
	case n.domain != "" && !at:
		return access.NewRef("user", name+"@"+n.domain)
	}
	return access.NewRef("account", name)
}

// name gives the user name of a reference; ok is false where no user name has
// this reference.
func (n naming) name(r access.Ref) (name string, ok bool) {
	name = r.ID()
	if r.Type() == "user" && n.domain != "" {
		name = strings.TrimSuffix(name, "@"+n.domain)
	}
	return name, name != "" && r.IsPerson() && n.ref(name) == r
}
