package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/psoauth/psoauth/api/audit"
	"github.com/psoauth/psoauth/api/audit/render"
	"github.com/psoauth/psoauth/internal/report"
)

const (
	mostListed = 20 // findings of a rule in the report for people; the others are counted
	widestName = 32 // columns for an id, a name or an actor
	margin     = "    "
)

var severityStyles = map[audit.Severity]string{audit.Error: styleBad, audit.Warning: styleUnsure, audit.Note: styleQuiet}

// auditHuman writes a report for people at a terminal: rule by rule, the worst first, what was found, why it matters and
// what to do; then the counts.
func (p *program) auditHuman(w io.Writer, report *audit.Report) error {
	h := &auditHuman{width: columns(p.Stdout, p.Getenv), colour: !p.settings.noColor && coloured(w, p.Getenv)}
	h.printf("%s\n\n", styled("Audit of "+report.ApplicationName+" ("+report.Application+")", styleHeading, h.colour))
	for _, group := range report.Groups {
		if group.Count() > 0 {
			h.rule(group)
		}
	}
	if len(report.Unneeded) > 0 {
		h.printf("%s\n", styled("Acceptances of the policy that accept nothing", styleHeading, h.colour))
		for _, a := range report.Unneeded {
			h.printf("  %s\n", list(", ", a.Token, a.Rule, "until "+a.LastDay()))
		}
		h.printf("\n")
	}
	h.counts(report)
	_, err := io.WriteString(w, h.String())
	return err
}

type auditHuman struct {
	strings.Builder
	width  int
	colour bool
}

func (h *auditHuman) printf(format string, args ...any) { fmt.Fprintf(h, format, args...) }

func (h *auditHuman) rule(group audit.Group) {
	h.printf("%s  %s  %s\n", styled(group.Severity.String(), severityStyles[group.Severity], h.colour),
		styled(group.Title, styleHeading, h.colour), styled(group.ID, styleQuiet, h.colour))
	h.printf("  %s\n  → %s\n\n", group.Why, group.Remedy)
	found := group.Open()
	found = found[:min(len(found), mostListed)]
	var cells [3][]string // id, name and actor of each finding
	for _, f := range found {
		for i, cell := range []string{f.Token, f.Name, orElse(f.ActorName, f.Actor)} {
			cells[i] = append(cells[i], cell)
		}
	}
	widths, longest := [len(cells)]int{}, 0
	for i, f := range found {
		longest = max(longest, report.Width(f.Message))
		for column := range cells {
			widths[column] = min(max(widths[column], report.Width(cells[column][i])), widestName)
		}
	}
	// What was found stands behind the names where there is room for all of it, and below them otherwise.
	between := ""
	if names := widths[0] + widths[1] + widths[2] + 3*gap; len(margin)+names+longest > h.width {
		between = "\n" + margin + strings.Repeat(" ", widths[0]+gap)
	}
	for i, f := range found {
		line := margin
		for column, width := range widths {
			if width > 0 {
				_, shown := tableCell{forms: []string{cells[column][i]}}.fit(0, width)
				line += shown + strings.Repeat(" ", width-report.Width(shown)+gap)
			}
		}
		if between != "" {
			line = strings.TrimRight(line, " ")
		}
		h.printf("%s%s%s\n", line, between, f.Message)
	}
	if more := group.Count() - len(found); more > 0 {
		h.printf("%s… and %s more, which the other formats list\n", margin, grouped(int64(more)))
	}
	h.printf("\n")
}

// counts writes how often each rule found something, and the sum.
func (h *auditHuman) counts(report *audit.Report) {
	for _, group := range report.Groups {
		if n := group.Count(); n > 0 {
			h.printf("%8s  %s  %s\n", grouped(int64(n)),
				styled(fmt.Sprintf("%-7s", group.Severity), severityStyles[group.Severity], h.colour), group.Title)
		}
	}
	if len(report.Groups) > 0 {
		h.printf("\n")
	}
	h.printf("%s\n", render.Summary(report))
}
