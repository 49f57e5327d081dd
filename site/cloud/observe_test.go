package cloud_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/emulator"
	"github.com/weirhq/weir/site/rest"
	"github.com/weirhq/weir/site/sitetest"
	"github.com/weirhq/weir/site/sitetest/world"
)

// TestGroupsElsewhere: a group with roles on another product is an ordinary one,
// and is told apart by what else it opens.
func TestGroupsElsewhere(t *testing.T) {
	e, s := embedded(t, emulator.Options{SiteName: "acme"}, nil)
	a := e.Admin()
	for _, err := range []error{
		a.CreateGroup("both", ""), a.CreateGroup("here", ""), a.CreateGroup("there", ""), a.SetProductRole("both", "admin"), a.SetProductRole("here", "user"),
		a.SetManaged("both", emulator.ManagedOther), a.SetManaged("there", emulator.ManagedOther),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	obs, got := observed(t, s, access.Managed, access.Product)
	want := []string{"product group:both = admin", "product group:here = user", "product user:weir@embedded.invalid = admin"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	elsewhere := map[access.Ref][]string{"group:both": {"Jira user on acme"}, "group:there": {"Jira user on acme"}}
	if diff := cmp.Diff(elsewhere, obs.Elsewhere); diff != "" {
		t.Error(diff)
	}
}

// TestPersonal: a personal space tells whose it is, by name or, where nobody
// knows the account, by its id.
func TestPersonal(t *testing.T) {
	e, _ := embedded(t, emulator.Options{}, nil)
	a := e.Admin()
	for _, err := range []error{
		a.AddPerson("ana@acme.example", "Ana", emulator.PersonOptions{}), a.CreatePersonalSpace("ana@acme.example", "~ana", "Ana"), a.CreateSpace("ENG", "Engineering"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	own := func(owner, author any) func(map[string]any) {
		return func(b map[string]any) {
			for _, row := range rows(b) {
				if row := row.(map[string]any); row["type"] == "personal" {
					row["spaceOwnerId"], row["authorId"] = owner, author
				}
			}
		}
	}
	clean, _ := observed(t, open(t, e, e.Transport()))
	ana := clean.IDs["user:ana@acme.example"]
	for name, c := range map[string]struct {
		owner, author any
		want          string
	}{
		"its owner":            {ana, "x", "personal space:~ana user:ana@acme.example"},
		"its author":           {nil, ana, "personal space:~ana user:ana@acme.example"},
		"an owner elsewhere":   {"712020:x", ana, "personal space:~ana account:712020:x"},
		"nobody who is told":   {nil, nil, ""},
		"an owner like no one": {"", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, e, rewriting("/api/v2/spaces", own(c.owner, c.author))(e.Transport()))
			obs, got := observed(t, s, access.Personal)
			if c.want == "" {
				want := access.Unknown{Kind: access.Personal, Object: "space:~ana", Reason: "the site does not say whose personal space it is"}
				if len(got) > 0 || !slices.Equal(obs.Unknown, []access.Unknown{want}) {
					t.Errorf("%v, unknown %v", got, obs.Unknown)
				}
				return
			}
			if !slices.Equal(got, []string{c.want}) {
				t.Errorf("%v, want %s", got, c.want)
			}
			presence, err := s.Present(t.Context(), factsOf(add(c.want, "personal space:~ana user:bo@acme.example", "personal space:ENG user:ana@acme.example")))
			if want := []site.Presence{site.Seen, site.Absent, site.Absent}; err != nil || !slices.Equal(presence, want) {
				t.Errorf("present: %v, %v", presence, err)
			}
		})
	}
}

// TestHiddenOwnRoles: of a person whose product roles are hidden, only these are
// unknown.
func TestHiddenOwnRoles(t *testing.T) {
	e, s := embedded(t, emulator.Options{}, nil)
	if err := e.Admin().AddGuest("guest@acme.example", ""); err != nil {
		t.Fatal(err)
	}
	clean, _ := observed(t, s)
	s = open(t, e, world.RoundTripper(func(r *http.Request) (*http.Response, error) {
		if strings.HasSuffix(r.URL.Path, "/users/"+clean.IDs["user:guest@acme.example"]+"/role-assignments") {
			return world.Reply(r, 403, "application/json", `{}`), nil
		}
		return e.Transport().RoundTrip(r)
	}))
	obs, err := s.Observe(t.Context(), access.Extent{})
	want := access.Unknown{Kind: access.Product, Object: "user:guest@acme.example", Reason: "the person's product roles cannot be read: HTTP 403"}
	if err != nil || !slices.Equal(obs.Unknown, []access.Unknown{want}) {
		t.Errorf("%v, %v", err, obs.Unknown)
	}
	sitetest.Honest(t, clean.Facts, obs, err)
}

// TestLatency: the driver tells how slow the site is.
func TestLatency(t *testing.T) {
	_, s := embedded(t, emulator.Options{}, nil)
	if s.Latency() != 0 {
		t.Error("nothing was asked yet")
	}
	observed(t, s)
	if s.Latency() <= 0 || s.Requests() == 0 {
		t.Errorf("%d requests of %s", s.Requests(), s.Latency())
	}
}

// TestDowngraded takes the account's rights at every request of a reading:
// whatever comes of it holds no absence that is none.
func TestDowngraded(t *testing.T) {
	e, _ := embedded(t, emulator.Options{}, nil)
	a := e.Admin()
	const email = "operator@acme.example"
	errs := []error{
		a.AddPerson(email, "Operator", emulator.PersonOptions{}), a.CreateGroup("admins", ""), a.SetProductRole("admins", "admin"),
		a.CreateGroup("staff", ""), a.SetProductRole("staff", "user"), a.AddMember("staff", email),
	}
	for _, key := range []string{"ENG", "OPS"} {
		errs = append(errs, a.CreateSpace(key, key), a.AssignRole(key, emulator.Principal{Group: "staff"}, "Viewer"), a.CreateSpace(key+"X", key), a.AssignRole(key+"X", emulator.Principal{Class: "all-product-admins"}, "Viewer"))
	}
	token, err := a.IssueToken(email)
	for _, err := range append(errs, err) {
		if err != nil {
			t.Fatal(err)
		}
	}
	requests, at := 0, -1
	cfg := config(e, &world.Serial{RoundTripper: world.RoundTripper(func(r *http.Request) (*http.Response, error) {
		if requests == at {
			if err := a.RemoveMember("admins", email); err != nil {
				t.Error(err)
			}
		}
		requests++
		return e.Transport().RoundTrip(r)
	})})
	cfg.Email, cfg.Token = email, rest.NewSecret(token)
	if err := a.AddMember("admins", email); err != nil {
		t.Fatal(err)
	}
	clean, _ := observed(t, newSite(t, cfg))
	lost := 0
	for n := range clean.Requests {
		requests, at = 0, n
		obs, err := newSite(t, cfg).Observe(t.Context(), access.Extent{Pins: clean.IDs})
		if err != nil && !site.Is(err, site.Forbidden) {
			t.Errorf("after %d requests: %v", n, err)
		}
		if err != nil {
			lost++
		}
		// Except that the operator is no admin any more, which is true.
		truth := clean.Facts.Filter(func(f access.Fact) bool { return !f.About("user:" + email) })
		obs.Facts = obs.Facts.Filter(func(f access.Fact) bool { return !f.About("user:" + email) })
		sitetest.Honest(t, truth, obs, err)
		if err := a.AddMember("admins", email); err != nil {
			t.Fatal(err)
		}
	}
	if lost < clean.Requests/2 {
		t.Errorf("the loss was seen %d times in %d", lost, clean.Requests)
	}

	requests, at = 0, -1
	s := newSite(t, cfg)
	observed(t, s)
	if err := a.RemoveMember("admins", email); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Present(t.Context(), []access.Fact{{Kind: access.Exists, Object: "space:ENGX"}}); !site.Is(err, site.Forbidden) {
		t.Errorf("present: %v, %v", got, err)
	}
}

// TestReadOnlyRefreshes: the reading half can be refreshed, and not written to.
func TestReadOnlyRefreshes(t *testing.T) {
	_, s := embedded(t, emulator.Options{}, nil)
	half := site.ReadOnly(s)
	if _, ok := half.(site.Refresher); !ok {
		t.Error("it cannot be refreshed")
	}
	if _, ok := half.(site.Site); ok {
		t.Error("it can be written to")
	}
}
