package cli

import (
	"io"
	"strings"
	"time"

	"github.com/psoauth/psoauth/internal/report"
	"github.com/psoauth/psoauth/internal/text"
)

// A view is how things of one type are shown to people and as csv. As json they are shown as they are.
type view[T any] struct {
	noun    string                     // one of them
	columns []string                   // of csv
	cells   func(*T) map[string]string // those of the columns that are not members of the JSON form, or differ from it
	sheet   func(*humanRenderer, *T) sheet
	table   []tableColumn // of a list
	row     func(*humanRenderer, *T) []tableCell
}

// A lister shows a list of any length, one thing after the other, and keeps a page of them at most.
type lister[T any] interface {
	add(*T) error
	// end is called once, after the last thing. Of a list that is not complete, nothing may look as if it were. What is
	// remarkable about the list is for people.
	end(complete bool, remark string) error
}

// show writes one thing in the format of --format.
func show[T any](p *program, v *view[T], thing *T) error {
	clean := cleaner(p.settings.secrets())
	switch p.settings.format.value {
	case "json":
		return writeJSON(p.out, clean, thing)
	case "csv":
		return (&csvTable[T]{out: p.out, clean: clean, view: v}).add(thing)
	}
	human := p.human(p.out)
	return human.sheet(v.sheet(human, thing))
}

// newList writes a list to w in the format of --format.
func newList[T any](p *program, v *view[T], w io.Writer) lister[T] {
	clean := cleaner(p.settings.secrets())
	switch p.settings.format.value {
	case "json":
		return newJSONList[T](w, clean)
	case "csv":
		return &csvTable[T]{out: w, clean: clean, view: v}
	}
	human := p.human(w)
	return &humanList[T]{humanRenderer: human, view: v, table: human.newTable(v.table)}
}

// A cleaner holds the user's own credentials, which a server could send back as data.
type cleaner []string

// redact returns s without credentials. All text from a server goes through it, in every format.
func (c cleaner) redact(s string) string { return text.RedactCredentials(s, c...) }

// printable returns s without credentials and without anything that a terminal would act on.
func (c cleaner) printable(s string) string { return text.Printable(c.redact(s)) }

// timestamp formats t as PlanetScale does: RFC 3339 with milliseconds, and with more digits only where there are more.
func timestamp(t time.Time) string {
	if t.Nanosecond()%int(time.Millisecond) != 0 {
		return t.Format(time.RFC3339Nano)
	}
	return t.Format("2006-01-02T15:04:05.000Z07:00")
}

func orEmpty(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// list joins what is left of the items when the empty ones are out.
func list(separator string, items ...string) string {
	var kept []string
	for _, item := range items {
		if item != "" {
			kept = append(kept, item)
		}
	}
	return strings.Join(kept, separator)
}

var countOf = report.Count
