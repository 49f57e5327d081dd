package schema

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/diag"
	"github.com/weirhq/weir/internal/nearest"
)

// refTypes are the types that a written reference may begin with.
var refTypes = []string{"user", "account", "group", "space", "space_role", "class"}

// classes are the words for people whom the product knows without a list.
var classes = map[string]access.Ref{
	"everyone":       access.Everyone,
	"authenticated":  access.Authenticated,
	"product_admins": access.ProductAdmins,
	"jsm_admins":     access.JSMAdmins,
	"anonymous":      access.Anonymous,
	"unlicensed":     access.Unlicensed,
}

// reading says which references may stand at a place.
type reading struct {
	types   []string
	bare    string   // the type of a bare name; none where a bare name could be two things
	classes []string // the words of classes that may stand
	guests  bool     // whether the word guests may stand
	hint    string   // what may stand
}

var (
	readMember = reading{
		types: []string{"user", "account"}, bare: "user",
		hint: "a member is a person: an e-mail address or account:ID; groups go under members_of",
	}
	readPerson = reading{
		types: []string{"user", "account"}, bare: "user",
		hint: "name a person: user:EMAIL or account:ID",
	}
	readSource = reading{
		types: []string{"group"}, bare: "group",
		hint: "members_of lists groups; people go under members",
	}
	readHolder = reading{
		types:   []string{"user", "account", "group", "class"},
		classes: []string{"everyone", "authenticated", "product_admins", "jsm_admins", "anonymous", "unlicensed"},
		hint:    "write user:EMAIL, account:ID, group:NAME, everyone, authenticated, product_admins, jsm_admins, anonymous or unlicensed",
	}
	readGuest = reading{
		types: []string{"user", "account", "group"}, bare: "user",
		hint: "a guest is a person, an e-mail address or account:ID; of a group, group:NAME, each member is",
	}
	readGuestSpace = reading{
		types: []string{"space"}, bare: "space",
		hint: "name the space by its key",
	}
	readRestricted = reading{
		types: []string{"user", "account", "group"},
		hint:  "restrictions name people and groups only: user:EMAIL, account:ID or group:NAME",
	}
	readGlobal = reading{
		types: []string{"user", "account", "group"}, classes: []string{"anonymous", "unlicensed"},
		hint: "write user:EMAIL, account:ID, group:NAME, anonymous or unlicensed",
	}
	readAdministrator = reading{
		types: []string{"user", "account", "group"},
		hint:  "people and groups administer: write user:EMAIL, account:ID or group:NAME",
	}
	readLimited = reading{
		types:   []string{"user", "account", "group"},
		classes: []string{"everyone", "authenticated", "product_admins", "jsm_admins", "anonymous", "unlicensed"}, guests: true,
		hint: "write user:EMAIL, account:ID, group:NAME, a pattern of them, or a word such as everyone, anonymous or guests",
	}
	readAsserted = reading{
		types:   []string{"user", "account", "group"},
		classes: []string{"everyone", "authenticated", "product_admins", "anonymous"}, guests: true,
		hint: "write user:EMAIL, account:ID, group:NAME, everyone, authenticated, product_admins, anonymous or guests",
	}
	readOwner = reading{
		types: []string{"user", "account", "group"},
		hint:  "write user:EMAIL, account:ID or group:NAME",
	}
	readAbsent = reading{
		types: []string{"user", "account", "group", "space_role"},
		hint:  "absent lists user:, group: and space_role:; a space is closed with `status: archived`",
	}
)

// read reads a reference, without asking whether anything answers to it.
func (c *compiler) read(s Str, r reading) (access.Ref, bool) {
	typ, id, typed := strings.Cut(s.Value, ":")
	if !typed || !slices.Contains(refTypes, typ) {
		ref, class := classes[s.Value]
		switch {
		case r.bare != "":
		case class && slices.Contains(r.classes, s.Value):
			return ref, true
		case s.Value == "guests" && r.guests:
			return access.Guests, true
		case class || s.Value == "guests":
			c.add("WR113", s.Range, quote(s.Value)+" cannot stand here", r.hint)
			return "", false
		}
		if r.bare == "" {
			c.add("WR113", s.Range, quote(s.Value)+" does not say what it is", r.typedHint(s.Value))
			return "", false
		}
		typ, id = r.bare, s.Value
	}
	if !slices.Contains(r.types, typ) {
		c.add("WR113", s.Range, quote(s.Value)+" cannot stand here", r.hint)
		return "", false
	}
	if _, ok := classes[id]; ok && typ == "class" {
		c.add("WR113", s.Range, quote(s.Value)+" is written without its type", "write "+id)
		return "", false
	}
	return c.named(typ, id, s.Range)
}

// typedHint guesses the type of a bare name.
func (r reading) typedHint(name string) string {
	typ := "group"
	if strings.Contains(name, "@") {
		typ = "user"
	}
	if !slices.Contains(r.types, typ) {
		return r.hint
	}
	return "write " + strconv.Quote(typ+":"+name)
}

// named makes a reference of a type and a name as somebody wrote it.
// E-mail addresses are compared in lower case and composed (NFC); everything
// else stands as it is written.
func (c *compiler) named(typ, id string, at diag.Range) (access.Ref, bool) {
	switch {
	case id == "":
		c.add("WR113", at, strings.ReplaceAll(typ, "_", " ")+" without a name", "write its name")
		return "", false
	case strings.TrimSpace(id) != id:
		c.add("WR113", at, quote(id)+" begins or ends with white space", "write "+strconv.Quote(strings.TrimSpace(id)))
		return "", false
	case strings.ContainsFunc(id, unicode.IsControl):
		c.add("WR113", at, quote(id)+" holds a control character", "delete it")
		return "", false
	}
	if typ == "user" {
		id = foldEmail(id)
		if !isEmail(id) {
			c.add("WR113", at, quote(id)+" is not an e-mail address", "write NAME@DOMAIN, or account:ID for an address that cannot be read")
			return "", false
		}
	}
	ref := access.NewRef(typ, id)
	c.out.names.Refs[ref] = true
	return ref, true
}

// foldEmail gives the form of an e-mail address that identifies a person.
func foldEmail(s string) string { return norm.NFC.String(strings.ToLower(s)) }

// isEmail asks for NAME@DOMAIN and leaves the rest to the mail system. A colon
// or an asterisk shows that something else was meant.
func isEmail(s string) bool {
	name, domain, ok := strings.Cut(s, "@")
	return ok && name != "" && domain != "" &&
		!strings.ContainsFunc(s, unicode.IsSpace) && !strings.ContainsAny(domain, "@") && !strings.ContainsAny(s, ":,;<>*\"")
}

// pattern reads a pattern of references: a type, a colon, and a name in which
// "*" stands for any text.
func (c *compiler) pattern(s Str, types ...string) (access.Pattern, bool) {
	typ, id, ok := strings.Cut(s.Value, ":")
	if !ok || id == "" || !slices.Contains(types, typ) {
		hint := make([]string, len(types))
		for i, t := range types {
			hint[i] = t + ":"
		}
		c.add("WR113", s.Range, quote(s.Value)+" is not a pattern that can stand here", "begin with "+either(hint)+", and let * stand for any text")
		return "", false
	}
	if typ == "user" {
		id = foldEmail(id)
	}
	p := access.Pattern(typ + ":" + id)
	c.out.names.Patterns = append(c.out.names.Patterns, p)
	return p, true
}

// external reads the patterns of what may be referred to without being
// described. Files add to each other.
func (c *compiler) external() {
	for _, d := range c.docs {
		if d.External == nil {
			continue
		}
		for _, item := range d.External.Items {
			if p, ok := c.pattern(item, "user", "account", "group", "space_role"); ok {
				c.externals = append(c.externals, p)
			}
		}
	}
}

// refer reports a reference that nothing answers to: it must be described,
// external, or pinned in the lock.
func (c *compiler) refer(ref access.Ref, at diag.Range) {
	if gone, ok := c.absent[ref]; ok {
		c.both("WR202", gone, at, noun(ref)+" is to be removed, and is referred to", "take it from absent, or delete the reference", "the other statement")
		return
	}
	if _, ok := c.described[ref]; ok || ref.Type() == "class" || isSystemRole(ref) {
		return
	}
	if _, ok := c.lock.ID(ref); ok {
		return
	}
	if slices.ContainsFunc(c.externals, func(p access.Pattern) bool { return p.Match(ref) }) {
		return
	}
	hint := "describe it, or list it under external"
	if ref.Type() == "space" {
		hint = "describe it"
	}
	if near := c.near(ref); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	c.add("WR201", at, noun(ref)+" is not described", hint)
}

func isSystemRole(ref access.Ref) bool {
	return ref.Type() == "space_role" && slices.Contains(access.SystemRoles, ref.ID())
}

// maxSuggested bounds how many names are searched for that come close: a
// description whose people are missing altogether has thousands of unknown
// references, and no suggestion helps there.
const maxSuggested = 50

// near gives the described name of the same type that comes closest.
func (c *compiler) near(ref access.Ref) string {
	if c.suggested++; c.suggested > maxSuggested {
		return ""
	}
	var names []string
	for r := range c.described {
		if r.Type() == ref.Type() {
			names = append(names, r.ID())
		}
	}
	switch ref.Type() {
	case "user":
		return nearEmail(ref.ID(), names)
	case "space_role":
		names = append(names, access.SystemRoles...)
	}
	return nearest.To(ref.ID(), names)
}

// nearEmail is nearest for e-mail addresses. A slip is looked for before the @
// or behind it: two short names at one long domain are not alike.
func nearEmail(given string, emails []string) string {
	name, domain, _ := strings.Cut(given, "@")
	var names, domains []string
	for _, e := range emails {
		n, d, _ := strings.Cut(e, "@")
		if d == domain {
			names = append(names, n)
		}
		if n == name {
			domains = append(domains, d)
		}
	}
	if near := nearest.To(name, names); near != "" {
		return near + "@" + domain
	}
	if near := nearest.To(domain, domains); near != "" {
		return name + "@" + near
	}
	return ""
}

// quote shows a name in a message.
func quote(s string) string {
	const most = 43 // of letters that are written as escapes fewer are shown
	q := strconv.Quote(clip(s))
	for runes := []rune(s); len(q) > most && utf8.RuneCountInString(q) > most; {
		runes = runes[:min(len(runes)-1, len(runes)*most/utf8.RuneCountInString(q))]
		q = strconv.Quote(string(runes) + "…")
	}
	return q
}
