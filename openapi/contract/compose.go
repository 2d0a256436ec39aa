package contract

import (
	"slices"
	"strings"
)

// compose checks v against the schemas that s is made of.
func (c *checker) compose(s *schema, v *value) {
	for _, part := range s.allOf {
		c.check(part, v)
	}
	if v.cut || c.decided() { // of half a value nobody can say which choice it was to be
		return
	}
	if len(s.anyOf) > 0 {
		c.choose(s, s.anyOf, false, v)
	}
	if len(s.oneOf) > 0 {
		c.choose(s, s.oneOf, true, v)
	}
}

// choose checks v against the one of several schemas that it fits, or comes nearest to. If the choice is exclusive, v must
// fit no other.
func (c *checker) choose(s *schema, choices []*schema, exclusive bool, v *value) {
	if s.discriminator != nil && v.kind == object {
		if meant, ok := c.discriminate(s, v); !ok || meant != nil {
			if meant != nil {
				c.check(meant, v)
			}
			return
		}
	}
	var fitting []*schema
	for _, choice := range choices {
		if c.fits(choice, v) {
			fitting = append(fitting, choice)
		}
	}
	switch {
	case len(fitting) == 0 && c.silent:
		c.misfit = true
	case len(fitting) == 0:
		c.blame(s, choices, v)
	case len(fitting) > 1 && exclusive:
		c.fault(schemaOneOf, s.line, "the value fits %d of %d schemas and must fit exactly one", len(fitting), len(choices))
	case !c.silent:
		c.check(fitting[0], v) // for what it remarks
	}
}

// fits reports whether v fits s, silently.
func (c *checker) fits(s *schema, v *value) bool {
	try := checker{whole: c.whole, silent: true}
	try.check(s, v)
	return !try.misfit
}

// discriminate returns the schema that the discriminator names: nil and true if it leaves the choice open, nil and
// false if it is at fault itself.
func (c *checker) discriminate(s *schema, v *value) (*schema, bool) {
	d := s.discriminator
	member := v.member(d.member)
	c.trail.member(d.member)
	defer c.trail.leave()
	switch {
	case member == nil:
		c.fault(schemaDiscriminator, s.line, "the discriminator is missing")
	case member.kind != str:
		c.fault(schemaDiscriminator, s.line, "want a string as discriminator, got %s", kindNames[member.kind])
	default:
		if meant := d.mapped[member.text]; meant != nil || len(d.mapped) == 0 {
			if meant == nil {
				meant = d.named[member.text]
			}
			return meant, true
		}
		c.fault(schemaDiscriminator, s.line, "the discriminator names no schema")
	}
	return nil, false
}

// blame reports why v fits none of several schemas: by the one it comes nearest to, or by its type if none takes that.
func (c *checker) blame(s *schema, choices []*schema, v *value) {
	start := len(c.faults)
	var nearest []fault
	best := 0
	for _, choice := range choices {
		if !choice.takes(v) {
			continue
		}
		c.check(choice, v)
		if cost := cost(c.faults[start:], choice, v); nearest == nil || cost < best {
			best, nearest = cost, slices.Clone(c.faults[start:])
		}
		c.faults = c.faults[:start]
	}
	if nearest == nil {
		c.mismatch(v, s.line, wanted(choices))
		return
	}
	c.misfit = true
	c.faults = append(c.faults, nearest...)
}

// cost says how far a value is from a schema: by its faults, less the members it has that the schema names. A wrong enum
// weighs more, because it is how schemas often tell themselves apart.
func cost(faults []fault, s *schema, v *value) int {
	cost := 0
	for _, f := range faults {
		switch f.rule {
		case schemaUndeclaredMember:
		case schemaEnum:
			cost += 4
		default:
			cost++
		}
	}
	if v.kind == object {
		for _, member := range v.list {
			if s.names(member.name) {
				cost--
			}
		}
	}
	return cost
}

func (s *schema) names(member string) bool {
	return s.properties[member] != nil ||
		slices.ContainsFunc(s.required, func(r required) bool { return r.name == member }) ||
		slices.ContainsFunc(s.allOf, func(part *schema) bool { return part.names(member) })
}

// takes reports whether s takes values of v's type at all.
func (s *schema) takes(v *value) bool {
	if v.kind == null && s.nullable {
		return true
	}
	if s.types != 0 {
		return s.types&typesByKind[v.kind] != 0
	}
	take := func(part *schema) bool { return part.takes(v) }
	refuse := func(part *schema) bool { return !part.takes(v) }
	return !slices.ContainsFunc(s.allOf, refuse) &&
		(len(s.anyOf) == 0 || slices.ContainsFunc(s.anyOf, take)) &&
		(len(s.oneOf) == 0 || slices.ContainsFunc(s.oneOf, take))
}

// wanted returns the types that several schemas take, in words.
func wanted(choices []*schema) string {
	var all []string
	for _, choice := range choices {
		want := choice.want
		if want == "" {
			want = wanted(slices.Concat(choice.anyOf, choice.oneOf, choice.allOf))
		}
		if want != "" && !slices.Contains(all, want) {
			all = append(all, want)
		}
	}
	return strings.Join(all, " or ")
}
