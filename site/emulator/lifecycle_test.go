package emulator_test

import (
	"encoding/json"
	"errors"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/weirhq/weir/site/emulator"
)

const day = 24 * time.Hour

// ticking opens a site with a clock that the test moves, on a store that it can
// open again.
func ticking(t testing.TB) (f *fixture, move func(time.Duration), store *emulator.Memory) {
	t.Helper()
	now := start
	store = emulator.NewMemory()
	f = open(t, emulator.Options{Clock: func() time.Time { return now }, Store: store})
	return f, func(d time.Duration) { now = now.Add(d) }, store
}

// workspaces checks the keys of the products that are listed.
func workspaces(want ...string) func(*fixture, m) {
	return func(f *fixture, b m) {
		f.Helper()
		var got []string
		for _, row := range b["data"].([]any) {
			got = append(got, row.(m)["attributes"].(m)["typeKey"].(string))
		}
		if !slices.Equal(got, want) {
			f.Errorf("workspaces %v, want %v", got, want)
		}
	}
}

// array sends a request whose answer is a list.
func (f *fixture) array(path string) []m {
	f.Helper()
	res, err := f.em.Transport().RoundTrip(f.request("GET", path, nil))
	f.must(err)
	text, err := io.ReadAll(res.Body)
	f.must(err)
	var out []m
	if err := json.Unmarshal(text, &out); err != nil {
		f.Fatalf("GET %s: %d %s", path, res.StatusCode, text)
	}
	return out
}

// known reports whether the caller's token is taken.
func (f *fixture) known() bool {
	f.Helper()
	status, _ := f.do("GET", "/wiki/rest/api/user/current", nil)
	return status != 401
}

func TestTokensExpireSilently(t *testing.T) {
	f, move, store := ticking(t)
	small(f)
	a := f.em.Admin()
	const ana = "ana@acme.example"
	token, err := a.IssueTokenFor(ana, "backup", 30*day)
	f.must(err)
	as := &fixture{TB: t, em: f.em, cred: f.cred, email: ana, token: token}
	for _, life := range []time.Duration{0, -day, 366 * day} {
		if _, err := a.IssueTokenFor(ana, "x", life); err == nil {
			t.Errorf("a token for %v", life)
		}
	}
	if !as.known() {
		t.Error("a new token is refused")
	}
	path := managed(ana, "/api-tokens")(f)
	row := f.array(path)[0]
	if row["label"] != "backup" || row["createdAt"] != "2026-03-01T09:00:00Z" || row["expiry"] != "2026-03-31T09:00:00Z" || row["lastAccess"] != "2026-03-01T09:00:00Z" {
		t.Errorf("token %v", row)
	}
	move(30*day - time.Second)
	if !as.known() {
		t.Error("the token ended early")
	}
	move(time.Second)
	as.want(401, "GET", "/wiki/rest/api/user/current", nil)
	if rows := f.array(path); len(rows) != 1 {
		t.Errorf("an expired token is not listed: %v", rows)
	}
	move(400 * day)
	if !f.known() {
		t.Error("weir's own token ended")
	}
	again := open(t, emulator.Options{Store: store, Clock: func() time.Time { return start }})
	if diff := cmp.Diff(f.em.Dump(), again.em.Dump(), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("read back:\n%s", diff)
	}
	as.em = again.em
	if !as.known() {
		t.Error("a stored token is refused before it ends")
	}
}

func TestTokensAreRevoked(t *testing.T) {
	f := open(t, emulator.Options{})
	small(f)
	a := f.em.Admin()
	const ana = "ana@acme.example"
	one, other := f.as(ana), f.as(ana)
	body := f.want(200, "GET", "/admin/api-access/v1/orgs/"+f.cred.OrgID+"/api-tokens?limit=2", nil)
	if n := len(body["data"].([]any)); n != 2 || body["links"].(m)["next"] == nil {
		t.Errorf("page of tokens %v", body)
	}
	rows := f.array(managed(ana, "/api-tokens")(f))
	f.want(204, "DELETE", managed(ana, "/api-tokens/"+rows[0]["id"].(string))(f), nil)
	if one.known() == other.known() {
		t.Error("exactly one of two tokens was revoked")
	}
	if strings.Contains(strings.Join(texts(f.want(200, "GET", f.orgV1("/events"), nil), "data", "id"), " "), one.token) {
		t.Error("the log shows a secret")
	}
	// Suspension keeps tokens, deactivation takes them for good.
	for state, works := range map[string]bool{"suspended": true, "deactivated": false} {
		bo := f.as("bo@acme.example")
		f.must(a.SetPersonState("bo@acme.example", state))
		if bo.known() {
			t.Errorf("the token of somebody %s is taken", state)
		}
		f.must(a.SetPersonState("bo@acme.example", "active"))
		if bo.known() != works {
			t.Errorf("%s and back: the token is taken: %v", state, !works)
		}
	}
	f.must(a.SetPersonState(ana, "deactivated"))
	if _, err := a.IssueToken(ana); err == nil {
		t.Error("a deactivated account makes a token")
	}
}

// TestOldTokens: earlier sites stored a token as its account alone.
func TestOldTokens(t *testing.T) {
	f, _, store := ticking(t)
	f.must(store.Commit([]emulator.Record{{Table: "token", Key: f.token, Value: []byte(`"` + f.cred.AccountID + `"`)}}))
	if f = open(t, emulator.Options{Store: store}); !f.known() {
		t.Error("the token of an earlier site is refused")
	}
	f.must(store.Commit([]emulator.Record{{Table: "token", Key: "x", Value: []byte(`"nobody"`)}}))
	if _, err := emulator.New(emulator.Options{Store: store}); !errors.Is(err, emulator.ErrCorrupt) {
		t.Errorf("a token of nobody: %v", err)
	}
}

func TestDeletionHasFourteenDays(t *testing.T) {
	f, move, store := ticking(t)
	small(f)
	a := f.em.Admin()
	const ana = "ana@acme.example"
	f.must(a.AssignRole("OPS", user(ana), "Viewer"))
	before := f.person(ana)
	status := func() any {
		rows := f.want(200, "POST", f.dir("/users/search"), m{"emails": []string{ana}})["data"].([]any)
		if len(rows) == 0 {
			return nil
		}
		return rows[0].(m)["status"]
	}
	f.want(200, "POST", managed(ana, "/lifecycle/delete")(f), nil)
	if status() != "for_deletion" || f.person(ana).State != "deactivated" || f.person(ana).Enters {
		t.Errorf("%v: %+v", status(), f.person(ana))
	}
	if !slices.Contains(f.group("engineering").Members, before.ID) {
		t.Error("the grace took a membership")
	}
	move(13 * day)
	f.want(200, "POST", managed(ana, "/lifecycle/cancel-delete")(f), nil)
	if status() != "deactivated" {
		t.Errorf("cancelled: %v", status())
	}
	f.want(204, "POST", managed(ana, "/lifecycle/enable")(f), nil)
	f.must(a.ScheduleDeletion(ana))
	f.must(a.CancelDeletion(ana))
	f.must(a.ScheduleDeletion(ana))
	path := managed(ana, "")(f)
	move(14 * day)

	d := f.em.Dump()
	if slices.ContainsFunc(d.People, func(p emulator.Person) bool { return p.Email == ana }) || status() != nil {
		t.Error("the account is there after 14 days")
	}
	f.want(404, "GET", path, nil)
	if slices.Contains(f.group("engineering").Members, before.ID) || slices.Contains(f.roles("OPS"), ana+" = Viewer") {
		t.Error("the account left memberships or roles behind")
	}
	// The address is free, for another account.
	f.must(a.AddPerson(ana, "Ana Two", emulator.PersonOptions{}))
	if p := f.person(ana); p.ID == before.ID || !p.Enters {
		t.Errorf("the new account is %+v", p)
	}
	again := open(t, emulator.Options{Store: store})
	if diff := cmp.Diff(f.em.Dump(), again.em.Dump(), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("read back:\n%s", diff)
	}
}

// TestEventStream: its cursor can be asked with again for what comes later.
func TestEventStream(t *testing.T) {
	f, move, _ := ticking(t)
	small(f)
	cursor := ""
	poll := func() []string {
		path := f.orgV1("/events-stream?limit=2")
		if cursor != "" {
			path += "&cursor=" + cursor
		}
		b := f.want(200, "GET", path, nil)
		cursor = b["links"].(m)["next"].(string)
		var out []string
		for _, row := range b["data"].([]any) {
			out = append(out, row.(m)["attributes"].(m)["action"].(string))
		}
		return out
	}
	if got := poll(); len(got) != 0 {
		t.Errorf("a quiet site has the events %v", got)
	}
	ana := f.person("ana@acme.example").ID
	f.want(204, "POST", f.dir("/users/"+ana+"/suspend"), nil)
	f.want(204, "POST", f.dir("/users/"+ana+"/suspend"), nil) // changes nothing
	move(time.Minute)
	f.want(204, "POST", f.dir("/users/"+ana+"/restore"), nil)
	f.want(403, "DELETE", groupPath("okta-finance", "")(f), nil) // refused
	f.want(204, "DELETE", groupPath("staff", "")(f), nil)
	if got := poll(); !slices.Equal(got, []string{"user_suspended", "user_restored"}) {
		t.Errorf("events %v", got)
	}
	if got := poll(); !slices.Equal(got, []string{"group_deleted"}) {
		t.Errorf("events %v", got)
	}
	if got := poll(); len(got) != 0 {
		t.Errorf("events %v", got)
	}
	f.want(201, "POST", f.dir("/groups"), m{"name": "late"})
	if got := poll(); !slices.Equal(got, []string{"group_created"}) {
		t.Errorf("events %v", got)
	}
	// The other list goes backwards, and its cursor remembers the filter.
	b := f.want(200, "GET", f.orgV1("/events?limit=1&action=user_suspended,user_restored"), nil)
	if got := texts(b, "data", "id"); !slices.Equal(got, []string{"00000000000000000002"}) {
		t.Errorf("events %v", got)
	}
	b = f.want(200, "GET", f.orgV1("/events?cursor="+b["links"].(m)["next"].(string)), nil)
	if got := texts(b, "data", "id"); !slices.Equal(got, []string{"00000000000000000001"}) || b["links"].(m)["next"] != nil {
		t.Errorf("events %v", b)
	}
	to := start.UnixMilli()
	b = f.want(200, "GET", f.orgV1("/events?to=")+jsonNumber(to), nil)
	if n := len(b["data"].([]any)); n != 1 {
		t.Errorf("%d events at the beginning", n)
	}
}

func jsonNumber(n int64) string {
	b, _ := json.Marshal(n)
	return string(b)
}

// TestReadingLeavesNoTrace: weir's own account only asks, also on a site that
// is open for reading; for others a look is remembered once a day.
func TestReadingLeavesNoTrace(t *testing.T) {
	f, move, _ := ticking(t)
	small(f)
	personal(f, "staff")
	f.must(f.em.Admin().AddMember("staff", "ana@acme.example"))
	before := f.em.Dump()
	f.want(200, "GET", spacePath("ENG", "")(f), nil)
	f.want(200, "GET", "/wiki/api/v2/spaces", nil)
	if diff := cmp.Diff(before, f.em.Dump()); diff != "" {
		t.Errorf("reading changed the site:\n%s", diff)
	}
	ana := f.as("ana@acme.example")
	ana.want(200, "GET", spacePath("ENG", "")(f), nil)
	seen := f.em.Dump()
	move(time.Hour)
	ana.want(200, "GET", spacePath("ENG", "")(f), nil)
	if diff := cmp.Diff(seen, f.em.Dump()); diff != "" {
		t.Errorf("a second look on the same day:\n%s", diff)
	}
	move(day)
	ana.want(200, "GET", spacePath("ENG", "")(f), nil)
	if got := f.person("ana@acme.example").Viewed; !got.Equal(start.Add(25 * time.Hour)) {
		t.Errorf("last look %v", got)
	}
	rows := f.want(200, "POST", f.dir("/users/search"), m{"emails": []string{"ana@acme.example"}, "expand": []string{"productAccess"}})["data"].([]any)
	if got := rows[0].(m)["productAccess"].([]any)[0].(m)["lastActiveTimestamp"]; got != "2026-03-02T10:00:00Z" {
		t.Errorf("lastActiveTimestamp %v", got)
	}
}

func TestPeopleLimit(t *testing.T) {
	f := open(t, emulator.Options{People: 3}) // weir's own account is one
	a := f.em.Admin()
	f.must(a.AddPerson("a@acme.example", "", emulator.PersonOptions{}))
	f.must(a.AddGuest("g@partner.example", ""))
	f.refused(a.AddGuest("h@partner.example", ""), 409)
	f.refused(a.AddPerson("b@acme.example", "", emulator.PersonOptions{}), 409)
	f.must(a.SetPersonState("a@acme.example", "suspended"))
	f.must(a.AddPerson("b@acme.example", "", emulator.PersonOptions{}))
}

// TestTimePassesOnAReadOnlySite: what falls due shows, and is not stored.
func TestTimePassesOnAReadOnlySite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "site.db")
	store, err := emulator.OpenSQLite(path, emulator.ReadWrite)
	if err != nil {
		t.Fatal(err)
	}
	f := open(t, emulator.Options{Store: store})
	f.must(f.em.Admin().AddPerson("ana@acme.example", "", emulator.PersonOptions{}))
	f.must(f.em.Admin().ScheduleDeletion("ana@acme.example"))
	f.must(f.em.Close())
	for range 2 {
		if store, err = emulator.OpenSQLite(path, emulator.ReadOnly); err != nil {
			t.Fatal(err)
		}
		late := open(t, emulator.Options{Store: store, Clock: func() time.Time { return start.Add(15 * day) }})
		late.want(200, "GET", "/wiki/rest/api/user/current", nil)
		if n := len(late.em.Dump().People); n != 1 {
			t.Errorf("%d people after the grace", n)
		}
		f.must(late.em.Close())
	}
}
