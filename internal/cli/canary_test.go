package cli_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"io/fs"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"unicode"

	"github.com/weirhq/weir/site/emulator"
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

// ran runs a command at the most verbose level and searches everything that it
// printed.
func (c canaries) ran(t *testing.T, in invocation) (code int, stdout, stderr string) {
	t.Helper()
	in.env = with(in.env, "WEIR_TRACE", "1")
	code, stdout, stderr = weirLive(t, in)
	for name, text := range map[string]string{"stdout": stdout, "stderr": stderr} {
		for _, leak := range c.found([]byte(text)) {
			t.Errorf("weir %s: %s holds %s:\n%.2000s", strings.Join(in.args, " "), name, leak, text)
		}
	}
	return code, stdout, stderr
}

// left searches every file that weir left below a folder. The embedded site's
// file and those of login are there to hold secrets.
func (c canaries) left(t *testing.T, dir string, want ...string) {
	t.Helper()
	kept := func(path string) bool { return strings.HasPrefix(filepath.Base(path), "site.db") || isKept(path) }
	if n := c.folder(t, dir, kept); n < len(want) {
		t.Errorf("%d files in %s, want at least %v", n, dir, want)
	}
	for _, name := range want {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
}

// TestCanaryWherePlansGoWell runs every command against a site that answers as it
// should, and as it should to wrong and to short credentials.
func TestCanaryWherePlansGoWell(t *testing.T) {
	for _, product := range []string{emulator.DialectCloud, emulator.DialectDataCenter} {
		t.Run(product, func(t *testing.T) {
			s := newLiveSite(t, product)
			c, env := s.canaries(), s.environ()
			dir := liveDescription(t, product)
			sites := filepath.Join(dir, "operator", "sites.yaml")
			file := map[string]string{"WEIR_SITES": sites}
			in := func(name string) string { return filepath.Join(dir, name) }
			for _, run := range []struct {
				want int
				invocation
			}{
				{0, invocation{args: []string{"version"}, env: env}},
				{0, invocation{args: []string{"--help"}, env: env}},
				{0, invocation{args: []string{"validate", dir}, env: env}},
				{0, invocation{args: []string{"explain", "WR410"}, env: env}},
				{0, invocation{args: []string{"doctor", dir}, env: env}},
				{0, invocation{args: []string{"doctor", dir, "--requests", "--format", "json"}, env: env}},
				{7, invocation{args: []string{"doctor", dir}, env: with(env, "WEIR_TOKEN", s.em.Credentials().Token+"x")}},
				{7, invocation{args: []string{"plan", dir}, env: with(env, "WEIR_TOKEN", s.em.Credentials().Token[1:])}},
				{7, invocation{args: []string{"plan", dir}, env: with(env, "WEIR_PROXY", "http://weir:"+s.em.Credentials().Token+"@127.0.0.1:1")}},
				{1, invocation{args: []string{"plan", dir}, env: with(env, "WEIR_PROXY", "ftp://weir:"+s.em.Credentials().Token+"@127.0.0.1:1")}},
				{1, invocation{args: []string{"plan", dir}, env: with(env, "WEIR_ADDRESS", "https://weir:"+s.em.Credentials().Token+"@acme.example/wiki")}},
				{1, invocation{args: []string{"plan", dir}, env: with(env, "WEIR_ADDRESS", "https://acme.example/wiki?token="+s.em.Credentials().Token)}},
				{1, invocation{args: []string{"plan", dir}, env: with(env, "WEIR_TOKEN", s.em.Credentials().Token+"\nX-Evil: 1")}},
				{1, invocation{args: []string{"plan", dir}, env: with(env, "WEIR_ADDRESS", "")}},
				{1, invocation{args: []string{"plan", dir}, env: with(env, "WEIR_CA_FILE", in("none.pem"))}},
				{0, invocation{args: []string{"login", dir}, env: file, stdin: s.typed()}},
				{130, invocation{args: []string{"login", dir}, env: file, stdin: s.typed() + "extra\n" + s.em.Credentials().Token, until: "is kept"}},
				{0, invocation{args: []string{"plan", dir}, env: file}},
				{0, invocation{args: []string{"plan", dir, "--format", "json"}, env: env}},
				{0, invocation{args: []string{"plan", dir, "--format", "facts"}, env: env}},
				{0, invocation{args: []string{"plan", dir, "--out", in("plan.json")}, env: env}},
				{1, invocation{args: []string{"apply", dir}, env: env}},
				{1, invocation{args: []string{"apply", dir, "--auto-approve"}, env: with(env, "WEIR_READ_ONLY", "1")}},
				{0, invocation{args: []string{"apply", in("plan.json"), "--dir", dir, "--auto-approve"}, env: env}},
				{0, invocation{args: []string{"apply", dir, "--auto-approve"}, env: env}},
				{0, invocation{args: []string{"plan", dir, "--detailed-exitcode"}, env: env}},
				{0, invocation{args: []string{"plan", dir, "--incremental"}, env: env}},
				{0, invocation{args: []string{"drift", dir, "--format", "json"}, env: env}},
				{0, invocation{args: []string{"apply", dir, "--unattended", "--report", in("report.txt")}, env: env}},
				{0, invocation{args: []string{"scan", dir, "--yes"}, env: env}},
				{0, invocation{args: []string{"snapshot", in("site.snapshot"), "--dir", dir, "--pages"}, env: env}},
				{0, invocation{args: []string{"site", "generate", dir, "--people", "20"}, env: env}},
				{0, invocation{args: []string{"site", "facts", dir}, env: env}},
				{0, invocation{args: []string{"site", "edit", dir}, env: env, stdin: "+ exists group:more\n"}},
				{0, invocation{args: []string{"site", "log", dir}, env: env}},
				{0, invocation{args: []string{"init", in("new")}, env: env}},
				{0, invocation{args: []string{"site", "seed", in("new"), dir}, env: env}},
				{0, invocation{args: []string{"site", "reset", dir}, env: env}},
			} {
				code, stdout, stderr := c.ran(t, run.invocation)
				if code != run.want {
					t.Errorf("weir %s: exit code %d, want %d\n%s%s", strings.Join(run.args, " "), code, run.want, stdout, stderr)
				}
			}
			c.left(t, dir, "plan.json", "weir.lock", filepath.Join(".weir", "journal.db"), filepath.Join("operator", "sites.yaml"))
		})
	}
}

// typed is what somebody answers to login.
func (s *liveSite) typed() string {
	c := s.em.Credentials()
	answers := []string{s.server.URL + "/wiki", "basic", c.Email, c.Token, c.OrgKey, "", "skip", ""}
	if s.product == emulator.DialectDataCenter {
		answers = []string{s.server.URL, "basic", c.Username, c.Token, "email", "", "skip", ""}
	}
	return strings.Join(answers, "\n") + "\n"
}

// echoes are the forms in which a server repeats what it was sent: the header
// itself, and a credential in each encoding.
func echoes(r *http.Request) []string {
	header := r.Header.Get("Authorization")
	kind, secret, _ := strings.Cut(header, " ")
	with := secret
	if kind == "Basic" {
		b, _ := base64.StdEncoding.DecodeString(secret)
		with = string(b)
		_, secret, _ = strings.Cut(with, ":")
	}
	half := len(secret) / 2
	return []string{
		header, secret, with,
		base64.StdEncoding.EncodeToString([]byte(secret)), base64.URLEncoding.EncodeToString([]byte("{\"token\":\"" + secret + "\"}")),
		base64.StdEncoding.EncodeToString([]byte(with)), base64.StdEncoding.EncodeToString([]byte(header)),
		url.QueryEscape(secret), url.QueryEscape(with), everyByte("%%%02x", secret),
		hex.EncodeToString([]byte(secret)), strings.ToUpper(hex.EncodeToString([]byte(with))), everyByte("%02x ", secret),
		backwards(secret), secret[:half] + "\n" + secret[half:], secret[:half] + "\r\n\t" + secret[half:],
	}
}

// mischief is how a server repeats it.
var mischief = map[string]func(w http.ResponseWriter, r *http.Request, text string){
	"message": func(w http.ResponseWriter, _ *http.Request, text string) {
		answer(w, 403, map[string]any{"message": text})
	},
	"not found": func(w http.ResponseWriter, _ *http.Request, text string) {
		answer(w, 404, map[string]any{"message": "no " + text})
	},
	"conflict": func(w http.ResponseWriter, _ *http.Request, text string) {
		answer(w, 409, map[string]any{"message": text})
	},
	"errors": func(w http.ResponseWriter, _ *http.Request, text string) {
		answer(w, 400, map[string]any{"errors": []any{map[string]any{"title": text, "detail": text}}})
	},
	"key": func(w http.ResponseWriter, _ *http.Request, text string) {
		answer(w, 500, map[string]any{"key": text, "context": map[string]any{"message": text}})
	},
	"long": func(w http.ResponseWriter, _ *http.Request, text string) {
		answer(w, 400, map[string]any{"message": strings.Repeat("x", 300-len(text)/2%300) + text})
	},
	"array":       func(w http.ResponseWriter, _ *http.Request, text string) { answer(w, 400, []any{text}) },
	"another key": func(w http.ResponseWriter, _ *http.Request, text string) { answer(w, 400, map[string]any{text: text}) },
	"limited": func(w http.ResponseWriter, _ *http.Request, text string) {
		w.Header().Set("Retry-After", text)
		w.Header().Set("RateLimit-Reason", text)
		answer(w, 429, map[string]any{"message": text})
	},
	"challenge": func(w http.ResponseWriter, _ *http.Request, text string) {
		w.Header().Set("WWW-Authenticate", text)
		w.Header().Set("X-Echo", text)
		answer(w, 401, map[string]any{"message": text})
	},
	"page": func(w http.ResponseWriter, _ *http.Request, text string) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, "<html><title>%s</title><a href=%q>log in</a></html>", html.EscapeString(text), text)
	},
	"proxy's page": func(w http.ResponseWriter, _ *http.Request, text string) {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(502)
		fmt.Fprintf(w, "<html>%s</html>", text)
	},
	"redirect": func(w http.ResponseWriter, r *http.Request, text string) {
		w.Header().Set("Location", "/login?next="+text)
		w.WriteHeader(302)
	},
	"redirect elsewhere": func(w http.ResponseWriter, r *http.Request, text string) {
		w.Header().Set("Location", "https://"+url.PathEscape(text)+".example/"+url.PathEscape(text))
		answer(w, 307, map[string]any{"message": text})
	},
	"content type": func(w http.ResponseWriter, _ *http.Request, text string) {
		w.Header().Set("Content-Type", text)
		fmt.Fprint(w, text)
	},
	"half":    func(w http.ResponseWriter, _ *http.Request, text string) { typed(w, `{"results": ["`+text) },
	"no JSON": func(w http.ResponseWriter, _ *http.Request, text string) { typed(w, text+`{"results": [}`) },
	"wrong type": func(w http.ResponseWriter, _ *http.Request, text string) {
		answer(w, 200, map[string]any{"results": text, "accountId": 1, "userKey": 1, "data": text})
	},
	"number":     func(w http.ResponseWriter, _ *http.Request, text string) { typed(w, `{"results": 1e`+text+`}`) },
	"bad status": func(w http.ResponseWriter, _ *http.Request, text string) { garbage(w, "HTTP/1.1 "+text+"\r\n\r\n") },
	"no HTTP":    func(w http.ResponseWriter, _ *http.Request, text string) { garbage(w, text+"\r\n\r\n") },
	"bad header": func(w http.ResponseWriter, _ *http.Request, text string) {
		garbage(w, "HTTP/1.1 200 OK\r\n"+text+"\r\n\r\n{}")
	},
	"bad length": func(w http.ResponseWriter, _ *http.Request, text string) {
		garbage(w, "HTTP/1.1 200 OK\r\nContent-Length: "+text+"\r\n\r\n{}")
	},
	"bad coding": func(w http.ResponseWriter, _ *http.Request, text string) {
		garbage(w, "HTTP/1.1 200 OK\r\nTransfer-Encoding: "+text+"\r\n\r\n{}")
	},
	"cut": func(w http.ResponseWriter, _ *http.Request, text string) {
		garbage(w, "HTTP/1.1 400 Bad\r\nContent-Type: application/json\r\nContent-Length: 10000\r\n\r\n{\"message\": \""+text+"\"}")
	},
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func typed(w http.ResponseWriter, text string) {
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprint(w, text)
}

// garbage answers below HTTP and hangs up.
func garbage(w http.ResponseWriter, text string) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		panic(err)
	}
	_, _ = conn.Write([]byte(text))
	_ = conn.Close()
}

// TestCanaryWhereServersEcho: a server that repeats the credential, in whatever
// encoding and part of its answer, from the first request on or later, while
// reading or writing, does not get it printed or written down.
func TestCanaryWhereServersEcho(t *testing.T) {
	for _, product := range []string{emulator.DialectCloud, emulator.DialectDataCenter} {
		for i, name := range slices.Sorted(maps.Keys(mischief)) {
			t.Run(product+"/"+name, func(t *testing.T) {
				t.Parallel()
				s := newLiveSite(t, product)
				c, env := s.canaries(), s.environ()
				// Before, while and after the site is read; each with another form.
				for j := range 3 {
					from := []int{0, 4, 11, 29, 45}[(i+2*j)%5]
					form, met := (i+5*j)%16, 0
					dir := liveDescription(t, product)
					meddle := func(n int, w http.ResponseWriter, r *http.Request) bool {
						if n < from || n >= from+12 && form%3 == 0 {
							return false
						}
						s.mu.Lock()
						met++
						s.mu.Unlock()
						mischief[name](w, r, echoes(r)[form])
						return true
					}
					for _, args := range [][]string{
						{"apply", dir, "--auto-approve"},
						{"plan", dir, "--format", "json", "--out", filepath.Join(dir, "plan.json")},
						{"doctor", dir, "--format", "json"},
					} {
						if args[0] != "apply" && from > 4 {
							continue // they ask less
						}
						s.mu.Lock()
						s.requests, s.meddle = 0, meddle
						s.mu.Unlock()
						c.ran(t, invocation{args: args, env: env})
					}
					if s.mu.Lock(); met == 0 && from <= 11 {
						t.Errorf("form %d from request %d on was never told", form, from)
					}
					s.mu.Unlock()
					c.left(t, dir, "site.weir.yaml")
				}
			})
		}
	}
}

// TestCanaryOddSecrets: the same of a password that has to be escaped wherever it
// is written.
func TestCanaryOddSecrets(t *testing.T) {
	const secret, user = `p&ss<w0rd>"/+%c4n4ry\é=`, "weir"
	c := canaries{secrets: []string{secret, "or" + secret}, users: []string{user}}
	products, commands := []string{emulator.DialectCloud, emulator.DialectDataCenter}, []string{"plan", "doctor", "apply"}
	for i, name := range slices.Sorted(maps.Keys(mischief)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var form atomic.Int64
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				mischief[name](w, r, echoes(r)[form.Load()])
			}))
			defer server.Close()
			for n := range 16 {
				form.Store(int64(n))
				dir := liveDescription(t, products[n%2])
				env := map[string]string{"WEIR_ADDRESS": server.URL, "WEIR_USER": user, "WEIR_TOKEN": secret, "WEIR_ORG_KEY": "or" + secret}
				args := []string{commands[(i+n/2)%3], dir}
				if code, stdout, stderr := c.ran(t, invocation{args: args, env: env}); code != 7 {
					t.Errorf("form %d: weir %s: exit code %d, want 7\n%s%s", n, args[0], code, stdout, stderr)
				}
				c.left(t, dir, "site.weir.yaml")
			}
		})
	}
}

// TestCanaryEchoInWhatIsThere: an answer that makes the credential a name of
// something on the site is refused, so that no plan, lock or journal takes it up.
func TestCanaryEchoInWhatIsThere(t *testing.T) {
	for _, product := range []string{emulator.DialectCloud, emulator.DialectDataCenter} {
		t.Run(product, func(t *testing.T) {
			for _, wanted := range []string{"\"Operations\"", "\"old\"", "\"weir\"", "ana@acme.example"} {
				for form := range 3 {
					s := newLiveSite(t, product)
					told := false
					s.meddle = func(_ int, w http.ResponseWriter, r *http.Request) bool {
						got := httptest.NewRecorder()
						s.em.ServeHTTP(got, r)
						body := got.Body.String()
						replaced := strings.ReplaceAll(body, wanted, strings.ReplaceAll(wanted, strings.Trim(wanted, `"`), echoes(r)[form]))
						s.mu.Lock()
						told = told || replaced != body
						s.mu.Unlock()
						maps.Copy(w.Header(), got.Header())
						w.Header().Del("Content-Length")
						w.WriteHeader(got.Code)
						fmt.Fprint(w, replaced)
						return true
					}
					dir := liveDescription(t, product)
					c, env := s.canaries(), s.environ()
					code, _, stderr := c.ran(t, invocation{args: []string{"plan", dir, "--format", "json", "--out", filepath.Join(dir, "plan.json")}, env: env})
					if told && (code != 7 || !strings.Contains(stderr, "the answer repeats the credential")) {
						t.Errorf("%s, form %d: exit code %d\n%s", wanted, form, code, stderr)
					}
					c.ran(t, invocation{args: []string{"apply", dir, "--auto-approve"}, env: env})
					c.ran(t, invocation{args: []string{"doctor", dir}, env: env})
					c.left(t, dir, "site.weir.yaml")
				}
			}
		})
	}
}

// TestCanaryBehindTLS: neither a certificate that nobody signed nor a server that
// speaks no TLS gets the credential printed.
func TestCanaryBehindTLS(t *testing.T) {
	const secret = "ATATT3xFf-GN0_cn4ryc4n4ry"
	c := canaries{secrets: []string{secret}, users: []string{"weir@acme.example"}}
	heard := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t.Errorf("a request arrived behind a certificate that nobody signed")
	}))
	heard.Config.ErrorLog = log.New(io.Discard, "", 0)
	heard.StartTLS()
	defer heard.Close()
	plain := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t.Errorf("a request arrived in the clear")
	}))
	defer plain.Close()
	for name, address := range map[string]string{"unsigned": heard.URL, "plain": strings.Replace(plain.URL, "http://", "https://", 1)} {
		dir := liveDescription(t, "datacenter")
		env := map[string]string{"WEIR_ADDRESS": address, "WEIR_USER": "weir@acme.example", "WEIR_TOKEN": secret}
		for _, args := range [][]string{{"plan", dir}, {"doctor", dir}, {"apply", dir, "--auto-approve"}} {
			if code, stdout, stderr := c.ran(t, invocation{args: args, env: env}); code != 7 {
				t.Errorf("%s: weir %s: exit code %d, want 7\n%s%s", name, args[0], code, stdout, stderr)
			}
		}
		c.left(t, dir, "site.weir.yaml")
	}
}
