package emulator

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// Data Center knows people by a user name and a key, Cloud by an account id
// alone (evidence B0). A person who has no user name of their own has
// their e-mail address for one, as many directories do.

func (p *person) username() string {
	if p.Username != "" {
		return p.Username
	}
	return fold(p.Email)
}

// userKey is the account id in the form of a key: 32 hexadecimal digits. An id
// of another form is its own key.
func (p *person) userKey() string {
	_, uuid, _ := strings.Cut(p.ID, ":")
	key := strings.ReplaceAll(uuid, "-", "")
	if _, err := hex.DecodeString(key); err != nil || len(key) != 32 || p.ID != accountOf(key) {
		return p.ID
	}
	return key
}

// accountOf turns a key back into an account id.
func accountOf(key string) string {
	if len(key) != 32 {
		return key
	}
	return "712020:" + strings.Join([]string{key[:8], key[8:12], key[12:16], key[16:20], key[20:]}, "-")
}

// personByKey finds somebody in the directory by their user key.
func (s *state) personByKey(key string) *person { return s.member(accountOf(key)) }

// personByUser finds somebody in the directory by their user name, whatever its
// case.
func (s *state) personByUser(name string) *person {
	if p := s.byUser[fold(name)]; p != nil {
		return s.member(p.ID)
	}
	return nil
}

// digest is what is kept of a password. The site's seed is its salt.
func (s *state) digest(p *person, password string) string {
	mac := hmac.New(sha256.New, s.site.Seed)
	mac.Write([]byte("password\x00" + p.ID + "\x00" + password))
	return hex.EncodeToString(mac.Sum(nil))
}
