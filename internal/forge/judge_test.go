package forge

import (
	"slices"
	"strings"
	"testing"

	"github.com/weirhq/weir/internal/forge/forgetest"
	"github.com/weirhq/weir/reconcile"
	"github.com/weirhq/weir/site"
)

const digest = "3864bd17acd29b254ef8d5885c172e99"

// stopped is a plan that two budgets stop; a third is not exceeded.
func stopped() *reconcile.Plan {
	p := &reconcile.Plan{Digest: digest}
	for _, b := range []reconcile.Budget{{Rule: "removals.member", Count: 5, Exceeded: true}, {Rule: "deletes/group:a: b@c", Count: 1, Exceeded: true}, {Rule: "removals.group", Count: 1}} {
		if b.Exceeded {
			b.Accept = reconcile.Acceptance{Rule: b.Rule, Count: b.Count, Digest: digest}.String()
		}
		p.Budgets = append(p.Budgets, b)
	}
	return p
}

func TestJudge(t *testing.T) {
	const (
		members = "removals.member:5@" + digest
		group   = "deletes/group:a: b@c:1@" + digest
	)
	say := func(who, body string) func(*forgetest.Server) { return func(s *forgetest.Server) { s.Say(who, body) } }
	edited := func(who, before, after string) func(*forgetest.Server) {
		return func(s *forgetest.Server) { s.Edit(s.Say(who, before), after) }
	}
	for _, test := range []struct {
		name    string
		do      []func(*forgetest.Server)
		author  bool
		want    []string // accepted
		refused []string // a part of each reason, in order
	}{
		{name: "nothing said"},
		{name: "a writer", do: []func(*forgetest.Server){say("ana", "fine\n\n/weir accept "+members)}, want: []string{members}},
		{name: "both budgets", do: []func(*forgetest.Server){say("ana", "/weir accept "+members+"\n/weir accept "+group)}, want: []string{members, group}},
		{name: "a reader", do: []func(*forgetest.Server){say("rex", "/weir accept "+members)}, refused: []string{"may not write"}},
		{name: "a stranger", do: []func(*forgetest.Server){say("mallory", "/weir accept "+members)}, refused: []string{"may not write"}},
		{name: "the author", do: []func(*forgetest.Server){say(forgetest.Opener, "/weir accept "+members)}, refused: []string{"made the request"}},
		{name: "the author, who may", do: []func(*forgetest.Server){say(forgetest.Opener, "/weir accept "+members)}, author: true, want: []string{members}},
		{name: "weir itself", do: []func(*forgetest.Server){say(forgetest.Weir, "/weir accept "+members)}},
		{name: "edited into it", do: []func(*forgetest.Server){edited("ana", "hello", "/weir accept "+members)}, refused: []string{"edited"}},
		{name: "edited and the same", do: []func(*forgetest.Server){edited("ana", "/weir accept "+members, "/weir accept "+members)}, refused: []string{"edited"}},
		{name: "edited out of it", do: []func(*forgetest.Server){edited("ana", "/weir accept "+members, "no")}},
		{name: "another plan", do: []func(*forgetest.Server){say("ana", "/weir accept removals.member:5@"+strings.Repeat("0", 32))}, refused: []string{"another plan"}},
		{name: "another count", do: []func(*forgetest.Server){say("ana", "/weir accept removals.member:6@"+digest)}, refused: []string{"needs " + members}},
		{name: "a second use", do: []func(*forgetest.Server){say("ana", "/weir accept "+members+".2")}, refused: []string{"needs " + members}},
		{name: "a budget that is kept", do: []func(*forgetest.Server){say("ana", "/weir accept removals.group:1@"+digest)}, refused: []string{"not exceeded"}},
		{name: "a budget that there is not", do: []func(*forgetest.Server){say("ana", "/weir accept nothing:1@"+digest)}, refused: []string{"not exceeded"}},
		{name: "malformed", do: []func(*forgetest.Server){say("ana", "/weir accept everything")}, refused: []string{"malformed"}},
		{name: "another command", do: []func(*forgetest.Server){say("ana", "/weir apply")}, refused: []string{"one command"}},
		{name: "quoted", do: []func(*forgetest.Server){say("ana", "> /weir accept "+members+"\n\nis this right?")}},
		{name: "in code", do: []func(*forgetest.Server){say("ana", "```\n/weir accept "+members+"\n```")}},
		{name: "after HTML", do: []func(*forgetest.Server){say("ana", "<details>\n\n/weir accept "+members+"\n</details>")}, refused: []string{"HTML"}},
		{name: "taken back by a later one", do: []func(*forgetest.Server){say("ana", "/weir accept "+members), say("ana", "/weir accept removals.member:4@"+digest)},
			refused: []string{"later", "needs"}},
		{name: "put right by a later one", do: []func(*forgetest.Server){say("ana", "/weir accept removals.member:4@"+digest), say("ana", "/weir accept "+members)},
			want: []string{members}, refused: []string{"later"}},
		{name: "a reader after a writer", do: []func(*forgetest.Server){say("ana", "/weir accept "+members), say("rex", "/weir accept removals.member:9@"+digest)},
			want: []string{members}, refused: []string{"needs"}},
		{name: "two writers", do: []func(*forgetest.Server){say("ana", "/weir accept "+members), say("bo", "/weir accept "+members)}, want: []string{members}},
	} {
		t.Run(test.name, func(t *testing.T) {
			each(t, func(t *testing.T, s *forgetest.Server) {
				s.DevelopersMerge = true
				for who, right := range map[string]int{"ana": forgetest.Write, "bo": forgetest.Admin, "rex": forgetest.Read} {
					s.Permit(who, right)
				}
				for _, do := range test.do {
					do(s)
				}
				rulings, err := judge(t, s, test.author)
				if err != nil {
					t.Fatal(err)
				}
				if got := Accepted(rulings); !slices.Equal(got, test.want) {
					t.Errorf("accepted %q, want %q", got, test.want)
				}
				var reasons []string
				for _, r := range rulings {
					if r.Refused != "" {
						reasons = append(reasons, r.Refused)
					}
				}
				if len(reasons) != len(test.refused) {
					t.Fatalf("refused %q, want %q", reasons, test.refused)
				}
				for i, want := range test.refused {
					if !strings.Contains(reasons[i], want) {
						t.Errorf("refused because %q, want %q", reasons[i], want)
					}
				}
			})
		})
	}
}

func judge(t *testing.T, s *forgetest.Server, author bool) ([]Ruling, error) {
	t.Helper()
	h := open(t, s, forgetest.Weir, nil)
	own, err := h.Account(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r, err := h.Request(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	all, err := h.Comments(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return Judge(t.Context(), h, Review{Plan: stopped(), Request: r, Own: own, Comments: all, AuthorMay: author})
}

// Two writers: the later is told.
func TestLatestIsTold(t *testing.T) {
	s := forgetest.New(GitHub)
	defer s.Close()
	for _, who := range []string{"ana", "bo"} {
		s.Permit(who, forgetest.Write)
		s.Say(who, "/weir accept removals.member:5@"+digest)
	}
	rulings, err := judge(t, s, false)
	if err != nil || len(rulings) != 1 || rulings[0].Who != "bo" {
		t.Errorf("got %+v: %v", rulings, err)
	}
}

// Where the host does not say who may write, nobody may, and it is told why; where
// it fails, nothing is ruled.
func TestJudgeUnanswered(t *testing.T) {
	s := forgetest.New(GitHub)
	defer s.Close()
	s.Permit("ana", forgetest.Write)
	s.Say("ana", "/weir accept removals.member:5@"+digest)
	s.Fail("GET", "/repos/acme/access/collaborators", 403, 1)
	rulings, err := judge(t, s, false)
	if err != nil || len(rulings) != 1 || !strings.Contains(rulings[0].Refused, "cannot be told: HTTP 403") {
		t.Errorf("got %+v: %v", rulings, err)
	}
	s.Fail("GET", "/repos/acme/access/collaborators", 500, -1)
	if rulings, err := judge(t, s, false); !site.Is(err, site.Transient) {
		t.Errorf("got %+v: %v", rulings, err)
	}
}

// A word of a bot does not count: it may repeat what anybody says.
func TestBotsAcceptNothing(t *testing.T) {
	s := forgetest.New(GitHub)
	defer s.Close()
	s.Workflow = true
	s.Say(forgetest.Weir, "/weir accept removals.member:5@"+digest)
	h := open(t, s, "ana", nil)
	s.Permit("ana", forgetest.Admin)
	all, err := h.Comments(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	rulings, err := Judge(t.Context(), h, Review{Plan: stopped(), Own: Account{ID: "1"}, Comments: all})
	if err != nil || len(rulings) != 1 || !strings.Contains(rulings[0].Refused, "person") {
		t.Errorf("got %+v: %v", rulings, err)
	}
}
