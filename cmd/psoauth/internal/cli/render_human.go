package cli

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/psoauth/psoauth/api"
	"github.com/psoauth/psoauth/gen"
	"github.com/psoauth/psoauth/openapi"
)

// A humanRenderer writes for people: times with their distance from now, a list as a table that fits the terminal.
type humanRenderer struct {
	out    io.Writer
	clean  cleaner
	width  int
	colour bool
	now    time.Time
}

// A sheet is what is known of one thing: a title and fields, each of one line or more. It is text from a server until it
// is written.
type sheet struct {
	title, style string
	fields       []field
}

type field struct {
	label string
	lines []string
}

func (s *sheet) add(label string, lines ...string) { s.fields = append(s.fields, field{label, lines}) }

func (r *humanRenderer) sheet(s sheet) error {
	var b strings.Builder
	b.WriteString(styled(r.clean.printable(s.title), s.style, r.colour) + "\n\n")
	room := 0
	for _, f := range s.fields {
		room = max(room, len(f.label))
	}
	for _, f := range s.fields {
		lines := f.lines
		if len(lines) == 0 {
			lines = []string{"none"}
		}
		label := styled(f.label, styleQuiet, r.colour) + strings.Repeat(" ", room-len(f.label))
		for _, line := range lines {
			b.WriteString("  " + label + "  " + r.clean.printable(line) + "\n")
			label = strings.Repeat(" ", room)
		}
	}
	_, err := io.WriteString(r.out, b.String())
	return err
}

func (r *humanRenderer) application(app *api.Application) error {
	s := sheet{title: app.Name, style: styleHeading}
	s.add("ID", app.ID)
	s.add("Client ID", app.ClientID)
	s.add("Domain", app.Domain)
	s.add("Redirect URI", app.RedirectURI)
	s.add("Avatar", app.Avatar)
	s.add("Tokens", grouped(app.Tokens)+" issued")
	s.add("Scopes", app.Scopes...)
	s.add("Created", r.time(app.CreatedAt))
	s.add("Updated", r.time(app.UpdatedAt))
	s.add("Registered dynamically", yesNo(app.DCR))
	s.add("One organization only", yesNo(app.SingleOrgAuthorization))
	s.add("Requires organization", yesNo(app.RequiresOrgScope))
	return r.sheet(s)
}

func (r *humanRenderer) token(token *api.Token) error {
	s := sheet{title: token.DisplayName, style: styleHeading}
	s.add("ID", token.ID)
	s.add("Name", orDash(token.Name))
	s.add("Actor", orDash(token.ActorDisplayName))
	if about := list(", ", orEmpty(token.ActorType), orEmpty(token.ActorID)); about != "" {
		s.add("", about)
	}
	s.add("Created", r.time(token.CreatedAt))
	s.add("Updated", r.time(token.UpdatedAt))
	s.add("Expires", r.timeOrNever(token.ExpiresAt))
	s.add("Last used", r.timeOrNever(token.LastUsedAt))
	s.add("Avatar", token.AvatarURL)
	if token.Token != nil {
		s.add("Token", openapi.Redacted+" was sent, though a read never shows it")
	}
	if token.PlainTextRefreshToken != nil {
		s.add("Refresh token", openapi.Redacted+" was sent, though a read never shows it")
	}
	for _, kind := range accessKinds {
		if token.OAuthAccessesByResource == nil {
			break
		}
		if a := kind.of(token.OAuthAccessesByResource); len(a.resources)+len(a.scopes) > 0 {
			s.add(kind.label, append(a.resourcesWithIDs(), a.scopesExplained()...)...)
		}
	}
	var lines []string
	for _, a := range token.ServiceTokenAccesses {
		lines = append(lines, serviceAccess(&a))
	}
	if len(lines) > 0 {
		s.add("Single accesses", lines...)
	}
	return r.sheet(s)
}

var accessKinds = []struct {
	label string
	of    func(*gen.OAuthAccessesByResource) access
}{
	{"Organizations", organizationAccess},
	{"Databases", databaseAccess},
	{"Branches", branchAccess},
	{"Users", userAccess},
}

func (r *humanRenderer) tokenInfo(info *api.TokenInfo) error {
	s := sheet{title: "The token is active.", style: styleGood}
	switch info.State {
	case api.StateInactive:
		s = sheet{title: "The token is not active: it has expired, was revoked, or was never issued.", style: styleBad}
	case api.StateUnknown:
		s = sheet{title: "The answer does not say whether the token is active.", style: styleUnsure}
	}
	for _, f := range []struct{ label, value string }{
		{"Client ID", info.ClientID}, {"Type", info.TokenType}, {"Subject", info.Subject},
	} {
		if f.value != "" {
			s.add(f.label, f.value)
		}
	}
	if info.IssuedAt != nil {
		s.add("Issued", r.time(*info.IssuedAt))
	}
	if info.ExpiresAt != nil {
		s.add("Expires", r.time(*info.ExpiresAt))
	}
	if info.Scopes != nil {
		s.add("Scopes", info.Scopes...)
	}
	return r.sheet(s)
}

func (r *humanRenderer) tokens() tokenList { return &humanList{r, r.newTable(), 0} }

// newTable makes a table of tokens.
func (r *humanRenderer) newTable() *table {
	return &table{out: r.out, width: r.width, colour: r.colour, columns: []tableColumn{
		{"ID", 12},
		{"NAME", 14},
		{"EXPIRES", 21},
		{"LAST USED", 22},
		{"ACTOR", 12},
		{"MAY", 20},
		{"CREATED", 22},
	}}
}

// row returns the cells of a token for the columns of newTable.
func (r *humanRenderer) row(token *api.Token) []tableCell {
	expires := r.timeCell(token.ExpiresAt)
	if token.ExpiresAt != nil && token.ExpiresAt.Before(r.now) {
		expires.style = styleBad
	}
	return []tableCell{
		r.cell(token.ID),
		r.cell(token.DisplayName),
		expires,
		r.timeCell(token.LastUsedAt),
		r.cell(orDash(token.ActorDisplayName)),
		r.cell(orDashes(strings.Join(mayDo(token), " "))),
		r.timeCell(&token.CreatedAt),
	}
}

// A humanList is a table and, below it, how many tokens it has.
type humanList struct {
	*humanRenderer
	table *table
	count int64
}

func (l *humanList) add(token *api.Token) error {
	l.count++
	return l.table.add(l.row(token))
}

func (l *humanList) end(complete bool) error {
	if err := l.table.flush(); err != nil || !complete {
		return err
	}
	below := "\n"
	if l.count == 0 {
		below = ""
	}
	_, err := fmt.Fprintf(l.out, "%s%s\n", below, map[bool]string{true: "1 token", false: grouped(l.count) + " tokens"}[l.count == 1])
	return err
}

// mayDo returns the names of all accesses the token has, each once.
func mayDo(token *api.Token) (names []string) {
	if all := token.OAuthAccessesByResource; all != nil {
		for _, kind := range accessKinds {
			names = append(names, kind.of(all).scopeNames()...)
		}
	}
	for _, a := range token.ServiceTokenAccesses {
		names = append(names, a.Access)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func (r *humanRenderer) cell(s string) tableCell {
	return tableCell{forms: []string{r.clean.printable(s)}}
}

func (r *humanRenderer) timeCell(t *time.Time) tableCell {
	if t == nil {
		return tableCell{forms: []string{never}}
	}
	return tableCell{forms: []string{
		r.time(*t),
		day(*t) + " (" + relative(r.now, *t) + ")",
		day(*t) + " (" + relativeShort(r.now, *t) + ")",
		day(*t),
	}}
}

func (r *humanRenderer) time(t time.Time) string {
	return absolute(t) + " (" + relative(r.now, t) + ")"
}

// never stands for a time that is null or missing: such a token does not expire, or was not used.
const never = "never"

func (r *humanRenderer) timeOrNever(t *time.Time) string {
	if t == nil {
		return never
	}
	return r.time(*t)
}

func yesNo(b *bool) string {
	switch {
	case b == nil:
		return "–"
	case *b:
		return "yes"
	}
	return "no"
}

func orDash(s *string) string { return orDashes(orEmpty(s)) }

func orDashes(s string) string {
	if s == "" {
		return "–"
	}
	return s
}

// grouped formats n with a comma between thousands.
func grouped(n int64) string {
	s := strconv.FormatInt(n, 10)
	first := 0
	if n < 0 {
		first = 1
	}
	for i := len(s) - 3; i > first; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
