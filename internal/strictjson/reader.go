// Package strictjson reads JSON for generated decoders. It takes RFC 8259 in UTF-8 without duplicate members and with
// nothing after the value, and says where the first thing is that is not as it should be. Whether a promised member may be
// missing or null is up to the caller.
package strictjson

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"math/bits"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
)

// maxDepth is how many objects and arrays may be inside each other, as in package jsontext.
const maxDepth = 10000

// A Reader reads one JSON value from its beginning to its end. After something went wrong there is nothing left to read and
// nothing is found, so that a decoder goes on as if nothing had happened, and asks [Reader.Done] at the end. What it reads
// does not refer to the bytes it came from. The zero value reads nothing; a Reader is not safe for concurrent use.
type Reader struct {
	reading
	text text // goes on from one body to the next
}

// A reading is how far a Reader has come with one body.
type reading struct {
	body  []byte // all that is to be read
	data  []byte // body; nil after something went wrong
	at    int
	depth int
	made  int // bytes of the items of arrays
	fault fault

	strict  bool     // a promised member must be there, and null only where it may be
	unknown [][]byte // names of members that the decoder does not know, in the objects that are being read
	scratch []byte   // the last string that had escapes
}

// Reset makes r ready to read body, and lets go of what it has read before. With strict, a required member must be there,
// and must not be null unless it may be.
func (r *Reader) Reset(body []byte, strict bool) {
	r.reading = reading{body: body, data: body, strict: strict}
}

// peek returns the byte that the next token begins with, 0 at the end.
func (r *Reader) peek() byte {
	if r.at < len(r.data) && r.data[r.at] > ' ' {
		return r.data[r.at]
	}
	return r.peekPastSpace()
}

func (r *Reader) peekPastSpace() byte {
	for ; r.at < len(r.data); r.at++ {
		switch c := r.data[r.at]; c {
		case ' ', '\t', '\r', '\n':
		default:
			return c
		}
	}
	return 0
}

// Null reads null if that is next, and reports whether it is.
func (r *Reader) Null() bool {
	null := r.peek() == 'n'
	if null {
		r.literal("null")
	}
	return null
}

// Absent is like [Reader.Null] for a value that must not be null: if r is strict, it reads nothing.
func (r *Reader) Absent() bool { return !r.strict && r.Null() }

// Bool reads a boolean.
func (r *Reader) Bool(into *bool) {
	switch r.peek() {
	case 't':
		*into = true
		r.literal("true")
	case 'f':
		*into = false
		r.literal("false")
	default:
		r.unexpected()
	}
}

func (r *Reader) literal(s string) {
	if !bytes.HasPrefix(r.data[r.at:], []byte(s)) {
		r.malformed()
		return
	}
	r.at += len(s)
}

// Int64 reads an integer.
func (r *Reader) Int64(into *int64) {
	if c := r.peek(); c != '-' && (c < '0' || c > '9') {
		r.unexpected()
		return
	}
	begin := r.at
	var err error
	if *into, err = strconv.ParseInt(string(r.number()), 10, 64); err != nil {
		r.fail(fault{at: begin, problem: "unexpected number"})
	}
}

func (r *Reader) number() []byte {
	rest := r.data[r.at:]
	number := rest[:len(rest)-len(bytes.TrimLeft(rest, "+-.0123456789Ee"))]
	if !jsontext.Value(number).IsValid() {
		r.malformed()
		return nil
	}
	r.at += len(number)
	return number
}

// String reads a string.
func (r *Reader) String(into *string) { *into = r.text.keep(r.string()) }

// string reads a string. What it returns is good until the next call.
func (r *Reader) string() []byte {
	c := r.peek()
	if s, end := plain(r.data, r.at); end > 0 {
		r.at = end
		return s
	}
	if c != '"' {
		r.unexpected()
		return nil
	}
	rest := r.data[r.at:]
	end := 1
	for end < len(rest) && rest[end] != '"' {
		if rest[end] == '\\' {
			end++
		}
		end++
	}
	var err error
	r.scratch, err = jsontext.AppendUnquote(r.scratch[:0], rest[:min(end+1, len(rest))])
	if err != nil {
		r.malformed()
		return nil
	}
	r.at += end + 1
	return r.scratch
}

// plain returns what is between the quotes of the string that begins at at, and where the string ends. The end is 0 if
// there is no string, or one with anything but printable ASCII or with escapes.
func plain(data []byte, at int) (s []byte, end int) {
	if at >= len(data) || data[at] != '"' {
		return nil, 0
	}
	n := at + 1
	// Eight bytes at a time. In found, the highest bit of the first byte that is not plain is 1; bits before it are 0.
	for ; n+8 <= len(data); n += 8 {
		const each = 0x0101010101010101 // times a byte, eight of it
		w := binary.LittleEndian.Uint64(data[n:])
		if found := ((w - each*' ') | (w ^ each*'"' - each) | (w ^ each*'\\' - each)) & (each * 0x80); found != 0 {
			n += bits.TrailingZeros64(found) / 8
			break
		}
	}
	for n < len(data) && data[n] >= ' ' && data[n] < 0x80 && data[n] != '"' && data[n] != '\\' { // the last seven
		n++
	}
	if n >= len(data) || data[n] != '"' {
		return nil, 0
	}
	return data[at+1 : n], n + 1
}

// Other reads a value of any other type than the methods above do, as package json does. It does not take null.
func (r *Reader) Other(into any) {
	if r.peek() == 'n' {
		r.unexpected()
		return
	}
	begin := r.at
	r.skip()
	if r.data == nil {
		return
	}
	value := r.data[begin:r.at]
	err := json.Unmarshal(value, into)
	if _, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		r.at = begin
		r.unexpected()
	} else if err != nil {
		r.fail(fault{at: begin, problem: err.Error()}) // what the type's own method says
	}
}

// skip reads a value that nobody wants.
func (r *Reader) skip() {
	switch c := r.peek(); c {
	case '{':
		o := r.Object(&noMembers)
		o.Next()
	case '[':
		for items := r.array(); items.next(); {
			r.skip()
		}
	case '"':
		r.string()
	case 'n':
		r.literal("null")
	case 't':
		r.literal("true")
	case 'f':
		r.literal("false")
	default:
		r.number()
	}
}
