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

func (o Options) withDefaults() (Options, error) {
	var errs []error
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf("audit.Options: "+format, args...)) }
	if o.Now.IsZero() {
		fail("Now is required")
	}
	for _, threshold := range []struct {
		name           string
		value          *int
		standard, most int
	}{
		{"NeverUsedDays", &o.NeverUsedDays, 30, maxDays}, {"UnusedDays", &o.UnusedDays, 90, maxDays},
		{"LifetimeDays", &o.LifetimeDays, 90, maxDays}, {"ExpiresDays", &o.ExpiresDays, 7, maxDays},
		{"TokensPerActor", &o.TokensPerActor, 10, math.MaxInt32},
	} {
		if *threshold.value < 0 || *threshold.value > threshold.most {
			fail("%s is out of range: %d", threshold.name, *threshold.value)
		}
		*threshold.value = cmp.Or(*threshold.value, threshold.standard)
	}
	if !(o.AgeSpread >= 0 && o.AgeSpread <= maxDays) {
		fail("AgeSpread is out of range: %v", o.AgeSpread)
	}
	o.AgeSpread = cmp.Or(o.AgeSpread, 5)
	if o.ProductionBranches == nil {
		o.ProductionBranches = []string{"main", "master", "production", "prod"}
	}
	for id, severity := range o.Severities {
		if !isRule(id) {
			fail("Severities: no rule %.60q", id)
		}
		if severity < Off || severity > Error {
			fail("Severities: %s is no severity", severity)
		}
	}
	for _, a := range o.Accept {
		if a.Token == "" || report.CheckDay(a.Until) != nil {
			fail("Accept: an acceptance needs a token, and a last day such as 2026-12-31")
		}
		if a.Rule != "" && !isRule(a.Rule) {
			fail("Accept: no rule %.60q", a.Rule)
		}
	}
	return o, errors.Join(errs...)
}
