package edits

import (
	"slices"
	"strings"

	"github.com/sergi/go-diff/diffmatchpatch"
)

// What a comparison may cost. A cell is one line (or one word) of the one text
// against one of the other; comparing two stretches that have nothing in common
// takes as many cells as the product of their lengths. What is over is told as
// replaced whole, which is true, if not short.
const (
	maxWork  = 1 << 28 // cells for all files together: about a second
	maxCells = 1 << 24 // cells for one stretch
	// few is how many cells are compared without looking for a way to split the
	// stretch first.
	few = 1 << 20
	// maxSplits bounds how deep stretches are split in stretches.
	maxSplits = 16
	// maxText bounds a file, in bytes: go-diff writes each different line as a rune
	// of its own, and no two texts of this size have more of them than there are
	// runes. A file of a description is at most half as long (schema.MaxFileSize).
	maxText = 2 << 20
)

type comparer struct {
	work int // cells that may still be spent
}

// spend takes the cells of comparing two stretches, if they are to be had.
func (c *comparer) spend(n, m int) bool {
	cells := n * m
	if cells > maxCells || cells > c.work {
		return false
	}
	c.work -= cells
	return true
}

// run is a stretch of one text against one of the other: equal lines, or lines
// that are removed and added.
type run struct {
	equal         bool
	before, after int // how many lines, or words, of each
}

// hunks compares two texts whose lines all end in a newline.
func (c *comparer) hunks(before, after string) []Hunk {
	old, now := lines(before), lines(after)
	// All of it is replaced, unless it can be told better.
	runs := []run{{before: len(old), after: len(now)}}
	if max(len(before), len(after)) <= maxText {
		a, b, _ := differ().DiffLinesToRunes(before, after)
		runs = joined(c.runs(a, b, 0))
	}
	var out []Hunk
	x, y := 0, 0
	for _, r := range runs {
		if !r.equal {
			h := Hunk{Removed: numbered(old, x, r.before), Added: numbered(now, y, r.after)}
			c.highlight(&h)
			out = append(out, h)
		}
		x, y = x+r.before, y+r.after
	}
	return out
}

// lines gives the lines of a text, each without its newline.
func lines(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(text, "\n"), "\n")
}

// numbered gives n lines from the one at an index on, each as one span.
func numbered(texts []string, from, n int) []Line {
	var out []Line
	for i, text := range texts[from : from+n] {
		out = append(out, Line{Number: from + i + 1, Spans: whole(text)})
	}
	return out
}

func whole(text string) []Span {
	if text == "" {
		return []Span{}
	}
	return []Span{{Text: text}}
}

// differ is go-diff without a deadline: how long a machine takes must not decide
// what is told.
func differ() *diffmatchpatch.DiffMatchPatch {
	d := diffmatchpatch.New()
	d.DiffTimeout = 0
	return d
}

// runs compares two sequences. What both begin and end with is equal; what is
// between is split at the lines that stand exactly once in each, where it is
// long (patience diff), and compared by go-diff where it is not.
func (c *comparer) runs(a, b []rune, depth int) []run {
	head, tail := 0, 0
	for head < min(len(a), len(b)) && a[head] == b[head] {
		head++
	}
	for tail < min(len(a), len(b))-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	out := []run{{equal: true, before: head, after: head}}
	a, b = a[head:len(a)-tail], b[head:len(b)-tail]
	switch n, m := len(a), len(b); {
	case n == 0 || m == 0:
		out = append(out, run{before: n, after: m})
	case n*m > few && depth < maxSplits:
		out = append(out, c.split(a, b, depth)...)
	default:
		out = append(out, c.compared(a, b)...)
	}
	return append(out, run{equal: true, before: tail, after: tail})
}

// split compares the stretches between the lines that stand once in each
// sequence and in the same order in both.
func (c *comparer) split(a, b []rune, depth int) []run {
	anchors := inOrder(once(a, b))
	if len(anchors) == 0 {
		return c.compared(a, b)
	}
	var out []run
	x, y := 0, 0
	for _, at := range anchors {
		out = append(out, c.runs(a[x:at.a], b[y:at.b], depth+1)...)
		out = append(out, run{equal: true, before: 1, after: 1})
		x, y = at.a+1, at.b+1
	}
	return append(out, c.runs(a[x:], b[y:], depth+1)...)
}

// compared has go-diff compare two stretches, or takes the one for replaced by
// the other where that would take too long.
func (c *comparer) compared(a, b []rune) []run {
	if !c.spend(len(a), len(b)) {
		return []run{{before: len(a), after: len(b)}}
	}
	var out []run
	for _, d := range differ().DiffMainRunes(a, b, false) {
		n := len([]rune(d.Text))
		switch d.Type {
		case diffmatchpatch.DiffEqual:
			out = append(out, run{equal: true, before: n, after: n})
		case diffmatchpatch.DiffDelete:
			out = append(out, run{before: n})
		case diffmatchpatch.DiffInsert:
			out = append(out, run{after: n})
		}
	}
	return out
}

// joined puts neighbouring runs of a kind together and drops empty ones.
func joined(runs []run) []run {
	var out []run
	for _, r := range runs {
		if r.before == 0 && r.after == 0 {
			continue
		}
		if n := len(out); n > 0 && out[n-1].equal == r.equal {
			out[n-1].before += r.before
			out[n-1].after += r.after
			continue
		}
		out = append(out, r)
	}
	return out
}

// place is where a line stands in both sequences.
type place struct{ a, b int }

// once gives the places of what stands exactly once in each, in the order of a.
func once(a, b []rune) []place {
	type seen struct{ a, b, at int }
	count := make(map[rune]seen)
	for _, r := range a {
		s := count[r]
		s.a++
		count[r] = s
	}
	for i, r := range b {
		s := count[r]
		s.b++
		s.at = i
		count[r] = s
	}
	var out []place
	for i, r := range a {
		if s := count[r]; s.a == 1 && s.b == 1 {
			out = append(out, place{i, s.at})
		}
	}
	return out
}

// inOrder gives the longest choice of places that stand in the same order in
// both (the longest increasing subsequence, by patience sorting).
func inOrder(places []place) []place {
	var tops []int // the place on top of each pile, by its index
	prev := make([]int, len(places))
	for i, p := range places {
		pile, _ := slices.BinarySearchFunc(tops, p.b, func(top, b int) int { return places[top].b - b })
		prev[i] = -1
		if pile > 0 {
			prev[i] = tops[pile-1]
		}
		if pile == len(tops) {
			tops = append(tops, i)
		} else {
			tops[pile] = i
		}
	}
	if len(tops) == 0 {
		return nil
	}
	out := make([]place, len(tops))
	for i, n := tops[len(tops)-1], len(tops)-1; n >= 0; i, n = prev[i], n-1 {
		out[n] = places[i]
	}
	return out
}
