package cli_test

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/psoauth/psoauth/api/apitest"
)

// requests are the commands that send one.
var requests = map[string][]string{
	"app show":   {"app", "show", "5kq1x0v2m8yd"},
	"token list": {"token", "list", "5kq1x0v2m8yd"},
	"token show": {"token", "show", "5kq1x0v2m8yd", staticID},
	"token info": {"token", "info"},
}

func answer(status int, mediaType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", mediaType)
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

func TestAnythingButAGoodAnswerIsOneLineAndStatus2(t *testing.T) {
	t.Parallel()
	const media = "application/json"
	reflecting := func(w http.ResponseWriter, r *http.Request) {
		answer(http.StatusBadRequest, "text/plain", "no \x1b[31m"+r.Header.Get("Authorization"))(w, r)
	}
	answers := []struct {
		name   string
		handle http.HandlerFunc
		want   string // in the line
	}{
		{"HTML", answer(200, "text/html", "<html>\n<body>maintenance</body></html>"), "text/html"},
		{"HTML said to be JSON", answer(200, media, "<html>"), "invalid JSON"},
		{"nothing", answer(200, media, ""), "body is empty"},
		{"no content", answer(204, media, ""), "204"},
		{"an empty object", answer(200, media, "{}"), "the API has changed"},
		{"null", answer(200, media, "null"), "null"},
		{"an array", answer(200, media, "[]"), "the API has changed"},
		{"truncated JSON", answer(200, media, `{"id":"`), "ends too early"},
		{"trailing bytes", answer(200, media, `{} {}`), "the API has changed"},
		{"401 of the API", answer(401, media, `{"code":"unauthorized","message":"Unauthorized"}`), "not accepted"},
		{"403", answer(403, media, `{"code":"forbidden","message":"Forbidden"}`), "not allowed to read "},
		{"403 and nothing else", answer(403, media, ""), "not allowed to read "},
		{"404", answer(404, media, `{"code":"not_found","message":"Not Found"}`), "(404); asked for http://"},
		{"404 in HTML", answer(404, "text/html", "<h1>?</h1>"), "(404); asked for http://"},
		{"422", answer(422, media, `{"errors":[{"name":"page","errors":["must be a number"]}]}`), "must be a number"},
		{"429", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Retry-After", "3600")
			answer(429, media, "{}")(w, r)
		}, "1h0m0s"},
		{"500", answer(500, media, `{"code":"internal","message":"oops"}`), "server failed"},
		{"500 and nothing else", answer(500, media, ""), "server failed"},
		{"the credential in a body", reflecting, "[redacted]"},
	}
	for _, a := range answers {
		address := serve(t, a.handle)
		for name, args := range requests {
			t.Run(a.name+" for "+name, func(t *testing.T) {
				t.Parallel()
				user := userOf(address)
				for _, format := range []string{"human", "json", "csv"} {
					r := run(t, user, append(args, "--format", format)...)
					if line := failed(t, r); !strings.Contains(line, a.want) {
						t.Errorf("%q does not say %q", line, a.want)
					}
					if r.stdout != "" {
						t.Errorf("stdout: %q", r.stdout)
					}
				}
			})
		}
	}
}

func TestARefusedTokenIsInactiveAndElsewhereA401(t *testing.T) {
	t.Parallel()
	address := serve(t, answer(401, "application/json",
		`{"error":"invalid_token","error_description":"The access token is invalid","state":"unauthorized"}`))
	for name, args := range requests {
		r := run(t, userOf(address), args...)
		if name == "token info" {
			if r.status != 0 || !strings.Contains(r.stdout, "not active") {
				t.Errorf("token info: status %d, %s%s", r.status, r.stdout, r.stderr)
			}
			continue
		}
		if line := failed(t, r); !strings.Contains(line, "The access token is invalid") {
			t.Errorf("%s: %s", name, line)
		}
	}
}

func TestARedirectToAnotherPortIsNotFollowed(t *testing.T) {
	t.Parallel()
	var received atomic.Int64
	elsewhere := serve(t, func(http.ResponseWriter, *http.Request) { received.Add(1) })
	for _, status := range []int{301, 302, 303, 307, 308} {
		address := serve(t, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere+r.URL.Path, status)
		})
		for name, args := range requests {
			line := failed(t, run(t, userOf(address), args...))
			if !strings.Contains(line, strings.TrimPrefix(elsewhere, "http://")) || !strings.Contains(line, "nothing was sent") {
				t.Errorf("%d for %s: %s", status, name, line)
			}
		}
	}
	if n := received.Load(); n != 0 {
		t.Errorf("the other server received %d requests", n)
	}
}

func TestAListThatBreaksOffNamesThePageToResumeFrom(t *testing.T) {
	t.Parallel()
	fail := func(fault func(http.Handler) http.Handler) *apitest.Server {
		return newServer(t, apitest.WithTokens(450), apitest.WithFaults(apitest.Fault{Match: apitest.OnPage(3), Do: fault}))
	}
	for _, test := range []struct {
		name   string
		server *apitest.Server
		page   int
	}{
		{"forbidden", fail(apitest.Status(403)), 3},
		{"HTML", fail(apitest.HTML(200)), 3},
		{"page loop", fail(apitest.NextPage(1)), 4},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			user := userOfTestServer(test.server)
			for _, format := range []string{"human", "json", "csv"} {
				r := run(t, user, "token", "list", apitest.ApplicationID, "--per-page", "30", "--format", format)
				if line := failed(t, r); !strings.Contains(line, fmt.Sprintf("resume from page %d", test.page)) {
					t.Errorf("%s: %s", format, line)
				}
				before := (test.page - 1) * 30
				if !strings.Contains(r.stdout, test.server.Token(before-1).ID) {
					t.Errorf("%s: the last token before the break is missing", format)
				}
				if strings.Contains(r.stdout, test.server.Token(before).ID) {
					t.Errorf("%s: a token after the break is there", format)
				}
				if format == "json" && strings.HasSuffix(strings.TrimSpace(r.stdout), "]") {
					t.Error("the array is closed, as if it were whole")
				}
				if format == "human" && strings.Contains(r.stdout, "tokens\n") {
					t.Error("the table ends with a total, as if it were whole")
				}
			}
		})
	}
}

func TestAHugePageIsRefused(t *testing.T) {
	t.Parallel()
	server := newServer(t, apitest.WithFaults(apitest.Fault{Do: apitest.Edit(func(body []byte) []byte {
		return append(body, bytes.Repeat([]byte(" "), 16<<20+1-len(body))...)
	})}))
	line := failed(t, run(t, userOfTestServer(server), "token", "list", apitest.ApplicationID))
	if !strings.Contains(line, "more than 16777216 bytes (200); ask for smaller pages") {
		t.Error(line)
	}
}

func TestResumingFromAPageCompletesTheList(t *testing.T) {
	t.Parallel()
	server := newServer(t, apitest.WithTokens(450))
	rows := strings.Split(strings.TrimSpace(mustRun(t, userOfTestServer(server),
		"token", "list", apitest.ApplicationID, "--page", "3", "--per-page", "50", "--limit", "60", "--format", "csv")), "\n")
	if len(rows) != 61 || !strings.HasPrefix(rows[1], server.Token(100).ID) || !strings.HasPrefix(rows[60], server.Token(159).ID) {
		t.Errorf("%d rows, from %.12s to %.12s", len(rows), rows[1], rows[len(rows)-1])
	}
}

func TestAServerThatDoesNotAnswerMeetsTheTimeout(t *testing.T) {
	t.Parallel()
	server := newServer(t, apitest.WithFaults(apitest.Fault{Do: apitest.Latency(time.Hour)}))
	line := failed(t, run(t, userOfTestServer(server), "app", "show", apitest.ApplicationID, "--timeout", "1ms"))
	if !strings.Contains(line, "did not respond in time") || !strings.Contains(line, "4 attempts") {
		t.Error(line)
	}
}

func TestAConnectionThatBreaksIsTriedAgain(t *testing.T) {
	t.Parallel()
	address := serve(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	line := failed(t, run(t, userOf(address), "token", "info"))
	if !strings.Contains(line, "check the network and the base URL") || !strings.Contains(line, "4 attempts") {
		t.Error(line)
	}
}

func TestA429WithoutRetryAfterIsTriedAgain(t *testing.T) {
	t.Parallel()
	server := newServer(t, apitest.WithFaults(apitest.Fault{Times: 1, Do: apitest.Status(429)}))
	if out := mustRun(t, userOfTestServer(server), "app", "show", apitest.ApplicationID); !strings.Contains(out, "Schema Sentinel") {
		t.Error(out)
	}
}
