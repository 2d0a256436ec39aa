package audit

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
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
	Thresholds         thresholds            `yaml:"thresholds"`
	ProductionBranches []string              `yaml:"production_branches"`
	Rules              map[ruleName]severity `yaml:"rules"`
	Accept             []acceptance          `yaml:"accept"`
}

type thresholds struct {
	NeverUsedDays  dayCount `yaml:"never_used_days"`
	UnusedDays     dayCount `yaml:"unused_days"`
	LifetimeDays   dayCount `yaml:"lifetime_days"`
	ExpiresDays    dayCount `yaml:"expires_days"`
	TokensPerActor count    `yaml:"tokens_per_actor"`
	AgeSpread      factor   `yaml:"age_spread"`
}

type acceptance struct {
	Token  string   `yaml:"token"`
	Rule   ruleName `yaml:"rule"`
	Until  lastDay  `yaml:"until"`
	Reason string   `yaml:"reason"`
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
	options, err := parsePolicy(data)
	if err != nil {
		return Options{}, errors.New(text.Excerpt(strings.ReplaceAll(err.Error(), "\n", "; "), maxMistakes))
	}
	return options, nil
}

func parsePolicy(data []byte) (o Options, err error) {
	switch {
	case len(data) > maxPolicy:
		return o, fmt.Errorf("the policy is longer than %d bytes", maxPolicy)
	case len(bytes.TrimSpace(data)) == 0:
		return o, errors.New("the policy is empty, and one that sets nothing is {}")
	}
	var document, second yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	err = decoder.Decode(&document)
	if errors.Is(err, io.EOF) {
		return o, nil // nothing but comments
	}
	if err == nil {
		err = decoder.Decode(&second)
	}
	switch {
	case err == nil:
		return o, fmt.Errorf("line %d: a policy is one document", second.Line)
	case !errors.Is(err, io.EOF):
		return o, fmt.Errorf("this is not YAML: %s", strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if err := refused(&document); err != nil {
		return o, err
	}
	var p policy
	decoder = yaml.NewDecoder(bytes.NewReader(data))
	decoder.KnownFields(true)
	err = decoder.Decode(&p)
	if wrong, ok := errors.AsType[*yaml.TypeError](err); ok {
		return o, errors.New(inPlainWords(strings.Join(wrong.Errors, "\n")))
	}
	if err != nil {
		return o, err
	}
	return p.options()
}

// refused is an error for what yaml.v3 would let pass: values that are left out, and aliases. It would also compare each
// key of a mapping with each other one, however many there are.
func refused(n *yaml.Node) error {
	errs := make([]error, 1, 1+len(n.Content))
	switch tag := n.ShortTag(); {
	case n.Kind == yaml.AliasNode, tag == "!!merge":
		errs[0] = fmt.Errorf("line %d: a policy has no aliases", n.Line)
	case tag == "!!null", n.Kind == yaml.ScalarNode && strings.TrimSpace(n.Value) == "":
		errs[0] = fmt.Errorf("line %d: there is no value", n.Line)
	case n.Kind == yaml.MappingNode && len(n.Content) > 2*len(rules):
		errs[0] = fmt.Errorf("line %d: there are more keys than a policy has", n.Line)
	}
	for _, child := range n.Content {
		errs = append(errs, refused(child))
	}
	return errors.Join(errs...)
}

// options returns the options that the policy sets, and what is wrong with them.
func (p *policy) options() (Options, error) {
	o := Options{
		NeverUsedDays: int(p.Thresholds.NeverUsedDays), UnusedDays: int(p.Thresholds.UnusedDays),
		LifetimeDays: int(p.Thresholds.LifetimeDays), ExpiresDays: int(p.Thresholds.ExpiresDays),
		TokensPerActor: int(p.Thresholds.TokensPerActor), AgeSpread: float64(p.Thresholds.AgeSpread),
		ProductionBranches: p.ProductionBranches,
	}
	if p.Rules != nil {
		o.Severities = make(map[string]Severity, len(p.Rules))
	}
	for rule, severity := range p.Rules {
		o.Severities[string(rule)] = Severity(severity)
	}
	for _, a := range p.Accept {
		o.Accept = append(o.Accept, Acceptance{Token: a.Token, Rule: string(a.Rule), Until: string(a.Until), Reason: a.Reason})
	}
	return o, o.check()
}

// The errors of yaml.v3 name Go's types.
var (
	unknownKey = regexp.MustCompile(` not found in type .*`)
	mistyped   = regexp.MustCompile(`cannot unmarshal (!![a-z]+).* into (\S+)`)
	kinds      = map[string]string{"!!seq": "a list", "!!map": "a mapping"}
	typed      = map[string]string{"[]string": "a list", "[]audit.acceptance": "a list", "string": "a text"}
)

func inPlainWords(mistakes string) string {
	mistakes = unknownKey.ReplaceAllString(mistakes, " is unknown: "+policyKeys)
	return mistyped.ReplaceAllStringFunc(mistakes, func(mistake string) string {
		groups := mistyped.FindStringSubmatch(mistake)
		return "want " + cmp.Or(typed[groups[2]], "a mapping") + ", not " + cmp.Or(kinds[groups[1]], "a single value")
	})
}

// Values of a policy whose mistakes are named with their line.
type (
	dayCount int
	count    int
	factor   float64
	ruleName string
	severity Severity
	lastDay  string
)

func (d *dayCount) UnmarshalYAML(n *yaml.Node) error {
	return whole(n, (*int)(d), maxDays, "a number of days from 1 to 36525")
}

func (c *count) UnmarshalYAML(n *yaml.Node) error {
	return whole(n, (*int)(c), math.MaxInt32, "a whole number above 0")
}

func (f *factor) UnmarshalYAML(n *yaml.Node) error {
	value, err := strconv.ParseFloat(n.Value, 64)
	*f = factor(value)
	isNumber := n.ShortTag() == "!!int" || n.ShortTag() == "!!float"
	return want(n, "a number above 0 and up to 1000", err == nil && value > 0 && value <= 1000 && isNumber)
}

func (r *ruleName) UnmarshalYAML(n *yaml.Node) error {
	*r = ruleName(n.Value)
	return want(n, "the id of a rule, as docs/audit.md lists them", isRule(n.Value))
}

func (s *severity) UnmarshalYAML(n *yaml.Node) error {
	value, err := report.ParseSeverity(n.Value)
	*s = severity(value)
	return want(n, "error, warning, note or off", err == nil)
}

func (d *lastDay) UnmarshalYAML(n *yaml.Node) error {
	*d = lastDay(n.Value)
	return want(n, "a date such as 2026-12-31", report.CheckDay(n.Value) == nil)
}

// whole reads a number from 1 to most, written as one: 010, 0x10 and 1.5, which YAML makes a whole number of, are not.
func whole(n *yaml.Node, into *int, most int, what string) (err error) {
	*into, err = strconv.Atoi(n.Value)
	return want(n, what, err == nil && *into >= 1 && *into <= most && n.ShortTag() == "!!int" && n.Value == strconv.Itoa(*into))
}

// want is the error of an unmarshaler unless its value is good, in the form that yaml.v3 collects.
func want(n *yaml.Node, what string, good bool) error {
	if good && n.Kind == yaml.ScalarNode {
		return nil
	}
	got := cmp.Or(kinds[n.ShortTag()], fmt.Sprintf("%.60q", n.Value))
	return &yaml.TypeError{Errors: []string{fmt.Sprintf("line %d: want %s, not %s", n.Line, what, got)}}
}
