package cli

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site/emulator"
)

// chanceSite is a small site that came about by chance, through the admin pages
// and, where they are stricter than the API, the API. What the product refuses is
// not done.
type chanceSite struct {
	kindOfSite
	t      *testing.T
	store  *emulator.Memory
	em     *emulator.Emulator
	a      emulator.Admin
	random *rand.Rand
	letIn  bool // the public
	nested bool // there is a group in a group
	gone   map[access.Ref]bool

	people []string // e-mail addresses
	tokens map[string]string
	groups []string
	roles  []string
	spaces []string
	titles map[string][]string // pages, by space
}

// newChanceSite makes a site of a kind. The same seed makes the same site.
func newChanceSite(t *testing.T, kind kindOfSite, seed uint64) *chanceSite {
	t.Helper()
	s := &chanceSite{
		kindOfSite: kind, t: t, random: rand.New(rand.NewPCG(seed, 500)),
		tokens: make(map[string]string), titles: make(map[string][]string),
	}
	s.store = emulator.NewMemory()
	o := emulator.Options{RoleMode: emulator.ModePreRoles, Wait: noWait, Store: s.store}
	if kind.mode == "" {
		o.Dialect = emulator.DialectDataCenter
	}
	var err error
	if s.em, err = emulator.New(o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.em.Close() })
	s.a = s.em.Admin().Unaudited()
	// A first look at a space would make a personal one, so asking would change
	// the answers.
	s.do(s.a.SetAutoPersonalSpaces(false))
	s.addPeople()
	s.addGroups()
	s.addSpaces()
	s.grant()
	s.restrict()
	s.changeLives()
	return s
}

// do takes what the product says to an edit; whether it was done.
func (s *chanceSite) do(err error) bool {
	s.t.Helper()
	if refusal := (*emulator.Refusal)(nil); err != nil && !errors.As(err, &refusal) {
		s.t.Fatal(err)
	}
	return err == nil
}

func (s *chanceSite) oneIn(n int) bool { return s.random.IntN(n) == 0 }

func pick[T any](s *chanceSite, list ...T) T { return list[s.random.IntN(len(list))] }

func (s *chanceSite) addPeople() {
	for i := range 5 + s.random.IntN(4) {
		email := fmt.Sprintf("p%d@acme.example", i)
		s.people = append(s.people, email)
		if i > 1 && s.mode != "" && s.oneIn(4) {
			s.do(s.a.AddGuest(email, ""))
			continue
		}
		s.do(s.a.AddPerson(email, "", emulator.PersonOptions{NoAccess: i > 1 && s.oneIn(3), Unmanaged: s.oneIn(5), Invited: s.oneIn(6)}))
		if s.oneIn(8) {
			s.do(s.a.SetPersonRole(email, pick(s, "admin", "user-access-admin", "viewer")))
		}
	}
}

func (s *chanceSite) addGroups() {
	s.groups = []string{"staff", "red", "blue", "confluence-administrators"} // the last means nothing on Cloud
	for _, g := range s.groups {
		s.do(s.a.CreateGroup(g, ""))
		for _, p := range s.people {
			if s.oneIn(3) {
				s.do(s.a.AddMember(g, p))
			}
		}
		switch s.random.IntN(6) {
		case 0, 1:
			s.do(s.a.SetProductRole(g, "user"))
		case 2:
			s.do(s.a.SetProductRole(g, pick(s, []string{"admin"}, []string{"user", "admin"}, []string{"user-access-admin"})...))
		case 3:
			if s.mode != "" {
				s.do(s.a.SetProductRole(g, "guest"))
			}
		}
		if s.oneIn(8) {
			s.do(s.a.SetManaged(g, pick(s, emulator.ManagedIDP, emulator.ManagedTeam)))
		}
	}
	if s.mode == "" {
		// Pages that weir's account may not view show in no list: it is one of those
		// who view all.
		s.do(s.a.SyncMember("confluence-administrators", emulator.OwnEmail, true))
	}
	if s.mode == "" && s.oneIn(3) {
		s.nested = s.do(s.a.Nest(pick(s, s.groups...), pick(s, s.groups...), true))
	}
	if s.letIn = !s.oneIn(3); s.letIn {
		s.do(s.a.GrantGlobal(emulator.Principal{Class: emulator.ClassAnonymous}, emulator.GlobalUse))
	}
}

func (s *chanceSite) addSpaces() {
	for _, key := range []string{"ONE", "TWO", "THREE"} {
		s.do(s.a.CreateSpace(key, "Space "+key))
		s.spaces = append(s.spaces, key)
	}
	if s.oneIn(2) && s.do(s.a.OpenPersonalSpaceAt(s.people[0], "~own")) {
		s.spaces = append(s.spaces, "~own")
	}
	for _, key := range s.spaces {
		s.titles[key] = []string{""} // the home page
		for i := range 3 + s.random.IntN(4) {
			title := fmt.Sprintf("Page %d", i)
			if s.do(s.a.CreatePage(key, title, pick(s, s.titles[key]...))) {
				s.titles[key] = append(s.titles[key], title)
			}
		}
		s.do(s.a.CreateBlogPost(key, "Page 0")) // of a page's title
		s.do(s.a.CreateBlogPost(key, "News"))
	}
}

// somebody names whom something is granted to.
func (s *chanceSite) somebody(classes ...string) emulator.Principal {
	switch n := s.random.IntN(6); {
	case n == 0:
		return emulator.Principal{Class: pick(s, classes...)}
	case n < 3:
		return emulator.Principal{User: pick(s, s.people...)}
	}
	return emulator.Principal{Group: pick(s, s.groups...)}
}

// ids are permissions worth having; the first are those that pages ask for.
var chanceIDs = []string{
	"read/space", "create/page", "update/page", "create/blogpost", "update/blogpost", "administer/space",
	"create/comment", "delete/page", "restrict_content/space", "manage_users/space", "export/space", "delete/space",
}

// grant gives permissions, before and after the site moves on to its mode, and
// roles there. A site where roles are all there is has none: whether a real one
// keeps some, documents do not say, and the driver reads none there.
func (s *chanceSite) grant() {
	permit := func() {
		for _, key := range s.spaces {
			for range s.random.IntN(4) {
				who := s.somebody(emulator.ClassAnonymous)
				s.do(s.a.AddPermission(key, who, "read/space"))
				for range s.random.IntN(4) {
					s.do(s.a.AddPermission(key, who, pick(s, chanceIDs...)))
				}
				if s.oneIn(6) {
					s.do(s.a.RemovePermission(key, who, pick(s, chanceIDs...)))
				}
			}
			if s.mode == "" && s.oneIn(2) {
				s.grantAlone(key)
			}
		}
	}
	switch s.mode {
	case emulator.ModeRoles:
		s.do(s.a.SetRoleMode(s.mode))
	case emulator.ModeTransition:
		permit()
		s.do(s.a.SetRoleMode(s.mode))
		permit()
	default:
		permit()
		return
	}
	s.roles = []string{"Viewer", "Collaborator", "Manager", "Admin"}
	for i := range s.random.IntN(4) {
		name, ids := fmt.Sprintf("Custom %d", i), []string{"read/space"}
		for range s.random.IntN(4) {
			ids = append(ids, pick(s, chanceIDs...))
		}
		if s.do(s.a.CreateRole(name, "", ids...)) {
			s.roles = append(s.roles, name)
		}
	}
	for _, key := range s.spaces {
		for range s.random.IntN(5) {
			who := s.somebody(emulator.ClassAnonymous, emulator.ClassAuthenticated, emulator.ClassLicensed, emulator.ClassProductAdmins)
			s.do(s.a.AssignRole(key, who, pick(s, s.roles...)))
		}
	}
	if s.oneIn(4) {
		s.do(s.a.DeleteRole("Custom 0"))
	}
}

// grantAlone gives a permission over the API of Data Center, which takes it
// without the one to view.
func (s *chanceSite) grantAlone(key string) {
	who := "group/" + pick(s, s.groups...)
	if s.oneIn(3) {
		who = "anonymous"
	}
	op := pick(s, `{"targetType": "page", "operationKey": "create"}`, `{"targetType": "space", "operationKey": "administer"}`, `{"targetType": "space", "operationKey": "export"}`)
	c := s.em.Credentials()
	s.send("PUT", "/rest/api/space/"+key+"/permissions/"+who+"/grant", "["+op+"]", "Bearer "+c.Token)
}

func (s *chanceSite) restrict() {
	for _, key := range s.spaces {
		for _, title := range append(s.titles[key], "News") {
			a := s.a
			if title == "Page 0" && s.oneIn(2) {
				a = a.BlogPosts()
			}
			if title == "" {
				title = s.home(key)
			}
			for _, operation := range []string{"read", "update"} {
				if !s.oneIn(4) {
					continue
				}
				for range 1 + s.random.IntN(3) {
					who := s.somebody(emulator.ClassAnonymous) // of whom no restriction can be
					s.do(a.Restrict(key, title, operation, who))
				}
			}
		}
		if s.oneIn(3) {
			s.do(s.a.MovePage(key, "Page 1", pick(s, s.titles[key]...)))
		}
	}
}

// home gives the title of a space's home page.
func (s *chanceSite) home(key string) string {
	for _, sp := range s.em.Dump().Spaces {
		for _, c := range sp.Content {
			if sp.Key == key && c.ID == sp.Homepage {
				return c.Title
			}
		}
	}
	s.t.Fatalf("%s has no home page", key)
	return ""
}

// changeLives gives everybody a token, and then lets people leave, groups go and
// spaces be archived. Whoever came back has another token; those who left keep
// theirs, if the product lets them.
func (s *chanceSite) changeLives() {
	s.issueTokens()
	for _, p := range s.people {
		if s.oneIn(6) {
			s.do(s.a.SetPersonState(p, pick(s, emulator.StateSuspended, emulator.StateDeactivated, emulator.StateRemoved)))
		}
		if s.oneIn(12) {
			s.do(s.a.RemoveAccess(p))
		}
		if s.oneIn(12) {
			s.do(s.a.SetPersonState(p, emulator.StateActive))
		}
	}
	for _, g := range s.groups {
		if s.oneIn(10) && (s.mode != "" || g != "confluence-administrators") {
			s.do(s.a.DeleteGroup(g))
		}
	}
	for _, key := range s.spaces {
		if s.oneIn(5) {
			s.do(s.a.SetSpaceStatus(key, "archived"))
		}
	}
	s.issueTokens()
}

func (s *chanceSite) issueTokens() {
	for _, p := range s.people {
		token, err := s.a.IssueToken(p)
		if s.do(err) {
			s.tokens[p] = token
		}
	}
}
