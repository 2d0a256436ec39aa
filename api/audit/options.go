package audit

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/psoauth/psoauth/api"
	"github.com/psoauth/psoauth/internal/report"
)

// Options says how to judge. The zero value of each field but Now means its default.
type Options struct {
	// Now is the time of the audit. It is required.
	Now time.Time

	NeverUsedDays  int // flag a token never used since it was issued at least so many days ago; 30 by default
	UnusedDays     int // flag a token last used at least so many days ago; 90 by default
	LifetimeDays   int // flag a token that lives longer than so many days; 90 by default
	ExpiresDays    int // flag a token that expires within so many days; 7 by default
	TokensPerActor int // flag an actor with more tokens; 10 by default

	// AgeSpread is how many times the spread of the middle half of all ages a token may be older than three quarters of
	// the tokens; 5 by default. With quartiles Q1 and Q3, in whole days, a token is of unusual age when it is older than
	// Q3 + AgeSpread × max(Q3 − Q1, 30) days. Lists of fewer than 20 tokens have no usual age.
	AgeSpread float64

	// ProductionBranches are the names that production branches go by, compared without regard to case; main, master,
	// production and prod by default. An empty slice that is not nil means none.
	ProductionBranches []string

	// Severities changes the severity of rules, by id; [Off] switches a rule off.
	Severities map[string]Severity

	// Accept names findings that are known and accepted for a while.
	Accept []Acceptance

	// Baseline is what an earlier audit saw: its findings are accepted, and the differences from it are reported.
	Baseline *Baseline

	// Whole says that all applications of the organization are audited, so that one that only the baseline knows is gone.
	Whole bool

	// Secrets are credentials to keep out of all findings, beside what looks like one of PlanetScale's.
	Secrets []api.Secret
}

// An Acceptance takes findings on one token, by one rule or by all, out of the count through its last day. They are still
// reported, as accepted. Operation and Pointer are for the acceptances of contract checks.
type Acceptance = report.Acceptance

// maxDays is the largest threshold in days, about a hundred years.
const maxDays = 36_525

func (o Options) withDefaults() Options {
	o.NeverUsedDays, o.UnusedDays = cmp.Or(o.NeverUsedDays, 30), cmp.Or(o.UnusedDays, 90)
	o.LifetimeDays, o.ExpiresDays = cmp.Or(o.LifetimeDays, 90), cmp.Or(o.ExpiresDays, 7)
	o.TokensPerActor, o.AgeSpread = cmp.Or(o.TokensPerActor, 10), cmp.Or(o.AgeSpread, 5)
	if o.ProductionBranches == nil {
		o.ProductionBranches = []string{"main", "master", "production", "prod"}
	}
	return o
}

// check joins everything that is wrong with what a policy can set.
func (o *Options) check() error {
	var errs []error
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	for _, threshold := range []struct {
		name        string
		value, most float64
	}{
		{"NeverUsedDays", float64(o.NeverUsedDays), maxDays}, {"UnusedDays", float64(o.UnusedDays), maxDays},
		{"LifetimeDays", float64(o.LifetimeDays), maxDays}, {"ExpiresDays", float64(o.ExpiresDays), maxDays},
		{"TokensPerActor", float64(o.TokensPerActor), math.MaxInt32}, {"AgeSpread", o.AgeSpread, maxDays},
	} {
		if !(threshold.value >= 0 && threshold.value <= threshold.most) {
			fail("%s is out of range: %.10g", threshold.name, threshold.value)
		}
	}
	for id, severity := range o.Severities {
		if !isRule(id) {
			fail("there is no rule %.60q", id)
		}
		if severity < Off || severity > Error {
			fail("%s is no severity", severity)
		}
	}
	first := map[Acceptance]int{}
	for i, a := range o.Accept {
		if a.Token == "" {
			fail("acceptance %d needs a token", i+1)
		}
		if report.CheckDay(a.Until) != nil {
			fail("acceptance %d needs a last day such as 2026-12-31, not %.60q", i+1, a.Until)
		}
		if a.Rule != "" && !isRule(a.Rule) {
			fail("acceptance %d is for a rule that there is not: %.60q", i+1, a.Rule)
		}
		place := Acceptance{Token: a.Token, Rule: a.Rule}
		if first[place] > 0 {
			fail("acceptance %d is for the same token and rule as acceptance %d", i+1, first[place])
		}
		first[place] = i + 1
	}
	return errors.Join(errs...)
}
