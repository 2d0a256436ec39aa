package contract

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// A wire reads the bytes of a JSON body into a value and reports what is wrong with them. It goes on where it can, so
// that one fault does not hide the others.
type wire struct {
	body   string
	valid  bool // UTF-8, all of it
	dec    jsontext.Decoder
	trail  trail
	stack  []value // of objects and arrays that are still open
	slabs  slabs
	report func(rule *Rule, at trail, message string)
}

var byteOrderMark = []byte("\xef\xbb\xbf")

// wires keeps the memory of values for the next body: without it, most of the time went to the garbage collector.
var wires = sync.Pool{New: func() any { return new(wire) }}

// readJSON calls use with the value in body, which is valid during the call. If body is not JSON from some point on, the
// value is what came before that point, with every object and array that was open there marked as cut; if nothing came
// before it, use is not called. What is wrong is reported before that; report must not keep the trail.
func readJSON(body []byte, report func(rule *Rule, at trail, message string), use func(root *value)) {
	w := wires.Get().(*wire)
	defer w.free()
	if rest, ok := bytes.CutPrefix(body, byteOrderMark); ok {
		report(jsonByteOrderMark, nil, "the body begins with a byte order mark")
		body = rest
	}
	w.body, w.valid, w.report = string(body), utf8.Valid(body), report
	w.dec.Reset(bytes.NewBuffer(body), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	root, err := w.value(w.dec.PeekKind())
	if err != nil {
		w.syntax(err)
	} else {
		w.trailing()
	}
	if root.kind != 0 {
		use(&root)
	}
}

func (w *wire) free() {
	w.slabs.free()
	if cap(w.stack) <= maxKept && len(w.slabs.all)*slabSize <= maxKept {
		clear(w.stack[:cap(w.stack)])
		*w = wire{trail: w.trail[:0], stack: w.stack[:0], slabs: w.slabs}
		wires.Put(w)
	}
}

// slabs are where the lists of values go: a few large allocations cost less than many small ones.
type slabs struct {
	all  [][]value
	used int     // how many of them are full or in use
	left []value // of the last one in use
}

const (
	slabSize = 256   // values
	maxKept  = 16384 // values for whose memory the next body may find a use
)

// list returns a copy of values that lasts until the slabs are freed.
func (s *slabs) list(values []value) []value {
	n := len(values)
	if n > len(s.left) {
		if n > slabSize {
			return slices.Clone(values)
		}
		if s.used == len(s.all) {
			s.all = append(s.all, make([]value, slabSize))
		}
		s.left = s.all[s.used]
		s.used++
	}
	list := s.left[:n:n]
	s.left = s.left[n:]
	copy(list, values)
	return list
}

// free lets go of the body that the values point into.
func (s *slabs) free() {
	for _, slab := range s.all[:s.used] {
		clear(slab)
	}
	s.used, s.left = 0, nil
}

// trailing reports what follows the value.
func (w *wire) trailing() {
	end := w.dec.InputOffset()
	if rest := strings.TrimLeft(w.body[end:], " \t\r\n"); rest != "" {
		w.report(jsonTrailingData, nil, fmt.Sprintf("the JSON value ends at byte %d; %d more bytes follow", end, len(rest)))
	}
}

// value reads one value, which is of the kind that the decoder sees next. With an error it returns as much of it as there
// is; the value's kind is 0 if there is nothing.
func (w *wire) value(kind jsontext.Kind) (v value, err error) {
	switch kind {
	case object, array:
		if _, err := w.dec.ReadToken(); err != nil {
			return v, err
		}
		return w.container(kind)
	case str:
		v.kind = kind
		v.text, err = w.string()
	case number, null, yes, no:
		v.kind = kind
		v.text, err = w.scalar()
	default:
		if _, err = w.dec.ReadToken(); err == nil {
			err = io.ErrUnexpectedEOF
		}
	}
	if err != nil {
		v.kind = 0
	}
	return v, err
}

func (w *wire) container(kind jsontext.Kind) (value, error) {
	mark, at := len(w.stack), len(w.trail)
	err := w.members(kind)
	v := value{kind: kind, cut: err != nil, list: w.slabs.list(w.stack[mark:])}
	w.stack = w.stack[:mark]
	if kind == object {
		w.duplicates(w.trail[:at:at], v.list)
	}
	return v, err
}

// members reads the members or items of the object or array whose opening has been read, up to and with its end.
func (w *wire) members(kind jsontext.Kind) error {
	for i := 0; ; i++ {
		next := w.dec.PeekKind()
		if next == jsontext.KindEndObject || next == jsontext.KindEndArray {
			_, err := w.dec.ReadToken()
			return err
		}
		var name string
		if kind == object {
			var err error
			if name, err = w.string(); err != nil {
				return err
			}
			w.trail.member(name)
			next = w.dec.PeekKind()
		} else {
			w.trail.item(i)
		}
		v, err := w.value(next)
		v.name = name
		if v.kind != 0 {
			w.stack = append(w.stack, v)
		}
		if err != nil { // the trail stays, for it says where
			if next == jsontext.KindInvalid && kind == array && errors.Is(err, io.ErrUnexpectedEOF) {
				w.trail.leave() // what is missing is the array's end as likely as an item
			}
			return err
		}
		w.trail.leave()
	}
}

// scalar returns the next name, string, number or literal as it stands in the body.
func (w *wire) scalar() (string, error) {
	raw, err := w.dec.ReadValue()
	if err != nil {
		return "", err
	}
	end := w.dec.InputOffset()
	return w.body[end-int64(len(raw)) : end], nil
}

func (w *wire) string() (string, error) {
	raw, err := w.scalar()
	if err != nil {
		return "", err
	}
	content, lone := unquote(raw)
	if lone {
		w.report(jsonLoneSurrogate, w.trail, "a string has the escape of a lone surrogate")
	}
	if !w.valid && !utf8.ValidString(raw) {
		w.report(jsonInvalidUTF8, w.trail, "a string has bytes that are not UTF-8")
	}
	return content, nil
}

// fewMembers is up to how many members a comparison of each with each is cheaper than a map.
const fewMembers = 24

func (w *wire) duplicates(at trail, members []value) {
	if len(members) <= fewMembers {
		for i := range members {
			for j := range i {
				if members[j].name == members[i].name {
					w.duplicate(at, members[i].name)
					break
				}
			}
		}
		return
	}
	seen := make(map[string]bool, len(members))
	for i := range members {
		if seen[members[i].name] {
			w.duplicate(at, members[i].name)
		}
		seen[members[i].name] = true
	}
}

func (w *wire) duplicate(at trail, name string) {
	w.report(jsonDuplicateMember, append(at, place{name, -1}), "the member occurs more than once")
}

// syntax reports an error of the decoder.
func (w *wire) syntax(err error) {
	offset, reason := int64(len(w.body)), err.Error()
	if syntactic, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		offset, reason = syntactic.ByteOffset, syntactic.Err.Error()
	}
	at := "at byte " + strconv.FormatInt(offset, 10)
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		w.report(jsonTruncated, w.trail, "the JSON ends "+at+", before it is complete")
	case invalidAt(w.body, offset):
		w.report(jsonInvalidUTF8, w.trail, "there are bytes that are not UTF-8 "+at)
	default:
		w.report(jsonSyntax, w.trail, "not JSON "+at+": "+reason)
	}
}

func invalidAt(body string, offset int64) bool {
	r, size := utf8.DecodeRuneInString(body[min(offset, int64(len(body))):])
	return r == utf8.RuneError && size == 1
}
