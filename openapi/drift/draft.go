package drift

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"go.yaml.in/yaml/v3"

	"github.com/psoauth/psoauth/internal/text"
)

// A draft is YAML in the contract's style: block mappings, keywords in the contract's order, lines no longer than its.
type draft struct{ strings.Builder }

const draftWidth = 120

// draftMember returns the lines that declare a member, indented by so many spaces. A marked one says that no page the
// contract began with has it.
func draftMember(indent int, name string, in *openapi3.Schema, typeName string, marked bool) string {
	var d draft
	d.line(indent, scalarText(name)+":")
	d.schema(indent+2, in, typeName)
	if marked {
		d.line(indent+2, "x-published: {absent: true}")
	}
	return d.String()
}

func (d *draft) line(indent int, s string) { fmt.Fprintf(d, "%s%s\n", strings.Repeat(" ", indent), s) }

func (d *draft) schema(indent int, in *openapi3.Schema, typeName string) {
	types := slices.DeleteFunc(slices.Clone(in.Type.Slice()), func(t string) bool { return t == openapi3.TypeNull })
	if len(types) == 1 {
		d.line(indent, "type: "+types[0])
	}
	switch {
	case in.Format != "":
		d.line(indent, "format: "+scalarText(in.Format))
	case in.Type.Is(openapi3.TypeInteger): // as all of the contract's: a Go int may be too small
		d.line(indent, "format: int64")
	}
	if in.Nullable {
		d.line(indent, "nullable: true")
	}
	if len(in.Enum) > 0 {
		d.line(indent, "enum: "+jsonText(in.Enum))
	}
	d.limits(indent, in)
	d.description(indent, in.Description)
	if len(in.AllOf) == 1 && isChoice(in.AllOf[0].Value) {
		d.branches(indent, "oneOf", in.AllOf[0].Value.AnyOf, typeName)
	} else {
		d.branches(indent, "allOf", in.AllOf, typeName)
	}
	d.branches(indent, "anyOf", in.AnyOf, typeName)
	if len(types) > 1 {
		d.line(indent, "oneOf:")
		for _, t := range types {
			one := *in
			one.Type, one.Nullable, one.Description = &openapi3.Types{t}, false, ""
			d.item(indent+2, &one, typeName)
		}
		return
	}
	switch {
	case in.Type.Permits(openapi3.TypeObject) && len(types) == 1:
		d.object(indent, in, typeName)
	case in.Type.Permits(openapi3.TypeArray) && len(types) == 1:
		d.array(indent, in, typeName)
	}
}

// isChoice reports whether a schema is what normalize makes of a oneOf.
func isChoice(in *openapi3.Schema) bool {
	rest := *in
	rest.AnyOf = nil
	return len(in.AnyOf) > 0 && rest.IsEmpty()
}

func (d *draft) branches(indent int, keyword string, branches openapi3.SchemaRefs, typeName string) {
	if len(branches) == 0 {
		return
	}
	d.line(indent, keyword+":")
	for i, branch := range branches {
		d.item(indent+2, branch.Value, fmt.Sprint(typeName, i+1))
	}
}

// item writes a schema as an item of a list.
func (d *draft) item(indent int, in *openapi3.Schema, typeName string) {
	var inner draft
	inner.schema(indent+2, in, typeName)
	lines := inner.String()
	if lines == "" {
		d.line(indent, "- {}")
		return
	}
	d.WriteString(lines[:indent] + "- " + lines[indent+2:])
}

func (d *draft) limits(indent int, in *openapi3.Schema) {
	for _, l := range []struct {
		keyword string
		value   any
		there   bool
	}{
		{"pattern", in.Pattern, in.Pattern != ""}, {"minLength", in.MinLength, in.MinLength > 0},
		{"maxLength", deref(in.MaxLength), in.MaxLength != nil}, {"minimum", deref(in.Min), in.Min != nil},
		{"maximum", deref(in.Max), in.Max != nil}, {"minItems", in.MinItems, in.MinItems > 0},
		{"maxItems", deref(in.MaxItems), in.MaxItems != nil}, {"uniqueItems", true, in.UniqueItems},
	} {
		if l.there {
			d.line(indent, l.keyword+": "+jsonText(l.value))
		}
	}
}

func deref[T any](p *T) (zero T) {
	if p == nil {
		return zero
	}
	return *p
}

func (d *draft) object(indent int, in *openapi3.Schema, typeName string) {
	if len(in.Properties) == 0 { // keep what comes, as for other objects of which no inner shape is published
		d.goType(indent, "openapi.RawObject")
		return
	}
	if required := slices.Sorted(slices.Values(in.Required)); len(required) > 0 {
		var names []string
		for _, name := range required {
			names = append(names, scalarText(name))
		}
		d.line(indent, "required: ["+strings.Join(names, ", ")+"]")
	}
	d.line(indent, "x-go-type-name: "+typeName)
	d.line(indent, "properties:")
	for _, name := range slices.Sorted(maps.Keys(in.Properties)) {
		d.WriteString(draftMember(indent+2, name, in.Properties[name].Value, typeName+goName(name), false))
	}
}

func (d *draft) array(indent int, in *openapi3.Schema, typeName string) {
	if in.Items == nil || in.Items.Value.IsEmpty() {
		d.goType(indent, "openapi.RawArray")
		d.line(indent, "items: {}")
		return
	}
	d.line(indent, "x-go-type-skip-optional-pointer: true")
	d.line(indent, "items:")
	d.schema(indent+2, in.Items.Value, typeName+"Item")
}

func (d *draft) goType(indent int, name string) {
	d.line(indent, "x-go-type: "+name)
	d.line(indent, "x-go-type-import: {path: github.com/psoauth/psoauth/openapi}")
	d.line(indent, "x-go-type-skip-optional-pointer: true")
}

// description writes what the document says of the member, as a line or folded.
func (d *draft) description(indent int, description string) {
	description = text.Printable(text.Redact(strings.Join(strings.Fields(description), " ")))
	if description == "" {
		return
	}
	if !strings.HasSuffix(description, ".") { // the contract's are sentences
		description += "."
	}
	if line := "description: " + scalarText(description); indent+len(line) <= draftWidth {
		d.line(indent, line)
		return
	}
	d.line(indent, "description: >-")
	line := ""
	for _, word := range strings.Fields(description) {
		if line != "" && indent+2+len(line)+1+len(word) > draftWidth {
			d.line(indent+2, line)
			line = ""
		}
		line = strings.TrimSpace(line + " " + word)
	}
	d.line(indent+2, line)
}

// scalarText returns a string as a YAML scalar on one line, quoted where it must be.
func scalarText(s string) string {
	out, err := yaml.Marshal(s)
	if quoted := strings.TrimSuffix(string(out), "\n"); err == nil && !strings.Contains(quoted, "\n") {
		return quoted
	}
	return jsonText(s) // YAML reads it
}
