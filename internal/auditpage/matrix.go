package auditpage

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/psoauth/psoauth/api/audit"
	"github.com/psoauth/psoauth/internal/report"
)

// A column is a part of what a token may do, or of where.
type column struct {
	Name string // as in [audit.Reach.Names]
	risk bool   // whether tokens there are a risk
}

var columns = []column{
	{"read", false}, {"write", false}, {"delete", true}, {"administer", true},
	{"user", false}, {"branch", false}, {"database", false}, {"organization", true}, {"production", true},
}

const does = 4 // columns that say what a token may do; the others say where

const (
	shownLines = 15   // of a matrix, before the others are folded
	maxLines   = 1000 // of a matrix
)

// A matrix counts the tokens of actors, or on resources, by their reach.
type matrix struct {
	Caption, Subject string
	Columns          []column
	Does, On         int // columns of each kind
	Lines, More      []*line
	Others           int

	lines map[string]*line
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
	Risk  bool
}

func newMatrix(caption, subject string, columns []column) *matrix {
	return &matrix{
		Caption: caption, Subject: subject, Columns: columns, Does: does, On: len(columns) - does, lines: map[string]*line{},
	}
}

func actors(r *audit.Report) *matrix {
	m := newMatrix("Tokens of each actor, by what they may do and where; the widest reach first, risks shaded", "Actor", columns)
	for _, app := range r.Applications {
		within := ""
		if len(r.Applications) > 1 {
			within = cmp.Or(app.Name, app.ID)
		}
		for _, tok := range app.Tokens {
			m.add(app.ID+"\x00"+tok.Actor, cmp.Or(tok.ActorName, tok.Actor, "unknown"), within, tok.Reach)
		}
	}
	return m.sorted()
}

func resources(r *audit.Report) *matrix {
	m := newMatrix("Tokens that reach each resource, by what they may do there; the widest reach first, risks shaded", "Resource", columns[:does])
	for _, app := range r.Applications {
		for _, tok := range app.Tokens {
			for _, g := range tok.Grants {
				if g.Kind != "user" { // of whom there are as many as actors
					m.add(fmt.Sprint(g.Kind, g.Deleted, cmp.Or(g.ID, g.Name)), cmp.Or(g.Name, g.ID), kindOf(g), g.Does)
				}
			}
		}
	}
	return m.sorted()
}

// Holders lists the actors of several applications, and what their tokens reach, in the order of the page.
func Holders(r *audit.Report) report.Section {
	s := report.Section{Title: "Actors with the widest reach", Columns: []string{"Application", "Actor", "Tokens", "Reach"}}
	m := actors(r)
	for _, l := range m.Lines {
		var reach []string
		for i, c := range columns {
			if l.Cells[i].Count > 0 {
				reach = append(reach, c.Name)
			}
		}
		s.Rows = append(s.Rows, []string{l.Kind, l.Label, report.Number(l.Tokens), strings.Join(reach, ", ")})
	}
	if more := len(m.lines) - len(s.Rows); more > 0 {
		s.Note = fmt.Sprintf("And %s more with less reach or fewer tokens; the HTML report lists them under Who reaches what.", report.Number(more))
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
		l = &line{Label: label, Kind: kind, Cells: make([]cell, len(m.Columns))}
		m.lines[key] = l
	}
	if strings.Contains(label, "/") && !strings.Contains(l.Label, "/") { // a resource is listed with and without what it is in
		l.Label, l.Kind = label, kind
	}
	l.Tokens++
	names := reach.Names()
	for i, c := range m.Columns {
		if !slices.Contains(names, c.Name) {
			continue
		}
		l.Cells[i].Count++
		if c.risk && !l.Cells[i].Risk {
			l.Cells[i].Risk = true
			l.risks++
		}
	}
}

// sorted puts the lines with the widest reach first, and of those the busiest.
func (m *matrix) sorted() *matrix {
	all := slices.SortedFunc(maps.Values(m.lines), func(a, b *line) int {
		return cmp.Or(cmp.Compare(b.risks, a.risks), cmp.Compare(b.Tokens, a.Tokens), cmp.Compare(a.Label, b.Label),
			cmp.Compare(a.Kind, b.Kind))
	})
	listed := all[:min(len(all), maxLines)]
	m.Lines, m.More = listed[:min(len(listed), shownLines)], listed[min(len(listed), shownLines):]
	m.Others = len(all) - len(listed)
	return m
}
