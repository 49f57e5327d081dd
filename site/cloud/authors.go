package cloud

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
)

// Site can be asked who changed it.
var _ site.Auditor = (*Site)(nil)

// Why nobody is named.
const (
	unnamedNone     = "the audit log has no record that names it without doubt"
	unnamedSeveral  = "several people, or people and something without a name, may have done it"
	unnamedNobody   = "the record has no author"
	unnamedOwn      = "the last record of it is of weir's own account"
	unnamedRenamed  = "it, or whoever it is about, had another name or was another at the last apply"
	unnamedTwin     = "several have its name, or that of whoever it is about"
	unnamedKind     = "the audit log does not tell such changes in words that are known"
	unnamedStranger = "the record's author is nobody that an id can name"
)

// Authors finds who made changes, by the audit log. The words of its summaries on
// live sites are not known (docs/evidence.md "Unknown" 12): what is done is taken
// from "added", "removed", "assigned" and their like, and a record without such a
// word names nobody. What people wrote into it, their names above all, is compared
// and never shown: whoever is named is named by their account.
func (s *Site) Authors(ctx context.Context, since time.Time, then, now site.Observation, changes []access.Change) ([]site.Author, error) {
	out := make([]site.Author, len(changes))
	log, reason, err := s.auditSince(ctx, since)
	if err != nil {
		return nil, err
	}
	if reason != "" {
		for i := range out {
			out[i].Unnamed = reason
		}
		return out, nil
	}
	slices.Reverse(log) // it comes with the latest first
	slices.SortStableFunc(log, func(a, b auditRecord) int { return cmp.Compare(a.Created, b.Created) })
	a := audit{log: log, then: then, now: now, spaces: make(map[string][]access.Ref), own: now.IDs[now.Account], people: make(map[string]access.Ref)}
	a.bear(then)
	a.bear(now)
	for _, facts := range []access.Set{then.Facts, now.Facts} {
		for f := range facts.OfKind(access.Name) {
			a.spaces[f.Object.ID()] = append(a.spaces[f.Object.ID()], f.Object)
			a.spaces[f.Value] = append(a.spaces[f.Value], f.Object)
		}
	}
	for r, id := range now.IDs {
		if r.IsPerson() {
			a.people[id] = r
		}
	}
	for i, c := range changes {
		out[i] = a.author(c)
	}
	return out, nil
}

// audit is a log with the names that it may use.
type audit struct {
	log       []auditRecord // the earliest first
	then, now site.Observation
	spaces    map[string][]access.Ref // by key and by name, then and now
	people    map[string]access.Ref   // by account id
	own       string                  // account id
	bearers   []map[bearing]int       // how many bear a name, then and now
}

// bearing is a name among things of a kind.
type bearing struct{ kind, name string }

// bear counts who bears which name.
func (a *audit) bear(o site.Observation) {
	n := make(map[bearing]int, len(o.IDs))
	for r := range o.IDs {
		n[bearing{kindOf(r), label(o, r)}]++
	}
	a.bearers = append(a.bearers, n)
}

// author finds who made a change.
func (a audit) author(c access.Change) site.Author {
	f := c.Fact
	w, known := wanted(f)
	if !known {
		return site.Author{Unnamed: unnamedKind}
	}
	for _, r := range []access.Ref{f.Object.Space(), f.Subject} {
		if r == "" || r.Type() == "class" {
			continue
		}
		if why := a.doubt(r, r == f.Object && f.Kind == access.Exists); why != "" {
			return site.Author{Unnamed: why}
		}
	}
	// After the last thing that weir itself did about it nobody else had a hand in
	// what was before.
	var may []auditRecord
	own := false
	for _, r := range a.log {
		if a.elsewhere(r, f) {
			continue
		}
		if may = append(may, r); a.own != "" && r.Author.AccountID == a.own {
			may, own = nil, a.names(r, f, w) && w.did(r, c)
		}
	}
	if len(may) == 0 && own {
		return site.Author{Unnamed: unnamedOwn}
	}
	who := ""
	var last *auditRecord // that names exactly this
	for i, r := range may {
		if i > 0 && r.Author.AccountID != who {
			return site.Author{Unnamed: unnamedSeveral}
		}
		who = r.Author.AccountID
		if a.names(r, f, w) {
			last = &may[i]
		}
	}
	switch {
	case last == nil || !w.did(*last, c):
		return site.Author{Unnamed: unnamedNone}
	case who == "":
		return site.Author{Unnamed: unnamedNobody}
	}
	author := site.Author{Who: a.people[who], When: time.UnixMilli(last.Created)}
	if author.Who == "" {
		if !accountID(who) {
			return site.Author{Unnamed: unnamedStranger}
		}
		author.Who = access.NewRef("account", who)
	}
	return author
}

// accountID reports whether a text has the form of an account's id, and is safe to
// show.
func accountID(s string) bool {
	return len(s) <= 128 && strings.IndexFunc(s, func(r rune) bool {
		return !(r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == ':' || r == '-')
	}) < 0
}

// doubt says why a name in the log may mean another: it must be the same thing
// under the same name then and now, and the only one. What came or went is there
// at one time only.
func (a audit) doubt(r access.Ref, cameOrWent bool) string {
	idThen, was := a.then.IDs[r]
	idNow, is := a.now.IDs[r]
	switch {
	case cameOrWent && was != is:
	case !was || !is || idThen != idNow || label(a.then, r) != label(a.now, r):
		return unnamedRenamed
	}
	for _, n := range a.bearers {
		if n[bearing{kindOf(r), a.label(r)}] > 1 {
			return unnamedTwin
		}
	}
	return ""
}

// label is the name under which the log tells of something: a person's and a
// space's display name, the name of everything else.
func label(o site.Observation, r access.Ref) string {
	switch {
	case r.IsPerson():
		return o.Labels[r]
	case r.Type() == "space":
		name, _ := o.Facts.Get(access.Fact{Kind: access.Name, Object: r})
		return name.Value
	}
	return r.ID()
}

// label gives the name of a thing as it is now, or was.
func (a audit) label(r access.Ref) string {
	if name := label(a.now, r); name != "" && a.now.IDs[r] != "" {
		return name
	}
	return label(a.then, r)
}

// elsewhere reports whether a record is certainly not about a fact.
func (a audit) elsewhere(r auditRecord, f access.Fact) bool {
	objects := r.objects()
	if len(objects) == 0 {
		return false
	}
	if f.Kind == access.Exists || f.Kind == access.Member {
		if slices.ContainsFunc(objects, func(o auditObject) bool { return !slices.Contains(besideDirectory, word(o.Type)) }) {
			return false
		}
		if mentions(objects, "space") {
			return true // of who may do what there
		}
		for _, c := range r.Changed { // somebody or something may have been renamed
			if a.bears(f.Object, c.Old) || a.bears(f.Object, c.New) || a.bears(f.Subject, c.Old) || a.bears(f.Subject, c.New) {
				return false
			}
		}
		other := func(r access.Ref) bool { return r != "" && mentions(objects, principalType(r)) && !a.tells(objects, r) }
		return other(f.Object) || other(f.Subject) || !mentions(objects, "group") && !mentions(objects, "user")
	}
	spaces, ok := r.concerns(a.spaces)
	if !ok {
		return false // it may be about any space
	}
	if !slices.Contains(spaces, f.Object.Space()) {
		return true
	}
	// It is about this space: about somebody else in it, or another page?
	about := slices.ContainsFunc(objects, func(o auditObject) bool { return isPrincipal(o.Type) })
	if principalType(f.Subject) != "" && about && !a.tells(objects, f.Subject) {
		return true
	}
	page := slices.IndexFunc(objects, func(o auditObject) bool { return isPage(o.Type) })
	if page < 0 {
		return f.Object.IsPage() && about // what somebody may do in the space itself
	}
	return objects[page].Name != f.Object.PageTitle() || !f.Object.IsPage()
}

func isPrincipal(typ string) bool {
	return slices.Contains([]string{"user", "group", "access class"}, word(typ))
}

func isPage(typ string) bool {
	return slices.Contains([]string{"page", "blog", "blogpost", "blog post", "content"}, word(typ))
}

// principalType is the log's word for a kind of principal; empty where it is not
// known.
func principalType(r access.Ref) string {
	switch {
	case r.IsPerson():
		return "user"
	case r.Type() == "group":
		return "group"
	}
	return ""
}

func (r auditRecord) objects() []auditObject {
	var out []auditObject
	for _, o := range append([]auditObject{r.Affected}, r.Associated...) {
		if o != (auditObject{}) {
			out = append(out, o)
		}
	}
	return out
}

// besideDirectory are the types of objects of which a record may tell without being
// about more than it names.
var besideDirectory = append([]string{"space role"}, besideSpaces...)

// mentions reports whether an object of a type is told.
func mentions(objects []auditObject, typ string) bool {
	return slices.ContainsFunc(objects, func(o auditObject) bool { return word(o.Type) == typ })
}

// bears reports whether a name is that of a thing. The log tells people by their
// display name or by their address.
func (a audit) bears(r access.Ref, name string) bool {
	return r != "" && name != "" && (name == a.label(r) || r.Type() == "user" && strings.EqualFold(name, r.ID()))
}

// logType is the log's word for a type of thing.
func logType(r access.Ref) string {
	if r.Type() == "space" {
		return "space"
	}
	return principalType(r)
}

// tells reports whether a thing is among the objects.
func (a audit) tells(objects []auditObject, r access.Ref) bool {
	return slices.ContainsFunc(objects, func(o auditObject) bool { return word(o.Type) == logType(r) && a.bears(r, o.Name) })
}

// only reports whether a thing is the only one of its type among the objects.
func (a audit) only(objects []auditObject, r access.Ref) bool {
	n := 0
	for _, o := range objects {
		if word(o.Type) == logType(r) {
			n++
		}
	}
	return n == 1 && a.tells(objects, r)
}

// telling is how the log tells a kind of fact.
type telling struct {
	gave, took []string // words of the summary
	value      func(access.Fact) string
}

// wanted says how a fact would be told.
func wanted(f access.Fact) (telling, bool) {
	switch {
	case f.Kind == access.Member:
		return telling{gave: []string{"added"}, took: []string{"removed"}}, true
	case f.Kind == access.Exists && f.Object.Type() == "group":
		return telling{gave: []string{"created"}, took: []string{"deleted"}}, true
	case f.Subject.Type() == "class":
		return telling{}, false // what a class is called is not known
	case f.Kind == access.Role:
		return telling{gave: []string{"assigned"}, took: []string{"removed"}, value: func(f access.Fact) string { return f.Value }}, true
	case f.Kind == access.Permission:
		return telling{gave: []string{"added"}, took: []string{"removed"}, value: func(f access.Fact) string { return f.Verb }}, true
	case f.Kind == access.Restrict:
		return telling{gave: []string{"added"}, took: []string{"removed"}}, true
	}
	return telling{}, false
}

// names reports whether a record names exactly the fact, whatever it did.
func (a audit) names(r auditRecord, f access.Fact, w telling) bool {
	objects := r.objects()
	subject := f.Subject == "" || a.only(objects, f.Subject)
	switch f.Kind {
	case access.Exists:
		return a.only(objects, f.Object) && !mentions(objects, "user")
	case access.Member:
		return subject && a.only(objects, f.Object)
	}
	if !subject || !a.only(objects, f.Object.Space()) || len(r.Changed) != 1 {
		return false
	}
	was, is := word(r.Changed[0].Old), word(r.Changed[0].New)
	switch f.Kind {
	case access.Restrict:
		verb := map[string]string{access.ViewPage: "read", access.EditPage: "update"}[f.Verb]
		return word(r.Changed[0].Name) == verb && slices.ContainsFunc(objects, func(o auditObject) bool { return isPage(o.Type) && o.Name == f.Object.PageTitle() })
	case access.Permission:
		return was == word(f.Verb) || is == word(f.Verb)
	}
	return w.value != nil
}

// did reports whether a record that names a fact tells of the change.
func (w telling) did(r auditRecord, c access.Change) bool {
	has := func(list []string) bool {
		return slices.ContainsFunc(strings.Fields(word(r.Summary)), func(s string) bool { return slices.Contains(list, s) })
	}
	gave, took := has(w.gave), has(w.took)
	if gave == took || gave == (c.Op == access.Remove) {
		return false
	}
	if w.value == nil {
		return true
	}
	value := word(w.value(c.Fact))
	if c.Op == access.Remove {
		return word(r.Changed[0].Old) == value
	}
	return word(r.Changed[0].New) == value
}
