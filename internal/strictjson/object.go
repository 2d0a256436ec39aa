package strictjson

import (
	"bytes"
	"fmt"
	"math/bits"
	"slices"
)

// maxUnknown is how many members of one object there may be that the decoder does not know: their names are kept to the
// end of the object.
const maxUnknown = 10_000

// Members are what a decoder knows of an object of one type: its members, and in which order they came the last time, which
// is as a rule how they come the next time. They are not safe for concurrent use.
type Members struct {
	members  []Member
	required uint64    // a bit for each member
	after    [65]uint8 // the member that came after each one; at 0 the first of all, then one further for each
}

// noMembers are those of an object that nobody wants. Nothing is noted in them.
var noMembers Members

// A Member is a member of an object.
type Member struct {
	name     string
	token    string // as it follows another member, in JSON without white space
	required bool
}

// Required returns the member with this name, which must be there if the Reader is strict. The name needs no escapes in JSON.
func Required(name string) Member {
	return Member{name: name, token: `,"` + name + `":`, required: true}
}

// Optional is like [Required] for a member that may be missing.
func Optional(name string) Member { return Member{name: name, token: `,"` + name + `":`} }

// NewMembers returns the members of an object, 64 at most, with the numbers from 0 on.
func NewMembers(members ...Member) Members {
	m := Members{members: members}
	for i, member := range members {
		if i == 64 {
			panic("strictjson: an object with more than 64 members")
		}
		if member.required {
			m.required |= 1 << i
		}
	}
	return m
}

// An Object reads the members of an object in the order they come:
//
//	o := r.Object(&members)
//	for member := o.Next(); member >= 0; member = o.Next() {
//		switch member {
//		case 0:
//			r.String(&v.ID)
//		}
//	}
type Object struct {
	r       *Reader
	members *Members
	begun   bool
	seen    uint64 // a bit for each member that was there
	last    int    // the member before, as an index of Members.after
	unknown int    // where the names of this object begin among those of the Reader
}

// Object begins to read an object with these members.
func (r *Reader) Object(members *Members) Object {
	r.open('{')
	return Object{r: r, members: members, unknown: len(r.unknown)}
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

// Next reads up to the value of the next member that is known, and returns the member's number; it returns -1 if there is
// none. It passes over members that are not known. It fails if a member is there twice, or a required one is missing and the
// Reader is strict.
func (o *Object) Next() int {
	r := o.r
	if len(o.members.members) > 0 {
		guess := int(o.members.after[o.last])
		token := o.members.members[guess].token
		if !o.begun {
			token = token[1:]
		}
		if end := r.at + len(token); end <= len(r.data) && string(r.data[r.at:end]) == token && o.seen&(1<<guess) == 0 {
			r.at = end
			return o.found(guess)
		}
	}
	for {
		name := o.name()
		if name == nil {
			return -1
		}
		member := slices.IndexFunc(o.members.members, func(m Member) bool { return m.name == string(name) })
		switch {
		case member < 0:
			o.skip(name)
		case o.seen&(1<<member) != 0:
			r.malformed()
			return -1
		default:
			o.members.after[o.last] = uint8(member)
			return o.found(member)
		}
	}
}

func (o *Object) found(member int) int {
	o.begun = true
	o.seen |= 1 << member
	o.last = member + 1
	return member
}

// name reads the name of the next member, and returns nil if there is none. It stays good as long as the body does: skip
// keeps it.
func (o *Object) name() []byte {
	r := o.r
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

// skip reads the value of a member that the decoder does not know.
func (o *Object) skip(name []byte) {
	r := o.r
	if len(r.unknown)-o.unknown == maxUnknown {
		r.fail(fault{at: r.at, problem: fmt.Sprintf("more than %d members that the contract does not know", maxUnknown)})
		return
	}
	r.unknown = append(r.unknown, name)
	r.skip()
}

// end fails if a required member is missing and the Reader is strict, or if one that the decoder does not know was there twice.
func (o *Object) end() {
	r := o.r
	if names := r.unknown[o.unknown:]; len(names) > 1 {
		slices.SortFunc(names, bytes.Compare)
		if len(slices.CompactFunc(names, bytes.Equal)) < len(names) {
			r.malformed()
		}
	}
	r.unknown = r.unknown[:o.unknown]
	if missing := o.members.required &^ o.seen; missing != 0 && r.strict {
		name := o.members.members[bits.TrailingZeros64(missing)].name
		r.fail(fault{at: r.at - 1, missing: name, problem: "the member is missing"})
	}
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
