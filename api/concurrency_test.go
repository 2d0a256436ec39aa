package api_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/psoauth/psoauth/api"
)

func TestOneClientServesManyGoroutinesThroughFaults(t *testing.T) {
	before := runtime.NumGoroutine()
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	var n, answered, failed atomic.Int64
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch i := n.Add(1); {
		case i%17 == 0:
			w.WriteHeader(http.StatusServiceUnavailable)
		case i%23 == 0:
			w.Header().Set("Content-Length", "99999") // and then less
			answer(200, "application/json", "{")(w, r)
		case i%29 == 0:
			if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
				_ = conn.Close()
			}
		case i%31 == 0:
			answer(500, "text/html", "<h1>oops</h1>")(w, r)
		case r.URL.Path == "/v1/organizations/acme/oauth-applications/app1/tokens":
			pages(1037, true)(w, r)
		default:
			good(w, r)
		}
	}))
	c := clientFor(t, srv.URL, api.WithHTTPClient(&http.Client{Transport: transport}), api.WithMaxRetries(2))
	var wg sync.WaitGroup
	for i := range 64 {
		wg.Go(func() {
			for range 4 {
				for operation, call := range everyOperation {
					v, err := call(t.Context(), c)
					var e *api.Error
					if (v == nil) != (err != nil) || err != nil && !errors.As(err, &e) {
						t.Errorf("%s: got %v, %v", operation, v, err)
					}
					if err != nil {
						failed.Add(1)
					} else {
						answered.Add(1)
					}
				}
			}
			ids, err := collect(c.Tokens(t.Context(), "acme", "app1", api.ListOptions{Prefetch: i % 5}))
			var e *api.Error
			switch {
			case err == nil:
				checkAll(t, ids, 1037)
			case !errors.As(err, &e) || e.Page < 1:
				t.Errorf("got %v", err)
			default:
				checkAll(t, ids, (e.Page-1)*100)
			}
		})
	}
	wg.Wait()
	if answered.Load() < 64 || failed.Load() < 8 {
		t.Errorf("%d calls were answered and %d failed: too few of one kind for a test of both", answered.Load(), failed.Load())
	}
	transport.CloseIdleConnections()
	srv.Close()
	for deadline := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines are left", runtime.NumGoroutine()-before)
		}
	}
}
