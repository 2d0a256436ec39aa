package api_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/psoauth/psoauth/api"
)

// An internet is two servers behind all host names there are: ours behind the host of the API, and a
// hostile one behind all others.
type internet struct {
	ours, hostile *recorder
	transport     *http.Transport

	mu     sync.Mutex
	dialed []string // the addresses that led to the hostile server
}

func newInternet(t *testing.T, ours http.HandlerFunc) *internet {
	t.Helper()
	start := func(rec *recorder) string {
		srv := httptest.NewTLSServer(rec)
		t.Cleanup(srv.Close)
		return srv.Listener.Addr().String()
	}
	web := &internet{ours: &recorder{Handler: ours}, hostile: &recorder{Handler: http.HandlerFunc(good)}}
	atHome, elsewhere := start(web.ours), start(web.hostile)
	plain := httptest.NewServer(web.hostile) // for those who come without TLS
	t.Cleanup(plain.Close)
	web.transport = &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, // the servers have no certificate for these names
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			to := elsewhere
			switch {
			case strings.EqualFold(address, "api.planetscale.com:443"):
				to = atHome
			case strings.HasSuffix(address, ":80"):
				to = plain.Listener.Addr().String()
			}
			if to != atHome {
				web.mu.Lock()
				web.dialed = append(web.dialed, address)
				web.mu.Unlock()
			}
			return new(net.Dialer).DialContext(ctx, network, to)
		},
	}
	t.Cleanup(web.transport.CloseIdleConnections)
	return web
}

func (i *internet) client(t *testing.T, options ...api.Option) *api.Client {
	t.Helper()
	c, err := api.NewClient(append([]api.Option{
		api.WithServiceToken(serviceID, serviceSecret), api.WithAccessToken(accessToken),
		api.WithHTTPClient(&http.Client{Transport: i.transport}), api.WithRateLimit(0),
	}, options...)...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (i *internet) foreign() []string {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.dialed
}

// redirect answers everything but /moved with a redirect.
func redirect(status int, location string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "moved") {
			answer(200, "application/json", tokenBody)(w, r)
			return
		}
		w.Header().Set("Location", location)
		w.WriteHeader(status)
	}
}

func TestNoSpellingOfAnotherHostGetsAnything(t *testing.T) {
	t.Parallel()
	for name, location := range map[string]string{
		"plain http":                       "http://api.planetscale.com/v1/x",
		"another port":                     "https://api.planetscale.com:8443/v1/x",
		"a port with a zero before it":     "https://api.planetscale.com:0443/v1/x",
		"another host":                     "https://evil.example/v1/x",
		"our host as a subdomain of it":    "https://api.planetscale.com.evil.example/v1/x",
		"a subdomain of ours":              "https://x.api.planetscale.com/v1/x",
		"the domain above ours":            "https://planetscale.com/v1/x",
		"our host as a user name":          "https://api.planetscale.com@evil.example/v1/x",
		"our host and port as credentials": "https://api.planetscale.com:443@evil.example/v1/x",
		"our host with a dot behind":       "https://api.planetscale.com./v1/x",
		"a letter that lower case makes i": "https://ap\u0130.planetscale.com/v1/x",
		"the same, as it is sent":          "https://xn--api-bec.planetscale.com/v1/x",
		"the same, escaped":                "https://ap%C4%B0.planetscale.com/v1/x",
		"a letter that looks like a":       "https://\u0430pi.planetscale.com/v1/x",
		"no scheme":                        "//evil.example/v1/x",
		"an address":                       "https://127.0.0.1/v1/x",
		"an address in IPv6":               "https://[::1]/v1/x",
	} {
		for _, status := range []int{301, 302, 303, 307, 308} {
			t.Run(fmt.Sprint(name, " with ", status), func(t *testing.T) {
				t.Parallel()
				web := newInternet(t, redirect(status, location))
				v, err := web.client(t).GetToken(t.Context(), "acme", "app1", "tok1")
				if v != nil || !errors.Is(err, api.ErrForeignHost) || strings.Contains(err.Error(), "canary") {
					t.Errorf("got %v, %v", v, err)
				}
				if n := len(web.ours.seen()); n != 1 {
					t.Errorf("%d requests were sent to the host of ours", n)
				}
				if foreign, received := web.foreign(), web.hostile.seen(); len(foreign)+len(received) != 0 {
					t.Errorf("connections were made to %v, and %d requests sent", foreign, len(received))
				}
				// Whoever follows redirects as net/http does would have sent something there.
				request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://api.planetscale.com/", nil)
				if err != nil {
					t.Fatal(err)
				}
				if resp, err := (&http.Client{Transport: web.transport}).Do(request); err == nil {
					resp.Body.Close()
				}
				if len(web.foreign()) == 0 {
					t.Error("the redirect leads nowhere else: this case tests nothing")
				}
			})
		}
	}
}

func TestEverySpellingOfOurOwnHostIsFollowedWithOurCredential(t *testing.T) {
	t.Parallel()
	for name, location := range map[string]string{
		"the same":                    "https://api.planetscale.com/v1/moved",
		"in capitals, with the port":  "HTTPS://API.PlanetScale.COM:443/v1/moved",
		"with an empty port":          "https://api.planetscale.com:/v1/moved",
		"with credentials of its own": "https://api:pscale_tkn_evil@api.planetscale.com/v1/moved",
		"a path":                      "/moved",
		"what a browser takes for //": `/\evil.example/moved`,
		"a dot segment":               "../../../../moved",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			web := newInternet(t, redirect(http.StatusFound, location))
			if _, err := web.client(t).GetToken(t.Context(), "acme", "app1", "tok1"); err != nil {
				t.Error(err)
			}
			requests := web.ours.seen()
			if len(requests) != 2 || len(web.foreign()) != 0 {
				t.Fatalf("%d requests to our host, and connections to %v", len(requests), web.foreign())
			}
			for _, r := range requests {
				if got := r.Header.Values("Authorization"); len(got) != 1 || got[0] != serviceID+":"+serviceSecret {
					t.Errorf("%s got the Authorization %q", r.URL, got)
				}
			}
		})
	}
}

func TestALaterHopIsCheckedLikeTheFirst(t *testing.T) {
	t.Parallel()
	hops := 0
	web := newInternet(t, func(w http.ResponseWriter, r *http.Request) {
		if hops++; hops == 4 {
			http.Redirect(w, r, "https://api.planetscale.com.evil.example/", http.StatusFound)
			return
		}
		http.Redirect(w, r, fmt.Sprint("/hop", hops), http.StatusFound)
	})
	if _, err := web.client(t).GetToken(t.Context(), "acme", "app1", "tok1"); !errors.Is(err, api.ErrForeignHost) {
		t.Errorf("got %v", err)
	}
	if len(web.foreign()) != 0 || hops != 4 {
		t.Errorf("%d hops, connections to %v", hops, web.foreign())
	}
}

func TestAProxyIsToldTheHostAndNothingElse(t *testing.T) {
	t.Parallel()
	for name, refuse := range map[string]http.HandlerFunc{
		"a tunnel":   nil,
		"a redirect": redirect(http.StatusFound, "http://evil.example/"),
		"a refusal":  answer(http.StatusProxyAuthRequired, "text/plain", "who are you?"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			web := newInternet(t, good)
			proxy := &recorder{Handler: refuse}
			if refuse == nil {
				proxy.Handler = tunnel(web.transport.DialContext)
			}
			srv := httptest.NewServer(proxy)
			defer srv.Close()
			throughProxy := web.transport.Clone()
			throughProxy.DialContext = nil
			throughProxy.Proxy = func(*http.Request) (*url.URL, error) { return url.Parse(srv.URL) }
			defer throughProxy.CloseIdleConnections()
			c := web.client(t, api.WithHTTPClient(&http.Client{Transport: throughProxy}), api.WithMaxRetries(0))
			_, err := c.GetToken(t.Context(), "acme", "app1", "tok1")
			if (err != nil) != (refuse != nil) {
				t.Errorf("got %v", err)
			}
			if len(proxy.seen()) != 1 || len(web.foreign()) != 0 {
				t.Errorf("%d requests to the proxy, connections to %v", len(proxy.seen()), web.foreign())
			}
			for _, r := range proxy.seen() {
				if said := fmt.Sprint(r.Method, r.RequestURI, r.Header); r.Method != http.MethodConnect ||
					strings.Contains(said, "canary") || strings.Contains(said, serviceID) {
					t.Errorf("the proxy was told %s", said)
				}
			}
		})
	}
}

// tunnel is a handler that does what CONNECT asks for.
func tunnel(dial func(ctx context.Context, network, address string) (net.Conn, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		there, err := dial(r.Context(), "tcp", r.Host)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		defer there.Close()
		here, buffered, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer here.Close()
		_, _ = io.WriteString(here, "HTTP/1.1 200 OK\r\n\r\n")
		go func() { _, _ = io.Copy(there, buffered); _ = there.Close() }()
		_, _ = io.Copy(here, there)
	}
}

// Run again by TestNoCredentialReachesAProxyInPlainText, with a proxy in its environment, which net/http reads only once.
func TestAskThroughTheProxyOfTheEnvironment(t *testing.T) {
	target := os.Getenv("PSOAUTH_TEST_TARGET")
	if target == "" {
		t.Skip("not on its own")
	}
	if proxy := os.Getenv("PSOAUTH_TEST_PROXY"); proxy != "" {
		through, _ := url.Parse(proxy)
		http.DefaultTransport.(*http.Transport).Proxy = http.ProxyURL(through)
	}
	c, err := api.NewClient(api.WithBaseURL(target), api.WithServiceToken(serviceID, serviceSecret), api.WithMaxRetries(0))
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.GetToken(t.Context(), "acme", "app1", "tok1")
	t.Log(err)
}

func TestNoCredentialReachesAProxyInPlainText(t *testing.T) {
	t.Parallel()
	proxy := &recorder{Handler: http.HandlerFunc(good)}
	proxySrv := httptest.NewServer(proxy)
	defer proxySrv.Close()
	var target atomic.Value // a string, which handlers of an earlier round may still read
	rec := &recorder{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/end" {
			answer(200, "application/json", tokenBody)(w, r)
			return
		}
		http.Redirect(w, r, target.Load().(string)+"/end", http.StatusFound)
	})}
	srv := httptest.NewServer(rec)
	defer srv.Close()
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(srv.URL, "http://"))
	for from, to := range map[string]string{"localhost": "LocalHost", "LOCALHOST": "localhost", "127.0.0.1": "127.0.0.1"} {
		target.Store("http://" + to + ":" + port)
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestAskThroughTheProxyOfTheEnvironment$", "-test.v")
		cmd.Env = append(os.Environ(), "HTTP_PROXY="+proxySrv.URL, "http_proxy="+proxySrv.URL, "NO_PROXY=", "no_proxy=",
			"PSOAUTH_TEST_TARGET=http://"+from+":"+port)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		if n := len(proxy.seen()); n != 0 {
			t.Fatalf("from %s to %s: the proxy received %d requests, the first with %v", from, to, n, proxy.seen()[0].Header)
		}
	}
	t.Run("that the default transport of the program names", func(t *testing.T) {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestAskThroughTheProxyOfTheEnvironment$", "-test.v")
		cmd.Env = append(os.Environ(), "PSOAUTH_TEST_PROXY="+proxySrv.URL, "PSOAUTH_TEST_TARGET="+srv.URL)
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "would read the credential") || len(proxy.seen()) != 0 {
			t.Errorf("the proxy received %d requests: %v: %s", len(proxy.seen()), err, out)
		}
	})
	t.Run("that a transport names", func(t *testing.T) {
		through, _ := url.Parse(proxySrv.URL)
		c := clientFor(t, srv.URL, api.WithHTTPClient(&http.Client{Transport: &http.Transport{Proxy: http.ProxyURL(through)}}))
		if _, err := c.GetToken(t.Context(), "acme", "app1", "tok1"); err == nil || len(proxy.seen()) != 0 {
			t.Errorf("the proxy received %d requests: %v", len(proxy.seen()), err)
		}
	})
}

func TestHostsAreInLowerCaseOnEveryHop(t *testing.T) {
	t.Parallel()
	var hosts []string
	c := onWire(t, func(r *http.Request) (*http.Response, error) {
		if hosts = append(hosts, r.URL.Host); len(hosts) == 1 {
			return response(r, 302, "Location", "http://LocalHost:8080/x"), nil
		}
		resp := response(r, 200)
		resp.Body, resp.ContentLength = readCloser(tokenBody), -1
		return resp, nil
	}, api.WithBaseURL("http://LOCALHOST:8080/v1"), api.WithMaxRetries(0))
	if _, err := c.GetToken(t.Context(), "acme", "app1", "tok1"); err != nil {
		t.Error(err)
	}
	if fmt.Sprint(hosts) != "[localhost:8080 localhost:8080]" {
		t.Errorf("sent to %v", hosts)
	}
}
