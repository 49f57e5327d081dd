// Package world is everybody else on an emulated site: the authors, owners,
// identity providers and failing networks that package sitetest asks a driver's
// test for. Each driver's test needs the same ones.
//
//	w := world.New(t, emulator.Options{Dialect: emulator.DialectDataCenter})
//	subject := w.Subject(openADriver(w.Emulator, w.Transport))
//
// It opens no driver: which address and which credentials one takes is known to
// its own test.
package world

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/emulator"
	"github.com/weirhq/weir/site/sitetest"
)

// World is an emulated site, and the way to it.
type World struct {
	Emulator *emulator.Emulator
	// Transport is the way that the driver has to take. It loses and hides what
	// the test says.
	Transport http.RoundTripper

	options emulator.Options
	net     *network
}

// Now is the time on every site of this package: what depends on it is the same
// in each run.
var Now = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// New makes a fresh site. It is the same each time: ids, tokens and times.
func New(t *testing.T, o emulator.Options) *World {
	t.Helper()
	if o.Clock == nil {
		o.Clock = func() time.Time { return Now }
	}
	e, err := emulator.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	n := &network{next: e.Transport()}
	return &World{Emulator: e, Transport: n, options: o, net: n}
}

// Subject gives a driver's site all that the suite can make use of.
func (w *World) Subject(s site.Site) sitetest.Subject {
	out := sitetest.Subject{
		Site:          s,
		Content:       w.content,
		PersonalSpace: w.personalSpace,
		Hide:          func(_ *testing.T, r access.Ref, id string) { w.net.hide(r, id, true) },
		Omit:          func(_ *testing.T, r access.Ref, id string) { w.net.hide(r, id, false) },
		LoseReply:     func() { w.net.lose(false) },
		LoseRequest:   func() { w.net.lose(true) },
	}
	if w.options.Dialect != emulator.DialectDataCenter {
		out.Administer = w.attend
		// Who manages a group, and what it opens elsewhere, is told by the
		// organisation; Data Center has none.
		out.Elsewhere = w.manage
		out.OtherProduct = func(t *testing.T, group access.Ref) {
			w.must(t, w.Emulator.Admin().SetManaged(group.ID(), emulator.ManagedOther))
		}
	}
	return out
}

func (w *World) must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (w *World) manage(t *testing.T, f access.Fact) {
	t.Helper()
	w.must(t, w.Emulator.Admin().SetManaged(f.Object.ID(), f.Value))
}

func (w *World) content(t *testing.T, page, parent access.Ref) {
	t.Helper()
	w.attend(t, page.PageSpace())
	a, key := w.Emulator.Admin(), page.PageSpace().ID()
	if page.Type() == "blogpost" {
		w.must(t, a.CreateBlogPost(key, page.PageTitle()))
		return
	}
	w.must(t, a.CreatePage(key, page.PageTitle(), parent.PageTitle()))
}

// personalSpace gives it the key that the product would: after the account on
// Cloud, after the user name on Data Center.
func (w *World) personalSpace(t *testing.T, owner access.Ref) access.Ref {
	t.Helper()
	key := "~" + owner.ID()
	if w.options.Dialect != emulator.DialectDataCenter {
		for _, p := range w.Emulator.Dump().People {
			if strings.EqualFold(p.Email, owner.ID()) {
				key = "~" + strings.NewReplacer(":", "", "-", "").Replace(p.ID)
			}
		}
	}
	w.must(t, w.Emulator.Admin().CreatePersonalSpace(owner.ID(), key, "Personal"))
	space := access.NewRef("space", key)
	w.attend(t, space)
	return space
}

// attend makes weir's own account an admin of the space, where it takes one to
// see content and to change access: everywhere on Cloud but for roles. On Data
// Center it is a system administrator.
func (w *World) attend(t *testing.T, space access.Ref) {
	t.Helper()
	if w.options.Dialect != emulator.DialectDataCenter {
		w.must(t, w.Emulator.Admin().RecoverSpace(space.ID(), emulator.OwnEmail))
	}
}

// network is what lies between a driver and the site.
type network struct {
	next http.RoundTripper

	mu             sync.Mutex
	request, reply bool            // lose the next write, or the answer to it
	hidden         map[string]bool // ids, and whether asking for them is 404, too
}

func (n *network) lose(request bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.request, n.reply = request, !request
}

func (n *network) hide(r access.Ref, id string, everywhere bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.hidden == nil {
		n.hidden = make(map[string]bool)
	}
	n.hidden[id] = everywhere
	if r.Type() == "space" {
		n.hidden[r.ID()] = everywhere
	}
}

// IsWrite reports whether a request changes something: searches are POST too.
func IsWrite(r *http.Request) bool {
	return r.Method != http.MethodGet && !strings.HasSuffix(r.URL.Path, "/search") && !strings.HasSuffix(r.URL.Path, "/workspaces") && !strings.HasSuffix(r.URL.Path, "/users-bulk")
}

// RoundTrip implements [http.RoundTripper].
func (n *network) RoundTrip(r *http.Request) (*http.Response, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	write := IsWrite(r)
	if write && n.request {
		n.request = false
		return nil, errors.New("connection refused")
	}
	for _, part := range strings.Split(r.URL.Path, "/") {
		if n.hidden[part] {
			return answer(r, http.StatusNotFound, []byte(`{"errors":[{"status":404,"code":"NOT_FOUND","title":"Not Found"}]}`)), nil
		}
	}
	resp, err := n.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if write && n.reply {
		n.reply = false
		resp.Body.Close()
		return nil, errors.New("connection reset by peer")
	}
	if len(n.hidden) > 0 {
		return n.conceal(r, resp)
	}
	return resp, nil
}

// conceal takes hidden objects out of an answer.
func (n *network) conceal(r *http.Request, resp *http.Response) (*http.Response, error) {
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var body any
	if d.Decode(&body) == nil {
		if text, err = json.Marshal(n.strip(body)); err != nil {
			return nil, err
		}
	}
	out := answer(r, resp.StatusCode, text)
	out.Header = resp.Header.Clone()
	return out, nil
}

func (n *network) strip(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			v[k] = n.strip(x)
		}
	case []any:
		kept := make([]any, 0, len(v))
		for _, x := range v {
			if row, ok := x.(map[string]any); ok && n.names(row) {
				continue
			}
			kept = append(kept, n.strip(x))
		}
		return kept
	}
	return v
}

// names reports whether a row is of something hidden.
func (n *network) names(row map[string]any) bool {
	for _, key := range []string{"id", "key", "accountId", "userKey", "name"} {
		var id string
		switch v := row[key].(type) {
		case string:
			id = v
		case json.Number:
			id = v.String()
		}
		if _, hidden := n.hidden[id]; hidden {
			return true
		}
	}
	inner, ok := row["content"].(map[string]any) // a hit of a search
	return ok && n.names(inner)
}

func answer(r *http.Request, status int, body []byte) *http.Response {
	return &http.Response{
		Status: strconv.Itoa(status) + " " + cmp.Or(http.StatusText(status), "?"), StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)), Request: r,
	}
}
