package drift

import (
	"fmt"
	"strings"
)

// A Class says what a finding means for a program built on the client.
type Class int

const (
	Breaking Class = iota // a response is now allowed that is refused, or a request of the client's no longer served
	Differs               // a difference that nothing here can judge, to be looked at by hand
	New                   // something that programs can read or send, and the contract does not have
	Relaxed               // something the contract allows for, and the document no longer has
	Wording               // nothing changes for a program
)

var classes = [...]string{"breaking", "differs", "new", "relaxed", "wording"}

// String returns breaking, differs, new, relaxed or wording.
func (c Class) String() string {
	if c < 0 || int(c) >= len(classes) {
		return fmt.Sprintf("Class(%d)", int(c))
	}
	return classes[c]
}

// MarshalText returns what String returns.
func (c Class) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// The parts of an operation that a finding can be in.
const (
	InRoute   = "route"   // whether and where the operation is served
	InRequest = "request" // parameters, body and credentials
	InStatus  = "status"  // which statuses there are, and with what media types
	InHeader  = "header"  // of a response
	InBody    = "body"    // of a response
)

// A Finding is one difference, at one place. Its JSON form is part of the command's interface.
type Finding struct {
	Class     Class    `json:"class"`             // what it means for programs
	Rule      string   `json:"rule"`              // what differs: the keyword or the thing, such as type or parameter
	Operation string   `json:"operation"`         // the id of the contract's operation
	Status    string   `json:"status,omitempty"`  // of the response: 200, a range such as 4XX, or default
	In        string   `json:"in"`                // route, request, status, header or body
	Pointer   string   `json:"pointer"`           // RFC 6901, into the body, with * for an array index; or / and a name
	Before    string   `json:"before"`            // what the contract says, or the older document, in words
	After     string   `json:"after"`             // what the document says
	Message   string   `json:"message"`           // what follows from it
	Example   *Example `json:"example,omitempty"` // of a breaking finding: what shows it
}

// An Example is what shows that a finding breaks: a response the newer side allows and the older one refuses, or, if
// Request is there, a request that the older side describes and the newer one does not serve.
type Example struct {
	Request     string         `json:"request,omitempty"`      // its first line, and what there is to say of it
	Status      int            `json:"status,omitempty"`       // of the response
	ContentType string         `json:"content_type,omitempty"` // empty for a response without a body
	Headers     map[string]any `json:"headers,omitempty"`      // of the response, by name
	Body        any            `json:"body"`                   // a value of package encoding/json
}

// String returns the finding on one line.
func (f Finding) String() string {
	return fmt.Sprintf("%s: %s %s: %s → %s: %s", f.Class, f.Rule, f.place(), f.Before, f.After, f.Message)
}

// place returns where in the contract a finding is, as short as it is clear.
func (f Finding) place() string {
	parts := []string{f.Operation}
	if f.Status != "" && f.Status != "200" {
		parts = append(parts, f.Status)
	}
	if f.In == InHeader || f.In == InRequest {
		parts = append(parts, f.In)
	}
	if f.Pointer != "" {
		parts = append(parts, f.Pointer)
	}
	return strings.Join(parts, " ")
}

var escapeName = strings.NewReplacer("~", "~0", "/", "~1").Replace
