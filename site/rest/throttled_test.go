package rest_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/rest"
)

// A product may say with another status that too much was asked for: that is
// waited for as a 429 is, for a write too. Without that word a 403 stays one.
func TestThrottled(t *testing.T) {
	answers := 0
	transport := roundTripper(func(r *http.Request) (*http.Response, error) {
		if answers++; answers > 1 {
			return reply(r, 200, "application/json", `{}`), nil
		}
		resp := reply(r, 403, "application/json", `{"message": "slow down"}`)
		resp.Header.Set("X-Slow", "40")
		return resp, nil
	})
	c := config(t, transport)
	var waits []time.Duration
	c.Wait = func(_ context.Context, d time.Duration) error { waits = append(waits, d); return nil }
	client, err := rest.New(c)
	if err != nil {
		t.Fatal(err)
	}
	if err := client.Write(t.Context(), rest.Call{To: makeThing}, nil); !site.Is(err, site.Forbidden) || len(waits) > 0 {
		t.Errorf("without: %v after %v", err, waits)
	}
	c.Throttled = func(status int, header func(string) string, _ time.Time) (time.Duration, bool) {
		return 39*time.Second + time.Millisecond, status == 403 && header("X-Slow") != ""
	}
	if client, err = rest.New(c); err != nil {
		t.Fatal(err)
	}
	answers = 0
	if err := client.Write(t.Context(), rest.Call{To: makeThing}, nil); err != nil || answers != 2 || slices.Max(waits) != 40*time.Second {
		t.Errorf("with: %v after %v", err, waits)
	}
}

// What hosts of reviews say of a refusal is told.
func TestReasonsOfReviewHosts(t *testing.T) {
	for body, want := range map[string]string{
		`{"message": "Validation Failed", "errors": [{"resource": "Label"}]}`:        "HTTP 422: Validation Failed",
		`{"type": "error", "error": {"message": "no access", "detail": "whatever"}}`: "HTTP 422: no access",
		`{"error": "insufficient_scope", "error_description": "whatever"}`:           "HTTP 422: insufficient_scope",
		`{"error": ["x"], "message": {"name": ["is too long"]}}`:                     "HTTP 422",
	} {
		client, err := rest.New(config(t, roundTripper(func(r *http.Request) (*http.Response, error) {
			return reply(r, 422, "application/json", body), nil
		})))
		if err != nil {
			t.Fatal(err)
		}
		var out object
		if err := client.Read(t.Context(), rest.Call{To: things}, &out); err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%s: %v", body, err)
		}
	}
}
