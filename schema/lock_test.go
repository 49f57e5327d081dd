package schema_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/schema"
)

func TestLockFormat(t *testing.T) {
	lock := schema.Lock{"group:a b": "g 1"}.With(map[access.Ref]string{
		"user:ana@acme.example": "712020:f0", "space:ENG": "98305", "group:eng": "2f-1",
	})
	_, body, _ := strings.Cut(string(lock.Format()), "that name.\n")
	if diff := cmp.Diff(`group:"a b" "g 1"
group:eng 2f-1
space:ENG 98305
user:ana@acme.example 712020:f0
`, body); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestParseLockIsTheInverseOfFormat(t *testing.T) {
	id := rapid.String().Filter(func(s string) bool { return s != "" })
	typ := rapid.SampledFrom([]string{"user", "account", "group", "space", "space_role", "page", "blogpost"})
	ref := rapid.Custom(func(t *rapid.T) access.Ref { return access.NewRef(typ.Draw(t, "type"), id.Draw(t, "name")) })
	rapid.Check(t, func(t *rapid.T) {
		want := schema.Lock(rapid.MapOf(ref, id).Draw(t, "lock"))
		text := want.Format()
		got, diags := schema.ParseLock("weir.lock", text)
		if len(diags) > 0 || !maps.Equal(got, want) {
			t.Fatalf("%s\ngives %v, %v", text, got, diags)
		}
		// A merge may leave the lines in any order and with other line ends.
		lines := strings.Split(strings.TrimSpace(string(text)), "\n")
		slices.Reverse(lines)
		got, diags = schema.ParseLock("weir.lock", []byte(strings.Join(lines, "\r\n")))
		if len(diags) > 0 || !maps.Equal(got, want) {
			t.Fatalf("backwards: %v, %v", got, diags)
		}
	})
}

func TestParseLockRefuses(t *testing.T) {
	lock, diags := schema.ParseLock("weir.lock", []byte(`# a comment

group:eng 1
group:eng 2
group:ops
group:"ops" 3
group:ops 3 4
group: 3
team:ops 3
ops 3
group:"ops 3
<<<<<<< HEAD
group:ops "3"
`))
	if lock != nil {
		t.Errorf("a lock of a malformed file: %v", lock)
	}
	const malformed = " the line is not `TYPE:NAME ID` (restore the file, or delete the line to let weir pin the name anew)"
	if diff := cmp.Diff([]string{
		`WR207 weir.lock:4:1: group "eng" is pinned twice (delete one of the two lines)`,
		`  weir.lock:3:1: also pinned here`,
		"WR207 weir.lock:5:1:" + malformed,
		"WR207 weir.lock:6:1:" + malformed,
		"WR207 weir.lock:7:1:" + malformed,
		"WR207 weir.lock:8:1:" + malformed,
		`WR207 weir.lock:9:1: a "team" cannot be pinned (delete the line)`,
		"WR207 weir.lock:10:1:" + malformed,
		"WR207 weir.lock:11:1:" + malformed,
		`WR207 weir.lock:12:1: the lock file holds a merge conflict (settle the conflict, then run weir again)`,
		"WR207 weir.lock:13:1:" + malformed,
	}, lines(diags)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func FuzzParseLock(f *testing.F) {
	f.Add([]byte("page:\"HR/Pay bands\" 7\nblogpost:HR/Welcome 8\n"))
	f.Add([]byte("group:eng 1\nuser:\"a b\" \"x y\"\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		lock, diags := schema.ParseLock("weir.lock", text)
		if diags.HasErrors() {
			return
		}
		again, diags := schema.ParseLock("weir.lock", lock.Format())
		if len(diags) > 0 || !maps.Equal(again, lock) {
			t.Fatalf("%q gives %v, and that %v, %v", text, lock, again, diags)
		}
	})
}
