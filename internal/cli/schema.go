package cli

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/weirhq/weir/docs"
	"github.com/weirhq/weir/internal/nearest"
	"github.com/weirhq/weir/policies"
	"github.com/weirhq/weir/schema"
)

// schemas are the forms of which weir prints the JSON Schema.
var schemas = []struct {
	name, about string
	text        func() ([]byte, error)
}{
	{"description", "a YAML file of a description, for editors", func() ([]byte, error) { return schema.JSONSchema(ruleTitles()), nil }},
	{"settings", "the operator's file, which says where sites are", func() ([]byte, error) { return schema.SitesJSONSchema(), nil }},
	{"plan", "a plan: weir plan --format json and --out", page("plan")},
	{"snapshot", "what weir snapshot writes", page("snapshot")},
}

func page(name string) func() ([]byte, error) {
	return func() ([]byte, error) { return fs.ReadFile(docs.Schemas, name+".schema.json") }
}

func ruleTitles() map[string]string {
	out := make(map[string]string)
	for _, r := range policies.Rules() {
		out[r.Name] = r.Title
	}
	return out
}

func (a *app) schemaCommand() *cobra.Command {
	var list strings.Builder
	for _, s := range schemas {
		fmt.Fprintf(&list, "  %-12s%s\n", s.name, s.about)
	}
	return &cobra.Command{
		ValidArgsFunction: words(func() []cobra.Completion {
			var out []cobra.Completion
			for _, s := range schemas {
				out = append(out, cobra.CompletionWithDesc(s.name, s.about))
			}
			return out
		}),

		Use:   "schema [NAME]",
		Short: "Print the JSON Schema of a description, a plan or another form",
		Long: `Print the JSON Schema (draft 2020-12) of one of weir's forms, offline. Without NAME,
that of a description:

` + list.String() + `
An editor that knows the schema of a description completes its keys, shows what they
mean, and underlines what is wrong while it is written; docs/editors.md says how.

Exit codes: 0 printed · 1 there is no such schema.`,
		Example: "  weir schema > weir.schema.json\n  weir schema plan",
		Args:    atMostOne,
		RunE: func(_ *cobra.Command, args []string) error {
			name := schemas[0].name
			if len(args) > 0 {
				name = args[0]
			}
			var names []string
			for _, s := range schemas {
				names = append(names, s.name)
			}
			i := slices.Index(names, name)
			if i < 0 {
				return fmt.Errorf("there is no schema %q (%s)", name, nearest.Ask(nearest.To(name, names), "there are "+strings.Join(names, ", ")))
			}
			text, err := schemas[i].text()
			if err != nil {
				return err
			}
			_, err = a.Stdout.Write(text)
			return err
		},
	}
}
