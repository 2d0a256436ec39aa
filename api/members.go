package api

import (
	"bytes"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"sync"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/psoauth/psoauth/gen"
)

// A shape is what the contract says of the members of one JSON object: a Go type alone cannot tell a member that is
// missing from one that is zero, nor refuse a null.
type shape struct {
	members  map[string]*memberShape
	required uint64 // a bit for each member that must be there
	names    []string
}

type memberShape struct {
	bit      uint64
	nullable bool
	inside   *shape // of the object, or of the objects in the array; nil where nothing inside is checked
}

// checkMembers goes over a body and finds the first member that is missing although every revision of the contract
// requires it, or null although none allows that. It is not strict about the JSON; whoever decodes the body is.
func checkMembers[T any](body []byte) error {
	s := shapeOf(reflect.TypeFor[T]())
	if s == nil {
		return nil
	}
	d := decoders.Get().(*jsontext.Decoder)
	defer decoders.Put(d)
	d.Reset(bytes.NewReader(body), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	return s.check(d)
}

var decoders = sync.Pool{New: func() any { return new(jsontext.Decoder) }}

// A memberError says which member is not as the contract has it.
type memberError struct {
	at      jsontext.Pointer
	problem string
}

func (e *memberError) Error() string { return fmt.Sprintf("at %s: %s", orRoot(e.at), e.problem) }

const nullProblem = "null where the contract allows none"

func (s *shape) check(d *jsontext.Decoder) error {
	switch d.PeekKind() {
	case '[':
		if _, err := d.ReadToken(); err != nil {
			return err
		}
		for d.PeekKind() != ']' {
			if _, n := d.StackIndex(d.StackDepth()); d.PeekKind() == 'n' {
				return &memberError{container(d).AppendToken(strconv.FormatInt(n, 10)), nullProblem}
			}
			if err := s.check(d); err != nil {
				return err
			}
		}
		_, err := d.ReadToken()
		return err
	case '{':
	case 'n':
		return &memberError{d.StackPointer(), nullProblem}
	default:
		return d.SkipValue()
	}
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	var seen uint64
	for d.PeekKind() != '}' {
		m, err := s.member(d)
		switch {
		case err != nil:
			return err
		case m == nil:
			err = d.SkipValue()
		case d.PeekKind() == 'n' && !m.nullable:
			return &memberError{d.StackPointer(), nullProblem}
		case m.inside == nil || d.PeekKind() == 'n':
			seen |= m.bit
			err = d.SkipValue()
		default:
			seen |= m.bit
			err = m.inside.check(d)
		}
		if err != nil {
			return err
		}
	}
	if missing := s.required &^ seen; missing != 0 {
		for _, name := range s.names {
			if s.members[name].bit&missing != 0 {
				return &memberError{container(d).AppendToken(name), "the member is missing"}
			}
		}
	}
	_, err := d.ReadToken()
	return err
}

// container returns the pointer of the object or array that d is inside of.
func container(d *jsontext.Decoder) jsontext.Pointer {
	at := d.StackPointer()
	if _, members := d.StackIndex(d.StackDepth()); members > 0 {
		return at.Parent() // at is the last value inside
	}
	return at
}

// member reads a name and finds what is known of it, without making a string of it.
func (s *shape) member(d *jsontext.Decoder) (*memberShape, error) {
	raw, err := d.ReadValue()
	if err != nil {
		return nil, err
	}
	if name := raw[1 : len(raw)-1]; bytes.IndexByte(name, '\\') < 0 {
		return s.members[string(name)], nil
	}
	name, err := jsontext.AppendUnquote(nil, raw)
	if err != nil {
		return nil, err
	}
	return s.members[string(name)], nil
}

var shapes sync.Map // reflect.Type → *shape

// shapeOf derives the shape of a generated type from its fields and the table beside it; nil for other types.
func shapeOf(t reflect.Type) *shape {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	declared, ok := gen.Members[t.Name()]
	if !ok || t.PkgPath() != reflect.TypeFor[gen.OAuthToken]().PkgPath() {
		return nil
	}
	if known, ok := shapes.Load(t); ok {
		return known.(*shape)
	}
	inside := map[string]*shape{}
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		inside[name] = shapeOf(t.Field(i).Type)
	}
	s := &shape{members: map[string]*memberShape{}}
	for i, m := range declared {
		bit := uint64(1) << i
		// A required member that may be null may be missing too: a program reads nil for both.
		if m.Required && !m.Nullable {
			s.required |= bit
		}
		s.members[m.Name] = &memberShape{bit, m.Nullable, inside[m.Name]}
		s.names = append(s.names, m.Name)
	}
	shapes.Store(t, s)
	return s
}
