package api_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/psoauth/psoauth/api"
)

func TestWhatWasYieldedStaysAndTheListCanBeResumed(t *testing.T) {
	t.Parallel()
	for _, prefetch := range []int{0, 1, 5} {
		t.Run(strconv.Itoa(prefetch), func(t *testing.T) {
			t.Parallel()
			var broken atomic.Bool
			broken.Store(true)
			c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Query().Get("page") == "7" && broken.Load() {
					answer(500, "text/plain", "oops")(w, r)
					return
				}
				pages(1037, true)(w, r)
			})
			ids, err := collect(c.Tokens(t.Context(), "acme", "app1", api.ListOptions{Prefetch: prefetch}))
			var e *api.Error
			if !errors.As(err, &e) || !errors.Is(err, api.ErrServer) || e.Page != 7 {
				t.Fatalf("got %v", err)
			}
			checkAll(t, ids, 600)
			broken.Store(false)
			rest, err := collect(c.Tokens(t.Context(), "acme", "app1", api.ListOptions{Page: e.Page, Prefetch: prefetch}))
			if err != nil {
				t.Fatal(err)
			}
			checkAll(t, append(ids, rest...), 1037)
		})
	}
}

func TestAListThatGrowsMeanwhileYieldsNoTokenTwice(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		issued func(page int) int // how many tokens were issued, before all others, until the page is asked for
		tokens int
	}{
		"by one a page":         {func(p int) int { return p - 1 }, 3000 - 29},
		"by 99 a page":          {func(p int) int { return 99 * (p - 1) }, 3000 - 29*99},
		"by a page":             {func(p int) int { return 100 * min(p-1, 5) }, 3000 - 500},
		"by 250 at once":        {func(p int) int { return 250 * min(p-1, 1) }, 3000 - 100},
		"by 900 at once, later": {func(p int) int { return 900 * min(p/20, 1) }, 3000 - 900},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
				p, _ := strconv.Atoi(r.URL.Query().Get("page"))
				next := p + 1
				if p == 30 {
					next = 0
				}
				// The first token was t0 at first; what is issued since comes before, as t-1.
				answer(200, "application/json", pageBody(p, next, (p-1)*100-test.issued(p), 100, ""))(w, r)
			})
			ids, err := collect(c.Tokens(t.Context(), "acme", "app1", api.ListOptions{}))
			if err != nil || len(ids) != test.tokens {
				t.Errorf("%d tokens were yielded, want %d: %v", len(ids), test.tokens, err)
			}
			seen := map[string]bool{}
			for _, id := range ids {
				if seen[id] {
					t.Fatalf("%s was yielded twice", id)
				}
				seen[id] = true
			}
			for _, limit := range []int{97, 200, 201, 400} { // a token that comes twice counts once
				some, err := collect(c.Tokens(t.Context(), "acme", "app1", api.ListOptions{Limit: limit}))
				if err != nil || !slices.Equal(some, ids[:min(limit, len(ids))]) {
					t.Errorf("of a limit of %d, %d tokens were yielded: %v", limit, len(some), err)
				}
			}
		})
	}
}

func TestAServerThatIgnoresThePageIsALoop(t *testing.T) {
	t.Parallel()
	c, rec := serve(t, func(w http.ResponseWriter, r *http.Request) {
		p, _ := strconv.Atoi(r.URL.Query().Get("page"))
		answer(200, "application/json", pageBody(p, p+1, 0, 100, ""))(w, r)
	})
	ids, err := collect(c.Tokens(t.Context(), "acme", "app1", api.ListOptions{}))
	if !errors.Is(err, api.ErrPageLoop) || len(rec.seen()) > 20 {
		t.Errorf("%d tokens in %d requests, then %v", len(ids), len(rec.seen()), err)
	}
	checkAll(t, ids, 100)
}

func TestACanceledListEndsWithThePageToResumeFrom(t *testing.T) {
	t.Parallel()
	c, _ := serve(t, pages(1037, true))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	seen := 0
	var last error
	for _, err := range c.Tokens(ctx, "acme", "app1", api.ListOptions{}) {
		if last = err; err == nil {
			if seen++; seen == 150 {
				cancel()
			}
		}
	}
	var e *api.Error
	if !errors.As(last, &e) || !errors.Is(last, context.Canceled) || e.Page != 3 || seen != 200 {
		t.Errorf("got %d tokens, then %v", seen, last)
	}
}
