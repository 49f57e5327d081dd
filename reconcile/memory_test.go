package reconcile

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
)

// seen are a site's facts as an observation.
func seen(t *testing.T, text string, unknown ...access.Unknown) site.Observation {
	t.Helper()
	return site.Observation{Site: "acme", Account: "user:weir@acme.example", Facts: facts(t, text), Unknown: unknown}
}

// TestNotice: what is seen for the first time is remembered with its day, who is back
// and what is current again is forgotten, and what cannot be seen stays as it was.
func TestNotice(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2026, 6, n, 12, 0, 0, 0, time.UTC) }
	j := new(MemoryJournal)
	for _, step := range []struct {
		name string
		day  int
		site site.Observation
		want access.Memory
	}{
		{"somebody is suspended, and somebody else only owns something", 1, seen(t, `
			exists user:bo@acme.example
			state user:ana@acme.example = suspended
			exists space:~joe
			personal space:~joe account:joe
			status space:OLD = archived
			role space:OLD user:weir@acme.example = admin`),
			access.Memory{Left: map[access.Ref]time.Time{"user:ana@acme.example": day(1), "account:joe": day(1)}, Archived: map[access.Ref]time.Time{"space:OLD": day(1)}}},
		{"the first day counts, whatever becomes of the state", 3, seen(t, `
			exists user:bo@acme.example
			state user:ana@acme.example = deactivated
			personal space:~joe account:joe
			status space:OLD = archived
			status space:~joe = archived`),
			access.Memory{Left: map[access.Ref]time.Time{"user:ana@acme.example": day(1), "account:joe": day(1)}, Archived: map[access.Ref]time.Time{"space:OLD": day(1), "space:~joe": day(3)}}},
		{"people and spaces are not seen", 4, seen(t, `
			exists user:bo@acme.example`, access.Unknown{Kind: access.Exists, Reason: "forbidden"}, access.Unknown{Kind: access.Status, Object: "space:OLD", Reason: "hidden"}),
			access.Memory{Left: map[access.Ref]time.Time{"user:ana@acme.example": day(1), "account:joe": day(1)}, Archived: map[access.Ref]time.Time{"space:OLD": day(1), "space:~joe": day(3)}}},
		{"somebody is back, and a space is current again", 5, seen(t, `
			exists user:bo@acme.example
			exists user:ana@acme.example
			personal space:~joe account:joe
			status space:~joe = archived`),
			access.Memory{Left: map[access.Ref]time.Time{"account:joe": day(1)}, Archived: map[access.Ref]time.Time{"space:~joe": day(3)}}},
		{"who leaves again leaves anew", 9, seen(t, `
			exists user:bo@acme.example
			state user:ana@acme.example = removed
			status space:OLD = archived`),
			access.Memory{Left: map[access.Ref]time.Time{"user:ana@acme.example": day(9), "account:joe": day(1)}, Archived: map[access.Ref]time.Time{"space:OLD": day(9)}}},
	} {
		if err := Notice(j, step.site, day(step.day)); err != nil {
			t.Fatal(err)
		}
		got, err := j.Remembered("acme")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(step.want, got); diff != "" {
			t.Errorf("%s:\n%s", step.name, diff)
		}
	}
	syncs := j.Syncs
	if err := Notice(j, seen(t, "exists user:bo@acme.example\nstate user:ana@acme.example = removed\nstatus space:OLD = archived"), day(20)); err != nil || j.Syncs != syncs {
		t.Errorf("nothing is new, and it was written again: %v", err)
	}
}

// TestJournalRemembers: what a journal remembers is there when it is opened again, by
// site, and a copy has it.
func TestJournalRemembers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal.db")
	want := access.Memory{Left: map[access.Ref]time.Time{"user:ana@acme.example": time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)}, Archived: map[access.Ref]time.Time{}}
	j, err := OpenJournal(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := Notice(j, seen(t, "state user:ana@acme.example = suspended"), time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)); err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if j, err = OpenJournal(path); err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	again, err := j.Copy()
	if err != nil {
		t.Fatal(err)
	}
	for _, journal := range []Journal{j, again} {
		got, err := journal.Remembered("acme")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, cmp.Transformer("nil", func(m map[access.Ref]time.Time) int { return len(m) })); diff != "" || !got.Left["user:ana@acme.example"].Equal(want.Left["user:ana@acme.example"]) {
			t.Errorf("%T: %+v", journal, got)
		}
		if other, err := journal.Remembered("other"); err != nil || other.Left != nil || other.Archived != nil {
			t.Errorf("%T remembers %+v of another site: %v", journal, other, err)
		}
	}
	if _, err := j.db.Exec(`UPDATE seen SET body = 'damaged'`); err != nil {
		t.Fatal(err)
	}
	if _, err := j.Remembered("acme"); err == nil {
		t.Error("what is damaged is read")
	}
}
