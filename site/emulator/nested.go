package emulator

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// Groups in groups: Data Center has them, and whoever is in a group has what
// its parents have (evidence B1). Cloud has none, and no API of either
// writes them: they come from the directory.

// groupsOf returns the ids of all groups that the person is in, the parents of
// their groups included.
func (s *state) groupsOf(p *person) set {
	if s.nestings == 0 {
		return p.groups
	}
	return s.closure(p.groups, func(g *group) set { return g.parents })
}

// ancestors returns the ids of all groups that the group is in.
func (s *state) ancestors(g *group) set {
	return s.closure(g.parents, func(g *group) set { return g.parents })
}

// everyMember returns the account ids of the people in the group and in the
// groups in it.
func (s *state) everyMember(g *group) set {
	if len(g.children) == 0 {
		return g.members
	}
	var out set
	for _, id := range s.closure(set{g.ID}, func(g *group) set { return g.children }) {
		for _, member := range s.groups.get(id).members {
			out.add(member)
		}
	}
	return out
}

// givesSeat reports whether a member of the group takes a seat through it.
func (s *state) givesSeat(g *group) bool {
	return slices.ContainsFunc(s.closure(set{g.ID}, func(g *group) set { return g.parents }), func(id string) bool {
		return slices.ContainsFunc(s.groups.get(id).Product, takesSeat)
	})
}

// closure returns the groups that can be reached from some, these included.
func (s *state) closure(from set, next func(*group) set) set {
	out := slices.Clone(from)
	for open := slices.Clone(from); len(open) > 0; {
		g := s.groups.get(open[0])
		open = open[1:]
		for _, id := range next(g) {
			if !out.has(id) {
				out.add(id)
				open = append(open, id)
			}
		}
	}
	return out
}

// nest puts a group into another.
func (s *state) nest(parent, child *group) error {
	if parent == child || s.ancestors(parent).has(child.ID) {
		return refuse(http.StatusBadRequest, "", "group %q would be in itself", child.Name)
	}
	if !parent.children.has(child.ID) {
		s.indexNesting(parent, child)
		s.save(tableNesting, nestingKey(parent, child), struct{}{})
	}
	return nil
}

// unnest takes a group out of its parents and its children out of it.
func (s *state) unnest(g *group) {
	for _, id := range slices.Clone(g.parents) {
		s.removeNesting(s.groups.get(id), g)
	}
	for _, id := range slices.Clone(g.children) {
		s.removeNesting(g, s.groups.get(id))
	}
}

func (s *state) indexNesting(parent, child *group) {
	parent.children.add(child.ID)
	child.parents.add(parent.ID)
	s.nestings++
}

func (s *state) removeNesting(parent, child *group) {
	if !parent.children.has(child.ID) {
		return
	}
	parent.children.remove(child.ID)
	child.parents.remove(parent.ID)
	s.nestings--
	s.save(tableNesting, nestingKey(parent, child), nil)
}

func nestingKey(parent, child *group) string { return parent.ID + "/" + child.ID }

func (s *state) restoreNesting(r Record) error {
	parentID, childID, _ := strings.Cut(r.Key, "/")
	parent, child := s.groups.get(parentID), s.groups.get(childID)
	if parent == nil || child == nil {
		return fmt.Errorf("no such group")
	}
	s.indexNesting(parent, child)
	return nil
}
