package contract

import (
	"net/http"
	"sync"
)

// Transport returns a round tripper that passes requests to next, unchanged, and gives report every finding in what comes
// back; the response is as [Validator.CheckResponse] leaves it. A nil next is http.DefaultTransport. The result is safe
// for concurrent use; report is called by one goroutine at a time, and in the order of the findings of a response.
func (v *Validator) Transport(next http.RoundTripper, report func(Finding)) http.RoundTripper {
	return newTransport(next, v.CheckResponse, report)
}

// Transport is [Validator.Transport] as a part of the run. Report may be nil: the run keeps the findings.
func (r *Run) Transport(next http.RoundTripper, report func(Finding)) http.RoundTripper {
	return newTransport(next, r.CheckResponse, report)
}

type transport struct {
	next   http.RoundTripper
	check  func(*http.Request, *http.Response) []Finding
	mu     sync.Mutex
	report func(Finding)
}

func newTransport(next http.RoundTripper, check func(*http.Request, *http.Response) []Finding, report func(Finding)) *transport {
	if next == nil {
		next = http.DefaultTransport
	}
	if report == nil {
		report = func(Finding) {}
	}
	return &transport{next: next, check: check, report: report}
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

// TestingT is what TestTransport needs of a *testing.T.
type TestingT interface {
	Helper()                           // marks the caller as no place of its own for a failure
	Errorf(format string, args ...any) // fails the test and goes on
	Cleanup(func())                    // runs a function when the test has ended
}

// TestTransport returns a round tripper for the client under test that fails the test with every error and warning in
// what comes back through next; notes do not fail it. All responses of the test are one [Run]. To let a test server stand
// for the real one, give WithServer; to accept a finding, WithSeverity. If the options are wrong, the test fails.
func TestTransport(t TestingT, next http.RoundTripper, options ...Option) http.RoundTripper {
	t.Helper()
	v, err := NewValidator(options...)
	if err != nil {
		t.Errorf("contract: %v", err)
		return newTransport(next, func(*http.Request, *http.Response) []Finding { return nil }, nil)
	}
	var mu sync.Mutex
	over := false // a connection may outlive the test, and then there is nobody to tell
	t.Cleanup(func() {
		mu.Lock()
		defer mu.Unlock()
		over = true
	})
	return v.NewRun().Transport(next, func(f Finding) {
		mu.Lock()
		defer mu.Unlock()
		if !over && f.Severity >= Warning {
			t.Errorf("contract: %v", f)
		}
	})
}
