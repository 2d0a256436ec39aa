package apitest_test

import (
	"encoding/json"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/psoauth/psoauth/api/apitest"
	"github.com/psoauth/psoauth/gen"
	"github.com/psoauth/psoauth/openapi"
)

var (
	twins = []gen.OAuthToken{{ID: "same"}, {ID: "same"}}
	equal = slices.Equal[[]string]
)

// midnight is what the made-up data is laid out around.
var midnight = noon.Truncate(24 * time.Hour)

func daysAgo(n int) time.Time { return midnight.AddDate(0, 0, -n) }

// scopesOf returns the names of all scopes a token has on resources.
func scopesOf(t gen.OAuthToken) (names []string) {
	if t.OAuthAccessesByResource == nil {
		return nil
	}
	a := t.OAuthAccessesByResource
	for _, scope := range slices.Concat(a.Database.Accesses, a.Branch.Accesses, a.Organization.Accesses, a.User.Accesses) {
		names = append(names, scope.Name)
	}
	return names
}

func TestTheFirstTokensShowEveryPeculiarity(t *testing.T) {
	t.Parallel()
	server := newServer(t, apitest.WithClock(atNoon), apitest.WithTokens(40))
	_, body := get(t, server.URL+application, serviceToken)
	declared := strings.Fields(object(t, body)["scopes"].(string))
	actors, kinds := map[string]int{}, map[string]int{}
	var tokens []gen.OAuthToken
	for i := range 40 {
		token := server.Token(i)
		tokens = append(tokens, token)
		if token.ActorID != nil {
			actors[*token.ActorID]++
		}
		if token.ActorType != nil {
			kinds[*token.ActorType]++
		}
	}
	hasScope := func(part string) func(gen.OAuthToken) bool {
		return func(t gen.OAuthToken) bool {
			return slices.ContainsFunc(scopesOf(t), func(name string) bool { return strings.Contains(name, part) })
		}
	}
	expired := func(t gen.OAuthToken) bool { return t.ExpiresAt != nil && t.ExpiresAt.Before(midnight) }
	for peculiarity, has := range map[string]func(gen.OAuthToken) bool{
		"expired": expired,
		"never used since long after creation": func(t gen.OAuthToken) bool {
			return t.LastUsedAt == nil && t.CreatedAt.Before(daysAgo(180)) && !expired(t)
		},
		"unused for long": func(t gen.OAuthToken) bool {
			return t.LastUsedAt != nil && t.LastUsedAt.Before(daysAgo(180)) && !expired(t)
		},
		"never expires": func(t gen.OAuthToken) bool { return t.ExpiresAt == nil },
		"lives long": func(t gen.OAuthToken) bool {
			return t.ExpiresAt != nil && t.ExpiresAt.Sub(t.CreatedAt) > 365*24*time.Hour
		},
		"expires soon": func(t gen.OAuthToken) bool {
			return t.ExpiresAt != nil && t.ExpiresAt.After(daysAgo(-1)) && t.ExpiresAt.Before(daysAgo(-7))
		},
		"scopes beyond the declared": func(t gen.OAuthToken) bool {
			return slices.ContainsFunc(scopesOf(t), func(name string) bool { return !slices.Contains(declared, name) })
		},
		"write":          hasScope(":write_"),
		"delete":         hasScope(":delete_"),
		"administrative": hasScope(":manage_"),
		"whole organization": func(t gen.OAuthToken) bool {
			return t.OAuthAccessesByResource != nil && len(t.OAuthAccessesByResource.Organization.Organizations) > 0
		},
		"production branch": func(t gen.OAuthToken) bool {
			return t.OAuthAccessesByResource != nil && slices.ContainsFunc(t.OAuthAccessesByResource.Branch.Branches,
				func(b gen.AccessibleBranch) bool { return b.Name == "main" })
		},
		"production branch by grant": func(t gen.OAuthToken) bool {
			return slices.ContainsFunc(t.ServiceTokenAccesses,
				func(a gen.ServiceTokenAccess) bool { return a.ResourceName == "main" })
		},
		"deleted resource": func(t gen.OAuthToken) bool {
			return slices.ContainsFunc(t.ServiceTokenAccesses,
				func(a gen.ServiceTokenAccess) bool { return a.Resource.DeletedAt != nil })
		},
		"no actor": func(t gen.OAuthToken) bool { return t.ActorID == nil && t.ActorType == nil },
		"nameless actor": func(t gen.OAuthToken) bool {
			return t.ActorID != nil && t.ActorDisplayName == nil
		},
		"one actor with many": func(t gen.OAuthToken) bool { return t.ActorID != nil && actors[*t.ActorID] >= 10 },
		"unusual age":         func(t gen.OAuthToken) bool { return t.CreatedAt.Before(daysAgo(1400)) },
		"no name":             func(t gen.OAuthToken) bool { return t.Name == nil },
		"no accesses": func(t gen.OAuthToken) bool {
			return t.OAuthAccessesByResource == nil && t.ServiceTokenAccesses == nil
		},
		"nothing out of the ordinary": func(t gen.OAuthToken) bool {
			return t.CreatedAt.After(daysAgo(15)) && t.ExpiresAt != nil && t.ExpiresAt.After(daysAgo(-14)) &&
				t.ExpiresAt.Before(daysAgo(-31)) && t.LastUsedAt != nil && t.LastUsedAt.After(daysAgo(15)) &&
				!hasScope(":write_")(t) && !hasScope("organization:")(t)
		},
	} {
		if !slices.ContainsFunc(tokens, has) {
			t.Errorf("no token: %s", peculiarity)
		}
	}
	if kinds["User"] == 0 || kinds["ServiceToken"] == 0 {
		t.Errorf("kinds of actors: %v", kinds)
	}
}

func TestMadeUpTokensMakeSense(t *testing.T) {
	t.Parallel()
	planetscale := apitest.NewHandler(apitest.WithClock(atNoon), apitest.WithTokens(3000))
	id := regexp.MustCompile(`^[a-z0-9]{12}$`)
	seen, actors, peculiar := map[string]bool{}, map[string]int{}, 0
	for i := range planetscale.TokenCount() {
		token := planetscale.Token(i)
		if !id.MatchString(token.ID) || seen[token.ID] {
			t.Fatalf("token %d: id %q", i, token.ID)
		}
		seen[token.ID] = true
		if token.DisplayName == "" || token.Token != nil || token.PlainTextRefreshToken != nil {
			t.Fatalf("token %d: %+v", i, token)
		}
		if !token.CreatedAt.Before(midnight) || token.UpdatedAt.Before(token.CreatedAt) || token.UpdatedAt.After(midnight) {
			t.Fatalf("token %d: created %v, updated %v", i, token.CreatedAt, token.UpdatedAt)
		}
		if used := token.LastUsedAt; used != nil && (!used.After(token.CreatedAt) || used.After(midnight)) {
			t.Fatalf("token %d: created %v, used %v", i, token.CreatedAt, used)
		}
		if expires := token.ExpiresAt; expires != nil && !expires.After(token.UpdatedAt) {
			t.Fatalf("token %d: expires %v, updated %v", i, expires, token.UpdatedAt)
		}
		if token.CreatedAt.Before(daysAgo(15)) {
			peculiar++
		}
		if token.ActorID != nil {
			actors[*token.ActorID]++
		}
	}
	if peculiar < 30 || peculiar > 300 {
		t.Errorf("%d of %d tokens are old", peculiar, planetscale.TokenCount())
	}
	busy := 0
	for _, n := range actors {
		if n > 300 {
			busy++
		}
	}
	if busy != 1 {
		t.Errorf("%d actors have more than 300 tokens, want 1", busy)
	}
}

func TestTheSameOptionsGiveTheSameTokens(t *testing.T) {
	t.Parallel()
	body := func(options ...apitest.Option) string {
		planetscale := apitest.NewHandler(append(options, apitest.WithTokens(200))...)
		return serve(planetscale, "/v1"+tokensPath+"?per_page=100&page=2", serviceToken).body.String()
	}
	first := body(apitest.WithClock(atNoon))
	if body(apitest.WithClock(func() time.Time { return noon.Add(11 * time.Hour) })) != first {
		t.Error("another hour of the day changes the tokens")
	}
	if body(apitest.WithClock(func() time.Time { return noon.Add(13 * time.Hour) })) == first {
		t.Error("another day does not change the tokens")
	}
	if body() == first {
		t.Error("without a clock the tokens do not depend on today")
	}
}

func TestTokensAreFoundByTheirIDs(t *testing.T) {
	t.Parallel()
	planetscale := apitest.NewHandler(apitest.WithTokens(100_000))
	for _, i := range []int{0, 1, 99, 4711, 31_415, 99_999} {
		token := planetscale.Token(i)
		response := serve(planetscale, "/v1"+tokensPath+"/"+token.ID, serviceToken)
		var got gen.OAuthToken
		if err := json.Unmarshal(response.body.Bytes(), &got); err != nil || !reflect.DeepEqual(got, token) {
			t.Errorf("token %d: %v\n%+v\n%+v", i, err, got, token)
		}
	}
	beyond := apitest.NewHandler(apitest.WithTokens(100_001)).Token(100_000).ID
	if got := serve(planetscale, "/v1"+tokensPath+"/"+beyond, serviceToken).status; got != 404 {
		t.Errorf("the token after the last: %d", got)
	}
}

func TestGivenTokensAreServedAsTheyAre(t *testing.T) {
	t.Parallel()
	text := "</td>\x1b[31m=cmd() \u202e \"quoted\" Ü"
	id, secret := "with/slash ü", openapi.NewSecret("pscale_oauth_given")
	later := noon.Add(123456789)
	given := []gen.OAuthToken{
		{ID: id, DisplayName: text, CreatedAt: noon, UpdatedAt: later},
		{
			ID: "full", Name: &text, DisplayName: text, Token: &secret, PlainTextRefreshToken: &secret,
			AvatarURL: "https://a.example/",
			CreatedAt: noon, UpdatedAt: noon, ExpiresAt: &later, LastUsedAt: &later,
			ActorID: &text, ActorDisplayName: &text, ActorType: &text,
			ServiceTokenAccesses: []gen.ServiceTokenAccess{
				{ID: "g", Access: text, Resource: gen.AccessResource{Name: text, DeletedAt: &later}},
			},
			OAuthAccessesByResource: &gen.OAuthAccessesByResource{
				Database: gen.DatabaseAccesses{
					Databases: []gen.AccessibleDatabase{{Name: text}},
					Accesses:  []gen.AccessScope{{Name: text}},
				},
				Branch: gen.BranchAccesses{Branches: []gen.AccessibleBranch{}, Accesses: []gen.AccessScope{}},
				Organization: gen.OrganizationAccesses{
					Organizations: []gen.AccessibleOrganization{}, Accesses: []gen.AccessScope{},
				},
				User: gen.UserAccesses{Users: []gen.AccessibleUser{}, Accesses: []gen.AccessScope{}},
			},
		},
	}
	server := newServer(t, apitest.WithTokenList(given),
		apitest.WithFaults(apitest.Fault{Times: 1}, apitest.Fault{Times: 1}, apitest.Fault{Times: 1}, apitest.Fault{Times: 1, Do: apitest.IssueTokens(1)}))
	for i := range given {
		want, got := given[i], server.Token(i)
		if (want.Token == nil) != (got.Token == nil) || want.Token != nil && got.Token.Reveal() != want.Token.Reveal() ||
			want.Token != nil && got.PlainTextRefreshToken.Reveal() != want.PlainTextRefreshToken.Reveal() {
			t.Errorf("token %d: other secrets", i)
		}
		want.Token, want.PlainTextRefreshToken, got.Token, got.PlainTextRefreshToken = nil, nil, nil, nil
		if !reflect.DeepEqual(got, want) {
			t.Errorf("token %d:\n%+v\nwant\n%+v", i, got, want)
		}
	}
	if envelope, ids := list(t, server, 1, 25); !equal(ids, []string{id, "full"}) || envelope["total_count"] != 2.0 {
		t.Errorf("list: %v of %v", ids, envelope["total_count"])
	}
	if status, body := get(t, server.URL+tokensPath+"/with%2Fslash%20%C3%BC", serviceToken); status != 200 || object(t, body)["id"] != id {
		t.Errorf("%d %s", status, body)
	}
	made := apitest.NewHandler().Token(0).ID
	if status, _ := get(t, server.URL+tokensPath+"/"+made, serviceToken); status != 404 {
		t.Errorf("a made-up token is there too: %d", status)
	}
	_, ids := list(t, server, 1, 25)
	if len(ids) != 3 || ids[1] != id {
		t.Fatalf("after one was issued: %v", ids)
	}
	if status, _ := get(t, server.URL+tokensPath+"/"+ids[0], serviceToken); status != 200 {
		t.Errorf("the issued one: %d", status)
	}
	if empty := newServer(t, apitest.WithTokenList(nil)); empty.TokenCount() != 0 {
		t.Errorf("%d tokens in an empty list", empty.TokenCount())
	}
}

func TestTimesAreWrittenAsPlanetScaleDoes(t *testing.T) {
	t.Parallel()
	eastern := time.FixedZone("", 2*60*60)
	for at, want := range map[time.Time]string{
		time.Date(2026, 9, 1, 1, 2, 3, 0, time.UTC):          "2026-09-01T01:02:03.000Z",
		time.Date(2026, 9, 1, 1, 2, 3, 45_000_000, time.UTC): "2026-09-01T01:02:03.045Z",
		time.Date(2026, 9, 1, 1, 2, 3, 678_000_000, eastern): "2026-08-31T23:02:03.678Z",
		time.Date(2026, 9, 1, 1, 2, 3, 678_900_000, eastern): "2026-08-31T23:02:03.6789Z",
	} {
		planetscale := apitest.NewHandler(apitest.WithTokenList([]gen.OAuthToken{{ID: "x", CreatedAt: at}}))
		body := serve(planetscale, "/v1"+tokensPath+"/x", serviceToken).body.String()
		if got := object(t, body)["created_at"]; got != want {
			t.Errorf("%v: %v, want %v", at, got, want)
		}
	}
}

func TestALeakedSecretIsServedWhereAskedFor(t *testing.T) {
	t.Parallel()
	planetscale := apitest.NewHandler(apitest.WithTokens(10), apitest.WithLeakedSecret(2), apitest.WithLeakedSecret(5, 7))
	for i := range 10 {
		token := planetscale.Token(i)
		leaked := token.Token != nil && strings.HasPrefix(token.Token.Reveal(), "pscale_oauth_") &&
			token.PlainTextRefreshToken != nil && strings.HasPrefix(token.PlainTextRefreshToken.Reveal(), "pscale_oauth_refresh_")
		if want := slices.Contains([]int{2, 5, 7}, i); leaked != want {
			t.Errorf("token %d leaked: %v, want %v", i, leaked, want)
		}
	}
}

func TestNoTokenThereIsNone(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	apitest.NewHandler(apitest.WithTokens(3)).Token(3)
}
