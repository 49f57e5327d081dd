// Package cli is weir's command line: one file a command, and the wiring of
// the parts that the commands share. It is the only package that knows the
// process: its arguments, streams, files and exit code.
package cli

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/weirhq/weir/internal/diag"
	"github.com/weirhq/weir/internal/render"
	"github.com/weirhq/weir/reconcile"
	"github.com/weirhq/weir/site"
)

// Env is all that a command may use of the world around it.
type Env struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	// Terminal says whether Stdin and Stdout are somebody's terminal: only then
	// is a question asked or a colour used.
	Terminal bool
	// Progress says whether Stderr is a terminal, too, on which a line may be written
	// over.
	Progress bool
	// Width is how many columns the terminal has; 0 where there is none.
	Width  int
	Getenv func(string) string
	Clock  func() time.Time
	Wait   func(context.Context, time.Duration) error
	// Random is what ids and secrets of a new embedded site are made of. Nil
	// makes every new site the same: for tests only.
	Random io.Reader
}

// System gives the process's own environment.
func System() Env {
	width, _, err := term.GetSize(int(os.Stdout.Fd()))
	if err != nil {
		width = 0 // no terminal
	}
	return Env{
		Width: width,
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Terminal: term.IsTerminal(int(os.Stdin.Fd())) && term.IsTerminal(int(os.Stdout.Fd())),
		Progress: term.IsTerminal(int(os.Stdout.Fd())) && term.IsTerminal(int(os.Stderr.Fd())),
		Getenv:   os.Getenv,
		Clock:    time.Now,
		Random:   rand.Reader,
		Wait: func(ctx context.Context, d time.Duration) error {
			t := time.NewTimer(d)
			defer t.Stop()
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-t.C:
				return nil
			}
		},
	}
}

// The exit codes. Every command uses the same.
const (
	exitDone        = 0   // nothing to do, or done
	exitInput       = 1   // error in input or use
	exitChanges     = 2   // changes (plan --detailed-exitcode), drift, or something held
	exitPolicy      = 3   // a policy denies the plan
	exitGuard       = 4   // a budget or an invariant stops the plan
	exitStale       = 5   // the plan is stale
	exitPartial     = 6   // applied in part
	exitSite        = 7   // the site cannot be reached or does not allow it
	exitLocked      = 8   // locked by another run
	exitInterrupted = 130 // interrupted
)

// precedence orders the codes for when several hold: a script must learn of
// the gravest.
var precedence = []int{exitInterrupted, exitInput, exitSite, exitLocked, exitPolicy, exitGuard, exitStale, exitPartial, exitChanges, exitDone}

// gravest gives the code that goes first.
func gravest(codes ...int) int {
	for _, p := range precedence {
		for _, c := range codes {
			if c == p {
				return c
			}
		}
	}
	return exitDone
}

// exitError ends a command with a code. Its message, if any, is printed to
// stderr; what was to be said at length has been printed already.
type exitError struct {
	code int
	msg  string
}

func (e *exitError) Error() string { return e.msg }

func exit(code int) error {
	if code == exitDone {
		return nil
	}
	return &exitError{code: code}
}

// Main runs one command and gives its exit code.
func Main(ctx context.Context, args []string, env Env) int {
	if env.Progress {
		s := newStatus(env.Stderr, env.Clock)
		env.Stdout, env.Stderr = over{env.Stdout, s}, over{env.Stderr, s}
		defer s.clear()
		return runCommand(ctx, args, &app{Env: env, status: s})
	}
	return runCommand(ctx, args, &app{Env: env})
}

func runCommand(ctx context.Context, args []string, a *app) int {
	env := a.Env
	root := a.root()
	root.SetArgs(args)
	root.SetIn(env.Stdin)
	root.SetOut(env.Stdout)
	root.SetErr(env.Stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitDone
	}
	return a.fail(ctx, err)
}

// fail prints an error and gives its exit code.
func (a *app) fail(ctx context.Context, err error) int {
	var ended *exitError
	var diags diag.List
	var stale *reconcile.StaleError
	var siteErr *site.Error
	switch {
	case errors.As(err, &ended):
		if ended.msg != "" {
			fmt.Fprintln(a.Stderr, "weir:", render.Safe(ended.msg))
		}
		return ended.code
	case errors.As(err, &diags):
		a.tell(diags)
		return exitInput
	case ctx.Err() != nil && errors.Is(err, ctx.Err()):
		fmt.Fprintln(a.Stderr, "weir: interrupted")
		return exitInterrupted
	}
	if errors.As(err, &stale) {
		a.tell(diag.List{{Code: "WR408", Summary: stale.Error()}})
		return exitStale
	}
	fmt.Fprintln(a.Stderr, "weir:", render.Safe(err.Error()))
	switch {
	case ctx.Err() != nil:
		return exitInterrupted
	case errors.Is(err, reconcile.ErrJournalLocked), site.Is(err, site.Locked):
		return exitLocked
	case errors.As(err, &siteErr):
		return exitSite
	}
	return exitInput
}

// app is one run of a command.
type app struct {
	Env
	dir        string            // the description's folder
	sources    map[string]string // the text of the files read, for diagnostics
	beside     map[string]string // that of files which are no part of the description, by the path that was typed
	trace      bool              // say every request
	public     bool              // whatever is written may be seen by the public
	status     *status           // what goes on, on a terminal; nil elsewhere
	journal    reconcile.Journal // of the run that goes on, for notes; nil outside one
	noteRun    int               // its number
	all        bool              // show everybody and every change in text
	asMarkdown markdownFlags
}

// color says whether colours may be used: on a terminal, unless NO_COLOR asks
// for none (https://no-color.org).
func (a *app) color() bool { return a.Terminal && a.Getenv("NO_COLOR") == "" }

func (a *app) options() render.Options { return render.Options{Color: a.color(), Width: a.Width} }

// tell prints diagnostics to stderr, with paths as they are seen from here.
func (a *app) tell(list diag.List) {
	source := func(file string) string {
		if text, ok := a.beside[file]; ok {
			return text
		}
		rel, err := filepath.Rel(a.dir, file)
		if err != nil {
			return ""
		}
		return a.sources[filepath.ToSlash(rel)]
	}
	_ = render.Diagnostics(a.Stderr, a.seen(list), source, a.options())
}

// seen gives diagnostics with paths as they are seen from here.
func (a *app) seen(list diag.List) diag.List {
	out := make(diag.List, len(list))
	for i, d := range list {
		d.Range = a.here(d.Range)
		d.Related = slices.Clone(d.Related)
		for j := range d.Related {
			d.Related[j].Range = a.here(d.Related[j].Range)
		}
		out[i] = d
	}
	return out
}

// here gives the path of a description's file from where we stand. Ranges that
// name a file of their own are left alone.
func (a *app) here(r diag.Range) diag.Range {
	if _, ours := a.sources[r.File]; ours {
		r.File = a.file(filepath.FromSlash(r.File))
	}
	return r
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "weir",
		Short: "Confluence access as code: described, reviewed, planned, applied",
		Long: `weir keeps a Confluence site's access as it is described in files.

Describe groups, people, spaces and roles in YAML or HCL, review the plan as a
pull request, apply it, and apply it again to undo what drifted.

Start with "weir init", then "weir plan" and "weir apply": without an account,
on an embedded site.`,
		SilenceUsage:               true,
		SuggestionsMinimumDistance: 2,
		SilenceErrors:              true,
		Args:                       command,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return cmd.Help()
		},
	}
	root.PersistentFlags().BoolVar(&a.trace, "trace", a.Getenv("WEIR_TRACE") == "1", "print a line to stderr for each request to the site (or set WEIR_TRACE=1)")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return fmt.Errorf("%w (%s --help lists the flags)", err, cmd.CommandPath())
	})
	root.AddCommand(
		a.initCommand(), a.loginCommand(), a.doctorCommand(),
		a.validateCommand(), a.planCommand(), a.applyCommand(), a.driftCommand(), a.testCommand(), a.renderCommand(),
		a.scanCommand(), a.snapshotCommand(),
		a.whoCommand(), a.whatCommand(), a.whyCommand(), a.whyNotCommand(), a.matrixCommand(), a.redundantCommand(), a.reportCommand(),
		a.seatsCommand(), a.peopleCommand(), a.guestsCommand(), a.personalCommand(), a.tokensCommand(),
		a.offboardCommand(), a.leaversCommand(),
		a.siteCommand(),
		a.commentCommand(), a.acceptedCommand(),
		a.explainCommand(), a.schemaCommand(), a.versionCommand(),
	)
	completions(root)
	return root
}

// folder takes the optional DIR argument.
func (a *app) folder(args []string) {
	a.dir = "."
	if len(args) > 0 {
		a.dir = args[0]
	}
}

// file gives the path of a file of weir's own in the description's folder.
func (a *app) file(name ...string) string {
	return filepath.Join(append([]string{a.dir}, name...)...)
}
