package contract

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/psoauth/psoauth/internal/text"
)

// The parts of an exchange a finding can be in.
const (
	InBody    = "body"
	InHeader  = "header"
	InStatus  = "status"
	InRequest = "request"
	InRoute   = "route"
)

// maxMessage is how many bytes a message has at most. A message tells types and names, never a value.
const maxMessage = 300

// A Finding is one departure of one response from the contract. Its JSON form is part of the command's interface.
type Finding struct {
	Severity  Severity `json:"severity"`  // how bad it is for a program built on the contract
	Rule      string   `json:"rule"`      // the id of the rule, such as schema.type; [Rules] has them all
	Source    string   `json:"source"`    // where the response was seen: file#entry, counted from 0, or live
	Operation string   `json:"operation"` // the operation's id; empty if the request matches none
	Status    int      `json:"status"`    // the response's status
	In        string   `json:"in"`        // body, header, status, request or route
	Pointer   string   `json:"pointer"`   // RFC 6901, into the body, or / and the name of a header
	Message   string   `json:"message"`   // at most 300 bytes; never a value from the response

	Line int `json:"-"` // of the contract, counted from 1; 0 if unknown
}

// String returns the finding on one line.
func (f Finding) String() string {
	var b strings.Builder
	b.WriteString(f.Severity.String() + " " + f.Rule)
	for _, part := range []string{f.Source, f.Operation} {
		if part != "" {
			b.WriteString(" " + part)
		}
	}
	if f.Status != 0 {
		b.WriteString(" " + strconv.Itoa(f.Status))
	}
	b.WriteString(" " + f.In)
	if f.Pointer != "" {
		b.WriteString(" " + text.Printable(f.Pointer))
	}
	return b.String() + ": " + f.Message
}

// A place is one step of the way to a value: a member's name, or an item's index.
type place struct {
	name  string
	index int // -1 for a member
}

// A trail is the way from the root of a body to a value.
type trail []place

func (t *trail) member(name string) { *t = append(*t, place{name, -1}) }
func (t *trail) item(index int)     { *t = append(*t, place{"", index}) }
func (t *trail) leave()             { *t = (*t)[:len(*t)-1] }

const (
	maxName    = 256  // bytes of a member's name that a pointer shows
	maxPointer = 2048 // bytes of a pointer, but for its last name
)

// String returns the trail as a JSON pointer. Names are the server's choice, so a credential among them is redacted,
// and neither names nor depth make a pointer longer than a reader can use.
func (t trail) String() string {
	var b strings.Builder
	for _, p := range t {
		b.WriteByte('/')
		if b.Len() > maxPointer {
			b.WriteString("…")
			break
		}
		if p.index >= 0 {
			b.WriteString(strconv.Itoa(p.index))
			continue
		}
		name := p.name
		if len(name) > len("pscale_pw_") { // the shortest prefix there is to redact
			name = text.RedactCredentials(name)
		}
		if len(name) > maxName {
			name = strings.ToValidUTF8(name[:maxName], "") + "…"
		}
		b.WriteString(escapeName(name))
	}
	return b.String()
}

var (
	nameEscapes   = strings.NewReplacer("~", "~0", "/", "~1")
	nameUnescapes = strings.NewReplacer("~1", "/", "~0", "~")
)

// escapeName returns a name as it stands in a JSON pointer (RFC 6901).
func escapeName(name string) string {
	if !strings.ContainsAny(name, "~/") {
		return name
	}
	return nameEscapes.Replace(name)
}

var indices = regexp.MustCompile(`/(?:0|[1-9][0-9]*)(/|$)`)

// fold replaces the array indices of a pointer by *. A member whose name is a number is folded as well, which is what
// one wants of an object with ids for names.
func fold(pointer string) string {
	for {
		folded := indices.ReplaceAllString(pointer, "/*$1")
		if folded == pointer {
			return folded
		}
		pointer = folded
	}
}

// worst returns the highest severity among findings, Off if there are none.
func worst(findings []Finding) Severity {
	if len(findings) == 0 {
		return Off
	}
	return slices.MaxFunc(findings, func(a, b Finding) int { return int(a.Severity - b.Severity) }).Severity
}

// splitSource returns the file and the entry of a source, which is file#entry or has no entry.
func splitSource(source string) (file string, entry int) {
	if i := strings.LastIndexByte(source, '#'); i >= 0 {
		if n, err := strconv.Atoi(source[i+1:]); err == nil {
			return source[:i], n
		}
	}
	return source, -1
}
