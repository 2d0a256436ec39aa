package auditpage

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/psoauth/psoauth/api/audit"
	"github.com/psoauth/psoauth/internal/report"
)

// A column is a part of what a token may do, or of where.
type column struct {
	name  string // as in [audit.Reach.Names]
	Title string
	risk  bool // whether many tokens there are a risk
}

var columns = []column{
	{"read", "Read", false}, {"write", "Write", false}, {"delete", "Delete", true}, {"administer", "Administer", true},
	{"user", "User", false}, {"branch", "Branches", false}, {"database", "Databases", false},
	{"organization", "Organization", true}, {"production", "Production", true},
}

const does = 4 // columns that say what a token may do; the others say where

const (
	shownLines = 15   // of a matrix, before the others are folded
	maxLines   = 1000 // of a matrix
)

// A table is a matrix as it is shown.
type table struct {
	Caption, Subject string
	Columns          []column
	Does, On         int // columns of each kind
	Lines, More      []*line
	Others           int
}

// A line counts the tokens of an actor, or on a resource, with each kind of reach.
type line struct {
	Label, Kind string
	Tokens      int
	Cells       []cell
	risks       int // kinds of reach that are a risk
}

type cell struct {
	Count int
	Heat  int // 0 for none, and from 1 to 4 as the count comes closer to the largest, where it is a risk
}

type matrix struct {
	columns []column
	lines   map[string]*line
	largest int // count where it is a risk, or 2
}

// matrices returns the tokens of each actor, and on each resource.
func matrices(r *audit.Report) []table {
	return []table{
		actors(r).table("Tokens of each actor, by what they may do and where; the widest reach first", "Actor"),
		resources(r).table("Tokens that reach each resource, by what they may do there; the widest reach first", "Resource"),
	}
}

func actors(r *audit.Report) *matrix {
	m := &matrix{columns, map[string]*line{}, 2}
	for _, app := range r.Applications {
		within := ""
		if len(r.Applications) > 1 {
			within = cmp.Or(app.Name, app.ID)
		}
		for _, tok := range app.Tokens {
			m.add(app.ID+"\x00"+tok.Actor, cmp.Or(tok.ActorName, tok.Actor, "unknown"), within, tok.Reach)
		}
	}
	return m
}

func resources(r *audit.Report) *matrix {
	m := &matrix{columns[:does], map[string]*line{}, 2}
	for _, app := range r.Applications {
		for _, tok := range app.Tokens {
			for _, g := range tok.Grants {
				if g.Kind != "user" { // of whom there are as many as actors
					m.add(fmt.Sprint(g.Kind, g.Deleted, cmp.Or(g.ID, g.Name)), cmp.Or(g.Name, g.ID), kindOf(g), g.Does)
				}
			}
		}
	}
	return m
}

// Holders lists the actors of several applications, and what their tokens reach, in the order of the page.
func Holders(r *audit.Report) report.Section {
	const maxHolders = 15
	s := report.Section{Title: "Who reaches what", Columns: []string{"Application", "Actor", "Tokens", "Reach"}}
	all := actors(r).sorted()
	for _, l := range all[:min(len(all), maxHolders)] {
		var reach []string
		for i, c := range columns {
			if l.Cells[i].Count > 0 {
				reach = append(reach, c.name)
			}
		}
		s.Rows = append(s.Rows, []string{l.Kind, l.Label, report.Number(l.Tokens), strings.Join(reach, ", ")})
	}
	if more := len(all) - len(s.Rows); more > 0 {
		s.Note = fmt.Sprintf("And %s more with less reach or fewer tokens, which the HTML form has.", report.Number(more))
	}
	return s
}

func kindOf(g audit.Grant) string {
	kind := g.Kind
	if !strings.Contains(g.Name, "/") && (kind == "database" || kind == "branch") {
		kind += " (no organization given)"
	}
	if g.Deleted {
		kind = "deleted " + kind
	}
	return kind
}

// add counts a token.
func (m *matrix) add(key, label, kind string, reach audit.Reach) {
	l := m.lines[key]
	if l == nil {
		l = &line{Label: label, Kind: kind, Cells: make([]cell, len(m.columns))}
		m.lines[key] = l
	}
	if strings.Contains(label, "/") && !strings.Contains(l.Label, "/") { // a resource is listed with and without what it is in
		l.Label, l.Kind = label, kind
	}
	l.Tokens++
	names := reach.Names()
	for i, c := range m.columns {
		if !slices.Contains(names, c.name) {
			continue
		}
		if l.Cells[i].Count++; c.risk && l.Cells[i].Count == 1 {
			l.risks++
		}
		if c.risk {
			m.largest = max(m.largest, l.Cells[i].Count)
		}
	}
}

// sorted returns the lines with the widest reach first, and of those the busiest.
func (m *matrix) sorted() []*line {
	return slices.SortedFunc(maps.Values(m.lines), func(a, b *line) int {
		return cmp.Or(cmp.Compare(b.risks, a.risks), cmp.Compare(b.Tokens, a.Tokens), cmp.Compare(a.Label, b.Label),
			cmp.Compare(a.Kind, b.Kind))
	})
}

// table returns the matrix as it is shown.
func (m *matrix) table(caption, subject string) table {
	t := table{Caption: caption, Subject: subject, Columns: m.columns, Does: does, On: len(m.columns) - does}
	all := m.sorted()
	for _, l := range all {
		for i, c := range m.columns {
			if n := l.Cells[i].Count; n > 0 && c.risk {
				l.Cells[i].Heat = 1 + int(3*math.Log(float64(n))/math.Log(float64(m.largest)))
			}
		}
	}
	listed := all[:min(len(all), maxLines)]
	t.Lines, t.More = listed[:min(len(listed), shownLines)], listed[min(len(listed), shownLines):]
	t.Others = len(all) - len(listed)
	return t
}
