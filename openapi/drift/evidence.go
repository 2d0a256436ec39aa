package drift

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// takes reports whether an operation of a document allows the response: for a reader, if what a program copes with is
// allowed as well. kin-openapi judges bodies and headers.
func (op *operation) takes(e *Example, reader bool) bool {
	status := fmt.Sprint(e.Status)
	declared := op.declared(status)
	if declared == nil {
		return false
	}
	success := status[0] == '2'
	read := func(schema *openapi3.Schema, lenient bool) *openapi3.Schema {
		if reader {
			return asRead(schema, lenient, false)
		}
		return schema
	}
	if declared.headers != nil && e.Headers != nil && !judges(read(declared.headers, false), e.Headers) {
		return false
	}
	if len(declared.media) == 0 { // a success has no body then, which a reader does not look for; an error has any
		return e.ContentType == "" || !success || reader
	}
	if e.ContentType == "" {
		return false
	}
	for name, schema := range declared.media {
		if mediaCovers(name, e.ContentType) && judges(read(schema, !success), e.Body) {
			return true
		}
	}
	return false
}

// mediaCovers reports whether a declared media type, which may be a range such as text/*, stands for one.
func mediaCovers(declared, media string) bool {
	if prefix, ok := strings.CutSuffix(declared, "*"); ok {
		return prefix == "*/" || strings.HasPrefix(media, prefix)
	}
	return declared == media
}

// composed has the contract judge samples of a composition as a whole: alternatives that fit one another one by one may
// not do so together, because it takes two deviations to tell. It returns what no finding says yet.
func (c *comparer) composed(p place, was, is *openapi3.Schema, known []Finding) []Finding {
	worst := Wording
	for _, f := range known {
		worst = min(worst, f.Class)
	}
	if !hasChoice(was) && !hasChoice(is) || worst <= Differs {
		return nil
	}
	var all []Finding
	add := func(f Finding) {
		if !slices.ContainsFunc(all, func(g Finding) bool { return g.Pointer == f.Pointer && g.Rule == f.Rule }) {
			all = append(all, f)
		}
	}
	at := func(pointer string) place { p := p; p.finding.Pointer += pointer; return p }
	c.samples(was, is, sampleDepth, func(pointer, rule string, v any) {
		if c.refuses(p, was, v) {
			f := at(pointer).find(Breaking, rule, typeWords(was), typeWords(is))
			f.Example = p.show(v)
			add(f)
		}
	})
	if len(all) > 0 || worst < Wording {
		return all
	}
	c.samples(is, was, sampleDepth, func(pointer, rule string, v any) {
		if !c.takes(is, v) {
			add(at(pointer).find(Relaxed, rule, typeWords(was), typeWords(is)))
		}
	})
	return all
}

// hasChoice reports whether a schema has alternatives or exceptions beside one another.
func hasChoice(s *openapi3.Schema) bool {
	return len(s.AnyOf) > 0 || s.Not != nil || slices.ContainsFunc(s.AllOf, func(ref *openapi3.SchemaRef) bool { return hasChoice(ref.Value) })
}

// maxPaired is how many members an object has whose members deviate two at a time.
const maxPaired = 40

// sampleDepth is how many levels of objects and arrays below a choice deviate. Below that one schema is compared with one.
const sampleDepth = 2

// samples gives each boundary value of a schema, with one deviation from a small value or from a full one: where it is,
// and the rule it is about. Values that before allows as well come first where there is a choice.
func (c *comparer) samples(before, now *openapi3.Schema, depth int, give func(pointer, rule string, v any)) {
	take := func(pointer, rule string, v any) {
		if c.takes(now, v) {
			give(pointer, rule, v)
		}
	}
	take("", "nullable", nil)
	for _, a := range c.of(now) {
		others := ofKind(c.of(before), kindOf(a))
		if kindOf(a) != openapi3.TypeObject {
			for _, v := range c.candidates(others, a) {
				take("", "type", v)
			}
		}
		switch kindOf(a) {
		case openapi3.TypeArray:
			if a.Items == nil || depth == 0 {
				continue
			}
			c.samples(valueOf(first1(slices.Concat(others, []*openapi3.Schema{a})).Items), a.Items.Value, depth-1, func(pointer, rule string, v any) {
				take("/*"+pointer, rule, []any{v})
			})
		case openapi3.TypeObject:
			for _, b := range append(slices.Clip(others), nil) {
				c.objectSamples(b, a, depth, take)
			}
		}
	}
}

func (c *comparer) objectSamples(before, now *openapi3.Schema, depth int, take func(pointer, rule string, v any)) {
	small, full := c.object(before, now, nil, false), c.object(before, now, nil, true)
	nulls := maps.Clone(full)
	with := func(base map[string]any, name string, v any) map[string]any {
		base = maps.Clone(base)
		base[name] = v
		return base
	}
	without := func(base map[string]any, names ...string) map[string]any {
		base = maps.Clone(base)
		for _, name := range names {
			delete(base, name)
		}
		return base
	}
	names := slices.Sorted(maps.Keys(now.Properties))
	for i, name := range names {
		at, schema := "/"+escapeName(name), valueOf(now.Properties[name])
		take(at, "required", without(full, name))
		if v, ok := full[name]; ok {
			take(at, "member", with(small, name, v))
		}
		if judges(schema, nil) {
			nulls[name] = nil
		}
		for _, other := range names[i+1:] {
			if len(names) > maxPaired {
				break
			}
			if !c.spend(len(full)) {
				return
			}
			take(at, "required", without(full, name, other))
			take(at, "member", with(with(small, name, full[name]), other, full[other]))
		}
		if depth == 0 {
			continue
		}
		var was *openapi3.Schema
		if before != nil {
			was = valueOf(before.Properties[name])
		}
		c.samples(was, schema, depth-1, func(pointer, rule string, v any) {
			take(at+pointer, rule, with(full, name, v))
			if pointer == "" {
				take(at+pointer, rule, with(small, name, v))
			}
		})
	}
	take("", "member", small)
	take("", "member", full)
	take("", "nullable", nulls)
}
