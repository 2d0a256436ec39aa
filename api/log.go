package api

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/psoauth/psoauth/internal/text"
)

// logged logs each attempt. It names what it logs, so that nothing secret is ever among it.
type logged struct {
	logger *slog.Logger
	next   http.RoundTripper
}

func (l logged) RoundTrip(r *http.Request) (*http.Response, error) {
	if !l.logger.Enabled(r.Context(), slog.LevelDebug) {
		return l.next.RoundTrip(r)
	}
	call, start := callOf(r.Context()), time.Now()
	resp, err := l.next.RoundTrip(r)
	attrs := []slog.Attr{
		slog.String("operation", call.op.id),
		slog.String("method", r.Method),
		slog.String("host", r.URL.Host),
		slog.String("path", text.Excerpt(r.URL.EscapedPath(), excerptBytes, call.secrets()...)),
		slog.Int("attempt", call.attempts),
		slog.Duration("duration", time.Since(start)),
	}
	if err != nil {
		attrs = append(attrs, slog.String("error", text.Excerpt(err.Error(), excerptBytes, call.secrets()...)))
	} else {
		attrs = append(attrs,
			slog.Int("status", resp.StatusCode),
			slog.Int64("length", resp.ContentLength),
			slog.String("request_id", text.Excerpt(resp.Header.Get(requestIDHeader), requestIDBytes, call.secrets()...)))
	}
	l.logger.LogAttrs(r.Context(), slog.LevelDebug, "exchange", attrs...)
	return resp, err
}
