package sitetest

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/weirhq/weir/access"
)

var record = flag.Bool("record", false, "write the recorded traffic anew")

// recordedCases are those that are kept as traffic: one or two of each area.
var recordedCases = []string{
	"a person is let in",
	"a guest is invited with a space",
	"a group goes with all that hangs on it",
	"a space is renamed and archived at once",
	"roles are given, changed and taken at once",
	"one permission is taken and another given",
	"the last administrator by permissions gives way to another",
	"one verb changes and the other stays",
	"a group may create spaces",
}

// Recorded runs some transitions over recorded traffic: dir holds a file for
// each, with every request that your driver made and what came back. A driver
// that asks for anything else, or writes in another order, fails: so a change to
// what goes over the wire shows in review, as a change to these files. With
// -record the files are written anew, from a site that must be the same each time.
//
// open gives the site behind the transport that between makes of the one to the
// emulator. In a replay that one is never used, and what others do is in the
// answers already. No recording may hold any of the secrets.
func Recorded(t *testing.T, dir string, secrets []string, open func(t *testing.T, between func(http.RoundTripper) http.RoundTripper) Subject) {
	cases := make(map[string]Case)
	for _, c := range Cases() {
		cases[c.Name] = c
	}
	for _, name := range recordedCases {
		c, file := cases[name], filepath.Join(dir, strings.ReplaceAll(strings.ReplaceAll(name, ",", ""), " ", "_")+".txtar")
		t.Run(name, func(t *testing.T) {
			if *record {
				var tape *Tape
				c.Walk(t, open(t, func(next http.RoundTripper) http.RoundTripper {
					tape = &Tape{next: next}
					return tape
				}))
				if t.Failed() {
					return
				}
				if err := errors.Join(os.MkdirAll(dir, 0o755), os.WriteFile(file, tape.Text("The transition \""+name+"\" over the wire."), 0o644)); err != nil {
					t.Fatal(err)
				}
			}
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatalf("%v (record it with -record)", err)
			}
			for _, secret := range secrets {
				if bytes.Contains(text, []byte(secret)) {
					t.Errorf("%s holds a credential", file)
				}
			}
			tape, err := Replay(text)
			if err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			s := open(t, func(http.RoundTripper) http.RoundTripper { return tape })
			s.Content = func(*testing.T, access.Ref, access.Ref) {}
			c.Walk(t, s)
			if err := tape.Err(); err != nil {
				t.Errorf("%s: %v", file, err)
			}
		})
	}
}

// Tape is traffic with a site: a transport that writes down what passes, or
// answers from what was written down. Requests are known by method, address and
// body, and nothing else of them is kept; above all no header, which is where
// credentials go.
//
// What a driver reads at the same time comes in any order, so a tape keeps the
// order of the answers to each request, and that of the writes.
type Tape struct {
	next http.RoundTripper // nil in a replay

	mu      sync.Mutex
	answers map[string][]taped // by request
	writes  []string           // requests other than GET and searches, in order
	asked   []string           // likewise, in a replay
	wrong   []error
}

// taped is an answer, and how often it came in a row.
type taped struct {
	status int
	header string // the lines of the headers that mean something
	body   string
	times  int
}

// kept are the headers that a driver may go by.
var kept = []string{"Content-Type", "Link", "Location", "Retry-After"}

// RoundTrip implements [http.RoundTripper].
func (x *Tape) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		r.Body.Close()
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	key := r.Method + " " + r.URL.RequestURI() + "\n" + string(body)
	if x.next == nil {
		return x.replay(r, key)
	}
	resp, err := x.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	a := taped{status: resp.StatusCode, body: string(text), times: 1}
	for _, h := range kept {
		for _, v := range resp.Header.Values(h) {
			a.header += h + ": " + v + "\n"
		}
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.keep(key, a)
	if changesSite(r.Method, r.URL.Path) {
		x.writes = append(x.writes, key)
	}
	return a.response(r), nil
}

// changesSite reports whether a request changes something: searches are POST too.
func changesSite(method, path string) bool {
	return method != http.MethodGet && !strings.HasSuffix(path, "/search") && !strings.HasSuffix(path, "/workspaces") && !strings.HasSuffix(path, "/users-bulk")
}

func (x *Tape) keep(key string, a taped) {
	if x.answers == nil {
		x.answers = make(map[string][]taped)
	}
	list := x.answers[key]
	if n := len(list); n > 0 && list[n-1].status == a.status && list[n-1].header == a.header && list[n-1].body == a.body {
		list[n-1].times++
		return
	}
	x.answers[key] = append(list, a)
}

func (x *Tape) replay(r *http.Request, key string) (*http.Response, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if changesSite(r.Method, r.URL.Path) {
		x.asked = append(x.asked, key)
	}
	list := x.answers[key]
	if len(list) == 0 {
		err := fmt.Errorf("%s is not in the recording, or not so often", strings.TrimSpace(key))
		x.wrong = append(x.wrong, err)
		return nil, err
	}
	a := list[0]
	if list[0].times--; list[0].times == 0 {
		x.answers[key] = list[1:]
	}
	return a.response(r), nil
}

// Err reports whether a replay went as it was recorded: nothing else was asked
// for, nothing is left, and the writes came in their order.
func (x *Tape) Err() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	errs := slices.Clone(x.wrong)
	for _, key := range slices.Sorted(maps.Keys(x.answers)) {
		if len(x.answers[key]) > 0 {
			errs = append(errs, fmt.Errorf("%s was recorded and not asked for", strings.TrimSpace(key)))
		}
	}
	if !slices.Equal(x.writes, x.asked) {
		errs = append(errs, fmt.Errorf("the writes are\n%s\nand were recorded as\n%s", strings.Join(x.asked, "\n"), strings.Join(x.writes, "\n")))
	}
	return errors.Join(errs...)
}

func (a taped) response(r *http.Request) *http.Response {
	header := http.Header{}
	for line := range strings.Lines(a.header) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		header.Add(name, value)
	}
	return &http.Response{
		Status: fmt.Sprint(a.status, " ", http.StatusText(a.status)), StatusCode: a.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header, Body: io.NopCloser(strings.NewReader(a.body)), ContentLength: int64(len(a.body)), Request: r,
	}
}

// Text is the tape as a file: a txtar archive with a file for each request and
// answer, by request; first the writes, in order.
//
//	-- GET /wiki/api/v2/spaces?limit=250 --
//	> the request's body, if it has one
//	< 200, three times
//	< Content-Type: application/json
//	{"results": []}
func (x *Tape) Text(title string) []byte {
	x.mu.Lock()
	defer x.mu.Unlock()
	a := txtar.Archive{Comment: []byte(title + " Written by -record; credentials are not in it.\n")}
	add := func(name, text string) {
		a.Files = append(a.Files, txtar.File{Name: name, Data: []byte(text + "\n")})
	}
	for _, key := range x.writes {
		line, body, _ := strings.Cut(key, "\n")
		add("write "+line, "> "+body)
	}
	for _, key := range slices.Sorted(maps.Keys(x.answers)) {
		line, body, _ := strings.Cut(key, "\n")
		for _, one := range x.answers[key] {
			text := ""
			if body != "" {
				text = "> " + body + "\n"
			}
			text += fmt.Sprintf("< %d %d\n", one.status, one.times)
			for h := range strings.Lines(one.header) {
				text += "< " + h
			}
			add(line, text+one.body)
		}
	}
	return txtar.Format(&a)
}

// Replay reads a tape's file.
func Replay(text []byte) (*Tape, error) {
	x := &Tape{}
	for _, f := range txtar.Parse(text).Files {
		var request string
		var a taped
		rest := strings.TrimSuffix(string(f.Data), "\n")
		for rest != "" {
			line, more, _ := strings.Cut(rest, "\n")
			if body, ok := strings.CutPrefix(line, "> "); ok {
				request = body
			} else if said, ok := strings.CutPrefix(line, "< "); !ok {
				break
			} else if a.status == 0 {
				if _, err := fmt.Sscanf(said, "%d %d", &a.status, &a.times); err != nil {
					return nil, fmt.Errorf("%s: %w", f.Name, err)
				}
			} else {
				a.header += said + "\n"
			}
			rest = more
		}
		if write, ok := strings.CutPrefix(f.Name, "write "); ok {
			x.writes = append(x.writes, write+"\n"+request)
			continue
		}
		a.body = rest
		if x.answers == nil {
			x.answers = make(map[string][]taped)
		}
		key := f.Name + "\n" + request
		x.answers[key] = append(x.answers[key], a)
	}
	return x, nil
}
