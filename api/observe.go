package api

import (
	"context"
	"log/slog"
	"time"
)

// An Event is one attempt of a call, as observers see it. It holds no URL, no id and no secret, so that its fields can be
// labels of a metric or attributes of a span.
type Event struct {
	Operation string        // the contract's operation, such as listOAuthTokens
	Attempt   int           // counted from 1
	Status    int           // HTTP status; 0 if no response came
	Duration  time.Duration // from sending the request to the end of the body
	Wait      time.Duration // before that: for the client's rate, and for a retry
	Bytes     int           // of the body, after decompression
	Page      int           // of a list: the page asked for; otherwise 0
	PerPage   int           // of a list: the items asked for; otherwise 0
	RequestID string        // the X-Request-Id header, if one came
	Err       error         // what kept a response from being read, redacted; nil otherwise
}

func (c *Client) observe(call *call, reply *reply, err error, wait, duration time.Duration) {
	if len(c.observers) == 0 {
		return
	}
	e := Event{Operation: call.id, Attempt: call.attempts, Duration: duration, Wait: wait, Page: call.page, PerPage: call.size}
	if err != nil {
		e.Err = redactError(withoutURL(err), call.secrets...)
	}
	if reply != nil {
		e.Status, e.Bytes = reply.status, len(reply.body)
		e.RequestID = call.excerpt(reply.header.Get(requestIDHeader), requestIDBytes)
	}
	for _, observer := range c.observers {
		observer(e)
	}
}

// logTo returns an observer that logs events at level debug, without what does not apply.
func logTo(logger *slog.Logger) func(Event) {
	return func(e Event) {
		attrs := []slog.Attr{slog.String("operation", e.Operation), slog.Int("attempt", e.Attempt),
			slog.Duration("duration", e.Duration), slog.Duration("wait", e.Wait)}
		if e.Page != 0 {
			attrs = append(attrs, slog.Int("page", e.Page), slog.Int("per_page", e.PerPage))
		}
		if e.Status != 0 {
			attrs = append(attrs, slog.Int("status", e.Status), slog.Int("bytes", e.Bytes))
		}
		if e.RequestID != "" {
			attrs = append(attrs, slog.String("request_id", e.RequestID))
		}
		if e.Err != nil {
			attrs = append(attrs, slog.String("error", e.Err.Error()))
		}
		logger.LogAttrs(context.Background(), slog.LevelDebug, "exchange", attrs...)
	}
}
