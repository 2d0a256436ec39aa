package audit

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

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
	Rules              map[string]Severity `yaml:"rules"`
	Accept             []acceptance        `yaml:"accept"`
}

type thresholds struct {
	NeverUsedDays  whole  `yaml:"never_used_days"`
	UnusedDays     whole  `yaml:"unused_days"`
	LifetimeDays   whole  `yaml:"lifetime_days"`
	ExpiresDays    whole  `yaml:"expires_days"`
	TokensPerActor whole  `yaml:"tokens_per_actor"`
	AgeSpread      factor `yaml:"age_spread"`
}

type acceptance struct {
	Token  string `yaml:"token"`
	Rule   string `yaml:"rule"`
	Until  string `yaml:"until"`
	Reason string `yaml:"reason"`
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
		unknown := regexp.MustCompile(` not found in type .*`)
		return o, errors.New(unknown.ReplaceAllString(strings.Join(wrong.Errors, "\n"), " is unknown: "+policyKeys))
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
		ProductionBranches: p.ProductionBranches, Severities: p.Rules,
	}
	for _, a := range p.Accept {
		o.Accept = append(o.Accept, Acceptance{Token: a.Token, Rule: a.Rule, Until: a.Until, Reason: a.Reason})
	}
	return o, o.check()
}

// A whole is a number of 1 or more, written as one: 010, 0x10 and 1.5, which YAML makes a whole number of, are not.
type whole int

func (w *whole) UnmarshalYAML(n *yaml.Node) error {
	value, err := strconv.Atoi(n.Value)
	*w = whole(value)
	return want(n, "a whole number above 0", err == nil && value >= 1 && n.ShortTag() == "!!int" && n.Value == strconv.Itoa(value))
}

type factor float64

func (f *factor) UnmarshalYAML(n *yaml.Node) error {
	value, err := strconv.ParseFloat(n.Value, 64)
	*f = factor(value)
	isNumber := n.ShortTag() == "!!int" || n.ShortTag() == "!!float"
	return want(n, "a number above 0 and up to 1000", err == nil && value > 0 && value <= 1000 && isNumber)
}

// want is the error of an unmarshaler unless its value is good, in the form that yaml.v3 collects.
func want(n *yaml.Node, what string, good bool) error {
	if good && n.Kind == yaml.ScalarNode {
		return nil
	}
	return &yaml.TypeError{Errors: []string{fmt.Sprintf("line %d: want %s, not %.60q", n.Line, what, cmp.Or(n.Value, n.ShortTag()))}}
}
