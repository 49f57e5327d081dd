package render

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/diag"
	"github.com/weirhq/weir/reconcile"
)

// The parts of JUnit's XML that weir writes: those of Jenkins's schema (junit-10.xsd
// of its xUnit plugin), which is the strictest in use.
type (
	junitSuites struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Name     string       `xml:"name,attr"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Errors   int          `xml:"errors,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Errors   int         `xml:"errors,attr"`
		Skipped  int         `xml:"skipped,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Name    string        `xml:"name,attr"`
		Class   string        `xml:"classname,attr"`
		Skipped *junitOutcome `xml:"skipped"`
		Failure *junitOutcome `xml:"failure"`
		Output  string        `xml:"system-out,omitempty"`
	}
	junitOutcome struct {
		Type    string `xml:"type,attr,omitempty"`
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// JUnit writes a plan as a test report: a suite for the plan as a whole, and one
// each for policies, invariants, assertions, proofs, budgets, what could not be seen,
// and what is to be done by hand. What stops the plan fails; a warning passes and is
// told in its output; what nobody could check is skipped.
func JUnit(w io.Writer, p *reconcile.Plan) error {
	home := at(p.Home, diag.Range{})
	whole := junitCase{Name: "the plan may be applied", Output: Safe(Verdict(p))}
	if p.Stops().Any() {
		whole.Failure = &junitOutcome{Type: "stopped", Message: Safe(Verdict(p))}
		whole.Output = ""
	}
	policies, invariants := junitSuite{Name: "policies"}, junitSuite{Name: "invariants"}
	for _, f := range p.Findings {
		switch {
		case f.Code == "WR304" || f.Code == "WR305":
		case f.Rule != "":
			policies.add(junitOf(f.Rule, findingResult(f, home)))
		default:
			invariants.add(junitOf(f.Code, findingResult(f, home)))
		}
	}
	budgets, unknown, manual := junitSuite{Name: "budgets"}, junitSuite{Name: "unknown"}, junitSuite{Name: "by hand"}
	for _, b := range p.Budgets {
		c := junitCase{Name: Safe(b.Rule), Class: b.Code(), Output: fmt.Sprintf("%s of %s, %s allowed", Number(b.Count), Number(b.Live), Number(b.Allowed))}
		if b.Exceeded {
			c = junitOf(b.Rule, budgetResult(b, home))
			c.Name, c.Class = Safe(b.Rule), b.Code()
		}
		budgets.add(c)
	}
	for _, u := range p.Unknown {
		unknown.add(junitCase{Name: Safe(strings.TrimSpace(u.Kind + " " + cmp.Or(u.Object, "the site"))), Class: "WR503", Skipped: &junitOutcome{Message: Safe(u.Reason)}})
	}
	for _, m := range p.Manual {
		c := junitCase{Name: Safe(m.Text()), Class: "WR506", Skipped: &junitOutcome{Message: "to do by hand"}}
		c.Output = strings.Join(result{detail: byHand(m)}.lines()[1:], "\n")
		manual.add(c)
	}
	return junit(w, "weir plan: "+p.Site.Name, append(append([]junitSuite{one("plan", whole), policies, invariants}, claimSuites(p)...), budgets, unknown, manual))
}

// JUnitClaims writes the assertions and proofs of a plan alone.
func JUnitClaims(w io.Writer, p *reconcile.Plan) error {
	return junit(w, "weir test: "+p.Site.Name, claimSuites(p))
}

// JUnitDiagnostics writes what a check of a description told: a case for each
// message, and where there is none one that passes.
func JUnitDiagnostics(w io.Writer, list diag.List) error {
	s := junitSuite{Name: "description"}
	for _, r := range diagnosticResults(list) {
		s.add(junitOf(r.code, r))
	}
	if s.Failures == 0 {
		s.add(junitCase{Name: "the description is valid", Class: "description"})
	}
	return junit(w, "weir validate", []junitSuite{s})
}

// claimSuites are a case for each assertion and each proof.
func claimSuites(p *reconcile.Plan) []junitSuite {
	home := at(p.Home, diag.Range{})
	suite := func(name, code string, claims []reconcile.Claim) junitSuite {
		s := junitSuite{Name: name}
		for _, claim := range claims {
			c := junitCase{Name: Safe(claim.Name), Class: code}
			var failures, notes []string
			for _, f := range p.Findings {
				about, ok := strings.CutPrefix(f.Message, strconv.Quote(claim.Name)+" ")
				if !ok || f.Code != code {
					continue
				}
				r := findingResult(f, at(claim.Origin, home))
				r.message = about
				if f.Level == access.Deny {
					failures = append(failures, placed(r))
				} else {
					notes = append(notes, placed(r))
				}
			}
			for _, o := range claim.Obtainable {
				where := o.Object
				if o.Objects > 1 {
					where += fmt.Sprintf(" and %s more", Number(o.Objects-1))
				}
				notes = append(notes, Safe(fmt.Sprintf("%s could %s, of %s", o.Person, o.How, where)))
			}
			if !claim.Holds {
				message := "does not hold"
				if claim.Failed > 0 {
					message += ": " + Count(claim.Failed, "failure", "failures")
				}
				c.Failure = &junitOutcome{Type: code, Message: message, Text: strings.Join(failures, "\n")}
			}
			c.Output = strings.Join(notes, "\n")
			s.add(c)
		}
		return s
	}
	return []junitSuite{suite("assertions", "WR304", p.Assertions), suite("proofs", "WR305", p.Proofs)}
}

// junitOf makes a case of a result. The place goes into the text: the schema has no
// other home for it.
func junitOf(class string, r result) junitCase {
	c := junitCase{Name: Safe(cmp.Or(r.object, r.message)), Class: Safe(class)}
	switch text := placed(r); r.level {
	case failed:
		c.Failure = &junitOutcome{Type: Safe(r.code), Message: r.text(), Text: text}
	default:
		c.Output = text
	}
	return c
}

// placed is a result's code and text behind its place, with its further lines.
func placed(r result) string {
	lines := r.lines()
	lines[0] = Safe(r.code) + ": " + lines[0]
	if r.at.Known() {
		lines[0] = Safe(r.at.String()) + ": " + lines[0]
	}
	return strings.Join(lines, "\n")
}

func one(name string, c junitCase) junitSuite {
	s := junitSuite{Name: name}
	s.add(c)
	return s
}

func (s *junitSuite) add(c junitCase) {
	c.Class = s.Name + "." + cmp.Or(c.Class, s.Name)
	s.Tests++
	if c.Failure != nil {
		s.Failures++
	}
	if c.Skipped != nil {
		s.Skipped++
	}
	s.Cases = append(s.Cases, c)
}

// junit writes the report. All text in it is harmless already, so that none holds a
// control character, which XML cannot hold in any form.
func junit(w io.Writer, name string, suites []junitSuite) error {
	out := junitSuites{Name: Safe(name), Suites: suites}
	for _, s := range suites {
		out.Tests += s.Tests
		out.Failures += s.Failures
	}
	text, err := xml.MarshalIndent(out, "", "  ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s%s\n", xml.Header, text)
	return err
}
