// Package drift reads what PlanetScale publishes about its API and says what that means for programs built on this
// module's client. [Compare] compares a published document with the contract; [Between] compares two published documents
// with one another; [Suggest] drafts the edit of the contract that takes new members in.
//
// The question is the reader's, not the producer's: can a response that the document now allows be refused by the
// contract, and so fail in a program? A change that can is [Breaking], and carries an example that shows it: a response
// the document allows and the contract refuses, or a request of the client's that the document no longer serves. Types
// that have no value in common break without one, if none can be made. What cannot be judged is [Differs]. What a
// program can read and the contract does not have yet is [New]; what the contract still allows for and the document does
// not is [Relaxed]; what changes nothing for a program is [Wording].
//
// The comparison is this package's own, over schemas brought into one form (schema.go) and seen kind by kind (view.go). The
// diffs there are compare keywords: they know what a producer changed, not whether a value exists that one side allows and
// the other refuses, which is what the verdict rests on. kin-openapi reads the documents and judges each example.
package drift

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/psoauth/psoauth/internal/report"
	"github.com/psoauth/psoauth/internal/text"
)

// Compare compares a published document with the contract. The error is about the document.
func Compare(upstream *Document) (*Report, error) {
	held, err := parsedContract()
	if err != nil {
		return nil, err
	}
	return compare(held, held, upstream)
}

// Between lists what differs between two published documents in the contract's operations. A finding's class still says
// what the newer one means for programs built on the client: what only readers of the older document would refuse is
// [New], because the contract takes it already. The error is about the documents.
func Between(older, newer *Document) (*Report, error) {
	held, err := parsedContract()
	if err != nil {
		return nil, err
	}
	var reports [3]*Report
	for i, sides := range [3][2]*Document{{held, older}, {held, newer}, {older, newer}} {
		if reports[i], err = compare(held, sides[0], sides[1]); err != nil {
			return nil, err
		}
	}
	earlier, open, report := reports[0], reports[1], reports[2]
	for i := range report.Findings {
		f := &report.Findings[i]
		known(f, held, open)
		breaks := func(g Finding) bool {
			return g.Class == Breaking && g.acceptance() == f.acceptance() && g.Status == f.Status
		}
		// The contract may refuse what the older document did not rule out, as a format where that says none.
		said := slices.ContainsFunc(slices.Concat(earlier.Findings, report.Findings), breaks)
		if j := slices.IndexFunc(open.Findings, breaks); j >= 0 && !said {
			f.Class, f.Example, f.Message = Breaking, open.Findings[j].Example, open.Findings[j].Message
		}
	}
	slices.SortStableFunc(report.Findings, byPlace)
	return report, nil
}

// known corrects a finding between two documents by what is open between the contract and the newer one.
func known(f *Finding, held *Document, report *Report) {
	open := slices.DeleteFunc(slices.Clone(report.Findings), func(g Finding) bool {
		return g.Class > New || g.Operation != f.Operation || g.Status != f.Status || g.In != f.In
	})
	stillOpen := slices.ContainsFunc(open, func(g Finding) bool { return g.acceptance() == f.acceptance() })
	if e := f.Example; e != nil && e.Request == "" && held.operations[f.Operation] != nil { // perhaps for want of a format only
		breaks := slices.ContainsFunc(open, func(g Finding) bool { return g.Class == Breaking })
		stillOpen = breaks && !newSampler().allows(held.operations[f.Operation], e, true)
	}
	switch {
	case f.Class > New || f.Class == Differs && f.Rule == "keyword" || f.In == InRoute && f.Rule == "operation" || stillOpen:
	case f.After == "not declared":
		f.Class, f.Example = Relaxed, nil
		f.Message = message(*f)
	default:
		f.Class, f.Example, f.Message = New, nil, "the contract has it already"
	}
}

// compare compares the operations of two documents, of which the first may be the contract.
func compare(contract, before, now *Document) (*Report, error) {
	report := &Report{Before: before.name, After: now.name}
	s := newSampler()
	add := func(findings ...Finding) {
		for _, f := range findings {
			report.Findings = append(report.Findings, settle(f, before == contract))
		}
	}
	at := func(in, operation, pointer string) place {
		return place{finding: Finding{Operation: operation, In: in, Pointer: pointer}}
	}
	for _, id := range union(before.operations, now.operations) {
		switch was, is := before.operations[id], now.operations[id]; {
		case is == nil && (before != contract && !now.page || now.speaksOf(was, before.operations)):
			add(place{finding: Finding{Operation: id, In: InRoute}, was: was}.refused("operation", was.path, "not described", ""))
		case is == nil:
		case was == nil:
			add(at(InRoute, id, "").find(New, "operation", "not described", is.path))
		default:
			add(s.operation(id, was, is)...)
		}
		if s.err != nil {
			return nil, fmt.Errorf("%s: %w", now.name, s.err)
		}
	}
	for _, name := range union(before.others, now.others) { // of the family
		p := at(InRoute, name, "")
		add(p.changed("operation", before.others[name], now.others[name], "not described")...)
	}
	for _, keyword := range union(before.urls, now.urls) {
		was, is := strings.Join(before.urls[keyword], ", "), strings.Join(now.urls[keyword], ", ")
		if is == "" && before == contract { // most documents say none
			continue
		}
		p := at(InRequest, "securitySchemes", "/"+keyword)
		add(p.changed("security-url", was, is, "not declared")...)
	}
	slices.SortStableFunc(report.Findings, byPlace)
	report.Findings = slices.CompactFunc(report.Findings, func(a, b Finding) bool {
		return byPlace(a, b) == 0 && a.Before == b.Before && a.After == b.After
	})
	return report, nil
}

// speaksOf reports whether a document covers where an operation is served, so that one it does not have is gone.
// PlanetScale describes its two hosts apart, so it must name the host or have another of its operations; and a page of the
// documentation has one operation only.
func (d *Document) speaksOf(op *operation, others map[string]*operation) bool {
	return !d.page && slices.ContainsFunc(op.addresses, func(address string) bool {
		origin, _ := split(address)
		for id := range d.operations {
			other := others[id]
			if other != nil && slices.ContainsFunc(other.addresses, func(o string) bool { return strings.HasPrefix(o, origin) }) {
				return true
			}
		}
		_, host, _ := strings.Cut(origin, "://")
		return host != "" && d.hosts[host]
	})
}

// settle gives a finding its final class, as what the contract allows for on purpose is not news, says what follows from it,
// and makes what the documents say fit to be shown, but for the example.
func settle(f Finding, held bool) Finding {
	if held && deliberate(f) {
		f.Class = Wording
	}
	f.Message = cmp.Or(f.Message, message(f))
	f.Operation, f.Pointer = text.Printable(text.Redact(f.Operation)), text.Printable(text.Redact(f.Pointer))
	f.Before, f.After = clean(f.Before), clean(f.After)
	return f
}

// deliberate reports whether a finding is of the contract's own making: its objects are open, whatever a document says;
// errors, which PlanetScale does not describe, may be anything that has been seen; and for requests it has limits that no
// document has.
func deliberate(f Finding) bool {
	if f.In == InRequest {
		return f.Class == New && slices.Contains([]string{"minimum", "maximum", "format"}, f.Rule) && f.After == "no "+f.Rule
	}
	failure := f.Status != "" && f.Status[0] != '2'
	return f.Class == Relaxed && (f.Rule == "additionalProperties" || failure && (f.Rule != "status" || f.Status == "default"))
}

func clean(s string) string { return text.Excerpt(s, maxWords) }

func byPlace(a, b Finding) int {
	return cmp.Or(int(a.Class-b.Class), strings.Compare(a.Operation, b.Operation), strings.Compare(a.Status, b.Status),
		strings.Compare(a.In, b.In), strings.Compare(a.Pointer, b.Pointer), strings.Compare(a.Rule, b.Rule))
}

// A Report is what a comparison found, in the order class, operation, status, place.
type Report struct {
	Before   string    // the name of what was compared with: the contract, or the older document
	After    string    // the name of the document
	Findings []Finding // of every class, without those that are accepted
	Accepted int       // how many findings are accepted
}

// Count returns how many findings of a class there are.
func (r *Report) Count(class Class) int {
	n := 0
	for _, f := range r.Findings {
		if f.Class == class {
			n++
		}
	}
	return n
}

// Breaking reports whether any finding breaks programs.
func (r *Report) Breaking() bool { return r.Count(Breaking) > 0 }

// A Baseline is a list of differences that are acknowledged, each by operation, pointer and rule, up to a day or without
// an end.
type Baseline = report.Baseline

// ReadBaseline reads what the Write method of a [Baseline] writes. An unknown member, an unknown rule or a second document
// is an error.
func ReadBaseline(r io.Reader) (*Baseline, error) {
	return report.ReadBaseline(r, func(id string) bool { return ruleOf(id).ID != "" })
}

// UpdateBaseline makes the baseline acknowledge what there is to act on in the report, and nothing else. What it
// acknowledges already keeps its last day and its reason.
func (r *Report) UpdateBaseline(b *Baseline) {
	var found []report.Acceptance
	for _, f := range r.Findings {
		if f.Class <= New {
			found = append(found, f.acceptance())
		}
	}
	b.Update(found)
}

// Accept takes the findings out of the report that a baseline acknowledges at a time.
func (r *Report) Accept(b *Baseline, now time.Time) {
	var open []Finding
	for _, f := range r.Findings {
		if f.Class <= New && b.Accepts(f.acceptance(), now) {
			r.Accepted++
		} else {
			open = append(open, f)
		}
	}
	r.Findings = open
}

func (f Finding) acceptance() report.Acceptance {
	return report.Acceptance{Operation: f.Operation, Pointer: f.Pointer, Rule: f.Rule}
}

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
	Example   *Example `json:"example,omitempty"` // of a breaking finding: what shows it; nil if none can be made

	schema *openapi3.Schema // of a new member
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
	where := strings.TrimSpace(f.Where() + " " + f.Pointer)
	return fmt.Sprintf("%s: %s %s: %s → %s: %s", f.Class, f.Rule, where, f.Before, f.After, f.Message)
}

// Where returns the part of the contract that a finding is in, without its pointer, as short as it is clear.
func (f Finding) Where() string {
	where := f.Operation
	if f.Status != "" && f.Status != "200" {
		where += " " + f.Status
	}
	if f.In == InHeader || f.In == InRequest {
		where += " " + f.In
	}
	return where
}
