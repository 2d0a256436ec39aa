package audit

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"

	"github.com/psoauth/psoauth/api"
	"github.com/psoauth/psoauth/internal/text"
)

const (
	nameBytes   = 120 // of a name or an id
	itemBytes   = 80  // of a scope or a resource in a message
	reasonBytes = 300
	maxItems    = 4 // in a message before it only counts them

	fewestAges  = 20 // there is no usual age among fewer tokens
	leastSpread = 30 // days that the middle half of the ages spans at least: what is a month older than a batch is not unusual
)

// Run audits the tokens of one application. An error that tokens yields ends the audit and is returned: half a list is no
// audit.
func Run(app *api.Application, tokens iter.Seq2[*api.Token, error], options Options) (*Report, error) {
	a, err := New(options)
	if err != nil {
		return nil, err
	}
	if err := a.Add(app, tokens); err != nil {
		return nil, err
	}
	return a.Report(), nil
}

// An Auditor applies the rules to the tokens of applications, one application after the other. It is not safe for
// concurrent use.
type Auditor struct {
	options      Options
	baseline     *Baseline       // an empty one if the options have none
	secrets      func() []string // a function, because printers look into a slice
	severity     map[string]Severity
	applications []Application
	findings     map[string][]Finding // by rule
	used         map[int]bool         // which of the options' acceptances were needed
}

// audited is an application while its tokens are judged.
type audited struct {
	*Auditor
	Application
	declared declaration
	before   knownApplication     // in the baseline
	names    map[string]bool      // of the scopes that its tokens had in the baseline; nil if that does not know it
	actors   map[string][]Subject // one for each token, by the actor's id
	findings []Finding
}

// New makes an auditor. Its error joins everything that is wrong with the options.
func New(options Options) (*Auditor, error) {
	err := options.check()
	if options.Now.IsZero() {
		err = errors.Join(errors.New("the field Now is required"), err)
	}
	if err != nil {
		return nil, fmt.Errorf("audit.Options: %w", err)
	}
	options = options.withDefaults()
	a := &Auditor{options: options, baseline: cmp.Or(options.Baseline, &Baseline{}), severity: map[string]Severity{}, findings: map[string][]Finding{}, used: map[int]bool{}}
	var secrets []string
	for _, secret := range options.Secrets {
		secrets = append(secrets, secret.Reveal())
	}
	a.secrets = func() []string { return secrets }
	for _, rule := range rules {
		a.severity[rule.ID] = rule.Severity
	}
	maps.Copy(a.severity, options.Severities)
	a.options.Accept = slices.Clone(options.Accept)
	for i := range a.options.Accept {
		given := &a.options.Accept[i]
		given.Token = a.shown(given.Token) // which findings call the token
		given.Reason = text.Data(given.Reason, reasonBytes, secrets...)
	}
	return a, nil
}

// Add audits the tokens of an application. An error that tokens yields ends the audit of the application and is returned;
// nothing of the application is in the report then.
func (a *Auditor) Add(app *api.Application, tokens iter.Seq2[*api.Token, error]) error {
	d := &audited{
		Auditor: a, Application: Application{ID: a.shown(app.ID), Name: a.shown(app.Name)}, declared: declarationOf(app),
		actors: map[string][]Subject{},
	}
	if before, known := a.baseline.file.Applications[d.ID]; known {
		d.before, d.names = before, before.names()
	}
	for tok, err := range tokens {
		if err != nil {
			return err
		}
		d.token(tok)
	}
	d.finish()
	a.applications = append(a.applications, d.Application)
	for _, f := range merged(d.findings) {
		a.findings[f.Rule] = append(a.findings[f.Rule], f)
	}
	return nil
}

// Unread reports an application that could not be audited, and why. What is known of it from a baseline stays known.
func (a *Auditor) Unread(id, name string, err error) {
	a.applications = append(a.applications, Application{ID: a.shown(id), Name: a.shown(name), Err: text.Excerpt(err.Error(), reasonBytes, a.secrets()...)})
}

func (a *Auditor) shown(s string) string { return text.Data(s, nameBytes, a.secrets()...) }

// token judges one token.
func (d *audited) token(tok *api.Token) {
	held := d.held(tok)
	shown := Token{
		Subject: Subject{
			Application: d.ID, Token: d.shown(tok.ID), Name: d.shown(cmp.Or(tok.DisplayName, orEmpty(tok.Name))),
			Actor: d.shown(orEmpty(tok.ActorID)), ActorName: d.shown(orEmpty(tok.ActorDisplayName)),
		},
		Created: tok.CreatedAt, LastUsed: tok.LastUsedAt, Expires: tok.ExpiresAt,
		Reach: held.reach &^ undeclared, Grants: held.grants,
		Scopes: slices.Sorted(maps.Keys(held.labels)),
	}
	j := judged{tok, held, d.wider(&shown, held.labels)}
	for _, rule := range rules {
		if rule.find == nil || d.severity[rule.ID] == Off {
			continue
		}
		if message := rule.find(d.Auditor, j); message != "" {
			d.found(shown.Subject, rule.ID, message)
		}
	}
	if id := orEmpty(tok.ActorID); id != "" {
		d.actors[id] = append(d.actors[id], Subject{Application: d.ID, Actor: shown.Actor, ActorName: shown.ActorName})
	}
	d.Tokens = append(d.Tokens, shown)
}

// finish applies the rules on all tokens of the application together.
func (d *audited) finish() {
	tokensOf := func(id string) int { return len(d.actors[id]) }
	for _, id := range slices.SortedFunc(maps.Keys(d.actors), func(a, b string) int {
		return cmp.Or(cmp.Compare(tokensOf(b), tokensOf(a)), cmp.Compare(a, b))
	}) {
		if n := tokensOf(id); n > d.options.TokensPerActor {
			message := fmt.Sprintf("acts through %d tokens, more than %d", n, d.options.TokensPerActor)
			d.found(d.actors[id][n-1], manyTokens, message)
		}
	}
	oldest := slices.DeleteFunc(slices.Clone(d.Tokens), func(t Token) bool { return t.Created.IsZero() })
	if len(oldest) < fewestAges {
		return
	}
	slices.SortStableFunc(oldest, func(a, b Token) int {
		return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.Token, b.Token))
	})
	age := func(i int) int64 { return d.since(oldest[i].Created) / day }
	// A quartile is the least age that a quarter of the tokens does not exceed.
	quartile := func(q int) int64 { return age(len(oldest) - (len(oldest)*q+3)/4) }
	q1, q3 := quartile(1), quartile(3)
	fence := float64(q3) + d.options.AgeSpread*float64(max(q3-q1, leastSpread))
	for i := 0; i < len(oldest) && float64(age(i)) > fence; i++ {
		d.found(oldest[i].Subject, unusualAge, fmt.Sprintf("%d days old, while three quarters of the tokens are at most %d", age(i), q3))
	}
}

// found adds a finding, with what the options say of it.
func (d *audited) found(subject Subject, rule, message string) {
	severity := d.severity[rule]
	if severity == Off {
		return
	}
	f := Finding{Rule: rule, Severity: severity, Subject: subject, Message: message}
	for i := range d.options.Accept {
		given := &d.options.Accept[i]
		if f.Accepted == nil && given.Token == f.Token && (given.Rule == "" || given.Rule == rule) && given.Holds(d.options.Now) {
			f.Accepted, d.used[i] = given, true
		}
	}
	if f.Accepted == nil && rule != widened {
		f.Accepted = d.baseline.accepted(f, d.options.Now)
	}
	d.findings = append(d.findings, f)
}

// wider says what is new since the baseline on a token of an application that the baseline knows: scopes and resources that
// the token did not have, and of a new token the scopes that no token of the application had.
func (d *audited) wider(tok *Token, labels map[string]label) string {
	var more items
	earlier, listed := d.before.Tokens[tok.Token]
	if listed {
		for _, key := range earlier.wider(tok) {
			more = more.with(labels[key].text)
		}
		return d.list("new since the baseline: ", more)
	}
	for _, key := range tok.Scopes {
		if scope := labels[key].scope; d.names != nil && scope != "" && !d.names[scope] {
			more = more.with(labels[key].text)
		}
	}
	return d.list("a new token with what none of the application had: ", more)
}

// merged makes one finding of all that is open on a token that is wider than in the baseline, because the change is one: the
// finding of the worst rule.
func merged(all []Finding) []Finding {
	worst := map[string]int{} // by token
	for i, f := range all {
		if f.Rule == widened && f.Accepted == nil {
			worst[f.Token] = i
		}
	}
	for i, f := range all {
		if w, wider := worst[f.Token]; wider && f.Accepted == nil && f.Severity > all[w].Severity {
			worst[f.Token] = i
		}
	}
	for i := range all {
		f := &all[i]
		if w, wider := worst[f.Token]; wider && f.Accepted == nil && i != w {
			all[w].Message, all[w].Also = all[w].Message+"; "+f.Message, append(all[w].Also, f.Rule)
			f.Severity = Off // it is in the other now
		}
	}
	return slices.DeleteFunc(all, func(f Finding) bool { return f.Severity == Off })
}

func orEmpty(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
