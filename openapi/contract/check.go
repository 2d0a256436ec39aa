package contract

import (
	"errors"
	"fmt"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
)

// A fault is what a checker finds, at a place in the value it checks. Its message may be of any length.
type fault struct {
	rule    *Rule
	pointer string
	line    int
	message string
}

// A checker holds a value against a schema. It reports every fault, and it can ask silently whether a value fits.
type checker struct {
	trail  trail
	whole  *schema // the outermost schema that looks at the value at hand
	silent bool
	misfit bool // while silent: whether there was a fault
	faults []fault
}

// checkSchema returns the faults of v, at the places they are.
func checkSchema(s *schema, v *value) []fault {
	var c checker
	c.visit(s, v)
	return c.faults
}

// fault reports a departure from the schema.
func (c *checker) fault(rule *Rule, line int, format string, args ...any) {
	c.misfit = true
	c.remark(rule, line, format, args...)
}

// remark reports something that is worth a finding but does not keep a value from fitting its schema.
func (c *checker) remark(rule *Rule, line int, format string, args ...any) {
	if !c.silent && len(c.faults) <= maxPerResponse {
		c.faults = append(c.faults, fault{rule, c.trail.String(), line, fmt.Sprintf(format, args...)})
	}
}

// decided reports whether further checks would change nothing.
func (c *checker) decided() bool { return c.silent && c.misfit }

// visit checks a value against everything the contract says of it.
func (c *checker) visit(s *schema, v *value) {
	outer := c.whole
	c.whole = s
	c.check(s, v)
	if v.kind == object && s.composed() && !c.silent {
		c.undeclared(s, v)
	}
	c.whole = outer
}

// check checks a value against one of the schemas that look at it.
func (c *checker) check(s *schema, v *value) {
	if v.kind == null && s.nullable {
		return
	}
	if s.types != 0 && s.types&typesByKind[v.kind] == 0 {
		c.mismatch(v, s.line, s.want)
		return
	}
	if s.composed() {
		c.compose(s, v)
	}
	if c.decided() {
		return
	}
	if len(s.enum) > 0 && !slices.ContainsFunc(s.enum, v.equal) {
		c.fault(schemaEnum, s.line, "want one of %s", s.choices())
	}
	switch v.kind {
	case object:
		c.object(s, v)
	case array:
		c.array(s, v)
	case str:
		if s.stringFormat != nil && !s.stringFormat.ok(v.text) {
			c.fault(schemaFormat, s.line, "want %s, got another string", s.stringFormat.want)
		}
	case number:
		c.number(s, v)
	}
	if s.others != nil && v.kind != null && !v.cut {
		c.others(s, v)
	}
}

// mismatch reports a value of another type than wanted.
func (c *checker) mismatch(v *value, line int, want string) {
	rule := schemaType
	if v.kind == null {
		rule = schemaNull
	}
	c.fault(rule, line, "want %s, got %s", want, kindNames[v.kind])
}

func (c *checker) object(s *schema, v *value) {
	alone := s == c.whole && !s.composed() && len(s.properties) > 0 // no other schema can declare a member
	for i := range v.list {
		member := &v.list[i]
		c.trail.member(member.name)
		switch p := s.properties[member.name]; {
		case p != nil:
			if p.writeOnly && member.kind != null {
				c.fault(schemaWriteOnly, p.line, "the member is write-only, so it is not for a response")
			}
			c.visit(p, member)
		case s.closed:
			c.fault(schemaUnknownMember, s.line, "the object is closed and has no such member")
		case s.rest != nil:
			c.visit(s.rest, member)
		case alone:
			c.undeclare()
		}
		c.trail.leave()
		if c.decided() {
			return
		}
	}
	if v.cut {
		return
	}
	for _, r := range s.required {
		if v.member(r.name) != nil || c.whole.hides(r.name) {
			continue
		}
		c.trail.member(r.name)
		if r.nullable {
			c.fault(schemaRequiredNullable, r.line, "the required member is missing; null would have been allowed")
		} else {
			c.fault(schemaRequired, r.line, "the required member is missing")
		}
		c.trail.leave()
	}
}

// hides reports whether s, or a schema it is made of, says that the member is write-only: then a response is right not
// to have it.
func (s *schema) hides(name string) bool {
	if p := s.properties[name]; p != nil && p.writeOnly {
		return true
	}
	return slices.ContainsFunc(s.allOf, func(part *schema) bool { return part.hides(name) })
}

func (c *checker) array(s *schema, v *value) {
	if s.items == nil {
		return
	}
	for i := range v.list {
		c.trail.item(i)
		c.visit(s.items, &v.list[i])
		c.trail.leave()
		if c.decided() {
			return
		}
	}
}

func (c *checker) number(s *schema, v *value) {
	switch {
	case s.types&(typeInteger|typeNumber) == typeInteger:
		if !c.integer(s, v) {
			return
		}
	case (s.types&typeNumber != 0 || s.anything) && !fitsFloat64(v.text):
		c.fault(numberFloat64, s.line, "the number is not one that float64 holds")
		return
	}
	if s.bounds != nil {
		if broken := s.bounds.broken(v.text); broken != "" {
			c.fault(schemaRange, s.line, "%s", broken)
		}
	}
	if s.numberFormat != nil && !s.numberFormat.ok(v.text) {
		c.fault(schemaFormat, s.line, "want %s, got another number", s.numberFormat.want)
	}
}

func (c *checker) integer(s *schema, v *value) bool {
	if literalInteger(v.text) {
		switch {
		case !fitsInt64(v.text):
			c.fault(numberInt64, s.line, "the integer does not fit 64 bits")
			return false
		case !s.int64 && !fitsFloat64(v.text):
			c.remark(numberUnsafeInteger, s.line, "the integer is beyond 2^53, and the contract does not say int64")
		}
		return true
	}
	switch d := parseDecimal(v.text); {
	case !d.integer():
		c.fault(schemaType, s.line, "want an integer, got a number with a fraction")
	case d.size() > maxInt64Digits:
		c.fault(numberInt64, s.line, "the integer does not fit 64 bits")
	default:
		c.fault(numberIntegerForm, s.line, "want an integer written as one, got one with a fraction or an exponent")
	}
	return false
}

// undeclare reports the member at hand as one that no schema declares.
func (c *checker) undeclare() {
	c.remark(schemaUndeclaredMember, c.whole.line, "the contract does not declare the member")
}

// undeclared reports the members that none of the schemas which look at v declares. An object of which no member is
// declared is a map, and a schema for further members declares them all.
func (c *checker) undeclared(s *schema, v *value) {
	looking := c.looking(nil, s, v)
	describes := false
	for _, l := range looking {
		if l.rest != nil || l.closed {
			return
		}
		describes = describes || len(l.properties) > 0
	}
	if !describes {
		return
	}
	for i := range v.list {
		name := v.list[i].name
		if !slices.ContainsFunc(looking, func(l *schema) bool { return l.properties[name] != nil }) {
			c.trail.member(name)
			c.undeclare()
			c.trail.leave()
		}
	}
}

// looking appends to all the schemas that say something of v: s, those it is made of, and those of its choices that v fits.
func (c *checker) looking(all []*schema, s *schema, v *value) []*schema {
	if slices.Contains(all, s) {
		return all
	}
	all = append(all, s)
	for _, part := range s.allOf {
		all = c.looking(all, part, v)
	}
	for _, choice := range slices.Concat(s.anyOf, s.oneOf) {
		if c.fits(choice, v) {
			all = c.looking(all, choice, v)
		}
	}
	return all
}

// equal reports whether v is the value x of the contract, as encoding/json decodes it.
func (v *value) equal(x any) bool {
	if v.kind == number {
		f, ok := x.(float64)
		if !ok {
			return false
		}
		n, ok := rational(v.text)
		return ok && n.Cmp(decimalRat(&f)) == 0
	}
	switch x := x.(type) {
	case string:
		return v.kind == str && v.text == x
	case nil:
		return v.kind == null
	case bool:
		return x && v.kind == yes || !x && v.kind == no
	case []any:
		return v.kind == array && len(x) == len(v.list) && equalItems(v.list, x)
	case map[string]any:
		if v.kind != object || len(x) != len(v.list) {
			return false
		}
		for name, want := range x {
			if got := v.member(name); got == nil || !got.equal(want) {
				return false
			}
		}
		return true
	}
	return false
}

func equalItems(items []value, want []any) bool {
	for i := range items {
		if !items[i].equal(want[i]) {
			return false
		}
	}
	return true
}

var otherRules = map[string]*Rule{
	"pattern": schemaPattern, "minLength": schemaLength, "maxLength": schemaLength,
	"minItems": schemaItems, "maxItems": schemaItems, "uniqueItems": schemaItems,
	"minProperties": schemaMembers, "maxProperties": schemaMembers, "not": schemaNot,
}

// others lets kin-openapi judge the keywords that are left to it. Its messages for these name the keyword and the
// contract's side of it; the options keep the value out of them.
func (c *checker) others(s *schema, v *value) {
	err := s.others.VisitJSON(v.any(), openapi3.MultiErrors(), openapi3.VisitAsResponse(), openapi3.DisableSchemaErrorDetails())
	if err == nil {
		return
	}
	all := openapi3.MultiError{err}
	if several, ok := errors.AsType[openapi3.MultiError](err); ok {
		all = several
	}
	for _, err := range all {
		rule, message := schemaNot, "the value fits a schema that it must not fit"
		if e, ok := errors.AsType[*openapi3.SchemaError](err); ok && e.SchemaField != "not" {
			message = e.Reason
			if known := otherRules[e.SchemaField]; known != nil {
				rule = known
			}
		}
		c.fault(rule, s.line, "%s", message)
	}
}
