package edits

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// highlight marks what changed inside the lines of a hunk, word by word. A line
// that shares less than a third of its letters with the other side is another
// line, and is left whole: marks all over it would say nothing.
func (c *comparer) highlight(h *Hunk) {
	if len(h.Removed) == 0 || len(h.Added) == 0 {
		return
	}
	ids := make(map[string]rune)
	old, oldWords := words(h.Removed, ids)
	now, nowWords := words(h.Added, ids)
	if len(ids) >= surrogates {
		return
	}
	var oldSame, nowSame []bool
	for _, r := range c.runs(old, now, 0) {
		for range r.before {
			oldSame = append(oldSame, r.equal)
		}
		for range r.after {
			nowSame = append(nowSame, r.equal)
		}
	}
	mark(h.Removed, oldWords, oldSame)
	mark(h.Added, nowWords, nowSame)
}

// surrogates is the first code point that is no rune: words are numbered below.
const surrogates = 0xd800

// words gives the words of lines, and each as a number that is the same for equal
// words. The end of a line is a word.
func words(list []Line, ids map[string]rune) ([]rune, []string) {
	var out []rune
	var texts []string
	add := func(w string) {
		id, ok := ids[w]
		if !ok {
			id = rune(min(len(ids)+1, surrogates-1))
			ids[w] = id
		}
		out, texts = append(out, id), append(texts, w)
	}
	for _, l := range list {
		for text := l.Text(); text != ""; {
			n := word(text)
			add(text[:n])
			text = text[n:]
		}
		add("\n")
	}
	return out, texts
}

// word gives the length in bytes of the word that a text begins with: a run of
// blanks, a name (an address, a date and the id of a permission are one each), or
// a single sign.
func word(text string) int {
	first, n := utf8.DecodeRuneInString(text)
	in := named
	switch {
	case first == ' ' || first == '\t':
		in = func(r rune) bool { return r == ' ' || r == '\t' }
	case !named(first):
		return n
	}
	if end := strings.IndexFunc(text, func(r rune) bool { return !in(r) }); end >= 0 {
		return end
	}
	return len(text)
}

func named(r rune) bool {
	return letter(r) || strings.ContainsRune("-_.@/*", r)
}

func letter(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r))
}

// mark splits lines into spans: what is the same on the other side, and what is
// not.
func mark(list []Line, texts []string, same []bool) {
	at := 0
	for i := range list {
		end := at
		for texts[end] != "\n" {
			end++
		}
		if spans := spans(texts[at:end], same[at:end]); spans != nil {
			list[i].Spans = spans
		}
		at = end + 1
	}
}

// spans puts the words of a line together; nil where it is another line, or
// nothing of it changed.
func spans(texts []string, same []bool) []Span {
	var out []Span
	shared, all := 0, 0
	for i, text := range texts {
		letters := 0
		for _, r := range text {
			if letter(r) {
				letters++
			}
		}
		all += letters
		if same[i] {
			shared += letters
		}
		changed := !same[i]
		// Blanks between two changed words change with them.
		if !changed && strings.TrimLeft(text, " \t") == "" && i > 0 && i+1 < len(texts) {
			changed = !same[i-1] && !same[i+1]
		}
		if n := len(out); n > 0 && out[n-1].Changed == changed {
			out[n-1].Text += text
		} else {
			out = append(out, Span{text, changed})
		}
	}
	if shared*3 < all || shared == 0 {
		return nil
	}
	return out
}
