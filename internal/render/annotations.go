package render

import (
	"fmt"
	"io"
	"strings"

	"github.com/weirhq/weir/internal/diag"
	"github.com/weirhq/weir/reconcile"
)

// Hosts are those that have a form of annotation of their own.
const (
	GitHub = "github"
	GitLab = "gitlab"
)

// Annotations writes what a plan says as annotations of the lines of its
// description, for the host of the review: workflow commands for GitHub, a Code
// Quality report for GitLab. The gravest come first: hosts show a few only. The
// places of the plan are taken for paths from the root of the repository.
func Annotations(w io.Writer, p *reconcile.Plan, host string) error {
	return annotations(w, planResults(p), host)
}

// AnnotationsDiagnostics writes messages about a description as annotations.
func AnnotationsDiagnostics(w io.Writer, list diag.List, host string) error {
	return annotations(w, diagnosticResults(list), host)
}

func annotations(w io.Writer, list []result, host string) error {
	switch host {
	case GitHub:
		return workflowCommands(w, list)
	case GitLab:
		return codeQuality(w, list)
	}
	return fmt.Errorf("no annotations for the host %q (%s, %s)", host, GitHub, GitLab)
}

// The escapes of workflow commands, as the runner takes them back
// (https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions;
// actions/toolkit, packages/core/src/command.ts).
var (
	commandData     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	commandProperty = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

var commandNames = [...]string{failed: "error", warned: "warning", noted: "notice"}

// workflowCommands writes one command a result, each on a line of its own. All of a
// line but its frame is escaped, so that nothing can end it or begin another.
func workflowCommands(w io.Writer, list []result) error {
	for _, r := range list {
		var properties []string
		set := func(name, value string) {
			properties = append(properties, name+"="+commandProperty.Replace(value))
		}
		number := func(name string, n int) {
			if n > 0 {
				set(name, fmt.Sprint(n))
			}
		}
		if r.at.Known() {
			set("file", Safe(r.at.File))
			number("line", r.at.Start.Line)
			end := max(r.at.Start.Line, r.at.End.Line)
			number("endLine", end)
			// Columns are taken only within one line.
			if end == r.at.Start.Line {
				number("col", r.at.Start.Column)
				if r.at.End.Column > r.at.Start.Column {
					number("endColumn", r.at.End.Column)
				}
			}
		}
		set("title", r.title())
		if _, err := fmt.Fprintf(w, "::%s %s::%s\n", commandNames[r.level], strings.Join(properties, ","), commandData.Replace(strings.Join(r.lines(), "\n"))); err != nil {
			return err
		}
	}
	return nil
}

// A row of a Code Quality report
// (https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format).
type (
	qualityIssue struct {
		Description string          `json:"description"`
		CheckName   string          `json:"check_name"`
		Fingerprint string          `json:"fingerprint"`
		Severity    string          `json:"severity"`
		Location    qualityLocation `json:"location"`
	}
	qualityLocation struct {
		Path      string            `json:"path"`
		Lines     qualityLines      `json:"lines"`
		Positions *qualityPositions `json:"positions,omitempty"` // the same place with its column
	}
	qualityLines struct {
		Begin int `json:"begin"`
		End   int `json:"end,omitempty"`
	}
	qualityPositions struct {
		Begin qualityPosition  `json:"begin"`
		End   *qualityPosition `json:"end,omitempty"`
	}
	qualityPosition struct {
		Line   int `json:"line"`
		Column int `json:"column"`
	}
)

var severities = [...]string{failed: "blocker", warned: "minor", noted: "info"}

// codeQuality writes the report. A row has to have a place: what has none stands at
// the first line of the folder.
func codeQuality(w io.Writer, list []result) error {
	out := []qualityIssue{}
	prints := fingerprints(list)
	for i, r := range list {
		l := qualityLocation{Path: ".", Lines: qualityLines{Begin: 1}}
		if r.at.Known() {
			l.Path = Safe(strings.TrimPrefix(r.at.File, "./"))
			l.Lines.Begin = max(1, r.at.Start.Line)
		}
		if r.at.Start.Line > 0 && r.at.Start.Column > 0 {
			l.Positions = &qualityPositions{Begin: qualityPosition{r.at.Start.Line, r.at.Start.Column}}
			if r.at.End.Line >= r.at.Start.Line && r.at.End.Column > 0 {
				l.Lines.End = r.at.End.Line
				l.Positions.End = &qualityPosition{r.at.End.Line, r.at.End.Column}
			}
		}
		out = append(out, qualityIssue{
			Description: r.title() + ": " + strings.Join(r.lines(), "\n"), CheckName: Safe(r.code),
			Fingerprint: prints[i], Severity: severities[r.level], Location: l,
		})
	}
	return JSON(w, out)
}
