package emulator

import (
	"slices"
	"strings"
	"time"
)

// userTest tells whether a person is found.
type userTest func(*person) bool

// userFields are the fields of a user query that are compared by account id.
// user.userkey is of Data Center; here it is the account id too.
var userFields = []string{"user", "user.accountid", "user.userkey"}

// userQuery is the part of the query language that finds people: type=user,
// comparisons of the account, and the beginning of a word of the full name,
// joined by and and or (published).
func (p *queryParser) userQuery(depth int) (userTest, error) {
	join := func(word string, term func() (userTest, error), both func(a, b bool) bool) (userTest, error) {
		left, err := term()
		for err == nil && p.accept(word) {
			before := left
			var right userTest
			if right, err = term(); err == nil {
				left = func(x *person) bool { return both(before(x), right(x)) }
			}
		}
		return left, err
	}
	return join("or", func() (userTest, error) {
		return join("and", func() (userTest, error) { return p.userTerm(depth) }, func(a, b bool) bool { return a && b })
	}, func(a, b bool) bool { return a || b })
}

func (p *queryParser) userTerm(depth int) (userTest, error) {
	if depth > cqlDepth {
		return nil, badQuery("it is nested too deep")
	}
	if p.accept("(") {
		inner, err := p.userQuery(depth + 1)
		if err == nil && !p.accept(")") {
			err = badQuery("a closing parenthesis is missing")
		}
		return inner, err
	}
	field, err := p.next("a field")
	if err != nil {
		return nil, err
	}
	switch name := fold(field); {
	case name == "type":
		values, negated, err := p.values()
		if err != nil {
			return nil, err
		}
		return func(*person) bool {
			return slices.ContainsFunc(values, func(v string) bool { return fold(v) == "user" }) != negated
		}, nil
	case name == "user.fullname" && p.accept("~"):
		v, err := p.next("a text")
		if err != nil {
			return nil, err
		}
		begin := strings.TrimSuffix(fold(v), "*")
		return func(x *person) bool {
			name := fold(x.Name)
			return strings.HasPrefix(name, begin) ||
				slices.ContainsFunc(strings.Fields(name), func(word string) bool { return strings.HasPrefix(word, begin) })
		}, nil
	case slices.Contains(userFields, name):
		values, negated, err := p.values()
		if err != nil {
			return nil, err
		}
		return func(x *person) bool { return slices.Contains(values, x.ID) != negated }, nil
	}
	return nil, badQuery("the field %q does not stand here", field)
}

// values reads an operator and what it compares with: =, !=, in and not in.
func (p *queryParser) values() (values []string, negated bool, err error) {
	negated = p.at("!=")
	if p.accept("=") || p.accept("!=") {
		v, err := p.next("a value")
		return []string{v}, negated, err
	}
	negated = p.accept("not")
	if !p.accept("in") || !p.accept("(") {
		return nil, false, badQuery("an operator is missing")
	}
	for {
		v, err := p.next("a value")
		if err != nil {
			return nil, false, err
		}
		values = append(values, v)
		if p.accept(")") {
			return values, negated, nil
		}
		if !p.accept(",") {
			return nil, false, badQuery("a list has no end")
		}
	}
}

// v1SearchUsers finds people: those with a licence, guests, or both, and then
// also those without a licence. Suspended people are not found, as elsewhere in
// v1.
func v1SearchUsers(c *call) (answer, error) {
	text, err := c.required("cql")
	if err != nil {
		return answer{}, err
	}
	p := &queryParser{}
	if err := p.scan(text); err != nil {
		return answer{}, err
	}
	matches, err := p.userQuery(0)
	if err != nil {
		return answer{}, err
	}
	if len(p.tokens) > 0 {
		return answer{}, badQuery("%q is unexpected", p.tokens[0].text)
	}
	filter, err := c.choice("sitePermissionTypeFilter", []string{"none", "externalCollaborator", "all"})
	if err != nil {
		return answer{}, err
	}
	expand, err := c.userExpands()
	if err != nil {
		return answer{}, err
	}
	var people []*person
	for x := range c.people.all() {
		switch {
		case x.Directory != directoryActive || x.Account != accountActive, !matches(x),
			filter == "externalCollaborator" && !c.guest(x),
			(filter == "" || filter == "none") && !c.paid(x):
			continue
		}
		people = append(people, x)
	}
	a, err := c.listUsers(people, expand)
	if err != nil {
		return answer{}, err
	}
	a["cqlQuery"], a["totalSize"], a["searchDuration"] = text, len(people), 1
	return ok(a)
}

// listUsers is a page of people found: 25 unless told, and at most 200, since
// clients take a page that is shorter than what they asked for to be the last
// one (evidence D).
func (c *call) listUsers(people []*person, expand []string) (object, error) {
	start, err := c.number("start", 0)
	if err != nil {
		return nil, err
	}
	limit, err := c.number("limit", 25)
	if err != nil {
		return nil, err
	}
	limit = min(limit, v1Max)
	start = min(start, len(people))
	end := min(start+limit, len(people))
	rows := []any{}
	for _, x := range people[start:end] {
		rows = append(rows, object{
			"user": c.v1UserRow(x, expand), "title": x.Name, "excerpt": "", "url": "/people/" + x.ID, "breadcrumbs": []any{},
			"entityType": "user", "iconCssClass": "aui-icon content-type-profile", "lastModified": x.Added.UTC().Format(time.RFC3339Nano),
			"friendlyLastModified": x.Added.UTC().Format("Jan 2, 2006"), "score": 0.0,
		})
	}
	links := object{"base": baseURL + "/wiki", "context": "/wiki", "self": baseURL + c.req.Path}
	if limit > 0 && end < len(people) {
		links["next"] = c.nextStart(end, limit)
	}
	return object{"results": rows, "start": start, "limit": limit, "size": len(rows), "_links": links}, nil
}
