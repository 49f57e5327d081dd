package emulator_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/weirhq/weir/site/emulator"
)

// FuzzDataCenter: whatever is asked, the product answers, in its own shape.
func FuzzDataCenter(f *testing.F) {
	// Without randomness every site has the same ids, so those of the seeds hold.
	for _, s := range dcSteps() {
		d := openDC(f, emulator.Options{})
		dcSmall(d)
		r := s.request(d)
		body := []byte{}
		if r.Body != nil {
			var err error
			body, err = io.ReadAll(r.Body)
			d.must(err)
		}
		f.Add(s.method, strings.TrimPrefix(r.URL.RequestURI(), "/rest/api"), body)
	}
	f.Fuzz(func(t *testing.T, method, path string, body []byte) {
		d := openDC(t, emulator.Options{})
		dcSmall(d)
		r, err := http.NewRequest(method, "http://any.invalid/rest/api"+path, bytes.NewReader(body))
		if err != nil {
			t.Skip("no request")
		}
		r.Header.Set("Authorization", "Bearer "+d.bearer)
		r.Header.Set("Content-Type", "application/json")
		res, err := d.em.Transport().RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		if res.StatusCode == 500 {
			t.Errorf("%s %s: %s", method, path, text)
		}
		if len(text) > 0 && !json.Valid(text) {
			t.Errorf("%s %s: %q is no JSON", method, path, text)
		}
	})
}
