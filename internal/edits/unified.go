package edits

import (
	"fmt"
	"strings"
)

// Unified gives the difference of two texts of a file as a diff, with three lines
// around each run of edits; nothing if they are the same. The name is that of the file
// before and after.
func Unified(name, before, after string) string {
	if before == after {
		return ""
	}
	a, b := textLines(before), textLines(after)
	const around = 3
	type run struct{ fromA, toA, fromB, toB int } // edited lines, counted from 0
	var runs []run
	shift := 0
	for _, f := range Compare([]Text{{Path: name, Text: before}}, []Text{{Path: name, Text: after}}) {
		for _, h := range f.Hunks {
			r := run{}
			if len(h.Removed) > 0 {
				r.fromA = h.Removed[0].Number - 1
				r.fromB = r.fromA + shift
			} else {
				r.fromB = h.Added[0].Number - 1
				r.fromA = r.fromB - shift
			}
			r.toA, r.toB = r.fromA+len(h.Removed), r.fromB+len(h.Added)
			shift += len(h.Added) - len(h.Removed)
			runs = append(runs, r)
		}
	}
	var out strings.Builder
	fmt.Fprintf(&out, "--- a/%s\n+++ b/%s\n", name, name)
	line := func(sign, text string) {
		out.WriteString(sign + strings.TrimSuffix(text, "\n") + "\n")
		if !strings.HasSuffix(text, "\n") {
			out.WriteString("\\ No newline at end of file\n")
		}
	}
	for len(runs) > 0 {
		n := 1
		for n < len(runs) && runs[n].fromA-runs[n-1].toA <= 2*around {
			n++
		}
		first, last := runs[0], runs[n-1]
		top, bottom := max(0, first.fromA-around), min(len(a), last.toA+around)
		topB := first.fromB - (first.fromA - top)
		fmt.Fprintf(&out, "@@ -%s +%s @@\n", span(top, bottom-top), span(topB, bottom-top+(last.toB-last.toA)-(first.fromB-first.fromA)+(last.fromB-last.fromA)))
		at := top
		for _, r := range runs[:n] {
			for _, text := range a[at:r.fromA] {
				line(" ", text)
			}
			for _, text := range a[r.fromA:r.toA] {
				line("-", text)
			}
			for _, text := range b[r.fromB:r.toB] {
				line("+", text)
			}
			at = r.toA
		}
		for _, text := range a[at:bottom] {
			line(" ", text)
		}
		runs = runs[n:]
	}
	return out.String()
}

// textLines gives the lines of a text with their ends.
func textLines(text string) []string {
	lines := strings.SplitAfter(text, "\n")
	if lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

func span(from, n int) string {
	if n == 0 {
		return fmt.Sprintf("%d,0", from)
	}
	return fmt.Sprintf("%d,%d", from+1, n)
}
