package forge

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/weirhq/weir/reconcile"
)

// Handle makes of a site's name what contexts and labels can hold: letters,
// digits, dots, dashes and underscores. A name that is changed for it keeps apart
// from others by a few digits of its hash. It has at most 32 characters.
func Handle(site string) string {
	clean := regexp.MustCompile(`[^A-Za-z0-9._-]+`).ReplaceAllString(site, "-")
	if clean == site && len(site) <= 32 && site != "" {
		return site
	}
	sum := sha256.Sum256([]byte(site))
	return clean[:min(len(clean), 23)] + "-" + hex.EncodeToString(sum[:4])
}

// hide writes text that a comment keeps and does not show. Bitbucket shows HTML
// comments as text; there it is the title of a link that nothing refers to. The
// text has letters, digits, blanks and =._% alone.
func hide(kind, name, text string) string {
	if kind == Bitbucket {
		return fmt.Sprintf("[weir-%s]: # (%s)", name, text)
	}
	return fmt.Sprintf("<!-- weir-%s %s -->", name, text)
}

// hidden finds the lines that hide wrote.
var hidden = regexp.MustCompile(`^(?:<!-- weir-([a-z]+) ([A-Za-z0-9=._% ]+) -->|\[weir-([a-z]+)\]: # \(([A-Za-z0-9=._% ]+)\))$`)

func found(line string) (name, text string) {
	m := hidden.FindStringSubmatch(strings.TrimRight(line, " \r"))
	if m == nil {
		return "", ""
	}
	return m[1] + m[3], m[2] + m[4]
}

// Marker is the first line of weir's comment about a site. By itself it makes
// nothing weir's: see [Find].
func Marker(kind, site string) string { return hide(kind, "comment", "site="+escaped(site)) }

// escaped writes a name without dashes, which may not stand twice in an HTML comment.
func escaped(name string) string {
	var b strings.Builder
	for _, c := range []byte(name) {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' || c == '_' {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// Find gives weir's comments about a site, oldest first: those that begin with
// its marker and were written by weir's own account. Anybody can write the marker.
func Find(comments []Comment, own Account, kind, site string) []Comment {
	var out []Comment
	for _, c := range comments {
		first, _, _ := strings.Cut(c.Body, "\n")
		if strings.TrimRight(first, " \r") == Marker(kind, site) && c.Author.same(own) {
			out = append(out, c)
		}
	}
	return out
}

// Push is what a comment keeps of the plan of one push, so that the next can be
// told apart from it: no change by its name, only a short hash of each.
type Push struct {
	Commit, Digest string
	Count          int      // of changes
	Lines          []string // the hash of each; empty if there were more than keptLines
}

// keptLines bounds what a comment keeps of a push. With five characters each,
// and two pushes kept, that is a tenth of what GitHub takes.
const keptLines = 600

// hashLen is how many characters, of six bits, are kept of a line's hash.
const hashLen = 5

// dotted is base64 without dashes.
var dotted = base64.NewEncoding("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._").WithPadding(base64.NoPadding)

func hashLine(c reconcile.Planned) string {
	sum := sha256.Sum256([]byte(string(c.Op) + " " + c.Fact + " was " + c.Was))
	return dotted.EncodeToString(sum[:])[:hashLen]
}

// NewPush says what is kept of a plan that was made of a commit.
func NewPush(commit string, p *reconcile.Plan) Push {
	out := Push{Commit: commit, Digest: p.Digest, Count: len(p.Changes)}
	if len(p.Changes) <= keptLines {
		for _, c := range p.Changes {
			out.Lines = append(out.Lines, hashLine(c))
		}
	}
	return out
}

func (p Push) text() string {
	return fmt.Sprintf("commit=%s digest=%s count=%d lines=%s", p.Commit, p.Digest, p.Count, strings.Join(p.Lines, ""))
}

var pushed = regexp.MustCompile(`^commit=([0-9a-f]{40,64}) digest=([0-9a-f]{32}) count=([0-9]{1,9}) lines=([A-Za-z0-9._]*)$`)

func parsePush(text string) (Push, bool) {
	m := pushed.FindStringSubmatch(text)
	if m == nil {
		return Push{}, false
	}
	n, err := strconv.Atoi(m[3])
	kept := n
	if n > keptLines {
		kept = 0
	}
	if err != nil || len(m[4]) != kept*hashLen {
		return Push{}, false
	}
	p := Push{Commit: m[1], Digest: m[2], Count: n}
	for i := 0; i < len(m[4]); i += hashLen {
		p.Lines = append(p.Lines, m[4][i:i+hashLen])
	}
	return p, true
}

// Kept is what weir's comment keeps: the plan of this push, and of the one
// before, which a second run on the same commit still has to be told apart from.
type Kept struct{ Now, Before *Push }

// Hidden writes it at the end of a comment.
func (k Kept) Hidden(kind string) string {
	var lines []string
	for _, p := range []struct {
		name string
		push *Push
	}{{"now", k.Now}, {"before", k.Before}} {
		if p.push != nil {
			lines = append(lines, hide(kind, p.name, p.push.text()))
		}
	}
	return strings.Join(lines, "\n")
}

// KeptIn reads it from a comment of weir's own. What makes no sense is not there.
func KeptIn(body string) Kept {
	var k Kept
	for line := range strings.Lines(body) {
		name, text := found(strings.TrimSuffix(line, "\n"))
		p, ok := parsePush(text)
		switch {
		case !ok:
		case name == "now":
			k.Now = &p
		case name == "before":
			k.Before = &p
		}
	}
	return k
}

// Next is what is kept once a plan of a commit follows.
func (k Kept) Next(now Push) Kept {
	if k.Now != nil && k.Now.Commit == now.Commit {
		return Kept{&now, k.Before}
	}
	return Kept{&now, k.Now}
}

// New gives the changes of a plan that a former push had not, and how many of that
// push's it has no more. ok is false where too many were planned to be kept.
func (p Push) New(plan *reconcile.Plan) (fresh []reconcile.Planned, gone int, ok bool) {
	if p.Count > len(p.Lines) {
		return nil, 0, false
	}
	left := make(map[string]int)
	for _, l := range p.Lines {
		left[l]++
	}
	gone = p.Count
	for _, c := range plan.Changes {
		if h := hashLine(c); left[h] > 0 {
			left[h]--
			gone--
		} else {
			fresh = append(fresh, c)
		}
	}
	return fresh, gone, true
}
