package contract

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// A checker checks one value against a schema. kin-openapi judges; the checker gives each of its errors a rule, an exact
// pointer and a line, and says which choice of several a value comes nearest to.
type checker struct {
	faults []fault
	left   int64 // how many visits may still be made
	first  bool  // whether only the first fault is asked for
	counts bool  // whether the walk is only to count

	circular *openapi3.Schema // one that is made of itself, with no member or item between; nil if none is
}

// maxManyValues is how many values a body has at most if all of its faults are to be named: kin-openapi keeps an error of
// 300 bytes or more for each, and an empty object may have a dozen.
const maxManyValues = 30_000

// maxVisits bounds the visits of values under schemas that contain themselves, or are made of many others. kin-openapi makes
// 2^n of them for n levels of oneOf in each other, and of allOf. Without bounds, 85 bytes of body take a second.
const maxVisits = 5_000_000

// check returns what of a value, which has that many values within, is not as a schema has it.
func check(schema *openapi3.Schema, v any, values int) []fault {
	c := checker{left: maxVisits, first: values > maxManyValues, counts: true}
	if c.walk([]view{{schema, 1}}, v, nil); c.left > 0 {
		c.left, c.counts = maxVisits, false
		if c.explain(schema.VisitJSON(v, visitOptions[btoi(c.first):]...), v, nil); c.first && len(c.faults) > 0 {
			c.add("schema.limit", schema, nil,
				fmt.Sprintf("the body has more than %d values, so of its faults only the first is reported", maxManyValues))
		}
		c.walk([]view{{schema, 1}}, v, nil)
	}
	if c.circular != nil { // by that part it decides nothing: kin-openapi leaves it out, and takes any value of a choice with it
		c.add("schema.unjudged", c.circular, nil, "a schema is made of itself, and takes any value in that place")
	}
	if c.left <= 0 {
		c.add("schema.limit", schema, nil,
			"the schema is made of so many others, or so often of itself, that not all of the body was checked")
	}
	slices.SortStableFunc(c.faults, func(a, b fault) int { return slices.CompareFunc(a.at, b.at, compareSteps) })
	return c.faults
}

// compareSteps orders steps of pointers: indices as numbers.
func compareSteps(a, b string) int {
	return cmp.Or(cmp.Compare(len(a), len(b))*isIndex(a)*isIndex(b), strings.Compare(a, b))
}

func isIndex(s string) int { return btoi(s != "" && strings.Trim(s, "0123456789") == "") }

// A view is a schema that looks at a value, and how often kin-openapi has it look.
type view struct {
	schema *openapi3.Schema
	times  int64
}

// walk counts the visits that kin-openapi makes or, once there are few enough, adds what no keyword says: members that no
// schema declares, and numbers as they are written. Views are those of v.
func (c *checker) walk(views []view, v any, at []string) {
	all := []view(nil)
	for _, by := range views {
		all = c.unfold(all, by, v, len(at), nil)
	}
	if c.left <= 0 {
		return
	}
	switch v := v.(type) {
	case json.Number:
		if !c.counts && len(c.faults) <= maxPerResponse {
			c.number(v, all, slices.Clone(at))
		}
	case []any:
		var items []view
		for _, by := range all {
			if by.schema.Items != nil {
				items = append(items, view{by.schema.Items.Value, by.times})
			}
		}
		for i := 0; len(items) > 0 && i < len(v); i++ {
			c.walk(items, v[i], append(at, strconv.Itoa(i)))
		}
	case map[string]any:
		describes, closed := false, c.counts
		for _, by := range all {
			describes = describes || len(by.schema.Properties) > 0
			rest := by.schema.AdditionalProperties
			closed = closed || rest.Has != nil && !*rest.Has
		}
		for name, member := range v { // in any order: the faults are sorted
			var declared []view
			for _, by := range all {
				if p := cmp.Or(by.schema.Properties[name], by.schema.AdditionalProperties.Schema); p != nil {
					declared = append(declared, view{p.Value, by.times})
				}
			}
			if len(declared) > 0 {
				c.walk(declared, member, append(at, name))
			} else if describes && !closed && len(c.faults) <= maxPerResponse {
				c.add("schema.undeclared-member", views[0].schema, append(slices.Clone(at), name), "the contract does not declare the member")
			}
		}
	}
}

// unfold adds to all the views of a value that a view is made of: of choices, unless it is to count, those that the value
// fits. Within are those that it is a part of.
func (c *checker) unfold(all []view, by view, v any, depth int, within []*openapi3.Schema) []view {
	s := by.schema
	if slices.Contains(within, s) {
		c.circular = s
		return all
	}
	cost := 1 + depth + 10*len(s.AllOf) + len(all)/8 // among which it is looked for below
	choices := slices.Concat(s.OneOf, s.AnyOf)
	if len(choices) > 0 {
		cost += len(choices) * (20 + size(v)) // it copies the value for each
	}
	if c.left -= by.times * int64(cost); c.left <= 0 {
		return all
	}
	if i := slices.IndexFunc(all, func(other view) bool { return other.schema == s }); i >= 0 {
		all[i].times += by.times
	} else {
		all = append(all, by)
	}
	if len(s.AllOf)+len(choices) == 0 && s.Not == nil {
		return all
	}
	within = append(within, s)
	for _, part := range s.AllOf {
		all = c.unfold(all, view{part.Value, by.times}, v, depth, within)
	}
	for _, choice := range choices {
		if c.counts || choice.Value.VisitJSON(v, visitOptions[1:]...) == nil {
			all = c.unfold(all, view{choice.Value, 2 * by.times}, v, depth, within)
		}
	}
	if s.Not != nil && c.counts {
		all = c.unfold(all, view{s.Not.Value, by.times}, v, depth, within)
	}
	return all
}

// size returns how many values there are in a value, with itself.
func size(v any) int {
	n := 1
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			n += size(item)
		}
	case map[string]any:
		for _, member := range v {
			n += size(member)
		}
	}
	return n
}

// The first of the options has kin-openapi go on after a fault.
var visitOptions = append([]openapi3.SchemaValidationOption{
	openapi3.MultiErrors(), openapi3.VisitAsResponse(), openapi3.DisableSchemaErrorDetails(),
}, FormatOptions()...)

// explain adds the faults that kin-openapi's error about a value is made of; the value is at a place in the body.
func (c *checker) explain(err error, v any, at []string) {
	if all, ok := err.(openapi3.MultiError); ok {
		for _, err := range all {
			c.explain(err, v, at)
		}
	}
	if e, ok := err.(*openapi3.SchemaError); ok && len(c.faults) <= maxPerResponse && c.left > 0 {
		place := slices.Concat(at, e.JSONPointer())
		start, reasons := len(c.faults), openapi3.MultiError(nil)
		switch {
		case e.Origin == openapi3.ErrOneOfConflict:
			c.add("schema.one-of", e.Schema, place,
				fmt.Sprintf("the value fits more than one of %d schemas and must fit exactly one", len(e.Schema.OneOf)))
		case e.SchemaField == "oneOf" && errors.As(e.Origin, &reasons):
			c.nearest(e, reasons, v, at, place)
		case e.SchemaField == "anyOf": // kin-openapi gives no reasons, but for a oneOf
			choice := &openapi3.Schema{OneOf: e.Schema.AnyOf, Discriminator: e.Schema.Discriminator, Origin: e.Schema.Origin}
			again := checker{left: c.left, counts: true}
			again.walk([]view{{choice, 1}}, e.Value, nil)
			if c.left = again.left; c.left > 0 {
				c.explain(choice.VisitJSON(e.Value, visitOptions[btoi(c.first):]...), e.Value, place)
			}
		case e.SchemaField == "allOf" && errors.As(e.Origin, &reasons):
			c.explain(reasons, v, at)
			if other := mistyped(c.faults[start:], place); len(other) > 0 {
				c.faults = append(c.faults[:start], other...) // of a value of another type nothing else matters
			}
		default:
			c.leaf(e, valueAt(v, e.JSONPointer()), place)
		}
	}
}

func (c *checker) add(rule string, s *openapi3.Schema, at []string, message string) {
	c.faults = append(c.faults, fault{rule: rule, at: at, line: line(s.Origin), message: message})
}

// nearest adds why a value fits none of several schemas: by the one it comes nearest to, or by its type if none takes that.
func (c *checker) nearest(e *openapi3.SchemaError, reasons openapi3.MultiError, v any, at, place []string) {
	start, best := len(c.faults), 0
	var nearest []fault
	var want []string
	for i, reason := range reasons {
		c.explain(reason, v, at)
		found := slices.Clone(c.faults[start:])
		c.faults = c.faults[:start]
		if other := mistyped(found, place); len(other) > 0 {
			for _, f := range other {
				want = append(want, f.want...)
			}
			continue
		}
		branch := &openapi3.Schema{}
		if len(reasons) == len(e.Schema.OneOf) { // else a discriminator has chosen
			branch = e.Schema.OneOf[i].Value
		}
		if cost := cost(found, branch, e.Value); nearest == nil || cost < best {
			best, nearest = cost, found
		}
	}
	if nearest == nil {
		nearest = []fault{typeFault(e.Schema, e.Value, place, want)}
	}
	c.faults = append(c.faults, nearest...)
}

// mistyped returns the faults that say that the value at a place is of another type.
func mistyped(faults []fault, place []string) (other []fault) {
	for _, f := range faults {
		if f.want != nil && len(f.at) == len(place) {
			other = append(other, f)
		}
	}
	return other
}

func typeFault(s *openapi3.Schema, v any, at, want []string) fault {
	f := fault{rule: "schema.type", at: at, line: line(s.Origin), want: append([]string{}, want...)}
	if v == nil {
		f.rule = "schema.null"
	}
	var types []string
	for _, name := range want {
		if name = article(name); !slices.Contains(types, name) {
			types = append(types, name)
		}
	}
	f.message = "want " + cmp.Or(strings.Join(types, " or "), "another value") + ", got " + article(kindOf(v))
	return f
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
			cost -= btoi(names(s, name, 8))
		}
	}
	return cost
}

// names reports whether a schema names a member. It looks into so many levels of allOf, which may have no end.
func names(s *openapi3.Schema, member string, levels int) bool {
	return s.Properties[member] != nil || slices.Contains(s.Required, member) ||
		levels > 0 && slices.ContainsFunc(s.AllOf, func(part *openapi3.SchemaRef) bool { return names(part.Value, member, levels-1) })
}

// rulesByKeyword are the rules of the keywords that kin-openapi names in its errors.
var rulesByKeyword = map[string]string{
	"type": "schema.type", "nullable": "schema.null", "required": "schema.required", "properties": "schema.unknown-member",
	"writeOnly": "schema.write-only", "enum": "schema.enum", "format": "schema.format", "pattern": "schema.pattern",
	"minLength": "schema.length", "maxLength": "schema.length", "minimum": "schema.range", "maximum": "schema.range",
	"exclusiveMinimum": "schema.range", "exclusiveMaximum": "schema.range", "multipleOf": "schema.range", "minItems": "schema.items",
	"maxItems": "schema.items", "uniqueItems": "schema.items", "minProperties": "schema.members", "maxProperties": "schema.members",
	"not": "schema.not", "discriminator": "schema.discriminator",
}

// leaf adds one error of kin-openapi's. Its reasons name the contract's side of a keyword; some hold a name or a value of the
// response, and those are worded here.
func (c *checker) leaf(e *openapi3.SchemaError, v any, at []string) {
	rule, s, message := rulesByKeyword[e.SchemaField], e.Schema, e.Reason
	if number, ok := v.(json.Number); ok && e.SchemaField != "enum" && e.SchemaField != "not" {
		start := len(c.faults)
		c.number(number, []view{{s, 1}}, at)
		if len(c.faults) > start && c.faults[start].rule != "number.unsafe-integer" {
			return // what is wrong with a number as it is written says more than what follows from that
		}
		c.faults = c.faults[:start]
	}
	name := append([]string{""}, at...)[len(at)]
	if rule == "" {
		rule, message = "schema.not", "the value is not one that the contract takes"
	}
	switch e.SchemaField {
	case "type", "nullable", "enum":
		integer := s.Type.Permits(openapi3.TypeInteger) && kindOf(v) == openapi3.TypeNumber
		if v == nil || !integer && !s.Type.Permits(kindOf(v)) {
			c.faults = append(c.faults, typeFault(s, v, at, s.Type.Slice()))
			return
		}
		if message = messageFraction; e.SchemaField == "enum" {
			message = strings.Replace(e.Reason, "value is not one of the allowed values", "want one of", 1) + got(name, v)
		}
	case "required":
		message = "the required member is missing"
		if p := s.Properties[name]; p != nil {
			if s = p.Value; s.Nullable && s.Extensions["x-takes-null"] == nil {
				rule, message = "schema.required-nullable", "the required member is missing; null would have been allowed"
			}
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
		message = "want the format " + s.Format
		if want := errors.Unwrap(e.Origin); want != nil {
			message = "want " + want.Error()
		}
		message += got(name, v)
	case "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf":
		message += got(name, v)
	}
	c.add(rule, s, at, message)
}

// valueAt returns what a pointer leads to; for a member that is missing, nil.
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
