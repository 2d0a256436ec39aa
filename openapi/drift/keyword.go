package drift

import (
	"math"
	"math/big"
	"regexp"
)

// A keyword is one limit that a schema can set to values of a kind.
type keyword struct {
	rule  string
	words func(a *alternative) string      // the same for two alternatives if the limit is
	holds func(a *alternative, v any) bool // whether a value keeps to it
}

// keywords are the limits whose difference is found by values. What is inside arrays and objects is compared by itself.
var keywords = []keyword{
	{"type", (*alternative).integerWords, func(a *alternative, v any) bool {
		f, ok := v.(float64)
		return !ok || !a.integer || f == math.Trunc(f)
	}},
	{"enum", func(a *alternative) string {
		if a.enum == nil {
			return "any value"
		}
		return enumWords(a.enum)
	}, func(a *alternative, v any) bool { return a.enum == nil || oneOf(a.enum, v) }},
	{"minimum", func(a *alternative) string { return a.minimum.words("minimum") }, func(a *alternative, v any) bool {
		return a.minimum.holds(v, 1)
	}},
	{"maximum", func(a *alternative) string { return a.maximum.words("maximum") }, func(a *alternative, v any) bool {
		return a.maximum.holds(v, -1)
	}},
	{"multipleOf", func(a *alternative) string {
		if a.multiple == nil {
			return "any number"
		}
		return "a multiple of " + float(*a.multiple)
	}, func(a *alternative, v any) bool {
		f, ok := v.(float64)
		return !ok || a.multiple == nil || isMultiple(f, *a.multiple)
	}},
	{"format", func(a *alternative) string { return orNone("format", a.format) }, func(a *alternative, v any) bool {
		return holdsFormat(a.format, v)
	}},
	{"pattern", func(a *alternative) string { return orNone("pattern", a.pattern) }, func(a *alternative, v any) bool {
		s, ok := v.(string)
		if !ok || a.pattern == "" {
			return true
		}
		re, err := regexp.Compile(a.pattern)
		return err != nil || re.MatchString(s) // one that Go cannot read says nothing
	}},
	{"size", func(a *alternative) string { return a.size.words(things[a.kind]) }, func(a *alternative, v any) bool {
		n := uint64(length(v))
		return n >= a.size.min && (a.size.max == nil || n <= *a.size.max)
	}},
	{"uniqueItems", func(a *alternative) string {
		if a.unique {
			return "no item twice"
		}
		return "items may repeat"
	}, func(a *alternative, v any) bool {
		items, _ := v.([]any)
		seen := map[string]bool{}
		for _, item := range items {
			seen[jsonText(item)] = true
		}
		return !a.unique || len(seen) == len(items)
	}},
}

var things = [...]string{boolean: "values", number: "values", str: "characters", array: "items", object: "members"}

func (a *alternative) integerWords() string {
	if a.kind == number && a.integer {
		return "an integer"
	}
	return kindWords[a.kind]
}

// holds reports whether a value keeps to the bound. The sign is 1 for a minimum, -1 for a maximum.
func (b bound) holds(v any, sign float64) bool {
	f, ok := v.(float64)
	if !ok || b.value == nil {
		return true
	}
	return f*sign > *b.value*sign || f == *b.value && !b.exclusive
}

func isMultiple(f, of float64) bool {
	if of <= 0 || math.IsInf(f, 0) || math.IsNaN(f) {
		return false
	}
	return new(big.Rat).Quo(new(big.Rat).SetFloat64(f), new(big.Rat).SetFloat64(of)).IsInt()
}
