package drift

import (
	"cmp"
	"errors"
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
	maxHeld   = 50_000    // values that one sample holds, however deep
	maxWork   = 3_000_000 // values made and judged in one comparison, which is some seconds
)

var errWork = errors.New("its schemas have too many members and alternatives to compare")

// A sampler makes values of schemas. It keeps what it made, because schemas are inside one another and ask for the same
// again; so nothing changes a value that is made.
type sampler struct {
	left         int // values that may still be made
	alternatives map[*openapi3.Schema][]*openapi3.Schema
	values       map[[2]*openapi3.Schema]sampled
	err          error // what ended it; all that follows is empty
}

type sampled struct {
	value any
	ok    bool
}

func newSampler() *sampler {
	return &sampler{left: maxWork, alternatives: map[*openapi3.Schema][]*openapi3.Schema{}, values: map[[2]*openapi3.Schema]sampled{}}
}

// spend counts values made or judged, and reports whether that many may still be.
func (s *sampler) spend(n int) bool {
	if s.left -= n; s.left < 0 && s.err == nil {
		s.err = errWork
	}
	return s.err == nil
}

// of returns the alternatives of a schema.
func (s *sampler) of(in *openapi3.Schema) []*openapi3.Schema {
	all, ok := s.alternatives[in]
	if !ok {
		var err error
		if all, err = alternatives(in); err != nil && s.err == nil {
			s.err = err
		}
		s.alternatives[in] = all
	}
	return all
}

// takes has kin-openapi judge a value, at a cost. It takes none that holds more than maxHeld values.
func (s *sampler) takes(schema *openapi3.Schema, value any) bool {
	n := length(value)
	return s.spend(1+n+len(orAnything(schema).Enum)) && n <= maxHeld && judges(schema, value)
}

// sample returns a small value that now allows, and before too where they have any in common, and whether there is one.
func (s *sampler) sample(before, now *openapi3.Schema) (any, bool) {
	key := [2]*openapi3.Schema{before, now}
	if made, ok := s.values[key]; ok {
		return made.value, made.ok
	}
	made := sampled{}
	for _, a := range s.of(now) {
		for _, v := range s.candidates(ofKind(s.of(before), kindOf(a)), a) {
			if !s.takes(now, v) {
				continue
			}
			if !made.ok {
				made = sampled{v, true}
			}
			if s.takes(before, v) {
				s.values[key] = sampled{v, true}
				return v, true
			}
		}
	}
	if judges(now, nil) && (!made.ok || before != nil && judges(before, nil)) {
		made = sampled{nil, true}
	}
	s.values[key] = made
	return made.value, made.ok
}

// candidates returns values of the kind of an alternative on either side of every limit that it or one of the others
// sets, smallest first.
func (s *sampler) candidates(before []*openapi3.Schema, now *openapi3.Schema) []any {
	sides := append([]*openapi3.Schema{now}, before...)
	for i := 0; i < len(sides); i++ {
		for _, ref := range append(slices.Concat(sides[i].AllOf, sides[i].AnyOf), sides[i].Not) {
			if ref != nil {
				sides = append(sides, ref.Value)
			}
		}
	}
	var all []any
	for i, a := range sides {
		all = append(all, enumerated(kindOf(now), a.Enum, sides[(i+1)%len(sides)].Enum)...)
	}
	switch kindOf(now) {
	case openapi3.TypeBoolean:
		all = append(all, false, true)
	case openapi3.TypeNumber:
		all = append(all, numbers(sides)...)
	case openapi3.TypeString:
		all = append(all, texts(sides)...)
	case openapi3.TypeArray:
		all = append(all, s.arrays(before, now)...)
	case openapi3.TypeObject:
		if len(before) == 0 {
			before = []*openapi3.Schema{nil}
		}
		for i, b := range before {
			if all = append(all, s.object(b, now, nil, false)); i == 0 {
				all = append(all, s.object(b, now, nil, true))
			}
		}
	}
	return all
}

// maxListed is how many values of one enum are tried.
const maxListed = 200

// enumerated returns the values of an enum of a kind, first those that another does not have.
func enumerated(kind string, enum, other []any) (values []any) {
	others := setOf(other)
	for _, wanted := range []bool{false, true} {
		for _, v := range enum {
			if len(values) < maxListed && kindOfValue(v) == kind && others[jsonText(v)] == wanted {
				values = append(values, v)
			}
		}
	}
	return values
}

// setOf returns values as JSON has them.
func setOf(values []any) map[string]bool {
	set := make(map[string]bool, len(values))
	for _, v := range values {
		set[jsonText(v)] = true
	}
	return set
}

func numbers(sides []*openapi3.Schema) []any {
	points := []float64{0, 1, 0.5}
	for _, a := range sides {
		for _, b := range []*float64{a.Min, a.Max, a.ExclusiveMin.Value, a.ExclusiveMax.Value} {
			if b != nil {
				points = append(points, *b, *b-1, *b+1, *b-0.5, *b+0.5, math.Ceil(*b), math.Floor(*b))
			}
		}
		for _, v := range a.Enum[:min(len(a.Enum), maxListed)] {
			if n, ok := v.(float64); ok {
				points = append(points, n-1, n+1)
			}
		}
		if a.Format == "int32" {
			points = append(points, math.MaxInt32, math.MaxInt32+1)
		}
	}
	for _, a := range sides {
		if m := a.MultipleOf; m != nil && *m > 0 {
			for _, p := range slices.Clone(points) {
				points = append(points, math.Ceil(p / *m)**m)
			}
		}
	}
	var all []any
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

func texts(sides []*openapi3.Schema) []any {
	var all []any
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
		re, err := syntax.Parse(a.Pattern, syntax.Perl)
		if a.Pattern == "" || err != nil {
			continue
		}
		for _, n := range append([]int{1, 0}, sizes...) {
			var b strings.Builder
			write(&b, re, n)
			all = append(all, b.String())
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

// write writes a string that a regular expression matches, with so many repetitions of what may be repeated.
func write(b *strings.Builder, re *syntax.Regexp, times int) {
	low, high := 0, math.MaxInt
	switch re.Op {
	case syntax.OpLiteral:
		b.WriteString(string(re.Rune))
	case syntax.OpCharClass:
		if len(re.Rune) > 0 {
			b.WriteRune(re.Rune[0])
		}
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		b.WriteByte('x')
	case syntax.OpAlternate:
		write(b, re.Sub[0], times)
	case syntax.OpConcat, syntax.OpCapture:
		for _, sub := range re.Sub {
			write(b, sub, times)
		}
	case syntax.OpRepeat:
		if low = re.Min; re.Max >= 0 {
			high = re.Max
		}
	case syntax.OpPlus:
		low = 1
	case syntax.OpQuest:
		high = 1
	}
	if re.Op >= syntax.OpStar && re.Op <= syntax.OpRepeat {
		for range min(max(low, times), high) {
			if b.Len() > maxSample {
				return
			}
			write(b, re.Sub[0], times)
		}
	}
}

func (s *sampler) arrays(before []*openapi3.Schema, now *openapi3.Schema) (all []any) {
	sizes := []int{0, 1, 2}
	var was *openapi3.Schema
	for _, a := range append(slices.Clip(before), now) {
		sizes = append(sizes, near(a.MinItems, a.MaxItems)...)
		if a != now && was == nil {
			was = valueOf(a.Items)
		}
	}
	item, ok := s.sample(was, orAnything(valueOf(now.Items)))
	for _, n := range sizes {
		if n > 0 && !ok || !s.spend(n) {
			continue
		}
		all = append(all, slices.Repeat([]any{item}, n))
		if text, ok := item.(string); ok && n > 1 { // for arrays that hold no item twice
			others := make([]any, n)
			for i := range others {
				others[i] = text + strconv.Itoa(i)
			}
			all = append(all, others)
		}
	}
	return all
}

// object returns an object of an alternative with the members that are required on either side, or with all, and those in
// with, whatever they are. Before may be nil.
func (s *sampler) object(before, now *openapi3.Schema, with map[string]any, full bool) map[string]any {
	before = orAnything(before)
	members := map[string]any{}
	if !s.spend(1 + len(now.Properties)) {
		return members
	}
	add := func(name string) {
		is := valueOf(cmp.Or(now.Properties[name], now.AdditionalProperties.Schema))
		if _, ok := with[name]; ok || is == nil && !slices.Contains(now.Required, name) {
			return
		}
		if v, ok := s.sample(valueOf(before.Properties[name]), is); ok {
			members[name] = v
		}
	}
	for _, name := range slices.Concat(now.Required, before.Required) {
		add(name)
	}
	maps.Copy(members, with)
	for _, name := range slices.Sorted(maps.Keys(now.Properties)) {
		if _, ok := members[name]; !ok && (full || uint64(len(members)) < now.MinProps) {
			add(name)
		}
	}
	for i := 0; uint64(len(members)) < min(now.MinProps, maxSample); i++ {
		members["x"+strconv.Itoa(i)], _ = s.sample(nil, valueOf(now.AdditionalProperties.Schema))
	}
	return members
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
