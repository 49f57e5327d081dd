package datacenter

import (
	"context"
	"fmt"
	"slices"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/rest"
)

// globals are the global permissions as the site lists them. A site that has no
// interface for them answers 404: that tells, and no version does (evidence B2).
type globals struct {
	there bool
	rows  rows // those of people without a licence included, who have a list of their own
}

func (s *Site) globals(ctx context.Context) (globals, error) {
	var g globals
	err := s.client.Read(ctx, rest.Call{To: listGlobals}, &g.rows)
	if site.Is(err, site.NotFound) {
		return globals{}, nil
	}
	if err != nil {
		return g, err
	}
	var more rows
	if err := s.client.Read(ctx, rest.Call{To: unlicensedGlobals}, &more); err != nil {
		return g, err
	}
	for _, one := range more {
		one.Subject = subject{Type: "unlicensed"}
		g.rows = append(g.rows, one)
	}
	g.there = true
	return g, nil
}

// subjectRef names who has a permission or is named by a restriction; ok is
// false for whom weir cannot name.
func (s *Site) subjectRef(who subject) (r access.Ref, ok bool) {
	switch who.Type {
	case "anonymous":
		return access.Anonymous, true
	case "unlicensed":
		return access.Unlicensed, true
	case "group":
		name := who.Name
		if name == "" {
			name = who.DisplayName
		}
		return s.known.group(name), name != ""
	}
	if r, ok := s.known.person(who.UserKey); ok {
		return r, true
	}
	return s.names.ref(who.Username), who.Username != ""
}

// held is what everybody holds on the site as a whole.
type held struct {
	there   bool
	facts   []access.Fact
	unknown []access.Unknown
	uses    map[access.Ref]bool // groups, people and classes with the permission to use Confluence
	active  map[string]bool     // who counts for the licence, by user key, where there is no such interface or a group that lets people in came empty
	blind   bool                // somebody whom the site does not name may use Confluence
}

// held says the global permissions in facts. Where there is no interface for
// them they are unknown, and who may enter is who counts for the licence: that
// list is of the index (evidence B1), so it may be late.
func (s *Site) held(ctx context.Context, r *reading) (held, error) {
	h := held{there: r.globals.there, uses: make(map[access.Ref]bool)}
	if !h.there {
		return h, s.withoutGlobals(ctx, r, &h)
	}
	for ref, ops := range s.bySubject(r.globals.rows, &h) {
		if _, listed := r.in[ref]; ref.Type() == "group" && !listed && r.in != nil {
			if err := s.gone(ctx, ref); err != nil {
				return h, err
			}
			continue
		}
		h.uses[ref] = slices.Contains(ops, useConfluence) || slices.Contains(ops, useUnlicensed)
		h.facts = append(h.facts, globalFacts(ref, ops)...)
	}
	return h, nil
}

// gone makes sure that a group which holds something and is in no list is not
// there: who is in it could not be told, and so not who may enter.
func (s *Site) gone(ctx context.Context, g access.Ref) error {
	what := rest.Call{To: oneGroup, Args: []string{g.ID()}}
	err := s.client.Read(ctx, what, new(group))
	switch {
	case site.Is(err, site.NotFound):
		return nil
	case err != nil:
		return err
	}
	return rest.Fail(site.Invalid, rest.Call{To: listGroups}, fmt.Errorf("the list lacks %s, which is there when asked for", g))
}

func (s *Site) withoutGlobals(ctx context.Context, r *reading, h *held) error {
	const reason = "this version has no interface for global permissions"
	h.unknown = append(h.unknown, access.Unknown{Kind: access.Global, Object: access.Site, Reason: reason}, access.Unknown{Kind: access.Product, Reason: reason})
	var err error
	h.active, err = s.licensed(ctx)
	return err
}

// licensed gives the user keys of those who count for the licence.
func (s *Site) licensed(ctx context.Context) (map[string]bool, error) {
	list, err := rest.ByOffset(ctx, s.client, rest.Call{To: listActive}, rest.Offset{Limit: userPage, Overlap: true}, byKey)
	out := make(map[string]bool)
	for _, u := range list {
		out[u.UserKey] = true
	}
	return out, err
}

// bySubject gathers the operations of each subject. Whom it cannot name makes
// the list unknown, and with it what people and groups hold.
func (s *Site) bySubject(list rows, h *held) map[access.Ref][]operation {
	out := make(map[access.Ref][]operation)
	for _, one := range list {
		ref, ok := s.subjectRef(one.Subject)
		if !ok {
			reason := fmt.Sprintf("somebody holds %s whom the site does not name (%s)", one.Operation.id(), one.Subject.DisplayName)
			h.blind = h.blind || one.Operation == useConfluence
			if one.Operation == useConfluence || one.Operation == administerConfluence {
				h.unknown = append(h.unknown, access.Unknown{Kind: access.Product, Reason: reason})
			}
			h.unknown = append(h.unknown, access.Unknown{Kind: access.Global, Object: access.Site, Reason: reason})
			continue
		}
		if !slices.Contains(out[ref], one.Operation) {
			out[ref] = append(out[ref], one.Operation)
		}
	}
	return out
}

// globalFacts say what one subject holds. Using and administering Confluence are
// product facts of groups and people; that a person uses it is `exists`.
func globalFacts(ref access.Ref, ops []operation) []access.Fact {
	var out []access.Fact
	class := ref.Type() == "class"
	switch {
	case ref.IsPerson() && slices.Contains(ops, administerConfluence):
		out = append(out, access.Fact{Kind: access.Product, Object: ref, Value: access.AdminRole})
	case ref.Type() == "group" && productValue(ops) != "":
		out = append(out, access.Fact{Kind: access.Product, Object: ref, Value: productValue(ops)})
	}
	for _, o := range ops {
		if class || o != useConfluence && o != administerConfluence {
			out = append(out, access.Fact{Kind: access.Global, Object: access.Site, Verb: verbOf(ref, o), Subject: ref})
		}
	}
	return out
}

// tellPlain says of people whether they hold the permission to use Confluence
// themselves, beside what their product facts tell of everybody.
func (h *held) tellPlain(own []access.Ref) {
	for _, r := range own {
		if !h.uses[r] {
			continue
		}
		value := userRole
		h.facts = slices.DeleteFunc(h.facts, func(f access.Fact) bool {
			if f.Kind != access.Product || f.Object != r {
				return false
			}
			value = f.Value + "+" + userRole
			return true
		})
		h.facts = append(h.facts, access.Fact{Kind: access.Product, Object: r, Value: value})
	}
}

// products is what each group holds.
func (h held) products() map[access.Ref]string {
	out := make(map[access.Ref]string)
	for _, f := range h.facts {
		if f.Kind == access.Product && f.Object.Type() == "group" {
			out[f.Object] = f.Value
		}
	}
	return out
}
