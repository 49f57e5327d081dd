package schema

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/diag"
)

// Description is a compiled description: its settings, and what it wants of
// the site as far as that can be said without looking at it. [Description.Desired]
// says the rest. A Description never changes once made.
type Description struct {
	Settings Settings

	facts     access.Set                 // true whatever the site says
	origins   map[access.Fact]diag.Range // by identity
	scope     access.Scope
	owners    map[access.Ref]access.Ref
	labels    map[access.Ref]string
	described map[access.Ref]bool
	shutOut   []access.Fact // listed, but about people who are shut out
	groups    map[access.Ref]membership
	pages     []access.Ref // described pages and blog posts, sorted
	watch     []access.Ref // spaces of which every page's restrictions are read, sorted
	guests    guests
	left      map[access.Ref]leaver
	products  map[string]productList // the lists of who holds a product role, by role
	personal  *personalSpaces        // nil where the description does not speak of them
	today     time.Time              // the first moment of the day at the site
	endings   []ending               // entries with a last day to come, by place

	names Names

	assertions []access.Assertion // by place
	proofs     []access.Proof     // by place
}

// Assertions are what the description says must hold of people's access, in
// the order in which they stand.
func (d *Description) Assertions() []access.Assertion { return slices.Clone(d.assertions) }

// Proofs are the built-in proofs that the description asks for.
func (d *Description) Proofs() []access.Proof { return slices.Clone(d.proofs) }

// Extent says how much of the site's content has to be read for the
// description. It pins nothing: that is for who has the lock.
func (d *Description) Extent() access.Extent {
	e := access.Extent{Pages: slices.Clone(d.pages), Watch: slices.Clone(d.watch), Tokens: d.Settings.Tokens.Set, Own: d.asked()}
	if d.personal != nil {
		e.Personal, e.Left, e.Labels = d.personal.policy.Unused > 0, d.personal.policy.Left != nil, slices.Clone(d.personal.policy.Hold)
	}
	return e
}

// Compile brings documents down to facts: it checks values and references,
// expands archetypes, and settles what the description owns. The order of the
// documents does not matter. The lock holds names that may be referred to
// without being described; now decides what has expired, by the calendar of
// the site's time zone.
//
// All errors are reported at once, in order of place. With any of them there
// is no Description: nothing can act on half of one.
func Compile(docs []Document, lock Lock, now time.Time) (*Description, diag.List) {
	c := newCompiler(docs, lock, now)
	c.run()
	if c.diags.HasErrors() {
		c.settleWays()
		return nil, c.diags.Sort()
	}
	return c.finish(), c.diags.Sort()
}

func newCompiler(docs []Document, lock Lock, now time.Time) *compiler {
	return &compiler{
		docs: slices.SortedStableFunc(slices.Values(docs), func(a, b Document) int {
			return strings.Compare(a.File, b.File)
		}),
		lock: lock, now: now,
		guestPlaces: make(map[access.Ref][]guestPlace), about: make(map[trouble]access.Ref), grantsOf: make(map[string]map[string]bool),
		described: make(map[access.Ref]diag.Range),
		absent:    make(map[access.Ref]diag.Range),
		shut:      make(map[access.Ref]string),
		holds:     make(map[access.Ref]map[access.Ref]holding),
		products:  make(map[access.Ref]groupProduct),
		guests:    make(map[access.Ref]guest),
		lapsed:    make(map[access.Ref]string),
		out: Description{
			origins:   make(map[access.Fact]diag.Range),
			owners:    make(map[access.Ref]access.Ref),
			labels:    make(map[access.Ref]string),
			described: make(map[access.Ref]bool),
			groups:    make(map[access.Ref]membership),
			names:     Names{Refs: make(map[access.Ref]bool)},
			products:  make(map[string]productList),
			left:      make(map[access.Ref]leaver),
			guests:    guests{space: make(map[access.Ref]access.Ref), complete: make(map[access.Ref]access.Mode), rules: make(map[access.Ref]GuestPolicy)},
			scope: access.Scope{
				Contents: make(map[access.Contents]access.Mode),
				Absent:   make(map[access.Ref]bool),
				Expired:  make(map[access.Fact]bool),
				Single:   make(map[access.Fact]access.Mode),
				Limits:   make(map[access.Ref]access.Limits),
			},
		},
	}
}

// run reads the documents.
func (c *compiler) run() {
	c.site()
	now := c.now.In(c.out.Settings.Site.Timezone.Or(time.UTC))
	c.today = now.Format(time.DateOnly)
	c.out.today = time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, now.Location())
	c.budget()
	c.seats()
	c.tokens()
	c.policies()

	// Everything that is described must be known before the first reference to
	// it is read.
	c.external()
	c.absences()
	users := c.collectUsers()
	roles := c.collectSpaceRoles()
	spaces := c.collectSpaces(c.collectArchetypes())
	c.users, c.spaces = users, spaces
	groups := c.collectGroups(spaces)
	c.collectGuests(users, spaces)

	c.ownership()
	c.protect()
	c.lowerUsers(users)
	c.lowerGroups(groups)
	c.lowerSpaceRoles(roles)
	c.lowerSpaces(spaces)
	c.lowerGuests(spaces)
	c.lowerLimits(spaces)
	c.lowerGlobals()
	c.lowerPersonal(groups)
	c.lowerAssertions()
	c.lowerProofs()
	c.paidGuests()
	c.guestsInPlace()
	c.guestless()
	c.circles()
	c.contradictions()
}

// finish puts the description together.
func (c *compiler) finish() *Description {
	c.out.facts = access.NewSet(c.facts...)
	for ref := range c.described {
		c.out.described[ref] = true
		if ref.IsPage() {
			c.out.pages = append(c.out.pages, ref)
		}
	}
	for _, a := range c.out.assertions {
		if a.Object.IsPage() {
			c.out.pages = append(c.out.pages, a.Object)
		}
	}
	slices.SortStableFunc(c.out.endings, func(a, b ending) int { return a.at.Compare(b.at) })
	slices.Sort(c.out.pages)
	c.out.pages = slices.Compact(c.out.pages)
	d := c.out // alone: the compiler holds every document
	return &d
}

// compiler is one run of Compile.
type compiler struct {
	docs  []Document // by file
	lock  Lock
	today string // the day at the site, YYYY-MM-DD
	diags diag.List

	described    map[access.Ref]diag.Range // every object that has an entry or comes from an archetype
	absent       map[access.Ref]diag.Range // objects whose removal is described by `absent`
	shut         map[access.Ref]string     // people whose state shuts them out, with the state
	externals    []access.Pattern
	owned        ownedModes
	holds        map[access.Ref]map[access.Ref]holding // what principals have, by space
	products     map[access.Ref]groupProduct           // of groups whose own entry says it
	guests       map[access.Ref]guest                  // those whose entry has not expired
	lapsed       map[access.Ref]string                 // former guests, with their last day
	guestEntries []guestEntry
	guestGroups  []guestEntry
	guestPlaces  map[access.Ref][]guestPlace // what described guests are given, and where
	about        map[trouble]access.Ref      // whom a diagnostic about guests is about
	offers       []offer
	grantsOf     map[string]map[string]bool // what described roles grant
	users        map[access.Ref]User
	spaces       map[access.Ref]spaceEntry
	now          time.Time
	probing      bool // a way out is being tried
	suggested    int  // how often a name was searched for that comes close

	facts []access.Fact
	out   Description
}

// fact states something, and where.
func (c *compiler) fact(f access.Fact, at diag.Range) {
	c.facts = append(c.facts, f)
	c.out.origins[f.Identity()] = at
}

// own settles how the contents of an object are owned.
func (c *compiler) own(k access.Kind, object access.Ref, m access.Mode) {
	c.out.scope.Contents[access.Contents{Kind: k, Object: object}] = m
}

// gone settles that a person or another object is to be removed.
func (c *compiler) gone(ref access.Ref, at diag.Range) {
	c.out.scope.Absent[ref] = true
	c.out.origins[access.Fact{Kind: access.Exists, Object: ref}] = at
}

func (c *compiler) add(code string, at diag.Range, summary, hint string, related ...diag.Related) {
	c.diags = append(c.diags, diag.Diagnostic{Code: code, Summary: summary, Hint: hint, Range: at, Related: related})
}

func (c *compiler) warn(code string, at diag.Range, summary, hint string) {
	c.diags = append(c.diags, diag.Diagnostic{Code: code, Severity: diag.Warning, Summary: summary, Hint: hint, Range: at})
}

// both reports two places that do not go together: at the later one, with the
// first beside it.
func (c *compiler) both(code string, a, b diag.Range, summary, hint, first string) {
	if a.Compare(b) > 0 {
		a, b = b, a
	}
	c.add(code, b, summary, hint, diag.Related{Message: first, Range: a})
}

// claim notes that an object has an entry here. A second entry for it is
// reported, and refused.
func (c *compiler) claim(ref access.Ref, at diag.Range) bool {
	if first, ok := c.described[ref]; ok {
		c.both("WR104", first, at, noun(ref)+" is described twice", "keep one entry", "also described here")
		return false
	}
	c.described[ref] = at
	return true
}

// contradictions reports what is to be removed and is also described,
// protected or ignored.
func (c *compiler) contradictions() {
	for _, ref := range slices.SortedFunc(maps.Keys(c.absent), compareRefs) {
		at := c.absent[ref]
		if described, ok := c.described[ref]; ok {
			c.both("WR202", described, at, noun(ref)+" is both described and absent",
				"delete its entry, or take it from absent", "the other statement")
		}
		c.untouchable(ref, at)
	}
	for _, ref := range slices.SortedFunc(maps.Keys(c.shut), compareRefs) {
		c.untouchable(ref, c.described[ref])
	}
}

// untouchable reports an object that is to go although it is excluded.
func (c *compiler) untouchable(ref access.Ref, at diag.Range) {
	if reason, out := c.out.scope.Excludes(access.Fact{Kind: access.Exists, Object: ref}); out {
		c.add("WR202", at, noun(ref)+" is to go, and is "+reason, "take back one of the two statements")
	}
}

func compareRefs(a, b access.Ref) int {
	return cmp.Or(strings.Compare(a.Type(), b.Type()), strings.Compare(a.ID(), b.ID()))
}

// sorted gives the keys of a map of objects in a fixed order.
func sorted[V any](m map[access.Ref]V) []access.Ref {
	return slices.SortedFunc(maps.Keys(m), compareRefs)
}

// noun names an object in a message: `group "staff"`.
func noun(ref access.Ref) string {
	return typeName(ref) + " " + quote(ref.ID())
}

// typeName says what a reference refers to.
func typeName(ref access.Ref) string {
	if ref.Type() == "blogpost" {
		return "blog post"
	}
	return strings.ReplaceAll(ref.Type(), "_", " ")
}
