package contract

import (
	"net/http"
	"sync"
)

// Transport is [Validator.Transport] as a part of the run. Report may be nil: the run keeps the findings.
func (r *Run) Transport(next http.RoundTripper, report func(Finding)) http.RoundTripper {
	if next == nil {
		next = http.DefaultTransport
	}
	if report == nil {
		report = func(Finding) {}
	}
	return &transport{next: next, check: r.CheckResponse, report: report}
}

type transport struct {
	next   http.RoundTripper
	check  func(*http.Request, *http.Response) []Finding
	mu     sync.Mutex
	report func(Finding)
}

// RoundTrip implements http.RoundTripper.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := t.next.RoundTrip(req)
	if err != nil {
		return resp, err
	}
	if findings := t.check(req, resp); len(findings) > 0 {
		t.mu.Lock()
		defer t.mu.Unlock()
		for _, f := range findings {
			t.report(f)
		}
	}
	return resp, nil
}

// TestTransport returns a round tripper for the client under test that fails the test with every error and warning in
// what comes back through next; notes do not fail it. All responses of the test are one [Run]. For a test server give
// WithServer; to accept a finding, WithSeverity. A test in which no response was judged fails, unless AllowEmpty is given;
// so does one with wrong options. The test is a *testing.T or anything that has these methods of it.
func TestTransport(t interface {
	Helper()
	Errorf(format string, args ...any)
	Cleanup(func())
}, next http.RoundTripper, options ...Option) http.RoundTripper {
	t.Helper()
	v, err := NewValidator(options...)
	if err != nil {
		t.Errorf("contract: %v", err)
		if next == nil {
			next = http.DefaultTransport
		}
		return next
	}
	var mu sync.Mutex
	over := false // a connection may outlive the test, and a test that has ended takes no failures
	run := v.NewRun()
	t.Cleanup(func() {
		mu.Lock()
		defer mu.Unlock()
		over = true
		if run.Empty() && !v.allowEmpty {
			t.Errorf("contract: no response was judged: does the client use this transport, and does WithServer name the test server? AllowEmpty() accepts it")
		}
	})
	return run.Transport(next, func(f Finding) {
		mu.Lock()
		defer mu.Unlock()
		if !over && f.Severity >= Warning {
			t.Errorf("contract: %v", f)
		}
	})
}
