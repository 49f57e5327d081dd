package operator

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Which token goes to which address: CI's to CI's alone.
func TestReview(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("from-file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	bound := filepath.Join(t.TempDir(), "bound")
	if err := WriteSecretFile(bound, "https://git.acme.example/api/v3", "bound"); err != nil {
		t.Fatal(err)
	}
	const ci = "https://api.github.com"
	for _, test := range []struct {
		name          string
		ci            string
		env           Env
		address, kept string
		err           string
	}{
		{"CI's token for CI's address", ci, env("GITHUB_TOKEN", "t"), ci, "variable GITHUB_TOKEN", ""},
		{"the operator's token for CI's address", ci, env("GITHUB_TOKEN", "t", "WEIR_REVIEW_TOKEN", "u"), ci, "variable WEIR_REVIEW_TOKEN", ""},
		{"the operator's own address", ci, env("WEIR_REVIEW_ADDRESS", "https://git.acme.example/api/v3", "WEIR_REVIEW_TOKEN", "u"), "https://git.acme.example/api/v3", "WEIR_REVIEW_TOKEN", ""},
		{"never gets CI's token", ci, env("WEIR_REVIEW_ADDRESS", "https://git.acme.example/api/v3", "GITHUB_TOKEN", "t"), "", "", "there is none in the environment variable WEIR_REVIEW_TOKEN"},
		{"a file", ci, env("GITHUB_TOKEN", "t", "WEIR_REVIEW_TOKEN_FILE", file), ci, file, ""},
		{"a file for its address", ci, env("WEIR_REVIEW_ADDRESS", "https://git.acme.example/api/v3", "WEIR_REVIEW_TOKEN_FILE", bound), "https://git.acme.example/api/v3", bound, ""},
		{"a file for another address", ci, env("WEIR_REVIEW_TOKEN_FILE", bound), "", "", "it is for https://git.acme.example/api/v3"},
		{"two tokens", ci, env("WEIR_REVIEW_TOKEN", "u", "WEIR_REVIEW_TOKEN_FILE", file), "", "", "both set"},
		{"no address", "", env("GITHUB_TOKEN", "t", "WEIR_REVIEW_TOKEN", "u"), "", "", "address of GitHub is missing"},
		{"no token", ci, env(), "", "", "there is none in the environment variable GITHUB_TOKEN"},
		{"in the clear", "http://git.acme.example", env("GITHUB_TOKEN", "t"), "", "", "use https"},
		{"no proxy", ci, env("GITHUB_TOKEN", "t", "WEIR_REVIEW_PROXY", "http://user:secret-word@\x7f"), "", "", "WEIR_REVIEW_PROXY"},
	} {
		t.Run(test.name, func(t *testing.T) {
			a, err := Review("GitHub", test.ci, "GITHUB_TOKEN", test.env)
			if err == nil {
				_, _, err = a.Credentials(t.Context())
			}
			if test.err != "" {
				if err == nil || !strings.Contains(err.Error(), test.err) || strings.Contains(err.Error(), "secret-word") {
					t.Errorf("got %v", err)
				}
				return
			}
			if err != nil || a.Address.String() != test.address || !strings.Contains(a.TokenKept(), test.kept) {
				t.Errorf("%s from %s: %v", a.Address, a.TokenKept(), err)
			}
		})
	}
}
