package audit

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/psoauth/psoauth/internal/report"
	"github.com/psoauth/psoauth/internal/text"
)

const (
	maxPolicy   = 1 << 20 // bytes
	maxMistakes = 2000    // bytes of an error
)

// A policy is what a policy file may hold.
type policy struct {
	Thresholds         thresholds          `yaml:"thresholds"`
	ProductionBranches []string            `yaml:"production_branches"`
	Rules              map[ruleID]severity `yaml:"rules"`
	Accept             []acceptance        `yaml:"accept"`
}

type thresholds struct {
	NeverUsedDays  numberOfDays `yaml:"never_used_days"`
	UnusedDays     numberOfDays `yaml:"unused_days"`
	LifetimeDays   numberOfDays `yaml:"lifetime_days"`
	ExpiresDays    numberOfDays `yaml:"expires_days"`
	TokensPerActor wholeNumber  `yaml:"tokens_per_actor"`
	AgeSpread      factor       `yaml:"age_spread"`
}

type acceptance struct {
	Token  string  `yaml:"token"`
	Rule   ruleID  `yaml:"rule"`
	Until  lastDay `yaml:"until"`
	Reason string  `yaml:"reason"`
}

const policyKeys = "a policy has thresholds (never_used_days, unused_days, lifetime_days, expires_days, tokens_per_actor, " +
	"age_spread), production_branches, rules and accept (token, rule, until, reason)"

// ReadPolicy reads a policy file, in which everything may be left out, and returns the options that it sets. Now is not
// among them. What the file holds beside the keys of docs/policy.yaml is an error: a policy that is not understood must not
// pass for one that is kept. An error is that of r, or names the mistakes with their lines, fit to be shown.
func ReadPolicy(r io.Reader) (Options, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxPolicy+1))
	if err != nil {
		return Options{}, err
	}
	options, mistakes := parsePolicy(data)
	if len(mistakes) > 0 {
		return Options{}, errors.New(text.Excerpt(strings.Join(mistakes, "; "), maxMistakes))
	}
	return options, nil
}

func parsePolicy(data []byte) (o Options, mistakes []string) {
	switch {
	case len(data) > maxPolicy:
		return o, []string{fmt.Sprintf("the policy is longer than %d bytes", maxPolicy)}
	case len(bytes.TrimSpace(data)) == 0:
		return o, []string{"the policy is empty, and one that sets nothing is {}"}
	}
	var document, second yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	err := decoder.Decode(&document)
	if errors.Is(err, io.EOF) {
		return o, nil // nothing but comments
	}
	if err == nil {
		err = decoder.Decode(&second)
	}
	switch {
	case err == nil:
		return o, []string{fmt.Sprintf("line %d: a policy is one document", second.Line)}
	case !errors.Is(err, io.EOF):
		return o, []string{"this is not YAML: " + strings.TrimPrefix(err.Error(), "yaml: ")}
	}
	if mistakes = refused(&document); len(mistakes) > 0 {
		return o, mistakes
	}
	var p policy
	decoder = yaml.NewDecoder(bytes.NewReader(data))
	decoder.KnownFields(true)
	err = decoder.Decode(&p)
	wrong, ok := errors.AsType[*yaml.TypeError](err)
	switch {
	case err == nil:
		return p.options()
	case !ok:
		return o, []string{strings.TrimPrefix(err.Error(), "yaml: ")}
	}
	for i, mistake := range wrong.Errors {
		if field, _, unknown := strings.Cut(mistake, " not found in type "); unknown {
			wrong.Errors[i] = field + " is unknown: " + policyKeys
		}
	}
	return o, wrong.Errors
}

// refused returns what yaml.v3 would let pass: values that are left out, and aliases. It would also compare each key of a
// mapping with each other one, however many there are.
func refused(n *yaml.Node) (mistakes []string) {
	fail := func(problem string) { mistakes = append(mistakes, fmt.Sprintf("line %d: %s", n.Line, problem)) }
	switch tag := n.ShortTag(); {
	case n.Kind == yaml.AliasNode, tag == "!!merge":
		fail("a policy has no aliases")
	case tag == "!!null", n.Kind == yaml.ScalarNode && strings.TrimSpace(n.Value) == "":
		fail("there is no value")
	case n.Kind == yaml.MappingNode && len(n.Content) > 2*len(rules):
		fail("there are more keys than a policy has")
	}
	for _, child := range n.Content {
		mistakes = append(mistakes, refused(child)...)
	}
	return mistakes
}

// options returns the options that the policy sets.
func (p *policy) options() (o Options, mistakes []string) {
	o = Options{
		NeverUsedDays: int(p.Thresholds.NeverUsedDays), UnusedDays: int(p.Thresholds.UnusedDays),
		LifetimeDays: int(p.Thresholds.LifetimeDays), ExpiresDays: int(p.Thresholds.ExpiresDays),
		TokensPerActor: int(p.Thresholds.TokensPerActor), AgeSpread: float64(p.Thresholds.AgeSpread),
		ProductionBranches: p.ProductionBranches,
	}
	if p.Rules != nil {
		o.Severities = map[string]Severity{}
	}
	for rule, s := range p.Rules {
		o.Severities[string(rule)] = Severity(s)
	}
	first := map[Acceptance]int{}
	for i, a := range p.Accept {
		fail := func(problem string) { mistakes = append(mistakes, fmt.Sprintf("acceptance %d %s", i+1, problem)) }
		place := Acceptance{Token: a.Token, Rule: string(a.Rule)}
		switch {
		case a.Token == "":
			fail("has no token")
		case a.Until == "":
			fail("has no date in until: nothing is accepted without an end")
		case first[place] > 0:
			fail(fmt.Sprintf("is for the same token and rule as acceptance %d", first[place]))
		}
		first[place] = i + 1
		o.Accept = append(o.Accept, Acceptance{Token: a.Token, Rule: string(a.Rule), Until: string(a.Until), Reason: a.Reason})
	}
	return o, mistakes
}

// want is the error of an unmarshaler unless its value is good, in the form that yaml.v3 collects.
func want(n *yaml.Node, good bool, what string) error {
	if good && n.Kind == yaml.ScalarNode {
		return nil
	}
	return &yaml.TypeError{Errors: []string{fmt.Sprintf("line %d: want %s, not %.60q", n.Line, what, cmp.Or(n.Value, n.ShortTag()))}}
}

type (
	numberOfDays int
	wholeNumber  int
	factor       float64
	severity     Severity
	ruleID       string
	lastDay      string
)

func (d *numberOfDays) UnmarshalYAML(n *yaml.Node) error {
	return readWhole(n, (*int)(d), maxDays, "a number of days")
}

func (w *wholeNumber) UnmarshalYAML(n *yaml.Node) error {
	return readWhole(n, (*int)(w), math.MaxInt32, "a whole number")
}

// readWhole reads a whole number of 1 or more, written as one: 010 and 0x10, which YAML takes for numbers, are not.
func readWhole(n *yaml.Node, into *int, most int, what string) (err error) {
	*into, err = strconv.Atoi(n.Value)
	good := err == nil && *into >= 1 && *into <= most && n.ShortTag() == "!!int" && n.Value == strconv.Itoa(*into)
	return want(n, good, fmt.Sprintf("%s from 1 to %d", what, most))
}

func (f *factor) UnmarshalYAML(n *yaml.Node) error {
	value, err := strconv.ParseFloat(n.Value, 64)
	*f = factor(value)
	isNumber := n.ShortTag() == "!!int" || n.ShortTag() == "!!float"
	return want(n, err == nil && value > 0 && value <= 1000 && isNumber, "a number above 0 and up to 1000")
}

func (s *severity) UnmarshalYAML(n *yaml.Node) error {
	value, err := report.ParseSeverity(n.Value)
	*s = severity(value)
	return want(n, err == nil, "error, warning, note or off")
}

func (r *ruleID) UnmarshalYAML(n *yaml.Node) error {
	var ids []string
	for _, rule := range rules {
		ids = append(ids, rule.ID)
	}
	*r = ruleID(n.Value)
	return want(n, slices.Contains(ids, n.Value), "the id of a rule ("+strings.Join(ids, ", ")+")")
}

func (d *lastDay) UnmarshalYAML(n *yaml.Node) error {
	*d = lastDay(n.Value)
	return want(n, report.CheckDay(n.Value) == nil, "a date such as 2026-12-31")
}
