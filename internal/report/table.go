package report

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"slices"
	"strings"

	"github.com/psoauth/psoauth/internal/text"
)

// writeCSV writes a header and a row for each finding (RFC 4180). What a spreadsheet would run as a formula has an
// apostrophe before it.
func writeCSV(b *bytes.Buffer, d *Document, _ Options) error {
	rows := csv.NewWriter(b)
	_ = rows.Write(append(append([]string{"severity", "rule"}, d.Fields...), "message", "remedy", "accepted_until")) // it keeps its error
	for _, why := range d.failures() {
		_ = rows.Write(slices.Concat([]string{Error.String(), "incomplete"}, make([]string, len(d.Fields)), []string{why, "", ""}))
	}
	for _, g := range d.Groups {
		for _, f := range g.Findings {
			until := ""
			if f.Accepted != nil {
				until = f.Accepted.Until
			}
			row := append(append([]string{g.label(), g.ID}, f.Fields...), f.Message, strings.TrimSpace(g.Remedy+" "+f.run()), until)
			for i, cell := range row {
				row[i] = text.NoFormula(cell)
			}
			_ = rows.Write(row)
		}
	}
	rows.Flush()
	return rows.Error()
}

// writeMarkdown writes a page in GitHub's flavour, for an issue, a pull request or a job's summary.
func writeMarkdown(b *bytes.Buffer, d *Document, _ Options) error {
	fmt.Fprintf(b, "# %s\n\n**%s** %s.\n", cell(d.Title), cell(d.Verdict), cell(d.Summary))
	if len(d.Groups) > 0 {
		b.WriteString("\n| Severity | Rule | Findings |\n| --- | --- | ---: |\n")
		for _, g := range d.Groups {
			fmt.Fprintf(b, "| %s | %s | %d |\n", g.label(), cell(g.Title), g.Count())
		}
	}
	for _, s := range d.First {
		markdownSection(b, s)
	}
	columns := append(append([]string{}, d.Columns...), "Found")
	for _, g := range d.Groups {
		fmt.Fprintf(b, "\n## %s\n\n`%s`, %s. %s\n", cell(g.Title), g.ID, g.label(), cell(g.Why))
		if g.Remedy != "" {
			fmt.Fprintf(b, "\n**What to do:** %s\n", cell(g.Remedy))
		}
		markdownTable(b, columns)
		for _, f := range g.Findings {
			for _, c := range f.Cells {
				b.WriteString("| " + code(c) + " ")
			}
			found := cell(f.Message + f.times())
			for _, more := range []string{cell(f.acceptance()), code(f.Command), cell(f.Link)} {
				if more != "" {
					found += "<br>" + more
				}
			}
			fmt.Fprintf(b, "| %s |\n", found)
		}
		for _, f := range g.Findings {
			if f.Example != "" { // \u0060 is the same in JSON, and ends no block
				fmt.Fprintf(b, "\n<details><summary>%s</summary>\n\n````\n%s\n````\n\n</details>\n", cell(f.Where), strings.ReplaceAll(f.Example, "`", `\u0060`))
			}
		}
	}
	for _, s := range d.Last {
		markdownSection(b, s)
	}
	return nil
}

func markdownSection(b *bytes.Buffer, s Section) {
	fmt.Fprintf(b, "\n## %s\n", cell(s.Title))
	if len(s.Rows) > 0 {
		markdownTable(b, s.Columns)
	}
	for _, row := range s.Rows {
		for _, c := range row {
			b.WriteString("| " + cell(c) + " ")
		}
		b.WriteString("|\n")
	}
	if s.Note != "" {
		fmt.Fprintf(b, "\n%s\n", cell(s.Note))
	}
}

func markdownTable(b *bytes.Buffer, columns []string) {
	fmt.Fprintf(b, "\n| %s |\n|%s\n", strings.Join(columns, " | "), strings.Repeat(" --- |", len(columns)))
}

// cell returns a text that is only text in a table of Markdown: no markup, no link, no mention, no end of the cell.
func cell(s string) string {
	var b strings.Builder
	for i, r := range s {
		switch {
		case strings.ContainsRune("\\`*_{}[]<>#|~!&", r):
			fmt.Fprintf(&b, "&#%d;", r)
		case r == '@' || r == ':' && strings.HasPrefix(s[i:], "://") || r == '.' && i >= 3 && strings.EqualFold(s[i-3:i], "www"):
			fmt.Fprintf(&b, "&#%d;&#8203;", r) // or GitHub tells the user of that name, or makes a link
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// code returns a text as code, in which nothing is Markdown, HTML, a link or a mention.
func code(s string) string {
	switch {
	case s == "":
		return ""
	case !strings.ContainsAny(s, "`|\\") && s == strings.Trim(s, " "):
		return "`" + s + "`"
	}
	return "<code>" + cell(s) + "</code>"
}
