package drift

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aymanbagabas/go-udiff"
	"github.com/getkin/kin-openapi/openapi3"
	"go.yaml.in/yaml/v3"

	"github.com/psoauth/psoauth/internal/text"
	"github.com/psoauth/psoauth/openapi"
)

// contractFile is where the contract is in its repository.
const contractFile = "openapi/openapi.yaml"

// Suggest drafts the edit of the contract that takes in the members that are new in a document: a unified diff for
// git apply or patch -p1, which changes no other line. What is new and cannot be drafted, such as a status, stands before
// it in lines that begin with #. It is empty if nothing is new, and nothing is written anywhere. Whoever applies it looks
// at the types, runs go generate, and says in the contract's own words what a member is.
func Suggest(upstream *Document) (string, error) {
	report, err := Compare(upstream)
	if err != nil {
		return "", err
	}
	return suggest(openapi.Contract(), report.Findings, upstream)
}

func suggest(contract string, findings []Finding, upstream *Document) (string, error) {
	findings = slices.DeleteFunc(findings, func(f Finding) bool { return f.Class > New })
	if len(findings) == 0 {
		return "", nil
	}
	var root yaml.Node
	if err := yaml.Unmarshal([]byte(contract), &root); err != nil || len(root.Content) == 0 {
		return "", errors.Join(errors.New("the contract cannot be read"), err)
	}
	text := &edited{lines: strings.Split(strings.TrimSuffix(contract, "\n"), "\n")}
	var byHand []string
	for _, f := range findings {
		if f.Class == New && f.Rule == "member" && f.In == InBody {
			err := takeIn(text, root.Content[0], f, upstream)
			if err == nil {
				continue
			}
			f.Message = err.Error()
		}
		if line := "# by hand: " + f.String() + "\n"; !slices.Contains(byHand, line) {
			byHand = append(byHand, line)
		}
	}
	diff, err := text.diff(contractFile)
	return strings.Join(byHand, "") + diff, err
}

// takeIn inserts the member of a finding where the contract describes the object it is in.
func takeIn(text *edited, root *yaml.Node, f Finding, upstream *Document) error {
	names := pointerNames(f.Pointer)
	name, parent := names[len(names)-1], names[:len(names)-1]
	published := upstream.operations[f.Operation].memberAt(f.Status, names)
	if published == nil {
		return errors.New("the document's schema of it is not found")
	}
	d := descent{root: root, at: findOperation(root, f.Operation)}
	for _, key := range []string{"responses", f.Status, "content", "application/json", "schema"} {
		d.into(key)
	}
	for _, name := range parent {
		d.member(name)
	}
	if d.at == nil || d.at.Kind != yaml.MappingNode {
		return errors.New("the contract has no one object there")
	}
	if d.at.Style&yaml.FlowStyle != 0 {
		return errors.New("the contract has that object on one line")
	}
	typeName := d.typeName + goName(name)
	last, heading := d.at.Content[len(d.at.Content)-2], ""
	indent := last.Column - 1
	if properties := value(d.at, "properties"); properties != nil && properties.Style&yaml.FlowStyle == 0 && len(properties.Content) > 0 {
		last = properties.Content[len(properties.Content)-2]
		indent = last.Column - 1
	} else {
		heading, indent = strings.Repeat(" ", indent)+"properties:\n", indent+2
	}
	member, err := draftMember(indent, name, published, typeName, !d.absent)
	text.insertBelow(last, heading, member)
	return err
}

func pointerNames(pointer string) []string {
	names := strings.Split(pointer, "/")[1:]
	for i, name := range names {
		names[i] = strings.NewReplacer("~1", "/", "~0", "~").Replace(name)
	}
	return names
}

// memberAt returns the schema of a member of the body of a response, or nil.
func (op *operation) memberAt(status string, names []string) *openapi3.Schema {
	if op == nil {
		return nil
	}
	declared := op.declared(representative(strings.ToUpper(status), op, op))
	if declared == nil {
		return nil
	}
	for _, at := range declared.media {
		for _, name := range names {
			at = memberOf(at, name)
		}
		if at != nil {
			return at
		}
	}
	return nil
}

// A descent goes down the contract's YAML, through references.
type descent struct {
	root, at *yaml.Node
	typeName string // of Go, of the schema
	absent   bool   // whether the contract marks the schema, or one it is in, as missing from the pages it began with
}

// into goes to the value of a key.
func (d *descent) into(key string) {
	if d.at = value(d.at, key); d.at == nil {
		return
	}
	if ref := value(d.at, "$ref"); ref != nil {
		names := pointerNames(strings.TrimPrefix(ref.Value, "#"))
		d.at, d.typeName = d.root, names[len(names)-1]
		for _, name := range names {
			d.at = value(d.at, name)
		}
	}
	if published := value(d.at, "x-published"); value(published, "absent") != nil {
		d.absent = true
	}
	if name := value(d.at, "x-go-type-name"); name != nil {
		d.typeName = name.Value
	}
}

// member goes to the schema of a member, or of an array's items for *.
func (d *descent) member(name string) {
	for _, keyword := range []string{"allOf", "anyOf", "oneOf"} {
		branches := value(d.at, keyword)
		if branches == nil || value(d.at, "properties") != nil || value(d.at, "items") != nil {
			continue
		}
		for _, branch := range branches.Content {
			try := descent{d.root, branch, d.typeName, d.absent}
			if try.member(name); try.at != nil {
				*d = try
				return
			}
		}
	}
	if name == "*" {
		d.into("items")
		return
	}
	d.at = value(d.at, "properties")
	d.into(name)
}

// value returns the value of a key of a mapping, or nil.
func value(node *yaml.Node, key string) *yaml.Node {
	if node == nil || node.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		if node.Content[i].Value == key {
			return node.Content[i+1]
		}
	}
	return nil
}

func findOperation(root *yaml.Node, id string) *yaml.Node {
	paths := value(root, "paths")
	for i := 1; paths != nil && i < len(paths.Content); i += 2 {
		for _, method := range methods {
			op := value(paths.Content[i], method)
			if own := value(op, "operationId"); own != nil && own.Value == id {
				return op
			}
		}
	}
	return nil
}

// goName returns a member's name as part of a Go type's.
func goName(name string) string {
	var b strings.Builder
	for _, word := range strings.FieldsFunc(name, func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9')
	}) {
		fmt.Fprint(&b, strings.ToUpper(word[:1]), word[1:])
	}
	return b.String()
}

// An edited is a text with insertions between its lines; no line of its own changes.
type edited struct {
	lines   []string // without their ends
	inserts []*insertion
}

// An insertion is the lines that follow the block of one key.
type insertion struct {
	below *yaml.Node
	at    int // the number of lines before them
	text  string
}

// insertBelow inserts text below the block that a key of a block mapping begins, unless it is there already. The first
// text below a key comes after the heading.
func (e *edited) insertBelow(key *yaml.Node, heading, text string) {
	at := key.Line // counted from 1, so this is the line after the key's
	for at < len(e.lines) && (strings.TrimSpace(e.lines[at]) == "" || len(e.lines[at])-len(strings.TrimLeft(e.lines[at], " ")) >= key.Column) {
		at++
	}
	for strings.TrimSpace(e.lines[at-1]) == "" { // blank lines belong to what follows
		at--
	}
	i := slices.IndexFunc(e.inserts, func(in *insertion) bool { return in.below == key })
	if i < 0 {
		i = len(e.inserts)
		e.inserts = append(e.inserts, &insertion{key, at, heading})
	}
	if in := e.inserts[i]; !strings.Contains("\n"+in.text, "\n"+text) {
		in.text += text
	}
}

// diff returns the insertions as a unified diff, those of the innermost blocks first; empty if there are none.
func (e *edited) diff(file string) (string, error) {
	slices.SortStableFunc(e.inserts, func(a, b *insertion) int {
		return cmp.Or(a.at-b.at, b.below.Column-a.below.Column)
	})
	var edits []udiff.Edit
	for i, in := range e.inserts {
		if i > 0 && e.inserts[i-1].at == in.at {
			edits[len(edits)-1].New += in.text
			continue
		}
		offset := len(strings.Join(e.lines[:in.at], "\n")) + 1
		edits = append(edits, udiff.Edit{Start: offset, End: offset, New: in.text})
	}
	u, err := udiff.ToUnifiedDiff("a/"+file, "b/"+file, strings.Join(e.lines, "\n")+"\n", edits, udiff.DefaultContextLines)
	if err != nil || len(edits) == 0 {
		return "", err
	}
	added := 0
	for _, hunk := range u.Hunks { // udiff v0.4.1 counts the lines between two edits of one hunk out of what follows
		hunk.ToLine = hunk.FromLine + added
		for _, line := range hunk.Lines {
			if line.Kind == udiff.Insert {
				added++
			}
		}
	}
	return u.String(), nil
}

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
