package audit_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/psoauth/psoauth/api"
	"github.com/psoauth/psoauth/api/audit"
	"github.com/psoauth/psoauth/gen"
)

// An organization is tokens by application.
type organization map[string][]*api.Token

// audited audits the applications in the order of their ids. Those without a list of tokens cannot be read.
func audited(t *testing.T, baseline *audit.Baseline, org organization) *audit.Report {
	t.Helper()
	a, err := audit.New(audit.Options{Now: now, Baseline: baseline, Whole: true, TokensPerActor: 1})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range slices.Sorted(func(yield func(string) bool) {
		for id := range org {
			if !yield(id) {
				return
			}
		}
	}) {
		app := application()
		app.ID = id
		if org[id] == nil {
			a.Unread(id, app.Name, errors.New("403 Forbidden"))
		} else if err := a.Add(app, list(org[id]...)); err != nil {
			t.Fatal(err)
		}
	}
	return a.Report()
}

// stored writes a baseline and reads it.
func stored(t *testing.T, b *audit.Baseline) *audit.Baseline {
	t.Helper()
	var file bytes.Buffer
	if err := b.Write(&file); err != nil {
		t.Fatal(err)
	}
	b, err := audit.ReadBaseline(&file)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func tokens(subjects []audit.Subject) string {
	var ids []string
	for _, s := range subjects {
		ids = append(ids, s.Application+"/"+s.Token)
	}
	return strings.Join(ids, " ")
}

func open(r *audit.Report) (open []string) {
	for f := range r.Findings() {
		if f.Accepted == nil {
			open = append(open, f.Rule+" "+f.Application+"/"+f.Token)
		}
	}
	return open
}

func TestABaselineKnowsWhatItSaw(t *testing.T) {
	t.Parallel()
	named := func(id string, changes ...func(*api.Token)) *api.Token {
		return clean(append(changes, func(tok *api.Token) { tok.ID, tok.ActorID = id, &id })...)
	}
	forever := func(tok *api.Token) { tok.ExpiresAt = nil }
	wider := func(tok *api.Token) {
		tok.OAuthAccessesByResource.Database.Databases = append(tok.OAuthAccessesByResource.Database.Databases,
			gen.AccessibleDatabase{ID: "another", Name: "bills", Organization: "acme"})
	}
	renamed := func(tok *api.Token) { tok.OAuthAccessesByResource.Database.Databases[0].Name = "renamed" }
	org := organization{
		"app1": {named("a"), named("b", forever), named("c", forever, func(tok *api.Token) { tok.DisplayName = "gone soon" })},
		"app2": {named("d", forever), named("d", forever)}, // two tokens of one actor
		"app3": {named("e")},
		"app4": {named("f", forever)},
	}
	b := &audit.Baseline{}
	first := audited(t, nil, org)
	if first.Changes != nil || len(open(first)) != 6 {
		t.Errorf("without a baseline: %q, %+v", open(first), first.Changes)
	}
	b.Update(first)
	if left := open(first); len(left) != 0 {
		t.Errorf("after the update %q are open", left)
	}
	b = stored(t, b)

	same := audited(t, b, org)
	if c := same.Changes; len(open(same)) != 0 || len(c.NewApplications)+len(c.GoneApplications)+len(c.NewTokens)+len(c.WidenedTokens)+len(c.GoneTokens) != 0 {
		t.Errorf("nothing has changed, and found are %q, %+v", open(same), c)
	}

	changed := organization{
		"app1": {named("a", wider), named("b", forever, renamed), named("new", forever)}, // c is gone
		"app2": nil,                                                                      // may not be read today
		"app4": {named("f", forever)},
		"app5": {named("g")}, // and app3 is gone
	}
	second := audited(t, b, changed)
	if got := strings.Join(open(second), ", "); got != "token.widened app1/a, token.never-expires app1/new" {
		t.Errorf("open are %s", got)
	}
	for _, tt := range []struct {
		what     string
		subjects []audit.Subject
		want     string
	}{
		{"new applications", second.Changes.NewApplications, "app5/"}, {"gone applications", second.Changes.GoneApplications, "app3/"},
		{"new tokens", second.Changes.NewTokens, "app1/new app5/g"}, {"wider tokens", second.Changes.WidenedTokens, "app1/a"},
		{"gone tokens", second.Changes.GoneTokens, "app1/c app3/e"},
	} {
		if got := tokens(tt.subjects); got != tt.want {
			t.Errorf("%s are %s, want %s", tt.what, got, tt.want)
		}
	}

	// The application that could not be read stays known, with its findings; the one that is gone does not.
	b.Update(second)
	b = stored(t, b)
	changed["app2"] = org["app2"]
	third := audited(t, b, changed)
	if c := third.Changes; len(open(third)) != 0 || len(c.NewApplications)+len(c.GoneApplications)+len(c.NewTokens)+len(c.WidenedTokens)+len(c.GoneTokens) != 0 {
		t.Errorf("after the update, found are %q, %+v", open(third), c)
	}
	changed["app3"] = org["app3"]
	if got := tokens(audited(t, b, changed).Changes.NewApplications); got != "app3/" {
		t.Errorf("new applications are %s", got)
	}
}

func TestWhatIsNewOnAWiderTokenIsOneFinding(t *testing.T) {
	t.Parallel()
	named := func(id string, changes ...func(*api.Token)) *api.Token {
		return clean(append(changes, func(tok *api.Token) { tok.ID, tok.ActorID = id, &id })...)
	}
	forever := func(tok *api.Token) { tok.ExpiresAt = nil }
	deletes := func(tok *api.Token) {
		tok.OAuthAccessesByResource.Database.Accesses = append(tok.OAuthAccessesByResource.Database.Accesses, scopes("database:delete_database")...)
	}
	reads := func(tok *api.Token) {
		tok.OAuthAccessesByResource.Database.Accesses = append(tok.OAuthAccessesByResource.Database.Accesses, scopes("branch:read_branch", "organization:read_databases")...)
	}
	undeclared := func(tok *api.Token) {
		deletes(tok)
		tok.OAuthAccessesByResource.Database.Accesses = append(tok.OAuthAccessesByResource.Database.Accesses, scopes("database:read_secrets")...)
	}
	another := func(tok *api.Token) { tok.OAuthAccessesByResource.Database.Databases[0].ID = "another" }
	for _, tt := range []struct {
		name  string
		token *api.Token
		want  string // what is open
	}{
		{"a wider token", named("a", forever, deletes), "token.widened [reach.delete] new since the baseline: database:delete_database; may delete: database:delete_database"},
		{"a wider token that is wrong in another way too", named("a", forever, undeclared),
			"scope.undeclared [reach.delete token.widened] undeclared: database:read_secrets; may delete: database:delete_database; " +
				"new since the baseline: database:delete_database, database:read_secrets"},
		{"a new token with a scope that none had", named("new", deletes, forever),
			"token.widened [reach.delete token.never-expires] a new token with what none of the application had: database:delete_database; " +
				"may delete: database:delete_database; issued on 2026-08-22 without an expiry date"},
		{"a new token with a scope that does no harm", named("new", reads), "token.widened [] a new token with what none of the application had: organization:read_databases"},
		{"a new token with the scopes of the others", named("new", forever), "token.never-expires [] issued on 2026-08-22 without an expiry date"},
		{"a new token on another resource", named("new", another), ""},
	} {
		b := &audit.Baseline{}
		b.Update(audited(t, nil, organization{"app": {named("a", forever)}}))
		org := organization{"app": {named("a", forever), tt.token}}
		if tt.token.ID == "a" {
			org["app"] = org["app"][1:]
		}
		report := audited(t, stored(t, b), org)
		var found []string
		for f := range report.Findings() {
			if f.Accepted == nil {
				found = append(found, fmt.Sprintf("%s %v %s", f.Rule, f.Also, f.Message))
			}
		}
		if got := strings.Join(found, "\n"); got != tt.want {
			t.Errorf("%s: open are\n%s\nwant\n%s", tt.name, got, tt.want)
		}
		b.Update(report)
		if left := open(report); len(left) != 0 {
			t.Errorf("%s: after the update %q are open", tt.name, left)
		}
		if again := open(audited(t, stored(t, b), org)); len(again) != 0 {
			t.Errorf("%s: with the updated baseline %q are open", tt.name, again)
		}
	}
}

func TestAnAuditOfOneApplicationLeavesTheOthersInTheBaseline(t *testing.T) {
	t.Parallel()
	forever := clean(func(tok *api.Token) { tok.ExpiresAt = nil })
	b := &audit.Baseline{}
	b.Update(audited(t, nil, organization{"app1": {forever}, "app2": {clean()}}))
	a, err := audit.New(audit.Options{Now: now, Baseline: b})
	if err != nil {
		t.Fatal(err)
	}
	app := application()
	app.ID = "app2"
	if err := a.Add(app, list(clean())); err != nil {
		t.Fatal(err)
	}
	report := a.Report()
	if c := report.Changes; len(c.GoneApplications)+len(c.GoneTokens) != 0 {
		t.Errorf("gone: %+v", c)
	}
	b.Update(report)
	if got := open(audited(t, stored(t, b), organization{"app1": {forever}, "app2": {clean()}})); len(got) != 0 {
		t.Errorf("open are %q", got)
	}
}

func TestReadBaselineRefuses(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{
		"", "[]", `{"findings":[{"token":"a","rule":"token.red"}]}`, `{"apps":[]}`, `{"findings":[],"applications":[]}{}`,
		`{"findings":[{"token":"a","rule":"token.unused","expires":"31.12.2026"}]}`,
	} {
		if _, err := audit.ReadBaseline(strings.NewReader(bad)); err == nil {
			t.Errorf("%s: no error", bad)
		}
	}
}
