package forge

import (
	"regexp"
	"strings"
)

// word is a command that somebody wrote in a comment.
type word struct {
	text string // the line
	args string // behind "/weir "
	html bool   // raw HTML stands before it: whether it shows is for a browser to say
}

var (
	fence   = regexp.MustCompile("^ {0,3}(`{3,}[^`]*|~{3,}.*)$")
	rawHTML = regexp.MustCompile(`<[A-Za-z!?/]`)
)

// words finds the commands of a comment: lines that begin with "/weir", at the
// start of a paragraph or behind another command. What is quoted or in code is
// none. That is less than what the Markdown of the hosts would show as plain text,
// and never more: a quotation goes on in a line that follows it, a fence to the end
// of the text, code that is indented begins with a blank; and where raw HTML stands
// before the line nobody can say without a browser.
func words(body string) []word {
	var (
		out     []word
		close   string // what ends the fence that is open
		html    bool
		command = true // a line here may be a command
	)
	for line := range strings.Lines(strings.ReplaceAll(strings.ReplaceAll(body, "\r\n", "\n"), "\r", "\n")) {
		line = strings.TrimRight(line, " \t\n")
		bare := strings.TrimLeft(line, " ")
		if close != "" {
			if len(line)-len(bare) <= 3 && strings.HasPrefix(bare, close) && strings.Trim(bare, close[:1]) == "" {
				close, command = "", true
			}
			continue
		}
		switch {
		case line == "":
			command = true
		case fence.MatchString(line):
			close = bare[:len(bare)-len(strings.TrimLeft(bare, bare[:1]))]
		case strings.HasPrefix(line, ">>>"): // a quotation of several lines at GitLab
			close = ">>>"
		case command && (line == "/weir" || strings.HasPrefix(line, "/weir ")):
			out = append(out, word{line, strings.TrimSpace(strings.TrimPrefix(line, "/weir")), html})
		default:
			command = false
			html = html || rawHTML.MatchString(line)
		}
	}
	return out
}
