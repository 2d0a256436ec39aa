package auditpage_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"html"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/psoauth/psoauth/api"
	"github.com/psoauth/psoauth/api/apitest"
	"github.com/psoauth/psoauth/api/audit"
	"github.com/psoauth/psoauth/gen"
	"github.com/psoauth/psoauth/internal/auditpage"
	"github.com/psoauth/psoauth/internal/report"
	"github.com/psoauth/psoauth/openapi"
)

var now = time.Date(2026, 9, 15, 12, 0, 0, 0, time.UTC)

func ptr[T any](v T) *T { return &v }

// application declares what the tokens of package apitest may do, but not all of it.
var application = &api.Application{
	ID: apitest.ApplicationID, Name: "Schema Sentinel", Scopes: openapi.Scopes{
		"user:read_user", "organization:read_organization", "organization:read_databases", "database:read_database",
		"database:write_deploy_requests", "branch:read_branch", "branch:delete_branch", "branch:manage_passwords",
	},
}

// sandbox returns so many of the tokens that package apitest makes up.
func sandbox(n int) []*api.Token {
	planetscale := apitest.NewHandler(apitest.WithTokens(n), apitest.WithLeakedSecret(24),
		apitest.WithClock(func() time.Time { return now }))
	tokens := make([]*api.Token, n)
	for i := range tokens {
		tok := planetscale.Token(i)
		tokens[i] = &tok
	}
	return tokens
}

// written returns the page for tokens.
func written(t testing.TB, options audit.Options, tokens []*api.Token) string {
	t.Helper()
	return writtenFor(t, application, options, tokens)
}

// writtenFor returns the page for tokens of another application.
func writtenFor(t testing.TB, app *api.Application, options audit.Options, tokens []*api.Token) string {
	t.Helper()
	var out bytes.Buffer
	if err := write(t, &out, app, options, tokens); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func write(t testing.TB, w io.Writer, app *api.Application, options audit.Options, tokens []*api.Token) error {
	t.Helper()
	options.Now = now
	audited, err := audit.Run(app, list(tokens), options)
	if err != nil {
		t.Fatal(err)
	}
	return report.Write(w, "html", document(audited), report.Options{})
}

func list(tokens []*api.Token) func(func(*api.Token, error) bool) {
	return func(yield func(*api.Token, error) bool) {
		for _, tok := range tokens {
			if !yield(tok, nil) {
				return
			}
		}
	}
}

// document is what the command makes of an audit, as far as a page needs it.
func document(audited *audit.Report) *report.Document {
	app := audited.Applications[0]
	d := &report.Document{Kind: "audit", Title: cmp.Or(app.Name, app.ID), Verdict: "Failed.", Summary: "many tokens",
		Columns: []string{"Token", "Name", "Actor"}, Figures: []report.Figure{{Name: "Tokens", Count: len(app.Tokens)}, {Name: "Errors", Count: audited.Count(audit.Error)}}}
	for _, g := range audited.Groups {
		group := report.Group{Rule: report.Rule{ID: g.ID, Severity: g.Severity, Title: g.Title, Why: g.Why, Remedy: g.Remedy}}
		for _, f := range g.Findings {
			group.Findings = append(group.Findings, report.Finding{Cells: []string{f.Token, f.Name, cmp.Or(f.ActorName, "unknown")}, Message: f.Message, Accepted: f.Accepted})
		}
		d.Groups = append(d.Groups, group)
	}
	auditpage.Add(d, audited)
	return d
}

// table is the data that the page's script makes the table of.
type table struct {
	Rules map[string]struct{ Title, Severity, Remedy string }
	Rows  []struct {
		I, N, A string
		C       int64
		U, E    *int64
		F       []struct {
			R string
			M string
		}
	}
}

func tableIn(t testing.TB, page string) (data table) {
	t.Helper()
	_, rest, _ := strings.Cut(page, `<script type="application/json" id="data">`)
	raw, _, _ := strings.Cut(rest, "</script>")
	if err := json.Unmarshal([]byte(raw), &data); err != nil {
		t.Fatal(err)
	}
	return data
}

func TestPageHasAllThatWasFound(t *testing.T) {
	t.Parallel()
	tokens := sandbox(200)
	got := written(t, audit.Options{}, tokens)
	if strings.Contains(got, "ZgotmplZ") {
		t.Error("the template refused a value")
	}
	data := tableIn(t, got)
	if len(data.Rows) != len(tokens) {
		t.Fatalf("%d rows, want %d", len(data.Rows), len(tokens))
	}
	audited, err := audit.Run(application, list(tokens), audit.Options{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	var want, have []string
	for f := range audited.Findings() {
		if f.Token != "" {
			want = append(want, f.Token+" "+f.Message)
		}
	}
	for _, row := range data.Rows {
		for _, f := range row.F {
			have = append(have, row.I+" "+f.M)
		}
	}
	slices.Sort(want)
	slices.Sort(have)
	if !slices.Equal(want, have) {
		t.Errorf("the table has %d findings, want %d", len(have), len(want))
	}
	for _, group := range audited.Groups {
		if !strings.Contains(got, html.EscapeString(group.Remedy)) {
			t.Errorf("the remedy of %s is missing", group.ID)
		}
	}
}

func TestPageLoadsNothing(t *testing.T) {
	t.Parallel()
	got := written(t, audit.Options{}, sandbox(50))
	head, _, _ := strings.Cut(got, "<style>")
	for _, want := range []string{"default-src &#39;none&#39;", "script-src &#39;sha256-", "style-src &#39;sha256-"} {
		if !strings.Contains(head, want) {
			t.Errorf("%s is not in the policy", want)
		}
	}
	if found := regexp.MustCompile(`(?i)(src|href|srcset|action|data|poster)="[^#"]*"|url\(|@import|unsafe`).FindAllString(got, -1); !slices.Equal(found, []string{`href="data:,"`}) {
		t.Errorf("the page refers to %q", found)
	}
}

func TestPageWithoutFindings(t *testing.T) {
	t.Parallel()
	got := written(t, audit.Options{}, nil)
	if !strings.Contains(got, "This application has issued no tokens.") || strings.Contains(got, "<svg") || strings.Contains(got, `id="data"`) {
		t.Error("the page of no tokens shows more than that there are none")
	}
}

func TestPageNeverShowsASecret(t *testing.T) {
	t.Parallel()
	const prefixed, plain = "pscale_oauth_canary0of0the0page", "canary-without-a-prefix"
	tok := sandbox(1)[0]
	tok.Token, tok.PlainTextRefreshToken = ptr(openapi.NewSecret(prefixed)), ptr(openapi.NewSecret(prefixed))
	tok.DisplayName, tok.ActorID, tok.ActorDisplayName = prefixed, ptr(plain), ptr(prefixed+plain)
	tok.ServiceTokenAccesses = []gen.ServiceTokenAccess{{Access: prefixed, ResourceID: plain, ResourceName: prefixed, ResourceType: plain}}
	tok.OAuthAccessesByResource.Database.Databases[0].Name = plain
	got := written(t, audit.Options{Secrets: []api.Secret{openapi.NewSecret(plain)}}, []*api.Token{tok})
	if i := strings.Index(got, "canary"); i >= 0 {
		t.Errorf("…%s…", got[max(0, i-80):i+20])
	}
}

func TestTokensWithFindingsHavePrecedence(t *testing.T) {
	t.Parallel()
	clean, flagged := sandbox(1)[0], sandbox(1)[0]
	clean.ID, flagged.ID, flagged.ExpiresAt = "clean", "flagged", nil
	tokens := slices.Repeat([]*api.Token{clean}, 100_000)
	tokens = append(tokens, flagged, flagged, clean)
	got := written(t, audit.Options{TokensPerActor: 1 << 20}, tokens)
	data := tableIn(t, got)
	if len(data.Rows) != 100_000 || data.Rows[0].I != "flagged" || data.Rows[1].I != "flagged" || data.Rows[2].I != "clean" {
		t.Errorf("%d rows, the first of %s", len(data.Rows), data.Rows[0].I)
	}
	if want := "The table lists 100,000 of 100,003 tokens"; !strings.Contains(got, want) {
		t.Errorf("the page does not say: %s", want)
	}
}

func TestAFailureToWriteIsReturned(t *testing.T) {
	t.Parallel()
	full := errors.New("the disk is full")
	if err := write(t, failing{full}, application, audit.Options{}, sandbox(3)); !errors.Is(err, full) {
		t.Errorf("got %v", err)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

var period = regexp.MustCompile(`(?s)<tr class="(past|future)"><th scope="row">(.*?)</th>(.*?)</tr>`)

func TestTimeline(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	at := func(d time.Duration) *time.Time { return ptr(now.Add(d)) }
	var tokens []*api.Token
	for _, distance := range []time.Duration{0, 7 * day, 7*day + time.Second, 30 * day, 1826 * day, 1827 * day} {
		tok := sandbox(1)[0]
		tok.CreatedAt, tok.LastUsedAt, tok.ExpiresAt = now.Add(-distance), nil, at(distance)
		tokens = append(tokens, tok)
	}
	tokens[0].LastUsedAt, tokens[1].ExpiresAt = at(day), nil
	page := written(t, audit.Options{}, tokens)
	var got []string
	for _, m := range period.FindAllStringSubmatch(page, -1) {
		got = append(got, m[1]+": "+m[2]+strings.Join(strings.Fields(htmlTag.ReplaceAllString(strings.ReplaceAll(m[3], "<td>", "|"), "")), ""))
	}
	want := []string{
		"past: more than 5 yr before the audit|1||", "past: 2 yr to 5 yr before the audit|1||",
		"past: 1 wk to 1 mo before the audit|2||", "past: up to 1 wk before the audit|2||1",
		"future: up to 1 wk after the audit||1|", "future: 1 wk to 1 mo after the audit|||2",
		"future: 2 yr to 5 yr after the audit|||1", "future: more than 5 yr after the audit|||1", "future: never||5|1",
	}
	if !slices.Equal(got, want) || strings.Count(page, `<rect width="45"`) != 7 || strings.Count(page, `<rect width="100"`) != 1 {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

var matrixLine = regexp.MustCompile(`(?s)<tr><th scope="row">(.*?)</tr>`)

var htmlTag = regexp.MustCompile(`<[^>]*>`)

// linesOf returns what stands in the lines of the matrices, without markup.
func linesOf(page string) []string {
	var lines []string
	for _, m := range matrixLine.FindAllStringSubmatch(page, -1) {
		cells := regexp.MustCompile(`<t[dh][^>]*>`).ReplaceAllString(m[1], "|")
		lines = append(lines, strings.Join(strings.Fields(regexp.MustCompile(`<[^>]*>|\n|\t`).ReplaceAllString(cells, "")), " "))
	}
	return lines
}

func TestMatrices(t *testing.T) {
	t.Parallel()
	reader, admin := sandbox(1)[0], sandbox(1)[0]
	for tok, name := range map[*api.Token]string{reader: "Ada", admin: "Bob"} {
		tok.ID, tok.ActorID, tok.ActorDisplayName = name, ptr(name+"-id"), ptr(name)
		tok.ServiceTokenAccesses, tok.OAuthAccessesByResource.User = nil, gen.UserAccesses{}
		tok.OAuthAccessesByResource.Database = gen.DatabaseAccesses{
			Databases: []gen.AccessibleDatabase{{ID: "db", Name: "orders", Organization: "acme"}},
			Accesses:  []gen.AccessScope{{Name: "database:read_database"}},
		}
	}
	admin.OAuthAccessesByResource.Database.Accesses[0].Name = "database:manage_passwords"
	// The same database again, by another way, does not make the token count twice.
	admin.ServiceTokenAccesses = []gen.ServiceTokenAccess{
		{Access: "read_database", ResourceType: "Database", ResourceID: "db", ResourceName: "orders"},
		{Access: "delete_branch", ResourceType: "Branch", ResourceID: "br", ResourceName: "main"},
	}
	got := linesOf(written(t, audit.Options{}, []*api.Token{reader, reader, admin}))
	want := []string{
		"Bob|1|1||1|1||1|1||1", "Ada|2|2||||||2||",
		"acme/orders database|3|3|||1", "main branch (no organization given)|1|||1|",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestMatrixShowsTheGravestAndCountsTheOthers(t *testing.T) {
	t.Parallel()
	var tokens []*api.Token
	for i := range 40 {
		tok := sandbox(1)[0]
		tok.ActorID, tok.ActorDisplayName = ptr(strconv.Itoa(i)), ptr("actor-"+strconv.Itoa(i))
		if i == 39 {
			tok.OAuthAccessesByResource.Database.Accesses[0].Name = "database:delete_database"
		}
		tokens = append(tokens, tok)
	}
	got := written(t, audit.Options{}, tokens)
	if lines := linesOf(got); !strings.HasPrefix(lines[0], "actor-39|1") || !strings.Contains(got, "25 more with less reach") {
		t.Errorf("the first line is %q", lines[0])
	}
}
