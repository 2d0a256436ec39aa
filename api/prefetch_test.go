package api_test

import (
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/psoauth/psoauth/api"
)

// Fetched ahead, pages come in any order, and a list that grows between a later page and an earlier one leaves a gap.
func TestAListThatGrowsLosesNoTokenThatIsFetchedAhead(t *testing.T) {
	t.Parallel()
	for _, prefetch := range []int{0, 1, 2, 8} {
		for _, issued := range []int{1, 50, 100, 250} {
			t.Run(fmt.Sprint(prefetch, issued), func(t *testing.T) {
				t.Parallel()
				var shift atomic.Int64
				three := make(chan struct{})
				sent := sync.OnceFunc(func() { close(three) })
				c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
					p, _ := strconv.Atoi(r.URL.Query().Get("page"))
					if p == 2 && prefetch > 1 {
						<-three
					}
					if p == 2 {
						shift.Store(int64(issued))
					}
					more := int(shift.Load())
					total, next := 500+more, p+1
					count := (total + 99) / 100
					if next > count {
						next = 0
					}
					totals := fmt.Sprintf(`"total_pages":%d,"total_count":%d,`, count, total)
					answer(200, "application/json", pageBody(p, next, (p-1)*100-more, max(min(100, total-(p-1)*100), 0), totals))(w, r)
					if p == 3 {
						sent()
					}
				})
				ids, err := collect(c.Tokens(t.Context(), "acme", "app1", api.ListOptions{Prefetch: prefetch}))
				if err != nil {
					t.Fatal(err)
				}
				had := slices.DeleteFunc(ids, func(id string) bool { return strings.HasPrefix(id, "t-") })
				checkAll(t, had, 500)
			})
		}
	}
}

func TestPagesFetchedAheadOverlap(t *testing.T) {
	for prefetch, most := range map[int]time.Duration{0: 2000 * time.Millisecond, 8: 320 * time.Millisecond, 16: 220 * time.Millisecond} {
		synctest.Test(t, func(t *testing.T) {
			var flying, peak atomic.Int32
			c := onWire(t, func(r *http.Request) (*http.Response, error) {
				peak.Store(max(peak.Load(), flying.Add(1)))
				defer flying.Add(-1)
				time.Sleep(50 * time.Millisecond)
				page, _ := strconv.Atoi(r.URL.Query().Get("page"))
				next := page + 1
				if page == 40 {
					next = 0
				}
				resp := response(r, 200)
				body := pageBody(page, next, (page-1)*2, 2, `"total_pages":40,"total_count":80,`)
				resp.Body, resp.ContentLength = readCloser(body), int64(len(body))
				return resp, nil
			}, api.WithRateLimit(0))
			start := time.Now()
			ids, err := collect(c.Tokens(t.Context(), "acme", "app1", api.ListOptions{Prefetch: prefetch}))
			if err != nil {
				t.Fatal(err)
			}
			checkAll(t, ids, 80)
			if took := time.Since(start); took > most {
				t.Errorf("prefetch %d: 40 pages took %v, want at most %v", prefetch, took, most)
			}
			if p := int(peak.Load()); p > max(prefetch, 1) {
				t.Errorf("prefetch %d: %d pages were in flight", prefetch, p)
			}
		})
	}
}

func TestBreakLeavesNothingBehind(t *testing.T) {
	for _, prefetch := range []int{0, 1, 8} {
		synctest.Test(t, func(t *testing.T) {
			var canceled atomic.Int32
			c := onWire(t, func(r *http.Request) (*http.Response, error) {
				page, _ := strconv.Atoi(r.URL.Query().Get("page"))
				select {
				case <-time.After(time.Duration(page) * time.Second / 10):
				case <-r.Context().Done():
					canceled.Add(1)
					return nil, r.Context().Err()
				}
				resp := response(r, 200)
				body := pageBody(page, page+1, (page-1)*10, 10, `"total_pages":50,"total_count":500,`)
				resp.Body, resp.ContentLength = readCloser(body), int64(len(body))
				return resp, nil
			}, api.WithRateLimit(0))
			before := runtime.NumGoroutine()
			seen := 0
			for _, err := range c.Tokens(t.Context(), "acme", "app1", api.ListOptions{Prefetch: prefetch}) {
				if err != nil {
					t.Fatal(err)
				}
				if seen++; seen == 15 {
					break
				}
			}
			// The range has ended, and so have its goroutines.
			synctest.Wait()
			if after := runtime.NumGoroutine(); after > before {
				t.Errorf("%d goroutines are left", after-before)
			}
			if n := int(canceled.Load()); n < min(prefetch, 2) {
				t.Errorf("%d pages in flight were canceled", n)
			}
		})
	}
}
