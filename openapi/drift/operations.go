package drift

import (
	"slices"
	"strings"
)

// operation returns the differences between two descriptions of an operation.
func (c *comparer) operation(id string, before, now *operation) []Finding {
	at := func(in string) place { return place{finding: Finding{Operation: id, In: in}} }
	return slices.Concat(wording(at(InRoute), before.words, now.words), deprecation(at(InRoute), before.deprecated, now.deprecated),
		servers(at(InRoute), before, now), credentialsBetween(at(InRequest), before, now), accessesBetween(at(InRequest), before, now),
		requestBody(at(InRequest), before, now), c.parameters(id, before, now), c.responses(id, before, now))
}

// gone is the finding of an operation that only the older side has.
func gone(id string, before *operation) Finding {
	p := place{finding: Finding{Operation: id, In: InRoute}}
	return p.refused("operation", before.template, "not described", before, "")
}

// refused is a breaking finding shown by a request, which may need words of its own.
func (p place) refused(rule, was, is string, before *operation, with string) Finding {
	f := p.find(Breaking, rule, was, is)
	f.Example = &Example{Request: strings.TrimSpace(before.request() + " " + with)}
	return f
}

// request returns the first line of a request as the operation describes it.
func (op *operation) request() string {
	return op.route.method + " " + strings.ReplaceAll(op.route.addresses()[0], "{}", "x")
}

func servers(p place, before, now *operation) []Finding {
	was, is := before.route.addresses(), now.route.addresses()
	bare := func(s server) bool { return s.origin == "" }
	switch i := slices.IndexFunc(now.route.servers, bare); {
	case slices.ContainsFunc(before.route.servers, bare):
		return nil
	case i >= 0 && len(now.route.servers[i].path) == 0:
		return []Finding{p.find(Relaxed, "server", strings.Join(was, ", "), "not said")}
	case i >= 0 && slices.ContainsFunc(was, func(a string) bool { return strings.HasSuffix(a, is[i]) }): // without its host
		return nil
	}
	if !slices.ContainsFunc(was, func(a string) bool { return slices.Contains(is, a) }) {
		return []Finding{p.refused("server", strings.Join(was, ", "), strings.Join(is, ", "), before, "")}
	}
	var all []Finding
	if more := without(is, was); len(more) > 0 {
		all = append(all, p.find(New, "server", strings.Join(was, ", "), strings.Join(is, ", ")))
	}
	if gone := without(was, is); len(gone) > 0 {
		all = append(all, p.find(Relaxed, "server", strings.Join(was, ", "), strings.Join(is, ", ")))
	}
	return all
}

// without returns what is in a and not in b.
func without(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(s string) bool { return slices.Contains(b, s) })
}

func credentialsBetween(p place, before, now *operation) []Finding {
	was, is := before.credentials, now.credentials
	sides := func(c credentials) string {
		if c == nil {
			return "not said"
		}
		return strings.Join(c.kinds(), " or ")
	}
	find := func(class Class) Finding { return p.find(class, "security", sides(was), sides(is)) }
	var all []Finding
	switch more, gone := without(is.kinds(), was.kinds()), without(was.kinds(), is.kinds()); {
	case is != nil && len(gone) > 0 && !slices.ContainsFunc(was.kinds(), is.takes):
		all = append(all, p.refused("security", sides(was), sides(is), before, "with "+was.kinds()[0]))
	default:
		if len(more) > 0 {
			all = append(all, find(New))
		}
		if len(gone) > 0 {
			all = append(all, find(Relaxed))
		}
	}
	if a, b := was.scopes(), is.scopes(); !slices.Equal(a, b) {
		class := New
		if len(b) == 0 {
			class = Relaxed
		}
		all = append(all, p.find(class, "scopes", list(a), list(b)))
	}
	return all
}

func accessesBetween(p place, before, now *operation) []Finding {
	was, is := before.accesses, now.accesses
	if slices.Equal(was, is) {
		return nil
	}
	lost := slices.IndexFunc(was, func(access string) bool { return !slices.Contains(is, access) })
	switch {
	case len(is) == 0:
		return []Finding{p.find(Relaxed, "access", list(was), list(is))}
	case lost >= 0:
		return []Finding{p.refused("access", list(was), list(is), before, "with a service token that has "+was[lost])}
	}
	return []Finding{p.find(New, "access", list(was), list(is))}
}

func list(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return excerpt(strings.Join(names, ", "))
}

func requestBody(p place, before, now *operation) []Finding {
	words := func(op *operation) string {
		if op.body == nil {
			return "no body"
		}
		return "a body, " + presence(*op.body)
	}
	was, is := words(before), words(now)
	switch {
	case was == is:
		return nil
	case now.body != nil && *now.body:
		return []Finding{p.refused("request-body", was, is, before, "without a body")}
	case before.body != nil && now.body == nil:
		return []Finding{p.find(Relaxed, "request-body", was, is)}
	}
	return []Finding{p.find(New, "request-body", was, is)}
}
