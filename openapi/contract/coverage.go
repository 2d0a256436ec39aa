package contract

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// Coverage says what of the contract the judged responses exercised, so that a clean report says how much it saw.
type Coverage struct {
	Operations []OperationCoverage `json:"operations"` // all of the contract's, by id
}

// OperationCoverage is the coverage of one operation.
type OperationCoverage struct {
	ID       string         `json:"id"`       // of the operation
	Statuses map[string]int `json:"statuses"` // how many responses there were of each status
	// Members counts those that the contract declares for successful responses. One is a JSON pointer with * for an
	// array's index; one that was null counts as seen.
	Members struct {
		Seen     int      `json:"seen"`     // how many came
		Declared int      `json:"declared"` // how many there are
		Unseen   []string `json:"unseen"`   // in order
	} `json:"members"`

	Unanswered []string `json:"-"` // statuses that the contract declares and that did not come, in order
}

// maxMembers bounds what is counted: schemas that refer to each other in many ways unfold almost without end.
const maxMembers = 10_000

// declaredMembers returns the pointers of the members that an operation declares for its successful responses.
func (op *operation) declaredMembers() map[string]bool {
	all := map[string]bool{}
	if success := op.first('2'); success != nil {
		for name, media := range success.Content {
			if media.Schema != nil && isJSON(name) {
				addMembers(all, media.Schema.Value, "", nil, map[string][]*openapi3.Schema{})
			}
		}
	}
	return all
}

// addMembers adds what a schema declares for the value at a pointer. A schema that contains itself is unfolded once.
func addMembers(all map[string]bool, s *openapi3.Schema, at string, within []*openapi3.Schema, done map[string][]*openapi3.Schema) {
	if slices.Contains(within, s) || slices.Contains(done[at], s) || len(all) >= maxMembers {
		return
	}
	done[at] = append(done[at], s)
	within = append(slices.Clone(within), s)
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		at := at + "/" + escapeName(name)
		all[at] = true
		addMembers(all, s.Properties[name].Value, at, within, done)
	}
	if s.Items != nil {
		addMembers(all, s.Items.Value, at+"/*", within, done)
	}
	for _, part := range slices.Concat(s.AllOf, s.AnyOf, s.OneOf) {
		addMembers(all, part.Value, at, within, done)
	}
}

// coverage is what a run has seen of each operation.
type coverage map[*operation]*seen

type seen struct {
	statuses map[int]int
	members  map[string]bool
}

func (c coverage) of(op *operation) *seen {
	if c[op] == nil {
		c[op] = &seen{statuses: map[int]int{}, members: map[string]bool{}}
	}
	return c[op]
}

// saw notes which of the declared members a value has.
func (s *seen) saw(v any, at string, declared map[string]bool) {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			s.saw(item, at+"/*", declared)
		}
	case map[string]any:
		for name, member := range v {
			if pointer := at + "/" + escapeName(name); declared[pointer] {
				s.members[pointer] = true
				s.saw(member, pointer, declared)
			}
		}
	}
}

func (c coverage) report(s *spec) Coverage {
	all := Coverage{Operations: []OperationCoverage{}}
	for _, op := range s.operations {
		o := OperationCoverage{ID: op.id, Statuses: map[string]int{}}
		seen := c[op]
		if seen != nil {
			for status, n := range seen.statuses {
				o.Statuses[strconv.Itoa(status)] = n
			}
		}
		for status := range op.Responses.Map() {
			if status = strings.ToUpper(status); status != "DEFAULT" && o.Statuses[status] == 0 {
				o.Unanswered = append(o.Unanswered, status)
			}
		}
		slices.Sort(o.Unanswered)
		o.Members.Declared, o.Members.Unseen = len(op.members()), []string{}
		for pointer := range op.members() {
			if seen != nil && seen.members[pointer] {
				o.Members.Seen++
			} else {
				o.Members.Unseen = append(o.Members.Unseen, pointer)
			}
		}
		slices.Sort(o.Members.Unseen)
		all.Operations = append(all.Operations, o)
	}
	return all
}
