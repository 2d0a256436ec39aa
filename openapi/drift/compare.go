package drift

import (
	"errors"
	"maps"
	"slices"
)

// maxSteps is how many pairs of schemas are compared. Alternatives inside alternatives multiply.
const maxSteps = 200_000

var errSteps = errors.New("its schemas have too many alternatives to compare")

// A comparer compares what the contract says with what a document says, or an older document with a newer one: before
// is the reader's side, now the writer's.
type comparer struct {
	contract *Document
	left     int
}

// A place is where the schemas that are compared stand.
type place struct {
	finding Finding // with what is the same for all findings here
	lenient bool    // a program reads null as a missing member here
	show    func(value any) *Example
}

func (p place) child(token string, wrap func(value any) any) place {
	show := p.show
	p.finding.Pointer += "/" + escapeName(token)
	p.show = func(value any) *Example { return show(wrap(value)) }
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

// schemas returns the differences between two schemas of one value.
func (c *comparer) schemas(p place, before, now *schema) ([]Finding, error) {
	if c.left--; c.left < 0 {
		return nil, errSteps
	}
	all := c.annotations(p, before, now)
	switch {
	case now.null && !before.null && p.lenient:
		all = append(all, p.find(New, "nullable", "not null", "may be null"))
	case now.null && !before.null && len(now.alternatives) < int(kinds): // where anything may come, null is the least
		all = append(all, p.breaks("nullable", "not null", "may be null", nil))
	case before.null && !now.null && len(before.alternatives) < int(kinds):
		all = append(all, p.find(Relaxed, "nullable", "may be null", "not null"))
	}
	typed := false // a difference of types is one finding, whichever of them went and came
	for _, a := range now.alternatives {
		if len(before.ofKind(a.kind)) == 0 {
			if !typed {
				value, _ := sampleOf(nil, a)
				all = append(all, p.breaks("type", before.String(), now.String(), value))
			}
			typed = true
		}
	}
	used := map[*alternative]bool{}
	for k := range kinds {
		more, err := c.ofKind(p, before.ofKind(k), now.ofKind(k), used)
		if err != nil {
			return nil, err
		}
		all = append(all, more...)
	}
	if !typed {
		for _, b := range before.alternatives {
			if !used[b] && len(now.alternatives) > 0 {
				all = append(all, p.find(Relaxed, "type", before.String(), now.String()))
				break
			}
		}
	}
	return all, nil
}

// ofKind compares alternatives of one kind: each of now with the one of before that it fits best. Used are those of
// before that any fits.
func (c *comparer) ofKind(p place, before, now []*alternative, used map[*alternative]bool) ([]Finding, error) {
	type pair struct {
		with     *alternative
		findings []Finding
	}
	var pairs []pair
	if len(before) == 0 {
		return nil, nil
	}
	for i, a := range now {
		var best pair
		for j, b := range before {
			findings, err := c.alternatives(p, b, a)
			if err != nil {
				return nil, err
			}
			if better := cost(findings) - cost(best.findings); best.with == nil || better < 0 || better == 0 && i == j {
				best = pair{b, findings}
			}
		}
		used[best.with] = true
		pairs = append(pairs, best)
	}
	var all []Finding
	fewer := false // ways, where what one alternative no longer has, another has still
	for _, q := range pairs {
		for _, f := range q.findings {
			switch {
			case f.Class == Relaxed && slices.ContainsFunc(pairs, func(other pair) bool {
				return other.with == q.with && !slices.ContainsFunc(other.findings, f.same)
			}):
				fewer = true
			case !slices.ContainsFunc(all, f.same):
				all = append(all, f)
			}
		}
	}
	if fewer && len(all) == 0 {
		all = append(all, p.find(Relaxed, "type", (&schema{alternatives: before}).String(), (&schema{alternatives: now}).String()))
	}
	return all, nil
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

// same reports whether two findings say the same of the same place.
func (f Finding) same(other Finding) bool {
	f.Example, other.Example = nil, nil
	return f == other
}

// alternatives compares two alternatives of one kind.
func (c *comparer) alternatives(p place, before, now *alternative) ([]Finding, error) {
	all := limitsBetween(p, before, now)
	switch now.kind {
	case array:
		if before.items == nil && now.items == nil {
			break
		}
		within := p.child("*", func(value any) any {
			items := []any{value}
			for uint64(len(items)) < now.size.min && len(items) < maxSample {
				items = append(items, sample(before.items, orAnything(now.items)))
			}
			return items
		})
		more, err := c.schemas(within, orAnything(before.items), orAnything(now.items))
		return append(all, more...), err
	case object:
		more, err := c.objects(p, before, now)
		return append(all, more...), err
	}
	return all, nil
}

func orAnything(s *schema) *schema {
	if s == nil {
		return anything()
	}
	return s
}

// limitsBetween compares the limits of two alternatives of a kind, each by looking for a value that only one allows.
func limitsBetween(p place, before, now *alternative) []Finding {
	var all []Finding
	for _, k := range keywords {
		was, is := k.words(before), k.words(now)
		if was == is {
			continue
		}
		all = append(all, p.limit(k, before, now, was, is))
	}
	for _, keyword := range union(before.other, now.other) {
		was, is := before.other[keyword], now.other[keyword]
		switch {
		case was == is:
		case was == "":
			all = append(all, p.find(Relaxed, keyword, orNone(keyword, was), orNone(keyword, is)))
		default: // whether it breaks cannot be shown here
			all = append(all, p.find(New, keyword, orNone(keyword, was), orNone(keyword, is)))
		}
	}
	if before.format == now.format && before.implied != now.implied {
		all = append(all, p.find(Wording, "format", before.published(), now.published()))
	}
	return all
}

func (p place) limit(k keyword, before, now *alternative, was, is string) Finding {
	values := candidates(before, now)
	for _, v := range values {
		if now.holds(v) && !k.holds(before, v) {
			return p.breaks(k.rule, was, is, v)
		}
	}
	for _, v := range values {
		if before.holds(v) && !k.holds(now, v) {
			return p.find(Relaxed, k.rule, was, is)
		}
	}
	return p.find(Wording, k.rule, was, is)
}

// union returns the keys of two maps, sorted.
func union[V any](a, b map[string]V) []string {
	keys := slices.AppendSeq(slices.Collect(maps.Keys(a)), maps.Keys(b))
	slices.Sort(keys)
	return slices.Compact(keys)
}

// annotations compares what no value shows.
func (c *comparer) annotations(p place, before, now *schema) []Finding {
	all := wording(p, before.words, now.words)
	return append(all, deprecation(p, before.deprecated, now.deprecated)...)
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
