// Package auditpage makes the HTML page of an audit: the report, and below it all tokens, to look at, search and print.
package auditpage

import (
	_ "embed"
	"slices"
	"time"

	"github.com/psoauth/psoauth/api/audit"
	"github.com/psoauth/psoauth/internal/report"
)

var (
	//go:embed page.html
	body string
	//go:embed page.css
	style string
	//go:embed page.js
	script string
)

// maxTokens is how many tokens the table lists. Those on which something is found have precedence.
const maxTokens = 100_000

// An inventory is what the page shows of the tokens themselves.
type inventory struct {
	*audit.Report
	Times    []period
	Matrices []*matrix
	Unread   bool // whether an application could not be read
	Data     tableData
}

// tableData is what the page's script makes the table of.
type tableData struct {
	Rules        map[string]audit.Rule `json:"rules"`
	Reach        []string              `json:"reach"` // its names, in order
	Applications []application         `json:"applications"`
	Rows         []row                 `json:"rows"`
}

type application struct {
	ID   string `json:"i"`
	Name string `json:"n"`
}

// A row is a token in the table. Times are in Unix seconds, 0 where they are not known; a member's name is short because
// there are many rows.
type row struct {
	Application int       `json:"p"` // its number
	ID          string    `json:"i"`
	Name        string    `json:"n"`
	Actor       string    `json:"a"`
	ActorName   string    `json:"o"`
	Created     int64     `json:"c"`
	Used        *int64    `json:"u"`
	Expires     *int64    `json:"e"`
	Reach       []string  `json:"r"`
	Findings    []finding `json:"f"`
}

type finding struct {
	Rule     string `json:"r"`
	Message  string `json:"m"`
	Accepted string `json:"a,omitempty"` // how it is accepted
}

// Add makes the HTML form of a document the page of the audit that the document is on.
func Add(d *report.Document, r *audit.Report) {
	i := &inventory{Report: r, Times: timeline(r), Matrices: []*matrix{actors(r), resources(r)}}
	i.Data.Rules = map[string]audit.Rule{}
	for _, g := range r.Groups {
		i.Data.Rules[g.ID] = g.Rule
	}
	for _, column := range columns {
		i.Data.Reach = append(i.Data.Reach, column.Name)
	}
	i.rows(r)
	i.Unread = slices.ContainsFunc(r.Applications, func(app audit.Application) bool { return app.Err != "" })
	d.Inventory = &report.Inventory{Template: body, Style: style, Script: script, Data: i}
}

// rows makes the rows of the table, those with findings first.
func (i *inventory) rows(r *audit.Report) {
	found := map[audit.Subject][]finding{}
	for f := range r.Findings() {
		found[f.Subject] = append(found[f.Subject], finding{f.Rule, f.Message, f.Accepted.String()})
	}
	for n, app := range r.Applications {
		i.Data.Applications = append(i.Data.Applications, application{app.ID, app.Name})
		for _, tok := range app.Tokens {
			i.Data.Rows = append(i.Data.Rows, row{
				Application: n, ID: tok.Token, Name: tok.Name, Actor: tok.Actor, ActorName: tok.ActorName,
				Findings: found[tok.Subject], Reach: tok.Reach.Names(),
				Created: *seconds(&tok.Created), Used: seconds(tok.LastUsed), Expires: seconds(tok.Expires),
			})
		}
	}
	slices.SortStableFunc(i.Data.Rows, func(a, b row) int { return min(len(b.Findings), 1) - min(len(a.Findings), 1) })
	i.Data.Rows = i.Data.Rows[:min(len(i.Data.Rows), maxTokens)]
}

// seconds returns a time in Unix seconds, 0 if it is not known, and nil for never.
func seconds(t *time.Time) *int64 {
	switch {
	case t == nil:
		return nil
	case t.IsZero():
		return new(int64)
	}
	return new(t.Unix())
}
