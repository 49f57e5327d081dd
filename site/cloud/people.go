package cloud

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/driver"
	"github.com/weirhq/weir/site/rest"
)

// orgPage is the largest page of the organisation's lists.
const orgPage = 100

// The states that shut a person out, as values of a state fact.
const (
	suspended   = "suspended"
	deactivated = "deactivated"
	removed     = driver.Removed
)

// people reads persons of the directory with their groups and sites: all of
// them, those with the e-mails, or those in the groups. One search answers
// for the whole graph of memberships, a hundred people a request.
func (s *Site) people(ctx context.Context, at place, filter search) ([]directoryPerson, error) {
	filter.Expand = []string{"groups", "productAccess"}
	what := rest.Call{To: searchPeople, Args: []string{at.org, at.directory}, Body: filter}
	list, err := rest.ByCursor(ctx, s.client, what, orgPage, func(p directoryPerson) string { return p.AccountID })
	if err != nil {
		return nil, err
	}
	for _, p := range list {
		if p.Groups == nil || p.ProductAccess == nil {
			return nil, rest.Fail(site.Invalid, what, errors.New("the answer lacks the groups and sites that were asked for"))
		}
	}
	return list, nil
}

// byEmail reads the persons with the e-mails, by e-mail. The search is exact
// and by far the cheapest: it also tells all groups of each.
func (s *Site) byEmail(ctx context.Context, at place, emails []string) ([]directoryPerson, error) {
	var out []directoryPerson
	for batch := range slices.Chunk(emails, orgPage) {
		list, err := s.people(ctx, at, search{Emails: batch})
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	return out, nil
}

// state is what shuts the person out, or nothing. Of several the one that
// reaches furthest: who was removed from the directory has lost everything
// there, whatever became of the account.
func (p directoryPerson) state() string {
	switch {
	case p.MembershipStatus == "no_membership":
		return removed
	case p.AccountStatus == "inactive", p.AccountStatus == "closed", p.Status == "deactivated", p.Status == "for_deletion":
		return deactivated
	case p.MembershipStatus == "suspended", p.Status == "suspended":
		return suspended
	case p.Status == "not_invited":
		return removed
	}
	return ""
}

// enters reports whether the person has a seat on this site, directly or
// through a group.
func (p directoryPerson) enters(at place) bool {
	return slices.ContainsFunc(*p.ProductAccess, at.seat)
}

// seat reports whether a seat is on this site.
func (p place) seat(seat productSeat) bool {
	return p.here(seat.ID) && (seat.Key == "" || strings.Contains(seat.Key, "confluence"))
}

// email is the identity of a person, or nothing where it cannot be read.
func (p directoryPerson) email() string { return normalEmail(p.Email) }

func normalEmail(s string) string { return norm.NFC.String(strings.ToLower(strings.TrimSpace(s))) }

// refPeople names people: by e-mail, and by account where the e-mail cannot
// be read or is not one person's alone.
func refPeople(people []directoryPerson) map[string]access.Ref {
	bearers := bearers(people)
	out := make(map[string]access.Ref, len(people))
	for _, p := range people {
		if r := access.NewRef("user", p.email()); r.ID() != "" && len(bearers[r]) == 1 {
			out[p.AccountID] = r
		} else {
			out[p.AccountID] = access.NewRef("account", p.AccountID)
		}
	}
	return out
}

// shared gives the e-mails that several people have: whom one means, nobody can
// tell.
func shared(people []directoryPerson) []access.Unknown {
	var out []access.Unknown
	for r, list := range bearers(people) {
		if r.Type() == "user" && r.ID() != "" && len(list) > 1 {
			out = append(out, access.Unknown{Object: r, Reason: fmt.Sprintf("%d accounts answer to it", len(list))})
		}
	}
	return out
}

// facts are what a person's entry tells of them, memberships excepted.
func (p directoryPerson) facts(r access.Ref, at place) []access.Fact {
	if st := p.state(); st != "" {
		return []access.Fact{{Kind: access.State, Object: r, Value: st}}
	}
	if p.enters(at) {
		return []access.Fact{{Kind: access.Exists, Object: r}}
	}
	return nil
}

// entry finds one person in the directory; ok is false where there is none.
func (s *Site) entry(ctx context.Context, at place, r access.Ref) (p directoryPerson, ok bool, err error) {
	var list []directoryPerson
	if r.Type() == "user" {
		list, err = s.byEmail(ctx, at, []string{r.ID()})
	} else {
		// No documented search finds an account by its id with its groups.
		list, err = s.people(ctx, at, search{})
	}
	if err != nil {
		return directoryPerson{}, false, err
	}
	list = bearers(list)[r]
	switch len(list) {
	case 0:
		return directoryPerson{}, false, nil
	case 1:
		s.known.learn(r, list[0].AccountID)
		return list[0], true, nil
	}
	return directoryPerson{}, false, rest.Fail(site.Conflict, rest.Call{To: searchPeople}, fmt.Errorf("%d accounts answer to %s", len(list), r))
}

// bearers gives the people by every reference that could name them: one each,
// unless several share an e-mail.
func bearers(people []directoryPerson) map[access.Ref][]directoryPerson {
	out := make(map[access.Ref][]directoryPerson, 2*len(people))
	for _, p := range people {
		for _, r := range []access.Ref{access.NewRef("user", p.email()), access.NewRef("account", p.AccountID)} {
			out[r] = append(out[r], p)
		}
	}
	return out
}
