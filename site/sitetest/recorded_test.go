package sitetest

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// wire is a site of two words: it says what it was told last.
type wire struct{ said string }

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		b, _ := io.ReadAll(r.Body)
		if len(b) > 0 {
			w.said = string(b)
		}
	}
	header := http.Header{"Content-Type": {"text/plain"}, "Set-Cookie": {"session=s3cret"}}
	return &http.Response{StatusCode: 200, Header: header, Body: io.NopCloser(strings.NewReader("said " + w.said)), Request: r}, nil
}

// send asks a transport and gives the answer, or the error in brackets.
func send(t *testing.T, over http.RoundTripper, method, body string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, "https://site.invalid/wiki?x=1", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer s3cret")
	resp, err := over.RoundTrip(r)
	if err != nil {
		return "[" + err.Error() + "]"
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestTape: a replay answers as the site did, and only to what was asked then.
func TestTape(t *testing.T) {
	over := &Tape{next: &wire{}}
	for _, body := range []string{"a", "b"} {
		send(t, over, "PUT", body)
		send(t, over, "GET", "")
		send(t, over, "GET", "")
	}
	text := over.Text("A test.")
	if strings.Contains(string(text), "s3cret") {
		t.Errorf("the recording holds a credential:\n%s", text)
	}
	for _, c := range []struct {
		name string
		ask  []string // "PUT a", "GET"
		want string   // of the error; empty for none
	}{
		{"the same", []string{"PUT a", "GET", "GET", "PUT b", "GET", "GET"}, ""},
		{"reads in another order", []string{"PUT a", "PUT b", "GET", "GET", "GET", "GET"}, ""},
		{"writes in another order", []string{"PUT b", "PUT a", "GET", "GET", "GET", "GET"}, "were recorded as"},
		{"one read more", []string{"PUT a", "GET", "GET", "PUT b", "GET", "GET", "GET"}, "is not in the recording, or not so often"},
		{"one read less", []string{"PUT a", "GET", "PUT b", "GET", "GET"}, "was recorded and not asked for"},
		{"another write", []string{"PUT a", "GET", "GET", "PUT c", "GET", "GET"}, "is not in the recording"},
		{"another method", []string{"POST a", "GET", "GET", "PUT b", "GET", "GET"}, "is not in the recording"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tape, err := Replay(text)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, ask := range c.ask {
				method, body, _ := strings.Cut(ask, " ")
				got = append(got, send(t, tape, method, body))
			}
			err = tape.Err()
			switch {
			case c.want == "" && err != nil:
				t.Error(err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("got %v, want %q", err, c.want)
			case c.name == "the same" && strings.Join(got, ",") != "said a,said a,said a,said b,said b,said b":
				t.Errorf("answered %q", got)
			}
		})
	}
}
