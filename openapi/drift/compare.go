package drift

import (
	"cmp"
	"errors"
	"maps"
	"reflect"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/go-openapi/jsonpointer"

	"github.com/psoauth/psoauth/openapi/contract"
)

// A place is where the schemas that are compared are, and how to judge values there.
type place struct {
	finding Finding // with what is the same for all findings here
	was, is *operation
	status  int  // of the response
	lenient bool // a program reads null as a missing member here
	show    func(value any) *Example
}

func (p place) child(token string, wrap func(value any) any) place {
	p.finding.Pointer += "/" + jsonpointer.Escape(token)
	if show := p.show; wrap != nil {
		p.show = func(value any) *Example { return show(wrap(value)) }
	}
	return p
}

func (p place) find(class Class, rule, before, after string) Finding {
	f := p.finding
	f.Class, f.Rule, f.Before, f.After = class, rule, before, after
	return f
}

// breaks is a breaking finding if its example shows it: a response that the newer side allows and a reader of the older
// refuses.
func (s *sampler) breaks(p place, rule, before, after string, value any) Finding {
	return s.proven(p, p.find(Breaking, rule, before, after), p.show(value))
}

func (s *sampler) proven(p place, f Finding, e *Example) Finding {
	f.Example = e
	if e != nil && (length(e.Body) > maxHeld || !s.allows(p.is, e, false) || s.allows(p.was, e, true)) {
		f.Class, f.Example, f.Message = Differs, nil, "no example shows it to break, so look at it by hand"
	}
	return f
}

// schemas returns the differences between what the contract, or an older document, says of one value and what a newer one
// says: was is the reader's side, is the writer's. Nil is anything.
func (s *sampler) schemas(p place, was, is *openapi3.Schema) []Finding {
	was, is = cmp.Or(was, anything), cmp.Or(is, anything)
	if s.err != nil || !s.spend(1) || reflect.DeepEqual(was, is) {
		return nil
	}
	all := wording(p, wordsOf(was), wordsOf(is))
	all = append(all, s.nullable(p, was, is)...)
	all = append(all, s.values(p, was, is)...)
	before, now := s.of(was), s.of(is)
	if a, b := before[openapi3.TypeArray], now[openapi3.TypeArray]; a != nil && b != nil && (a.items != nil || b.items != nil) {
		within := p.child("*", func(value any) any {
			for _, v := range s.candidates(openapi3.TypeArray, was, is) {
				if items := v.([]any); len(items) > 0 {
					if items = append([]any{value}, items[1:]...); s.takes(is, items) {
						return items
					}
				}
			}
			return []any{value}
		})
		all = append(all, s.schemas(within, a.items, b.items)...)
	}
	if a, b := before[openapi3.TypeObject], now[openapi3.TypeObject]; a != nil && b != nil {
		all = append(all, s.members(p, was, is, a, b)...)
	}
	return append(all, s.composed(p, was, is, all)...)
}

func (s *sampler) nullable(p place, was, is *openapi3.Schema) []Finding {
	wasNull, isNull := judges(was, nil), judges(is, nil)
	switch { // where anything may come, null is the least
	case isNull && !wasNull && p.lenient:
		return []Finding{p.find(New, "nullable", "not null", "may be null")}
	case isNull && !wasNull && len(s.of(is)) < len(kinds):
		return []Finding{s.breaks(p, "nullable", "not null", "may be null", nil)}
	case wasNull && !isNull && len(s.of(was)) < len(kinds):
		return []Finding{p.find(Relaxed, "nullable", "may be null", "not null")}
	}
	return nil
}

// A difference is one between what two schemas say of a rule, and what values say of it.
type difference struct {
	before, after string
	limited       bool // whether before limits values by the rule
	shown         bool // whether there is a value that both allow, of the kind
	refused       bool // whether before refuses a value of now's
	lost          bool // whether now refuses a value of before's
	value         any  // the first that is refused
}

// values compares what two schemas say of a value that is not null, but for what is inside it, by looking for values that
// one of them refuses.
func (s *sampler) values(p place, was, is *openapi3.Schema) (all []Finding) {
	before, now := s.of(was), s.of(is)
	typed := &difference{before: s.typeWords(was), after: s.typeWords(is), limited: true}
	known := map[string]*difference{}
	more, fewer, common := false, false, false // kinds
	for _, kind := range kinds {
		a, b := before[kind], now[kind]
		more, fewer, common = more || a == nil && b != nil, fewer || a != nil && b == nil, common || a != nil && b != nil
		own := map[string]*difference{}
		if (a == nil) != (b == nil) || a != nil && a.integer != b.integer {
			known["type"], own["type"] = typed, typed
		}
		if a != nil && b != nil {
			for _, rule := range append(union(a.limits, b.limits), "enum") {
				if said, says := a.said(rule), b.said(rule); said != says && known[rule] == nil {
					own[rule] = &difference{before: said, after: says, limited: said != (&view{}).said(rule)}
					known[rule] = own[rule]
				}
			}
		}
		if len(own) == 0 {
			continue
		}
		for _, v := range s.candidates(kind, was, is) {
			switch {
			case !s.takes(is, v):
			case !s.takes(s.asRead(was, p.lenient), v):
				if d := own[reason(a, kind, v, own)]; d != nil && !d.refused {
					d.refused, d.value = true, v
				}
			default:
				for _, d := range own {
					d.shown = true
				}
			}
		}
		for _, v := range s.candidates(kind, is, was) {
			if s.takes(was, v) && !s.takes(is, v) {
				if d := own[reason(b, kind, v, own)]; d != nil {
					d.lost = true
				}
			}
		}
	}
	for _, rule := range slices.Sorted(maps.Keys(known)) {
		d := known[rule]
		f := p.find(Wording, rule, d.before, d.after)
		switch {
		case d.refused:
			f = s.breaks(p, rule, d.before, d.after, d.value)
		case rule == "keyword":
			f = p.find(Differs, rule, d.before, d.after)
		case rule == "type" && more && !common: // no sample is needed to tell, and there may be none
			f = p.find(Breaking, rule, d.before, d.after)
		case rule == "type" && more, rule == "type" && len(now) == 0 && !judges(is, nil): // keywords that contradict each other
			f = p.find(Differs, rule, d.before, d.after)
		case rule == "type" && fewer, d.lost && (d.shown || !d.limited), rule == "not" && !d.limited:
			f = p.find(Relaxed, rule, d.before, d.after)
		case d.lost, rule == "not", rule == "pattern", !d.shown: // a value may well show it, and none is found
			f = p.find(Differs, rule, d.before, d.after)
		}
		all = append(all, f)
	}
	return all
}

// reason returns the rule by which the view of a kind refuses a value, one of those that differ, or nothing.
func reason(v *view, kind string, value any, differ map[string]*difference) string {
	number, isNumber := value.(float64)
	if v == nil || isNumber && v.integer && number != float64(int64(number)) {
		return "type"
	}
	if len(v.enum) > 0 && differ["enum"] != nil && len(without([]any{value}, v.enum)) > 0 {
		return "enum"
	}
	for _, side := range v.sides {
		if e, ok := errors.AsType[*openapi3.SchemaError](side.VisitJSON(value, contract.FormatOptions()...)); ok {
			if rule := limitRule(kind, e.SchemaField); len(e.JSONPointer()) == 0 && differ[rule] != nil {
				return rule
			}
		}
	}
	return ""
}

// members compares the members of two objects, which before and now are views of.
func (s *sampler) members(p place, was, is *openapi3.Schema, before, now *view) (all []Finding) {
	at := func(token, name string) place {
		return p.child(token, func(value any) any { return s.with(was, is, name, value, true) })
	}
	for _, name := range union(before.properties, now.properties) {
		all = append(all, s.member(p, at(name, name), was, is, before, now, name)...)
	}
	switch { // no program minds members it does not know
	case before.closed && !now.closed:
		all = append(all, p.find(New, "additionalProperties", "closed", "open"))
	case now.closed && !before.closed:
		all = append(all, p.find(Relaxed, "additionalProperties", "open", "closed"))
	}
	switch rest := at("*", "x-other"); {
	case now.closed || isAnything(before.rest) && isAnything(now.rest):
		return all
	case isAnything(before.rest):
		return append(all, rest.find(New, "additionalProperties", "anything", s.typeWords(now.rest)))
	default:
		return append(all, s.schemas(rest, before.rest, now.rest)...)
	}
}

func (s *sampler) member(p, at place, wholeWas, wholeIs *openapi3.Schema, before, now *view, name string) (all []Finding) {
	wasRequired, isRequired := slices.Contains(before.required, name), slices.Contains(now.required, name)
	was, is := before.properties[name], now.properties[name]
	if is == nil && !isAnything(now.rest) {
		is = now.rest
	}
	needed := wasRequired && !p.lenient && !judges(was, nil) // package api reads null for one that is missing
	gone := func(rule, said, says string) Finding {
		f := s.breaks(p, rule, said, says, s.with(wholeWas, wholeIs, name, nil, false))
		f.Pointer = at.finding.Pointer
		return f
	}
	switch {
	case is == nil && needed:
		return []Finding{gone("member", s.memberWords(was, true), "not declared")}
	case is == nil:
		return []Finding{at.find(Relaxed, "member", s.memberWords(was, wasRequired), "not declared")}
	case was == nil:
		all = append(all, at.find(New, "member", "not declared", s.memberWords(is, isRequired)))
		all[0].schema = is
		if !isAnything(before.rest) {
			all = append(all, s.schemas(at, before.rest, is)...)
		}
		return all
	case needed && !isRequired:
		all = append(all, gone("required", presence[true], presence[false]))
	case wasRequired && !isRequired: // it may be null, and a program reads null for a missing member
		all = append(all, at.find(New, "required", presence[true], presence[false]))
	case !wasRequired && isRequired:
		all = append(all, at.find(Relaxed, "required", presence[false], presence[true]))
	}
	return append(all, s.schemas(at, was, is)...)
}

// composed judges a composition as a whole: what fits member by member may not do so together, because it takes two
// deviations to tell. It returns what no finding says yet, as one finding.
func (s *sampler) composed(p place, was, is *openapi3.Schema, known []Finding) []Finding {
	worst := Wording
	for _, f := range known {
		worst = min(worst, f.Class)
	}
	if !hasChoice(was) && !hasChoice(is) || worst == Breaking {
		return nil
	}
	judged := false
	for v := range s.samples(was, is, varied) {
		judged = true
		if !s.takes(s.asRead(was, p.lenient), v) {
			if f := s.breaks(p, "type", s.typeWords(was), s.typeWords(is), v); f.Class == Breaking {
				return []Finding{f}
			}
		}
	}
	if !judged {
		return []Finding{p.find(Differs, "type", s.typeWords(was), s.typeWords(is))}
	}
	if worst == Wording {
		for v := range s.samples(is, was, varied) {
			if !s.takes(is, v) {
				return []Finding{p.find(Relaxed, "type", s.typeWords(was), s.typeWords(is))}
			}
		}
	}
	return nil
}

// hasChoice reports whether a schema has alternatives or exceptions beside one another.
func hasChoice(s *openapi3.Schema) bool {
	inside := func(ref *openapi3.SchemaRef) bool { return hasChoice(ref.Value) }
	return len(s.AnyOf) > 0 || s.Not != nil || slices.ContainsFunc(s.AllOf, inside)
}

// allows reports whether an operation of a document allows the response: for a reader, if what a program copes with is
// allowed as well. kin-openapi judges bodies and headers.
func (s *sampler) allows(op *operation, e *Example, reader bool) bool {
	declared := op.declared(e.Status)
	if declared == nil {
		return false
	}
	success := e.Status/100 == 2
	takes := func(schema *openapi3.Schema, lenient bool, value any) bool {
		if reader && schema != nil {
			schema = s.asRead(schema, lenient)
		}
		return judges(schema, value)
	}
	if e.Headers != nil && !takes(declared.headers, false, e.Headers) {
		return false
	}
	if len(declared.media) == 0 { // a success has no body then, which a reader does not look for; an error has any
		return e.ContentType == "" || !success || reader
	}
	for name, schema := range declared.media {
		if e.ContentType != "" && mediaCovers(name, e.ContentType) && takes(schema, !success, e.Body) {
			return true
		}
	}
	return false
}
