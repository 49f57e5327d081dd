package cli

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weirhq/weir/site/rest"
)

// TestProgress: what is shown on a terminal while a site is read and while a plan
// is applied, at a pace that the clock gives.
func TestProgress(t *testing.T) {
	var out bytes.Buffer
	now := time.Unix(0, 0)
	clock := func() time.Time { return now }
	a := &app{Env: Env{Clock: clock}, status: newStatus(&out, clock)}
	said := func() string {
		defer out.Reset()
		return out.String()
	}
	reading := a.reading()
	reading(rest.Sent{Number: 3})
	if got := said(); got != "" {
		t.Errorf("at once: %q", got)
	}
	for _, c := range []struct {
		after time.Duration
		sent  rest.Sent
		want  string
	}{
		{500 * time.Millisecond, rest.Sent{Number: 20}, "\rreading: 20 requests\x1b[K"},
		{100 * time.Millisecond, rest.Sent{Number: 21}, ""},
		{1400 * time.Millisecond, rest.Sent{Number: 80, Of: 880}, "\rreading: 80 of about 880 requests, 40 a second, 20 s left\x1b[K"},
		{18 * time.Second, rest.Sent{Number: 900, Of: 880}, "\rreading: 900 requests, 45 a second\x1b[K"},
	} {
		now = now.Add(c.after)
		reading(c.sent)
		if diff := cmp.Diff(c.want, said()); diff != "" {
			t.Error(diff)
		}
	}
	if _, err := (over{&out, a.status}).Write([]byte("the plan\n")); err != nil {
		t.Fatal(err)
	}
	if got := said(); got != "\r\x1b[Kthe plan\n" {
		t.Errorf("the line stays: %q", got)
	}

	applying := a.progress("applying", "steps")
	now = now.Add(10 * time.Second)
	applying(5, 65)
	applying(65, 65)
	if got, want := said(), "\rapplying: 5 of 65 steps, 30 a minute, 2 min left\x1b[K\rapplying: 65 of 65 steps, 6 a second\x1b[K"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
