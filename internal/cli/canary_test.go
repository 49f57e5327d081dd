package cli_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// canaries are secrets that must not be found in anything that weir writes.
type canaries struct {
	secrets []string
	users   []string // in whose company a secret is sent
}

// encodings are the forms in which a secret is looked for. Each says whether
// some bytes hold it.
var encodings = []struct {
	name  string
	holds func(text, secret string, users []string) bool
}{
	{"raw", func(text, secret string, _ []string) bool { return strings.Contains(text, secret) }},
	{"base64", func(text, secret string, _ []string) bool { return holdsBase64(text, secret) }},
	{"base64 with the user", func(text, secret string, users []string) bool {
		return slices.ContainsFunc(users, func(u string) bool { return holdsBase64(text, u+":"+secret) })
	}},
	{"URL", func(text, secret string, _ []string) bool {
		return containsAny(strings.ToLower(text), strings.ToLower(url.QueryEscape(secret)), strings.ToLower(url.PathEscape(secret)), everyByte("%%%02x", secret))
	}},
	{"hex", func(text, secret string, _ []string) bool {
		return containsAny(strings.ToLower(text), hex.EncodeToString([]byte(secret)), everyByte("%02x ", secret), everyByte("\\x%02x", secret))
	}},
	{"reversed", func(text, secret string, _ []string) bool { return strings.Contains(text, backwards(secret)) }},
	{"split by a line break", func(text, secret string, _ []string) bool { return strings.Contains(joined(text), secret) }},
}

// holdsBase64 looks for the base64 of a secret that stands anywhere in what was
// encoded: at each of the three places that a byte can have in a group, in both
// alphabets, without the characters that its neighbours have a part in.
func holdsBase64(text, secret string) bool {
	for at := range 3 {
		from, to := (at*8+5)/6, (at+len(secret))*8/6
		for _, alphabet := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			if strings.Contains(text, alphabet.EncodeToString([]byte(strings.Repeat("\x00", at) + secret))[from:to]) {
				return true
			}
		}
	}
	return false
}

func containsAny(text string, parts ...string) bool {
	return slices.ContainsFunc(parts, func(p string) bool { return strings.Contains(text, p) })
}

// everyByte writes each byte in the same way.
func everyByte(format, text string) string {
	var b strings.Builder
	for i := range len(text) {
		fmt.Fprintf(&b, format, text[i])
	}
	return strings.TrimSpace(b.String())
}

func backwards(text string) string {
	b := []byte(text)
	slices.Reverse(b)
	return string(b)
}

// joined takes out what a line may be broken with: white space, and the line
// break as it is written in JSON and Go.
func joined(text string) string {
	text = strings.NewReplacer(`\n`, "", `\r`, "", `\t`, "").Replace(text)
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, text)
}

// found says which secrets some bytes hold, and in what form.
func (c canaries) found(b []byte) (out []string) {
	text := string(b)
	for i, secret := range c.secrets {
		for _, e := range encodings {
			if secret != "" && e.holds(text, secret, c.users) {
				out = append(out, fmt.Sprintf("secret %d, %s", i+1, e.name))
			}
		}
	}
	return out
}

// file searches a file, if it is there.
func (c canaries) file(t testing.TB, path string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	for _, leak := range c.found(append([]byte(path+"\n"), b...)) {
		t.Errorf("%s holds %s", path, leak)
	}
}

// folder searches every file below a folder but those that are there to hold
// secrets, and says how many.
func (c canaries) folder(t testing.TB, dir string, except func(path string) bool) (files int) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && !except(path) {
			files++
			c.file(t, path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	return files
}

// isKept reports whether a file is one that weir login keeps a credential in.
func isKept(path string) bool {
	b, err := os.ReadFile(path)
	name := filepath.Base(path)
	return err == nil && bytes.HasPrefix(b, []byte("# for http")) && (strings.HasSuffix(name, "-token") || strings.HasSuffix(name, "-organisation-key"))
}

// TestCanariesAreFound: a search that finds nothing is worth something only if it
// finds what is there.
func TestCanariesAreFound(t *testing.T) {
	const user = "weir@acme.example"
	for _, secret := range []string{"ATATT3xFf-GN0_cn4ry", `p&ss w="rd/+%ü`} {
		c := canaries{secrets: []string{secret}, users: []string{user}}
		basic := base64.StdEncoding.EncodeToString([]byte(user + ":" + secret))
		half := len(secret) / 2
		planted := map[string][]string{
			"raw":                   {secret},
			"base64":                {base64.StdEncoding.EncodeToString([]byte(secret)), base64.URLEncoding.EncodeToString([]byte("x" + secret)), base64.RawStdEncoding.EncodeToString([]byte("xy" + secret + "z"))},
			"base64 with the user":  {basic, "Authorization: Basic " + basic},
			"URL":                   {"/x?token=" + url.QueryEscape(secret), url.PathEscape(secret), everyByte("%%%02X", secret)},
			"hex":                   {hex.EncodeToString([]byte(secret)), strings.ToUpper(hex.EncodeToString([]byte(secret))), fmt.Sprintf("% x", secret)},
			"reversed":              {backwards(secret)},
			"split by a line break": {secret[:half] + "\n" + secret[half:], secret[:1] + "\r\n    " + secret[1:], `"` + secret[:half] + `\n` + secret[half:] + `"`},
		}
		if strings.Contains(secret, " ") {
			// A blank cannot be told from a break; credentials hold none.
			delete(planted, "split by a line break")
		}
		for name, texts := range planted {
			for _, text := range texts {
				found := c.found([]byte("before " + text + " after"))
				if !slices.Contains(found, "secret 1, "+name) {
					t.Errorf("%s of %q in %q: found %q", name, secret, text, found)
				}
			}
		}
		if found := c.found([]byte("the token of weir@acme.example, " + secret[1:] + ", [secret]")); len(found) != 0 {
			t.Errorf("found %q where there is nothing", found)
		}
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "log"), []byte(basic), 0o600); err != nil {
			t.Fatal(err)
		}
		var told complaints
		if n := c.folder(&told, dir, func(string) bool { return false }); n != 1 || len(told.said) == 0 {
			t.Errorf("a file with the secret: %d files, %q", n, told.said)
		}
	}
}

// complaints is a test that keeps what is said to it.
type complaints struct {
	testing.TB
	said []string
}

func (c *complaints) Helper()                   {}
func (c *complaints) Error(args ...any)         { c.said = append(c.said, fmt.Sprint(args...)) }
func (c *complaints) Errorf(f string, a ...any) { c.said = append(c.said, fmt.Sprintf(f, a...)) }
