package rest

import (
	"bytes"
	"cmp"
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

// spellings are the secrets of the surfaces in the forms in which a server or a
// library may echo them. The longest goes first, so that none leaves a rest of
// another behind when it is replaced.
func spellings(surfaces []Surface) []string {
	var out []string
	spell := func(text string) {
		b := []byte(text)
		out = append(out,
			text, url.QueryEscape(text), url.PathEscape(text), html.EscapeString(text), quoted(text),
			strings.TrimSuffix(strings.TrimPrefix(strconv.Quote(text), `"`), `"`),
			base64.StdEncoding.EncodeToString(b), base64.RawStdEncoding.EncodeToString(b),
			base64.URLEncoding.EncodeToString(b), base64.RawURLEncoding.EncodeToString(b),
			hex.EncodeToString(b), strings.ToUpper(hex.EncodeToString(b)),
		)
	}
	for _, s := range surfaces {
		spell(s.Auth.secret.text())
		if s.Auth.basic {
			spell(s.Auth.user + ":" + s.Auth.secret.text())
		}
	}
	slices.SortFunc(out, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	return slices.Compact(out)
}

// longSecret is the length from which a secret is no word that a text may hold
// by chance. Every token of Atlassian's is longer.
const longSecret = 16

// echo reports whether an answer repeats a long secret of the surfaces.
func echo(surfaces []Surface) func([]byte) bool {
	var long [][]byte
	for _, s := range spellings(surfaces) {
		if len(s) >= longSecret {
			long = append(long, []byte(s))
		}
	}
	return func(data []byte) bool {
		return slices.ContainsFunc(long, func(s []byte) bool { return bytes.Contains(data, s) })
	}
}

// redactor takes the secrets of the surfaces out of a text. Whatever holds a long
// one in a form that cannot be cut out (broken up, backwards, escaped byte by
// byte, inside of other base64) is withheld whole.
func redactor(surfaces []Surface) func(string) string {
	var pairs []string
	for _, s := range spellings(surfaces) {
		pairs = append(pairs, s, hidden)
	}
	replace := strings.NewReplacer(pairs...).Replace
	var disguised [][]string
	for _, s := range surfaces {
		if text := s.Auth.secret.text(); len(text) >= longSecret {
			disguised = append(disguised, disguises(text))
		}
	}
	return func(text string) string {
		text = replace(text)
		packed := pack(text)
		for _, forms := range disguised {
			if slices.ContainsFunc(forms, func(form string) bool { return strings.Contains(packed, form) }) {
				return hidden
			}
		}
		return text
	}
}

// disguises are the forms of a secret in a text that was packed.
func disguises(secret string) []string {
	backwards := []byte(secret)
	slices.Reverse(backwards)
	out := []string{pack(secret), pack(string(backwards)), pack(hex.EncodeToString([]byte(secret)))}
	// In base64 of a longer text the secret stands in one of three places, and its
	// ends share characters with their neighbours.
	for at := range 3 {
		from, to := (at*8+5)/6, (at+len(secret))*8/6
		encoded := base64.RawStdEncoding.EncodeToString([]byte(strings.Repeat("\x00", at) + secret))[from:to]
		out = append(out, pack(encoded))
	}
	return out
}

// pack leaves of a text what no line break, escape or alphabet changes: letters
// and digits in one case.
func pack(text string) string {
	for _, escape := range []string{`\n`, `\r`, `\t`, `\x`, "%0a", "%0d"} {
		text = strings.ReplaceAll(text, escape, "")
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'A' && r <= 'Z':
			return r - 'A' + 'a'
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		}
		return -1
	}, text)
}

// quoted is the text as it stands in a JSON string.
func quoted(text string) string {
	data, err := json.Marshal(text)
	if err != nil {
		return text // strings marshal
	}
	return string(data[1 : len(data)-1])
}
