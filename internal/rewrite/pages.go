package rewrite

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/schema"
)

// Page is a page that is to be described, with who alone may view and edit it.
type Page struct {
	Page       access.Ref
	View, Edit []access.Ref
}

// Pages describes pages that have no entry.
func (w *Rewriter) Pages(docs []schema.Document, home string, list []Page) {
	bySpace := make(map[access.Ref][]Page)
	for _, l := range list {
		bySpace[l.Page.PageSpace()] = append(bySpace[l.Page.PageSpace()], l)
	}
	entries := make(map[access.Ref]schema.Space)
	var last *schema.Space
	for i := range docs {
		for j := range docs[i].Spaces {
			last = &docs[i].Spaces[j]
			entries[access.NewRef("space", last.Key.Value)] = *last
		}
	}
	file := home
	if last != nil {
		file = last.Key.Range.File
	}
	var fresh []string
	for _, space := range slices.Sorted(maps.Keys(bySpace)) {
		pages := bySpace[space]
		s, described := entries[space]
		switch {
		case described && isHCL(s.Key.Range.File):
			w.block(s.Range, pageBlocks(pages, "  "))
		case described:
			for _, typ := range []string{"page", "blogpost"} {
				w.pagesOf(s, typ, pages)
			}
		case isHCL(file):
			fresh = append(fresh, "space "+strconv.Quote(space.ID())+" {\n  "+strings.Join(pageBlocks(pages, "  "), "\n  ")+"\n}\n")
		default:
			var keys []string
			for _, typ := range []string{"page", "blogpost"} {
				if pairs := pagePairs(pages, typ); len(pairs) > 0 {
					keys = append(keys, pagesKey[typ]+": {"+strings.Join(pairs, ", ")+"}")
				}
			}
			fresh = append(fresh, strconv.Quote(space.ID())+": {"+strings.Join(keys, ", ")+"}")
		}
	}
	switch {
	case len(fresh) == 0:
	case isHCL(file):
		w.append(file, "\n"+strings.Join(fresh, "\n"))
	case last == nil:
		w.append(file, "spaces:\n  "+strings.Join(fresh, "\n  ")+"\n")
	default:
		w.behind(last.Key.Range, last.Range, fresh, w.files[file])
	}
}

// pagesKey is the key of a space under which pages and blog posts stand.
var pagesKey = map[string]string{"page": "pages", "blogpost": "blog_posts"}

// pagesOf adds pages, or blog posts, to a space's entry in YAML.
func (w *Rewriter) pagesOf(s schema.Space, typ string, pages []Page) {
	pairs := pagePairs(pages, typ)
	if len(pairs) == 0 {
		return
	}
	there := s.Pages
	if typ == "blogpost" {
		there = s.BlogPosts
	}
	if n := len(there); n > 0 {
		w.behind(there[n-1].Title.Range, there[n-1].Range, pairs, w.files[s.Key.Range.File])
		return
	}
	w.pairs(s.Key.Range, s.Range, []string{pagesKey[typ] + ": {" + strings.Join(pairs, ", ") + "}"})
}

// pagePairs writes pages of a type as entries of a YAML map.
func pagePairs(pages []Page, typ string) []string {
	var out []string
	for _, l := range pages {
		if l.Page.Type() != typ {
			continue
		}
		var lists []string
		if len(l.View) > 0 {
			lists = append(lists, "view: "+quotedList(l.View))
		}
		if len(l.Edit) > 0 {
			lists = append(lists, "edit: "+quotedList(l.Edit))
		}
		out = append(out, quotedTitle(l.Page)+": {"+strings.Join(lists, ", ")+"}")
	}
	return out
}

// pageBlocks writes pages as blocks of HCL.
func pageBlocks(pages []Page, indent string) []string {
	var out []string
	for _, l := range pages {
		word := "page"
		if l.Page.Type() == "blogpost" {
			word = "blog_post"
		}
		text := word + " " + quotedTitle(l.Page) + " {\n"
		if len(l.View) > 0 {
			text += indent + "  view = " + quotedList(l.View) + "\n"
		}
		if len(l.Edit) > 0 {
			text += indent + "  edit = " + quotedList(l.Edit) + "\n"
		}
		out = append(out, text+indent+"}")
	}
	return out
}

// quotedTitle writes a title as a name: what looks like a parameter is doubled.
func quotedTitle(page access.Ref) string {
	return strconv.Quote(strings.ReplaceAll(page.PageTitle(), "${", "$${"))
}

func quotedList(list []access.Ref) string {
	var out []string
	for _, r := range list {
		out = append(out, strconv.Quote(string(r)))
	}
	return "[" + strings.Join(out, ", ") + "]"
}
