package report

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
)

const (
	maxListed = 10 // findings of a group in the human form; the others are counted
	maxCell   = 40 // columns of a cell in a list
	gap       = 2  // columns between cells
	margin    = 4  // columns before a finding
)

const (
	bold  = "\x1b[1m"
	quiet = "\x1b[2m"
	plain = "\x1b[0m"
)

var severityColors = map[Severity]string{Error: "\x1b[31m", Warning: "\x1b[33m", Note: "\x1b[36m"}

// A human writes what people read at a terminal.
type human struct {
	bytes.Buffer
	width int
	color bool
}

// writeHuman writes the verdict, and then group by group what was found, why it matters and what to do.
func writeHuman(w io.Writer, d *Document, o Options) error {
	h := &human{width: o.Width, color: o.Color}
	if h.width <= 0 {
		h.width = 80
	}
	h.wrapped("", "", h.styled(d.Title, bold), d.Title)
	h.wrapped("", "", d.Verdict, d.Verdict)
	h.wrapped("", "", d.Summary, d.Summary)
	for _, s := range d.First {
		h.section(s)
	}
	for _, g := range d.Groups {
		if len(g.Open()) > 0 || g.More > 0 {
			h.group(g)
		}
	}
	for _, s := range d.Last {
		h.section(s)
	}
	_, err := h.WriteTo(w)
	return err
}

func (h *human) printf(format string, args ...any) { fmt.Fprintf(h, format, args...) }

func (h *human) styled(s, style string) string {
	if !h.color || s == "" {
		return s
	}
	return style + s + plain
}

// wrapped writes text in lines that fit: the first begins with one margin and the others with the other. A text that fits
// is written as it is shown, with styles.
func (h *human) wrapped(first, others, shown, s string) {
	if Width(first)+Width(s) <= h.width {
		h.printf("%s%s\n", first, shown)
		return
	}
	line, column := first, Width(first)
	for i, word := range strings.Fields(s) {
		if i > 0 && column+1+Width(word) > h.width {
			h.printf("%s\n", line)
			line, column = others, Width(others)
		} else if i > 0 {
			line, column = line+" ", column+1
		}
		line, column = line+word, column+Width(word)
	}
	h.printf("%s\n", line)
}

func (h *human) paragraph(margin, s string) {
	if s != "" {
		h.wrapped(margin, strings.Repeat(" ", Width(margin)+gap), s, s)
	}
}

func (h *human) group(g Group) {
	id := g.ID + " ×" + Number(g.Count())
	h.printf("\n")
	h.wrapped("", "  ", h.styled(g.label(), severityColors[g.Severity])+"  "+h.styled(g.Title, bold)+"  "+h.styled(id, quiet),
		g.label()+"  "+g.Title+"  "+id)
	h.paragraph("  ", g.Why)
	if g.Remedy != "" {
		h.paragraph("  → ", g.Remedy)
	}
	found := g.Open()
	listed := found[:min(len(found), maxListed)]
	cells := make([][]string, len(listed))
	longest := 0
	for i, f := range listed {
		cells[i] = f.Cells
		longest = max(longest, Width(f.Message+f.times()))
	}
	rows, widths := aligned(cells, h.width-margin)
	// The message is behind the cells where there is room for all messages, and below them otherwise.
	below := margin+total(widths)+longest > h.width
	if below && len(listed) > 0 && len(listed[0].Cells) > 0 {
		for i := range rows {
			rows[i] = strings.TrimRight(rows[i], " ")
		}
	}
	indent := strings.Repeat(" ", margin)
	for i, f := range listed {
		said := f.Message
		if g.Label == "" {
			said += f.times()
		}
		switch {
		case !below || len(f.Cells) == 0:
			h.wrapped(indent+rows[i], indent+"  ", said, said)
		default:
			h.printf("%s%s\n", indent, rows[i])
			h.paragraph(indent+"  ", said)
		}
		if f.Command != "" {
			h.printf("%s  → %s\n", indent, f.Command) // in one line, because people copy it
		}
		if f.Link != "" {
			h.printf("%s  %s\n", indent, h.styled(f.Link, quiet))
		}
		if f.Example != "" {
			h.printf("%s  %s\n", indent, strings.ReplaceAll(f.Example, "\n", "\n"+indent+"  "))
		}
	}
	if more := len(found) - len(listed) + g.More; more > 0 {
		h.paragraph(indent, "… and "+Number(more)+" more, which the other formats list")
	}
}

// aligned returns rows of cells as text in columns, each row with a gap at its end, and the widths of the columns without
// gaps. A column that is empty takes no room; the widest is cut where there is too little.
func aligned(rows [][]string, room int) (lines []string, widths []int) {
	for _, row := range rows {
		for len(widths) < len(row) {
			widths = append(widths, 0)
		}
		for i, cell := range row {
			widths[i] = max(widths[i], min(Width(cell), maxCell))
		}
	}
	for total(widths)-gap > room && slices.Max(widths) > 8 {
		widths[slices.Index(widths, slices.Max(widths))]--
	}
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			if widths[i] > 0 {
				shown := Clip(cell, widths[i])
				line.WriteString(shown + strings.Repeat(" ", widths[i]-Width(shown)+gap))
			}
		}
		lines = append(lines, line.String())
	}
	return lines, widths
}

// total returns how many columns the cells take with a gap after each.
func total(widths []int) int {
	n := 0
	for _, w := range widths {
		if w > 0 {
			n += w + gap
		}
	}
	return n
}

func (h *human) section(s Section) {
	h.printf("\n%s\n", h.styled(s.Title, bold))
	rows := s.Rows
	if len(s.Columns) > 0 && len(rows) > 0 {
		rows = append([][]string{s.Columns}, rows...)
	}
	lines, _ := aligned(rows, h.width-gap)
	for _, line := range lines {
		h.printf("  %s\n", strings.TrimRight(line, " "))
	}
	h.paragraph("  ", s.Note)
}
