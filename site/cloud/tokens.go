package cloud

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/driver"
	"github.com/weirhq/weir/site/rest"
)

// apiToken is a token as the organisation lists it, without its secret.
type apiToken struct {
	ID        string        `json:"id"`
	Label     string        `json:"label"`
	CreatedAt driver.Moment `json:"createdAt"`
	ExpiresAt driver.Moment `json:"expiresAt"` // zero: never
	Used      driver.Moment `json:"lastActiveAt"`
	User      struct {
		ID    string `json:"id"`
		Email string `json:"email"`
	} `json:"user"`
}

// apiTokens reads the tokens of the organisation.
func (s *Site) apiTokens(ctx context.Context, at place) ([]apiToken, error) {
	return rest.ByCursor(ctx, s.client, rest.Call{To: listTokens, Args: []string{at.org}}, orgPage, func(t apiToken) string { return t.ID })
}

// tokens lists the API tokens of the accounts that the organisation manages
// (evidence A11), those that have ended among them: nobody clears them away. They
// are in the order of their ends; those that do not say come last.
func (s *Site) tokens(ctx context.Context) (tokens []site.Token, hidden string, err error) {
	at, err := s.locate(ctx)
	if err != nil {
		return hide(err)
	}
	list, err := s.apiTokens(ctx, at)
	if err != nil {
		return hide(err)
	}
	for _, t := range list {
		tokens = append(tokens, site.Token{
			ID: t.ID, Label: t.Label, Owner: s.owner(t), Created: t.CreatedAt.Time, Expires: t.ExpiresAt.Time, Used: t.Used.Time,
		})
	}
	slices.SortFunc(tokens, func(a, b site.Token) int {
		switch never := a.Expires.IsZero(); {
		case never != b.Expires.IsZero() && never:
			return 1
		case never != b.Expires.IsZero():
			return -1
		}
		return cmp.Or(a.Expires.Compare(b.Expires), strings.Compare(string(a.Owner), string(b.Owner)), strings.Compare(a.ID, b.ID))
	})
	return tokens, "the organisation lists the tokens of accounts that it manages, and of no others", nil
}

// hide makes a reason of an error that says that the list is not for weir.
func hide(err error) ([]site.Token, string, error) {
	if reason, hidden := rest.Unseen(err); hidden || site.Is(err, site.Unsupported) {
		if reason == "" {
			reason = err.Error()
		}
		return nil, "the organisation's key cannot list them: " + reason, nil
	}
	return nil, "", err
}

// owner names the owner of a token: as an observation names them, or by the
// address that the list shows.
func (s *Site) owner(t apiToken) access.Ref {
	if r, ok := s.known.ref("person", t.User.ID); ok {
		return r
	}
	if e := normalEmail(t.User.Email); e != "" {
		return access.NewRef("user", e)
	}
	return access.NewRef("account", t.User.ID)
}
