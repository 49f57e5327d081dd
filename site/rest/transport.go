package rest

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
)

// NewTransport makes a transport that goes straight to the surfaces: over TLS
// 1.2 or later, past every proxy that the environment names (a build must not
// choose who hears the token), following nothing. ca are certificates in PEM
// to trust besides the system's, proxy is one to go through; either may be nil.
func NewTransport(ca []byte, proxy *url.URL) (Transport, error) {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.Proxy = nil
	t.MaxResponseHeaderBytes = 256 << 10
	t.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	if ca != nil {
		pool, err := x509.SystemCertPool()
		if err != nil {
			return nil, fmt.Errorf("certificates of the system: %w", err)
		}
		if !pool.AppendCertsFromPEM(ca) {
			return nil, errors.New("no certificate is in the file of further authorities (PEM is expected)")
		}
		t.TLSClientConfig.RootCAs = pool
	}
	if proxy != nil {
		if !slices.Contains([]string{"http", "https", "socks5", "socks5h"}, proxy.Scheme) || proxy.Host == "" {
			return nil, errors.New("the proxy has no address that can be used (write it as http://host:port)")
		}
		t.Proxy = http.ProxyURL(proxy)
	}
	return t, nil
}

// HangUp closes the connections that a transport keeps open for later.
func HangUp(t Transport) { (&http.Client{Transport: t}).CloseIdleConnections() }
