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

// A tableCell is one text in several lengths, the longest first. A column shows the longest that fits in all its cells.
type tableCell struct {
	forms []string
	style string // an escape sequence, or ""
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
	out     io.Writer
	columns []tableColumn
	width   int
	colour  bool

	waiting [][]tableCell // to be measured
	widths  []int         // nil until then; 0 for a column that is left out
	forms   []int         // which of a cell's forms a column shows, or a later one
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
		heading[i] = tableCell{[]string{c.title}, styleHeading}
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
	widths, wanted := make([]int, len(t.columns)), make([]int, len(t.columns))
	t.widths, t.forms = widths, make([]int, len(t.columns))
	for i, c := range t.columns {
		wanted[i] = report.Width(c.title)
		for _, row := range t.waiting {
			wanted[i] = max(wanted[i], report.Width(row[i].forms[0]))
		}
		wanted[i] = min(wanted[i], maxCell)
		t.columns[i].least = min(c.least, wanted[i])
	}
	room := t.width + gap
	for i := range t.columns {
		need := t.columns[i].least + gap
		if need > room {
			if room == t.width+gap { // the first of all is cut rather than left out
				widths[i], room = max(t.width, 1), 0
			}
			break
		}
		widths[i] = t.columns[i].least
		room -= need
	}
	for i := range t.columns {
		if widths[i] == 0 {
			continue
		}
		more := max(min(wanted[i]-widths[i], room), 0)
		widths[i], room = widths[i]+more, room-more
		for _, row := range t.waiting {
			form, _ := row[i].fit(0, widths[i])
			t.forms[i] = max(t.forms[i], form)
		}
		used := report.Width(t.columns[i].title)
		for _, row := range t.waiting {
			_, shown := row[i].fit(t.forms[i], widths[i])
			used = max(used, report.Width(shown))
		}
		if used < widths[i] { // a shorter form leaves room to the columns that follow
			room += widths[i] - used
			widths[i] = used
		}
	}
}

func (t *table) row(cells []tableCell) error {
	var line strings.Builder
	pending := 0 // spaces before the next cell, so that no line ends in spaces
	for i, cell := range cells {
		if t.widths[i] == 0 {
			continue
		}
		_, shown := cell.fit(t.forms[i], t.widths[i])
		line.WriteString(strings.Repeat(" ", pending))
		line.WriteString(styled(shown, cell.style, t.colour))
		pending = gap + t.widths[i] - report.Width(shown)
	}
	line.WriteByte('\n')
	_, err := io.WriteString(t.out, line.String())
	return err
}

// fit returns the longest form that fits, from the given one on, or else the shortest, cut.
func (c tableCell) fit(from, room int) (form int, shown string) {
	last := len(c.forms) - 1
	for form := min(from, last); form <= last; form++ {
		if report.Width(c.forms[form]) <= room {
			return form, c.forms[form]
		}
	}
	return last, report.Clip(c.forms[last], room)
}

func styled(s, style string, colour bool) string {
	if !colour || style == "" || s == "" {
		return s
	}
	return style + s + styleEnd
}
