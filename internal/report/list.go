package report

import (
	"io"
	"strings"
)

// A Cell is a text. A column shows the short texts where a long one does not fit.
type Cell struct {
	Text, Short string // no short one is the text itself
	Style       string // such as [Red], or ""
}

// The styles of text at a terminal, as escape sequences.
const (
	Bold   = "\x1b[1m"
	Quiet  = "\x1b[2m"
	Red    = "\x1b[31m"
	Green  = "\x1b[32m"
	Yellow = "\x1b[33m"
	plain  = "\x1b[0m"
)

// Styled returns a text in a style, if colors are wanted.
func Styled(s, style string, color bool) string {
	if !color || style == "" || s == "" {
		return s
	}
	return style + s + plain
}

const (
	maxListCell = 48  // no column of a list is wider
	measured    = 100 // rows
)

// A List is a table of any length that fits a terminal: cells are cut, and columns left out. It measures its first rows,
// and writes the others as they come. A failure to write is returned where it happens.
type List struct {
	out     io.Writer
	heads   []string
	least   []int
	options Options

	waiting [][]Cell // to be measured
	widths  []int    // nil until then; 0 for a column that is left out
	short   []bool   // whether a column shows the short texts
}

// NewList makes a list that writes to w. A column gets its least width, in columns of the terminal, or is left out with all
// that follow.
func NewList(w io.Writer, heads []string, least []int, o Options) *List {
	return &List{out: w, heads: heads, least: least, options: o}
}

// Add adds a row, with a cell for each column. The texts must be printable.
func (l *List) Add(cells ...Cell) error {
	if l.widths != nil {
		return l.row(cells)
	}
	l.waiting = append(l.waiting, cells)
	if len(l.waiting) < measured {
		return nil
	}
	return l.Flush()
}

// Flush writes what waits to be measured.
func (l *List) Flush() error {
	if l.widths != nil || len(l.waiting) == 0 {
		return nil
	}
	l.layout()
	var heading []Cell
	for _, head := range l.heads {
		heading = append(heading, Cell{Text: head, Style: Bold})
	}
	for _, row := range append([][]Cell{heading}, l.waiting...) {
		if err := l.row(row); err != nil {
			return err
		}
	}
	l.waiting = nil
	return nil
}

// layout gives each column its least width while there is room, and then, from the left again, what its cells want.
func (l *List) layout() {
	l.widths, l.short = make([]int, len(l.heads)), make([]bool, len(l.heads))
	wanted := func(i int, short bool) int {
		n := Width(l.heads[i])
		for _, row := range l.waiting {
			n = max(n, Width(row[i].form(short)))
		}
		return n
	}
	room := l.options.Width + gap
	for i, least := range l.least {
		least = min(least, wanted(i, false))
		if i == 0 {
			least = min(least, l.options.Width) // cut rather than left out
		}
		if least+gap > room {
			break
		}
		l.widths[i], room = least, room-least-gap
	}
	for i, least := range l.widths {
		if least == 0 {
			continue
		}
		limit := min(least+room, maxListCell)
		l.short[i] = wanted(i, false) > limit
		l.widths[i] = min(wanted(i, l.short[i]), limit)
		room += least - l.widths[i] // a short text leaves some to the columns that follow
	}
}

func (l *List) row(cells []Cell) error {
	var line strings.Builder
	pending := 0 // spaces before the next cell, so that no line ends in spaces
	for i, cell := range cells {
		if l.widths[i] == 0 {
			continue
		}
		shown := columns.Truncate(cell.form(l.short[i] || Width(cell.Text) > l.widths[i]), l.widths[i], "…")
		line.WriteString(strings.Repeat(" ", pending))
		line.WriteString(Styled(shown, cell.Style, l.options.Color))
		pending = gap + l.widths[i] - Width(shown)
	}
	line.WriteByte('\n')
	_, err := io.WriteString(l.out, line.String())
	return err
}

func (c Cell) form(short bool) string {
	if short && c.Short != "" {
		return c.Short
	}
	return c.Text
}
