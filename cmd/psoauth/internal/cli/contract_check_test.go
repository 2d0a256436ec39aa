package cli_test

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/psoauth/psoauth/cmd/psoauth/internal/cli"
)

func TestCheckExitsByTheWorstFinding(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name     string
		exchange answered
		failOn   string
		status   int
	}{
		{"nothing", good, "note", 0},
		{"a note", noting, "", 0},
		{"a note", noting, "warning", 0},
		{"a note", noting, "note", 1},
		{"a warning", warning, "", 0},
		{"a warning", warning, "warning", 1},
		{"a warning", warning, "note", 1},
		{"an error", erring, "", 1},
		{"an error", erring, "error", 1},
	} {
		args := []string{recorded(t, test.exchange)}
		if test.failOn != "" {
			args = append(args, "--fail-on", test.failOn)
		}
		if got := checked(t, nil, test.status, args...); (test.exchange == good) != (len(got.Findings) == 0) {
			t.Errorf("%s: %v", test.name, got.rules())
		}
	}
}

func TestCheckSaysHowManyFindingsCount(t *testing.T) {
	t.Parallel()
	file := recorded(t, erring, warning, noting)
	for failOn, want := range map[string]string{"error": "1 finding", "warning": "3 findings", "note": "4 findings"} {
		if r := run(t, nil, "contract", "check", file, "--fail-on", failOn); r.stderr != "psoauth: "+want+" at severity "+failOn+" or higher\n" {
			t.Errorf("--fail-on %s: %s", failOn, r.stderr)
		}
	}
}

func TestCheckSaysWhereAndHowMuch(t *testing.T) {
	t.Parallel()
	file := recorded(t, good, erring, noting)
	got := checked(t, nil, 1, file)
	if want := []string{"traffic.har#1 schema.type", "traffic.har#2 schema.undeclared-member"}; !slices.Equal(got.rules(), want) {
		t.Fatalf("got %q, want %q", got.rules(), want)
	}
	f := got.Findings[0]
	if f.Severity != "error" || f.Source != filepath.ToSlash(file)+"#1" || f.Operation != "getTokenInfo" || f.Status != 200 ||
		f.In != "body" || f.Pointer != "/active" || f.Message == "" || len(f.Message) > 300 {
		t.Errorf("the finding is %+v", f)
	}
	if s := got.Summary; s.Responses != 3 || s.Errors != 1 || s.Warnings != 0 || s.Notes != 1 {
		t.Errorf("the summary is %+v", s)
	}
	if n := got.answers("getTokenInfo"); n != 3 || len(got.Coverage.Operations) != 6 {
		t.Errorf("%d answers, coverage %+v", n, got.Coverage)
	}
}

func TestCheckFormats(t *testing.T) {
	t.Parallel()
	file := recorded(t, good, erring, warning, noting, foreign)
	for format, check := range map[string]func(out string) bool{
		"human": func(out string) bool {
			const verdict = "\nFailed: 1 finding at severity error or higher.\n5 responses: 1 error, 2 warnings, 2 notes\n"
			return strings.Contains(out, verdict) && strings.Contains(out, "\nwarning  A token or refresh token in a read  token.secret-in-read ×2\n") &&
				strings.Contains(out, "/traffic.har entry 2")
		},
		"json": func(out string) bool { return json.Valid([]byte(out)) },
		"junit": func(out string) bool {
			var suites struct {
				Failures int `xml:"failures,attr"`
			}
			return xml.Unmarshal([]byte(out), &suites) == nil && suites.Failures == 1
		},
		"sarif": func(out string) bool {
			return json.Valid([]byte(out)) && strings.Contains(out, `"version": "2.1.0"`) && strings.Contains(out, `/traffic.har"`) &&
				strings.Contains(out, "/openapi/openapi.yaml#L")
		},
		"github": func(out string) bool {
			return strings.Contains(out, "::error file="+filepath.ToSlash(file)+",title=schema.type::getTokenInfo 200 body /active: ") &&
				strings.Contains(out, "/openapi/openapi.yaml#L")
		},
	} {
		for _, args := range [][]string{{"contract", "check", file, "--format", format}, {"--format", format, "contract", "check", file}} {
			r := run(t, nil, args...)
			noSecret(t, r.stdout+r.stderr)
			if r.status != 1 || r.stderr != "psoauth: 1 finding at severity error or higher\n" || !check(r.stdout) {
				t.Errorf("%q: status %d, %s%s", args, r.status, r.stderr, r.stdout)
			}
		}
	}
}

func TestCheckTakesWhatPeopleHave(t *testing.T) {
	t.Parallel()
	folder := write(t, map[string]string{
		"b.har": har(erring), "a/c.HAR": har(good, noting), "notes.txt": "not a recording", "body.json": erring.body, "good.json": good.body,
	})
	at := func(name string) string { return filepath.Join(folder, name) }
	for _, test := range []struct {
		name   string
		stdin  string
		args   []string
		status int
		want   []string
	}{
		{"a file", "", []string{at("b.har")}, 1, []string{"b.har#0 schema.type"}},
		{"a directory", "", []string{folder}, 1, []string{"c.HAR#1 schema.undeclared-member", "b.har#0 schema.type"}},
		{"several", "", []string{at("a"), at("b.har")}, 1, []string{"c.HAR#1 schema.undeclared-member", "b.har#0 schema.type"}},
		{"standard input", har(good, erring), []string{"-"}, 1, []string{"stdin#1 schema.type"}},
		{"a body", "", []string{"--operation", "getTokenInfo", at("body.json")}, 1, []string{"body.json#0 schema.type"}},
		{"bodies", "", []string{"--operation", "getTokenInfo", at("body.json"), at("good.json")}, 1, []string{"body.json#0 schema.type"}},
		{"a body on standard input", erring.body, []string{"--operation", "getTokenInfo", "-"}, 1, []string{"stdin#0 schema.type"}},
		{"a body of another status", `{"code":"not_found","message":"Not Found"}`, []string{"--operation", "getOAuthToken", "--status", "404", "-"}, 0, nil},
		{"a body of an undeclared status", good.body, []string{"--operation", "getTokenInfo", "--status", "302", "-"}, 1, []string{"stdin#0 http.status"}},
		{"no body", "", []string{"--operation", "getTokenInfo", "-"}, 1, []string{"stdin#0 http.body-missing"}},
		{"binary for a body", "\x00\xff\x1f\x8b", []string{"--operation", "getTokenInfo", "-"}, 1, []string{"stdin#0 json.syntax"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := runWithInput(t, test.stdin, append([]string{"contract", "check", "--format", "json"}, test.args...)...)
			if got := r.report(t, test.status).rules(); !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestCheckOfWhatCannotBeReadReportsTheRest(t *testing.T) {
	t.Parallel()
	whole := har(good, erring, good)
	folder := write(t, map[string]string{"good.har": har(erring), "cut.har": whole[:len(whole)-40], "empty.har": ""})
	at := func(name string) string { return filepath.Join(folder, name) }
	r := run(t, nil, "contract", "check", "--format", "json", at("cut.har"))
	if got, want := r.report(t, 2).rules(), []string{"cut.har#1 schema.type"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if line := failed(t, r); !strings.Contains(line, "cut.har: entry 3: ") {
		t.Error(line)
	}
	r = run(t, nil, "contract", "check", "--format", "json", folder, at("missing.har"))
	if got, want := r.report(t, 2).rules(), []string{"cut.har#1 schema.type", "good.har#0 schema.type"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	line := failed(t, r)
	for _, want := range []string{"cut.har: entry 3: ", "; ", "empty.har: the file is empty", "missing.har: "} {
		if !strings.Contains(line, want) {
			t.Errorf("%q does not say %q", line, want)
		}
	}
}

// A report is kept when the status and the error beside it are long forgotten.
func TestAReportSaysThatNotAllCouldBeRead(t *testing.T) {
	t.Parallel()
	for format, want := range map[string]string{
		"human": "Failed: ", "markdown": "**Failed: ", "html": "Failed: ", "json": `"incomplete": "stat `, "csv": "error,incomplete,",
		"junit": `errors="1"`, "sarif": `"executionSuccessful": false`, "github": "::error title=contract::part of the traffic could not be examined: stat ",
	} {
		r := run(t, nil, "contract", "check", "--format", format, recorded(t, good), "/nowhere.har")
		if line := failed(t, r); !strings.Contains(line, "/nowhere.har") || !strings.Contains(r.stdout, want) {
			t.Errorf("%s: want %q; %s\n%s", format, want, line, r.stdout)
		}
	}
}

func TestARecordingWithoutResponsesIsReported(t *testing.T) {
	t.Parallel()
	file := write(t, map[string]string{"a.har": `{"log":{"entries":[{"request":{"url":"` + tokenInfoURL + `"}}]}}`}) + "/a.har"
	r := run(t, nil, "contract", "check", "--format", "json", file)
	if rules := r.report(t, 2).rules(); len(rules) != 1 || !strings.HasSuffix(rules[0], " recording.no-response") {
		t.Errorf("got %q", rules)
	}
	if r = run(t, nil, "contract", "check", file, "/nowhere.har"); !strings.Contains(r.stdout, "Failed: stat /nowhere.har") {
		t.Error(r.stdout)
	}
}

func TestAllowEmptyTakesARecordingWithoutEntries(t *testing.T) {
	t.Parallel()
	if r := runWithInput(t, har(), "contract", "check", "--allow-empty", "-"); r.status != 0 {
		t.Errorf("exit status %d: %s", r.status, r.stderr)
	}
}

func TestCheckOfNothingIsNoSuccess(t *testing.T) {
	t.Parallel()
	body := filepath.Join(write(t, map[string]string{"body.json": good.body}), "body.json")
	for _, test := range []struct {
		name, stdin string
		args        []string
		want        string // in the line
	}{
		{"no entries", har(), []string{"-"}, "the recording has no entries"},
		{"nothing", "", []string{"-"}, "stdin: the file is empty"},
		{"binary", "\x00\x01\x02\xff", []string{"-"}, "stdin: "},
		{"other JSON", `{"findings":[]}`, []string{"-"}, "not a HAR recording: it has no log.entries (a bare body goes with --operation)"},
		{"a body without its operation", "", []string{body}, "a bare body goes with --operation"},
		{"no such file", "", []string{"/nowhere"}, "/nowhere: "},
		{"a directory without recordings", "", []string{filepath.Dir(body)}, "there is no .har file in the directory"},
		{"a directory for a body", "", []string{"--operation", "getTokenInfo", filepath.Dir(body)}, filepath.Base(filepath.Dir(body))},
		{"no such operation", "", []string{"--operation", "getTokn", "-"}, `unknown operation "getTokn": the contract has deleteOAuthToken, `},
		{"no arguments", "", nil, "nothing to check: give recordings, or --app APP_ID for the service"},
		{"an operation and nothing else", "", []string{"--operation", "getTokenInfo"}, "give its file, or - for standard input"},
		{"a status without operation", "", []string{"--status", "404", "-"}, "--status is for a bare body"},
		{"a status that is none", "", []string{"--operation", "getTokenInfo", "--status", "99", "-"}, "want a whole number from 100"},
		{"a status beyond", "", []string{"--operation", "getTokenInfo", "--status", "600", "-"}, "from 100 to 599, got \"600\""},
		{"an application and a file", "", []string{"--app", "a", body}, "--app is for the service"},
		{"a sandbox and a file", "", []string{"--sandbox", body}, "--sandbox takes the place of the service"},
		{"a baseline to update and none", "", []string{"--update-baseline", "-"}, "say which file with --baseline"},
		{"no such baseline", "", []string{"--baseline", "/nowhere", "-"}, "--baseline: open /nowhere"},
		{"a baseline that is none", "", []string{"--baseline", body, "-"}, `unknown field "active"`},
		{"no such rule", "", []string{"--severity", "nosuch=off", "-"}, `unknown rule "nosuch"`},
		{"no such severity", "", []string{"--severity", "schema.type=fatal", "-"}, `--severity schema.type: unknown severity "fatal"`},
		{"half a severity", "", []string{"--severity", "schema.type", "-"}, "want RULE=SEVERITY"},
		{"half a server", "", []string{"--server", "http://127.0.0.1", "-"}, "want BASE=DECLARED"},
		{"a server of another contract", "", []string{"--server", "http://127.0.0.1=https://example.com", "-"}, `"https://example.com" is no server of the contract`},
		{"no such spec", "", []string{"--spec", "/nowhere", "-"}, "--spec: open /nowhere"},
		{"a directory for a spec", "", []string{"--spec", filepath.Dir(body), "-"}, "--spec: "},
		{"a spec that is none", "", []string{"--spec", body, "-"}, "not an OpenAPI document"},
		{"never fail", "", []string{"--fail-on", "off", "-"}, "want error, warning or note"},
		{"a format of other commands", "", []string{"--format", "yaml", "-"}, "want human, csv, github, html, json, junit, markdown or sarif"},
		{"no organization", "", []string{"--app", "a"}, "no organization: give --org or set PLANETSCALE_ORG"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := runWithInput(t, test.stdin, append([]string{"contract", "check"}, test.args...)...)
			if line := failed(t, r); !strings.Contains(line, test.want) || r.stdout != "" {
				t.Errorf("%q: want %q in it; stdout %q", line, test.want, r.stdout)
			}
		})
	}
}

func TestCheckOfAnotherServicesTrafficIsNoSuccess(t *testing.T) {
	t.Parallel()
	r := run(t, nil, "contract", "check", recorded(t, foreign))
	noSecret(t, r.stdout)
	if line := failed(t, r); !strings.Contains(line, "nothing was checked: ") || !strings.Contains(r.stdout, "1 response: 0 errors, 0 warnings, 1 note") {
		t.Errorf("%s\n%s", line, r.stdout)
	}
	checked(t, nil, 0, recorded(t, foreign, good))
	checked(t, nil, 1, recorded(t, foreign), "--fail-on", "note")
}

func TestCheckWithOtherSeverities(t *testing.T) {
	t.Parallel()
	file := recorded(t, good, foreign, warning)
	got := checked(t, nil, 1, file, "--severity", "route.foreign=off", "--severity", "token.secret-in-read=error")
	if got.Summary.Errors != 2 || got.Summary.Notes != 0 || got.Summary.Responses != 3 { // a token and a refresh token
		t.Errorf("%+v", got.Summary)
	}
	checked(t, nil, 1, file, "--severity", "route.foreign=error")
}

// otherSpec is an OpenAPI document of another API.
const otherSpec = `openapi: 3.0.3
info: {title: Other, version: "1"}
servers: [{url: https://example.com/v2}]
paths:
  /things:
    get:
      operationId: listThings
      responses:
        "200":
          description: ok
          content: {application/json: {schema: {type: array, items: {type: integer}}}}
`

func TestCheckByAnotherSpec(t *testing.T) {
	t.Parallel()
	spec := filepath.Join(write(t, map[string]string{"spec.yaml": otherSpec}), "spec.yaml")
	things := recorded(t, answered{"https://example.com/v2/things", `[1,"2"]`})
	// Where the environment leads is no server of this contract, and does not matter.
	env := userOf("http://127.0.0.1:1")
	if got := checked(t, env, 1, "--spec", spec, things).rules(); !slices.Equal(got, []string{"traffic.har#0 schema.type"}) {
		t.Errorf("%q", got)
	}
	r := run(t, nil, "contract", "check", "--spec", spec, things, "--format", "github")
	if want := "(" + spec + ":11)"; !strings.Contains(r.stdout, want) {
		t.Errorf("want %q in %s", want, r.stdout)
	}
	test := recorded(t, answered{"http://localhost:81/things", `[1]`})
	checked(t, nil, 0, "--spec", spec, test, "--server", "http://localhost:81=https://example.com/v2")
	checked(t, nil, 2, "--spec", spec, test)
}

func TestCheckOfARecordingMadeOfATestServer(t *testing.T) {
	t.Parallel()
	env := userOf("http://127.0.0.1:8080")
	file := recorded(t, answered{"http://127.0.0.1:8080/oauth/token/info", `{"active":false}`})
	checked(t, env, 0, file)
	if r := run(t, env, "contract", "check", file); !strings.Contains(r.stderr, "responses of http://127.0.0.1:8080 are taken for those of https://auth.planetscale.com") {
		t.Errorf("the environment names a test server, and that is not said: %q", r.stderr)
	}
	checked(t, nil, 1, file)
	checked(t, nil, 0, file, "--auth-url", "http://127.0.0.1:8080")
	checked(t, nil, 0, file, "--server", "http://127.0.0.1:8080=https://auth.planetscale.com")
	// What is said with --server is not said again by the environment.
	checked(t, env, 0, file, "--server", "http://127.0.0.1:8080=https://auth.planetscale.com")
}

func TestCheckWritesAFileAsAWhole(t *testing.T) {
	t.Parallel()
	folder := write(t, map[string]string{"report.json": "as it was"})
	report := filepath.Join(folder, "report.json")
	failed(t, run(t, nil, "contract", "check", "/nowhere", "--format", "json", "--output", report))
	if data, err := os.ReadFile(report); err != nil || string(data) != "as it was" {
		t.Errorf("%q, %v", data, err)
	}
	r := run(t, nil, "contract", "check", recorded(t, erring), "--format", "json", "--output", report)
	if data, err := os.ReadFile(report); err != nil || !json.Valid(data) || r.status != 1 || r.stdout != "" {
		t.Errorf("status %d, %q, %v, %s", r.status, r.stdout, err, data)
	}
	failed(t, run(t, nil, "contract", "check", recorded(t, good), "--output", folder))
	if left, err := os.ReadDir(folder); err != nil || len(left) != 1 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// A blocked is what nobody writes to.
type blocked struct{ interrupt func() }

func (b blocked) Read([]byte) (int, error) {
	b.interrupt()
	select {}
}

func TestAnInterruptEndsACheckThatWaitsForInput(t *testing.T) {
	t.Parallel()
	ctx, interrupt := context.WithCancel(t.Context())
	var stdout, stderr strings.Builder
	status := cli.Run(ctx, cli.Process{
		Args: []string{"contract", "check", "-"}, Getenv: func(string) string { return "" },
		Stdin: blocked{interrupt}, Stdout: &stdout, Stderr: &stderr, Now: clock,
	})
	if line := interrupted(t, result{status, stdout.String(), stderr.String()}); line != "psoauth: interrupted" || stdout.Len() > 0 {
		t.Errorf("%s%s", line, stdout.String())
	}
}

type panicking struct{}

func (panicking) Read([]byte) (int, error) { panic("two\nlines") }

func TestAPanicWhileReadingIsOneLineAndStatus2(t *testing.T) {
	t.Parallel()
	var stdout, stderr strings.Builder
	status := cli.Run(t.Context(), cli.Process{
		Args: []string{"contract", "check", "-"}, Getenv: func(string) string { return "" },
		Stdin: panicking{}, Stdout: &stdout, Stderr: &stderr, Now: clock,
	})
	if line := failed(t, result{status, stdout.String(), stderr.String()}); !strings.Contains(line, "internal error, please report it: two; lines") {
		t.Error(line)
	}
}
