package schema

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/weirhq/weir/internal/diag"
)

// stringCodec makes a codec of a single text.
func stringCodec(expect string, l lines) codec[*Str] {
	return codec[*Str]{
		expect: expect,
		shape:  textShape(l),
		decode: func(d *decoder, at string, n *node) *Str {
			if s, ok := d.text(at, n, l); ok {
				return &s
			}
			return nil
		},
		encode: func(s *Str) *node {
			if s == nil {
				return nil
			}
			return strNode(*s)
		},
	}
}

var (
	text      = stringCodec("text", oneLine)
	prose     = stringCodec("text", manyLines)
	reference = stringCodec("a reference", oneLine)
	pattern   = stringCodec("a pattern of references", oneLine)
	principal = stringCodec("a principal", oneLine)
)

// must turns the codec of a value that may be absent into one of a required
// value: decodeKeys reports its absence.
func must(c codec[*Str]) codec[Str] {
	return codec[Str]{
		expect: c.expect,
		shape:  c.shape,
		decode: func(d *decoder, at string, n *node) Str {
			if s := c.decode(d, at, n); s != nil {
				return *s
			}
			return Str{}
		},
		encode: func(s Str) *node { return c.encode(&s) },
	}
}

// strNode writes text back. Of a template only the parts count: its Value is a
// copy for messages.
func strNode(s Str) *node {
	if s.Parts != nil {
		return textNode(s.Parts, quoted, s.Range)
	}
	return textNode([]Part{{Literal: s.Value}}, quoted, s.Range)
}

// choice is a text of which the language knows the possible values. [Compile]
// checks them; the list is for the reader.
func choice(values ...string) codec[*Str] {
	return shaped(stringCodec(strings.Join(values, ", "), oneLine), wordsShape(values...))
}

// mode is a mode of ownership. Which of them fits what is owned is for [Compile]
// to say.
var mode = shaped(stringCodec("exclusive, additive, bounded or observe", oneLine), modeShape)

// dayForm is the only spelling of a date.
var dayForm = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}$`)

// day is a date. In YAML it may stand bare; whether there is such a day in the
// calendar is for [Compile] to say.
var day = codec[*Str]{
	expect: "a date (YYYY-MM-DD)",
	shape:  dayShape,
	decode: func(d *decoder, at string, n *node) *Str {
		switch {
		case n.kind == scalar && n.form == date:
			return &Str{Value: n.text, Range: n.rng}
		case n.kind == scalar && (n.form.isText() || n.form == null):
			return text.decode(d, at, n)
		}
		d.errorf("WR103", n.rng, "write the day as YYYY-MM-DD", "%s must be a date, not %s", at, n.describe())
		return nil
	},
	encode: func(s *Str) *node {
		n := text.encode(s)
		if n != nil && n.parts == nil && dayForm.MatchString(n.text) {
			n.form = date
		}
		return n
	},
}

// numberForm is a number that every reader of YAML and HCL reads alike: plain
// decimal digits, not more than a float64 can tell apart.
var numberForm = regexp.MustCompile(`^-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,15})?$`)

var count = codec[*Num]{
	expect: "a number",
	shape:  countShape,
	decode: func(d *decoder, at string, n *node) *Num {
		if n.kind == scalar && n.form == number {
			if v, err := strconv.ParseFloat(n.text, 64); err == nil {
				return &Num{Value: v, Range: n.rng}
			}
		}
		switch {
		case n.kind == scalar && n.form.isText() && numberForm.MatchString(n.text):
			d.errorf("WR103", n.rng, "write it without quotes", "%s must be a number, not text", at)
		case n.kind == scalar && (n.form == misread || n.form == number):
			d.errorf("WR103", n.rng, "write plain decimal digits", "%s must be a number, not %s", at, n.describe())
		default:
			d.wrong(at, "a number", n)
		}
		return nil
	},
	encode: func(v *Num) *node {
		if v == nil {
			return nil
		}
		return &node{kind: scalar, form: number, text: strconv.FormatFloat(v.Value, 'f', -1, 64)}
	},
}

// amount is an amount of money, kept as it was written: a float64 would round it.
// What decimals a currency has is for [Compile] to say.
var amount = codec[*Str]{
	expect: "an amount of money",
	shape:  amountShape,
	decode: func(d *decoder, at string, n *node) *Str {
		if n.kind == scalar && n.form == number {
			return &Str{Value: n.text, Range: n.rng}
		}
		switch {
		case n.kind == scalar && n.form.isText() && numberForm.MatchString(n.text):
			d.errorf("WR103", n.rng, "write it without quotes", "%s must be an amount of money, not text", at)
		case n.kind == scalar && n.form != null && n.form != boolean:
			d.errorf("WR103", n.rng, "write plain decimal digits, such as 6.05", "%s must be an amount of money, not %s", at, quoteYAML(clip(n.text)))
		default:
			d.wrong(at, "an amount of money", n)
		}
		return nil
	},
	encode: func(s *Str) *node {
		if s == nil {
			return nil
		}
		return &node{kind: scalar, form: number, text: s.Value}
	},
}

// seatTiers is a list of tiers of which the place counts: an empty one is a
// mistake.
var seatTiers = codec[*SeatTiers]{
	expect: tierList.expect,
	shape:  atLeastOne(tierList.shape),
	decode: func(d *decoder, at string, n *node) *SeatTiers {
		if n.kind != list {
			d.wrong(at, tierList.expect, n)
			return nil
		}
		return &SeatTiers{Items: tierList.decode(d, at, n), Range: n.rng}
	},
	encode: func(t *SeatTiers) *node {
		if t == nil {
			return nil
		}
		if len(t.Items) == 0 {
			return &node{kind: list}
		}
		return tierList.encode(t.Items)
	},
}

var tierList = objects("a tier", seatTierKeys, func(t *SeatTier) *diag.Range { return &t.Range })

var shareForm = regexp.MustCompile(`^(0|[1-9][0-9]{0,9})(\.[0-9]{1,9})?%$`)

// share is a part of a whole: 10% or 0.1.
var share = codec[*Num]{
	expect: "a share (10% or 0.1)",
	shape:  shareShape,
	decode: func(d *decoder, at string, n *node) *Num {
		if n.kind != scalar || !n.form.isText() {
			return count.decode(d, at, n)
		}
		if shareForm.MatchString(n.text) {
			if v, err := strconv.ParseFloat(strings.TrimSuffix(n.text, "%"), 64); err == nil {
				return &Num{Value: v / 100, Range: n.rng}
			}
		}
		d.errorf("WR103", n.rng, "write 10% or 0.1", "%s must be a share, not %s", at, quoteYAML(clip(n.text)))
		return nil
	},
	encode: func(v *Num) *node {
		n := count.encode(v)
		if n == nil || v.Value < 0 {
			return n
		}
		// As a percentage where that is exact and no longer to read.
		percent := strconv.FormatFloat(math.Round(v.Value*1e6)/1e4, 'f', -1, 64)
		if back, err := strconv.ParseFloat(percent, 64); err == nil && back/100 == v.Value {
			return &node{kind: scalar, form: quoted, text: percent + "%"}
		}
		return n
	},
}

// listOf makes a codec of a list of texts.
func listOf(things string) codec[*List] {
	expect := "a list of " + things
	return codec[*List]{
		expect: expect,
		shape:  arrayShape(textShape(oneLine)),
		decode: func(d *decoder, at string, n *node) *List {
			items, ok := d.list(at, expect, n)
			if !ok {
				return nil
			}
			l := &List{Range: n.rng}
			for _, item := range items {
				if s, ok := d.text("an item of "+at, item, oneLine); ok {
					l.Items = append(l.Items, s)
				}
			}
			return l
		},
		encode: func(l *List) *node {
			if l == nil {
				return nil
			}
			n := &node{kind: list}
			for _, s := range l.Items {
				n.items = append(n.items, strNode(s))
			}
			return n
		},
	}
}

// object makes a codec of a map or block with keys of its own. The noun names
// it in messages.
func object[T any](noun string, keys []key[T], rng func(*T) *diag.Range) codec[*T] {
	return codec[*T]{
		expect: "a map",
		shape: func(s *shaper) shape {
			return s.define(noun, func() shape { return keysShape(s, keys) })
		},
		decode: func(d *decoder, at string, n *node) *T {
			if !d.dict(at, "a map", n) {
				return nil
			}
			v := new(T)
			*rng(v) = n.rng
			decodeKeys(d, noun, keys, n, v)
			return v
		},
		encode: func(v *T) *node {
			if v == nil {
				return nil
			}
			return encodeKeys(keys, v)
		},
	}
}

// encodeKeys is the inverse of [decodeKeys]: the entries stand in the order of
// the table.
func encodeKeys[T any](keys []key[T], from *T) *node {
	n := &node{kind: dict}
	for i := range keys {
		if v := keys[i].encode(from); v != nil {
			n.entries = append(n.entries, entry{key: word(keys[i].name), value: v, spec: &keys[i].spec})
		}
	}
	return n
}

// word makes the node of a key of the language.
func word(name string) *node { return &node{kind: scalar, form: plain, text: name} }

// objects makes a codec of a list of objects.
func objects[T any](noun string, keys []key[T], rng func(*T) *diag.Range) codec[[]T] {
	one := object(noun, keys, rng)
	return codec[[]T]{
		expect: "a list of maps",
		shape:  arrayShape(one.shape),
		decode: func(d *decoder, at string, n *node) (out []T) {
			items, ok := d.list(at, "a list of maps", n)
			if !ok {
				return nil
			}
			for _, item := range items {
				if v := one.decode(d, "an item of "+at, item); v != nil {
					out = append(out, *v)
				}
			}
			return out
		},
		encode: func(vs []T) *node {
			if len(vs) == 0 {
				return nil
			}
			n := &node{kind: list}
			for i := range vs {
				n.items = append(n.items, one.encode(&vs[i]))
			}
			return n
		},
	}
}

// collection makes a codec of a map of named objects, whose range runs from
// the name to the end of the value.
func collection[T any](noun string, keys []key[T], name func(*T) *Str, rng func(*T) *diag.Range) codec[[]T] {
	one := object(noun, keys, rng)
	return codec[[]T]{
		expect: "a map of names",
		shape:  mapShape(one.shape),
		decode: func(d *decoder, at string, n *node) (out []T) {
			if !d.dict(at, "a map of names", n) {
				return nil
			}
			for who, e := range d.names(at, n) {
				if v := one.decode(d, who.Value, e.value); v != nil {
					*name(v), *rng(v) = who, e.rng
					out = append(out, *v)
				}
			}
			return out
		},
		encode: func(vs []T) *node {
			if len(vs) == 0 {
				return nil
			}
			n := &node{kind: dict}
			for i := range vs {
				n.entries = append(n.entries, entry{key: strNode(*name(&vs[i])), value: one.encode(&vs[i])})
			}
			return n
		},
	}
}

// templated lets parameters stand in whatever c reads.
func templated[V any](c codec[V]) codec[V] {
	decode, as := c.decode, c.shape
	c.shape = func(s *shaper) shape {
		s.templates = true
		defer func() { s.templates = false }()
		return as(s)
	}
	c.decode = func(d *decoder, at string, n *node) V {
		d.templates = true
		defer func() { d.templates = false }()
		return decode(d, at, n)
	}
	return c
}

// grant is a principal, or a map that says more about it.
var grant = codec[*Grant]{
	expect: "a principal or {who, until, reason}",
	shape:  grantShape,
	decode: func(d *decoder, at string, n *node) *Grant {
		if n.kind == dict {
			return grantMap.decode(d, at, n)
		}
		if n.kind == list {
			d.wrong(at, "a principal or {who, until, reason}", n)
			return nil
		}
		if s, ok := d.text(at, n, oneLine); ok {
			return &Grant{Who: s, Range: n.rng}
		}
		return nil
	},
	encode: func(g *Grant) *node {
		if g.Until == nil && g.Reason == nil {
			return strNode(g.Who)
		}
		return grantMap.encode(g)
	},
}

var grantMap = object("a grant", grantKeys, func(g *Grant) *diag.Range { return &g.Range })

// decodeGrants reads a list of principals; members and each role of a space are
// one. ok is false where there is no list.
func decodeGrants(d *decoder, at string, n *node) (out []Grant, ok bool) {
	items, ok := d.list(at, "a list of principals", n)
	for _, item := range items {
		if g := grant.decode(d, "an item of "+at, item); g != nil {
			out = append(out, *g)
		}
	}
	return out, ok
}

func encodeGrants(gs []Grant) *node {
	n := &node{kind: list}
	for i := range gs {
		n.items = append(n.items, grant.encode(&gs[i]))
	}
	return n
}

var members = grantList("a list of people, each an e-mail or {who, until, reason}")

// grants makes a codec of a list of principals.
func grants(things string) codec[*Grants] {
	return grantList("a list of " + things + ", or {who, until, reason}")
}

func grantList(expect string) codec[*Grants] {
	return codec[*Grants]{
		expect: expect,
		shape:  arrayShape(grantShape),
		decode: func(d *decoder, at string, n *node) *Grants {
			if items, ok := decodeGrants(d, at, n); ok {
				return &Grants{Items: items, Range: n.rng}
			}
			return nil
		},
		encode: func(g *Grants) *node {
			if g == nil {
				return nil
			}
			return encodeGrants(g.Items)
		},
	}
}

var roles = codec[*Roles]{
	expect: "a map of roles to lists of principals",
	shape:  mapShape(arrayShape(grantShape)),
	decode: func(d *decoder, at string, n *node) *Roles {
		if !d.dict(at, "a map of roles to lists of principals", n) {
			return nil
		}
		r := &Roles{Range: n.rng}
		for role, e := range d.names(at, n) {
			if gs, ok := decodeGrants(d, role.Value, e.value); ok {
				r.Items = append(r.Items, RoleGrants{Role: role, Grants: gs, Range: e.rng})
			}
		}
		return r
	},
	encode: func(r *Roles) *node {
		if r == nil {
			return nil
		}
		n := &node{kind: dict}
		for _, rg := range r.Items {
			n.entries = append(n.entries, entry{key: strNode(rg.Role), value: encodeGrants(rg.Grants)})
		}
		return n
	},
}

var permissions = codec[*Permissions]{
	expect: "a map of principals to lists of permission ids",
	shape:  mapShape(permissionIDs.shape),
	decode: func(d *decoder, at string, n *node) *Permissions {
		if !d.dict(at, "a map of principals to lists of permission ids", n) {
			return nil
		}
		p := &Permissions{Range: n.rng}
		for who, e := range d.names(at, n) {
			if ids := permissionIDs.decode(d, who.Value, e.value); ids != nil {
				p.Items = append(p.Items, PermissionGrants{Who: who, IDs: *ids, Range: e.rng})
			}
		}
		return p
	},
	encode: func(p *Permissions) *node {
		if p == nil {
			return nil
		}
		n := &node{kind: dict}
		for _, g := range p.Items {
			n.entries = append(n.entries, entry{key: strNode(g.Who), value: permissionIDs.encode(&g.IDs)})
		}
		return n
	},
}

var permissionIDs = listOf("permission ids")

// spaceGuests are the rules for the guests of a space, and beside them, under
// the names of roles, the guests.
var spaceGuests = codec[*SpaceGuests]{
	expect: "a map of rules, and of roles to lists of guests",
	shape:  spaceGuestsShape,
	decode: func(d *decoder, at string, n *node) *SpaceGuests {
		if !d.dict(at, "a map of rules, and of roles to lists of guests", n) {
			return nil
		}
		rules, holders := *n, *n
		rules.entries, holders.entries = nil, nil
		for _, e := range n.entries {
			if slices.ContainsFunc(guestRuleKeys, func(k key[GuestRules]) bool { return k.matches(e, d.syntax) }) {
				rules.entries = append(rules.entries, e)
			} else {
				holders.entries = append(holders.entries, e)
			}
		}
		g := &SpaceGuests{}
		g.Range = n.rng
		decodeKeys(d, at, guestRuleKeys, &rules, &g.GuestRules)
		if r := roles.decode(d, at, &holders); r != nil {
			g.Roles = r.Items
		}
		return g
	},
	encode: func(g *SpaceGuests) *node {
		if g == nil {
			return nil
		}
		n := encodeKeys(guestRuleKeys, &g.GuestRules)
		n.entries = append(n.entries, roles.encode(&Roles{Items: g.Roles}).entries...)
		return n
	},
}

var pages = collection("a page", pageKeys, func(p *Page) *Str { return &p.Title }, func(p *Page) *diag.Range { return &p.Range })

// shapedPages are the pages of an archetype. Their titles are labels in HCL,
// which hold no template, and so hold none in YAML either.
var shapedPages = codec[[]Page]{
	expect: pages.expect,
	shape:  templated(pages).shape,
	decode: func(d *decoder, at string, n *node) []Page {
		found := templated(pages).decode(d, at, n)
		for _, p := range found {
			if p.Title.Parts != nil {
				d.errorf("WR111", p.Title.Range, "describe the page in each space, or write $${ for a literal ${", "a title cannot hold a parameter")
			}
		}
		return found
	},
	encode: pages.encode,
}

// truth is true or false.
var truth = codec[*Bool]{
	expect: "true or false",
	shape:  truthShape,
	decode: func(d *decoder, at string, n *node) *Bool {
		switch {
		case n.kind == scalar && n.form == boolean:
			return &Bool{Value: n.text == "true", Range: n.rng}
		case n.kind == scalar && (n.form == misread || n.form.isText()):
			d.errorf("WR103", n.rng, "write true or false without quotes", "%s must be true or false, not %s", clip(at), quoteYAML(clip(n.text)))
		default:
			d.wrong(at, "true or false", n)
		}
		return nil
	},
	encode: func(b *Bool) *node {
		if b == nil {
			return nil
		}
		return &node{kind: scalar, form: boolean, text: strconv.FormatBool(b.Value)}
	},
}

// set is set algebra over groups; a list means any.
var set = codec[*SetExpr]{
	expect: "a list of groups or {any, all, except}",
	shape:  setShape,
	decode: func(d *decoder, at string, n *node) *SetExpr {
		switch n.kind {
		case list:
			return &SetExpr{Any: groupNames.decode(d, at, n), Range: n.rng}
		case dict:
			s := setMap.decode(d, at, n)
			if s.Any == nil && s.All == nil && !misspelt(n, &setKeys[0].spec) && !misspelt(n, &setKeys[1].spec) {
				d.errorf("WR112", n.rng, "say any or all", "%s names no group to start from", at)
			}
			return s
		}
		d.wrong(at, "a list of groups or {any, all, except}", n)
		return nil
	},
	encode: func(s *SetExpr) *node {
		if s != nil && s.Any != nil && s.All == nil && s.Except == nil {
			return groupNames.encode(s.Any)
		}
		return setMap.encode(s)
	},
}

var (
	groupNames = listOf("groups")
	setMap     = object("a set of groups", setKeys, func(s *SetExpr) *diag.Range { return &s.Range })
)

var arguments = codec[[]Argument]{
	expect: "a map of parameters to values",
	shape:  mapShape(text.shape),
	decode: func(d *decoder, at string, n *node) (out []Argument) {
		if !d.dict(at, "a map of parameters to values", n) {
			return nil
		}
		for name, e := range d.names(at, n) {
			if v, ok := d.text(name.Value, e.value, oneLine); ok {
				out = append(out, Argument{Name: name, Value: v})
			}
		}
		return out
	},
	encode: func(args []Argument) *node {
		if len(args) == 0 {
			return nil
		}
		n := &node{kind: dict}
		for _, a := range args {
			n.entries = append(n.entries, entry{key: strNode(a.Name), value: strNode(a.Value)})
		}
		return n
	},
}

// waivers is the one key among the policies that is not the name of a rule.
const waivers = "waivers"

var policies = codec[[]Policy]{
	expect: "a map of rules",
	shape:  policiesShape,
	decode: func(d *decoder, at string, n *node) []Policy {
		// Rules stand among the keys of a block, where HCL takes bare words only.
		rules := *n
		rules.entries = nil
		for _, e := range n.entries {
			switch name := e.key.text; {
			case name == waivers:
				d.notYet(waivers, e.key.rng)
			case e.key.form.isText() && !isIdentifier(name):
				d.errorf("WR113", e.key.rng, "write it in letters, digits and _", "%s cannot be the name of a rule", quoteYAML(clip(name)))
			case e.value.block:
				d.errorf("WR103", e.key.rng, "write "+name+" = { … }", "%s must be an attribute", name)
			default:
				rules.entries = append(rules.entries, e)
			}
		}
		return policyMap.decode(d, at, &rules)
	},
	encode: func(ps []Policy) *node {
		n := policyMap.encode(ps)
		if n != nil {
			for i := range n.entries {
				n.entries[i].spec = &spec{name: ps[i].Rule.Value}
			}
		}
		return n
	},
}

var policyMap = collection("a policy", policyKeys, func(p *Policy) *Str { return &p.Rule }, func(p *Policy) *diag.Range { return &p.Range })

// owned makes the key of one kind of object in ownership or one of its rules:
// a mode, or a mode for each part.
func owned[T any](s spec, kinds func(*T) *[]OwnedKind) key[T] {
	s.expect = "a mode, or a map of parts to modes"
	return key[T]{
		spec:  s,
		shape: ownedShape(s.name),
		decode: func(d *decoder, into *T, e entry) {
			k := OwnedKind{Key: Str{Value: s.name, Range: e.key.rng}}
			switch {
			case e.value.kind == dict:
				for part, p := range d.names(s.name, e.value) {
					if m := mode.decode(d, part.Value, p.value); m != nil {
						k.Parts = append(k.Parts, OwnedKindPart{Key: part, Mode: *m})
					}
				}
			case e.value.kind == list:
				d.wrong(s.name, s.expect, e.value)
				return
			default:
				if k.Mode = mode.decode(d, s.name, e.value); k.Mode == nil {
					return
				}
			}
			*kinds(into) = append(*kinds(into), k)
		},
		encode: func(from *T) *node {
			for _, k := range *kinds(from) {
				if k.Key.Value != s.name {
					continue
				}
				if k.Mode != nil {
					return mode.encode(k.Mode)
				}
				n := &node{kind: dict}
				for _, p := range k.Parts {
					n.entries = append(n.entries, entry{key: strNode(p.Key), value: mode.encode(&p.Mode)})
				}
				return n
			}
			return nil
		},
	}
}
