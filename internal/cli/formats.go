package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/weirhq/weir/internal/diag"
	"github.com/weirhq/weir/internal/render"
	"github.com/weirhq/weir/reconcile"
)

// format is one form in which commands show what they have to say: a plan, the
// assertions and proofs of one, or what came of a check. What is nil is not shown in
// this form.
type format struct {
	name, about string
	plan        func(*app, *reconcile.Plan) error
	claims      func(*app, *reconcile.Plan) error
	check       func(*app, render.Check) error
	// reports says that tools take the form for a report of troubles: a description
	// that cannot be planned is then one as well.
	reports bool
}

// formats are all of them. To add one is to add a row: plan, render, test, validate,
// their help and completion, docs/formats.md and the goldens of testdata/plans follow.
var formats = []format{
	{
		name: "text", about: "for people",
		plan: func(a *app, p *reconcile.Plan) error {
			o := a.options()
			o.All = a.all
			return render.Plan(a.Stdout, p, o)
		},
		claims: func(a *app, p *reconcile.Plan) error { return render.Claims(a.Stdout, p, a.options()) },
		check:  func(a *app, c render.Check) error { return render.CheckText(a.Stdout, c) },
	},
	{
		name: "json", about: "everything, for programs",
		plan:   func(a *app, p *reconcile.Plan) error { return p.Write(a.Stdout) },
		claims: func(a *app, p *reconcile.Plan) error { return render.ClaimsJSON(a.Stdout, p) },
		check:  func(a *app, c render.Check) error { return render.CheckJSON(a.Stdout, c) },
	},
	{
		name: "facts", about: "the changes, one a line, for grep and sort",
		plan: func(a *app, p *reconcile.Plan) error { _, err := fmt.Fprint(a.Stdout, p.Lines()); return err },
	},
	{name: "markdown", about: "a comment for those who review a request", plan: (*app).markdown},
	{
		name: "html", about: "one page for a browser, with filters and a heat map",
		plan: func(a *app, p *reconcile.Plan) error { return render.HTML(a.Stdout, p) },
	},
	{
		name: "sarif", about: "SARIF 2.1.0, for code scanning", reports: true,
		plan: func(a *app, p *reconcile.Plan) error { return render.SARIF(a.Stdout, a.located(p), version()) },
		claims: func(a *app, p *reconcile.Plan) error {
			return render.SARIF(a.Stdout, render.OnlyClaims(a.located(p)), version())
		},
		check: func(a *app, c render.Check) error { return render.SARIFDiagnostics(a.Stdout, c.Diagnostics, version()) },
	},
	{
		name: "junit", about: "JUnit XML, for test reports", reports: true,
		plan:   func(a *app, p *reconcile.Plan) error { return render.JUnit(a.Stdout, a.located(p)) },
		claims: func(a *app, p *reconcile.Plan) error { return render.JUnitClaims(a.Stdout, a.located(p)) },
		check:  func(a *app, c render.Check) error { return render.JUnitDiagnostics(a.Stdout, c.Diagnostics) },
	},
	annotations(render.GitHub, "workflow commands that GitHub shows beside lines"),
	annotations(render.GitLab, "a GitLab Code Quality report"),
}

func annotations(host, about string) format {
	return format{
		name: host, about: about, reports: true,
		plan: func(a *app, p *reconcile.Plan) error { return render.Annotations(a.Stdout, a.located(p), host) },
		claims: func(a *app, p *reconcile.Plan) error {
			return render.Annotations(a.Stdout, render.OnlyClaims(a.located(p)), host)
		},
		check: func(a *app, c render.Check) error {
			return render.AnnotationsDiagnostics(a.Stdout, c.Diagnostics, host)
		},
	}
}

// What a command shows: one column of the table.
func ofPlan(f format) func(*app, *reconcile.Plan) error   { return f.plan }
func ofClaims(f format) func(*app, *reconcile.Plan) error { return f.claims }
func ofCheck(f format) func(*app, render.Check) error     { return f.check }

// formatNames lists the formats of a column, in the order of the table.
func formatNames[T any](of func(format) func(*app, T) error) []string {
	var out []string
	for _, f := range formats {
		if of(f) != nil {
			out = append(out, f.name)
		}
	}
	return out
}

// formatNamed finds a format of a column by its name.
func formatNamed[T any](name string, of func(format) func(*app, T) error) (func(*app, T) error, error) {
	all := formatNames(of)
	if !slices.Contains(all, name) {
		return nil, unknownFormat(name, all)
	}
	i := slices.IndexFunc(formats, func(f format) bool { return f.name == name })
	return of(formats[i]), nil
}

// formatFlag adds --format to a command that shows a column of the table.
func formatFlag[T any](cmd *cobra.Command, name *string, of func(format) func(*app, T) error) {
	all := formatNames(of)
	cmd.Flags().StringVar(name, "format", all[0], "output `format`: "+orOf(all))
	complete(cmd, "format", func() []cobra.Completion {
		var out []cobra.Completion
		for _, f := range formats {
			if of(f) != nil {
				out = append(out, cobra.CompletionWithDesc(f.name, f.about))
			}
		}
		return out
	})
}

// registerAll adds the flag that shows a plan whole as text.
func (a *app) registerAll(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&a.all, "all", false, "show everybody and every change in text, not only a screenful")
}

func unknownFormat(name string, all []string) error {
	return fmt.Errorf("unknown format %q (%s)", name, orOf(all))
}

// orOf lists words of which one is meant.
func orOf(words []string) string {
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// troubles writes a report of why a description could not be planned, where the
// format is one of reports, and gives the error back: the command fails with it.
func (a *app) troubles(name string, err error) error {
	var diags diag.List
	i := slices.IndexFunc(formats, func(f format) bool { return f.name == name && f.reports })
	if i < 0 || !errors.As(err, &diags) {
		return err
	}
	if failed := formats[i].check(a, render.Check{Diagnostics: a.relative(diags)}); failed != nil {
		return failed
	}
	return err
}

// located gives a plan whose places are paths from here, as tools that annotate
// files need them: the root of the repository is where they run weir. Places of
// changes are not told by any of them.
func (a *app) located(p *reconcile.Plan) *reconcile.Plan {
	move := func(o *reconcile.Origin) *reconcile.Origin {
		if o == nil {
			return nil
		}
		moved := *o
		moved.File = fromHere(a.file(filepath.FromSlash(o.File)))
		return &moved
	}
	out := *p
	out.Home = move(p.Home)
	out.Findings, out.Manual = slices.Clone(p.Findings), slices.Clone(p.Manual)
	out.Assertions, out.Proofs = slices.Clone(p.Assertions), slices.Clone(p.Proofs)
	for i := range out.Findings {
		out.Findings[i].Origin = move(out.Findings[i].Origin)
	}
	for i := range out.Manual {
		out.Manual[i].Origin = move(out.Manual[i].Origin)
	}
	for _, list := range [][]reconcile.Claim{out.Assertions, out.Proofs} {
		for i := range list {
			list[i].Origin = move(list[i].Origin)
		}
	}
	return &out
}

// relative gives diagnostics whose places are paths from here.
func (a *app) relative(list diag.List) diag.List {
	out := a.seen(list)
	for i := range out {
		out[i].Range.File = fromHere(out[i].Range.File)
		for j := range out[i].Related {
			out[i].Related[j].Range.File = fromHere(out[i].Related[j].Range.File)
		}
	}
	return out
}

// fromHere gives a path from the working directory, with slashes, if the file lies
// below it, and otherwise as it is.
func fromHere(path string) string {
	if !filepath.IsAbs(path) {
		return filepath.ToSlash(path)
	}
	if here, err := os.Getwd(); err == nil {
		if rel, err := filepath.Rel(here, path); err == nil && filepath.IsLocal(rel) {
			return filepath.ToSlash(rel)
		}
	}
	return filepath.ToSlash(path)
}
