package schema

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/diag"
	"github.com/weirhq/weir/internal/nearest"
)

// collectArchetypes reads the shapes and checks each by itself, used or not.
func (c *compiler) collectArchetypes() map[string]Archetype {
	all := make(map[string]Archetype)
	for _, d := range c.docs {
		for _, a := range d.Archetypes {
			if first, ok := all[a.Name.Value]; ok {
				c.both("WR104", first.Name.Range, a.Name.Range, "archetype "+quote(a.Name.Value)+" is described twice", "keep one entry", "also described here")
				continue
			}
			all[a.Name.Value] = a
			c.checkArchetype(a)
		}
	}
	return all
}

// checkArchetype compares the parameters with the templates that use them.
func (c *compiler) checkArchetype(a Archetype) {
	declared := make(map[string]bool)
	for _, p := range a.Parameters {
		declared[p.Name.Value] = true
	}
	used := make(map[string]bool)
	look := func(s Str) Str {
		for _, part := range s.Parts {
			if name := part.Parameter; name != "" {
				used[name] = true
				if !declared[name] {
					c.add("WR203", s.Range, fmt.Sprintf("archetype %s has no parameter %s", quote(a.Name.Value), quote(name)),
						parameterHint(name, declared, "declare it"))
				}
			}
		}
		return s
	}
	a.rewrite(look)
	for _, p := range a.Parameters {
		if !used[p.Name.Value] {
			c.warn("WR203", p.Name.Range, "parameter "+quote(p.Name.Value)+" is never used", "delete it, or use it as ${"+p.Name.Value+"}")
		}
	}
}

func parameterHint(name string, declared map[string]bool, otherwise string) string {
	if near := nearest.To(name, slices.Sorted(maps.Keys(declared))); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	return otherwise
}

// spaceEntry is a space's own entry with what its archetype adds.
type spaceEntry struct {
	Space
	shape Archetype // with the space's arguments in place of the parameters
}

// collectSpaces reads the entries of spaces and expands their archetypes.
func (c *compiler) collectSpaces(archetypes map[string]Archetype) map[access.Ref]spaceEntry {
	spaces := make(map[access.Ref]spaceEntry)
	for _, d := range c.docs {
		for _, s := range d.Spaces {
			ref, ok := c.named("space", s.Key.Value, s.Key.Range)
			if !ok || !c.spaceKey(s.Key) || !c.claim(ref, s.Key.Range) {
				continue
			}
			entry := spaceEntry{Space: s}
			if s.Archetype != nil {
				entry.shape = c.expand(s, archetypes)
			} else if len(s.With) > 0 {
				c.add("WR203", s.With[0].Name.Range, "with stands without an archetype", "name the archetype, or delete with")
			}
			spaces[ref] = entry
		}
	}
	return spaces
}

// spaceKey refuses what no space can be called: Confluence allows letters and
// digits, and a personal space's key is "~" and an account.
func (c *compiler) spaceKey(key Str) bool {
	if strings.HasPrefix(key.Value, "~") || !strings.ContainsFunc(key.Value, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9')
	}) {
		return true
	}
	c.add("WR113", key.Range, quote(key.Value)+" is not the key of a space", "write letters and digits, such as ENG; what people read goes under name")
	return false
}

// expand gives a space's archetype with the space's arguments in place of the
// parameters.
func (c *compiler) expand(s Space, archetypes map[string]Archetype) Archetype {
	name := *s.Archetype
	a, ok := archetypes[name.Value]
	if !ok {
		hint := "describe it under archetypes"
		if near := nearest.To(name.Value, slices.Sorted(maps.Keys(archetypes))); near != "" {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
		c.add("WR201", name.Range, "archetype "+quote(name.Value)+" is not described", hint)
		return Archetype{}
	}
	declared, values := make(map[string]bool), make(map[string]string)
	for _, p := range a.Parameters {
		declared[p.Name.Value] = true
		if p.Default != nil {
			values[p.Name.Value] = p.Default.Value
		}
	}
	for _, arg := range s.With {
		if !declared[arg.Name.Value] {
			c.add("WR203", arg.Name.Range, fmt.Sprintf("archetype %s has no parameter %s", quote(a.Name.Value), quote(arg.Name.Value)),
				parameterHint(arg.Name.Value, declared, "delete it"), diag.Related{Message: "the archetype", Range: a.Name.Range})
		}
		values[arg.Name.Value] = arg.Value.Value
	}
	whole := true
	for _, p := range a.Parameters {
		if _, ok := values[p.Name.Value]; !ok {
			whole = false
			c.add("WR203", name.Range, fmt.Sprintf("parameter %s of archetype %s has no value", quote(p.Name.Value), quote(a.Name.Value)),
				"give it under with", diag.Related{Message: "the parameter", Range: p.Name.Range})
		}
	}
	if !whole {
		return Archetype{}
	}
	fill := func(t Str) Str {
		if t.Parts == nil {
			return t
		}
		var b strings.Builder
		for _, part := range t.Parts {
			b.WriteString(part.Literal)
			b.WriteString(values[part.Parameter])
		}
		return Str{Value: b.String(), Range: t.Range}
	}
	return a.rewrite(fill)
}

// collectGroups puts together the groups' own entries and those that
// archetypes declare. Several spaces of one archetype may expand to the same
// group if they say exactly the same of it; it is then described once.
func (c *compiler) collectGroups(spaces map[access.Ref]spaceEntry) map[access.Ref]Group {
	groups := make(map[access.Ref]Group)
	for _, d := range c.docs {
		for _, g := range d.Groups {
			if ref, ok := c.groupName(g.Name); ok && c.claim(ref, g.Name.Range) {
				groups[ref] = g
			}
		}
	}
	type declared struct {
		Group
		archetype string
		space     Str
	}
	shaped := make(map[access.Ref]declared)
	for _, s := range sorted(spaces) {
		entry := spaces[s]
		for _, g := range entry.shape.Groups {
			ref, ok := c.groupName(g.Name)
			if !ok {
				continue
			}
			first, again := shaped[ref]
			if !again {
				shaped[ref] = declared{g, entry.Archetype.Value, entry.Key}
				continue
			}
			if first.archetype != entry.Archetype.Value || !reflect.DeepEqual(first.Group, g) {
				c.add("WR104", entry.Archetype.Range, noun(ref)+" comes from two archetypes", "give them names that differ, or one entry of their own",
					diag.Related{Message: "declared for space " + first.space.Value, Range: first.Name.Range},
					diag.Related{Message: "declared for space " + entry.Key.Value, Range: g.Name.Range})
			}
		}
	}
	for _, ref := range sorted(shaped) {
		g := shaped[ref].Group
		if own, ok := groups[ref]; ok {
			groups[ref] = c.merge(ref, own, g)
		} else {
			groups[ref] = g
			c.described[ref] = g.Name.Range
		}
	}
	return groups
}

// groupName reads the name of a group that is described.
func (c *compiler) groupName(name Str) (access.Ref, bool) {
	if id, ok := strings.CutPrefix(name.Value, "group:"); ok {
		c.add("WR113", name.Range, quote(name.Value)+" is written without its type", fmt.Sprintf("write %q", id))
		return "", false
	}
	return c.named("group", name.Value, name.Range)
}

// merge adds what an archetype says of a group to the group's own entry. They
// may not both set a key.
func (c *compiler) merge(ref access.Ref, own, shape Group) Group {
	g := own
	g.Members = oneOf(c, ref, "members", own.Members, shape.Members, func(m *Grants) diag.Range { return m.Range })
	g.MembersOf = oneOf(c, ref, "members_of", own.MembersOf, shape.MembersOf, func(e *SetExpr) diag.Range { return e.Range })
	at := func(s *Str) diag.Range { return s.Range }
	g.ProductRole = oneOf(c, ref, "product_role", own.ProductRole, shape.ProductRole, at)
	g.ManagedBy = oneOf(c, ref, "managed_by", own.ManagedBy, shape.ManagedBy, at)
	g.Description = oneOf(c, ref, "description", own.Description, shape.Description, at)
	g.Owner = oneOf(c, ref, "owner", own.Owner, shape.Owner, at)
	return g
}

func oneOf[T any](c *compiler, ref access.Ref, key string, own, shape *T, at func(*T) diag.Range) *T {
	if own != nil && shape != nil {
		c.both("WR104", at(own), at(shape), fmt.Sprintf("%s of %s is set twice", key, noun(ref)),
			fmt.Sprintf("set it in the %s's own entry or in the archetype", typeName(ref)), "also set here")
	}
	if own != nil {
		return own
	}
	return shape
}

// rewrite gives a copy with every string put through f.
func (a Archetype) rewrite(f func(Str) Str) Archetype {
	groups := make([]Group, len(a.Groups))
	for i, g := range a.Groups {
		groups[i] = rewriteGroup(g, f)
	}
	a.Groups = groups
	a.Roles = rewriteRoles(a.Roles, f)
	a.Permissions = rewritePermissions(a.Permissions, f)
	if g := a.Guests; g != nil {
		rules := *g
		rules.Domains = rewriteList(g.Domains, f)
		a.Guests = &rules
	}
	if l := a.Limits; l != nil {
		a.Limits = &GrantLimits{Role: rewriteStr(l.Role, f), Permissions: rewriteList(l.Permissions, f), To: rewriteList(l.To, f), Never: rewriteList(l.Never, f), Range: l.Range}
	}
	a.Pages, a.BlogPosts = rewritePages(a.Pages, f), rewritePages(a.BlogPosts, f)
	return a
}

// rewriteGroup gives a copy with every string put through f.
func rewriteGroup(g Group, f func(Str) Str) Group {
	g.Name = f(g.Name)
	g.ProductRole, g.ManagedBy, g.Description = rewriteStr(g.ProductRole, f), rewriteStr(g.ManagedBy, f), rewriteStr(g.Description, f)
	g.Owner = rewriteStr(g.Owner, f)
	g.Members = rewriteGrantList(g.Members, f)
	if e := g.MembersOf; e != nil {
		g.MembersOf = &SetExpr{Any: rewriteList(e.Any, f), All: rewriteList(e.All, f), Except: rewriteList(e.Except, f), Range: e.Range}
	}
	return g
}

func rewriteRoles(r *Roles, f func(Str) Str) *Roles {
	if r == nil {
		return nil
	}
	out := &Roles{Range: r.Range}
	for _, item := range r.Items {
		out.Items = append(out.Items, RoleGrants{Role: f(item.Role), Grants: rewriteGrants(item.Grants, f), Range: item.Range})
	}
	return out
}

func rewritePermissions(p *Permissions, f func(Str) Str) *Permissions {
	if p == nil {
		return nil
	}
	out := &Permissions{Range: p.Range}
	for _, item := range p.Items {
		out.Items = append(out.Items, PermissionGrants{Who: f(item.Who), IDs: *rewriteList(&item.IDs, f), Range: item.Range})
	}
	return out
}

func rewritePages(pages []Page, f func(Str) Str) []Page {
	out := make([]Page, len(pages))
	for i, p := range pages {
		out[i] = Page{Title: p.Title, View: rewriteGrantList(p.View, f), Edit: rewriteGrantList(p.Edit, f), Range: p.Range}
	}
	return out
}

func rewriteGrantList(g *Grants, f func(Str) Str) *Grants {
	if g == nil {
		return nil
	}
	return &Grants{Items: rewriteGrants(g.Items, f), Range: g.Range}
}

func rewriteGrants(grants []Grant, f func(Str) Str) []Grant {
	out := make([]Grant, len(grants))
	for i, g := range grants {
		out[i] = Grant{Who: f(g.Who), Until: rewriteStr(g.Until, f), Reason: rewriteStr(g.Reason, f), Range: g.Range}
	}
	return out
}

func rewriteList(l *List, f func(Str) Str) *List {
	if l == nil {
		return nil
	}
	out := &List{Range: l.Range}
	for _, item := range l.Items {
		out.Items = append(out.Items, f(item))
	}
	return out
}

func rewriteStr(s *Str, f func(Str) Str) *Str {
	if s == nil {
		return nil
	}
	t := f(*s)
	return &t
}
