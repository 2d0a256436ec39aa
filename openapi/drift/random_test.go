package drift_test

import (
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/psoauth/psoauth/openapi/drift"
)

var seeds = flag.Int("seeds", 1, "make so many times 100 random edits")

// TestRandomEditsAreFound makes edits at random whose class is known by how they are made, alone and two at a time.
func TestRandomEditsAreFound(t *testing.T) {
	t.Parallel()
	original, err := drift.Whole(contractJSON())
	if err != nil {
		t.Fatal(err)
	}
	count := 100
	if testing.Short() {
		count = 30
	}
	for seed := range *seeds {
		for i := range count {
			r := &randomEdit{Rand: rand.New(rand.NewPCG(uint64(seed), uint64(i)))}
			doc := contractTree(t)
			want := none
			for range 1 + r.IntN(2) {
				if class := r.edit(doc); worse(class, want) {
					want = class
				}
			}
			document, err := drift.Parse(encode(t, doc), "edited")
			if err != nil {
				t.Errorf("seed %d, edit %d: %s: %v", seed, i, strings.Join(r.made, "; "), err)
				continue
			}
			report, err := drift.CompareAs(original, document)
			if problem := verdict(report, err, want); problem != "" {
				t.Errorf("seed %d, edit %d: %s: want %q: %s", seed, i, strings.Join(r.made, "; "), want, problem)
			}
		}
	}
}

var order = []string{breaking, differs, new_, relaxed, wording, none}

func worse(a, b string) bool { return slices.Index(order, a) < slices.Index(order, b) }

type randomEdit struct {
	*rand.Rand
	made   []string
	edited []string // pointers
}

// edit makes one edit of a schema that no edit has touched, and returns its class.
func (r *randomEdit) edit(doc tree) string {
	all := slices.DeleteFunc(nodes(doc), func(n *node) bool {
		return n.use != answer || n.isBranch() || n.schema["x-edited"] != nil || strings.Contains(n.pointer, "TokenInfo") ||
			slices.ContainsFunc(r.edited, func(p string) bool { return strings.HasPrefix(n.pointer, p) || strings.HasPrefix(p, n.pointer) })
	})
	for {
		n := all[r.IntN(len(all))]
		if class, name := r.try(doc, n); name != "" {
			r.made = append(r.made, n.pointer+": "+name)
			r.edited = append(r.edited, n.pointer)
			return class
		}
	}
}

// try makes an edit of a schema. The name is empty if the edit that is drawn is none for it.
func (r *randomEdit) try(doc tree, n *node) (class, name string) {
	s := n.schema
	kind, _ := s["type"].(string)
	properties, _ := s["properties"].(tree)
	members := slices.Sorted(maps.Keys(properties))
	required, _ := s["required"].([]any)
	inner := maps.Clone(s)
	become := func(in tree) {
		clear(s)
		maps.Copy(s, in)
	}
	if n.parent == nil && kind == "" {
		return "", ""
	}
	switch draw := r.IntN(14); {
	case draw == 0 && kind == "object":
		member := r.schema(3)
		propertiesOf(s)[fmt.Sprint("m", r.IntN(1000))] = member
		return new_, fmt.Sprintf("a member %v", member)
	case draw == 1 && kind != "":
		others := slices.DeleteFunc([]string{"string", "integer", "boolean", "array", "object"}, func(k string) bool { return k == kind })
		other := others[r.IntN(len(others))]
		become(tree{"type": other, "nullable": isNullable(s)})
		return breaking, "type " + other
	case draw == 2 && kind != "" && !isNullable(s):
		s["nullable"] = true
		return breaking, "nullable"
	case draw == 3 && len(members) > 0:
		member := members[r.IntN(len(members))]
		needed := slices.Contains(required, any(member)) && !isNullable(properties[member].(tree))
		delete(properties, member)
		unrequire(s, member)
		if needed {
			return breaking, "without " + member
		}
		return relaxed, "without " + member
	case draw == 4 && len(members) > 0:
		member := members[r.IntN(len(members))]
		switch in := slices.Contains(required, any(member)); {
		case !in:
			require(s, member)
			return relaxed, member + " required"
		case isNullable(properties[member].(tree)):
			unrequire(s, member)
			return new_, member + " optional"
		default:
			unrequire(s, member)
			return breaking, member + " optional"
		}
	case draw == 5 && kind == "string" && s["format"] != "date-time":
		s["enum"] = []any{fmt.Sprint("v", r.IntN(100)), fmt.Sprint("w", r.IntN(100))}
		return relaxed, "enum"
	case draw == 6 && kind != "":
		wrappers := []string{"allOf", "anyOf", "oneOf"}
		wrapper := wrappers[r.IntN(len(wrappers))]
		delete(inner, "nullable")
		delete(inner, "description")
		become(tree{wrapper: []any{inner}, "nullable": isNullable(s), "description": s["description"]})
		return none, "in " + wrapper
	case draw == 7 && kind != "":
		added := r.schema(2)
		if added["type"] == kind {
			return "", ""
		}
		wrapper := []string{"anyOf", "oneOf"}[r.IntN(2)]
		delete(inner, "description")
		become(tree{wrapper: []any{inner, added}, "description": s["description"]})
		return breaking, fmt.Sprintf("%s with %v", wrapper, added)
	case draw == 8 && kind == "object" && len(members) > 1:
		half := r.IntN(len(members)-1) + 1
		first, second := tree{}, tree{}
		for i, name := range members {
			if i < half {
				first[name] = properties[name]
			} else {
				second[name] = properties[name]
			}
		}
		parts := []any{tree{"type": "object", "properties": first}, tree{"properties": second, "required": required}}
		if len(required) == 0 {
			delete(parts[1].(tree), "required")
		}
		become(tree{"allOf": parts, "nullable": isNullable(s), "description": s["description"]})
		return none, "in two halves"
	case draw == 9 && kind == "integer":
		s["minimum"] = r.IntN(100) + 1
		return relaxed, "minimum"
	case draw == 10:
		s["description"] = fmt.Sprint("Words ", r.IntN(1000))
		return wording, "description"
	case draw == 11 && kind == "array" && len(s["items"].(tree)) > 0:
		s["maxItems"] = r.IntN(20) + 1
		return relaxed, "maxItems"
	case draw == 12 && n.parent != nil && kind != "":
		name := fmt.Sprint("Moved", r.IntN(1000))
		doc["components"].(tree)["schemas"].(tree)[name] = inner
		inner["x-edited"] = true
		become(tree{"$ref": "#/components/schemas/" + name})
		return none, "by reference"
	case draw == 13 && kind == "string" && s["format"] != "date-time":
		s["pattern"] = fmt.Sprintf("^[a-z]{%d,}-[0-9]+$", r.IntN(4)+1)
		return relaxed, "pattern"
	}
	return "", ""
}

// schema makes a schema at random.
func (r *randomEdit) schema(depth int) tree {
	kinds := []string{"string", "integer", "boolean", "number", "array", "object"}
	if depth == 0 {
		kinds = kinds[:4]
	}
	s := tree{"type": kinds[r.IntN(len(kinds))]}
	switch s["type"] {
	case "array":
		s["items"] = r.schema(depth - 1)
	case "object":
		for i := range r.IntN(3) {
			propertiesOf(s)[fmt.Sprint("a", i)] = r.schema(depth - 1)
		}
	}
	if r.IntN(3) == 0 {
		s["nullable"] = true
	}
	return s
}
