package driver_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/driver"
)

func facts(t *testing.T, lines ...string) []access.Fact {
	t.Helper()
	var out []access.Fact
	for _, line := range lines {
		f, err := access.ParseFact(line)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, f)
	}
	return out
}

// changes reads lines of a sign and a fact.
func changes(t *testing.T, lines ...string) []access.Change {
	t.Helper()
	var out []access.Change
	for _, line := range lines {
		op, rest, _ := strings.Cut(line, " ")
		out = append(out, access.Change{Op: access.Op(op), Fact: facts(t, rest)[0]})
	}
	return out
}

// TestAlong: a membership goes with its group, or with the person who comes or
// goes by it, and else by itself.
func TestAlong(t *testing.T) {
	live := access.NewSet(facts(t, "product group:staff = user", "member group:staff user:bo@a.example", "member group:club user:ana@a.example")...)
	for _, c := range []struct {
		name, edge, want string
		others           []string
	}{
		{"the group goes", "- member group:club user:ana@a.example", "group:club", []string{"- exists group:club"}},
		{"the person is removed", "- member group:club user:ana@a.example", "user:ana@a.example", []string{"+ state user:ana@a.example = removed"}},
		{"the person loses access by it", "- member group:staff user:bo@a.example", "user:bo@a.example", []string{"- exists user:bo@a.example"}},
		{"the person loses nothing by it", "- member group:club user:ana@a.example", "", []string{"- exists user:ana@a.example"}},
		{"the person comes by it", "+ member group:staff user:new@a.example", "user:new@a.example", []string{"+ exists user:new@a.example"}},
		{"the group lets nobody in", "+ member group:club user:new@a.example", "", []string{"+ exists user:new@a.example"}},
		{"a membership alone", "+ member group:staff user:ana@a.example", "", nil},
	} {
		all := changes(t, append(c.others, c.edge)...)
		got, along := driver.NewTurnover(all, live, func(product string) bool { return product == "user" }).Along(all[len(all)-1])
		if string(got) != c.want || along != (c.want != "") {
			t.Errorf("%s: %q, %t, want %q", c.name, got, along, c.want)
		}
	}
}

// TestLockouts: weir's own account is shut out by a restriction that names
// neither it nor a group of its own, unless it is shut out already.
func TestLockouts(t *testing.T) {
	const page = "restrict page:HR/Pay view "
	for _, c := range []struct {
		name             string
		live, want, shut []string
	}{
		{name: "others are named", want: []string{page + "group:hr"}, shut: []string{page + "group:hr"}},
		{name: "it is named", want: []string{page + "group:hr", page + "user:weir@a.example"}},
		{name: "its group is named", live: []string{"member group:hr user:weir@a.example"}, want: []string{page + "group:hr"}},
		{name: "its group is only described", want: []string{page + "group:hr", "member group:hr user:weir@a.example"}, shut: []string{page + "group:hr"}},
		{name: "it is named there, which nobody takes away", live: []string{page + "user:weir@a.example"}, want: []string{page + "group:hr"}},
		{name: "it is shut out already", live: []string{page + "group:hr", page + "group:it"}, want: []string{page + "group:hr"}},
		{name: "who let it pass goes", live: []string{page + "group:hr", page + "group:it", "member group:it user:weir@a.example"}, want: []string{page + "group:hr"}, shut: []string{page + "group:hr"}},
	} {
		obs := site.Observation{Account: "user:weir@a.example", Facts: access.NewSet(facts(t, c.live...)...)}
		var got []string
		for f := range driver.Lockouts(access.NewSet(facts(t, c.want...)...), obs) {
			got = append(got, f.String())
		}
		if !slices.Equal(got, c.shut) {
			t.Errorf("%s: %q, want %q", c.name, got, c.shut)
		}
	}
}

// TestTold: what was read is seen; what is missing of a whole is absent, and of
// anything else unseen.
func TestTold(t *testing.T) {
	told := driver.NewTold()
	f := facts(t, "member group:a user:u@a.example", "member group:b user:u@a.example", "exists group:a", "exists group:b", "name space:S = S")
	told.Say(f[0])
	told.WhollyOf("user:u@a.example", access.Member)
	told.Wholly("group:a", access.Exists)
	for i, want := range []site.Presence{site.Seen, site.Absent, site.Absent, site.Unseen, site.Unseen} {
		if got := told.Presence(f[i]); got != want {
			t.Errorf("%s is %d, want %d", f[i], got, want)
		}
	}
}

// TestMoment: what is no time is not told, and never trouble.
func TestMoment(t *testing.T) {
	for text, want := range map[string]string{
		`"2026-05-20T10:00:00.123Z"`:      "2026-05-20T10:00:00.123Z",
		`"2026-05-20T10:00:00.000+02:00"`: "2026-05-20T08:00:00Z",
		`"2026-05-20T10:00:00.000-0200"`:  "2026-05-20T12:00:00Z",
		`"2026-05-20"`:                    "2026-05-20T00:00:00Z",
		`"yesterday"`:                     "0001-01-01T00:00:00Z",
		`""`:                              "0001-01-01T00:00:00Z",
		`null`:                            "0001-01-01T00:00:00Z",
		`1779271200000`:                   "0001-01-01T00:00:00Z",
		`{"at": "2026-05-20"}`:            "0001-01-01T00:00:00Z",
	} {
		m := driver.Moment{Time: time.Unix(1, 0)} // what was there is replaced
		if err := json.Unmarshal([]byte(text), &m); err != nil || m.Format(time.RFC3339Nano) != want {
			t.Errorf("%s is %s, %v, want %s", text, m.Format(time.RFC3339Nano), err, want)
		}
	}
}
