package cli

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/psoauth/psoauth/api"
	"github.com/psoauth/psoauth/gen"
	"github.com/psoauth/psoauth/internal/report"
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

func (p *program) human(w io.Writer) *humanRenderer {
	return &humanRenderer{
		out:    w,
		clean:  cleaner(p.settings.secrets()),
		width:  p.width(),
		colour: p.colored(w),
		now:    p.Now(),
	}
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

// addSome is add for what may be missing.
func (s *sheet) addSome(label string, lines ...string) {
	if list("", lines...) != "" {
		s.add(label, lines...)
	}
}

func (r *humanRenderer) sheet(s sheet) error {
	var b strings.Builder
	b.WriteString(styled(r.clean.printable(s.title), s.style, r.colour) + "\n")
	room := 0
	for _, f := range s.fields {
		room = max(room, len(f.label))
	}
	for i, f := range s.fields {
		if i == 0 {
			b.WriteByte('\n')
		}
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

var applicationView = view[api.Application]{
	noun:    "application",
	columns: applicationColumns,
	sheet:   applicationSheet,
	table:   []tableColumn{{"ID", 12}, {"NAME", 14}, {"TOKENS", 6}, {"DOMAIN", 16}, {"SCOPES", 20}, {"CREATED", 10}},
	row: func(r *humanRenderer, app *api.Application) []tableCell {
		return []tableCell{
			r.cell(app.ID), r.cell(app.Name), r.cell(report.Number(app.Tokens)), r.cell(cmp.Or(app.Domain, "–")),
			r.reach(app.Scopes), r.timeCell(&app.CreatedAt, unknown),
		}
	},
}

func applicationSheet(r *humanRenderer, app *api.Application) sheet {
	s := sheet{title: app.Name, style: styleHeading}
	s.add("ID", app.ID)
	s.add("Client ID", app.ClientID)
	s.add("Domain", app.Domain)
	s.add("Redirect URI", app.RedirectURI)
	s.add("Avatar", app.Avatar)
	s.add("Tokens", report.Number(app.Tokens)+" issued")
	s.add("Scopes", app.Scopes...)
	s.add("Created", r.timeOr(&app.CreatedAt, unknown))
	s.add("Updated", r.timeOr(&app.UpdatedAt, unknown))
	s.add("Registered dynamically", yesNo(app.DCR))
	s.add("One organization only", yesNo(app.SingleOrgAuthorization))
	s.add("Requires organization", yesNo(app.RequiresOrgScope))
	return s
}

// What a token is about, who holds it and what it reaches, stays where a terminal is narrow; times are cut first.
var tokenView = view[api.Token]{
	noun:    "token",
	columns: tokenColumns,
	cells:   tokenCells,
	sheet:   tokenSheet,
	table:   []tableColumn{{"ID", 12}, {"NAME", 12}, {"ACTOR", 12}, {"MAY", 20}, {"EXPIRES", 10}, {"LAST USED", 10}, {"CREATED", 10}},
	row: func(r *humanRenderer, token *api.Token) []tableCell {
		expires := r.timeCell(token.ExpiresAt, never)
		if token.Expired(r.now) {
			expires.style = styleBad
		}
		return []tableCell{
			r.cell(token.ID), r.cell(token.DisplayName), r.cell(cmp.Or(orEmpty(token.ActorDisplayName), "–")), r.reach(token.Scopes()),
			expires, r.timeCell(token.LastUsedAt, never), r.timeCell(&token.CreatedAt, unknown),
		}
	},
}

func tokenSheet(r *humanRenderer, token *api.Token) sheet {
	s := sheet{title: token.DisplayName, style: styleHeading}
	s.add("ID", token.ID)
	s.add("Name", cmp.Or(orEmpty(token.Name), "–"))
	s.add("Actor", cmp.Or(orEmpty(token.ActorDisplayName), "–"))
	s.addSome("", list(", ", orEmpty(token.ActorType), orEmpty(token.ActorID)))
	s.add("Created", r.timeOr(&token.CreatedAt, unknown))
	s.add("Updated", r.timeOr(&token.UpdatedAt, unknown))
	s.add("Expires", r.timeOr(token.ExpiresAt, never))
	s.add("Last used", r.timeOr(token.LastUsedAt, never))
	s.add("Avatar", token.AvatarURL)
	if token.Token != nil {
		s.add("Token", openapi.Redacted+" was sent, though a read never shows it")
	}
	if token.PlainTextRefreshToken != nil {
		s.add("Refresh token", openapi.Redacted+" was sent, though a read never shows it")
	}
	for _, kind := range accessKinds {
		if a := kind.of(token); len(a.resources)+len(a.scopes) > 0 {
			s.add(kind.label, append(a.resources, a.scopesExplained()...)...)
		}
	}
	s.addSome("Single accesses", singleAccesses(token)...)
	return s
}

var tokenInfoView = view[tokenInfoDocument]{
	columns: tokenInfoColumns,
	cells:   tokenInfoCells,
	sheet: func(r *humanRenderer, d *tokenInfoDocument) sheet {
		s := sheet{title: "The token is active.", style: styleGood}
		switch d.info.State {
		case openapi.StateInactive:
			s = sheet{title: "The token is not active: it has expired, was revoked, or was never issued. (In scripts: --require-active.)", style: styleBad}
		case openapi.StateUnknown:
			s = sheet{title: "The response does not say whether the token is active.", style: styleUnsure}
		}
		s.addSome("Client ID", d.info.ClientID)
		s.addSome("Type", d.info.TokenType)
		s.addSome("Subject", d.info.Subject)
		s.addSome("Issued", r.timeOr(d.info.IssuedAt, ""))
		s.addSome("Expires", r.timeOr(d.info.ExpiresAt, ""))
		if d.info.Scopes != nil {
			s.add("Scopes", d.info.Scopes...)
		}
		return s
	},
}

// A humanList is a table and, below it, how many things it has.
type humanList[T any] struct {
	*humanRenderer
	view  *view[T]
	table *table
	count int
}

func (l *humanList[T]) add(thing *T) error {
	l.count++
	return l.table.add(l.view.row(l.humanRenderer, thing))
}

func (l *humanList[T]) end(complete bool, remark string) error {
	if err := l.table.flush(); err != nil || !complete {
		return err
	}
	above := "\n"
	if l.count == 0 {
		above = ""
	}
	_, err := fmt.Fprintf(l.out, "%s%s\n", above, list("; ", countOf(l.count, l.view.noun), remark))
	return err
}

// newTable makes a table of so many columns.
func (r *humanRenderer) newTable(columns []tableColumn) *table {
	return &table{out: r.out, width: r.width, colour: r.colour, columns: slices.Clone(columns)}
}

func (r *humanRenderer) cell(s string) tableCell {
	return tableCell{forms: []string{r.clean.printable(s)}}
}

// reach shows accesses, or what they allow where there is no room for all of them.
func (r *humanRenderer) reach(names []string) tableCell {
	if len(names) == 0 {
		return tableCell{forms: []string{"–"}}
	}
	var verbs []string
	for _, name := range names {
		verb, _, _ := strings.Cut(name[strings.LastIndexByte(name, ':')+1:], "_")
		verbs = append(verbs, verb)
	}
	slices.Sort(verbs)
	verbs = slices.Compact(verbs)
	slices.SortStableFunc(verbs, func(a, b string) int { return mildness[a] - mildness[b] })
	short := fmt.Sprintf("%s (%d)", strings.Join(verbs, " "), len(names))
	return tableCell{forms: []string{r.clean.printable(strings.Join(names, " ")), r.clean.printable(short)}}
}

// mildness orders what accesses allow: the worst first, then what is not here, and reading last.
var mildness = map[string]int{"delete": -6, "admin": -5, "manage": -4, "write": -3, "create": -2, "connect": -1, "read": 1}

func (r *humanRenderer) timeCell(t *time.Time, otherwise string) tableCell {
	if t == nil || t.IsZero() {
		return tableCell{forms: []string{otherwise}}
	}
	day := t.UTC().Format(time.DateOnly)
	return tableCell{forms: []string{day + " (" + relative(r.now, *t, true) + ")", day}}
}

// never is shown for a time that is null or missing: such a token does not expire, or was not used; unknown for one that
// every token has.
const never, unknown = "never", "unknown"

func (r *humanRenderer) timeOr(t *time.Time, otherwise string) string {
	if t == nil || t.IsZero() {
		return otherwise
	}
	return t.UTC().Format("2006-01-02 15:04 UTC") + " (" + relative(r.now, *t, false) + ")"
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

// An access is what a token may touch of one kind of resource, and how.
type access struct {
	resources []string // with their ids
	scopes    []gen.AccessScope
}

func (a *access) touch(id string, path ...string) {
	a.resources = append(a.resources, list("/", path...)+" ("+id+")")
}

func (a access) scopeNames() (names []string) {
	for _, s := range a.scopes {
		names = append(names, s.Name)
	}
	return names
}

func (a access) scopesExplained() (lines []string) {
	for _, s := range a.scopes {
		lines = append(lines, "may "+s.Name+" ("+s.Description+")")
	}
	return lines
}

var accessKinds = []struct {
	label, resources, accesses string // for people, and the columns of csv
	of                         func(*api.Token) access
}{
	{"Organizations", "organizations", "organization_accesses", accessOf(func(all *gen.OAuthAccessesByResource) (a access) {
		for _, o := range all.Organization.Organizations {
			a.touch(o.ID, o.Name)
		}
		a.scopes = all.Organization.Accesses
		return a
	})},
	{"Databases", "databases", "database_accesses", accessOf(func(all *gen.OAuthAccessesByResource) (a access) {
		for _, d := range all.Database.Databases {
			a.touch(d.ID, d.Organization, d.Name)
		}
		a.scopes = all.Database.Accesses
		return a
	})},
	{"Branches", "branches", "branch_accesses", accessOf(func(all *gen.OAuthAccessesByResource) (a access) {
		for _, b := range all.Branch.Branches {
			a.touch(b.ID, b.Organization, b.Database, b.Name)
		}
		a.scopes = all.Branch.Accesses
		return a
	})},
	{"Users", "users", "user_accesses", accessOf(func(all *gen.OAuthAccessesByResource) (a access) {
		for _, u := range all.User.Users {
			a.touch(u.ID, u.Name)
		}
		a.scopes = all.User.Accesses
		return a
	})},
}

// accessOf gives the accesses of tokens that have none, too.
func accessOf(kind func(*gen.OAuthAccessesByResource) access) func(*api.Token) access {
	return func(token *api.Token) access {
		if token.OAuthAccessesByResource == nil {
			return access{}
		}
		return kind(token.OAuthAccessesByResource)
	}
}

// singleAccesses says in a line for each what a token's service accesses are on.
func singleAccesses(token *api.Token) (lines []string) {
	for _, a := range token.ServiceTokenAccesses {
		line := a.Access + " on " + a.ResourceType + " " + a.ResourceName + " (" + a.ResourceID + ")"
		if a.Resource.DeletedAt != nil {
			line += ", deleted"
		}
		lines = append(lines, line)
	}
	return lines
}

// A timeUnit has a long and a short name; months and years are the mean ones of the calendar.
var timeUnits = []struct {
	seconds     int64
	long, short string
}{
	{31_556_952, " year", "y"},
	{2_629_746, " month", "mo"},
	{86_400, " day", "d"},
	{3_600, " hour", "h"},
	{60, " minute", "min"},
}

// relative says how far t is from now in the largest unit that fits: "3 months ago", "in 1 day", "now", or short: "3mo ago".
func relative(now, t time.Time, short bool) string {
	seconds := t.Unix() - now.Unix() // a Duration holds 292 years only
	for _, unit := range timeUnits {
		n := seconds / unit.seconds
		if n == 0 {
			continue
		}
		name := unit.long
		switch {
		case short:
			name = unit.short
		case n != 1 && n != -1:
			name += "s"
		}
		if n < 0 {
			return strconv.FormatInt(-n, 10) + name + " ago"
		}
		return "in " + strconv.FormatInt(n, 10) + name
	}
	return "now"
}
