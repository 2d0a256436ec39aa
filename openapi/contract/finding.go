package contract

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/psoauth/psoauth/internal/report"
	"github.com/psoauth/psoauth/internal/text"
)

// A Severity says how bad a finding is. Severities are ordered: Off < Note < Warning < Error.
type Severity = report.Severity

// The severities.
const (
	Off     = report.Off     // not reported; what WithSeverity takes to silence a rule
	Note    = report.Note    // something new, such as a member the contract does not declare
	Warning = report.Warning // a promise is broken, and a client built on the contract copes
	Error   = report.Error   // a client built on the contract would misread the response or fail
)

// The parts of an exchange a finding can be in.
const (
	inBody    = "body"
	inHeader  = "header"
	inStatus  = "status"
	inRequest = "request"
	inRoute   = "route"
)

// maxMessage is how many bytes a message has at most.
const maxMessage = 300

// A Finding is one departure of one response from the contract. Its JSON form is part of the command's interface.
type Finding struct {
	Severity  Severity `json:"severity"`      // how bad it is for a program built on the contract
	Rule      string   `json:"rule"`          // the id of the rule, such as schema.type; [Rules] has them all
	Source    string   `json:"source"`        // where the response was seen: file#entry, counted from 0, or live
	Operation string   `json:"operation"`     // the operation's id; empty if the request matches none
	URL       string   `json:"url,omitempty"` // of the request, without the values of unknown query parameters
	Status    int      `json:"status"`        // the response's status
	In        string   `json:"in"`            // body, header, status, request or route
	Pointer   string   `json:"pointer"`       // RFC 6901, into the body, or / and the name of a header
	Message   string   `json:"message"`       // at most 300 bytes; of values only ids, numbers, times and words, of no secret
	Line      int      `json:"-"`             // of the contract, counted from 1; 0 if unknown
}

// String returns the finding on one line.
func (f Finding) String() string {
	source := f.Source
	if file, entry := f.Origin(); entry >= 0 { // as people count
		source = text.Printable(file) + " entry " + strconv.Itoa(entry+1)
	}
	parts := []string{f.Severity.String(), f.Rule, source, f.Operation, strconv.Itoa(f.Status), f.In, text.Printable(f.Pointer)}
	parts = slices.DeleteFunc(parts, func(part string) bool { return part == "" || part == "0" })
	return strings.Join(parts, " ") + ": " + f.Message
}

const (
	maxName    = 256  // bytes of a member's name that a pointer shows
	maxPointer = 2048 // bytes of a pointer, but for its last name
)

// pointer returns the JSON pointer of a place. Names are the server's choice, so a credential among them is redacted, and
// neither names nor depth make a pointer longer than a reader can use.
func (j *judge) pointer(at []string) string {
	var b strings.Builder
	for _, name := range at {
		b.WriteByte('/')
		if b.Len() > maxPointer {
			b.WriteString("…")
			break
		}
		if name = text.Redact(name[:min(len(name), 4*maxName)], j.secrets...); len(name) > maxName {
			name = strings.ToValidUTF8(name[:maxName], "") + "…"
		}
		b.WriteString(escapeName(name))
	}
	return b.String()
}

// minSecret is how long a part of a secret is at least that is looked for.
const minSecret = 8

// wantGot returns ": want …, got …" for two ids, and nothing if one of them does not look like an id.
func wantGot(want, got string) string {
	if !plainID.MatchString(want) || !plainID.MatchString(got) {
		return ""
	}
	return ": want " + want + ", got " + got
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

var nameEscapes = strings.NewReplacer("~", "~0", "/", "~1")

// escapeName returns a name as it is written in a JSON pointer (RFC 6901).
func escapeName(name string) string { return nameEscapes.Replace(name) }

// fold replaces the array indices of a pointer by *. A member whose name is a number is folded as well, which is what
// one wants of an object with ids for names.
func fold(pointer string) string {
	steps := strings.Split(pointer, "/")
	for i, step := range steps {
		if isIndex(step) != 0 {
			steps[i] = "*"
		}
	}
	return strings.Join(steps, "/")
}

// Origin returns the file of the finding's source and the entry in it, counted from 0; -1 if the source has no entries.
func (f Finding) Origin() (file string, entry int) {
	if i := strings.LastIndexByte(f.Source, '#'); i >= 0 {
		if n, err := strconv.Atoi(f.Source[i+1:]); err == nil {
			return f.Source[:i], n
		}
	}
	return f.Source, -1
}

func article(noun string) string {
	switch {
	case noun == openapi3.TypeNull:
		return noun
	case strings.ContainsAny(noun[:1], "aeiou"):
		return "an " + noun
	}
	return "a " + noun
}

// kindOf returns the name that JSON Schema has for the type of a value.
func kindOf(v any) string {
	switch v.(type) {
	case nil:
		return openapi3.TypeNull
	case bool:
		return openapi3.TypeBoolean
	case string:
		return openapi3.TypeString
	case json.Number:
		return openapi3.TypeNumber
	case []any:
		return openapi3.TypeArray
	}
	return openapi3.TypeObject
}

var (
	secretName  = regexp.MustCompile(`(?i)token|secret|password|credential|authorization|key`)
	plainWord   = regexp.MustCompile(`^[A-Za-z][A-Za-z _.-]{0,23}$`)
	plainID     = regexp.MustCompile(`^[a-z0-9]{1,16}$`)
	plainTime   = regexp.MustCompile(`^[0-9TZtz:.,+ -]{1,40}$`)
	plainNumber = regexp.MustCompile(`^[0-9eE.+-]{1,24}$`)
)

// got returns what came, for a message: a number, a time or a word, of a member whose name is not a secret's. Anything else
// could be a secret in the wrong place, so the message keeps quiet about it.
func got(name string, v any) string {
	if secretName.MatchString(name) && name != "tokens" && name != "token_type" {
		return ""
	}
	switch v := v.(type) {
	case json.Number:
		if plainNumber.MatchString(v.String()) {
			return ", got " + v.String()
		}
	case string:
		if plainTime.MatchString(v) || plainWord.MatchString(v) {
			return ", got " + strconv.Quote(v)
		}
	}
	return ""
}
