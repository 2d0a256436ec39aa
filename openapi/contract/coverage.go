package contract

import (
	"maps"
	"slices"
	"strconv"
	"sync"
)

// Coverage says what of the contract the judged responses exercised, so that a clean report says how much it saw.
type Coverage struct {
	Operations []OperationCoverage `json:"operations"` // all of the contract's, by id
}

// OperationCoverage is the coverage of one operation.
type OperationCoverage struct {
	ID       string         `json:"id"`       // of the operation
	Statuses map[string]int `json:"statuses"` // how many responses there were of each status
	Members  MemberCoverage `json:"members"`  // of its successful answers

	Unanswered []string `json:"-"` // statuses that the contract declares and that did not come, in order
}

// MemberCoverage counts the members that the contract declares for successful answers. A member is a JSON pointer with *
// for an array's index; one that was null counts as seen.
type MemberCoverage struct {
	Seen     int      `json:"seen"`     // how many came
	Declared int      `json:"declared"` // how many there are
	Unseen   []string `json:"unseen"`   // in order
}

// An outline is the tree of the members that an operation declares for its successful answers.
type outline struct {
	root     *shape
	pointers []string // of the members, by index
}

type shape struct {
	index   int // of the member; -1 for what is none
	members map[string]*shape
	item    *shape
}

// maxMembers bounds an outline: schemas that refer to each other in many ways unfold almost without end.
const maxMembers = 10000

func (op *operation) newOutline() *outline {
	o := &outline{root: &shape{index: -1}}
	if success := op.success(); success != nil {
		for _, name := range slices.Sorted(maps.Keys(success.content)) {
			if s := success.schemas[success.content[name]]; s != nil && isJSON(name) {
				o.add(o.root, s, "", nil)
			}
		}
	}
	return o
}

// add adds what s declares to a shape. A schema that contains itself is unfolded once.
func (o *outline) add(to *shape, s *schema, at string, within []*schema) {
	if slices.Contains(within, s) {
		return
	}
	within = append(slices.Clone(within), s)
	for _, name := range slices.Sorted(maps.Keys(s.properties)) {
		at := at + "/" + escapeName(name)
		member := to.members[name]
		if member == nil {
			if len(o.pointers) == maxMembers {
				return
			}
			if to.members == nil {
				to.members = map[string]*shape{}
			}
			member = &shape{index: len(o.pointers)}
			to.members[name] = member
			o.pointers = append(o.pointers, at)
		}
		o.add(member, s.properties[name], at, within)
	}
	if s.items != nil {
		if to.item == nil {
			to.item = &shape{index: -1}
		}
		o.add(to.item, s.items, at+"/*", within)
	}
	for _, part := range slices.Concat(s.allOf, s.anyOf, s.oneOf) {
		o.add(to, part, at, within)
	}
}

// A tally says which members of an outline have been seen.
type tally struct {
	seen   []bool // by index
	unseen int    // how many are left
}

// mark notes which members v has.
func (s *shape) mark(v *value, t *tally) {
	if s.index >= 0 && !t.seen[s.index] {
		t.seen[s.index] = true
		t.unseen--
	}
	for i := range v.list {
		next := s.item
		if v.kind == object {
			next = s.members[v.list[i].name]
		}
		if next != nil {
			next.mark(&v.list[i], t)
		}
	}
}

// coverage counts for a run. It is safe for concurrent use.
type coverage struct {
	mu       sync.Mutex
	statuses map[*operation]map[int]int
	tallies  map[*operation]*tally
}

func (c *coverage) answered(op *operation, status int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.statuses[op] == nil {
		c.statuses[op] = map[int]int{}
	}
	c.statuses[op][status]++
}

func (c *coverage) saw(op *operation, root *value) {
	o := op.outline()
	c.mu.Lock()
	defer c.mu.Unlock()
	t := c.tallies[op]
	if t == nil {
		t = &tally{make([]bool, len(o.pointers)), len(o.pointers)}
		c.tallies[op] = t
	}
	if t.unseen > 0 {
		o.root.mark(root, t)
	}
}

func (c *coverage) of(s *spec) Coverage {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := Coverage{Operations: []OperationCoverage{}}
	for _, op := range s.operations {
		o := OperationCoverage{ID: op.id, Statuses: map[string]int{}}
		for status, n := range c.statuses[op] {
			o.Statuses[strconv.Itoa(status)] = n
		}
		for status := range op.responses {
			if status != "DEFAULT" && o.Statuses[status] == 0 {
				o.Unanswered = append(o.Unanswered, status)
			}
		}
		slices.Sort(o.Unanswered)
		o.Members = op.outline().covered(c.tallies[op])
		all.Operations = append(all.Operations, o)
	}
	return all
}

func (o *outline) covered(t *tally) MemberCoverage {
	m := MemberCoverage{Declared: len(o.pointers), Unseen: []string{}}
	for i, pointer := range o.pointers {
		if t != nil && t.seen[i] {
			m.Seen++
		} else {
			m.Unseen = append(m.Unseen, pointer)
		}
	}
	slices.Sort(m.Unseen)
	return m
}
