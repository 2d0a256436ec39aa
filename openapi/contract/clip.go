package contract

import "io"

// A clipper passes JSON on, and of a string that is longer than the limit only the beginning, followed by clipMark. That
// keeps memory bounded where whatever reads the JSON wants a string as a whole.
type clipper struct {
	in    io.Reader
	limit int // characters; an escape counts as one

	buffer  [32 << 10]byte
	out     []byte // what is passed on
	read    int    // how much of out has been read
	inside  bool   // a string
	length  int    // of the string so far
	escape  bool   // after a backslash
	hex     int    // digits of an escape still to come
	failure error
}

// clipMark ends a string that was clipped. A string that ends so by itself is taken for a clipped one, which does no harm.
const clipMark = "\x00clipped"

const escapedClipMark = `\u0000clipped`

// Read implements io.Reader.
func (c *clipper) Read(p []byte) (int, error) {
	for c.read == len(c.out) {
		if c.failure != nil {
			return 0, c.failure
		}
		c.out, c.read = c.out[:0], 0
		var n int
		n, c.failure = c.in.Read(c.buffer[:])
		for _, b := range c.buffer[:n] {
			c.next(b)
		}
	}
	n := copy(p, c.out[c.read:])
	c.read += n
	return n, nil
}

func (c *clipper) next(b byte) {
	switch {
	case !c.inside:
		c.inside, c.length = b == '"', 0
		c.out = append(c.out, b)
		return
	case c.escape:
		c.escape = false
		if b == 'u' {
			c.hex = 4
		}
	case c.hex > 0:
		c.hex--
	case b == '"':
		c.inside = false
		if c.length > c.limit {
			c.out = append(c.out, escapedClipMark...)
		}
		c.out = append(c.out, b)
		return
	default:
		c.escape = b == '\\'
		c.length++
	}
	if c.length <= c.limit {
		c.out = append(c.out, b)
	}
}
