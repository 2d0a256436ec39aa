package audit

import (
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/psoauth/psoauth/internal/report"
)

// A Baseline is what an earlier audit saw: the findings that are known, and the tokens there were with their scopes. Its
// JSON form is meant to be kept beside the code and to be read in reviews.
type Baseline struct{ file baselineFile }

type baselineFile struct {
	report.Baseline
	Applications map[string]knownApplication `json:"applications"` // by id
}

type knownApplication struct {
	Name   string                `json:"name"`
	Tokens map[string]knownToken `json:"tokens"` // by id
}

type knownToken struct {
	Name   string   `json:"name"`
	Scopes []string `json:"scopes"` // and resources
}

// Changes are the differences between the tokens of a report and those of a baseline.
type Changes struct {
	NewApplications  []Subject
	GoneApplications []Subject // with [Options].Whole only
	NewTokens        []Subject
	WidenedTokens    []Subject
	GoneTokens       []Subject
}

const inBaseline = "in the baseline"

// ReadBaseline reads what the Write method of a baseline writes. An unknown member, an unknown rule or a second document is
// an error.
func ReadBaseline(r io.Reader) (*Baseline, error) {
	b := &Baseline{}
	if err := report.ReadJSON(r, &b.file); err != nil {
		return nil, err
	}
	return b, b.file.Check(isRule)
}

// Write writes the baseline as JSON, in an order that makes small differences between versions.
func (b *Baseline) Write(w io.Writer) error {
	file := b.file
	file.Findings = slices.Concat([]Acceptance{}, file.Findings)
	return report.WriteJSON(w, file)
}

// Update makes the baseline know what the report has, and the report accept all its findings. What the baseline knows of
// applications that the report does not have, or that could not be read, stays, except for applications that are gone. An
// acceptance keeps its last day and its reason; where its day is past, the findings stay open.
func (b *Baseline) Update(r *Report) {
	found := slices.DeleteFunc(slices.Clone(b.file.Findings), func(a Acceptance) bool {
		owners := b.owners(a)
		return !slices.ContainsFunc(owners, r.skips) && (len(owners) > 0 || r.whole)
	})
	for f := range r.Findings() {
		found = append(found, f.acceptances()...)
	}
	b.file.Update(found)
	if b.file.Applications == nil {
		b.file.Applications = map[string]knownApplication{}
	}
	maps.DeleteFunc(b.file.Applications, func(id string, _ knownApplication) bool { return !r.skips(id) })
	for _, app := range r.Applications {
		if app.Err != "" {
			continue
		}
		known := knownApplication{Name: app.Name, Tokens: map[string]knownToken{}}
		for _, tok := range app.Tokens {
			known.Tokens[tok.Token] = knownToken{tok.Name, slices.Concat([]string{}, tok.Scopes)}
		}
		b.file.Applications[app.ID] = known
	}
	for _, group := range r.Groups {
		for i := range group.Findings {
			if f := &group.Findings[i]; f.Accepted == nil {
				f.Accepted = b.accepted(*f, r.At)
			}
		}
	}
}

// acceptances returns what would accept the finding in the next audit: one acceptance for each rule, and none for what is
// over when the scopes are known.
func (f Finding) acceptances() (all []Acceptance) {
	place := Acceptance{Token: f.Token}
	if f.Token == "" {
		place.Pointer = "/" + f.Application + "/actors/" + f.Actor
	}
	for _, rule := range append([]string{f.Rule}, f.Also...) {
		if rule != widened {
			place.Rule = rule
			all = append(all, place)
		}
	}
	return all
}

// owners returns the ids of the applications that an acceptance is about, as far as the baseline knows them: two may have
// a token of one id.
func (b *Baseline) owners(a Acceptance) (ids []string) {
	if a.Token == "" {
		id, _, _ := strings.Cut(strings.TrimPrefix(a.Pointer, "/"), "/")
		return []string{id}
	}
	for id, app := range b.file.Applications {
		if _, known := app.Tokens[a.Token]; known {
			ids = append(ids, id)
		}
	}
	return ids
}

// accepted returns what accepts the finding, and all that is merged into it, at a time, or nil.
func (b *Baseline) accepted(f Finding, now time.Time) *Acceptance {
	if slices.ContainsFunc(f.acceptances(), func(a Acceptance) bool { return !b.file.Accepts(a, now) }) {
		return nil
	}
	return &Acceptance{Token: f.Token, Rule: f.Rule, Reason: inBaseline}
}

// names returns the names of the scopes and accesses that the tokens had.
func (app knownApplication) names() map[string]bool {
	all := map[string]bool{}
	for _, tok := range app.Tokens {
		for _, scope := range tok.Scopes {
			name, _, _ := strings.Cut(scope, " on ")
			all[name] = true
		}
	}
	return all
}

// wider returns the scopes and resources of a token that the baseline does not know.
func (tok knownToken) wider(now *Token) (more []string) {
	for _, scope := range now.Scopes {
		if !slices.Contains(tok.Scopes, scope) {
			more = append(more, scope)
		}
	}
	return more
}

// skips reports whether the report says nothing of an application: it was not audited, or could not be read.
func (r *Report) skips(id string) bool {
	i := slices.IndexFunc(r.Applications, func(app Application) bool { return app.ID == id })
	return i < 0 && !r.whole || i >= 0 && r.Applications[i].Err != ""
}

// changes returns how the tokens of a report differ from those of the baseline.
func (b *Baseline) changes(r *Report) *Changes {
	c, listed := &Changes{}, map[[2]string]bool{}
	for _, app := range r.Applications {
		before, known := b.file.Applications[app.ID]
		if !known && app.Err == "" {
			c.NewApplications = append(c.NewApplications, Subject{Application: app.ID, Name: app.Name})
		}
		listed[[2]string{app.ID}] = true
		for i := range app.Tokens {
			tok := &app.Tokens[i]
			listed[[2]string{app.ID, tok.Token}] = true
			if earlier, known := before.Tokens[tok.Token]; !known {
				c.NewTokens = append(c.NewTokens, tok.Subject)
			} else if len(earlier.wider(tok)) > 0 {
				c.WidenedTokens = append(c.WidenedTokens, tok.Subject)
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(b.file.Applications)) {
		app := b.file.Applications[id]
		if r.skips(id) {
			continue
		}
		if !listed[[2]string{id}] {
			c.GoneApplications = append(c.GoneApplications, Subject{Application: id, Name: app.Name})
		}
		for _, token := range slices.Sorted(maps.Keys(app.Tokens)) {
			if !listed[[2]string{id, token}] {
				c.GoneTokens = append(c.GoneTokens, Subject{Application: id, Token: token, Name: app.Tokens[token].Name})
			}
		}
	}
	return c
}
