package policies

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/diag"
)

//go:embed rules
var files embed.FS

// findingsRule is the name of the set that every rule's package defines.
const findingsRule = "findings"

// Rule is what a rule says of itself in its METADATA.
type Rule struct {
	Name         string // the folder's name, and the key under policies
	Title        string
	Description  string // sentences
	Code         string // one of diag.Codes
	DefaultLevel access.Level
	// NeedsSite says that the rule asks about people as they are on the site,
	// and stays silent while only a description is known.
	NeedsSite bool
}

// Rules gives the built-in rules by name, in order.
func Rules() []Rule {
	reg, err := builtin()
	if err != nil {
		// The rules are part of the program, and its tests load them.
		panic(fmt.Sprintf("weir's own rules cannot be read: %v", err))
	}
	out := make([]Rule, len(reg.rules))
	for i, r := range reg.rules {
		out[i] = r.Rule
	}
	return out
}

// registry holds rules as they were read, before any setting.
type registry struct {
	rules   []source
	modules map[string]*ast.Module // by file name
}

// source is a rule with what evaluating it needs.
type source struct {
	Rule
	document string // what it reads: a key of documents
	query    string // the reference to its findings
}

var builtin = sync.OnceValues(func() (*registry, error) { return load(files) })

// load reads every folder below rules. Tests of rules are left out.
func load(files fs.FS) (*registry, error) {
	names, err := fs.Glob(files, "rules/*/*.rego")
	if err != nil {
		return nil, err
	}
	reg := &registry{modules: make(map[string]*ast.Module)}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.rego") {
			continue
		}
		module, err := parse(files, name)
		if err != nil {
			return nil, err
		}
		rule, err := describe(path.Base(path.Dir(name)), module)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		reg.rules = append(reg.rules, rule)
		reg.modules[name] = module
	}
	if len(reg.rules) == 0 {
		return nil, errors.New("there is no rule below rules")
	}
	return reg, nil
}

// parse reads one module. The file name is part of every location, which
// errors and coverage need.
func parse(files fs.FS, name string) (*ast.Module, error) {
	src, err := fs.ReadFile(files, name)
	if err != nil {
		return nil, err
	}
	return ast.ParseModuleWithOpts(name, string(src), ast.ParserOptions{
		ProcessAnnotation: true,
		RegoVersion:       ast.RegoV1,
		Capabilities:      capabilities(),
	})
}

// describe takes what a rule says of itself from its package's METADATA. It
// refuses a rule that leaves something out: a rule without a code, a level or
// a document would be one that never speaks.
func describe(name string, m *ast.Module) (source, error) {
	want := ast.Ref{ast.DefaultRootDocument, ast.StringTerm("weir"), ast.StringTerm("rules"), ast.StringTerm(name)}
	if !m.Package.Path.Equal(want) {
		return source{}, fmt.Errorf("the package is %s, and should be %s", m.Package.Path, want)
	}
	if !slices.ContainsFunc(m.Rules, func(r *ast.Rule) bool { return r.Head.Name.Equal(ast.Var(findingsRule)) }) {
		return source{}, fmt.Errorf("the package has no rule %s", findingsRule)
	}
	var meta *ast.Annotations
	for _, a := range m.Annotations {
		if a.Scope == "package" {
			meta = a
		}
	}
	if meta == nil {
		return source{}, errors.New("the package has no METADATA")
	}
	s := source{
		Rule:  Rule{Name: name, Title: meta.Title, Description: meta.Description},
		query: want.String() + "." + findingsRule,
	}
	if s.Title == "" || s.Description == "" {
		return source{}, errors.New("METADATA: title and description must stand")
	}
	code, _ := meta.Custom["code"].(string)
	if s.Code = code; diag.Codes[code] == "" {
		return source{}, fmt.Errorf("METADATA: custom.code %q is not a diagnostic code", code)
	}
	level, _ := meta.Custom["level"].(string)
	s.DefaultLevel = access.Level(level)
	if s.DefaultLevel != access.Deny && s.DefaultLevel != access.Warn {
		return source{}, fmt.Errorf("METADATA: custom.level must be deny or warn, not %q", level)
	}
	site, ok := meta.Custom["site"].(bool)
	if s.NeedsSite = site; !ok {
		return source{}, errors.New("METADATA: custom.site must be true or false")
	}
	if len(meta.Schemas) != 1 || !meta.Schemas[0].Path.Equal(ast.InputRootRef) || len(meta.Schemas[0].Schema) != 2 {
		return source{}, errors.New("METADATA: schemas must give one schema, for input")
	}
	document, _ := meta.Schemas[0].Schema[1].Value.(ast.String)
	if s.document = string(document); documents[s.document] == nil {
		return source{}, fmt.Errorf("METADATA: there is no schema %q", s.document)
	}
	return s, nil
}

// compile checks all rules together. A field that a rule's input does not have
// is an error here, rather than a rule that is never true.
func (reg *registry) compile() (*ast.Compiler, error) {
	schemas := ast.NewSchemaSet()
	for name := range documents {
		schema, err := schemaOf(name)
		if err != nil {
			return nil, err
		}
		schemas.Put(ast.SchemaRootRef.Append(ast.StringTerm(name)), schema)
	}
	c := ast.NewCompiler().
		WithCapabilities(capabilities()).
		WithSchemas(schemas).
		WithUseTypeCheckAnnotations(true).
		WithStrict(true)
	if c.Compile(reg.modules); c.Failed() {
		return nil, c.Errors
	}
	return c, nil
}
