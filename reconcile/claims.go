package reconcile

import (
	"fmt"

	"github.com/weirhq/weir/access"
)

// The rules in whose name assertions and proofs stop a plan, as policies do.
const (
	assertRule = "assert"
	proveRule  = "prove"
)

// Claim is what came of one assertion or proof.
type Claim struct {
	Name    string  `json:"name"`             // of the assertion or proof
	Holds   bool    `json:"holds"`            // false also where it cannot be shown
	Objects int     `json:"objects"`          // how many it was checked on
	Failed  int     `json:"failed"`           // people and objects of which it does not hold
	Origin  *Origin `json:"origin,omitempty"` // where it is described
	// Obtainable are those who cannot, and could make it so that they can.
	Obtainable []Obtainable `json:"obtainable,omitempty"`
}

// Obtainable is somebody who could come to do what an assertion denies them.
type Obtainable struct {
	Person  string `json:"person"`  // as a reference
	How     string `json:"how"`     // what they could do for it
	Object  string `json:"object"`  // the first object of which that is so
	Objects int    `json:"objects"` // of how many
}

func claims(verdicts []access.Verdict) []Claim {
	var out []Claim
	for _, v := range verdicts {
		c := Claim{Name: v.Name, Holds: v.Holds(), Objects: v.Objects, Failed: v.Failed, Origin: origin(v.Origin)}
		for _, o := range v.Obtain {
			c.Obtainable = append(c.Obtainable, Obtainable{Person: string(o.Person), How: o.How, Object: string(o.Object), Objects: o.Objects})
		}
		out = append(out, c)
	}
	return out
}

// verdicts turns what does not hold into findings: one for each person, as far as
// they are shown, and one that counts the rest.
func verdicts(code, rule string, list []access.Verdict) []access.Finding {
	var out []access.Finding
	for _, v := range list {
		find := func(level access.Level, object access.Ref, text, hint string) {
			out = append(out, access.Finding{
				Code: code, Rule: rule, Level: level, Object: object, Origin: v.Origin, Hint: hint,
				Message: fmt.Sprintf("%q %s", v.Name, text),
			})
		}
		for _, f := range v.Failures {
			find(access.Deny, f.Object, "does not hold: "+f.Text, "")
		}
		if more := v.Failed - len(v.Failures); more > 0 {
			find(access.Deny, "", fmt.Sprintf("does not hold %d times more", more), "")
		}
		if v.Failed == 0 && v.Undecided != "" {
			find(access.Deny, "", "cannot be shown to hold: "+v.Undecided, "let weir's account see it")
		}
		if v.Objects == 0 {
			find(access.Warn, "", "is about nothing: the site has no such space", "correct the pattern, or delete the assertion")
		}
	}
	return out
}
