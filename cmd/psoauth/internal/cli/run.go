// Package cli is the command psoauth: it reads flags and the environment, calls package api, and shows the responses.
package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/psoauth/psoauth/api"
	"github.com/psoauth/psoauth/api/apitest"
	"github.com/psoauth/psoauth/internal/text"
)

// A Process is what a run of the command gets from outside.
type Process struct {
	Args           []string            // without the program's name
	Getenv         func(string) string // the environment
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Now            func() time.Time // nil for time.Now
}

// The exit statuses.
const (
	exitDone        = 0
	exitFindings    = 1   // there is something for the user to act on
	exitFailed      = 2   // usage, credentials, network, unreadable input, unwritable output
	exitInterrupted = 130 // as shells report a program that Ctrl-C ended
)

// A program is one run of the command.
type program struct {
	Process
	settings  settings
	out       *output
	transport http.RoundTripper // nil for the client's own
	closers   []func()          // what ends with the run, last opened first
	grace     atomic.Int64      // nanoseconds a command gets to end after an interrupt
	gate      bool              // whether the exit status is a result in itself
	partly    bool              // whether a part of the output is one
	silent    bool              // whether the process began without standard error

	sandboxOptions []apitest.Option // what a command wants of the sandbox
	takesToken     bool             // whether the command takes the id of a token, too
}

// Run runs the command and returns its exit status. Data goes to Stdout, everything else to Stderr; a failure is one
// line. When ctx ends, so does the run, even where it waits for a FIFO or a terminal, which know no context: what waits
// is left behind.
func Run(ctx context.Context, process Process) int {
	if process.Now == nil {
		process.Now = time.Now
	}
	p := &program{Process: process, silent: wasClosed(process.Stderr)}
	guardWorkflow(&p.Process)
	if _, file := p.Stderr.(*os.File); !file && p.Stderr != nil {
		p.Stderr = &lockedWriter{to: p.Stderr} // a proxy's log, its command and an interrupt write to it at the same time
	}
	p.out = newOutput(p.Stdout, wasClosed(process.Stdout))
	p.grace.Store(int64(time.Second))
	done := make(chan int, 1)
	go func() { done <- p.run(ctx) }()
	select {
	case status := <-done:
		return status
	case <-ctx.Done():
	}
	select {
	case status := <-done:
		return status
	case <-time.After(time.Duration(p.grace.Load())):
		fmt.Fprintln(p.Stderr, "psoauth: interrupted")
		return exitInterrupted
	}
}

func (p *program) run(ctx context.Context) (status int) {
	defer func() {
		if r := recover(); r != nil {
			status = p.report(ctx, fmt.Errorf("internal error, please report it: %v", r))
		}
	}()
	root := p.root()
	root.SetArgs(append([]string{}, p.Args...)) // for nil, cobra would take those of the process
	err := root.ExecuteContext(ctx)
	for len(p.closers) > 0 {
		last := len(p.closers) - 1
		p.closers[last]()
		p.closers = p.closers[:last]
	}
	_ = p.out.Flush() // the output remembers why it failed
	return p.report(ctx, err)
}

// A finding is an error after which the command is done: the user has something to act on.
type finding struct{ what string }

func (f finding) Error() string { return f.what }

// lines is an error that takes a line for each thing that is wrong.
type lines []string

func (l lines) Error() string { return strings.Join(l, "; ") }

// report writes what failed in one line, or as many as it takes, and returns the exit status. Findings are reported
// whatever becomes of the output: a gate must not pass because its reader left.
func (p *program) report(ctx context.Context, err error) int {
	found := errors.As(err, new(finding))
	switch p.out.state() {
	case readerGone:
		if p.partly && !found {
			return exitDone
		}
		if !found {
			err = errors.New("the reader of the output closed it early")
		}
	case writeFailed:
		err, found = fmt.Errorf("cannot write the output: %w", p.out.failed), false
	}
	// A caller that has closed both, or takes neither, wants nothing but the status of a gate.
	if p.out.lost && (err == nil || found) && !(p.gate && p.silent) {
		all := lines{"standard output is closed: redirect it to a file, or write-only to " + os.DevNull}
		if found {
			all = append(lines{err.Error()}, all...)
		}
		err, found = all, false
	}
	if err == nil {
		return exitDone
	}
	status := exitFailed
	said, ok := errors.AsType[lines](err)
	if !ok {
		said = inFlags(err)
	}
	switch {
	case found:
		status = exitFindings
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		status, said = exitInterrupted, lines{"interrupted"}
		if e, ok := errors.AsType[*api.Error](err); ok && e.Page > 0 {
			said[0] += fmt.Sprintf(" [resume from page %d]", e.Page)
		}
	}
	for _, line := range said {
		line = strings.ReplaceAll(line, "\n", "; ") // errors.Join sets one below the other
		p.note("%s", line)
	}
	return status
}

// maxLine bounds a line on standard error, in bytes; arguments and server text can be any length.
const maxLine = 2000

// note writes a line to standard error, without credentials.
func (p *program) note(format string, args ...any) {
	line := text.Excerpt(fmt.Sprintf(format, args...), maxLine, p.settings.secrets()...)
	fmt.Fprintln(p.Stderr, "psoauth: "+line)
}

// inFlags says in terms of the command what package api says in terms of its options, a line for each option.
func inFlags(err error) (said lines) {
	for _, wrong := range optionErrors(err) {
		said = append(said, cmp.Or(optionFlags[wrong.Option], wrong.Option)+": "+wrong.Err.Error())
	}
	if said == nil {
		const bare = "it has no log.entries"
		said = lines{strings.Replace(err.Error(), bare, bare+" (a bare body goes with --operation)", 1)}
	}
	return said
}

// optionFlags names the flags, and the variables, of options.
var optionFlags = map[string]string{
	"WithBaseURL":      "--api-url (PLANETSCALE_API_URL)",
	"WithAuthURL":      "--auth-url (PLANETSCALE_AUTH_URL)",
	"WithServiceToken": "--service-token (PLANETSCALE_SERVICE_TOKEN)",
	"WithAccessToken":  "--access-token (PLANETSCALE_ACCESS_TOKEN)",
}

// optionErrors returns what is joined in err.
func optionErrors(err error) (found []*api.OptionError) {
	switch e := err.(type) {
	case *api.OptionError:
		return []*api.OptionError{e}
	case interface{ Unwrap() []error }:
		for _, err := range e.Unwrap() {
			found = append(found, optionErrors(err)...)
		}
	case interface{ Unwrap() error }:
		return optionErrors(e.Unwrap())
	}
	return found
}
