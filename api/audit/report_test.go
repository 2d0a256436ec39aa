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
	"github.com/psoauth/psoauth/gen"
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
	if report.Tokens() != 5 || len(report.Flagged()) != 4 || report.Flagged()[0].Token != "5" ||
		report.Count(audit.Error) != 1 || report.Count(audit.Warning) != 3 || report.Count(audit.Note) != 1 {
		t.Errorf("the counts of %+v are wrong", report)
	}
}

func TestReportOfNothing(t *testing.T) {
	t.Parallel()
	want := &audit.Report{Applications: []audit.Application{{ID: "5kq1x0v2m8yd", Name: "Schema Sentinel"}}, At: now}
	if got := run(t, audit.Options{}); !reflect.DeepEqual(got, want) || got.Flagged() != nil {
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
		{"of all rules", audit.Acceptance{Token: flagged.ID, Until: "2026-09-02"}, "token.never-expires token.unused"},
		{"of one that is shown otherwise", audit.Acceptance{Token: odd.ID, Until: "2026-09-02"}, "token.never-expires token.unused"},
		{"of one rule, on its last day", audit.Acceptance{Token: flagged.ID, Rule: "token.unused", Until: "2026-09-01"}, "token.unused"},
		{"of another rule", audit.Acceptance{Token: flagged.ID, Rule: "reach.write", Until: "2026-09-02"}, ""},
		{"of another token", audit.Acceptance{Token: "another", Until: "2026-09-02"}, ""},
		{"until yesterday", audit.Acceptance{Token: flagged.ID, Until: "2026-08-31"}, ""},
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
		if report.Accepted() != n || report.Count(audit.Warning) != 2-n || (len(report.Flagged()) == 0) != (n == 2) {
			t.Errorf("%s: the counts of %+v are wrong", tt.name, report)
		}
		if unneeded := len(report.Unneeded) == 1; unneeded != (n == 0) {
			t.Errorf("%s: unneeded is %v", tt.name, report.Unneeded)
		}
	}
}

func TestSeverities(t *testing.T) {
	t.Parallel()
	flagged := clean(func(tok *api.Token) { tok.ExpiresAt, tok.LastUsedAt = nil, ago(100*day) })
	report := run(t, audit.Options{Severities: map[string]audit.Severity{
		"token.never-expires": audit.Off, "token.unused": audit.Error,
	}}, flagged)
	found := slices.Collect(report.Findings())
	if len(found) != 1 || found[0].Rule != "token.unused" || found[0].Severity != audit.Error {
		t.Errorf("found %+v", found)
	}
}

func TestBadOptionsAreAllNamed(t *testing.T) {
	t.Parallel()
	_, err := audit.New(audit.Options{
		NeverUsedDays: -1, UnusedDays: 36_526, LifetimeDays: -2, ExpiresDays: -3, TokensPerActor: -4, AgeSpread: -5,
		Severities: map[string]audit.Severity{"token.blue": audit.Note, "token.unused": 7},
		Accept:     []audit.Acceptance{{Until: "2026-12-31"}, {Token: "x"}, {Token: "x", Rule: "token.red", Until: "31.12."}},
	})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{
		"Now is required", "NeverUsedDays", "UnusedDays", "LifetimeDays", "ExpiresDays", "TokensPerActor", "AgeSpread",
		"token.blue", "Severity(7)", "needs a token", "needs a last day", "token.red",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not named in:\n%v", want, err)
		}
	}
}

func TestOptionsAreNotChanged(t *testing.T) {
	t.Parallel()
	options := audit.Options{Now: now, Accept: []audit.Acceptance{{Token: clean().ID, Until: "2026-09-02"}}}
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

func TestATimeThatIsNotKnownIsNotJudged(t *testing.T) {
	t.Parallel()
	unknown := func(tok *api.Token) {
		tok.CreatedAt, tok.LastUsedAt, tok.ExpiresAt = time.Time{}, &time.Time{}, &time.Time{}
	}
	tokens := append(aged(slices.Repeat([]int{10}, 30)...), clean(unknown),
		clean(unknown, func(tok *api.Token) { tok.LastUsedAt = nil }), clean(unknown, func(tok *api.Token) { tok.ExpiresAt = nil }),
		clean(unknown, func(tok *api.Token) { tok.ExpiresAt = in(1000 * day) }))
	report := run(t, audit.Options{}, tokens...)
	if got := slices.Collect(report.Findings()); len(got) != 1 || got[0].Rule != "token.never-expires" || got[0].Message != "without an expiry date" {
		t.Errorf("found %+v", got)
	}
	deleted := run(t, audit.Options{}, clean(func(tok *api.Token) {
		tok.ServiceTokenAccesses = []gen.ServiceTokenAccess{access("read_branch", "Branch", "old", &time.Time{})}
	}))
	if got := slices.Collect(deleted.Findings()); len(got) != 1 || got[0].Message != "holds an access on branch old (deleted)" {
		t.Errorf("found %+v", got)
	}
}

func TestADeepFutureIsCounted(t *testing.T) {
	t.Parallel()
	report := run(t, audit.Options{}, clean(func(tok *api.Token) { tok.LastUsedAt = ptr(time.Date(1, 1, 2, 0, 0, 0, 0, time.UTC)) }))
	if got := messages(report, "token.unused"); len(got) != 1 || !strings.Contains(got[0], "0001-01-02, 739858 days ago") {
		t.Errorf("found %q", got)
	}
}

func TestAnAuditOfSeveralApplications(t *testing.T) {
	t.Parallel()
	a, err := audit.New(audit.Options{Now: now, TokensPerActor: 2, Secrets: []api.Secret{openapi.NewSecret("hunter2hunter2")}})
	if err != nil {
		t.Fatal(err)
	}
	two, three := application(), application()
	two.ID, two.Name, two.Scopes = "two", "Second", nil
	three.ID = "three"
	forever := func(tok *api.Token) { tok.ExpiresAt = nil }
	if err := a.Add(application(), list(clean(forever), clean(), clean())); err != nil {
		t.Fatal(err)
	}
	if err := a.Add(two, list(clean(), clean())); err != nil { // with scopes that this application does not declare
		t.Fatal(err)
	}
	broken := errors.New("page 2 is not to be had with hunter2hunter2")
	err = a.Add(three, func(yield func(*api.Token, error) bool) { _ = yield(clean(forever), nil) && yield(nil, broken) })
	if !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	a.Unread(three.ID, three.Name, err)
	report := a.Report()
	var got []string
	for f := range report.Findings() {
		got = append(got, f.Rule+" "+f.Application)
	}
	want := []string{"scope.undeclared two", "scope.undeclared two", "token.never-expires 5kq1x0v2m8yd", "actor.many-tokens 5kq1x0v2m8yd"}
	if !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
	if apps := report.Applications; len(apps) != 3 || len(apps[0].Tokens) != 3 || len(apps[1].Tokens) != 2 || len(apps[2].Tokens) != 0 ||
		apps[2].Err != "page 2 is not to be had with [redacted]" || report.Tokens() != 5 {
		t.Errorf("the applications are %+v", apps)
	}
}
