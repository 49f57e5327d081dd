package cli

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/reconcile"
	"github.com/weirhq/weir/site/cloud"
	"github.com/weirhq/weir/site/datacenter"
	"github.com/weirhq/weir/site/emulator"
	"github.com/weirhq/weir/site/rest"
	"github.com/weirhq/weir/site/sitetest"
	"github.com/weirhq/weir/site/sitetest/world"
)

// content is a judge whom everything pleases.
type content struct{}

func (content) Judge(context.Context, access.Delta) ([]access.Finding, error) { return nil, nil }

// TestNothingLeft: after each transition of the suite, on every kind of site, the
// plan of a description that says just that and owns everything is empty.
func TestNothingLeft(t *testing.T) {
	t.Parallel()
	onCloud := func(mode string) func(t *testing.T) sitetest.Subject {
		return func(t *testing.T) sitetest.Subject {
			w := world.New(t, emulator.Options{RoleMode: mode})
			c := w.Emulator.Credentials()
			s, err := cloud.New(cloud.Config{
				Confluence: c.BaseURL + "/wiki", Admin: c.BaseURL + "/admin", Users: c.BaseURL + "/users",
				Email: c.Email, Token: rest.NewSecret(c.Token), OrgKey: rest.NewSecret(c.OrgKey),
				Transport: w.Transport, Wait: func(context.Context, time.Duration) error { return nil }, Jitter: func() float64 { return 0 },
			})
			if err != nil {
				t.Fatal(err)
			}
			return w.Subject(s)
		}
	}
	for name, open := range map[string]func(t *testing.T) sitetest.Subject{
		"cloud with roles":    onCloud(emulator.ModeRoles),
		"cloud in transition": onCloud(emulator.ModeTransition),
		"cloud before roles":  onCloud(emulator.ModePreRoles),
		"data center":         onDataCenter,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			t.Run("something left", func(t *testing.T) {
				s := open(t)
				end := sitetest.Cases()[0].Walk(t, s)
				end.Want = end.Want.Union(access.NewSet(access.Fact{Kind: access.Exists, Object: "group:more"})).
					Filter(func(f access.Fact) bool { return f.Object != "user:ana@acme.example" })
				planned(t, s, end, "+ exists group:more", "- exists user:ana@acme.example")
			})
			for _, c := range sitetest.Cases() {
				t.Run(c.Area+"/"+c.Name, func(t *testing.T) {
					s := open(t)
					end := c.Walk(t, s)
					planned(t, s, end)
				})
			}
		})
	}
}

func onDataCenter(t *testing.T) sitetest.Subject {
	w := world.New(t, emulator.Options{Dialect: emulator.DialectDataCenter, ContextPath: "/confluence"})
	c := w.Emulator.Credentials()
	s, err := datacenter.New(datacenter.Config{
		Base: c.BaseURL, Auth: "bearer", Token: rest.NewSecret(c.Token), Usernames: "email", Transport: w.Transport,
	})
	if err != nil {
		t.Fatal(err)
	}
	return w.Subject(s)
}

// planned checks what a description of the whole site would change.
func planned(t *testing.T, s sitetest.Subject, end sitetest.End, want ...string) {
	t.Helper()
	draft, err := reconcile.Make(t.Context(), reconcile.Input{Site: s.Site, Description: owner{end.Extent, end.Want}, Judge: content{}})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range draft.Plan.Changes {
		got = append(got, string(c.Op)+" "+c.Fact)
	}
	if !slices.Equal(got, want) {
		t.Errorf("planned are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
