package api

import (
	"bytes"
	"sync"
)

// A wholeBody is the body of a response that has been read to its end. Closing it gives its memory to the next one.
type wholeBody struct {
	bytes.Reader
	buffer *bytes.Buffer // nil once closed
}

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// maxBuffer is how large a buffer is at most that waits for the next body.
const maxBuffer = 4 << 20

func newWholeBody() *wholeBody {
	return &wholeBody{buffer: buffers.Get().(*bytes.Buffer)}
}

// rewind makes what is in the buffer the body.
func (b *wholeBody) rewind() { b.Reader.Reset(b.buffer.Bytes()) }

// Close is for whoever needs neither the body nor what refers to it any longer.
func (b *wholeBody) Close() error {
	if b.buffer != nil && b.buffer.Cap() <= maxBuffer {
		b.buffer.Reset()
		buffers.Put(b.buffer)
	}
	*b = wholeBody{}
	return nil
}
