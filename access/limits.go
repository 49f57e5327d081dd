package access

import "github.com/weirhq/weir/internal/diag"

// Guests stands for all guests, in limits and assertions. No product grants
// anything to it, so it is never the subject of a fact.
const Guests Ref = "class:guests"

// Limits bound what others may grant in a space beside what is described. What
// they bound is sets of permissions: neither the name of a role counts nor its
// rank.
type Limits struct {
	// Role is the space role whose permissions are the bound, as the site has it;
	// empty where Permissions says them by itself.
	Role        Ref
	Permissions Permissions
	// To are those who may be granted something; with Anyone it is everybody but
	// the public, which only To can name.
	To     []Pattern
	Anyone bool
	// Never are those who may not, whatever To says.
	Never []Pattern
	// Origin is where the limits stand.
	Origin diag.Range
}

// Allow reports whether a principal may be granted the permissions, where bound
// is what Role permits on the site, or Permissions. Without the permission to
// view the space there is nothing to allow: all others rest on it. A role that the
// site does not know permits nothing that can be compared, and is never allowed.
func (l Limits) Allow(principal Ref, guest bool, permits, bound Permissions) bool {
	if covers(l.Never, principal, guest) {
		return false
	}
	public := principal == Anonymous || principal == Unlicensed
	if !covers(l.To, principal, guest) && (!l.Anyone || public) {
		return false
	}
	return bound.Has(CanView) && permits != "" && permits.Within(bound)
}

// Forbids reports whether the limits rule a principal out by name.
func (l Limits) Forbids(principal Ref, guest bool) bool { return covers(l.Never, principal, guest) }

// covers reports whether one of the patterns covers a principal.
func covers(patterns []Pattern, principal Ref, guest bool) bool {
	for _, p := range patterns {
		if p.Match(principal) || guest && p == Pattern(Guests) {
			return true
		}
	}
	return false
}
