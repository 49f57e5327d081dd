package render

import (
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/reconcile"
)

// Bounds of a short report, in characters: the whole of it, what a name of the site
// may take, and a line about one difference.
const (
	shortLimit = 1500
	shortName  = 60
	shortLine  = 220
)

// Short tells of a drift in a few lines that a chat or a mail can carry: plain text
// of at most 1,500 characters, in which nothing that comes from a site or a
// description mentions, links or formats anything. done is what an unattended
// apply did; nil where none was tried.
func Short(w io.Writer, d *reconcile.Drift, done *reconcile.Report, tried bool) error {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	named := *d
	named.Site.Name = inert(d.Site.Name, shortName)
	line("weir: %s", DriftVerdict(&named))

	count := make(map[reconcile.Sense]int)
	for _, i := range d.Items {
		if i.Drifted() {
			count[i.Sense]++
		}
	}
	var parts []string
	for _, s := range []struct {
		sense reconcile.Sense
		what  string
	}{
		{reconcile.Gained, "access gained"}, {reconcile.Taken, "access taken"}, {reconcile.Administration, "administration"}, {reconcile.Neither, "other"},
	} {
		if n := count[s.sense]; n > 0 {
			parts = append(parts, s.what+" "+Number(n))
		}
	}
	if n := d.Counts.Description; n > 0 {
		parts = append(parts, "by the description "+Number(n))
	}
	if len(parts) > 0 {
		line("counts: %s", strings.Join(parts, ", "))
	}
	line("%s", became(d, done, tried))
	after := *d
	if done != nil {
		t := done.Count()
		after.Allowance.Used += t.Applied + t.Failed + t.Unknown
	}
	line("%s", allowance(&after))

	const worst = 3
	shown := 0
	for _, i := range d.Items {
		if !i.Drifted() {
			continue
		}
		if shown == worst {
			break
		}
		if shown++; shown == 1 {
			line("worst:")
		}
		text := fmt.Sprintf("- %s: %s %s", fate(i, d, done, tried), op(i), inert(happened(i), shortLine-80))
		if i.Who != "" && i.When != nil {
			text += fmt.Sprintf(", by %s at %s", inert(Principal(access.Ref(i.Who)), shortName), i.When.Format(timeLayout))
		}
		line("%s", cut(text, shortLine))
	}
	if more := d.Counts.Drifted() - shown; more > 0 {
		line("and %s more", Number(more))
	}
	if n := len(d.Unknown); n > 0 {
		line("not seen: %s", Count(n, "thing", "things"))
	}
	line("look: weir drift tells everything; weir plan and weir apply bring the site to the description")
	_, err := io.WriteString(w, cut(b.String(), shortLimit))
	return err
}

// op says in a word what happened: a sign at a line's beginning is markup in some
// chats.
func op(i reconcile.DriftItem) string {
	switch i.Op {
	case "+":
		return "added"
	case "-":
		return "removed"
	}
	return "changed"
}

// fate says what became of one difference.
func fate(i reconcile.DriftItem, d *reconcile.Drift, done *reconcile.Report, tried bool) string {
	switch {
	case i.Verdict == reconcile.Observes:
		return "only observed"
	case i.Verdict != reconcile.Undone:
		return "held"
	case d.Stopped():
		return "not undone"
	case !tried:
		return "to be undone"
	case done != nil && done.Did(i.Undoing()):
		return "undone"
	}
	return "not undone"
}

// became says what an unattended apply did, or would do.
func became(d *reconcile.Drift, done *reconcile.Report, tried bool) string {
	c := d.Counts
	held := fmt.Sprintf("held for a person %s", Number(c.Held))
	switch {
	case d.Stopped() && tried:
		return "stopped by rules or budgets: nothing was undone; " + held
	case d.Stopped():
		return "an unattended apply would be stopped by rules or budgets; " + held
	case !tried:
		return fmt.Sprintf("an unattended apply would undo %s; %s", Number(c.Undone), held)
	case done == nil:
		return "undone 0; " + held
	}
	t := done.Count()
	text := fmt.Sprintf("undone %s; %s", Number(t.Applied), held)
	if n := t.Failed + t.Skipped + t.Unknown; n > 0 {
		text += fmt.Sprintf("; did not succeed %s", Number(n))
	}
	return text
}

// inert makes text from outside harmless in a chat or a mail, and not longer than
// so many characters. Only letters, digits, spaces and a few marks stay. What
// makes a mention is spelled out, and no dot or slashes are left that make a link.
func inert(s string, limit int) string {
	s = strings.ToValidUTF8(s, "?")
	var b strings.Builder
	runes := []rune(s)
	for i, r := range runes {
		switch {
		case r == '@':
			b.WriteString("(at)")
		case r == '.' && i+1 < len(runes) && !unicode.IsSpace(runes[i+1]):
			b.WriteString("(dot)")
		case r == '/' && i > 0 && runes[i-1] == '/':
			b.WriteRune('?')
		case unicode.IsMark(r): // may stand on what is before it, and hide it
			b.WriteRune('?')
		case unicode.IsLetter(r), unicode.IsDigit(r), strings.ContainsRune(" -/:=,.;'\"()+%", r):
			b.WriteRune(r)
		case r == '_':
			b.WriteRune('-') // makes text slant in some chats
		default:
			b.WriteRune('?')
		}
	}
	return cut(b.String(), limit)
}

// cut shortens text to so many characters, and shows that it did.
func cut(s string, limit int) string {
	if utf8.RuneCountInString(s) <= limit {
		return s
	}
	return string([]rune(s)[:limit-1]) + "…"
}
