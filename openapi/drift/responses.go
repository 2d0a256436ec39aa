package drift

import (
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// responses compares what an operation may answer.
func (c *comparer) responses(id string, before, now *operation) []Finding {
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
			f.Example = c.example(is, shown)
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
		all = append(all, c.response(p, was, is)...)
	}
	return all
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
func (c *comparer) example(r *response, status int) *Example {
	e := &Example{Status: status}
	if names := union(r.media, nil); len(names) > 0 {
		e.ContentType = concrete(names[0])
		e.Body, _ = c.sample(nil, orAnything(r.media[names[0]]))
	}
	return e
}

// concrete returns a media type out of a range such as text/*.
func concrete(media string) string {
	media = strings.Replace(media, "*/*", "application/*", 1)
	return strings.Replace(media, "/*", "/x-other", 1)
}

// response compares two descriptions of the answer with one status.
func (c *comparer) response(p place, was, is *response) []Finding {
	all := append(wording(p, was.words, is.words), c.headers(p, was, is)...)
	if len(was.media) == 0 && len(is.media) == 0 {
		return all
	}
	switch described, not := "described", "not described"; {
	case len(is.media) == 0 && p.lenient:
		return append(all, p.find(Relaxed, "body", described, not))
	case len(is.media) == 0:
		return append(all, p.breaks("body", described, "none", nil))
	case len(was.media) == 0:
		return append(all, p.find(New, "body", not, described))
	}
	for _, name := range union(is.media, nil) {
		all = append(all, c.mediaType(p, name, was, is)...)
	}
	for _, name := range union(was.media, nil) {
		if !covers(is.media, name) {
			all = append(all, p.find(Relaxed, "media-type", name, strings.Join(union(is.media, nil), ", ")))
		}
	}
	return all
}

func covers(media map[string]*openapi3.Schema, name string) bool {
	return slices.ContainsFunc(union(media, nil), func(declared string) bool { return mediaCovers(declared, name) })
}

// mediaType compares what the newer side says of one media type with what the older side does.
func (c *comparer) mediaType(p place, name string, was, is *response) []Finding {
	var all []Finding
	before := union(was.media, nil)
	if !covers(was.media, name) {
		f := p.find(New, "media-type", strings.Join(before, ", "), name)
		if !p.lenient {
			f = p.find(Breaking, "media-type", strings.Join(before, ", "), name)
			f.Example = c.example(&response{media: map[string]*openapi3.Schema{name: is.media[name]}}, p.show(nil).Status)
		}
		all = append(all, f)
	}
	for _, other := range before {
		if mediaCovers(other, name) || mediaCovers(name, other) {
			all = append(all, c.body(p, concrete(other), was.media[other], is.media[name])...)
		}
	}
	return all
}

func (c *comparer) body(p place, media string, was, is *openapi3.Schema) []Finding {
	described := func(s *openapi3.Schema) bool { return s != nil && !(p.lenient && isAnything(s)) }
	switch {
	case !described(was) && !described(is):
		return nil
	case !described(was):
		return []Finding{p.find(New, "body", "not described", "described")}
	case !described(is) && p.lenient:
		return []Finding{p.find(Relaxed, "body", "described", "not described")}
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
	return c.schemas(p, withFormats(held, was), withFormats(held, is))
}

// headers compares headers as if they were members of an object.
func (c *comparer) headers(p place, was, is *response) []Finding {
	p.finding.In = InHeader
	status := p.show(nil).Status
	p.show = func(value any) *Example {
		e := c.example(is, status)
		e.Headers, _ = value.(map[string]any)
		return e
	}
	all := c.schemas(p, was.headers, is.headers)
	for i := range all {
		if all[i].Rule == "member" {
			all[i].Rule = "header"
		}
	}
	return all
}
