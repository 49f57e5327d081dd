package rest

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"log/slog"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Secret is a credential. However it is printed, logged or serialised, its
// content does not show. The zero Secret is empty.
type Secret struct {
	// A closure, because fmt prints the unexported fields of a struct that holds
	// a Secret without asking the Secret.
	reveal func() string
}

// NewSecret wraps a credential.
func NewSecret(text string) Secret {
	if text == "" {
		return Secret{}
	}
	return Secret{reveal: func() string { return text }}
}

// Empty reports whether there is no credential.
func (s Secret) Empty() bool { return s.reveal == nil }

func (s Secret) text() string {
	if s.reveal == nil {
		return ""
	}
	return s.reveal()
}

const hidden = "[secret]"

// String never shows the content.
func (s Secret) String() string { return hidden }

// Format never shows the content, whatever the verb.
func (s Secret) Format(f fmt.State, _ rune) { fmt.Fprint(f, hidden) }

// MarshalJSON never shows the content.
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(strconv.Quote(hidden)), nil }

// MarshalText never shows the content.
func (s Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// LogValue never shows the content.
func (s Secret) LogValue() slog.Value { return slog.StringValue(hidden) }

// redactor replaces the secrets of the surfaces in a text, in the spellings in
// which a server or a library may echo them. The longest goes first, so that
// none leaves a rest of another behind.
func redactor(surfaces []Surface) func(string) string {
	var spellings []string
	hide := func(text string) {
		b := []byte(text)
		spellings = append(spellings,
			text, url.QueryEscape(text), url.PathEscape(text), html.EscapeString(text), quoted(text),
			strings.TrimSuffix(strings.TrimPrefix(strconv.Quote(text), `"`), `"`),
			base64.StdEncoding.EncodeToString(b), base64.RawStdEncoding.EncodeToString(b),
			base64.URLEncoding.EncodeToString(b), base64.RawURLEncoding.EncodeToString(b),
			hex.EncodeToString(b), strings.ToUpper(hex.EncodeToString(b)),
		)
	}
	for _, s := range surfaces {
		hide(s.Auth.secret.text())
		if s.Auth.basic {
			hide(s.Auth.user + ":" + s.Auth.secret.text())
		}
	}
	slices.SortStableFunc(spellings, func(a, b string) int { return len(b) - len(a) })
	pairs := make([]string, 0, 2*len(spellings))
	for _, s := range spellings {
		pairs = append(pairs, s, hidden)
	}
	return strings.NewReplacer(pairs...).Replace
}

// quoted is the text as it stands in a JSON string.
func quoted(text string) string {
	data, err := json.Marshal(text)
	if err != nil {
		return text // strings marshal
	}
	return string(data[1 : len(data)-1])
}
