package rest_test

import (
	"crypto/tls"
	"encoding/pem"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/rest"
)

// TestNewTransport: an authority is trusted if it is named, an old TLS never,
// the environment's proxy is not asked, and a named one is.
func TestNewTransport(t *testing.T) {
	hello := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Write([]byte("{}"))
	})
	quiet := log.New(io.Discard, "", 0)
	secure := httptest.NewUnstartedServer(hello)
	secure.Config.ErrorLog = quiet
	secure.StartTLS()
	defer secure.Close()
	old := httptest.NewUnstartedServer(hello)
	old.Config.ErrorLog = quiet
	old.TLS = &tls.Config{MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}
	old.StartTLS()
	defer old.Close()
	proxied := 0
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		proxied++
		hello(w, r)
	}))
	defer proxy.Close()
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw})
	through, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		base    string
		ca      []byte
		proxy   *url.URL
		want    string // of the error
		proxied int
	}{
		"an unknown authority": {secure.URL, nil, nil, "certificate", 0},
		"a known authority":    {secure.URL, ca, nil, "", 0},
		"an old TLS":           {old.URL, ca, nil, "protocol version", 0},
		"through a proxy":      {"http://site.invalid", nil, through, "", 1},
	} {
		t.Run(name, func(t *testing.T) {
			transport, err := rest.NewTransport(c.ca, c.proxy)
			if err != nil {
				t.Fatal(err)
			}
			if c.proxy == nil && transport.(*http.Transport).Proxy != nil {
				t.Error("the environment may name a proxy")
			}
			cfg := config(t, transport)
			cfg.Surfaces[0].Base = parse(t, c.base)
			proxied = 0
			err = newClient(t, cfg).Read(t.Context(), rest.Call{To: things}, &object{})
			if c.want == "" && err != nil || c.want != "" && (!site.Is(err, site.Transient) || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %v", err)
			}
			if proxied != c.proxied {
				t.Errorf("%d requests through the proxy", proxied)
			}
		})
	}
	if _, err := rest.NewTransport([]byte("x"), nil); err == nil {
		t.Error("a file without a certificate is taken")
	}
	for _, bad := range []string{"ftp://proxy.example", "proxy.example:80", "/x"} {
		u, err := url.Parse(bad)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := rest.NewTransport(nil, u); err == nil {
			t.Errorf("%s is taken", bad)
		}
	}
}
