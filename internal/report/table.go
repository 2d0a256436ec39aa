package report

import (
	"bytes"
	"cmp"
	_ "embed"
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
	"text/template"

	"github.com/psoauth/psoauth/internal/text"
)

// writeCSV writes a header and a row for each finding (RFC 4180). What a spreadsheet would run as a formula has an
// apostrophe before it.
func writeCSV(b *bytes.Buffer, d *Document, _ Options) error {
	rows := csv.NewWriter(b)
	_ = rows.Write(append(append([]string{"severity", "rule"}, d.Fields...), "message", "remedy", "accepted_until")) // it keeps its error
	for _, why := range d.unexamined() {
		_ = rows.Write(slices.Concat([]string{Error.String(), "incomplete"}, make([]string, len(d.Fields)), []string{why, "", ""}))
	}
	for _, g := range d.Groups {
		for _, f := range g.Findings {
			until, message := cmp.Or(f.Accepted, &Acceptance{}).Until, f.Message
			if g.Label != "" { // the message repeats the places, and what follows is in no other column
				message = g.Why
			}
			row := append(append([]string{g.label(), g.ID}, f.Fields...), message, strings.TrimSpace(g.Remedy+" "+f.run()), until)
			for i, cell := range row {
				row[i] = text.NoFormula(cell)
			}
			_ = rows.Write(row)
		}
	}
	rows.Flush()
	return rows.Error()
}

//go:embed document.markdown
var markdown string

// writeMarkdown writes a page in GitHub's flavour, for an issue, a pull request or a job's summary.
func writeMarkdown(b *bytes.Buffer, d *Document, _ Options) error {
	form := template.Must(template.New("markdown").Funcs(template.FuncMap{
		"cell": cell, "code": code, "label": Group.label, "times": Finding.times,
		"unquoted": func(s string) string { return strings.ReplaceAll(s, "`", `\u0060`) }, // the same in JSON, and ends no block
	}).Parse(markdown))
	return form.Execute(b, d)
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
