package rest_test

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/weirhq/weir/site/rest"
)

func TestParseBase(t *testing.T) {
	for text, want := range map[string]string{
		"https://acme.atlassian.net/wiki":                     "https://acme.atlassian.net/wiki",
		"https://acme.atlassian.net/wiki/":                    "https://acme.atlassian.net/wiki",
		"https://acme.atlassian.net":                          "https://acme.atlassian.net",
		"https://api.atlassian.com/ex/confluence/1f-2e/wiki":  "https://api.atlassian.com/ex/confluence/1f-2e/wiki",
		"https://ACME.example:8443/Confluence":                "https://acme.example:8443/Confluence",
		"HTTPS://acme.example":                                "https://acme.example",
		"https://xn--bcher-kva.example/wiki":                  "https://xn--bcher-kva.example/wiki",
		"https://wiki_2.acme.example":                         "https://wiki_2.acme.example",
		"https://10.0.0.7/wiki":                               "https://10.0.0.7/wiki",
		"https://[2001:db8::7]:8443/wiki":                     "https://[2001:db8::7]:8443/wiki",
		"http://localhost:8080/wiki":                          "http://localhost:8080/wiki",
		"http://127.0.0.1:1/":                                 "http://127.0.0.1:1",
		"http://127.9.9.9":                                    "http://127.9.9.9",
		"http://[::1]:65535":                                  "http://[::1]:65535",
		"http://site.embedded.INVALID/wiki":                   "http://site.embedded.invalid/wiki",
		"https://acme.example/a...b/c":                        "https://acme.example/a...b/c",
		"":                                                    "is not an address",
		"acme.atlassian.net":                                  "is not an address",
		"/wiki":                                               "is not an address",
		"//acme.example/wiki":                                 "in the clear",
		"https:acme.example":                                  "is not an address",
		"https:/acme.example":                                 "is not an address",
		"https:///acme.example":                               "is not an address",
		"https://":                                            "is not an address",
		"https://:443":                                        "names no host",
		"http://acme.example":                                 "in the clear",
		"ftp://acme.example":                                  "in the clear",
		"javascript://acme.example/x":                         "in the clear",
		"http://localhost.acme.example":                       "in the clear",
		"http://notlocalhost":                                 "in the clear",
		"http://invalid":                                      "in the clear",
		"http://invalid.example":                              "in the clear",
		"http://127.0.0.1.acme.example":                       "in the clear",
		"http://10.0.0.7":                                     "in the clear",
		"http://0.0.0.0":                                      "in the clear",
		"http://[::]":                                         "in the clear",
		"http://[2001:db8::7]":                                "in the clear",
		"https://a:b@acme.example":                            "holds no account",
		"https://acme.example@evil.example":                   "holds no account",
		"https://acme.example:443@evil.example/":              "holds no account",
		"https://@acme.example":                               "holds no account",
		"https://acme.example?x":                              "holds no account",
		"https://acme.example?":                               "holds no account",
		"https://acme.example#x":                              "holds no account",
		"https://acme.example#":                               "holds no account",
		`https://acme.example\@evil.example`:                  "holds no account",
		`https://acme.example\.evil.example`:                  "has no use for",
		`https:\\acme.example`:                                "has no use for",
		"https://acme.example/\\evil":                         "has no use for",
		" https://acme.example":                               "has no use for",
		"https://acme.example ":                               "has no use for",
		"https://acme.example\n":                              "has no use for",
		"https://acme.exa\tmple":                              "has no use for",
		"https://acme.example\x00.evil.example":               "has no use for",
		"https://bücher.example":                              "has no use for",
		"https://аcme.example":                                "has no use for", // a Cyrillic letter
		"https://acme。example":                                "has no use for",
		"https://acme.example\u2044evil":                      "has no use for",
		"https://acme.example\xff":                            "has no use for",
		"https://acme.example/%2e%2e/x":                       "has no use for",
		"https://acme.example/a%2fb":                          "has no use for",
		"https://acme.example/a%5cb":                          "has no use for",
		"https://ac%6de.example":                              "has no use for",
		"https://[fe80::1%25eth0]/":                           "has no use for",
		"https://acme.example/a;b":                            "has no use for",
		"https://acme.example,evil.example":                   "has no use for",
		"https://acme.example.":                               "names no host",
		"https://acme..example":                               "names no host",
		"https://.example":                                    "names no host",
		"https://-acme.example":                               "names no host",
		"https://acme-.example":                               "names no host",
		"https://~acme.example":                               "names no host",
		"https://2130706433":                                  "names no host",
		"https://0x7f.1":                                      "names no host",
		"https://0x7f000001":                                  "names no host",
		"https://127.1":                                       "names no host",
		"https://0177.0.0.1":                                  "names no host",
		"https://1.2.3.4.5":                                   "names no host",
		"https://999.0.0.1":                                   "names no host",
		"https://[127.0.0.1]":                                 "is not an address",
		"https://" + strings.Repeat("a", 64) + ".example":     "names no host",
		"https://" + strings.Repeat("abc.", 64) + "example":   "names no host",
		"https://[acme.example]":                              "is not an address",
		"https://[::1":                                        "is not an address",
		"https://[::1]x":                                      "is not an address",
		"https://::1":                                         "is not an address",
		"https://acme.example:x":                              "is not an address",
		"https://acme.example:-1":                             "is not an address",
		"https://acme.example:80:90":                          "is not an address",
		"https://acme.example:":                               "has a port that is none",
		"https://acme.example:/":                              "has a port that is none",
		"https://acme.example:0":                              "has a port that is none",
		"https://acme.example:00443":                          "has a port that is none",
		"https://acme.example:65536":                          "has a port that is none",
		"https://acme.example:18446744073709551616":           "has a port that is none",
		"https://acme.example//evil.example":                  "dotted segment",
		"https://acme.example/wiki//":                         "dotted segment",
		"https://acme.example/..":                             "dotted segment",
		"https://acme.example/wiki/../admin":                  "dotted segment",
		"https://acme.example/./wiki":                         "dotted segment",
		"https://acme.example/wiki/.":                         "dotted segment",
		"https://user:hunter2@acme.example:99999999/\x00wiki": "holds no account",
	} {
		u, err := rest.ParseBase(text)
		switch {
		case err == nil && u.String() != want:
			t.Errorf("%q: %q, want %q", text, u, want)
		case err != nil && (strings.HasPrefix(want, "http") || !strings.Contains(err.Error(), want)):
			t.Errorf("%q: %v, want %q", text, err, want)
		case err != nil && strings.Contains(err.Error(), "hunter2"):
			t.Errorf("%q repeats a password: %v", text, err)
		}
	}
}

// plain is what an accepted address looks like, by another reading than that of
// net/url.
var plain = regexp.MustCompile(`^(https://|http://(localhost|127\.[0-9.]+|\[::1\]|([a-z0-9_-]+\.)+invalid)(:|/|$))`)

var whole = regexp.MustCompile(`^https?://([a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*|\[[0-9a-f:.]+\])(:[1-9][0-9]{0,4})?(/[A-Za-z0-9._~:\[\]-]+)*$`)

// TestParseBaseHostile changes good addresses in bad ways: what is accepted is
// plain, keeps the host that stands in it, and is accepted again as itself.
func TestParseBaseHostile(t *testing.T) {
	parts := []string{
		"@", "\\", "/", "//", ":", ".", "..", "%", "%2f", "%2e", "%00", "%40", "?", "#", "[", "]", ";", " ", "\t", "\r\n", "\x00", "\x7f", "é", "。", "／", "\u202e",
		"evil.example", "@evil.example", ":443", ":0", ":99999", "xn--", "0x7f", "127.0.0.1", "localhost", ".invalid", "http:", "https://", "user:pass@", "..;", "/./", "[::1]", "%25eth0",
	}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SampledFrom([]string{
			"https://acme.atlassian.net/wiki", "http://localhost:8080/wiki", "http://site.invalid/wiki", "https://[2001:db8::7]/wiki", "http://127.0.0.1", "http://acme.example",
		}).Draw(t, "base")
		for range rapid.IntRange(1, 3).Draw(t, "changes") {
			from := rapid.IntRange(0, len(text)).Draw(t, "from")
			to := rapid.IntRange(from, min(len(text), from+2)).Draw(t, "to")
			text = text[:from] + rapid.SampledFrom(parts).Draw(t, "part") + text[to:]
		}
		u, err := rest.ParseBase(text)
		if err != nil {
			return
		}
		got := u.String()
		if !plain.MatchString(got) || !whole.MatchString(got) {
			t.Fatalf("%q is accepted as %q", text, got)
		}
		if !strings.EqualFold(strings.TrimSuffix(text, "/"), got) {
			t.Fatalf("%q became %q", text, got)
		}
		if again, err := rest.ParseBase(got); err != nil || again.String() != got {
			t.Fatalf("%q: %v, %v", got, again, err)
		}
	})
}
