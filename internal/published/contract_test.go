package published

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestContractCatches is the control of requests: each request has one fault, which must
// be found, and the last one none.
func TestContractCatches(t *testing.T) {
	docs := Need(t, Cloud)
	const (
		spaces = "/wiki/api/v2/spaces"
		roles  = "/wiki/api/v2/space-roles"
	)
	for _, tc := range []struct {
		name, method, target, body string
		change                     func(*http.Request)
		want                       string
	}{
		{name: "a parameter of a wrong type", method: "GET", target: spaces + "?limit=many",
			want: "GET /spaces: query limit: value many: an invalid integer: invalid syntax"},
		{name: "a limit above the largest", method: "GET", target: spaces + "?limit=251",
			want: "GET /spaces: query limit: number must be at most 250"},
		{name: "an unknown query parameter", method: "GET", target: spaces + "?offset=3",
			want: "GET /spaces: query offset is undocumented"},
		{name: "a parameter twice", method: "GET", target: spaces + "?limit=3&limit=4",
			want: "GET /spaces: query limit is there more than once"},
		{name: "a missing parameter", method: "DELETE", target: "/wiki/rest/api/group/by-id",
			want: "DELETE /wiki/rest/api/group/by-id: query id: value is required but missing"},
		{name: "a missing body", method: "POST", target: spaces,
			want: "POST /spaces: body: value is required but missing"},
		{name: "a missing key of the body", method: "POST", target: spaces, body: `{"key":"ENG"}`,
			want: `POST /spaces: body /name: property "name" is missing`},
		{name: "a key of a wrong type", method: "POST", target: spaces, body: `{"name":3,"key":"ENG"}`,
			want: "POST /spaces: body /name: value must be a string"},
		{name: "an unknown key, deep", method: "POST", target: spaces, body: `{"name":"E","roleAssignments":[{"principal":{"principalType":"USER","principalId":"u","email":"e"},"roleId":"r"}]}`,
			want: "POST /spaces: body /roleAssignments/*/principal/email is undocumented"},
		{name: "a body that is no JSON", method: "POST", target: roles, body: `{`,
			want: "POST /space-roles: body: unexpected EOF"},
		{name: "a body where none is documented", method: "DELETE", target: roles + "/7", body: `{}`,
			want: "DELETE /space-roles/{id}: body: request body not allowed for this request"},
		{name: "another content type", method: "POST", target: spaces, body: `{"name":"E"}`,
			change: func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") },
			want:   `POST /spaces: body: header Content-Type has unexpected value "text/plain"`},
		{name: "another credential", method: "GET", target: spaces,
			change: func(r *http.Request) { r.Header.Set("Authorization", "Token key") },
			want:   "GET /spaces: the credential is none that is documented"},
		{name: "the wrong verb", method: "PATCH", target: spaces,
			want: "PATCH /wiki/api/v2/spaces: is in no published document"},
		{name: "nothing", method: "POST", target: spaces, body: `{"name":"E","key":"ENG"}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := Hold(docs, Known{})
			r, err := http.NewRequestWithContext(t.Context(), tc.method, "https://site.invalid"+tc.target, strings.NewReader(tc.body))
			if err != nil {
				t.Fatal(err)
			}
			r.SetBasicAuth("weir@acme.example", "token")
			r.Header.Set("Content-Type", "application/json")
			if tc.change != nil {
				tc.change(r)
			}
			_, err = c.Transport(transport(func(r *http.Request) (*http.Response, error) {
				if body, err := io.ReadAll(r.Body); err != nil || string(body) != tc.body {
					t.Errorf("handed on %q (%v)", body, err)
				}
				return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Request: r}, nil
			})).RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			var want []string
			if tc.want != "" {
				want = []string{tc.want}
			}
			if diff := cmp.Diff(want, c.Troubles()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestAnswerCatches is the control of answers: each has one fault, and the last
// one none.
func TestAnswerCatches(t *testing.T) {
	docs := Need(t, Cloud)
	for _, tc := range []struct {
		name, path, text string
		status           int
		want             []string
	}{
		{name: "a status of its own", path: "/wiki/api/v2/space-role-mode", status: 202, text: `{}`, want: []string{"status 202 is undocumented"}},
		{name: "a key of a wrong type", path: "/wiki/api/v2/spaces", status: 200, text: `{"results":[{"key":3}]}`, want: []string{"/results/*/key: value must be a string"}},
		{name: "an unknown key, deep", path: "/wiki/api/v2/spaces", status: 200, text: `{"results":[{"colour":"red"}]}`, want: []string{"/results/*/colour is undocumented"}},
		{name: "another thing", path: "/wiki/api/v2/spaces", status: 200, text: `[]`, want: []string{"/: value must be an object"}},
		{name: "half of it", path: "/wiki/api/v2/spaces", status: 200, text: `{`, want: []string{"*json.SyntaxErrorunexpected end of JSON input"}},
		{name: "nothing", path: "/wiki/api/v2/spaces", status: 200, text: `{"results":[{"key":"ENG"}]}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			op, _, ok := docs.Operation("GET", tc.path)
			if !ok {
				t.Fatal("no such operation")
			}
			if diff := cmp.Diff(tc.want, op.Answer(tc.status, []byte(tc.text))); diff != "" {
				t.Error(diff)
			}
		})
	}
}
