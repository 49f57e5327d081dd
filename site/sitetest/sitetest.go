// Package sitetest is the test that every site driver passes.
//
//	func TestConformance(t *testing.T) {
//		sitetest.Run(t, func(t *testing.T) sitetest.Subject {
//			return sitetest.Subject{Site: openAnEmptySite(t)}
//		})
//	}
//
// You have written a driver for another product: this package tells you what
// weir relies on. Most of it is one table ([Cases]): a site is brought from state A
// to state B, both written as facts, and has then to be exactly B. You write no
// test of your own for that; you hand in a site, and what your product cannot
// do shows as a failing case with a name that says so, unless your traits
// (site.Traits) have said it beforehand. Then the case asks something else of you:
// Canonical must tell what becomes of each fact that cannot be, and the rest must
// come true all the same. Nothing is skipped because a product is poor.
//
// The package does not test how a driver speaks to its product. Paging,
// credentials and error bodies are the driver's own tests.
package sitetest

import (
	"testing"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
)

// Subject is a fresh site under test, with nothing on it but weir's own
// account and what the product itself brings along. Its functions are what others
// than weir do there; cases that need one are skipped where it is nil.
type Subject struct {
	Site site.Site

	// Elsewhere makes a fact true as the identity provider or another product
	// would: a group that is managed.
	Elsewhere func(t *testing.T, f access.Fact)

	// OtherProduct gives a group a role on another product of the organisation,
	// so that an observation has something to say in Elsewhere.
	OtherProduct func(t *testing.T, group access.Ref)

	// Administer makes weir's own account an administrator of a space that is
	// there, as an operator would by hand before weir is to write permissions in it.
	// It is called where a site holds roles and permissions beside them; it may be
	// nil where weir's account may do anything anywhere.
	Administer func(t *testing.T, space access.Ref)

	// Content makes a page below its parent (below the home page if that is
	// empty) or a blog post, in a space that is there, as an author would. It also
	// gives weir's own account what it needs to see and restrict content there.
	Content func(t *testing.T, page, parent access.Ref)

	// PersonalSpace makes somebody's personal space, with nobody else in it, and
	// gives weir's own account what it needs to change access there. It returns
	// the space, whose key is the product's affair.
	PersonalSpace func(t *testing.T, owner access.Ref) access.Ref

	// Hide makes an object vanish for weir's own account although it is there:
	// from every list, and with 404 for its id.
	Hide func(t *testing.T, r access.Ref, id string)

	// Omit leaves an object out of every list, while its id still finds it.
	Omit func(t *testing.T, r access.Ref, id string)

	// LoseReply makes the next write take effect while its answer is lost, and
	// LoseRequest makes the next write not arrive.
	LoseReply, LoseRequest func()
}

// Run runs the suite. open is called once a case.
func Run(t *testing.T, open func(t *testing.T) Subject) {
	t.Run("transitions", func(t *testing.T) { Transitions(t, "", open) })
	t.Run("deletions", func(t *testing.T) { Deletions(t, open) })
	t.Run("reading", func(t *testing.T) { reading(t, open) })
	t.Run("presence", func(t *testing.T) { presences(t, open) })
	t.Run("extent", func(t *testing.T) { extents(t, open) })
	t.Run("long lists", func(t *testing.T) { longLists(t, open) })
	t.Run("managed groups", func(t *testing.T) { managed(t, open(t)) })
	t.Run("other products", func(t *testing.T) { elsewhere(t, open(t)) })
	t.Run("unknown outcomes", func(t *testing.T) { unknownOutcomes(t, open) })
}

// Transitions runs the table, or the cases of one area: for what an operator can
// choose that concerns no others.
func Transitions(t *testing.T, area string, open func(t *testing.T) Subject) {
	for _, c := range Cases() {
		if area == "" || c.Area == area {
			t.Run(c.Area+"/"+c.Name, func(t *testing.T) { c.Walk(t, open(t)) })
		}
	}
}
