package policy

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/psoauth/psoauth/api/audit"
	"github.com/psoauth/psoauth/internal/text"
)

// A parser goes over the nodes of a policy by hand, because decoding into a struct takes off for false and 010 for 8, and
// knows no line for a value that is of the right type and makes no sense.
type parser struct {
	options  audit.Options
	problems []Problem
	more     int // problems that are only counted
}

const maxProblems = 100

func (p *parser) fail(node *yaml.Node, format string, args ...any) {
	if len(p.problems) == maxProblems {
		p.more++
		return
	}
	p.problems = append(p.problems, Problem{node.Line, fmt.Sprintf(format, args...)})
}

// A section is what a mapping may hold, by key.
type section map[string]func(value *yaml.Node)

func (p *parser) policy(root *yaml.Node) {
	p.mapping(root, "the policy", section{
		"thresholds": func(n *yaml.Node) {
			p.mapping(n, "thresholds", section{
				"never_used_days":  p.days(&p.options.NeverUsedDays),
				"unused_days":      p.days(&p.options.UnusedDays),
				"lifetime_days":    p.days(&p.options.LifetimeDays),
				"expires_days":     p.days(&p.options.ExpiresDays),
				"tokens_per_actor": p.whole(&p.options.TokensPerActor, math.MaxInt32, "a whole number"),
				"age_spread":       p.spread,
			})
		},
		"production_branches": p.branches,
		"rules": func(n *yaml.Node) {
			p.options.Severities = map[string]audit.Severity{}
			p.mapping(n, "rules", p.rules())
		},
		"accept": p.accept,
	})
}

// mapping hands each value to the function for its key.
func (p *parser) mapping(n *yaml.Node, what string, known section) {
	if n.Kind != yaml.MappingNode {
		p.fail(n, "%s must be a mapping, not %s", what, kind(n))
		return
	}
	lines := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		parse, ok := known[key.Value]
		switch before, twice := lines[key.Value]; {
		case key.Kind != yaml.ScalarNode:
			p.fail(key, "a key of %s must be a word, not %s", what, kind(key))
			continue
		case twice:
			p.fail(key, "%s is given twice, first on line %d", excerpt(key.Value), before)
			continue
		case !ok:
			p.fail(key, "%s is not known in %s; known are %s", excerpt(key.Value), what, keys(known))
		default:
			parse(value)
		}
		lines[key.Value] = key.Line
	}
}

func keys(known section) string {
	var names []string
	for name := range known {
		names = append(names, name)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// scalar returns the text of a plain value.
func (p *parser) scalar(n *yaml.Node, want string) (string, bool) {
	if n.Kind != yaml.ScalarNode || n.ShortTag() == "!!null" {
		p.fail(n, "want %s, not %s", want, kind(n))
		return "", false
	}
	return n.Value, true
}

func (p *parser) days(into *int) func(*yaml.Node) {
	return p.whole(into, audit.MaxDays, "a number of days")
}

// whole takes a whole number of 1 or more.
func (p *parser) whole(into *int, most int, what string) func(*yaml.Node) {
	want := fmt.Sprintf("%s from 1 to %d", what, most)
	return func(n *yaml.Node) {
		value, ok := p.scalar(n, want)
		if !ok {
			return
		}
		number, err := strconv.Atoi(value)
		if err != nil || number < 1 || number > most || n.ShortTag() != "!!int" || value != strconv.Itoa(number) {
			p.fail(n, "want %s, not %s", want, excerpt(value))
			return
		}
		*into = number
	}
}

func (p *parser) spread(n *yaml.Node) {
	const want = "a number above 0 and up to 1000"
	value, ok := p.scalar(n, want)
	if !ok {
		return
	}
	number, err := strconv.ParseFloat(value, 64)
	if tag := n.ShortTag(); err != nil || !(number > 0 && number <= 1000) || tag != "!!int" && tag != "!!float" {
		p.fail(n, "want %s, not %s", want, excerpt(value))
		return
	}
	p.options.AgeSpread = number
}

// rules takes a severity for each rule.
func (p *parser) rules() section {
	rules := section{}
	for _, rule := range audit.Rules() {
		rules[rule.ID] = p.severity(rule.ID)
	}
	return rules
}

func (p *parser) severity(rule string) func(*yaml.Node) {
	const want = "error, warning, note or off"
	return func(n *yaml.Node) {
		value, ok := p.scalar(n, want)
		if !ok {
			return
		}
		severity, err := audit.ParseSeverity(value)
		if err != nil {
			p.fail(n, "want %s, not %s", want, excerpt(value))
			return
		}
		p.options.Severities[rule] = severity
	}
}

// text returns words.
func (p *parser) text(n *yaml.Node, want string) (string, bool) {
	value, ok := p.scalar(n, want)
	if ok && strings.TrimSpace(value) == "" {
		p.fail(n, "want %s, and nothing is there", want)
		return "", false
	}
	return value, ok
}

func (p *parser) list(n *yaml.Node, what string, each func(*yaml.Node)) {
	if n.Kind != yaml.SequenceNode {
		p.fail(n, "%s must be a list, not %s", what, kind(n))
		return
	}
	for _, item := range n.Content {
		each(item)
	}
}

func (p *parser) branches(n *yaml.Node) {
	p.options.ProductionBranches = []string{}
	p.list(n, "production_branches", func(item *yaml.Node) {
		if name, ok := p.text(item, "the name of a branch"); ok {
			p.options.ProductionBranches = append(p.options.ProductionBranches, name)
		}
	})
}

func (p *parser) accept(n *yaml.Node) {
	first := map[[2]string]int{}
	p.list(n, "accept", func(item *yaml.Node) {
		before := len(p.problems)
		var a audit.Acceptance
		p.mapping(item, "an acceptance", section{
			"token":  func(n *yaml.Node) { a.Token, _ = p.text(n, "the id of a token") },
			"rule":   func(n *yaml.Node) { a.Rule = p.rule(n) },
			"until":  func(n *yaml.Node) { a.Until = p.until(n) },
			"reason": func(n *yaml.Node) { a.Reason, _ = p.text(n, "a reason") },
		})
		if len(p.problems) > before {
			return
		}
		if a.Token == "" {
			p.fail(item, "an acceptance needs a token")
		}
		if a.Until.IsZero() {
			p.fail(item, "an acceptance needs a date in until: nothing is accepted for ever")
		}
		subject := [2]string{a.Token, a.Rule}
		if line, twice := first[subject]; twice {
			p.fail(item, "the same token and rule are accepted on line %d", line)
		}
		first[subject] = item.Line
		p.options.Accept = append(p.options.Accept, a)
	})
}

func (p *parser) rule(n *yaml.Node) string {
	id, ok := p.text(n, "the id of a rule")
	if _, known := audit.RuleByID(id); ok && !known {
		p.fail(n, "there is no rule %s; the rules are %s", excerpt(id), keys(p.rules()))
	}
	return id
}

// until returns the end of the day that n names.
func (p *parser) until(n *yaml.Node) time.Time {
	const want = "a date such as 2026-12-31"
	value, ok := p.scalar(n, want)
	if !ok {
		return time.Time{}
	}
	day, err := time.Parse(time.DateOnly, value)
	if err != nil {
		p.fail(n, "want %s, not %s", want, excerpt(value))
		return time.Time{}
	}
	return day.AddDate(0, 0, 1)
}

// kind says what a node is.
func kind(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	case yaml.AliasNode:
		return "an alias"
	}
	if n.ShortTag() == "!!null" {
		return "nothing"
	}
	return excerpt(n.Value)
}

func excerpt(s string) string { return strconv.Quote(text.Excerpt(s, 60)) }
