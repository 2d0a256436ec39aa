package contract

import (
	"bufio"
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"github.com/psoauth/psoauth/internal/text"
)

// writeGitHub writes workflow commands
// (https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands), which point at the contract.
func (r *Report) writeGitHub(w io.Writer) error {
	out := bufio.NewWriter(w)
	commands := map[Severity]string{Error: "error", Warning: "warning", Note: "notice"}
	for _, g := range r.groups() {
		at := "file=" + githubProperty.Replace(r.specName)
		if g.line > 0 {
			at += fmt.Sprintf(",line=%d", g.line)
		}
		fmt.Fprintf(out, "::%s %s,title=%s::%s\n", commands[g.Severity], at, githubProperty.Replace(g.Rule),
			githubData.Replace(fmt.Sprintf("%s: %s (×%d, first in %s)", text.Printable(g.place()), g.Message, g.count, text.Printable(g.Source))))
	}
	fmt.Fprintf(out, "::notice title=contract::%s\n", r.Summary)
	return out.Flush()
}

var (
	githubData     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	githubProperty = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

type (
	junitSuites struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Name     string       `xml:"name,attr"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Skipped  int         `xml:"skipped,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Class   string        `xml:"classname,attr"`
		Name    string        `xml:"name,attr"`
		Failure *junitMessage `xml:"failure"`
		Skipped *junitMessage `xml:"skipped"`
		Output  string        `xml:"system-out,omitempty"`
	}
	junitMessage struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr,omitempty"`
		Text    string `xml:",chardata"`
	}
)

// writeJUnit writes one suite for each operation and one case for each rule and place. Findings that do not fail the
// report are cases that pass and say so; an operation without findings is a case that passes or, if there was no
// response, is skipped.
func (r *Report) writeJUnit(w io.Writer) error {
	byOperation := map[string][]group{}
	for _, g := range r.groups() {
		byOperation[g.Operation] = append(byOperation[g.Operation], g)
	}
	all := junitSuites{Name: "contract"}
	for _, op := range r.Coverage.Operations {
		all.add(op.ID, byOperation[op.ID], len(op.Statuses) > 0, r.options.FailOn)
	}
	if lost := byOperation[""]; len(lost) > 0 {
		all.add("no operation", lost, true, r.options.FailOn)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	encoder := xml.NewEncoder(w)
	encoder.Indent("", "  ")
	if err := encoder.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func (s *junitSuites) add(name string, groups []group, answered bool, failOn Severity) {
	suite := junitSuite{Name: name}
	for _, g := range groups {
		c := junitCase{Class: name, Name: strings.TrimSpace(g.Rule + " " + g.In + " " + g.pointer)}
		message := fmt.Sprintf("%s (×%d, first in %s)", g.Message, g.count, g.Source)
		if g.Severity >= failOn {
			c.Failure = &junitMessage{Message: message, Type: g.Rule, Text: g.Finding.String()}
			suite.Failures++
		} else {
			c.Output = g.Severity.String() + ": " + message
		}
		suite.Cases = append(suite.Cases, c)
	}
	if len(groups) == 0 {
		c := junitCase{Class: name, Name: "the responses keep the contract"}
		if !answered {
			c.Skipped = &junitMessage{Message: "there was no response"}
			suite.Skipped++
		}
		suite.Cases = append(suite.Cases, c)
	}
	suite.Tests = len(suite.Cases)
	s.Tests += suite.Tests
	s.Failures += suite.Failures
	s.Suites = append(s.Suites, suite)
}
