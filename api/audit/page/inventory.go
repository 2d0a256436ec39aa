package page

import (
	"time"

	"github.com/psoauth/psoauth/api"
	"github.com/psoauth/psoauth/api/audit"
)

// MaxTokens is how many tokens the table of a page lists. Those on which something is found have precedence.
const MaxTokens = 100_000

// An Inventory is what a page shows of the tokens themselves. It grows with the list until the table is full. It is not
// safe for concurrent use.
type Inventory struct {
	auditor *audit.Auditor
	rules   map[string]int // the number of each rule
	tokens  int

	flagged, clean []row
	names          map[audit.Subject]int // the number of each actor
	actors         []actor

	created, used, expires histogram
	byActor, byResource    matrix
}

// A row is a token in the table. Times are in Unix seconds; a member's name is short because there are many rows.
type row struct {
	ID       string    `json:"i"`
	Name     string    `json:"n"`
	Actor    int       `json:"a"` // its number
	Created  int64     `json:"c"`
	Used     *int64    `json:"u"`
	Expires  *int64    `json:"e"`
	Reach    int       `json:"r"` // an audit.Reach
	Findings []finding `json:"f"`
}

type actor struct {
	ID   string `json:"i"`
	Name string `json:"n"`
}

type finding struct {
	Rule     int    `json:"r"` // its number
	Message  string `json:"m"`
	Accepted string `json:"a,omitempty"` // until this day
}

// NewInventory makes an inventory of the tokens that auditor judges at a time.
func NewInventory(auditor *audit.Auditor, now time.Time) *Inventory {
	i := &Inventory{
		auditor: auditor, rules: map[string]int{}, names: map[audit.Subject]int{},
		created: histogram{now: now}, used: histogram{now: now}, expires: histogram{now: now},
		byActor:    newMatrix(actorColumns, audit.Administers|audit.Deletes|audit.OnOrganization|audit.OnProduction),
		byResource: newMatrix(resourceColumns, audit.Administers|audit.Deletes),
	}
	for n, rule := range audit.Rules() {
		i.rules[rule.ID] = n
	}
	return i
}

// Add adds a token, and what [audit.Auditor.Token] found on it.
func (i *Inventory) Add(tok *api.Token, found []audit.Finding) {
	i.tokens++
	i.created.add(&tok.CreatedAt)
	i.used.add(tok.LastUsedAt)
	i.expires.add(tok.ExpiresAt)
	subject, reach := i.auditor.Subject(tok), i.auditor.Reach(tok)
	i.byActor.add(i.tokens, subject.Actor, orElse(subject.ActorName, orElse(subject.Actor, "unknown")), "", reach)
	for _, grant := range i.auditor.Grants(tok) {
		if grant.Kind == audit.OnUser {
			continue // as many as there are actors
		}
		i.byResource.add(i.tokens, kindOf(grant)+" "+grant.ID, orElse(grant.Name, grant.ID), kindOf(grant), grant.Does)
	}
	r := row{
		ID: subject.Token, Name: subject.Name, Reach: int(reach),
		Created: tok.CreatedAt.Unix(), Used: seconds(tok.LastUsedAt), Expires: seconds(tok.ExpiresAt),
	}
	for _, f := range found {
		r.Findings = append(r.Findings, i.finding(f))
	}
	switch {
	case len(r.Findings) > 0 && len(i.flagged) < MaxTokens:
		r.Actor = i.actor(subject)
		i.flagged = append(i.flagged, r)
		i.clean = i.clean[:min(len(i.clean), MaxTokens-len(i.flagged))]
	case len(r.Findings) == 0 && len(i.flagged)+len(i.clean) < MaxTokens:
		r.Actor = i.actor(subject)
		i.clean = append(i.clean, r)
	}
}

func (i *Inventory) finding(f audit.Finding) finding {
	shown := finding{Rule: i.rules[f.Rule], Message: f.Message}
	if f.Accepted != nil {
		shown.Accepted = f.Accepted.LastDay()
	}
	return shown
}

// actor returns the number of a token's actor.
func (i *Inventory) actor(subject audit.Subject) int {
	subject.Token, subject.Name = "", ""
	n, known := i.names[subject]
	if !known {
		n = len(i.actors)
		i.names[subject] = n
		i.actors = append(i.actors, actor{subject.Actor, subject.ActorName})
	}
	return n
}

// rows returns the rows of the table, those with findings first. It adds what was found when all tokens were known.
func (i *Inventory) rows(report *audit.Report) []row {
	old := map[string]audit.Finding{}
	for _, group := range report.Groups {
		if group.ID == audit.UnusualAge {
			for _, f := range group.Findings {
				old[f.Token] = f
			}
		}
	}
	rows := append(i.flagged, i.clean...)
	for n := range rows {
		if f, ok := old[rows[n].ID]; ok {
			rows[n].Findings = append(rows[n].Findings, i.finding(f))
		}
	}
	return rows
}

func seconds(t *time.Time) *int64 {
	if t == nil {
		return nil
	}
	s := t.Unix()
	return &s
}

func orElse(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

func kindOf(grant audit.Grant) string {
	kind := map[audit.Reach]string{
		audit.OnUser: "user", audit.OnBranch: "branch", audit.OnDatabase: "database", audit.OnOrganization: "organization",
	}[grant.Kind]
	if grant.Deleted {
		kind = "deleted " + kind
	}
	return orElse(kind, "other")
}
