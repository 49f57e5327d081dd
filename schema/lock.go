package schema

import (
	"bytes"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/diag"
)

// Lock pins names to the opaque ids that a site gave them, so that a renamed
// object or a re-created account is never mistaken for the one described. It
// is kept in weir.lock beside the description, and committed. The nil Lock
// pins nothing.
type Lock map[access.Ref]string

const lockHeader = `# weir.lock pins the names in this description to the ids that the site gave them.
# weir writes it; commit it. Delete a line to let weir accept another object under that name.
`

// ID returns the id that a name is pinned to.
func (l Lock) ID(ref access.Ref) (id string, pinned bool) {
	id, pinned = l[ref]
	return id, pinned
}

// With returns a lock that also holds these ids, which win over its own.
func (l Lock) With(ids map[access.Ref]string) Lock {
	out := make(Lock, len(l)+len(ids))
	maps.Copy(out, l)
	maps.Copy(out, ids)
	return out
}

// All gives the names with their ids, in order.
func (l Lock) All() iter.Seq2[access.Ref, string] {
	return func(yield func(access.Ref, string) bool) {
		for _, ref := range slices.Sorted(maps.Keys(l)) {
			if !yield(ref, l[ref]) {
				return
			}
		}
	}
}

// Format gives the text of weir.lock: a comment, then one `REF ID` a line,
// sorted. [ParseLock] is its exact inverse.
func (l Lock) Format() []byte {
	b := bytes.NewBufferString(lockHeader)
	for ref, id := range l.All() {
		b.WriteString(lockLine(ref, id))
		b.WriteByte('\n')
	}
	return b.Bytes()
}

// lockLine writes a line with the quoting rules of facts, which the id borrows
// by standing in for the id of a reference.
func lockLine(ref access.Ref, id string) string {
	return ref.String() + " " + strings.TrimPrefix(access.NewRef("id", id).String(), "id:")
}

// lockTypes are the types of what has an id to be pinned to.
var lockTypes = []string{"user", "account", "group", "space", "space_role", "page", "blogpost"}

// ParseLock reads the text of weir.lock. Lines may stand in any order, as
// merging leaves them; a name may stand once.
func ParseLock(file string, text []byte) (Lock, diag.List) {
	lock := make(Lock)
	lines := make(map[access.Ref]int)
	var diags diag.List
	n := 0
	for line := range strings.Lines(string(text)) {
		n++
		line = strings.TrimRight(line, "\r\n")
		if line == "" || line[0] == '#' {
			continue
		}
		refuse := func(summary, hint string, related ...diag.Related) {
			diags = append(diags, diag.Diagnostic{Code: "WR207", Summary: summary, Hint: hint, Range: diag.At(file, n, 1), Related: related})
		}
		ref, id, ok := cutLock(line)
		first, again := lines[ref]
		switch {
		case strings.HasPrefix(line, "<<<<<<<") || strings.HasPrefix(line, "=======") || strings.HasPrefix(line, ">>>>>>>"):
			refuse("the lock file holds a merge conflict", "settle the conflict, then run weir again")
		case !ok || lockLine(ref, id) != line:
			refuse("the line is not `TYPE:NAME ID`", "restore the file, or delete the line to let weir pin the name anew")
		case !slices.Contains(lockTypes, ref.Type()):
			refuse(fmt.Sprintf("a %s cannot be pinned", quote(ref.Type())), "delete the line")
		case again:
			refuse(noun(ref)+" is pinned twice", "delete one of the two lines", diag.Related{Message: "also pinned here", Range: diag.At(file, first, 1)})
		default:
			lock[ref], lines[ref] = id, n
		}
	}
	if diags.HasErrors() {
		return nil, diags
	}
	return lock, nil
}

// cutLock splits a line into its reference and id. It accepts more than
// lockLine writes; the caller compares.
func cutLock(line string) (ref access.Ref, id string, ok bool) {
	typ, rest, ok := strings.Cut(line, ":")
	if !ok {
		return "", "", false
	}
	name, rest, ok := cutWord(rest)
	if !ok || rest == "" || rest[0] != ' ' {
		return "", "", false
	}
	id, rest, ok = cutWord(rest[1:])
	return access.NewRef(typ, name), id, ok && rest == "" && name != "" && id != ""
}

// cutWord reads a bare word or a quoted string from the start of s.
func cutWord(s string) (word, rest string, ok bool) {
	if !strings.HasPrefix(s, `"`) {
		word, _, _ = strings.Cut(s, " ")
		return word, s[len(word):], true
	}
	quoted, err := strconv.QuotedPrefix(s)
	if err != nil {
		return "", "", false
	}
	word, err = strconv.Unquote(quoted)
	return word, s[len(quoted):], err == nil
}
