package drift

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"go.yaml.in/yaml/v3"

	"github.com/psoauth/psoauth/internal/text"
)

const draftWidth = 120

// A draft is a schema in the contract's style, keywords in the contract's order.
type draft struct {
	Type        string            `yaml:"type,omitempty"`
	Format      string            `yaml:"format,omitempty"`
	Nullable    bool              `yaml:"nullable,omitempty"`
	Enum        []any             `yaml:"enum,flow,omitempty"`
	Description *yaml.Node        `yaml:"description,omitempty"`
	AllOf       []*draft          `yaml:"allOf,omitempty"`
	AnyOf       []*draft          `yaml:"anyOf,omitempty"`
	OneOf       []*draft          `yaml:"oneOf,omitempty"`
	Required    []string          `yaml:"required,flow,omitempty"`
	GoType      string            `yaml:"x-go-type,omitempty"`
	GoImport    map[string]string `yaml:"x-go-type-import,flow,omitempty"`
	NoPointer   bool              `yaml:"x-go-type-skip-optional-pointer,omitempty"`
	GoTypeName  string            `yaml:"x-go-type-name,omitempty"`
	Properties  map[string]*draft `yaml:"properties,omitempty"`
	Items       *draft            `yaml:"items,omitempty"`
	Unrecorded  bool              `yaml:"x-unrecorded,omitempty"`
	Published   map[string]bool   `yaml:"x-published,flow,omitempty"`
}

// draftMember returns the lines that declare a member, indented by so many spaces and no longer than the contract's. A
// marked one says that no page the contract began with has it.
func draftMember(indent int, name string, in *openapi3.Schema, typeName string, marked bool) (string, error) {
	schema := newDraft(name, in, typeName)
	schema.Unrecorded = true // until a recording has it
	if marked {
		schema.Published = map[string]bool{"absent": true}
	}
	var b bytes.Buffer
	encoder := yaml.NewEncoder(&b)
	encoder.SetIndent(2)
	if err := encoder.Encode(map[string]*draft{name: schema}); err != nil {
		return "", err
	}
	var lines strings.Builder
	for line := range strings.Lines(b.String()) {
		margin := strings.Repeat(" ", indent+len(line)-len(strings.TrimLeft(line, " ")))
		line = strings.TrimSpace(line)
		for len(margin)+len(line) > draftWidth { // folded text, which is all that is long
			at := strings.LastIndexByte(line[:max(draftWidth-len(margin)+1, 0)], ' ')
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

// newDraft drafts a schema, which is that of a member if it has a name. It leaves out limits other than lists of values:
// the contract allows for more than one revision has.
func newDraft(name string, in *openapi3.Schema, typeName string) *draft {
	d := &draft{Format: in.Format, Nullable: in.Nullable && !isAnything(in), Enum: in.Enum}
	types := in.Type.Slice()
	if len(types) == 1 {
		d.Type = types[0]
	}
	if d.Format == "" && in.Type.Is(openapi3.TypeInteger) { // as all of the contract's: a Go int may be too small
		d.Format = "int64"
	}
	description := text.Printable(text.Redact(strings.Join(strings.Fields(in.Description), " ")))
	if description == "" && name != "" {
		description = "Published without a description."
	}
	if description != "" {
		d.Description = &yaml.Node{}
		d.Description.SetString(strings.TrimSuffix(description, ".") + ".") // the contract's are sentences
		if len(description) > draftWidth/2 {
			d.Description.Style = yaml.FoldedStyle
		}
	}
	all, one := in.AllOf, openapi3.SchemaRefs(nil)
	if len(all) == 1 && len(all[0].Value.AnyOf) > 0 { // what normalize makes of a oneOf
		all, one = nil, all[0].Value.AnyOf
	}
	for _, t := range types {
		if branch := *in; len(types) > 1 {
			branch.Type, branch.Nullable, branch.Description = &openapi3.Types{t}, false, ""
			one = append(one, branch.NewRef())
		}
	}
	branches := func(refs openapi3.SchemaRefs) (all []*draft) {
		for i, ref := range refs {
			all = append(all, newDraft("", ref.Value, fmt.Sprint(typeName, i+1)))
		}
		return all
	}
	d.AllOf, d.AnyOf, d.OneOf = branches(all), branches(in.AnyOf), branches(one)
	switch {
	case in.Type.Is(openapi3.TypeObject) && len(in.Properties) == 0: // keep what comes, as for others without a published shape
		d.goType("openapi.RawObject")
	case in.Type.Is(openapi3.TypeObject):
		d.Required = slices.Sorted(slices.Values(in.Required))
		d.GoTypeName, d.Properties = typeName, map[string]*draft{}
		for name, ref := range in.Properties {
			d.Properties[name] = newDraft(name, ref.Value, typeName+goName(name))
		}
	case in.Type.Is(openapi3.TypeArray) && (in.Items == nil || isAnything(in.Items.Value)):
		d.goType("openapi.RawArray")
		d.Items = &draft{}
	case in.Type.Is(openapi3.TypeArray):
		d.NoPointer = true
		d.Items = newDraft("", in.Items.Value, typeName+"Item")
	}
	return d
}

func (d *draft) goType(name string) {
	d.GoType, d.GoImport, d.NoPointer = name, map[string]string{"path": "github.com/psoauth/psoauth/openapi"}, true
}
