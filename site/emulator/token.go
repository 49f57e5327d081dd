package emulator

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// maxTokenLife: "API tokens live at most one year and expire silently; nothing
// warns" (evidence, Domain, "People, seats, authority").
const maxTokenLife = 365 * 24 * time.Hour

// apiToken is an API token of a person. Its secret is the key of its record and
// is shown to nobody.
type apiToken struct {
	ID      string
	Account string
	Label   string
	Created time.Time
	Expires time.Time `json:",omitzero"` // zero: never, which only the site's own is
	Used    time.Time `json:",omitzero"` // the day and time of the first use on the last day of use

	secret string
}

func (t *apiToken) expired(now time.Time) bool { return !t.Expires.IsZero() && !now.Before(t.Expires) }

// tokenID follows from the secret, and does not tell it.
func tokenID(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:16])
}

// newToken makes a token that never expires: the site's own.
func (s *state) newToken(p *person) string {
	return s.addToken(&apiToken{Account: p.ID, Label: "weir", Created: s.site.Created})
}

// addToken draws the token's secret, keeps it and returns it.
func (s *state) addToken(t *apiToken) string {
	t.secret = "ATATT3" + s.newSecret()
	t.ID = tokenID(t.secret)
	s.tokens[t.secret] = t
	s.save(tableToken, t.secret, t)
	return t.secret
}

// restoreToken reads a token back. Older sites stored the account id alone.
func (s *state) restoreToken(r Record) error {
	t := &apiToken{Created: s.site.Created}
	into := any(t)
	if strings.HasPrefix(string(r.Value), `"`) {
		into = &t.Account
	}
	if err := decodeStrict(r.Value, into); err != nil {
		return err
	}
	if s.people.get(t.Account) == nil {
		return fmt.Errorf("no person %q", t.Account)
	}
	t.secret, t.ID = r.Key, tokenID(r.Key)
	s.tokens[r.Key] = t
	return nil
}

// issueToken makes a token as the person does in their profile. An account that
// is deactivated cannot log in and has none.
func (s *state) issueToken(p *person, label string, life time.Duration, now time.Time) (secret string, err error) {
	switch {
	case p.Account != accountActive:
		return "", refuse(http.StatusBadRequest, "", "the account %s is deactivated: it has no API tokens", p.Email)
	case life <= 0 || life > maxTokenLife:
		return "", refuse(http.StatusBadRequest, "", "an API token lives for a year at most")
	}
	return s.addToken(&apiToken{Account: p.ID, Label: label, Created: now, Expires: now.Add(life)}), nil
}

// tokenHolder returns the token and its person, or nil for a secret that is
// wrong, revoked or expired.
func (s *state) tokenHolder(secret string, now time.Time) (*apiToken, *person) {
	t := s.tokens[secret]
	if t == nil || t.expired(now) {
		return nil, nil
	}
	return t, s.people.get(t.Account)
}

// tokensOf lists tokens, oldest first; those of one account, or all for "".
// Expired ones are listed: nobody clears them away.
func (s *state) tokensOf(account string) []*apiToken {
	var out []*apiToken
	for _, t := range s.tokens {
		if account == "" || t.Account == account {
			out = append(out, t)
		}
	}
	slices.SortFunc(out, func(a, b *apiToken) int {
		return cmp.Or(a.Created.Compare(b.Created), strings.Compare(a.ID, b.ID))
	})
	return out
}

func (s *state) revokeToken(t *apiToken) {
	delete(s.tokens, t.secret)
	s.save(tableToken, t.secret, nil)
}

// revokeTokens revokes what a person who is deactivated has: it stops their
// automations for good, also when they come back (evidence, Domain). The site's own
// token stays, or nobody could ever enter the embedded site again.
func (s *state) revokeTokens(p *person) {
	for _, t := range s.tokensOf(p.ID) {
		if t.secret != s.site.Token {
			s.revokeToken(t)
		}
	}
}

// noteUse remembers, once a day, that a token was used. Weir's own leaves no
// trace: a question to a site that is open for reading must change nothing.
func (s *state) noteUse(t *apiToken, now time.Time) {
	if t.secret != s.site.Token && !sameDay(t.Used, now) {
		t.Used = now
		s.save(tableToken, t.secret, t)
	}
}

func sameDay(a, b time.Time) bool {
	return a.UTC().Truncate(24 * time.Hour).Equal(b.UTC().Truncate(24 * time.Hour))
}
