package sitetest

// Some states that many cases begin with.
const (
	ana   = "exists user:ana@acme.example"
	bo    = "exists user:bo@acme.example"
	gia   = "exists user:gia@partner.example\nproduct user:gia@partner.example = guest"
	group = "exists group:engineering"
	staff = "exists group:staff\nproduct group:staff = user"
	space = "exists space:ENG\nname space:ENG = Engineering"
	ops   = "exists space:OPS\nname space:OPS = Operations"
)

func path(states ...[]string) [][]string { return states }

func one(facts ...string) []string { return facts }

func state(person, value string) string {
	return "state user:" + person + "@acme.example = " + value
}

// perm gives the facts of a principal's permissions in ENG.
func perm(principal string, ids ...string) string {
	out := ""
	for _, id := range ids {
		out += "permission space:ENG " + id + " " + principal + "\n"
	}
	return out
}

// area marks cases with what they are about.
func area(name string, cases []Case) []Case {
	for i := range cases {
		cases[i].Area = name
	}
	return cases
}
