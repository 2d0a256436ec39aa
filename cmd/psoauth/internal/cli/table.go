package cli

import (
	"io"
	"strings"

	"github.com/psoauth/psoauth/internal/report"
)

// A tableColumn gets its least width, in columns of the terminal, or is left out with all that follow.
type tableColumn struct {
	title string
	least int
}

// A tableCell is a text. A column shows the short texts where a long one does not fit.
type tableCell struct {
	text, short string // no short one is the text itself
	style       string // an escape sequence, or ""
}

const (
	styleHeading = "\x1b[1m"
	styleQuiet   = "\x1b[2m"
	styleBad     = "\x1b[31m"
	styleGood    = "\x1b[32m"
	styleUnsure  = "\x1b[33m"
	styleEnd     = "\x1b[0m"

	gap      = 2  // between columns
	maxCell  = 48 // no column is wider
	measured = 100
)

// A table fits a width. It measures its first rows, and writes the others as they come.
type table struct {
	*humanRenderer
	columns []tableColumn

	waiting [][]tableCell // to be measured
	widths  []int         // nil until then; 0 for a column that is left out
	short   []bool        // whether a column shows the short texts
}

func (t *table) add(cells []tableCell) error {
	if t.widths != nil {
		return t.row(cells)
	}
	t.waiting = append(t.waiting, cells)
	if len(t.waiting) < measured {
		return nil
	}
	return t.flush()
}

// flush writes what waits to be measured.
func (t *table) flush() error {
	if t.widths != nil || len(t.waiting) == 0 {
		return nil
	}
	t.layout()
	heading := make([]tableCell, len(t.columns))
	for i, c := range t.columns {
		heading[i] = tableCell{text: c.title, style: styleHeading}
	}
	for _, row := range append([][]tableCell{heading}, t.waiting...) {
		if err := t.row(row); err != nil {
			return err
		}
	}
	t.waiting = nil
	return nil
}

// layout gives each column its least width while there is room, and then, from the left again, what its cells want.
func (t *table) layout() {
	t.widths, t.short = make([]int, len(t.columns)), make([]bool, len(t.columns))
	wanted := func(i int, short bool) int {
		n := report.Width(t.columns[i].title)
		for _, row := range t.waiting {
			n = max(n, report.Width(row[i].form(short)))
		}
		return n
	}
	room := t.width + gap
	for i, c := range t.columns {
		least := min(c.least, wanted(i, false))
		if i == 0 {
			least = min(least, t.width) // cut rather than left out
		}
		if least+gap > room {
			break
		}
		t.widths[i], room = least, room-least-gap
	}
	for i, least := range t.widths {
		if least == 0 {
			continue
		}
		limit := min(least+room, maxCell)
		t.short[i] = wanted(i, false) > limit
		t.widths[i] = min(wanted(i, t.short[i]), limit)
		room += least - t.widths[i] // a short text leaves some to the columns that follow
	}
}

func (t *table) row(cells []tableCell) error {
	var line strings.Builder
	pending := 0 // spaces before the next cell, so that no line ends in spaces
	for i, cell := range cells {
		if t.widths[i] == 0 {
			continue
		}
		shown := cell.form(t.short[i] || report.Width(cell.text) > t.widths[i])
		shown = report.Clip(shown, t.widths[i])
		line.WriteString(strings.Repeat(" ", pending))
		line.WriteString(styled(shown, cell.style, t.colour))
		pending = gap + t.widths[i] - report.Width(shown)
	}
	line.WriteByte('\n')
	_, err := io.WriteString(t.out, line.String())
	return err
}

func (c tableCell) form(short bool) string {
	if short && c.short != "" {
		return c.short
	}
	return c.text
}

// A humanList is a table and, below it, how many things it has.
type humanList[T any] struct {
	table
	view  *view[T]
	count int
}

func newHumanList[T any](p *program, v *view[T], w io.Writer) *humanList[T] {
	return &humanList[T]{table: table{humanRenderer: p.human(w), columns: v.table}, view: v}
}

func (l *humanList[T]) add(thing *T) error {
	l.count++
	return l.table.add(l.view.row(l.humanRenderer, thing))
}

func (l *humanList[T]) end(complete bool, remark string) error {
	if err := l.flush(); err != nil || !complete {
		return err
	}
	foot := list("; ", countOf(l.count, l.view.noun), remark) + "\n"
	if l.count > 0 {
		foot = "\n" + foot
	}
	_, err := io.WriteString(l.out, foot)
	return err
}

func styled(s, style string, colour bool) string {
	if !colour || style == "" || s == "" {
		return s
	}
	return style + s + styleEnd
}
