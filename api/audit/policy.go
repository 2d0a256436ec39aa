package audit

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"reflect"
	"regexp"
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

// policy is the form of a policy file. Its types check what they read, so that each mistake has its line.
type policy struct {
	Thresholds struct {
		NeverUsedDays  period `yaml:"never_used_days"`
		UnusedDays     period `yaml:"unused_days"`
		LifetimeDays   period `yaml:"lifetime_days"`
		ExpiresDays    period `yaml:"expires_days"`
		TokensPerActor count  `yaml:"tokens_per_actor"`
		AgeSpread      spread `yaml:"age_spread"`
	} `yaml:"thresholds"`
	ProductionBranches []word             `yaml:"production_branches"`
	Rules              map[ruleID]grading `yaml:"rules"`
	Accept             []accepted         `yaml:"accept"`
}

type accepted struct {
	Token  word   `yaml:"token"`
	Rule   ruleID `yaml:"rule"`
	Until  lastly `yaml:"until"`
	Reason word   `yaml:"reason"`
}

type (
	period  int // in days
	count   int
	spread  float64
	word    string
	ruleID  string
	grading struct{ Severity }
	lastly  string
)

// mistake makes an error that yaml collects with the others.
func mistake(n *yaml.Node, want string) error {
	got := strconv.Quote(text.Excerpt(n.Value, 60))
	switch n.Kind {
	case yaml.MappingNode:
		got = "a mapping"
	case yaml.SequenceNode:
		got = "a list"
	}
	return &yaml.TypeError{Errors: []string{fmt.Sprintf("line %d: want %s, not %s", n.Line, want, got)}}
}

// whole takes a whole number of 1 or more, written as one.
func whole(n *yaml.Node, most int, what string) (int, error) {
	number, err := strconv.Atoi(n.Value)
	if err != nil || number < 1 || number > most || n.ShortTag() != "!!int" || n.Value != strconv.Itoa(number) {
		return 0, mistake(n, fmt.Sprintf("%s from 1 to %d", what, most))
	}
	return number, nil
}

// UnmarshalYAML takes a number of days.
func (p *period) UnmarshalYAML(n *yaml.Node) error {
	number, err := whole(n, maxDays, "a number of days")
	*p = period(number)
	return err
}

// UnmarshalYAML takes a number of things.
func (c *count) UnmarshalYAML(n *yaml.Node) error {
	number, err := whole(n, math.MaxInt32, "a whole number")
	*c = count(number)
	return err
}

// UnmarshalYAML takes a number above 0 and up to 1000.
func (s *spread) UnmarshalYAML(n *yaml.Node) error {
	number, err := strconv.ParseFloat(n.Value, 64)
	if tag := n.ShortTag(); err != nil || !(number > 0 && number <= 1000) || tag != "!!int" && tag != "!!float" {
		return mistake(n, "a number above 0 and up to 1000")
	}
	*s = spread(number)
	return nil
}

// UnmarshalYAML takes text that is not empty.
func (w *word) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.ScalarNode || strings.TrimSpace(n.Value) == "" {
		return mistake(n, "a word")
	}
	*w = word(n.Value)
	return nil
}

// UnmarshalYAML takes the id of a rule.
func (r *ruleID) UnmarshalYAML(n *yaml.Node) error {
	if _, known := ruleByID(n.Value); !known || n.Kind != yaml.ScalarNode {
		var ids []string
		for _, rule := range rules {
			ids = append(ids, rule.ID)
		}
		slices.Sort(ids)
		return mistake(n, "the id of a rule ("+strings.Join(ids, ", ")+")")
	}
	*r = ruleID(n.Value)
	return nil
}

// UnmarshalYAML takes error, warning, note or off.
func (g *grading) UnmarshalYAML(n *yaml.Node) (err error) {
	if g.Severity, err = report.ParseSeverity(n.Value); err != nil || n.Kind != yaml.ScalarNode {
		return mistake(n, "error, warning, note or off")
	}
	return nil
}

// UnmarshalYAML takes a day.
func (l *lastly) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.ScalarNode || report.CheckDay(n.Value) != nil {
		return mistake(n, "a date such as 2026-12-31")
	}
	*l = lastly(n.Value)
	return nil
}

// ReadPolicy reads a policy file, in which everything may be left out, and returns the options that it sets. Now is not
// among them. What the file holds beside the keys of docs/policy.yaml is an error: a policy that is not understood must not
// pass for one that is kept. An error is that of r, or a [*PolicyError].
func ReadPolicy(r io.Reader) (Options, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxPolicy+1))
	if err != nil {
		return Options{}, err
	}
	p := &policy{}
	problems := p.read(data)
	if len(problems) == 0 {
		return p.options(), nil
	}
	line := func(s string) (n int) {
		_, _ = fmt.Sscanf(s, "line %d:", &n)
		return n
	}
	slices.SortStableFunc(problems, func(a, b string) int { return line(a) - line(b) })
	if more := len(problems) - maxProblems; more > 0 {
		problems = append(problems[:maxProblems], fmt.Sprintf("and %d more mistakes", more))
	}
	return Options{}, &PolicyError{problems}
}

// read decodes a policy and returns what is wrong with its form.
func (p *policy) read(data []byte) []string {
	if len(data) > maxPolicy {
		return []string{fmt.Sprintf("the policy is longer than %d bytes", maxPolicy)}
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return []string{"the policy is empty; one that sets nothing is {}"}
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var document, second yaml.Node
	switch err := decoder.Decode(&document); {
	case errors.Is(err, io.EOF):
		return nil // nothing but comments
	case err != nil:
		return inPolicy(err)
	}
	if err := decoder.Decode(&second); err == nil {
		return []string{fmt.Sprintf("line %d: a policy is one document", second.Line)}
	} else if !errors.Is(err, io.EOF) {
		return inPolicy(err)
	}
	problems := unclear(document.Content[0])
	decoder = yaml.NewDecoder(bytes.NewReader(data))
	decoder.KnownFields(true)
	if problems = append(problems, inPolicy(decoder.Decode(p))...); len(problems) > 0 {
		return problems
	}
	return p.check(document.Content[0])
}

// unclear names the values that are left empty, which yaml takes for none, and aliases, which it takes for their anchors.
func unclear(n *yaml.Node) (problems []string) {
	switch {
	case n.Kind == yaml.AliasNode:
		problems = append(problems, fmt.Sprintf("line %d: a policy has no aliases", n.Line))
	case n.ShortTag() == "!!null":
		problems = append(problems, fmt.Sprintf("line %d: there is no value", n.Line))
	}
	for _, child := range n.Content {
		problems = append(problems, unclear(child)...)
	}
	return problems
}

var (
	unknownField = regexp.MustCompile(`(?s)^(line \d+: )field (.*) not found in type .*$`)
	wrongKind    = regexp.MustCompile(`(?s)^(line \d+: )cannot unmarshal !!(\S+) (?:.* )?into (\S+)$`)
)

// inPolicy says an error of the YAML library in terms of a policy.
func inPolicy(err error) (problems []string) {
	if err == nil {
		return nil
	}
	types, ok := errors.AsType[*yaml.TypeError](err)
	if !ok {
		message := strings.TrimPrefix(err.Error(), "yaml: ")
		line := regexp.MustCompile(`^line \d+: `).FindString(message)
		return []string{line + "this is not YAML: " + text.Excerpt(strings.TrimPrefix(message, line), 120)}
	}
	for _, problem := range types.Errors {
		if m := unknownField.FindStringSubmatch(problem); m != nil {
			problem = fmt.Sprintf("%s%q is not a key here; the keys are %s", m[1], text.Excerpt(m[2], 60), policyKeys())
		} else if m := wrongKind.FindStringSubmatch(problem); m != nil {
			want := "a mapping"
			if strings.HasPrefix(m[3], "[]") {
				want = "a list"
			}
			problem = m[1] + "want " + want
		}
		problems = append(problems, text.Excerpt(problem, 1000))
	}
	return problems
}

// policyKeys lists the keys of a policy, each section with its own.
func policyKeys() string {
	var keys func(t reflect.Type) string
	keys = func(t reflect.Type) string {
		if t.Kind() == reflect.Slice {
			t = t.Elem()
		}
		if t.Kind() != reflect.Struct {
			return ""
		}
		var all []string
		for i := range t.NumField() {
			name := t.Field(i).Tag.Get("yaml")
			if inner := keys(t.Field(i).Type); inner != "" {
				name += " (" + inner + ")"
			}
			all = append(all, name)
		}
		return strings.Join(all, ", ")
	}
	return keys(reflect.TypeFor[policy]())
}

// check returns what is wrong with the acceptances of a policy, which is the mapping root.
func (p *policy) check(root *yaml.Node) (problems []string) {
	lines := map[int]int{} // of the acceptances
	for i := 0; i+1 < len(root.Content); i += 2 {
		if root.Content[i].Value == "accept" {
			for n, item := range root.Content[i+1].Content {
				lines[n] = item.Line
			}
		}
	}
	first := map[accepted]int{}
	for i, a := range p.Accept {
		fail := func(message string) { problems = append(problems, fmt.Sprintf("line %d: %s", lines[i], message)) }
		if a.Token == "" {
			fail("an acceptance needs a token")
		}
		if a.Until == "" {
			fail("an acceptance needs a date in until: nothing is accepted without an end")
		}
		place := accepted{Token: a.Token, Rule: a.Rule}
		if line := first[place]; line != 0 {
			fail(fmt.Sprintf("the same token and rule are accepted on line %d", line))
		}
		first[place] = lines[i]
	}
	return problems
}

// options returns what the policy sets.
func (p *policy) options() Options {
	t := p.Thresholds
	o := Options{
		NeverUsedDays: int(t.NeverUsedDays), UnusedDays: int(t.UnusedDays), LifetimeDays: int(t.LifetimeDays),
		ExpiresDays: int(t.ExpiresDays), TokensPerActor: int(t.TokensPerActor), AgeSpread: float64(t.AgeSpread),
	}
	if p.ProductionBranches != nil {
		o.ProductionBranches = []string{}
	}
	for _, branch := range p.ProductionBranches {
		o.ProductionBranches = append(o.ProductionBranches, string(branch))
	}
	if p.Rules != nil {
		o.Severities = map[string]Severity{}
	}
	for id, g := range p.Rules {
		o.Severities[string(id)] = g.Severity
	}
	for _, a := range p.Accept {
		o.Accept = append(o.Accept, Acceptance{Token: string(a.Token), Rule: string(a.Rule), Until: string(a.Until), Reason: string(a.Reason)})
	}
	return o
}
