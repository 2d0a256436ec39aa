// Package page writes the report of an audit as one HTML file to look at, search and print. The file loads nothing and
// runs no script but its own, and works from a disk.
package page

import (
	_ "embed"
	"io"
	"strings"
	"sync"

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
var page = sync.OnceValue(func() *report.Page {
	return report.NewPage(body, style, script, nil)
})

// firstFindings is how many findings of a rule stand under it; the table has all.
const firstFindings = 10

type data struct {
	Report    *audit.Report
	At        string
	Severity  []severityCount
	Accepted  int
	Groups    []group
	Chart     chart
	Matrices  []table
	Listed    int // tokens in the table
	TableData tableData
}

type severityCount struct {
	Severity audit.Severity
	Count    int
}

type group struct {
	audit.Group
	Number   int             // of the rule
	First    []audit.Finding // that are not accepted
	Others   int
	OnTokens bool // the findings are in the table
}

type table struct {
	Caption, Subject string
	Columns          []column
	Lines            []heatLine
	Others           int
}

// tableData is what the page's script makes the table of.
type tableData struct {
	Rules  []ruleData `json:"rules"`
	Reach  []bitName  `json:"reach"`
	Actors []actor    `json:"actors"`
	Rows   []row      `json:"rows"`
}

type ruleData struct {
	Severity audit.Severity `json:"severity"`
	Title    string         `json:"title"`
	Remedy   string         `json:"remedy"`
}

type bitName struct {
	Bit  int    `json:"bit"`
	Name string `json:"name"`
}

// Write writes the page for a report and the inventory of the tokens that it is on.
func Write(w io.Writer, report *audit.Report, inventory *Inventory) error {
	rows := inventory.rows(report)
	d := data{
		Report:   report,
		At:       report.At.UTC().Format("2006-01-02 15:04 UTC"),
		Accepted: report.Accepted(),
		Chart:    inventory.chart(),
		Listed:   len(rows),
		TableData: tableData{
			Actors: inventory.actors, Rows: rows, Reach: reachNames(), Rules: inventory.ruleData(report),
		},
	}
	for _, severity := range []audit.Severity{audit.Error, audit.Warning, audit.Note} {
		d.Severity = append(d.Severity, severityCount{severity, report.Count(severity)})
	}
	for _, g := range report.Groups {
		d.Groups = append(d.Groups, inventory.group(g))
	}
	d.Matrices = []table{
		inventory.byActor.table("Tokens of each actor, by what they may do and where", "Actor"),
		inventory.byResource.table("Tokens that reach each resource, by what they may do there", "Resource"),
	}
	return page().Write(w, "Token audit: "+orElse(report.ApplicationName, report.Application), d)
}

func (i *Inventory) group(g audit.Group) group {
	open := g.Open()
	shown := group{Group: g, Number: i.rules[g.ID], First: open[:min(len(open), firstFindings)], OnTokens: g.ID != audit.ManyTokens}
	shown.Others = g.Count() - len(shown.First)
	return shown
}

// ruleData returns all rules in the order of their numbers, with the severities of the report.
func (i *Inventory) ruleData(report *audit.Report) []ruleData {
	var rules []ruleData
	for _, rule := range audit.Rules() {
		rules = append(rules, ruleData{rule.Severity, rule.Title, rule.Remedy})
	}
	for _, g := range report.Groups {
		rules[i.rules[g.ID]].Severity = g.Severity
	}
	return rules
}

func reachNames() []bitName {
	var names []bitName
	for _, c := range actorColumns {
		names = append(names, bitName{int(c.Bit), strings.ToLower(c.Title)})
	}
	return names
}

func (m *matrix) table(caption, subject string) table {
	lines, others := m.top()
	return table{caption, subject, m.columns, lines, others}
}
