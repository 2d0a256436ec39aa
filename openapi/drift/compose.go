package drift

import (
	"maps"
	"slices"
)

// both returns the schema of the values that two schemas allow.
func (c *compiler) both(a, b *schema) (*schema, error) {
	s := &schema{null: a.null && b.null}
	for _, x := range a.alternatives {
		for _, y := range b.ofKind(x.kind) {
			z, err := c.merge(x, y)
			if err != nil {
				return nil, err
			}
			if z != nil {
				s.alternatives = append(s.alternatives, z)
			}
		}
	}
	if len(s.alternatives) > maxAlternatives {
		return nil, errComposed
	}
	return s, nil
}

// bothOrOne is both, where nil allows anything.
func (c *compiler) bothOrOne(a, b *schema) (*schema, error) {
	switch {
	case a == nil:
		return b, nil
	case b == nil:
		return a, nil
	}
	return c.both(a, b)
}

// merge returns the alternative of the values that two of one kind allow, or nil if their enums have none in common.
func (c *compiler) merge(a, b *alternative) (_ *alternative, err error) {
	if c.left--; c.left < 0 {
		return nil, errComposed
	}
	m := *a
	if b.enum != nil {
		m.enum = slices.DeleteFunc(slices.Clone(b.enum), func(v any) bool { return a.enum != nil && !oneOf(a.enum, v) })
		if len(m.enum) == 0 {
			return nil, nil
		}
	}
	m.integer, m.unique, m.closed = a.integer || b.integer, a.unique || b.unique, a.closed || b.closed
	m.minimum, m.maximum = a.minimum.tighter(b.minimum, 1), a.maximum.tighter(b.maximum, -1)
	m.size.min = max(a.size.min, b.size.min)
	if b.size.max != nil && (a.size.max == nil || *b.size.max < *a.size.max) {
		m.size.max = b.size.max
	}
	// Of two formats or patterns one is judged by; the other is compared as text.
	m.other = maps.Clone(a.other)
	maps.Copy(m.other, b.other)
	m.format, m.pattern = m.first("format", a.format, b.format), m.first("pattern", a.pattern, b.pattern)
	if m.multiple == nil {
		m.multiple = b.multiple
	} else if b.multiple != nil && *b.multiple != *a.multiple {
		m.other["multipleOf"] = jsonText(*b.multiple)
	}
	if m.items, err = c.bothOrOne(a.items, b.items); err != nil {
		return nil, err
	}
	if m.rest, err = c.bothOrOne(a.rest, b.rest); err != nil {
		return nil, err
	}
	if a.kind == object {
		m.members, err = c.mergeMembers(a, b)
	}
	return &m, err
}

func (a *alternative) first(keyword, one, two string) string {
	if one == "" {
		return two
	}
	if two != "" && two != one {
		a.other[keyword] = two
	}
	return one
}

func (c *compiler) mergeMembers(a, b *alternative) (map[string]*member, error) {
	members := map[string]*member{}
	for name, m := range a.members {
		other := b.members[name]
		if other == nil {
			other = &member{schema: b.rest}
			if b.closed && !m.required {
				continue // nobody may send it
			}
		}
		s, err := c.bothOrOne(m.schema, other.schema)
		if err != nil {
			return nil, err
		}
		merged := *s
		merged.words, merged.deprecated = m.schema.words, m.schema.deprecated
		members[name] = &member{&merged, m.required || other.required, m.strict}
	}
	for name, m := range b.members {
		if a.members[name] != nil || a.closed && !m.required {
			continue
		}
		s, err := c.bothOrOne(m.schema, a.rest)
		if err != nil {
			return nil, err
		}
		members[name] = &member{s, m.required, m.strict}
	}
	return members, nil
}

// tighter returns the bound that allows less. The sign is 1 for a minimum, -1 for a maximum.
func (b bound) tighter(other bound, sign float64) bound {
	switch {
	case other.value == nil:
		return b
	case b.value == nil, *other.value*sign > *b.value*sign, *other.value == *b.value && other.exclusive:
		return other
	}
	return b
}

// oneOf reports whether a value is in an enum.
func oneOf(enum []any, value any) bool {
	text := jsonText(value)
	return slices.ContainsFunc(enum, func(v any) bool { return jsonText(v) == text })
}
