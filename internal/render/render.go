// Package render shows plans, reports and diagnostics to people. It renders
// from the serialised forms only and decides nothing.
//
//	render.Plan(w, plan, render.Options{Color: true})
//	render.Report(w, report)
//	render.Diagnostics(w, list, sources)
package render

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"

	"github.com/charmbracelet/x/ansi"
)

// Options are what the place of output allows.
type Options struct {
	Color bool
	Width int  // of the terminal, in columns; 0: lines are as long as they are
	All   bool // nothing is cut or folded
}

// printer writes lines and remembers the first error, so that callers need
// not look at each.
type printer struct {
	w io.Writer
	Options
	err error
}

func newPrinter(w io.Writer, o Options) *printer { return &printer{w: w, Options: o} }

func (p *printer) line(format string, args ...any) {
	if p.err == nil {
		for line := range strings.SplitSeq(wrapped(fmt.Sprintf(format, args...), p.Width), "\n") {
			if p.err == nil {
				_, p.err = fmt.Fprintln(p.w, noCommand(line))
			}
		}
	}
}

// commands are what a build server obeys wherever it stands in a line.
var commands = strings.NewReplacer("##[", `#\x23[`, "##vso[", `#\x23vso[`)

// noCommand keeps a line from being a command to the build server that shows it:
// GitHub's runner obeys a line that begins with :: after white space as well. Parts of
// the line may be harmless that together are not.
func noCommand(line string) string {
	line = commands.Replace(line)
	if rest, ok := strings.CutPrefix(strings.TrimLeft(line, " \t"), "::"); ok {
		return strings.TrimSuffix(line, "::"+rest) + `\x3a:` + rest
	}
	return line
}

// wrapped breaks a line at its spaces so that it fits, and indents what follows
// below what it follows. Columns are those of a terminal, where a letter may take
// two.
func wrapped(s string, width int) string {
	const hang, least = 4, 20 // narrower, breaking only makes it worse
	if width < least || ansi.StringWidth(s) <= width {
		return s
	}
	text := strings.TrimLeft(s, " ")
	indent := len(s) - len(text)
	in := strings.Repeat(" ", min(indent+hang, width/2))
	lines := strings.Split(ansi.Wrap(text, width-len(in), ""), "\n")
	return s[:indent] + strings.Join(lines, "\n"+in)
}

// The colours of a plan. Every symbol reads well without them.
const (
	red    = "31"
	green  = "32"
	yellow = "33"
	bold   = "1"
	dim    = "2"
)

func (p *printer) paint(code, s string) string {
	if !p.Color || s == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

// Safe makes text from a site or a description harmless to a terminal: runes
// that do not print (controls, escapes, text that runs backwards) are shown as
// escapes. What a build server would obey is broken.
func Safe(s string) string {
	s = commands.Replace(s)
	// A stray byte is no rune, and some terminals take it for a control.
	s = strings.ToValidUTF8(s, "\ufffd")
	if strings.IndexFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) < 0 {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if unicode.IsPrint(r) {
			b.WriteRune(r)
		} else {
			b.WriteString(strings.Trim(strconv.QuoteRune(r), "'"))
		}
	}
	return b.String()
}

// The marks around names in a sentence: Unicode's own, which [Safe] never lets
// through.
const isolate, pop = "\u2068", "\u2069"

// name makes a name from a site or a description safe, and marks where it begins
// and ends, for those outputs that keep names apart from what surrounds them.
func name(s string) string { return isolate + Safe(s) + pop }

// Number writes a count with thousands separated.
func Number(n int) string { return thousands(strconv.Itoa(n)) }

func thousands(s string) string {
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Duration writes whole seconds as people say them, and never less than they are:
// of a minute and a half on in minutes, of as many minutes on in hours. Seconds
// are counted up, so that one second is at most one.
func Duration(seconds int) string {
	up := func(n, unit int) int { return (n + unit - 1) / unit }
	switch {
	case seconds <= 1:
		return "under a second"
	case seconds < 90:
		return fmt.Sprintf("%d s", seconds)
	case seconds < 90*60:
		return fmt.Sprintf("%d min", up(seconds, 60))
	}
	return Number(up(seconds, 3600)) + " h"
}

// Count writes a number and its noun: "1 person", "3 people".
func Count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return Number(n) + " " + many
}
