package cloud

import (
	"context"
	"slices"
	"strings"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site/rest"
)

// A person may enter a site because of a product role: one of their own
// (direct), or one that a group of theirs holds.

// productRoles are the roles that a group can hold on a site, as values of a
// product fact. On the wire each begins with "atlassian/".
var productRoles = []string{
	"admin", "basic", "contributor", "customer", "guest", "stakeholder", "user", "user-access-admin", "viewer",
}

// productValue joins the roles to the value of a product fact.
func productValue(roles []string) string {
	roles = slices.Clone(roles)
	slices.Sort(roles)
	return strings.Join(slices.Compact(roles), "+")
}

// roleList is the inverse of productValue; of no value it is no role.
func roleList(value string) []string {
	if value == "" {
		return nil
	}
	return access.ProductRoles(value)
}

// bareRole is a product role without its prefix on the wire.
func bareRole(role string) string { return strings.TrimPrefix(role, "atlassian/") }

// keepEntry gives the product role user to the members of a group whom
// nothing else lets in, before the group stops doing so: what a step does not
// say must not happen, and a person who goes is in a step that says so. Of a
// group that lets nobody in, nothing is asked.
func (w *worker) keepEntry(ctx context.Context, r access.Ref, only ...access.Ref) error {
	if !access.Opens(w.known.holds(r)) {
		return nil
	}
	id, err := w.resolve(ctx, r)
	if err != nil {
		return err
	}
	var people []directoryPerson
	if len(only) > 0 {
		p, ok, err := w.entry(ctx, w.at, only[0])
		if err != nil {
			return err
		}
		if ok {
			people = append(people, p)
		}
	} else if people, err = w.people(ctx, w.at, search{GroupIDs: []string{id}}); err != nil {
		return err
	}
	for _, p := range people {
		if p.state() != "" || !p.enters(w.at) || w.letInBy(p, id) {
			continue
		}
		if err := w.giveOwn(ctx, p.AccountID); err != nil {
			return err
		}
	}
	return nil
}

// letInBy reports whether a group other than the one with the id lets the
// person in.
func (w *worker) letInBy(p directoryPerson, except string) bool {
	return slices.ContainsFunc(*p.Groups, func(g named) bool {
		r, ok := w.known.ref("group", groupID(g.ID))
		return ok && groupID(g.ID) != except && access.Opens(w.known.holds(r))
	})
}

// giveOwn gives a person the product role user directly, if they have none.
func (w *worker) giveOwn(ctx context.Context, account string) error {
	own, err := w.own(ctx, account)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(own, access.LetsIn) {
		return nil
	}
	return w.ownRole(ctx, givePersonProduct, account, "user")
}

// ownRole gives or takes one product role that a person holds themselves.
func (w *worker) ownRole(ctx context.Context, to rest.Endpoint, account, role string) error {
	return w.send(ctx, rest.Call{
		To: to, Args: []string{w.at.org, account},
		Body: personGrant{Resource: w.at.ari(), Role: "atlassian/" + role},
	}, nil)
}

// takeOwn takes the person's direct product roles on this site.
func (w *worker) takeOwn(ctx context.Context, account string) error {
	own, err := w.own(ctx, account)
	if err != nil {
		return err
	}
	for _, role := range own {
		if err := w.ownRole(ctx, takePersonProduct, account, role); err != nil {
			return err
		}
	}
	return nil
}

// own reads the product roles that a person holds directly on this site. Only
// those can be taken on the person.
func (w *worker) own(ctx context.Context, account string) ([]string, error) {
	_, direct, err := w.productOfPerson(ctx, w.at, account)
	return direct, err
}
