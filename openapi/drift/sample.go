package drift

import (
	"maps"
	"math"
	"regexp"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxSample is how many characters or items a sample has at most. What can only be shown by more is not shown.
const maxSample = 4096

// sample returns a small value that now allows, and before too where they have any in common; before may be nil. It
// returns nil if it finds none, which is also the value null where that is all that is allowed.
func sample(before, now *schema) any {
	for _, a := range now.alternatives {
		if before == nil {
			break
		}
		for _, b := range before.ofKind(a.kind) {
			if v, ok := sampleOf(b, a); ok {
				return v
			}
		}
	}
	for _, a := range now.alternatives {
		if v, ok := sampleOf(nil, a); ok {
			return v
		}
	}
	return nil
}

// sampleOf returns a small value of an alternative that before allows as well, and whether it found one. Nil for before
// stands for anything.
func sampleOf(before, now *alternative) (any, bool) {
	values := now.enum
	switch {
	case values != nil:
	case now.kind == object: // not all candidates, which would go down every way twice
		values = []any{objectWith(before, now, nil)}
	default:
		values = candidates(before, now)
	}
	for _, v := range values {
		if now.holds(v) && (before == nil || before.holds(v)) {
			return v, true
		}
	}
	return nil, false
}

// candidates returns values on either side of every limit that one of two alternatives of a kind sets, smallest first.
// Before may be nil.
func candidates(before, now *alternative) []any {
	sides := []*alternative{now}
	if before != nil {
		sides = append(sides, before)
	}
	var all []any
	for _, a := range sides {
		all = append(all, a.enum...)
	}
	switch now.kind {
	case boolean:
		all = append(all, false, true)
	case number:
		all = append(all, numbers(sides)...)
	case str:
		all = append(all, texts(sides)...)
	case array:
		all = append(all, arrays(before, now, sides)...)
	case object:
		all = append(all, objectWith(before, now, nil), fullObject(before, now))
	}
	return all
}

func numbers(sides []*alternative) []any {
	points := []float64{0, 1, 0.5}
	for _, a := range sides {
		for _, b := range []bound{a.minimum, a.maximum} {
			if b.value != nil {
				points = append(points, *b.value, *b.value-1, *b.value+1, *b.value-0.5, *b.value+0.5,
					math.Ceil(*b.value), math.Floor(*b.value))
			}
		}
	}
	for _, a := range sides {
		if a.multiple != nil && *a.multiple > 0 {
			for _, p := range slices.Clone(points) {
				points = append(points, math.Ceil(p / *a.multiple)**a.multiple, math.Floor(p / *a.multiple)**a.multiple)
			}
		}
		if a.format == "int32" {
			points = append(points, math.MaxInt32, math.MaxInt32+1)
		}
	}
	var all []any
	for _, p := range points {
		all = append(all, p)
	}
	return all
}

func texts(sides []*alternative) []any {
	all := []any{}
	for _, a := range sides {
		if s, ok := formatSamples[a.format]; ok {
			all = append(all, s)
		}
		if a.pattern != "" {
			if parsed, err := syntax.Parse(a.pattern, syntax.Perl); err == nil {
				var b strings.Builder
				write(&b, parsed.Simplify())
				all = append(all, b.String())
			}
		}
	}
	all = append(all, "x", "", "0", "X-1 ?")
	for _, a := range sides {
		for _, n := range a.size.near() {
			all = append(all, strings.Repeat("x", n), strings.Repeat("0", n))
		}
	}
	return all
}

// near returns the sizes around a limit, no more than can be shown.
func (l limits) near() []int {
	var sizes []int
	add := func(n uint64) {
		if n <= maxSample {
			sizes = append(sizes, int(n))
		}
	}
	if l.min > 0 {
		add(l.min)
		add(l.min - 1)
	}
	if l.max != nil {
		add(*l.max)
		add(*l.max + 1)
	}
	return sizes
}

// write writes a short string that a regular expression matches.
func write(b *strings.Builder, re *syntax.Regexp) {
	switch re.Op {
	case syntax.OpLiteral:
		b.WriteString(string(re.Rune))
	case syntax.OpCharClass:
		r := rune('x')
		if len(re.Rune) > 0 {
			r = re.Rune[0]
		}
		for i := 0; i+1 < len(re.Rune); i += 2 {
			if re.Rune[i] <= 'x' && 'x' <= re.Rune[i+1] {
				r = 'x'
			}
		}
		b.WriteRune(r)
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		b.WriteByte('x')
	case syntax.OpAlternate:
		write(b, re.Sub[0])
	case syntax.OpConcat, syntax.OpCapture, syntax.OpPlus:
		for _, sub := range re.Sub {
			write(b, sub)
		}
	case syntax.OpRepeat:
		for range re.Min {
			write(b, re.Sub[0])
		}
	}
}

func arrays(before, now *alternative, sides []*alternative) []any {
	var was, is *schema
	if before != nil {
		was = before.items
	}
	if is = now.items; is == nil {
		is = anything()
	}
	sizes := []int{0, 1, 2}
	for _, a := range sides {
		sizes = append(sizes, a.size.near()...)
	}
	var all []any
	item := sample(was, is)
	for _, n := range sizes {
		all = append(all, slices.Repeat([]any{item}, n))
		if n > 1 && now.unique {
			all = append(all, distinct(item, n))
		}
	}
	return all
}

// distinct returns n strings or numbers like one, for arrays that hold no item twice.
func distinct(item any, n int) []any {
	items := make([]any, n)
	for i := range items {
		switch item := item.(type) {
		case string:
			items[i] = item + strconv.Itoa(i)
		case float64:
			items[i] = item + float64(i)
		default:
			items[i] = []any{false, true, "x", float64(0)}[i%4]
		}
	}
	return items
}

// objectWith returns the smallest object of an alternative: the members that are required on either side, and those in
// with, whatever they are.
func objectWith(before, now *alternative, with map[string]any) map[string]any {
	members := map[string]any{}
	for name, m := range now.members {
		var was *member
		if before != nil {
			was = before.members[name]
		}
		if m.required || was != nil && was.required {
			members[name] = sampleMember(was, m)
		}
	}
	maps.Copy(members, with)
	for _, name := range slices.Sorted(maps.Keys(now.members)) {
		if uint64(len(members)) >= now.size.min {
			break
		}
		if _, ok := members[name]; !ok {
			members[name] = sampleMember(nil, now.members[name])
		}
	}
	return members
}

func fullObject(before, now *alternative) map[string]any {
	all := map[string]any{}
	for name, m := range now.members {
		var was *member
		if before != nil {
			was = before.members[name]
		}
		all[name] = sampleMember(was, m)
	}
	return all
}

func sampleMember(was, now *member) any {
	if was == nil {
		return sample(nil, now.schema)
	}
	return sample(was.schema, now.schema)
}

// holds reports whether an alternative allows a value of its kind. It does not look inside arrays and objects, whose
// samples are made of samples.
func (a *alternative) holds(v any) bool {
	for _, k := range keywords {
		if !k.holds(a, v) {
			return false
		}
	}
	return true
}

// formatSamples are values of the formats that are known.
var formatSamples = map[string]any{
	"date-time": "2026-01-02T03:04:05.000Z",
	"date":      "2026-01-02",
	"byte":      "eA==",
	"uri":       "https://example.com/",
	"uuid":      "0b9a2b5e-6f2d-4c1e-9d0a-3f1f2a7c8e11",
	"email":     "ada@example.com",
	"hostname":  "example.com",
	"ipv4":      "192.0.2.1",
	"ipv6":      "2001:db8::1",
	"time":      "03:04:05Z",
	"duration":  "P1D",
}

var (
	dateTime = regexp.MustCompile(`^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?(Z|[+-]\d{2}:\d{2})$`)
	date     = regexp.MustCompile(`^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$`)
	base64   = regexp.MustCompile(`^[a-zA-Z0-9+/_-]*=*$`)
)

// holdsFormat reports whether a value has a format, of those that decide whether a program can read it. Any text is of
// any other format.
func holdsFormat(format string, v any) bool {
	switch v := v.(type) {
	case float64:
		return format != "int32" || v >= math.MinInt32 && v <= math.MaxInt32
	case string:
		switch format {
		case "date-time":
			return dateTime.MatchString(v)
		case "date":
			return date.MatchString(v)
		case "byte":
			return base64.MatchString(v)
		}
	}
	return true
}

func length(v any) int {
	switch v := v.(type) {
	case string:
		return utf8.RuneCountInString(v)
	case []any:
		return len(v)
	case map[string]any:
		return len(v)
	}
	return 0
}
