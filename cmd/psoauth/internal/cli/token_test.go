package cli_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/psoauth/psoauth/api"
	"github.com/psoauth/psoauth/api/apitest"
	"github.com/psoauth/psoauth/gen"
)

func TestAListIsFilteredAndSorted(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	at := func(d time.Duration) *time.Time { t := now.Add(d); return &t }
	token := func(id, actor string, created time.Duration, expires, used *time.Time, scope string) api.Token {
		token := api.Token{ID: id, DisplayName: "name of " + id, CreatedAt: now.Add(created), UpdatedAt: now, ExpiresAt: expires, LastUsedAt: used}
		if actor != "" {
			actorID := "id-of-" + actor
			token.ActorID, token.ActorDisplayName = &actorID, &actor
		}
		if scope != "" {
			none := []gen.AccessScope{}
			token.OAuthAccessesByResource = &gen.OAuthAccessesByResource{
				Database:     gen.DatabaseAccesses{Accesses: []gen.AccessScope{{Name: scope}}, Databases: []gen.AccessibleDatabase{}},
				Organization: gen.OrganizationAccesses{Accesses: none, Organizations: []gen.AccessibleOrganization{}},
				Branch:       gen.BranchAccesses{Accesses: none, Branches: []gen.AccessibleBranch{}},
				User:         gen.UserAccesses{Accesses: none, Users: []gen.AccessibleUser{}},
			}
		}
		return token
	}
	user := userOfTestServer(newServer(t, apitest.WithTokenList([]api.Token{
		token("a", "Ada", -400*day, at(10*day), at(-100*day), "database:write_databases"),
		token("b", "Bob", -300*day, nil, nil, "read_databases"),
		token("c", "", -10*day, at(-day), at(-time.Hour), ""),
		token("d", "ada lovelace", -20*day, at(40*day), nil, "database:delete_databases"),
	})))
	for args, want := range map[string]string{
		"":                                 "a b c d",
		"--actor ADA":                      "a d",
		"--actor id-of-Bob":                "b",
		"--actor nobody":                   "",
		"--scope write_databases":          "a",
		"--scope database:write_databases": "a",
		"--scope write":                    "",
		"--scope write_* --scope read_*":   "a b",
		"--scope database:*":               "a d",
		"--expires-within 30d":             "a",
		"--expires-within 6w":              "a d",
		"--unused-for 90d":                 "a b",
		"--unused-for 15d --actor ada":     "a d",
		"--sort expires":                   "c a d b",
		"--sort last-used":                 "a c b d",
		"--sort actor":                     "a d b c",
		"--sort created --limit 2":         "a b",
		"--sort name --actor ada":          "a d",
		"--limit 1 --scope delete_*":       "d",
	} {
		out := mustRun(t, user, append([]string{"token", "list", apitest.ApplicationID, "--format", "json"}, strings.Fields(args)...)...)
		var tokens []struct{ ID string }
		if err := json.Unmarshal([]byte(out), &tokens); err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, token := range tokens {
			ids = append(ids, token.ID)
		}
		if got := strings.Join(ids, " "); got != want {
			t.Errorf("%s: %s, want %s", args, got, want)
		}
	}
	for args, want := range map[string]string{"--actor ada": "2 tokens; of 4", "--actor nobody": "0 tokens; of 4", "--limit 2": "2 tokens", "": "4 tokens"} {
		out := mustRun(t, user, append([]string{"token", "list", apitest.ApplicationID}, strings.Fields(args)...)...)
		if lines := strings.Split(strings.TrimSpace(out), "\n"); lines[len(lines)-1] != want {
			t.Errorf("%s: %s, want %s", args, lines[len(lines)-1], want)
		}
	}
	if out := mustRun(t, nil, "token", "list", "--sandbox", "--page", "99"); out != "0 tokens; the list ends at page 2\n" {
		t.Error(out)
	}
}
