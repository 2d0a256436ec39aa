package strictjson

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json/jsontext"
)

// A fault is the first thing that went wrong.
type fault struct {
	happened bool
	at       int    // where the value begins that is not as it should be; where an object ends that lacks a member
	missing  string // the member
	problem  string // empty if what is there is not JSON
}

func (r *Reader) fail(f fault) {
	if !r.fault.happened {
		r.fault = f
		r.fault.happened = true
	}
	r.data, r.at = nil, 0
}

// malformed fails because what is next cannot be there in JSON.
func (r *Reader) malformed() { r.fail(fault{}) }

// unexpected fails because the value that is next is of another kind than it should be.
func (r *Reader) unexpected() {
	f := fault{}
	switch c := r.peek(); {
	case c == 'n':
		f.problem = "unexpected null"
	case c == 't' || c == 'f':
		f.problem = "unexpected boolean"
	case c == '"':
		f.problem = "unexpected string"
	case c == '-' || '0' <= c && c <= '9':
		f.problem = "unexpected number"
	case c == '{':
		f.problem = "unexpected object"
	case c == '[':
		f.problem = "unexpected array"
	}
	f.at = r.at
	r.fail(f)
}

// Done returns nil if all was read and nothing went wrong, and otherwise an error that says where and what, as far as
// possible without the value there, which may be a secret. Package jsontext reads the body once more for it: it knows best
// what is wrong with JSON, and where in it a byte is.
func (r *Reader) Done() error {
	if r.peek(); !r.fault.happened && r.at == len(r.data) {
		return nil
	}
	if r.fault.problem == "" {
		_, err := jsontext.AppendFormat(nil, r.body)
		return notJSON(err)
	}
	d := jsontext.NewDecoder(bytes.NewBuffer(r.body))
	for d.InputOffset() <= int64(r.fault.at) {
		if _, err := d.ReadToken(); err != nil {
			return notJSON(err)
		}
	}
	where := d.StackPointer()
	if r.fault.missing != "" {
		where = where.AppendToken(r.fault.missing)
	}
	if where == "" { // the whole of it
		return errors.New(r.fault.problem)
	}
	return fmt.Errorf("at %s: %s", where, r.fault.problem)
}

func notJSON(err error) error {
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
