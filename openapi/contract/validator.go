// Package contract holds responses against an OpenAPI 3.0 document: the contract for PlanetScale's OAuth endpoints, or
// any other. kin-openapi reads the document and judges the keywords of a schema that look at one value; around it stands
// what that leaves open: the bytes of the JSON, exact numbers, statuses, headers, the pointer of every fault, and rules
// that no schema can say.
//
// A [Validator] judges one response at a time. A [Run] judges the responses of one run together, counts what they
// covered, and makes a [Report].
package contract

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/psoauth/psoauth/openapi"
)

// DefaultBodyLimit is how many bytes of a body a validator reads unless WithBodyLimit says otherwise.
const DefaultBodyLimit = 8 << 20

// A Validator judges responses by one contract. It is immutable and safe for concurrent use.
type Validator struct {
	spec       *spec
	specName   string
	severities map[*Rule]Severity
	stands     []stand
	bodyLimit  int64
	clock      func() time.Time
}

// An Option configures a validator.
type Option func(*settings) error

type settings struct {
	data       []byte
	name       string
	severities map[*Rule]Severity
	stands     [][2]string
	bodyLimit  int64
	clock      func() time.Time
}

// WithSpec sets the document to judge by, OpenAPI 3.0 in YAML or JSON; by default it is the contract that this module
// embeds. References into other files are refused.
func WithSpec[Text ~[]byte | ~string](document Text) Option {
	return func(s *settings) error {
		s.data = []byte(document)
		if s.name == specName {
			s.name = "spec"
		}
		return nil
	}
}

// specName is where the embedded contract is found in this module.
const specName = "openapi/openapi.yaml"

// WithSpecName sets what reports call the document: its path, so that a report can point at a line of it.
func WithSpecName(name string) Option {
	return func(s *settings) error {
		s.name = name
		return nil
	}
}

// WithServer lets the server at base, such as http://127.0.0.1:8080/v1, stand for a server the contract declares, such
// as https://api.planetscale.com/v1: responses from it are judged as if they came from there. Both are URLs of scheme,
// host and perhaps a path; declared must be one of the contract's. The option may be given several times.
func WithServer(base, declared string) Option {
	return func(s *settings) error {
		s.stands = append(s.stands, [2]string{base, declared})
		return nil
	}
}

// WithSeverity sets the severity of the findings of a rule; Off silences it. [Rules] has the ids.
func WithSeverity(rule string, severity Severity) Option {
	return func(s *settings) error {
		known := rulesByID[rule]
		if known == nil {
			return fmt.Errorf("unknown rule %q: the rules are %s", rule, strings.Join(ruleIDs(), ", "))
		}
		if severity < Off || severity > Error {
			return fmt.Errorf("unknown severity %v for rule %s", severity, rule)
		}
		s.severities[known] = severity
		return nil
	}
}

// WithBodyLimit sets how many bytes of a body are read, before and after decompression. A larger body is a finding and
// is not judged further.
func WithBodyLimit(bytes int64) Option {
	return func(s *settings) error {
		if bytes < 1 {
			return fmt.Errorf("a body limit of %d bytes: want at least 1", bytes)
		}
		s.bodyLimit = min(bytes, math.MaxInt64-1) // one byte more is read, to see that there is one
		return nil
	}
}

// WithClock sets what the rules about past and future take for the present; by default it is time.Now. Entries of a
// recording are judged by the time they were recorded at.
func WithClock(now func() time.Time) Option {
	return func(s *settings) error {
		if now == nil {
			return errors.New("the clock is nil")
		}
		s.clock = now
		return nil
	}
}

// embedded returns the contract of this module, which is read once however many validators judge by it.
var embedded = sync.OnceValues(func() (*spec, error) { return loadSpec([]byte(openapi.Contract()), specName) })

// NewValidator returns a validator. Its error says everything that is wrong with the options or the document.
func NewValidator(options ...Option) (*Validator, error) {
	s := settings{name: specName, severities: map[*Rule]Severity{}, bodyLimit: DefaultBodyLimit, clock: time.Now}
	var errs []error
	for _, option := range options {
		errs = append(errs, option(&s))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	v := &Validator{specName: s.name, severities: s.severities, bodyLimit: s.bodyLimit, clock: s.clock}
	var err error
	if s.data == nil {
		v.spec, err = embedded()
	} else {
		v.spec, err = loadSpec(s.data, s.name)
	}
	if err != nil {
		return nil, err
	}
	for _, pair := range s.stands {
		stand, err := v.spec.newStand(pair[0], pair[1])
		if err != nil {
			errs = append(errs, err)
		}
		v.stands = append(v.stands, stand)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return v, nil
}

// Unjudged returns what of the document is not checked, one line each: patterns that are no regular expression of Go's.
func (v *Validator) Unjudged() []string { return slices.Clone(v.spec.unjudged) }

// Operations returns the ids of the contract's operations, in order. An operation without an id goes by its method and
// path.
func (v *Validator) Operations() []string {
	ids := make([]string, len(v.spec.operations))
	for i, op := range v.spec.operations {
		ids[i] = op.id
	}
	return ids
}

// Live is the source of findings in responses that did not come from a recording.
const Live = "live"

// CheckResponse returns what is wrong with a response, in the order of route, status, headers and body; nothing if it
// keeps the contract. It reads at most the body limit of resp.Body and puts back what it read, so the caller reads the
// same bytes and the same error as without it; it changes nothing else. If req is nil, resp.Request says what was asked.
func (v *Validator) CheckResponse(req *http.Request, resp *http.Response) []Finding {
	return v.checkResponse(nil, req, resp)
}

func (v *Validator) checkResponse(run *Run, req *http.Request, resp *http.Response) []Finding {
	if req == nil {
		req = resp.Request
	}
	ex := &exchange{source: Live, status: resp.StatusCode, header: resp.Header, asked: "nobody knows the request", known: true}
	if req != nil && req.URL != nil {
		ex.request(v, req)
	}
	ex.body = func() body { return peekBody(resp, v.bodyLimit) }
	return v.judge(run, ex)
}
