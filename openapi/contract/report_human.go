package contract

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/psoauth/psoauth/internal/text"
)

// maxPlaces is how many places of a rule, and how many unseen members, the human report lists.
const maxPlaces = 6

// writeHuman writes the findings by operation and rule, each with its places, how often it occurred there, and one
// example; then what was covered; then the summary.
func (r *Report) writeHuman(w io.Writer) error {
	out := &human{Writer: bufio.NewWriter(w), color: r.options.Color}
	groups := r.groups()
	for len(groups) > 0 {
		end := slices.IndexFunc(groups, func(g group) bool { return g.Operation != groups[0].Operation })
		if end < 0 {
			end = len(groups)
		}
		out.operation(groups[:end])
		groups = groups[end:]
	}
	out.coverage(r.Coverage)
	if r.Summary.Responses == 0 {
		out.printf("No response was judged.\n")
	}
	out.printf("%s\n", r.Summary)
	return out.Flush()
}

// A human writes what people read. A bufio.Writer keeps its first error until Flush.
type human struct {
	*bufio.Writer
	color bool
}

func (h *human) printf(format string, args ...any) { _, _ = fmt.Fprintf(h, format, args...) }

var severityColors = map[Severity]string{Error: "31", Warning: "33", Note: "36"}

func (h *human) painted(s Severity, word string) string {
	if !h.color {
		return word
	}
	return "\x1b[" + severityColors[s] + "m" + word + "\x1b[0m"
}

func (h *human) operation(groups []group) {
	name := groups[0].Operation
	if name == "" {
		name = "No operation of the contract"
	}
	h.printf("%s\n", text.Printable(name))
	for len(groups) > 0 {
		rule := groups[0]
		end := slices.IndexFunc(groups, func(g group) bool { return g.Rule != rule.Rule })
		if end < 0 {
			end = len(groups)
		}
		h.rule(groups[:end])
		groups = groups[end:]
	}
	h.printf("\n")
}

func (h *human) rule(groups []group) {
	first, n := groups[0], 0
	for _, g := range groups {
		n += g.count
	}
	h.printf("  %s  %s ×%d: %s\n", h.painted(first.Severity, fmt.Sprintf("%-7s", first.Severity)), first.Rule, n, rulesByID[first.Rule].Finds)
	for i, g := range groups {
		if i == maxPlaces {
			h.printf("%14s  … and %s\n", "", counted(len(groups)-i, "other place"))
			break
		}
		if place := shown(g.In, g.pointer); place != "" {
			h.printf("%14s  %s\n", fmt.Sprintf("×%d", g.count), place)
		}
	}
	example := []string{text.Printable(first.Source), strconv.Itoa(first.Status), shown(first.In, first.Pointer)}
	example = slices.DeleteFunc(example, func(s string) bool { return s == "" || s == "0" })
	h.printf("           e.g.  %s: %s\n", strings.Join(example, " "), first.Message)
}

// shown returns a place for a person: a pointer into the body, or where else the finding is.
func shown(in, pointer string) string {
	switch {
	case in == InBody && pointer == "":
		return "the body"
	case in == InHeader:
		return "header " + text.Printable(strings.TrimPrefix(pointer, "/"))
	}
	return text.Printable(pointer)
}

func (h *human) coverage(c Coverage) {
	h.printf("Coverage\n")
	width := 0
	for _, op := range c.Operations {
		width = max(width, len(op.ID))
	}
	for _, op := range c.Operations {
		h.printf("  %-*s  ", width, op.ID)
		if len(op.Statuses) == 0 {
			h.printf("no response\n")
			continue
		}
		var statuses []string
		for status, n := range op.Statuses {
			statuses = append(statuses, fmt.Sprintf("%s ×%d", status, n))
		}
		slices.Sort(statuses)
		h.printf("%s", strings.Join(statuses, ", "))
		if len(op.unanswered) > 0 {
			h.printf(" (never %s)", strings.Join(op.unanswered, ", "))
		}
		h.printf("; %d of %s", op.Members.Seen, counted(op.Members.Declared, "member"))
		if unseen := topmost(op.Members.Unseen); len(unseen) > 0 {
			h.printf("; never %s", strings.Join(unseen[:min(len(unseen), maxPlaces)], ", "))
			if len(unseen) > maxPlaces {
				h.printf(" and %d more", len(unseen)-maxPlaces)
			}
		}
		h.printf("\n")
	}
	h.printf("\n")
}

// topmost leaves out the members of members that are listed themselves.
func topmost(pointers []string) []string {
	var top []string
	for _, pointer := range pointers { // in order, so a member comes before its own
		if !slices.ContainsFunc(top, func(t string) bool { return strings.HasPrefix(pointer, t+"/") }) {
			top = append(top, text.Printable(pointer))
		}
	}
	return top
}
