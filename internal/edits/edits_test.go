package edits

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// shown writes files as people read them: changed words in brackets.
func shown(files []File) string {
	var b strings.Builder
	for _, f := range files {
		fmt.Fprint(&b, f.Path)
		if f.Was != "" {
			fmt.Fprint(&b, " was ", f.Was)
		}
		fmt.Fprintln(&b)
		line := func(sign string, l Line) {
			fmt.Fprintf(&b, "%d %s", l.Number, sign)
			for _, s := range l.Spans {
				if s.Changed {
					fmt.Fprintf(&b, "[%s]", s.Text)
				} else {
					fmt.Fprint(&b, s.Text)
				}
			}
			fmt.Fprintln(&b)
		}
		for i, h := range f.Hunks {
			if i > 0 {
				fmt.Fprintln(&b, "...")
			}
			for _, l := range h.Removed {
				line("-", l)
			}
			for _, l := range h.Added {
				line("+", l)
			}
		}
	}
	return b.String()
}

func TestCompare(t *testing.T) {
	staff := "groups:\n  staff:\n    members:\n      - ana@acme.example\n      - bo@acme.example\n"
	for _, c := range []struct {
		name          string
		before, after []Text
		want          string
	}{
		{"nothing", []Text{{"a", staff}}, []Text{{"a", staff}}, ""},
		{"a word", []Text{{"a", staff}}, []Text{{"a", strings.Replace(staff, "bo@", "cem@", 1)}},
			"a\n5 -      - bo@acme.example\n5 +      - cem@acme.example\n"},
		{"part of a line", []Text{{"a", "roles: {viewer: [\"group:staff\"]}\n"}}, []Text{{"a", "roles: {admin: [\"group:staff\", everyone]}\n"}},
			"a\n1 -roles: {[viewer]: [\"group:staff\"]}\n1 +roles: {[admin]: [\"group:staff\"[, everyone]]}\n"},
		{"another line", []Text{{"a", "x:\n- one thing\n"}}, []Text{{"a", "x:\n- quite different\n"}},
			"a\n2 -- one thing\n2 +- quite different\n"},
		{"a line more", []Text{{"a", staff}}, []Text{{"a", staff + "      - cem@acme.example\n"}},
			"a\n6 +      - cem@acme.example\n"},
		{"a line less", []Text{{"a", staff}}, []Text{{"a", strings.Replace(staff, "      - ana@acme.example\n", "", 1)}},
			"a\n4 -      - ana@acme.example\n"},
		{"two places", []Text{{"a", staff}}, []Text{{"a", "# Everybody.\n" + staff + "  board: {}\n"}},
			"a\n1 +# Everybody.\n...\n7 +  board: {}\n"},
		{"an empty line", []Text{{"a", "a\nb\n"}}, []Text{{"a", "a\n\nb\n"}}, "a\n2 +\n"},
		{"how lines end", []Text{{"a", "\ufeffa\r\nb"}}, []Text{{"a", "a\nb\n"}}, ""},
		{"a new file", nil, []Text{{"b", "x\n"}, {"a", "y: 1\n"}}, "a\n1 +y: 1\nb\n1 +x\n"},
		{"a file less", []Text{{"a", "y: 1\n"}}, nil, "a\n1 -y: 1\n"},
		{"an empty file less", []Text{{"a", ""}}, nil, "a\n"},
		{"renamed", []Text{{"a", staff}}, []Text{{"b", staff}}, "b was a\n"},
		{"renamed and edited", []Text{{"a", staff}, {"x", "q\n"}}, []Text{{"b", strings.Replace(staff, "bo@", "cem@", 1)}, {"y", "r\n"}},
			"b was a\n5 -      - bo@acme.example\n5 +      - cem@acme.example\nx\n1 -q\ny\n1 +r\n"},
		{"the most alike of two", []Text{{"a", "1\n2\n3\n4\n"}}, []Text{{"b", "1\n2\n3\n5\n"}, {"c", "1\n2\n3\n4\n"}},
			"b\n1 +1\n2 +2\n3 +3\n4 +5\nc was a\n"},
		{"stray bytes", []Text{{"a", "a\xff\x00\x1b b\n"}}, []Text{{"a", "a\xff\x00\x1b c\n"}},
			"a\n1 -a\xff\x00\x1b [b]\n1 +a\xff\x00\x1b [c]\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, shown(Compare(c.before, c.after))); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

// either gives both sides of a file from what stays and the hunks: the lines of
// each hunk must be where they say they are.
func either(t *testing.T, before, after string, hunks []Hunk) {
	t.Helper()
	old, now := lines(normal(before)), lines(normal(after))
	x, y := 0, 0
	stays := func(until int) {
		for x < until {
			if y >= len(now) || old[x] != now[y] {
				t.Fatalf("line %d is in no hunk and differs", x+1)
			}
			x, y = x+1, y+1
		}
	}
	for _, h := range hunks {
		if len(h.Removed)+len(h.Added) == 0 {
			t.Fatal("an empty hunk")
		}
		if len(h.Removed) > 0 {
			stays(h.Removed[0].Number - 1)
		} else {
			for y < h.Added[0].Number-1 {
				stays(x + 1)
			}
		}
		for _, l := range h.Removed {
			if x >= len(old) || l.Number != x+1 || l.Text() != old[x] {
				t.Fatalf("removed line %d: %q", l.Number, l.Text())
			}
			x++
		}
		for _, l := range h.Added {
			if y >= len(now) || l.Number != y+1 || l.Text() != now[y] {
				t.Fatalf("added line %d: %q", l.Number, l.Text())
			}
			y++
		}
	}
	stays(len(old))
	if y != len(now) {
		t.Fatalf("%d lines of %d are told", y, len(now))
	}
}

// From the one text and the hunks the other can be told, and back.
func FuzzCompare(f *testing.F) {
	f.Add("a\nb\nc\n", "a\nx\nc")
	f.Add("", "\n")
	f.Add("a: {b: c}\r\n", "a: {b: d,\n c: e}")
	f.Add("x\nx\nx\ny\nx\n", "y\nx\nx\ny")
	f.Add("\xff\xfe a", "\xff\xfd a\x00\n\u202e")
	f.Fuzz(func(t *testing.T, before, after string) {
		files := Compare([]Text{{"f", before}}, []Text{{"f", after}})
		if len(files) > 1 {
			t.Fatal("more files than there are")
		}
		var hunks []Hunk
		if len(files) == 1 {
			hunks = files[0].Hunks
		}
		either(t, before, after, hunks)
	})
}

// scrambled edits one line in every so many of a text of n lines.
func scrambled(n, every int, distinct bool) (before, after string) {
	r := rand.New(rand.NewPCG(1, 2))
	var a, b strings.Builder
	for i := range n {
		line := fmt.Sprintf("  - user%d@acme.example", i%7)
		if distinct {
			line = fmt.Sprintf("  - user%d@acme.example", i)
		}
		fmt.Fprintln(&a, line)
		switch {
		case i%every != 0:
			fmt.Fprintln(&b, line)
		case r.IntN(3) == 0:
			fmt.Fprintln(&b, line, "# kept")
		case r.IntN(2) == 0:
			fmt.Fprintf(&b, "%s\n  - new%d@acme.example\n", line, i)
		}
	}
	return a.String(), b.String()
}

// Long files are compared whole, wherever they were edited and whatever they hold.
func TestLongFiles(t *testing.T) {
	for _, c := range []struct {
		name     string
		n, every int
		distinct bool
	}{
		{"one edit in a hundred lines", 70_000, 100, true},
		{"every third line", 70_000, 3, true},
		{"all lines alike", 70_000, 50, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			before, after := scrambled(c.n, c.every, c.distinct)
			start := time.Now()
			files := Compare([]Text{{"f", before}}, []Text{{"f", after}})
			t.Logf("%d hunks in %v", len(files[0].Hunks), time.Since(start).Round(time.Millisecond))
			either(t, before, after, files[0].Hunks)
			if c.distinct && len(files[0].Hunks) < c.n/c.every/2 {
				t.Errorf("%d hunks", len(files[0].Hunks))
			}
		})
	}
	t.Run("nothing in common", func(t *testing.T) {
		before, _ := scrambled(70_000, 1, true)
		after := strings.ReplaceAll(before, "user", "body")
		files := Compare([]Text{{"f", before}}, []Text{{"f", after}})
		either(t, before, after, files[0].Hunks)
	})
	t.Run("larger than a description may be", func(t *testing.T) {
		before := strings.Repeat(strings.Repeat("a", 1000)+"\n", maxText/1000)
		files := Compare([]Text{{"f", before}}, []Text{{"f", before + "b\n"}})
		either(t, before, before+"b\n", files[0].Hunks)
	})
}

func BenchmarkCompare(b *testing.B) {
	before, after := scrambled(70_000, 100, true)
	for b.Loop() {
		Compare([]Text{{"f", before}}, []Text{{"f", after}})
	}
}
