package drift

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// operation returns the differences between two descriptions of an operation.
func (s *sampler) operation(id string, before, now *operation) []Finding {
	route := place{finding: Finding{Operation: id, In: InRoute}, was: before, is: now}
	request := place{finding: Finding{Operation: id, In: InRequest}, was: before, is: now}
	words := func(op *operation) map[string]string {
		return map[string]string{"operationId": op.OperationID, "summary": op.Summary, "description": op.Description,
			"tags": strings.Join(op.Tags, ", "), "deprecated": deprecated[op.Deprecated]}
	}
	return slices.Concat(wording(route, words(before), words(now)),
		servers(route, before, now), security(request, before, now), requestBody(request, before, now),
		s.parameters(request, before, now), s.responses(id, before, now))
}

// refused is a breaking finding shown by a request, which may need words of its own.
func (p place) refused(rule, was, is string, with string) Finding {
	f := p.find(Breaking, rule, was, is)
	line := p.was.method + " " + strings.ReplaceAll(p.was.addresses[0], "{}", "x")
	f.Example = &Example{Request: clean(strings.TrimSpace(line + " " + with))}
	return f
}

// changed returns that the newer side says something else, which is less if it says none.
func (p place) changed(rule, was, is, none string) []Finding {
	class := New
	switch was, is = cmp.Or(was, none), cmp.Or(is, none); is {
	case was:
		return nil
	case none:
		class = Relaxed
	}
	return []Finding{p.find(class, rule, was, is)}
}

// moreOrLess returns that there is more of something on the newer side, less, or both; or, if it is broken, that a request is
// refused, with the first of what is lost.
func (p place) moreOrLess(rule, or, none string, was, is []string, broken bool, with string) (all []Finding) {
	said, says, lost := cmp.Or(strings.Join(was, or), none), cmp.Or(strings.Join(is, or), none), without(was, is)
	if broken {
		return []Finding{p.refused(rule, said, says, with+lost[0])}
	}
	if len(without(is, was)) > 0 {
		all = append(all, p.find(New, rule, said, says))
	}
	if len(lost) > 0 {
		all = append(all, p.find(Relaxed, rule, said, says))
	}
	return all
}

func servers(p place, before, now *operation) []Finding {
	was, is := before.addresses, now.addresses
	said, says := strings.Join(was, ", "), strings.Join(is, ", ")
	bare := func(address string) bool { return address[0] == '/' }
	i := slices.IndexFunc(is, bare)
	ends := func(address string) bool { return strings.HasSuffix(address, is[i]) }
	switch {
	case slices.ContainsFunc(was, bare):
		return nil
	case i >= 0 && is[i] == now.template:
		return []Finding{p.find(Relaxed, "server", said, "not said")}
	case i >= 0 && slices.ContainsFunc(was, ends): // without its host
		return nil
	case len(without(was, is)) == len(was):
		return []Finding{p.refused("server", said, says, "")}
	}
	return p.moreOrLess("server", ", ", "", was, is, false, "")
}

// security compares what an operation asks for of who sends a request.
func security(p place, before, now *operation) []Finding {
	was, is := before.credentials, now.credentials
	refused := len(was.kinds) > 0 && len(is.kinds) > 0 && !slices.ContainsFunc(was.kinds, is.takes)
	denied := len(without(before.accesses, now.accesses)) > 0 && len(now.accesses) > 0
	return slices.Concat(p.moreOrLess("security", " or ", "not said", was.kinds, is.kinds, refused, "with "),
		p.changed("scopes", strings.Join(was.scopes, ", "), strings.Join(is.scopes, ", "), "none"),
		p.moreOrLess("access", ", ", "none", before.accesses, now.accesses, denied, "with a service token that has "))
}

func requestBody(p place, before, now *operation) []Finding {
	words := func(op *operation) string {
		if op.RequestBody == nil || op.RequestBody.Value == nil {
			return "no body"
		}
		return "a body, " + presence[op.RequestBody.Value.Required]
	}
	was, is := words(before), words(now)
	if is != was && is == "a body, required" {
		return []Finding{p.refused("request-body", was, is, "without a body")}
	}
	return p.changed("request-body", was, is, "no body")
}

// parameters compares what an operation may be asked. Here the client writes and the server reads, so the sides of a
// schema are exchanged.
func (s *sampler) parameters(p place, before, now *operation) (all []Finding) {
	p.show = func(any) *Example { return nil }
	for _, key := range union(before.parameters, now.parameters) {
		switch was, is := before.parameters[key], now.parameters[key]; {
		case is == nil:
			all = append(all, p.child(was.Name, nil).find(Relaxed, "parameter", s.parameterWords(was), "not declared"))
		case was != nil:
			all = append(all, s.parameter(p.child(was.Name, nil), was, is)...)
		case is.Required:
			all = append(all, p.child(is.Name, nil).refused("parameter", "not declared", s.parameterWords(is), "without "+is.Name))
		default:
			all = append(all, p.child(is.Name, nil).find(New, "parameter", "not declared", s.parameterWords(is)))
		}
	}
	return all
}

// parameterWords says in words what a parameter is.
func (s *sampler) parameterWords(p *openapi3.Parameter) string {
	return fmt.Sprintf("%s in the %s, %s", s.typeWords(p.Schema.Value), p.In, presence[p.Required])
}

func (s *sampler) parameter(p place, was, is *openapi3.Parameter) []Finding {
	words := func(p *openapi3.Parameter) map[string]string {
		said := map[string]string{"description": p.Description, "deprecated": deprecated[p.Deprecated]}
		if p.In == "path" {
			said["name"] = p.Name
		}
		return said
	}
	all := wording(p, words(was), words(is))
	switch {
	case is.Required && !was.Required:
		all = append(all, p.refused("required", presence[false], presence[true], "without "+was.Name))
	case was.Required && !is.Required:
		all = append(all, p.find(New, "required", presence[true], presence[false]))
	}
	all = append(all, p.changed("encoding", encoding(was), encoding(is), "")...)
	for _, f := range s.schemas(p, is.Schema.Value, was.Schema.Value) {
		f.Before, f.After = f.After, f.Before
		switch {
		case f.Class == Breaking: // if the server does not read what a client sends, which comes as text
			f.Class = New
			if v := s.usual(was.Schema.Value); !judges(is.Schema.Value, v) && !judges(is.Schema.Value, fmt.Sprint(v)) {
				f = p.refused(f.Rule, f.Before, f.After, fmt.Sprintf("with %s=%v", was.Name, v))
			}
		case f.Class == New:
			f.Class = Relaxed
		case f.Class == Relaxed, f.Rule == "default": // of a request it says what leaving the parameter out means
			f.Class = New
		}
		all = append(all, f)
	}
	return all
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

// anID is a string as PlanetScale's ids are.
const anID = "a1b2c3d4e5f6"

// usual returns the value that a client sends: what leaving the parameter out stands for, or one of its type.
func (s *sampler) usual(sent *openapi3.Schema) any {
	switch {
	case sent.Default != nil:
		return sent.Default
	case judges(sent, anID):
		return anID
	}
	value, _ := s.sample(nil, sent)
	return value
}

// responses compares what an operation may answer.
func (s *sampler) responses(id string, before, now *operation) (all []Finding) {
	for _, status := range union(before.responses, now.responses) {
		shown := strings.Replace(status, "DEFAULT", "default", 1)
		p := place{finding: Finding{Operation: id, In: InStatus, Status: shown}, was: before, is: now}
		p.status = representative(status, before, now)
		p.show = func(any) *Example { return &Example{Status: p.status} }
		p.lenient = p.status/100 != 2
		was, is := before.declared(p.status), now.declared(p.status)
		if status == "DEFAULT" {
			was, is = before.responses[status], now.responses[status]
		}
		switch {
		case was == nil && (p.status/100 == 2 || p.status/100 == 3):
			all = append(all, s.proven(p, p.find(Breaking, "status", "not declared", "declared"), s.example(is, p.status)))
		case is == nil:
			all = append(all, p.find(Relaxed, "status", "declared", "not declared"))
		case before.responses[status] == nil && was == before.responses["DEFAULT"]:
			all = append(all, p.find(New, "status", "not declared", "declared"))
		case before.responses[status] == nil:
			all = append(all, p.find(Wording, "status", "covered by a range", "declared"))
		case now.responses[status] == nil:
			all = append(all, p.find(Wording, "status", "declared", "covered by another"))
		}
		if was != nil && is != nil {
			all = append(all, s.response(p, was, is)...)
		}
	}
	return all
}

// representative returns a status that a range, or default, stands for.
func representative(status string, before, now *operation) int {
	n, err := strconv.Atoi(strings.Replace(status, "XX", "99", 1))
	switch {
	case err == nil:
		return n
	case before.responses["5XX"] != nil || now.responses["5XX"] != nil:
		return 499
	}
	return 599
}

// example returns a small response as it is described.
func (s *sampler) example(r *response, status int) *Example {
	e := &Example{Status: status}
	if names := union(r.media, nil); len(names) > 0 {
		e.ContentType = concrete(names[0])
		e.Body, _ = s.sample(nil, cmp.Or(r.media[names[0]], anything))
	}
	return e
}

// concrete returns a media type out of a range such as text/*.
func concrete(media string) string {
	return strings.Replace(strings.Replace(media, "*/*", "application/*", 1), "/*", "/x-other", 1)
}

// mediaCovers reports whether a declared media type, which may be a range such as text/*, stands for one.
func mediaCovers(declared, media string) bool {
	prefix, ranged := strings.CutSuffix(declared, "*")
	return declared == media || ranged && (prefix == "*/" || strings.HasPrefix(media, prefix))
}

// response compares two descriptions of the answer with one status.
func (s *sampler) response(p place, was, is *response) []Finding {
	all := wording(p, map[string]string{"description": was.description}, map[string]string{"description": is.description})
	all = append(all, s.headers(p, was, is)...)
	before, now := slices.Sorted(maps.Keys(was.media)), slices.Sorted(maps.Keys(is.media))
	switch described, not := "described", "not described"; {
	case len(now) == 0 && len(before) == 0:
		return all
	case len(now) == 0 && p.lenient:
		return append(all, p.find(Relaxed, "body", described, not))
	case len(now) == 0:
		return append(all, s.breaks(p, "body", described, "none", nil))
	case len(before) == 0:
		return append(all, p.find(New, "body", not, described))
	}
	covered := func(by []string, name string) bool {
		return slices.ContainsFunc(by, func(declared string) bool { return mediaCovers(declared, name) })
	}
	for _, name := range now {
		if f := p.find(New, "media-type", strings.Join(before, ", "), name); !covered(before, name) {
			if !p.lenient {
				f = p.find(Breaking, f.Rule, f.Before, f.After)
				f = s.proven(p, f, s.example(&response{media: map[string]*openapi3.Schema{name: is.media[name]}}, p.status))
			}
			all = append(all, f)
		}
		for _, other := range before {
			if mediaCovers(other, name) || mediaCovers(name, other) {
				all = append(all, s.body(p, concrete(other), was.media[other], is.media[name])...)
			}
		}
	}
	for _, name := range before {
		if !covered(now, name) {
			all = append(all, p.find(Relaxed, "media-type", name, strings.Join(now, ", ")))
		}
	}
	return all
}

func (s *sampler) body(p place, media string, was, is *openapi3.Schema) []Finding {
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
	p.show = func(value any) *Example { return &Example{Status: p.status, ContentType: media, Body: value} }
	return s.schemas(p, was, is)
}

// headers compares headers as if they were members of an object.
func (s *sampler) headers(p place, was, is *response) []Finding {
	p.finding.In = InHeader
	p.show = func(value any) *Example {
		e := s.example(is, p.status)
		e.Headers, _ = value.(map[string]any)
		return e
	}
	all := s.schemas(p, was.headers, is.headers)
	for i := range all {
		if all[i].Rule == "member" {
			all[i].Rule = "header"
		}
	}
	return all
}

// wording compares what is said that no value shows. To be deprecated is news.
func wording(p place, before, now map[string]string) (all []Finding) {
	for _, name := range union(before, now) {
		class, none := Wording, "nothing"
		if name == "deprecated" {
			if none = "in use"; now[name] != "" {
				class = New
			}
		}
		if was, is := before[name], now[name]; was != is {
			all = append(all, p.find(class, name, cmp.Or(was, none), cmp.Or(is, none)))
		}
	}
	return all
}

// deprecated says in words that something is.
var deprecated = map[bool]string{true: "deprecated"}

// wordsOf returns what a schema says that no value shows, with what it is composed of.
func wordsOf(in *openapi3.Schema) map[string]string {
	words := map[string]string{"title": in.Title, "description": in.Description, "deprecated": deprecated[in.Deprecated]}
	if in.Default != nil {
		words["default"] = jsonText(in.Default)
	}
	for _, ref := range slices.Concat(in.AllOf, in.AnyOf) {
		for name, text := range wordsOf(ref.Value) {
			if name != "deprecated" {
				text = strings.TrimSpace(words[name] + "\n" + text)
			}
			words[name] = cmp.Or(text, words[name])
		}
	}
	return words
}
