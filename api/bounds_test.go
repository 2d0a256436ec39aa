package api_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"math"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/psoauth/psoauth/api"
)

func gzipped(t *testing.T, r io.Reader) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(w, r); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

func TestAResponseIsReadUpToTheLimit(t *testing.T) {
	t.Parallel()
	const limit = 10_000
	padded := func(n int) string { return tokenBody + strings.Repeat(" ", n-len(tokenBody)) }
	bomb := gzipped(t, io.LimitReader(endless{}, 10<<20))
	for name, test := range map[string]struct {
		serve http.HandlerFunc
		err   error
	}{
		"at the limit":          {answer(200, "application/json", padded(limit)), nil},
		"one byte above":        {answer(200, "application/json", padded(limit+1)), api.ErrResponseTooLarge},
		"announced as too long": {answer(200, "application/json", padded(3*limit)), api.ErrResponseTooLarge},
		"without a length": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			for range 30 {
				_, _ = io.WriteString(w, strings.Repeat(" ", 1000))
				w.(http.Flusher).Flush()
			}
		}, api.ErrResponseTooLarge},
		"endless": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.Copy(w, endless{}) // until the client hangs up
		}, api.ErrResponseTooLarge},
		"an error that is too long": {answer(500, "text/plain", padded(limit+1)), api.ErrResponseTooLarge},
		"gzip": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			answer(200, "application/json", string(gzipped(t, strings.NewReader(padded(limit)))))(w, r)
		}, nil},
		"gzip, one byte above": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			answer(200, "application/json", string(gzipped(t, strings.NewReader(padded(limit+1)))))(w, r)
		}, api.ErrResponseTooLarge},
		"a gzip bomb": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(bomb)
		}, api.ErrResponseTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, rec := serve(t, test.serve, api.WithMaxResponseBytes(limit), api.WithMaxRetries(3))
			token, err := c.GetToken(t.Context(), "acme", "app1", "tok1")
			if !errors.Is(err, test.err) || (err == nil) != (token != nil) {
				t.Errorf("got %v, %v, want %v", token, err, test.err)
			}
			if n := len(rec.seen()); n != 1 {
				t.Errorf("%d requests were sent: it will not get smaller", n)
			}
		})
	}
}

func TestABombCostsNoMoreThanTheLimit(t *testing.T) {
	// Gzip files one after the other are one gzip file (RFC 1952, section 2.2): a gigabyte, in two megabytes.
	bomb := bytes.Repeat(gzipped(t, io.LimitReader(endless{}, 1<<20)), 1<<10)
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(bomb)
	}, api.WithMaxResponseBytes(1<<20))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := c.GetToken(t.Context(), "acme", "app1", "tok1")
	runtime.ReadMemStats(&after)
	if !errors.Is(err, api.ErrResponseTooLarge) {
		t.Fatalf("got %v", err)
	}
	// The buffer grows by doubling, and the test server works in this process too.
	if cost := after.TotalAlloc - before.TotalAlloc; cost > 16<<20 {
		t.Errorf("%d bytes of gzip cost %d bytes of memory", len(bomb), cost)
	}
}

func TestContentEncodings(t *testing.T) {
	t.Parallel()
	// A transport that leaves decompression alone, as one that the program brings may.
	plain := api.WithHTTPClient(&http.Client{Transport: &http.Transport{DisableCompression: true}})
	for name, test := range map[string]struct {
		encoding, body string
		err            error
	}{
		"none":       {"", tokenBody, nil},
		"identity":   {"identity", tokenBody, nil},
		"gzip":       {"gzip", string(gzipped(t, strings.NewReader(tokenBody))), nil},
		"GZIP":       {"GZIP", string(gzipped(t, strings.NewReader(tokenBody))), nil},
		"no gzip":    {"gzip", tokenBody, api.ErrUnexpectedResponse},
		"brotli":     {"br", "x", api.ErrUnexpectedResponse},
		"gzip twice": {"gzip, gzip", "x", api.ErrUnexpectedResponse},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, rec := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if test.encoding != "" {
					w.Header().Set("Content-Encoding", test.encoding)
				}
				answer(200, "application/json", test.body)(w, r)
			}, plain, api.WithMaxRetries(3))
			token, err := c.GetToken(t.Context(), "acme", "app1", "tok1")
			if !errors.Is(err, test.err) || (err == nil) != (token != nil) {
				t.Errorf("got %v, %v, want %v", token, err, test.err)
			}
			if n := len(rec.seen()); n != 1 {
				t.Errorf("%d requests were sent", n)
			}
		})
	}
}

func TestTheLimitHoldsForGzipThatTheTransportLeavesOn(t *testing.T) {
	t.Parallel()
	body := gzipped(t, io.MultiReader(strings.NewReader(tokenBody), io.LimitReader(endless{}, 10_000)))
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		answer(200, "application/json", string(body))(w, r)
	}, api.WithHTTPClient(&http.Client{Transport: &http.Transport{DisableCompression: true}}), api.WithMaxResponseBytes(10_000))
	if token, err := c.GetToken(t.Context(), "acme", "app1", "tok1"); token != nil || !errors.Is(err, api.ErrResponseTooLarge) {
		t.Errorf("got %v, %v", token, err)
	}
}

func TestGzipThatIsCutShortIsTriedAgainAndWhatIsNoGzipIsNot(t *testing.T) {
	t.Parallel()
	whole := string(gzipped(t, strings.NewReader(tokenBody)))
	for _, transport := range []*http.Transport{{}, {DisableCompression: true}} {
		for _, first := range []string{whole[:5], whole[:len(whole)-9], "no gzip at all"} {
			sent := 0
			c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
				body := whole
				if sent++; sent == 1 {
					body = first
				}
				w.Header().Set("Content-Encoding", "gzip")
				answer(200, "application/json", body)(w, r)
			}, api.WithHTTPClient(&http.Client{Transport: transport}), api.WithMaxRetries(1))
			_, err := c.GetToken(t.Context(), "acme", "app1", "tok1")
			if again := strings.HasPrefix(whole, first); again != (err == nil) || !again && !errors.Is(err, api.ErrUnexpectedResponse) {
				t.Errorf("%.5q, %d requests: %v", first, sent, err)
			}
		}
	}
}

func TestLyingAboutTheLengthIsAnError(t *testing.T) {
	t.Parallel()
	c, rec := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", strconv.Itoa(len(tokenBody)+10))
		answer(200, "application/json", tokenBody)(w, r)
	}, api.WithMaxRetries(1))
	_, err := c.GetToken(t.Context(), "acme", "app1", "tok1")
	var e *api.Error
	if !errors.As(err, &e) || !errors.Is(err, io.ErrUnexpectedEOF) || e.Status != 200 || e.Attempts != 2 || len(rec.seen()) != 2 {
		t.Errorf("got %v", err)
	}
}

// The limit may be meant as none at all; what is announced must not be taken for what comes.
func TestAnAnnouncedLengthTakesNoMemoryInAdvance(t *testing.T) {
	t.Parallel()
	for _, announced := range []int64{1 << 62, math.MaxInt64 - 1} {
		c := onWire(t, func(r *http.Request) (*http.Response, error) {
			resp := response(r, 200)
			resp.ContentLength = announced
			return resp, nil
		}, api.WithMaxResponseBytes(math.MaxInt64-1))
		if v, err := c.GetToken(t.Context(), "acme", "app1", "tok1"); v == nil || err != nil {
			t.Errorf("%d bytes announced: %v, %v", announced, v, err)
		}
	}
}

func TestTheTimeoutOfTheHTTPClientBoundsAnAttempt(t *testing.T) {
	t.Parallel()
	released := make(chan struct{})
	t.Cleanup(func() { close(released) })
	for name, handler := range map[string]http.HandlerFunc{
		"slow headers": func(w http.ResponseWriter, r *http.Request) {
			select {
			case <-r.Context().Done():
			case <-released:
			}
		},
		"slow body": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			for r.Context().Err() == nil {
				_, _ = io.WriteString(w, " ")
				w.(http.Flusher).Flush()
				select {
				case <-time.After(time.Millisecond):
				case <-released:
					return
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, _ := serve(t, handler, api.WithHTTPClient(&http.Client{Timeout: 30 * time.Millisecond}), api.WithMaxRetries(1))
			within(t, 10*time.Second, func() {
				_, err := c.GetToken(t.Context(), "acme", "app1", "tok1")
				var e *api.Error
				if !errors.As(err, &e) || e.Attempts != 2 || !strings.Contains(err.Error(), "in time") {
					t.Errorf("got %v", err)
				}
			})
		})
	}
}
