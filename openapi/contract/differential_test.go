package contract_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/psoauth/psoauth/openapi/contract"
)

// A chooser makes random schemas and values that have something to do with each other.
type chooser struct{ *rand.Rand }

func (c chooser) often(percent int) bool { return c.IntN(100) < percent }

func pick[T any](c chooser, choices ...T) T { return choices[c.IntN(len(choices))] }

var memberNames = []string{"a", "b", "c", "kind"}

// schema returns a random schema of OpenAPI 3.0, as encoding/json has it.
func (c chooser) schema(depth int) map[string]any {
	s := map[string]any{}
	kind := pick(c, "string", "integer", "number", "boolean", "array", "object", "object", "")
	if depth == 0 && (kind == "array" || kind == "object") {
		kind = "string"
	}
	if kind != "" {
		s["type"] = kind
		if c.often(20) {
			s["nullable"] = true
		}
	}
	switch kind {
	case "string":
		c.maybe(s, 15, "minLength", pick[any](c, 1, 2))
		c.maybe(s, 15, "maxLength", pick[any](c, 1, 3))
		c.maybe(s, 10, "pattern", pick[any](c, "^a", "b$", "^[a-c]*$"))
		c.maybe(s, 15, "enum", []any{"a", "ab", "x"})
		c.maybe(s, 10, "format", pick[any](c, "date", "password"))
	case "integer", "number":
		c.maybe(s, 20, "minimum", pick[any](c, -1, 0, 2.5))
		c.maybe(s, 20, "maximum", pick[any](c, 0, 3, 7.5))
		c.maybe(s, 15, "exclusiveMinimum", true)
		c.maybe(s, 15, "exclusiveMaximum", true)
		c.maybe(s, 15, "multipleOf", pick[any](c, 2, 0.5, 0.1))
		c.maybe(s, 10, "enum", []any{1, 2.5})
	case "array":
		s["items"] = c.schema(depth - 1)
		c.maybe(s, 15, "minItems", 1)
		c.maybe(s, 15, "maxItems", 2)
		c.maybe(s, 15, "uniqueItems", true)
	case "object":
		properties := map[string]any{}
		for _, name := range memberNames {
			if c.often(50) {
				properties[name] = c.schema(depth - 1)
			}
		}
		s["properties"] = properties
		c.maybe(s, 40, "required", []any{pick(c, memberNames...)})
		c.maybe(s, 20, "additionalProperties", false)
		c.maybe(s, 10, "additionalProperties", c.schema(depth-1))
		c.maybe(s, 10, "minProperties", 1)
		c.maybe(s, 10, "maxProperties", 2)
		if p := properties["c"]; p != nil && c.often(10) {
			p.(map[string]any)["writeOnly"] = true
		}
	}
	if depth > 0 && c.often(25) {
		s[pick(c, "oneOf", "anyOf", "allOf")] = []any{c.schema(depth - 1), c.schema(depth - 1)}
	}
	if depth > 0 && c.often(8) {
		if not := c.schema(depth - 1); len(not) > 0 { // kin-openapi overlooks an empty one
			s["not"] = not
		}
	}
	return s
}

func (c chooser) maybe(s map[string]any, percent int, keyword string, value any) {
	if c.often(percent) {
		s[keyword] = value
	}
}

// value returns a random value that mostly is of the schema's type.
func (c chooser) value(s map[string]any, depth int) any {
	kind, _ := s["type"].(string)
	for _, composed := range []string{"oneOf", "anyOf", "allOf"} {
		if choices, ok := s[composed].([]any); ok && c.often(70) {
			return c.value(pick(c, choices...).(map[string]any), depth)
		}
	}
	if kind == "" || c.often(12) {
		kind = pick(c, "string", "integer", "number", "boolean", "array", "object", "null")
	}
	switch kind {
	case "string":
		return pick(c, "", "a", "ab", "abc", "b", "x", "2026-05-01", "YWI=", "éé")
	case "integer":
		return pick(c, -2.0, 0, 1, 2, 3, 4, 9)
	case "number":
		return pick(c, -2.5, 0, 0.3, 1, 2.5, 3, 7.5, 0.7)
	case "boolean":
		return c.often(50)
	case "array":
		items, ok := s["items"].(map[string]any)
		list := []any{}
		for range c.IntN(3) {
			if ok && depth > 0 {
				list = append(list, c.value(items, depth-1))
			} else {
				list = append(list, "a")
			}
		}
		return list
	case "object":
		members := map[string]any{}
		properties, _ := s["properties"].(map[string]any)
		for _, name := range memberNames {
			if p, ok := properties[name].(map[string]any); ok && c.often(75) && depth > 0 {
				members[name] = c.value(p, depth-1)
			} else if c.often(8) {
				members[name] = pick[any](c, "a", 1.0, nil)
			}
		}
		return members
	}
	return nil
}

// nullInDispute reports whether null could meet a schema without a type, which kin-openapi refuses and OpenAPI 3.0.3 does
// not, or a schema with a type and a choice that takes null, where it is the other way round.
func nullInDispute(schema, value any) bool {
	text, err := json.Marshal(value)
	if err != nil || !strings.Contains(string(text), "null") {
		return false
	}
	disputed := false
	var look func(v any)
	look = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			_, typed := v["type"].(string)
			composed := v["oneOf"] != nil || v["anyOf"] != nil || v["allOf"] != nil || v["not"] != nil
			disputed = disputed || composed || !typed
			for name, sub := range v {
				if name == "properties" {
					for _, p := range sub.(map[string]any) {
						look(p)
					}
				} else {
					look(sub)
				}
			}
		case []any:
			for _, sub := range v {
				look(sub)
			}
		}
	}
	look(schema)
	return disputed
}

// TestVerdictsAgree holds the verdicts of this package against kin-openapi's on random schemas and values.
func TestVerdictsAgree(t *testing.T) {
	t.Parallel()
	c := chooser{rand.New(rand.NewPCG(3, 4))}
	valid, invalid := 0, 0
	for i := range 1000 {
		schema := c.schema(3)
		spec, err := json.Marshal(map[string]any{
			"openapi": "3.0.3", "info": map[string]any{"title": "t", "version": "1"}, "servers": []any{map[string]any{"url": "https://a.example"}},
			"paths": map[string]any{"/": map[string]any{"get": map[string]any{"operationId": "get", "responses": map[string]any{"200": map[string]any{
				"description": "", "content": map[string]any{"application/json": map[string]any{"schema": schema}},
			}}}}},
		})
		if err != nil {
			t.Fatal(err)
		}
		v := validator(t, contract.WithSpec(spec))
		kin := document(t, spec).Paths.Value("/").Get.Responses.Value("200").Value.Content["application/json"].Schema.Value
		for range 8 {
			value := c.value(schema, 3)
			if nullInDispute(schema, value) {
				continue
			}
			body, err := json.Marshal(value)
			if err != nil {
				t.Fatal(err)
			}
			var decoded any
			if err := json.Unmarshal(body, &decoded); err != nil {
				t.Fatal(err)
			}
			want := kin.VisitJSON(decoded, openapi3.MultiErrors(), openapi3.VisitAsResponse())
			run := v.NewRun()
			if err := run.CheckBody("x", "get", 200, strings.NewReader(string(body))); err != nil {
				t.Fatal(err)
			}
			report := contract.NewReport(run, contract.ReportOptions{FailOn: contract.Warning})
			if report.Failed() != (want != nil) {
				t.Fatalf("%d: schema %s\nvalue %s\nkin-openapi: %v\nours: %v", i, pretty(schema), body, want, report.Findings)
			}
			if want == nil {
				valid++
			} else {
				invalid++
			}
		}
	}
	if valid < 2000 || invalid < 2000 {
		t.Errorf("the values are one-sided: %d valid, %d invalid", valid, invalid)
	}
	t.Logf("%d valid, %d invalid", valid, invalid)
}

func pretty(v any) string {
	text, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(text)
}
