package render_test

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/psoauth/psoauth/api"
	"github.com/psoauth/psoauth/api/audit"
	"github.com/psoauth/psoauth/api/audit/render"
	"github.com/psoauth/psoauth/gen"
	"github.com/psoauth/psoauth/openapi"
)

var update = flag.Bool("update", false, "write the files in testdata anew")

var now = time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)

func ptr[T any](v T) *T { return &v }

// formats are the renderers by the ends of their files' names.
var formats = map[string]func(io.Writer, *audit.Report) error{
	"json": render.JSON, "csv": render.CSV, "sarif": render.SARIF, "md": render.Markdown,
}

func token(id, name string, changes ...func(*api.Token)) *api.Token {
	tok := &api.Token{
		ID: id, DisplayName: name,
		CreatedAt: now.AddDate(0, 0, -10), LastUsedAt: ptr(now.AddDate(0, 0, -1)), ExpiresAt: ptr(now.AddDate(0, 0, 20)),
		ActorID: ptr("u4m9b2x7k1re"), ActorDisplayName: ptr("Ada"), ActorType: ptr("User"),
	}
	for _, change := range changes {
		change(tok)
	}
	return tok
}

func forever(tok *api.Token) { tok.ExpiresAt = nil }
func idle(tok *api.Token)    { tok.LastUsedAt = ptr(now.AddDate(0, 0, -100)) }

func scoped(names ...string) func(*api.Token) {
	return func(tok *api.Token) {
		tok.OAuthAccessesByResource = &gen.OAuthAccessesByResource{}
		for _, name := range names {
			tok.OAuthAccessesByResource.Database.Accesses = append(tok.OAuthAccessesByResource.Database.Accesses,
				gen.AccessScope{Name: name})
		}
	}
}

// audited returns the report on tokens.
func audited(t testing.TB, options audit.Options, tokens ...*api.Token) *audit.Report {
	t.Helper()
	options.Now = now
	app := &api.Application{ID: "5kq1x0v2m8yd", Name: "Schema Sentinel", Scopes: openapi.Scopes{"database:write_database"}}
	report, err := audit.Run(app, func(yield func(*api.Token, error) bool) {
		for _, tok := range tokens {
			if !yield(tok, nil) {
				return
			}
		}
	}, options)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// sample is a report with a bit of everything.
func sample(t testing.TB) *audit.Report {
	return audited(t, audit.Options{
		TokensPerActor: 5,
		Accept: []audit.Acceptance{
			{Token: "8zt3c5n7w1qa", Rule: audit.NeverExpires, Until: now.AddDate(0, 0, 30), Reason: "renewed in September"},
			{Token: "gone00000000", Until: now.AddDate(0, 0, 30)},
		},
	},
		token("8zt3c5n7w1qa", "CI deploys", forever, idle),
		token("2hd6y8r4j0vs", "Nightly report", forever, func(tok *api.Token) { tok.ActorID, tok.ActorType = nil, nil }),
		token("w3z8r1c5n7pd", `Q3 "reporting" & exports`, scoped("database:write_database")),
		token("aaaaaaaaaaaa", "Tägliche Übersicht", scoped("database:delete_database")),
		token("bbbbbbbbbbbb", "分析パイプライン"),
		token("cccccccccccc", ""), token("dddddddddddd", ""), token("eeeeeeeeeeee", ""),
	)
}

func rendered(t testing.TB, write func(io.Writer, *audit.Report) error, report *audit.Report) string {
	t.Helper()
	var out bytes.Buffer
	if err := write(&out, report); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestFormats(t *testing.T) {
	t.Parallel()
	for name, report := range map[string]*audit.Report{"sample": sample(t), "nothing": audited(t, audit.Options{})} {
		for ending, write := range formats {
			file := "testdata/" + name + "." + ending
			got := rendered(t, write, report)
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("not as in %s; to see how, write it anew with -update", file)
			}
		}
	}
}

func TestAFailureToWriteIsReturned(t *testing.T) {
	t.Parallel()
	full := errors.New("the disk is full")
	report := sample(t)
	for ending, write := range formats {
		whole := len(rendered(t, write, report))
		for _, room := range []int{0, whole / 2, whole - 1} {
			if err := write(&disk{room, full}, report); !errors.Is(err, full) {
				t.Errorf("%s with room for %d of %d bytes: %v", ending, room, whole, err)
			}
		}
	}
}

// A disk has room for so many bytes.
type disk struct {
	room int
	full error
}

func (d *disk) Write(b []byte) (int, error) {
	if len(b) > d.room {
		n := d.room
		d.room = 0
		return n, d.full
	}
	d.room -= len(b)
	return len(b), nil
}

// hostile are names that somebody could give to a token, a scope or themselves.
var hostile = []string{
	"<script>alert(1)</script>", "</td></tr></table><img src=x onerror=alert(1)>", `"><svg/onload=alert(1)>`, "<!--",
	"\x1b[2J\x1b[31mred", "\u202egnp.exe", "\u2066rtl\u2069", "\x00\x07\u009b31m",
	"=cmd()", "+1+cmd|' /C calc'!A0", "-2+3", "@SUM(A1:A9)", "\t=1+1", "  =1+1", "\r=1",
	"a|b", "`code`", "``` fence", "**bold** _em_ ~~del~~", "[link](https://evil.example)", "![img](x)", "https://evil.example",
	"www.evil.example", "@everyone", "#1", "&lt;b&gt;", "&#60;b&#62;", "line\nbreak", "\\", "\\|", "`|\\`", "a\\`b", " ", "  ", ":smile:",
	"{0} {{1}}", "\\[x](1)", "---", "# heading", "1. one", "pscale_tkn_canary0canary", "' or 1", "\xff\xfe", strings.Repeat("x", 5000),
	"$(reboot)", "%s%n", "</script><script>alert(1)</script>", "]]>", "\u2028\u2029", "javascript:alert(1)",
}

// hostileReport has each hostile text in every place a finding can have one.
func hostileReport(t testing.TB) *audit.Report {
	var tokens []*api.Token
	for i, s := range hostile {
		tokens = append(tokens, token("id"+s, s, forever, scoped("delete_"+s), func(tok *api.Token) {
			tok.ActorID, tok.ActorDisplayName = ptr("actor"+s), &hostile[i]
		}))
	}
	accept := []audit.Acceptance{
		{Token: tokens[0].ID, Rule: audit.NeverExpires, Until: now.AddDate(1, 0, 0), Reason: hostile[0] + hostile[4]},
	}
	for _, s := range hostile {
		accept = append(accept, audit.Acceptance{Token: "gone" + s, Until: now})
	}
	return audited(t, audit.Options{Accept: accept}, tokens...)
}
