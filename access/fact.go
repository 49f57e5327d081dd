// Package access says what can be said of a site, and what any person can
// therefore do.
//
// Everything true of a site is a sorted set of [Fact]s: small comparable
// values with an exact one-line form.
//
//	exists group:engineering
//	member group:engineering user:ana@acme.example
//	role space:ENG group:engineering = collaborator
//
//	f, err := access.ParseFact("member group:engineering user:ana@acme.example")
//	f.String() // the same line
//
// The package is pure: it reads no file, calls no site and knows no clock.
// Where a fact came from, vendor ids and display names live beside facts,
// never inside them.
package access

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Kind is the first word of a fact. The kinds are the rows of [Kinds].
type Kind string

// Ref names one thing: "type:id", split at the first colon, such as
// "group:engineering" or "class:everyone". The id may hold any text,
// colons included.
type Ref string

// NewRef joins a type and an id.
func NewRef(typ, id string) Ref { return Ref(typ + ":" + id) }

// Type returns the part before the first colon.
func (r Ref) Type() string {
	t, _, _ := strings.Cut(string(r), ":")
	return t
}

// ID returns the part after the first colon.
func (r Ref) ID() string {
	_, id, _ := strings.Cut(string(r), ":")
	return id
}

// String gives the written form: the id is quoted where it has to be.
func (r Ref) String() string {
	t, id, ok := strings.Cut(string(r), ":")
	if !ok {
		return word(string(r))
	}
	return word(t) + ":" + word(id)
}

// Classes of people that a product knows without listing them. A site may
// report others; they are kept under the id it gives.
const (
	Everyone      Ref = "class:everyone"       // every licensed person
	Authenticated Ref = "class:authenticated"  // everyone who is logged in
	Anonymous     Ref = "class:anonymous"      // the public
	ProductAdmins Ref = "class:product_admins" // Confluence administrators
	JSMAdmins     Ref = "class:jsm_admins"     // service desk project admins
	Unlicensed    Ref = "class:unlicensed"     // accounts without a licence (Data Center)
)

// Site is the site as a whole, the object of global permissions. It has no id.
const Site Ref = "site"

// NewPage names a page or a blog post (typ "page" or "blogpost") by the key of its space
// and its title: "page:HR/Pay bands". Keys of spaces hold no slash.
func NewPage(typ string, space Ref, title string) Ref { return NewRef(typ, space.ID()+"/"+title) }

// IsPage reports whether the reference names a page or a blog post.
func (r Ref) IsPage() bool { return r.Type() == "page" || r.Type() == "blogpost" }

// IsPerson reports whether the reference names a person, by e-mail or by account.
func (r Ref) IsPerson() bool { return r.Type() == "user" || r.Type() == "account" }

// PageSpace gives the space that a page or blog post is in.
func (r Ref) PageSpace() Ref {
	key, _, _ := strings.Cut(r.ID(), "/")
	return NewRef("space", key)
}

// Space gives the space that an object is in: its own for a page or a blog post,
// and a space itself.
func (r Ref) Space() Ref {
	if r.IsPage() {
		return r.PageSpace()
	}
	return r
}

// Holder gives whom a fact gives something that they can lose: access, a membership, or
// a place in a list of who may. ok is false for facts of other kinds.
func (f Fact) Holder() (who Ref, ok bool) {
	switch f.Kind {
	case Product:
		return f.Object, true
	case Member, Role, Permission, Restrict, Global:
		return f.Subject, true
	}
	return "", false
}

// PageTitle gives the title of a page or blog post.
func (r Ref) PageTitle() string {
	_, title, _ := strings.Cut(r.ID(), "/")
	return title
}

// Fact is one thing that is true of a site. Its identity is everything but
// the value: a set holds at most one fact of an identity. Equal facts are ==.
type Fact struct {
	Kind    Kind
	Object  Ref
	Verb    string // only where the kind has one
	Subject Ref    // only where the kind has one
	Value   string // only where the kind has one
}

// Identity returns the fact without its value.
func (f Fact) Identity() Fact {
	f.Value = ""
	return f
}

// Compare orders facts by kind, object, verb, subject and value.
func (f Fact) Compare(o Fact) int {
	return cmp.Or(
		strings.Compare(string(f.Kind), string(o.Kind)),
		strings.Compare(string(f.Object), string(o.Object)),
		strings.Compare(f.Verb, o.Verb),
		strings.Compare(string(f.Subject), string(o.Subject)),
		strings.Compare(f.Value, o.Value),
	)
}

// About reports whether the fact has r as its object or its subject.
func (f Fact) About(r Ref) bool { return f.Object == r || f.Subject == r }

// String gives the line form `kind object [verb] [subject] [= value]`, of
// which [ParseFact] is the exact inverse.
func (f Fact) String() string {
	var b strings.Builder
	b.Grow(len(f.Kind) + len(f.Object) + len(f.Verb) + len(f.Subject) + len(f.Value) + 8)
	b.WriteString(word(string(f.Kind)))
	b.WriteByte(' ')
	b.WriteString(f.Object.String())
	if f.Verb != "" {
		b.WriteByte(' ')
		b.WriteString(word(f.Verb))
	}
	if f.Subject != "" {
		b.WriteByte(' ')
		b.WriteString(f.Subject.String())
	}
	if f.Value != "" {
		b.WriteString(" = ")
		b.WriteString(word(f.Value))
	}
	return b.String()
}

// word writes s bare where it can stand so, and as a Go quoted string
// otherwise.
func word(s string) string {
	if bare(s) {
		return s
	}
	return strconv.Quote(s)
}

// bare reports whether s may be written without quotes: not empty, valid
// UTF-8, and free of white space, quotes, "=" and control characters.
func bare(s string) bool {
	if s == "" {
		return false
	}
	for i, r := range s {
		switch {
		case r == utf8.RuneError:
			if _, n := utf8.DecodeRuneInString(s[i:]); n == 1 {
				return false
			}
		case r == '=' || r == '"' || r == '\'' || r == '`',
			unicode.IsSpace(r), unicode.IsControl(r):
			return false
		}
	}
	return true
}

// ParseFact reads the line form. It is strict: for every accepted line,
// ParseFact(line).String() == line, so that a file of facts can be sorted,
// compared and grepped as text. The error says which part is at fault.
func ParseFact(line string) (Fact, error) {
	s := scanner{rest: line}
	kind := Kind(s.word())
	spec, ok := Kinds[kind]
	if s.err == nil && !ok {
		return Fact{}, fmt.Errorf("unknown kind %q (kinds are %s)", string(kind), kindNames)
	}
	f := Fact{Kind: kind, Object: s.ref()}
	if spec.Verb {
		f.Verb = s.word()
	}
	if len(spec.Subjects) > 0 {
		f.Subject = s.ref()
	}
	if spec.Value {
		s.equals()
		f.Value = s.word()
	}
	if s.err == nil && s.rest != "" {
		s.err = fmt.Errorf("unexpected %q after %s", strings.TrimSpace(s.rest), f)
	}
	if s.err != nil {
		return Fact{}, s.err
	}
	if err := f.Check(); err != nil {
		return Fact{}, err
	}
	if got := f.String(); got != line {
		return Fact{}, fmt.Errorf("write it as %s", got)
	}
	return f, nil
}

// Check reports whether the fact has the parts that its kind asks for.
func (f Fact) Check() error {
	spec, ok := Kinds[f.Kind]
	switch {
	case !ok:
		return fmt.Errorf("unknown kind %q (kinds are %s)", f.Kind, kindNames)
	case !allows(spec.Objects, f.Object):
		return fmt.Errorf("%s is about %s, not %q", f.Kind, strings.Join(spec.Objects, ", "), f.Object)
	case spec.Verb != (f.Verb != ""):
		return fmt.Errorf("%s %s", f.Kind, either(spec.Verb, "needs a verb", "has no verb"))
	case len(spec.Subjects) == 0 && f.Subject != "":
		return fmt.Errorf("%s has no subject", f.Kind)
	case len(spec.Subjects) > 0 && !allows(spec.Subjects, f.Subject):
		return fmt.Errorf("the subject of %s is %s, not %q", f.Kind, strings.Join(spec.Subjects, ", "), f.Subject)
	case spec.Value != (f.Value != ""):
		return fmt.Errorf("%s %s", f.Kind, either(spec.Value, `needs a value: "= something"`, "has no value"))
	}
	return nil
}

func allows(types []string, r Ref) bool {
	typ, id, ok := strings.Cut(string(r), ":")
	if r == Site {
		typ, id, ok = string(Site), "-", true
	}
	if !ok || id == "" || typ == string(Site) && r != Site {
		return false
	}
	for _, t := range types {
		if t == typ {
			return true
		}
	}
	return false
}

func either(b bool, yes, no string) string {
	if b {
		return yes
	}
	return no
}

// scanner reads the parts of a line from left to right. After the first error
// every method returns "".
type scanner struct {
	rest string
	err  error
}

// word reads a bare word or a quoted string.
func (s *scanner) word() string {
	s.rest = strings.TrimPrefix(s.rest, " ")
	return s.text("")
}

// ref reads "type:id", where the id may be quoted.
func (s *scanner) ref() Ref {
	s.rest = strings.TrimPrefix(s.rest, " ")
	if word, _, _ := strings.Cut(s.rest, " "); s.err == nil && Ref(word) == Site {
		s.rest = s.rest[len(word):]
		return Site
	}
	typ, rest, ok := strings.Cut(s.rest, ":")
	if s.err == nil && s.rest == "" {
		s.err = errors.New("the line ends too early")
	}
	if s.err == nil && (!ok || strings.ContainsAny(typ, ` "`)) {
		s.err = fmt.Errorf("a reference (type:id) must stand at %q", s.rest)
	}
	s.rest = rest
	return NewRef(typ, s.text(typ+":"))
}

func (s *scanner) equals() {
	rest, ok := strings.CutPrefix(s.rest, " = ")
	if s.err == nil && !ok {
		s.err = fmt.Errorf(`"= value" must stand at %q`, s.rest)
	}
	s.rest = " " + rest
}

// text reads up to the next space, or one quoted string.
func (s *scanner) text(after string) string {
	switch {
	case s.err != nil:
		return ""
	case s.rest == "":
		s.err = errors.New("the line ends too early")
		return ""
	case s.rest[0] != '"':
		text, _, _ := strings.Cut(s.rest, " ")
		s.rest = s.rest[len(text):]
		return text
	}
	q, err := strconv.QuotedPrefix(s.rest)
	if err != nil {
		s.err = fmt.Errorf("unfinished quote at %s%s", after, s.rest)
		return ""
	}
	s.rest = s.rest[len(q):]
	text, err := strconv.Unquote(q)
	if err != nil {
		s.err = fmt.Errorf("malformed quote %s", q)
	}
	return text
}
