// Package auditpage makes the HTML page of an audit: the report, and below it all tokens, to look at, search and print.
package auditpage

import (
	_ "embed"
	"fmt"
	"slices"
	"sync"
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

// page is made when it is first needed: other commands should not wait for it.
var page = sync.OnceValue(func() *report.Page { return report.NewPage(body, style, script) })

// maxTokens is how many tokens the table lists. Those on which something is found have precedence.
const maxTokens = 100_000

// An inventory is what the page shows of the tokens themselves.
type inventory struct {
	Chart    chart
	Matrices []table
	Tokens   int
	Listed   int  // tokens in the table
	Unread   bool // whether an application could not be read
	Rules    []ruleData
	Reach    []bitName
	Data     tableData

	Applications []application
}

// tableData is what the page's script makes the table of.
type tableData struct {
	Rules        map[string]ruleData `json:"rules"`
	Reach        []bitName           `json:"reach"`
	Actors       []actor             `json:"actors"`
	Applications []application       `json:"applications"`
	Rows         []row               `json:"rows"`
}

type ruleData struct {
	ID       string         `json:"-"`
	Severity audit.Severity `json:"severity"`
	Title    string         `json:"title"`
	Remedy   string         `json:"remedy"`
}

type bitName struct {
	Bit  int    `json:"bit"`
	Name string `json:"name"`
}

type application struct {
	Number int    `json:"-"`
	ID     string `json:"i"`
	Name   string `json:"n"`
}

// A row is a token in the table. Times are in Unix seconds, 0 where they are not known; a member's name is short because
// there are many rows.
type row struct {
	Application int       `json:"p"` // its number
	ID          string    `json:"i"`
	Name        string    `json:"n"`
	Actor       int       `json:"a"` // its number
	Created     int64     `json:"c"`
	Used        *int64    `json:"u"`
	Expires     *int64    `json:"e"`
	Reach       int       `json:"r"` // bits
	Findings    []finding `json:"f"`
}

type actor struct {
	ID   string `json:"i"`
	Name string `json:"n"`
}

type finding struct {
	Rule     string `json:"r"`
	Message  string `json:"m"`
	Accepted string `json:"a,omitempty"` // how it is accepted
}

// Add makes the HTML form of a document the page of the audit that the document is on.
func Add(d *report.Document, r *audit.Report) {
	i := &inventory{Tokens: r.Tokens(), Chart: newChart(r), Matrices: matrices(r)}
	i.Data.Rules = map[string]ruleData{}
	for _, rule := range audit.Rules() {
		i.Data.Rules[rule.ID] = ruleData{rule.ID, rule.Severity, rule.Title, rule.Remedy}
	}
	for _, g := range r.Groups {
		i.Rules = append(i.Rules, ruleData{g.ID, g.Severity, g.Title, g.Remedy})
		i.Data.Rules[g.ID] = ruleData{g.ID, g.Severity, g.Title, g.Remedy}
	}
	for n, column := range columns {
		i.Reach = append(i.Reach, bitName{1 << n, column.name})
	}
	i.Data.Reach = i.Reach
	i.rows(r)
	i.Unread = slices.ContainsFunc(r.Applications, func(app audit.Application) bool { return app.Err != "" })
	d.Page, d.Inventory = page(), i
}

// rows makes the rows of the table, those with findings first.
func (i *inventory) rows(r *audit.Report) {
	found := map[audit.Subject][]finding{}
	for f := range r.Findings() {
		shown := finding{Rule: f.Rule, Message: f.Message}
		if f.Accepted != nil {
			shown.Accepted = "Accepted."
			if f.Accepted.Until != "" {
				shown.Accepted = fmt.Sprintf("Accepted until %s.", f.Accepted.Until)
			}
		}
		found[f.Subject] = append(found[f.Subject], shown)
	}
	actors := map[actor]int{}
	var clean []row
	for n, app := range r.Applications {
		i.Applications = append(i.Applications, application{n, app.ID, app.Name})
		for _, tok := range app.Tokens {
			who := actor{tok.Actor, tok.ActorName}
			if _, known := actors[who]; !known {
				actors[who] = len(i.Data.Actors)
				i.Data.Actors = append(i.Data.Actors, who)
			}
			line := row{
				Application: n, ID: tok.Token, Name: tok.Name, Actor: actors[who], Findings: found[tok.Subject],
				Created: *seconds(&tok.Created), Used: seconds(tok.LastUsed), Expires: seconds(tok.Expires),
			}
			for bit, column := range columns {
				if tok.Reach.Has(column.name) {
					line.Reach |= 1 << bit
				}
			}
			if len(line.Findings) > 0 {
				i.Data.Rows = append(i.Data.Rows, line)
			} else {
				clean = append(clean, line)
			}
		}
	}
	i.Data.Applications = i.Applications
	i.Data.Rows = append(i.Data.Rows, clean...)
	i.Data.Rows = i.Data.Rows[:min(len(i.Data.Rows), maxTokens)]
	i.Listed = len(i.Data.Rows)
}

// seconds returns a time in Unix seconds, 0 if it is not known, and nil for never.
func seconds(t *time.Time) *int64 {
	if t == nil {
		return nil
	}
	var s int64
	if !t.IsZero() {
		s = t.Unix()
	}
	return &s
}
