package strictjson

import (
	"reflect"
	"slices"
	"strings"
)

// Values are small and many. Several are made in one allocation, which stays small too: a program that keeps one value
// keeps its neighbours from being freed.
const (
	slabItems = 32
	textBytes = 4096
)

// maxMade is how many bytes the items of arrays may take in memory beyond what they take in JSON: {} in it can be
// hundreds of bytes here.
const maxMade = 1 << 20

// A Slab makes values of one type.
type Slab[T any] struct {
	free    []T // made in advance
	scratch []T // for an array that is being read
}

// New makes a zero value.
func (s *Slab[T]) New() *T { return &s.slice(1)[0] }

// slice makes n zero values in a row. Nothing can be appended to them in place.
func (s *Slab[T]) slice(n int) []T {
	if n >= slabItems {
		return make([]T, n)
	}
	if n > len(s.free) {
		s.free = slices.Grow([]T(nil), slabItems) // which makes more where that costs nothing
		s.free = s.free[:cap(s.free)]
	}
	values := s.free[:n:n]
	s.free = s.free[n:]
	return values
}

// Array reads an array, each item with read, into a slice of just its length. For an empty array that is empty, not nil.
// With skip, an item that is null is left out, if r is not strict.
func Array[T any](r *Reader, s *Slab[T], into *[]T, skip bool, read func(*T)) {
	size, items := int(reflect.TypeFor[T]().Size()), s.scratch[:0]
	s.scratch = nil // an array of the same type inside this one makes its own
	r.begin('[')
	for first := true; r.more(']', first); first = false {
		if skip && r.Absent() {
			continue
		}
		if r.made += size; r.made > maxMade+len(r.body) {
			r.fail("more items than there can be with so little in them")
			break
		}
		items = append(items, *new(T))
		read(&items[len(items)-1])
	}
	if *into = []T{}; len(items) > 0 {
		*into = s.slice(len(items))
		copy(*into, items)
	}
	clear(items) // it keeps nothing alive
	s.scratch = items
}

// A text makes strings.
type text struct{ piece strings.Builder }

// keep makes a string of s.
func (t *text) keep(s []byte) string {
	if len(s) > textBytes/8 {
		return string(s)
	}
	if t.piece.Cap()-t.piece.Len() < len(s) {
		t.piece.Reset() // the strings in the old piece stay
		t.piece.Grow(textBytes)
	}
	begin := t.piece.Len()
	t.piece.Write(s)
	return t.piece.String()[begin:]
}
