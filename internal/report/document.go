package report

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// A Document is what the writers write: the findings of an audit, a check or a comparison, in words. Its texts are fit to
// be shown and hold no credential; a writer escapes what means something in its own format.
type Document struct {
	Kind    string // of the report, such as audit: a word for programs
	Title   string
	Verdict string // the outcome in one sentence
	Summary string // the counts in one line, without a full stop
	FailOn  Severity

	Rules  []Rule // that there are; programs list them beside the findings
	Parts  []Part // what was examined
	Groups []Group

	Columns []string // of the cells of a finding, for people
	Fields  []string // of the fields of a finding, for programs

	Figures []Figure  // the counts, large
	First   []Section // before the findings
	Last    []Section // after the findings
	About   []string  // of a page, at its head: what was examined, when and by which version
	Footer  string    // of a page

	JSON any // what the JSON form is made of

	Inventory *Inventory // of the page; nil for none
}

// A Rule says what a finding is and why it matters.
type Rule struct {
	ID       string
	Severity Severity
	Label    string // in place of the severity, for people; empty for none. Why then says what follows from the finding
	Title    string // what is found, in a few words
	Why      string // a sentence
	Remedy   string // a sentence; empty if there is nothing to say
	URL      string // of its documentation; may be empty
}

// A Part is something that was examined, such as an application or an operation of a contract.
type Part struct {
	Name    string
	Skipped string // why there was nothing to examine; empty if there was
	Err     string // why it could not be examined; empty if it could
}

// A Group is findings that have the rule in common, the part they are in, or both.
type Group struct {
	Rule
	Findings []Finding
}

// A Finding is one thing that was found, or one thing that was found several times.
type Finding struct {
	Key      string   // what it is known by from run to run
	Part     string   // the name of the part it is in
	Where    string   // the place, in one line
	Cells    []string // as many as the document has columns
	Fields   []string // as many as the document has fields
	Message  string
	Command  string // to run to act on it; may be empty
	Count    int    // how often it was found
	File     string // that was examined; empty if none was
	URI      string // of what was examined where it is no file, without what is secret; may be empty
	Link     string // to the source of what is broken; may be empty
	Example  string // may be several lines, or empty
	Accepted *Acceptance
}

// A Section is a table beside the findings.
type Section struct {
	Title   string
	Columns []string
	Rows    [][]string
	Note    string // below the table
}

// A Figure is a count.
type Figure struct {
	Name     string
	Count    int
	Severity Severity // of what is counted; Off for other things
}

// unexamined says of each part that could not be examined why. No report is complete without them.
func (d *Document) unexamined() (all []string) {
	for _, part := range d.Parts {
		if part.Err != "" {
			all = append(all, part.Name+" could not be examined: "+part.Err)
		}
	}
	return all
}

// Failures returns how many findings are as bad as FailOn and not accepted.
func (d *Document) Failures() (n int) {
	for _, g := range d.Groups {
		if g.Severity >= d.FailOn {
			n += g.Count()
		}
	}
	return n
}

// Open returns the findings of the group that are not accepted.
func (g Group) Open() []Finding {
	return slices.DeleteFunc(slices.Clone(g.Findings), func(f Finding) bool { return f.Accepted != nil })
}

// Count returns how often the rule found something that is not accepted.
func (g Group) Count() int {
	n := 0
	for _, f := range g.Findings {
		if f.Accepted == nil {
			n += max(f.Count, 1)
		}
	}
	return n
}

func (g Group) label() string { return cmp.Or(g.Label, g.Severity.String()) }

// all returns the message with what to do, or what follows, and the link to what is broken.
func (f Finding) all(rule Rule) string {
	said := f.Message
	switch more := rule.Remedy; {
	case more == "" && rule.Label != "" && said == "":
		said = rule.Why
	case more == "" && rule.Label != "":
		said += ": " + rule.Why
	case more != "":
		said += ". " + more
	}
	if f.Command != "" {
		said = strings.TrimSuffix(said, ".") + ". " + f.run()
	}
	if f.Link != "" {
		said += " (" + f.Link + ")"
	}
	return said
}

// run says which command to run.
func (f Finding) run() string {
	if f.Command == "" {
		return ""
	}
	return "Run: " + f.Command
}

// times returns how often a finding was found, where that is more than once.
func (f Finding) times() string {
	if f.Count < 2 {
		return ""
	}
	return " (×" + Number(f.Count) + ")"
}

// Options say how a document is shown to people at a terminal.
type Options struct {
	Color bool
	Width int // columns of the terminal
}

var writers = map[string]func(*bytes.Buffer, *Document, Options) error{
	"human": writeHuman, "json": writeJSON, "csv": writeCSV, "markdown": writeMarkdown, "junit": writeJUnit,
	"sarif": writeSARIF, "github": writeGitHub, "html": writeHTML,
}

// Formats returns the names of the formats, human first.
func Formats() []string {
	return append([]string{"human"}, slices.DeleteFunc(slices.Sorted(maps.Keys(writers)), func(name string) bool { return name == "human" })...)
}

// Write writes a document in a format. It writes nothing if the format is unknown or the document cannot be written in
// it, and fails where w does.
func Write(w io.Writer, format string, d *Document, o Options) error {
	write := writers[format]
	if write == nil {
		return fmt.Errorf("unknown format %.40q: want one of %s", format, strings.Join(Formats(), ", "))
	}
	var b bytes.Buffer
	if err := write(&b, d, o); err != nil {
		return err
	}
	_, err := b.WriteTo(w)
	return err
}

// Number formats n with a comma between thousands.
func Number[N int | int64](n N) string {
	s := strconv.FormatInt(int64(n), 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Count returns a number and a noun, in the plural where it takes one.
func Count(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return Number(n) + " " + noun
}

// Plural joins counts of errors, warnings and notes, as in 1 error, 2 warnings, 0 notes.
func Plural(errors, warnings, notes int) string {
	return Count(errors, "error") + ", " + Count(warnings, "warning") + ", " + Count(notes, "note")
}

// Sentence makes a sentence of a phrase that begins with a letter of ASCII.
func Sentence(phrase string) string {
	if phrase == "" {
		return ""
	}
	return strings.ToUpper(phrase[:1]) + strings.TrimSuffix(phrase[1:], ".") + "."
}
