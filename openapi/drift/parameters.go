package drift

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// parameters compares what an operation may be asked. Here the client writes and the server reads, so the sides of a
// schema are exchanged.
func (c *comparer) parameters(id string, before, now *operation) []Finding {
	keys := slices.AppendSeq(slices.Collect(maps.Keys(before.parameters)), maps.Keys(now.parameters))
	slices.SortFunc(keys, func(a, b parameterKey) int { return strings.Compare(a.in+" "+a.name, b.in+" "+b.name) })
	var all []Finding
	for _, key := range slices.Compact(keys) {
		was, is := before.parameters[key], now.parameters[key]
		p := place{finding: Finding{Operation: id, In: InRequest}}
		p.show = func(value any) *Example { return nil }
		switch {
		case is == nil:
			p.finding.Pointer = "/" + escapeName(was.name)
			all = append(all, p.find(Relaxed, "parameter", was.String(key), "not declared"))
			continue
		case was == nil:
			p.finding.Pointer = "/" + escapeName(is.name)
			if is.required {
				all = append(all, p.refused("parameter", "not declared", is.String(key), before, "without "+is.name))
			} else {
				all = append(all, p.find(New, "parameter", "not declared", is.String(key)))
			}
			continue
		}
		p.finding.Pointer = "/" + escapeName(was.name)
		var held *openapi3.Schema
		if op := c.contract.operations[id]; op != nil && op.parameters[key] != nil {
			held = op.parameters[key].source
		}
		all = append(all, c.parameter(p, held, before, was, is)...)
	}
	return all
}

// String says in words what a parameter is.
func (p *parameter) String(key parameterKey) string {
	return fmt.Sprintf("%s in the %s, %s", typeWords(p.source), key.in, presence(p.required))
}

func (c *comparer) parameter(p place, held *openapi3.Schema, op *operation, was, is *parameter) []Finding {
	all := wording(p, was.words, is.words)
	all = append(all, deprecation(p, was.deprecated, is.deprecated)...)
	switch {
	case is.required && !was.required:
		all = append(all, p.refused("required", presence(false), presence(true), op, "without "+was.name))
	case was.required && !is.required:
		all = append(all, p.find(New, "required", presence(true), presence(false)))
	}
	if was.encoding != is.encoding {
		all = append(all, p.find(New, "encoding", orNone("encoding", was.encoding), orNone("encoding", is.encoding)))
	}
	sent, read := withFormats(held, was.source), withFormats(held, is.source)
	differences := c.schemas(p, read, sent)
	for _, f := range differences {
		f.Before, f.After = f.After, f.Before
		switch f.Class {
		case Breaking:
			f.Class = New
			if value := c.usual(was.source, sent); !is.reads(value) {
				f = p.refused(f.Rule, f.Before, f.After, op, fmt.Sprintf("with %s=%v", was.name, value))
			}
		case New:
			f.Class = Relaxed
		case Relaxed:
			f.Class = New
		case Wording:
			if f.Rule == "default" { // of a request it says what leaving the parameter out means
				f.Class = New
			}
		}
		f.Message = message(f)
		all = append(all, f)
	}
	return all
}

// reads reports whether a server that describes the parameter so reads a value, which comes as text.
func (p *parameter) reads(value any) bool {
	return judges(p.source, value) || judges(p.source, fmt.Sprint(value))
}

// anID is a string as PlanetScale's ids are.
const anID = "a1b2c3d4e5f6"

// usual returns the value that a client sends: what leaving the parameter out stands for, or one of its type.
func (c *comparer) usual(source, sent *openapi3.Schema) any {
	switch {
	case source.Default != nil:
		return source.Default
	case judges(source, anID):
		return anID
	}
	value, _ := c.sample(nil, sent)
	return value
}
