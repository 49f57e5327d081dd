package cli

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"testing"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site/emulator"
)

// misbehaviour is one way in which a server, or what lies before it, gives lists
// that are not what they seem.
type misbehaviour struct {
	name string
	// rule turns a knob of the emulator, at the moment of the case.
	rule func(r *rand.Rand, m *masked) emulator.Rule
	// mangle changes an answer where knobs do not reach. nth is the number of the
	// request among those for one list, from 0.
	mangle func(r *rand.Rand, list *pageOf, nth int)
	// moves makes people change the site, before the reading or during it.
	moves string
	// long: it concerns only lists of several pages.
	long bool
}

func body(kind string) func(*rand.Rand, *masked) emulator.Rule {
	return func(*rand.Rand, *masked) emulator.Rule { return emulator.Rule{Body: kind} }
}

func next(kind string) func(*rand.Rand, *masked) emulator.Rule {
	return func(*rand.Rand, *masked) emulator.Rule { return emulator.Rule{Next: kind} }
}

func moved(kind string) func(*rand.Rand, *masked) emulator.Rule {
	return func(*rand.Rand, *masked) emulator.Rule { return emulator.Rule{Rows: kind} }
}

func anyOf(r *rand.Rand, list ...int) int { return list[r.IntN(len(list))] }

var misbehaviours = []misbehaviour{
	{name: "pages capped at some size", rule: func(r *rand.Rand, _ *masked) emulator.Rule { return emulator.Rule{PageCap: 1 + r.IntN(250)} }},
	{name: "pages capped at very few", rule: func(r *rand.Rand, _ *masked) emulator.Rule { return emulator.Rule{PageCap: anyOf(r, 1, 2, 3, 7)} }},
	{name: "next dropped", long: true, rule: next(emulator.NextDropped)},
	{name: "next looped", long: true, rule: next(emulator.NextLooped)},
	{name: "next jumped", long: true, rule: next(emulator.NextJumped)},
	{name: "next elsewhere", long: true, rule: next(emulator.NextElsewhere)},
	{name: "next leads back to an earlier page", long: true, mangle: func(_ *rand.Rand, l *pageOf, nth int) {
		if nth > 0 && l.firstNext != "" {
			l.next = l.firstNext
		}
	}},
	{name: "next without a cursor", long: true, mangle: func(_ *rand.Rand, l *pageOf, _ int) {
		if l.next != "" {
			l.next = "/somewhere?cursor="
		}
	}},
	{name: "the first page in place of a later one", long: true, mangle: func(_ *rand.Rand, l *pageOf, nth int) {
		if nth > 0 {
			l.rows = l.firstRows
		}
	}},
	{name: "rows skipped", long: true, rule: moved(emulator.RowsSkipped)},
	{name: "rows repeated", long: true, rule: moved(emulator.RowsRepeated)},
	{name: "pages without rows", long: true, rule: moved(emulator.RowsNone)},
	{name: "a start that jumps", mangle: func(r *rand.Rand, l *pageOf, _ int) {
		if start, ok := l.body["start"].(float64); ok {
			l.body["start"] = start + float64(1+r.IntN(60))
		}
	}},
	{name: "a log-in page", rule: body(emulator.BodyHTML)},
	{name: "half of the body", rule: body(emulator.BodyTruncated)},
	{name: "a body that is no JSON", rule: body(emulator.BodyInvalid)},
	{name: "no body", rule: body(emulator.BodyEmpty)},
	{name: "a list that is empty", rule: body(emulator.BodyNoRows)},
	{name: "a list that is not there", mangle: func(_ *rand.Rand, l *pageOf, _ int) { l.gone = true }},
	{name: "fields that nobody knows", rule: body(emulator.BodyMore)},
	{name: "fields that are missing", rule: body(emulator.BodyLess)},
	{name: "5xx", rule: func(r *rand.Rand, _ *masked) emulator.Rule {
		return emulator.Rule{Fail: &emulator.Fail{Status: anyOf(r, 500, 502, 503, 504)}}
	}},
	{name: "429", rule: func(*rand.Rand, *masked) emulator.Rule {
		return emulator.Rule{RateLimit: &emulator.RateLimit{RetryAfter: "1"}}
	}},
	{name: "reset", rule: func(*rand.Rand, *masked) emulator.Rule { return emulator.Rule{Reset: &emulator.Reset{}} }},
	{name: "timeout", rule: func(*rand.Rand, *masked) emulator.Rule { return emulator.Rule{Timeout: &emulator.Timeout{}} }},
	{name: "refused", rule: func(r *rand.Rand, _ *masked) emulator.Rule { return emulator.Rule{Refuse: anyOf(r, 401, 403, 404)} }},
	{name: "redirected", rule: func(*rand.Rand, *masked) emulator.Rule {
		return emulator.Rule{Redirect: "https://elsewhere.invalid/login"}
	}},
	{name: "rows left out", rule: func(r *rand.Rand, m *masked) emulator.Rule {
		var ids []string
		for _, ref := range slices.Sorted(maps.Keys(m.pins)) {
			if ref != m.clean.Account && r.IntN(20) == 0 {
				ids = append(ids, m.pins[ref])
			}
		}
		return emulator.Rule{Omit: append(ids, "nothing")}
	}},
	{name: "a replica that lags", moves: "before", rule: func(r *rand.Rand, _ *masked) emulator.Rule {
		return emulator.Rule{Stale: &emulator.Stale{Requests: 1 << 20, Index: r.IntN(2) == 0}}
	}},
	{name: "people who change the site meanwhile", moves: "during"},
}

// pageOf is one page of a list on its way to the client.
type pageOf struct {
	body            map[string]any
	key             string
	rows, firstRows []any
	next, firstNext string
	gone            bool
	links           map[string]any
}

// mangler changes the answers about one path from some request on.
type mangler struct {
	next   http.RoundTripper
	path   string
	from   int
	count  int
	chance float64
	random *rand.Rand
	change func(*rand.Rand, *pageOf, int)

	mu    sync.Mutex
	met   int
	lists map[string]*listState
}

type listState struct {
	n    int
	rows []any
	next string
}

func (g *mangler) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Path != g.path {
		return g.next.RoundTrip(r)
	}
	var sent []byte
	if r.Body != nil {
		var err error
		if sent, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		r.Body = io.NopCloser(bytes.NewReader(sent))
	}
	resp, err := g.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil {
		return nil, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	p := pageOf{}
	if json.Unmarshal(text, &p.body) == nil {
		for _, key := range []string{"results", "data"} {
			if rows, ok := p.body[key].([]any); ok {
				p.key, p.rows = key, rows
			}
		}
	}
	if p.key != "" {
		for _, key := range []string{"_links", "links"} {
			if links, ok := p.body[key].(map[string]any); ok {
				p.links = links
				p.next, _ = links["next"].(string)
			}
		}
		s := g.list(r, sent)
		if s.n == 0 {
			s.rows, s.next = p.rows, p.next
		}
		p.firstRows, p.firstNext = s.rows, s.next
		g.met++
		if n := g.met - g.from; n >= 0 && (g.count == 0 || n < g.count) && (g.chance == 0 || g.random.Float64() < g.chance) {
			had := p.next
			g.change(g.random, &p, s.n)
			p.body[p.key] = p.rows
			if p.gone {
				delete(p.body, p.key)
			}
			if p.next != had && p.links != nil {
				p.links["next"] = p.next
				resp.Header.Del("Link")
			}
			if text, err = json.Marshal(p.body); err != nil {
				return nil, err
			}
		}
		s.n++
	}
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
	return resp, nil
}

// list tells one list from another by path and filters.
func (g *mangler) list(r *http.Request, sent []byte) *listState {
	q := r.URL.Query()
	for _, place := range []string{"cursor", "start", "limit"} {
		q.Del(place)
	}
	var filters map[string]any
	_ = json.Unmarshal(sent, &filters) // a GET has none
	delete(filters, "cursor")
	delete(filters, "limit")
	key := q.Encode() + fmt.Sprint(filters)
	if g.lists == nil {
		g.lists = make(map[string]*listState)
	}
	if g.lists[key] == nil {
		g.lists[key] = &listState{}
	}
	return g.lists[key]
}

// moment is what a case spoils, and when.
type moment struct {
	path        string
	from, count int
	chance      float64
}

func (p moment) String() string {
	return fmt.Sprintf("%s from %d, %d, %.1f", p.path, p.from, p.count, p.chance)
}

// at draws a place: a route, a thing of its kind, a request, and for how long.
func (m *masked) at(r *rand.Rand, long bool) moment {
	routes := slices.Sorted(maps.Keys(m.routes))
	if long {
		routes = slices.DeleteFunc(routes, func(route string) bool {
			return !slices.ContainsFunc(m.routes[route], func(p string) bool { return m.long[p] })
		})
	}
	paths := m.routes[routes[r.IntN(len(routes))]]
	if longer := slices.DeleteFunc(slices.Clone(paths), func(p string) bool { return !m.long[p] }); len(longer) > 0 && (long || r.IntN(2) == 0) {
		paths = longer
	}
	p := moment{path: paths[r.IntN(len(paths))]}
	p.from, p.count, p.chance = 1+r.IntN(m.asked[p.path]), anyOf(r, 0, 0, 1, 2, 3), []float64{0, 0, .5}[r.IntN(3)]
	return p
}

// outcomes counts what became of cases.
type outcomes struct {
	mu                            sync.Mutex
	cases, failed, unknown, whole int
	plans, changes                int
	blind                         map[string]int // cases in which no client could tell, by reason
	wrong                         map[string]int
	example                       map[string]string
}

func (o *outcomes) String() string {
	return fmt.Sprintf("%d cases: %d readings failed, %d said that something is unknown, %d were whole; %d plans with %d changes",
		o.cases, o.failed, o.unknown, o.whole, o.plans, o.changes)
}

// take counts one case, and what is wrong with it. blind gives the reason why no
// client could tell about a fact, or nothing.
func (o *outcomes) take(what string, tr truth, want access.Set, got trialOf, where string, blind func(access.Fact) string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.cases++
	excused := ""
	told := func(facts []access.Fact) []access.Fact {
		return slices.DeleteFunc(facts, func(f access.Fact) bool {
			reason := blind(f)
			excused = cmp.Or(reason, excused)
			return reason != ""
		})
	}
	bad := func(kind string, example any) {
		key := what + ": " + kind
		if o.wrong == nil {
			o.wrong, o.example = make(map[string]int), make(map[string]string)
		}
		if o.wrong[key]++; o.wrong[key] == 1 {
			o.example[key] = fmt.Sprintf("%v (%s)", example, where)
		}
	}
	switch {
	case got.obs == nil:
		o.failed++
	case len(got.obs.Unknown) > 0:
		o.unknown++
	default:
		o.whole++
	}
	if got.obs != nil {
		untrue, lacking := tr.lies(*got.obs)
		untrue, lacking = told(untrue), told(lacking)
		if len(untrue) > 0 {
			bad("observed what is not so: "+string(untrue[0].Kind)+" "+untrue[0].Object.Type(), first(untrue))
		}
		if len(lacking) > 0 {
			bad("taken for absent: "+string(lacking[0].Kind)+" "+lacking[0].Object.Type(), first(lacking))
		}
	}
	if got.plan != nil {
		o.plans++
		o.changes += len(got.plan.Changes)
		for _, c := range tr.wrong(got.plan, want) {
			// An object that comes or goes wrongly is excused only where even asking for
			// it by its name could not tell.
			if reason := blind(c.Fact); reason == unheardOf && c.Op == access.Add || reason != "" && c.Fact.Kind != access.Exists {
				excused = reason
				continue
			}
			bad("planned "+string(c.Op)+" "+string(c.Fact.Kind), c.Fact)
		}
	}
	if excused != "" {
		if o.blind == nil {
			o.blind = make(map[string]int)
		}
		o.blind[excused]++
	}
}

func first(facts []access.Fact) string {
	slices.SortFunc(facts, access.Fact.Compare)
	return fmt.Sprintf("%d facts, such as %s", len(facts), facts[0])
}

func (o *outcomes) report(t *testing.T) {
	t.Helper()
	t.Log(o)
	for _, reason := range slices.Sorted(maps.Keys(o.blind)) {
		t.Logf("%d cases in which nobody could tell: %s", o.blind[reason], reason)
	}
	for _, key := range slices.Sorted(maps.Keys(o.wrong)) {
		t.Errorf("%s, %d times: %s", key, o.wrong[key], o.example[key])
	}
}

func TestPagingIsNeverAbsence(t *testing.T) {
	seeds := absenceSeeds(t, 4, 200)
	for _, kind := range kindsOfSite {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			var sites []*masked
			for i, of := range kind.sizes() {
				sites = append(sites, newMasked(t, kind, of, uint64(i)))
			}
			var all outcomes
			for _, mis := range misbehaviours {
				for seed := range seeds {
					m := sites[0]
					if seed%8 >= 6 {
						m = sites[1]
					}
					m.spoil(t, mis, uint64(seed), &all)
				}
			}
			all.report(t)
		})
	}
}

// spoil runs one case.
func (m *masked) spoil(t *testing.T, mis misbehaviour, seed uint64, all *outcomes) {
	t.Helper()
	h := fnv.New64a()
	h.Write([]byte(mis.name))
	random := rand.New(rand.NewPCG(seed, h.Sum64()))
	at := m.at(random, mis.long)
	knobs := emulator.Knobs{Seed: seed}
	transport := m.em.Transport()
	if mis.rule != nil {
		rule := mis.rule(random, m)
		rule.Path, rule.From, rule.Count, rule.Chance = at.path, at.from, at.count, at.chance
		knobs.Rules = append(knobs.Rules, rule)
	}
	if mis.mangle != nil {
		transport = &mangler{next: transport, path: at.path, from: at.from, count: at.count, chance: at.chance, random: random, change: mis.mangle}
	}
	if err := m.em.SetKnobs(knobs); err != nil {
		t.Fatal(err)
	}
	tr := m.still()
	pins := m.pins
	undo := func() error { return nil }
	switch mis.moves {
	case "before":
		var do func(emulator.Admin) error
		do, undo, tr = m.move(random)
		if err := do(m.em.Admin()); err != nil {
			t.Fatal(err)
		}
	case "during":
		var do func(emulator.Admin) error
		do, undo, tr = m.move(random)
		m.edit = do
		knobs.Edits = []emulator.KnobEdit{{Before: 1 + random.IntN(m.clean.Requests), Lines: []string{"move"}}}
		if err := m.em.SetKnobs(knobs); err != nil {
			t.Fatal(err)
		}
	}
	if seed%2 == 1 {
		pins = nil
	}
	got := m.try(t, transport, pins)
	all.take(m.name+": "+mis.name, tr, m.want, got, fmt.Sprintf("seed %d, pinned %t: %s", seed, pins != nil, at), func(f access.Fact) string { return m.blind(mis.name, pins != nil, f) })
	if err := cmp.Or(m.em.SetKnobs(emulator.Knobs{}), undo()); err != nil {
		t.Fatal(err)
	}
}

// move is a change that people make: somebody joins or leaves a group, or a space
// gets another name, or is archived or restored.
func (m *masked) move(r *rand.Rand) (do func(emulator.Admin) error, undo func() error, tr truth) {
	var groups, people, spaces []access.Ref
	product := make(map[access.Ref]bool)
	for f := range m.clean.Facts.OfKind(access.Product) {
		product[f.Object] = true
	}
	for f := range m.clean.Facts.OfKind(access.Exists) {
		switch f.Object.Type() {
		case "group":
			if !product[f.Object] {
				groups = append(groups, f.Object)
			}
		case "user":
			if f.Object != m.clean.Account {
				people = append(people, f.Object)
			}
		case "space":
			spaces = append(spaces, f.Object)
		}
	}
	group, who, space := groups[r.IntN(len(groups))], people[r.IntN(len(people))], spaces[r.IntN(len(spaces))]
	var was, is []access.Fact
	switch r.IntN(3) {
	case 0:
		f := access.Fact{Kind: access.Member, Object: group, Subject: who}
		in := m.clean.Facts.Has(f)
		if is = []access.Fact{f}; in {
			was, is = is, nil
		}
		do = func(a emulator.Admin) error { return a.SyncMember(group.ID(), who.ID(), !in) }
		undo = func() error { return m.em.Admin().SyncMember(group.ID(), who.ID(), in) }
	case 1:
		f, _ := m.clean.Facts.Get(access.Fact{Kind: access.Name, Object: space})
		was, is = []access.Fact{f}, []access.Fact{{Kind: access.Name, Object: space, Value: "Another name"}}
		do = func(a emulator.Admin) error { return a.RenameSpace(space.ID(), "Another name") }
		undo = func() error { return m.em.Admin().RenameSpace(space.ID(), f.Value) }
	default:
		f := access.Fact{Kind: access.Status, Object: space, Value: "archived"}
		to, back := "archived", "current"
		if is = []access.Fact{f}; m.clean.Facts.Has(f) {
			was, is, to, back = is, nil, back, to
		}
		do = func(a emulator.Admin) error { return a.SetSpaceStatus(space.ID(), to) }
		undo = func() error { return m.em.Admin().SetSpaceStatus(space.ID(), back) }
	}
	after := make([]access.Fact, 0, m.clean.Facts.Len())
	for f := range m.clean.Facts.All() {
		if !slices.Contains(was, f) {
			after = append(after, f)
		}
	}
	return do, undo, truth{access.NewSet(after...), []access.Set{m.clean.Facts, access.NewSet(append(after, is...)...)}}
}

// unheardOf is why nobody could tell of what is left out everywhere. The site itself
// refuses to make a second one: addresses, names of groups and keys are unique.
const unheardOf = "what was never seen before is left out of every list, and of what is found by its name"

// blind says why nobody could tell that a fact is there, and is empty where a
// client can. What is excused here is excused of observations and of facts that
// a plan makes true once more, never of objects that come or go.
func (m *masked) blind(misbehaviour string, pinned bool, f access.Fact) string {
	lost := slices.Contains([]string{"rows skipped", "next jumped", "rows left out", "a list that is empty"}, misbehaviour)
	inSpace := f.Kind == access.Role || f.Kind == access.Permission
	switch {
	case !lost:
		return ""
	case !pinned && misbehaviour == "rows left out" && f.Kind != access.Member:
		return unheardOf
	case !pinned && misbehaviour == "a list that is empty" && f.Kind == access.Exists && f.Object.Type() == "space":
		return unheardOf // one list tells all spaces and those of some keys
	case inSpace && misbehaviour == "a list that is empty" && m.mode == emulator.ModeRoles:
		return "" // the other list of the space tells
	case inSpace && m.mode != "":
		return "rows of who holds what in one space are left out, and nothing counts them or shows them elsewhere"
	case !pinned && (f.Object.IsPage() || f.Object.Type() == "space" || f.Object.Type() == "space_role"):
		return "a space, a page or a role that was never seen before is left out, and no other list has it"
	case !pinned && m.mode == "":
		return "somebody who was never seen before and holds nothing is left out, and no other list has them"
	case m.mode == "" && f.Kind == access.Member && misbehaviour != "rows skipped":
		return "members of one group are left out, and Data Center counts none"
	}
	return ""
}
