package schema

import (
	"slices"
	"strings"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/diag"
)

// existence is the part of a kind that says what happens to objects which
// nobody described. The other parts are about the contents of described ones.
const existence = "existence"

// ownableKind says what can be owned of one kind of object.
type ownableKind struct {
	types   []string // types of references
	parts   []string // what the long form may set, and the short form sets at once
	bounded bool     // whether limits can bound the parts
}

// ownable are the keys of `ownership`. A space is never removed for being
// undescribed, so there is no existence of spaces to own.
var ownable = map[string]ownableKind{
	"users":       {types: []string{"user", "account"}, parts: []string{existence}},
	"groups":      {types: []string{"group"}, parts: []string{existence, "members", "product_role"}},
	"space_roles": {types: []string{"space_role"}, parts: []string{existence, "permissions"}},
	"spaces":      {types: []string{"space"}, parts: []string{"roles", "permissions", "guests"}, bounded: true},
}

// ownableKeys are the keys of ownable in a fixed order, since later rules win.
var ownableKeys = []string{"users", "groups", "space_roles", "spaces"}

// ownedModes answers in which mode something is owned.
type ownedModes struct {
	kinds   map[string]map[string]access.Mode // by key and part
	globals access.Mode                       // of global permissions
	rules   []ownedRule                       // the last match wins
}

type ownedRule struct {
	match access.Pattern
	parts map[string]access.Mode
}

// of gives the mode of one part of an object. Where nothing is said existence
// is additive and contents are exclusive: a list that is written is the list.
func (o ownedModes) of(key, part string, object access.Ref) access.Mode {
	mode, ok := o.kinds[key][part]
	if !ok {
		mode = access.Exclusive
		if part == existence {
			mode = access.Additive
		}
	}
	for _, r := range o.rules {
		if m, ok := r.parts[part]; ok && r.match.Match(object) {
			mode = m
		}
	}
	return mode
}

// ownership settles the modes, and who is never touched.
func (c *compiler) ownership() {
	o := once(c, "ownership", func(d Document) *Ownership { return d.Ownership }, func(v *Ownership) diag.Range { return v.Range })
	scope := &c.out.scope
	c.owned = ownedModes{kinds: make(map[string]map[string]access.Mode), globals: access.Exclusive}
	if o != nil {
		if o.Globals != nil {
			if mode, ok := c.mode(*o.Globals, "global_permissions", false, false); ok {
				c.owned.globals = mode
			}
		}
		for _, k := range o.Kinds {
			c.owned.kinds[k.Key.Value] = c.parts(k)
		}
	}
	for _, key := range ownableKeys {
		kind := ownable[key]
		if !slices.Contains(kind.parts, existence) {
			continue
		}
		for _, typ := range kind.types {
			all := access.Pattern(typ + ":*")
			scope.Existence = append(scope.Existence, access.Existence{Match: all, Mode: c.owned.of(key, existence, access.Ref(all))})
		}
	}
	// Teams and apps are seen and never written.
	*scope = scope.Excluding(
		access.Excluded{Match: "team:*", Reason: "an Atlassian team", AsSubject: true},
		access.Excluded{Match: "app:*", Reason: "an app", AsSubject: true},
	)
	if o != nil {
		for _, r := range o.Rules {
			c.rule(r)
		}
		for _, i := range o.Ignore {
			c.ignore(i)
		}
	}
	// What may be referred to without being described is not removed for being
	// undescribed, whatever a rule says.
	for _, match := range c.externals {
		scope.Existence = append(scope.Existence, access.Existence{Match: match, Mode: access.Additive})
	}
}

// rule reads one rule. It may speak only of the kind that its pattern matches.
func (c *compiler) rule(r OwnershipRule) {
	match, ok := c.pattern(r.Match, "user", "account", "group", "space_role", "space")
	if !ok {
		return
	}
	typ := access.Ref(match).Type()
	for _, k := range r.Kinds {
		kind, known := ownable[k.Key.Value]
		if known && !slices.Contains(kind.types, typ) {
			c.add("WR202", k.Key.Range, "a rule for "+typ+": cannot set "+k.Key.Value, "match "+kind.types[0]+":…, or set another kind")
			continue
		}
		parts := c.parts(k)
		c.owned.rules = append(c.owned.rules, ownedRule{match: match, parts: parts})
		if mode, ok := parts[existence]; ok {
			c.out.scope.Existence = append(c.out.scope.Existence, access.Existence{Match: match, Mode: mode})
		}
	}
}

// parts reads the short form, which sets every part, or the long form.
func (c *compiler) parts(k OwnedKind) map[string]access.Mode {
	parts := make(map[string]access.Mode)
	kind, ok := ownable[k.Key.Value]
	if !ok {
		c.add("WR102", k.Key.Range, "unknown key "+quote(k.Key.Value)+" in ownership", "the keys are "+strings.Join(ownableKeys, ", "))
		return parts
	}
	if k.Mode != nil {
		if mode, ok := c.mode(*k.Mode, k.Key.Value, kind.bounded, slices.Contains(kind.parts, existence)); ok {
			for _, part := range kind.parts {
				parts[part] = mode
			}
		}
	}
	for _, p := range k.Parts {
		switch {
		case slices.Contains(kind.parts, p.Key.Value):
			if mode, ok := c.mode(p.Mode, p.Key.Value+" of "+k.Key.Value, kind.bounded, p.Key.Value == existence); ok {
				parts[p.Key.Value] = mode
			}
		case p.Key.Value == existence:
			c.add("WR102", p.Key.Range, k.Key.Value+" have no existence to own", "delete it: a space is never removed for being undescribed")
		default:
			c.add("WR102", p.Key.Range, "unknown key "+quote(p.Key.Value)+" in ownership of "+k.Key.Value, "the keys are "+strings.Join(kind.parts, ", "))
		}
	}
	return parts
}

// mode reads a mode. What it is for says whether limits can bound it, and
// whether existence is among it.
func (c *compiler) mode(s Str, what string, bounded, exists bool) (access.Mode, bool) {
	var words []string
	for _, mode := range []access.Mode{access.Exclusive, access.Additive, access.Bounded, access.Observe} {
		if s.Value != mode.String() {
			words = append(words, mode.String())
			continue
		}
		switch {
		case exists && mode == access.Observe:
			c.add("WR103", s.Range, what+" cannot be only observed", "write exclusive or additive, and observe what there is in each by its own key")
		case exists && mode == access.Bounded:
			c.add("WR103", s.Range, what+" cannot be bounded", "write exclusive or additive: limits bound what is granted in a space")
		case mode == access.Bounded && !bounded:
			c.add("WR103", s.Range, what+" cannot be bounded", "write exclusive, additive or observe: limits bound what is granted in a space, and nothing else has permissions to compare")
		default:
			return mode, true
		}
		return 0, false
	}
	c.choice(&s, "mode", words...)
	return 0, false
}

// ignore leaves objects alone until a day has passed.
func (c *compiler) ignore(i Ignore) {
	match, ok := c.pattern(i.Object, "user", "account", "group", "space_role", "space")
	if !ok || i.Until != nil && c.expired(*i.Until, quote(i.Object.Value)+" is ignored no longer") {
		return
	}
	if i.Until != nil {
		c.ends(*i.Until, ending{entry: "the ignore of " + quote(i.Object.Value)})
	}
	reason := "ignored"
	if i.Reason != nil {
		reason += " (" + i.Reason.Value + ")"
	}
	c.out.scope = c.out.scope.Excluding(access.Excluded{Match: match, Reason: reason, AsSubject: true})
}

// protect reads what no plan may take away.
func (c *compiler) protect() {
	p := once(c, "protect", func(d Document) *Protect { return d.Protect }, func(v *Protect) diag.Range { return v.Range })
	if p == nil {
		return
	}
	s := &c.out.Settings.Protect
	s.MinSpaceAdmins = c.count(p.MinSpaceAdmins, "min_space_admins")
	if p.Admins == nil {
		return
	}
	seen := make(map[access.Ref]diag.Range)
	for _, item := range p.Admins.Items {
		ref, ok := c.read(item, readPerson)
		if !ok || c.repeated(seen, ref, item.Range, "protect") {
			continue
		}
		c.refer(ref, item.Range)
		s.Admins = append(s.Admins, ref)
		c.out.scope = c.out.scope.Excluding(access.Excluded{Object: ref, Reason: "protected", AsSubject: true})
	}
}

// absences reads the objects whose removal is described. Files add to each
// other.
func (c *compiler) absences() {
	for _, d := range c.docs {
		if d.Absent == nil {
			continue
		}
		for _, item := range d.Absent.Items {
			ref, ok := c.read(item, readAbsent)
			switch {
			case !ok:
			case isSystemRole(ref):
				c.add("WR202", item.Range, noun(ref)+" is the product's own", "take it from absent: nobody can delete it")
			case !c.repeated(c.absent, ref, item.Range, "absent"):
				c.gone(ref, item.Range)
			}
		}
	}
}

// repeated reports a reference that a list names twice, and notes the first.
func (c *compiler) repeated(seen map[access.Ref]diag.Range, ref access.Ref, at diag.Range, list string) bool {
	if first, ok := seen[ref]; ok {
		c.both("WR104", first, at, noun(ref)+" stands twice in "+list, "keep one of the two", "also here")
		return true
	}
	seen[ref] = at
	return false
}
