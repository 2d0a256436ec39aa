package apitest

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"math"
	"net"
	"net/http"
	"strconv"
	"time"
)

// wait returns after the duration, or earlier and false when the request's context ends.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// Latency waits before anything is sent.
func Latency(d time.Duration) Fault {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if wait(r.Context(), d) {
				next.ServeHTTP(w, r)
			}
		})
	}
}

// Drip sends the body in pieces of so many bytes, and waits before each. With a long wait the body never comes.
func Drip(bytes int, every time.Duration) Fault {
	return capture(func(w http.ResponseWriter, r *http.Request, answer *captured) {
		w.WriteHeader(answer.status)
		for {
			_ = http.NewResponseController(w).Flush() // whoever cannot flush sends all at once
			piece := answer.body.Next(max(bytes, 1))
			if len(piece) == 0 || !wait(r.Context(), every) {
				return
			}
			if _, err := w.Write(piece); err != nil {
				return
			}
		}
	})
}

// Reset sends so many bytes of the body, at most all but one, and resets the connection; with none it does so before
// anything is sent. Bytes that the client had received but not read may be lost.
func Reset(bytes int) Fault {
	return capture(func(w http.ResponseWriter, _ *http.Request, answer *captured) {
		control := http.NewResponseController(w)
		if sent := min(bytes, answer.body.Len()-1); sent > 0 {
			w.WriteHeader(answer.status)
			_, _ = w.Write(answer.body.Next(sent))
			_ = control.Flush()
		}
		connection, _, err := control.Hijack()
		if err != nil {
			panic(http.ErrAbortHandler) // HTTP/2, or no connection: the server breaks off as it can
		}
		if tcp, ok := connection.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0) // a reset instead of an orderly end
		}
		_ = connection.Close()
	})
}

// ShortBody announces the whole body in Content-Length, sends half of it, and closes the connection.
func ShortBody() Fault {
	return capture(func(w http.ResponseWriter, _ *http.Request, answer *captured) {
		w.Header().Set("Content-Length", strconv.Itoa(answer.body.Len()))
		w.WriteHeader(answer.status)
		_, _ = w.Write(answer.body.Next(answer.body.Len() / 2))
	})
}

// Oversize has the answer, if it is JSON, grow to size bytes that say no more than before.
func Oversize(size int64) Fault {
	return capture(func(w http.ResponseWriter, r *http.Request, answer *captured) {
		w.Header().Set("Content-Length", strconv.FormatInt(max(size, int64(answer.body.Len())), 10))
		w.WriteHeader(answer.status)
		_, _ = io.Copy(w, answer.padded(r.Context(), size))
	})
}

// Endless has the answer begin and never end: after its first byte come spaces.
func Endless() Fault {
	return capture(func(w http.ResponseWriter, r *http.Request, answer *captured) {
		w.Header().Del("Content-Length")
		w.WriteHeader(answer.status)
		_, _ = io.Copy(w, answer.padded(r.Context(), math.MaxInt64))
	})
}

// GzipBomb has the answer, if it is JSON, grow to size bytes as [Oversize] does, and sends it packed by gzip to about a
// thousandth of that, whether or not the client said that it takes gzip.
func GzipBomb(size int64) Fault {
	return capture(func(w http.ResponseWriter, r *http.Request, answer *captured) {
		w.Header().Del("Content-Length")
		w.Header().Set("Content-Encoding", "gzip")
		w.WriteHeader(answer.status)
		packed := gzip.NewWriter(w)
		if _, err := io.Copy(packed, answer.padded(r.Context(), size)); err == nil {
			_ = packed.Close()
		}
	})
}

// padded returns the body with spaces after its first byte, which fill it up to the size. It ends early with the context.
func (c *captured) padded(ctx context.Context, size int64) io.Reader {
	padding := max(size-int64(c.body.Len()), 0)
	return io.MultiReader(bytes.NewReader(c.body.Next(1)), io.LimitReader(spaces{ctx}, padding), &c.body)
}

// spaces are spaces without end, or until the context ends.
type spaces struct{ ctx context.Context }

// Read fills the buffer.
func (s spaces) Read(buffer []byte) (int, error) {
	for i := range buffer {
		buffer[i] = ' '
	}
	return len(buffer), s.ctx.Err()
}
