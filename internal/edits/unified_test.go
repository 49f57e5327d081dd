package edits

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestUnified: edits are shown with three lines around each run of them, and runs
// that are near each other together.
func TestUnified(t *testing.T) {
	for _, c := range []struct{ name, before, after, want string }{
		{"nothing", "a\n", "a\n", ""},
		{"a new file", "", "a\nb\n", "--- a/x\n+++ b/x\n@@ -0,0 +1,2 @@\n+a\n+b\n"},
		{"near runs", "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\nthree\n4\n5\n6\n8\n9\n", "--- a/x\n+++ b/x\n@@ -1,9 +1,8 @@\n 1\n 2\n-3\n+three\n 4\n 5\n 6\n-7\n 8\n 9\n"},
		{
			"runs apart", "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n", "one\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n",
			"--- a/x\n+++ b/x\n@@ -1,4 +1,4 @@\n-1\n+one\n 2\n 3\n 4\n@@ -8,3 +8,4 @@\n 8\n 9\n 10\n+11\n",
		},
		{"no line break at the end", "a\nb", "a\nc", "--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+c\n\\ No newline at end of file\n"},
	} {
		if diff := cmp.Diff(c.want, Unified("x", c.before, c.after)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}
