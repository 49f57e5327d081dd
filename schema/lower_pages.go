package schema

import (
	"fmt"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/diag"
)

// lowerPages states the restrictions of the pages and blog posts of a space:
// what its entry says, and what its archetype says.
func (c *compiler) lowerPages(space access.Ref, s spaceEntry) {
	c.lowerPagesOf(space, "page", s.shape.Pages, s.Pages)
	c.lowerPagesOf(space, "blogpost", s.shape.BlogPosts, s.BlogPosts)
}

func (c *compiler) lowerPagesOf(space access.Ref, typ string, shape, own []Page) {
	found := make(map[access.Ref]Page)
	for _, p := range shape {
		if ref, ok := c.pageName(space, typ, p.Title); ok {
			found[ref] = p
		}
	}
	for _, p := range own {
		ref, ok := c.pageName(space, typ, p.Title)
		if !ok {
			continue
		}
		if s, ok := found[ref]; ok {
			at := func(g *Grants) diag.Range { return g.Range }
			p.View = oneOf(c, ref, "view", p.View, s.View, at)
			p.Edit = oneOf(c, ref, "edit", p.Edit, s.Edit, at)
		}
		found[ref] = p
	}
	for _, ref := range sorted(found) {
		p := found[ref]
		c.described[ref] = p.Title.Range
		// Weir never makes a page; the place is for messages about one that is not
		// there.
		c.out.origins[access.Fact{Kind: access.Exists, Object: ref}] = p.Title.Range
		c.lowerRestriction(ref, access.ViewPage, p.View)
		c.lowerRestriction(ref, access.EditPage, p.Edit)
	}
}

// pageName reads the title of a page or blog post.
func (c *compiler) pageName(space access.Ref, typ string, title Str) (access.Ref, bool) {
	if _, ok := c.named(typ, title.Value, title.Range); !ok {
		return "", false
	}
	page := access.NewPage(typ, space, title.Value)
	c.out.names.Refs[page] = true
	return page, true
}

// lowerRestriction states who alone may view or edit a page. An empty list
// lifts the restriction. A list of which nobody is left would lift it as well,
// and nobody wrote that: it is refused.
func (c *compiler) lowerRestriction(page access.Ref, verb string, list *Grants) {
	if list == nil {
		return
	}
	c.out.scope.Contents[access.Contents{Kind: access.Restrict, Object: page, Verb: verb}] = access.Exclusive
	type named struct {
		fact  access.Fact
		grant Grant
	}
	var names []named
	var last *Grant // a name that lets nobody pass
	expired, left := false, false
	seen := make(map[access.Ref]diag.Range)
	for i, g := range list.Items {
		who, ok := c.read(g.Who, readRestricted)
		if !ok || c.repeated(seen, who, g.Who.Range, verb) {
			left = true // another message says what is wrong
			continue
		}
		names = append(names, named{access.Fact{Kind: access.Restrict, Object: page, Verb: verb, Subject: who}, g})
		_, out := c.shut[who]
		_, lapsed := c.lapsed[who]
		if out || lapsed || c.past(g) {
			last, expired = &list.Items[i], lapsed || c.past(g)
		} else {
			left = true
			if guest, ok := c.guests[who]; ok && guest.space != page.PageSpace() {
				c.place(who, guestPlace{space: page.PageSpace(), at: g.Who.Range, kind: onPage, page: page})
			}
		}
	}
	const remedy = "name somebody else or write []"
	switch {
	case left || last == nil:
		for _, n := range names {
			c.grant(n.fact, n.grant)
		}
	case expired:
		c.add("WR206", last.Who.Range, fmt.Sprintf("the last name on %s of %s has expired, and the page would open", verb, noun(page)), remedy)
	default:
		c.add("WR202", last.Who.Range, fmt.Sprintf("the last name on %s of %s is shut out, and the page would open", verb, noun(page)), remedy)
	}
}
