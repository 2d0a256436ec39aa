package cli

import (
	"bytes"
	"encoding/csv"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/psoauth/psoauth/api"
	"github.com/psoauth/psoauth/internal/text"
	"github.com/psoauth/psoauth/openapi"
)

// A csvColumn is a column of things of one type. A new column goes to the end: scripts count them.
type csvColumn[T any] struct {
	name string
	cell func(*T) string
}

var applicationColumns = []csvColumn[api.Application]{
	{"id", func(a *api.Application) string { return a.ID }},
	{"name", func(a *api.Application) string { return a.Name }},
	{"client_id", func(a *api.Application) string { return a.ClientID }},
	{"domain", func(a *api.Application) string { return a.Domain }},
	{"redirect_uri", func(a *api.Application) string { return a.RedirectURI }},
	{"avatar", func(a *api.Application) string { return a.Avatar }},
	{"tokens", func(a *api.Application) string { return strconv.FormatInt(a.Tokens, 10) }},
	{"scopes", func(a *api.Application) string { return a.Scopes.String() }},
	{"created_at", func(a *api.Application) string { return csvTime(&a.CreatedAt) }},
	{"updated_at", func(a *api.Application) string { return csvTime(&a.UpdatedAt) }},
	{"dcr", func(a *api.Application) string { return csvBool(a.DCR) }},
	{"single_org_authorization", func(a *api.Application) string { return csvBool(a.SingleOrgAuthorization) }},
	{"requires_org_scope", func(a *api.Application) string { return csvBool(a.RequiresOrgScope) }},
	{"scopes_by_resource", func(a *api.Application) string { return compactJSON(a.ScopesByResource) }},
	{"all_scopes_by_resource", func(a *api.Application) string { return compactJSON(a.AllScopesByResource) }},
	{"mcp_tool_groups", func(a *api.Application) string { return compactJSON(a.MCPToolGroups) }},
}

var tokenColumns = []csvColumn[api.Token]{
	{"id", func(t *api.Token) string { return t.ID }},
	{"name", func(t *api.Token) string { return orEmpty(t.Name) }},
	{"display_name", func(t *api.Token) string { return t.DisplayName }},
	{"actor_id", func(t *api.Token) string { return orEmpty(t.ActorID) }},
	{"actor_display_name", func(t *api.Token) string { return orEmpty(t.ActorDisplayName) }},
	{"actor_type", func(t *api.Token) string { return orEmpty(t.ActorType) }},
	{"created_at", func(t *api.Token) string { return csvTime(&t.CreatedAt) }},
	{"updated_at", func(t *api.Token) string { return csvTime(&t.UpdatedAt) }},
	{"expires_at", func(t *api.Token) string { return csvTime(t.ExpiresAt) }},
	{"last_used_at", func(t *api.Token) string { return csvTime(t.LastUsedAt) }},
	{"avatar_url", func(t *api.Token) string { return t.AvatarURL }},
	{"token", func(t *api.Token) string { return csvSecret(t.Token) }},
	{"plain_text_refresh_token", func(t *api.Token) string { return csvSecret(t.PlainTextRefreshToken) }},
	{"organizations", csvResources(0)},
	{"organization_accesses", csvScopes(0)},
	{"databases", csvResources(1)},
	{"database_accesses", csvScopes(1)},
	{"branches", csvResources(2)},
	{"branch_accesses", csvScopes(2)},
	{"users", csvResources(3)},
	{"user_accesses", csvScopes(3)},
	{"service_token_accesses", func(t *api.Token) string { return strings.Join(singleAccesses(t), csvSeparator) }},
}

var tokenInfoColumns = []csvColumn[tokenInfoDocument]{
	{"active", func(d *tokenInfoDocument) string { return csvBool(d.Active) }},
	{"scope", func(d *tokenInfoDocument) string { return d.Scope.String() }},
	{"client_id", func(d *tokenInfoDocument) string { return orEmpty(d.ClientID) }},
	{"token_type", func(d *tokenInfoDocument) string { return orEmpty(d.TokenType) }},
	{"exp", func(d *tokenInfoDocument) string { return orEmpty(d.Exp) }},
	{"iat", func(d *tokenInfoDocument) string { return orEmpty(d.Iat) }},
	{"sub", func(d *tokenInfoDocument) string { return orEmpty(d.Sub) }},
	{"resource_owner_id", func(d *tokenInfoDocument) string {
		if d.ResourceOwnerID == nil {
			return ""
		}
		return d.info.Subject
	}},
	{"expires_in", func(d *tokenInfoDocument) string {
		if d.ExpiresIn == nil {
			return ""
		}
		return strconv.FormatInt(*d.ExpiresIn, 10)
	}},
	{"application_uid", func(d *tokenInfoDocument) string {
		if d.Application == nil {
			return ""
		}
		return orEmpty(d.Application.UID)
	}},
	{"created_at", func(d *tokenInfoDocument) string { return orEmpty(d.CreatedAt) }},
}

// A csvTable writes a header and a row for each thing, quoted as RFC 4180 says, but with lines that end as the tools of
// Unix expect. A member that is null or missing is an empty cell. The header comes before the first row, so that a list
// that fails at once leaves nothing behind.
type csvTable[T any] struct {
	out     io.Writer
	clean   cleaner
	columns []csvColumn[T]
	buf     bytes.Buffer
	rows    *csv.Writer
	cells   []string
	begun   bool
}

func newCSVTable[T any](out io.Writer, clean cleaner, columns []csvColumn[T]) *csvTable[T] {
	t := &csvTable[T]{out: out, clean: clean, columns: columns, cells: make([]string, len(columns))}
	t.rows = csv.NewWriter(&t.buf)
	return t
}

func (t *csvTable[T]) add(thing *T) error {
	if err := t.begin(); err != nil {
		return err
	}
	for i, c := range t.columns {
		t.cells[i] = csvCell(t.clean, c.cell(thing))
	}
	return t.row()
}

func (t *csvTable[T]) end(complete bool, _ string) error {
	if !complete {
		return nil
	}
	return t.begin()
}

func (t *csvTable[T]) begin() error {
	if t.begun {
		return nil
	}
	t.begun = true
	for i, c := range t.columns {
		t.cells[i] = c.name
	}
	return t.row()
}

func (t *csvTable[T]) row() error {
	t.buf.Reset()
	if err := t.rows.Write(t.cells); err != nil {
		return err
	}
	t.rows.Flush()
	_, err := t.out.Write(t.buf.Bytes())
	return err
}

// csvCell returns s without credentials and control bytes, and not as a formula, neither in its beginning nor behind a
// semicolon, where spreadsheets of many countries begin another cell.
func csvCell(clean cleaner, s string) string {
	parts := strings.Split(clean.printable(s), ";")
	for i, part := range parts {
		if text.IsFormula(part) || i == 0 && text.IsFormula(s) {
			parts[i] = "'" + part
		}
	}
	return strings.Join(parts, ";")
}

// csvSeparator stands between the items of one cell.
const csvSeparator = "; "

func csvBool(b *bool) string {
	if b == nil {
		return ""
	}
	return strconv.FormatBool(*b)
}

func csvTime(t *time.Time) string {
	if t == nil || t.IsZero() {
		return ""
	}
	return timestamp(*t)
}

func csvSecret(s *api.Secret) string {
	if s == nil {
		return ""
	}
	return openapi.Redacted
}

func orEmpty(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// compactJSON returns raw on one line, and "" for nil.
func compactJSON(raw []byte) string {
	var buf bytes.Buffer
	if raw == nil || (cleaner{}).json(&buf, raw) != nil {
		return string(raw)
	}
	return strings.TrimSuffix(buf.String(), "\n")
}

// csvResources and csvScopes make cells of what a token may touch of a kind of resource.
func csvResources(kind int) func(*api.Token) string {
	return func(t *api.Token) string { return strings.Join(accessKinds[kind].of(t).resources, csvSeparator) }
}

func csvScopes(kind int) func(*api.Token) string {
	return func(t *api.Token) string { return strings.Join(accessKinds[kind].of(t).scopeNames(), csvSeparator) }
}
