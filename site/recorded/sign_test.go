package recorded_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha512"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/recorded"
)

func key(t testing.TB, from string) ed25519.PrivateKey {
	t.Helper()
	k, err := recorded.NewKey(strings.NewReader(strings.Repeat(from, 32)))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func signed(t testing.TB, k ed25519.PrivateKey) string {
	t.Helper()
	obs := site.Observation{Site: "cloud-id", Facts: access.NewSet(access.Fact{Kind: access.Exists, Object: "group:hr"})}
	now := time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC)
	var b bytes.Buffer
	if err := recorded.Write(&b, site.NewSnapshot("acme", "cloud", obs, now, now), k); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestSigned: a signed snapshot is read by whoever trusts the key, and by whoever
// trusts nobody, who is told that nobody vouches for it.
func TestSigned(t *testing.T) {
	mine, other := key(t, "a"), key(t, "b")
	text := signed(t, mine)
	for _, c := range []struct {
		name, text string
		trust      []recorded.PublicKey
		by         recorded.PublicKey
		err        string
	}{
		{"trusted", text, []recorded.PublicKey{recorded.Public(mine)}, recorded.Public(mine), ""},
		{"among others", text, []recorded.PublicKey{recorded.Public(other), recorded.Public(mine)}, recorded.Public(mine), ""},
		{"nobody asked", text, nil, "", ""},
		{"another key", text, []recorded.PublicKey{recorded.Public(other)}, "", "is signed by " + string(recorded.Public(mine)) + ", whom nobody trusts here"},
		{"unsigned", signed(t, nil), []recorded.PublicKey{recorded.Public(mine)}, "", "the snapshot is not signed"},
		{"unsigned and nobody asked", signed(t, nil), nil, "", ""},
		{"a signature twice", text + text[strings.LastIndex(strings.TrimSpace(text), "\n")+1:], []recorded.PublicKey{recorded.Public(mine)}, "", "altered"},
		{"something between", strings.Replace(text, "\n{\"signature\"", "\n{}\n{\"signature\"", 1), nil, "", "altered"},
		{"the signature taken off", text[:strings.LastIndex(strings.TrimSpace(text), "\n")+1], []recorded.PublicKey{recorded.Public(mine)}, "", "not signed"},
		{"the key of another", strings.Replace(text, string(recorded.Public(mine)), string(recorded.Public(other)), 1), []recorded.PublicKey{recorded.Public(other)}, "", "altered"},
		{"no key", strings.Replace(text, string(recorded.Public(mine)), "none", 1), nil, "", "altered"},
		{"something after it", strings.TrimSpace(text) + " {}\n", nil, "", "altered"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, by, err := recorded.Read(strings.NewReader(c.text), c.trust)
			switch {
			case c.err == "" && (err != nil || by != c.by || s.Name != "acme"):
				t.Errorf("%v, %q", err, by)
			case c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err) || by != "" || s.Name != ""):
				t.Errorf("%v, %q, want %q", err, by, c.err)
			}
		})
	}
}

// TestAltered: no byte of a signed snapshot can be another, whoever trusts it.
func TestAltered(t *testing.T) {
	mine := key(t, "a")
	text := signed(t, mine)
	want, _, err := recorded.Read(strings.NewReader(text), []recorded.PublicKey{recorded.Public(mine)})
	if err != nil {
		t.Fatal(err)
	}
	for i := range text {
		for _, c := range []byte{text[i] ^ 1, text[i] ^ 0x20, '\n'} {
			if c == text[i] {
				continue
			}
			b := []byte(text)
			b[i] = c
			got, _, err := recorded.Read(bytes.NewReader(b), []recorded.PublicKey{recorded.Public(mine)})
			if err == nil && fmt.Sprint(got) != fmt.Sprint(want) {
				t.Fatalf("byte %d of %d may be %q", i, len(text), c)
			}
		}
	}
}

// TestAnotherContext: what the key signed for something else is no snapshot.
func TestAnotherContext(t *testing.T) {
	mine := key(t, "a")
	body := signed(t, nil)
	sum := sha512.Sum512([]byte(body))
	for name, value := range map[string][]byte{"the bytes": ed25519.Sign(mine, []byte(body)), "their sum": ed25519.Sign(mine, sum[:])} {
		text := fmt.Sprintf(`%s{"signature":{"key":%q,"value":%q}}`+"\n", body, recorded.Public(mine), base64.StdEncoding.EncodeToString(value))
		if _, _, err := recorded.Read(strings.NewReader(text), nil); err == nil || !strings.Contains(err.Error(), "altered") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestKeys: a key is read as it was written, and what is none says so without
// showing any of it.
func TestKeys(t *testing.T) {
	k := key(t, "a")
	text, err := recorded.EncodeKey(k)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := recorded.DecodeKey(text); err != nil || !got.Equal(k) {
		t.Errorf("%v", err)
	}
	for _, bad := range []string{"", "secret", string(text) + "secret", "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n"} {
		if _, err := recorded.DecodeKey([]byte(bad)); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", bad, err)
		}
	}
	for _, bad := range []string{"", "ed25519:", "ed25519:AAAA", strings.TrimPrefix(string(recorded.Public(k)), "ed25519:"), string(recorded.Public(k)) + "\n"} {
		if _, err := recorded.ParsePublicKey(bad); err == nil {
			t.Errorf("%q is taken for a key", bad)
		}
	}
	if _, err := recorded.ParsePublicKey(string(recorded.Public(k))); err != nil {
		t.Error(err)
	}
}

func FuzzRead(f *testing.F) {
	mine := key(f, "a")
	f.Add([]byte(signed(f, mine)))
	f.Add([]byte(signed(f, nil)))
	f.Add([]byte(`{"signature":`))
	trust := []recorded.PublicKey{recorded.Public(mine)}
	want, _, err := recorded.Read(strings.NewReader(signed(f, mine)), trust)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if got, _, err := recorded.Read(bytes.NewReader(b), trust); err == nil && fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatal("something else was signed")
		}
		_, by, _ := recorded.Read(bytes.NewReader(b), nil)
		if by != "" {
			t.Fatal("somebody vouches for what nobody asked of")
		}
	})
}
