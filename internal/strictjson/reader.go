// Package strictjson reads JSON for generated decoders. It takes RFC 8259 in UTF-8 without duplicate members and with
// nothing after the value, and says where the first thing is that is not as it should be. Whether a promised member may be
// missing or null is up to the caller.
package strictjson

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// A Reader reads one JSON value from its beginning to its end. It reads what nearly all JSON of the API consists of itself,
// because lists spend most of their time on that, and leaves the rest to package jsontext. After something went wrong no
// object has a further member and no array a further item, so that a decoder goes on as if nothing had happened, and asks
// [Reader.Done] at the end. What it reads does not refer to the bytes it came from. Call Reset first; a Reader is not safe
// for concurrent use.
type Reader struct {
	body   jsontext.Value
	at     int   // where the next token is, or the white space before it
	strict bool  // a promised member must be there, and null only where it may be
	unsure bool  // there are members that only package jsontext would find twice
	depth  int   // of what nobody wants
	made   int   // bytes of the items of arrays
	fault  error // the first

	dec     jsontext.Decoder // for single values
	text    text             // goes on from one body to the next
	scratch []byte           // the last string that package jsontext has read
}

// errMalformed stands for what package jsontext finds wrong with the body.
var errMalformed = errors.New("invalid JSON")

// Reset makes r ready to read body, and lets go of what it has read before. With strict, a required member must be there,
// and must not be null unless it may be.
func (r *Reader) Reset(body []byte, strict bool) {
	r.body, r.at, r.strict, r.unsure, r.depth, r.made, r.fault = body, 0, strict, false, 0, 0, nil
	r.dec.Reset(new(bytes.Buffer))
}

// next passes over white space and returns the byte behind it, 0 at the end.
func (r *Reader) next() byte {
	for i, c := range r.body[r.at:] {
		if c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			r.at += i
			return c
		}
	}
	r.at = len(r.body)
	return 0
}

// kind returns the kind of the value that is next.
func (r *Reader) kind() jsontext.Kind {
	r.next()
	return r.body[r.at:].Kind()
}

// take reads c if that is next, and reports whether it is.
func (r *Reader) take(c byte) bool {
	taken := r.next() == c
	if taken {
		r.at++
	}
	return taken
}

// begin reads how an object or an array begins.
func (r *Reader) begin(c byte) {
	if !r.take(c) {
		r.unexpected()
	}
}

// more reads up to the next item of an array or member of an object, and reports whether there is one before its end.
func (r *Reader) more(end byte, first bool) bool {
	switch c := r.next(); {
	case c == end:
		r.at++
		return false
	case first:
	case c == ',':
		r.at++
	default:
		r.malformed()
	}
	return r.fault == nil
}

// value reads the next value, which is no object or array, with package jsontext. What it returns is good until the next
// call.
func (r *Reader) value() jsontext.Value {
	if r.fault != nil {
		return nil
	}
	r.dec.Reset(bytes.NewBuffer(r.body[r.at:]))
	value, err := r.dec.ReadValue()
	if err != nil {
		r.malformed()
	}
	r.at += int(r.dec.InputOffset())
	return value
}

func (r *Reader) malformed() {
	if r.fault == nil {
		r.fault = errMalformed
	}
}

// fail notes a problem with what was read last, or with a member that it lacks.
func (r *Reader) fail(problem string, missing ...string) {
	if r.fault != nil {
		return
	}
	dec := jsontext.NewDecoder(bytes.NewBuffer(r.body))
	for dec.InputOffset() < int64(r.at) {
		if _, err := dec.ReadToken(); err != nil {
			r.malformed() // before that
			return
		}
	}
	where := dec.StackPointer()
	for _, name := range missing {
		where = where.AppendToken(name)
	}
	if where != "" { // the whole of it
		problem = fmt.Sprintf("at %s: %s", where, problem)
	}
	r.fault = errors.New(problem)
}

// unexpected fails because the value that is next is of another kind than it should be.
func (r *Reader) unexpected() {
	kind := r.kind()
	if kinds[kind] == "" {
		r.malformed()
		return
	}
	r.at++ // into the value
	r.fail("unexpected " + kinds[kind])
}

var kinds = map[jsontext.Kind]string{
	jsontext.KindNull: "null", jsontext.KindTrue: "boolean", jsontext.KindFalse: "boolean", jsontext.KindString: "string",
	jsontext.KindNumber: "number", jsontext.KindBeginObject: "object", jsontext.KindBeginArray: "array",
}

// Done returns nil if all was read and nothing went wrong, and otherwise an error that says where and what, as far as
// possible without the value there, which may be a secret.
func (r *Reader) Done() error {
	if r.next(); r.at < len(r.body) || r.unsure && !r.body.IsValid() {
		r.malformed()
	}
	if r.fault != errMalformed {
		return r.fault
	}
	_, err := jsontext.AppendFormat(nil, r.body)
	e, ok := errors.AsType[*jsontext.SyntacticError](err)
	switch {
	case !ok:
		return fmt.Errorf("invalid JSON: %v", err)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("the JSON ends too early, at byte %d", e.ByteOffset)
	case e.JSONPointer == "":
		return fmt.Errorf("invalid JSON at byte %d: %v", e.ByteOffset, e.Err)
	}
	return fmt.Errorf("invalid JSON at byte %d, in %s: %v", e.ByteOffset, e.JSONPointer, e.Err)
}

// Null reads null if that is next, and reports whether it is.
func (r *Reader) Null() bool {
	null := r.next() == 'n' && bytes.HasPrefix(r.body[r.at:], []byte("null"))
	if null {
		r.at += len("null")
	}
	return null
}

// Absent is like [Reader.Null] for a value that must not be null: if r is strict, it reads nothing.
func (r *Reader) Absent() bool { return !r.strict && r.Null() }

// Bool reads a boolean.
func (r *Reader) Bool(into *bool) {
	kind := r.kind()
	if kind != jsontext.KindTrue && kind != jsontext.KindFalse {
		r.unexpected()
		return
	}
	r.value()
	*into = kind == jsontext.KindTrue
}

// Int64 reads an integer.
func (r *Reader) Int64(into *int64) {
	if r.kind() != jsontext.KindNumber {
		r.unexpected()
		return
	}
	var err error
	if *into, err = strconv.ParseInt(string(r.value()), 10, 64); err != nil {
		r.fail("unexpected number")
	}
}

// String reads a string.
func (r *Reader) String(into *string) { *into = r.text.keep(r.string()) }

// string reads a string. What it returns is good until the next call.
func (r *Reader) string() []byte {
	if r.next() != '"' {
		r.unexpected()
		return nil
	}
	rest, i := r.body[r.at+1:], 0
	for i+8 <= len(rest) && arePlain(binary.LittleEndian.Uint64(rest[i:])) {
		i += 8
	}
	for i < len(rest) && plain[rest[i]] {
		i++
	}
	if i < len(rest) && rest[i] == '"' {
		r.at += i + len(`""`)
		return rest[:i]
	}
	r.scratch, _ = jsontext.AppendUnquote(r.scratch[:0], r.value())
	return r.scratch
}

// arePlain reports whether eight bytes are plain, and may miss that those behind one that is not are. Most of a page is in
// strings: with it a list takes a fifteenth less time.
func arePlain(b uint64) bool {
	const each, high = 0x0101010101010101, 0x8080808080808080
	control, quote, backslash := b-' '*each, (b^'"'*each)-each, (b^'\\'*each)-each
	return (b|control|quote|backslash)&high == 0
}

// plain are the bytes that mean themselves in a string: printable ASCII without the quote and the backslash.
var plain = func() (bytes [256]bool) {
	for c := ' '; c < utf8.RuneSelf; c++ {
		bytes[c] = c != '"' && c != '\\'
	}
	return bytes
}()

// Time reads a time as RFC 3339 has it.
func (r *Reader) Time(into *time.Time) {
	if !ParseTime(r.string(), into) {
		r.fail("a string that is not an RFC 3339 time")
	}
}

// ParseTime reads a time that both RFC 3339 and package time take, and reports whether s is one. Package time refuses a small
// t or z and a leap second, and takes an hour of one digit, a comma and an offset of any size (https://go.dev/issue/54580).
func ParseTime(s []byte, into *time.Time) bool {
	if into.UnmarshalText(s) != nil {
		return false
	}
	end := len(s)
	return s[12] != ':' && s[19] != ',' && (s[end-1] == 'Z' || string(s[end-5:end-3]) <= "23" && string(s[end-2:]) <= "59")
}

// Other reads a value of any other type than the methods above do, as package json does. It does not take null.
func (r *Reader) Other(into any) {
	if r.kind() == jsontext.KindNull {
		r.unexpected()
		return
	}
	begin := r.at
	r.skip()
	if r.fault != nil {
		return
	}
	value := r.body[begin:r.at]
	err := json.Unmarshal(value, into)
	if _, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		r.fail("unexpected " + kinds[value.Kind()])
	} else if err != nil {
		r.fail(err.Error()) // what the type's own method says
	}
}

// maxDepth is how deep a value that nobody wants may be, as package jsontext has it.
const maxDepth = 10_000

// skip reads a value that nobody wants.
func (r *Reader) skip() {
	if r.depth++; r.depth > maxDepth+1 { // a value that is neither object nor array is one level more
		r.malformed()
	}
	switch r.next() {
	case '{':
		o := r.Object(nil)
		o.Next()
	case '[':
		r.begin('[')
		for first := true; r.more(']', first); first = false {
			r.skip()
		}
	case '"':
		r.string()
	default:
		r.value()
	}
	r.depth--
}
