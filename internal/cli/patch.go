package cli

import (
	"regexp"
	"strconv"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/diag"
	"github.com/weirhq/weir/internal/rewrite"
	"github.com/weirhq/weir/schema"
)

// patcher writes an edit to a description as a patch. It tries likely places, and
// believes none: a patch counts only if the description that it leads to says what
// was to be added, and all that the description said before.
type patcher struct {
	k    *asked
	edit *rewrite.Edit
}

func newPatcher(a *app, k *asked) *patcher {
	return &patcher{k: k, edit: a.openEdit(k.d)}
}

// patch gives a unified diff, with paths in the description's folder, or nothing
// where the edit is none of memberships and roles to add, or no place was found.
func (p *patcher) patch(changes []access.Change) string {
	for _, c := range changes {
		if c.Op != access.Add || c.Fact.Kind != access.Member && c.Fact.Kind != access.Role || !p.add(c.Fact) {
			return ""
		}
	}
	return diffOf(p.edit)
}

// add adds one fact at the first place where that turns out right.
func (p *patcher) add(f access.Fact) bool {
	d, _ := p.edit.Compile()
	if d == nil {
		return false
	}
	known := p.k.obs.Known(access.Memory{})
	was, _ := d.Desired(known)
	at, ok := was.Origins[access.Fact{Kind: access.Exists, Object: f.Object}]
	if !ok {
		return false
	}
	more := func(diff rewrite.Difference) bool { return diff.Fact.Op == access.Add }
	ok, _ = p.edit.Try(p.places(f, at), func(is *schema.Description) bool {
		now, _ := is.Desired(known)
		return now.Facts.Has(f) && len(rewrite.Compare(d, is, known, more)) == 0
	})
	return ok
}

// places gives the file in which an object's entry stands, each time with the fact
// added at another place. The likeliest come first.
func (p *patcher) places(f access.Fact, at diag.Range) []rewrite.Place {
	e, ok := rewrite.BlockAt(at, p.edit.After[at.File])
	if !ok {
		return nil
	}
	if f.Kind == access.Member {
		return e.Members(f.Subject)
	}
	principal := strconv.Quote(principalText(f.Subject))
	if f.Kind == access.Restrict {
		return append(e.InList(f.Verb, principal), e.NewList(f.Verb, principal)...)
	}
	role := f.Value
	if !plainKey.MatchString(role) {
		role = strconv.Quote(role)
	}
	return append(e.InList(role, principal), e.InMap("roles", role, principal)...)
}

var plainKey = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]*$`)

// principalText is how a description writes a principal of a space.
func principalText(r access.Ref) string {
	if r.Type() == "class" {
		return r.ID()
	}
	return string(r)
}
