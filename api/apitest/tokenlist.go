package apitest

import (
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/psoauth/psoauth/gen"
)

// A tokenList is the application's tokens. Each has a number: those there from the start count from 0 in the order of
// the list, those issued later go on from there and stand before them, the newest first. That the list can change at its
// beginning only is enough to shift every page.
type tokenList struct {
	sample *sample
	leaked []int
	given  []*record      // the tokens a test gave, or nil; by address, so that printers do not look into them
	ids    map[string]int // of those
	start  int            // how many there are from the start

	mu      sync.Mutex
	revoked int   // how many of those there from the start are gone, the first ones
	later   []int // tokens issued later, the newest last; numbers in it are never overwritten
	deleted []int // those there from the start that were deleted one by one, in order; never written to
	issued  int   // how many were issued later, revoked ones included
}

func newTokenList(c *config, midnight time.Time) *tokenList {
	l := &tokenList{sample: newSample(c.organization, midnight), leaked: c.leaked, start: c.tokens}
	if !c.isListed {
		return l
	}
	l.start = len(c.listed)
	l.given = make([]*record, len(c.listed))
	l.ids = make(map[string]int, len(c.listed))
	for i := range c.listed {
		id := c.listed[i].ID
		if _, twice := l.ids[id]; twice {
			panic("apitest.WithTokenList: two tokens have the id " + strconv.Quote(id))
		}
		l.ids[id] = i
		l.given[i] = new(recordOf(&c.listed[i]))
	}
	return l
}

// issue puts n new tokens at the beginning of the list.
func (l *tokenList) issue(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for range n {
		l.later = append(l.later, l.start+l.issued)
		l.issued++
	}
}

// revoke takes the first n tokens, or as many as there are, off the list.
func (l *tokenList) revoke(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	kept := max(len(l.later)-n, 0)
	for n -= len(l.later) - kept; n > 0 && l.revoked < l.start; l.revoked++ {
		if !slices.Contains(l.deleted, l.revoked) {
			n--
		}
	}
	for l.deleted = slices.Clone(l.deleted); len(l.deleted) > 0 && l.deleted[0] < l.revoked; {
		l.deleted = l.deleted[1:]
	}
	l.later = slices.Clip(l.later[:kept]) // so that issue does not overwrite what a snapshot still shows
}

// delete takes the token with the id off the list, and reports whether there was one.
func (l *tokenList) delete(id string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	number, ok := l.current().find(id)
	switch {
	case !ok:
		return false
	case number < l.start:
		at, _ := slices.BinarySearch(l.deleted, number)
		l.deleted = slices.Insert(slices.Clone(l.deleted), at, number)
	default:
		l.later = slices.DeleteFunc(slices.Clone(l.later), func(n int) bool { return n == number })
	}
	return true
}

// tokens is the list at one moment.
type tokens struct {
	*tokenList
	revoked int
	later   []int
	deleted []int
}

func (l *tokenList) snapshot() tokens {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.current()
}

func (l *tokenList) current() tokens { return tokens{l, l.revoked, l.later, l.deleted} }

func (t tokens) len() int { return len(t.later) + t.start - t.revoked - len(t.deleted) }

// at returns the number of the token at a position, counted from 0.
func (t tokens) at(position int) int {
	if position < len(t.later) {
		return t.later[len(t.later)-1-position]
	}
	number := t.revoked + position - len(t.later)
	for _, deleted := range t.deleted {
		if deleted <= number {
			number++
		}
	}
	return number
}

// find returns the number of the token with the id.
func (t tokens) find(id string) (int, bool) {
	number, ok := t.ids[id]
	if !ok {
		number, ok = t.sample.number(id)
		ok = ok && (t.given == nil || number >= t.start)
	}
	if !ok || number < t.start {
		return number, ok && number >= t.revoked && !slices.Contains(t.deleted, number)
	}
	return number, slices.Contains(t.later, number)
}

// append appends the JSON of the token with the number.
func (t tokens) append(dst []byte, number int, revision Revision) []byte {
	if number < len(t.given) {
		return revision.appendToken(dst, t.given[number])
	}
	r := t.sample.token(number)
	if slices.Contains(t.leaked, number) {
		r.leak()
	}
	return revision.appendToken(dst, &r)
}

// decoded returns the token at a position.
func (l *tokenList) decoded(position int) gen.OAuthToken {
	t := l.snapshot()
	if position < 0 || position >= t.len() {
		panic("apitest: no token at position " + strconv.Itoa(position) + " of " + strconv.Itoa(t.len()))
	}
	return decode(t.append(nil, t.at(position), Revision202608))
}
