package drift

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/psoauth/psoauth/internal/text"
)

// formats are those that [Report.Write] knows.
var formats = map[string]func(*bytes.Buffer, *Report, Show) error{
	"human": human, "json": jsonReport, "markdown": markdown, "github": github,
}

// Show says what a report shows beside what it always does.
type Show struct {
	Wording  bool // findings of the class [Wording]
	Examples bool // the examples of breaking findings
}

// Write writes the report in a format: human, json (one document, for programs), markdown (for an issue or a summary) or
// github (annotations of a GitHub workflow). An unknown format is an error, and nothing is written.
func (r *Report) Write(w io.Writer, format string, show Show) error {
	write, ok := formats[format]
	if !ok {
		return fmt.Errorf("unknown format %.40q: want human, json, markdown or github", format)
	}
	var b bytes.Buffer
	if err := write(&b, r, show); err != nil {
		return err
	}
	_, err := io.WriteString(w, shownText(b.String(), format))
	return err
}

// shownText makes text fit to be shown: names in examples are the document's choice.
func shownText(s, format string) string {
	s = text.Redact(s)
	if format == "json" { // whose escapes are others
		return escaped(s)
	}
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		lines[i] = text.Printable(line)
	}
	return strings.Join(lines, "\n")
}

// escaped returns a JSON document that says the same without characters that are not seen.
func escaped(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r == '\n' || strconv.IsPrint(r) {
			b.WriteRune(r)
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(&b, `\u%04x`, unit)
		}
	}
	return b.String()
}

func (r *Report) shown(show Show) []Finding {
	shown := make([]Finding, 0, len(r.Findings))
	for _, f := range r.Findings {
		if f.Class == Wording && !show.Wording {
			continue
		}
		if !show.Examples {
			f.Example = nil
		}
		shown = append(shown, f)
	}
	return shown
}

// counts returns the numbers of findings in words.
func (r *Report) counts() string {
	var all []string
	for class, name := range classes {
		if n := r.Count(Class(class)); n > 0 || Class(class) != Wording && Class(class) != Differs {
			all = append(all, fmt.Sprintf("%d %s", n, name))
		}
	}
	if r.Accepted > 0 {
		all = append(all, fmt.Sprintf("%d accepted", r.Accepted))
	}
	return strings.Join(all, ", ")
}

// A group is findings that differ in their place only.
type group struct {
	Finding
	findings []Finding
}

// groups puts findings together that read the same, in the order of their first.
func groups(findings []Finding) []*group {
	var all []*group
	known := map[Finding]*group{}
	for _, f := range findings {
		key := Finding{Class: f.Class, Rule: f.Rule, In: f.In, Before: f.Before, After: f.After, Message: f.Message}
		g := known[key]
		if g == nil {
			g = &group{Finding: f}
			known[key] = g
			all = append(all, g)
		}
		g.findings = append(g.findings, f)
	}
	return all
}

// places returns where a group is: the operation and what is the same for its places, then the pointers.
func (g *group) places() (heads []string, pointers map[string][]string) {
	pointers = map[string][]string{}
	for _, f := range g.findings {
		pointer := f.Pointer
		if pointer == "" && f.In == InBody {
			pointer = "(body)"
		}
		f.Pointer = ""
		head := f.place()
		if _, ok := pointers[head]; !ok {
			heads = append(heads, head)
			pointers[head] = nil
		}
		if pointer != "" {
			pointers[head] = append(pointers[head], pointer)
		}
	}
	return heads, pointers
}

var titles = [...]string{
	Breaking: "programs built on the client break",
	Differs:  "nothing here can judge it: look by hand",
	New:      "programs go on, and the document has something more",
	Relaxed:  "the contract allows for it, and the document no longer has it",
	Wording:  "nothing changes for a program",
}

func human(b *bytes.Buffer, r *Report, show Show) error {
	fmt.Fprintf(b, "%s → %s: %s\n", r.Before, r.After, r.counts())
	all := groups(r.shown(show))
	for i, g := range all {
		if i == 0 || all[i-1].Class != g.Class {
			fmt.Fprintf(b, "\n%s: %s\n", g.Class, titles[g.Class])
		}
		fmt.Fprintf(b, "\n  %s: %s → %s\n  %s\n", g.Rule, g.Before, g.After, g.Message)
		heads, pointers := g.places()
		for _, head := range heads {
			writeWrapped(b, "    "+head, pointers[head])
		}
		for _, f := range g.findings {
			if err := writeExample(b, f, len(g.findings) > 1, "    "); err != nil {
				return err
			}
		}
	}
	return nil
}

const lineWidth = 110

// writeWrapped writes words after a head, in lines that are indented to match.
func writeWrapped(b *bytes.Buffer, head string, words []string) {
	column := len(head)
	b.WriteString(head)
	for _, word := range words {
		if column+1+len(word) > lineWidth {
			b.WriteString("\n      ")
			column = 6
		}
		b.WriteString(" " + word)
		column += 1 + len(word)
	}
	b.WriteString("\n")
}

func writeExample(b *bytes.Buffer, f Finding, several bool, indent string) error {
	e := f.Example
	if e == nil {
		return nil
	}
	at := ""
	if several {
		at = " of " + f.place()
	}
	if e.Request != "" {
		fmt.Fprintf(b, "%sexample%s: %s\n", indent, at, e.Request)
		return nil
	}
	content := e.ContentType
	if content == "" {
		content = "no body"
	}
	fmt.Fprintf(b, "%sexample%s: status %d, %s", indent, at, e.Status, content)
	if len(e.Headers) > 0 {
		headers, err := json.Marshal(e.Headers)
		if err != nil {
			return err
		}
		fmt.Fprintf(b, ", headers %s", headers)
	}
	b.WriteString("\n")
	if e.ContentType == "" {
		return nil
	}
	body, err := json.MarshalIndent(e.Body, indent, "  ")
	if err != nil {
		return err
	}
	fmt.Fprintf(b, "%s%s\n", indent, body)
	return nil
}

func jsonReport(b *bytes.Buffer, r *Report, show Show) error {
	counts := map[string]int{}
	for class, name := range classes {
		counts[name] = r.Count(Class(class))
	}
	if r.Accepted > 0 {
		counts["accepted"] = r.Accepted
	}
	encoder := json.NewEncoder(b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(struct {
		Before   string         `json:"before"`
		After    string         `json:"after"`
		Findings []Finding      `json:"findings"`
		Summary  map[string]int `json:"summary"`
	}{r.Before, r.After, r.shown(show), counts})
}

func markdown(b *bytes.Buffer, r *Report, show Show) error {
	fmt.Fprintf(b, "## %s → %s\n\n%s\n", cell(r.Before), cell(r.After), r.counts())
	all := groups(r.shown(show))
	for i, g := range all {
		if i == 0 || all[i-1].Class != g.Class {
			fmt.Fprintf(b, "\n### %s: %s\n\n| where | what | before | after | what follows |\n| --- | --- | --- | --- | --- |\n",
				g.Class, titles[g.Class])
		}
		heads, pointers := g.places()
		var where []string
		for _, head := range heads {
			line := head
			for _, p := range pointers[head] {
				line += " " + codeSpan(p)
			}
			where = append(where, line)
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s |\n", strings.Join(where, "<br>"), cell(g.Rule), cell(g.Before), cell(g.After),
			cell(g.Message))
	}
	for _, f := range r.shown(show) {
		if f.Example == nil {
			continue
		}
		fmt.Fprintf(b, "\n<details><summary>%s %s</summary>\n\n````\n", cell(f.Rule), cell(f.place()))
		var example bytes.Buffer
		if err := writeExample(&example, f, false, ""); err != nil {
			return err
		}
		b.WriteString(strings.ReplaceAll(example.String(), "`", `\u0060`)) // which is the same in JSON, and ends no block
		b.WriteString("````\n\n</details>\n")
	}
	return nil
}

// cell returns a text that is only text in a table of Markdown: no markup, no mention, no end of the cell.
func cell(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case strings.ContainsRune("\\`*_{}[]<>#|~!&", r):
			fmt.Fprintf(&b, "&#%d;", r)
		case r == '@':
			b.WriteString("&#64;&#8203;") // or GitHub tells the user of that name
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// codeSpan returns a pointer as code. A backquote or a pipe would end it.
func codeSpan(s string) string {
	if strings.ContainsAny(s, "`|\\") {
		return cell(s)
	}
	return "`" + s + "`"
}

func github(b *bytes.Buffer, r *Report, show Show) error {
	levels := [...]string{Breaking: "error", Differs: "warning", New: "warning", Relaxed: "notice", Wording: "notice"}
	for _, g := range groups(r.shown(show)) {
		var where []string
		heads, pointers := g.places()
		for _, head := range heads {
			where = append(where, strings.TrimSpace(head+" "+strings.Join(pointers[head], " ")))
		}
		var example bytes.Buffer
		for _, f := range g.findings {
			if err := writeExample(&example, f, true, ""); err != nil {
				return err
			}
		}
		fmt.Fprintf(b, "::%s title=%s::%s\n", levels[g.Class], property(fmt.Sprintf("%s: %s", g.Class, g.Rule)),
			data(fmt.Sprintf("%s → %s: %s: %s", g.Before, g.After, g.Message, strings.Join(where, "; "))+
				strings.TrimSuffix("\n"+example.String(), "\n")))
	}
	fmt.Fprintf(b, "%s → %s: %s\n", r.Before, r.After, r.counts())
	return nil
}

// A workflow command is one line; its value and its properties escape what would end them.
var (
	data     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace
	property = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C").Replace
)
