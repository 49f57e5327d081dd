package render

import (
	"fmt"
	"io"
	"strings"

	"github.com/weirhq/weir/reconcile"
)

// MarkdownOptions are what the place of a comment allows.
type MarkdownOptions struct {
	Flavour string          // github, gitlab or bitbucket
	Since   *reconcile.Plan // the plan of the last push, nil if there was none
	Limit   int             // characters; 65,000 if 0
}

// Markdown shows a plan as a comment: the verdict.
func Markdown(w io.Writer, p *reconcile.Plan, o MarkdownOptions) error {
	text := "**" + p.Site.Product + "** " + span(p.Site.Name) + ": " + span(Verdict(p)) + "\n"
	if s := Summary(p); s != "" {
		text += "\nplan: " + span(s) + "\n"
	}
	text += "\ndigest: " + span(p.Digest) + "\n"
	limit := o.Limit
	if limit == 0 {
		limit = 65_000
	}
	if r := []rune(text); len(r) > limit {
		return fmt.Errorf("the plan does not fit into %d characters", limit)
	}
	_, err := io.WriteString(w, strings.ToValidUTF8(text, "\ufffd"))
	return err
}
