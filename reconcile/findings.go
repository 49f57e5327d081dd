package reconcile

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/diag"
	"github.com/weirhq/weir/internal/nearest"
	"github.com/weirhq/weir/site"
)

// Stops says why a plan may not be applied.
type Stops struct {
	Policy bool // a rule denies it: exit code 3
	Guard  bool // a budget is exceeded or an invariant broken: exit code 4
}

// Any reports whether the plan is stopped at all.
func (s Stops) Any() bool { return s.Policy || s.Guard }

// Stops says why the plan may not be applied, if so.
func (p *Plan) Stops() Stops {
	var s Stops
	for _, f := range p.Findings {
		if f.Level == access.Deny {
			s.Policy = s.Policy || f.Rule != ""
			s.Guard = s.Guard || f.Rule == ""
		}
	}
	for _, b := range p.Budgets {
		s.Guard = s.Guard || b.Stops()
	}
	return s
}

// Pressing gives the findings that are to be seen even where nothing changes:
// somebody waits for an edit of the description, or a day comes near.
func (p *Plan) Pressing() []Finding {
	var out []Finding
	for _, f := range p.Findings {
		if f.Due != "" || f.Code == "WR404" {
			out = append(out, f)
		}
	}
	return out
}

// findings puts the gravest first and gives them their serialised form, with
// the owners of the spaces they are about.
func findings(all []access.Finding, owners map[access.Ref]access.Ref) []Finding {
	grave := map[access.Level]int{access.Deny: 0, access.Warn: 1}
	slices.SortStableFunc(all, func(a, b access.Finding) int {
		return cmp.Or(
			cmp.Compare(grave[a.Level], grave[b.Level]),
			cmp.Compare(a.Code, b.Code),
			cmp.Compare(a.Object, b.Object),
			cmp.Compare(a.Message, b.Message),
		)
	})
	out := []Finding{}
	for _, f := range all {
		out = append(out, Finding{
			Code: f.Code, Rule: f.Rule, Level: f.Level, Object: string(f.Object), Owner: string(owners[f.Object]),
			Message: f.Message, Hint: f.Hint, Ways: waysOf(f.Ways), Origin: origin(f.Origin), Due: f.Due,
		})
	}
	return out
}

// waysOf gives ways out their serialised form.
func waysOf(ways []diag.Way) []Way {
	var out []Way
	for _, w := range ways {
		way := Way{Do: w.Do, Price: w.Price}
		for _, e := range w.Edits {
			way.Alter = append(way.Alter, Alteration{Op: e.Op, File: e.File, Line: e.Line, Column: e.Column, Who: e.Who, Role: e.Role})
		}
		out = append(out, way)
	}
	return out
}

// findings tells of wanted facts that could not be planned and of people who
// keep access. What waits for a step that somebody does by hand is no reason to
// stop the rest.
func (d Difference) findings(desired access.Desired, manual []site.Manual, live access.Set) []access.Finding {
	var out []access.Finding
	byHand := make(map[access.Ref]bool)
	for _, m := range manual {
		byHand[m.Fact.Object] = true
	}
	for _, m := range d.Missing {
		f := access.Finding{
			Code: m.Code, Level: m.Level, Object: m.Fact.Object,
			Message: fmt.Sprintf("%s is not planned: %s", m.Fact, m.Reason),
			Origin:  desired.Origins[m.Fact.Identity()],
		}
		switch {
		case byHand[m.Lacks]:
			f.Level, f.Hint = access.Warn, "it is planned once the step by hand is done"
		case m.Lacks != "":
			f.Hint = nearest.Ask(nearest.To(m.Lacks.ID(), names(live, m.Lacks.Type())), "create it or correct its name")
		case m.Code == "WR202":
			f.Hint = "describe it, or take it off that list"
		}
		out = append(out, f)
	}
	for _, k := range d.Kept {
		if k.Fact.Kind == access.Exists && k.Fact.Object.IsPerson() && desired.Scope.Absent[k.Fact.Object] {
			out = append(out, access.Finding{
				Code: "WR407", Level: access.Warn, Object: k.Fact.Object,
				Message: fmt.Sprintf("%s is described without access and %s", k.Fact.Object, k.Reason),
				Hint:    "take the person out of that group where it is managed",
				Origin:  desired.Origins[k.Fact.Identity()],
			})
		}
	}
	return out
}

// names gives the names of all that is there of a type.
func names(live access.Set, typ string) []string {
	var out []string
	for f := range live.OfKind(access.Exists) {
		if f.Object.Type() == typ {
			out = append(out, f.Object.ID())
		}
	}
	return out
}

// refused tells of wanted facts that the product cannot hold.
func refused(canon site.Canonical, desired access.Desired, seats seating, terms SeatTerms) []access.Finding {
	var out []access.Finding
	for _, r := range canon.Refused {
		f := access.Finding{
			Code: "WR502", Level: access.Deny, Object: r.Fact.Object,
			Message: fmt.Sprintf("%s cannot be held by this site: %s", r.Fact, r.Reason),
			Hint:    r.Hint,
			Ways:    seats.waysOut(r.Fact, desired, terms),
			Origin:  desired.Origins[r.Fact.Identity()],
		}
		if len(f.Ways) > 0 {
			f.Hint = diag.WaysHint(f.Ways)
		}
		out = append(out, f)
	}
	return out
}

// noted tells what described facts lose in the product's terms.
func noted(canon site.Canonical, desired access.Desired) []access.Finding {
	var out []access.Finding
	for _, n := range canon.Notes {
		out = append(out, access.Finding{
			Code: "WR505", Level: access.Warn, Object: n.Fact.Object,
			Message: fmt.Sprintf("%s: %s", n.Fact, n.Text), Hint: n.Hint,
			Origin: desired.Origins[n.Fact.Identity()],
		})
	}
	return out
}

// pages tells of described pages that the site does not show. weir makes no
// pages, so a restriction on one that is not there cannot be kept.
func pages(extent access.Extent, live site.Observation, desired access.Desired) []access.Finding {
	unknown := indexUnknown(live.Unknown)
	var out []access.Finding
	for _, page := range extent.Pages {
		f := access.Fact{Kind: access.Exists, Object: page}
		if _, hidden := unknown.covers(f); live.Facts.Has(f) || hidden {
			continue
		}
		out = append(out, access.Finding{
			Code: "WR502", Level: access.Deny, Object: page,
			Message: fmt.Sprintf("%s is not on the site, or weir's account may not see it", page),
			Hint:    "create the page or correct its title",
			Origin:  desired.Origins[f],
		})
	}
	return out
}

// lifted tells of pages that cease to be restricted: more people than those who
// were named may then do what their space lets them do.
func lifted(d access.Delta) []access.Finding {
	type list struct {
		page access.Ref
		verb string
	}
	gone := make(map[list]bool)
	for _, c := range d.Changes {
		if c.Fact.Kind == access.Restrict && c.Op == access.Remove {
			gone[list{c.Fact.Object, c.Fact.Verb}] = true
		}
	}
	for f := range d.Target.OfKind(access.Restrict) {
		delete(gone, list{f.Object, f.Verb})
	}
	var out []access.Finding
	for l := range gone {
		out = append(out, access.Finding{
			Code: "WR411", Level: access.Warn, Object: l.page,
			Message: fmt.Sprintf("%s is no longer restricted: whoever may %s in %s may %s it", l.page, l.verb, l.page.PageSpace(), l.verb),
			Hint:    "see that nothing on it, or below it, was kept from them on purpose",
			Origin:  d.Desired.Origins[access.Fact{Kind: access.Exists, Object: l.page}],
		})
	}
	return out
}

// beside tells of described spaces whose roles are listed while somebody holds
// permissions beside roles that nobody listed: the list is then not all there is.
func beside(d access.Delta) []access.Finding {
	rows := make(map[access.Ref]int) // how many permissions
	for f := range d.Target.OfKind(access.Permission) {
		roles := access.Contents{Kind: access.Role, Object: f.Object}
		if d.Desired.Scope.Contents[roles] == access.Unmanaged || d.Desired.Scope.Contents[access.ContentsOf(f)] != access.Unmanaged {
			continue
		}
		rows[f.Object]++
	}
	var out []access.Finding
	for space, n := range rows {
		out = append(out, access.Finding{
			Code: "WR505", Level: access.Warn, Object: space,
			Message: fmt.Sprintf("%s lists roles, and others hold permissions there beside roles (%d in all)", space, n),
			Hint:    "write permissions: {} to own them too, or list them",
			Origin:  d.Desired.Origins[access.Fact{Kind: access.Exists, Object: space}],
		})
	}
	return out
}

// stepFindings tells of steps for which no safe place in the order was found.
func stepFindings(steps []site.Step) []access.Finding {
	var out []access.Finding
	for _, s := range steps {
		if s.Finding != "" {
			out = append(out, access.Finding{
				Code: "WR405", Level: access.Warn, Object: s.Changes[0].Fact.Object,
				Message: fmt.Sprintf("step %s (%s): %s", s.ID, s.Changes[0], s.Finding),
				Hint:    "split the change in two, or accept the short interval",
			})
		}
	}
	return out
}

// warnings turns what the live site made of the description into findings.
func warnings(list diag.List) []access.Finding {
	var out []access.Finding
	for _, d := range list {
		out = append(out, access.Finding{Code: d.Code, Level: access.Warn, Message: d.Summary, Hint: d.Hint, Ways: d.Ways, Origin: d.Range, Due: d.Due})
	}
	return out
}
