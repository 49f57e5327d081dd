package cloud

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/rest"
)

// restrictedNames is how many people and groups a page of restrictions holds
// (published).
const restrictedNames = 100

// operations are what content is restricted for, on the wire, by the verbs of
// facts.
var operations = map[string]string{access.ViewPage: "read", access.EditPage: "update"}

// verbs is the inverse of operations.
var verbs = map[string]string{"read": access.ViewPage, "update": access.EditPage}

// namedIDs are the people and groups of one list of a restriction, by id.
type namedIDs struct{ users, groups []string }

func (n namedIDs) empty() bool { return len(n.users)+len(n.groups) == 0 }

// restrictions are whom a page names, by verb.
type restrictions map[string]namedIDs

// restrictedList is one page of a list of people or groups.
type restrictedList struct {
	Results *[]struct {
		Type      string `json:"type"`
		AccountID string `json:"accountId"`
		ID        string `json:"id"`
	} `json:"results"`
	Limit int `json:"limit"`
	Size  int `json:"size"`
}

// whole reports whether the list is complete as it stands: a list that is cut
// shows it by being as long as it may be (observed: embedded lists are cut).
func (l *restrictedList) whole() bool {
	return l.Results != nil && l.Limit > 0 && len(*l.Results) < l.Limit && l.Size <= len(*l.Results)
}

// ids gives the ids of a list.
func (l *restrictedList) ids() ([]string, error) {
	if l == nil || l.Results == nil {
		return nil, errors.New("the answer lacks a list of people or groups")
	}
	var out []string
	for _, r := range *l.Results {
		id := r.AccountID
		if id == "" {
			id = r.ID
		}
		if id == "" {
			return nil, errors.New("somebody whom a restriction names has no id")
		}
		out = append(out, groupID(id))
	}
	return out, nil
}

// restrictionRow is the restriction of one operation.
type restrictionRow struct {
	Operation    string `json:"operation"`
	Restrictions *struct {
		User  *restrictedList `json:"user"`
		Group *restrictedList `json:"group"`
	} `json:"restrictions"`
}

func (r *restrictionRow) names() (namedIDs, error) {
	if r == nil || r.Restrictions == nil {
		return namedIDs{}, errors.New("the answer lacks a restriction that was asked for")
	}
	users, err := r.Restrictions.User.ids()
	if err != nil {
		return namedIDs{}, err
	}
	groups, err := r.Restrictions.Group.ids()
	return namedIDs{users, groups}, err
}

// restrictionPage is a page of the restrictions of one page.
type restrictionPage struct {
	Results *[]restrictionRow `json:"results"`
	Links   struct {
		Next string `json:"next"`
	} `json:"_links"`
}

// Check refuses an answer without the restrictions of both operations.
func (p *restrictionPage) Check() error {
	if p.Results == nil || len(*p.Results) != len(operations) {
		return errors.New("the answer does not tell both restrictions")
	}
	for i := range *p.Results {
		row := &(*p.Results)[i]
		if verbs[row.Operation] == "" {
			return fmt.Errorf("the answer tells of a restriction %q that weir does not know", row.Operation)
		}
		if _, err := row.names(); err != nil {
			return err
		}
	}
	return nil
}

// restrictionsOf reads whom a page names, to the end of the lists. All four come
// in pages of the same start; a list that is not longer repeats nothing.
func (s *Site) restrictionsOf(ctx context.Context, id string, keyed bool) (restrictions, error) {
	out := make(restrictions)
	seen := make(map[string]bool)
	for start := 0; ; {
		what := rest.Call{To: readRestrictions, Args: []string{id}, Query: rest.With(nil,
			"expand", "restrictions.user,restrictions.group", "start", strconv.Itoa(start), "limit", strconv.Itoa(restrictedNames))}
		if keyed {
			what = withKey(what)
		}
		var page restrictionPage
		if err := s.client.Read(ctx, what, &page); err != nil {
			return nil, err
		}
		longest, fresh := 0, false
		for i := range *page.Results {
			row := &(*page.Results)[i]
			names, err := row.names()
			if err != nil {
				return nil, rest.Fail(site.Invalid, what, err)
			}
			longest = max(longest, len(names.users), len(names.groups))
			all := out[verbs[row.Operation]]
			for _, list := range []struct {
				kind string
				from []string
				to   *[]string
			}{{"user", names.users, &all.users}, {"group", names.groups, &all.groups}} {
				for _, id := range list.from {
					k := row.Operation + " " + list.kind + " " + id
					fresh = fresh || !seen[k]
					if !seen[k] {
						seen[k] = true
						*list.to = append(*list.to, id)
					}
				}
			}
			out[verbs[row.Operation]] = all
		}
		switch {
		case page.Links.Next == "" && longest < restrictedNames:
			return out, nil
		case longest == 0 && page.Links.Next == "":
			return out, nil
		case !fresh:
			return nil, rest.Fail(site.Invalid, what, errors.New("the list cannot be read to its end: a page repeats another"))
		}
		start += longest
	}
}

// restrictFacts says restrictions as facts. Whoever is gone is named by the id that is
// left.
func (s *Site) restrictFacts(page access.Ref, r restrictions) []access.Fact {
	var out []access.Fact
	for verb, names := range r {
		for _, id := range names.users {
			who, ok := s.known.ref("person", id)
			if !ok {
				who = access.NewRef("account", id)
			}
			out = append(out, access.Fact{Kind: access.Restrict, Object: page, Verb: verb, Subject: who})
		}
		for _, id := range names.groups {
			who, ok := s.known.ref("group", id)
			if !ok {
				who = access.NewRef("group", id)
			}
			out = append(out, access.Fact{Kind: access.Restrict, Object: page, Verb: verb, Subject: who})
		}
	}
	return out
}

// restrictionBody is one entry of a write of restrictions. A list of nobody is
// left out (published for groups).
type restrictionBody struct {
	Operation    string           `json:"operation"`
	Restrictions restrictedBodies `json:"restrictions"`
}

type restrictedBodies struct {
	User  []restrictedUser  `json:"user,omitempty"`
	Group []restrictedGroup `json:"group,omitempty"`
}

type restrictedUser struct {
	Type      string `json:"type"`
	AccountID string `json:"accountId"`
}

type restrictedGroup struct {
	Type string `json:"type"`
	ID   string `json:"id"`
}

// body says restrictions on the wire: an operation that it does not name has
// none afterwards.
func (r restrictions) body() []restrictionBody {
	var out []restrictionBody
	for _, verb := range []string{access.ViewPage, access.EditPage} {
		names := r[verb]
		if names.empty() {
			continue
		}
		b := restrictionBody{Operation: operations[verb]}
		for _, id := range names.users {
			b.Restrictions.User = append(b.Restrictions.User, restrictedUser{"known", id})
		}
		for _, id := range names.groups {
			b.Restrictions.Group = append(b.Restrictions.Group, restrictedGroup{"group", id})
		}
		out = append(out, b)
	}
	return out
}

// restrict brings a page's restrictions to where the unit says: one request with
// all of them, from a fresh reading. They are never cleared and set: between the
// two the page would be open.
func (w *worker) restrict(ctx context.Context, page access.Ref) (err error) {
	if err := w.all(func(c access.Change) bool { return c.Fact.Kind == access.Restrict && c.Fact.Object == page }); err != nil {
		return err
	}
	id, err := w.resolve(ctx, page)
	if err != nil {
		return err
	}
	key := w.key(w.op)
	// Whether it is closed does not decide on the step: the note tells.
	defer func() { _ = key.close(ctx) }()

	now, keyed, err := w.restrictionsWith(ctx, id, key)
	if err != nil {
		return err
	}
	will, err := w.restrictionsAfter(ctx, now)
	if err != nil {
		return err
	}
	err = w.putRestrictions(ctx, id, will, keyed)
	if code := rest.Status(err); !keyed && (code == 404 || code == 403) {
		if opened, trouble := key.open(ctx); trouble != nil {
			return trouble
		} else if opened {
			keyed = true
			err = w.putRestrictions(ctx, id, will, keyed)
		}
	}
	// Names of people and groups that are gone cannot be written back. They let
	// nobody pass, so they are left out, unless the page would open for it: groups
	// first, since of people there are some whom no directory lists; last those whom it
	// lists as removed.
	for _, less := range []func(restrictions) (restrictions, bool, error){
		func(r restrictions) (restrictions, bool, error) { return w.withoutStrangers(r, "group") },
		func(r restrictions) (restrictions, bool, error) { return w.withoutStrangers(r, "group", "person") },
		func(r restrictions) (restrictions, bool, error) { return w.withoutRemoved(ctx, r) },
	} {
		if rest.Status(err) != 400 {
			return err
		}
		less, dropped, trouble := less(will)
		if trouble != nil {
			return trouble
		}
		if !dropped {
			continue
		}
		for verb := range will {
			if !will[verb].empty() && less[verb].empty() {
				return rest.Fail(site.Conflict, rest.Call{Op: w.op}, fmt.Errorf("of those who may %s %s nobody is left, and without their names it would be open: name somebody, or remove the restriction", verb, page))
			}
		}
		err = w.putRestrictions(ctx, id, less, keyed)
	}
	return err
}

// restrictionsWith reads whom a page names, with the key where nothing is seen
// without.
func (s *Site) restrictionsWith(ctx context.Context, id string, key *adminKey) (r restrictions, keyed bool, err error) {
	r, err = s.restrictionsOf(ctx, id, false)
	if _, hidden := rest.Unseen(err); !hidden {
		return r, false, err
	}
	opened, trouble := key.open(ctx)
	if trouble != nil {
		return nil, false, trouble
	}
	if !opened {
		return nil, false, key.why(err)
	}
	r, err = s.restrictionsOf(ctx, id, true)
	return r, true, err
}

// restrictionsAfter applies the unit's changes.
func (w *worker) restrictionsAfter(ctx context.Context, now restrictions) (restrictions, error) {
	will := make(restrictions)
	for verb, names := range now {
		will[verb] = namedIDs{slices.Clone(names.users), slices.Clone(names.groups)}
	}
	changed, spoken := make(map[string]bool), make(map[string]bool) // by verb; spoken: of weir's own account
	w.mu.Lock()
	me := w.account
	w.mu.Unlock()
	for _, c := range w.unit {
		id, err := w.restrictedID(ctx, c)
		if err != nil {
			return nil, err
		}
		changed[c.Fact.Verb], spoken[c.Fact.Verb] = true, spoken[c.Fact.Verb] || id == me
		names := will[c.Fact.Verb]
		list := &names.users
		if c.Fact.Subject.Type() == "group" {
			list = &names.groups
		}
		*list = slices.DeleteFunc(*list, func(other string) bool { return other == id })
		if c.Op != access.Remove {
			*list = append(*list, id)
		}
		will[c.Fact.Verb] = names
	}
	if w.restricted != memberRestricted {
		return will, nil
	}
	for verb, names := range will {
		alone := len(names.groups) == 0 && len(names.users) == 1 && names.users[0] == me
		switch {
		case alone && changed[verb] && !spoken[verb]:
			// The last other name goes: nobody asked for a page of weir's own.
			names.users = nil
		case !names.empty() && !slices.Contains(names.users, me):
			names.users = append(names.users, me)
		}
		will[verb] = names
	}
	return will, nil
}

// restrictedID gives the id of whom a change names. Of a group that is gone the
// id is all that is left, and is its name.
func (w *worker) restrictedID(ctx context.Context, c access.Change) (string, error) {
	r := c.Fact.Subject
	switch id, known := w.known.id(r); {
	case known:
		return id, nil
	case !person(r) && r.Type() != "group":
		return "", w.refuse(c)
	case r.Type() == "group" && c.Op == access.Remove:
		return r.ID(), nil
	}
	return w.resolve(ctx, r)
}

// withoutStrangers leaves out the names of the kinds that no list of people and
// groups shows.
func (w *worker) withoutStrangers(r restrictions, kinds ...string) (out restrictions, dropped bool, err error) {
	out = make(restrictions)
	known := func(kind string, ids []string) []string {
		if !slices.Contains(kinds, kind) {
			return ids
		}
		return slices.DeleteFunc(slices.Clone(ids), func(id string) bool {
			_, ok := w.known.ref(kind, id)
			dropped = dropped || !ok
			return !ok
		})
	}
	for verb, names := range r {
		out[verb] = namedIDs{known("person", names.users), known("group", names.groups)}
	}
	return out, dropped, nil
}

// withoutRemoved leaves out strangers, and people who were removed from the
// directory.
func (w *worker) withoutRemoved(ctx context.Context, r restrictions) (out restrictions, dropped bool, err error) {
	r, dropped, err = w.withoutStrangers(r, "group", "person")
	out = make(restrictions)
	gone := make(map[string]bool)
	for verb, names := range r {
		var users []string
		for _, id := range names.users {
			if _, asked := gone[id]; !asked {
				who, _ := w.known.ref("person", id)
				p, listed, err := w.entry(ctx, w.at, who)
				if err != nil {
					return nil, false, err
				}
				gone[id] = !listed || p.state() == removed
			}
			if dropped = dropped || gone[id]; !gone[id] {
				users = append(users, id)
			}
		}
		out[verb] = namedIDs{users, names.groups}
	}
	return out, dropped, err
}

func (w *worker) putRestrictions(ctx context.Context, id string, r restrictions, keyed bool) error {
	what := rest.Call{To: setRestrictions, Args: []string{id}, Body: r.body()}
	if len(r.body()) == 0 {
		what = rest.Call{To: clearRestrictions, Args: []string{id}}
	}
	if keyed {
		what = withKey(what)
	}
	return w.send(ctx, what, nil)
}
