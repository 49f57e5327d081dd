package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// atMostOne takes one argument, or none.
func atMostOne(cmd *cobra.Command, args []string) error {
	if len(args) > 1 {
		return fmt.Errorf("%s takes one argument at most, not %d (%[1]s --help shows which)", cmd.CommandPath(), len(args))
	}
	return nil
}

// none takes no argument.
func none(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("%s takes no argument, and was given %q", cmd.CommandPath(), args[0])
	}
	return nil
}

// command takes no argument where a command's name was meant.
func command(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	hint := cmd.CommandPath() + " --help lists them"
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		hint = fmt.Sprintf("did you mean %q?", near[0])
	}
	return fmt.Errorf("unknown command %q (%s)", args[0], hint)
}

// exactly takes as many arguments as are named, and says which are missing.
func exactly(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) < len(names):
			return fmt.Errorf("%s lacks %s (%[1]s --help shows what it takes)", cmd.CommandPath(), strings.Join(names[len(args):], " and "))
		case len(args) > len(names):
			return fmt.Errorf("%s takes %s, and was given %q as well", cmd.CommandPath(), strings.Join(names, " and "), args[len(names)])
		}
		return nil
	}
}
