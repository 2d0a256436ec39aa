package contract_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/psoauth/psoauth/openapi/contract"
)

// upstream is a server that answers each path of the API with a body, and remembers the last request.
func upstream(t *testing.T, bodies map[string]string) (*httptest.Server, func() *http.Request) {
	t.Helper()
	var mu sync.Mutex
	var last *http.Request
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		last = r.Clone(r.Context())
		mu.Unlock()
		body, ok := bodies[r.URL.Path]
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Upstream", "kept")
		if !ok {
			w.WriteHeader(http.StatusNotFound)
			body = `{"code":"not_found"}`
		}
		fmt.Fprint(w, body)
	}))
	t.Cleanup(server.Close)
	return server, func() *http.Request {
		mu.Lock()
		defer mu.Unlock()
		return last
	}
}

const (
	tokenPath = "/v1/organizations/acme/oauth-applications/5kq1x0v2m8yd/tokens/8zt3c5n7w1qa"
	infoPath  = "/oauth/token/info"
)

func stands(url string) []contract.Option {
	return []contract.Option{contract.WithServer(url+"/v1", "https://api.planetscale.com/v1"), contract.WithServer(url, "https://auth.planetscale.com")}
}

func get(t *testing.T, client *http.Client, url string) (status int, header http.Header, body string) {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer pscale_oauth_verysecret")
	req.Header.Set("X-Forwarded-For", "192.0.2.1")
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header, string(data)
}

func TestTransportReportsAndPasses(t *testing.T) {
	t.Parallel()
	server, last := upstream(t, map[string]string{tokenPath: "[]", infoPath: `{"active":false}`})
	var found []contract.Finding
	client := &http.Client{Transport: validator(t, stands(server.URL)...).NewRun().Transport(nil, func(f contract.Finding) { found = append(found, f) })}
	if status, _, body := get(t, client, server.URL+infoPath); status != 200 || body != `{"active":false}` || len(found) != 0 {
		t.Errorf("got %d %q, %v", status, body, found)
	}
	if status, header, body := get(t, client, server.URL+tokenPath); status != 200 || body != "[]" || header.Get("X-Upstream") != "kept" {
		t.Errorf("got %d %q", status, body)
	}
	if got := brief(found); !slices.Equal(got, []string{"error schema.type body"}) || found[0].Source != "live" {
		t.Errorf("found %q", got)
	}
	if auth := last().Header.Get("Authorization"); auth != "Bearer pscale_oauth_verysecret" {
		t.Errorf("the server got %q", auth)
	}
}

type failing struct{ err error }

func (f failing) RoundTrip(*http.Request) (*http.Response, error) { return nil, f.err }

func TestTransportPassesErrors(t *testing.T) {
	t.Parallel()
	want := errors.New("no route to host")
	_, err := validator(t).NewRun().Transport(failing{want}, nil).RoundTrip(answer{url: tokenURL}.request(t))
	if !errors.Is(err, want) {
		t.Errorf("got %v", err)
	}
}

// A recorder is a test that fails without consequences.
type recorder struct {
	failures []string
	cleanup  []func()
}

func (r *recorder) Helper() {}
func (r *recorder) Errorf(format string, args ...any) {
	r.failures = append(r.failures, fmt.Sprintf(format, args...))
}
func (r *recorder) Cleanup(f func()) { r.cleanup = append(r.cleanup, f) }

func TestTestTransport(t *testing.T) {
	t.Parallel()
	note := strings.Replace(tokenBody, "{", `{"new":1,`, 1)
	server, _ := upstream(t, map[string]string{tokenPath: note, infoPath: `{"active":1}`})
	r := &recorder{}
	client := &http.Client{Transport: contract.TestTransport(r, nil, stands(server.URL)...)}
	get(t, client, server.URL+tokenPath)
	if len(r.failures) != 0 {
		t.Errorf("a note fails the test: %q", r.failures)
	}
	get(t, client, server.URL+infoPath)
	if len(r.failures) != 1 || !strings.Contains(r.failures[0], "schema.type") || !strings.Contains(r.failures[0], "/active") {
		t.Errorf("failures: %q", r.failures)
	}
	for _, f := range r.cleanup {
		f()
	}
	get(t, client, server.URL+infoPath)
	if len(r.failures) != 1 {
		t.Error("a finding after the end of the test is reported to it")
	}

	for _, test := range []struct {
		options []contract.Option
		want    int
	}{{nil, 1}, {[]contract.Option{contract.AllowEmpty()}, 0}} {
		r = &recorder{}
		contract.TestTransport(r, nil, test.options...)
		for _, f := range r.cleanup {
			f()
		}
		if len(r.failures) != test.want || test.want == 1 && !strings.Contains(r.failures[0], "WithServer") {
			t.Errorf("without a response: %q", r.failures)
		}
	}

	r = &recorder{}
	contract.TestTransport(r, nil, contract.WithSeverity("typo", contract.Off))
	if len(r.failures) != 1 {
		t.Errorf("wrong options: %q", r.failures)
	}
}

func TestProxyForwardsAndReports(t *testing.T) {
	t.Parallel()
	server, last := upstream(t, map[string]string{tokenPath: strings.Replace(tokenBody, `"CI"`, `"pscale_oauth_inside","display_name":7`, 1), infoPath: infoBody})
	var mu sync.Mutex
	var found []contract.Finding
	run := validator(t).NewRun()
	handler, err := run.Proxy(contract.ProxyOptions{Upstream: parse(t, server.URL), Report: func(f contract.Finding) {
		mu.Lock()
		defer mu.Unlock()
		found = append(found, f)
	}})
	if err != nil {
		t.Fatal(err)
	}
	proxy := httptest.NewServer(handler)
	defer proxy.Close()

	client := &http.Client{Transport: &http.Transport{DisableCompression: true}}
	status, header, body := get(t, client, proxy.URL+tokenPath+"?a=%zz;b&c")
	if status != 200 || !strings.Contains(body, "pscale_oauth_inside") || header.Get("X-Upstream") != "kept" {
		t.Errorf("got %d %v %q", status, header, body)
	}
	got := last()
	if got.URL.RawQuery != "a=%zz;b&c" || got.Header.Get("Authorization") != "Bearer pscale_oauth_verysecret" ||
		got.Header.Get("X-Forwarded-For") != "192.0.2.1" || got.Header.Get("Accept-Encoding") != "" || got.Host != strings.TrimPrefix(server.URL, "http://") {
		t.Errorf("upstream got %s %s %v", got.Host, got.URL, got.Header)
	}
	if want := []string{"warning request.undeclared-parameter request /c", "error json.duplicate-member body /display_name", "error schema.type body /display_name"}; !slices.Equal(brief(found), want) {
		t.Errorf("found %q", brief(found))
	}
	if strings.Contains(fmt.Sprint(found), "inside") || strings.Contains(fmt.Sprint(found), "verysecret") {
		t.Error("a secret is in a finding")
	}

	found = nil
	get(t, client, proxy.URL+infoPath)
	get(t, client, proxy.URL+"/v1/unknown")
	if want := []string{"note route.not-found route"}; !slices.Equal(brief(found), want) {
		t.Errorf("found %q", brief(found))
	}
	if s := contract.NewReport(run, nil, contract.Off).Summary; s.Responses != 3 || s.Errors != 2 || s.Warnings != 1 || s.Notes != 1 {
		t.Errorf("the run has %v", s)
	}
}

func TestProxyEnforces(t *testing.T) {
	t.Parallel()
	server, _ := upstream(t, map[string]string{tokenPath: "[]", infoPath: `{"active":false,"new":1}`})
	for _, test := range []struct {
		path   string
		failOn contract.Severity
		status int
		rule   string
	}{
		{tokenPath, contract.Off, 502, "schema.type"},
		{infoPath, contract.Off, 200, ""},
		{infoPath, contract.Note, 502, "schema.undeclared-member"},
		{tokenPath + "1", contract.Note, 404, ""},
		{"/oauth/token", contract.Note, 404, ""}, // the contract does not describe it, and a client needs it to renew a token
	} {
		handler, err := validator(t).NewRun().Proxy(contract.ProxyOptions{Upstream: parse(t, server.URL), Enforce: true, FailOn: test.failOn})
		if err != nil {
			t.Fatal(err)
		}
		proxy := httptest.NewServer(handler)
		status, header, body := get(t, http.DefaultClient, proxy.URL+test.path)
		if status != test.status || test.rule != "" && !strings.Contains(body, test.rule) || (status == 502) != (header.Get("X-Upstream") == "") {
			t.Errorf("%s: got %d %v %s", test.path, status, header, body)
		}
		proxy.Close()
	}
}

// A test server's answers lead to itself; that is no departure where it stands for the declared server.
func TestProxyKnowsItsUpstream(t *testing.T) {
	t.Parallel()
	var next string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"current_page":1,"next_page":2,"next_page_url":%q,"prev_page":null,"prev_page_url":null,"data":[%s]}`, next, tokenBody)
	}))
	t.Cleanup(server.Close)
	list := strings.TrimSuffix(tokenPath, "/8zt3c5n7w1qa")
	for _, test := range []struct {
		upstream, next string
		want           []string
	}{
		{server.URL, server.URL + list + "?page=2", nil},
		{server.URL + "/base/", server.URL + "/base" + list + "?page=2", nil},
		{server.URL, "https://api.planetscale.com" + list + "?page=2", nil},
		{server.URL, server.URL + "/elsewhere?page=2", []string{"error page.url-elsewhere body /next_page_url"}},
	} {
		next = test.next
		run := validator(t).NewRun()
		handler, err := run.Proxy(contract.ProxyOptions{Upstream: parse(t, test.upstream)})
		if err != nil {
			t.Fatal(err)
		}
		req := httptest.NewRequest("GET", "http://localhost"+list, nil)
		req.Header.Set("Authorization", "Bearer pscale_oauth_verysecret")
		handler.ServeHTTP(httptest.NewRecorder(), req)
		if got := brief(contract.NewReport(run, nil, contract.Off).Findings); !slices.Equal(got, test.want) {
			t.Errorf("%s by way of %s: got %q, want %q", test.next, test.upstream, got, test.want)
		}
	}
}

// A declared server gets what is for it, without an upstream to say so.
func TestProxyChoosesTheServer(t *testing.T) {
	t.Parallel()
	var asked []string
	handler, err := validator(t).NewRun().Proxy(contract.ProxyOptions{Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
		asked = append(asked, req.URL.String())
		return nil, errors.New("Bearer pscale_oauth_verysecret is offline")
	})})
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{tokenPath, infoPath, "/v1/organizations?page=2", "/elsewhere"} {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest("GET", "http://localhost"+path, nil))
		if w.Code != 502 || strings.Contains(w.Body.String(), "offline") {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	want := []string{"https://api.planetscale.com" + tokenPath, "https://auth.planetscale.com" + infoPath,
		"https://api.planetscale.com/v1/organizations?page=2", "https://auth.planetscale.com/elsewhere"}
	if !slices.Equal(asked, want) {
		t.Errorf("got %q", asked)
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest("CONNECT", "http://example.com:443", nil))
	if w.Code != http.StatusMethodNotAllowed {
		t.Errorf("CONNECT: %d", w.Code)
	}
}

func TestProxyIsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	server, _ := upstream(t, map[string]string{tokenPath: "[]", infoPath: infoBody})
	run := validator(t).NewRun()
	reported := 0
	handler, err := run.Proxy(contract.ProxyOptions{Upstream: parse(t, server.URL), Report: func(contract.Finding) { reported++ }})
	if err != nil {
		t.Fatal(err)
	}
	proxy := httptest.NewServer(handler)
	defer proxy.Close()
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			get(t, http.DefaultClient, proxy.URL+[]string{tokenPath, infoPath}[i%2])
		})
	}
	wg.Wait()
	if s := contract.NewReport(run, nil, contract.Off).Summary; s.Responses != 40 || s.Errors != 20 || reported != 20 {
		t.Errorf("%v; %d reported", s, reported)
	}
}

func parse(t *testing.T, raw string) *url.URL {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }
