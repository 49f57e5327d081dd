package emulator_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/weirhq/weir/site/emulator"
)

// TestWorld lets random people do random things to a site, over its API and in
// its admin pages, and holds that
//
//   - nobody reads content that they may not view, whichever way they ask, and
//     everybody reads the rest,
//   - nobody changes access who may not,
//   - no write of roles or permissions takes a space's last admin,
//   - whoever has a permission in a space views it, and has a role or
//     permissions, never both,
//   - a site that is opened again is the same, its audit log included,
//   - the site never answers 500.
//
// Who may do what is said by an oracle of its own, from the dump.
func TestWorld(t *testing.T) {
	for _, mode := range []string{emulator.ModePreRoles, emulator.ModeTransition, emulator.ModeRoles} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				w := newWorld(t, mode)
				t.Repeat(map[string]func(*rapid.T){
					"":            w.agrees,
					"role":        w.setRole,
					"permission":  w.addPermission,
					"unpermit":    w.removePermission,
					"restrict":    w.restrict,
					"edge":        w.restrictOne,
					"membership":  w.changeMember,
					"group":       w.replaceGroup,
					"page":        w.changePage,
					"space":       w.changeSpace,
					"person":      w.changePerson,
					"anonymous":   w.changeAnonymous,
					"role change": w.changeRole,
				})
				w.everybodyAgrees(t)
				w.survives(t)
			})
		})
	}
}

// world is a site, and those who act on it: the first acts for the site's
// administrators, the last is nobody.
type world struct {
	em      *emulator.Emulator
	store   *emulator.Memory
	mode    string
	callers []caller
}

type caller struct{ email, token string }

func newWorld(t *rapid.T, mode string) *world {
	store := emulator.NewMemory()
	em, err := emulator.New(emulator.Options{Store: store, RoleMode: mode})
	w := &world{em: em, store: store, mode: mode}
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	must(err)
	a, c := em.Admin(), em.Credentials()
	w.callers = append(w.callers, caller{c.Email, c.Token})
	for _, p := range []string{"ana", "bo", "cy", "di"} {
		must(a.AddPerson(p+"@acme.example", "", emulator.PersonOptions{NoAccess: p == "di"}))
		token, err := a.IssueToken(p + "@acme.example")
		must(err)
		w.callers = append(w.callers, caller{p + "@acme.example", token})
	}
	w.callers = append(w.callers, caller{})
	for i, g := range []string{"red", "blue", "lit"} {
		must(a.CreateGroup(g, ""))
		must(a.AddMember(g, w.callers[1+i].email))
	}
	must(a.SetProductRole("lit", "user"))
	for _, key := range []string{"ONE", "TWO"} {
		must(a.CreateSpace(key, key))
		for i, title := range []string{"a", "b", "c", "d"} {
			above := ""
			if i > 0 {
				above = string(rune('a' + i - 1))
			}
			must(a.CreatePage(key, title, above))
		}
		must(a.CreateBlogPost(key, "post"))
		must(a.Attach(key, "b", "file"))
		if mode == emulator.ModePreRoles || mode == emulator.ModeTransition && key == "ONE" {
			for _, p := range []string{"read/space", "administer/space", "create/page", "restrict_content/space"} {
				must(a.AddPermission(key, user("ana@acme.example"), p))
			}
			must(a.AddPermission(key, team("red"), "read/space"))
		} else {
			must(a.AssignRole(key, user("ana@acme.example"), "Admin"))
		}
		if mode != emulator.ModePreRoles {
			must(a.AssignRole(key, team("blue"), "Collaborator"))
		}
	}
	return w
}

// ask sends a request as somebody and decodes what is answered.
func (w *world) ask(t *rapid.T, who caller, method, path string, body any) (int, m) {
	var text string
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		text = string(b)
	}
	r, err := http.NewRequest(method, "http://any.invalid"+path, strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if who.token != "" {
		r.SetBasicAuth(who.email, who.token)
	}
	res, err := w.em.Transport().RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode >= 500 && res.StatusCode != http.StatusNotImplemented {
		t.Fatalf("%s %s: status %d", method, path, res.StatusCode)
	}
	var out m
	if err := json.NewDecoder(res.Body).Decode(&out); err != nil && res.StatusCode != 204 && res.ContentLength != 0 {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	return res.StatusCode, out
}

func (w *world) caller(t *rapid.T) caller { return rapid.SampledFrom(w.callers).Draw(t, "caller") }

// one draws one of the things that there are; the test step ends without any.
func one[T any](t *rapid.T, what string, list []T) T {
	if len(list) == 0 {
		t.Skip("no " + what)
	}
	return list[rapid.IntRange(0, len(list)-1).Draw(t, what)]
}

func (w *world) space(t *rapid.T) emulator.Space { return one(t, "space", w.em.Dump().Spaces) }

func (w *world) content(t *rapid.T) (emulator.Space, emulator.Content) {
	sp := w.space(t)
	return sp, one(t, "content", sp.Content)
}

// principal draws a principal as v2 names it.
func (w *world) principal(t *rapid.T) (kind, id string) {
	d := w.em.Dump()
	switch kind = rapid.SampledFrom([]string{"USER", "GROUP", "ACCESS_CLASS"}).Draw(t, "type"); kind {
	case "USER":
		return kind, one(t, "person", d.People).ID
	case "GROUP":
		return kind, one(t, "group", d.Groups).ID
	}
	return kind, rapid.SampledFrom([]string{
		emulator.ClassAnonymous, emulator.ClassAuthenticated, emulator.ClassLicensed, emulator.ClassProductAdmins,
	}).Draw(t, "class")
}

// writes sends a write of access to a space. It may succeed only for whom may
// says, and never takes the last admin.
func (w *world) writes(t *rapid.T, sp emulator.Space, may func(oracle, string) bool, who caller, method, path string, body any) {
	before := oracle{w.em.Dump()}
	status, out := w.ask(t, who, method, path, body)
	after := w.em.Dump()
	if status >= 300 {
		if diff := cmp.Diff(before.Dump, after); diff != "" {
			t.Fatalf("a refused write (%d) changed the site:\n%s", status, diff)
		}
		return
	}
	if !may(before, before.account(who)) {
		t.Fatalf("%q did %s %s: %v", who.email, method, path, out)
	}
	for _, now := range after.Spaces {
		if now.ID == sp.ID && before.admins(sp) > 0 && (oracle{after}).admins(now) == 0 {
			t.Fatalf("%s %s took the last admin of %s", method, path, sp.Key)
		}
	}
}

func (w *world) setRole(t *rapid.T) {
	sp, who := w.space(t), w.caller(t)
	kind, id := w.principal(t)
	role := ""
	if rapid.Bool().Draw(t, "give") {
		role = one(t, "role", w.em.Dump().Roles).ID
	}
	w.writes(t, sp, func(o oracle, account string) bool {
		return o.boss(account) || o.holds(account, sp, "manage_users/space")
	}, who, "POST", "/wiki/api/v2/spaces/"+sp.ID+"/role-assignments", []m{assignment(kind, id, role)})
}

func (w *world) addPermission(t *rapid.T) {
	sp, who := w.space(t), w.caller(t)
	kind, id := w.principal(t)
	switch kind {
	case "USER":
		kind = "user"
	case "GROUP":
		kind = "group"
	default:
		kind, id = "user", "anonymous"
	}
	operation := rapid.SampledFrom([]string{
		"read/space", "read/space", "create/page", "update/page", "create/comment", "update/blogpost", "delete/page",
		"administer/space", "restrict_content/space", "manage_users/space", "export_content/space",
	}).Draw(t, "permission")
	key, target, _ := strings.Cut(operation, "/")
	w.writes(t, sp, administers(sp), who, "POST", "/wiki/rest/api/space/"+sp.Key+"/permission", permission(kind, id, key, target))
}

func administers(sp emulator.Space) func(oracle, string) bool {
	return func(o oracle, account string) bool { return o.holds(account, sp, "administer/space") }
}

func (w *world) removePermission(t *rapid.T) {
	sp, who := w.space(t), w.caller(t)
	row := one(t, "row", sp.Permissions)
	w.writes(t, sp, administers(sp), who, "DELETE", "/wiki/rest/api/space/"+sp.Key+"/permission/"+row.RowID, nil)
}

// restrict writes restrictions whole.
func (w *world) restrict(t *rapid.T) {
	sp, x := w.content(t)
	who := w.caller(t)
	d := w.em.Dump()
	entry := func(operation string) m {
		whom := m{}
		if rapid.Bool().Draw(t, "people") {
			whom["user"] = []m{{"type": "known", "accountId": one(t, "person", d.People).ID}}
		}
		if rapid.Bool().Draw(t, "groups") {
			whom["group"] = []m{{"type": "group", "id": one(t, "group", d.Groups).ID}}
		}
		return restricted(operation, whom)
	}
	body := []m{entry("read")}
	if rapid.Bool().Draw(t, "both") {
		body = append(body, entry("update"))
	}
	method := rapid.SampledFrom([]string{"PUT", "POST", "DELETE"}).Draw(t, "method")
	if method == "DELETE" {
		body = nil
	}
	w.writes(t, sp, restrictsContent(sp, x), who, method, "/wiki/rest/api/content/"+x.ID+"/restriction", body)
}

func restrictsContent(sp emulator.Space, x emulator.Content) func(oracle, string) bool {
	return func(o oracle, account string) bool { return o.restricts(account, sp, x) }
}

// restrictOne writes one edge.
func (w *world) restrictOne(t *rapid.T) {
	sp, x := w.content(t)
	kind, id := w.principal(t)
	path := "/wiki/rest/api/content/" + x.ID + "/restriction/byOperation/" + rapid.SampledFrom([]string{"read", "update"}).Draw(t, "operation")
	if kind == "GROUP" {
		path += "/byGroupId/" + id
	} else {
		path += "/user?accountId=" + url.QueryEscape(id)
	}
	w.writes(t, sp, restrictsContent(sp, x), w.caller(t), rapid.SampledFrom([]string{"PUT", "DELETE"}).Draw(t, "method"), path, nil)
}

func (w *world) changeMember(t *rapid.T) {
	d := w.em.Dump()
	g, p := one(t, "group", d.Groups), one(t, "person", d.People)
	path := "/wiki/rest/api/group/userByGroupId?groupId=" + g.ID
	if rapid.Bool().Draw(t, "add") {
		w.ask(t, w.caller(t), "POST", path, m{"accountId": p.ID})
	} else {
		w.ask(t, w.caller(t), "DELETE", path+"&accountId="+url.QueryEscape(p.ID), nil)
	}
}

// replaceGroup deletes a group and makes one of the same name.
func (w *world) replaceGroup(t *rapid.T) {
	g := one(t, "group", w.em.Dump().Groups)
	w.ask(t, w.callers[0], "DELETE", "/wiki/rest/api/group/by-id?id="+g.ID, nil)
	w.ask(t, w.callers[0], "POST", "/wiki/rest/api/group", m{"name": g.Name})
}

// changePage makes, moves or deletes a page, or says again what it is
// restricted to. Refusals are fine.
func (w *world) changePage(t *rapid.T) {
	sp, x := w.content(t)
	a := w.em.Admin()
	title := rapid.SampledFrom([]string{"a", "b", "c", "d", "e", "f", ""}).Draw(t, "title")
	var err error
	switch rapid.IntRange(0, 4).Draw(t, "change") {
	case 0:
		err = a.CreatePage(sp.Key, title, x.Title)
	case 1, 2:
		err = a.MovePage(sp.Key, x.Title, title)
	case 3:
		err = a.DeletePage(sp.Key, title)
	case 4:
		err = a.LiftRestrictions(sp.Key, x.Title, w.caller(t).email)
	}
	onlyRefused(t, err)
}

func onlyRefused(t *rapid.T, err error) {
	if _, refused := err.(*emulator.Refusal); err != nil && !refused {
		t.Fatal(err)
	}
}

// changeSpace archives, brings back, deletes or makes a space.
func (w *world) changeSpace(t *rapid.T) {
	sp, who := w.space(t), w.caller(t)
	path := "/wiki/rest/api/space/" + sp.Key
	switch rapid.IntRange(0, 6).Draw(t, "change") {
	case 0:
		w.ask(t, who, "DELETE", path, nil)
	case 1:
		w.ask(t, who, "POST", "/wiki/rest/api/space", m{"name": "New", "key": "NEW"})
	case 2:
		w.ask(t, who, "POST", "/wiki/api/v2/spaces", m{"name": "Own", "key": "OWN", "createPrivateSpace": true})
	case 3:
		w.ask(t, who, "PUT", path, m{"status": "archived"})
	default:
		w.ask(t, who, "PUT", path, m{"status": "current"})
	}
}

func (w *world) changePerson(t *rapid.T) {
	a := w.em.Admin()
	i := rapid.IntRange(0, len(w.callers)-2).Draw(t, "person") // nobody has no state
	onlyRefused(t, a.SetPersonState(w.callers[i].email, rapid.SampledFrom([]string{
		emulator.StateActive, emulator.StateActive, emulator.StateSuspended, emulator.StateDeactivated,
	}).Draw(t, "state")))
	// Deactivation took the tokens.
	token, err := a.IssueToken(w.callers[i].email)
	if onlyRefused(t, err); err == nil {
		w.callers[i].token = token
	}
}

func (w *world) changeAnonymous(t *rapid.T) {
	change := w.em.Admin().RevokeGlobal
	if rapid.Bool().Draw(t, "in") {
		change = w.em.Admin().GrantGlobal
	}
	onlyRefused(t, change(emulator.Principal{Class: emulator.ClassAnonymous}, emulator.GlobalUse))
}

// changeRole makes, changes or deletes a custom role.
func (w *world) changeRole(t *rapid.T) {
	a := w.em.Admin()
	permission := rapid.SampledFrom([]string{"administer/space", "update/page", "restrict_content/space", "manage_users/space"}).Draw(t, "permission")
	switch rapid.IntRange(0, 3).Draw(t, "change") {
	case 0:
		onlyRefused(t, a.CreateRole("Custom", "", "read/space", permission))
	case 1:
		onlyRefused(t, a.GrantPermission("Custom", permission))
	case 2:
		onlyRefused(t, a.RevokePermission("Custom", permission))
	case 3:
		onlyRefused(t, a.DeleteRole("Custom"))
	}
}

// agrees checks the site after each step, as one of the callers sees it.
func (w *world) agrees(t *rapid.T) {
	d := w.em.Dump()
	for _, sp := range d.Spaces {
		views, roles := map[string]bool{}, map[string]bool{}
		for _, p := range sp.Permissions {
			views[p.Type+p.ID] = views[p.Type+p.ID] || p.Permission == "read/space"
		}
		for _, a := range sp.Assignments {
			roles[a.Type+a.ID] = true
		}
		for who, view := range views {
			if !view || roles[who] {
				t.Fatalf("%s in %s: view %v, a role %v", who, sp.Key, view, roles[who])
			}
		}
	}
	w.visible(t, w.caller(t))
}

func (w *world) everybodyAgrees(t *rapid.T) {
	for _, who := range w.callers {
		w.visible(t, who)
	}
}

// visible compares what the caller reads, in each way, with what the oracle says
// that they may view.
func (w *world) visible(t *rapid.T, who caller) {
	o := oracle{w.em.Dump()}
	account := o.account(who)
	enters := o.enters(account)
	want, indexed := map[string]bool{}, map[string]bool{}
	for _, sp := range o.Spaces {
		for _, x := range sp.Content {
			may := o.views(account, sp, x)
			if x.Type == "page" && may {
				want[x.ID] = true
			}
			if may && sp.Status == "current" {
				indexed[x.ID] = true
			}
			if got := w.em.Can(account, "read", emulator.Object{Page: x.ID}); got != may {
				t.Fatalf("%q may read %s/%s: %v, the oracle says %v", who.email, sp.Key, x.Title, got, may)
			}
			if got, may := w.em.Can(account, "restrict", emulator.Object{Page: x.ID}), o.restricts(account, sp, x); got != may {
				t.Fatalf("%q may restrict %s/%s: %v, the oracle says %v", who.email, sp.Key, x.Title, got, may)
			}
			status, _ := w.ask(t, who, "GET", map[string]string{
				"page": "/wiki/api/v2/pages/", "blogpost": "/wiki/api/v2/blogposts/", "attachment": "/wiki/api/v2/attachments/",
			}[x.Type]+x.ID, nil)
			if (status == 200) != may {
				t.Fatalf("%q reads %s/%s: status %d, the oracle says %v", who.email, sp.Key, x.Title, status, may)
			}
		}
	}
	for path, ids := range map[string]map[string]bool{
		"/wiki/api/v2/pages?limit=250": want, "/wiki/rest/api/content/search?cql=type%21%3Dx&limit=100": indexed,
	} {
		status, body := w.ask(t, who, "GET", path, nil)
		if (status == 200) != enters {
			t.Fatalf("%q lists: status %d, the oracle says that they may enter: %v", who.email, status, enters)
		}
		if !enters {
			continue
		}
		got := texts(body, "results", "id")
		slices.Sort(got)
		if diff := cmp.Diff(slices.Sorted(maps.Keys(ids)), got); diff != "" {
			t.Fatalf("%q lists with %s (want, got):\n%s", who.email, path, diff)
		}
	}
}

// survives opens the site again.
func (w *world) survives(t *rapid.T) {
	again, err := emulator.New(emulator.Options{Store: w.store})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(w.em.Dump(), again.Dump(), cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("opened again:\n%s", diff)
	}
	if diff := cmp.Diff(w.em.Audit(), again.Audit()); diff != "" {
		t.Fatalf("the audit log, opened again:\n%s", diff)
	}
}

// oracle says who may do what, the slow way, from what is true of a site.
type oracle struct{ emulator.Dump }

// account is the caller's account id, empty for nobody.
func (o oracle) account(who caller) string {
	for _, p := range o.People {
		if who.email == p.Email {
			return p.ID
		}
	}
	return ""
}

func (o oracle) person(account string) emulator.Person {
	for _, p := range o.People {
		if p.ID == account {
			return p
		}
	}
	panic(fmt.Sprintf("no person %q", account))
}

func (o oracle) groups(account string) []string {
	var out []string
	for _, g := range o.Groups {
		if slices.Contains(g.Members, account) {
			out = append(out, g.ID)
		}
	}
	return out
}

// product are the product roles of somebody, their groups' included.
func (o oracle) product(account string) []string {
	out := slices.Clone(o.person(account).Product)
	for _, g := range o.Groups {
		if slices.Contains(g.Members, account) {
			out = append(out, g.Product...)
		}
	}
	return out
}

func (o oracle) enters(account string) bool {
	if account == "" {
		return slices.Contains(o.Anonymous, emulator.GlobalUse)
	}
	return o.person(account).State == emulator.StateActive && len(o.product(account)) > 0
}

// boss reports whether somebody administers Confluence.
func (o oracle) boss(account string) bool {
	return account != "" && (len(o.person(account).Platform) > 0 || slices.Contains(o.product(account), "admin"))
}

func (o oracle) is(account, kind, id string) bool {
	switch {
	case id == emulator.ClassAnonymous:
		return true
	case account == "":
		return false
	case kind == "USER":
		return id == account
	case kind == "GROUP":
		return slices.Contains(o.groups(account), id)
	case id == emulator.ClassProductAdmins:
		return o.boss(account)
	}
	return true // authenticated or licensed: both enter here
}

func (o oracle) holds(account string, sp emulator.Space, permission string) bool {
	if !o.enters(account) {
		return false
	}
	for _, p := range sp.Permissions {
		if p.Permission == permission && o.is(account, p.Type, p.ID) {
			return true
		}
	}
	for _, a := range sp.Assignments {
		for _, r := range o.Roles {
			if r.ID == a.RoleID && slices.Contains(r.Permissions, permission) && o.is(account, a.Type, a.ID) {
				return true
			}
		}
	}
	return false
}

// admins counts those who administer a space, people or not.
func (o oracle) admins(sp emulator.Space) int {
	n := 0
	for _, p := range sp.Permissions {
		if p.Permission == "administer/space" {
			n++
		}
	}
	for _, a := range sp.Assignments {
		for _, r := range o.Roles {
			if r.ID == a.RoleID && slices.Contains(r.Permissions, "administer/space") {
				n++
			}
		}
	}
	return n
}

func (o oracle) named(account string, who []emulator.Restricted) bool {
	return len(who) == 0 || account != "" && slices.ContainsFunc(who, func(r emulator.Restricted) bool { return o.is(account, r.Type, r.ID) })
}

func (o oracle) views(account string, sp emulator.Space, x emulator.Content) bool {
	if !o.holds(account, sp, "read/space") || !o.named(account, x.Read) {
		return false
	}
	for _, up := range sp.Content {
		if up.ID == x.Parent {
			return o.views(account, sp, up)
		}
	}
	return true
}

func (o oracle) restricts(account string, sp emulator.Space, x emulator.Content) bool {
	edit := map[string]string{"page": "update/page", "blogpost": "update/blogpost", "attachment": "create/attachment"}[x.Type]
	edits := o.holds(account, sp, edit)
	if x.Type != "attachment" && o.RoleMode == emulator.ModePreRoles { // adding is editing
		edits = edits || o.holds(account, sp, "create/"+x.Type)
	}
	return sp.Status == "current" && o.views(account, sp, x) && o.named(account, x.Update) && edits && o.holds(account, sp, "restrict_content/space")
}
