package cli

import (
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/psoauth/psoauth/internal/report"
)

// terminal says how what is written to w is shown to people.
func (p *program) terminal(w io.Writer) report.Options {
	return report.Options{Color: p.colored(w), Width: p.width()}
}

// A sheet is what is known of one thing: a title, and lines with a label before some of them. It is text from a server
// until it is written.
type sheet struct {
	title, style string
	lines        [][]string
}

// add adds one line or more, of which the first has the label.
func (s *sheet) add(label string, lines ...string) {
	if len(lines) == 0 {
		lines = []string{"none"}
	}
	for _, line := range lines {
		s.lines = append(s.lines, []string{label, line})
		label = ""
	}
}

// addSome is add for what may be missing.
func (s *sheet) addSome(label string, lines ...string) {
	if list("", lines...) != "" {
		s.add(label, lines...)
	}
}

func (p *program) writeSheet(s sheet) error {
	for _, line := range s.lines {
		line[1] = p.printable(line[1])
	}
	return report.WriteSheet(p.out, p.printable(s.title), s.style, s.lines, p.terminal(p.out))
}

// writeTable writes a table and, below it, how many things it has.
func writeTable[T any](p *program, v *view[T], w io.Writer, all iter.Seq2[*T, error], remark func() string) error {
	table, count := report.NewList(w, v.heads, v.least, p.terminal(w)), 0
	for thing, err := range all {
		if err == nil {
			count++
			err = table.Add(v.row(p, thing)...)
		}
		if err != nil {
			_ = table.Flush() // a failure to write is remembered by the output
			return err
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	foot := countOf(count, v.noun)
	if remark != nil {
		foot = list("; ", foot, remark())
	}
	if count > 0 {
		foot = "\n" + foot
	}
	_, err := io.WriteString(w, foot+"\n")
	return err
}

func (p *program) cell(s string) report.Cell {
	return report.Cell{Text: p.printable(s)}
}

// reach shows accesses, or what they allow where there is no room for all of them.
func (p *program) reach(names []string) report.Cell {
	if len(names) == 0 {
		return report.Cell{Text: "–"}
	}
	verbs := each(names, func(name string) string {
		verb, _, _ := strings.Cut(name[strings.LastIndexByte(name, ':')+1:], "_")
		return verb
	})
	slices.Sort(verbs)
	verbs = slices.Compact(verbs)
	slices.SortStableFunc(verbs, func(a, b string) int { return mildness[a] - mildness[b] })
	short := fmt.Sprintf("%s (%d)", strings.Join(verbs, " "), len(names))
	return report.Cell{Text: p.printable(strings.Join(names, " ")), Short: p.printable(short)}
}

// mildness orders what accesses allow: the worst first, then what is not here, and reading last.
var mildness = map[string]int{"delete": -6, "admin": -5, "manage": -4, "write": -3, "create": -2, "connect": -1, "read": 1}

func (p *program) timeCell(t *time.Time, otherwise string) report.Cell {
	if t == nil || t.IsZero() {
		return report.Cell{Text: otherwise}
	}
	day := t.UTC().Format(time.DateOnly)
	return report.Cell{Text: day + " (" + relative(p.Now(), *t, true) + ")", Short: day}
}

// never is shown for a time that is null or missing: such a token does not expire, or was not used; unknown for one that
// every token has.
const never, unknown = "never", "unknown"

func (p *program) timeOr(t *time.Time, otherwise string) string {
	if t == nil || t.IsZero() {
		return otherwise
	}
	return t.UTC().Format("2006-01-02 15:04 UTC") + " (" + relative(p.Now(), *t, false) + ")"
}

func yesNo(b *bool) string {
	switch {
	case b == nil:
		return "–"
	case *b:
		return "yes"
	}
	return "no"
}

// A timeUnit has a long and a short name; months and years are the mean ones of the calendar.
var timeUnits = []struct {
	seconds     int64
	long, short string
}{
	{31_556_952, " year", "y"},
	{2_629_746, " month", "mo"},
	{86_400, " day", "d"},
	{3_600, " hour", "h"},
	{60, " minute", "min"},
}

// relative says how far t is from now in the largest unit that fits: "3 months ago", "in 1 day", "now", or short: "3mo ago".
func relative(now, t time.Time, short bool) string {
	seconds := t.Unix() - now.Unix() // a Duration holds 292 years only
	for _, unit := range timeUnits {
		n := seconds / unit.seconds
		if n == 0 {
			continue
		}
		name := unit.long
		switch {
		case short:
			name = unit.short
		case n != 1 && n != -1:
			name += "s"
		}
		if n < 0 {
			return strconv.FormatInt(-n, 10) + name + " ago"
		}
		return "in " + strconv.FormatInt(n, 10) + name
	}
	return "now"
}
