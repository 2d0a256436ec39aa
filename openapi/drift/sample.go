package drift

import (
	"cmp"
	"errors"
	"iter"
	"maps"
	"math"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

const (
	maxSample = 4096      // characters or items of a sample; what can only be shown by more is not shown
	maxListed = 200       // values of one enum that are tried
	maxHeld   = 50_000    // values that one sample holds, however deep
	maxPaired = 40        // members that an object has at most that are left out two at a time
	varied    = 3         // levels of objects and arrays below a choice that vary; below that one schema is compared with one
	maxWork   = 1_000_000 // values made and judged in one comparison, which is some seconds; PlanetScale's takes a thousand
)

// A sampler compares schemas by values that it makes of them. It keeps what it made, because schemas are inside one another
// and ask for the same again; so nothing changes a value that is made.
type sampler struct {
	left    int // values that may still be made
	views   map[*openapi3.Schema]views
	objects map[[2]*openapi3.Schema][]map[string]any
	read    map[reading]*openapi3.Schema
	err     error // what ended it; all that follows is empty
}

func newSampler() *sampler {
	return &sampler{
		left: maxWork, views: map[*openapi3.Schema]views{}, objects: map[[2]*openapi3.Schema][]map[string]any{},
		read: map[reading]*openapi3.Schema{},
	}
}

// spend counts values made or judged, and reports whether that many may still be.
func (s *sampler) spend(n int) bool {
	if s.left -= n; s.left < 0 && s.err == nil {
		s.err = errors.New("its schemas have too many members and alternatives to compare")
	}
	return s.err == nil
}

// takes has kin-openapi judge a value, at a cost. It takes none that holds more than maxHeld values.
func (s *sampler) takes(schema *openapi3.Schema, value any) bool {
	n := length(value)
	return s.spend(1+n+len(cmp.Or(schema, anything).Enum)) && n <= maxHeld && judges(schema, value)
}

// samples are values that now allows, null last. In as many levels of objects and arrays as vary, there are those with one or
// two deviations from a small value or from a full one.
func (s *sampler) samples(before, now *openapi3.Schema, levels int) iter.Seq[any] {
	now = cmp.Or(now, anything)
	return func(yield func(any) bool) {
		more := true
		give := func(v any) { more = more && s.err == nil && (!s.takes(now, v) || yield(v)) }
		vary := func(object map[string]any, change func(object map[string]any)) {
			if more = more && s.spend(len(object)); more {
				object = maps.Clone(object)
				change(object)
				give(object)
			}
		}
		for _, kind := range kinds {
			was, is := orNone(s.of(before)[kind]), s.of(now)[kind]
			for _, v := range s.candidates(kind, before, now) {
				if give(v); !more {
					return
				}
			}
			if is != nil && kind == openapi3.TypeArray && levels > 1 {
				for v := range s.samples(was.items, is.items, levels-1) {
					if give([]any{v}); !more {
						return
					}
				}
			}
			if is == nil || kind != openapi3.TypeObject || levels == 0 {
				continue
			}
			for _, object := range s.objectsOf(before, now) {
				names := slices.Sorted(maps.Keys(is.properties)) // so that it is always the same value that is found
				for i, name := range names {
					vary(object, func(object map[string]any) { delete(object, name) })
					for _, other := range names[i+1:] {
						if len(names) <= maxPaired {
							vary(object, func(object map[string]any) { delete(object, name); delete(object, other) })
						}
					}
					if levels > 1 && more {
						for v := range s.samples(was.properties[name], is.properties[name], levels-1) {
							vary(object, func(object map[string]any) { object[name] = v })
						}
					}
				}
			}
		}
		give(nil)
	}
}

// sample returns a small value that now allows, and before too where they have any in common, and whether there is one.
func (s *sampler) sample(before, now *openapi3.Schema) (sample any, ok bool) {
	for v := range s.samples(before, now, 0) {
		if s.takes(before, v) {
			return v, true
		}
		if !ok {
			sample, ok = v, true
		}
	}
	return sample, ok
}

// candidates returns values of a kind that now may allow, on either side of every limit that it or before sets, smallest
// first.
func (s *sampler) candidates(kind string, before, now *openapi3.Schema) (all []any) {
	n, b := s.of(now)[kind], orNone(s.of(before)[kind])
	if n == nil {
		return nil
	}
	sides := slices.Concat(n.sides, b.sides)
	all = slices.Concat(first(without(n.enum, b.enum)), first(without(b.enum, n.enum)), first(n.enum))
	for _, side := range slices.Clone(sides) {
		if side.Not != nil {
			if except := s.of(side.Not.Value)[kind]; except != nil {
				sides = append(sides, except.sides...)
				all = append(all, first(except.enum)...)
			}
		}
	}
	switch kind {
	case openapi3.TypeBoolean:
		all = append(all, false, true)
	case openapi3.TypeNumber:
		all = append(all, numbers(sides)...)
	case openapi3.TypeString:
		all = append(all, texts(sides)...)
	case openapi3.TypeArray:
		return append(all, s.arrays(b, n, sides)...)
	case openapi3.TypeObject:
		for _, object := range s.objectsOf(before, now) {
			all = append(all, object)
		}
		return all
	}
	// PlanetScale publishes no formats: its times are plain strings, so to say none is to say nothing that the contract does not.
	if n.limits["format"] == "" && len(n.enum) == 0 {
		lends := func(side *openapi3.Schema) bool { return side.Extensions[lentFormat] != nil }
		all = slices.DeleteFunc(all, func(v any) bool {
			fits := func(side *openapi3.Schema) bool {
				return lends(side) && judges(&openapi3.Schema{Format: side.Format}, v)
			}
			return slices.ContainsFunc(b.sides, lends) && !slices.ContainsFunc(b.sides, fits)
		})
	}
	return all
}

func first(values []any) []any { return values[:min(len(values), maxListed)] }

func numbers(sides []*openapi3.Schema) (all []any) {
	points := []float64{0, 1, 0.5, 7919, math.MaxInt32 + 1}
	for _, a := range sides {
		for _, b := range []*float64{a.Min, a.Max, a.ExclusiveMin.Value, a.ExclusiveMax.Value} {
			if b != nil {
				points = append(points, *b, *b-1, *b+1, *b-0.5, *b+0.5, math.Ceil(*b), math.Floor(*b))
			}
		}
	}
	for _, a := range sides {
		if m := a.MultipleOf; m != nil && *m > 0 {
			for _, p := range slices.Clone(points) {
				points = append(points, math.Ceil(p / *m)**m)
			}
		}
	}
	for _, p := range points {
		if !math.IsInf(p, 0) && !math.IsNaN(p) {
			all = append(all, p)
		}
	}
	return all
}

// formatSamples are values of the formats that are known.
var formatSamples = map[string]string{
	"date-time": "2026-01-02T03:04:05.000Z", "date": "2026-01-02", "time": "03:04:05Z", "duration": "P1D",
	"uri": "https://example.com/", "uuid": "0b9a2b5e-6f2d-4c1e-9d0a-3f1f2a7c8e11", "email": "ada@example.com",
	"hostname": "example.com", "ipv4": "192.0.2.1", "ipv6": "2001:db8::1", "byte": "eA==",
}

func texts(sides []*openapi3.Schema) (all []any) {
	var sizes []int
	for _, a := range sides {
		sizes = append(sizes, near(a.MinLength, a.MaxLength)...)
	}
	for _, a := range sides {
		if sample, ok := formatSamples[a.Format]; ok {
			all = append(all, sample)
			for _, n := range sizes { // longer ones: a URI at its end, an e-mail address at its beginning
				more := strings.Repeat("x", max(n-len(sample), 0))
				all = append(all, sample+more, more+sample)
			}
		}
		if re, err := syntax.Parse(a.Pattern, syntax.Perl); err == nil && a.Pattern != "" {
			all = append(all, matching(re.Simplify()))
		}
	}
	all = append(all, "x", "", "0", "X-1 ?", "é")
	for _, n := range sizes {
		all = append(all, strings.Repeat("x", n), strings.Repeat("0", n))
	}
	return all
}

// near returns the sizes around two limits, no more than can be shown.
func near(low uint64, high *uint64) (sizes []int) {
	around := []uint64{low, max(low, 1) - 1}
	if high != nil {
		around = append(around, *high, *high+1)
	}
	for _, n := range around {
		if n <= maxSample && (low > 0 || high != nil) {
			sizes = append(sizes, int(n))
		}
	}
	return sizes
}

// matching returns a short text that a simplified regular expression matches.
func matching(re *syntax.Regexp) (text string) {
	switch re.Op {
	case syntax.OpLiteral:
		return string(re.Rune)
	case syntax.OpCharClass:
		return string(re.Rune[:min(len(re.Rune), 1)])
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return "x"
	case syntax.OpAlternate, syntax.OpPlus, syntax.OpCapture:
		return matching(re.Sub[0])
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			text += matching(sub)
		}
	}
	return text
}

func (s *sampler) arrays(before, now *view, sides []*openapi3.Schema) (all []any) {
	sizes := []int{0, 1, 2}
	for _, a := range sides {
		sizes = append(sizes, near(a.MinItems, a.MaxItems)...)
	}
	item, ok := s.sample(before.items, cmp.Or(now.items, anything))
	for _, n := range sizes {
		if n > 0 && !ok || !s.spend(n) {
			continue
		}
		all = append(all, slices.Repeat([]any{item}, n))
		if text, ok := item.(string); ok && n > 1 && s.takes(before.items, text+"0") { // for arrays that hold no item twice
			others := make([]any, n)
			for i := range others {
				others[i] = text + strconv.Itoa(i)
			}
			all = append(all, others)
		}
	}
	return all
}

// objectsOf returns objects that now allows, those first that before allows too: with the members that are required on
// either side, and with all, of the schema and of each of its branches.
func (s *sampler) objectsOf(before, now *openapi3.Schema) []map[string]any {
	key := [2]*openapi3.Schema{before, now}
	if all, ok := s.objects[key]; ok {
		return all
	}
	was := orNone(s.of(before)[openapi3.TypeObject])
	var common, others []map[string]any
	for _, variant := range append([]*openapi3.Schema{now}, branches(now, now)...) {
		is := s.of(variant)[openapi3.TypeObject]
		for _, full := range []bool{false, true} {
			object := map[string]any{}
			if is == nil || !s.spend(len(is.properties)) {
				continue
			}
			for _, name := range slices.Sorted(maps.Keys(is.properties)) {
				if full || slices.Contains(is.required, name) || slices.Contains(was.required, name) {
					if v, ok := s.sample(was.properties[name], is.properties[name]); ok {
						object[name] = v
					}
				}
			}
			switch {
			case !s.takes(now, object):
			case s.takes(before, object):
				common = append(common, object)
			default:
				others = append(others, object)
			}
		}
	}
	s.objects[key] = append(common, others...)
	return s.objects[key]
}

// branches returns a schema for each branch of an anyOf in a schema: of the values that are of whole and of the branch.
func branches(in, whole *openapi3.Schema) (all []*openapi3.Schema) {
	for _, ref := range in.AnyOf {
		all = append(all, joined(whole, ref.Value, true))
	}
	for _, ref := range in.AllOf {
		all = append(all, branches(ref.Value, whole)...)
	}
	return all
}

// with returns an object that now allows, if there is one, with a value for a member, or without the member.
func (s *sampler) with(before, now *openapi3.Schema, name string, value any, there bool) map[string]any {
	changed := map[string]any{}
	for _, object := range s.objectsOf(before, now) {
		changed = maps.Clone(object)
		if delete(changed, name); there {
			changed[name] = value
		}
		if s.takes(now, changed) {
			break
		}
	}
	return changed
}

func valueOf(ref *openapi3.SchemaRef) *openapi3.Schema {
	if ref == nil {
		return nil
	}
	return ref.Value
}

// length returns how many values a value holds, or a number above maxHeld if they are more. A sample is inside another
// many times, so that counting all could take long.
func length(v any) (n int) {
	switch v := v.(type) {
	case []any:
		for i := 0; i < len(v) && n <= maxHeld; i++ {
			n += 1 + length(v[i])
		}
	case map[string]any:
		for _, member := range v {
			if n += 1 + length(member); n > maxHeld {
				break
			}
		}
	}
	return n
}
