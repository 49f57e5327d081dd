package cloud

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/rest"
)

// grants brings about changes of roles and permissions in spaces: first where
// something is taken only, so that a guest who moves never has two spaces.
func (w *worker) grants(ctx context.Context, changes []access.Change) error {
	bySpace := make(map[access.Ref][]access.Change)
	var spaces []access.Ref
	for _, c := range changes {
		if bySpace[c.Fact.Object] == nil {
			spaces = append(spaces, c.Fact.Object)
		}
		bySpace[c.Fact.Object] = append(bySpace[c.Fact.Object], c)
	}
	gives := func(r access.Ref) bool {
		return slices.ContainsFunc(bySpace[r], func(c access.Change) bool { return c.Op != access.Remove })
	}
	slices.SortStableFunc(spaces, func(a, b access.Ref) int {
		switch {
		case !gives(a) && gives(b):
			return -1
		case gives(a) && !gives(b):
			return 1
		}
		return 0
	})
	switch {
	case len(spaces) == 0:
		return nil
	case len(spaces) > 1:
		who := changes[0].Fact.Subject
		for _, c := range changes {
			if !person(who) || c.Fact.Subject != who {
				return rest.Fail(site.Invalid, rest.Call{Op: w.op}, fmt.Errorf("%s does not belong in one step with it", c))
			}
		}
	}
	if err := w.sameMode(ctx); err != nil {
		return err
	}
	for _, r := range spaces {
		id, err := w.resolve(ctx, r)
		if err != nil {
			return err
		}
		if err := w.grantsIn(ctx, r, id, bySpace[r]); err != nil {
			return err
		}
	}
	return nil
}

// grantsIn brings about the changes in one space. Roles go first, in one
// request: one that is taken makes room for permissions, and one that is given
// takes the place of them.
func (w *worker) grantsIn(ctx context.Context, r access.Ref, id string, changes []access.Change) error {
	var roles, custom []access.Change
	given := make(map[access.Ref]bool)
	for _, c := range changes {
		switch {
		case c.Fact.Kind == access.Permission:
			custom = append(custom, c)
		case c.Op != access.Remove:
			given[c.Fact.Subject] = true
			fallthrough
		default:
			roles = append(roles, c)
		}
	}
	if len(roles) > 0 {
		if err := w.assign(ctx, id, roles...); err != nil {
			return err
		}
	}
	custom = slices.DeleteFunc(custom, func(c access.Change) bool { return given[c.Fact.Subject] && c.Op == access.Remove })
	if len(custom) == 0 {
		return nil
	}
	return w.permissions(ctx, r, id, custom)
}

// sameMode makes sure that the site still says access in the way in which it was
// read: what is true in one mode means something else in another, and a site can
// move on at any time.
func (w *worker) sameMode(ctx context.Context) error {
	was := w.modeSeen()
	is, err := w.roleMode(ctx)
	if err == nil && is != was {
		err = rest.Fail(site.Conflict, rest.Call{Op: w.op}, fmt.Errorf("the site has gone from mode %s to %s since it was read: plan again", was, is))
	}
	return err
}

// modeSeen is the role mode as it was read.
func (s *Site) modeSeen() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mode
}

// grantee is a principal as v1 writes it. The lists of v2 show anonymous people
// as an access class, or as the user "anonymous".
type grantee struct {
	Type       string `json:"type"`
	Identifier string `json:"identifier"`
}

func granteeOf(r permissionRow) grantee {
	id := r.Principal.ID
	if strings.EqualFold(r.Principal.Type, "group") {
		return grantee{"group", groupID(id)}
	}
	if id == classID(access.Anonymous) {
		id = "anonymous"
	}
	return grantee{"user", id}
}

type permissionBody struct {
	Subject   grantee   `json:"subject"`
	Operation operation `json:"operation"`
}

type operation struct {
	Key    string `json:"key"`
	Target string `json:"target"`
}

// producers are the permissions that bring or take others when they are written
// (observed, evidence A7).
var producers = []string{"create/comment", createPage, "update/blogpost", access.CanAdminister}

// permissionRounds bounds how often a space's list is read anew on the way to
// what is wanted. Five phases and what comes along unasked take nine.
const permissionRounds = 12

// permissions writes permissions of principals in one space. Each permission is
// a request of its own, some bring or take others unasked, and none can be given
// before viewing; so the list is read anew after every phase, and the next phase
// is the first of these that has anything to do (evidence A7):
//
//	unwanted producers are taken, then what else is unwanted
//	viewing is given, then wanted producers, then the rest
//
// What came along unasked is unwanted, and is taken the next time round. Taking
// the view takes everything, so it is all that is done for a principal who is to
// have nothing.
func (w *worker) permissions(ctx context.Context, r access.Ref, id string, changes []access.Change) error {
	p := permissionWriter{worker: w, space: r, id: id, wanted: make(map[grantee]map[string]bool)}
	rows, err := p.read(ctx)
	if err != nil {
		return err
	}
	for _, c := range changes {
		who, err := w.subjectOf(ctx, c)
		if err != nil {
			return err
		}
		if p.wanted[who] == nil {
			p.wanted[who] = make(map[string]bool)
			p.order = append(p.order, who)
			for _, row := range rows {
				if granteeOf(row) == who {
					p.wanted[who][row.permission()] = true
				}
			}
		}
		if c.Op == access.Remove {
			delete(p.wanted[who], c.Fact.Verb)
		} else {
			p.wanted[who][c.Fact.Verb] = true
		}
	}
	for _, who := range p.order {
		if want := p.wanted[who]; len(want) > 0 && !want[access.CanView] {
			return rest.Fail(site.Invalid, rest.Call{Op: w.op}, fmt.Errorf("nothing in %s can be held without %s", r, access.CanView))
		}
		if err := p.noRole(ctx, who); err != nil {
			return err
		}
	}
	for range permissionRounds {
		done, err := p.phase(ctx, rows)
		if err != nil || done {
			return err
		}
		if rows, err = p.read(ctx); err != nil {
			return rest.Uncertain(err) // what was written was accepted
		}
	}
	return rest.Fail(site.Invalid, rest.Call{Op: w.op}, fmt.Errorf("the permissions in %s do not become what they should be, however often they are written", r))
}

// permissionWriter brings principals to what they shall have in a space.
type permissionWriter struct {
	*worker
	space  access.Ref
	id     string
	order  []grantee
	wanted map[grantee]map[string]bool
}

func (p *permissionWriter) read(ctx context.Context) ([]permissionRow, error) {
	return p.permissionRows(ctx, p.id)
}

// noRole makes sure that a principal holds no role in the space: rows of a role
// look like any other, and cannot be written.
func (p *permissionWriter) noRole(ctx context.Context, who grantee) error {
	if p.modeSeen() == preRoles {
		return nil
	}
	a := principal{"USER", who.Identifier}
	switch {
	case who.Type == "group":
		a.Type = "GROUP"
	case who.Identifier == "anonymous":
		a = principal{"ACCESS_CLASS", classID(access.Anonymous)}
	}
	what := rest.Call{
		To: listAssignments, Args: []string{p.id}, Op: p.op,
		Query: rest.With(nil, "principal-type", a.Type, "principal-id", a.ID),
	}
	list, err := rest.ByLink(ctx, p.client, what, sitePage, func(a assignment) string { return a.Principal.Type + "/" + a.Principal.ID })
	if err != nil {
		return err
	}
	if slices.ContainsFunc(list, func(b assignment) bool { return b.Principal == a }) {
		return rest.Fail(site.Conflict, what, fmt.Errorf("the principal holds a role in %s by now: plan again", p.space))
	}
	return nil
}

// phase does the first phase that has something to do. done reports that none
// has.
func (p *permissionWriter) phase(ctx context.Context, rows []permissionRow) (done bool, err error) {
	has := make(map[grantee]map[string]bool)
	for _, who := range p.order {
		has[who] = make(map[string]bool)
	}
	var takeFirst, take []permissionRow
	for _, row := range rows {
		who, id := granteeOf(row), row.permission()
		if has[who] == nil {
			continue
		}
		has[who][id] = true
		switch {
		case len(p.wanted[who]) == 0:
			if id == access.CanView {
				take = append(take, row) // and everything with it
			}
		case p.wanted[who][id]:
		case slices.Contains(producers, id):
			takeFirst = append(takeFirst, row)
		default:
			take = append(take, row)
		}
	}
	// A principal who is to have nothing may have something left without the view.
	for _, row := range rows {
		if who := granteeOf(row); has[who] != nil && len(p.wanted[who]) == 0 && !has[who][access.CanView] {
			take = append(take, row)
		}
	}
	for _, list := range [][]permissionRow{takeFirst, take} {
		if len(list) == 0 {
			continue
		}
		for _, row := range list {
			if err := p.take(ctx, row); err != nil {
				return false, err
			}
		}
		return false, nil
	}
	var view, first, others []permissionBody
	for _, who := range p.order {
		for _, id := range sortedKeys(p.wanted[who]) {
			if has[who][id] {
				continue
			}
			key, target := cutPermission(id)
			b := permissionBody{who, operation{key, target}}
			switch {
			case id == access.CanView:
				view = append(view, b)
			case slices.Contains(producers, id):
				first = append(first, b)
			default:
				others = append(others, b)
			}
		}
	}
	for _, list := range [][]permissionBody{view, first, others} {
		if len(list) == 0 {
			continue
		}
		for _, b := range list {
			if err := p.give(ctx, b); err != nil {
				return false, err
			}
		}
		return false, nil
	}
	return true, nil
}

func sortedKeys(m map[string]bool) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// cutPermission splits "create/page" into what is done and to what.
func cutPermission(id string) (key, target string) {
	key, target, _ = strings.Cut(id, "/")
	return key, target
}

// give writes one permission. A refusal is not believed where the permission is
// there: 400 stands for many things, and among them that it was there already.
func (p *permissionWriter) give(ctx context.Context, b permissionBody) error {
	err := p.send(ctx, rest.Call{To: addPermission, Args: []string{p.space.ID()}, Body: b}, nil)
	return p.unless(ctx, err, func(rows []permissionRow) bool {
		return slices.ContainsFunc(rows, func(r permissionRow) bool {
			return granteeOf(r) == b.Subject && r.permission() == b.Operation.Key+"/"+b.Operation.Target
		})
	})
}

// take takes one permission. It may have gone with another meanwhile.
func (p *permissionWriter) take(ctx context.Context, row permissionRow) error {
	err := p.send(ctx, rest.Call{To: removePermission, Args: []string{p.space.ID(), row.ID}}, nil)
	return p.unless(ctx, err, func(rows []permissionRow) bool {
		return !slices.ContainsFunc(rows, func(r permissionRow) bool { return r.ID == row.ID })
	})
}

// unless gives the refusal of a write, unless what it was for is true. An
// unknown outcome is never looked at here: the write must not be repeated.
func (p *permissionWriter) unless(ctx context.Context, refused error, holds func([]permissionRow) bool) error {
	if code := rest.Status(refused); code != 400 && code != 404 && code != 409 {
		return p.explain(refused)
	}
	rows, err := p.read(ctx)
	if err != nil || !holds(rows) {
		return p.explain(refused)
	}
	return nil
}

// explain adds to a refusal what can be done about the usual cause.
func (p *permissionWriter) explain(err error) error {
	if rest.Status(err) != 403 {
		return err
	}
	var trouble *site.Error
	if errors.As(err, &trouble) {
		trouble.Err = fmt.Errorf("%w (only a space's own admins write permissions there: make weir's account an admin of %s)", trouble.Err, p.space)
	}
	return err
}

// subjectOf says the principal of a permission as v1 writes it.
func (w *worker) subjectOf(ctx context.Context, c access.Change) (grantee, error) {
	switch r := c.Fact.Subject; r.Type() {
	case "user", "account":
		id, err := w.resolve(ctx, r)
		return grantee{"user", id}, err
	case "group":
		id, err := w.resolve(ctx, r)
		return grantee{"group", id}, err
	case "class":
		if r == access.Anonymous {
			return grantee{"user", "anonymous"}, nil
		}
	}
	return grantee{}, w.refuse(c)
}
