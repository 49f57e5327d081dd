package cli

import (
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/cloud"
	"github.com/weirhq/weir/site/datacenter"
	"github.com/weirhq/weir/site/emulator"
	"github.com/weirhq/weir/site/rest"
)

var (
	agreeSites = flag.Int("agree-sites", 12, "how many sites TestEmulatorAgrees makes")
	agreeSeed  = flag.Uint64("agree-seed", 1, "the seed of the first of them")
)

// TestEmulatorAgrees: what weir works out from a reading of a site is what the
// site lets people do. Everybody asks it over HTTP, with a token of their own, and
// so does the public; the answers are those of the View.
//
// Three differences are known, all of what a site shows of itself:
//   - On Cloud no API says whether the public is let in, so a View takes it that it is
//     (evidence A5). Where it is not, the site answers the public 401 and the View
//     says what the public was granted.
//   - Facts do not say of people that they hold the product role user themselves:
//     `exists` says that they may enter, and not by what. Beside the role guest it
//     makes a paid user of them (evidence A9), whom a View takes for a guest. It
//     then says less than they can do, never more.
//   - A restriction stays when the group that it names is deleted, and then lets
//     nobody through; the emulated Data Center does not show that it is there
//     (docs/emulator.md). The View says more than people can do.
func TestEmulatorAgrees(t *testing.T) {
	t.Parallel()
	var total tally
	for i := range *agreeSites {
		kind := kindsOfSite[i%len(kindsOfSite)]
		seed := *agreeSeed + uint64(i)
		t.Run(fmt.Sprintf("%s %d", kind.name, seed), func(t *testing.T) {
			s := newChanceSite(t, kind, seed)
			s.compare(&total)
		})
	}
	t.Logf("%d sites, %d callers, %d requests, %d questions, %d times yes", total.sites, total.callers, total.requests, total.questions, total.yes)
	t.Logf("known differences: %d questions of the public where it is not let in, %d of %d of paid users who seem to be guests, %d of %d of pages restricted to nobody",
		total.shut, total.less, total.paid, total.more, total.gone)
	if total.yes == 0 || total.yes == total.questions {
		t.Error("all answers are the same")
	}
}

// tally counts over all sites.
type tally struct {
	sites, callers, requests, questions, yes int

	// The known differences: questions of the public where it is not let in; of
	// paid users who seem to be guests, and those answered with less; of pages whose
	// restrictions do not show, and those answered with more.
	shut, paid, less, gone, more int
}

// inquirer is somebody who asks the site.
type inquirer struct {
	ref           access.Ref // class:anonymous is the public
	authorization string     // empty: none
	user          bool       // holds the product role user themselves
}

// driver opens the driver of a site of this kind. Weir's own account must see
// everything: on Cloud it opens an admin key, on Data Center it is a system
// administrator.
func (s *chanceSite) driver(em *emulator.Emulator) site.Site {
	s.t.Helper()
	c := em.Credentials()
	var driver site.Site
	var err error
	if s.mode == "" {
		driver, err = datacenter.New(datacenter.Config{
			Base: c.BaseURL, Auth: "bearer", Token: rest.NewSecret(c.Token), Usernames: "email", Transport: em.Transport(),
			Wait: noWait, Jitter: func() float64 { return 0 }, Clock: time.Now,
		})
	} else {
		driver, err = cloud.New(cloud.Config{
			Confluence: c.BaseURL + "/wiki", Admin: c.BaseURL + "/admin", Users: c.BaseURL + "/users",
			Email: c.Email, Token: rest.NewSecret(c.Token), OrgKey: rest.NewSecret(c.OrgKey), RestrictedPages: "admin_key",
			Transport: em.Transport(), Wait: noWait, Jitter: func() float64 { return 0 },
		})
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return driver
}

// observe reads the whole site with a driver.
func (s *chanceSite) observe() site.Observation {
	s.t.Helper()
	obs, err := s.driver(s.em).Observe(s.t.Context(), access.Extent{All: true})
	if err != nil {
		s.t.Fatal(err)
	}
	for _, u := range obs.Unknown {
		if s.nested && u.Kind == access.Member {
			continue // of a group with groups in it, members are read, and not who is in it directly
		}
		s.t.Errorf("not read: %s %s: %s", u.Kind, u.Object, u.Reason)
	}
	return obs
}

func (s *chanceSite) compare(total *tally) {
	view := func() *access.View { obs := s.observe(); return obs.Beside().View(obs.Facts) }()
	total.sites++
	s.gone = s.restrictedToNobody()
	for _, who := range s.askers() {
		total.callers++
		for _, sp := range s.em.Dump().Spaces {
			s.compareSpace(total, view, who, sp)
			for _, x := range sp.Content {
				s.compareContent(total, view, who, sp, x)
			}
		}
	}
}

// restrictedToNobody gives the content of which a view restriction names groups
// only that are gone, its own or one above, where that does not show.
func (s *chanceSite) restrictedToNobody() map[access.Ref]bool {
	out := make(map[access.Ref]bool)
	if s.mode != "" {
		return out
	}
	for _, sp := range s.em.Dump().Spaces {
		byID := make(map[string]emulator.Content)
		for _, x := range sp.Content {
			byID[x.ID] = x
		}
		for _, x := range sp.Content {
			for up, there := x, true; there; up, there = byID[up.Parent], up.Parent != "" {
				named := slices.ContainsFunc(up.Read, func(r emulator.Restricted) bool { return r.Name != r.ID })
				if len(up.Read) > 0 && !named {
					out[access.NewPage(x.Type, access.NewRef("space", sp.Key), x.Title)] = true
				}
			}
		}
	}
	return out
}

// askers are all people that ever were here, and the public.
func (s *chanceSite) askers() []inquirer {
	holds := make(map[string]bool)
	for _, p := range s.em.Dump().People {
		holds[p.Email] = slices.Contains(p.Product, plainUser)
	}
	out := []inquirer{{ref: access.Anonymous}}
	for _, p := range s.people {
		who := inquirer{ref: access.NewRef("user", p), user: holds[p]}
		if s.mode == "" {
			who.authorization = "Bearer " + s.tokens[p]
		} else {
			who.authorization = "Basic " + base64.StdEncoding.EncodeToString([]byte(p+":"+s.tokens[p]))
		}
		out = append(out, who)
	}
	return out
}

// question compares one answer.
func (s *chanceSite) question(total *tally, view *access.View, who inquirer, op string, object access.Ref, can bool) {
	s.t.Helper()
	got := view.Can(who.ref, op, object)
	switch {
	case s.shuts(who):
		total.shut++
		if can {
			s.t.Errorf("the public, which is not let in, can %s %s", op, object)
		}
		return
	case view.Guest(who.ref) && who.user:
		total.paid++
		if can && !got {
			total.less++
			return
		}
	case s.gone[object]:
		total.gone++
		if got && !can {
			total.more++
			return
		}
	}
	total.questions++
	if can {
		total.yes++
	}
	if got != can {
		why := view.Why(who.ref, op, object)
		s.t.Errorf("%s can %s %s: the site says %t, the view %t (%v, %v)", who.ref, op, object, can, got, why.Paths, why.Blocked)
	}
}

// shuts reports whether somebody is the public, and not let in where nothing says
// so.
func (s *chanceSite) shuts(who inquirer) bool {
	return who.ref == access.Anonymous && s.mode != "" && !s.letIn
}

func (s *chanceSite) compareSpace(total *tally, view *access.View, who inquirer, sp emulator.Space) {
	s.t.Helper()
	object := access.NewRef("space", sp.Key)
	if s.mode == "" {
		// The interface tells callers nothing of what they may do in a space; but it
		// shows the space to those who view it, and its permissions to those of them
		// who administer it and have a name.
		status, _ := s.ask(total, who, "/rest/api/space/"+sp.Key)
		s.question(total, view, who, access.CanView, object, status == http.StatusOK)
		s.question(total, view, who, access.ToView, object, status == http.StatusOK)
		sees := status == http.StatusOK
		status, _ = s.ask(total, who, "/rest/api/space/"+sp.Key+"/permissions")
		if sees && who.ref != access.Anonymous {
			s.question(total, view, who, access.CanAdminister, object, status == http.StatusOK)
			s.question(total, view, who, access.ToAdminister, object, status == http.StatusOK)
		} else if status == http.StatusOK {
			s.t.Errorf("%s is shown the permissions of %s", who.ref, object)
		}
		return
	}
	_, has := s.ask(total, who, "/wiki/api/v2/spaces/"+sp.ID+"/operations")
	known := make(map[string]bool)
	for _, id := range view.Operations(object) {
		known[id] = true
		switch id {
		case access.ToView:
			s.question(total, view, who, id, object, has[access.CanView])
		case access.ToAdminister:
			s.question(total, view, who, id, object, has[access.CanAdminister])
		case access.ToEdit:
			some := has["create/page"] || has["update/page"] || has["create/blogpost"] || has["update/blogpost"]
			s.question(total, view, who, id, object, has[access.CanView] && some && sp.Status == "current")
		default:
			s.question(total, view, who, id, object, has[id])
		}
	}
	for id := range has {
		if !known[id] {
			s.t.Errorf("%s can %s %s, which the view does not know", who.ref, id, object)
		}
	}
	// Administrators see that a space is there, and nothing in it.
	status, _ := s.ask(total, who, "/wiki/api/v2/spaces/"+sp.ID+"/pages")
	s.question(total, view, who, access.CanView, object, status == http.StatusOK)
}

func (s *chanceSite) compareContent(total *tally, view *access.View, who inquirer, sp emulator.Space, x emulator.Content) {
	s.t.Helper()
	object := access.NewPage(x.Type, access.NewRef("space", sp.Key), x.Title)
	if s.mode == "" {
		status, _ := s.ask(total, who, "/rest/api/content/"+x.ID)
		s.question(total, view, who, access.ViewPage, object, status == http.StatusOK)
		return
	}
	base := "/wiki/api/v2/" + map[string]string{"page": "pages", "blogpost": "blogposts"}[x.Type] + "/" + x.ID
	status, _ := s.ask(total, who, base)
	s.question(total, view, who, access.ViewPage, object, status == http.StatusOK)
	_, has := s.ask(total, who, base+"/operations")
	if has["read/"+x.Type] != (status == http.StatusOK) {
		s.t.Errorf("%s asks for %s: HTTP %d, and what they may do: %v", who.ref, object, status, has)
	}
	s.question(total, view, who, access.EditPage, object, has["update/"+x.Type])
}

// ask sends a question, and gives the operations in the answer, if it has some.
// What it does not show, and shows to nobody, is refused.
func (s *chanceSite) ask(total *tally, who inquirer, path string) (status int, operations map[string]bool) {
	s.t.Helper()
	total.requests++
	status, body := s.send("GET", path, "", who.authorization)
	switch status {
	case http.StatusOK, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound:
	default:
		s.t.Errorf("%s asks for %s: HTTP %d: %s", who.ref, path, status, body)
	}
	operations = make(map[string]bool)
	if status == http.StatusOK && strings.HasSuffix(path, "/operations") {
		var answer struct {
			Operations []struct{ Operation, TargetType string }
		}
		if err := json.Unmarshal(body, &answer); err != nil {
			s.t.Fatalf("%s: %v", path, err)
		}
		for _, o := range answer.Operations {
			operations[o.Operation+"/"+o.TargetType] = true
		}
	}
	return status, operations
}

func (s *chanceSite) send(method, path, body, authorization string) (status int, answer []byte) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.em.Credentials().BaseURL+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	resp, err := s.em.Transport().RoundTrip(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	if answer, err = io.ReadAll(resp.Body); err != nil {
		s.t.Fatal(err)
	}
	return resp.StatusCode, answer
}
