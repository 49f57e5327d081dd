package cli

import "github.com/spf13/cobra"

// Root is the tree of commands, for tests that must miss none.
func Root(env Env) *cobra.Command { return (&app{Env: env}).root() }
