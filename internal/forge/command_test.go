package forge

import (
	"strings"
	"testing"
)

func TestWords(t *testing.T) {
	const c = "/weir accept r:1@d"
	for _, test := range []struct {
		name, body string
		want       int
		html       bool
	}{
		{"alone", c, 1, false},
		{"with line ends of Windows", "fine\r\n\r\n" + c + "\r\n", 1, false},
		{"two at once", c + "\n" + c, 2, false},
		{"after a paragraph", "looks good\n\n" + c + "\n", 1, false},
		{"with thanks", c + "\nthanks", 1, false},
		{"in a sentence", "write " + c, 0, false},
		{"after a line of a paragraph", "so be it\n" + c, 0, false},
		{"quoted", "> " + c, 0, false},
		{"quoted by a lazy continuation", "> they said\n" + c, 0, false},
		{"after a quotation", "> they said\n\n" + c, 1, false},
		{"in a quotation of several lines", ">>>\nthey said\n\n" + c + "\n>>>", 0, false},
		{"after one", ">>>\nthey said\n>>>\n\n" + c, 1, false},
		{"in code", "`" + c + "`", 0, false},
		{"in code over lines", "`\n" + c + "\n`", 0, false},
		{"fenced", "```\n" + c + "\n```", 0, false},
		{"fenced after a blank line", "```sh\n\n" + c + "\n```", 0, false},
		{"fenced to the end", "```\n\n" + c, 0, false},
		{"fenced by tildes", "~~~ `x`\n\n" + c + "\n~~~", 0, false},
		{"in a fence that a shorter one does not end", "````\n```\n\n" + c + "\n````", 0, false},
		{"in a fence that another kind does not end", "```\n~~~\n\n" + c, 0, false},
		{"in a fence that a line of code does not end", "```\n```sh\n\n" + c, 0, false},
		{"after a fence", "```\nx\n```\n" + c, 1, false},
		{"what is no fence", "```x```\n\n" + c, 1, false},
		{"indented as code", "    " + c, 0, false},
		{"indented by a tab", "\t" + c, 0, false},
		{"indented by a blank", " " + c, 0, false},
		{"in a list", "- one\n\n  " + c, 0, false},
		{"in an HTML comment", "<!--\n\n" + c + "\n-->", 1, true},
		{"in preformatted text", "<pre>\n\n" + c + "\n</pre>", 1, true},
		{"in a fold", "<details>\n\n" + c + "\n</details>", 1, true},
		{"before HTML", c + "\n\n<b>yes</b>", 1, false},
		{"another command", "/weird accept r:1@d", 0, false},
		{"in capitals", "/WEIR accept r:1@d", 0, false},
		{"bare", "/weir", 1, false},
		{"behind a blank that does not show", "\u200b" + c, 0, false},
		{"none", "", 0, false},
	} {
		got := words(test.body)
		if len(got) != test.want {
			t.Errorf("%s: %d commands, want %d", test.name, len(got), test.want)
			continue
		}
		for _, w := range got {
			if w.html != test.html {
				t.Errorf("%s: after HTML %t", test.name, w.html)
			}
			if w.text == c && w.args != "accept r:1@d" {
				t.Errorf("%s: %q", test.name, w.args)
			}
		}
	}
}

// Whatever stands in a comment, a command is a whole line of it that begins at its
// margin, and nothing that a quotation mark or a blank goes before.
func FuzzWords(f *testing.F) {
	for _, seed := range []string{"/weir accept r:1@d", "> x\n/weir accept r:1@d", "```\n/weir\n```", "<!--\n/weir x\n-->", "a\r/weir\r\n\r\n/weir b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		lines := strings.FieldsFunc(body, func(r rune) bool { return r == '\n' || r == '\r' })
		have := make(map[string]int)
		for _, l := range lines {
			have[strings.TrimRight(l, " \t")]++
		}
		for _, w := range words(body) {
			if have[w.text]--; have[w.text] < 0 || w.text != "/weir" && !strings.HasPrefix(w.text, "/weir ") {
				t.Errorf("%q is no line of %q", w.text, body)
			}
		}
		if got := words("```\n" + strings.ReplaceAll(body, "`", "'")); len(got) > 0 {
			t.Errorf("a command in a fence: %+v", got)
		}
		var quoted strings.Builder
		for _, l := range lines {
			quoted.WriteString("> " + l + "\n")
		}
		if got := words(quoted.String()); len(got) > 0 {
			t.Errorf("a command in a quotation: %+v", got)
		}
	})
}
