package audit

import (
	"cmp"
	"iter"
	"slices"
	"time"

	"github.com/psoauth/psoauth/internal/report"
)

// A Severity says how much a finding matters. Severities are ordered: Off < Note < Warning < Error. The zero value is Off.
type Severity = report.Severity

// The severities.
const (
	Off     = report.Off     // the rule is not applied
	Note    = report.Note    // worth knowing
	Warning = report.Warning // to be reviewed
	Error   = report.Error   // to be acted on
)

// A Report is the outcome of an audit. Its text is fit to be shown: printable, without credentials, and short.
type Report struct {
	At           time.Time     // the time of the audit
	Applications []Application // in the order in which they were audited

	// Groups are the rules that found something, the worst severity first and then in the order of [Rules].
	Groups []Group

	// Unneeded are the acceptances that accepted nothing: their date is past, their token is gone, or nothing is found on
	// it any more.
	Unneeded []Acceptance

	// Changes are the differences from the baseline; nil without one.
	Changes *Changes

	whole bool
}

// An Application is what an audit saw of an application.
type Application struct {
	ID, Name string
	Tokens   []Token // in the order of the list
	Err      string  // why the application could not be read; empty if it was
}

// A Token is what an audit saw of a token. A time that is not known is zero.
type Token struct {
	Subject
	Created  time.Time
	LastUsed *time.Time // nil if it never was
	Expires  *time.Time // nil if it never does
	Reach    Reach
	Scopes   []string // the names of scopes and accesses, and the kinds and ids of resources, in order
	Grants   []Grant
}

// A Subject is whom or what a finding is on. What is not known is empty.
type Subject struct {
	Application string // the application's id
	Token       string // the token's id
	Name        string // the name PlanetScale shows for the token
	Actor       string // the id of the token's actor
	ActorName   string // the actor's name
}

// A Finding is one risk of one token or one actor.
type Finding struct {
	Rule     string   // the rule's id
	Also     []string // the ids of other rules: all that is new on a token that is wider than in the baseline is one finding
	Severity Severity // never Off
	Subject           // without a token if the finding is on an actor
	Message  string   // what was found, in one sentence without a full stop

	// Accepted is what takes the finding out of the count, or nil.
	Accepted *Acceptance
}

// A Group is a rule, of the severity that the options gave it, with what it found.
type Group struct {
	Rule
	Findings []Finding // in the order of the list, or for a rule on all tokens together the worst first
}

// Report returns what was found in all applications.
func (a *Auditor) Report() *Report {
	r := &Report{At: a.options.Now, Applications: a.applications, whole: a.options.Whole}
	for _, severity := range []Severity{Error, Warning, Note} {
		for _, rule := range rules {
			if found := a.findings[rule.ID]; a.severity[rule.ID] == severity && len(found) > 0 {
				group := Group{Rule: rule.Rule, Findings: found}
				group.Severity = severity
				r.Groups = append(r.Groups, group)
			}
		}
	}
	for i, given := range a.options.Accept {
		if !a.used[i] {
			r.Unneeded = append(r.Unneeded, given)
		}
	}
	if a.options.Baseline != nil {
		r.Changes = a.options.Baseline.changes(r)
	}
	return r
}

// Findings returns the findings of all groups, accepted ones included, the worst first.
func (r *Report) Findings() iter.Seq[Finding] {
	return func(yield func(Finding) bool) {
		for _, group := range r.Groups {
			for _, f := range group.Findings {
				if !yield(f) {
					return
				}
			}
		}
	}
}

// Count returns how many findings are not accepted.
func (g Group) Count() (n int) {
	for _, f := range g.Findings {
		if f.Accepted == nil {
			n++
		}
	}
	return n
}

// Count returns how many findings of the severity are not accepted.
func (r *Report) Count(severity Severity) (n int) {
	for _, group := range r.Groups {
		if group.Severity == severity {
			n += group.Count()
		}
	}
	return n
}

// Accepted returns how many findings are accepted.
func (r *Report) Accepted() (n int) {
	for _, group := range r.Groups {
		n += len(group.Findings) - group.Count()
	}
	return n
}

// Tokens returns how many tokens were judged.
func (r *Report) Tokens() (n int) {
	for _, app := range r.Applications {
		n += len(app.Tokens)
	}
	return n
}

// A Tally counts the findings on a token that are not accepted.
type Tally struct {
	Subject
	Open [Error + 1]int // by severity
}

// Flagged returns the tokens with findings that are not accepted, the worst first.
func (r *Report) Flagged() []Tally {
	index := map[Subject]int{}
	var all []Tally
	for f := range r.Findings() {
		if f.Token == "" || f.Accepted != nil {
			continue
		}
		i, known := index[f.Subject]
		if !known {
			i = len(all)
			index[f.Subject] = i
			all = append(all, Tally{Subject: f.Subject})
		}
		all[i].Open[f.Severity]++
	}
	slices.SortStableFunc(all, func(a, b Tally) int {
		return cmp.Or(b.Open[Error]-a.Open[Error], b.Open[Warning]-a.Open[Warning], b.Open[Note]-a.Open[Note])
	})
	return all
}
