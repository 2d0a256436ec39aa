package strictjson

import (
	"fmt"
	"slices"
)

// maxUnknown is how many members of one object there may be that the decoder does not know: their names are kept to the
// end of the object.
const maxUnknown = 10_000

// Members are what a decoder knows of an object, 64 members at most.
type Members []Member

// A Member is a member of an object.
type Member struct {
	Name     string
	Token    string // the name once more, with what is around it in JSON: ,"name":
	Required bool   // it must be there if the Reader is strict
}

// An Object reads the members of an object in the order they come:
//
//	o := r.Object(members)
//	for member := o.Next(); member >= 0; member = o.Next() {
//		switch member {
//		case 0:
//			r.String(&v.ID)
//		}
//	}
type Object struct {
	r       *Reader
	members Members
	seen    uint64 // a bit for each member that was there
	last    int    // the last one that is known
	unknown int    // how many there were that are not known
}

// Object begins to read an object with these members.
func (r *Reader) Object(members Members) Object {
	if len(members) > 64 {
		panic("strictjson: an object with more than 64 members")
	}
	r.begin('{')
	return Object{r: r, members: members, last: -1}
}

// Next reads up to the value of the next member that is known, and returns the member's number; it returns -1 if there is
// none. It passes over members that are not known. It fails if a required one is missing and the Reader is strict; of one that
// is there twice, [Reader.Done] knows.
func (o *Object) Next() int {
	r, first := o.r, o.seen == 0 && o.unknown == 0
	if next := o.last + 1; next < len(o.members) && r.fault == nil { // as a rule it is this one
		token := o.members[next].Token
		if first {
			token = token[len(","):]
		}
		if rest := r.body[r.at:]; len(rest) > len(token) && string(rest[:len(token)]) == token {
			r.at += len(token)
			return o.found(next)
		}
	}
	for ; r.more('}', first); first = false {
		name := r.string()
		member := slices.IndexFunc(o.members, func(m Member) bool { return m.Name == string(name) })
		if !r.take(':') {
			r.malformed()
		}
		if member >= 0 && r.fault == nil {
			return o.found(member)
		}
		r.unsure = true
		if o.unknown++; o.unknown > maxUnknown {
			r.fail(fmt.Sprintf("more than %d members that the contract does not know", maxUnknown))
		}
		r.skip()
	}
	for i, member := range o.members {
		if member.Required && r.strict && o.seen&(1<<i) == 0 {
			r.fail("the member is missing", member.Name)
		}
	}
	return -1
}

// found notes that a member is there, perhaps for the second time.
func (o *Object) found(member int) int {
	o.r.unsure = o.r.unsure || o.seen&(1<<member) != 0
	o.seen |= 1 << member
	o.last = member
	return member
}
