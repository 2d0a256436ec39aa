package drift

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// responses compares what an operation may answer.
func (c *comparer) responses(id string, before, now *operation) ([]Finding, error) {
	var all []Finding
	for _, status := range union(before.responses, now.responses) {
		p := place{finding: Finding{Operation: id, In: InStatus, Status: strings.Replace(status, "DEFAULT", "default", 1)}}
		shown := representative(status, before, now)
		p.show = func(any) *Example { return &Example{Status: shown} }
		p.lenient = shown/100 != 2
		was, is := before.declared(strconv.Itoa(shown)), now.declared(strconv.Itoa(shown))
		if status == "DEFAULT" {
			was, is = before.responses[status], now.responses[status]
		}
		named := func(op *operation) bool { return op.responses[status] != nil }
		switch {
		case was == nil && (shown/100 == 2 || shown/100 == 3):
			f := p.find(Breaking, "status", "not declared", "declared")
			f.Example = is.example(shown)
			all = append(all, f)
		case is == nil:
			all = append(all, p.find(Relaxed, "status", "declared", "not declared"))
		case !named(before) && was == before.responses["DEFAULT"]:
			all = append(all, p.find(New, "status", "not declared", "declared"))
		case !named(before):
			all = append(all, p.find(Wording, "status", "covered by a range", "declared"))
		case !named(now):
			all = append(all, p.find(Wording, "status", "declared", "covered by another"))
		}
		if was == nil || is == nil {
			continue
		}
		more, err := c.response(p, was, is)
		if err != nil {
			return nil, fmt.Errorf("%s: status %s: %w", id, status, err)
		}
		all = append(all, more...)
	}
	return all, nil
}

// representative returns a status that is declared as the given status, range or default is, in both operations where
// that is possible.
func representative(status string, before, now *operation) int {
	if n, err := strconv.Atoi(status); err == nil {
		return n
	}
	first, last := 599, 400
	if status != "DEFAULT" {
		last = int(status[0]-'0') * 100
		first = last + 99
	}
	for n := first; n > last; n-- {
		s := strconv.Itoa(n)
		if fits := func(op *operation) bool { return op.responses[s] == nil && op.declared(s) == op.responses[status] }; status != "DEFAULT" &&
			before.responses[s] == nil && now.responses[s] == nil || fits(before) && fits(now) {
			return n
		}
	}
	return first
}

// example returns a small response as it is described.
func (r *response) example(status int) *Example {
	e := &Example{Status: status}
	if names := union(r.media, nil); len(names) > 0 {
		e.ContentType = concrete(names[0])
		if s := r.media[names[0]]; s != nil {
			if compiled, err := compile(s); err == nil {
				e.Body = sample(nil, compiled)
			}
		}
	}
	return e
}

// concrete returns a media type out of a range such as text/*.
func concrete(media string) string {
	media = strings.Replace(media, "*/*", "application/*", 1)
	return strings.Replace(media, "/*", "/x-other", 1)
}

// response compares two descriptions of the answer with one status.
func (c *comparer) response(p place, was, is *response) ([]Finding, error) {
	all := wording(p, was.words, is.words)
	more, err := c.headers(p, was, is)
	if err != nil {
		return nil, err
	}
	all = append(all, more...)
	if len(was.media) == 0 && len(is.media) == 0 {
		return all, nil
	}
	switch described, not := "described", "not described"; {
	case len(is.media) == 0 && p.lenient:
		return append(all, p.find(Relaxed, "body", described, not)), nil
	case len(is.media) == 0:
		return append(all, p.breaks("body", described, "none", nil)), nil
	case len(was.media) == 0:
		return append(all, p.find(New, "body", not, described)), nil
	}
	for _, name := range union(is.media, nil) {
		more, err := c.mediaType(p, name, was, is)
		if err != nil {
			return nil, err
		}
		all = append(all, more...)
	}
	for _, name := range union(was.media, nil) {
		if !covers(is.media, name) {
			all = append(all, p.find(Relaxed, "media type", name, strings.Join(union(is.media, nil), ", ")))
		}
	}
	return all, nil
}

func covers(media map[string]*openapi3.Schema, name string) bool {
	return slices.ContainsFunc(union(media, nil), func(declared string) bool { return mediaCovers(declared, name) })
}

// mediaType compares what the newer side says of one media type with what the older side does.
func (c *comparer) mediaType(p place, name string, was, is *response) ([]Finding, error) {
	var all []Finding
	before := union(was.media, nil)
	if !covers(was.media, name) {
		if p.lenient {
			all = append(all, p.find(New, "media type", strings.Join(before, ", "), name))
		} else {
			f := p.find(Breaking, "media type", strings.Join(before, ", "), name)
			only := &response{media: map[string]*openapi3.Schema{name: is.media[name]}}
			f.Example = only.example(p.show(nil).Status)
			all = append(all, f)
		}
	}
	for _, other := range before {
		if !mediaCovers(other, name) && !mediaCovers(name, other) {
			continue
		}
		more, err := c.body(p, concrete(other), was.media[other], is.media[name])
		if err != nil {
			return nil, err
		}
		all = append(all, more...)
	}
	return all, nil
}

func (c *comparer) body(p place, media string, was, is *openapi3.Schema) ([]Finding, error) {
	described := func(s *openapi3.Schema) bool { return s != nil && !(p.lenient && s.IsEmpty()) }
	switch {
	case !described(was) && !described(is):
		return nil, nil
	case !described(was):
		return []Finding{p.find(New, "body", "not described", "described")}, nil
	case !described(is) && p.lenient:
		return []Finding{p.find(Relaxed, "body", "described", "not described")}, nil
	}
	p.finding.In = InBody
	status := p.show(nil).Status
	p.show = func(value any) *Example { return &Example{Status: status, ContentType: media, Body: value} }
	var held *openapi3.Schema
	if op := c.contract.operations[p.finding.Operation]; op != nil {
		if declared := op.declared(strconv.Itoa(status)); declared != nil {
			held = declared.media[media]
		}
	}
	before, now, err := compileBoth(held, was, is)
	if err != nil {
		return nil, err
	}
	return c.schemas(p, before, now)
}

// compileBoth compiles two schemas to compare, with the formats of the contract's where they have none. Nil stands for
// anything.
func compileBoth(held, was, is *openapi3.Schema) (before, now *schema, err error) {
	var compiled [3]*schema
	for i, in := range []*openapi3.Schema{held, was, is} {
		compiled[i] = anything()
		if in == nil {
			continue
		}
		if compiled[i], err = compile(in); err != nil {
			return nil, nil, err
		}
	}
	implyFormats(compiled[0], compiled[1])
	implyFormats(compiled[0], compiled[2])
	return compiled[1], compiled[2], nil
}

// headers compares headers as if they were members of an object.
func (c *comparer) headers(p place, was, is *response) ([]Finding, error) {
	p.finding.In = InHeader
	status := p.show(nil).Status
	p.show = func(value any) *Example {
		e := is.example(status)
		e.Headers, _ = value.(map[string]any)
		return e
	}
	before, now, err := compileBoth(nil, was.headers, is.headers)
	if err != nil {
		return nil, err
	}
	all, err := c.schemas(p, before, now)
	for i := range all {
		if all[i].Rule == "member" {
			all[i].Rule = "header"
		}
	}
	return all, err
}
