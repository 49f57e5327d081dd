package emulator

import (
	"fmt"
	"hash/fnv"
	"net/http"
	"slices"
)

// Operations that content can be restricted for: viewing and editing.
const (
	opRead   = "read"
	opUpdate = "update"
	opDelete = "delete"
)

// restriction limits one operation to named people and groups. Nobody named
// means no restriction. A group that is gone stays named: deleting a group
// leaves its restrictions behind as dangling entries (evidence A10,
// published), which nobody passes.
type restriction struct {
	Users  set `json:",omitempty"`
	Groups set `json:",omitempty"`
}

func (r restriction) empty() bool { return len(r.Users) == 0 && len(r.Groups) == 0 }

func (r restriction) equal(o restriction) bool {
	return slices.Equal(r.Users, o.Users) && slices.Equal(r.Groups, o.Groups)
}

// of returns those of one type who are named.
func (r *restriction) of(kind string) *set {
	if kind == typeGroup {
		return &r.Groups
	}
	return &r.Users
}

func (r restriction) clone() restriction {
	return restriction{slices.Clone(r.Users), slices.Clone(r.Groups)}
}

// restrictions are both of one piece of content.
type restrictions struct{ read, update restriction }

func (c *content) restrictions() restrictions {
	return restrictions{c.Read.clone(), c.Update.clone()}
}

// of returns the restriction of an operation, nil for other operations.
func (r *restrictions) of(operation string) *restriction {
	switch operation {
	case opRead:
		return &r.read
	case opUpdate:
		return &r.update
	}
	return nil
}

// hash is what v1 shows as restrictionsHash: another for other restrictions.
func (r restrictions) hash() string {
	h := fnv.New64a()
	fmt.Fprintf(h, "%q", r)
	return fmt.Sprintf("%016x", h.Sum64())
}

// admits reports whether the restriction lets the person through.
func (s *state) admits(r restriction, p *person) bool {
	if r.empty() || s.super(p) {
		return true
	}
	if p == nil {
		return false
	}
	return r.Users.has(p.ID) || slices.ContainsFunc(s.groupsOf(p), r.Groups.has)
}

// passes reports whether the person passes the view restrictions of the content
// and of everything above it: those are inherited, those of editing are not
// (evidence A10, documented).
func (s *state) passes(p *person, c *content) bool {
	for ; c != nil; c = s.parent(c) {
		if !s.admits(c.Read, p) {
			return false
		}
	}
	return true
}

// restrict replaces the restrictions of content. Nothing stops the caller from
// locking themselves out: whether the product does is unknown ("Unknown" 7), and
// a client must not lean on it.
func (s *state) restrict(c *content, to restrictions) {
	for _, part := range []struct {
		operation string
		old, new  *restriction
	}{{opRead, &c.Read, &to.read}, {opUpdate, &c.Update, &to.update}} {
		if part.old.equal(*part.new) {
			continue
		}
		for _, kind := range []string{typeUser, typeGroup} {
			before, after := *part.old.of(kind), *part.new.of(kind)
			for _, id := range before {
				if !after.has(id) {
					s.auditRestriction("Content restriction removed", c, principal{kind, id}, AuditChange{Name: part.operation, Old: s.nameOf(principal{kind, id})})
				}
			}
			for _, id := range after {
				if !before.has(id) {
					s.auditRestriction("Content restriction added", c, principal{kind, id}, AuditChange{Name: part.operation, New: s.nameOf(principal{kind, id})})
				}
			}
		}
	}
	c.Read, c.Update = to.read, to.update
	s.saveContent(c)
}

func (s *state) auditRestriction(summary string, c *content, who principal, changed AuditChange) {
	s.audit("Permissions", summary, AuditObject{c.Title, "Page"}, []AuditChange{changed}, spaceObject(s.spaceOf(c)), s.principalObject(who))
}

// restrictable refuses principals that a restriction cannot name: those that
// the site does not have, dangling groups among them, and access classes.
func (s *state) restrictable(who principal) error {
	if who.Type == typeClass {
		return refuse(http.StatusBadRequest, "", "a restriction names people and groups")
	}
	return s.known(who)
}

// customizable refuses changes to restrictions where the plan or the content
// has none: they cannot be customised on the Free plan (evidence, Domain), and those
// of an attachment are those of what it is attached to.
func (s *state) customizable(c *content) error {
	switch {
	case s.limits.free():
		return refuse(http.StatusBadRequest, "", "restrictions cannot be customised on the Free plan")
	case c.Type == typeAttachment:
		return refuse(http.StatusBadRequest, "", "an attachment has no restrictions of its own")
	}
	return nil
}
