package datacenter

import (
	"errors"
	"fmt"

	"github.com/weirhq/weir/site"
)

// terms are what Data Center can hold and how it takes changes: all that the
// driver decides without asking anybody.
type terms struct {
	names  naming
	member bool // weir's account is added to restrictions
}

// NewTerms gives Data Center's terms without a site, for an observation that was
// written down. usernames and restrictedPages are those of [Config].
func NewTerms(usernames, restrictedPages string) (site.Terms, error) {
	return newTerms(usernames, restrictedPages)
}

func newTerms(usernames, restrictedPages string) (terms, error) {
	names, err := newNaming(usernames)
	if err != nil {
		return terms{}, err
	}
	switch restrictedPages {
	case "", "skip", "member":
	case "admin_key":
		return terms{}, errors.New("restricted_pages: Data Center has no admin key (write skip or member, or put weir's account into confluence-administrators, who see every page)")
	default:
		return terms{}, fmt.Errorf("restricted_pages: %q is no choice (write skip or member)", restrictedPages)
	}
	return terms{names: names, member: restrictedPages == "member"}, nil
}
