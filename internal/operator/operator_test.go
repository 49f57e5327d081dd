package operator

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/zalando/go-keyring"
)

func env(pairs ...string) Env {
	m := make(map[string]string)
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i]] = pairs[i+1]
	}
	return Env{Getenv: func(name string) string { return m[name] }}
}

// file writes an operator's file and gives the environment that names it.
func file(t *testing.T, text string, more ...string) Env {
	t.Helper()
	path := filepath.Join(t.TempDir(), "sites.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return env(append(more, "WEIR_SITES", path)...)
}

func TestFromTheEnvironment(t *testing.T) {
	e := env("WEIR_ADDRESS", "https://acme.atlassian.net/wiki", "WEIR_USER", "weir@acme.example", "WEIR_TOKEN", "tok", "WEIR_ORG_KEY", "key",
		"WEIR_SITES", "/nonexistent/that/is/not/read", "WEIR_RESTRICTED_PAGES", "member", "WEIR_IN_FLIGHT", "7", "WEIR_TOKEN_EXPIRES", "2027-03-31")
	a, err := Find("acme", "cloud", e)
	if err != nil {
		t.Fatal(err)
	}
	if a.Address.String() != "https://acme.atlassian.net/wiki" || a.Organisation.String() != "https://api.atlassian.com" || a.InFlight != 7 ||
		a.RestrictedPages != Member || !a.TokenExpires.Equal(time.Date(2027, 3, 31, 0, 0, 0, 0, time.UTC)) || a.FullReadEvery != 24*time.Hour {
		t.Errorf("got %+v", a)
	}
	token, key, err := a.Credentials(t.Context())
	if err != nil || token.Empty() || key.Empty() {
		t.Errorf("credentials: %v", err)
	}
	if shown := fmt.Sprintf("%v %+v %#v", token, a, key); strings.Contains(shown, "tok\"") {
		t.Errorf("a credential shows in %s", shown)
	}
}

func TestFromTheFile(t *testing.T) {
	dir := t.TempDir()
	secret := filepath.Join(dir, "token")
	if err := WriteSecretFile(secret, "https://wiki.acme.example/confluence", "pat"); err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf(`sites:
  wiki: {product: datacenter, address: "https://wiki.acme.example/confluence", auth: bearer, token: {file: %q}}
  moved: {product: datacenter, address: "https://other.acme.example/confluence", auth: bearer, token: {file: %q}}
  pass: {address: "https://acme.atlassian.net/wiki", user: weir@acme.example, token: {command: [printf, "  tok "]}}
`, secret, secret)
	a, err := Find("wiki", "datacenter", file(t, text))
	if err != nil {
		t.Fatal(err)
	}
	if token, key, err := a.Credentials(t.Context()); err != nil || token.Empty() || !key.Empty() || a.Organisation != nil {
		t.Errorf("credentials: %v", err)
	}
	if exposed := a.Exposed(); len(exposed) != 0 {
		t.Errorf("a file for its owner only is exposed: %v", exposed)
	}
	if err := os.Chmod(secret, 0o644); err != nil {
		t.Fatal(err)
	}
	if exposed := a.Exposed(); len(exposed) != 1 || exposed[0] != secret {
		t.Errorf("a file that everybody may read: %v", exposed)
	}
	// A token is bound to its address: moving the address does not move it.
	a, err = Find("moved", "datacenter", file(t, text))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := a.Credentials(t.Context()); err == nil || !strings.Contains(err.Error(), "it is for https://wiki.acme.example/confluence") {
		t.Errorf("a token for another address: %v", err)
	}
	a, err = Find("pass", "cloud", file(t, text))
	if err != nil {
		t.Fatal(err)
	}
	if token, _, err := a.Credentials(t.Context()); err != nil || token.Empty() {
		t.Errorf("from a command: %v", err)
	}
}

func TestRefused(t *testing.T) {
	site := func(rest string) string {
		return "sites: {acme: {address: \"https://acme.atlassian.net/wiki\", user: w@acme.example, token: {env: T}" + rest + "}}"
	}
	for name, c := range map[string]struct {
		env  Env
		want string
	}{
		"nothing":              {env(), "the operator has not said where this site is: acme"},
		"no file":              {env("WEIR_SITES", "/nonexistent/sites.yaml"), "the operator has not said where this site is: acme"},
		"another site":         {file(t, "sites: {other: {address: \"https://a.example\", token: {env: T}}}"), "the operator has not said where this site is: acme"},
		"a token alone":        {env("WEIR_TOKEN", "tok"), "WEIR_TOKEN is set and WEIR_ADDRESS is not: a token goes only to the address that comes with it"},
		"a key with the file":  {file(t, site(""), "WEIR_ORG_KEY", "k"), "WEIR_ORG_KEY is set and WEIR_ADDRESS is not"},
		"another product":      {file(t, site(", product: datacenter")), "acme is described as cloud"},
		"in the clear":         {env("WEIR_ADDRESS", "http://acme.atlassian.net/wiki", "WEIR_USER", "w", "WEIR_TOKEN", "t"), "would send the token in the clear"},
		"no user":              {env("WEIR_ADDRESS", "https://acme.atlassian.net/wiki", "WEIR_TOKEN", "t"), "user of acme in the environment: it is missing"},
		"a private address":    {env("WEIR_ADDRESS", "https://wiki.acme.example", "WEIR_USER", "w", "WEIR_TOKEN", "t"), "say where the organisation's key may go"},
		"a word":               {env("WEIR_ADDRESS", "https://acme.atlassian.net/wiki", "WEIR_USER", "w", "WEIR_RESTRICTED_PAGES", "all"), `"all" is not known (write skip, admin_key or member)`},
		"a proxy":              {file(t, site(", proxy: proxy.example")), "is not the address of a proxy"},
		"too many in flight":   {file(t, site(", in_flight: 400")), `"400" is not a whole number from 1 to 32`},
		"a day":                {env("WEIR_ADDRESS", "https://acme.atlassian.net/wiki", "WEIR_USER", "w", "WEIR_TOKEN_EXPIRES", "soon"), `"soon" is not a day`},
		"how a token is shown": {env("WEIR_ADDRESS", "https://acme.atlassian.net/wiki", "WEIR_USER", "w", "WEIR_AUTH", "digest"), `"digest" is not known (write basic or bearer)`},
	} {
		if _, err := Find("acme", "cloud", c.env); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
	if _, err := Find("acme", "cloud", env()); !errors.Is(err, ErrNone) {
		t.Error("a site that nobody described is not ErrNone")
	}
}

func TestFilesThatOthersMayWrite(t *testing.T) {
	e := file(t, "sites: {}")
	if err := os.Chmod(e.Getenv("WEIR_SITES"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Find("acme", "cloud", e); err == nil || !strings.Contains(err.Error(), "may be written by others") {
		t.Errorf("got %v", err)
	}
}

func TestCredentialsThatCannotBeRead(t *testing.T) {
	dir := t.TempDir()
	broken, loose := filepath.Join(dir, "broken"), filepath.Join(dir, "loose")
	for path, text := range map[string]string{broken: "two words\n", loose: "tok\n"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(loose, 0o602); err != nil {
		t.Fatal(err)
	}
	for kept, want := range map[string]string{
		`{env: NOWHERE}`: "there is none in the environment variable NOWHERE",
		fmt.Sprintf("{file: %q}", filepath.Join(dir, "none")):           "no such file",
		fmt.Sprintf("{file: %q}", broken):                               "it has blanks or line breaks inside",
		fmt.Sprintf("{file: %q}", loose):                                "it may be written by others",
		`{command: [sh, "-c", "echo tok-canary; echo no >&2; exit 3"]}`: "it failed: exit status 3: no",
		`{command: [/nonexistent/program]}`:                             "it failed",
		`{command: [head, "-c", "100000", /dev/zero]}`:                  "it printed more than a credential",
	} {
		a, err := Find("acme", "cloud", file(t, `sites: {acme: {address: "https://acme.atlassian.net/wiki", user: w@acme.example, token: `+kept+"}}"))
		if err != nil {
			t.Fatalf("%s: %v", kept, err)
		}
		_, _, err = a.Credentials(t.Context())
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v, want %s", kept, err, want)
		}
	}
}

func TestKeyring(t *testing.T) {
	keyring.MockInit()
	text := `sites: {acme: {address: "https://acme.atlassian.net/wiki", user: w@acme.example, token: {keyring: acme}}}`
	a, err := Find("acme", "cloud", file(t, text))
	if err != nil {
		t.Fatal(err)
	}
	if err := WriteKeyring("acme", "https://elsewhere.atlassian.net/wiki", "tok"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := a.Credentials(t.Context()); err == nil || !strings.Contains(err.Error(), "there is no item") {
		t.Errorf("an item for another address: %v", err)
	}
	if err := WriteKeyring("acme", a.Address.String(), "tok"); err != nil {
		t.Fatal(err)
	}
	if token, _, err := a.Credentials(t.Context()); err != nil || token.Empty() {
		t.Errorf("got %v", err)
	}
}
