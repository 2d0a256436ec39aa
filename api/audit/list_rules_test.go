package audit_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/psoauth/psoauth/api"
	"github.com/psoauth/psoauth/api/audit"
)

// actors returns so many clean tokens for each actor.
func actors(tokens ...int) []*api.Token {
	var all []*api.Token
	for i, n := range tokens {
		for range n {
			all = append(all, clean(func(tok *api.Token) {
				tok.ID = fmt.Sprintf("tok%09d", len(all))
				tok.ActorID, tok.ActorDisplayName = ptr(fmt.Sprintf("actor-%d", i)), ptr(fmt.Sprintf("Actor %d", i))
			}))
		}
	}
	return all
}

func messages(report *audit.Report, rule string) []string {
	var found []string
	for f := range report.Findings() {
		if f.Rule == rule {
			found = append(found, fmt.Sprintf("%s/%s: %s", f.Actor, f.Token, f.Message))
		}
	}
	return found
}

func TestActorsWithManyTokens(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		options audit.Options
		tokens  []*api.Token
		want    []string
	}{
		{"as many as allowed", audit.Options{}, actors(10, 10, 1), nil},
		{"one more", audit.Options{}, actors(10, 11, 1), []string{"actor-1/: acts through 11 tokens, more than 10"}},
		{"the busiest first, then by id", audit.Options{TokensPerActor: 2}, actors(3, 1, 5, 3), []string{
			"actor-2/: acts through 5 tokens, more than 2",
			"actor-0/: acts through 3 tokens, more than 2",
			"actor-3/: acts through 3 tokens, more than 2",
		}},
		{"unknown actors are not one actor", audit.Options{TokensPerActor: 2}, []*api.Token{
			clean(nobody), clean(nobody), clean(nobody), clean(blank), clean(blank), clean(blank),
		}, nil},
		{"off", audit.Options{Severities: map[string]audit.Severity{"actor.many-tokens": audit.Off}}, actors(11), nil},
	} {
		if got := messages(run(t, tt.options, tt.tokens...), "actor.many-tokens"); !slices.Equal(got, tt.want) {
			t.Errorf("%s: found %q, want %q", tt.name, got, tt.want)
		}
	}
}

func nobody(tok *api.Token) { tok.ActorID, tok.ActorDisplayName, tok.ActorType = nil, nil, nil }
func blank(tok *api.Token)  { tok.ActorID = ptr("") }

// aged returns clean tokens that are so many days old.
func aged(days ...int) []*api.Token {
	all := make([]*api.Token, len(days))
	for i, n := range days {
		all[i] = clean(func(tok *api.Token) {
			tok.ID = fmt.Sprintf("tok%09d", i)
			tok.CreatedAt = *ago(time.Duration(n) * day)
			tok.ActorID = &tok.ID
		})
	}
	return all
}

func TestUnusualAge(t *testing.T) {
	t.Parallel()
	same := func(n, days int) []int { return slices.Repeat([]int{days}, n) }
	spread := make([]int, 100) // Q1 = 25, Q3 = 75: the fence is at 325
	for i := range spread {
		spread[i] = i + 1
	}
	for _, tt := range []struct {
		name    string
		options audit.Options
		days    []int
		want    []string
	}{
		{"none but the usual", audit.Options{}, spread, nil},
		{"at the fence of a batch", audit.Options{}, append(same(19, 10), 160), nil},
		{"beyond the fence of a batch", audit.Options{}, append(same(19, 10), 161),
			[]string{"tok000000019/tok000000019: 161 days old, while three quarters of the tokens are at most 10"}},
		{"too few to tell", audit.Options{}, append(same(18, 10), 1000), nil},
		{"beyond the fence of a spread, the oldest first", audit.Options{}, append(slices.Clone(spread), 325, 400, 900), []string{
			"tok000000102/tok000000102: 900 days old, while three quarters of the tokens are at most 78",
			"tok000000101/tok000000101: 400 days old, while three quarters of the tokens are at most 78",
		}},
		{"a wider fence", audit.Options{AgeSpread: 10}, append(slices.Clone(spread), 325, 400, 900),
			[]string{"tok000000102/tok000000102: 900 days old, while three quarters of the tokens are at most 78"}},
		{"a century and more", audit.Options{}, append(same(20, 10), 36_600), []string{
			"tok000000020/tok000000020: 36600 days old, while three quarters of the tokens are at most 10"}},
		{"off", audit.Options{Severities: map[string]audit.Severity{"token.unusual-age": audit.Off}}, append(same(19, 10), 161), nil},
	} {
		if got := messages(run(t, tt.options, aged(tt.days...)...), "token.unusual-age"); !slices.Equal(got, tt.want) {
			t.Errorf("%s: found %q, want %q", tt.name, got, tt.want)
		}
	}
}
