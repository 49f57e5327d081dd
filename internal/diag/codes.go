package diag

// Codes lists every diagnostic and finding code with its title. Each has a page
// in docs/codes, which `weir explain CODE` prints and a test holds complete.
//
// WR1xx: reading files. WR2xx: references between objects. WR3xx: policy.
// WR4xx: safety. WR5xx: the site.
var Codes = map[string]string{
	"WR101": "syntax error",
	"WR102": "unknown key",
	"WR103": "wrong type or value",
	"WR104": "the same thing twice",
	"WR105": "a value that YAML reads otherwise",
	"WR106": "alias, anchor, merge key or tag",
	"WR107": "too large or nested too deep",
	"WR108": "empty value",
	"WR109": "not available yet",
	"WR110": "nothing to read",
	"WR111": "not data",
	"WR112": "missing key",
	"WR113": "malformed name or reference",

	"WR201": "reference to something not described",
	"WR202": "conflicting statements",
	"WR203": "archetype used wrongly",
	"WR204": "membership of a group that somebody else manages",
	"WR205": "members that go in a circle",
	"WR206": "expired entry",
	"WR207": "malformed lock file",
	"WR208": "personal spaces that nobody can be kept from, or given",
	"WR209": "a request for a personal space that cannot be granted",
	"WR210": "a guest who cannot be one",

	"WR301": "anonymous access",
	"WR302": "grant to a single person",
	"WR303": "fewer than two active space admins",
	"WR304": "an assertion does not hold",
	"WR305": "a proof fails",
	"WR390": "a policy could not be judged",

	"WR401": "a space would lose its admins",
	"WR402": "too many removals",
	"WR403": "too many people lose access",
	"WR404": "an object is not the one it was",
	"WR405": "a step opens more than the plan says",
	"WR406": "acceptance refused",
	"WR407": "somebody keeps access that is not weir's to take",
	"WR408": "stale plan",
	"WR409": "malformed plan file",
	"WR410": "a change reaches beyond this site",
	"WR411": "a restriction is lifted",
	"WR412": "more seats than there may be",
	"WR418": "a guest without a space",
	"WR419": "what guests see beside their space",
	"WR420": "a guest who becomes a licensed user",
	"WR413": "personal spaces that will go",
	"WR414": "more personal spaces than one apply archives",
	"WR415": "Create Space in place of Personal Space",
	"WR416": "a full space that is one person's own",
	"WR417": "spaces deleted for good",
	"WR429": "an API token ends soon",

	"WR501": "the site file cannot be used",
	"WR502": "the site cannot hold this",
	"WR503": "part of the site cannot be seen",
	"WR504": "the site did not answer as it should",
	"WR505": "held only in part",
	"WR506": "a step by hand",
}
