package emulator_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/weirhq/weir/site/emulator"
)

// callers are the Authorization headers that the fuzzer calls with, by number.
func (f *fixture) callers() []string {
	basic := func(email, token string) string {
		return "Basic " + base64.StdEncoding.EncodeToString([]byte(email+":"+token))
	}
	ana := f.as("ana@acme.example")
	return []string{
		basic(f.email, f.token), "Bearer " + f.cred.OrgKey, "Bearer " + f.syncKey, basic(ana.email, ana.token), "Bearer " + f.token,
		"", "Basic !", "Bearer", basic(f.email, "wrong"), basic("ana", ana.token),
	}
}

// variables are what stands in for the variables of a path.
func (f *fixture) variables() map[string]string {
	d := f.em.Dump()
	out := map[string]string{
		"{orgId}": d.OrgID, "{accountId}": f.person("ana@acme.example").ID, "{groupId}": f.group("staff").ID, "{groupName}": "staff",
		"{spaceKey}": "ENG", "{id}": f.space("ENG").ID, "{username}": "ana", "{userKey}": f.person("ana@acme.example").UserKey,
	}
	if f.sync != "" {
		dir := strings.Split(f.dir(""), "/")
		out["{directoryId}"], out["{syncId}"] = dir[len(dir)-1], f.sync
	}
	return out
}

var variable = regexp.MustCompile(`\{\w+\}`)

// bodies are what the seeds of the fuzzer send.
var bodies = []string{
	`{}`, `{"limit":1,"cursor":"x","accountIds":["x"],"emails":["x"]}`, `[{"principal":{"principalType":"USER","principalId":"x"}}]`,
	`{"name":"x","key":"X","description":"x","spacePermissions":["read/space"],"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"]}`,
	`[{"operation":"read","restrictions":{"user":[{"type":"known","accountId":"x"}],"group":[{"type":"group","id":"x"}]}}]`,
	`{"subject":{"type":"user","identifier":"x"},"operation":{"key":"read","target":"space"}}`,
	`[{"userKey":"x","operations":[{"targetType":"space","operationKey":"read"}]}]`, `null`, ``,
}

// FuzzHandler drives the whole handler, as its clients do: whatever they send,
// the answer is no 5xx but for what is honestly not emulated, and an error has
// the shape of its surface.
func FuzzHandler(f *testing.F) {
	cloud, dataCenter := emulator.Routes()
	for dialect, routes := range map[byte][]string{0: cloud, 128: dataCenter} {
		site := fuzzed(f, dialect)
		known := site.variables()
		for i, r := range routes {
			method, path, _ := strings.Cut(r, " ")
			path = variable.ReplaceAllStringFunc(path, func(name string) string { return known[name] })
			who := map[bool]byte{true: 0, false: 1}[strings.Contains(path, "/rest/") || strings.HasPrefix(path, "/wiki/")]
			if strings.HasPrefix(path, "/scim/") {
				who = 2
			}
			f.Add(method, path+"?start=&limit=2&expand=operations&cql=type=page", "application/json", bodies[i%len(bodies)], who|dialect)
			f.Add(method, path+"?cursor=eyJsIjoiIn0&id=1&accountId=x&startIndex=0&filter=x", "application/json", bodies[(i+1)%len(bodies)], who|dialect)
		}
	}
	f.Fuzz(func(t *testing.T, method, target, contentType, body string, who byte) {
		site := fuzzed(t, who)
		callers := site.callers()
		r := request(method, target, contentType, body, callers[int(who&127)%len(callers)])
		if r == nil {
			t.Skip("net/http refuses it before a handler sees it")
		}
		w := httptest.NewRecorder()
		site.em.ServeHTTP(w, r)
		wellFormed(t, r, w, who >= 128)
	})
}

// fuzzed is the site that is driven: of Data Center where who is 128 and more.
func fuzzed(t testing.TB, who byte) *fixture {
	o := emulator.Options{}
	if who >= 128 {
		o.Dialect = emulator.DialectDataCenter
	}
	f := open(t, o)
	a := f.em.Admin()
	if who < 128 {
		var err error
		f.sync, f.syncKey, err = a.ConnectIdentityProvider()
		f.must(err)
	}
	f.must(a.AddPerson("ana@acme.example", "Ana Lind", emulator.PersonOptions{}))
	f.must(a.CreateGroup("staff", ""))
	f.must(a.AddMember("staff", "ana@acme.example"))
	f.must(a.CreateSpace("ENG", "Engineering"))
	return f
}

// request builds what a server's handler would be given, nil for what no
// server passes on.
func request(method, target, contentType, body, authorization string) *http.Request {
	u, err := url.ParseRequestURI(target)
	if err != nil || !strings.HasPrefix(target, "/") {
		return nil
	}
	r, err := http.NewRequest(method, "http://site.invalid/", strings.NewReader(body))
	if err != nil {
		return nil
	}
	u.Scheme, u.Host = "http", "site.invalid"
	r.URL = u
	r.Header.Set("Content-Type", contentType)
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	return r
}

// wellFormed checks an answer: its status, that it is JSON, and the shape of an
// error.
func wellFormed(t *testing.T, r *http.Request, w *httptest.ResponseRecorder, dataCenter bool) {
	t.Helper()
	text := w.Body.String()
	what := r.Method + " " + r.URL.String()
	if w.Code >= 500 && w.Code != http.StatusNotImplemented {
		t.Fatalf("%s: status %d: %s", what, w.Code, text)
	}
	if text == "" {
		if w.Code >= 400 {
			t.Errorf("%s: status %d without a body", what, w.Code)
		}
		return
	}
	var value any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Fatalf("%s: status %d, %v: %s", what, w.Code, err, text)
	}
	if w.Code < 400 {
		return
	}
	body, _ := value.(m)
	var keys []string
	path := r.URL.EscapedPath()
	surfaces := map[string][]string{
		"/wiki/rest/api/": {"statusCode", "data", "message"}, "/wiki/api/v2/": {"errors"},
		"/admin/": {"errors"}, "/users/": {"key", "context"}, "/scim/": {"schemas", "status"},
	}
	if dataCenter {
		surfaces = map[string][]string{"/rest/api/": {"statusCode", "data", "message"}}
	}
	for prefix, want := range surfaces {
		if strings.HasPrefix(path, prefix) {
			keys = want
		}
	}
	if keys == nil {
		keys = []string{"code", "message"}
	}
	if !dataCenter && strings.HasPrefix(path, "/users/") && w.Code == http.StatusUnauthorized {
		keys = []string{"key"} // published so
	}
	if strings.HasPrefix(path, "/scim/") && (w.Code == http.StatusUnauthorized || w.Code == http.StatusForbidden) {
		keys = []string{"error"} // likewise
	}
	for _, k := range keys {
		if _, there := body[k]; !there {
			t.Errorf("%s: the error %d has no %s: %s", what, w.Code, k, text)
		}
	}
}

// TestMalformedRequests: what nobody should send gets the product's 4xx.
func TestMalformedRequests(t *testing.T) {
	const v1, v2 = "/wiki/rest/api", "/wiki/api/v2"
	deep := func(open, inside, shut string) string {
		return strings.Repeat(open, 50_000) + inside + strings.Repeat(shut, 50_000)
	}
	for _, c := range []struct {
		name, method, path, contentType, body string
		status                                int
	}{
		{"wrong type", "POST", v1 + "/group", "", `{"name":{"a":1}}`, 400},
		{"a list for an object", "POST", v1 + "/group", "", `[]`, 400},
		{"an object for a list", "POST", v2 + "/spaces/SPACE/role-assignments", "", `{}`, 400},
		{"null", "POST", v1 + "/group", "", `null`, 400},
		{"a number", "POST", v2 + "/users-bulk", "", `7`, 400},
		{"a huge number", "POST", v2 + "/users-bulk", "", `{"accountIds":[1e999999]}`, 400},
		{"no text", "POST", v1 + "/group", "", "\xff\xfe", 400},
		{"a BOM", "POST", v1 + "/group", "", "\ufeff{}", 400},
		{"deep lists", "POST", v2 + "/spaces/SPACE/role-assignments", "", deep("[", "", "]"), 400},
		{"deep objects", "POST", v1 + "/group", "", deep(`{"name":`, "1", "}"), 400},
		{"deep and open", "POST", v1 + "/group", "", strings.Repeat("[", 100_000), 400},
		{"too large", "POST", v1 + "/group", "", `{"name":"` + strings.Repeat("a", 5<<20) + `"}`, 413},
		{"a name too long", "POST", v1 + "/group", "", `{"name":"` + strings.Repeat("a", 1<<20) + `"}`, 400},
		{"a form", "POST", v1 + "/group", "application/x-www-form-urlencoded", "name=x", 415},
		{"no content type", "POST", v1 + "/group", "-", `{"name":"x"}`, 415},
		{"half a content type", "POST", v1 + "/group", "application/json; charset", `{"name":"x"}`, 415},
		{"empty", "POST", v1 + "/group", "", ``, 400},
		{"a cursor of nobody", "GET", v2 + "/spaces?cursor=abc", "", ``, 400},
		{"a cursor that is no base64", "GET", v2 + "/spaces?cursor=%00%ff", "", ``, 400},
		{"a cursor of another list", "GET", v2 + "/spaces?cursor=" + cursorOf("/space-roles", "x"), "", ``, 400},
		{"a cursor behind the end", "GET", v2 + "/spaces?cursor=" + cursorOf("/spaces", "\uffff"), "", ``, 200},
		{"limit overflows", "GET", v2 + "/spaces?limit=99999999999999999999", "", ``, 400},
		{"limit is negative", "GET", v2 + "/spaces?limit=-1", "", ``, 400},
		{"start overflows", "GET", v1 + "/group?start=9223372036854775807&limit=200", "", ``, 200},
		{"start beyond numbers", "GET", v1 + "/group?start=9223372036854775808", "", ``, 400},
		{"a malformed query", "GET", v1 + "/group?%zz", "", ``, 400},
		{"a semicolon", "GET", v1 + "/group?a;b", "", ``, 400},
		{"the same parameter twice", "GET", v1 + "/group?limit=1&limit=x", "", ``, 200},
		{"dots in the path", "GET", v1 + "/../api/group", "", ``, 404},
		{"escaped dots", "GET", v1 + "/%2e%2e/group", "", ``, 404},
		{"an escaped slash", "GET", v1 + "/group%2fby-id", "", ``, 404},
		{"two slashes", "GET", v1 + "//group", "", ``, 404},
		{"a slash at the end", "GET", v1 + "/group/", "", ``, 404},
		{"the base alone", "GET", v1, "", ``, 404},
		{"the base and a slash", "GET", v1 + "/", "", ``, 404},
		{"another case", "GET", "/WIKI/rest/api/group", "", ``, 404},
		{"a zero byte", "GET", v2 + "/spaces/%00", "", ``, 404},
		{"no UTF-8", "GET", v2 + "/spaces/%ff%fe", "", ``, 404},
		{"a long path", "GET", v2 + "/spaces/" + strings.Repeat("a", 100_000), "", ``, 404},
		{"many segments", "GET", v2 + strings.Repeat("/a", 50_000), "", ``, 404},
		{"an unknown method", "BREW", v1 + "/group", "", ``, 405},
		{"a method in small letters", "get", v1 + "/group", "", ``, 405},
		{"nowhere", "GET", "/nowhere", "", ``, 404},
		{"the root", "GET", "/", "", ``, 404},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := open(t, emulator.Options{})
			small(f)
			before := picture(f.em.Dump())
			contentType := c.contentType
			if contentType == "" {
				contentType = "application/json"
			}
			r := request(c.method, strings.Replace(c.path, "SPACE", f.space("ENG").ID, 1), contentType, c.body, f.callers()[0])
			if r == nil {
				t.Fatal("no server would pass this on")
			}
			if c.contentType == "-" {
				r.Header.Del("Content-Type")
			}
			w := httptest.NewRecorder()
			f.em.ServeHTTP(w, r)
			if w.Code != c.status {
				t.Errorf("status %d, want %d: %.300s", w.Code, c.status, w.Body)
			}
			wellFormed(t, r, w, false)
			if !slices.Equal(before, picture(f.em.Dump())) {
				t.Error("it changed the site")
			}
		})
	}
}

// cursorOf makes a cursor as the emulator does.
func cursorOf(list, after string) string {
	b, err := json.Marshal(m{"l": list, "a": after})
	if err != nil {
		panic(err)
	}
	return base64.RawURLEncoding.EncodeToString(b)
}
