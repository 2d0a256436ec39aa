package cli

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/psoauth/psoauth/internal/report"
)

// mostReport bounds what is read of a report, in bytes.
const mostReport = 256 << 20

// An auditReport is what is read of the JSON form of an audit.
type auditReport struct {
	Organization string
	Application  json.RawMessage
	Findings     []struct {
		Rule        string
		Also        []string
		Severity    report.Severity
		Token       *string
		Application json.RawMessage
		Accepted    any
	}
}

func readAuditReport(file io.Reader) (audit auditReport, err error) {
	if err := json.NewDecoder(io.LimitReader(file, mostReport)).Decode(&audit); err != nil || audit.Findings == nil {
		return audit, errors.New("want a report of psoauth audit --format json")
	}
	return audit, nil
}

// fromReport reads which tokens of an application have findings that --rule and --severity choose, and why. Where nothing
// names the organization, the report does.
func (r *revocation) fromReport(application string) (string, []*target, error) {
	audit, err := readFile("--from", r.from, readAuditReport)
	if err != nil {
		return "", nil, err
	}
	switch org := &r.settings.org; {
	case *org == "":
		*org = audit.Organization
	case audit.Organization != "" && audit.Organization != *org:
		return "", nil, fmt.Errorf("--from %s: it is a report on organization %s, but %s names %s: give --org %[2]s if you mean that",
			r.from, audit.Organization, r.settings.sources["org"], *org)
	}
	least, err := report.ParseSeverity(r.severity.value)
	if err != nil {
		return "", nil, err
	}
	chosen := func(rule string) bool { return len(r.rules) == 0 || slices.Contains(r.rules, rule) }
	why := map[string][]string{}
	var targets []*target
	var applications []string
	for _, f := range audit.Findings {
		of := cmp.Or(idIn(f.Application), idIn(audit.Application))
		found := append([]string{f.Rule}, f.Also...)
		if orEmpty(f.Token) == "" || f.Accepted != nil || f.Severity < least || application != "" && application != of ||
			!slices.ContainsFunc(found, chosen) {
			continue
		}
		if !slices.Contains(applications, of) {
			applications = append(applications, of)
		}
		if why[*f.Token] == nil {
			targets = append(targets, &target{ID: *f.Token})
		}
		for _, rule := range found {
			if !slices.Contains(why[*f.Token], rule) {
				why[*f.Token] = append(why[*f.Token], rule)
			}
		}
	}
	switch len(applications) {
	case 0:
		return "", nil, fmt.Errorf("--from %s: no token to revoke: no finding in it is on a token that APP_ID, --rule and --severity choose, and open", r.from)
	case 1:
		for _, t := range targets {
			t.Why = strings.Join(why[t.ID], ", ")
		}
		return applications[0], targets, nil
	}
	return "", nil, fmt.Errorf("--from %s: it has findings on several applications: give APP_ID, one of %s", r.from, strings.Join(applications, ", "))
}

// idIn returns the id in an object, or the string that is one.
func idIn(raw json.RawMessage) (id string) {
	var object struct{ ID string }
	if json.Unmarshal(raw, &id) != nil && json.Unmarshal(raw, &object) == nil {
		return object.ID
	}
	return id
}
