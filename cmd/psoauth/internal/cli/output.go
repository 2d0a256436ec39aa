package cli

import (
	"bufio"
	"errors"
	"io"
	"runtime"
	"syscall"
)

// An output is standard output. It remembers why it failed, so that this is not taken for a failure of the network. To a
// terminal it writes at once, elsewhere in blocks.
type output struct {
	blocks *bufio.Writer
	screen bool
	failed error
}

func newOutput(to io.Writer) *output {
	o := &output{screen: isTerminal(to)}
	o.blocks = bufio.NewWriterSize(writerFunc(func(b []byte) (int, error) {
		n, err := to.Write(b)
		if err != nil && o.failed == nil {
			o.failed = err
		}
		return n, err
	}), 32<<10)
	return o
}

func (o *output) Write(b []byte) (int, error) {
	n, err := o.blocks.Write(b)
	if err == nil && o.screen {
		err = o.Flush()
	}
	return n, err
}

func (o *output) Flush() error { return o.blocks.Flush() }

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

type outputState int

const (
	written     outputState = iota
	readerGone              // as `head` is, when it has its lines
	writeFailed             // a full disk, say
)

func (o *output) state() outputState {
	switch err := o.failed; {
	case err == nil:
		return written
	case errors.Is(err, syscall.EPIPE), errors.Is(err, io.ErrClosedPipe):
		return readerGone
	case runtime.GOOS == "windows" && (errors.Is(err, syscall.Errno(109)) || errors.Is(err, syscall.Errno(232))):
		return readerGone // ERROR_BROKEN_PIPE, ERROR_NO_DATA
	default:
		return writeFailed
	}
}
