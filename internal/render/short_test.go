package render_test

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/render"
	"github.com/weirhq/weir/reconcile"
)

// FuzzShort: whatever things are called, a short report is short, has no line that
// is not weir's own, and nothing of it mentions, links or formats anything.
func FuzzShort(f *testing.F) {
	for _, s := range []string{
		"ana@acme.example", "@channel", "<!here>", "<@U123>", "https://evil.example/x?y#z", "evil.example", "www.evil.example", "[a](//b.c)", "`x`", "*b* _i_ ~s~", "#12 !34",
		"a\nweir: no drift", "a\r\n/close", "\x1b[31m", "\u202egnp", "e\u0301", "\xff\xfe", "mailto:a@b.c", "A.B.C.", "10.0.0.1:80/", strings.Repeat("long name ", 2000), strings.Repeat("@", 5000), "：//evil。example", "",
	} {
		f.Add(s)
	}
	linked := regexp.MustCompile(`[\pL\pN]\.[\pL\pN]|://|//`)
	own := regexp.MustCompile(`^(weir: |counts: |undone |an unattended apply |stopped by |allowance: |worst:$|- (undone|not undone|to be undone|held|only observed): (added|removed|changed) |and [\d,]+ more$|not seen: |look: |$)`)
	f.Fuzz(func(t *testing.T, name string) {
		at := time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC)
		fact := access.Fact{Kind: access.Member, Object: access.NewRef("group", name), Subject: access.NewRef("user", name)}.String()
		item := reconcile.DriftItem{Cause: reconcile.BySite, Op: access.Add, Fact: fact, Live: fact, Sense: reconcile.Gained, Verdict: reconcile.Undone, Who: "user:" + name, When: &at}
		changed := item
		changed.Op, changed.Last, changed.Verdict = access.Modify, name, reconcile.Held
		d := &reconcile.Drift{
			Site: reconcile.SiteName{Name: name}, Last: &reconcile.LastApply{Time: at},
			Items: []reconcile.DriftItem{item, changed, item, item}, Counts: reconcile.DriftCounts{Site: 4, Undone: 3, Held: 1}, Allowance: reconcile.Allowance{PerDay: 10},
			Unknown: []reconcile.Unknown{{Reason: name}},
		}
		for _, tried := range []bool{false, true} {
			var b bytes.Buffer
			if err := render.Short(&b, d, nil, tried); err != nil {
				t.Fatal(err)
			}
			text := b.String()
			if n := utf8.RuneCountInString(text); n > 1500 || !utf8.ValidString(text) {
				t.Fatalf("%d characters", n)
			}
			for _, line := range strings.Split(text, "\n") {
				if !own.MatchString(line) {
					t.Fatalf("a line that is not weir's: %q", line)
				}
			}
			if strings.ContainsAny(text, "@<>`#[]*_~|\\!{}&$^") || linked.MatchString(text) {
				t.Fatalf("it mentions, links or formats something:\n%s", text)
			}
			for _, r := range text {
				if r != '\n' && r != ' ' && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-/:=,.;'\"()+%?…", r) {
					t.Fatalf("%U in it:\n%s", r, text)
				}
			}
		}
	})
}
