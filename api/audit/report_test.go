package audit_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/psoauth/psoauth/api"
	"github.com/psoauth/psoauth/api/audit"
	"github.com/psoauth/psoauth/openapi"
)

func TestReportIsWorstFirst(t *testing.T) {
	t.Parallel()
	named := func(id string, change func(*api.Token)) *api.Token {
		return clean(change, func(tok *api.Token) { tok.ID = id })
	}
	report := run(t, audit.Options{},
		named("1", func(tok *api.Token) { tok.ExpiresAt = in(day) }),
		named("2", func(tok *api.Token) { tok.LastUsedAt, tok.ExpiresAt = ago(100*day), nil }),
		named("3", func(*api.Token) {}),
		named("4", func(tok *api.Token) { tok.ExpiresAt = nil }),
		named("5", func(tok *api.Token) { tok.Token = ptr(openapi.NewSecret("pscale_oauth_x")) }),
	)
	var got []string
	for f := range report.Findings() {
		got = append(got, f.Severity.String()+" "+f.Rule+" "+f.Token)
	}
	want := []string{
		"error token.live-secret 5", "warning token.never-expires 2", "warning token.never-expires 4",
		"warning token.unused 2", "note token.expires-soon 1",
	}
	if !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
	if report.Tokens != 5 || report.Flagged != 4 || report.Worst() != audit.Error ||
		report.Count(audit.Error) != 1 || report.Count(audit.Warning) != 3 || report.Count(audit.Note) != 1 {
		t.Errorf("the counts of %+v are wrong", report)
	}
}

func TestReportOfNothing(t *testing.T) {
	t.Parallel()
	want := &audit.Report{Application: "5kq1x0v2m8yd", ApplicationName: "Schema Sentinel", At: now}
	if got := run(t, audit.Options{}); !reflect.DeepEqual(got, want) || got.Worst() != audit.Off {
		t.Errorf("got %+v", got)
	}
}

func TestHalfAListIsNoAudit(t *testing.T) {
	t.Parallel()
	broken := errors.New("page 2 is not to be had")
	report, err := audit.Run(application(), func(yield func(*api.Token, error) bool) {
		_ = yield(clean(), nil) && yield(nil, broken)
	}, audit.Options{Now: now})
	if report != nil || !errors.Is(err, broken) {
		t.Errorf("got %v, %v", report, err)
	}
}

func TestAcceptance(t *testing.T) {
	t.Parallel()
	flagged := clean(func(tok *api.Token) { tok.ExpiresAt, tok.LastUsedAt = nil, ago(100*day) })
	odd := clean(func(tok *api.Token) { tok.ID, tok.ExpiresAt, tok.LastUsedAt = "\x1bid\u202e", nil, ago(100*day) })
	for _, tt := range []struct {
		name     string
		accept   audit.Acceptance
		accepted string // the rules accepted
	}{
		{"of all rules", audit.Acceptance{Token: flagged.ID, Until: *in(day)}, "token.never-expires token.unused"},
		{"of one that is shown otherwise", audit.Acceptance{Token: odd.ID, Until: *in(day)}, "token.never-expires token.unused"},
		{"of one rule", audit.Acceptance{Token: flagged.ID, Rule: audit.Unused, Until: *in(1)}, "token.unused"},
		{"of another rule", audit.Acceptance{Token: flagged.ID, Rule: audit.WriteReach, Until: *in(day)}, ""},
		{"of another token", audit.Acceptance{Token: "another", Until: *in(day)}, ""},
		{"until now", audit.Acceptance{Token: flagged.ID, Until: now}, ""},
	} {
		flagged := flagged
		if tt.accept.Token == odd.ID {
			flagged = odd
		}
		report := run(t, audit.Options{Accept: []audit.Acceptance{tt.accept}}, flagged)
		var accepted []string
		for f := range report.Findings() {
			if f.Accepted != nil {
				accepted = append(accepted, f.Rule)
			}
		}
		n := len(accepted)
		if got := strings.Join(accepted, " "); got != tt.accepted {
			t.Errorf("%s: accepted %q, want %q", tt.name, got, tt.accepted)
		}
		if report.Accepted() != n || report.Count(audit.Warning) != 2-n || (report.Worst() == audit.Off) != (n == 2) ||
			(report.Flagged == 0) != (n == 2) {
			t.Errorf("%s: the counts of %+v are wrong", tt.name, report)
		}
		if unneeded := len(report.Unneeded) == 1; unneeded != (n == 0) {
			t.Errorf("%s: unneeded is %v", tt.name, report.Unneeded)
		}
	}
}

func TestFindingsBeyondTheMostAreCounted(t *testing.T) {
	t.Parallel()
	const more = 5
	forever := func(tok *api.Token) { tok.ExpiresAt = nil }
	last := clean(forever, func(tok *api.Token) { tok.ID = "last" })
	tokens := append(slices.Repeat([]*api.Token{clean(forever)}, audit.MaxFindings+more), last)
	report := run(t, audit.Options{
		TokensPerActor: audit.MaxFindings * 2,
		Accept:         []audit.Acceptance{{Token: "last", Until: *in(day)}},
	}, tokens...)
	if len(report.Groups) != 1 {
		t.Fatalf("%d groups, want 1", len(report.Groups))
	}
	group := report.Groups[0]
	if len(group.Findings) != audit.MaxFindings+1 || group.More != more || group.Count() != audit.MaxFindings+more ||
		report.Count(audit.Warning) != group.Count() || report.Accepted() != 1 || report.Flagged != group.Count() {
		t.Errorf("%d findings and %d more, count %d, %d accepted, %d flagged",
			len(group.Findings), group.More, group.Count(), report.Accepted(), report.Flagged)
	}
}

func TestSeverities(t *testing.T) {
	t.Parallel()
	flagged := clean(func(tok *api.Token) { tok.ExpiresAt, tok.LastUsedAt = nil, ago(100*day) })
	report := run(t, audit.Options{Severities: map[string]audit.Severity{
		audit.NeverExpires: audit.Off, audit.Unused: audit.Error,
	}}, flagged)
	found := slices.Collect(report.Findings())
	if len(found) != 1 || found[0].Rule != audit.Unused || found[0].Severity != audit.Error || report.Worst() != audit.Error {
		t.Errorf("found %+v", found)
	}
}

func TestBadOptionsAreAllNamed(t *testing.T) {
	t.Parallel()
	_, err := audit.New(application(), audit.Options{
		NeverUsedDays: -1, UnusedDays: audit.MaxDays + 1, LifetimeDays: -2, ExpiresDays: -3, TokensPerActor: -4, AgeSpread: -5,
		Severities: map[string]audit.Severity{"token.blue": audit.Note, audit.Unused: 7},
		Accept:     []audit.Acceptance{{Until: now}, {Token: "x"}, {Token: "x", Rule: "token.red", Until: now}},
	})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{
		"Now is required", "NeverUsedDays", "UnusedDays", "LifetimeDays", "ExpiresDays", "TokensPerActor", "AgeSpread",
		"token.blue", "Severity(7)", "needs a token and a date", "token.red",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not named in:\n%v", want, err)
		}
	}
}

func TestOptionsAreNotChanged(t *testing.T) {
	t.Parallel()
	options := audit.Options{Now: now, Accept: []audit.Acceptance{{Token: clean().ID, Until: *in(day)}}}
	before := fmt.Sprintf("%+v", options)
	run(t, options, clean(func(tok *api.Token) { tok.ExpiresAt = nil }))
	if after := fmt.Sprintf("%+v", options); after != before {
		t.Errorf("options were %s and are %s", before, after)
	}
}

func TestFindingsAreFitToBeShown(t *testing.T) {
	t.Parallel()
	hostile := "\x1b[2J\u202ecod</td>pscale_tkn_0123456789abcdef" + strings.Repeat("ü", 5000)
	tok := clean(func(tok *api.Token) {
		tok.ID, tok.DisplayName, tok.ActorID, tok.ActorDisplayName = hostile, hostile, &hostile, &hostile
		tok.ExpiresAt = nil
		tok.Token = ptr(openapi.NewSecret("pscale_oauth_leaked"))
		tok.OAuthAccessesByResource.Branch.Accesses = scopes(hostile, "production_"+hostile)
		tok.OAuthAccessesByResource.Branch.Branches[0].Name = "main"
		tok.ServiceTokenAccesses[0] = access("delete_"+hostile, hostile, hostile, &now)
	})
	report := run(t, audit.Options{TokensPerActor: 1}, append(aged(slices.Repeat([]int{1}, 30)...), tok, tok)...)
	if len(report.Groups) < 7 {
		t.Fatalf("only %d rules found anything", len(report.Groups))
	}
	for f := range report.Findings() {
		said := fmt.Sprint(f.Token, f.Name, f.Actor, f.ActorName, f.Message)
		if strings.ContainsAny(said, "\x1b\u202e") || strings.Contains(said, "0123456789abcdef") ||
			strings.Contains(said, "leaked") || len(said) > 1200 {
			t.Errorf("%s says %q", f.Rule, said)
		}
	}
}

func TestSeverityNames(t *testing.T) {
	t.Parallel()
	for _, s := range []audit.Severity{audit.Off, audit.Note, audit.Warning, audit.Error} {
		name, err := s.MarshalText()
		var back audit.Severity
		if err != nil || back.UnmarshalText(name) != nil || back != s {
			t.Errorf("%d becomes %q and %d", s, name, back)
		}
	}
	if _, err := audit.ParseSeverity("high"); err == nil {
		t.Error("no error for high")
	}
}

func TestDeepPastAndFuture(t *testing.T) {
	t.Parallel()
	report := run(t, audit.Options{}, clean(func(tok *api.Token) {
		tok.CreatedAt, tok.LastUsedAt, tok.ExpiresAt = time.Time{}, &time.Time{}, &time.Time{}
	}))
	if got := messages(report, audit.Unused); len(got) != 1 || !strings.Contains(got[0], "0001-01-01, 739859 days ago") {
		t.Errorf("found %q", got)
	}
}
