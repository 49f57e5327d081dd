package rewrite

import (
	"slices"
	"strings"

	"github.com/weirhq/weir/schema"
)

// Guests adds entries behind those of a file that has some at the top level, one
// a line or a block. Ok is false where it has none so.
func Guests(text string, syntax schema.Syntax, guests []schema.Guest) (string, bool) {
	rendered := string(schema.Render(schema.Document{Guests: guests}, syntax))
	if syntax == schema.HCL {
		if !strings.HasPrefix(text, "guest ") && !strings.Contains(text, "\nguest ") {
			return "", false
		}
		return strings.TrimRight(text, "\n") + "\n\n" + rendered, true
	}
	lines := strings.SplitAfter(text, "\n")
	at := slices.IndexFunc(lines, func(l string) bool { return strings.TrimRight(strings.SplitN(l, "#", 2)[0], " \r\n") == "guests:" })
	if at < 0 {
		return "", false
	}
	last, indent := at, ""
	for i := at + 1; i < len(lines); i++ {
		body := strings.TrimSpace(lines[i])
		in := indentOf(lines[i])
		if body == "" || strings.HasPrefix(body, "#") && in == "" {
			continue
		}
		if in == "" {
			break
		}
		if last = i; indent == "" && !strings.HasPrefix(body, "#") {
			indent = in
		}
	}
	if indent == "" {
		return "", false
	}
	var add strings.Builder
	for line := range strings.Lines(rendered) {
		if rest, ok := strings.CutPrefix(line, "  "); ok { // all but the head
			add.WriteString(indent + rest)
		}
	}
	head := strings.Join(lines[:last+1], "")
	if !strings.HasSuffix(head, "\n") {
		head += "\n"
	}
	return head + add.String() + strings.Join(lines[last+1:], ""), true
}
