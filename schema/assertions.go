package schema

import (
	"fmt"
	"slices"
	"strings"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/diag"
	"github.com/weirhq/weir/internal/nearest"
)

// lowerAssertions reads what must hold of people's access.
func (c *compiler) lowerAssertions() {
	seen := make(map[string]diag.Range)
	for _, d := range c.docs {
		for _, a := range d.Assertions {
			if first, again := seen[a.Name.Value]; again {
				c.both("WR104", first, a.Name.Range, "assertion "+quote(a.Name.Value)+" stands twice", "give each a name of its own", "also here")
				continue
			}
			seen[a.Name.Value] = a.Name.Range
			if out, ok := c.readAssertion(a); ok {
				c.out.assertions = append(c.out.assertions, out)
			}
		}
	}
	slices.SortFunc(c.out.assertions, func(a, b access.Assertion) int { return a.Origin.Compare(b.Origin) })
}

func (c *compiler) readAssertion(a Assertion) (access.Assertion, bool) {
	out := access.Assertion{Name: a.Name.Value, Action: a.Action.Value, Origin: a.Name.Range}
	found := c.assertedObject(a.Object, &out)
	acts := found && c.assertedAction(a.Action, out)
	type list struct {
		kind  access.Claim
		names *List
	}
	var lists []list
	for _, l := range []list{{access.Can, a.Can}, {access.Cannot, a.Cannot}, {access.Only, a.Only}} {
		if l.names != nil {
			lists = append(lists, l)
		}
	}
	switch {
	case len(lists) == 0:
		c.add("WR112", a.Name.Range, "assertion "+quote(a.Name.Value)+" does not say who", "write can, cannot or only")
		return out, false
	case len(lists) > 1:
		c.both("WR202", lists[0].names.Range, lists[1].names.Range, fmt.Sprintf("assertion %s has %s and %s", quote(a.Name.Value), lists[0].kind, lists[1].kind),
			"write two assertions", "the other list")
		return out, false
	}
	out.Kind = lists[0].kind
	names := lists[0].names
	if len(names.Items) == 0 && out.Kind != access.Only {
		c.add("WR103", names.Range, string(out.Kind)+" names nobody, and so says nothing", "name somebody; only: [] says that nobody can")
		return out, false
	}
	once := make(map[access.Ref]diag.Range)
	for _, item := range names.Items {
		who, ok := c.read(item, readAsserted)
		if !ok || c.repeated(once, who, item.Range, string(out.Kind)) {
			continue
		}
		c.refer(who, item.Range)
		out.Principals = append(out.Principals, who)
	}
	return out, acts
}

// assertedObject reads what an assertion is about.
func (c *compiler) assertedObject(s Str, out *access.Assertion) bool {
	typ, id, _ := strings.Cut(s.Value, ":")
	switch {
	case s.Value == string(access.Site):
		out.Object = access.Site
		return true
	case typ == "space" && strings.Contains(id, "*"):
		var ok bool
		out.Match, ok = c.pattern(s, "space")
		return ok
	case typ == "space":
		ref, ok := c.named(typ, id, s.Range)
		if ok {
			c.refer(ref, s.Range)
		}
		out.Object = ref
		return ok
	case typ == "page" || typ == "blogpost":
		key, title, ok := strings.Cut(id, "/")
		if !ok || key == "" || title == "" {
			c.add("WR113", s.Range, quote(s.Value)+" does not name a page", "write the key of its space, a slash and its title, such as page:HR/Pay bands")
			return false
		}
		space, ok := c.named("space", key, s.Range)
		if !ok {
			return false
		}
		c.refer(space, s.Range)
		page, ok := c.pageName(space, typ, Str{Value: title, Range: s.Range})
		if ok {
			at := access.Fact{Kind: access.Exists, Object: page}
			if !c.out.origins[at].Known() {
				c.out.origins[at] = s.Range // for messages about a page that is not there
			}
		}
		out.Object = page
		return ok
	}
	c.add("WR113", s.Range, quote(s.Value)+" cannot stand here", "write site, space:KEY, a pattern such as space:TEAM-*, page:KEY/TITLE or blogpost:KEY/TITLE")
	return false
}

// assertedAction reports an action that the object does not have.
func (c *compiler) assertedAction(s Str, a access.Assertion) bool {
	words := access.OperationWords(a.Object)
	onSpace := a.Match != "" || a.Object.Type() == "space"
	if slices.Contains(words, s.Value) || onSpace && isPermission(s.Value) {
		return true
	}
	hint := "write " + either(words)
	if onSpace {
		hint = "write " + strings.Join(words, ", ") + " or the id of a permission, such as create/page"
	}
	if near := nearest.To(s.Value, words); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	what := "a space"
	switch {
	case a.Object == access.Site:
		what = "the site"
	case a.Object.IsPage():
		what = "a " + typeName(a.Object)
	}
	c.add("WR103", s.Range, fmt.Sprintf("%s has no action %s", what, quote(s.Value)), hint)
	return false
}

// lowerProofs reads the built-in proofs that are asked for. Files add to each
// other.
func (c *compiler) lowerProofs() {
	seen := make(map[string]diag.Range)
	for _, d := range c.docs {
		if d.Prove == nil {
			continue
		}
		for _, item := range d.Prove.Items {
			proof, known := access.ProofNamed(item.Value)
			if !known {
				hint := "write " + either(access.ProofNames())
				if near := nearest.To(item.Value, access.ProofNames()); near != "" {
					hint = fmt.Sprintf("did you mean %q?", near)
				}
				c.add("WR103", item.Range, "there is no proof "+quote(item.Value), hint)
				continue
			}
			if first, again := seen[item.Value]; again {
				c.both("WR104", first, item.Range, quote(item.Value)+" stands twice in prove", "keep one of the two", "also here")
				continue
			}
			seen[item.Value] = item.Range
			proof.Origin = item.Range
			if proof.NeedsDomains && len(c.out.Settings.Site.Domains) == 0 {
				c.add("WR112", item.Range, item.Value+" needs the domains of the site's own people", "write domains under site, such as [acme.example]")
			}
			c.out.proofs = append(c.out.proofs, c.out.Settings.Terms(proof))
		}
	}
	slices.SortFunc(c.out.proofs, func(a, b access.Proof) int { return a.Origin.Compare(b.Origin) })
}

// Terms gives a proof what the description knows and it needs: the domains of
// the site's own people, and the objects that may be public.
func (s Settings) Terms(p access.Proof) access.Proof {
	p.Domains = slices.Clone(s.Site.Domains)
	for _, a := range s.Policies[publicRule].Allow {
		p.Public = append(p.Public, a.Match)
	}
	return p
}

// publicRule is the rule whose `allow` names what may be open to the public.
const publicRule = "anonymous_access"
