package audit

import (
	"io"
	"slices"
	"strings"
	"time"

	"github.com/psoauth/psoauth/internal/report"
)

// A Baseline is what an earlier audit saw: the findings that are known, and the tokens there were with their scopes. Its
// JSON form is meant to be kept beside the code and to be read in reviews. A nil baseline knows nothing.
type Baseline struct {
	report.Baseline
	Applications []knownApplication `json:"applications"`
}

type knownApplication struct {
	ID     string       `json:"id"`
	Name   string       `json:"name"`
	Tokens []knownToken `json:"tokens"`
}

type knownToken struct {
	ID     string   `json:"id"`
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

// ReadBaseline reads what the Write method of a baseline writes. An unknown member, an unknown rule or a second document is
// an error.
func ReadBaseline(r io.Reader) (*Baseline, error) {
	b := &Baseline{}
	if err := report.ReadJSON(r, b); err != nil {
		return nil, err
	}
	b.sort()
	return b, b.Check(func(rule string) bool {
		_, known := ruleByID(rule)
		return known
	})
}

// Write writes the baseline as JSON, in an order that makes small differences between versions.
func (b *Baseline) Write(w io.Writer) error {
	written := *b
	written.Findings = slices.Concat([]Acceptance{}, b.Findings)
	written.Applications = slices.Concat([]knownApplication{}, b.Applications)
	return report.WriteJSON(w, written)
}

// Update makes the baseline know what the report has, and the report accept all its findings. What the baseline knows of
// applications that the report does not have, or that could not be read, stays, except for applications that are gone. An
// acceptance keeps its last day and its reason; where its day is past, the findings stay open.
func (b *Baseline) Update(r *Report) {
	stays := func(id string) bool {
		i := slices.IndexFunc(r.Applications, func(app Application) bool { return app.ID == id })
		if i < 0 {
			return !r.whole
		}
		return r.Applications[i].Err != ""
	}
	var found []Acceptance
	for _, a := range b.Findings {
		if stays(b.owner(a)) {
			found = append(found, a)
		}
	}
	for f := range r.Findings() {
		found = append(found, f.acceptances()...)
	}
	b.Baseline.Update(found)
	b.Applications = slices.DeleteFunc(b.Applications, func(app knownApplication) bool { return !stays(app.ID) })
	for _, app := range r.Applications {
		if app.Err == "" {
			b.Applications = append(b.Applications, known(app))
		}
	}
	b.sort()
	for _, group := range r.Groups {
		for i := range group.Findings {
			if f := &group.Findings[i]; f.Accepted == nil {
				f.Accepted = b.accepted(*f, r.At)
			}
		}
	}
}

// sort puts applications and tokens into the order of their ids, in which they are looked up.
func (b *Baseline) sort() {
	slices.SortFunc(b.Applications, func(x, y knownApplication) int { return strings.Compare(x.ID, y.ID) })
	for _, app := range b.Applications {
		slices.SortFunc(app.Tokens, func(x, y knownToken) int { return strings.Compare(x.ID, y.ID) })
	}
}

const inBaseline = "in the baseline"

func known(app Application) knownApplication {
	k := knownApplication{ID: app.ID, Name: app.Name, Tokens: []knownToken{}}
	for _, tok := range app.Tokens {
		k.Tokens = append(k.Tokens, knownToken{tok.Token, tok.Name, slices.Concat([]string{}, tok.Scopes)})
	}
	return k
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

// owner returns the id of the application that an acceptance is about, as far as the baseline knows it.
func (b *Baseline) owner(a Acceptance) string {
	if a.Token == "" {
		id, _, _ := strings.Cut(strings.TrimPrefix(a.Pointer, "/"), "/")
		return id
	}
	for _, app := range b.Applications {
		if app.token(a.Token) != nil {
			return app.ID
		}
	}
	return ""
}

// accepted returns what accepts the finding, and all that is merged into it, at a time, or nil.
func (b *Baseline) accepted(f Finding, now time.Time) *Acceptance {
	if b == nil {
		return nil
	}
	for _, a := range f.acceptances() {
		if !b.Accepts(a, now) {
			return nil
		}
	}
	return &Acceptance{Token: f.Token, Rule: f.Rule, Reason: inBaseline}
}

func (b *Baseline) application(id string) *knownApplication {
	if b == nil {
		return nil
	}
	i, found := slices.BinarySearchFunc(b.Applications, id, func(app knownApplication, id string) int { return strings.Compare(app.ID, id) })
	if !found {
		return nil
	}
	return &b.Applications[i]
}

func (app *knownApplication) token(id string) *knownToken {
	if app == nil {
		return nil
	}
	i, found := slices.BinarySearchFunc(app.Tokens, id, func(tok knownToken, id string) int { return strings.Compare(tok.ID, id) })
	if !found {
		return nil
	}
	return &app.Tokens[i]
}

// names returns the names of the scopes and accesses that the tokens had.
func (app *knownApplication) names() map[string]bool {
	all := map[string]bool{}
	if app != nil {
		for _, tok := range app.Tokens {
			for _, scope := range tok.Scopes {
				name, _, _ := strings.Cut(scope, " on ")
				all[name] = true
			}
		}
	}
	return all
}

// changes returns how the tokens of a report differ from those of the baseline, or nil if there is no baseline.
func (b *Baseline) changes(r *Report) *Changes {
	if b == nil {
		return nil
	}
	c := &Changes{}
	seen := map[string]bool{}
	for _, app := range r.Applications {
		seen[app.ID] = true
		if app.Err != "" {
			continue
		}
		before := b.application(app.ID)
		if before == nil {
			c.NewApplications = append(c.NewApplications, Subject{Application: app.ID, Name: app.Name})
		}
		listed := map[string]bool{}
		for i := range app.Tokens {
			tok := &app.Tokens[i]
			listed[tok.Token] = true
			if earlier := before.token(tok.Token); earlier == nil {
				c.NewTokens = append(c.NewTokens, tok.Subject)
			} else if len(earlier.wider(tok)) > 0 {
				c.WidenedTokens = append(c.WidenedTokens, tok.Subject)
			}
		}
		if before != nil {
			c.gone(before, listed)
		}
	}
	for i := range b.Applications {
		if app := &b.Applications[i]; r.whole && !seen[app.ID] {
			c.GoneApplications = append(c.GoneApplications, Subject{Application: app.ID, Name: app.Name})
			c.gone(app, nil)
		}
	}
	return c
}

// gone adds the tokens of an application that are not listed any more.
func (c *Changes) gone(app *knownApplication, listed map[string]bool) {
	for _, tok := range app.Tokens {
		if !listed[tok.ID] {
			c.GoneTokens = append(c.GoneTokens, Subject{Application: app.ID, Token: tok.ID, Name: tok.Name})
		}
	}
}

// wider returns the scopes and resources of a token that the baseline does not know.
func (tok *knownToken) wider(now *Token) (more []string) {
	for _, scope := range now.Scopes {
		if !slices.Contains(tok.Scopes, scope) {
			more = append(more, scope)
		}
	}
	return more
}
