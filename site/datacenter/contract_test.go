package datacenter_test

import (
	"net/http"
	"testing"
)

func checked(t *testing.T, next http.RoundTripper) http.RoundTripper { return next }
