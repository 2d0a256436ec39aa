package api_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/psoauth/psoauth/api"
	"github.com/psoauth/psoauth/gen"
)

// Each benchmark compares three clients over the same answers: one that reads them and throws them away, which is as fast
// as net/http goes and is called R; the generated client with encoding/json; and this package.

// BenchmarkList100kTokens lists 100,000 tokens of 3.3 kB each over the loopback interface and one connection.
func BenchmarkList100kTokens(b *testing.B) {
	const pages = 1000
	c := overLoopback(b, newTokenList(b, pages))
	c.compare(b, pages*perPage,
		func(b *testing.B) {
			for page := range int64(pages) {
				c.discard(b, pageURI(page+1))
			}
		},
		func(b *testing.B) {
			for page := new(int64(1)); page != nil; {
				page = c.generatedPage(b, *page).NextPage
			}
		},
		func(b *testing.B) {
			tokens := 0
			for _, err := range c.ours.Tokens(b.Context(), "acme", "app1", api.ListOptions{}) {
				if err != nil {
					b.Fatal(err)
				}
				tokens++
			}
			if tokens != pages*perPage {
				b.Fatalf("%d tokens", tokens)
			}
		})
}

// BenchmarkPage decodes one page of 100 tokens, without a network.
func BenchmarkPage(b *testing.B) {
	c := inProcess(b, newTokenList(b, 2))
	b.Run("client=generated", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			c.generatedPage(b, 1)
		}
	})
	b.Run("client=psoauth", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := c.ours.ListTokens(b.Context(), "acme", "app1", api.ListOptions{}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkCall calls single operations over the loopback interface.
func BenchmarkCall(b *testing.B) {
	c := overLoopback(b, http.HandlerFunc(good))
	const application = "/v1/organizations/acme/oauth-applications/app1"
	type status interface{ StatusCode() int }
	for _, call := range []struct {
		operation, uri string
		generated      func(context.Context) (status, error)
	}{
		{"getOAuthApplication", application, func(ctx context.Context) (status, error) {
			return c.generated.GetOAuthApplicationWithResponse(ctx, "acme", "app1")
		}},
		{"getOAuthToken", application + "/tokens/tok1", func(ctx context.Context) (status, error) {
			return c.generated.GetOAuthTokenWithResponse(ctx, "acme", "app1", "tok1")
		}},
		{"getTokenInfo", "/oauth/token/info", func(ctx context.Context) (status, error) {
			return c.generatedAuth.GetTokenInfoWithResponse(ctx)
		}},
	} {
		b.Run("operation="+call.operation, func(b *testing.B) {
			c.compare(b, 0,
				func(b *testing.B) { c.discard(b, call.uri) },
				func(b *testing.B) {
					if resp, err := call.generated(b.Context()); err != nil || resp.StatusCode() != http.StatusOK {
						b.Fatal(err)
					}
				},
				func(b *testing.B) {
					if _, err := everyOperation[call.operation](b.Context(), c.ours); err != nil {
						b.Fatal(err)
					}
				})
		})
	}
}

// BenchmarkIterator lists 10,000 tokens without a network, page by page and token by token: the difference is what telling
// tokens apart costs.
func BenchmarkIterator(b *testing.B) {
	const pages = 100
	c := inProcess(b, newTokenList(b, pages))
	b.Run("over=pages", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			for _, err := range c.ours.TokenPages(b.Context(), "acme", "app1", api.ListOptions{}) {
				if err != nil {
					b.Fatal(err)
				}
			}
		}
	})
	b.Run("over=tokens", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			for _, err := range c.ours.Tokens(b.Context(), "acme", "app1", api.ListOptions{}) {
				if err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}

// BenchmarkPrefetch lists 40 pages of a server that takes 50 ms to answer.
func BenchmarkPrefetch(b *testing.B) {
	list := newTokenList(b, 40)
	c := overLoopback(b, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(50 * time.Millisecond)
		list.ServeHTTP(w, r)
	}))
	for _, k := range []int{0, 1, 8, 16, 32} {
		b.Run("k="+strconv.Itoa(k), func(b *testing.B) {
			for b.Loop() {
				for _, err := range c.ours.Tokens(b.Context(), "acme", "app1", api.ListOptions{Prefetch: k}) {
					if err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}

// contenders are the three clients.
type contenders struct {
	http          *http.Client
	url           string
	generated     *gen.ClientWithResponses
	generatedAuth *gen.ClientWithResponses
	ours          *api.Client
}

func newContenders(tb testing.TB, client *http.Client, url string) *contenders {
	tb.Helper()
	authorize := func(value string) gen.ClientOption {
		return gen.WithRequestEditorFn(func(_ context.Context, r *http.Request) error {
			r.Header.Set("Authorization", value)
			return nil
		})
	}
	c := &contenders{http: client, url: url}
	var err error
	c.generated, err = gen.NewClientWithResponses(url+"/v1", gen.WithHTTPClient(client), authorize(serviceID+":"+serviceSecret))
	if err != nil {
		tb.Fatal(err)
	}
	c.generatedAuth, err = gen.NewClientWithResponses(url, gen.WithHTTPClient(client), authorize("Bearer "+accessToken))
	if err != nil {
		tb.Fatal(err)
	}
	c.ours, err = api.NewClient(api.WithBaseURL(url+"/v1"), api.WithAuthURL(url), api.WithHTTPClient(client),
		api.WithServiceToken(serviceID, serviceSecret), api.WithAccessToken(accessToken), api.WithRateLimit(0))
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// compare runs a benchmark of each client, which reads so many tokens; 0 if that says nothing. R is measured again in turn
// with each of them, so that whatever else the machine does slows both: xR is how many times as long as R a client takes.
// Allocations are those of the whole process, which has the server in it.
func (c *contenders) compare(b *testing.B, tokens int, discard, generated, ours func(*testing.B)) {
	for _, contender := range []struct {
		name string
		run  func(*testing.B)
	}{{"discard", discard}, {"generated", generated}, {"psoauth", ours}} {
		b.Run("client="+contender.name, func(b *testing.B) {
			var r time.Duration
			var before, after runtime.MemStats
			var allocated uint64
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				start := time.Now()
				discard(b)
				r += time.Since(start)
				runtime.ReadMemStats(&before)
				b.StartTimer()
				contender.run(b)
				b.StopTimer()
				runtime.ReadMemStats(&after)
				allocated += after.Mallocs - before.Mallocs
				b.StartTimer()
			}
			b.ReportMetric(float64(b.Elapsed())/float64(r), "xR")
			if tokens > 0 {
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*tokens), "ns/token")
				b.ReportMetric(float64(allocated)/float64(b.N*tokens), "allocs/token")
			}
		})
	}
}

func (c *contenders) discard(b testing.TB, uri string) {
	request, err := http.NewRequestWithContext(b.Context(), http.MethodGet, c.url+uri, nil)
	if err != nil {
		b.Fatal(err)
	}
	resp, err := c.http.Do(request)
	if err != nil {
		b.Fatal(err)
	}
	n, err := io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
	if err != nil || n == 0 || resp.StatusCode != http.StatusOK {
		b.Fatalf("%s: %d, %d bytes, %v", uri, resp.StatusCode, n, err)
	}
}

func (c *contenders) generatedPage(b testing.TB, page int64) *gen.OAuthTokenPage {
	perPage := int64(perPage)
	resp, err := c.generated.ListOAuthTokensWithResponse(b.Context(), "acme", "app1",
		&gen.ListOAuthTokensParams{Page: &page, PerPage: &perPage})
	if err != nil || resp.JSON200 == nil {
		b.Fatal(err)
	}
	return resp.JSON200
}

func pageURI(page int64) string {
	return fmt.Sprintf("/v1/organizations/acme/oauth-applications/app1/tokens?page=%d&per_page=%d", page, perPage)
}

// overLoopback makes clients of a server that it starts.
func overLoopback(tb testing.TB, handler http.Handler) *contenders {
	tb.Helper()
	srv := httptest.NewServer(handler)
	tb.Cleanup(srv.Close)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 32}}
	tb.Cleanup(client.CloseIdleConnections)
	return newContenders(tb, client, srv.URL)
}

// inProcess makes clients that have a transport in place of a network.
func inProcess(tb testing.TB, transport http.RoundTripper) *contenders {
	tb.Helper()
	return newContenders(tb, &http.Client{Transport: transport}, "http://localhost")
}
