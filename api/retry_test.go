package api_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/psoauth/psoauth/api"
)

// A step is what a wire does at one attempt.
type step func(*http.Request) (*http.Response, error)

func status(code int, header ...string) step {
	return func(r *http.Request) (*http.Response, error) { return response(r, code, header...), nil }
}

func fails(err error) step { return func(*http.Request) (*http.Response, error) { return nil, err } }

func cutShort(r *http.Request) (*http.Response, error) {
	resp := response(r, 200)
	resp.Body = io.NopCloser(io.MultiReader(strings.NewReader(tokenBody[:50]), errReader{io.ErrUnexpectedEOF}))
	return resp, nil
}

func stalls(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

func drips(r *http.Request) (*http.Response, error) {
	resp := response(r, 200)
	resp.Body, resp.ContentLength = io.NopCloser(dripper{r.Context()}), -1
	return resp, nil
}

type errReader struct{ err error }

func (r errReader) Read([]byte) (int, error) { return 0, r.err }

// A dripper gives a byte a second for ever.
type dripper struct{ ctx context.Context }

func (d dripper) Read(p []byte) (int, error) {
	select {
	case <-d.ctx.Done():
		return 0, d.ctx.Err()
	case <-time.After(time.Second):
		p[0] = ' '
		return 1, nil
	}
}

func TestNoRetryIsDueAfterHalfAMinute(t *testing.T) {
	for range 20 { // the waits are random
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			sent := 0
			c := onWire(t, func(r *http.Request) (*http.Response, error) {
				if sent++; time.Since(start) > 30*time.Second {
					t.Errorf("attempt %d began after %v", sent, time.Since(start))
				}
				return response(r, 503), nil
			}, api.WithMaxRetries(20), api.WithRateLimit(0))
			if _, err := c.GetToken(t.Context(), "acme", "app1", "tok1"); !errors.Is(err, api.ErrServer) || sent < 5 {
				t.Errorf("%d attempts: %v", sent, err)
			}
		})
	}
}

func TestRetries(t *testing.T) {
	reset := &url.Error{Op: "Get", URL: "x", Err: errors.New("connection reset by peer")}
	untrusted := &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}
	for name, test := range map[string]struct {
		steps    []step // one an attempt, the last one for ever
		attempts int
		err      error // nil for success; io.EOF for any failure without a response
		atLeast  time.Duration
		atMost   time.Duration
	}{
		"good at once":            {[]step{status(200)}, 1, nil, 0, 0},
		"connection errors":       {[]step{fails(reset), fails(io.EOF), fails(reset), status(200)}, 4, nil, 0, 1750 * time.Millisecond},
		"502, 503, 504":           {[]step{status(502), status(503), status(504), status(200)}, 4, nil, 0, 1750 * time.Millisecond},
		"a body cut short":        {[]step{cutShort, status(200)}, 2, nil, 0, 250 * time.Millisecond},
		"an attempt that stalls":  {[]step{stalls, status(200)}, 2, nil, 15 * time.Second, 15250 * time.Millisecond},
		"a body that drips":       {[]step{drips, status(200)}, 2, nil, 15 * time.Second, 15250 * time.Millisecond},
		"for ever 503":            {[]step{status(503)}, 4, api.ErrServer, 0, 1750 * time.Millisecond},
		"for ever stalling":       {[]step{stalls}, 2, io.EOF, 30 * time.Second, 31 * time.Second},
		"for ever cut short":      {[]step{cutShort}, 4, io.EOF, 0, 1750 * time.Millisecond},
		"500 is final":            {[]step{status(500)}, 1, api.ErrServer, 0, 0},
		"501 is final":            {[]step{status(501)}, 1, api.ErrServer, 0, 0},
		"404 is final":            {[]step{status(404)}, 1, api.ErrNotFound, 0, 0},
		"a certificate is final":  {[]step{fails(untrusted)}, 1, io.EOF, 0, 0},
		"429 waits what it says":  {[]step{status(429, "Retry-After", "7"), status(200)}, 2, nil, 7 * time.Second, 7 * time.Second},
		"429 in fractions":        {[]step{status(429, "Retry-After", "1.5"), status(200)}, 2, nil, 1500 * time.Millisecond, 1500 * time.Millisecond},
		"503 waits too":           {[]step{status(503, "Retry-After", "3"), status(200)}, 2, nil, 3 * time.Second, 3 * time.Second},
		"429 that does not say":   {[]step{status(429), status(200)}, 2, nil, time.Second, 1250 * time.Millisecond},
		"429 with nonsense":       {[]step{status(429, "Retry-After", "NaN"), status(200)}, 2, nil, time.Second, 1250 * time.Millisecond},
		"429 with less than none": {[]step{status(429, "Retry-After", "-5"), status(200)}, 2, nil, time.Second, 1250 * time.Millisecond},
		"429 for too long":        {[]step{status(429, "Retry-After", "31")}, 1, api.ErrRateLimited, 0, 0},
		"429 for ever and a day":  {[]step{status(429, "Retry-After", "1e300")}, 1, api.ErrRateLimited, 0, 0},
		"503 for too long in all": {[]step{status(503, "Retry-After", "20")}, 2, api.ErrServer, 20 * time.Second, 20 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sent := 0
				c := onWire(t, func(r *http.Request) (*http.Response, error) {
					step := test.steps[min(sent, len(test.steps)-1)]
					sent++
					if got := r.Header.Get("Authorization"); got != serviceID+":"+serviceSecret {
						t.Errorf("attempt %d has the Authorization %q", sent, got)
					}
					return step(r)
				})
				start := time.Now()
				token, err := c.GetToken(t.Context(), "acme", "app1", "tok1")
				took := time.Since(start)
				if sent != test.attempts || took < test.atLeast || took > test.atMost {
					t.Errorf("%d attempts in %v, want %d in %v to %v", sent, took, test.attempts, test.atLeast, test.atMost)
				}
				if test.err == nil {
					if err != nil || token == nil {
						t.Errorf("got %v, %v", token, err)
					}
					return
				}
				var e *api.Error
				if !errors.As(err, &e) || e.Attempts != sent {
					t.Fatalf("got %v, want an error with %d attempts", err, sent)
				}
				if test.err != io.EOF && !errors.Is(err, test.err) {
					t.Errorf("got %v, want %v", err, test.err)
				}
				if errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("%v looks like the caller's deadline", err)
				}
			})
		})
	}
}

func TestRetryAfterThatExceedsTheDeadlineReturnsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := onWire(t, wire(status(429, "Retry-After", "10")))
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		start := time.Now()
		_, err := c.GetToken(ctx, "acme", "app1", "tok1")
		var e *api.Error
		if !errors.As(err, &e) || !errors.Is(err, api.ErrRateLimited) || e.RetryAfter != 10*time.Second || e.Attempts != 1 {
			t.Errorf("got %v", err)
		}
		if !strings.Contains(err.Error(), "try again in 10s") {
			t.Errorf("the message does not say when: %v", err)
		}
		if took := time.Since(start); took != 0 {
			t.Errorf("it took %v", took)
		}
	})
}

func TestNoRetryAfterTheCallersContextEnded(t *testing.T) {
	for name, test := range map[string]struct {
		step step
		want error
	}{
		"while an attempt is under way": {stalls, context.DeadlineExceeded},
		"while waiting for a retry":     {fails(errors.New("connection refused by canary")), context.DeadlineExceeded},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := onWire(t, wire(test.step), api.WithMaxRetries(1000))
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				start := time.Now()
				_, err := c.GetToken(ctx, "acme", "app1", "tok1")
				if took := time.Since(start); !errors.Is(err, test.want) || took != 10*time.Second {
					t.Errorf("got %v after %v", err, took)
				}
				if strings.Contains(name, "waiting") && !strings.Contains(err.Error(), "connection refused") {
					t.Errorf("%v does not say what failed last", err)
				}
			})
		})
	}
}

func TestWithMaxRetries(t *testing.T) {
	for _, retries := range []int{0, 1, 5} {
		synctest.Test(t, func(t *testing.T) {
			sent := 0
			c := onWire(t, func(r *http.Request) (*http.Response, error) { sent++; return response(r, 503), nil }, api.WithMaxRetries(retries))
			if _, err := c.GetToken(t.Context(), "acme", "app1", "tok1"); !errors.Is(err, api.ErrServer) || sent != retries+1 {
				t.Errorf("%d retries: %d attempts, %v", retries, sent, err)
			}
		})
	}
}

func TestBackoffIsRandomAndGrows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		waits := make([][]time.Duration, 4) // by retry
		for range 200 {
			var last time.Time
			sent := 0
			c := onWire(t, func(r *http.Request) (*http.Response, error) {
				if sent++; sent > 1 {
					waits[sent-2] = append(waits[sent-2], time.Since(last))
				}
				last = time.Now()
				return response(r, 503), nil
			}, api.WithMaxRetries(4))
			_, _ = c.GetToken(t.Context(), "acme", "app1", "tok1")
		}
		longest := 250 * time.Millisecond
		for retry, waited := range waits {
			var least, most time.Duration = math.MaxInt64, 0
			for _, w := range waited {
				least, most = min(least, w), max(most, w)
			}
			// Full jitter: from nothing to all of it.
			if most > longest || most < longest*8/10 || least > longest*2/10 {
				t.Errorf("retry %d waits %v to %v, want 0 to %v", retry+1, least, most, longest)
			}
			longest *= 2
		}
	})
}

func TestRetryAfterForms(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"":                              0,
		"0":                             0,
		"7":                             7 * time.Second,
		" 7 ":                           7 * time.Second,
		"0.25":                          250 * time.Millisecond,
		"-1":                            0,
		"-0.5":                          0,
		"NaN":                           0,
		"Inf":                           0,
		"-Inf":                          0,
		"1e300":                         math.MaxInt64,
		"1e999":                         math.MaxInt64,
		"-1e999":                        0,
		"99999999999999999999":          math.MaxInt64,
		"soon":                          0,
		"7 seconds":                     0,
		"Sat, 21 Nov 2026 12:00:30 GMT": 30 * time.Second,
		"Sat, 21 Nov 2026 11:00:00 GMT": 0,
		"Sat Nov 21 12:00:05 2026":      5 * time.Second,
		"Fri, 31 Dec 9999 23:59:59 GMT": math.MaxInt64,
	} {
		if got := api.RetryAfter(http.Header{"Retry-After": {value}}, now); got != want {
			t.Errorf("%q: got %v, want %v", value, got, want)
		}
	}
}

func FuzzRetryAfter(f *testing.F) {
	for _, seed := range []string{"", "7", "0.5", "-1", "NaN", "1e300", "Sat, 21 Nov 2026 12:00:30 GMT", "0x10", "1_000"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		if got := api.RetryAfter(http.Header{"Retry-After": {value}}, time.Unix(0, 0)); got < 0 {
			t.Errorf("%q: %v", value, got)
		}
	})
}
