package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/diag"
	"github.com/weirhq/weir/internal/nearest"
	"github.com/weirhq/weir/internal/render"
	"github.com/weirhq/weir/internal/rewrite"
	"github.com/weirhq/weir/reconcile"
	"github.com/weirhq/weir/schema"
	"github.com/weirhq/weir/site"
)

// departures is a description that is edited because people left: their entries
// say so, no list names them any more, and whoever takes over is written in.
type departures struct {
	app     *app
	d       *description // as it was
	reader  site.Reader
	obs     site.Observation
	list    []rewrite.Departure
	files   *rewrite.Edit
	draft   *reconcile.Draft // what the edited description leads to
	docs    []schema.Document
	unnamed []string // mentions that are left as they are, for a person to look at
}

// openDepartures reads a description and its site.
func (a *app) openDepartures(ctx context.Context, file string) (*departures, *openSite, error) {
	d, err := a.load()
	if err != nil {
		return nil, nil, err
	}
	open, err := a.openSite(ctx, d.site(), file, readOnly)
	if err != nil {
		return nil, nil, err
	}
	w := &departures{app: a, d: d, reader: open.Site, files: a.openEdit(d)}
	extent := d.Extent()
	extent.Pins = d.lock
	if err = w.parse(); err == nil {
		w.obs, err = open.Observe(ctx, extent)
	}
	if err != nil {
		_ = open.Close()
		return nil, nil, err
	}
	return w, open, nil
}

// look reads what the departures rest on: the pages of every space that those who
// leave could view, and the product roles that they hold themselves.
func (w *departures) look(ctx context.Context, pages bool) error {
	extent := w.d.Extent()
	extent.Pins = w.d.lock
	view := w.obs.Beside().View(access.Readmitted(w.obs.Facts, w.people()...))
	if pages {
		for _, space := range view.Objects() {
			if space.Type() == "space" && !slices.Contains(extent.Watch, space) && slices.ContainsFunc(w.people(), func(p access.Ref) bool { return view.Can(p, access.CanView, space) }) {
				extent.Watch = append(extent.Watch, space)
			}
		}
	}
	extent.Tokens = true
	for _, d := range w.list {
		if d.State == "suspended" || d.State == "deactivated" {
			extent.Own = append(extent.Own, d.Who)
		}
	}
	slices.Sort(extent.Own)
	extent.Own = slices.Compact(extent.Own)
	if pages {
		fmt.Fprintf(w.app.Stderr, "reading the pages of %s\n", render.Count(len(extent.Watch), "space", "spaces"))
	}
	var err error
	if again, ok := w.reader.(site.Refresher); ok {
		w.obs, err = again.Reread(ctx, w.obs, nil, extent)
	} else {
		w.obs, err = w.reader.Observe(ctx, extent)
	}
	return err
}

func (w *departures) people() []access.Ref {
	var out []access.Ref
	for _, d := range w.list {
		out = append(out, d.Who)
	}
	return out
}

func (w *departures) leaves(who access.Ref) (rewrite.Departure, bool) {
	i := slices.IndexFunc(w.list, func(d rewrite.Departure) bool { return d.Who == who })
	if i < 0 {
		return rewrite.Departure{}, false
	}
	return w.list[i], true
}

// parse reads the files as they are to be.
func (w *departures) parse() error {
	docs, diags := w.files.Parse()
	w.docs = docs
	return w.trouble(diags.Err())
}

// trouble says that an edit went wrong: the description was left as it was.
func (w *departures) trouble(err error) error {
	if err == nil {
		return nil
	}
	var list diag.List
	if errors.As(err, &list) {
		list = slices.DeleteFunc(slices.Clone(list), func(d diag.Diagnostic) bool { return d.Severity != diag.Error })
	}
	if len(list) > 0 {
		return fmt.Errorf("the description could not be edited, and is as it was: edited it would say %w", list[0])
	}
	return err
}

// described gives the entry of a person, if they have one.
func (w *departures) described(who access.Ref) (schema.User, bool) {
	for _, m := range schema.Mentions(w.docs, func(r access.Ref) bool { return r == who }) {
		if m.Place != schema.InEntry {
			continue
		}
		for _, d := range w.docs {
			for _, u := range d.Users {
				if u.Email.Range == m.Name {
					return u, true
				}
			}
		}
	}
	return schema.User{}, false
}

// find finds the person whom somebody means.
func (w *departures) find(text string) (access.Ref, error) {
	who := access.NewRef("user", strings.ToLower(text))
	if typ, _, typed := strings.Cut(text, ":"); typed && (typ == "user" || typ == "account") {
		who = access.Ref(text)
	}
	_, listed := w.obs.IDs[who]
	_, pinned := w.d.lock.ID(who)
	_, described := w.described(who)
	if listed || pinned || described || w.obs.Facts.Has(access.Fact{Kind: access.Exists, Object: who}) {
		return who, nil
	}
	var names []string
	for r := range w.obs.IDs {
		if r.IsPerson() {
			names = append(names, r.ID())
		}
	}
	return "", fmt.Errorf("%s is neither on the site nor described (%s)", render.Safe(text), nearest.Ask(nearest.To(who.ID(), names), "name a person by e-mail"))
}

// refuse says why somebody cannot be written down as having left.
func (w *departures) refuse(who access.Ref) error {
	if who == w.obs.Account {
		return fmt.Errorf("%s is weir's own account (give weir another account first)", who.ID())
	}
	if u, ok := w.described(who); ok && u.Left != nil {
		return fmt.Errorf("%s is described as having left already, at %s", who.ID(), w.app.here(u.Left.Range))
	}
	for _, m := range schema.Mentions(w.docs, func(r access.Ref) bool { return r == who }) {
		switch m.Place {
		case schema.InProtected:
			return fmt.Errorf("%s is protected, at %s: no plan touches them (take them off protect.admins first, in a change of its own)", who.ID(), w.app.here(m.Name))
		case schema.InAbsent:
			return fmt.Errorf("%s is described as absent, at %s (delete it there first)", who.ID(), w.app.here(m.Name))
		}
	}
	return nil
}

// successor reads who is to take over, and refuses whoever cannot.
func (w *departures) successor(text string, leaving ...access.Ref) (access.Ref, error) {
	if text == "" {
		return "", nil
	}
	who, err := w.find(text)
	if err != nil {
		return "", err
	}
	view := w.obs.Beside().View(w.obs.Facts)
	state, out := w.obs.Facts.Get(access.Fact{Kind: access.State, Object: who})
	why := ""
	switch u, described := w.described(who); {
	case slices.Contains(leaving, who):
		why = "they leave themselves"
	case who == w.obs.Account:
		why = "this is weir's own account"
	case described && u.Left != nil:
		why = "they have left themselves"
	case out:
		why = "their account is " + state.Value
	case described && u.State != nil && u.State.Value != "active":
		why = "they are described with the state " + u.State.Value
	case !view.Person(who):
		why = "they may not enter this Confluence"
	case view.Guest(who):
		why = "they are a guest"
	default:
		return who, nil
	}
	return "", fmt.Errorf("%s cannot take over: %s (name an active person with a licence)", who.ID(), why)
}

// edit writes all departures into the description, and works out what that leads to.
func (w *departures) edit(ctx context.Context) error {
	if err := w.takeOut(); err != nil {
		return err
	}
	if err := w.plan(ctx); err != nil {
		return err
	}
	if err := w.nobody(); err != nil {
		return err
	}
	if err := w.writeHeirs(); err != nil {
		return err
	}
	if err := w.plan(ctx); err != nil {
		return err
	}
	return w.onlyTheirs()
}

// takeOut writes state and left, and takes those who leave out of every list.
func (w *departures) takeOut() error {
	text := rewrite.New(w.files.After)
	entered := make(map[access.Ref]bool)
	type listKey struct {
		file     string
		from, to diag.Pos
		place    schema.Place
	}
	lists := make(map[listKey][]schema.Mention)
	var order []listKey
	for _, m := range schema.Mentions(w.docs, func(r access.Ref) bool { _, ok := w.leaves(r); return ok }) {
		d, _ := w.leaves(m.Who)
		switch m.Place {
		case schema.InEntry:
			u, _ := w.described(m.Who)
			text.Depart(u, d)
			entered[m.Who] = true
		case schema.InOwner, schema.InSuccessor:
			if d.Successor == "" {
				return fmt.Errorf("%s is the %s named at %s, and nobody takes over (name somebody with --successor)", m.Who.ID(), m.Place, w.app.here(m.Name))
			}
			if m.Place == schema.InSuccessor {
				text.Replace(m.Name, rewrite.Person(d.Successor))
			} else {
				text.Owner(m.Name, d.Successor)
			}
		case schema.InLimits:
		case schema.InAssertion:
			if m.Word != "can" {
				continue // it holds all the more
			}
			if len(m.Items) == 1 {
				w.unnamed = append(w.unnamed, fmt.Sprintf("%s: an assertion says that %s can do something, and names nobody else: it will not hold", w.app.here(m.Name), m.Who.ID()))
				continue
			}
			fallthrough
		default:
			k := listKey{m.Item.File, m.Items[0].Start, m.Items[len(m.Items)-1].Start, m.Place}
			if lists[k] == nil {
				order = append(order, k)
			}
			lists[k] = append(lists[k], m)
		}
	}
	for _, k := range order {
		if err := w.takeFrom(text, lists[k]); err != nil {
			return err
		}
	}
	var fresh []rewrite.Departure
	for _, d := range w.list {
		if !entered[d.Who] {
			fresh = append(fresh, d)
		}
	}
	text.Arrive(w.docs, w.d.Settings.Site.Range.File, fresh)
	w.files.After = text.Done()
	return w.parse()
}

// takeFrom takes people out of one list. A list of names on a page that would be
// empty opens the page, and a group that administers spaces and would be empty
// leaves them alone: there the successor takes the place.
func (w *departures) takeFrom(text *rewrite.Rewriter, mentions []schema.Mention) error {
	m := mentions[0]
	gone := make(map[diag.Range]bool)
	for _, one := range mentions {
		gone[one.Item] = true
	}
	all := !slices.ContainsFunc(m.Items, func(r diag.Range) bool { return !gone[r] })
	page := m.Place == schema.InView || m.Place == schema.InEdit
	if d, _ := w.leaves(m.Who); all || page && w.nobodyElse(m.Others) {
		inPlace := ""
		switch {
		case page:
			heir := cmp.Or(d.Successor, w.owner(m.Object))
			if heir == "" {
				return fmt.Errorf("%s alone is named at %s, the page would open, and nobody takes over (name somebody with --successor)", m.Who.ID(), w.app.here(m.Name))
			}
			inPlace = string(heir)
		case m.Place == schema.InMembers && d.Successor != "" && w.alone(m.Object):
			inPlace = rewrite.Person(d.Successor)
		}
		if inPlace != "" {
			text.Replace(m.Name, inPlace)
			delete(gone, m.Item)
		}
	}
	empty := "[]"
	switch m.Place {
	case schema.InPermissions:
		empty = "{}"
	case schema.InGuests:
		if m.Object == "" {
			empty = "{}"
		}
	}
	text.Drop(m.Items, func(r diag.Range) bool { return gone[r] }, empty)
	return nil
}

// nobodyElse reports whether of some names none is of somebody whom the description
// lets pass.
func (w *departures) nobodyElse(names []access.Ref) bool {
	desired, _ := w.d.Desired(w.obs.Known(access.Memory{}))
	return !slices.ContainsFunc(names, func(who access.Ref) bool {
		_, leaves := w.leaves(who)
		_, shut := desired.Facts.Get(access.Fact{Kind: access.State, Object: who})
		return !leaves && !shut && !desired.Scope.Absent[who]
	})
}

// owner gives the described owner of the space of a page, if they can take over.
func (w *departures) owner(page access.Ref) access.Ref {
	if !page.IsPage() {
		return ""
	}
	desired, _ := w.d.Desired(w.obs.Known(access.Memory{}))
	view := w.obs.Beside().View(w.obs.Facts)
	switch owner := desired.Owners[page.PageSpace()]; {
	case owner.Type() == "group" && len(view.Members(owner)) > 0:
		return owner
	case owner.IsPerson() && view.Person(owner) && !view.Guest(owner):
		if _, leaves := w.leaves(owner); !leaves {
			return owner
		}
	}
	return ""
}

// alone reports whether a group administers a space that nobody but those who leave
// administers, and gives no more of the product than to use it: nobody is made an
// administrator of all, or a guest, because somebody left.
func (w *departures) alone(group access.Ref) bool {
	product, holds := w.obs.Facts.Get(access.Fact{Kind: access.Product, Object: group})
	if holds && product.Value != "user" || group == w.obs.Traits.Super {
		return false
	}
	spaces, _ := reconcile.Alone(w.obs, w.people()...)
	view := w.obs.Beside().View(w.obs.Facts)
	for _, space := range spaces {
		for f := range w.obs.Facts.Of(access.Role, space) {
			if f.Subject == group && view.Grants(access.NewRef("space_role", f.Value)).Has(access.CanAdminister) {
				return true
			}
		}
		if w.obs.Facts.Has(access.Fact{Kind: access.Permission, Object: space, Verb: access.CanAdminister, Subject: group}) {
			return true
		}
	}
	return false
}

// compile compiles the files as they are to be.
func (w *departures) compile() (*description, error) {
	d, diags := w.files.CompileDocs(w.docs)
	if d == nil {
		return nil, w.trouble(diags.Err())
	}
	return &description{Description: d, lock: w.d.lock, judge: w.d.judge, warnings: diags}, nil
}

// plan works out what the edited description leads to.
func (w *departures) plan(ctx context.Context) error {
	d, err := w.compile()
	if err != nil {
		return err
	}
	w.draft, err = reconcile.Make(ctx, d.input(refreshed{w.reader, w.obs}))
	return w.trouble(err)
}

// nobody refuses departures that leave something to nobody.
func (w *departures) nobody() error {
	var without []string
	for _, f := range w.draft.Plan.Findings {
		if f.Code == "WR422" && f.Level == access.Deny {
			without = append(without, f.Object)
		}
	}
	if len(without) == 0 {
		return nil
	}
	return fmt.Errorf("nobody takes over %s (name somebody with --successor, or an owner of each space who is active and has a licence)", shortList(without))
}

// shortList names a few things and counts the others.
func shortList(list []string) string {
	const most = 5
	if len(list) <= most {
		return strings.Join(list, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(list[:most], ", "), len(list)-most)
}

// writeHeirs writes who takes over into the description, where there is a place for
// it: as an admin of described spaces, and on pages that nobody else could view or
// edit, which are described with it. What finds no place the plan does all the same.
func (w *departures) writeHeirs() error {
	var pages []rewrite.Page
	desired := w.draft.Desired
	p := &patcher{k: &asked{obs: w.obs, d: w.d}, edit: w.files}
	fresh := make(map[access.Ref]*rewrite.Page)
	for _, c := range w.draft.Plan.Changes {
		if !strings.HasPrefix(c.Reason, reconcile.TakesOver) {
			continue
		}
		f, err := access.ParseFact(c.Fact)
		if err != nil {
			return err
		}
		switch list := access.ContentsOf(f); {
		case f.Kind == access.Role && desired.Described[f.Object] && desired.Scope.Contents[list] != access.Unmanaged:
			p.add(f)
		case f.Kind == access.Restrict && desired.Described[f.Object]:
			p.add(f)
		case f.Kind == access.Restrict:
			if fresh[f.Object] == nil {
				fresh[f.Object] = &rewrite.Page{Page: f.Object}
			}
			l := fresh[f.Object]
			names := w.namedOn(f.Object, f.Verb, f.Subject)
			if f.Verb == access.ViewPage {
				l.View = names
			} else {
				l.Edit = names
			}
		}
	}
	if err := w.parse(); err != nil {
		return err
	}
	for _, page := range slices.Sorted(maps.Keys(fresh)) {
		pages = append(pages, *fresh[page])
	}
	text := rewrite.New(w.files.After)
	text.Pages(w.docs, w.d.Settings.Site.Range.File, pages)
	w.files.After = text.Done()
	return w.parse()
}

// namedOn gives who is to stand on a page's restriction: the heir, and those others
// there whom the description may name.
func (w *departures) namedOn(page access.Ref, verb string, heir access.Ref) []access.Ref {
	out := []access.Ref{heir}
	for f := range w.obs.Facts.Of(access.Restrict, page) {
		_, pinned := w.d.lock.ID(f.Subject)
		_, leaves := w.leaves(f.Subject)
		if f.Verb == verb && f.Subject != heir && !leaves && (w.draft.Desired.Described[f.Subject] || pinned) {
			out = append(out, f.Subject)
		}
	}
	slices.Sort(out)
	return out
}

// onlyTheirs makes sure that the edits say nothing of anybody else: an edit that
// went to the wrong place is worse than none.
func (w *departures) onlyTheirs() error {
	is, err := w.compile()
	if err != nil {
		return err
	}
	known := w.obs.Known(access.Memory{})
	now, _ := is.Desired(known)
	heirs := make(map[access.Ref]bool)
	for _, d := range w.list {
		if l, left := now.Left[d.Who]; !left || d.Successor.IsPerson() && l.Successor != d.Successor {
			return fmt.Errorf("the description could not be edited, and is as it was: the entry of %s would not say that they have left", d.Who.ID())
		}
		if d.Successor != "" {
			heirs[d.Successor] = true
		}
		for _, owner := range now.Owners {
			heirs[owner] = true
		}
	}
	more := rewrite.Compare(w.d.Description, is.Description, known, w.isTheirs, func(d rewrite.Difference) bool {
		c, s := d.Fact, d.Said
		switch s.Aspect {
		case "":
			return c.Op != access.Remove && heirs[c.Fact.Subject] || c.Op == access.Add && (c.Fact.Kind == access.Restrict || c.Fact.Kind == access.Exists)
		case rewrite.Owner, rewrite.Left: // somebody else's, whom an heir takes over
			return !d.Gone && heirs[access.Ref(s.Text)]
		case rewrite.Entered: // of a page that would have been left with nobody, and of its space
			return !d.Gone && (s.Who.IsPage() || s.Who.Type() == "space")
		case rewrite.Ending: // of what an heir takes over
			return !d.Gone && heirs[s.Who]
		}
		return false
	})
	if len(more) > 0 {
		return fmt.Errorf("the description could not be edited, and is as it was: the edit would also mean %s", more[0])
	}
	return nil
}

// isTheirs reports whether a difference is about somebody who leaves: what they hold,
// what is said of them, and what names them as an owner or a successor no more.
func (w *departures) isTheirs(d rewrite.Difference) bool {
	about := []access.Ref{d.Fact.Fact.Object, d.Fact.Fact.Subject, d.Said.Who}
	if d.Gone && (d.Said.Aspect == rewrite.Owner || d.Said.Aspect == rewrite.Left) {
		about = append(about, access.Ref(d.Said.Text))
	}
	return slices.ContainsFunc(about, func(who access.Ref) bool { _, leaves := w.leaves(who); return leaves })
}
