package rest

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// ParseBase accepts an address that credentials may be sent to: https, or http
// to this machine or to a name that resolves nowhere (.invalid).
//
// It takes plain spellings only. What a person, a proxy and a URL library could
// read as different hosts or paths (an account, a backslash, an escape, letters
// beyond ASCII, a dot at the end) is refused rather than interpreted. A name in
// another script is written in its xn-- form.
func ParseBase(text string) (*url.URL, error) {
	if strings.ContainsAny(text, "@?#") {
		return nil, errors.New("an address holds no account, query or fragment") // not repeated: it may be a password
	}
	if i := strings.IndexFunc(text, odd); i >= 0 {
		return nil, fmt.Errorf("%q holds a character that an address has no use for: %q (write it as https://host/path)", text, []rune(text[i:])[0])
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("%q is not an address (write it as https://host/path)", text)
	}
	u.Host = strings.ToLower(u.Host)
	host := u.Hostname()
	ip := net.ParseIP(host)
	if ip == nil && !isName(host) {
		return nil, fmt.Errorf("%q names no host (write it as https://host/path)", text)
	}
	local := host == "localhost" || ip != nil && ip.IsLoopback() || strings.HasSuffix(host, ".invalid")
	if u.Scheme != "https" && !(u.Scheme == "http" && local) {
		return nil, fmt.Errorf("%q would send the token in the clear (use https)", text)
	}
	if port, err := strconv.ParseUint(u.Port(), 10, 16); strings.HasSuffix(u.Host, ":") ||
		u.Port() != "" && (err != nil || port == 0 || strconv.FormatUint(port, 10) != u.Port()) {
		return nil, fmt.Errorf("%q has a port that is none (1 to 65535)", text)
	}
	u.Path = strings.TrimSuffix(u.Path, "/")
	for _, segment := range strings.Split(u.Path, "/")[1:] {
		if segment == "" || segment == "." || segment == ".." {
			return nil, fmt.Errorf("%q has an empty or dotted segment in its path", text)
		}
	}
	if again, err := url.Parse(u.String()); err != nil || *again != *u {
		return nil, fmt.Errorf("%q can be read in two ways (write it as https://host/path)", text)
	}
	return u, nil
}

// odd reports whether a character is not one of those that a base is made of.
func odd(r rune) bool {
	return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-._~:/[]", r))
}

// isName reports whether a host is a name. One that ends in a number is not: a
// resolver may take it for an address in an old spelling (0x7f.1, 127.1).
func isName(host string) bool {
	labels := strings.Split(host, ".")
	if slices.ContainsFunc(labels, func(l string) bool {
		return l == "" || len(l) > 63 || strings.HasPrefix(l, "-") || strings.HasSuffix(l, "-") || strings.ContainsAny(l, "~:[]")
	}) {
		return false
	}
	last := labels[len(labels)-1]
	return len(host) <= 253 && !strings.HasPrefix(last, "0x") && strings.Trim(last, "0123456789") != ""
}
