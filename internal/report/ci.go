package report

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"fmt"
	"strings"
)

// writeGitHub writes workflow commands
// (https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands), which GitHub shows at the file
// that was examined.
func writeGitHub(b *bytes.Buffer, d *Document, _ Options) error {
	levels := map[Severity]string{Error: "error", Warning: "warning", Note: "notice"}
	for _, g := range d.Groups {
		for _, f := range g.Open() {
			at := ""
			if f.File != "" {
				at = "file=" + githubProperty(f.File) + ","
			}
			title := strings.TrimPrefix(g.Label+": "+g.ID, ": ")
			fmt.Fprintf(b, "::%s %stitle=%s::%s\n", levels[g.Severity], at, githubProperty(title),
				githubData(strings.TrimPrefix(f.Where+": ", ": ")+f.all(g.Rule)+f.times()+strings.TrimRight("\n"+f.Example, "\n")))
		}
	}
	for _, why := range d.unexamined() {
		fmt.Fprintf(b, "::error title=%s::%s\n", githubProperty(d.Kind), githubData(why))
	}
	fmt.Fprintf(b, "::notice title=%s::%s\n", githubProperty(d.Kind), githubData(d.Title+": "+d.Verdict+" "+d.Summary))
	return nil
}

// A workflow command is one line; its value and its properties escape what would end them.
var (
	githubData     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace
	githubProperty = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C").Replace
)

type (
	junitSuites struct {
		XMLName xml.Name `xml:"testsuites"`
		Name    string   `xml:"name,attr"`
		junitCounts
		Suites []*junitSuite `xml:"testsuite"`
	}
	junitCounts struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Errors   int `xml:"errors,attr"`
	}
	junitSuite struct {
		Name string `xml:"name,attr"`
		junitCounts
		Skipped int         `xml:"skipped,attr"`
		Cases   []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Class   string        `xml:"classname,attr"`
		Name    string        `xml:"name,attr"`
		Failure *junitMessage `xml:"failure"`
		Error   *junitMessage `xml:"error"`
		Skipped *junitMessage `xml:"skipped"`
		Output  string        `xml:"system-out,omitempty"`
	}
	junitMessage struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr,omitempty"`
		Text    string `xml:",chardata"`
	}
)

// writeJUnit writes a suite for each part and a case for each finding. Findings that do not fail the report are cases that
// pass and say so; a part without findings is a case that passes, is skipped if there was nothing to examine, or is an error if
// it could not be examined.
func writeJUnit(b *bytes.Buffer, d *Document, _ Options) error {
	all := junitSuites{Name: d.Kind}
	suites := map[string]*junitSuite{}
	suite := func(name string) *junitSuite {
		if suites[name] == nil {
			suites[name] = &junitSuite{Name: name}
			all.Suites = append(all.Suites, suites[name])
		}
		return suites[name]
	}
	for _, part := range d.Parts {
		suite(part.Name)
	}
	for _, g := range d.Groups {
		for _, f := range g.Findings {
			s := suite(f.Part)
			c := junitCase{Class: f.Part, Name: strings.TrimSpace(g.ID + " " + f.Where)}
			if said := f.all(g.Rule) + f.times(); f.Accepted == nil && g.Severity >= d.FailOn {
				c.Failure = &junitMessage{Message: said, Type: g.ID, Text: f.Where + ": " + said}
				s.Failures++
			} else {
				c.Output = cmp.Or(f.Accepted.String(), g.label()) + ": " + said
			}
			s.Cases = append(s.Cases, c)
		}
	}
	for i, s := range all.Suites {
		if len(s.Cases) == 0 {
			c := junitCase{Class: s.Name, Name: "no findings"}
			switch part := d.Parts[i]; {
			case part.Err != "":
				c.Name, c.Error = "not examined", &junitMessage{Message: part.Err}
				s.Errors++
			case part.Skipped != "":
				c.Skipped = &junitMessage{Message: part.Skipped}
				s.Skipped++
			}
			s.Cases = append(s.Cases, c)
		}
		s.Tests = len(s.Cases)
		all.Tests += s.Tests
		all.Failures += s.Failures
		all.Errors += s.Errors
	}
	b.WriteString(xml.Header)
	encoder := xml.NewEncoder(b)
	encoder.Indent("", "  ")
	err := encoder.Encode(all)
	b.WriteByte('\n')
	return err
}
