package reconcile

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
)

// compare works out what lies between a site and what is wanted of it. Who takes
// over from those who left depends on what is left without them, so that is
// compared first, and again with those who take over.
func (w wanted) compare(s site.Reader, live site.Observation, unknown []access.Unknown) (wanted, Difference) {
	diff := func(w wanted) Difference {
		return Diff(live.Facts, w.Desired, unknown).liftOwn(live.Facts, w.Facts, live.Account)
	}
	d := diff(w)
	if len(w.Left) == 0 {
		return w, d
	}
	first, all := w, make(map[access.Fact]access.Ref)
	for {
		h := newHeirs(w.Desired, live, d.Target)
		h.spaces()
		h.pages()
		w.unsettled = h.findings
		known := len(all)
		maps.Copy(all, h.wanted)
		if len(all) == known {
			return w, d
		}
		// Whoever takes over a page closes it again, and with it what is below: there
		// somebody may be missing now.
		w = first.with(s, live, all)
		d = diff(w)
	}
}

// with adds to a description what those hold who take over. Who becomes the admin
// of a space holds nothing else there: a principal has one role in a space.
func (w wanted) with(s site.Reader, live site.Observation, heirs map[access.Fact]access.Ref) wanted {
	over := make(map[[2]access.Ref]bool)
	for f := range heirs {
		if f.Kind == access.Role {
			over[[2]access.Ref{f.Object, f.Subject}] = true
		}
	}
	d := w.plain
	d.Facts = d.Facts.Filter(func(f access.Fact) bool {
		return f.Kind != access.Role && f.Kind != access.Permission || !over[[2]access.Ref{f.Object, f.Subject}]
	}).Union(access.NewSet(slices.Collect(maps.Keys(heirs))...))
	d.Origins = maps.Clone(d.Origins)
	for f, leaver := range heirs {
		d.Origins[f.Identity()] = w.Left[leaver].Origin
	}
	w.heirs = make(map[access.Fact]access.Ref)
	w.canon = s.Canonical(d.Facts, live)
	w.Desired = inTerms(d, w.canon, live)
	for f, leaver := range heirs {
		w.heirs[f.Identity()] = leaver
	}
	for f, from := range w.canon.From {
		if leaver, ok := w.heirs[from.Identity()]; ok {
			w.heirs[f.Identity()] = leaver
		}
	}
	return w
}

// heirs finds who takes over from those who left.
//
// Of every space that nobody would administer any more, and that somebody who left
// administered, the successor becomes an admin: the one named, else the owner of
// the space. Whether the leaver was shut out before does not matter: that is when
// most of them are found. A page that nobody could view any more is opened to the
// successor in the same way, with the pages above it that are restricted as well;
// and a list of names is never emptied, since that would open the page to all.
//
// What a successor was given stays as long as nobody else has it, although no list
// of the description has it: else the next plan would take it again.
type heirs struct {
	desired access.Desired
	live    site.Observation
	held    *access.View // the live site, as if nothing shut out those who left
	after   *access.View // the site without them
	leavers []access.Ref

	wanted   map[access.Fact]access.Ref // for whom each fact takes over
	findings []access.Finding
}

func newHeirs(desired access.Desired, live site.Observation, target access.Set) *heirs {
	h := &heirs{desired: desired, live: live, leavers: slices.Sorted(maps.Keys(desired.Left)), wanted: make(map[access.Fact]access.Ref)}
	// A guest has nothing through groups. What makes somebody one is taken from them as
	// well, and the plan after this one must not find more than this.
	back := access.Readmitted(live.Facts, h.leavers...)
	var licensed []access.Fact
	for _, who := range h.leavers {
		f := access.Fact{Kind: access.Product, Object: who, Value: "user"}
		if own, holds := back.Get(f); holds && slices.Contains(access.ProductRoles(own.Value), access.AdminRole) {
			f.Value = access.AdminRole + "+user"
		}
		licensed = append(licensed, f)
	}
	h.held = live.Beside().View(back.Filter(func(f access.Fact) bool {
		return f.Kind != access.Product || !h.left(f.Object)
	}).Union(access.NewSet(licensed...)))
	h.after = h.held.With(target)
	return h
}

func (h *heirs) left(who access.Ref) bool {
	_, left := h.desired.Left[who]
	return left
}

// heir gives who takes over from somebody in a space; empty where nobody can.
func (h *heirs) heir(leaver, space access.Ref) access.Ref {
	for _, who := range []access.Ref{h.desired.Left[leaver].Successor, h.desired.Owners[space]} {
		switch {
		case who.IsPerson() && !h.left(who) && h.after.Person(who) && !h.after.Guest(who):
			return who
		case who.Type() == "group" && slices.ContainsFunc(h.after.Members(who), func(p access.Ref) bool { return !h.after.Guest(p) }):
			return who
		}
	}
	return ""
}

// spaces finds the spaces that nobody would administer.
func (h *heirs) spaces() {
	for f := range h.after.Facts().OfKind(access.Exists) {
		space := f.Object
		if space.Type() != "space" || len(h.after.Admins(space)) > 0 {
			continue
		}
		leaver := h.administered(space)
		if leaver == "" {
			continue
		}
		heir := h.heir(leaver, space)
		if heir == "" {
			h.nobody(leaver, space, fmt.Sprintf("%s would have no active admin: %s has left, and nobody takes over", space, leaver))
			continue
		}
		h.wanted[access.Fact{Kind: access.Role, Object: space, Subject: heir, Value: "admin"}] = leaver
	}
}

// administered gives the leaver who administered a space, or whose heir does since
// then; empty where there is none.
func (h *heirs) administered(space access.Ref) access.Ref {
	for _, who := range h.held.Admins(space) {
		if h.left(who) {
			return who
		}
	}
	for _, leaver := range h.leavers {
		if heir := h.heir(leaver, space); heir != "" && h.administers(heir, space) {
			return leaver
		}
	}
	return ""
}

// administers reports whether a principal administers a space by something of its
// own.
func (h *heirs) administers(who, space access.Ref) bool {
	for f := range h.live.Facts.Of(access.Role, space) {
		if f.Subject == who && h.held.Grants(access.NewRef("space_role", f.Value)).Has(access.CanAdminister) {
			return true
		}
	}
	return h.live.Facts.Has(access.Fact{Kind: access.Permission, Object: space, Verb: access.CanAdminister, Subject: who})
}

// nobody tells of something that nobody takes over.
func (h *heirs) nobody(leaver, object access.Ref, message string) {
	h.findings = append(h.findings, access.Finding{
		Code: "WR422", Level: access.Deny, Object: object, Message: message,
		Hint:   "name a successor (left: {successor: …}), or an owner of the space who is active and has a licence",
		Origin: h.desired.Left[leaver].Origin,
	})
}

// list is one restriction of a page.
type list struct {
	page access.Ref
	verb string
}

func (l list) compare(o list) int {
	return cmp.Or(strings.Compare(string(l.page), string(o.page)), strings.Compare(l.verb, o.verb))
}

// pages finds the pages that nobody could view, and the lists of names that would
// be empty without those who left.
func (h *heirs) pages() {
	was, will := onLists(h.live.Facts), onLists(h.after.Facts())
	lists := maps.Clone(was)
	maps.Copy(lists, will)
	for _, l := range slices.SortedFunc(maps.Keys(lists), list.compare) {
		if !h.after.Facts().Has(access.Fact{Kind: access.Exists, Object: l.page}) {
			continue
		}
		leaver := h.needed(l, was, will)
		if leaver == "" {
			continue
		}
		space := l.page.PageSpace()
		if archived(h.live.Facts, space) {
			h.findings = append(h.findings, access.Finding{
				Code: "WR422", Level: access.Warn, Object: l.page, Origin: h.desired.Left[leaver].Origin,
				Message: fmt.Sprintf("nobody could %s %s: %s has left, and in an archived space nobody changes that", l.verb, l.page, leaver),
				Hint:    "restore the space first (status: current), if somebody is to see the page",
			})
			continue
		}
		heir := h.heir(leaver, space)
		if heir == "" {
			h.nobody(leaver, l.page, fmt.Sprintf("nobody could %s %s: %s has left, and nobody takes over", l.verb, l.page, leaver))
			continue
		}
		h.take(leaver, heir, l, will)
	}
}

// archived reports whether a space is archived: its content is as it is.
func archived(facts access.Set, space access.Ref) bool {
	return facts.Has(access.Fact{Kind: access.Status, Object: space, Value: "archived"})
}

// onLists gives who stands on each restriction.
func onLists(facts access.Set) map[list][]access.Ref {
	out := make(map[list][]access.Ref)
	for f := range facts.OfKind(access.Restrict) {
		l := list{f.Object, f.Verb}
		out[l] = append(out[l], f.Subject)
	}
	return out
}

// needed gives the leaver for whom somebody has to take over a restriction; empty
// where nobody has to.
func (h *heirs) needed(l list, was, will map[list][]access.Ref) access.Ref {
	for _, who := range was[l] {
		if h.left(who) && !h.lets(will[l]) && (len(will[l]) > 0 || !h.lifts(l)) {
			return who
		}
	}
	if l.verb != access.ViewPage || slices.ContainsFunc(h.after.Who(access.ToView, l.page), func(p access.Ref) bool { return !h.after.Super(p) }) {
		return ""
	}
	for _, who := range h.leavers {
		// The super-group passes everything, and is not who a page is for.
		if h.held.Can(who, access.ToView, l.page) && (!h.held.Super(who) || isNamed(h.held, who, was[l])) {
			return who
		}
	}
	for _, leaver := range h.leavers {
		if heir := h.heir(leaver, l.page.PageSpace()); heir != "" && (slices.Contains(was[l], heir) || slices.Contains(will[l], heir)) {
			return leaver
		}
	}
	return ""
}

// lets reports whether one of the names on a restriction is of somebody who is
// there: the names of those who are gone, and of groups that nobody is in, stay on
// it, and the product does not take them back.
func (h *heirs) lets(names []access.Ref) bool {
	return slices.ContainsFunc(names, func(name access.Ref) bool {
		return h.after.Person(name) || len(h.after.Members(name)) > 0
	})
}

// lifts reports whether the description itself opens a page: its list is there and
// empty.
func (h *heirs) lifts(l list) bool {
	return h.desired.Scope.Contents[access.Contents{Kind: access.Restrict, Object: l.page, Verb: l.verb}] == access.Exclusive
}

// take lets an heir pass a restriction; to view a page also those above it where
// they do not pass, and the space itself.
func (h *heirs) take(leaver, heir access.Ref, l list, will map[list][]access.Ref) {
	add := func(l list) {
		f := access.Fact{Kind: access.Restrict, Object: l.page, Verb: l.verb, Subject: heir}
		if !slices.Contains(will[l], heir) {
			h.wanted[f] = leaver
		}
	}
	add(l)
	if l.verb != access.ViewPage {
		return
	}
	seen := make(map[access.Ref]bool)
	for up, ok := l.page, true; ok && !seen[up]; up, ok = h.live.Parents[up] {
		seen[up] = true
		on := list{up, access.ViewPage}
		if len(will[on]) > 0 && !isNamed(h.after, heir, will[on]) {
			add(on)
		}
	}
	space := l.page.PageSpace()
	if !h.views(heir, space) {
		f := access.Fact{Kind: access.Role, Object: space, Subject: heir, Value: "admin"}
		if _, admin := h.wanted[f]; !admin {
			f.Value = "viewer"
			h.wanted[f] = leaver
		}
	}
}

// isNamed reports whether one of the names on a restriction is somebody's, or that of
// a group of theirs.
func isNamed(v *access.View, who access.Ref, names []access.Ref) bool {
	return slices.ContainsFunc(names, func(name access.Ref) bool {
		return name == who || name.Type() == "group" && slices.Contains(v.Members(name), who)
	})
}

// views reports whether a principal sees a space without what it is to take over.
func (h *heirs) views(who, space access.Ref) bool {
	if who.IsPerson() {
		return h.after.Can(who, access.CanView, space)
	}
	for _, k := range []access.Kind{access.Role, access.Permission} {
		for f := range h.after.Facts().Of(k, space) {
			if f.Subject == who {
				return true
			}
		}
	}
	return false
}

// Alone gives the spaces that none but some people administer, or would if nothing
// shut them out, and the restrictions of pages that nobody else passes.
func Alone(live site.Observation, people ...access.Ref) (spaces []access.Ref, pages []access.Contents) {
	view := live.Beside().View(access.Readmitted(live.Facts, people...))
	only := func(able []access.Ref) bool {
		able = slices.DeleteFunc(able, view.Super)
		return len(able) > 0 && !slices.ContainsFunc(able, func(p access.Ref) bool { return !slices.Contains(people, p) })
	}
	for f := range live.Facts.OfKind(access.Exists) {
		if f.Object.Type() == "space" && only(view.Admins(f.Object)) {
			spaces = append(spaces, f.Object)
		}
	}
	names := onLists(live.Facts)
	for _, l := range slices.SortedFunc(maps.Keys(names), list.compare) {
		lets := func(name access.Ref) bool { return view.Person(name) || len(view.Members(name)) > 0 }
		if only(slices.DeleteFunc(slices.Clone(names[l]), func(name access.Ref) bool { return !lets(name) })) || l.verb == access.ViewPage && only(view.Who(access.ToView, l.page)) {
			pages = append(pages, access.Contents{Kind: access.Restrict, Object: l.page, Verb: l.verb})
		}
	}
	return spaces, pages
}

// remains gives what those who left would hold in a target, sorted: all of it is
// somebody else's to take.
func remains(left map[access.Ref]access.Leaver, target access.Set) []access.Fact {
	var out []access.Fact
	if len(left) == 0 {
		return nil
	}
	for f := range target.All() {
		if who, ok := f.Holder(); ok {
			if _, gone := left[who]; gone {
				out = append(out, f)
			}
		}
	}
	return out
}

// leaves reports whether a fact is something that somebody who left holds.
func leaves(desired access.Desired, f access.Fact) bool {
	who := f.Subject
	if f.Kind == access.Product {
		who = f.Object
	}
	_, left := desired.Left[who]
	return left
}

// objects gives what findings are about.
func objects(list []access.Finding) map[access.Ref]bool {
	out := make(map[access.Ref]bool)
	for _, f := range list {
		out[f.Object] = true
	}
	return out
}

// groupOwners say who can take somebody out of a group that weir only reads, by
// the value of its managed fact.
var groupOwners = map[string]struct{ authority, steps string }{
	"idp":     {"who administers the identity provider", "in the identity provider, take %s out of %s and let it sync"},
	"team":    {"a member of the team, or an organisation admin", "in Atlassian Home, under Teams, take %s out of %s"},
	"builtin": {"an organisation admin, or on Data Center a system administrator", "where the site's people and groups are administered, take %s out of %s"},
}

// addLeavers tells what weir cannot take from those who left: it would be theirs
// again as soon as their account is active. Of a group that somebody else owns
// that is a step by hand.
func (p *Plan) addLeavers(desired access.Desired, live, target access.Set, unknown []access.Unknown) []access.Finding {
	var out []access.Finding
	hidden := indexUnknown(unknown)
	for _, f := range remains(desired.Left, target) {
		who := f.Subject
		if who == "" {
			who = f.Object
		}
		at := desired.Left[who].Origin
		finding := access.Finding{
			Code: "WR421", Level: access.Warn, Object: who, Origin: at,
			Message: fmt.Sprintf("%s has left and would have this again when their account is active: %s", who, f),
			Hint:    "take it from them where it is managed",
		}
		reason, out1 := desired.Scope.Excludes(f)
		managed, owned := live.Get(access.Fact{Kind: access.Managed, Object: f.Object})
		owner, known := groupOwners[managed.Value]
		switch {
		case f.Kind == access.Member && owned && known:
			p.Manual = append(p.Manual, Manual{
				Fact: f.String(), Gone: true, Origin: origin(at), Authority: owner.authority,
				Steps:  []string{fmt.Sprintf(owner.steps, who.ID(), f.Object.ID())},
				Verify: "the next plan reads who is in the group",
			})
			finding.Hint = "ask " + owner.authority + " to take them out"
		case out1:
		case f.Kind == access.Restrict && archived(live, f.Object.PageSpace()):
			reason, finding.Hint = "its space is archived", "restore the space, and plan again"
		case desired.Scope.Observes(f):
			reason, finding.Hint = "only observed", "own the list, or take it from them by hand"
		default:
			reason, _ = hidden.covers(f)
		}
		if reason != "" {
			finding.Message += " (" + reason + ")"
		}
		out = append(out, finding)
	}
	return out
}

// kept gives what the site kept for those who come back after they were shut out:
// they have it again at once.
func kept(d access.Delta) map[access.Ref][]string {
	back := make(map[access.Ref]bool)
	for _, c := range d.Changes {
		if c.Op == access.Add && c.Fact.Kind == access.Exists && c.Fact.Object.IsPerson() {
			back[c.Fact.Object] = true
		}
	}
	out := make(map[access.Ref][]string)
	if len(back) == 0 {
		return out
	}
	for f := range d.Live.All() {
		if !back[f.Subject] || !d.Target.Has(f) {
			continue
		}
		text := ""
		switch f.Kind {
		case access.Member:
			text = f.Object.String()
		case access.Role:
			text = fmt.Sprintf("%s of %s", f.Value, f.Object)
		case access.Permission:
			text = fmt.Sprintf("%s in %s", f.Verb, f.Object)
		case access.Restrict:
			text = fmt.Sprintf("a name on %s of %s", f.Verb, f.Object)
		case access.Global:
			text = f.Verb + " on the site"
		default:
			continue
		}
		out[f.Subject] = append(out[f.Subject], text)
	}
	return out
}

// returning tells of those who come back to what was kept for them. Of deactivated
// accounts [reactivated] tells.
func returning(d access.Delta) []access.Finding {
	found := kept(d)
	for _, c := range d.Changes {
		if c.Op == access.Remove && c.Fact.Kind == access.State && c.Fact.Value == "deactivated" {
			delete(found, c.Fact.Object)
		}
	}
	var out []access.Finding
	for _, who := range slices.Sorted(maps.Keys(found)) {
		out = append(out, access.Finding{
			Code: "WR424", Level: access.Warn, Object: who,
			Message: fmt.Sprintf("%s comes back to what was kept for them: %s", who, firstOf(found[who], 12)),
			Hint:    "see that they shall have all of it again",
			Origin:  d.Desired.Origins[access.Fact{Kind: access.Exists, Object: who}],
		})
	}
	return out
}

// firstOf lists the first of some words.
func firstOf(words []string, most int) string {
	if len(words) <= most {
		return strings.Join(words, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(words[:most], ", "), len(words)-most)
}

// orphans tells of spaces that nobody described, that are nobody's personal space,
// and that no active person administers: nobody there can give anybody access.
// Described ones are told by the guard of admins.
func orphans(d access.Delta) []access.Finding {
	personal := make(map[access.Ref]bool)
	for f := range d.Live.OfKind(access.Personal) {
		personal[f.Object] = true
	}
	var found []string
	for f := range d.Target.OfKind(access.Exists) {
		if f.Object.Type() == "space" && d.Live.Has(f) && !personal[f.Object] && !d.Desired.Described[f.Object] && len(d.After.Admins(f.Object)) == 0 {
			found = append(found, f.Object.ID())
		}
	}
	if len(found) == 0 {
		return nil
	}
	which := "1 space that is not described has"
	if len(found) > 1 {
		which = fmt.Sprintf("%d spaces that are not described have", len(found))
	}
	return []access.Finding{{
		Code: "WR423", Level: access.Warn,
		Message: fmt.Sprintf("%s no active admin: %s", which, firstOf(found, 5)),
		Hint:    "describe each with an admin, or let a Confluence administrator recover its permissions; weir report unattended lists them",
	}}
}
