package forge

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/weirhq/weir/reconcile"
)

// Review is what rulings are made from.
type Review struct {
	Plan     *reconcile.Plan
	Request  Request
	Own      Account // weir's
	Comments []Comment
	// AuthorMay lets the author of the request accept what it takes. Nobody else
	// has looked at it then.
	AuthorMay bool
}

// Ruling is what became of a word in a comment.
type Ruling struct {
	Text    string // RULE:COUNT@DIGEST, or the line where it is no acceptance
	Who     string
	Comment string // its id
	Refused string // why it does not count; empty if it does
}

// Accepted gives the acceptances that count, each once, as weir apply takes them.
func Accepted(rulings []Ruling) []string {
	var out []string
	for _, r := range rulings {
		if r.Refused == "" && !slices.Contains(out, r.Text) {
			out = append(out, r.Text)
		}
	}
	return out
}

// Judge rules on every command in the comments, oldest first. A word counts
// that accepts an exceeded budget of exactly this plan and was written, and left
// as it was written, by a person who may write to the repository and did not make
// the request. Of what one person says of one budget the latest counts, and of
// several people's words for the same budget the latest is told.
func Judge(ctx context.Context, h Host, r Review) ([]Ruling, error) {
	type said struct {
		comment Comment
		word    word
		accept  reconcile.Acceptance
		err     string // it is no acceptance
		mended  bool   // by a later word of the same person
	}
	comments := slices.Clone(r.Comments)
	slices.SortStableFunc(comments, func(a, b Comment) int { return a.Created.Compare(b.Created) })
	var all []said
	for _, c := range comments {
		if c.Author.same(r.Own) {
			continue
		}
		for _, w := range words(c.Body) {
			s := said{comment: c, word: w}
			verb, arg, _ := strings.Cut(w.args, " ")
			if verb != "accept" {
				s.err = "weir knows one command here: /weir accept RULE:COUNT@DIGEST"
			} else if accept, err := reconcile.ParseAcceptance(strings.TrimSpace(arg)); err != nil {
				s.err = err.Error()
			} else {
				s.accept = accept
				for i := range all {
					if all[i].err == "" && all[i].accept.Rule == accept.Rule && all[i].comment.Author.same(c.Author) {
						all[i].mended = true
					}
				}
			}
			all = append(all, s)
		}
	}

	may := make(map[Account]string) // why not, or empty
	allowed := func(who Account) (string, error) {
		if why, known := may[who]; known {
			return why, nil
		}
		ok, why, err := h.MayWrite(ctx, r.Request, who)
		if err != nil {
			return "", err
		}
		switch {
		case ok:
			why = ""
		case why != "":
			why = "whether its author may write to the repository cannot be told: " + why
		default:
			why = "its author may not write to the repository"
		}
		may[who] = why
		return why, nil
	}
	out := make([]Ruling, 0, len(all))
	for _, s := range all {
		ruling := Ruling{Text: cmp.Or(strings.TrimSpace(strings.TrimPrefix(s.word.args, "accept ")), s.word.text), Who: s.comment.Author.Name, Comment: s.comment.ID}
		author := s.comment.Author
		switch misfit := unfit(r.Plan, s.accept); {
		case s.word.html:
			ruling.Refused = "HTML stands before it in the comment (write it in a comment of its own)"
		case s.err != "":
			ruling.Text, ruling.Refused = s.word.text, s.err
		case s.comment.Edited:
			ruling.Refused = "the comment was edited after it was written (write a new one)"
		case s.mended:
			ruling.Refused = "its author wrote another one later"
		case misfit != "":
			ruling.Refused = misfit
		case author.ID == "":
			ruling.Refused = "nobody knows who wrote it"
		case author.Bot:
			ruling.Refused = "it was not written by a person"
		case author.same(r.Request.Author) && !r.AuthorMay:
			ruling.Refused = "its author made the request (somebody else has to look at it)"
		default:
			var err error
			if ruling.Refused, err = allowed(author); err != nil {
				return nil, err
			}
		}
		out = append(out, ruling)
	}
	return latest(out), nil
}

// latest keeps of several words that count for the same budget the last.
func latest(rulings []Ruling) []Ruling {
	last := make(map[string]int)
	for i, r := range rulings {
		if r.Refused == "" {
			last[r.Text] = i
		}
	}
	var out []Ruling
	for i, r := range rulings {
		if r.Refused != "" || last[r.Text] == i {
			out = append(out, r)
		}
	}
	return out
}

// unfit says why an acceptance is not one of this plan's, or nothing.
func unfit(p *reconcile.Plan, a reconcile.Acceptance) string {
	i := slices.IndexFunc(p.Budgets, func(b reconcile.Budget) bool { return b.Rule == a.Rule && b.Exceeded })
	switch {
	case i >= 0 && p.Budgets[i].Accept == a.String():
		return ""
	case a.Digest != p.Digest && !strings.HasPrefix(a.Digest, p.Digest+"."):
		return "it is for another plan; this one is " + p.Digest
	case i < 0:
		return "that budget is not exceeded"
	}
	return "this plan needs " + p.Budgets[i].Accept
}
