package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/mattn/go-runewidth"
)

const (
	maxListed = 10 // findings of a group in the human form; the others are counted
	maxCell   = 40 // columns of a cell in a list
	gap       = 2  // columns between cells
	margin    = 4  // columns before a finding
)

var severityColors = map[Severity]string{Error: Red, Warning: Yellow, Note: "\x1b[36m"}

// A human writes what people read at a terminal.
type human struct {
	*bytes.Buffer
	Options
}

// writeHuman writes the verdict, and then group by group what was found, why it matters and what to do.
func writeHuman(b *bytes.Buffer, d *Document, o Options) error {
	if o.Width <= 0 {
		o.Width = 80
	}
	h := &human{b, o}
	h.wrapped("", "", h.styled(d.Title, Bold), d.Title)
	h.wrapped("", "", d.Verdict, d.Verdict)
	h.wrapped("", "", d.Summary, d.Summary)
	for _, s := range d.First {
		h.section(s)
	}
	for _, g := range d.Groups {
		if len(g.Open()) > 0 {
			h.group(g)
		}
	}
	for _, s := range d.Last {
		h.section(s)
	}
	return nil
}

// WriteSheet writes what is known of one thing: a title in a style, and rows of a label and a text.
func WriteSheet(w io.Writer, title, style string, rows [][]string, o Options) error {
	h := &human{new(bytes.Buffer), o}
	h.printf("%s\n", h.styled(title, style))
	for i, line := range h.rows(gap, rows, true) {
		label := rows[i][0]
		if i == 0 {
			h.printf("\n")
		}
		h.printf("%s\n", strings.Replace(line, label, h.styled(label, Quiet), 1))
	}
	_, err := h.WriteTo(w)
	return err
}

func (h *human) printf(format string, args ...any) { fmt.Fprintf(h, format, args...) }

func (h *human) styled(s, style string) string { return Styled(s, style, h.Color) }

// wrapped is Wrap but for a text that fits: it is written as it is shown, with styles.
func (h *human) wrapped(first, others, shown, s string) {
	if Width(first)+Width(s) <= h.Width {
		h.printf("%s%s\n", first, shown)
		return
	}
	Wrap(h, h.Width, first, others, s)
}

// Wrap writes text in lines that fit a width: the first begins with one margin and the others with the other. A failure to
// write is for w to remember.
func Wrap(w io.Writer, width int, first, others, s string) {
	line, column := first, Width(first)
	for i, word := range strings.Fields(s) {
		if i > 0 && column+1+Width(word) > width {
			fmt.Fprintln(w, line)
			line, column = others, Width(others)
		} else if i > 0 {
			line, column = line+" ", column+1
		}
		line, column = line+word, column+Width(word)
	}
	fmt.Fprintln(w, line)
}

func (h *human) paragraph(margin, s string) {
	if s != "" {
		h.wrapped(margin, strings.Repeat(" ", Width(margin)+gap), s, s)
	}
}

func (h *human) group(g Group) {
	id := g.ID + " ×" + Number(g.Count())
	h.printf("\n")
	h.wrapped("", "  ", h.styled(g.label(), severityColors[g.Severity])+"  "+h.styled(g.Title, Bold)+"  "+h.styled(id, Quiet),
		g.label()+"  "+g.Title+"  "+id)
	h.paragraph("  ", g.Why)
	h.paragraph("  → ", g.Remedy)
	found := g.Open()
	listed := found[:min(len(found), maxListed)]
	cells := make([][]string, len(listed))
	for i, f := range listed {
		cells[i] = f.Cells
	}
	rows, indent := h.rows(margin, cells, false), strings.Repeat(" ", margin)
	for i, f := range listed {
		h.printf("%s\n", rows[i])
		said := f.Message
		if g.Label == "" {
			said += f.times()
		}
		h.paragraph(indent+"  ", said)
		if f.Command != "" {
			h.printf("%s  → %s\n", indent, f.Command) // in one line, because people copy it
		}
		if f.Link != "" {
			h.printf("%s  %s\n", indent, h.styled(f.Link, Quiet))
		}
		if f.Example != "" {
			h.printf("%s  %s\n", indent, strings.ReplaceAll(f.Example, "\n", "\n"+indent+"  "))
		}
	}
	if more := len(found) - len(listed); more > 0 {
		h.paragraph(indent, "… and "+Number(more)+" more, which the other formats list")
	}
}

// rows returns cells in columns, a text for each row. No cell is cut, because people copy ids, locations and sources: one
// that does not fit is on lines of its own or, being the last and with hang, wrapped in its column. A column that is empty
// takes no room.
func (h *human) rows(margin int, cells [][]string, hang bool) (rows []string) {
	var widths []int
	for _, row := range cells {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], min(Width(cell), maxCell))
		}
	}
	indent := strings.Repeat(" ", margin+gap)
	for _, row := range cells {
		lines := human{new(bytes.Buffer), h.Options}
		line, at := strings.Repeat(" ", margin), margin // where the next cell begins
		for i, cell := range row {
			start, used := line+strings.Repeat(" ", at-Width(line)), Width(line)
			switch fits := at+Width(cell) <= h.Width; {
			case cell == "":
			case fits:
				line = start + cell
			case hang && i == len(row)-1 && at+longestWord(cell) <= h.Width:
				lines.wrapped(start, strings.Repeat(" ", at), cell, cell)
				line = ""
			default:
				first := strings.Repeat(" ", margin)
				if used > margin {
					lines.printf("%s\n", line)
					first = indent
				}
				lines.wrapped(first, indent, cell, cell)
				line, at = "", margin+gap
				continue
			}
			if widths[i] > 0 {
				at = max(at+widths[i], Width(line)) + gap
			}
		}
		if strings.TrimSpace(line) != "" {
			lines.printf("%s\n", line)
		}
		rows = append(rows, strings.TrimSuffix(lines.String(), "\n"))
	}
	return rows
}

func longestWord(s string) (n int) {
	for word := range strings.FieldsSeq(s) {
		n = max(n, Width(word))
	}
	return n
}

func (h *human) section(s Section) {
	h.printf("\n%s\n", h.styled(s.Title, Bold))
	rows := s.Rows
	if len(rows) > 0 {
		rows = append([][]string{s.Columns}, rows...)
	}
	for _, line := range h.rows(gap, rows, true) {
		h.printf("%s\n", line)
	}
	h.paragraph("  ", s.Note)
}

// columns counts as terminals do outside East Asia, whatever the environment says of the language.
var columns = &runewidth.Condition{}

// Width returns how many columns of a terminal s takes, which is printable: 2 for the wide characters of East Asia and
// for most pictures, and none for marks on another character (https://www.unicode.org/reports/tr11/).
func Width(s string) int { return columns.StringWidth(s) }
