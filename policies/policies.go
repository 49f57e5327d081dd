// Package policies judges a plan by rules written in Rego, through an OPA that
// is built in. It is the only importer of OPA.
//
// A rule is a folder below rules: the folder's name is the rule's name, the
// METADATA of its package are its title, description, code and default level,
// and its schema annotation says what it reads. Nothing is registered anywhere
// else. A rule gives a set of findings, each about one fact of its input.
//
//	judge, err := policies.New(map[string]policies.Setting{
//		"anonymous_access": {Level: access.Deny, Allow: []access.Pattern{"space:DOCS"}},
//		"direct_grants":    {Level: access.Warn},
//	})
//	findings, err := judge.Judge(ctx, delta)
//
// Rules see facts of the plan's target and nothing else: no clock, no
// environment, no file, no network. What a rule cannot answer is a no: an
// undefined or malformed result and an evaluation that fails or takes too long
// are findings that deny.
//
// The package neither reads descriptions nor decides what a finding does to a
// run, and does not run rules of the user's own.
package policies

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/open-policy-agent/opa/v1/rego"

	"github.com/weirhq/weir/access"
)

// batch is how many facts one evaluation gets at most: the cost of a fact
// grows with the size of the input.
const batch = 256

// Setting is what a description says of one rule.
type Setting struct {
	Level access.Level // empty: the rule's default
	// Allow are the objects that the rule leaves alone. A pattern covers a
	// grant by its space ("space:DOCS") or by its principal
	// ("user:*@partner.example").
	Allow []access.Pattern
}

// Judge holds the rules that are not off, ready to be evaluated. It may be
// used by several goroutines at once.
type Judge struct {
	rules []prepared
}

// prepared is a rule with its settings and its compiled query.
type prepared struct {
	Rule
	document string // what it reads: a key of documents
	level    access.Level
	allow    []access.Pattern
	query    rego.PreparedEvalQuery
}

// New prepares the rules. A rule without a setting has its default level. The
// error names a rule or a level that does not exist.
func New(settings map[string]Setting) (*Judge, error) {
	reg, err := builtin()
	if err != nil {
		return nil, err
	}
	return reg.judge(settings)
}

// judge prepares the rules of a registry.
func (reg *registry) judge(settings map[string]Setting) (*Judge, error) {
	known := make(map[string]bool, len(reg.rules))
	for _, r := range reg.rules {
		known[r.Name] = true
	}
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		if !known[name] {
			return nil, fmt.Errorf("there is no rule %q", name)
		}
		switch settings[name].Level {
		case "", access.Deny, access.Warn, access.Off:
		default:
			return nil, fmt.Errorf("rule %s: there is no level %q (levels are deny, warn, off)", name, settings[name].Level)
		}
	}
	compiler, err := reg.compile()
	if err != nil {
		return nil, err
	}
	j := new(Judge)
	for _, r := range reg.rules {
		s := settings[r.Name]
		level := cmp.Or(s.Level, r.DefaultLevel)
		if level == access.Off {
			continue
		}
		query, err := rego.New(
			rego.Compiler(compiler),
			rego.Query(r.query),
			rego.StrictBuiltinErrors(true),
		).PrepareForEval(context.Background())
		if err != nil {
			return nil, fmt.Errorf("rule %s: %w", r.Name, err)
		}
		j.rules = append(j.rules, prepared{Rule: r.Rule, document: r.document, level: level, allow: s.Allow, query: query})
	}
	return j, nil
}

// patience is how long judging one plan may take. It is far beyond what the
// rules need, and ends one that would hold up a scheduled apply for good.
const patience = time.Minute

// Judge gives what the rules have to say of a plan, sorted. Rules that need a
// site are silent when the delta knows none.
//
// A rule that cannot be judged gives a WR390 finding that denies, whatever its
// level. The only error is that ctx was cancelled: then nothing was judged.
func (j *Judge) Judge(ctx context.Context, d access.Delta) ([]access.Finding, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	items := make(map[string][]item) // by document, made when first read
	var out []access.Finding
	for _, r := range j.rules {
		if r.NeedsSite && !d.SiteKnown {
			continue
		}
		all, ok := items[r.document]
		if !ok {
			all = documents[r.document](d)
			items[r.document] = all
		}
		for part := range slices.Chunk(r.concerning(all), batch) {
			found, err := r.evaluate(ctx, part)
			if errors.Is(ctx.Err(), context.Canceled) {
				return nil, fmt.Errorf("judge the plan: %w", ctx.Err())
			}
			if err != nil {
				out = append(out, r.unjudged(err))
				break
			}
			for _, f := range found {
				out = append(out, r.finding(f, d.Desired.Origins))
			}
		}
	}
	slices.SortFunc(out, compareFindings)
	return out, nil
}

// concerning gives the items that the rule is not told to leave alone.
func (r prepared) concerning(all []item) []item {
	if len(r.allow) == 0 {
		return all
	}
	return slices.DeleteFunc(slices.Clone(all), func(i item) bool {
		return slices.ContainsFunc(r.allow, func(p access.Pattern) bool {
			return p.Match(i.fact.Object) || i.fact.Subject != "" && p.Match(i.fact.Subject)
		})
	})
}

// evaluate asks the rule about some items.
func (r prepared) evaluate(ctx context.Context, items []item) ([]verdict, error) {
	// OPA answers a query that it finds the time for, whatever ctx says.
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	results, err := r.query.Eval(ctx,
		rego.EvalParsedInput(inputOf(r.document, items)),
		rego.EvalGenerateJSON(asTerm),
	)
	if err != nil {
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return nil, err
	}
	return decode(results, items)
}

// finding turns a verdict into a finding. Its place is the grant's, or the
// space's where the description does not make the grant.
func (r prepared) finding(v verdict, origins origins) access.Finding {
	level := r.level
	if v.atMost == access.Warn {
		level = access.Warn
	}
	return access.Finding{
		Code: r.Code, Rule: r.Name, Level: level, Object: v.fact.Object,
		Message: v.message, Hint: v.hint, Origin: origins.of(v.fact),
	}
}

// unjudged is the finding for a rule that gave no usable answer.
func (r prepared) unjudged(err error) access.Finding {
	reason := err.Error()
	if errors.Is(err, context.DeadlineExceeded) {
		reason = "it took too long"
	}
	return access.Finding{
		Code: "WR390", Rule: r.Name, Level: access.Deny,
		Message: fmt.Sprintf("rule %s could not be judged: %s", r.Name, reason),
		Hint:    fmt.Sprintf("report this, and set policies.%s to off if the plan cannot wait", r.Name),
	}
}

func compareFindings(a, b access.Finding) int {
	return cmp.Or(
		strings.Compare(a.Code, b.Code),
		strings.Compare(string(a.Object), string(b.Object)),
		strings.Compare(a.Message, b.Message),
		a.Origin.Compare(b.Origin),
	)
}
