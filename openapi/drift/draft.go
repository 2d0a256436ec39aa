package drift

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"go.yaml.in/yaml/v3"

	"github.com/psoauth/psoauth/internal/text"
)

const draftWidth = 120

// draftMember returns the lines that declare a member, indented by so many spaces, in the contract's style: keywords in
// the contract's order, lines no longer than its. A marked one says that no page the contract began with has it.
func draftMember(indent int, name string, in *openapi3.Schema, typeName string, marked bool) (string, error) {
	schema := draft(name, in, typeName)
	schema.add("x-unrecorded", true) // until a recording has it
	if marked {
		schema.add("x-published", flow(map[string]bool{"absent": true}))
	}
	var member mapping
	member.add(name, schema.node())
	var b bytes.Buffer
	encoder := yaml.NewEncoder(&b)
	encoder.SetIndent(2)
	if err := encoder.Encode(member.node()); err != nil {
		return "", err
	}
	var lines strings.Builder
	for line := range strings.Lines(b.String()) {
		fmt.Fprint(&lines, wrapped(strings.Repeat(" ", indent)+line))
	}
	return lines.String(), nil
}

// wrapped breaks a long line of folded text, which is all that is long.
func wrapped(line string) string {
	words := strings.Fields(line)
	if len(line) <= draftWidth+1 || len(words) < 3 {
		return line
	}
	margin := line[:len(line)-len(strings.TrimLeft(line, " "))]
	var b strings.Builder
	at := margin + words[0]
	for _, word := range words[1:] {
		if len(at)+1+len(word) > draftWidth {
			b.WriteString(at + "\n")
			at = margin + word
			continue
		}
		at += " " + word
	}
	return b.String() + at + "\n"
}

// A mapping is the content of a YAML mapping.
type mapping []*yaml.Node

// add adds a key and its value, which may be a node.
func (m *mapping) add(key string, value any) {
	node, ok := value.(*yaml.Node)
	if !ok {
		node = encoded(value)
	}
	*m = append(*m, encoded(key), node)
}

func (m *mapping) node() *yaml.Node {
	node := &yaml.Node{Kind: yaml.MappingNode, Content: *m}
	if len(*m) == 0 {
		node.Style = yaml.FlowStyle
	}
	return node
}

func encoded(value any) *yaml.Node {
	node := &yaml.Node{}
	if err := node.Encode(value); err != nil { // which no value of JSON's is
		node.SetString(fmt.Sprint(value))
	}
	return node
}

func flow(value any) *yaml.Node {
	node := encoded(value)
	node.Style = yaml.FlowStyle
	return node
}

// draft returns the keywords of a schema, which is that of a member if it has a name.
func draft(name string, in *openapi3.Schema, typeName string) mapping {
	var m mapping
	types := in.Type.Slice()
	if len(types) == 1 {
		m.add("type", types[0])
	}
	switch {
	case in.Format != "":
		m.add("format", in.Format)
	case in.Type.Is(openapi3.TypeInteger): // as all of the contract's: a Go int may be too small
		m.add("format", "int64")
	}
	if in.Nullable && !isAnything(in) {
		m.add("nullable", true)
	}
	if len(in.Enum) > 0 {
		m.add("enum", flow(in.Enum))
	}
	for _, l := range []struct {
		keyword string
		value   any
		there   bool
	}{
		{"pattern", in.Pattern, in.Pattern != ""}, {"minLength", in.MinLength, in.MinLength > 0},
		{"maxLength", in.MaxLength, in.MaxLength != nil}, {"minimum", in.Min, in.Min != nil}, {"maximum", in.Max, in.Max != nil},
		{"minItems", in.MinItems, in.MinItems > 0}, {"maxItems", in.MaxItems, in.MaxItems != nil}, {"uniqueItems", true, in.UniqueItems},
	} {
		if l.there {
			m.add(l.keyword, l.value)
		}
	}
	description := text.Printable(text.Redact(strings.Join(strings.Fields(in.Description), " ")))
	if description == "" && name != "" {
		description = "Published without a description."
	}
	if description != "" {
		node := encoded(strings.TrimSuffix(description, ".") + ".") // the contract's are sentences
		if len(description) > draftWidth/2 {
			node.Style = yaml.FoldedStyle
		}
		m.add("description", node)
	}
	branches := func(keyword string, refs openapi3.SchemaRefs) {
		if len(refs) == 0 {
			return
		}
		list := &yaml.Node{Kind: yaml.SequenceNode}
		for i, ref := range refs {
			branch := draft("", ref.Value, fmt.Sprint(typeName, i+1))
			list.Content = append(list.Content, branch.node())
		}
		m.add(keyword, list)
	}
	if len(in.AllOf) == 1 && isChoice(in.AllOf[0].Value) {
		branches("oneOf", in.AllOf[0].Value.AnyOf)
	} else {
		branches("allOf", in.AllOf)
	}
	branches("anyOf", in.AnyOf)
	switch {
	case len(types) > 1:
		var each openapi3.SchemaRefs
		for _, t := range types {
			one := *in
			one.Type, one.Nullable, one.Description = &openapi3.Types{t}, false, ""
			each = append(each, one.NewRef())
		}
		branches("oneOf", each)
	case in.Type.Is(openapi3.TypeObject) && len(in.Properties) == 0: // keep what comes, as for others without a published shape
		m.goType("openapi.RawObject")
	case in.Type.Is(openapi3.TypeObject):
		if required := slices.Sorted(slices.Values(in.Required)); len(required) > 0 {
			m.add("required", flow(required))
		}
		m.add("x-go-type-name", typeName)
		var properties mapping
		for _, name := range slices.Sorted(maps.Keys(in.Properties)) {
			schema := draft(name, in.Properties[name].Value, typeName+goName(name))
			properties.add(name, schema.node())
		}
		m.add("properties", properties.node())
	case in.Type.Is(openapi3.TypeArray) && (in.Items == nil || isAnything(in.Items.Value)):
		m.goType("openapi.RawArray")
		m.add("items", flow(map[string]any{}))
	case in.Type.Is(openapi3.TypeArray):
		m.add("x-go-type-skip-optional-pointer", true)
		items := draft("", in.Items.Value, typeName+"Item")
		m.add("items", items.node())
	}
	return m
}

// isChoice reports whether a schema is what normalize makes of a oneOf.
func isChoice(in *openapi3.Schema) bool {
	rest := *in
	rest.AnyOf = nil
	return len(in.AnyOf) > 0 && rest.IsEmpty()
}

func (m *mapping) goType(name string) {
	m.add("x-go-type", name)
	m.add("x-go-type-import", flow(map[string]string{"path": "github.com/psoauth/psoauth/openapi"}))
	m.add("x-go-type-skip-optional-pointer", true)
}
