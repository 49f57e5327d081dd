package policies

import (
	"errors"
	"fmt"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"

	"github.com/weirhq/weir/access"
)

// verdict is one finding as a rule gives it.
type verdict struct {
	fact    access.Fact
	message string
	hint    string
	atMost  access.Level // warn, or empty
}

// asTerm keeps a result as OPA's own value, where a set is still a set.
func asTerm(t *ast.Term, _ *rego.EvalContext) (any, error) { return t.Value, nil }

// decode reads the answer to one evaluation. Anything but a set of well-formed
// findings about facts that were asked about is an error.
func decode(results rego.ResultSet, items []item) ([]verdict, error) {
	if len(results) == 0 {
		return nil, errors.New("it gives no answer")
	}
	if len(results) > 1 || len(results[0].Expressions) != 1 {
		return nil, errors.New("it gives more than one answer")
	}
	set, ok := results[0].Expressions[0].Value.(ast.Set)
	if !ok {
		return nil, fmt.Errorf("its answer is not a set of findings: %v", results[0].Expressions[0].Value)
	}
	if set.Len() == 0 {
		return nil, nil
	}
	asked := make(map[string]access.Fact, len(items))
	for _, i := range items {
		asked[i.fact.String()] = i.fact
	}
	out := make([]verdict, 0, set.Len())
	for _, t := range set.Slice() {
		v, err := decodeOne(t, asked)
		if err != nil {
			return nil, fmt.Errorf("%w: %v", err, t)
		}
		out = append(out, v)
	}
	return out, nil
}

// decodeOne reads one finding. A field that is not known is an error too: it
// would be a meaning that is lost.
func decodeOne(t *ast.Term, asked map[string]access.Fact) (verdict, error) {
	obj, ok := t.Value.(ast.Object)
	if !ok {
		return verdict{}, errors.New("a finding is not an object")
	}
	fields := make(map[string]string, obj.Len())
	err := obj.Iter(func(k, v *ast.Term) error {
		key, _ := k.Value.(ast.String)
		text, ok := v.Value.(ast.String)
		switch key {
		case "fact", "message", "hint", "at_most":
		default:
			return fmt.Errorf("a finding has no field %v", k)
		}
		if !ok || text == "" {
			return fmt.Errorf("a finding's %s is not a text", key)
		}
		fields[string(key)] = string(text)
		return nil
	})
	if err != nil {
		return verdict{}, err
	}
	fact, ok := asked[fields["fact"]]
	switch {
	case !ok:
		return verdict{}, errors.New("a finding is about a fact that was not asked about")
	case fields["message"] == "" || fields["hint"] == "":
		return verdict{}, errors.New("a finding lacks its message or its hint")
	}
	v := verdict{fact: fact, message: fields["message"], hint: fields["hint"], atMost: access.Level(fields["at_most"])}
	if v.atMost != "" && v.atMost != access.Warn {
		return verdict{}, errors.New("a finding's at_most is not warn")
	}
	return v, nil
}
