package emulator_test

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirhq/weir/site/emulator"
)

func generated(t testing.TB, o emulator.Options, g emulator.Generation) (*fixture, emulator.Generated) {
	t.Helper()
	f := open(t, o)
	made, err := f.em.Admin().Generate(g)
	f.must(err)
	return f, made
}

// picture says what is true of a site without ids.
func picture(d emulator.Dump) []string {
	var out []string
	names := map[string]string{}
	for _, p := range d.People {
		names[p.ID] = p.Email
		out = append(out, fmt.Sprint("person ", p.Email, p.Name, p.State, p.Invited, p.Managed, p.Product, p.Enters))
	}
	for _, g := range d.Groups {
		out = append(out, fmt.Sprint("group ", g.Name, g.Description, g.Managed, g.Product))
		for _, m := range g.Members {
			out = append(out, fmt.Sprint("member ", g.Name, " ", names[m]))
		}
	}
	for _, s := range d.Spaces {
		out = append(out, fmt.Sprint("space ", s.Key, s.Name, s.Type, s.Status))
		for _, a := range s.Assignments {
			out = append(out, fmt.Sprint("role ", s.Key, a.Name, a.Role))
		}
	}
	slices.Sort(out)
	return out
}

func TestGenerateFollowsTheSeed(t *testing.T) {
	size := emulator.Generation{People: 200, Groups: 40, Spaces: 60, Seed: 1}
	site := func(random byte) emulator.Options {
		return emulator.Options{Random: bytes.NewReader(bytes.Repeat([]byte{random}, 32))}
	}
	a, made := generated(t, site(1), size)
	b, again := generated(t, site(2), size)
	if diff := cmp.Diff(picture(a.em.Dump()), picture(b.em.Dump())); diff != "" {
		t.Errorf("the same seed makes another site: %s", diff)
	}
	if made != again {
		t.Errorf("%+v and %+v", made, again)
	}
	if a.em.Dump().Groups[0].ID == b.em.Dump().Groups[0].ID {
		t.Error("two sites have the same ids")
	}
	size.Seed = 2
	c, _ := generated(t, site(1), size)
	if slices.Equal(picture(a.em.Dump()), picture(c.em.Dump())) {
		t.Error("another seed makes the same site")
	}
}

// TestGenerateIsSkewed counts what makes a site look like a real one.
func TestGenerateIsSkewed(t *testing.T) {
	f, made := generated(t, emulator.Options{}, emulator.Generation{People: 2000, Groups: 300, Spaces: 600, Seed: 7})
	d := f.em.Dump()
	if len(d.People) != 2001 || len(d.Groups) != 300 || len(d.Spaces) != 600 {
		t.Fatalf("%d people, %d groups, %d spaces", len(d.People), len(d.Groups), len(d.Spaces))
	}
	count := map[string]int{}
	for _, p := range d.People {
		count[p.State]++
		if !p.Managed {
			count["external"]++
		}
		if p.State == "active" && !p.Enters {
			count["without access"]++
		}
	}
	var sizes []int
	memberships, empty := 0, 0
	for _, g := range d.Groups {
		sizes = append(sizes, len(g.Members))
		memberships += len(g.Members)
		if g.Managed == emulator.ManagedIDP {
			count["idp"]++
		}
		if len(g.Members) == 0 {
			empty++
		}
	}
	slices.Sort(sizes)
	assignments, inactive := 0, 0
	state := map[string]string{}
	for _, p := range d.People {
		state[p.ID] = p.State
	}
	for _, s := range d.Spaces {
		assignments += len(s.Assignments)
		count[s.Type]++
		count[s.Status]++
		admins, working := 0, 0
		for _, a := range s.Assignments {
			if a.ID == emulator.ClassAnonymous {
				count["public"]++
			}
			if a.Role == "Admin" {
				admins++
				if a.Type != "USER" || state[a.ID] == "active" {
					working++
				}
			}
		}
		if admins > 0 && working == 0 {
			inactive++
		}
	}
	for name, within := range map[string][3]int{
		"deactivated":          {count["deactivated"], 60, 200},
		"suspended":            {count["suspended"], 5, 50},
		"removed":              {count["removed"], 5, 70},
		"external":             {count["external"], 40, 180},
		"without access":       {count["without access"], 1, 60},
		"idp groups":           {count["idp"], 110, 220},
		"empty groups":         {empty, 4, 40},
		"median of sizes":      {sizes[len(sizes)/2], 2, 60},
		"largest group":        {sizes[len(sizes)-1], 1500, 2000},
		"memberships":          {memberships, 4000, 30000},
		"personal spaces":      {count["personal"], 60, 180},
		"archived spaces":      {count["archived"], 25, 110},
		"public spaces":        {count["public"], 1, 20},
		"assignments":          {assignments, 1000, 4000},
		"only inactive admins": {inactive, 3, 80},
		"restricted pages":     {made.Restricted, 5, 120},
	} {
		if within[0] < within[1] || within[0] > within[2] {
			t.Errorf("%s: %d is not between %d and %d", name, within[0], within[1], within[2])
		}
	}
	want := emulator.Generated{
		People: 2000, Groups: 300, Memberships: memberships, Spaces: 600, Assignments: assignments, Pages: made.Pages, Restricted: made.Restricted,
	}
	if made != want {
		t.Errorf("it says that it made %+v, and made %+v", made, want)
	}
	if n := len(f.em.Audit()); n != 0 {
		t.Errorf("%d audit records", n)
	}
}

func TestGenerateAnySize(t *testing.T) {
	for _, g := range []emulator.Generation{{}, {People: 1}, {Groups: 3}, {Spaces: 3}, {People: 1, Spaces: 9}, {People: 2, Groups: 1, Spaces: 1}, {People: 9, Groups: 50, Spaces: 2}} {
		f, _ := generated(t, emulator.Options{}, g)
		d := f.em.Dump()
		if len(d.People) != g.People+1 || len(d.Groups) != g.Groups || len(d.Spaces) != min(g.Spaces, g.Spaces*g.People) {
			t.Errorf("%+v: %d people, %d groups, %d spaces", g, len(d.People), len(d.Groups), len(d.Spaces))
		}
	}
}

func TestGenerateRefuses(t *testing.T) {
	f := open(t, emulator.Options{})
	small(f)
	before := picture(f.em.Dump())
	if _, err := f.em.Admin().Generate(emulator.Generation{People: 1}); err == nil || err.Error() != "the site is not empty" {
		t.Errorf("on a site with people: %v", err)
	}
	if diff := cmp.Diff(before, picture(f.em.Dump())); diff != "" {
		t.Error(diff)
	}
	if _, err := open(t, emulator.Options{Plan: "free"}).em.Admin().Generate(emulator.Generation{People: 10}); err == nil {
		t.Error("more people than seats")
	}
	if _, err := open(t, emulator.Options{}).em.Admin().Generate(emulator.Generation{People: -1}); err == nil {
		t.Error("fewer people than none")
	}
}

func TestGeneratedSiteIsStored(t *testing.T) {
	path := filepath.Join(t.TempDir(), "site.db")
	f, _ := generated(t, emulator.Options{Store: sqlite(t, path, emulator.ReadWrite)}, emulator.Generation{People: 100, Groups: 30, Spaces: 40, Seed: 3})
	want := f.em.Dump()
	f.must(f.em.Close())
	g := open(t, emulator.Options{Store: sqlite(t, path, emulator.ReadOnly)})
	if diff := cmp.Diff(want, g.em.Dump()); diff != "" {
		t.Error(diff)
	}
}

// TestTogetherIsAllOrNothing: a refused edit undoes those before it.
func TestTogetherIsAllOrNothing(t *testing.T) {
	f := open(t, emulator.Options{})
	small(f)
	before := f.em.Dump()
	err := f.em.Admin().Together(func(a emulator.Admin) error {
		f.must(a.CreateGroup("new", ""))
		f.must(a.AddMember("new", "ana@acme.example"))
		f.must(a.DeleteSpace("OPS"))
		return a.AddMember("nowhere", "ana@acme.example")
	})
	if err == nil || !strings.Contains(err.Error(), "nowhere") {
		t.Errorf("error %v", err)
	}
	if diff := cmp.Diff(before, f.em.Dump()); diff != "" {
		t.Error(diff)
	}
	f.must(f.em.Admin().Together(func(a emulator.Admin) error {
		f.must(a.CreateGroup("new", ""))
		return a.AddMember("new", "ana@acme.example")
	}))
	if got := f.group("new").Members; !slices.Equal(got, []string{f.person("ana@acme.example").ID}) {
		t.Errorf("members %v", got)
	}
}
