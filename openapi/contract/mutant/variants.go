package mutant

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// validVariants returns responses that look wrong and are not.
func validVariants(valid []*sound) []Mutant {
	var all []Mutant
	for _, s := range valid {
		variant := func(what string, change func(m *Mutant)) {
			m := s.mutant(Valid, s.name+": "+what)
			change(&m)
			all = append(all, m)
		}
		variant("host in capitals", func(m *Mutant) { m.URL = strings.Replace(m.URL, "planetscale", "PlanetScale", 1) })
		variant("port of https", func(m *Mutant) { m.URL = strings.Replace(m.URL, ".com/", ".com:443/", 1) })
		if s.method == http.MethodGet {
			variant("HEAD", func(m *Mutant) { m.Method, m.Body = http.MethodHead, nil })
		}
		variant("query nobody knows", func(m *Mutant) {
			if !strings.Contains(m.URL, "?") {
				m.URL += "?x=1"
			}
		})
		variant("a header nobody declares", func(m *Mutant) { m.Header.Set("X-Extra", "x") })
		if s.schema == nil {
			continue
		}
		variant("white space around", func(m *Mutant) { m.Body = fmt.Appendf(nil, " \r\n\t%s\n ", m.Body) })
		variant("no charset", func(m *Mutant) { m.Header.Set("Content-Type", "application/json") })
		variant("media type in capitals", func(m *Mutant) { m.Header.Set("Content-Type", `Application/JSON; Charset="UTF-8"`) })
		variant("identity", func(m *Mutant) { m.Header.Set("Content-Encoding", "identity") })
		for _, at := range s.sites() {
			literal := func(text string) {
				m := s.with(Valid, text+" at "+at.pointer, to(at.pointer, raw(text)))
				if s.agrees(at.pointer) {
					all = append(all, m)
				}
			}
			switch at.value.(type) {
			case string:
				if at.schema.Format == "date-time" && at.pointer != "" {
					continue
				}
				if at.schema.Format == "" && len(at.schema.Enum) == 0 {
					literal(`"\u00e9\ud83d\ude00\/\b\f\n\r\t\\\" \u0000"`)
					literal(`""`)
				}
			case float64:
				for _, n := range []string{"0", "-0", "9223372036854775807", "-9223372036854775808", "9007199254740993"} {
					f, err := strconv.ParseFloat(n, 64)
					if err == nil && !at.schema.Type.Is("number") && within(at.schema, f) {
						literal(n)
					}
				}
			}
			if at.schema.IsEmpty() || at.schema.Nullable {
				literal("null")
			}
		}
	}
	return all
}

// agrees reports whether a member may be anything its schema allows, as far as rules beyond the schema go.
func (s *sound) agrees(pointer string) bool {
	for _, bound := range []string{"/id", "/organization", "/name", "page", "/total_", "/token", "/scope", "/exp", "/iat", "/active", "/tokens", "/prev_", "/next_"} {
		if strings.Contains(pointer, bound) {
			return false
		}
	}
	return true
}

// within reports whether a number lies inside the bounds of a schema.
func within(s *openapi3.Schema, f float64) bool {
	return (s.Min == nil || f >= *s.Min) && (s.Max == nil || f <= *s.Max)
}
