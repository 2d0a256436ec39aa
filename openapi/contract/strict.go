package contract

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/go-json-experiment/json/jsontext"
)

// A fault is something wrong at a place in a value. Its message holds no value of unknown kind.
type fault struct {
	rule    string
	at      []string // names and indices from the root
	line    int      // of the contract; 0 if the fault is not about a schema
	message string
	want    []string // the types that a schema takes, of a value of another
}

// A reader reads the bytes of a JSON body into the values that encoding/json makes of it, numbers as json.Number, and
// reports what a decoder does not see: bytes that are not UTF-8, lone surrogates, members that occur twice, trailing data.
// After an error it reads nothing more.
type reader struct {
	body   []byte
	valid  bool // UTF-8, all of it
	dec    *jsontext.Decoder
	at     []string // where it reads or, after an error, has read
	values int
	faults []fault
	err    error
}

// These bound what is made of a body: memory grows with the number of its values, and of its levels, not with its bytes.
const (
	maxValues = 500_000
	maxDepth  = 512
)

var (
	byteOrderMark = []byte("\xef\xbb\xbf")
	errLimit      = errors.New("too many values")
)

// readJSON returns the value in a body and what is wrong with the bytes. Ok is false if there is no whole value.
func readJSON(body []byte) (root any, values int, ok bool, faults []fault) {
	r := reader{}
	if rest, has := bytes.CutPrefix(body, byteOrderMark); has {
		r.fault("json.byte-order-mark", "the body begins with a byte order mark")
		body = rest
	}
	r.body, r.valid = body, utf8.Valid(body)
	r.dec = jsontext.NewDecoder(bytes.NewBuffer(body), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	root = r.value()
	end := r.dec.InputOffset()
	if rest := bytes.TrimLeft(body[end:], " \t\r\n"); r.err != nil {
		r.syntax()
	} else if len(rest) > 0 {
		r.fault("json.trailing-data", "the JSON value ends at byte %d; %d more bytes follow", end, len(rest))
	}
	return root, r.values, r.err == nil, r.faults
}

func (r *reader) fault(rule, format string, args ...any) {
	if len(r.faults) <= maxPerResponse {
		r.faults = append(r.faults, fault{rule: rule, at: slices.Clone(r.at), message: fmt.Sprintf(format, args...)})
	}
}

func (r *reader) value() any {
	if r.values++; r.values > maxValues || len(r.at) > maxDepth {
		r.err = errLimit
		return nil
	}
	switch kind := r.dec.PeekKind(); kind {
	case '{':
		members := map[string]any{}
		for r.token(); r.err == nil && r.dec.PeekKind() != '}'; {
			name := r.string()
			if r.err != nil {
				break
			}
			r.at = append(r.at, name)
			value := r.value()
			if _, twice := members[name]; twice && r.err == nil {
				r.fault("json.duplicate-member", "the member occurs more than once")
			}
			members[name] = value
			r.leave()
		}
		r.token()
		return members
	case '[':
		items := []any{}
		for r.token(); r.err == nil && r.dec.PeekKind() != ']'; r.leave() {
			r.at = append(r.at, strconv.Itoa(len(items)))
			kind := r.dec.PeekKind()
			if items = append(items, r.value()); kind == jsontext.KindInvalid && errors.Is(r.err, io.ErrUnexpectedEOF) {
				r.at = r.at[:len(r.at)-1] // what is missing is the array's end as likely as an item
			}
		}
		r.token()
		return items
	case '"':
		return r.string()
	case '0':
		return json.Number(r.raw())
	case 't', 'f':
		r.token()
		return kind == 't'
	}
	r.token() // null, or what is an error
	return nil
}

func (r *reader) token() {
	if r.err == nil {
		_, r.err = r.dec.ReadToken()
	}
}

func (r *reader) raw() (raw jsontext.Value) {
	raw, r.err = r.dec.ReadValue()
	return raw
}

func (r *reader) leave() {
	if r.err == nil {
		r.at = r.at[:len(r.at)-1]
	}
}

func (r *reader) string() string {
	raw := r.raw()
	if r.err != nil {
		return ""
	}
	if r.valid && bytes.IndexByte(raw, '\\') < 0 {
		return string(raw[1 : len(raw)-1])
	}
	if !utf8.Valid(raw) {
		r.fault("json.invalid-utf8", "a string has bytes that are not UTF-8")
		raw = bytes.ToValidUTF8(raw, []byte("\ufffd"))
	}
	content, err := jsontext.AppendUnquote(nil, raw)
	if err != nil {
		r.fault("json.lone-surrogate", "a string has the escape of a lone surrogate")
	}
	return string(content)
}

// syntax reports the error of the decoder.
func (r *reader) syntax() {
	offset, reason := int64(len(r.body)), r.err.Error()
	if syntactic, ok := errors.AsType[*jsontext.SyntacticError](r.err); ok {
		offset, reason = syntactic.ByteOffset, syntactic.Err.Error()
	}
	next, size := utf8.DecodeRune(r.body[min(offset, int64(len(r.body))):])
	switch {
	case errors.Is(r.err, errLimit):
		r.at = nil
		r.fault("json.limit", "the body has more than %d values, or more than %d levels", maxValues, maxDepth)
	case errors.Is(r.err, io.ErrUnexpectedEOF), errors.Is(r.err, io.EOF):
		r.fault("json.truncated", "the JSON ends at byte %d, before it is complete", offset)
	case next == utf8.RuneError && size == 1:
		r.fault("json.invalid-utf8", "there are bytes that are not UTF-8 at byte %d", offset)
	default:
		r.fault("json.syntax", "not JSON at byte %d: %s", offset, reason)
	}
}

// numberFault returns what is wrong with a number as it is written, which is lost once kin-openapi has made a float64 of it,
// for the schemas that look at it; nil if nothing is. (Bounds, enum, uniqueItems and multipleOf compare rounded numbers, so
// 100.000000000000000001 fits a maximum of 100: https://github.com/getkin/kin-openapi/issues/280.)
func numberFault(n json.Number, schemas []*openapi3.Schema) *fault {
	var integer, number *openapi3.Schema // the last that takes one
	long, typed := false, false
	for _, s := range schemas {
		typed = typed || s.Type != nil || len(s.AnyOf)+len(s.OneOf) > 0 // a choice whose schemas all refuse the number has no type
		if s.Type.Includes(openapi3.TypeNumber) {
			number = s
		}
		if s.Type.Includes(openapi3.TypeInteger) {
			integer, long = s, long || s.Format == "int64"
		}
	}
	text := n.String()
	small, err := strconv.ParseInt(text, 10, 64)
	if len(schemas) == 0 || typed && number == nil && integer == nil || err == nil && -1<<53 <= small && small <= 1<<53 {
		return nil
	}
	exact, huge := exactly(text)
	whole := huge || exact != nil && exact.IsInt()
	plain := !strings.ContainsAny(text, ".eE")
	f := &fault{line: line(schemas[0].Origin)}
	if integer != nil {
		f.line = line(integer.Origin)
	}
	switch {
	case integer == nil || number != nil:
		if !fitsFloat64(exact) {
			f.rule, f.message = "number.float64", "the number is not one that float64 holds"
		}
	case plain && err != nil, !plain && whole && (huge || !exact.Num().IsInt64()):
		f.rule, f.message = "number.int64", messageInt64
	case plain && !long && !fitsFloat64(exact):
		f.rule, f.message = "number.unsafe-integer", "the integer is beyond 2^53, and the contract does not say int64"
	case !plain && whole:
		f.rule, f.message = "number.integer-form", "want an integer written as one, got one with a fraction or an exponent"
	case !whole:
		f.rule, f.message = "schema.type", "want an integer, got a number with a fraction"
	}
	if f.rule == "" {
		return nil
	}
	return f
}

const messageInt64 = "the integer does not fit 64 bits"

// exactly returns the number in a text; nil if it is nearer to zero than any float64, longer than anyone writes it, which
// would take long to compute with, or huge: farther from zero than any float64.
func exactly(text string) (exact *big.Rat, huge bool) {
	f, err := strconv.ParseFloat(text, 64)
	mantissa, _, _ := strings.Cut(strings.ToLower(text), "e")
	if err != nil || len(text) > 400 || f == 0 && strings.ContainsAny(mantissa, "123456789") {
		return nil, err != nil
	}
	exact, _ = new(big.Rat).SetString(text)
	return exact, false
}

// fitsFloat64 reports whether a program that reads the number as a float64 reads the number that was sent: a fraction may
// be rounded; an integer must be that float64, or the shortest number that reads back as it, which encoders write.
func fitsFloat64(exact *big.Rat) bool {
	if exact == nil {
		return false
	}
	f, is := exact.Float64()
	shortest, _ := new(big.Rat).SetString(strconv.FormatFloat(f, 'e', -1, 64))
	return is || !exact.IsInt() || exact.Cmp(shortest) == 0
}

// walk adds what no keyword says: members that no schema declares, and numbers as they are written. Schemas are those that
// look at v.
func (c *checker) walk(schemas []*openapi3.Schema, v any, at []string) {
	switch v.(type) {
	case nil, bool, string: // most are
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
			c.faults = append(c.faults, fault{rule: f.rule, at: slices.Clone(at), line: f.line, message: f.message})
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
	for name, member := range v { // in any order: the faults are sorted
		if len(c.faults) > maxPerResponse {
			return
		}
		declared := room[:0]
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
			c.add("schema.undeclared-member", outer, slices.Clone(at), "the contract does not declare the member")
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
		if c.visit(choice.Value, v, 0, nil); c.left > 0 && choice.Value.VisitJSON(v, visitOptions[1:]...) == nil {
			all = c.applicable(all, choice.Value, v)
		}
	}
	return all
}

// schemaAt returns the schema of what a pointer leads to in a value of s, nil if s does not declare it. Of a composition it
// looks into eight levels.
func schemaAt(s *openapi3.Schema, at []string, level int) (found *openapi3.Schema) {
	switch {
	case len(at) == 0 || level > 8:
		return s
	case s.Properties[at[0]] != nil:
		found = schemaAt(s.Properties[at[0]].Value, at[1:], 0)
	case s.Items != nil:
		found = schemaAt(s.Items.Value, at[1:], 0)
	}
	for _, part := range slices.Concat(s.AllOf, s.AnyOf, s.OneOf) {
		if found == nil {
			found = schemaAt(part.Value, at, level+1)
		}
	}
	return found
}
