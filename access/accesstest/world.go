package accesstest

import (
	"fmt"

	"pgregory.net/rapid"

	"github.com/weirhq/weir/access"
)

// World is a generated site with what stands beside its facts.
type World struct {
	Facts  access.Set
	Beside access.Beside
}

// View computes the view of the world.
func (w World) View() *access.View { return w.Beside.View(w.Facts) }

// With is the world with other facts.
func (w World) With(facts access.Set) World { return World{facts, w.Beside} }

// catalogues are the permissions that sites of different products know: with and
// without any to edit. The first is not known.
var catalogues = []map[string]string{
	nil,
	{"read/space": "", "administer/space": "", "create/page": "", "update/page": "", "create/blogpost": "", "update/blogpost": "", "export/space": "", "create/comment": "", "manage_users/space": ""},
	{"read/space": "", "administer/space": "", "create/page": "", "create/blogpost": "", "export/space": "", "create/comment": ""},
}

// Worlds generates sites of every product, with pages, restrictions, global
// permissions and everything else that decides what people can do.
func Worlds() *rapid.Generator[World] {
	return rapid.Custom(func(t *rapid.T) World {
		return World{SiteWithContent().Draw(t, "site"), Besides().Draw(t, "beside")}
	})
}

// Besides generates what may stand beside the facts of a generated site.
func Besides() *rapid.Generator[access.Beside] {
	return rapid.Custom(func(t *rapid.T) access.Beside {
		b := access.Beside{
			Permissions: rapid.SampledFrom(catalogues).Draw(t, "catalogue"),
			Globals:     rapid.Bool().Draw(t, "globals known"),
			Parents:     make(map[access.Ref]access.Ref),
		}
		if rapid.Bool().Draw(t, "super-group") {
			b.Super = Group(0)
		}
		if rarely().Draw(t, "left out") {
			b.Without = []access.Ref{Person(people - 1)}
		}
		// A page stands below one before it, or at the top; for a while two may seem
		// to stand below each other.
		for i := range spaces {
			for j := 1; j < pages; j++ {
				if up := rapid.IntRange(-1, j-1).Draw(t, "parent"); up >= 0 {
					b.Parents[Page(i, j)] = Page(i, up)
				}
			}
			if rarely().Draw(t, "odd") && rarely().Draw(t, "circle") {
				b.Parents[Page(i, 0)] = Page(i, 1)
				b.Parents[Page(i, 1)] = Page(i, 0)
			}
		}
		return b
	})
}

// pages is how many pages a generated space has, the last of them a blog post.
const pages = 4

// Page names a page of generated sites, from 0; the last is a blog post.
func Page(space, i int) access.Ref {
	typ := "page"
	if i == pages-1 {
		typ = "blogpost"
	}
	return access.NewPage(typ, Space(space), fmt.Sprintf("P%d", i))
}

// Pages lists the pages and blog posts of generated sites.
func Pages() []access.Ref {
	var out []access.Ref
	for i := range spaces {
		for j := range pages {
			out = append(out, Page(i, j))
		}
	}
	return out
}

// Objects lists everything that can be asked about on generated sites.
func Objects() []access.Ref {
	return append(append([]access.Ref{access.Site}, Spaces()...), Pages()...)
}

// Operations lists what can be asked of an object of generated sites.
func Operations(object access.Ref) []string {
	switch {
	case object == access.Site:
		return []string{access.GlobalAdminister, access.GlobalCreateSpace, access.GlobalPersonalSpace, access.GlobalSystemAdminister, access.GlobalUse, access.GlobalViewProfiles}
	case object.IsPage():
		return []string{access.ViewPage, access.EditPage}
	}
	return append(Permissions(), access.Summaries...)
}

// Gone is a group that was deleted: restrictions still name it.
const Gone access.Ref = "group:gone"

func rarely() *rapid.Generator[bool] {
	return rapid.Map(rapid.IntRange(0, 5), func(i int) bool { return i == 0 })
}

// SiteWithContent generates sites as [Site] does, with restricted pages and blog
// posts and with global permissions.
func SiteWithContent() *rapid.Generator[access.Set] {
	return rapid.Custom(func(t *rapid.T) access.Set {
		facts := Site().Draw(t, "site").Facts()
		var named, granted []access.Ref
		there := make(map[access.Ref]bool)
		for _, f := range facts {
			switch {
			case f.Kind == access.Exists && f.Object.Type() == "space":
				there[f.Object] = true
			case (f.Kind == access.Exists || f.Kind == access.State) && f.Object.IsPerson(), f.Kind == access.Exists && f.Object.Type() == "group":
				named = append(named, f.Object)
			}
		}
		granted = append(named, access.Anonymous, access.Everyone, access.Unlicensed)
		named = append(named, Gone)
		for _, p := range Pages() {
			if !there[p.PageSpace()] || rapid.Bool().Draw(t, "unread") {
				continue
			}
			facts = append(facts, access.Fact{Kind: access.Exists, Object: p})
			for _, verb := range []string{access.ViewPage, access.EditPage} {
				if rapid.Bool().Draw(t, "open") {
					continue
				}
				for range rapid.IntRange(1, 3).Draw(t, "names") {
					facts = append(facts, access.Fact{Kind: access.Restrict, Object: p, Verb: verb, Subject: rapid.SampledFrom(named).Draw(t, "name")})
				}
			}
		}
		for _, s := range Spaces() { // permissions that stand alone
			if there[s] && rapid.Bool().Draw(t, "alone") {
				id := rapid.SampledFrom(Permissions()).Draw(t, "permission")
				facts = append(facts, access.Fact{Kind: access.Permission, Object: s, Verb: id, Subject: rapid.SampledFrom(granted).Draw(t, "principal")})
			}
		}
		for range rapid.IntRange(0, 4).Draw(t, "globals") {
			verb := rapid.SampledFrom(Operations(access.Site)).Draw(t, "global")
			facts = append(facts, access.Fact{Kind: access.Global, Object: access.Site, Verb: verb, Subject: rapid.SampledFrom(granted).Draw(t, "holder")})
		}
		return access.NewSet(facts...)
	})
}
