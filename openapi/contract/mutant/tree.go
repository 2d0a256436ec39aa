package mutant

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// A tree is a JSON value as encoding/json decodes it, in which these stand for what JSON cannot say.
type (
	raw   string                    // goes into the body as it is
	cut   string                    // goes into the body as it is, and then the body ends
	twice struct{ first, last any } // of a member: it occurs twice
)

// encode returns the body of a tree, its members in order.
func encode(tree any) []byte {
	e := encoder{}
	e.value(tree)
	return e.out
}

type encoder struct {
	out  []byte
	over bool
}

func (e *encoder) add(s string) {
	if !e.over {
		e.out = append(e.out, s...)
	}
}

func (e *encoder) value(tree any) {
	switch tree := tree.(type) {
	case raw:
		e.add(string(tree))
	case cut:
		e.add(string(tree))
		e.over = true
	case []any:
		e.add("[")
		for i, item := range tree {
			if i > 0 {
				e.add(",")
			}
			e.value(item)
		}
		e.add("]")
	case map[string]any:
		e.add("{")
		for i, name := range slices.Sorted(maps.Keys(tree)) {
			if i > 0 {
				e.add(",")
			}
			value := tree[name]
			if both, ok := value.(twice); ok {
				e.member(name, both.first)
				e.add(",")
				value = both.last
			}
			e.member(name, value)
		}
		e.add("}")
	default:
		text, err := json.Marshal(tree)
		if err != nil {
			panic(err) // a scalar always has a JSON form
		}
		e.add(string(text))
	}
}

func (e *encoder) member(name string, value any) {
	e.value(name)
	e.add(":")
	e.value(value)
}

func clone(tree any) any {
	switch tree := tree.(type) {
	case []any:
		items := make([]any, len(tree))
		for i := range tree {
			items[i] = clone(tree[i])
		}
		return items
	case map[string]any:
		members := make(map[string]any, len(tree))
		for name, value := range tree {
			members[name] = clone(value)
		}
		return members
	}
	return tree
}

var unescape = strings.NewReplacer("~1", "/", "~0", "~")

// steps returns the parts of a pointer.
func steps(pointer string) []string {
	if pointer == "" {
		return nil
	}
	parts := strings.Split(pointer[1:], "/")
	for i := range parts {
		parts[i] = unescape.Replace(parts[i])
	}
	return parts
}

// get returns the value at a pointer, nil if there is none.
func get(tree any, pointer string) any {
	for _, step := range steps(pointer) {
		switch parent := tree.(type) {
		case map[string]any:
			tree = parent[step]
		case []any:
			i, _ := strconv.Atoi(step)
			tree = parent[i]
		default:
			return nil
		}
	}
	return tree
}

// put sets the value at a pointer, whose parent must exist, and returns the tree.
func put(tree any, pointer string, value any) any {
	if pointer == "" {
		return value
	}
	at := strings.LastIndexByte(pointer, '/')
	last := steps(pointer[at:])[0]
	switch parent := get(tree, pointer[:at]).(type) {
	case map[string]any:
		parent[last] = value
	case []any:
		i, _ := strconv.Atoi(last)
		parent[i] = value
	}
	return tree
}

// remove removes the member at a pointer and returns the tree.
func remove(tree any, pointer string) any {
	at := strings.LastIndexByte(pointer, '/')
	delete(get(tree, pointer[:at]).(map[string]any), steps(pointer[at:])[0])
	return tree
}
