package contract

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/psoauth/psoauth/internal/report"
	"github.com/psoauth/psoauth/internal/text"
)

// Transport returns a round tripper that passes requests to next, unchanged, and gives report every finding in what comes
// back, as a part of the run; the response is as [Validator.CheckResponse] leaves it. A nil next is http.DefaultTransport;
// report may be nil, because the run keeps the findings. The result is safe for concurrent use; report is called by one
// goroutine at a time, and in the order of the findings of a response.
func (r *Run) Transport(next http.RoundTripper, report func(Finding)) http.RoundTripper {
	return &transport{run: r, v: r.v, next: cmp.Or(next, http.DefaultTransport), report: report}
}

type transport struct {
	run    *Run
	v      *Validator // the run's, or one that knows an upstream too
	next   http.RoundTripper
	report func(Finding) // nil for nobody
	mu     sync.Mutex    // one report at a time
	refuse Severity      // the least severity for which findings take the place of a response; Off for none
}

// RoundTrip implements http.RoundTripper.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := t.next.RoundTrip(req)
	if err != nil {
		return resp, err
	}
	findings := t.run.check(t.v, req, resp)
	if t.report != nil && len(findings) > 0 {
		t.mu.Lock()
		defer t.mu.Unlock()
		for _, f := range findings {
			t.report(f)
		}
	}
	if t.refuse != Off && slices.ContainsFunc(findings, func(f Finding) bool {
		return f.Severity >= t.refuse && f.In != inRoute && f.In != inRequest // what was asked is not the response's fault
	}) {
		err = errors.Join(resp.Body.Close(), refuse(resp, findings))
	}
	return resp, err
}

// refuse puts the findings in place of a response.
func refuse(resp *http.Response, findings []Finding) error {
	var b bytes.Buffer
	err := report.WriteJSON(&b, struct {
		Findings []Finding `json:"findings"`
	}{findings})
	resp.StatusCode, resp.Status = http.StatusBadGateway, ""
	resp.Header = http.Header{"Content-Type": {"application/json"}}
	resp.Trailer, resp.TransferEncoding, resp.Uncompressed = nil, nil, false
	resp.Body, resp.ContentLength = io.NopCloser(&b), int64(b.Len())
	return err
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
		return cmp.Or(next, http.DefaultTransport)
	}
	var mu sync.Mutex
	over := false // a connection may outlive the test, and a test that has ended takes no failures
	run := v.NewRun()
	t.Cleanup(func() {
		mu.Lock()
		defer mu.Unlock()
		over = true
		if run.Empty() && !v.allowEmpty {
			t.Errorf("contract: no response was judged: does the client use this transport, and does WithServer name the test server? " +
				"AllowEmpty() accepts it")
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

// ProxyOptions configure [Run.Proxy]. The zero value forwards everything and keeps the findings in the run.
type ProxyOptions struct {
	// Upstream is where requests go: scheme, host, and a path to put before the request's. Nil means the server
	// that the contract declares for the request's path.
	Upstream *url.URL
	// Enforce answers 502 and the findings in place of a response that has a finding of FailOn or worse.
	Enforce bool
	// FailOn is the least severity that Enforce refuses; Off means Error.
	FailOn Severity
	// Report gets every finding, one at a time; encoding it as JSON makes the lines of a log. Nil reports to nobody.
	Report func(Finding)
	// Logger gets what goes wrong between proxy and upstream. Nil discards it.
	Logger *slog.Logger
	// Transport makes the requests. Nil means one like http.DefaultTransport that asks for no compression of its own.
	Transport http.RoundTripper
}

// Proxy returns a handler that forwards requests to the contract's servers and judges what comes back as a part of the
// run. A client in any language uses it in place of them: a request for /v1/… at the proxy is one for /v1/… at the server
// that has this path. Requests and responses pass unchanged but for what HTTP lets a proxy change; credentials are
// forwarded, to that server only, and never reported. The handler is safe for concurrent use.
func (r *Run) Proxy(options ProxyOptions) (http.Handler, error) {
	up := options.Upstream
	if up != nil && (up.Scheme == "" || up.Host == "") {
		return nil, errors.New("the upstream of a proxy: want a URL with a scheme and a host")
	}
	if len(r.v.spec.servers) == 0 {
		return nil, errors.New("the contract declares no server with a host; a proxy does not know where to forward to")
	}
	p := &proxy{spec: r.v.spec, upstream: up, logger: cmp.Or(options.Logger, slog.New(slog.DiscardHandler))}
	judging := &transport{run: r, v: r.v, next: options.Transport, report: options.Report}
	if judging.next == nil {
		next := http.DefaultTransport.(*http.Transport).Clone()
		next.Proxy = httpsProxy
		next.DisableCompression = true // it would add Accept-Encoding, and undo the coding of the response
		judging.next = next
	}
	if options.Enforce {
		judging.refuse = cmp.Or(options.FailOn, Error)
	}
	if up != nil { // requests go there, and URLs in responses lead there, as those of pages do that a test server writes
		widened := *r.v
		widened.aliases = slices.Clone(r.v.aliases)
		for _, server := range r.v.spec.servers {
			at := targetOf(&http.Request{URL: up})
			at.path = strings.TrimSuffix(at.path, "/") + server.path
			widened.aliases = append(widened.aliases, alias{at, server})
		}
		judging.v = &widened
	}
	p.reverse = &httputil.ReverseProxy{Rewrite: p.rewrite, Transport: judging, ErrorHandler: p.failed, FlushInterval: -1}
	return p, nil
}

// httpsProxy is http.ProxyFromEnvironment, but for plain http, where a proxy would read the credential: to localhost that
// function asks for none, but it compares the name by case.
func httpsProxy(req *http.Request) (*url.URL, error) {
	if req.URL.Scheme != "https" {
		return nil, nil
	}
	return http.ProxyFromEnvironment(req)
}

type proxy struct {
	spec     *spec
	upstream *url.URL // nil for the declared servers
	logger   *slog.Logger
	reverse  *httputil.ReverseProxy
}

// server returns the declared server that a request is for: that of the operation with this path or, if there is none,
// that whose base path is the longest of those that fit.
func (p *proxy) server(req *http.Request) target {
	path := targetOf(req).path
	m := p.spec.find(req.Method, target{path: path}, nil)
	for _, server := range p.spec.servers {
		rest, ok := strings.CutPrefix(path, server.path)
		if ok && (rest == "" || rest[0] == '/') && (m == nil || m.at(server.host, server.scheme)) {
			return server
		}
	}
	return p.spec.servers[0]
}

func (p *proxy) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if req.Method == http.MethodConnect {
		http.Error(w, "this proxy takes requests for the API itself, not for other hosts", http.StatusMethodNotAllowed)
		return
	}
	p.reverse.ServeHTTP(w, req)
}

// rewrite makes the request to the upstream or the declared server, whose URL is that of the incoming request, query and all.
// The headers that it copies are those that httputil strips for servers that trust their proxies.
func (p *proxy) rewrite(pr *httputil.ProxyRequest) {
	to := p.upstream
	if to == nil {
		server := p.server(pr.In)
		to = &url.URL{Scheme: server.scheme, Host: server.host}
	}
	*pr.Out.URL = *pr.In.URL
	pr.SetURL(to)
	for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto"} {
		if values, ok := pr.In.Header[name]; ok {
			pr.Out.Header[name] = values
		}
	}
}

// failed answers a request to which there was no response. The reason goes to the log only: it may name hosts inside.
func (p *proxy) failed(w http.ResponseWriter, req *http.Request, err error) {
	why := text.Excerpt(err.Error(), maxMessage, credentialsOf(req.Header)...)
	p.logger.ErrorContext(req.Context(), "no response from upstream", "error", why)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusBadGateway)
	_, _ = io.WriteString(w, `{"error":"no response from upstream"}`+"\n") // a client that has gone needs none
}
