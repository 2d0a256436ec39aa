package audit

import (
	"slices"

	"github.com/psoauth/psoauth/api"
	"github.com/psoauth/psoauth/internal/text"
)

// An Auditor applies the rules to the tokens of one application, one after the other, and keeps what it finds. It is not
// safe for concurrent use.
type Auditor struct {
	options  Options
	secrets  func() []string // a function, because printers look into a slice
	severity map[string]Severity
	checks   []check // the rules on single tokens that are not off
	declared declaration
	grades   map[string]Reach
	accepted map[string][]*acceptance // by the token's id
	accept   []*acceptance
	actors   actors
	ages     *ages
	findings []Finding // on the last token
	groups   map[string]*Group
	report   Report
}

// An acceptance knows whether it was needed.
type acceptance struct {
	Acceptance
	used bool
}

// New makes an auditor for the tokens of app, which must not be nil. Its error joins everything that is wrong with the
// options.
func New(app *api.Application, options Options) (*Auditor, error) {
	options, err := options.withDefaults()
	if err != nil {
		return nil, err
	}
	a := &Auditor{
		options:  options,
		severity: map[string]Severity{},
		declared: declarationOf(app),
		grades:   map[string]Reach{},
		accepted: map[string][]*acceptance{},
		actors:   newActors(options.TokensPerActor, maxActors),
		ages:     new(ages),
		groups:   map[string]*Group{},
	}
	var secrets []string
	for _, secret := range options.Secrets {
		secrets = append(secrets, secret.Reveal())
	}
	a.secrets = func() []string { return secrets }
	a.report = Report{
		Application:     text.Data(app.ID, nameBytes, a.secrets()...),
		ApplicationName: text.Data(app.Name, nameBytes, a.secrets()...),
		At:              options.Now,
	}
	for _, rule := range rules {
		severity, changed := options.Severities[rule.ID]
		if !changed {
			severity = rule.Severity
		}
		a.severity[rule.ID] = severity
		group := &Group{Rule: rule.Rule}
		group.Severity = severity
		a.groups[rule.ID] = group
		if severity != Off && rule.find != nil {
			a.checks = append(a.checks, rule)
		}
	}
	for _, given := range options.Accept {
		given.Token = text.Data(given.Token, nameBytes, a.secrets()...) // which findings call the token
		given.Reason = text.Data(given.Reason, reasonBytes, a.secrets()...)
		kept := &acceptance{Acceptance: given}
		a.accepted[given.Token] = append(a.accepted[given.Token], kept)
		a.accept = append(a.accept, kept)
	}
	return a, nil
}

// Token judges one token and returns what is found on it alone, the worst rule first. The slice is good until the next
// call.
func (a *Auditor) Token(tok *api.Token) []Finding {
	a.findings = a.findings[:0]
	reach := a.reach(tok)
	for i := range a.checks {
		message := a.checks[i].find(a, tok, reach)
		if message == "" {
			continue
		}
		var subject Subject
		if len(a.findings) == 0 {
			subject = a.Subject(tok)
		} else {
			subject = a.findings[0].Subject
		}
		a.findings = append(a.findings, a.judged(subject, a.checks[i].ID, message))
	}
	flagged := slices.ContainsFunc(a.findings, Finding.isOpen)
	if flagged {
		a.report.Flagged++
	}
	a.report.Tokens++
	a.actors.add(tok)
	a.ages.add(tok, a.since(tok.CreatedAt), flagged)
	a.keep(a.findings)
	return a.findings
}

// keep adds findings to the report.
func (a *Auditor) keep(findings []Finding) {
	for _, f := range findings {
		group := a.groups[f.Rule]
		if len(group.Findings) >= MaxFindings && f.isOpen() {
			group.More++
			continue
		}
		group.Findings = append(group.Findings, f)
	}
}

// finish applies the rules on all tokens together.
func (a *Auditor) finish() {
	for _, rule := range []struct {
		id      string
		remarks []remark
	}{
		{ManyTokens, a.actors.remarks()},
		{UnusualAge, a.ages.remarks(a.options.AgeSpread)},
	} {
		if a.severity[rule.id] == Off {
			continue
		}
		for _, r := range rule.remarks {
			f := a.judged(a.shown(r.reference), rule.id, r.message)
			if f.Token != "" && f.isOpen() && !r.flagged {
				a.report.Flagged++
			}
			a.keep([]Finding{f})
		}
	}
}

// judged makes a finding, with what the options say of it.
func (a *Auditor) judged(subject Subject, rule, message string) Finding {
	f := Finding{Rule: rule, Severity: a.severity[rule], Subject: subject, Message: message}
	for _, known := range a.accepted[f.Token] {
		if (known.Rule == "" || known.Rule == rule) && a.options.Now.Before(known.Until) {
			f.Accepted, known.used = &known.Acceptance, true
			break
		}
	}
	return f
}
