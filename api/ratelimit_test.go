package api_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/psoauth/psoauth/api"
)

// timed is a wire that notes when each request came.
type timed struct {
	mu    sync.Mutex
	times []time.Time
	next  step
}

func (w *timed) send(r *http.Request) (*http.Response, error) {
	w.mu.Lock()
	w.times = append(w.times, time.Now())
	w.mu.Unlock()
	return w.next(r)
}

// busiest is how many requests fell into the busiest window of the length given.
func (w *timed) busiest(window time.Duration) (most int) {
	for i, from := range w.times {
		n := 0
		for _, at := range w.times[i:] {
			if at.Sub(from) < window {
				n++
			}
		}
		most = max(most, n)
	}
	return most
}

func TestAllCallsOfAClientShareOneRate(t *testing.T) {
	for name, test := range map[string]struct {
		options []api.Option
		calls   int
		minute  int // the most in any minute
		least   time.Duration
		most    time.Duration
	}{
		"600 a minute by default": {nil, 1500, 600, 2 * time.Minute, 3 * time.Minute},
		"another rate":            {[]api.Option{api.WithRateLimit(60)}, 120, 60, time.Minute, 150 * time.Second},
		"one a minute":            {[]api.Option{api.WithRateLimit(1)}, 3, 2, 2 * time.Minute, 2 * time.Minute},
		"none":                    {[]api.Option{api.WithRateLimit(0)}, 5000, 5000, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := &timed{next: status(200)}
				c := onWire(t, w.send, test.options...)
				start := time.Now()
				var wg sync.WaitGroup
				for range 10 {
					wg.Go(func() {
						for range test.calls/10 + 1 {
							if _, err := c.TokenInfo(t.Context()); err != nil {
								t.Error(err)
							}
						}
					})
				}
				wg.Wait()
				if n := w.busiest(time.Minute); n > test.minute && name != "one a minute" && name != "none" {
					t.Errorf("%d requests in one minute, want at most %d", n, test.minute)
				}
				if took := time.Since(start); took < test.least || took > test.most && name != "one a minute" {
					t.Errorf("%d calls took %v, want %v to %v", test.calls, took, test.least, test.most)
				}
			})
		})
	}
}

func TestA429HoldsTheWholeClientBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first := true
		w := &timed{}
		w.next = func(r *http.Request) (*http.Response, error) {
			if first {
				first = false
				return response(r, 429, "Retry-After", "5"), nil
			}
			return response(r, 200), nil
		}
		c := onWire(t, w.send)
		start := time.Now()
		if _, err := c.GetToken(t.Context(), "acme", "app1", "tok1"); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took != 5*time.Second {
			t.Errorf("the call that met it took %v", took)
		}
		first = true
		go func() { _, _ = c.GetToken(t.Context(), "acme", "app1", "tok1") }()
		synctest.Wait()
		start = time.Now()
		if _, err := c.TokenInfo(t.Context()); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took != 5*time.Second {
			t.Errorf("another call took %v", took)
		}
	})
}

// Calls that wait for the rate when the 429 comes wait for its end too.
func TestA429HoldsBackWhoWaitsForTheRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sent atomic.Int64
		var limited time.Time
		w := &timed{next: func(r *http.Request) (*http.Response, error) {
			if sent.Add(1) == 7 {
				limited = time.Now()
				return response(r, 429, "Retry-After", "20"), nil
			}
			return response(r, 200), nil
		}}
		c := onWire(t, w.send, api.WithRateLimit(60))
		var calls sync.WaitGroup
		for range 12 {
			calls.Go(func() {
				if _, err := c.TokenInfo(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		calls.Wait()
		if len(w.times) != 13 {
			t.Errorf("%d requests were sent", len(w.times))
		}
		for _, at := range w.times {
			if wait := at.Sub(limited); 0 < wait && wait < 20*time.Second {
				t.Errorf("a request was sent %v after the 429", wait)
			}
		}
	})
}

// A call that waited for its turn has not been tried yet, and has all its retries.
func TestWaitingForTheRateTakesNoRetriesAndIsNoAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		steps := []step{status(200), status(503), status(200)}
		w := &timed{}
		w.next = func(r *http.Request) (*http.Response, error) { return steps[len(w.times)-1](r) }
		c := onWire(t, w.send, api.WithRateLimit(1))
		for range 2 {
			if _, err := c.TokenInfo(t.Context()); err != nil {
				t.Error(err)
			}
		}
		if n := len(w.times); n != 3 {
			t.Errorf("%d requests were sent", n)
		}
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := c.TokenInfo(short)
		var e *api.Error
		if !errors.As(err, &e) || e.Attempts != 0 || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%d attempts before %v", e.Attempts, err)
		}
	})
}

func TestWaitingForTheRateEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &timed{next: status(200)}
		c := onWire(t, w.send, api.WithRateLimit(1))
		if _, err := c.TokenInfo(t.Context()); err != nil {
			t.Fatal(err)
		}
		short, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		start := time.Now()
		if _, err := c.TokenInfo(short); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if took := time.Since(start); took != 0 {
			t.Errorf("it took %v to see that the deadline comes first", took)
		}
		canceled, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		if _, err := c.TokenInfo(canceled); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		if n := len(w.times); n != 1 {
			t.Errorf("%d requests were sent", n)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		c := onWire(t, wire(status(429, "Retry-After", "20")), api.WithMaxRetries(0))
		_, _ = c.TokenInfo(t.Context())
		short, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		start := time.Now()
		if _, err := c.TokenInfo(short); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 0 {
			t.Errorf("got %v after %v", err, time.Since(start))
		}
		canceled, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		if _, err := c.TokenInfo(canceled); !errors.Is(err, context.Canceled) || time.Since(start) != time.Second {
			t.Errorf("got %v after %v", err, time.Since(start))
		}
	})
}
