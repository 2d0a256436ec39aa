package strictjson

import (
	"bytes"
	"slices"
)

// maxUnknown is how many members of one object there may be that the decoder does not know: their names are kept to the
// end of the object.
const maxUnknown = 10_000

// An Object reads the members of an object in the order they come:
//
//	o := r.Object()
//	for name := o.Next(); name != nil; name = o.Next() {
//		switch string(name) {
//		case "id":
//			o.Once(0)
//			r.String(&v.ID)
//		default:
//			o.Unknown(name)
//		}
//	}
//	o.Require(0, "id")
type Object struct {
	r       *Reader
	begun   bool
	seen    uint64 // a bit for each member that Once was called for
	unknown int    // where the names of this object begin among those of the Reader
}

// Object begins to read an object.
func (r *Reader) Object() Object {
	r.open('{')
	return Object{r: r, unknown: len(r.unknown)}
}

// open reads how an object or an array begins.
func (r *Reader) open(c byte) {
	if r.peek() != c {
		r.unexpected()
		return
	}
	if r.depth++; r.depth > maxDepth {
		r.malformed()
		return
	}
	r.at++
}

// more reads what comes before another member or item, or else how the object or array ends.
func (r *Reader) more(begun bool, end byte) bool {
	switch c := r.peek(); {
	case c == end:
		r.at++
		r.depth--
		return false
	case !begun:
		return r.data != nil
	case c == ',':
		r.at++
		return true
	}
	r.malformed()
	return false
}

// Next reads the name of the next member, whose value comes then, and returns nil if there is none. The name is good until
// the next call.
func (o *Object) Next() []byte {
	r := o.r
	if o.begun && r.at < len(r.data) && r.data[r.at] == ',' { // as a rule, without white space
		if name, end := plain(r.data, r.at+1); end > 0 && end < len(r.data) && r.data[end] == ':' {
			r.at = end + 1
			return name
		}
	}
	if !r.more(o.begun, '}') {
		o.end()
		return nil
	}
	o.begun = true
	r.peek()
	name, end := plain(r.data, r.at)
	if end > 0 {
		r.at = end
	} else {
		name = bytes.Clone(r.string())
	}
	if r.peek() != ':' {
		r.malformed()
		return nil
	}
	r.at++
	return name
}

// Once notes that the member with this number, below 64, is there, and fails if it has been before.
func (o *Object) Once(member int) {
	if o.seen&(1<<member) != 0 {
		o.r.malformed()
	}
	o.seen |= 1 << member
}

// Require fails unless the member with this number was there.
func (o *Object) Require(member int, name string) {
	if o.seen&(1<<member) == 0 {
		o.r.fail(fault{at: o.r.at - 1, missing: name, problem: "the member is missing"})
	}
}

// Unknown reads the value of a member that the decoder does not know.
func (o *Object) Unknown(name []byte) {
	r := o.r
	if len(r.unknown)-o.unknown == maxUnknown {
		r.fail(fault{at: r.at, problem: "more than 10000 members that the contract does not know"})
		return
	}
	r.unknown = append(r.unknown, name)
	r.skip()
}

// end fails if a member that the decoder does not know was there twice.
func (o *Object) end() {
	r := o.r
	if names := r.unknown[o.unknown:]; len(names) > 1 {
		slices.SortFunc(names, bytes.Compare)
		if len(slices.CompactFunc(names, bytes.Equal)) < len(names) {
			r.malformed()
		}
	}
	r.unknown = r.unknown[:o.unknown]
}

// An array reads the items of an array.
type array struct {
	r     *Reader
	begun bool
}

func (r *Reader) array() array {
	r.open('[')
	return array{r: r}
}

// next reads up to the next item, and reports whether there is one.
func (a *array) next() bool {
	more := a.r.more(a.begun, ']')
	a.begun = true
	return more
}
