package emulator_test

import (
	"net/http"
	"testing"

	"github.com/weirhq/weir/site/emulator"
)

// The gateway has the site under its cloud id, and nothing else.
func TestGateway(t *testing.T) {
	em, err := emulator.New(emulator.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = em.Close() })
	cred := em.Credentials()
	get := func(path string) int {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, cred.BaseURL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.SetBasicAuth(cred.Email, cred.Token)
		resp, err := em.Transport().RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		return resp.StatusCode
	}
	site := "/ex/confluence/" + cred.CloudID
	for path, want := range map[string]int{
		site + "/wiki/api/v2/spaces":                     200,
		site + "/wiki/rest/api/user/current":             200,
		site + "/wiki/rest/api/nosuch":                   404,
		site + "/admin/v1/orgs":                          404,
		site + "/api/v2/spaces":                          404,
		site:                                             404,
		"/ex/confluence/another-site/wiki/api/v2/spaces": 404,
		"/ex/confluence/" + "/wiki/api/v2/spaces":        404,
		"/ex/confluence" + site + "/wiki/api/v2/spaces":  404,
		"/wiki/api/v2/spaces":                            200,
	} {
		if got := get(path); got != want {
			t.Errorf("GET %s: %d, want %d", path, got, want)
		}
	}
}
