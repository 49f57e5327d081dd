package emulator

import (
	"net/http"
	"slices"
	"strings"
	"unicode"
)

// The part of Confluence's query language that clients of this kind use to find
// content: comparisons of space, type, id, title, ancestor and parent, joined by
// and, or, not and parentheses, and an order.

// query is a parsed query: which content it finds, and in which order.
type query struct {
	matches  func(*state, *content) bool
	within   string // the key of the one space that it can find something in; empty: any
	key      func(*content) string
	reversed bool
}

// cqlDepth bounds how deep a query nests.
const cqlDepth = 50

// parseQuery reads a query, or says what is wrong with it.
func parseQuery(text string) (query, error) {
	p := &queryParser{}
	if err := p.scan(text); err != nil {
		return query{}, err
	}
	q := query{matches: func(*state, *content) bool { return true }, key: contentSorts["id"], within: p.within()}
	var err error
	if len(p.tokens) > 0 && !p.at("order") {
		if q.matches, err = p.or(0); err != nil {
			return query{}, err
		}
	}
	if p.accept("order") {
		if err := p.order(&q); err != nil {
			return query{}, err
		}
	}
	if len(p.tokens) > 0 {
		return query{}, badQuery("%q is unexpected", p.tokens[0].text)
	}
	return q, nil
}

func badQuery(format string, args ...any) error {
	return refuse(http.StatusBadRequest, "", "the query cannot be parsed: "+format, args...)
}

type queryToken struct {
	text   string
	quoted bool
}

type queryParser struct{ tokens []queryToken }

// scan splits a query into words, quoted texts and signs.
func (p *queryParser) scan(text string) error {
	for text = strings.TrimSpace(text); text != ""; text = strings.TrimSpace(text) {
		switch r := text[0]; {
		case r == '"' || r == '\'':
			var b strings.Builder
			i := 1
			for ; i < len(text) && text[i] != r; i++ {
				if text[i] == '\\' && i+1 < len(text) {
					i++
				}
				b.WriteByte(text[i])
			}
			if i == len(text) {
				return badQuery("a quotation mark is missing")
			}
			p.tokens = append(p.tokens, queryToken{b.String(), true})
			text = text[i+1:]
		case strings.HasPrefix(text, "!="):
			p.tokens = append(p.tokens, queryToken{text: "!="})
			text = text[2:]
		case strings.ContainsRune("()=~,<>!", rune(r)):
			p.tokens = append(p.tokens, queryToken{text: text[:1]})
			text = text[1:]
		default:
			n := strings.IndexFunc(text, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(`()=~,<>!"'`, r) })
			if n < 0 {
				n = len(text)
			}
			p.tokens = append(p.tokens, queryToken{text: text[:n]})
			text = text[n:]
		}
	}
	return nil
}

// at reports whether the next token is this word or sign.
func (p *queryParser) at(word string) bool {
	return len(p.tokens) > 0 && !p.tokens[0].quoted && strings.EqualFold(p.tokens[0].text, word)
}

func (p *queryParser) accept(word string) bool {
	if p.at(word) {
		p.tokens = p.tokens[1:]
		return true
	}
	return false
}

// within gives the space that a query begins with, if nothing in it can widen that:
// a site with many spaces is not walked through for each.
func (p *queryParser) within() string {
	t := p.tokens
	if len(t) < 3 || t[0].quoted || t[1].text != "=" || fold(t[0].text) != "space" && fold(t[0].text) != "space.key" {
		return ""
	}
	for _, word := range t {
		if !word.quoted && strings.EqualFold(word.text, "or") {
			return ""
		}
	}
	return t[2].text
}

// next takes a word or a quoted text.
func (p *queryParser) next(what string) (string, error) {
	if len(p.tokens) == 0 {
		return "", badQuery("%s is missing at the end", what)
	}
	t := p.tokens[0]
	if !t.quoted && strings.ContainsAny(t.text, "()=~,<>!") {
		return "", badQuery("%q stands where %s is expected", t.text, what)
	}
	p.tokens = p.tokens[1:]
	return t.text, nil
}

type contentTest = func(*state, *content) bool

func (p *queryParser) or(depth int) (contentTest, error) {
	left, err := p.and(depth)
	if err != nil {
		return nil, err
	}
	for p.accept("or") {
		before := left
		right, err := p.and(depth)
		if err != nil {
			return nil, err
		}
		left = func(s *state, x *content) bool { return before(s, x) || right(s, x) }
	}
	return left, nil
}

func (p *queryParser) and(depth int) (contentTest, error) {
	left, err := p.not(depth)
	if err != nil {
		return nil, err
	}
	for p.accept("and") {
		before := left
		right, err := p.not(depth)
		if err != nil {
			return nil, err
		}
		left = func(s *state, x *content) bool { return before(s, x) && right(s, x) }
	}
	return left, nil
}

func (p *queryParser) not(depth int) (contentTest, error) {
	if depth > cqlDepth {
		return nil, badQuery("it is nested too deep")
	}
	switch {
	case p.accept("not"):
		inner, err := p.not(depth + 1)
		if err != nil {
			return nil, err
		}
		return func(s *state, x *content) bool { return !inner(s, x) }, nil
	case p.accept("("):
		inner, err := p.or(depth + 1)
		if err != nil {
			return nil, err
		}
		if !p.accept(")") {
			return nil, badQuery("a closing parenthesis is missing")
		}
		return inner, nil
	}
	return p.comparison()
}

// cqlFields are the fields that can be compared, and whether content has a value
// of it.
var cqlFields = map[string]func(s *state, x *content, value string) bool{
	"space":     func(s *state, x *content, v string) bool { return strings.EqualFold(s.spaceOf(x).Key, v) },
	"space.key": func(s *state, x *content, v string) bool { return strings.EqualFold(s.spaceOf(x).Key, v) },
	"space.id":  func(_ *state, x *content, v string) bool { return x.Space == v },
	"type":      func(_ *state, x *content, v string) bool { return strings.EqualFold(x.Type, v) },
	"id":        func(_ *state, x *content, v string) bool { return x.ID == v },
	"content":   func(_ *state, x *content, v string) bool { return x.ID == v },
	"title":     func(_ *state, x *content, v string) bool { return strings.EqualFold(x.Title, v) },
	"parent":    func(_ *state, x *content, v string) bool { return x.Type == typePage && x.Parent == v },
	"creator":   func(_ *state, x *content, v string) bool { return x.Author == v },
	"ancestor": func(s *state, x *content, v string) bool {
		return x.Type == typePage && slices.ContainsFunc(s.ancestry(x), func(up *content) bool { return up.ID == v })
	},
}

// comparison reads one field, its operator and its value or values.
func (p *queryParser) comparison() (contentTest, error) {
	field, err := p.next("a field")
	if err != nil {
		return nil, err
	}
	is := cqlFields[fold(field)]
	if is == nil {
		return nil, badQuery("there is no field %q", field)
	}
	var values []string
	negated := false
	switch {
	case p.accept("~"):
		if fold(field) != "title" {
			return nil, badQuery("the field %s does not take ~", field)
		}
		v, err := p.next("a text")
		if err != nil {
			return nil, err
		}
		words := strings.Fields(fold(strings.ReplaceAll(v, "*", "")))
		return func(_ *state, x *content) bool {
			return !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(fold(x.Title), w) })
		}, nil
	case p.accept("="), p.at("!="):
		negated = p.accept("!=")
		v, err := p.next("a value")
		if err != nil {
			return nil, err
		}
		values = []string{v}
	default:
		negated = p.accept("not")
		if !p.accept("in") || !p.accept("(") {
			return nil, badQuery("the field %s has no operator", field)
		}
		for {
			v, err := p.next("a value")
			if err != nil {
				return nil, err
			}
			values = append(values, v)
			if p.accept(")") {
				break
			}
			if !p.accept(",") {
				return nil, badQuery("a list has no end")
			}
		}
	}
	return func(s *state, x *content) bool {
		return slices.ContainsFunc(values, func(v string) bool { return is(s, x, v) }) != negated
	}, nil
}

// order reads what follows "order".
func (p *queryParser) order(q *query) error {
	if !p.accept("by") {
		return badQuery("by is missing")
	}
	field, err := p.next("a field")
	if err != nil {
		return err
	}
	name := map[string]string{"id": "id", "title": "title", "created": "created-date", "lastmodified": "modified-date"}[fold(field)]
	if name == "" {
		return badQuery("content cannot be ordered by %q", field)
	}
	q.key = contentSorts[name]
	if q.reversed = p.accept("desc"); !q.reversed {
		p.accept("asc")
	}
	return nil
}
