package mutant

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// A sound is a valid response and what it is made of.
type sound struct {
	name      string
	operation string
	method    string
	url       string
	status    int
	header    http.Header
	body      any
	schema    *openapi3.Schema // nil if there is no body
}

func (s *sound) mutant(class Class, name string) Mutant {
	m := Mutant{
		Class: class, Name: name, Operation: s.operation, Method: s.method, URL: s.url, Status: s.status, Header: s.header.Clone(),
	}
	if s.schema != nil {
		m.Body = encode(s.body)
	}
	return m
}

// with returns the response with its body changed, which gives it the faults.
func (s *sound) with(class Class, what string, change func(root any) any, faults ...Fault) Mutant {
	changed := *s
	changed.body = change(clone(s.body))
	m := changed.mutant(class, s.name+": "+what)
	m.Faults = faults
	return m
}

// telling reports whether faults in the body are worth planting: in the fullest answers, and in one error, for all errors
// have one schema.
func (s *sound) telling() bool {
	return s.schema != nil && strings.Contains(s.name, "all:true null:false") && (s.status/100 == 2 || s.status == http.StatusUnauthorized)
}

// validResponses returns, for each status of each operation that has JSON, the document's examples and what its schema
// gives: with all members, with the required ones only, and with null wherever it may be.
func validResponses(doc *openapi3.T) []*sound {
	var all []*sound
	paths := doc.Paths.Map()
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		operations := paths[path].Operations()
		for _, method := range slices.Sorted(maps.Keys(operations)) {
			op := operations[method]
			for _, status := range slices.Sorted(maps.Keys(op.Responses.Map())) {
				code, err := strconv.Atoi(status)
				if err != nil {
					code = http.StatusTooManyRequests // what default stands for
				}
				base := &sound{
					name: op.OperationID + " " + status, operation: op.OperationID, method: method, status: code,
					url: server(doc, paths[path]) + path, header: headers(op.Responses.Value(status).Value),
				}
				all = append(all, base.bodies(op.Responses.Value(status).Value)...)
			}
		}
	}
	for _, s := range all {
		s.settle()
	}
	return all
}

func server(doc *openapi3.T, item *openapi3.PathItem) string {
	servers := item.Servers
	if len(servers) == 0 {
		servers = doc.Servers
	}
	return strings.TrimSuffix(servers[0].URL, "/")
}

func headers(response *openapi3.Response) http.Header {
	header := http.Header{}
	for name, ref := range response.Headers {
		if ref.Value.Required {
			header.Set(name, fmt.Sprint(scalar(ref.Value.Schema.Value, name, 0)))
		}
	}
	return header
}

func (s *sound) bodies(response *openapi3.Response) []*sound {
	media := response.Content["application/json"]
	if media == nil {
		return []*sound{s}
	}
	s.header.Set("Content-Type", "application/json; charset=utf-8")
	s.schema = media.Schema.Value
	var all []*sound
	add := func(name string, body any) {
		variant := *s
		variant.name, variant.body, variant.header = s.name+" "+name, clone(body), s.header.Clone()
		all = append(all, &variant)
	}
	for _, name := range slices.Sorted(maps.Keys(media.Examples)) {
		add(name, media.Examples[name].Value.Value)
	}
	for _, choice := range []int{0, 1} {
		for _, m := range []maker{{choice: choice, all: true}, {choice: choice}, {choice: choice, all: true, null: true}} {
			add(fmt.Sprintf("made %+v", m), m.value(s.schema, "", 0))
		}
	}
	return all
}

// A maker makes a value of a schema.
type maker struct {
	choice int  // which of several schemas
	all    bool // members, not the required ones only
	null   bool // wherever it may be
}

func (m maker) value(schema *openapi3.Schema, name string, index int) any {
	if schema.Nullable && (m.null || strings.Contains(name, "token") && schema.Type.Is("string")) {
		return nil // a secret in a read is a fault, if none of the schema's
	}
	choices := schema.OneOf
	if len(choices) > 0 {
		return m.value(choices[m.choice%len(choices)].Value, name, index)
	}
	switch {
	case schema.Type.Is("object"):
		required := slices.Clone(schema.Required)
		var others []string // members that tell another form
		for i, form := range schema.AnyOf {
			if i == m.choice%len(schema.AnyOf) {
				required = append(required, form.Value.Required...)
			} else {
				others = append(others, form.Value.Required...)
			}
		}
		members := map[string]any{}
		for member, ref := range schema.Properties {
			if m.all && !slices.Contains(others, member) || slices.Contains(required, member) {
				members[member] = m.value(ref.Value, member, index)
			}
		}
		return members
	case schema.Type.Is("array"):
		if schema.Items.Value.IsEmpty() {
			return []any{}
		}
		return []any{m.value(schema.Items.Value, name, 0), m.value(schema.Items.Value, name, 1)}
	}
	return scalar(schema, name, index)
}

// times are values of members that must agree with each other.
var times = map[string]string{
	"created_at": "2026-05-01T08:00:00.000Z", "updated_at": "2026-05-02T08:00:00.000Z", "last_used_at": "2026-05-03T08:00:00.000Z",
	"expires_at": "2099-05-04T08:00:00.000Z",
}

var numbers = map[string]float64{"exp": 4102444800, "iat": 1785283200, "created_at": 1785283200, "current_page": 1}

func scalar(schema *openapi3.Schema, name string, index int) any {
	if len(schema.Enum) > 0 {
		return schema.Enum[0]
	}
	switch {
	case schema.Type.Is("boolean"):
		return true
	case schema.Type.Is("integer"), schema.Type.Is("number"):
		if n, ok := numbers[name]; ok {
			return n
		}
		return float64(25)
	case schema.Format == "date-time":
		if t, ok := times[name]; ok {
			return t
		}
		return "2026-05-03T09:30:00+02:00"
	case schema.Format == "uri":
		return "https://app.planetscale.com/acme?x=%20"
	case schema.Format == "uuid":
		return "3f0e1a52-6a3c-4b7e-9d51-0c7f6f1b2a10"
	case name == "organization", name == "name":
		return "acme"
	case strings.HasPrefix(name, "scope"):
		return []string{"read_user", "read_databases"}[index]
	}
	return fmt.Sprintf("%s é😀\t\"%d", name, index)
}

const (
	application = "5kq1x0v2m8yd"
	token       = "8zt3c5n7w1qa"
)

// settle makes a response agree with its request, and a page with itself.
func (s *sound) settle() {
	root, _ := s.body.(map[string]any)
	app, tok := application, token
	switch {
	case s.status != http.StatusOK:
	case s.operation == "getOAuthApplication":
		app = set(root, "id", app)
	case s.operation == "getOAuthToken":
		tok = set(root, "id", tok)
	case s.operation == "listOAuthTokens":
		items, _ := root["data"].([]any)
		for i, item := range items {
			item.(map[string]any)["id"] = fmt.Sprintf("%012d", i)
		}
	}
	s.url = strings.NewReplacer("{organization}", "acme", "{application_id}", app, "{token_id}", tok).Replace(s.url)
	if s.status == http.StatusOK && s.operation == "listOAuthTokens" {
		s.page(root)
	}
}

// set makes a member a plain string and returns it.
func set(root map[string]any, member, value string) string {
	root[member] = value
	return value
}

// page makes an example's page the one that was asked for, and any other a page in the middle of its list.
func (s *sound) page(root map[string]any) {
	if root["prev_page"] == nil && root["next_page"] == nil && !strings.Contains(s.name, "all:true") {
		return
	}
	size := float64(len(root["data"].([]any)))
	if n, ok := root["current_page"].(float64); ok && n > 1 {
		s.url += fmt.Sprintf("?page=%v&per_page=%v", n, size)
		return
	}
	link := func(page float64) string { return fmt.Sprintf("%s?page=%v&per_page=%v", s.url, page, size) }
	here := map[string]any{
		"current_page": 2.0, "per_page": size, "next_page": 3.0, "next_page_url": link(3), "prev_page": 1.0, "prev_page_url": link(1),
		"total_count": 2*size + 1, "total_pages": 3.0,
	}
	for name, value := range here {
		if _, ok := root[name]; ok {
			root[name] = value
		}
	}
	s.url = link(2)
}
