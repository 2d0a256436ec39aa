package mutant

import (
	"fmt"
	"strings"
)

func to(pointer string, value any) func(any) any {
	return func(root any) any { return put(root, pointer, value) }
}

// otherTypes are a value of each JSON type.
var otherTypes = []struct {
	kind  string
	value any
}{{"string", "x"}, {"integer", 7.0}, {"boolean", false}, {"array", []any{}}, {"object", map[string]any{}}}

var badFormats = map[string][]string{
	"date-time": {
		"yesterday", "", "2026-02-30T08:00:00Z", "2026-13-01T08:00:00Z", "2026-05-01 08:00:00Z", "2026-05-01T08:00:00", "2026-05-01",
		"2026-05-01T24:00:00Z", "2026-05-01T08:60:00Z", "2026-05-01T08:00Z", "26-05-01T08:00:00Z", "2026-05-01T08:00:00+2", "1777622400",
		"2025-02-29T08:00:00Z", "2026-05-01T08:00:00,5Z", "2026-05-01T8:00:00Z",
	},
	"uri":  {"", "not a url", "/relative", "https://a b", "http://[::1", "https://é.example/%zz", "1://x"},
	"uuid": {"", "3f0e1a52", "3f0e1a52-6a3c-4b7e-9d51-0c7f6f1b2a1g"},
}

// schemaMutants plants every fault a schema can refuse at every place of every response.
func schemaMutants(valid []*sound) []Mutant {
	var all []Mutant
	for _, s := range valid {
		for _, at := range s.sites() {
			plant := func(rule, what string, change func(any) any, pointer string) {
				all = append(all, s.with(Schema, what+" at "+at.pointer, change, Fault{rule, "body", pointer}))
			}
			for _, other := range otherTypes {
				if !at.allows(other.kind) {
					plant("schema.type", other.kind, to(at.pointer, other.value), at.pointer)
				}
			}
			if !at.allows("null") {
				plant("schema.null", "null", to(at.pointer, nil), at.pointer)
			}
			if at.needed {
				rule := "schema.required"
				if at.schema.Nullable && !at.either {
					rule = "schema.required-nullable"
				}
				plant(rule, "missing", func(root any) any { return remove(root, at.pointer) }, at.pointer)
			}
			if _, isString := at.value.(string); isString {
				for _, bad := range badFormats[at.schema.Format] {
					plant("schema.format", fmt.Sprintf("%s %q", at.schema.Format, bad), to(at.pointer, bad), at.pointer)
				}
				if len(at.schema.Enum) > 0 {
					plant("schema.enum", "unlisted", to(at.pointer, "unlisted"), at.pointer)
				}
			}
			if closed := at.schema.AdditionalProperties.Has; at.object() && closed != nil && !*closed {
				extra := at.pointer + "/extra~0member"
				plant("schema.unknown-member", "extra member", to(extra, 1.0), extra)
			}
		}
	}
	return all
}

// wireMutants plants what no decoded value shows any more.
func wireMutants(valid []*sound) []Mutant {
	var all []Mutant
	for _, s := range valid {
		if s.schema == nil {
			continue
		}
		whole := encode(s.body)
		bytes := func(rule, what, body string) {
			m := s.mutant(Wire, s.name+": "+what)
			m.Body, m.Faults = []byte(body), []Fault{{rule, "body", ""}}
			all = append(all, m)
		}
		bytes("json.byte-order-mark", "byte order mark", "\xef\xbb\xbf"+string(whole))
		for _, rest := range []string{"x", "{}", "null", "]", ",", "\n\n[1]", "\x00", "<!-- took 3 ms -->", `"`, "// end"} {
			bytes("json.trailing-data", fmt.Sprintf("followed by %q", rest), string(whole)+rest)
		}
		for _, at := range s.sites() {
			plant := func(rule, what string, value any) {
				all = append(all, s.with(Wire, what+" at "+at.pointer, to(at.pointer, value), Fault{rule, "body", at.pointer}))
			}
			if at.member {
				plant("json.duplicate-member", "twice", twice{at.value, at.value})
				plant("json.duplicate-member", "twice, first null", twice{nil, at.value})
			}
			for _, bad := range []string{"NaN", "Infinity", "-Infinity", "undefined", "True", "None", "'x'", "+1", ".5", "--1",
				`"\x41"`, `"\u12G4"`, "\"a\nb\"", "/**/null"} {
				plant("json.syntax", fmt.Sprintf("%q", bad), raw(bad))
			}
			if at.pointer != "" { // where the body is over after it, it would be truncated
				plant("json.syntax", "a number with no fraction", raw("1."))
				plant("json.syntax", "a number with no exponent", raw("1e"))
				plant("json.syntax", "nothing", raw(""))
			}
			if _, ok := at.value.(string); ok {
				plant("json.invalid-utf8", "latin-1", raw("\"caf\xe9\""))
				plant("json.invalid-utf8", "overlong", raw("\"\xc0\xaf\""))
				plant("json.invalid-utf8", "surrogate in bytes", raw("\"\xed\xa0\x80\""))
				plant("json.invalid-utf8", "cut character", raw("\"\xe2\x82\""))
				plant("json.lone-surrogate", "high", raw(`"\ud83d"`))
				plant("json.lone-surrogate", "low", raw(`"\ude00 x"`))
				plant("json.lone-surrogate", "wrong order", raw(`"\ude00\ud83d"`))
				plant("json.lone-surrogate", "high, then another escape", raw(`"\ud83d\u0041"`))
				plant("json.truncated", "in a string", cut(`"abc`))
				plant("json.truncated", "in an escape", cut(`"abc\u00`))
			}
			plant("json.truncated", "in a literal", cut("nul"))
			if at.member {
				plant("json.truncated", "before the value", cut(""))
			}
			if at.object() && len(at.value.(map[string]any)) > 0 {
				plant("json.truncated", "in the object", cut("{"))
				plant("json.syntax", "comma before the end", raw(strings.TrimSuffix(string(encode(at.value)), "}")+",}"))
				all = append(all, s.with(Wire, "no colon at "+at.pointer, to(at.pointer, raw(`{"a" 1}`)), Fault{"json.syntax", "body", at.pointer + "/a"}))
				plant("json.syntax", "name without quotes", raw(`{a:1}`))
			}
			if items, ok := at.value.([]any); ok && len(items) > 0 {
				plant("json.truncated", "in the array", cut(strings.TrimSuffix(string(encode(at.value)), "]")))
			}
		}
	}
	return all
}

// numberMutants plants numbers that programs read as other numbers.
func numberMutants(valid []*sound) []Mutant {
	var all []Mutant
	for _, s := range valid {
		for _, at := range s.sites() {
			if _, ok := at.value.(float64); !ok {
				continue
			}
			plant := func(rule, number string) {
				all = append(all, s.with(Number, number+" at "+at.pointer, to(at.pointer, raw(number)), Fault{rule, "body", at.pointer}))
			}
			if !at.allows("integer") || at.schema.Type.Is("number") {
				for _, n := range []string{"1e400", "-1e400", "1e-400", "9007199254740993", "123456789012345678901"} {
					plant("number.float64", n)
				}
				continue
			}
			for _, n := range []string{"9223372036854775808", "-9223372036854775809", "10000000000000000000", "18446744073709551616",
				"123456789012345678901234567890", "1e400", "1e19"} {
				plant("number.int64", n)
			}
			for _, n := range []string{"25.0", "2.5e1", "250e-1", "1E2"} {
				plant("number.integer-form", n)
			}
			for _, n := range []string{"25.5", "25.0000000000000000001", "1e-400", "9007199254740991.5"} {
				plant("schema.type", n)
			}
		}
	}
	return all
}
