package drift

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aymanbagabas/go-udiff"
	"github.com/getkin/kin-openapi/openapi3"
	"github.com/go-openapi/jsonpointer"
	"go.yaml.in/yaml/v3"

	"github.com/psoauth/psoauth/internal/text"
	"github.com/psoauth/psoauth/openapi"
)

const (
	contractFile = "openapi/openapi.yaml" // where the contract is in its repository
	draftWidth   = 120
)

// Suggest drafts the edit of the contract that takes in the members that are new in a document: a unified diff for
// git apply or patch -p1, which changes no other line. What is new and cannot be drafted, such as a status, is before
// it in lines that begin with #. It is empty if nothing is new, and nothing is written anywhere. After it is applied, look at
// the types, run go generate, and say in the contract's own words what a member is.
func Suggest(upstream *Document) (string, error) {
	report, err := Compare(upstream)
	if err != nil {
		return "", err
	}
	return suggest(openapi.Contract(), report.Findings)
}

func suggest(contract string, findings []Finding) (string, error) {
	var root yaml.Node
	if err := yaml.Unmarshal([]byte(contract), &root); err != nil || len(root.Content) == 0 {
		return "", errors.Join(errors.New("the contract cannot be read"), err)
	}
	inserts := map[int]string{} // by the number of lines before them
	byHand := ""
	for _, f := range findings {
		if f.Class > New {
			continue
		}
		if f.Class == New && f.Rule == "member" && f.In == InBody {
			err := takeIn(inserts, root.Content[0], f)
			if err == nil {
				continue
			}
			f.Message = err.Error()
		}
		if line := "# by hand: " + f.String() + "\n"; !strings.Contains(byHand, line) {
			byHand += line
		}
	}
	var edits []udiff.Edit
	lines := strings.SplitAfter(contract, "\n")
	for _, line := range slices.Sorted(maps.Keys(inserts)) {
		offset := len(strings.Join(lines[:line], ""))
		edits = append(edits, udiff.Edit{Start: offset, End: offset, New: inserts[line]})
	}
	diff, err := udiff.ToUnifiedDiff("a/"+contractFile, "b/"+contractFile, contract, edits, udiff.DefaultContextLines)
	if err != nil || len(edits) == 0 {
		return byHand, err
	}
	added := 0
	for _, hunk := range diff.Hunks { // udiff v0.4.1 counts the lines between two edits of one hunk out of what follows
		hunk.ToLine = hunk.FromLine + added
		for _, line := range hunk.Lines {
			if line.Kind == udiff.Insert {
				added++
			}
		}
	}
	return byHand + diff.String(), nil
}

// takeIn inserts the member of a finding where the contract describes the object it is in, before the other members.
func takeIn(inserts map[int]string, root *yaml.Node, f Finding) error {
	pointer, err := jsonpointer.New(f.Pointer)
	if err != nil {
		return err
	}
	names := pointer.DecodedTokens()
	held, err := parsedContract()
	if err != nil {
		return err
	}
	op := held.operations[f.Operation]
	way := []string{"paths", op.path, strings.ToLower(op.method), "responses", f.Status, "content", "application/json", "schema"}
	name := names[len(names)-1]
	for _, parent := range names[:len(names)-1] {
		if parent == "*" {
			way = append(way, "items")
		} else {
			way = append(way, "properties", parent)
		}
	}
	object, typeName, absent := descend(root, way)
	properties := value(object, "properties")
	switch {
	case object == nil || object.Kind != yaml.MappingNode:
		return errors.New("the contract has no one object there")
	case (object.Style|cmp.Or(properties, object).Style)&yaml.FlowStyle != 0:
		return errors.New("the contract has that object on one line")
	}
	key := object.Content[0] // the type, which is on one line
	indent, heading := key.Column+1, strings.Repeat(" ", key.Column-1)+"properties:\n"
	for i := 0; i < len(object.Content); i += 2 {
		if object.Content[i].Value == "properties" {
			key, heading = object.Content[i], ""
		}
	}
	member, err := draftMember(indent, name, f.schema, typeName+goName(name), !absent)
	if known := inserts[key.Line]; err == nil && !strings.Contains("\n"+known, "\n"+member) {
		inserts[key.Line] = heading + strings.TrimPrefix(known, heading) + member
	}
	return err
}

// descend goes down the contract's YAML by keys, through references. It returns the schema there, the name of its type in Go,
// and whether the contract marks it, or one it is in, as missing from the pages it began with.
func descend(root *yaml.Node, way []string) (at *yaml.Node, typeName string, absent bool) {
	at = root
	for _, key := range way {
		at = value(at, key)
		if ref := value(at, "$ref"); ref != nil {
			names := strings.Split(ref.Value, "/")[1:]
			at, typeName = root, names[len(names)-1]
			for _, name := range names {
				at = value(at, name)
			}
		}
		absent = absent || value(value(at, "x-published"), "absent") != nil
		if name := value(at, "x-go-type-name"); name != nil {
			typeName = name.Value
		}
	}
	return at, typeName, absent
}

// value returns the value of a key of a mapping, or nil.
func value(node *yaml.Node, key string) *yaml.Node {
	for i := 0; node != nil && node.Kind == yaml.MappingNode && i+1 < len(node.Content); i += 2 {
		if node.Content[i].Value == key {
			return node.Content[i+1]
		}
	}
	return nil
}

// goName returns a member's name as part of a Go type's.
func goName(name string) (out string) {
	for _, word := range strings.FieldsFunc(name, func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9')
	}) {
		out += strings.ToUpper(word[:1]) + word[1:]
	}
	return out
}

// A draft is a schema in the contract's style, keywords in the contract's order.
type draft struct {
	Type        string            `yaml:"type,omitempty"`
	Format      string            `yaml:"format,omitempty"`
	Nullable    bool              `yaml:"nullable,omitempty"`
	Enum        []any             `yaml:"enum,flow,omitempty"`
	Description *yaml.Node        `yaml:"description,omitempty"`
	AllOf       []*draft          `yaml:"allOf,omitempty"`
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
		for at := 0; len(margin)+len(line) > draftWidth && at >= 0; { // folded text, which is all that is long
			if at = strings.LastIndexByte(line[:max(draftWidth-len(margin)+1, 0)], ' '); at >= 0 {
				fmt.Fprintln(&lines, margin+line[:at])
				line = line[at+1:]
			}
		}
		fmt.Fprintln(&lines, margin+line)
	}
	return lines.String(), nil
}

// newDraft drafts a schema, which is that of a member if it has a name. It leaves out limits other than lists of values:
// the contract allows for more than one revision has.
func newDraft(name string, in *openapi3.Schema, typeName string) *draft {
	d := &draft{Format: in.Format, Nullable: in.Nullable && !isAnything(in), Enum: in.Enum}
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
	all, one := in.AllOf, in.AnyOf
	if len(all) == 1 && len(all[0].Value.AnyOf) > 0 { // what normalize makes of a oneOf
		all, one = nil, all[0].Value.AnyOf
	}
	types := in.Type.Slice()
	for _, t := range types {
		if d.Type = t; len(types) > 1 {
			branch := *in
			branch.Type, branch.Nullable, branch.Description, d.Type = &openapi3.Types{t}, false, "", ""
			one = append(one, branch.NewRef())
		}
	}
	branches := func(refs openapi3.SchemaRefs) (all []*draft) {
		for i, ref := range refs {
			all = append(all, newDraft("", ref.Value, fmt.Sprint(typeName, i+1)))
		}
		return all
	}
	d.AllOf, d.OneOf = branches(all), branches(one)
	raw := ""
	switch {
	case d.Type == openapi3.TypeInteger && d.Format == "": // as all of the contract's: a Go int may be too small
		d.Format = "int64"
	case d.Type == openapi3.TypeObject && len(in.Properties) == 0: // keep what comes, as for others without a published shape
		raw = "openapi.RawObject"
	case d.Type == openapi3.TypeObject:
		d.Required, d.GoTypeName, d.Properties = sorted(in.Required), typeName, map[string]*draft{}
		for name, ref := range in.Properties {
			d.Properties[name] = newDraft(name, ref.Value, typeName+goName(name))
		}
	case d.Type == openapi3.TypeArray && isAnything(valueOf(in.Items)):
		raw, d.Items = "openapi.RawArray", &draft{}
	case d.Type == openapi3.TypeArray:
		d.NoPointer, d.Items = true, newDraft("", in.Items.Value, typeName+"Item")
	}
	if raw != "" {
		d.GoType, d.GoImport, d.NoPointer = raw, map[string]string{"path": "github.com/psoauth/psoauth/openapi"}, true
	}
	return d
}
