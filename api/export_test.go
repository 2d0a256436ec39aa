package api

import (
	"context"
	"net/http"
	"testing"

	"github.com/psoauth/psoauth/openapi"
)

// For tests of what has no exported name.
var RetryAfter = retryAfter

// AuthorizedTransport is the layer that puts credentials on requests, for the origin of the default base URL.
func AuthorizedTransport(t *testing.T, next http.RoundTripper, authorization string) http.RoundTripper {
	t.Helper()
	base, err := parseBaseURL(DefaultBaseURL)
	if err != nil {
		t.Fatal(err)
	}
	return withCall{authorized{originOf(base), next}, fixed{openapi.NewSecret(authorization)}}
}

// withCall makes each request one of a call.
type withCall struct {
	next       http.RoundTripper
	credential credential
}

func (w withCall) RoundTrip(r *http.Request) (*http.Response, error) {
	call := &call{op: getToken, credential: w.credential}
	return w.next.RoundTrip(r.WithContext(context.WithValue(r.Context(), callKey{}, call)))
}
