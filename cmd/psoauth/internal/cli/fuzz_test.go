package cli_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/psoauth/psoauth/internal/text"
)

// FuzzArguments runs the command with any arguments, on a context that has ended, so that nothing is sent.
func FuzzArguments(f *testing.F) {
	for _, line := range []string{
		"", "--help", "help token list", "app show 5kq1x0v2m8yd", "token list a --page 3 --per-page 7 --limit 9 --format csv",
		"token show a b --format json", "token info --require-active", "--sandbox token list", "demo", "version",
		"sandbox --listen 127.0.0.1:0 --tokens 3", "completion zsh", "app show -- -x", "app show -abc", "tokn", "token lst",
		"token info --access-token " + accessSecret, "app " + serviceSecret, "--org= app show x", "--timeout 1s --no-color version",
		"--api-url http://u:" + serviceSecret + "@h app show a --service-token-id i --service-token " + serviceSecret,
		"app show a\nb", "app show \x1b[31m", "app show ../..", "__complete token list --", "--format \u202e", "token list a --limit 1e9",
	} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		args := strings.Split(line, " ")
		var stdout, stderr bytes.Buffer
		status := process(canceled(t), environment{"PLANETSCALE_ORG": "acme"}, &stdout, &stderr, args...)
		if status < 0 || status > 2 && status != 130 {
			t.Errorf("%q: status %d", args, status)
		}
		shown := stderr.String()
		if i := strings.IndexFunc(shown, func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) && r != utf8.RuneError }); i >= 0 &&
			!strings.HasPrefix(line, "__") {
			t.Errorf("%q: %q on stderr", args, shown)
		}
		if strings.Contains(shown, serviceSecret) || strings.Contains(shown, accessSecret) {
			t.Errorf("%q: a secret on stderr: %s", args, shown)
		}
		if status != 0 && !strings.HasPrefix(line, "__") && !strings.Contains(line, "--debug") &&
			(!strings.HasPrefix(shown, "psoauth: ") || strings.Count(shown, "\n") != 1) {
			t.Errorf("%q: status %d, stderr %q", args, status, shown)
		}
	})
}

// FuzzTextFromAServer shows a token full of any text in every format.
func FuzzTextFromAServer(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	var page atomic.Pointer[string]
	user := userOf(serve(f, func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, *page.Load()) }))
	list := []string{"token", "list", "5kq1x0v2m8yd", "--format"}
	f.Fuzz(func(t *testing.T, s string) {
		quoted, err := json.Marshal(s)
		if err != nil || !utf8.ValidString(s) || s == "" {
			t.Skip() // the client refuses it, also as an id
		}
		body := static["2025-12"].page([]string{strings.NewReplacer(
			`"ci"`, string(quoted), `"CI deploys"`, string(quoted), `"Ada"`, string(quoted), `"shop"`, string(quoted),
			`"read_branch"`, string(quoted), `"`+staticID+`"`, string(quoted),
		).Replace(static["2025-12"].token)}, 1, 1)
		page.Store(&body)

		for _, format := range []string{"human", "csv", "json"} {
			out := mustRun(t, user, append(list, format)...)
			if text.RedactCredentials(out) != out {
				t.Errorf("a credential as %s: %q", format, out)
			}
			if visible := text.Printable(strings.ReplaceAll(out, "\n", "")); visible != strings.ReplaceAll(out, "\n", "") {
				t.Errorf("something that is not seen, as %s: %q", format, out)
			}
			switch format {
			case "human":
				if lines := strings.Count(out, "\n"); lines != 4 {
					t.Errorf("%d lines: %q", lines, out)
				}
			case "csv":
				rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
				if err != nil || len(rows) != 2 {
					t.Fatalf("%d rows, %v: %q", len(rows), err, out)
				}
				for _, cell := range rows[1] {
					if start := strings.TrimLeft(cell, " "); start != "" && strings.ContainsAny(start[:1], "=+-@\t\r") {
						t.Errorf("a formula: %q", cell)
					}
				}
			case "json":
				var tokens []struct{ Name string }
				if err := json.Unmarshal([]byte(out), &tokens); err != nil {
					t.Fatalf("%v: %q", err, out)
				}
				if want := text.RedactCredentials(s); tokens[0].Name != want {
					t.Errorf("%q became %q", want, tokens[0].Name)
				}
			}
		}
	})
}
