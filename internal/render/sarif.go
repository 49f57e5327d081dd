package render

import (
	"errors"
	"io"
	"io/fs"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/weirhq/weir/docs"
	"github.com/weirhq/weir/internal/diag"
	"github.com/weirhq/weir/reconcile"
)

// home is where the project and its pages are.
const home = "https://github.com/weirhq/weir"

// The parts of SARIF 2.1.0 that weir writes; the numbers are those of the
// standard's sections
// (https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/sarif-v2.1.0-errata01-os-complete.html).
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct { // 3.14
		Tool       sarifTool     `json:"tool"`
		ColumnKind string        `json:"columnKind"` // 3.14.17: columns count what diag.Pos counts
		Results    []sarifResult `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct { // 3.19
		Name           string      `json:"name"`
		Version        string      `json:"version"`
		InformationURI string      `json:"informationUri"`
		Rules          []sarifRule `json:"rules"`
	}
	sarifRule struct { // 3.49
		ID               string       `json:"id"`
		ShortDescription sarifMessage `json:"shortDescription"`
		Help             sarifMessage `json:"help"`
		HelpURI          string       `json:"helpUri"`
	}
	sarifMessage struct { // 3.11
		Text     string `json:"text"`
		Markdown string `json:"markdown,omitempty"`
	}
	sarifResult struct { // 3.27
		RuleID              string            `json:"ruleId"`
		RuleIndex           int               `json:"ruleIndex"`
		Level               string            `json:"level"`
		Message             sarifMessage      `json:"message"`
		Locations           []sarifLocation   `json:"locations,omitempty"`
		RelatedLocations    []sarifLocation   `json:"relatedLocations,omitempty"`
		PartialFingerprints map[string]string `json:"partialFingerprints"`
		Properties          map[string]string `json:"properties,omitempty"`
	}
	sarifLocation struct { // 3.28
		ID       int           `json:"id,omitempty"`
		Physical sarifPhysical `json:"physicalLocation"`
		Message  *sarifMessage `json:"message,omitempty"`
	}
	sarifPhysical struct { // 3.29
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   *sarifRegion  `json:"region,omitempty"`
	}
	sarifArtifact struct { // 3.4
		URI    string `json:"uri"`
		BaseID string `json:"uriBaseId,omitempty"`
	}
	sarifRegion struct { // 3.30; without an end a region goes on to the end of its line
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn,omitempty"`
		EndLine     int `json:"endLine,omitempty"`
		EndColumn   int `json:"endColumn,omitempty"`
	}
)

var sarifLevels = [...]string{failed: "error", warned: "warning", noted: "note"}

// SARIF writes what a plan says as a SARIF 2.1.0 log: findings, exceeded budgets,
// what could not be seen, steps by hand. The places of the plan are taken for paths
// from the root of the repository. version is weir's own.
func SARIF(w io.Writer, p *reconcile.Plan, version string) error {
	return sarif(w, planResults(p), version)
}

// SARIFDiagnostics writes messages about a description as a SARIF log.
func SARIFDiagnostics(w io.Writer, list diag.List, version string) error {
	return sarif(w, diagnosticResults(list), version)
}

func sarif(w io.Writer, list []result, version string) error {
	driver := sarifDriver{Name: "weir", Version: version, InformationURI: home, Rules: []sarifRule{}}
	index := make(map[string]int)
	for _, r := range list {
		if _, known := index[r.code]; known {
			continue
		}
		rule, err := sarifRuleOf(r.code)
		if err != nil {
			return err
		}
		index[r.code] = len(driver.Rules)
		driver.Rules = append(driver.Rules, rule)
	}
	run := sarifRun{Tool: sarifTool{driver}, ColumnKind: "unicodeCodePoints", Results: []sarifResult{}}
	prints := fingerprints(list)
	for i, r := range list {
		out := sarifResult{
			RuleID: r.code, RuleIndex: index[r.code], Level: sarifLevels[r.level],
			Message:             sarifMessage{Text: sarifText(strings.Join(r.lines(), "\n"))},
			PartialFingerprints: map[string]string{"weir/v1": prints[i]},
		}
		if r.at.Known() {
			out.Locations = []sarifLocation{{Physical: sarifPlace(r.at)}}
		}
		for n, o := range r.related {
			if o.Range.Known() {
				out.RelatedLocations = append(out.RelatedLocations, sarifLocation{ID: n + 1, Physical: sarifPlace(o.Range), Message: &sarifMessage{Text: sarifText(Safe(o.Message))}})
			}
		}
		for name, value := range map[string]string{"policy": r.rule, "object": r.object} {
			if value != "" {
				if out.Properties == nil {
					out.Properties = make(map[string]string)
				}
				out.Properties[name] = Safe(value)
			}
		}
		run.Results = append(run.Results, out)
	}
	return JSON(w, sarifLog{
		Schema:  "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
		Version: "2.1.0", Runs: []sarifRun{run},
	})
}

// sarifRuleOf describes a code: its page is the help. A code without a page can
// come from a plan file of another weir.
func sarifRuleOf(code string) (sarifRule, error) {
	title := diag.Codes[code]
	page, err := fs.ReadFile(docs.Codes, "codes/"+code+".md")
	if title == "" || errors.Is(err, fs.ErrNotExist) {
		safe := Safe(code)
		return sarifRule{ID: code, ShortDescription: sarifMessage{Text: safe}, Help: sarifMessage{Text: safe}, HelpURI: home}, nil
	}
	if err != nil {
		return sarifRule{}, err
	}
	return sarifRule{
		ID: code, ShortDescription: sarifMessage{Text: title},
		Help:    sarifMessage{Text: string(page), Markdown: string(page)},
		HelpURI: home + "/blob/main/docs/codes/" + code + ".md",
	}, nil
}

// placeholder is what a message would have an argument put in for (3.11.5).
var placeholder = regexp.MustCompile(`\{([0-9]+)\}`)

// sarifText keeps text from doing anything in a message: what would be a placeholder
// or an embedded link (3.11.6) is parted by a space. The escapes of the standard are
// shown as they are by the viewers that do not know them.
func sarifText(s string) string {
	s = placeholder.ReplaceAllString(s, "{ $1}")
	return strings.ReplaceAll(s, "](", "] (")
}

// sarifPlace gives a place: a path from the root of the repository as a relative
// URI (3.4.4), and the region in it, where it is known.
func sarifPlace(r diag.Range) sarifPhysical {
	p := sarifPhysical{Artifact: sarifArtifact{URI: fileURI(r.File)}}
	if !path.IsAbs(r.File) {
		p.Artifact.BaseID = "%SRCROOT%"
	}
	if r.Start.Line < 1 {
		return p
	}
	p.Region = &sarifRegion{StartLine: r.Start.Line, StartColumn: max(0, r.Start.Column)}
	if r.End.Line > r.Start.Line || r.End.Line == r.Start.Line && r.End.Column > r.Start.Column {
		p.Region.EndLine, p.Region.EndColumn = r.End.Line, r.End.Column
	}
	return p
}

// fileURI writes a path with slashes as a URI: what is not plain is percent-encoded,
// byte by byte. Dots are not folded: a link may lie between them.
func fileURI(file string) string {
	parts := strings.Split(file, "/")
	for i, p := range parts {
		parts[i] = url.PathEscape(p)
	}
	// A colon in the first part would end a scheme (RFC 3986, 4.2); url.PathEscape
	// leaves it alone.
	parts[0] = strings.ReplaceAll(parts[0], ":", "%3A")
	s := strings.Join(parts, "/")
	switch {
	case strings.HasPrefix(s, "/"):
		return "file://" + "/" + strings.TrimLeft(s, "/")
	case slices.Contains([]string{"", "."}, s):
		return "./"
	}
	return s
}
