package access_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/access/accesstest"
)

// question draws something to ask.
func question(t *rapid.T) (person access.Ref, op string, object access.Ref) {
	person = rapid.SampledFrom(accesstest.Everybody()).Draw(t, "person")
	object = rapid.SampledFrom(accesstest.Objects()).Draw(t, "object")
	return person, rapid.SampledFrom(accesstest.Operations(object)).Draw(t, "operation"), object
}

// An explanation is a proof, by the oracle: each path suffices alone, with
// everything else that restricts; no fact of a path can be left out; and what
// takes a fact from every path takes the operation.
func TestWhyIsAProof(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := accesstest.Worlds().Draw(t, "world")
		person, op, object := question(t)
		e := w.View().Why(person, op, object)
		can := func(facts access.Set) bool {
			return accesstest.Oracle{World: w.With(facts)}.Can(person, op, object)
		}
		if e.Can != can(w.Facts) || e.Can != (len(e.Paths) > 0) || e.Can == (len(e.Blocked) > 0) {
			t.Fatalf("Why(%s, %s, %s) = %+v, the oracle says %v", person, op, object, e, can(w.Facts))
		}
		frame := w.Facts.Filter(func(f access.Fact) bool { return f.Kind == access.Exists && !f.Object.IsPerson() })
		restricting := w.Facts.Filter(func(f access.Fact) bool { return f.Kind == access.Restrict || f.Kind == access.Status })
		// Walls are the restrictions without anybody whom they let through.
		var named []access.Fact
		for f := range restricting.All() {
			if f.Kind == access.Restrict {
				f.Subject = "group:gone"
			}
			named = append(named, f)
		}
		walls := access.NewSet(named...)
		for _, p := range e.Paths {
			path := access.NewSet(p.Facts...)
			for f := range path.All() {
				if !w.Facts.Has(f) {
					t.Fatalf("%s is not a fact", f)
				}
			}
			if !can(frame.Union(path)) || !can(frame.Union(path).Union(restricting)) {
				t.Fatalf("the path %v does not suffice", p.Facts)
			}
			for _, f := range p.Facts {
				// What proves that somebody is no guest is needed only beside what
				// makes them one.
				if guest(w, person) {
					continue
				}
				less := path.Filter(func(g access.Fact) bool { return g != f })
				if can(frame.Union(less).Union(walls)) {
					t.Fatalf("the path %v does not need %s", p.Facts, f)
				}
			}
		}
		if e.More || !e.Can {
			return
		}
		// Take one fact of each path, as drawn: what is left must not suffice. Names
		// of restrictions are not taken, since taking the last lifts it; and a guest
		// who is no longer made more than one could become licensed in the model only
		// by losing the role guest.
		gone := make(map[access.Fact]bool)
		for _, p := range e.Paths {
			var takable []access.Fact
			for _, f := range p.Facts {
				if f.Kind != access.Restrict && !(f.Kind == access.Member && guest(w, person)) {
					takable = append(takable, f)
				}
			}
			if len(takable) == 0 {
				return
			}
			gone[rapid.SampledFrom(takable).Draw(t, "taken")] = true
		}
		without := w.Facts.Filter(func(f access.Fact) bool { return !gone[f] })
		if can(without) {
			t.Fatalf("%s can %s %s without %v: there are other paths than %v", person, op, object, gone, e.Paths)
		}
	})
}

// guest reports whether the person holds the product role guest at all.
func guest(w accesstest.World, person access.Ref) bool {
	for f := range w.Facts.OfKind(access.Product) {
		if slices.Contains(access.ProductRoles(f.Value), access.GuestRole) &&
			(f.Object == person || w.Facts.Has(access.Fact{Kind: access.Member, Object: f.Object, Subject: person})) {
			return true
		}
	}
	return false
}

// What blocks somebody is there and about them, and without it they could: when
// every restriction that blocks is lifted, and the archive left, and what is
// lacking is given, they can.
func TestBlockersAreComplete(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := accesstest.Worlds().Draw(t, "world")
		person, op, object := question(t)
		facts := w.Facts
		for _, b := range w.View().Why(person, op, object).Blocked {
			if b.String() == string(b.Obstacle) {
				t.Fatalf("%s has no words", b.Obstacle)
			}
			for _, f := range b.Facts {
				if !w.Facts.Has(f) {
					t.Fatalf("%s is not a fact", f)
				}
			}
			switch b.Obstacle {
			case access.NoEntry, access.NoObject:
				return
			case access.Restricted, access.Archived:
				facts = facts.Filter(func(f access.Fact) bool { return !slices.Contains(b.Facts, f) })
			default:
				f := access.Fact{Kind: access.Permission, Object: b.Object, Verb: b.Needs[0], Subject: person}
				if object == access.Site {
					f.Kind = access.Global
				}
				facts = facts.Union(access.NewSet(f))
			}
		}
		if !(accesstest.Oracle{World: w.With(facts)}).Can(person, op, object) {
			t.Fatalf("%s cannot %s %s with every obstacle away", person, op, object)
		}
	})
}

// The remedy helps, by the oracle, and nothing smaller does: no edit of fewer
// changes among all that are about the person, what restricts them, or roles.
func TestWhyNotIsSmallest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := accesstest.Worlds().Draw(t, "world")
		person, op, object := question(t)
		can := func(facts access.Set) bool {
			return accesstest.Oracle{World: w.With(facts)}.Can(person, op, object)
		}
		remedies := w.View().WhyNot(person, op, object)
		if can(w.Facts) {
			if remedies != nil {
				t.Fatalf("%s can, and is told %v", person, remedies)
			}
			return
		}
		for _, r := range remedies {
			if !can(w.Facts.Apply(r.Changes)) {
				t.Fatalf("%v does not help %s to %s %s", r.Changes, person, op, object)
			}
		}
		there := object == access.Site || w.Facts.Has(access.Fact{Kind: access.Exists, Object: object.Space()})
		possible := there && !slices.Contains(w.Beside.Without, person) && !(person == access.Anonymous && op == access.GlobalAdminister)
		if len(remedies) == 0 {
			if possible && inCatalogue(w, op, object) {
				t.Fatalf("no remedy for %s to %s %s", person, op, object)
			}
			return
		}
		size := len(remedies[0].Changes)
		for _, r := range remedies {
			if len(r.Changes) < size {
				t.Fatalf("%v is not first", r.Changes)
			}
		}
		edits := singles(w, person, object)
		for k := 1; k < size && k <= 2; k++ {
			combinations(edits, k, func(changes []access.Change) {
				if can(w.Facts.Apply(changes)) {
					t.Fatalf("%v is smaller than %v, for %s to %s %s", changes, remedies[0].Changes, person, op, object)
				}
			})
		}
	})
}

// inCatalogue reports whether an operation is known: nobody has another.
func inCatalogue(w accesstest.World, op string, object access.Ref) bool {
	return slices.Contains(w.View().Operations(object), op)
}

// singles gives every change of one fact that could help.
func singles(w accesstest.World, person, object access.Ref) []access.Change {
	var out []access.Change
	add := func(f access.Fact) {
		if f.Subject == "" && f.Kind == access.Exists && w.Facts.Has(f) {
			return
		}
		if was, ok := w.Facts.Get(f); !ok {
			out = append(out, access.Change{Op: access.Add, Fact: f})
		} else if was != f {
			out = append(out, access.Change{Op: access.Modify, Fact: f, Was: was.Value})
		}
	}
	for f := range w.Facts.All() { // anything may go
		if f.Kind != access.Grants && f.Kind != access.Name && (f.Object.Space() == object.Space() || f.About(person)) {
			out = append(out, access.Change{Op: access.Remove, Fact: f})
		}
	}
	add(access.Fact{Kind: access.Exists, Object: person})
	if person != access.Anonymous {
		add(access.Fact{Kind: access.Product, Object: person, Value: "user"})
		add(access.Fact{Kind: access.Product, Object: person, Value: "admin"})
	}
	principals := []access.Ref{person, access.Everyone}
	for i := range 4 {
		g := accesstest.Group(i)
		if person != access.Anonymous {
			add(access.Fact{Kind: access.Member, Object: g, Subject: person})
		}
		principals = append(principals, g)
	}
	for _, p := range principals {
		if object == access.Site {
			for _, op := range accesstest.Operations(object) {
				add(access.Fact{Kind: access.Global, Object: object, Verb: op, Subject: p})
			}
			continue
		}
		for _, role := range accesstest.Roles {
			add(access.Fact{Kind: access.Role, Object: object.Space(), Subject: p, Value: role})
		}
		for _, id := range accesstest.Permissions() {
			add(access.Fact{Kind: access.Permission, Object: object.Space(), Verb: id, Subject: p})
		}
		if object.IsPage() && p != access.Everyone && p != access.Anonymous {
			for _, page := range accesstest.Pages() {
				if page.Space() == object.Space() {
					add(access.Fact{Kind: access.Restrict, Object: page, Verb: access.ViewPage, Subject: p})
					add(access.Fact{Kind: access.Restrict, Object: page, Verb: access.EditPage, Subject: p})
				}
			}
		}
	}
	return out
}

func combinations(of []access.Change, k int, try func([]access.Change)) {
	var pick func(from int, have []access.Change)
	pick = func(from int, have []access.Change) {
		if len(have) == k {
			try(have)
			return
		}
		for i := from; i < len(of); i++ {
			pick(i+1, append(have[:len(have):len(have)], of[i]))
		}
	}
	pick(0, nil)
}

// Whoever could obtain something cannot do it now, and has the power that the
// means rest on.
func TestCouldObtain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := accesstest.Worlds().Draw(t, "world")
		_, op, object := question(t)
		v := w.View()
		o := accesstest.Oracle{World: w}
		could := v.CouldWho(op, object)
		for _, p := range accesstest.Everybody() {
			means := v.CouldObtain(p, op, object)
			if slices.Contains(could, p) != (len(means) > 0) {
				t.Fatalf("CouldWho has %s: %v, and CouldObtain gives %v", p, slices.Contains(could, p), means)
			}
			powers := o.Can(p, access.GlobalAdminister, access.Site) || object != access.Site &&
				(o.Can(p, access.ToAdminister, object.Space()) || o.Can(p, "manage_users/space", object.Space()))
			if len(means) > 0 && (o.Can(p, op, object) || !powers || p == access.Anonymous) {
				t.Fatalf("%s could %s %s by %v", p, op, object, means)
			}
			admin := o.Can(p, access.GlobalAdminister, access.Site) && op != access.GlobalSystemAdminister ||
				object != access.Site && o.Can(p, access.ToAdminister, object.Space())
			there := object == access.Site || v.Known(object.Space())
			if p != access.Anonymous && admin && there && len(means) == 0 && !o.Can(p, op, object) && inCatalogue(w, op, object) && object != access.Site && w.Beside.Super != "" {
				t.Fatalf("%s administers and could not %s %s", p, op, object)
			}
			for _, m := range means {
				if len(m.Ways) == 0 {
					t.Fatalf("%s could %s %s by nothing", p, op, object)
				}
				for _, f := range m.Facts {
					if !w.Facts.Has(f) {
						t.Fatalf("%s is not a fact", f)
					}
				}
			}
		}
	})
}

// Redundant is right, by the oracle: each fact can go alone and no other can; all
// of Together can go at once and nothing can be added to it.
func TestRedundant(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := accesstest.Worlds().Draw(t, "world")
		v := w.View()
		got := v.Redundant()
		whole := answers(w)
		without := func(gone ...access.Fact) bool {
			return slices.Equal(whole, answers(w.With(w.Facts.Filter(func(f access.Fact) bool { return !slices.Contains(gone, f) }))))
		}
		if !without(got.Together...) {
			t.Fatalf("%v cannot go together", got.Together)
		}
		for _, f := range got.Together {
			if !slices.Contains(got.Alone, f) {
				t.Fatalf("%s can go with others and not alone", f)
			}
		}
		for f := range w.Facts.All() {
			switch f.Kind {
			case access.Member, access.Role, access.Permission, access.Restrict:
			default:
				continue
			}
			counts := f.Subject.Type() == "group" || f.Subject.Type() == "class" && f.Subject != access.Unlicensed || v.Person(f.Subject)
			if want := counts && without(f); want != slices.Contains(got.Alone, f) {
				t.Fatalf("%s can go alone: %v, and Redundant says %v", f, want, !want)
			}
			if slices.Contains(got.Alone, f) && !slices.Contains(got.Together, f) && without(append(slices.Clone(got.Together), f)...) {
				t.Fatalf("%s could be added to %v", f, got.Together)
			}
		}
	})
}

// answers gives all that everybody can do, and the product roles they hold.
func answers(w accesstest.World) []string {
	o := accesstest.Oracle{World: w}
	var out []string
	for _, p := range accesstest.Everybody() {
		for _, object := range accesstest.Objects() {
			ops := accesstest.Operations(object)
			if object.Type() == "space" {
				for id := range strangers {
					ops = append(ops, id)
				}
			}
			slices.Sort(ops)
			for _, op := range ops {
				if o.Can(p, op, object) {
					out = append(out, string(p)+" "+op+" "+string(object))
				}
			}
		}
		for _, role := range []string{"user", "admin", "guest", "user-access-admin"} {
			for f := range w.Facts.OfKind(access.Product) {
				if slices.Contains(access.ProductRoles(f.Value), role) && w.View().Person(p) &&
					(f.Object == p || w.Facts.Has(access.Fact{Kind: access.Member, Object: f.Object, Subject: p})) {
					out = append(out, string(p)+" "+role)
					break
				}
			}
		}
	}
	return out
}
