// Package network_test lists tokens over a network that fails as networks do: latency, little bandwidth, connections that
// are reset, stall, come in slices or end after so many bytes. The network is Shopify's toxiproxy between the client and
// the in-memory PlanetScale, all in this process. It is a module of its own, because toxiproxy brings two dozen others.
package network_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"

	"github.com/psoauth/psoauth/api"
	"github.com/psoauth/psoauth/api/apitest"
)

const (
	tokens  = 10_000
	perPage = 100
)

// A toxic is what toxiproxy does to the bytes on their way to the client (https://github.com/Shopify/toxiproxy#toxics).
// Toxicity is the part of the connections that it is done to.
type toxic struct {
	Type       string         `json:"type"`
	Toxicity   float32        `json:"toxicity"`
	Attributes map[string]int `json:"attributes"`
}

// A network is what stands between client and server: proxies, of which each connection goes through one, or none once it
// is healed. Toxics stay as they are while a proxy runs; toxiproxy crashes on one that comes together with a connection.
type network struct {
	server  string
	retries int  // that the client is allowed
	single  bool // a connection carries a single request
	proxies []*toxiproxy.Proxy
	pick    func(n int) int // less than n
	healed  atomic.Bool
}

func (n *network) add(t *testing.T, toxics ...toxic) {
	t.Helper()
	proxy := toxiproxy.NewProxy(toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop()), "planetscale", "127.0.0.1:0", n.server)
	for _, toxic := range toxics {
		data, err := json.Marshal(toxic)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := proxy.Toxics.AddToxicJson(bytes.NewReader(data)); err != nil {
			t.Fatal(err)
		}
	}
	if err := proxy.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(proxy.Stop)
	n.proxies = append(n.proxies, proxy)
}

// DialContext connects to one of the proxies in place of the address.
func (n *network) DialContext(ctx context.Context, network, _ string) (net.Conn, error) {
	address := n.server
	if !n.healed.Load() {
		address = n.proxies[n.pick(len(n.proxies))].Listen
	}
	return new(net.Dialer).DialContext(ctx, network, address)
}

// A counter counts the requests that the client sends.
type counter struct {
	next http.RoundTripper
	sent atomic.Int64
}

func (c *counter) RoundTrip(r *http.Request) (*http.Response, error) {
	c.sent.Add(1)
	return c.next.RoundTrip(r)
}

// TestEveryTokenComesOnceThroughABadNetwork lists 10,000 tokens through each fault. Whenever the list ends with an error,
// the tokens so far are those of the pages before the one that the error names, and the list goes on from that page.
func TestEveryTokenComesOnceThroughABadNetwork(t *testing.T) {
	zerolog.SetGlobalLevel(zerolog.Disabled)
	server := apitest.NewServer(apitest.WithTokens(tokens))
	t.Cleanup(server.Close)
	t.Cleanup(func() { noneLeft(t) })
	ids := make([]string, tokens)
	for i := range ids {
		ids[i] = server.Token(i).ID
	}
	var mu sync.Mutex
	table := make(map[int]string) // by row
	tests := []struct {
		name  string
		fails bool // no page can come through, so that the list has to end with an error first
		build func(*testing.T, *network)
	}{
		{"none", false, always()},
		{"latency: 20 ± 10 ms", false, always(toxic{"latency", 1, map[string]int{"latency": 20, "jitter": 10}})},
		{"bandwidth: 10 MB/s", false, always(toxic{"bandwidth", 1, map[string]int{"rate": 10_000}})},
		{"reset_peer: every second connection", false, everySecond(toxic{"reset_peer", 1, map[string]int{"timeout": 5}})},
		{"reset_peer: each connection", true, always(toxic{"reset_peer", 1, map[string]int{"timeout": 0}})},
		{"timeout: every second connection is silent for 20 ms and ends", false, everySecond(toxic{"timeout", 1, map[string]int{"timeout": 20}})},
		{"timeout: each connection stays silent", true, always(toxic{"timeout", 1, map[string]int{"timeout": 0}})},
		{"slicer: pieces of 2000 ± 1000 bytes", false, always(toxic{"slicer", 1, map[string]int{"average_size": 2000, "size_variation": 1000, "delay": 10}})},
		{"limit_data: each connection ends after 1 MB", false, always(toxic{"limit_data", 1, map[string]int{"bytes": 1_000_000}})},
		{"limit_data: each connection ends after 1 MB, no retries", false, func(t *testing.T, n *network) {
			n.add(t, toxic{"limit_data", 1, map[string]int{"bytes": 1_000_000}})
			n.retries = 0
		}},
		{"limit_data: each connection ends within a page", true, always(toxic{"limit_data", 1, map[string]int{"bytes": 20_000}})},
		{"a random mix, one retry, seed 1", false, mix(1)},
		{"a random mix, one retry, seed 2", false, mix(2)},
		{"a random mix, one retry, seed 3", false, mix(3)},
	}
	t.Run("faults", func(t *testing.T) {
		for i, test := range tests {
			t.Run(test.name, func(t *testing.T) {
				t.Parallel()
				run := list(t, server, ids, test.build, test.fails)
				if test.fails && len(run.resumed) == 0 {
					t.Error("the list came to its end: the fault did nothing")
				}
				mu.Lock()
				defer mu.Unlock()
				table[i] = fmt.Sprintf("| %s | %d | %d | %d | %s | %.1f s |\n", test.name, run.sent, run.retries, len(run.resumed),
					strings.Trim(fmt.Sprint(run.resumed), "[]"), run.took.Seconds())
			})
		}
	})
	var rows strings.Builder
	for i := range tests {
		rows.WriteString(table[i])
	}
	fmt.Printf("%d tokens in %d pages, each token once and in order, in every row:\n\n"+
		"| fault | requests | retries allowed | errors | resumed from page | duration |\n"+
		"| --- | ---: | ---: | ---: | --- | ---: |\n%s\n", tokens, tokens/perPage, rows.String())
}

// always has each connection meet the same toxics.
func always(toxics ...toxic) func(*testing.T, *network) {
	return func(t *testing.T, n *network) { n.add(t, toxics...) }
}

// everySecond has one connection meet the toxics and the next one none, by turns, and each carry a single request.
func everySecond(toxics ...toxic) func(*testing.T, *network) {
	return func(t *testing.T, n *network) {
		n.add(t, toxics...)
		n.add(t)
		n.single = true
		var dialed atomic.Int64
		n.pick = func(of int) int { return int(dialed.Add(1)) % of }
	}
}

// mix makes thirty networks of toxics at random, and has each request go through one of them. A seed gives the same
// networks in the same order.
func mix(seed uint64) func(*testing.T, *network) {
	return func(t *testing.T, n *network) {
		n.retries, n.single = 1, true
		random := rand.New(rand.NewPCG(seed, seed))
		toxics := []func() toxic{
			func() toxic {
				return toxic{"latency", 1, map[string]int{"latency": random.IntN(50), "jitter": random.IntN(20)}}
			},
			func() toxic { return toxic{"bandwidth", 1, map[string]int{"rate": 2_000 + random.IntN(20_000)}} },
			func() toxic { return toxic{"reset_peer", 0.4, map[string]int{"timeout": random.IntN(100)}} },
			func() toxic { return toxic{"timeout", 0.4, map[string]int{"timeout": random.IntN(100)}} },
			func() toxic {
				return toxic{"slicer", 1, map[string]int{"average_size": 1000 + random.IntN(5000), "delay": random.IntN(50)}}
			},
			func() toxic { return toxic{"limit_data", 0.6, map[string]int{"bytes": random.IntN(1_000_000)}} },
		}
		for range 30 {
			var some []toxic
			for _, i := range random.Perm(len(toxics))[:1+random.IntN(3)] {
				some = append(some, toxics[i]())
			}
			n.add(t, some...)
		}
		var mu sync.Mutex
		n.pick = func(of int) int {
			mu.Lock()
			defer mu.Unlock()
			return random.IntN(of)
		}
	}
}

// A run is how a list went.
type run struct {
	sent    int64
	retries int   // allowed
	resumed []int // the pages
	took    time.Duration
}

// list lists all tokens through a network. One that no page can come through it heals after three errors.
func list(t *testing.T, server *apitest.Server, want []string, build func(*testing.T, *network), hopeless bool) run {
	t.Helper()
	network := &network{
		server:  strings.TrimSuffix(strings.TrimPrefix(server.URL, "http://"), "/v1"),
		retries: api.DefaultMaxRetries,
		pick:    func(int) int { return 0 },
	}
	build(t, network)
	transport := &http.Transport{DialContext: network.DialContext, DisableKeepAlives: network.single}
	t.Cleanup(transport.CloseIdleConnections)
	counted := &counter{next: transport}
	client, err := api.NewClient(
		api.WithBaseURL(server.URL), api.WithAuthURL(server.AuthURL),
		api.WithServiceToken(apitest.ServiceTokenID, apitest.ServiceToken),
		api.WithHTTPClient(&http.Client{Transport: counted, Timeout: time.Second / 2}), api.WithRateLimit(0),
		api.WithMaxRetries(network.retries),
	)
	if err != nil {
		t.Fatal(err)
	}

	var got run
	start := time.Now()
	seen, page := 0, 1
	for {
		var failed error
		for token, err := range client.Tokens(t.Context(), apitest.Organization, apitest.ApplicationID, api.ListOptions{Page: page}) {
			if err != nil {
				failed = err
				break
			}
			if seen == len(want) || token.ID != want[seen] {
				t.Fatalf("token %d is %s", seen, token.ID)
			}
			seen++
		}
		if failed == nil {
			break
		}
		e, ok := errors.AsType[*api.Error](failed)
		if !ok || e.Page < 1 || seen != (e.Page-1)*perPage {
			t.Fatalf("after %d tokens: %v", seen, failed)
		}
		got.resumed = append(got.resumed, e.Page)
		if page = e.Page; len(got.resumed) == 100 {
			t.Fatal("the list does not get on")
		}
		if hopeless && len(got.resumed) == 3 {
			network.healed.Store(true)
			transport.CloseIdleConnections()
		}
	}
	if seen != len(want) {
		t.Errorf("%d tokens came, want %d", seen, len(want))
	}
	got.sent, got.retries, got.took = counted.sent.Load(), network.retries, time.Since(start)
	return got
}

// noneLeft fails if the client leaves a goroutine behind. Toxiproxy does, so only those that run the client's code count.
func noneLeft(t *testing.T) {
	t.Helper()
	stacks := make([]byte, 64<<20)
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		left := 0
		var one string
		for goroutine := range strings.SplitSeq(string(stacks[:runtime.Stack(stacks, true)]), "\n\n") {
			if strings.Contains(goroutine, "psoauth/api.") {
				left, one = left+1, goroutine
			}
		}
		if left == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Errorf("%d goroutines are left, such as %s", left, one)
			return
		}
	}
}
