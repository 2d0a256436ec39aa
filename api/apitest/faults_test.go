package apitest_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/psoauth/psoauth/api/apitest"
)

// A met is what a client met: a response, or an error in its place, and what could be read of the body.
type met struct {
	response *http.Response
	err      error
	body     string
	readErr  error
	good     string // what the body is without a fault
}

// isReset reports whether a connection ended otherwise than in order.
func isReset(err error) bool {
	return err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF)
}

func (m met) isJSON() bool { return json.Valid([]byte(m.body)) }

func TestFaults(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		fault func(http.Handler) http.Handler
		want  func(m met) bool
	}{
		{"none", nil, func(m met) bool { return m.response.StatusCode == 200 && m.body == m.good }},
		{"Status", apitest.Status(503), func(m met) bool {
			return m.response.StatusCode == 503 && m.body == `{"code":"service_unavailable","message":"Service Unavailable"}`
		}},
		{"Status with headers", apitest.Status(429, "Retry-After", "2.5", "X-Request-Id", "r-1"), func(m met) bool {
			return m.response.StatusCode == 429 && m.response.Header.Get("Retry-After") == "2.5" && m.response.Header.Get("X-Request-Id") == "r-1"
		}},
		{"HTML", apitest.HTML(200), func(m met) bool {
			return m.response.StatusCode == 200 && strings.HasPrefix(m.response.Header.Get("Content-Type"), "text/html") &&
				strings.Contains(m.body, "<html>")
		}},
		{"Edit, nothing", body(""), func(m met) bool {
			return m.response.StatusCode == 200 && m.body == "" && m.response.ContentLength == 0
		}},
		{"Edit, {}", body("{}"), func(m met) bool {
			return strings.HasPrefix(m.response.Header.Get("Content-Type"), "application/json") && m.body == "{}"
		}},
		{"Edit, half", apitest.Edit(func(b []byte) []byte { return b[:len(b)/2] }), func(m met) bool {
			return m.body == m.good[:len(m.good)/2] && m.readErr == nil && !m.isJSON()
		}},
		{"Edit, more", apitest.Edit(func(b []byte) []byte { return append(b, ']') }), func(m met) bool {
			return m.body == m.good+"]" && m.readErr == nil
		}},
		{"Reset, before anything", apitest.Reset(0), func(m met) bool { return m.response == nil && isReset(m.err) }},
		{"Reset", apitest.Reset(100), func(m met) bool {
			return m.response == nil && isReset(m.err) || len(m.body) <= 100 && isReset(m.readErr)
		}},
		{"NextPage", apitest.NextPage(1), func(m met) bool {
			return strings.Contains(m.body, `"next_page":1,`) && strings.Contains(m.body, `/tokens?page=1\u0026per_page=25"`)
		}},
	}
	good := serve(apitest.NewHandler(apitest.WithClock(atNoon)), "/v1"+tokensPath, serviceToken).body.String()
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			server := newServer(t, apitest.WithClock(atNoon), apitest.WithFaults(apitest.Fault{Times: 1, Do: test.fault}))
			host := strings.TrimPrefix(strings.TrimSuffix(server.URL, "/v1"), "http://")
			m := met{good: strings.ReplaceAll(good, "planetscale.example", host)}
			if m.response, m.err = send(t, server.URL+tokensPath, serviceToken); m.err == nil {
				body, err := io.ReadAll(m.response.Body)
				m.body, m.readErr = string(body), err
				m.response.Body.Close()
			}
			if !test.want(m) {
				t.Errorf("%+v\n%v\n%.300s\n%v", m.response, m.err, m.body, m.readErr)
			}
			if status, body := get(t, server.URL+tokensPath, serviceToken); status != 200 || body != m.good {
				t.Errorf("the request after the fault: %d %.200s", status, body)
			}
		})
	}
}

func TestFaultsComeInTheOrderOfRequests(t *testing.T) {
	t.Parallel()
	onSecondPage := func(do func(http.Handler) http.Handler) apitest.Fault {
		return apitest.Fault{Match: apitest.OnPage(2), Times: 1, Do: do}
	}
	onTokenInfo := apitest.Fault{
		Match: func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/token/info") }, Do: apitest.Status(501),
	}
	planetscale := apitest.NewHandler(
		apitest.WithFaults(apitest.Fault{Times: 1, Do: apitest.Status(503)}, apitest.Fault{Times: 1}, apitest.Fault{Times: 1, Do: apitest.Status(429, "Retry-After", "1")}),
		apitest.WithFaults(onSecondPage(apitest.Status(500)), onSecondPage(nil), onSecondPage(apitest.Status(502)), onTokenInfo))
	for i, step := range []struct {
		path   string
		status int
	}{
		{application, 503},
		{application, 200},
		{tokensPath, 429},
		{tokensPath, 200},
		{tokensPath + "?page=1", 200},
		{tokensPath + "?page=2", 500},
		{tokensPath + "?page=3", 200},
		{application + "?page=2", 200},
		{tokensPath + "?page=2", 200},
		{tokensPath + "?page=2", 502},
		{tokensPath + "?page=2", 200},
		{"", 501},
	} {
		path, authorization := "/v1"+step.path, serviceToken
		if step.path == "" {
			path, authorization = "/oauth/token/info", accessToken
		}
		if got := serve(planetscale, path, authorization).status; got != step.status {
			t.Errorf("request %d, %s: %d, want %d", i, path, got, step.status)
		}
	}
}

func TestOnPageOneIsTheListWithoutAPage(t *testing.T) {
	t.Parallel()
	planetscale := apitest.NewHandler(apitest.WithFaults(apitest.Fault{Match: apitest.OnPage(1), Do: apitest.Status(500)}))
	if got := serve(planetscale, "/v1"+tokensPath, serviceToken).status; got != 500 {
		t.Error(got)
	}
}

func TestAnOptionMayServeTwice(t *testing.T) {
	t.Parallel()
	option := apitest.WithFaults(apitest.Fault{Times: 1, Do: apitest.Status(503)})
	for range 2 {
		planetscale := apitest.NewHandler(option)
		first := serve(planetscale, "/v1"+application, serviceToken).status
		second := serve(planetscale, "/v1"+application, serviceToken).status
		if first != 503 || second != 200 {
			t.Errorf("%d and %d, want 503 and 200", first, second)
		}
	}
}

func TestWaitsTakeAsLongAsTheySayAndEndWithTheRequest(t *testing.T) {
	t.Parallel()
	size := serve(apitest.NewHandler(), "/v1"+application, serviceToken).body.Len()
	tests := []struct {
		name  string
		fault func(http.Handler) http.Handler
		takes time.Duration
	}{
		{"Latency", apitest.Latency(time.Minute), time.Minute},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				planetscale := apitest.NewHandler(apitest.WithFaults(apitest.Fault{Do: test.fault}))
				start := time.Now()
				if got := serve(planetscale, "/v1"+application, serviceToken); got.body.Len() < size/2 {
					t.Errorf("no body: %d", got.status)
				}
				if took := time.Since(start); took != test.takes {
					t.Errorf("took %v, want %v", took, test.takes)
				}
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				start = time.Now()
				if got := serveContext(ctx, planetscale, "/v1"+application, serviceToken); got.body.Len() > 0 {
					t.Errorf("sent %d bytes to a client that had gone", got.body.Len())
				}
				if took := time.Since(start); took != time.Second {
					t.Errorf("took %v, though the request ended after a second", took)
				}
			})
		})
	}
}

func TestNoRequestOutlivesItsClientOrItsServer(t *testing.T) {
	t.Parallel()
	const forever = time.Hour
	for name, fault := range map[string]func(http.Handler) http.Handler{
		"Latency": apitest.Latency(forever),
	} {
		for _, end := range []string{"client", "server"} {
			t.Run(name+", "+end, func(t *testing.T) {
				t.Parallel()
				begun, ended := make(chan struct{}, 1), make(chan struct{}, 1)
				watch := func(next http.Handler) http.Handler {
					return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
						begun <- struct{}{}
						next.ServeHTTP(w, r)
						ended <- struct{}{}
					})
				}
				server := newServer(t, apitest.WithFaults(apitest.Fault{Do: chain(watch, fault)}))
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				request, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+tokensPath, nil)
				if err != nil {
					t.Fatal(err)
				}
				request.Header.Set("Authorization", serviceToken)
				gone := make(chan struct{})
				go func() {
					defer close(gone)
					if response, err := client.Do(request); err == nil {
						_, _ = io.Copy(io.Discard, response.Body)
						response.Body.Close()
					}
				}()
				<-begun
				if end == "client" {
					cancel()
					<-ended
				} else {
					server.Close()
					select {
					case <-ended:
					default:
						t.Error("Close did not wait for the request")
					}
				}
				<-gone
			})
		}
	}
}

// A server that waits for a request stops to watch its connection when more comes in on it.
func TestCloseEndsARequestThatIsFollowedByAnother(t *testing.T) {
	t.Parallel()
	begun := make(chan struct{}, 1)
	watch := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			begun <- struct{}{}
			next.ServeHTTP(w, r)
		})
	}
	server := newServer(t, apitest.WithFaults(apitest.Fault{Do: chain(watch, apitest.Latency(time.Hour))}))
	connection, err := net.Dial("tcp", strings.TrimPrefix(server.AuthURL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	// The first request fills the buffer of net/http, so that the next byte is left to what watches the connection.
	request := "GET /oauth/token/info HTTP/1.1\r\nHost: x\r\nPadding: "
	request += strings.Repeat("-", 4096-len(request)-len("\r\n\r\n")) + "\r\n\r\n"
	if _, err := io.WriteString(connection, request+"GET"); err != nil {
		t.Fatal(err)
	}
	<-begun
	server.Close()
}

func TestIssuedAndRevokedTokensShiftThePages(t *testing.T) {
	t.Parallel()
	steady := newServer(t, apitest.WithTokens(50))
	_, first := list(t, steady, 1, 10)
	_, second := list(t, steady, 2, 10)
	tests := []struct {
		name  string
		fault func(http.Handler) http.Handler
		total int
		want  []string // the second page
	}{
		{"issued", apitest.IssueTokens(3), 53, append(append([]string{}, first[7:]...), second[:7]...)},
		{"revoked", apitest.RevokeTokens(3), 47, append(append([]string{}, second[3:]...), thirdPage(t, steady)[:3]...)},
		{"issued and revoked", chain(apitest.IssueTokens(2), apitest.RevokeTokens(2)), 50, second},
		{"all revoked", apitest.RevokeTokens(1000), 0, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			server := newServer(t, apitest.WithTokens(50), apitest.WithFaults(apitest.Fault{Times: 1}, apitest.Fault{Times: 1, Do: test.fault}))
			if _, got := list(t, server, 1, 10); !equal(got, first) {
				t.Errorf("first page %v, want %v", got, first)
			}
			envelope, got := list(t, server, 2, 10)
			if !equal(got, test.want) || envelope["total_count"] != float64(test.total) || server.TokenCount() != test.total {
				t.Errorf("second page %v of %v tokens, want %v of %d", got, envelope["total_count"], test.want, test.total)
			}
		})
	}
}

func TestRevokedTokensAreGoneAndIssuedTokensThere(t *testing.T) {
	t.Parallel()
	server := newServer(t, apitest.WithTokens(2), apitest.WithFaults(apitest.Fault{Times: 1, Do: apitest.IssueTokens(2)}, apitest.Fault{Times: 1, Do: apitest.RevokeTokens(1)}, apitest.Fault{Times: 1, Do: apitest.IssueTokens(1)}, apitest.Fault{Times: 1, Do: apitest.RevokeTokens(3)}))
	status := func(id string) int {
		status, _ := get(t, server.URL+tokensPath+"/"+id, serviceToken)
		return status
	}
	first, second := server.Token(0).ID, server.Token(1).ID
	_, ids := list(t, server, 1, 10)
	newest, newer := ids[0], ids[1]
	if len(ids) != 4 || ids[2] != first || ids[3] != second {
		t.Fatalf("after two were issued: %v", ids)
	}
	if _, ids = list(t, server, 1, 10); len(ids) != 3 || ids[0] != newer {
		t.Fatalf("after one was revoked: %v", ids)
	}
	if _, ids = list(t, server, 1, 10); len(ids) != 4 || ids[0] == newest || ids[1] != newer {
		t.Fatalf("after another was issued: %v", ids)
	}
	if _, ids = list(t, server, 1, 10); len(ids) != 1 || ids[0] != second {
		t.Fatalf("after three were revoked: %v", ids)
	}
	for id, want := range map[string]int{newest: 404, newer: 404, first: 404, second: 200} {
		if got := status(id); got != want {
			t.Errorf("token %s: %d, want %d", id, got, want)
		}
	}
}

func thirdPage(t *testing.T, server *apitest.Server) []string {
	_, ids := list(t, server, 3, 10)
	return ids
}
