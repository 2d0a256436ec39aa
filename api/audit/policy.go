package audit

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/psoauth/psoauth/internal/report"
	"github.com/psoauth/psoauth/internal/text"
)

// maxPolicy is how many bytes a policy may have, and maxProblems how many mistakes in it are named.
const (
	maxPolicy   = 1 << 20
	maxProblems = 100
)

// A PolicyError holds the mistakes in a policy in the order of their lines.
type PolicyError struct {
	Problems []string // such as line 3: want error, warning, note or off; at least one, and fit to be shown
}

// Error returns the mistakes, one a line.
func (e *PolicyError) Error() string { return strings.Join(e.Problems, "\n") }

// ReadPolicy reads a policy file, in which everything may be left out, and returns the options that it sets. Now is not
// among them. What the file holds beside the keys of docs/policy.yaml is an error: a policy that is not understood must not
// pass for one that is kept. An error is that of r, or a [*PolicyError].
func ReadPolicy(r io.Reader) (Options, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxPolicy+1))
	if err != nil {
		return Options{}, err
	}
	p := &policyReader{}
	p.read(data)
	if len(p.mistakes) == 0 {
		return p.Options, nil
	}
	slices.SortStableFunc(p.mistakes, func(a, b mistake) int { return a.line - b.line })
	failed := &PolicyError{}
	for _, m := range p.mistakes[:min(len(p.mistakes), maxProblems)] {
		if m.line > 0 {
			m.message = fmt.Sprintf("line %d: %s", m.line, m.message)
		}
		failed.Problems = append(failed.Problems, m.message)
	}
	if more := len(p.mistakes) - maxProblems; more > 0 {
		failed.Problems = append(failed.Problems, fmt.Sprintf("and %d more mistakes", more))
	}
	return Options{}, failed
}

// A policyReader walks over the nodes of a policy rather than decode it into a type: so each mistake has its line, and what
// YAML takes for a number or a word is looked at as it is written.
type policyReader struct {
	Options
	mistakes []mistake
}

type mistake struct {
	line    int // 0 if none is known
	message string
}

func (p *policyReader) fail(line int, format string, args ...any) {
	p.mistakes = append(p.mistakes, mistake{line, fmt.Sprintf(format, args...)})
}

// want says what should be in a node's place.
func (p *policyReader) want(n *yaml.Node, what string) {
	got := strconv.Quote(text.Excerpt(n.Value, 60))
	switch n.Kind {
	case yaml.MappingNode:
		got = "a mapping"
	case yaml.SequenceNode:
		got = "a list"
	}
	p.fail(n.Line, "want %s, not %s", what, got)
}

func (p *policyReader) read(data []byte) {
	switch {
	case len(data) > maxPolicy:
		p.fail(0, "the policy is longer than %d bytes", maxPolicy)
		return
	case len(bytes.TrimSpace(data)) == 0:
		p.fail(0, "the policy is empty; one that sets nothing is {}")
		return
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var document, second yaml.Node
	err := decoder.Decode(&document)
	if errors.Is(err, io.EOF) {
		return // nothing but comments
	}
	if err == nil {
		err = decoder.Decode(&second)
	}
	switch {
	case err == nil:
		p.fail(second.Line, "a policy is one document")
	case errors.Is(err, io.EOF):
		p.value(document.Content[0], func(n *yaml.Node) {
			p.mapping(n, "a key", map[string]setter{
				"thresholds": p.thresholds, "production_branches": p.branches, "rules": p.rules, "accept": p.accept,
			})
		})
	default:
		line, message := 0, strings.TrimPrefix(err.Error(), "yaml: ")
		if n, _ := fmt.Sscanf(message, "line %d:", &line); n == 1 {
			_, message, _ = strings.Cut(message, ": ")
		}
		p.fail(line, "this is not YAML: %s", text.Excerpt(message, 120))
	}
}

// A setter sets an option to what a node says.
type setter func(*yaml.Node)

// value hands a node to a setter, if it is a value. YAML takes one that is left empty for null, and an alias for its anchor.
func (p *policyReader) value(n *yaml.Node, set setter) {
	switch {
	case n.Kind == yaml.AliasNode:
		p.fail(n.Line, "a policy has no aliases")
	case n.ShortTag() == "!!null":
		p.fail(n.Line, "there is no value")
	default:
		set(n)
	}
}

// mapping hands each value of a mapping to the setter of its key, of which what is the name, and returns the keys there are.
func (p *policyReader) mapping(n *yaml.Node, what string, setters map[string]setter) map[string]int {
	if n.Kind != yaml.MappingNode {
		p.want(n, "a mapping")
		return nil
	}
	lines := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		set := setters[key.Value]
		switch {
		case key.Kind != yaml.ScalarNode || set == nil:
			p.want(key, what+" ("+strings.Join(slices.Sorted(maps.Keys(setters)), ", ")+")")
		case lines[key.Value] > 0:
			p.fail(key.Line, "%q is on line %d already", key.Value, lines[key.Value])
		default:
			lines[key.Value] = key.Line
			p.value(n.Content[i+1], set)
		}
	}
	return lines
}

// list hands each item of a list to a setter.
func (p *policyReader) list(n *yaml.Node, set setter) {
	if n.Kind != yaml.SequenceNode {
		p.want(n, "a list")
		return
	}
	for _, item := range n.Content {
		p.value(item, set)
	}
}

// scalar takes what is neither a mapping nor a list, if take does.
func (p *policyReader) scalar(what string, take func(value, tag string) bool) setter {
	return func(n *yaml.Node) {
		if !take(n.Value, n.ShortTag()) || n.Kind != yaml.ScalarNode {
			p.want(n, what)
		}
	}
}

// whole takes a whole number of 1 or more, written as one: 010 and 0x10 are not.
func (p *policyReader) whole(into *int, most int, what string) setter {
	return p.scalar(fmt.Sprintf("%s from 1 to %d", what, most), func(value, tag string) bool {
		number, err := strconv.Atoi(value)
		*into = number
		return err == nil && number >= 1 && number <= most && tag == "!!int" && value == strconv.Itoa(number)
	})
}

// word takes text that is not empty, and that the check allows.
func (p *policyReader) word(into *string, what string, check func(string) bool) setter {
	return p.scalar(what, func(value, _ string) bool {
		*into = value
		return strings.TrimSpace(value) != "" && check(value)
	})
}

func anyWord(string) bool { return true }

func (p *policyReader) thresholds(n *yaml.Node) {
	setters := map[string]setter{"age_spread": p.scalar("a number above 0 and up to 1000", func(value, tag string) bool {
		var err error
		p.AgeSpread, err = strconv.ParseFloat(value, 64)
		return err == nil && p.AgeSpread > 0 && p.AgeSpread <= 1000 && (tag == "!!int" || tag == "!!float")
	})}
	for _, t := range thresholds {
		setters[t.key] = p.whole(t.of(&p.Options), t.most, t.what)
	}
	p.mapping(n, "a key", setters)
}

func (p *policyReader) branches(n *yaml.Node) {
	p.ProductionBranches = []string{}
	p.list(n, func(n *yaml.Node) {
		var name string
		p.word(&name, "a word", anyWord)(n)
		p.ProductionBranches = append(p.ProductionBranches, name)
	})
}

func (p *policyReader) rules(n *yaml.Node) {
	p.Severities = map[string]Severity{}
	setters := map[string]setter{}
	for _, rule := range rules {
		setters[rule.ID] = p.scalar("error, warning, note or off", func(value, _ string) bool { // off is a word here, and no boolean
			severity, err := report.ParseSeverity(value)
			p.Severities[rule.ID] = severity
			return err == nil
		})
	}
	p.mapping(n, "the id of a rule", setters)
}

func (p *policyReader) accept(n *yaml.Node) {
	var ids []string
	for _, rule := range rules {
		ids = append(ids, rule.ID)
	}
	slices.Sort(ids)
	isRule := func(id string) bool { return slices.Contains(ids, id) }
	isDay := func(day string) bool { return report.CheckDay(day) == nil }
	first := map[Acceptance]int{}
	p.list(n, func(n *yaml.Node) {
		var a Acceptance
		lines := p.mapping(n, "a key", map[string]setter{
			"token": p.word(&a.Token, "a word", anyWord), "reason": p.word(&a.Reason, "a word", anyWord),
			"rule":  p.word(&a.Rule, "the id of a rule ("+strings.Join(ids, ", ")+")", isRule),
			"until": p.word(&a.Until, "a date such as 2026-12-31", isDay),
		})
		place := Acceptance{Token: a.Token, Rule: a.Rule}
		switch {
		case lines == nil:
		case lines["token"] == 0:
			p.fail(n.Line, "an acceptance needs a token")
		case lines["until"] == 0:
			p.fail(n.Line, "an acceptance needs a date in until: nothing is accepted without an end")
		case first[place] > 0:
			p.fail(n.Line, "the same token and rule are accepted on line %d", first[place])
		default:
			first[place] = n.Line
			p.Accept = append(p.Accept, a)
		}
	})
}
