// Package contract checks responses against an OpenAPI document: the contract for PlanetScale's OAuth endpoints, or any
// other. kin-openapi reads the document, and judges every keyword of a schema and every parameter. Around it is what that leaves
// open: the bytes of the JSON, numbers as they are written, undeclared members, and semantic rules, which no schema can say.
//
// A [Validator] judges one response at a time. A [Run] judges the responses of one run together, counts what they
// covered, and makes a [Report].
package contract

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"sync"
	"time"

	"github.com/psoauth/psoauth/openapi"
)

// A Validator judges responses by one contract. It is immutable and safe for concurrent use.
type Validator struct {
	spec       *spec
	severities map[string]Severity
	servers    [][2]string // of WithServer
	aliases    []alias     // the same
	bodyLimit  int64
	clock      func() time.Time
	allowEmpty bool
}

// An Option configures a validator.
type Option func(*Validator) error

// WithSpec sets the document to judge by: OpenAPI 3.0 or Swagger 2.0, in YAML or JSON. By default it is the contract that
// this module embeds. Name is what reports call the document: its path. References into other files are refused.
func WithSpec(document []byte, name string) Option {
	return func(v *Validator) (err error) {
		v.spec, err = loadSpec(document, name)
		return err
	}
}

// specName is where the embedded contract is found in this module.
const specName = "openapi/openapi.yaml"

// WithServer takes the server at base, such as http://127.0.0.1:8080/v1, for one that the contract declares, such as
// https://api.planetscale.com/v1: responses from it are judged as if they came from there. Both are URLs of scheme, host
// and perhaps a path; declared must be one of the contract's. The option may be given several times.
func WithServer(base, declared string) Option {
	return func(v *Validator) error {
		v.servers = append(v.servers, [2]string{base, declared})
		return nil
	}
}

// WithSeverity sets the severity of the findings of a rule; Off silences it. [Rules] has the ids.
func WithSeverity(rule string, severity Severity) Option {
	return func(v *Validator) error {
		if _, known := v.severities[rule]; !known {
			return fmt.Errorf("unknown rule %q: Rules and docs/rules.md have the ids", rule)
		}
		if severity < Off || severity > Error {
			return fmt.Errorf("unknown severity %v for rule %s", severity, rule)
		}
		v.severities[rule] = severity
		return nil
	}
}

// WithBodyLimit sets how many bytes of a body are read, before and after decompression; by default 8 MiB. A larger body is a
// finding and is not judged further.
func WithBodyLimit(bytes int64) Option {
	return func(v *Validator) error {
		if bytes < 1 {
			return fmt.Errorf("a body limit of %d bytes: want at least 1", bytes)
		}
		v.bodyLimit = min(bytes, math.MaxInt64-1) // one byte more is read, to see that there is one
		return nil
	}
}

// WithClock sets what the rules about past and future take for the present; by default it is time.Now. Entries of a
// recording are judged by the time they were recorded at.
func WithClock(now func() time.Time) Option {
	return func(v *Validator) error {
		if now == nil {
			return errors.New("the clock is nil")
		}
		v.clock = now
		return nil
	}
}

// AllowEmpty lets [TestTransport] pass a test in which no response was judged, and [Run.CheckHAR] a recording without
// entries. Without it that is a failure, because it proves nothing.
func AllowEmpty() Option {
	return func(v *Validator) error {
		v.allowEmpty = true
		return nil
	}
}

// embedded returns the contract of this module, which is read once however many validators judge by it.
var embedded = sync.OnceValues(func() (*spec, error) { return loadSpec([]byte(openapi.Contract()), specName) })

// NewValidator returns a validator. Its error says everything that is wrong with the options or the document.
func NewValidator(options ...Option) (*Validator, error) {
	v := &Validator{severities: severities(), bodyLimit: 8 << 20, clock: time.Now}
	var errs []error
	for _, option := range options {
		errs = append(errs, option(v))
	}
	if v.spec == nil {
		var err error
		v.spec, err = embedded()
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	for _, pair := range v.servers {
		alias, err := v.spec.newAlias(pair[0], pair[1])
		errs = append(errs, err)
		v.aliases = append(v.aliases, alias)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return v, nil
}

// CheckResponse returns what is wrong with a response and with its request, in the order of route, request, status, headers
// and body; nothing if they keep the contract. It reads at most the body limit of resp.Body and puts back what it read, so
// the caller reads the same bytes and the same error as without it; it changes nothing else. If req is nil, resp.Request
// says what was asked; a nil resp is a finding of the rule recording.no-response. Rules that look at several responses need
// a [Run].
func (v *Validator) CheckResponse(req *http.Request, resp *http.Response) []Finding {
	return v.NewRun().CheckResponse(req, resp)
}
