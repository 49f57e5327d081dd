package emulator_test

import (
	"fmt"
	"io"
	"path/filepath"
	"testing"

	"github.com/weirhq/weir/site/emulator"
)

// A site of about the size of the real data: people, groups, spaces.
const benchPeople, benchGroups, benchSpaces = 2000, 700, 300

func realistic(f *fixture) {
	f.Helper()
	a := f.em.Admin()
	for i := range benchPeople {
		f.must(a.AddPerson(fmt.Sprintf("p%04d@acme.example", i), "", emulator.PersonOptions{}))
	}
	for i := range benchGroups {
		f.must(a.CreateGroup(fmt.Sprintf("g%03d", i), ""))
	}
	for i := range benchSpaces {
		key := fmt.Sprintf("S%03d", i)
		f.must(a.CreateSpace(key, key))
		for j := range 3 {
			f.must(a.AssignRole(key, team(fmt.Sprintf("g%03d", (i+j)%benchGroups)), "Collaborator"))
		}
	}
}

// quick sends a request and throws the answer away.
func (f *fixture) quick(method, path string, body any, want int) {
	res, err := f.em.Transport().RoundTrip(f.request(method, path, body))
	f.must(err)
	if _, err := io.Copy(io.Discard, res.Body); err != nil || res.StatusCode != want {
		f.Fatalf("%s %s: status %d, %v", method, path, res.StatusCode, err)
	}
}

// BenchmarkMembershipWrites: 10,000 memberships through the API, each committed.
func BenchmarkMembershipWrites(b *testing.B) {
	for name, store := range map[string]func(b *testing.B) emulator.Store{
		"memory": func(*testing.B) emulator.Store { return emulator.NewMemory() },
		"sqlite": func(b *testing.B) emulator.Store {
			return sqlite(b, filepath.Join(b.TempDir(), "site.db"), emulator.ReadWrite)
		},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				f := open(b, emulator.Options{Store: store(b)})
				realistic(f)
				d := f.em.Dump()
				b.StartTimer()
				for i := range 10_000 {
					g, p := d.Groups[i%benchGroups], d.People[(i/benchGroups*7+i)%len(d.People)]
					f.quick("POST", "/wiki/rest/api/group/userByGroupId?groupId="+g.ID, m{"accountId": p.ID}, 201)
				}
			}
		})
	}
}

// BenchmarkFullRead: what a driver asks for to see the whole site.
func BenchmarkFullRead(b *testing.B) {
	f := open(b, emulator.Options{})
	realistic(f)
	users, groups := f.dir("/users/search"), f.dir("/groups/search")
	d := f.em.Dump()
	for b.Loop() {
		f.pages(users, m{"limit": 100, "expand": []string{"groups", "productAccess"}})
		f.pages(groups, m{"limit": 100})
		for start := 0; start < len(d.Groups); start += 200 {
			f.quick("GET", fmt.Sprintf("/wiki/rest/api/group?start=%d&limit=200", start), nil, 200)
		}
		v2Walk("/wiki/api/v2/spaces?", "id")(f, 250)
		for _, s := range d.Spaces {
			f.quick("GET", "/wiki/api/v2/spaces/"+s.ID+"/role-assignments?limit=250", nil, 200)
		}
	}
}

// pages reads a list of the organisation to its end.
func (f *fixture) pages(path string, body m) {
	for {
		page := f.want(200, "POST", path, body)
		next, more := page["links"].(m)["next"]
		if !more {
			return
		}
		body["cursor"] = next
	}
}

// BenchmarkFullPages: full pages of long lists, of a generated site of full size.
func BenchmarkFullPages(b *testing.B) {
	f, _ := generated(b, emulator.Options{}, emulator.Generation{People: 50_000, Groups: 2_000, Spaces: 5_000, Seed: 1})
	users, group := f.dir("/users/search"), f.group("confluence-users").ID
	for name, page := range map[string]func(){
		"members": func() { f.quick("GET", "/wiki/rest/api/group/"+group+"/membersByGroupId?limit=200", nil, 200) },
		"spaces":  func() { f.quick("GET", "/wiki/api/v2/spaces?limit=250", nil, 200) },
		"people":  func() { f.quick("POST", users, m{"limit": 100, "expand": []string{"groups"}}, 200) },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				page()
			}
		})
	}
}
