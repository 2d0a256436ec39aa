package drift_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/psoauth/psoauth/openapi"
)

// A tree is a document as JSON has it.
type tree = map[string]any

// contractTree returns the contract, to be edited.
func contractTree(t testing.TB) tree {
	t.Helper()
	var doc tree
	if err := json.Unmarshal(contractJSON(), &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

// contractJSON is the contract, to make trees of. It is without the examples and without three of the four errors, which
// read alike, because thousands of copies are parsed.
var contractJSON = sync.OnceValue(func() []byte {
	var doc tree
	if err := yaml.Unmarshal([]byte(openapi.Contract()), &doc); err != nil {
		panic(err)
	}
	for _, item := range doc["paths"].(tree) {
		for _, method := range []string{"get", "delete"} {
			op, _ := item.(tree)[method].(tree)
			responses, _ := op["responses"].(tree)
			for _, status := range []string{"403", "404", "500"} {
				delete(responses, status)
			}
			if good, ok := responses["200"].(tree); ok {
				delete(good["content"].(tree)["application/json"].(tree), "examples")
			}
		}
	}
	data, err := json.Marshal(doc)
	if err != nil {
		panic(err)
	}
	return data
})

func encode(t testing.TB, doc tree) []byte {
	t.Helper()
	data, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// at returns what stands at a pointer of the document, whose names hold no slash but ~1.
func at(doc any, pointer string) any {
	for _, token := range strings.Split(pointer, "/")[1:] {
		switch parent := doc.(type) {
		case tree:
			doc = parent[strings.ReplaceAll(token, "~1", "/")]
		case []any:
			var i int
			fmt.Sscan(token, &i)
			doc = parent[i]
		}
	}
	return doc
}

// What an edit is to be found as; none for an edit that says the same in other words.
const (
	breaking = "breaking"
	differs  = "differs"
	new_     = "new"
	relaxed  = "relaxed"
	wording  = "wording"
	none     = ""
)

// An edit changes one thing of the contract. Change gets a fresh copy of the document.
type edit struct {
	name   string
	want   string // how the changed document reads against the contract
	back   string // how the contract reads against the changed document; skip to leave that out
	change func(doc tree)
}

const skip = "skip"

// A node is a schema of the contract, by where it stands in the document.
type node struct {
	pointer string
	schema  tree
	use     use
	parent  *node  // the schema it stands in
	member  string // its name there, if it is a member
}

// A use is what a schema is used for: its verdict depends on it.
type use int

const (
	answer  use = iota // the body of a good answer
	failure            // the body of an error
	request            // a parameter
)

// nodes returns the schemas of the contract, each once.
func nodes(doc tree) []*node {
	var all []*node
	components := doc["components"].(tree)
	var walk func(pointer string, schema tree, use use, parent *node, member string)
	walk = func(pointer string, schema tree, use use, parent *node, member string) {
		if schema["$ref"] != nil {
			return
		}
		n := &node{pointer, schema, use, parent, member}
		all = append(all, n)
		properties, _ := schema["properties"].(tree)
		for _, name := range slices.Sorted(maps.Keys(properties)) {
			walk(pointer+"/properties/"+name, properties[name].(tree), use, n, name)
		}
		if items, ok := schema["items"].(tree); ok {
			walk(pointer+"/items", items, use, n, "")
		}
		choice, _ := schema["oneOf"].([]any)
		for i, branch := range choice {
			walk(fmt.Sprintf("%s/oneOf/%d", pointer, i), branch.(tree), use, n, "")
		}
	}
	schemas := components["schemas"].(tree)
	for _, name := range slices.Sorted(maps.Keys(schemas)) {
		use := answer
		if name == "Error" {
			use = failure
		}
		walk("/components/schemas/"+name, schemas[name].(tree), use, nil, "")
	}
	list := "/paths/~1organizations~1{organization}~1oauth-applications~1{application_id}~1tokens/get/parameters"
	for i := range at(doc, list).([]any) {
		pointer := fmt.Sprintf("%s/%d/schema", list, i)
		walk(pointer, at(doc, pointer).(tree), request, nil, "")
	}
	for _, name := range []string{"Organization", "ApplicationID", "TokenID"} {
		pointer := "/components/parameters/" + name + "/schema"
		walk(pointer, at(doc, pointer).(tree), request, nil, "")
	}
	return all
}

// edits returns edits of every keyword of the contract. Of schemas that read alike one is edited.
func edits(t testing.TB) []edit {
	doc := contractTree(t)
	var all []edit
	alike := map[string]int{}
	for _, n := range nodes(doc) {
		if alike[n.shape()]++; alike[n.shape()] > 1 {
			continue
		}
		switch n.use {
		case request:
			all = append(all, parameterEdits(n)...)
		default:
			all = append(all, schemaEdits(n)...)
		}
	}
	return append(all, operationEdits()...)
}

// shape says what there is to edit in a schema.
func (n *node) shape() string {
	plain := maps.Clone(n.schema)
	delete(plain, "description")
	text, err := json.Marshal(plain)
	if err != nil {
		panic(err)
	}
	required := false
	if n.member != "" {
		list, _ := n.parent.schema["required"].([]any)
		required = slices.Contains(list, any(n.member))
	}
	return fmt.Sprint(n.use, n.member == "", n.isBranch(), required, string(text))
}

// isBranch reports whether the schema is one of several that a value may be of.
func (n *node) isBranch() bool {
	return n.parent != nil && n.parent.schema["oneOf"] != nil && n.member == ""
}

// on makes an edit of one schema.
func (n *node) on(name, want, back string, change func(schema tree)) edit {
	return edit{n.pointer + ": " + name, want, back, func(doc tree) { change(at(doc, n.pointer).(tree)) }}
}

// set makes an edit that gives a keyword a value, or takes it away if the value is nil.
func (n *node) set(want, back, keyword string, value any) edit {
	return n.on(fmt.Sprintf("%s %v", keyword, value), want, back, func(schema tree) {
		if value == nil {
			delete(schema, keyword)
		} else {
			schema[keyword] = value
		}
	})
}

// narrower is what an edit is that takes values away: nothing to act on, and in an error nothing at all, because the
// contract takes any error; the other way round the contract refuses what is added.
func (n *node) narrower(name, keyword string, value any) edit {
	want := relaxed
	if n.use == failure {
		want = wording
	}
	e := n.set(want, breaking, keyword, value)
	e.name += name
	return e
}

func schemaEdits(n *node) []edit {
	all := []edit{
		n.set(wording, wording, "description", "Other words."),
		n.set(wording, wording, "title", "A title"),
		n.set(new_, wording, "deprecated", true),
		n.set(none, none, "example", "x"),
		n.set(none, none, "readOnly", true),
		n.narrower("", "not", tree{"enum": []any{"forbidden"}}),
	}
	kind, _ := n.schema["type"].(string)
	all[len(all)-1].back = differs // no value of the type shows what not forbids
	if kind == "string" && n.schema["format"] == nil || kind == "" {
		all[len(all)-1].back = breaking
	}
	nullable, _ := n.schema["nullable"].(bool)
	if nullable {
		all = append(all, n.narrower("", "nullable", nil))
	} else {
		want := breaking
		if n.use == failure {
			want = new_
		}
		if len(n.schema) > 0 && !isNullable(n.schema) { // {} allows null already
			all = append(all, n.set(want, skip, "nullable", true))
		}
	}
	if kind != "" {
		all = append(all, n.set(breaking, skip, "type", nil))
	}
	switch kind {
	case "string":
		all = append(all, n.set(breaking, breaking, "type", "integer"), n.set(breaking, breaking, "type", "boolean"),
			n.set(breaking, breaking, "type", "object"), n.set(breaking, breaking, "type", "array"),
			n.on("string or integer", breaking, relaxedIn(n), func(s tree) {
				delete(s, "type")
				s["oneOf"] = []any{tree{"type": "string"}, tree{"type": "integer"}}
			}))
		all = append(all, n.strings()...)
	case "integer":
		all = append(all, n.set(breaking, breaking, "type", "string"), n.set(breaking, relaxedIn(n), "type", "number"),
			n.set(breaking, breaking, "type", "boolean"), n.set(wording, wording, "format", nil),
			n.narrower("", "format", "int32"), n.narrower("", "minimum", 1), n.narrower("", "maximum", 1000),
			n.narrower("", "multipleOf", 10), n.narrower("", "enum", []any{1, 2}),
			n.on("exclusiveMinimum", relaxedIn(n), breaking, func(s tree) { s["minimum"], s["exclusiveMinimum"] = 0, true }))
	case "boolean":
		all = append(all, n.set(breaking, breaking, "type", "string"), n.set(breaking, breaking, "type", "integer"),
			n.narrower("", "enum", []any{true}))
	case "array":
		all = append(all, n.set(breaking, breaking, "type", "string"), n.set(breaking, breaking, "type", "object"),
			n.narrower("", "minItems", 1), n.narrower("", "maxItems", 5), n.narrower("", "uniqueItems", true))
		if items := n.schema["items"].(tree); len(items) > 0 {
			back := new_ // members that nobody knew of
			if items["type"] == "string" {
				back = relaxedIn(n)
			}
			all = append(all, n.set(breaking, back, "items", nil), n.set(breaking, breaking, "items", tree{"type": "boolean"}))
		} else {
			all = append(all, n.narrower("", "items", tree{"type": "string"}))
		}
	case "object":
		all = append(all, n.set(breaking, breaking, "type", "string"), n.set(breaking, breaking, "type", "array"))
		all = append(all, n.objects()...)
	}
	if choice, ok := n.schema["oneOf"].([]any); ok {
		all = append(all, n.on("another branch", breaking, relaxedIn(n), func(s tree) {
			s["oneOf"] = append(slices.Clone(choice), tree{"type": "boolean"})
		}))
		for i := range choice {
			all = append(all, n.on(fmt.Sprintf("without branch %d", i), relaxedIn(n), breaking, func(s tree) {
				s["oneOf"] = slices.Delete(slices.Clone(choice), i, i+1)
			}), n.on(fmt.Sprintf("branch %d is a boolean", i), breaking, breaking, func(s tree) {
				s["oneOf"].([]any)[i] = tree{"type": "boolean"}
			}))
		}
		all = append(all, n.on("anyOf for oneOf", none, none, func(s tree) { s["anyOf"] = s["oneOf"]; delete(s, "oneOf") }))
	}
	if kind != "" {
		all = append(all, n.on("in an allOf", none, none, func(s tree) {
			inner := maps.Clone(s)
			delete(inner, "nullable")
			delete(inner, "description")
			clear(s)
			s["allOf"], s["nullable"], s["description"] = []any{inner}, nullable, n.schema["description"]
		}))
	}
	if n.isBranch() { // what another branch allows already, or null where it is allowed already, is another question
		all = slices.DeleteFunc(all, func(e edit) bool {
			return strings.Contains(e.name, ": type string") || strings.Contains(e.name, ": type integer") ||
				strings.Contains(e.name, ": string or integer") || isNullable(n.parent.schema) && strings.Contains(e.name, ": nullable")
		})
	}
	return all
}

func relaxedIn(n *node) string {
	if n.use == failure {
		return wording
	}
	return relaxed
}

func (n *node) strings() []edit {
	all := []edit{
		n.narrower("", "minLength", 2), n.narrower("", "maxLength", 2), n.narrower("", "enum", []any{"a", "b"}),
		n.narrower("", "pattern", "^[a-z]{3}$"),
	}
	if n.schema["format"] != nil {
		for i := range all { // none of them allows a time or a URI, and the contract must not be asked for one then
			all[i].want, all[i].back = skip, skip
		}
	}
	switch n.schema["format"] {
	case nil:
		all = append(all, n.set(relaxedIn(n), wording, "format", "date-time"), n.set(relaxedIn(n), wording, "format", "date"))
	case "date-time":
		all = append(all, n.set(wording, relaxedIn(n), "format", nil), n.set(breaking, breaking, "format", "date"),
			n.set(breaking, relaxedIn(n), "format", "an-unknown-one"), n.narrower("", "enum", []any{"2026-01-02T03:04:05Z"}))
	case "uri":
		all = append(all, n.set(wording, relaxedIn(n), "format", nil), n.set(breaking, breaking, "format", "uuid"),
			n.set(breaking, breaking, "format", "email"), n.set(breaking, relaxedIn(n), "format", "an-unknown-one"),
			n.set(breaking, breaking, "format", "date-time"), n.narrower("", "maxLength", 40),
			n.narrower("", "enum", []any{"https://example.com/a"}))
	}
	return all
}

func (n *node) objects() []edit {
	all := []edit{
		n.on("another member", new_, relaxedIn(n), func(s tree) { propertiesOf(s)["brand_new"] = tree{"type": "string"} }),
		n.on("another member, required", new_, breaking, func(s tree) {
			propertiesOf(s)["brand_new"] = tree{"type": "string"}
			require(s, "brand_new")
		}),
		n.set(wording, new_, "additionalProperties", false),
		n.set(none, none, "additionalProperties", true),
	}
	if n.use == failure {
		all[1].back = wording // in an error nothing is needed
	}
	// A member's name is not looked at by a map, so this has nothing to refuse but what is not declared.
	all = append(all, n.set(new_, breaking, "additionalProperties", tree{"type": "integer"}))
	required, _ := n.schema["required"].([]any)
	properties, _ := n.schema["properties"].(tree)
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		in := slices.Contains(required, any(name))
		needed := in && n.use != failure && !isNullable(properties[name].(tree)) // a program reads null for a missing member
		legacy := n.pointer == "/components/schemas/TokenInfo" && slices.Contains(formsOfTokenInfo, name)
		gone := relaxedIn(n)
		if needed || legacy {
			gone = breaking
		}
		back := new_
		if legacy {
			back = skip
		}
		all = append(all, n.on("without "+name, gone, back, func(s tree) {
			delete(s["properties"].(tree), name)
			unrequire(s, name)
		}))
		if !legacy {
			all = append(all, n.on(name+" writeOnly", gone, back, func(s tree) {
				member := maps.Clone(properties[name].(tree))
				if ref := member["$ref"]; ref != nil {
					member = tree{"type": "object"}
				}
				member["writeOnly"] = true
				s["properties"].(tree)[name] = member
			}))
		}
		switch {
		case in && needed:
			all = append(all, n.on(name+" optional", breaking, relaxedIn(n), func(s tree) { unrequire(s, name) }))
		case in:
			all = append(all, n.on(name+" optional", new_, relaxedIn(n), func(s tree) { unrequire(s, name) }))
		case legacy:
		default:
			back := breaking
			if isNullable(properties[name].(tree)) || n.use == failure {
				back = new_
			}
			all = append(all, n.on(name+" required", relaxedIn(n), back, func(s tree) { require(s, name) }))
		}
	}
	if forms, ok := n.schema["anyOf"].([]any); ok {
		all = append(all, n.set(breaking, relaxed, "anyOf", nil),
			n.on("a third form", breaking, relaxed, func(s tree) { s["anyOf"] = append(slices.Clone(forms), tree{"required": []any{"sub"}}) }))
		for i := range forms {
			all = append(all, n.on(fmt.Sprintf("without form %d", i), relaxed, breaking, func(s tree) {
				s["anyOf"] = slices.Delete(slices.Clone(forms), i, i+1)
			}), n.on(fmt.Sprintf("form %d needs sub", i), relaxed, breaking, func(s tree) {
				form := maps.Clone(forms[i].(tree))
				form["required"] = append(slices.Clone(form["required"].([]any)), "sub")
				s["anyOf"].([]any)[i] = form
			}))
		}
	}
	return all
}

var formsOfTokenInfo = []string{"active", "resource_owner_id", "scope", "expires_in", "application", "created_at"}

func isNullable(schema tree) bool {
	branches, _ := schema["oneOf"].([]any)
	return schema["nullable"] == true || slices.ContainsFunc(branches, func(b any) bool { return isNullable(b.(tree)) })
}

func propertiesOf(schema tree) tree {
	properties, ok := schema["properties"].(tree)
	if !ok {
		properties = tree{}
		schema["properties"] = properties
	}
	return properties
}

func require(schema tree, name string) {
	required, _ := schema["required"].([]any)
	schema["required"] = append(slices.Clone(required), name)
}

func unrequire(schema tree, name string) {
	required, _ := schema["required"].([]any)
	schema["required"] = slices.DeleteFunc(slices.Clone(required), func(other any) bool { return other == name })
}

func parameterEdits(n *node) []edit {
	all := []edit{n.set(wording, skip, "description", "Other words."), n.set(new_, skip, "nullable", true)}
	if n.schema["type"] == "integer" {
		return append(all, n.set(new_, skip, "type", "string"), n.set(new_, skip, "type", "number"),
			n.set(breaking, skip, "type", "boolean"), n.set(new_, skip, "type", nil), n.set(wording, skip, "format", nil),
			n.set(new_, skip, "format", "int32"), n.set(new_, skip, "default", 7), n.set(new_, skip, "default", nil),
			n.set(new_, skip, "maximum", 100), n.set(none, skip, "minimum", 1), n.set(breaking, skip, "minimum", 50),
			n.set(breaking, skip, "enum", []any{7}))
	}
	return append(all, n.set(breaking, skip, "type", "integer"), n.set(breaking, skip, "type", "boolean"),
		n.set(new_, skip, "type", nil), n.set(new_, skip, "maxLength", 50), n.set(new_, skip, "minLength", 5),
		n.set(breaking, skip, "format", "date-time"), n.set(new_, skip, "default", "x"))
}
