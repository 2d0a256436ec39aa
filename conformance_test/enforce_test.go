// Package conformance checks what answers the typed client against the contract: the in-memory PlanetScale in every
// revision, servers that are wrong on purpose, and the live service if the environment has credentials for it.
package conformance_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"

	"github.com/psoauth/psoauth/openapi"
)

// An enforcer is a transport that checks each response against the contract with kin-openapi alone, so that the
// contract's own validator is not its only judge.
type enforcer struct {
	next    http.RoundTripper
	router  routers.Router
	servers map[string]string // the base URL of a test server → the server it stands for in the contract

	mu     sync.Mutex
	judged int
	broken []error
}

func newEnforcer(t *testing.T, next http.RoundTripper, servers map[string]string) *enforcer {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData([]byte(openapi.Contract()))
	if err != nil {
		t.Fatal(err)
	}
	router, err := gorillamux.NewRouter(doc)
	if err != nil {
		t.Fatal(err)
	}
	return &enforcer{next: next, router: router, servers: servers}
}

func (e *enforcer) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := e.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	resp.Body = io.NopCloser(bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	verdict := e.judge(r, resp, body)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.judged++
	if verdict != nil {
		e.broken = append(e.broken, fmt.Errorf("%s %s: %d: %w", r.Method, r.URL.Path, resp.StatusCode, verdict))
	}
	return resp, nil
}

func (e *enforcer) judge(r *http.Request, resp *http.Response, body []byte) error {
	declared, err := e.declared(r)
	if err != nil {
		return err
	}
	route, params, err := e.router.FindRoute(declared)
	if err != nil {
		return err
	}
	return openapi3filter.ValidateResponse(r.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: declared, Route: route, PathParams: params},
		Status:                 resp.StatusCode,
		Header:                 resp.Header,
		Body:                   io.NopCloser(bytes.NewReader(body)),
		Options:                &openapi3filter.Options{MultiError: true, IncludeResponseStatus: true},
	})
}

// declared is r as it would have gone to the server that the contract names.
func (e *enforcer) declared(r *http.Request) (*http.Request, error) {
	for test, contract := range e.servers {
		if rest, ok := strings.CutPrefix(r.URL.String(), test); ok {
			u, err := url.Parse(contract + rest)
			if err != nil {
				return nil, err
			}
			declared := r.Clone(r.Context())
			declared.URL, declared.Host = u, u.Host
			return declared, nil
		}
	}
	return nil, fmt.Errorf("%s is on none of the servers of this test", r.URL)
}

// verdict returns how many responses were judged and what was wrong with them.
func (e *enforcer) verdict() (int, []error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.judged, e.broken
}
