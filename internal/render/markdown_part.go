package render

import (
	"cmp"
	"slices"
	"strings"
)

// part is the part of a comment that is about one topic. It is cut at the end of a
// line, and then says how much was cut.
type part struct {
	priority int // those with a lower one take their room first
	// head stands before the lines and close behind them, and tail behind what rest
	// says. A line has its break.
	head, close, tail string
	lines             []string
	most              int // of the lines; 0: all
	// rest says what is cut from a line on; from 0 on, it stands for the whole part.
	// nil: nothing may be cut.
	rest func(from int) string
	// forms are, in place of the above, the same told ever shorter: the last is
	// there at least.
	forms []func() string
}

// longest is what rest says at most, but for from 0 on.
const longest = 300

// fit gives as much of the part as there is room for. With no room at all it gives
// the least.
func (p part) fit(room int) string {
	for i, form := range p.forms {
		if text := form(); i == len(p.forms)-1 || width(text) <= room {
			return text
		}
	}
	if len(p.lines) == 0 {
		return p.head
	}
	size := width(p.head) + width(p.close) + width(p.tail)
	all := size
	for _, l := range p.lines {
		all += width(l)
	}
	most := len(p.lines)
	if p.most > 0 {
		most = min(most, p.most)
	}
	if p.rest == nil || most == len(p.lines) && all <= room {
		return p.head + strings.Join(p.lines, "") + p.close + p.tail
	}
	size += longest
	n := 0
	for n < most && size+width(p.lines[n]) <= room {
		size += width(p.lines[n])
		n++
	}
	if n == 0 {
		return p.rest(0)
	}
	return p.head + strings.Join(p.lines[:n], "") + p.close + p.rest(n) + p.tail
}

// arranged puts parts together so that they fit. Each has the least of it in any
// case, and least says how much that is of all; the rest of the room goes to those
// that take it first.
func arranged(limit int, parts []part) (text string, least int) {
	texts := make([]string, len(parts))
	order := make([]int, len(parts))
	for i, p := range parts {
		texts[i], order[i] = p.fit(0), i
		least += width(texts[i])
	}
	room := limit - least
	if room < 0 {
		return "", least
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(parts[a].priority, parts[b].priority) })
	for _, i := range order {
		has := width(texts[i])
		texts[i] = parts[i].fit(has + room)
		room -= width(texts[i]) - has
	}
	return strings.Join(texts, ""), least
}

// width counts UTF-16 code units: hosts count those, or runes, which are fewer.
func width(s string) int {
	n := 0
	for _, r := range s {
		if n++; r > 0xffff {
			n++
		}
	}
	return n
}
