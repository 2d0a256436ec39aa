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
	takes := func(schema *openapi3.Schema, lenient bool, value any) bool {
		if reader && schema != nil {
			schema = asRead(schema, lenient, false)
		}
		return judges(schema, value)
	}
	if e.Headers != nil && !takes(declared.headers, false, e.Headers) {
		return false
	}
	if len(declared.media) == 0 { // a success has no body then, which a reader does not look for; an error has any
		return e.ContentType == "" || !success || reader
	}
	for name, schema := range declared.media {
		if e.ContentType != "" && mediaCovers(name, e.ContentType) && takes(schema, !success, e.Body) {
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
func (c *comparer) composed(p place, was, is *openapi3.Schema, known []Finding) (all []Finding) {
	worst := Wording
	for _, f := range known {
		worst = min(worst, f.Class)
	}
	if !hasChoice(was) && !hasChoice(is) || worst <= Differs {
		return nil
	}
	seen := map[[2]string]bool{}
	add := func(class Class, pointer, rule string) *Finding {
		if seen[[2]string{pointer, rule}] {
			return nil
		}
		seen[[2]string{pointer, rule}] = true
		f := p.find(class, rule, typeWords(was), typeWords(is))
		f.Pointer += pointer
		all = append(all, f)
		return &all[len(all)-1]
	}
	c.samples(was, is, sampleDepth, func(pointer, rule string, v any) {
		if c.refuses(p, was, v) {
			if f := add(Breaking, pointer, rule); f != nil {
				f.Example = p.show(v)
			}
		}
	})
	if len(all) == 0 && worst == Wording {
		c.samples(is, was, sampleDepth, func(pointer, rule string, v any) {
			if !c.takes(is, v) {
				add(Relaxed, pointer, rule)
			}
		})
	}
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
			c.samples(valueOf(slices.Concat(others, []*openapi3.Schema{a})[0].Items), a.Items.Value, depth-1, func(pointer, rule string, v any) {
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
	with := func(base map[string]any, more map[string]any, less ...string) map[string]any {
		base = maps.Clone(base)
		maps.Copy(base, more)
		for _, name := range less {
			delete(base, name)
		}
		return base
	}
	names := slices.Sorted(maps.Keys(now.Properties))
	for i, name := range names {
		at, schema := "/"+escapeName(name), valueOf(now.Properties[name])
		take(at, "required", with(full, nil, name))
		if v, ok := full[name]; ok {
			take(at, "member", with(small, map[string]any{name: v}))
		}
		if judges(schema, nil) {
			nulls[name] = nil
		}
		for _, other := range names[i+1:] {
			if len(names) > maxPaired || !c.spend(len(full)) {
				break
			}
			take(at, "required", with(full, nil, name, other))
			take(at, "member", with(small, map[string]any{name: full[name], other: full[other]}))
		}
		if depth == 0 {
			continue
		}
		c.samples(valueOf(orAnything(before).Properties[name]), schema, depth-1, func(pointer, rule string, v any) {
			take(at+pointer, rule, with(full, map[string]any{name: v}))
			if pointer == "" {
				take(at, rule, with(small, map[string]any{name: v}))
			}
		})
	}
	take("", "member", small)
	take("", "member", full)
	take("", "nullable", nulls)
}
