package drift

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// operation returns the differences between two descriptions of an operation.
func (c *comparer) operation(id string, before, now *operation) []Finding {
	at := func(in string) place { return place{finding: Finding{Operation: id, In: in}} }
	return slices.Concat(wording(at(InRoute), before.words(), now.words()), deprecation(at(InRoute), before.Deprecated, now.Deprecated),
		servers(at(InRoute), before, now), credentialsBetween(at(InRequest), before, now), accessesBetween(at(InRequest), before, now),
		requestBody(at(InRequest), before, now), c.parameters(id, before, now), c.responses(id, before, now))
}

// words returns what an operation says that means nothing to a program.
func (op *operation) words() map[string]string {
	return textsOf("operationId", op.OperationID, "summary", op.Summary, "description", op.Description, "tags", strings.Join(op.Tags, ", "))
}

// gone is the finding of an operation that only the older side has.
func gone(id string, before *operation) Finding {
	p := place{finding: Finding{Operation: id, In: InRoute}}
	return p.refused("operation", before.path, "not described", before, "")
}

// refused is a breaking finding shown by a request, which may need words of its own.
func (p place) refused(rule, was, is string, before *operation, with string) Finding {
	f := p.find(Breaking, rule, was, is)
	f.Example = &Example{Request: strings.TrimSpace(before.request() + " " + with)}
	return f
}

// request returns the first line of a request as the operation describes it.
func (op *operation) request() string {
	return op.method + " " + strings.ReplaceAll(op.addresses()[0], "{}", "x")
}

func servers(p place, before, now *operation) []Finding {
	was, is := before.addresses(), now.addresses()
	bare := func(s server) bool { return s.origin == "" }
	switch i := slices.IndexFunc(now.servers, bare); {
	case slices.ContainsFunc(before.servers, bare):
		return nil
	case i >= 0 && len(now.servers[i].path) == 0:
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
		if op.RequestBody == nil || op.RequestBody.Value == nil {
			return "no body"
		}
		return "a body, " + presence(op.RequestBody.Value.Required)
	}
	was, is := words(before), words(now)
	switch {
	case was == is:
		return nil
	case strings.HasSuffix(is, presence(true)):
		return []Finding{p.refused("request-body", was, is, before, "without a body")}
	case is == "no body":
		return []Finding{p.find(Relaxed, "request-body", was, is)}
	}
	return []Finding{p.find(New, "request-body", was, is)}
}

// parameters compares what an operation may be asked. Here the client writes and the server reads, so the sides of a
// schema are exchanged.
func (c *comparer) parameters(id string, before, now *operation) []Finding {
	keys := slices.AppendSeq(slices.Collect(maps.Keys(before.parameters)), maps.Keys(now.parameters))
	slices.SortFunc(keys, func(a, b parameterKey) int { return strings.Compare(a.in+" "+a.name, b.in+" "+b.name) })
	var all []Finding
	for _, key := range slices.Compact(keys) {
		was, is := before.parameters[key], now.parameters[key]
		p := place{finding: Finding{Operation: id, In: InRequest}}
		p.show = func(value any) *Example { return nil }
		switch {
		case is == nil:
			p.finding.Pointer = "/" + escapeName(was.Name)
			all = append(all, p.find(Relaxed, "parameter", parameterWords(was), "not declared"))
			continue
		case was == nil:
			p.finding.Pointer = "/" + escapeName(is.Name)
			if is.Required {
				all = append(all, p.refused("parameter", "not declared", parameterWords(is), before, "without "+is.Name))
			} else {
				all = append(all, p.find(New, "parameter", "not declared", parameterWords(is)))
			}
			continue
		}
		p.finding.Pointer = "/" + escapeName(was.Name)
		var held *openapi3.Schema
		if op := c.contract.operations[id]; op != nil && op.parameters[key] != nil {
			held = op.parameters[key].Schema.Value
		}
		all = append(all, c.parameter(p, held, before, was, is)...)
	}
	return all
}

// parameterWords says in words what a parameter is.
func parameterWords(p *openapi3.Parameter) string {
	return fmt.Sprintf("%s in the %s, %s", typeWords(p.Schema.Value), p.In, presence(p.Required))
}

// encoding says in words how a parameter is written.
func encoding(p *openapi3.Parameter) string {
	method, err := p.SerializationMethod()
	switch {
	case len(p.Content) > 0:
		return "encoding content"
	case err != nil:
		return "no encoding"
	}
	return fmt.Sprintf("encoding style %s, explode %t", method.Style, method.Explode)
}

func (c *comparer) parameter(p place, held *openapi3.Schema, op *operation, was, is *openapi3.Parameter) []Finding {
	words := func(p *openapi3.Parameter) map[string]string {
		if p.In == "path" {
			return textsOf("name", p.Name, "description", p.Description)
		}
		return textsOf("description", p.Description)
	}
	all := append(wording(p, words(was), words(is)), deprecation(p, was.Deprecated, is.Deprecated)...)
	switch {
	case is.Required && !was.Required:
		all = append(all, p.refused("required", presence(false), presence(true), op, "without "+was.Name))
	case was.Required && !is.Required:
		all = append(all, p.find(New, "required", presence(true), presence(false)))
	}
	if said, says := encoding(was), encoding(is); said != says {
		all = append(all, p.find(New, "encoding", said, says))
	}
	sent, read := withFormats(held, was.Schema.Value), withFormats(held, is.Schema.Value)
	differences := c.schemas(p, read, sent)
	for _, f := range differences {
		f.Before, f.After = f.After, f.Before
		switch f.Class {
		case Breaking:
			f.Class = New
			if value := c.usual(was.Schema.Value, sent); !judges(is.Schema.Value, value) && !judges(is.Schema.Value, fmt.Sprint(value)) {
				f = p.refused(f.Rule, f.Before, f.After, op, fmt.Sprintf("with %s=%v", was.Name, value))
			}
		case New:
			f.Class = Relaxed
		case Relaxed:
			f.Class = New
		case Wording:
			if f.Rule == "default" { // of a request it says what leaving the parameter out means
				f.Class = New
			}
		}
		f.Message = message(f)
		all = append(all, f)
	}
	return all
}

// anID is a string as PlanetScale's ids are.
const anID = "a1b2c3d4e5f6"

// usual returns the value that a client sends: what leaving the parameter out stands for, or one of its type.
func (c *comparer) usual(source, sent *openapi3.Schema) any {
	switch {
	case source.Default != nil:
		return source.Default
	case judges(source, anID):
		return anID
	}
	value, _ := c.sample(nil, sent)
	return value
}

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
	all := append(wording(p, textsOf("description", was.description), textsOf("description", is.description)), c.headers(p, was, is)...)
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
