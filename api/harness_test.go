package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/psoauth/psoauth/api"
)

// The credentials of all tests here. None of them may ever be printed.
const (
	serviceID     = "k2m4p6r8t0w1"
	serviceSecret = "pscale_tkn_canaryService0123456789"
	accessToken   = "pscale_oauth_canaryAccess0123456789"
	refreshToken  = "pscale_oauth_refresh_canaryRefresh0123456789"
)

// Bodies that keep the contract.
const (
	tokenBody = `{"id":"tok1","display_name":"CI","avatar_url":"https://x.example/a.png",` +
		`"created_at":"2026-05-01T08:00:00.000Z","updated_at":"2026-05-02T08:00:00.000Z",` +
		`"actor_id":null,"actor_display_name":null,"actor_type":null}`
	applicationBody = `{"id":"app1","name":"App","redirect_uri":"https://x.example/cb","domain":"x.example",` +
		`"created_at":"2026-05-01T08:00:00.000Z","updated_at":"2026-05-02T08:00:00.000Z",` +
		`"scopes":"read_user read_databases","avatar":"https://x.example/a.png","client_id":"pscale_app_1","tokens":2}`
	infoBody  = `{"active":true,"scope":"read_user","client_id":"pscale_app_1","token_type":"Bearer","exp":1787875200,"iat":1785283200,"sub":"u1"}`
	emptyPage = `{"current_page":1,"next_page":null,"next_page_url":null,"prev_page":null,"prev_page_url":null,"data":[]}`
)

// goodBody answers any of the operations, by the escaped path of a request. The id is the one asked for.
func goodBody(path string) string {
	switch {
	case strings.HasSuffix(path, "/tokens"):
		return emptyPage
	case strings.HasSuffix(path, "/oauth/token/info"):
		return infoBody
	case strings.Contains(path, "/tokens/"):
		return withID(tokenBody, "tok1", path)
	}
	return withID(applicationBody, "app1", path)
}

// withID puts the last segment of a path in the place of an id.
func withID(body, id, path string) string {
	asked, err := url.PathUnescape(path[strings.LastIndex(path, "/")+1:])
	if err != nil {
		return body
	}
	quoted, _ := json.Marshal(asked)
	return strings.Replace(body, strconv.Quote(id), string(quoted), 1)
}

// everyOperation calls each operation of a client once.
var everyOperation = map[string]func(context.Context, *api.Client) (any, error){
	"getOAuthApplication": func(ctx context.Context, c *api.Client) (any, error) {
		return anyOf(c.GetApplication(ctx, "acme", "app1"))
	},
	"listOAuthTokens": func(ctx context.Context, c *api.Client) (any, error) {
		return anyOf(c.ListTokens(ctx, "acme", "app1", api.ListOptions{}))
	},
	"getOAuthToken": func(ctx context.Context, c *api.Client) (any, error) {
		return anyOf(c.GetToken(ctx, "acme", "app1", "tok1"))
	},
	"getTokenInfo": func(ctx context.Context, c *api.Client) (any, error) {
		return anyOf(c.TokenInfo(ctx))
	},
}

// anyOf keeps a nil pointer recognisable as nil.
func anyOf[T any](v *T, err error) (any, error) {
	if v == nil {
		return nil, err
	}
	return v, err
}

// A recorder is a handler that keeps what it was asked.
type recorder struct {
	http.Handler
	mu       sync.Mutex
	requests []*http.Request
}

func (r *recorder) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.mu.Lock()
	r.requests = append(r.requests, req.Clone(context.Background()))
	r.mu.Unlock()
	r.Handler.ServeHTTP(w, req)
}

func (r *recorder) seen() []*http.Request {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.requests
}

// serve starts a server and a client for it that neither retries nor waits, unless options say so.
func serve(t *testing.T, handler http.HandlerFunc, options ...api.Option) (*api.Client, *recorder) {
	t.Helper()
	rec := &recorder{Handler: handler}
	srv := httptest.NewServer(rec)
	t.Cleanup(srv.Close)
	return clientFor(t, srv.URL, options...), rec
}

func clientFor(t *testing.T, url string, options ...api.Option) *api.Client {
	t.Helper()
	c, err := api.NewClient(append([]api.Option{
		api.WithBaseURL(url + "/v1"), api.WithAuthURL(url),
		api.WithServiceToken(serviceID, serviceSecret), api.WithAccessToken(accessToken),
		api.WithMaxRetries(0), api.WithRateLimit(0),
	}, options...)...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// answer is a handler that always says the same.
func answer(status int, contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Content-Type"] = []string{contentType}
		if contentType == "" {
			w.Header()["Content-Type"] = nil
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func good(w http.ResponseWriter, r *http.Request) {
	answer(http.StatusOK, "application/json", goodBody(r.URL.EscapedPath()))(w, r)
}

// A wire is a transport without a network, for tests with a clock of their own.
type wire func(*http.Request) (*http.Response, error)

func (w wire) RoundTrip(r *http.Request) (*http.Response, error) { return w(r) }

func onWire(t *testing.T, w wire, options ...api.Option) *api.Client {
	t.Helper()
	c, err := api.NewClient(append([]api.Option{
		api.WithServiceToken(serviceID, serviceSecret), api.WithAccessToken(accessToken),
		api.WithHTTPClient(&http.Client{Transport: w}),
	}, options...)...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func response(r *http.Request, status int, header ...string) *http.Response {
	h := http.Header{"Content-Type": {"application/json"}}
	for i := 0; i < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	body := goodBody(r.URL.EscapedPath())
	if status != http.StatusOK {
		body = `{"code":"some_code","message":"some words"}`
	}
	return &http.Response{
		StatusCode: status, Header: h, Request: r, ContentLength: int64(len(body)),
		Body: io.NopCloser(strings.NewReader(body)), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}
}

// bodyWire answers everything with body.
func bodyWire(body []byte, status int) wire {
	return func(r *http.Request) (*http.Response, error) {
		resp := response(r, status)
		resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		return resp, nil
	}
}

func readCloser(body string) io.ReadCloser { return io.NopCloser(strings.NewReader(body)) }

// pageBody makes a page of n tokens with ids from first on; next is 0 on the last page.
func pageBody(number, next, first, n int, extra string) string {
	var b strings.Builder
	b.WriteString(`{"current_page":` + strconv.Itoa(number) + `,"next_page":`)
	if next == 0 {
		b.WriteString("null")
	} else {
		b.WriteString(strconv.Itoa(next))
	}
	b.WriteString(`,"next_page_url":null,"prev_page":null,"prev_page_url":null,` + extra + `"data":[`)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strings.Replace(tokenBody, "tok1", "t"+strconv.Itoa(first+i), 1))
	}
	b.WriteString(`]}`)
	return b.String()
}

// pages serves a list of total tokens, in pages of at most 100, with the totals if told so.
func pages(total int, totals bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		number, _ := strconv.Atoi(r.URL.Query().Get("page"))
		per, _ := strconv.Atoi(r.URL.Query().Get("per_page"))
		per = min(per, 100)
		count := (total + per - 1) / per
		first := (number - 1) * per
		next := number + 1
		if next > count {
			next = 0
		}
		extra := ""
		if totals {
			extra = `"type":"list","per_page":` + strconv.Itoa(per) + `,"total_count":` + strconv.Itoa(total) +
				`,"total_pages":` + strconv.Itoa(count) + `,`
		}
		answer(200, "application/json", pageBody(number, next, first, max(min(per, total-first), 0), extra))(w, r)
	}
}

// within fails the test if what it is given is not done soon; for what could hang if the code were wrong.
func within(t *testing.T, limit time.Duration, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { defer close(done); f() }()
	select {
	case <-done:
	case <-time.After(limit):
		t.Fatalf("not done within %v", limit)
	}
}
