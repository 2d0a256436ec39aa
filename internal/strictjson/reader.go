// Package strictjson reads JSON for generated decoders. It takes RFC 8259 in UTF-8 without duplicate members and with
// nothing after the value, and says where the first thing is that is not as it should be. Whether a promised member may be
// missing or null is up to the caller.
package strictjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// A Reader reads one JSON value from its beginning to its end. After something went wrong there is nothing left to read and
// nothing is found, so that a decoder goes on as if nothing had happened, and asks [Reader.Done] at the end. What it reads
// does not refer to the bytes it came from. Call Reset first; a Reader is not safe for concurrent use.
type Reader struct {
	dec    jsontext.Decoder
	body   []byte
	strict bool  // a promised member must be there, and null only where it may be
	made   int   // bytes of the items of arrays
	fault  error // the first

	text    text   // goes on from one body to the next
	scratch []byte // the last string that had escapes
}

// errMalformed stands for what package jsontext has found wrong with the body.
var errMalformed = errors.New("invalid JSON")

// Reset makes r ready to read body, and lets go of what it has read before. With strict, a required member must be there,
// and must not be null unless it may be.
func (r *Reader) Reset(body []byte, strict bool) {
	r.dec.Reset(bytes.NewBuffer(body))
	r.body, r.strict, r.made, r.fault = body, strict, 0, nil
}

// peek returns the kind of the next token, [jsontext.KindInvalid] at the end and after something went wrong.
func (r *Reader) peek() jsontext.Kind {
	if r.fault != nil {
		return jsontext.KindInvalid
	}
	return r.dec.PeekKind()
}

// token reads the next token.
func (r *Reader) token() (token jsontext.Token) {
	if r.fault == nil {
		var err error
		if token, err = r.dec.ReadToken(); err != nil {
			r.fault = errMalformed
		}
	}
	return token
}

// begin reads how an object or an array begins.
func (r *Reader) begin(kind jsontext.Kind) {
	if r.peek() != kind {
		r.unexpected()
		return
	}
	r.token()
}

// ended reads how an object or an array ends, if that is next, and reports whether there is nothing more in it.
func (r *Reader) ended(kind jsontext.Kind) bool {
	if r.peek() != kind {
		return r.fault != nil
	}
	r.token()
	return true
}

// value reads the next value. What it returns is good until the next call.
func (r *Reader) value() (value jsontext.Value) {
	if r.fault == nil {
		var err error
		if value, err = r.dec.ReadValue(); err != nil {
			r.fault = errMalformed
		}
	}
	return value
}

// fail notes a problem with what was read last, or with a member that it lacks.
func (r *Reader) fail(problem string, missing ...string) {
	if r.fault != nil {
		return
	}
	where := r.dec.StackPointer()
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
	kind := r.peek()
	r.token()
	r.fail("unexpected " + kinds[kind])
}

var kinds = map[jsontext.Kind]string{
	jsontext.KindNull: "null", jsontext.KindTrue: "boolean", jsontext.KindFalse: "boolean", jsontext.KindString: "string",
	jsontext.KindNumber: "number", jsontext.KindBeginObject: "object", jsontext.KindBeginArray: "array",
}

// Done returns nil if all was read and nothing went wrong, and otherwise an error that says where and what, as far as
// possible without the value there, which may be a secret.
func (r *Reader) Done() error {
	if r.fault == nil {
		if _, err := r.dec.ReadToken(); err != io.EOF {
			r.fault = errMalformed
		}
	}
	if r.fault != errMalformed {
		return r.fault
	}
	_, err := jsontext.AppendFormat(nil, r.body) // unlike a decoder it knows that there is one value only
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
	null := r.peek() == jsontext.KindNull
	if null {
		r.token()
	}
	return null
}

// Absent is like [Reader.Null] for a value that must not be null: if r is strict, it reads nothing.
func (r *Reader) Absent() bool { return !r.strict && r.Null() }

// Bool reads a boolean.
func (r *Reader) Bool(into *bool) {
	kind := r.peek()
	if kind != jsontext.KindTrue && kind != jsontext.KindFalse {
		r.unexpected()
		return
	}
	r.token()
	*into = kind == jsontext.KindTrue
}

// Int64 reads an integer.
func (r *Reader) Int64(into *int64) {
	if r.peek() != jsontext.KindNumber {
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
	if r.peek() != jsontext.KindString {
		r.unexpected()
		return nil
	}
	quoted := r.value()
	switch {
	case r.fault != nil:
		return nil
	case bytes.IndexByte(quoted, '\\') < 0:
		return quoted[1 : len(quoted)-1]
	}
	r.scratch, _ = jsontext.AppendUnquote(r.scratch[:0], quoted) // which was read without an error
	return r.scratch
}

// Time reads a time as RFC 3339 has it.
func (r *Reader) Time(into *time.Time) {
	if s := r.string(); into.UnmarshalText(s) != nil || loose(s) {
		r.fail("a string that is not an RFC 3339 time")
	}
}

// loose reports whether s is a time to package time and not to RFC 3339 (https://go.dev/issue/54580): with an hour of one
// digit, with a comma, or with an offset out of range.
func loose(s []byte) bool {
	end := len(s)
	return s[12] == ':' || s[19] == ',' || s[end-1] != 'Z' && (string(s[end-5:end-3]) > "23" || string(s[end-2:]) > "59")
}

// Other reads a value of any other type than the methods above do, as package json does. It does not take null.
func (r *Reader) Other(into any) {
	if r.peek() == jsontext.KindNull {
		r.unexpected()
		return
	}
	begin := r.dec.InputOffset()
	r.skip()
	if r.fault != nil {
		return
	}
	value := bytes.TrimLeft(r.body[begin:r.dec.InputOffset()], " \t\r\n:,")
	err := json.Unmarshal(value, into)
	if _, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		r.fail("unexpected " + kinds[jsontext.Value(value).Kind()])
	} else if err != nil {
		r.fail(err.Error()) // what the type's own method says
	}
}

// skip reads a value that nobody wants.
func (r *Reader) skip() {
	switch r.peek() {
	case jsontext.KindBeginObject:
		o := r.Object(nil)
		o.Next()
	case jsontext.KindBeginArray:
		for r.begin(jsontext.KindBeginArray); !r.ended(jsontext.KindEndArray); {
			r.skip()
		}
	default:
		r.value()
	}
}
