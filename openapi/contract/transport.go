package contract

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
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

// Transport is [Validator.Transport] as a part of the run. Report may be nil: the run keeps the findings.
func (r *Run) Transport(next http.RoundTripper, report func(Finding)) http.RoundTripper {
	if next == nil {
		next = http.DefaultTransport
	}
	if report == nil {
		report = func(Finding) {}
	}
	return &transport{next: next, check: r.CheckResponse, report: report}
}

type transport struct {
	next   http.RoundTripper
	check  func(*http.Request, *http.Response) []Finding
	mu     sync.Mutex
	report func(Finding)
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
		if next == nil {
			next = http.DefaultTransport
		}
		return next
	}
	var mu sync.Mutex
	over := false // a connection may outlive the test, and a test that has ended takes no failures
	run := v.NewRun()
	t.Cleanup(func() {
		mu.Lock()
		defer mu.Unlock()
		over = true
		if run.Empty() && !v.allowEmpty {
			t.Errorf("contract: no response was judged: does the client use this transport, and does WithServer name the test server? AllowEmpty() accepts it")
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
	// Upstream is where requests go: scheme, host, and a path to put before the request's. Nil stands for the server
	// that the contract declares for the request's path.
	Upstream *url.URL
	// Enforce answers 502 and the findings in place of a response that has a finding of FailOn or worse.
	Enforce bool
	// FailOn is the least severity that Enforce refuses; Off stands for Error.
	FailOn Severity
	// Report gets every finding, one at a time; encoding it as JSON makes the lines of a log. Nil reports to nobody.
	Report func(Finding)
	// Logger gets what goes wrong between proxy and upstream. Nil discards it.
	Logger *slog.Logger
	// Transport makes the requests. Nil stands for one like http.DefaultTransport that asks for no compression of its own.
	Transport http.RoundTripper
}

// Proxy returns a handler that forwards requests to the contract's servers and judges what comes back as a part of the
// run. A client in any language uses it in place of them: a request for /v1/… at the proxy is one for /v1/… at the server
// that has this path. Requests and responses pass unchanged but for what HTTP lets a proxy change; credentials are
// forwarded, to that server only, and never reported. The handler is safe for concurrent use.
func (r *Run) Proxy(options ProxyOptions) (http.Handler, error) {
	p := &proxy{v: r.v, run: r, options: options}
	if options.Upstream != nil && (options.Upstream.Scheme == "" || options.Upstream.Host == "") {
		return nil, errors.New("the upstream of a proxy: want a URL with a scheme and a host")
	}
	p.options.FailOn = cmp.Or(options.FailOn, Error)
	if p.options.Logger == nil {
		p.options.Logger = slog.New(slog.DiscardHandler)
	}
	if p.options.Transport == nil {
		transport := http.DefaultTransport.(*http.Transport).Clone()
		transport.Proxy = httpsProxy
		transport.DisableCompression = true // it would add Accept-Encoding, and undo the coding of the response
		p.options.Transport = transport
	}
	if len(r.v.spec.servers) == 0 {
		return nil, errors.New("the contract declares no server with a host; a proxy does not know where to forward to")
	}
	if options.Upstream != nil {
		p.v = r.v.withUpstream(options.Upstream)
	}
	p.reverse = &httputil.ReverseProxy{
		Rewrite:        p.rewrite,
		Transport:      p.options.Transport,
		ModifyResponse: p.judge,
		ErrorHandler:   p.failed,
		FlushInterval:  -1,
	}
	return p, nil
}

// withUpstream returns a validator for which up is an alias of the servers: a URL in a response may lead there, as those of
// pages do that a test server writes.
func (v *Validator) withUpstream(up *url.URL) *Validator {
	widened := *v
	widened.aliases = slices.Clone(v.aliases)
	for _, server := range v.spec.servers {
		at := targetOf(&http.Request{URL: up})
		at.path = strings.TrimSuffix(at.path, "/") + server.path
		widened.aliases = append(widened.aliases, alias{at, server})
	}
	return &widened
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
	v       *Validator // the run's, or one that knows the upstream too
	run     *Run
	options ProxyOptions
	reverse *httputil.ReverseProxy
	mu      sync.Mutex // one report at a time
}

// server returns the declared server that a request is for: that of the operation with this path or, if there is none,
// that whose base path is the longest of those that fit.
func (p *proxy) server(req *http.Request) target {
	path, servers := targetOf(req).path, p.v.spec.servers
	m := p.v.spec.find(req.Method, target{path: path}, nil)
	for _, server := range servers {
		rest, ok := strings.CutPrefix(path, server.path)
		if ok && (rest == "" || rest[0] == '/') && (m == nil || m.at(server.host, server.scheme)) {
			return server
		}
	}
	return servers[0]
}

// declaredURL is the context key of the URL at the declared server, by which the response is judged.
type declaredURL struct{}

func (p *proxy) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if req.Method == http.MethodConnect {
		http.Error(w, "this proxy takes requests for the API itself, not for other hosts", http.StatusMethodNotAllowed)
		return
	}
	server := p.server(req)
	declared := *req.URL
	declared.Scheme, declared.Host = server.scheme, server.host
	p.reverse.ServeHTTP(w, req.WithContext(context.WithValue(req.Context(), declaredURL{}, &declared)))
}

func declaredOf(ctx context.Context) *url.URL { return ctx.Value(declaredURL{}).(*url.URL) }

// rewrite makes the request to the upstream, whose URL is that of the incoming request, query and all. The headers that it
// copies are those that httputil strips for servers that trust their proxies.
func (p *proxy) rewrite(pr *httputil.ProxyRequest) {
	to := *declaredOf(pr.In.Context())
	if up := p.options.Upstream; up != nil {
		path := strings.TrimSuffix(up.EscapedPath(), "/") + to.EscapedPath()
		to.Scheme, to.Host = up.Scheme, strings.ToLower(up.Host)
		to.RawPath = path
		to.Path, _ = url.PathUnescape(path) // both halves came out of a URL
	}
	pr.Out.URL, pr.Out.Host = &to, ""
	for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto"} {
		if values, ok := pr.In.Header[name]; ok {
			pr.Out.Header[name] = values
		}
	}
}

func (p *proxy) judge(resp *http.Response) error {
	ctx := resp.Request.Context()
	findings := p.run.check(p.v, &http.Request{Method: resp.Request.Method, URL: declaredOf(ctx), Header: resp.Request.Header}, resp)
	if p.options.Report != nil {
		p.mu.Lock()
		for _, f := range findings {
			p.options.Report(f)
		}
		p.mu.Unlock()
	}
	refused := slices.ContainsFunc(findings, func(f Finding) bool {
		return f.Severity >= p.options.FailOn && f.In != inRoute && f.In != inRequest // what was asked is not the response's fault
	})
	if !p.options.Enforce || !refused {
		return nil
	}
	if err := resp.Body.Close(); err != nil {
		p.options.Logger.WarnContext(ctx, "closing a refused response", "error", text.Excerpt(err.Error(), maxMessage))
	}
	return refuse(resp, findings)
}

// refuse puts the findings in place of a response.
func refuse(resp *http.Response, findings []Finding) error {
	var b bytes.Buffer
	err := report.WriteJSON(&b, struct {
		Findings []Finding `json:"findings"`
	}{findings})
	if err != nil {
		return err
	}
	resp.StatusCode, resp.Status = http.StatusBadGateway, ""
	resp.Header = http.Header{"Content-Type": {"application/json"}}
	resp.Trailer, resp.TransferEncoding, resp.Uncompressed = nil, nil, false
	resp.Body, resp.ContentLength = io.NopCloser(&b), int64(b.Len())
	return nil
}

// failed answers a request to which there was no response. The reason goes to the log only: it may name hosts inside.
func (p *proxy) failed(w http.ResponseWriter, req *http.Request, err error) {
	p.options.Logger.ErrorContext(req.Context(), "no response from upstream", "error", text.Excerpt(err.Error(), maxMessage, credentialsOf(req.Header)...))
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusBadGateway)
	if err := json.NewEncoder(w).Encode(map[string]string{"error": "no response from upstream"}); err != nil {
		p.options.Logger.WarnContext(req.Context(), "answering a client", "error", text.Excerpt(err.Error(), maxMessage))
	}
}
