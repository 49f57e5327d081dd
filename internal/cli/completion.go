package cli

import (
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/docs"
	"github.com/weirhq/weir/internal/diag"
)

// Completion looks at nothing but the program itself and the names of files: no
// description is read and no site is asked, for whoever presses the tab key did not
// ask for that.

// complete gives the values of a flag.
func complete(cmd *cobra.Command, flag string, values func() []cobra.Completion) {
	err := cmd.RegisterFlagCompletionFunc(flag, func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return values(), cobra.ShellCompDirectiveNoFileComp
	})
	if err != nil {
		panic(err) // there is no such flag
	}
}

// completeFolder lets a flag complete to folders.
func completeFolder(cmd *cobra.Command, flag string) {
	if err := cmd.MarkFlagDirname(flag); err != nil {
		panic(err) // there is no such flag
	}
}

// files completes one argument to files that end so.
func files(ends ...string) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return ends, cobra.ShellCompDirectiveFilterFileExt
	}
}

// anyFile completes one argument to files and folders.
func anyFile(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return nil, cobra.ShellCompDirectiveDefault
}

// words completes one argument to words.
func words(list func() []cobra.Completion) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return list(), cobra.ShellCompDirectiveNoFileComp
	}
}

// nothing completes no argument: what could stand there is on the site.
func nothing(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveNoFileComp
}

// folders completes one argument to folders.
func folders(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return nil, cobra.ShellCompDirectiveFilterDirs
}

// completions fills in what a command did not say of itself: a DIR completes to
// folders, and any other argument to nothing.
func completions(cmd *cobra.Command) {
	for _, sub := range cmd.Commands() {
		completions(sub)
	}
	if cmd.ValidArgsFunction == nil && !cmd.HasSubCommands() {
		cmd.ValidArgsFunction = nothing
		if strings.HasSuffix(cmd.Use, " [DIR]") {
			cmd.ValidArgsFunction = folders
		}
	}
	if f := cmd.Flags().Lookup("dir"); f != nil {
		completeFolder(cmd, "dir")
	}
}

// explained are the codes and the rules that have a page.
func explained() []cobra.Completion {
	var out []cobra.Completion
	for _, code := range slices.Sorted(maps.Keys(diag.Codes)) {
		out = append(out, cobra.CompletionWithDesc(code, diag.Codes[code]))
	}
	pages, err := fs.Glob(docs.Rules, "rules/*.md")
	if err != nil {
		return out
	}
	for _, p := range pages {
		out = append(out, cobra.CompletionWithDesc(strings.TrimSuffix(strings.TrimPrefix(p, "rules/"), ".md"), "a rule"))
	}
	return out
}

// provable are the built-in proofs.
func provable() []cobra.Completion {
	var out []cobra.Completion
	for _, name := range access.ProofNames() {
		p, _ := access.ProofNamed(name)
		out = append(out, cobra.CompletionWithDesc(name, p.Meaning))
	}
	return out
}
