package cloud_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/emulator"
	"github.com/weirhq/weir/site/sitetest/world"
)

// TestAuthors: a change is somebody's only where the log leaves no doubt, whatever
// else the log says, and however it fails.
func TestAuthors(t *testing.T) {
	const (
		member = "+ member group:staff user:ana@acme.example"
		role   = "+ role space:ENG group:staff = viewer"
		none   = "the audit log has no record that names it without doubt"
		many   = "several people, or people and something without a name, may have done it"
		named  = "it, or whoever it is about, had another name or was another at the last apply"
	)
	added := entry{"Users and groups", "User added to group", [][2]string{{"Group", "staff"}, {"User", "Ana"}}, nil}
	given := entry{"Permissions", "Space role assigned", [][2]string{{"Space", "Engineering"}, {"Group", "staff"}}, [][3]string{{"Role", "", "Viewer"}}}
	with := func(e entry, change func(*entry)) entry {
		e.objects = slices.Clone(e.objects)
		change(&e)
		return e
	}
	for name, c := range map[string]struct {
		change  string
		log     []by // the earliest first
		then    func(*site.Observation)
		answer  func(http.RoundTripper) http.RoundTripper
		who     access.Ref
		unnamed string
	}{
		"named":                {change: member, log: []by{{"bo", added}}, who: "user:bo@acme.example"},
		"named by address":     {change: member, log: []by{{"bo", with(added, func(e *entry) { e.objects = [][2]string{{"group", "staff"}, {"user", "Ana@acme.example"}} })}}, who: "user:bo@acme.example"},
		"a role":               {change: role, log: []by{{"bo", given}}, who: "user:bo@acme.example"},
		"somebody who is gone": {change: member, log: []by{{"id:557058:gone-1", added}}, who: "account:557058:gone-1"},
		"hostile id":           {change: member, log: []by{{"id:<!channel> \x1b[31m", added}}, unnamed: "the record's author is nobody that an id can name"},
		"nobody":               {change: member, log: []by{{"", added}}, unnamed: "the record has no author"},
		"weir itself":          {change: member, log: []by{{"weir", added}}, unnamed: "the last record of it is of weir's own account"},
		"after weir":           {change: member, log: []by{{"cy", added}, {"weir", with(added, func(e *entry) { e.summary = "User removed from group" })}, {"bo", added}}, who: "user:bo@acme.example"},
		"two people":           {change: member, log: []by{{"cy", added}, {"bo", added}}, unnamed: many},
		"nobody, then one":     {change: member, log: []by{{"", added}, {"bo", added}}, unnamed: many},
		"no record":            {change: member, unnamed: none},
		"the other way":        {change: member, log: []by{{"bo", with(added, func(e *entry) { e.summary = "User removed from group" })}}, unnamed: none},
		"both ways":            {change: member, log: []by{{"bo", with(added, func(e *entry) { e.summary = "User added and removed" })}}, unnamed: none},
		"unknown words":        {change: member, log: []by{{"bo", with(added, func(e *entry) { e.summary = "Benutzer hinzugefügt" })}}, unnamed: none},
		"another group":        {change: member, log: []by{{"bo", with(added, func(e *entry) { e.objects[0] = [2]string{"Group", "staff2"} })}}, unnamed: none},
		"another person":       {change: member, log: []by{{"cy", with(added, func(e *entry) { e.objects[1] = [2]string{"User", "Cy"} })}, {"bo", added}}, who: "user:bo@acme.example"},
		"two groups at once":   {change: member, log: []by{{"bo", with(added, func(e *entry) { e.objects = append(e.objects, [2]string{"Group", "more"}) })}}, unnamed: none},
		"everything":           {change: member, log: []by{{"cy", entry{"Users and groups", "Directory synchronised", nil, nil}}, {"bo", added}}, unnamed: many},
		"an unknown thing":     {change: member, log: []by{{"cy", entry{"?", "Directory changed", [][2]string{{"Directory", "x"}}, nil}}, {"bo", added}}, unnamed: many},
		"the group was called": {change: member, log: []by{{"cy", entry{"Users and groups", "Group renamed", [][2]string{{"Group", "others"}}, [][3]string{{"Name", "others", "staff"}}}}, {"bo", added}}, unnamed: many},
		"renamed group":        {change: member, log: []by{{"bo", added}}, then: func(o *site.Observation) { o.IDs["group:crew"] = o.IDs["group:staff"]; delete(o.IDs, "group:staff") }, unnamed: named},
		"another of the name":  {change: member, log: []by{{"bo", added}}, then: func(o *site.Observation) { o.IDs["group:staff"] = "other" }, unnamed: named},
		"renamed person":       {change: member, log: []by{{"bo", added}}, then: func(o *site.Observation) { o.Labels["user:ana@acme.example"] = "Ann" }, unnamed: named},
		"a twin":               {change: member, log: []by{{"bo", added}}, then: func(o *site.Observation) { o.Labels["user:cy@acme.example"] = "Ana" }, unnamed: "several have its name, or that of whoever it is about"},
		"renamed space": {change: role, log: []by{{"bo", given}}, then: func(o *site.Observation) {
			o.Facts = o.Facts.Union(access.NewSet(access.Fact{Kind: access.Name, Object: "space:ENG", Value: "E"}))
		}, unnamed: named},
		"another role":        {change: role, log: []by{{"bo", with(given, func(e *entry) { e.changed = [][3]string{{"Role", "", "Admin"}} })}}, unnamed: none},
		"another space":       {change: role, log: []by{{"bo", with(given, func(e *entry) { e.objects[0] = [2]string{"Space", "Operations"} })}}, unnamed: none},
		"an unknown space":    {change: role, log: []by{{"cy", with(given, func(e *entry) { e.objects[0] = [2]string{"Space", "?"} })}, {"bo", given}}, unnamed: many},
		"a class":             {change: "+ role space:ENG class:everyone = viewer", log: []by{{"bo", given}}, unnamed: "the audit log does not tell such changes in words that are known"},
		"a kind without logs": {change: "~ product group:staff = admin", log: []by{{"bo", added}}, unnamed: "the audit log does not tell such changes in words that are known"},
		"not allowed":         {change: member, answer: answer("/audit", 403, `{}`), unnamed: "the audit log cannot be read: read the audit log: not allowed: HTTP 403"},
		"not kept":            {change: member, answer: answer("/retention", 200, `{"number":1,"units":"HOURS"}`), unnamed: "the audit log is kept for 1 hours only"},
	} {
		t.Run(name, func(t *testing.T) {
			e, clock := timed(t, emulator.ModeRoles)
			defer e.Close()
			a := e.Admin()
			add := func(who, label string) error {
				return a.AddPerson(who+"@acme.example", label, emulator.PersonOptions{})
			}
			for _, err := range []error{
				a.CreateSpace("ENG", "Engineering"), a.CreateSpace("OPS", "Operations"), a.CreateGroup("staff", ""),
				add("ana", "Ana"), add("bo", "Bo"), add("cy", "Cy"),
			} {
				if err != nil {
					t.Fatal(err)
				}
			}
			transport := e.Transport()
			now, _ := observed(t, refreshing(t, e, clock, transport))
			then, _ := observed(t, refreshing(t, e, clock, transport))
			if c.then != nil {
				c.then(&then)
			}
			since := clock.now
			clock.now = clock.now.Add(2 * time.Hour)
			if c.answer == nil {
				rows := []any{}
				for i, r := range c.log {
					id := r.who
					switch {
					case id == "weir":
						id = now.IDs[now.Account]
					case len(id) > 3 && id[:3] == "id:":
						id = id[3:]
					case id != "":
						id = now.IDs[access.Ref("user:"+id+"@acme.example")]
					}
					rows = slices.Insert(rows, 0, any(r.json(id, since.Add(time.Duration(i)*time.Minute)))) // the latest first
				}
				c.answer = rewriting("/audit", func(b map[string]any) { b["results"] = rows })
			}
			s := refreshing(t, e, clock, c.answer(transport))
			op, line := access.Op(c.change[:1]), c.change[2:]
			f, err := access.ParseFact(line)
			if err != nil {
				t.Fatal(err)
			}
			got, err := s.Authors(t.Context(), since, then, now, []access.Change{{Op: op, Fact: f}})
			if err != nil || len(got) != 1 || got[0].Who != c.who || got[0].Unnamed != c.unnamed {
				t.Fatalf("got %+v, %v; want %q, %q", got, err, c.who, c.unnamed)
			}
			if c.who != "" && got[0].When.Before(since) {
				t.Errorf("at %s", got[0].When)
			}
		})
	}
}

// by is a record of somebody's.
type by struct {
	who string
	entry
}

// entry is what a record tells beside its author.
type entry struct {
	category, summary string
	objects           [][2]string // type and name
	changed           [][3]string // name, old and new
}

func (e entry) json(author string, when time.Time) map[string]any {
	objects, changed := []any{}, []any{}
	for _, o := range e.objects {
		objects = append(objects, map[string]any{"objectType": o[0], "name": o[1]})
	}
	for _, c := range e.changed {
		changed = append(changed, map[string]any{"name": c[0], "oldValue": c[1], "newValue": c[2]})
	}
	r := map[string]any{
		"author": map[string]any{"displayName": "@channel", "accountId": author}, "creationDate": when.UnixMilli(),
		"category": e.category, "summary": e.summary, "changedValues": changed, "affectedObject": map[string]any{"objectType": "", "name": ""}, "associatedObjects": objects,
	}
	if len(objects) > 0 {
		r["affectedObject"], r["associatedObjects"] = objects[0], objects[1:]
	}
	return r
}

// answer gives one answer to every request whose path ends so.
func answer(path string, status int, body string) func(http.RoundTripper) http.RoundTripper {
	return func(next http.RoundTripper) http.RoundTripper {
		return world.RoundTripper(func(r *http.Request) (*http.Response, error) {
			if strings.HasSuffix(r.URL.Path, path) {
				return world.Reply(r, status, "application/json", body), nil
			}
			return next.RoundTrip(r)
		})
	}
}
