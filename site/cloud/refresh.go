package cloud

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/rest"
)

// Site can be refreshed.
var _ site.Refresher = (*Site)(nil)

// Refresh reads everything but who holds what in the spaces, and of that only
// what may have changed since: in spaces that the audit log names, that are new
// or look different, that were unknown, or where somebody stands who came, went
// or changed. Where the audit log does not tell enough, all spaces are read. No log
// tells when content was changed, so the records of spaces are read anew.
func (s *Site) Refresh(ctx context.Context, last site.Observation, since time.Time, extent access.Extent) (site.Observation, error) {
	before := s.client.Sent()
	r, err := s.begin(ctx)
	if err != nil {
		return site.Observation{}, err
	}
	var log []auditRecord
	var reason string
	err = rest.Together(ctx,
		func(ctx context.Context) error { return s.lists(ctx, r, func(context.Context) error { return nil }) },
		func(ctx context.Context) (err error) { log, reason, err = s.auditSince(ctx, since); return err },
	)
	if err != nil {
		return site.Observation{}, err
	}
	p, reason, err := s.catchUp(ctx, r, last, log, nil, reason)
	if err != nil {
		return site.Observation{}, err
	}
	if err := s.conclude(ctx, r, extent, p.now, before); err != nil {
		return site.Observation{}, err
	}
	p.now.Reread = reason
	return *p.now, nil
}

// catchUp reads who holds what where that may be otherwise than in the last
// observation, once the lists are read, and takes over the rest: see past.compare.
// All is read where there is a reason, which is given back or found.
func (s *Site) catchUp(ctx context.Context, r *reading, last site.Observation, log []auditRecord, touched []access.Ref, reason string) (past, string, error) {
	obs, err := s.name(r)
	if err != nil {
		return past{}, "", err
	}
	p := past{last: last, now: &obs, names: s.known.ref}
	changed, kept := r.spaces, []access.Fact(nil)
	if reason == "" {
		if changed, kept, reason = p.compare(r, log, touched); reason != "" {
			changed, kept = r.spaces, nil
		}
	}
	if err := s.readAccess(ctx, r, changed); err != nil {
		return past{}, "", err
	}
	obs.Facts = obs.Facts.Union(access.NewSet(kept...))
	return p, reason, nil
}

// past compares the latest observation with the lists of now.
type past struct {
	last  site.Observation
	now   *site.Observation
	names func(kind, id string) (access.Ref, bool) // of now
}

// compare finds the spaces that have to be read anew, those that are touched among
// them, and gives what is known of the others, in the names of now. The reason, if
// any, is why all have to be read.
func (p past) compare(r *reading, log []auditRecord, touched []access.Ref) (changed []space, kept []access.Fact, reason string) {
	switch {
	case p.last.Facts.Len() == 0:
		return nil, nil, "there is no earlier observation"
	case p.last.Site != p.now.Site || p.last.IDs[p.last.Account] != p.now.IDs[p.now.Account]:
		return nil, nil, "the earlier observation is of another site or account"
	case p.last.Traits.Mode != p.now.Traits.Mode:
		return nil, nil, "the site has changed how it gives access to spaces"
	}
	anew := make(map[access.Ref]bool)
	named := make(map[string][]access.Ref)
	for _, facts := range []access.Set{p.last.Facts, p.now.Facts} {
		for f := range facts.OfKind(access.Name) {
			named[f.Object.ID()] = append(named[f.Object.ID()], f.Object)
			named[f.Value] = append(named[f.Value], f.Object)
		}
	}
	for _, sp := range r.spaces {
		ref := sp.ref()
		anew[ref] = p.last.IDs[ref] != sp.ID || !same(p.last.Facts, p.now.Facts, access.Name, ref) || !same(p.last.Facts, p.now.Facts, access.Status, ref)
	}
	for _, ref := range touched {
		anew[ref] = true
	}
	for _, record := range log {
		spaces, ok := record.concerns(named)
		if !ok {
			return nil, nil, fmt.Sprintf("the audit log tells of something that may concern every space: %q (%s)", record.Summary, record.Category)
		}
		for _, ref := range spaces {
			anew[ref] = true
		}
	}
	for _, u := range p.last.Unknown {
		anew[u.Object] = true
		if u.Object == "" && (u.Kind == "" || u.Kind == access.Role || u.Kind == access.Permission) {
			return nil, nil, "the earlier observation did not see everything: " + u.Reason
		}
	}
	shaken := make(map[access.Ref]bool) // whether a subject came, went or changed
	for _, kind := range []access.Kind{access.Role, access.Permission} {
		for f := range p.last.Facts.OfKind(kind) {
			differs, seen := shaken[f.Subject]
			if !seen {
				differs = p.differs(f.Subject)
				shaken[f.Subject] = differs
			}
			now, ok := p.rename(f)
			if differs || !ok {
				anew[f.Object] = true
				continue
			}
			kept = append(kept, now)
		}
	}
	for _, sp := range r.spaces {
		if anew[sp.ref()] {
			changed = append(changed, sp)
		}
	}
	there := make(map[access.Ref]bool, len(r.spaces))
	for _, sp := range r.spaces {
		there[sp.ref()] = true
	}
	return changed, slices.DeleteFunc(kept, func(f access.Fact) bool { return anew[f.Object] || !there[f.Object] }), ""
}

// same reports whether two sets agree about the kind of fact of an object.
func same(a, b access.Set, kind access.Kind, object access.Ref) bool {
	x, _ := a.Get(access.Fact{Kind: kind, Object: object})
	y, _ := b.Get(access.Fact{Kind: kind, Object: object})
	return x == y
}

// id is the vendor's id of a subject, as the earlier observation knew it. What it
// could not name it called by its id.
func (p past) id(subject access.Ref) string {
	if id := p.last.IDs[subject]; id != "" {
		return id
	}
	return subject.ID()
}

// differs reports whether a principal came, went, or stands otherwise than
// before: what people hold may fall with that, and no log is known to say so.
func (p past) differs(subject access.Ref) bool {
	kind := kindOf(subject)
	if kind == "team" {
		kind = "group"
	}
	if kind != "person" && kind != "group" {
		return false // a class or an app
	}
	now, listed := p.names(kind, p.id(subject))
	if _, before := p.last.IDs[subject]; before != listed {
		return true
	}
	if !listed {
		return false
	}
	for _, k := range []access.Kind{access.Exists, access.State, access.Product, access.Managed} {
		x, had := p.last.Facts.Get(access.Fact{Kind: k, Object: subject})
		y, has := p.now.Facts.Get(access.Fact{Kind: k, Object: now})
		if had != has || x.Value != y.Value {
			return true
		}
	}
	return false
}

// rename says a fact in the names of now: people and roles may have been renamed.
// It is false where its role is not there any more.
func (p past) rename(f access.Fact) (access.Fact, bool) {
	kind := kindOf(f.Subject)
	switch kind {
	case "team":
		kind = "group"
		fallthrough
	case "person", "group":
		if now, ok := p.names(kind, p.id(f.Subject)); ok {
			f.Subject = now
		} else if kind == "person" {
			f.Subject = access.NewRef("account", p.id(f.Subject))
		} else {
			f.Subject = access.NewRef("team", p.id(f.Subject))
		}
	}
	if f.Kind != access.Role {
		return f, true
	}
	role, ok := p.names("space_role", p.last.IDs[access.NewRef("space_role", f.Value)])
	f.Value = role.ID()
	return f, ok
}
