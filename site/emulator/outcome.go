package emulator

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"syscall"
	"time"
)

// outcome is an answer and how it reaches the client.
type outcome struct {
	Response
	delay  time.Duration // before anything is sent
	lost   bool          // nothing is sent: the connection breaks
	broken bool          // the connection breaks after cut bytes of the body
	cut    int
}

// seen is the status that the client sees, 0 for none.
func (o outcome) seen() int {
	if o.lost {
		return 0
	}
	return o.Status
}

// pause waits in real time.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// deliver sends an outcome over a connection.
func (e *Emulator) deliver(w http.ResponseWriter, r *http.Request, out outcome) {
	if out.delay > 0 && e.wait(r.Context(), out.delay) != nil || out.lost {
		panic(http.ErrAbortHandler) // how net/http is told to break the connection
	}
	for k, vs := range out.Header {
		w.Header()[k] = vs
	}
	if !out.broken {
		w.WriteHeader(out.Status)
		w.Write(out.Body)
		return
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(out.Body)))
	w.WriteHeader(out.Status)
	w.Write(out.Body[:out.cut])
	_ = http.NewResponseController(w).Flush() // where nothing can be flushed, nothing is sent
	panic(http.ErrAbortHandler)
}

// hand gives an outcome to a client in the same process, with the errors that a
// network would give.
func (e *Emulator) hand(r *http.Request, out outcome) (*http.Response, error) {
	if out.delay > 0 {
		if err := e.wait(r.Context(), out.delay); err != nil {
			return nil, err
		}
	}
	if out.lost {
		return nil, &net.OpError{Op: "read", Net: "tcp", Err: os.ErrDeadlineExceeded}
	}
	body := io.Reader(bytes.NewReader(out.Body))
	if out.broken {
		body = io.MultiReader(bytes.NewReader(out.Body[:out.cut]), brokenReader{})
	}
	return &http.Response{
		Status:     fmt.Sprintf("%d %s", out.Status, http.StatusText(out.Status)),
		StatusCode: out.Status,
		Proto:      "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: out.Header, Body: io.NopCloser(body), ContentLength: int64(len(out.Body)), Request: r,
	}, nil
}

// brokenReader is a connection that broke.
type brokenReader struct{}

// Read implements [io.Reader].
func (brokenReader) Read([]byte) (int, error) {
	return 0, &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
}
