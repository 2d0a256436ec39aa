package cli

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/psoauth/psoauth/internal/report"
	"github.com/psoauth/psoauth/internal/text"
	"github.com/psoauth/psoauth/openapi/contract"
)

const repository = "https://github.com/psoauth/psoauth/blob/"

// publish writes a document, with the verdict on it unless it has one, to standard output or a file. It returns the verdict,
// which does not change if the reader leaves.
func (p *program) publish(d *report.Document, verdict error) error {
	switch {
	case d.Verdict != "":
	case verdict == nil:
		d.Verdict = "Passed."
	default:
		d.Verdict = "Failed: " + inOneLine(verdict) + "."
	}
	d.About = append(d.About, p.Now().UTC().Format("2006-01-02 15:04 MST"), "psoauth "+release)
	err := p.writeTo(func(w io.Writer) error { return report.Write(w, p.format, d, p.terminal(w)) })
	if err != nil && !(p.output == "" && readerLeft(p.out.Flush())) {
		return err
	}
	if p.output != "" || p.format == "human" && isTerminal(p.Stdout) { // where the head of a long report is out of sight
		p.note("%s", d.Summary)
	}
	return verdict
}

func inOneLine(err error) string { return text.Printable(strings.ReplaceAll(err.Error(), "\n", "; ")) }

// severity returns what was chosen of severities.
func (c *choice) severity() report.Severity {
	s, _ := report.ParseSeverity(c.value) // which is one of them
	return s
}

// verdictOn returns a finding if so many findings fail a run.
func verdictOn(failures int, failOn report.Severity) error {
	if failures == 0 {
		return nil
	}
	return finding{fmt.Sprintf("%s at severity %s or higher", countOf(failures, "finding"), failOn)}
}

// figures are the counts of findings, after others.
func figures(errors, warnings, notes, accepted int, before ...report.Figure) []report.Figure {
	all := append(before, report.Figure{Name: "Errors", Count: errors, Severity: report.Error},
		report.Figure{Name: "Warnings", Count: warnings, Severity: report.Warning}, report.Figure{Name: "Notes", Count: notes, Severity: report.Note})
	if accepted > 0 {
		all = append(all, report.Figure{Name: "Accepted", Count: accepted})
	}
	return all
}

// checkDocument returns the report of a contract check in words.
func checkDocument(r *contract.Report) *report.Document {
	d := &report.Document{
		Kind: "contract", Title: "Contract check by " + text.Printable(r.Spec), FailOn: r.FailOn, JSON: r,
		Summary: r.Summary.String(),
		Columns: []string{"Place", "First seen in"},
		Fields:  []string{"operation", "status", "in", "pointer", "count", "source"},
		Figures: figures(r.Summary.Errors, r.Summary.Warnings, r.Summary.Notes, r.Summary.Accepted,
			report.Figure{Name: "Responses", Count: r.Summary.Responses}),
		Footer: "Written by psoauth. Self-contained page; it holds no value of a response that may be secret.",
	}
	d.Rules = each(contract.Rules(), func(rule contract.Rule) report.Rule {
		return report.Rule{
			ID: rule.ID, Severity: rule.Severity, Title: strings.TrimSuffix(report.Sentence(rule.Finds), "."), Why: rule.Why,
			URL: repository + "main/docs/rules.md#" + strings.ReplaceAll(rule.ID, ".", ""),
		}
	})
	d.Parts = each(r.Coverage.Operations, func(op contract.OperationCoverage) report.Part {
		if len(op.Statuses) == 0 {
			return report.Part{Name: op.ID, Skipped: "there was no response"}
		}
		return report.Part{Name: op.ID}
	})
	for _, g := range r.Groups() {
		last := len(d.Groups) - 1
		if last < 0 || d.Groups[last].ID != g.Rule || d.Groups[last].Severity != g.Severity {
			rule := d.Rules[slices.IndexFunc(d.Rules, func(rule report.Rule) bool { return rule.ID == g.Rule })]
			rule.Severity = g.Severity
			d.Groups = append(d.Groups, report.Group{Rule: rule})
			last++
		}
		d.Groups[last].Findings = append(d.Groups[last].Findings, checkFinding(g, r.Spec))
	}
	d.Last = []report.Section{coverageSection(r.Coverage.Operations)}
	return d
}

func checkFinding(g contract.Group, spec string) report.Finding {
	status := ""
	if g.Status != 0 {
		status = strconv.Itoa(g.Status)
	}
	file, entry := g.Origin()
	seen := cmp.Or(fileOf(file), file)
	if entry >= 0 {
		seen += " entry " + strconv.Itoa(entry+1)
	}
	place := text.Printable(g.Place)
	return report.Finding{
		Key:     g.Operation + "\x00" + g.Place,
		Part:    cmp.Or(g.Operation, "no operation"),
		Where:   list(" ", g.Operation, status, g.In, place),
		Cells:   []string{list(" ", cmp.Or(g.Operation, "no operation"), status, cmp.Or(place, g.In)), text.Printable(seen)},
		Fields:  []string{g.Operation, status, g.In, place, strconv.Itoa(g.Count), text.Printable(g.Source)},
		Message: g.Message, Count: g.Count, File: fileOf(file), Link: contractLine(spec, g.Line),
	}
}

// fileOf returns the file that a finding is in, from here if it is below, or nothing for what was not read from a file.
func fileOf(source string) string {
	if source == stdinName || source == "live" {
		return ""
	}
	if here, err := os.Getwd(); err == nil {
		if name, err := filepath.Rel(here, source); err == nil && filepath.IsLocal(name) {
			return filepath.ToSlash(name)
		}
	}
	return source
}

// contractLine returns where a line of the contract can be read.
func contractLine(spec string, line int) string {
	switch {
	case line == 0:
		return ""
	case spec != embeddedSpec:
		return fmt.Sprintf("%s:%d", text.Printable(spec), line)
	}
	return fmt.Sprintf("%s%s/%s#L%d", repository, revision(), spec, line)
}

// embeddedSpec is what reports call the contract of this module: its path in the repository.
const embeddedSpec = "openapi/openapi.yaml"

// revision returns the commit or the tag that the command was built from, as far as it is known.
func revision() string {
	switch {
	case commit != "":
		return commit
	case strings.HasPrefix(release, "v") && !strings.Contains(release, "-"):
		return release
	}
	return "main"
}

func coverageSection(operations []contract.OperationCoverage) report.Section {
	s := report.Section{Title: "Coverage", Columns: []string{"Operation", "Responses", "Members", "Never seen"}}
	for _, op := range operations {
		responses, unseen := "no response", ""
		if len(op.Statuses) > 0 {
			all := each(slices.Sorted(maps.Keys(op.Statuses)), func(status string) string {
				return fmt.Sprintf("%s ×%d", status, op.Statuses[status])
			})
			responses, unseen = strings.Join(all, ", "), topmost(op.Members.Unseen)
			if len(op.Unanswered) > 0 {
				responses += "; never " + strings.Join(op.Unanswered, ", ")
			}
		}
		s.Rows = append(s.Rows, []string{
			text.Printable(op.ID), responses, fmt.Sprintf("%d of %d", op.Members.Seen, op.Members.Declared), unseen,
		})
	}
	return s
}

// topmost lists members without those of members that are listed themselves.
func topmost(pointers []string) string {
	const listed = 6
	var top []string
	for _, pointer := range pointers { // in order, so a member comes before its own
		if len(top) == 0 || !strings.HasPrefix(pointer, top[len(top)-1]+"/") {
			top = append(top, pointer)
		}
	}
	more := ""
	if len(top) > listed {
		more = fmt.Sprintf(" and %d more", len(top)-listed)
	}
	return text.Printable(strings.Join(top[:min(len(top), listed)], ", ")) + more
}
