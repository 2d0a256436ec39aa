package drift

// objects compares the members of two objects.
func (c *comparer) objects(p place, before, now *alternative) ([]Finding, error) {
	var all []Finding
	for _, name := range union(before.members, now.members) {
		more, err := c.member(p, before, now, name)
		if err != nil {
			return nil, err
		}
		all = append(all, more...)
	}
	more, err := c.undeclared(p, before, now)
	return append(all, more...), err
}

func (c *comparer) member(p place, before, now *alternative, name string) ([]Finding, error) {
	at := p.child(name, func(value any) any {
		return objectWith(before, now, map[string]any{name: value})
	})
	without := func(rule, was, is string) Finding {
		f := at.find(Breaking, rule, was, is)
		object := objectWith(before, now, nil)
		delete(object, name)
		f.Example = p.show(object)
		return f
	}
	was, is := before.members[name], now.members[name]
	if is == nil && now.rest != nil {
		is = &member{schema: now.rest} // declared with all others of its kind
	}
	var all []Finding
	switch {
	case is == nil && was.needed() && !p.lenient:
		return []Finding{without("member", was.String(), "not declared")}, nil
	case is == nil:
		return []Finding{at.find(Relaxed, "member", was.String(), "not declared")}, nil
	case was == nil:
		all = append(all, at.find(New, "member", "not declared", is.String()))
		if before.rest == nil {
			return all, nil
		}
		more, err := c.schemas(at, before.rest, is.schema)
		return append(all, more...), err
	case was.needed() && !is.required && !p.lenient:
		all = append(all, without("required", presence(true), presence(false)))
	case was.required && !is.required: // it may be null, and a program reads null for a missing member
		all = append(all, at.find(New, "required", presence(true), presence(false)))
	case !was.required && is.required:
		all = append(all, at.find(Relaxed, "required", presence(false), presence(true)))
	}
	more, err := c.schemas(at, was.schema, is.schema)
	return append(all, more...), err
}

// needed reports whether a program fails without the member. Package api reads null for one that is missing, where the
// contract allows null and the type is a generated one.
func (m *member) needed() bool { return m.required && (m.strict || !m.schema.null) }

// undeclared compares what is said of members that are not declared.
func (c *comparer) undeclared(p place, before, now *alternative) ([]Finding, error) {
	var all []Finding
	switch {
	case before.closed && !now.closed: // no program minds members it does not know
		all = append(all, p.find(New, "additionalProperties", "closed", "open"))
	case now.closed && !before.closed:
		all = append(all, p.find(Relaxed, "additionalProperties", "open", "closed"))
	}
	if now.closed || before.rest == nil && now.rest == nil {
		return all, nil
	}
	at := p.child("*", func(value any) any {
		name := "x"
		for now.members[name] != nil || before.members[name] != nil {
			name += "x"
		}
		return objectWith(before, now, map[string]any{name: value})
	})
	if before.rest == nil {
		return append(all, at.find(New, "additionalProperties", "anything", now.rest.String())), nil
	}
	more, err := c.schemas(at, before.rest, orAnything(now.rest))
	return append(all, more...), err
}
