package api_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/psoauth/psoauth/api"
)

// A raw server answers each request with what write writes, which need not be HTTP, and hangs up.
func raw(t *testing.T, write func(net.Conn)) (url string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				if _, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
					write(conn)
				}
			}()
		}
	}()
	return "http://" + listener.Addr().String()
}

// forever writes something over and over until the client hangs up.
func forever(first, again string) func(net.Conn) {
	return func(conn net.Conn) {
		_, err := io.WriteString(conn, first)
		for err == nil {
			_, err = io.WriteString(conn, again)
		}
	}
}

// once writes something and hangs up.
func once(text string) func(net.Conn) {
	return func(conn net.Conn) { _, _ = io.WriteString(conn, text) }
}

// silence writes something and then waits until the client hangs up.
func silence(text string) func(net.Conn) {
	return func(conn net.Conn) {
		_, _ = io.WriteString(conn, text)
		_, _ = io.Copy(io.Discard, conn)
	}
}

func TestNoServerMakesTheClientHangOrCrash(t *testing.T) {
	t.Parallel()
	const ok, js = "HTTP/1.1 200 OK\r\n", "Content-Type: application/json\r\n"
	chunked := func(chunks string) string { return ok + js + "Transfer-Encoding: chunked\r\n\r\n" + chunks }
	whole := fmt.Sprintf("%x\r\n%s\r\n0\r\n", len(tokenBody), tokenBody)
	length := func(n int) string { return fmt.Sprintf("Content-Length: %d\r\n", n) }
	for name, test := range map[string]struct {
		serve func(net.Conn)
		good  bool // the answer is one
	}{
		"nothing":                          {once(""), false},
		"silence":                          {silence(""), false},
		"silence in the status line":       {silence("HTTP/1.1 2"), false},
		"silence in the headers":           {silence(ok + js), false},
		"silence in the body":              {silence(ok + js + length(100) + "\r\n{"), false},
		"silence in a chunk":               {silence(chunked("ff\r\n{")), false},
		"noise":                            {forever("", "\x00\xff\x1b["), false},
		"HTTP/0.9":                         {once(tokenBody), false},
		"HTTP/3":                           {once("HTTP/3.0 200 OK\r\n\r\n"), false},
		"a status of two digits":           {once("HTTP/1.1 20 OK\r\n\r\n"), false},
		"a status of words":                {once("HTTP/1.1 two OK\r\n\r\n"), false},
		"status 999":                       {once("HTTP/1.1 999 Odd\r\n" + js + length(2) + "\r\n{}"), false},
		"status 000":                       {once("HTTP/1.1 000 Odd\r\n" + js + length(2) + "\r\n{}"), false},
		"another protocol, and silence":    {silence("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"), false},
		"another protocol, and noise":      {forever("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", " "), false},
		"interim answers without end":      {forever("", "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"), false},
		"interim answers and then a good":  {once("HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n" + ok + js + length(len(tokenBody)) + "\r\n" + tokenBody), true},
		"headers without end":              {forever(ok, "X-Header: "+strings.Repeat("x", 1000)+"\r\n"), false},
		"a header without end":             {forever(ok+"X-Header: ", strings.Repeat("x", 1000)), false},
		"a status line without end":        {forever("HTTP/1.1 200 ", strings.Repeat("x", 1000)), false},
		"2 MiB of headers":                 {once(ok + js + strings.Repeat("X-Header: "+strings.Repeat("x", 1000)+"\r\n", 2<<10) + length(len(tokenBody)) + "\r\n" + tokenBody), false},
		"a header that is none":            {once(ok + "no header\r\n\r\n"), false},
		"a length below zero":              {once(ok + js + "Content-Length: -5\r\n\r\n" + tokenBody), false},
		"a length of words":                {once(ok + js + "Content-Length: ten\r\n\r\n" + tokenBody), false},
		"a length beyond 64 bits":          {once(ok + js + "Content-Length: 99999999999999999999\r\n\r\n" + tokenBody), false},
		"a length of 8 EiB":                {once(ok + js + "Content-Length: 9223372036854775807\r\n\r\n" + tokenBody), false},
		"two lengths that differ":          {once(ok + js + length(10) + length(11) + "\r\n" + tokenBody), false},
		"two lengths, the same":            {once(ok + js + length(len(tokenBody)) + length(len(tokenBody)) + "\r\n" + tokenBody), true},
		"a length and chunks":              {once(strings.Replace(chunked(whole+"\r\n"), "\r\n\r\n", "\r\n"+length(3)+"\r\n", 1)), true},
		"a length that is too short":       {once(ok + js + length(100) + "\r\n" + tokenBody), false},
		"a length that is too long":        {once(ok + js + length(len(tokenBody)+1) + "\r\n" + tokenBody), false},
		"a length of nothing":              {once(ok + js + length(0) + "\r\n" + tokenBody), false},
		"a length of 32 MiB and a byte":    {once(ok + js + length(32<<20) + "\r\n{"), false},
		"no length":                        {once(ok + js + "\r\n" + tokenBody), true},
		"no length, cut short":             {once(ok + js + "\r\n" + tokenBody[:50]), false},
		"a body without end":               {forever(ok+js+"\r\n", strings.Repeat(" ", 1<<16)), false},
		"chunks":                           {once(chunked(whole + "\r\n")), true},
		"chunks without end":               {forever(chunked(""), "10000\r\n"+strings.Repeat(" ", 1<<16)+"\r\n"), false},
		"chunks cut short":                 {once(chunked("ff\r\n{")), false},
		"no last chunk":                    {once(chunked(fmt.Sprintf("%x\r\n%s\r\n", len(tokenBody), tokenBody))), false},
		"a chunk of no size":               {once(chunked("zz\r\n{")), false},
		"a chunk of too great a size":      {once(chunked("fffffffffffffffff\r\n{")), false},
		"a chunk's size without end":       {forever(chunked(""), "0"), false},
		"a chunk's extension without end":  {forever(chunked("1;x="), strings.Repeat("x", 100)), false},
		"trailers":                         {once(chunked(whole + "Authorization: x\r\nContent-Type: text/html\r\nContent-Length: 1\r\n\r\n")), true},
		"trailers without end":             {forever(chunked(whole), "X-Trailer: "+strings.Repeat("x", 1000)+"\r\n"), false},
		"a transfer encoding nobody knows": {once(ok + js + "Transfer-Encoding: gzip\r\n\r\n" + tokenBody), false},
		"a redirect to nonsense":           {once("HTTP/1.1 302 Found\r\nLocation: http://[::1\r\nContent-Length: 0\r\n\r\n"), false},
		"a redirect to a control byte":     {once("HTTP/1.1 302 Found\r\nLocation: /a\x7fb\r\nContent-Length: 0\r\n\r\n"), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := raw(t, test.serve)
			// The default transport, because its limits are what is tested.
			c := clientFor(t, url, api.WithHTTPClient(&http.Client{Timeout: 2 * time.Second}), api.WithMaxResponseBytes(1<<20))
			within(t, 20*time.Second, func() {
				token, err := c.GetToken(t.Context(), "acme", "app1", "tok1")
				var e *api.Error
				if (token != nil) != test.good || (err == nil) != test.good || err != nil && !errors.As(err, &e) {
					t.Errorf("got %v, %v", token, err)
				}
				if err != nil && (strings.Contains(err.Error(), "canary") || strings.ContainsAny(err.Error(), "\x1b\x00\x7f\r\n")) {
					t.Errorf("the error is %q", err)
				}
			})
		})
	}
}

func TestAServerThatStallsBeforeHTTPMeetsTheTimeout(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0") // nobody accepts, and nobody shakes hands
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	c := clientFor(t, "https://"+listener.Addr().String(), api.WithHTTPClient(&http.Client{Timeout: 50 * time.Millisecond}))
	within(t, 10*time.Second, func() {
		if _, err := c.GetToken(t.Context(), "acme", "app1", "tok1"); err == nil || !strings.Contains(err.Error(), "in time") {
			t.Errorf("got %v", err)
		}
	})
}

func TestATokenEndpointThatSwitchesProtocolsAndStallsIsAnError(t *testing.T) {
	t.Parallel()
	endpoint := raw(t, silence("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"))
	c := withOAuth(t, endpoint, api.WithRefresh(
		&oauth2.Config{Endpoint: oauth2.Endpoint{TokenURL: endpoint}}, &oauth2.Token{RefreshToken: refreshToken}, nil))
	within(t, 10*time.Second, func() {
		if _, err := c.TokenInfo(t.Context()); !errors.Is(err, api.ErrUnauthorized) {
			t.Errorf("got %v", err)
		}
	})
}

func TestOverHTTP2(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		serve    http.HandlerFunc
		attempts int
		good     bool
	}{
		"a good answer": {good, 1, true},
		"a stream that is reset, once": {func() http.HandlerFunc {
			n := 0
			return func(w http.ResponseWriter, r *http.Request) {
				if n++; n == 1 {
					_, _ = io.WriteString(w, tokenBody[:50])
					_ = http.NewResponseController(w).Flush()
					panic(http.ErrAbortHandler)
				}
				good(w, r)
			}
		}(), 2, true},
		"2 MiB of headers": {func(w http.ResponseWriter, r *http.Request) {
			for i := range 2 << 10 {
				w.Header().Set(fmt.Sprint("X-Header-", i), strings.Repeat("x", 1000))
			}
			good(w, r)
		}, 2, false},
		"trailers": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set(http.TrailerPrefix+"Content-Type", "text/html")
			good(w, r)
		}, 1, true},
		"a redirect elsewhere": {redirect(http.StatusFound, "https://evil.example/"), 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rec := &recorder{Handler: test.serve}
			srv := httptest.NewUnstartedServer(rec)
			srv.EnableHTTP2 = true
			srv.StartTLS()
			defer srv.Close()
			transport := srv.Client().Transport.(*http.Transport).Clone()
			transport.MaxResponseHeaderBytes = 1 << 20
			defer transport.CloseIdleConnections()
			c := clientFor(t, srv.URL, api.WithHTTPClient(&http.Client{Transport: transport}), api.WithMaxRetries(1))
			within(t, 20*time.Second, func() {
				token, err := c.GetToken(t.Context(), "acme", "app1", "tok1")
				if (token != nil) != test.good || (err == nil) != test.good {
					t.Errorf("got %v, %v", token, err)
				}
			})
			if n := len(rec.seen()); n != test.attempts {
				t.Errorf("%d requests were sent", n)
			}
			for _, r := range rec.seen() {
				if r.ProtoMajor != 2 || r.Header.Get("Authorization") != serviceID+":"+serviceSecret {
					t.Errorf("%s with the Authorization %q", r.Proto, r.Header.Get("Authorization"))
				}
			}
		})
	}
}

func TestNoCookieReachesAnyHost(t *testing.T) {
	t.Parallel()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	c, rec := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "a", Value: "b", Path: "/"})
		good(w, r)
	}, api.WithHTTPClient(&http.Client{Jar: jar}))
	for range 2 {
		for operation, call := range everyOperation {
			if _, err := call(t.Context(), c); err != nil {
				t.Errorf("%s: %v", operation, err)
			}
		}
	}
	for _, r := range rec.seen() {
		if cookie := r.Header.Get("Cookie"); cookie != "" {
			t.Errorf("%s was sent the cookie %q", r.URL, cookie)
		}
	}
}

func TestATransportThatBreaksItsPromisesIsAnError(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		wire wire
		says string
	}{
		"neither a response nor an error": {func(*http.Request) (*http.Response, error) { return nil, nil }, "neither"},
		"both":                            {func(r *http.Request) (*http.Response, error) { return response(r, 200), errors.New("too much") }, "too much"},
		"no body": {func(r *http.Request) (*http.Response, error) {
			resp := response(r, 200)
			resp.Body = nil
			return resp, nil
		}, "empty"},
		"no header": {func(r *http.Request) (*http.Response, error) {
			resp := response(r, 200)
			resp.Header = nil
			return resp, nil
		}, "no Content-Type"},
	} {
		for _, options := range [][]api.Option{nil, {api.WithLogger(debugLogger(io.Discard))}} {
			c := onWire(t, test.wire, append(options, api.WithMaxRetries(0))...)
			if v, err := c.GetToken(t.Context(), "acme", "app1", "tok1"); v != nil || err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("%s: got %v, %v", name, v, err)
			}
		}
	}
}

func TestAPanicOfTheProgramsTransportReachesTheCaller(t *testing.T) {
	t.Parallel()
	for _, prefetch := range []int{0, 3} {
		c := onWire(t, func(r *http.Request) (*http.Response, error) {
			if r.URL.Query().Get("page") == "2" {
				panic("mine")
			}
			resp := response(r, 200)
			body := pageBody(1, 2, 0, 100, `"total_pages":9,"total_count":900,`)
			resp.Body, resp.ContentLength = readCloser(body), int64(len(body))
			return resp, nil
		}, api.WithRateLimit(0))
		seen := 0
		func() {
			defer func() {
				if got := recover(); got != "mine" {
					t.Errorf("prefetch %d: recovered %v", prefetch, got)
				}
			}()
			for _, err := range c.Tokens(t.Context(), "acme", "app1", api.ListOptions{Prefetch: prefetch}) {
				if err != nil {
					t.Error(err)
				}
				seen++
			}
		}()
		if seen != 100 {
			t.Errorf("prefetch %d: %d tokens were yielded", prefetch, seen)
		}
	}
}

// gzip in gzip is not JSON, however it is announced.
func TestGzipIsTakenOffOnce(t *testing.T) {
	t.Parallel()
	twice := string(gzipped(t, bytes.NewReader(gzipped(t, strings.NewReader(tokenBody)))))
	for _, encodings := range [][]string{{"gzip"}, {"gzip", "gzip"}, {"gzip, gzip"}, {"gzip", "identity"}} {
		for _, transport := range []*http.Transport{{}, {DisableCompression: true}} {
			c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header()["Content-Encoding"] = encodings
				answer(200, "application/json", twice)(w, r)
			}, api.WithHTTPClient(&http.Client{Transport: transport}))
			if v, err := c.GetToken(t.Context(), "acme", "app1", "tok1"); v != nil || !errors.Is(err, api.ErrUnexpectedResponse) {
				t.Errorf("%q: got %v, %v", encodings, v, err)
			}
		}
	}
}
