package sitetest

import (
	"cmp"
	"maps"
	"slices"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
)

// verdict is what the traits of a site say of a fact that is not true yet.
type verdict uint8

const (
	can    verdict = iota // the site can hold it and weir can bring it about
	either                // no trait tells
	cannot
)

// judge says whether a site can be brought to hold a fact, by its traits alone,
// and what it would need for that. This is what the traits mean: where yours say that
// your product can, Canonical keeps the fact as it is; where they say that it
// cannot, Canonical says what becomes of it.
func judge(f access.Fact, want access.Set, live site.Observation) (verdict, string) {
	traits := live.Traits
	if v, need := judgePeople(f, want, live); v != can {
		return v, need
	}
	switch f.Kind {
	case access.Exists:
		switch {
		case f.Object.Type() == "space_role" && traits.Mode == site.ByPermissions:
			return cannot, "space roles"
		case f.Object.IsPage():
			return cannot, "a page that is there"
		}
	case access.Grants:
		if traits.Mode == site.ByPermissions {
			return cannot, "space roles"
		}
	case access.Role:
		switch {
		case f.Subject.Type() == "class" && !slices.Contains(traits.Classes, f.Subject):
			return cannot, "the class " + f.Subject.ID()
		case traits.Mode == site.ByPermissions:
			return cannot, "space roles"
		}
	case access.Permission:
		known := traits.Permissions
		if known == nil {
			known = slices.Collect(maps.Keys(live.Permissions))
		}
		switch {
		case traits.Mode == site.ByRoles:
			return cannot, "permissions beside roles"
		case f.Subject.Type() == "class" && !slices.Contains(traits.Classes, f.Subject):
			return cannot, "the class " + f.Subject.ID()
		case !slices.Contains(known, f.Verb):
			return either, "the permission " + f.Verb // it may come along with another
		case traits.Mode == site.ByEither && !administers(live, f.Object):
			return either, "weir's account to administer the space"
		}
	case access.Global:
		if !slices.Contains(traits.Globals, f.Verb) {
			return cannot, "the global permission " + f.Verb
		}
	case access.Product:
		// On Data Center administering includes using, so that one cannot be held
		// without the other.
		if roles := access.ProductRoles(f.Value); slices.Contains(roles, access.AdminRole) && !slices.Contains(roles, "user") && !f.Object.IsPerson() {
			return either, "administration without use"
		}
	case access.Managed, access.Personal:
		return cannot, "somebody else"
	}
	return can, ""
}

// administers reports whether weir's own account administers the space by itself.
func administers(live site.Observation, space access.Ref) bool {
	if live.Facts.Has(access.Fact{Kind: access.Permission, Object: space, Verb: access.CanAdminister, Subject: live.Account}) {
		return true
	}
	held, ok := live.Facts.Get(access.Fact{Kind: access.Role, Object: space, Subject: live.Account})
	return ok && live.Facts.Has(access.Fact{Kind: access.Grants, Object: access.NewRef("space_role", held.Value), Verb: access.CanAdminister})
}

// judgePeople is judge for what depends on who is spoken of.
func judgePeople(f access.Fact, want access.Set, live site.Observation) (verdict, string) {
	traits := live.Traits
	if f.Kind == access.State && !slices.Contains(traits.States, f.Value) {
		return cannot, "people who are " + f.Value
	}
	if f.Kind == access.State && f.Value == "removed" && live.IDs[f.Object] == "" {
		return either, "somebody who is there"
	}
	for _, r := range []access.Ref{f.Object, f.Subject} {
		if !r.IsPerson() {
			continue
		}
		guest := access.Fact{Kind: access.Product, Object: r, Value: access.GuestRole}
		if want.Has(guest) && !traits.Guests {
			// Where there are no guests, a guest must not become something greater.
			if f == guest {
				return cannot, "guests"
			}
			return either, "guests"
		}
		if _, known := live.IDs[r]; !known && !traits.Invites {
			return either, "invitations"
		}
	}
	return can, ""
}

// account checks that Canonical accounts for every wanted fact: it is kept, or it
// is said what becomes of it.
func (tr *trial) account(want access.Set, canon site.Canonical, live site.Observation, free access.Set) {
	tr.t.Helper()
	told := make(map[access.Fact]string)
	for _, m := range canon.Manual {
		told[m.Fact] = "left to " + m.Authority
		if m.Authority == "" || m.Verify == "" || len(m.Steps) == 0 {
			tr.t.Errorf("canonical: the manual step for %s does not say who does what, and how weir sees it", m.Fact)
		}
	}
	for _, r := range canon.Refused {
		told[r.Fact] = "refused: " + r.Reason
		if r.Reason == "" {
			tr.t.Errorf("canonical: %s is refused without a reason", r.Fact)
		}
		if canon.Facts.Has(r.Fact) {
			tr.t.Errorf("canonical: %s is refused and kept", r.Fact)
		}
	}
	for _, n := range canon.Notes {
		if n.Text == "" {
			tr.t.Errorf("canonical: the note on %s says nothing", n.Fact)
		}
		told[n.Fact] = "noted: " + n.Text
	}
	for id, from := range canon.From {
		told[from] = "said by others"
		if _, ok := canon.Facts.Get(id); !ok {
			tr.t.Errorf("canonical: %s stands for %s and is not wanted", id, from)
		}
		if !want.Has(from) {
			tr.t.Errorf("canonical: %s stands for %s, which nobody asked for", id, from)
		}
	}
	for f := range want.All() {
		v, need := judge(f, want, live)
		said := told[f]
		switch {
		case said == "" && f.Kind == access.Grants:
			// A role's permissions go where the role goes.
			said = told[access.Fact{Kind: access.Exists, Object: f.Object}]
			fallthrough
		case said == "" && f.Object.Type() == "space_role" && canon.As[access.Role] != "":
			// Where roles are written out, a role is what it permits and nothing more.
			said = cmp.Or(said, "written out")
		case said == "" && f.Kind == access.State && f.Value == "removed" && live.IDs[f.Object] == "":
			said = "true already" // who is not there has been removed
		}
		switch kept := canon.Facts.Has(f); {
		case kept && v == cannot && !live.Facts.Has(f):
			tr.t.Errorf("canonical: %s is kept, and needs %s", f, need)
		case kept:
		case said == "":
			tr.t.Errorf("canonical: %s is dropped, and nobody is told", f)
		case v != either && live.Facts.Has(f):
			tr.t.Errorf("canonical: %s is %s, although it is true already", f, said)
		case v == can && !free.Has(f):
			tr.t.Errorf("canonical: %s is %s, although the site can hold it", f, said)
		default:
			tr.t.Logf("%s needs %s: %s", f, need, said)
		}
	}
}
