package contract

import (
	"cmp"
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// A checker holds one value against a schema. kin-openapi judges; the checker gives each of its errors a rule, an exact
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
			c.add(schemaLimit, schema, nil, "the body has more than "+strconv.Itoa(maxManyValues)+" values, so of its faults only the first is reported")
		}
		c.walk([]*openapi3.Schema{schema}, v, nil)
	}
	if c.left <= 0 {
		c.faults = append(c.faults, fault{rule: schemaLimit, line: line(schema.Origin), message: "the schema is made of so many others, or so often of itself, that not all of the body was checked"})
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
var visitOptions = []openapi3.SchemaValidationOption{
	openapi3.MultiErrors(), openapi3.VisitAsResponse(), openapi3.DisableSchemaErrorDetails(),
	openapi3.WithStringFormatValidators(stringValidators), openapi3.WithNumberFormatValidators(numberValidators),
	openapi3.WithIntegerFormatValidators(integerValidators),
}

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
				c.add(schemaOneOf, e.Schema, at, "the value fits more than one of "+strconv.Itoa(len(e.Schema.OneOf))+" schemas and must fit exactly one")
				continue
			}
			c.nearest(e.Schema, e.Value, at, around)
		default:
			c.leaf(e, at)
		}
	}
}

func (c *checker) add(rule *Rule, s *openapi3.Schema, at []string, message string) {
	c.faults = append(c.faults, fault{rule, at, line(s.Origin), message})
}

// rulesByKeyword are the rules of the keywords that kin-openapi names in its errors.
var rulesByKeyword = map[string]*Rule{
	"type": schemaType, "nullable": schemaNull, "required": schemaRequired, "properties": schemaUnknownMember, "writeOnly": schemaWriteOnly,
	"enum": schemaEnum, "format": schemaFormat, "pattern": schemaPattern, "minLength": schemaLength, "maxLength": schemaLength,
	"minimum": schemaRange, "maximum": schemaRange, "exclusiveMinimum": schemaRange, "exclusiveMaximum": schemaRange, "multipleOf": schemaRange,
	"minItems": schemaItems, "maxItems": schemaItems, "uniqueItems": schemaItems, "minProperties": schemaMembers, "maxProperties": schemaMembers,
	"not": schemaNot, "discriminator": schemaDiscriminator,
}

// leaf adds one error of kin-openapi's. Its reasons name the contract's side of a keyword; some hold a name or a value of the
// response, and those are worded here.
func (c *checker) leaf(e *openapi3.SchemaError, at []string) {
	rule, s, message := rulesByKeyword[e.SchemaField], e.Schema, e.Reason
	if rule == nil {
		rule, message = schemaNot, "the value is not one that the contract takes"
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
			rule, message = numberInt64, messageInt64
		case isNumber && s.Type.Permits(openapi3.TypeNumber):
			rule, message = numberFloat64, messageFloat64
		default:
			message = messageFraction
		}
	case "required":
		message = "the required member is missing"
		if p := s.Properties[name]; p != nil {
			if p.Value.Nullable && p.Value.Extensions[takesNull] == nil {
				rule, message = schemaRequiredNullable, "the required member is missing; null would have been allowed"
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
			rule, message = numberInt64, messageInt64
		} else if f := formats[s.Format]; f.want != "" {
			message = "want " + f.want + got(name, e.Value)
		} else {
			message = "want the format " + s.Format
		}
	case "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf":
		if exclusive := (map[string]openapi3.ExclusiveBound{"minimum": s.ExclusiveMin, "maximum": s.ExclusiveMax})[e.SchemaField].Bool; exclusive != nil && *exclusive {
			return // kin-openapi has said so by the exclusive bound
		}
		if f := numberFault(number, []*openapi3.Schema{s}); isNumber && f != nil && f.rule != numberUnsafeInteger {
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
		cost += 3 * btoi(f.rule == schemaEnum)
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

func mistyped(s *openapi3.Schema, v any) (rule *Rule, message string) {
	if rule = schemaType; v == nil {
		rule = schemaNull
	}
	return rule, "want " + typesOf(s) + ", got " + article(kindOf(v))
}

// maxComposed is how many schemas deep a composition is looked into for its types.
const maxComposed = 8

// typesOf returns the types that a schema takes, in words.
func typesOf(s *openapi3.Schema) string {
	var all []string
	var collect func(s *openapi3.Schema, depth int)
	collect = func(s *openapi3.Schema, depth int) {
		for _, name := range s.Type.Slice() {
			if want := article(name); !slices.Contains(all, want) {
				all = append(all, want)
			}
		}
		if depth < maxComposed {
			for _, part := range slices.Concat(s.AnyOf, s.OneOf, s.AllOf) {
				collect(part.Value, depth+1)
			}
		}
	}
	if collect(s, 0); len(all) == 0 {
		return "another value"
	}
	return strings.Join(all, " or ")
}

func article(noun string) string {
	switch {
	case noun == openapi3.TypeNull:
		return noun
	case strings.ContainsAny(noun[:1], "aeiou"):
		return "an " + noun
	}
	return "a " + noun
}

// kindOf returns the name that JSON Schema has for the type of a value.
func kindOf(v any) string {
	switch v.(type) {
	case nil:
		return openapi3.TypeNull
	case bool:
		return openapi3.TypeBoolean
	case string:
		return openapi3.TypeString
	case json.Number:
		return openapi3.TypeNumber
	case []any:
		return openapi3.TypeArray
	}
	return openapi3.TypeObject
}

// choices returns the values an enum allows. They are the contract's, not the response's.
func choices(enum []any) string {
	all := make([]string, len(enum))
	for i, choice := range enum {
		if raw, err := json.Marshal(choice); err == nil {
			all[i] = string(raw)
		}
	}
	return strings.Join(all, ", ")
}

var (
	secretName  = regexp.MustCompile(`(?i)token|secret|password|credential|authorization|key`)
	plainWord   = regexp.MustCompile(`^[A-Za-z][A-Za-z _.-]{0,23}$`)
	plainID     = regexp.MustCompile(`^[a-z0-9]{1,16}$`)
	plainTime   = regexp.MustCompile(`^[0-9TZtz:.,+ -]{1,40}$`)
	plainNumber = regexp.MustCompile(`^[0-9eE.+-]{1,24}$`)
)

// got returns what came, for a message: a number, a time or a word, of a member whose name is not a secret's. Anything else
// could be a secret in the wrong place, so the message keeps quiet about it.
func got(name string, v any) string {
	if secretName.MatchString(name) && name != "tokens" && name != "token_type" {
		return ""
	}
	switch v := v.(type) {
	case json.Number:
		if plainNumber.MatchString(v.String()) {
			return ", got " + v.String()
		}
	case string:
		if plainTime.MatchString(v) || plainWord.MatchString(v) {
			return ", got " + strconv.Quote(v)
		}
	}
	return ""
}

// walk adds what no keyword says: members that no schema declares, and numbers as they are written. Schemas are those that
// look at v.
func (c *checker) walk(schemas []*openapi3.Schema, v any, at []string) {
	switch v.(type) {
	case json.Number, []any, map[string]any:
	default:
		return
	}
	if len(c.faults) > maxPerResponse || c.left <= 0 {
		return
	}
	outer := schemas[0]
	if len(schemas) > 1 || len(outer.AllOf)+len(outer.AnyOf)+len(outer.OneOf) > 0 {
		var all []*openapi3.Schema
		for _, s := range schemas {
			all = c.applicable(all, s, v)
		}
		schemas = all
	}
	switch v := v.(type) {
	case json.Number:
		if f := numberFault(v, schemas); f != nil {
			c.faults = append(c.faults, fault{f.rule, slices.Clone(at), f.line, f.message})
		}
	case []any:
		var items []*openapi3.Schema
		for _, s := range schemas {
			if s.Items != nil {
				items = append(items, s.Items.Value)
			}
		}
		for i := 0; len(items) > 0 && i < len(v); i++ {
			c.walk(items, v[i], append(at, strconv.Itoa(i)))
		}
	case map[string]any:
		c.members(outer, schemas, v, at)
	}
}

func (c *checker) members(outer *openapi3.Schema, schemas []*openapi3.Schema, v map[string]any, at []string) {
	describes, complete := false, false
	for _, s := range schemas {
		describes = describes || len(s.Properties) > 0
		complete = complete || s.AdditionalProperties.Schema != nil || s.AdditionalProperties.Has != nil && !*s.AdditionalProperties.Has
	}
	var room [4]*openapi3.Schema
	for _, name := range sortedKeys(v) {
		if len(c.faults) > maxPerResponse {
			return
		}
		member, declared := v[name], room[:0]
		for _, s := range schemas {
			if p := memberOf(s, name); p != nil {
				declared = append(declared, p)
			}
		}
		at := append(at, name)
		switch {
		case len(declared) > 0:
			c.walk(declared, member, at)
		case describes && !complete:
			c.add(schemaUndeclaredMember, outer, slices.Clone(at), "the contract does not declare the member")
		}
	}
}

// applicable appends to all the schemas that say something of v: s, those it is made of, and those of its choices that v fits.
func (c *checker) applicable(all []*openapi3.Schema, s *openapi3.Schema, v any) []*openapi3.Schema {
	if slices.Contains(all, s) || c.left <= 0 {
		return all
	}
	all = append(all, s)
	for _, part := range s.AllOf {
		all = c.applicable(all, part.Value, v)
	}
	for _, choice := range slices.Concat(s.AnyOf, s.OneOf) {
		if c.fits(choice.Value, v) {
			all = c.applicable(all, choice.Value, v)
		}
	}
	return all
}

// schemaAt returns the schema of what a pointer leads to in a value of s, nil if s does not declare it.
func schemaAt(s *openapi3.Schema, at []string, depth int) *openapi3.Schema {
	if s == nil || len(at) == 0 {
		return s
	}
	if depth > maxComposed {
		return nil
	}
	var next []*openapi3.Schema
	if p := s.Properties[at[0]]; p != nil {
		next = append(next, p.Value)
	} else if s.Items != nil {
		next = append(next, s.Items.Value)
	}
	for _, n := range next {
		if found := schemaAt(n, at[1:], 0); found != nil {
			return found
		}
	}
	for _, part := range slices.Concat(s.AllOf, s.AnyOf, s.OneOf) {
		if found := schemaAt(part.Value, at, depth+1); found != nil {
			return found
		}
	}
	return nil
}
