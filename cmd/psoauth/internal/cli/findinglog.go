package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/psoauth/psoauth/openapi/contract"
)

// A findingLog takes a line of JSON for each finding and for whatever else happens to a proxy. It is safe for concurrent
// use, and remembers whether it failed.
type findingLog struct {
	mu     sync.Mutex
	to     io.Writer
	closer io.Closer // nil for what stays open
	closed bool
	failed error
}

func newLog(to io.Writer) *findingLog { return &findingLog{to: to} }

func (l *findingLog) logger() *slog.Logger { return slog.New(slog.NewJSONHandler(l, nil)) }

func (l *findingLog) finding(f contract.Finding) {
	encoder := json.NewEncoder(l)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(struct { // the log remembers why it failed
		Time time.Time `json:"time"`
		contract.Finding
	}{time.Now(), f})
}

// Write writes one line.
func (l *findingLog) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return 0, errors.New("the log is closed") // by a request that was broken off at the end
	}
	n, err := l.to.Write(line)
	if l.failed == nil {
		l.failed = err
	}
	return n, err
}

// close returns what went wrong with the log up to its end.
func (l *findingLog) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	err := l.failed
	if l.closer != nil {
		err = errors.Join(err, l.closer.Close())
	}
	if err != nil {
		return fmt.Errorf("cannot write the log: %w", err)
	}
	return nil
}

// A lockedWriter is safe for concurrent use.
type lockedWriter struct {
	mu sync.Mutex
	to io.Writer
}

func (w *lockedWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.to.Write(p)
}
