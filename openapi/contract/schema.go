package contract

import (
	"cmp"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// A checker checks one value against a schema. kin-openapi judges; the checker gives each of its errors a rule, an exact
// pointer and a line, and says which choice of several a value comes nearest to.
type checker struct {
	spec   *spec
	faults []fault
	left   int64 // how many visits may still be made
	first  bool  // whether only the first fault is asked for
}

// maxManyValues is how many values a body has at most if all of its faults are to be named: kin-openapi keeps an error of
// 300 bytes or more for each, and an empty object may have a dozen.
const maxManyValues = 30_000

// maxVisits bounds the visits of values under schemas that contain themselves, or are made of many others. kin-openapi makes
// 2^n of them for n levels of oneOf in each other, and of allOf. Without bounds, 85 bytes of body take a second.
const maxVisits = 5_000_000

// check returns what of a value, which has that many values within, is not as a schema has it.
func (s *spec) check(schema *openapi3.Schema, v any, values int) []fault {
	c := checker{spec: s, left: maxVisits, first: values > maxManyValues}
	if c.visit(schema, v, 0, nil); c.left > 0 {
		c.left = maxVisits
		if c.explain(schema, v, nil, nil); c.first && len(c.faults) > 0 {
			c.add("schema.limit", schema, nil, "the body has more than "+strconv.Itoa(maxManyValues)+" values, so of its faults only the first is reported")
		}
		c.walk([]*openapi3.Schema{schema}, v, nil)
	}
	if c.left <= 0 {
		c.faults = append(c.faults, fault{rule: "schema.limit", line: line(schema.Origin), message: "the schema is made of so many others, or so often of itself, that not all of the body was checked"})
	}
	slices.SortStableFunc(c.faults, func(a, b fault) int { return slices.CompareFunc(a.at, b.at, compareSteps) })
	return c.faults
}

// compareSteps orders steps of pointers: indices as numbers.
func compareSteps(a, b string) int {
	return cmp.Or(cmp.Compare(len(a), len(b))*isIndex(a)*isIndex(b), strings.Compare(a, b))
}

func isIndex(s string) int { return btoi(s != "" && strings.Trim(s, "0123456789") == "") }

// visit counts the visits that kin-openapi would make, without judging.
func (c *checker) visit(s *openapi3.Schema, v any, depth int, within []*openapi3.Schema) {
	if c.left -= int64(1 + depth); c.left <= 0 || slices.Contains(within, s) {
		return
	}
	within = append(within, s)
	c.left -= int64(10 * len(s.AllOf))
	for _, ref := range s.AllOf {
		c.visit(ref.Value, v, depth, within)
	}
	c.left -= int64(20 * (len(s.OneOf) + len(s.AnyOf)))
	for _, ref := range slices.Concat(s.OneOf, s.AnyOf) {
		c.size(v)
		c.visit(ref.Value, v, depth, within)
		c.visit(ref.Value, v, depth, within)
	}
	if s.Not != nil {
		c.visit(s.Not.Value, v, depth, within)
	}
	switch v := v.(type) {
	case []any:
		if s.Items != nil && s.Type.Permits(openapi3.TypeArray) {
			for _, item := range v {
				c.visit(s.Items.Value, item, depth+1, nil)
			}
		}
	case map[string]any:
		if !s.Type.Permits(openapi3.TypeObject) {
			return
		}
		for name, member := range v {
			if p := memberOf(s, name); p != nil {
				c.visit(p, member, depth+1, nil)
			}
		}
	}
}

// size counts what kin-openapi copies of a value for each choice.
func (c *checker) size(v any) {
	if c.left--; c.left <= 0 {
		return
	}
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			c.size(item)
		}
	case map[string]any:
		for _, member := range v {
			c.size(member)
		}
	}
}

// memberOf returns the schema that s has for a member, or nil.
func memberOf(s *openapi3.Schema, name string) *openapi3.Schema {
	if p := s.Properties[name]; p != nil {
		return p.Value
	}
	if rest := s.AdditionalProperties.Schema; rest != nil {
		return rest.Value
	}
	return nil
}

// The first of the options has kin-openapi go on after a fault.
var visitOptions = append([]openapi3.SchemaValidationOption{
	openapi3.MultiErrors(), openapi3.VisitAsResponse(), openapi3.DisableSchemaErrorDetails(),
}, FormatOptions()...)

// flatten appends the errors about schemas that err is made of.
func flatten(all []*openapi3.SchemaError, err error) []*openapi3.SchemaError {
	switch err := err.(type) {
	case openapi3.MultiError:
		for _, err := range err {
			all = flatten(all, err)
		}
	case *openapi3.SchemaError:
		all = append(all, err)
	}
	return all
}

// fits reports whether a value fits a schema.
func (c *checker) fits(s *openapi3.Schema, v any) bool {
	if c.visit(s, v, 0, nil); c.left <= 0 {
		return false
	}
	return s.VisitJSON(v, visitOptions...) == nil
}

// explain adds what is wrong with a value at a place. Within are the schemas of which s is a part, for the same value:
// kin-openapi does not look at one of them again.
func (c *checker) explain(s *openapi3.Schema, v any, at []string, within []*openapi3.Schema) {
	if slices.Contains(within, s) {
		return
	}
	for _, e := range flatten(nil, s.VisitJSON(v, visitOptions[btoi(c.first):]...)) {
		if len(c.faults) > maxPerResponse || c.left <= 0 {
			return
		}
		if _, ok := e.Value.(float64); ok { // as it was written
			e.Value = valueAt(v, e.JSONPointer())
		}
		around := []*openapi3.Schema{e.Schema}
		if len(e.JSONPointer()) == 0 {
			around = slices.Concat(within, around)
		}
		at := slices.Concat(at, e.JSONPointer())
		switch e.SchemaField {
		case "allOf":
			parts := e.Schema.AllOf
			if wrong := slices.DeleteFunc(slices.Clone(parts), func(p *openapi3.SchemaRef) bool { return p.Value.Type == nil || takes(p.Value, e.Value) }); len(wrong) > 0 {
				parts = wrong // of a value of another type nothing else is worth saying
			}
			for _, part := range parts {
				if c.visit(part.Value, e.Value, 0, nil); c.left > 0 {
					c.explain(part.Value, e.Value, at, around)
				}
			}
		case "oneOf", "anyOf":
			if errors.Is(e, openapi3.ErrOneOfConflict) {
				c.add("schema.one-of", e.Schema, at, "the value fits more than one of "+strconv.Itoa(len(e.Schema.OneOf))+" schemas and must fit exactly one")
				continue
			}
			c.nearest(e.Schema, e.Value, at, around)
		default:
			c.leaf(e, at)
		}
	}
}

func (c *checker) add(rule string, s *openapi3.Schema, at []string, message string) {
	c.faults = append(c.faults, fault{rule, at, line(s.Origin), message})
}

// rulesByKeyword are the rules of the keywords that kin-openapi names in its errors.
var rulesByKeyword = map[string]string{
	"type": "schema.type", "nullable": "schema.null", "required": "schema.required", "properties": "schema.unknown-member", "writeOnly": "schema.write-only",
	"enum": "schema.enum", "format": "schema.format", "pattern": "schema.pattern", "minLength": "schema.length", "maxLength": "schema.length",
	"minimum": "schema.range", "maximum": "schema.range", "exclusiveMinimum": "schema.range", "exclusiveMaximum": "schema.range", "multipleOf": "schema.range",
	"minItems": "schema.items", "maxItems": "schema.items", "uniqueItems": "schema.items", "minProperties": "schema.members", "maxProperties": "schema.members",
	"not": "schema.not", "discriminator": "schema.discriminator",
}

// leaf adds one error of kin-openapi's. Its reasons name the contract's side of a keyword; some hold a name or a value of the
// response, and those are worded here.
func (c *checker) leaf(e *openapi3.SchemaError, at []string) {
	rule, s, message := rulesByKeyword[e.SchemaField], e.Schema, e.Reason
	if rule == "" {
		rule, message = "schema.not", "the value is not one that the contract takes"
	}
	number, isNumber := e.Value.(json.Number)
	name := ""
	if len(at) > 0 {
		name = at[len(at)-1]
	}
	switch e.SchemaField {
	case "type", "nullable", "enum":
		switch {
		case !takes(s, e.Value):
			rule, message = mistyped(s, e.Value)
		case e.SchemaField == "enum":
			message = "want one of " + choices(s.Enum) + got(name, e.Value)
		case isNumber && decimalOf(number.String()).whole() && s.Type.Includes(openapi3.TypeInteger):
			rule, message = "number.int64", messageInt64
		case isNumber && s.Type.Permits(openapi3.TypeNumber):
			rule, message = "number.float64", messageFloat64
		default:
			message = messageFraction
		}
	case "required":
		message = "the required member is missing"
		if p := s.Properties[name]; p != nil {
			if p.Value.Nullable && p.Value.Extensions[takesNull] == nil {
				rule, message = "schema.required-nullable", "the required member is missing; null would have been allowed"
			}
			s = p.Value
		}
	case "properties":
		quoted, _ := strconv.QuotedPrefix(strings.TrimPrefix(e.Reason, "property "))
		unknown, _ := strconv.Unquote(quoted) // kin-openapi names the member here only
		at, message = append(at, unknown), "the object is closed and has no such member"
	case "writeOnly":
		message = "the member is write-only, so it is not for a response"
	case "discriminator":
		at, message = append(at, s.Discriminator.PropertyName), "the discriminator is missing, no string, or names no schema"
	case "not":
		message = "the value fits a schema that it must not fit"
	case "format":
		if s.Format == "int64" {
			rule, message = "number.int64", messageInt64
		} else if f := formats[s.Format]; f.want != "" {
			message = "want " + f.want + got(name, e.Value)
		} else {
			message = "want the format " + s.Format
		}
	case "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf":
		if exclusive := (map[string]openapi3.ExclusiveBound{"minimum": s.ExclusiveMin, "maximum": s.ExclusiveMax})[e.SchemaField].Bool; exclusive != nil && *exclusive {
			return // kin-openapi has said so by the exclusive bound
		}
		if f := numberFault(number, []*openapi3.Schema{s}); isNumber && f != nil && f.rule != "number.unsafe-integer" {
			rule, message = f.rule, f.message
		} else {
			message += got(name, e.Value)
		}
	}
	c.add(rule, s, at, message)
}

// valueAt returns what a pointer leads to.
func valueAt(v any, at []string) any {
	for _, step := range at {
		switch within := v.(type) {
		case map[string]any:
			v = within[step]
		case []any:
			i, _ := strconv.Atoi(step)
			v = within[min(i, len(within)-1)]
		}
	}
	return v
}

// nearest says why a value fits none of several schemas: by the one it comes nearest to, or by its type if none takes that.
func (c *checker) nearest(s *openapi3.Schema, v any, at []string, within []*openapi3.Schema) {
	branches := slices.Concat(s.OneOf, s.AnyOf)
	if members, ok := v.(map[string]any); ok && s.Discriminator != nil {
		meant, _ := members[s.Discriminator.PropertyName].(string)
		if ref := s.Discriminator.Mapping[meant].Ref; ref != "" {
			branches = slices.DeleteFunc(slices.Clone(branches), func(b *openapi3.SchemaRef) bool {
				return b.Ref != ref && b.Ref != "#/components/schemas/"+ref
			})
		}
	}
	start, best := len(c.faults), 0
	var nearest []fault
	for _, b := range branches {
		if !takes(b.Value, v) {
			continue
		}
		if c.visit(b.Value, v, 0, nil); c.left <= 0 {
			break
		}
		c.explain(b.Value, v, at, within)
		if cost := cost(c.faults[start:], b.Value, v); nearest == nil || cost < best {
			best, nearest = cost, slices.Clone(c.faults[start:])
		}
		c.faults = c.faults[:start]
	}
	if nearest == nil {
		rule, message := mistyped(s, v)
		c.add(rule, s, at, message)
	}
	c.faults = append(c.faults, nearest...)
}

// cost says how far a value is from a schema: by its faults, less the members it has that the schema names. A wrong enum
// weighs more, because it is how schemas often tell themselves apart.
func cost(faults []fault, s *openapi3.Schema, v any) int {
	cost := len(faults)
	for _, f := range faults {
		cost += 3 * btoi(f.rule == "schema.enum")
	}
	if members, ok := v.(map[string]any); ok {
		for name := range members {
			cost -= btoi(names(s, name))
		}
	}
	return cost
}

func names(s *openapi3.Schema, member string) bool {
	return s.Properties[member] != nil || slices.Contains(s.Required, member) ||
		slices.ContainsFunc(s.AllOf, func(part *openapi3.SchemaRef) bool { return names(part.Value, member) })
}

// takes reports whether a schema takes values of v's type at all.
func takes(s *openapi3.Schema, v any, within ...*openapi3.Schema) bool {
	if v == nil && s.Nullable || len(within) > maxComposed || slices.Contains(within, s) {
		return true
	}
	within = append(within, s)
	take := func(part *openapi3.SchemaRef) bool { return takes(part.Value, v, within...) }
	refuse := func(part *openapi3.SchemaRef) bool { return !take(part) }
	kind := kindOf(v)
	typed := s.Type.Permits(kind) || kind == openapi3.TypeNumber && s.Type.Permits(openapi3.TypeInteger)
	if v == nil {
		typed = s.Type == nil && len(s.AllOf)+len(s.AnyOf)+len(s.OneOf) > 0
	}
	return typed && !slices.ContainsFunc(s.AllOf, refuse) &&
		(len(s.AnyOf) == 0 || slices.ContainsFunc(s.AnyOf, take)) && (len(s.OneOf) == 0 || slices.ContainsFunc(s.OneOf, take))
}

// maxComposed is how many schemas deep a composition is looked into for its types.
const maxComposed = 8
