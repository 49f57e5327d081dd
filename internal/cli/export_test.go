package cli

import "github.com/spf13/cobra"

// Root is the tree of commands, for tests that must miss none.
func Root(env Env) *cobra.Command { return (&app{Env: env}).root() }

// FormatRow is a row of the table of formats: what it shows.
type FormatRow struct {
	Name, About                  string
	Plan, Claims, Check, Reports bool
}

// Formats are the rows of the table of formats.
func Formats() []FormatRow {
	var out []FormatRow
	for _, f := range formats {
		out = append(out, FormatRow{f.name, f.about, f.plan != nil, f.claims != nil, f.check != nil, f.reports})
	}
	return out
}
