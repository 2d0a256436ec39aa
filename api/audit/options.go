package audit

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/psoauth/psoauth/api"
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

	// Accept names findings that are known and put up with for a while.
	Accept []Acceptance

	// Secrets are credentials to keep out of all findings, beside whatever looks like one of PlanetScale's.
	Secrets []api.Secret
}

// An Acceptance takes findings on one token out of the count until a date. They are still reported, as accepted.
type Acceptance struct {
	Token  string    // the token's id
	Rule   string    // the rule's id, or empty for all rules
	Until  time.Time // from here on it accepts nothing
	Reason string    // for the reader of the report; may be empty
}

// LastDay returns the last day, in UTC, on which a accepts anything.
func (a Acceptance) LastDay() string { return date(a.Until.Add(-1)) }

// MaxDays is the largest threshold in days, about a hundred years.
const MaxDays = 36_525

func (o Options) withDefaults() (Options, error) {
	var errs []error
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf("audit.Options: "+format, args...)) }
	if o.Now.IsZero() {
		fail("Now is required")
	}
	for _, f := range []struct {
		name     string
		value    *int
		standard int
	}{
		{"NeverUsedDays", &o.NeverUsedDays, 30},
		{"UnusedDays", &o.UnusedDays, 90},
		{"LifetimeDays", &o.LifetimeDays, 90},
		{"ExpiresDays", &o.ExpiresDays, 7},
		{"TokensPerActor", &o.TokensPerActor, 10},
	} {
		if *f.value < 0 || *f.value > MaxDays && f.value != &o.TokensPerActor || *f.value > math.MaxInt32 {
			fail("%s is out of range: %d", f.name, *f.value)
		}
		*f.value = cmp.Or(*f.value, f.standard)
	}
	if !(o.AgeSpread >= 0 && o.AgeSpread <= MaxDays) {
		fail("AgeSpread is out of range: %v", o.AgeSpread)
	}
	o.AgeSpread = cmp.Or(o.AgeSpread, 5)
	if o.ProductionBranches == nil {
		o.ProductionBranches = []string{"main", "master", "production", "prod"}
	}
	for id, severity := range o.Severities {
		if _, ok := RuleByID(id); !ok {
			fail("Severities: no rule %.60q", id)
		}
		if severity < Off || severity > Error {
			fail("Severities: %s is no severity", severity)
		}
	}
	for _, a := range o.Accept {
		if a.Token == "" || a.Until.IsZero() {
			fail("Accept: an acceptance needs a token and a date")
		}
		if _, ok := RuleByID(a.Rule); !ok && a.Rule != "" {
			fail("Accept: no rule %.60q", a.Rule)
		}
	}
	return o, errors.Join(errs...)
}
