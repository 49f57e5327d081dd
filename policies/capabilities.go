package policies

import (
	"slices"
	"sync"

	"github.com/open-policy-agent/opa/v1/ast"
)

// allowed are the built-in functions that a rule may call. The list is short
// on purpose: every name is pure, and bounded by the size of its arguments.
// What is not on it does not compile, under whatever name it is called
// (GHSA-f524-rf33-2jjr: a list of forbidden names can be got around).
//
// Never add one that OPA marks nondeterministic, nor json.match_schema and
// json.verify_schema (they read files), nor bits.lsh, format_int,
// graph.reachable_paths and strings.render_template (they do not heed a
// deadline), nor regular expressions over text from outside.
var allowed = []string{
	// operators
	"assign", "eq", "equal", "neq", "lt", "lte", "gt", "gte",
	"plus", "minus", "mul", "div", "rem", "and", "or",
	"internal.member_2", "internal.member_3",
	// numbers and collections
	"abs", "count", "max", "min", "sum", "sort",
	"array.concat", "array.slice", "intersection", "union",
	"object.get", "object.keys", "object.union",
	// text
	"concat", "contains", "endswith", "indexof", "lower", "replace", "split", "sprintf",
	"startswith", "substring", "trim", "trim_prefix", "trim_space", "trim_suffix", "upper",
	// types
	"is_array", "is_boolean", "is_number", "is_object", "is_set", "is_string",
}

// capabilities are what rules may use of OPA.
var capabilities = sync.OnceValue(func() *ast.Capabilities {
	c := ast.CapabilitiesForThisVersion()
	c.Builtins = slices.DeleteFunc(slices.Clone(c.Builtins), func(b *ast.Builtin) bool {
		return b.Nondeterministic || !slices.Contains(allowed, b.Name)
	})
	c.AllowNet = []string{} // empty, not nil: nil allows every host
	return c
})
