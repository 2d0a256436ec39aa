package drift

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// A comparer compares what the contract says with what a document says, or an older document with a newer one: before
// is the reader's side, now the writer's.
type comparer struct {
	*sampler
	contract *Document
	read     map[*openapi3.Schema]*openapi3.Schema // before's schemas as a program reads by them
}

// A place is where the schemas that are compared are, and how to judge values there.
type place struct {
	finding Finding    // with what is the same for all findings here
	op      *operation // as the reader describes it
	status  int        // of the response
	lenient bool       // a program reads null as a missing member here
	strict  bool       // a program tells null from a missing member here
	show    func(value any) *Example
}

func (p place) child(token string, wrap func(value any) any) place {
	p.finding.Pointer += "/" + escapeName(token)
	if show := p.show; wrap != nil {
		p.show = func(value any) *Example { return show(wrap(value)) }
	}
	return p
}

func (p place) find(class Class, rule, before, after string) Finding {
	f := p.finding
	f.Class, f.Rule, f.Before, f.After = class, rule, before, after
	f.Message = message(f)
	return f
}

func (p place) breaks(rule, before, after string, value any) Finding {
	f := p.find(Breaking, rule, before, after)
	f.Example = p.show(value)
	return f
}

// refuses reports whether a program that reads by a schema refuses a value.
func (c *comparer) refuses(p place, schema *openapi3.Schema, value any) bool {
	read, ok := c.read[schema]
	if !ok {
		read = asRead(schema, p.lenient, p.strict)
		c.read[schema] = read
	}
	return !c.takes(read, value)
}

// schemas returns the differences between two schemas of one value. Nil is anything.
func (c *comparer) schemas(p place, was, is *openapi3.Schema) []Finding {
	was, is = orAnything(was), orAnything(is)
	before, now := c.of(was), c.of(is)
	if c.err != nil || !c.spend(1) || reflect.DeepEqual(was, is) {
		return nil
	}
	p.strict = p.strict || was.Extensions[ownType] != nil && !p.lenient
	all := append(wording(p, wordsOf(was), wordsOf(is)), deprecation(p, isDeprecated(was), isDeprecated(is))...)
	wasNull, isNull := judges(was, nil), judges(is, nil)
	switch {
	case isNull && !wasNull && p.lenient:
		all = append(all, p.find(New, "nullable", "not null", "may be null"))
	case isNull && !wasNull && len(now) < len(kinds): // where anything may come, null is the least
		all = append(all, p.breaks("nullable", "not null", "may be null", nil))
	case wasNull && !isNull && len(before) < len(kinds):
		all = append(all, p.find(Relaxed, "nullable", "may be null", "not null"))
	}
	known := func(a *openapi3.Schema) bool { return len(ofKind(before, kindOf(a))) > 0 }
	typed := false // a difference of types is one finding, whichever of them went and came
	for _, a := range now {
		if typed || known(a) {
			continue
		}
		typed = true
		f := p.find(Differs, "type", typeWords(was), typeWords(is))
		if !slices.ContainsFunc(now, known) { // no sample is needed to tell, and there may be none
			f = p.find(Breaking, "type", typeWords(was), typeWords(is))
		}
		for _, v := range c.candidates(nil, a) {
			if c.takes(is, v) {
				f = p.breaks("type", typeWords(was), typeWords(is), v)
				break
			}
		}
		all = append(all, f)
	}
	if len(now) == 0 && len(before) > 0 {
		class := Differs // keywords that contradict each other
		if isNull {
			class = Relaxed
		}
		all = append(all, p.find(class, "type", typeWords(was), typeWords(is)))
	}
	used := map[*openapi3.Schema]bool{}
	for _, kind := range kinds {
		all = append(all, c.ofKind(p, was, is, ofKind(before, kind), ofKind(now, kind), used)...)
	}
	if i := slices.IndexFunc(before, func(b *openapi3.Schema) bool { return !used[b] }); i >= 0 && !typed && len(now) > 0 {
		all = append(all, p.find(Relaxed, "type", typeWords(was), typeWords(is)))
	}
	all = append(all, c.composed(p, was, is, all)...)
	return slices.DeleteFunc(slices.Clone(all), func(f Finding) bool { // what one kind of value shows, no other has to
		return f.Class == Differs && slices.ContainsFunc(all, func(g Finding) bool {
			return g.Class == Breaking && g.Pointer == f.Pointer && g.Rule == f.Rule
		})
	})
}

// ofKind compares alternatives of one kind: each of now with the one of before that it fits best. Used are those of
// before that any fits.
func (c *comparer) ofKind(p place, was, is *openapi3.Schema, before, now []*openapi3.Schema, used map[*openapi3.Schema]bool) (all []Finding) {
	type pair struct {
		with     *openapi3.Schema
		findings []Finding
		has      map[Finding]bool // without examples
	}
	plain := func(f Finding) Finding { f.Example = nil; return f }
	var pairs []pair
	for i, a := range now {
		var best pair
		for j, b := range before {
			findings := c.pair(p, was, is, b, a)
			if better := cost(findings) - cost(best.findings); best.with == nil || better < 0 || better == 0 && i == j {
				best = pair{b, findings, map[Finding]bool{}}
			}
		}
		if best.with == nil {
			return nil
		}
		for _, f := range best.findings {
			best.has[plain(f)] = true
		}
		used[best.with] = true
		pairs = append(pairs, best)
	}
	fewer, known := false, map[Finding]bool{} // fewer ways, where what one alternative no longer has, another has still
	for _, q := range pairs {
		for _, f := range q.findings {
			key := plain(f)
			if f.Class == Relaxed && slices.ContainsFunc(pairs, func(other pair) bool { return other.with == q.with && !other.has[key] }) {
				fewer = true
			} else if !known[key] {
				known[key] = true
				all = append(all, f)
			}
		}
	}
	if fewer && len(all) == 0 {
		all = append(all, p.find(Relaxed, "type", typeWords(was), typeWords(is)))
	}
	return all
}

func cost(findings []Finding) int {
	n := len(findings)
	for _, f := range findings {
		if f.Class == Breaking {
			n += 1000
		}
	}
	return n
}

// pair compares two alternatives of one kind. Was and is are what they are alternatives of, which judge.
func (c *comparer) pair(p place, was, is, before, now *openapi3.Schema) []Finding {
	if c.err != nil || reflect.DeepEqual(before, now) {
		return nil
	}
	all := c.limits(p, was, is, before, now)
	switch kindOf(now) {
	case openapi3.TypeArray:
		if before.Items == nil && now.Items == nil {
			break
		}
		within := p.child("*", func(value any) any {
			items := []any{value}
			for uint64(len(items)) < min(now.MinItems, maxSample) {
				v, _ := c.sample(valueOf(before.Items), orAnything(valueOf(now.Items)))
				items = append(items, v)
			}
			return items
		})
		all = append(all, c.schemas(within, valueOf(before.Items), valueOf(now.Items))...)
	case openapi3.TypeObject:
		all = append(all, c.objects(p, before, now)...)
	}
	return all
}

// limits compares the limits of two alternatives, each by looking for a value that shows it.
func (c *comparer) limits(p place, was, is, before, now *openapi3.Schema) []Finding {
	var all []Finding
	var values []any
	typical := false // whether values holds those of before as well
	for _, k := range keywords {
		said, says := k.words(before), k.words(now)
		if said == says {
			continue
		}
		a, b := k.only(before), k.only(now)
		if values == nil {
			values = c.candidates([]*openapi3.Schema{before}, now)
		}
		class, shown := Wording, false // whether there is a value for both
		var f Finding
		for _, v := range values {
			if !c.takes(now, v) || !c.takes(is, v) {
				continue
			}
			if !judges(&a, v) && c.refuses(p, was, v) {
				class, f = Breaking, p.breaks(k.rule, said, says, v)
				break
			}
			shown = shown || judges(&a, v)
		}
		if class == Wording && !typical {
			typical = true
			values = append(values, c.candidates([]*openapi3.Schema{now}, before)...)
		}
		for _, v := range values {
			if class == Wording && c.takes(before, v) && c.takes(was, v) && !judges(&b, v) && !c.takes(is, v) {
				class = Relaxed
			}
		}
		switch { // a value may well show it, and none is found
		case class == Relaxed && !shown && said != k.words(&openapi3.Schema{Type: before.Type}):
			class = Differs
		case class != Wording:
		case k.rule == "not" && before.Not == nil:
			class = Relaxed
		case k.rule == "not", k.rule == "pattern", !shown:
			class = Differs
		}
		if class != Breaking {
			f = p.find(class, k.rule, said, says)
		}
		all = append(all, f)
	}
	published := func(a *openapi3.Schema) string { // without what is the contract's
		if a.Extensions[impliedFormat] != nil {
			return orNone("format", "")
		}
		return orNone("format", a.Format)
	}
	if said, says := published(before), published(now); before.Format == now.Format && said != says {
		all = append(all, p.find(Wording, "format", said, says))
	}
	if said, says := uncompared(before), uncompared(now); said != says {
		all = append(all, p.find(Differs, "keyword", excerpt(said), excerpt(says)))
	}
	return all
}

// objects compares the members of two objects.
func (c *comparer) objects(p place, before, now *openapi3.Schema) []Finding {
	var all []Finding
	names := slices.AppendSeq(slices.Concat(before.Required, now.Required), maps.Keys(before.Properties))
	names = slices.Compact(slices.Sorted(slices.Values(slices.AppendSeq(names, maps.Keys(now.Properties)))))
	for _, name := range names {
		all = append(all, c.member(p, before, now, name)...)
	}
	switch { // no program minds members it does not know
	case isClosed(before) && !isClosed(now):
		all = append(all, p.find(New, "additionalProperties", "closed", "open"))
	case isClosed(now) && !isClosed(before):
		all = append(all, p.find(Relaxed, "additionalProperties", "open", "closed"))
	}
	was, is := restOf(before), restOf(now)
	if isClosed(now) || was == nil && is == nil {
		return all
	}
	at := p.child("*", func(value any) any {
		name := "x"
		for slices.Contains(names, name) {
			name += "x"
		}
		return c.object(before, now, map[string]any{name: value}, false)
	})
	if was == nil {
		return append(all, at.find(New, "additionalProperties", "anything", typeWords(is)))
	}
	return append(all, c.schemas(at, was, is)...)
}

// restOf returns the schema of members that are not declared, or nil if that is anything.
func restOf(a *openapi3.Schema) *openapi3.Schema {
	if rest := valueOf(a.AdditionalProperties.Schema); rest != nil && !isAnything(rest) {
		return rest
	}
	return nil
}

func (c *comparer) member(p place, before, now *openapi3.Schema, name string) []Finding {
	at := p.child(name, func(value any) any { return c.object(before, now, map[string]any{name: value}, false) })
	wasRequired, isRequired := slices.Contains(before.Required, name), slices.Contains(now.Required, name)
	was, is := valueOf(before.Properties[name]), valueOf(now.Properties[name])
	if was == nil && wasRequired {
		was = &openapi3.Schema{Nullable: true}
	}
	if is == nil {
		if is = restOf(now); is == nil && isRequired {
			is = &openapi3.Schema{Nullable: true}
		}
	}
	// Package api reads null for one that is missing, where the contract allows null and the type is a generated one.
	needed := wasRequired && !p.lenient && (p.strict || !judges(was, nil))
	without := func(rule, said, says string) Finding {
		f := at.find(Breaking, rule, said, says)
		object := maps.Clone(c.object(before, now, nil, false))
		delete(object, name)
		f.Example = p.show(object)
		return f
	}
	var all []Finding
	switch {
	case is == nil && needed:
		return []Finding{without("member", memberWords(was, true), "not declared")}
	case is == nil:
		return []Finding{at.find(Relaxed, "member", memberWords(was, wasRequired), "not declared")}
	case was == nil:
		all = append(all, at.find(New, "member", "not declared", memberWords(is, isRequired)))
		if rest := restOf(before); rest != nil {
			all = append(all, c.schemas(at, rest, is)...)
		}
		return all
	case needed && !isRequired:
		all = append(all, without("required", presence(true), presence(false)))
	case wasRequired && !isRequired: // it may be null, and a program reads null for a missing member
		all = append(all, at.find(New, "required", presence(true), presence(false)))
	case !wasRequired && isRequired:
		all = append(all, at.find(Relaxed, "required", presence(false), presence(true)))
	}
	return append(all, c.schemas(at, was, is)...)
}

// union returns the keys of two maps, sorted.
func union[V any](a, b map[string]V) []string {
	keys := slices.AppendSeq(slices.Collect(maps.Keys(a)), maps.Keys(b))
	slices.Sort(keys)
	return slices.Compact(keys)
}

func wording(p place, before, now map[string]string) []Finding {
	var all []Finding
	for _, name := range union(before, now) {
		if was, is := before[name], now[name]; was != is {
			all = append(all, p.find(Wording, name, excerpt(was), excerpt(is)))
		}
	}
	return all
}

func deprecation(p place, before, now bool) []Finding {
	switch {
	case now && !before:
		return []Finding{p.find(New, "deprecated", "in use", "deprecated")}
	case before && !now:
		return []Finding{p.find(Wording, "deprecated", "deprecated", "in use")}
	}
	return nil
}

// wordsOf returns what a schema says that no value shows, with what it is composed of.
func wordsOf(in *openapi3.Schema) map[string]string {
	words := textsOf("title", in.Title, "description", in.Description)
	if in.Default != nil {
		words["default"] = jsonText(in.Default)
	}
	for _, ref := range slices.Concat(in.AllOf, in.AnyOf) {
		for name, text := range wordsOf(ref.Value) {
			words[name] = strings.TrimSpace(words[name] + "\n" + text)
		}
	}
	return words
}

func isDeprecated(in *openapi3.Schema) bool {
	return in.Deprecated || slices.ContainsFunc(slices.Concat(in.AllOf, in.AnyOf), func(ref *openapi3.SchemaRef) bool { return isDeprecated(ref.Value) })
}
