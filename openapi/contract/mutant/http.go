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

// httpMutants plants faults in status, headers, presence of the body, and in where the request went.
func httpMutants(doc *openapi3.T, valid []*sound) []Mutant {
	var all []Mutant
	for _, s := range valid {
		plant := func(what string, fault Fault, change func(m *Mutant)) {
			m := s.mutant(HTTP, s.name+": "+what)
			m.Faults = []Fault{fault}
			change(&m)
			all = append(all, m)
		}
		responses := operation(doc, s.operation).Responses
		if s.status/100 == 2 {
			for _, status := range []int{100, 103, 199, 201, 202, 203, 206, 207, 226, 299, 300, 301, 302, 303, 304, 305, 307, 308, 399, 600, 999} {
				if responses.Value(strconv.Itoa(status)) == nil {
					plant(fmt.Sprint("status ", status), Fault{"http.status", "status", ""}, func(m *Mutant) { m.Status = status })
				}
			}
		}
		s.plantMedia(responses, plant)
		for _, name := range slices.Sorted(maps.Keys(s.header)) {
			if name == "Content-Type" {
				continue
			}
			plant("no "+name, Fault{"http.header-missing", "header", "/" + name}, func(m *Mutant) { m.Header.Del(name) })
			plant("bad "+name, Fault{"schema.format", "header", "/" + name}, func(m *Mutant) { m.Header.Set(name, "x y") })
		}
		s.plantRoute(plant)
	}
	return all
}

func operation(doc *openapi3.T, id string) *openapi3.Operation {
	for _, item := range doc.Paths.Map() {
		for _, op := range item.Operations() {
			if op.OperationID == id {
				return op
			}
		}
	}
	return nil
}

func (s *sound) plantMedia(responses *openapi3.Responses, plant func(string, Fault, func(*Mutant))) {
	declared := responses.Status(s.status)
	if declared == nil {
		declared = responses.Default()
	}
	if s.schema == nil {
		for _, body := range []string{"{}", "x", "<html></html>", "null"} {
			plant(fmt.Sprintf("body %q where none is declared", body), Fault{"http.body-unexpected", "body", ""}, func(m *Mutant) {
				m.Body = []byte(body)
				m.Header.Set("Content-Type", "application/json")
			})
		}
		return
	}
	header := Fault{"http.content-type", "header", "/Content-Type"}
	for _, media := range []string{"text/html", "text/csv", "text/plain", "application/xml", "application/problem+json", "application/jsonp",
		"application", "json", "*/*", ";", "application/json, text/html", "application/octet-stream"} {
		if declared.Value.Content[media] == nil {
			plant(fmt.Sprintf("media type %q", media), header, func(m *Mutant) { m.Header.Set("Content-Type", media) })
		}
	}
	plant("no media type", header, func(m *Mutant) { m.Header.Del("Content-Type") })
	plant("two media types", header, func(m *Mutant) { m.Header.Add("Content-Type", "text/html") })
	if s.status/100 == 2 {
		plant("empty body", Fault{"http.body-missing", "body", ""}, func(m *Mutant) { m.Body = nil })
		plant("blank body", Fault{"http.body-missing", "body", ""}, func(m *Mutant) { m.Body = []byte("\r\n") })
	}
	plant("HEAD with a body", Fault{"http.body-unexpected", "body", ""}, func(m *Mutant) { m.Method = http.MethodHead })
	encoding := Fault{"http.content-encoding", "body", ""}
	plant("not gzip", encoding, func(m *Mutant) { m.Header.Set("Content-Encoding", "gzip") })
	plant("not deflate", encoding, func(m *Mutant) { m.Header.Set("Content-Encoding", "deflate") })
	plant("unknown coding", encoding, func(m *Mutant) { m.Header.Set("Content-Encoding", "rot13") })
}

func (s *sound) plantRoute(plant func(string, Fault, func(*Mutant))) {
	for _, change := range []struct{ rule, old, new string }{
		{"route.scheme", "https://", "http://"}, {"route.scheme", "https://", "ftp://"},
		{"route.host", "planetscale.com/", "planetscale.org/"}, {"route.host", "planetscale.com/", "planetscale.com.example/"},
		{"route.host", "planetscale.com/", "planetscale.com:8443/"}, {"route.host", "https://api.", "https://auth."},
		{"route.host", "https://auth.", "https://api."}, {"route.host", "https://api.", "https://api.api."}, {"route.host", "https://", "https://evil.example."},
		{"route.not-found", "/v1/", "/v2/"}, {"route.not-found", "/v1/", "/"}, {"route.not-found", "/v1/", "/v1//"}, {"route.not-found", "/v1/", "/V1/"},
		{"route.not-found", "/oauth/token/", "/oauth/tokens/"}, {"route.not-found", "/oauth-applications/", "/oauth_applications/"},
		{"route.not-found", "planetscale.com/", "planetscale.com/x/"}, {"route.not-found", "/info", "/info/"},
	} {
		changed := strings.Replace(s.url, change.old, change.new, 1)
		if changed != s.url && !(change.rule == "route.not-found" && strings.HasSuffix(change.new, "/x/") && s.schema == nil) {
			plant(fmt.Sprintf("%s for %s", change.new, change.old), Fault{change.rule, "route", ""}, func(m *Mutant) { m.URL = changed })
		}
	}
	for _, method := range []string{"POST", "PUT", "PATCH", "OPTIONS", "TRACE", "get"} {
		plant("method "+method, Fault{"route.method", "route", ""}, func(m *Mutant) { m.Method = method })
	}
}
