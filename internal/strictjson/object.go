package strictjson

import (
	"fmt"

	"github.com/go-json-experiment/json/jsontext"
)

// maxUnknown is how many members of one object there may be that the decoder does not know: their names are kept to the
// end of the object.
const maxUnknown = 10_000

// Members are what a decoder knows of an object, 64 members at most.
type Members []Member

// A Member is a member of an object.
type Member struct {
	Name     string
	Required bool // it must be there if the Reader is strict
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
	last    int    // the one before; the search for the next goes on from there
	unknown int    // how many there were that are not known
}

// Object begins to read an object with these members.
func (r *Reader) Object(members Members) Object {
	if len(members) > 64 {
		panic("strictjson: an object with more than 64 members")
	}
	r.begin(jsontext.KindBeginObject)
	return Object{r: r, members: members, last: -1}
}

// Next reads up to the value of the next member that is known, and returns the member's number; it returns -1 if there is
// none. It passes over members that are not known. It fails if a member is there twice, or a required one is missing and the
// Reader is strict.
func (o *Object) Next() int {
	r := o.r
	for !r.ended(jsontext.KindEndObject) {
		name := r.string()
		for range o.members { // as a rule it is the one after the last
			if o.last++; o.last == len(o.members) {
				o.last = 0
			}
			if o.members[o.last].Name == string(name) && r.fault == nil {
				o.seen |= 1 << o.last
				return o.last
			}
		}
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
