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
		margin := strings.Repeat(" ", indent+len(line)-len(strings.TrimLeft(line, " ")))
		line = strings.TrimSpace(line)
		for len(margin)+len(line) > draftWidth { // folded text, which is all that is long
			at := strings.LastIndexByte(line[:draftWidth-len(margin)+1], ' ')
			if at < 0 {
				break
			}
			fmt.Fprintln(&lines, margin+line[:at])
			line = line[at+1:]
		}
		fmt.Fprintln(&lines, margin+line)
	}
	return lines.String(), nil
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

func (m mapping) node() *yaml.Node {
	node := &yaml.Node{Kind: yaml.MappingNode, Content: m}
	if len(m) == 0 {
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

// draft returns the keywords of a schema, which is that of a member if it has a name. It leaves out limits other than
// lists of values: the contract allows for more than one revision has.
func draft(name string, in *openapi3.Schema, typeName string) (m mapping) {
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
	all, one := in.AllOf, openapi3.SchemaRefs(nil)
	if len(all) == 1 && len(all[0].Value.AnyOf) > 0 { // what normalize makes of a oneOf
		all, one = nil, all[0].Value.AnyOf
	}
	if len(types) > 1 {
		for _, t := range types {
			branch := *in
			branch.Type, branch.Nullable, branch.Description = &openapi3.Types{t}, false, ""
			one = append(one, branch.NewRef())
		}
	}
	for i, refs := range []openapi3.SchemaRefs{all, in.AnyOf, one} {
		keyword := []string{"allOf", "anyOf", "oneOf"}[i]
		list := &yaml.Node{Kind: yaml.SequenceNode}
		for i, ref := range refs {
			list.Content = append(list.Content, draft("", ref.Value, fmt.Sprint(typeName, i+1)).node())
		}
		if len(refs) > 0 {
			m.add(keyword, list)
		}
	}
	switch {
	case in.Type.Is(openapi3.TypeObject) && len(in.Properties) == 0: // keep what comes, as for others without a published shape
		m.goType("openapi.RawObject")
	case in.Type.Is(openapi3.TypeObject):
		if required := slices.Sorted(slices.Values(in.Required)); len(required) > 0 {
			m.add("required", flow(required))
		}
		m.add("x-go-type-name", typeName)
		var properties mapping
		for _, name := range slices.Sorted(maps.Keys(in.Properties)) {
			properties.add(name, draft(name, in.Properties[name].Value, typeName+goName(name)).node())
		}
		m.add("properties", properties.node())
	case in.Type.Is(openapi3.TypeArray) && (in.Items == nil || isAnything(in.Items.Value)):
		m.goType("openapi.RawArray")
		m.add("items", flow(map[string]any{}))
	case in.Type.Is(openapi3.TypeArray):
		m.add("x-go-type-skip-optional-pointer", true)
		m.add("items", draft("", in.Items.Value, typeName+"Item").node())
	}
	return m
}

func (m *mapping) goType(name string) {
	m.add("x-go-type", name)
	m.add("x-go-type-import", flow(map[string]string{"path": "github.com/psoauth/psoauth/openapi"}))
	m.add("x-go-type-skip-optional-pointer", true)
}
