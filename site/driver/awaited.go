package driver

import (
	"fmt"
	"strings"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
)

// Awaited finds the wanted objects that are not there and that somebody else must
// bring about, with how that is said: managed groups, for which synced says it,
// and personal spaces.
func Awaited(want access.Set, live access.Set, synced string) map[access.Ref]string {
	out := make(map[access.Ref]string)
	there := func(r access.Ref) bool { return live.Has(access.Fact{Kind: access.Exists, Object: r}) }
	for f := range want.OfKind(access.Managed) {
		if !there(f.Object) {
			out[f.Object] = synced
		}
	}
	for f := range want.OfKind(access.Exists) {
		if f.Object.Type() == "space" && strings.HasPrefix(f.Object.ID(), "~") && !there(f.Object) {
			out[f.Object] = "its owner has created the personal space"
		}
	}
	return out
}

// Await says what is to be done by hand for a fact about an awaited object: until
// is how it is said, group whose affair a managed group is and what they do, and
// product likewise for what such a group gives of the product, which weir does not
// write either. ok is false where another fact about the object says it.
func Await(f access.Fact, r access.Ref, until string, group, product site.Manual) (m site.Manual, ok bool) {
	m = site.Manual{Fact: f, Verify: fmt.Sprintf("the next plan reads whether %s is there", r)}
	switch {
	case r.Type() == "space" && f.Kind == access.Exists:
		m.Authority = "the person whose space it is"
		m.Steps = []string{"log in to Confluence as its owner", "open the own profile and create the personal space"}
	case f.Kind == access.Managed:
		m.Authority, m.Steps = group.Authority, group.Steps
	case f.Kind == access.Product:
		m.Authority, m.Steps = product.Authority, append([]string{fmt.Sprintf("wait until %s", until)}, product.Steps...)
	case f.Kind == access.Exists:
		return site.Manual{}, false // the managed fact beside it says how
	default:
		m.Authority, m.Steps = "weir", []string{fmt.Sprintf("nothing by hand: weir does it once %s", until)}
	}
	return m, true
}
