package contract_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"github.com/psoauth/psoauth/openapi/contract"
)

// harEntry returns an entry of a recording; content is the members of response.content.
func harEntry(url string, status int, headers, content string) string {
	return fmt.Sprintf(`{"startedDateTime":"2026-07-01T12:00:00.000+02:00","time":12.5,"request":{"method":"GET","url":%q,"httpVersion":"h2",`+
		`"headers":[],"queryString":[],"cookies":[],"headersSize":-1,"bodySize":0},"response":{"status":%d,"statusText":"","httpVersion":"h2",`+
		`"headers":%s,"cookies":[],"content":{%s},"redirectURL":"","headersSize":-1,"bodySize":-1},"cache":{},"timings":{"wait":1}}`,
		url, status, headers, content)
}

func har(entries ...string) string {
	return `{"log":{"version":"1.2","creator":{"name":"test","version":"1"},"pages":[{"id":"p"}],"entries":[` + strings.Join(entries, ",") + `]}}`
}

const jsonHeader = `[{"name":":status","value":"200"},{"name":"content-type","value":"application/json"}]`

func quote(s string) string {
	quoted, _ := json.Marshal(s) // a string always has a JSON form
	return string(quoted)
}

func textContent(body string) string {
	return fmt.Sprintf(`"size":%d,"mimeType":"application/json","text":%s`, len(body), quote(body))
}

func TestHAR(t *testing.T) {
	t.Parallel()
	gzipHeader := strings.Replace(jsonHeader, "[", `[{"name":"Content-Encoding","value":"gzip"},`, 1)
	bad := strings.Replace(tokenBody, `"CI"`, "7", 1)
	fault := "error schema.type body /display_name"
	encoded := func(body []byte) string {
		return fmt.Sprintf(`"size":%d,"mimeType":"application/json","encoding":"base64","text":%q`, len(body), base64.StdEncoding.EncodeToString(body))
	}
	for _, test := range []struct {
		name, entry string
		want        []string
	}{
		{"plain", harEntry(tokenURL, 200, jsonHeader, textContent(tokenBody)), nil},
		{"a fault", harEntry(tokenURL, 200, jsonHeader, textContent(bad)), []string{fault}},
		{"base64", harEntry(tokenURL, 200, jsonHeader, encoded([]byte(bad))), []string{fault}},
		{"broken base64", harEntry(tokenURL, 200, jsonHeader, `"size":3,"encoding":"base64","text":"%%"`), []string{"error recording.unreadable body"}},
		{"unknown encoding", harEntry(tokenURL, 200, jsonHeader, `"size":3,"encoding":"hex","text":"00"`), []string{"error recording.unreadable body"}},
		{"still compressed", harEntry(tokenURL, 200, gzipHeader, encoded([]byte(zip(bad)))), []string{fault}},
		{"decompressed, header left", harEntry(tokenURL, 200, gzipHeader, textContent(bad)), []string{fault}},
		{"brotli, decompressed", harEntry(tokenURL, 200, strings.Replace(gzipHeader, "gzip", "br", 1), textContent(tokenBody)), nil},
		{"no headers, media type", harEntry(tokenURL, 200, "[]", textContent(bad)), []string{fault}},
		{"headers null", harEntry(tokenURL, 200, "null", textContent(bad)), []string{fault}},
		{"no headers, no media type", harEntry(tokenURL, 200, "[]", `"text":`+quote(bad)), []string{fault}},
		{"headers without a media type", harEntry(tokenURL, 200, `[{"name":"Date","value":""}]`, textContent(tokenBody)),
			[]string{"error http.content-type header /Content-Type"}},
		{"body left out", harEntry(tokenURL, 200, jsonHeader, `"size":1000,"mimeType":"application/json"`), []string{"note recording.no-body body"}},
		{"size unknown", harEntry(tokenURL, 200, jsonHeader, `"mimeType":"application/json"`), []string{"note recording.no-body body"}},
		{"no content", harEntry(tokenURL, 200, jsonHeader, ``), []string{"note recording.no-body body"}},
		{"empty body", harEntry(tokenURL, 200, jsonHeader, `"size":0`), []string{"error http.body-missing body"}},
		{"blocked", harEntry(tokenURL, 0, "[]", `"size":0`), []string{"note recording.no-response route"}},
		{"no response", `{"request":{"url":"` + tokenURL + `"}}`, []string{"note recording.no-response route"}},
		{"status as a string", strings.Replace(harEntry(tokenURL, 200, jsonHeader, textContent(bad)), `"status":200`, `"status":"200"`, 1), []string{fault}},
		{"no method", strings.Replace(harEntry(tokenURL, 200, jsonHeader, textContent(bad)), `"method":"GET",`, ``, 1), []string{fault}},
		{"URL that is none", harEntry("http://%zz", 200, jsonHeader, textContent(bad)), []string{"error recording.unreadable route"}},
		{"another API", harEntry("https://example.com/x", 200, jsonHeader, textContent(bad)), []string{"note route.foreign route"}},
		{"members of other types", `{"startedDateTime":7,"request":[],"response":{"status":{},"headers":{},"content":"x"}}`, []string{"note recording.no-response route"}},
		{"not an object", `7`, []string{"note recording.no-response route"}},
		{"bytes that are not UTF-8", harEntry(tokenURL, 200, jsonHeader, strings.Replace(textContent(tokenBody), "Ada", "\xff", 1)),
			[]string{"error recording.unreadable body"}},
		{"used before it was recorded", harEntry(tokenURL, 200, jsonHeader, textContent(strings.Replace(tokenBody, "{", `{"last_used_at":"2026-07-01T09:59:00Z",`, 1))), nil},
		{"used after it was recorded", harEntry(tokenURL, 200, jsonHeader, textContent(strings.Replace(tokenBody, "{", `{"last_used_at":"2026-07-01T11:00:00Z",`, 1))),
			[]string{"warning token.used-in-future body /last_used_at"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			run := validator(t).NewRun()
			if err := run.CheckHAR("x.har", strings.NewReader(har(harEntry(tokenURL, 200, jsonHeader, textContent(tokenBody)), test.entry))); err != nil {
				t.Fatal(err)
			}
			report := contract.NewReport(run, nil, contract.Off)
			if got := brief(report.Findings); !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
			want := 2
			if slices.Contains(test.want, "note recording.no-response route") {
				want = 1
			}
			if report.Summary.Responses != want {
				t.Errorf("%d responses", report.Summary.Responses)
			}
			for _, f := range report.Findings {
				if f.Source != "x.har#1" {
					t.Errorf("the source is %s", f.Source)
				}
			}
		})
	}
}

func TestHARThatIsNone(t *testing.T) {
	t.Parallel()
	for name, file := range map[string]string{
		"empty": "", "white space": "\n ", "binary": "\x00\x01\xff\xfe", "other JSON": `{"findings":[]}`, "array": `[]`,
		"truncated": har(harEntry(tokenURL, 200, jsonHeader, textContent(tokenBody)))[:700], "two": har() + har(),
		"entries of another type": `{"log":{"entries":{}}}`, "gzip cut off": zip(har())[:20], "gzip of nothing": "\x1f\x8b",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := validator(t).NewRun().CheckHAR("x.har", strings.NewReader(file))
			if err == nil || !strings.Contains(err.Error(), "x.har") || len(err.Error()) > 400 {
				t.Errorf("the error is %v", err)
			}
		})
	}
}

func TestHARWithByteOrderMarkAndGzip(t *testing.T) {
	t.Parallel()
	file := har(harEntry(tokenURL, 200, jsonHeader, textContent("{}")))
	for name, file := range map[string][]byte{"mark": []byte("\xef\xbb\xbf" + file), "gzip": []byte(zip(file)), "both": []byte(zip("\xef\xbb\xbf" + file))} {
		run := validator(t).NewRun()
		if err := run.CheckHAR("x.har", bytes.NewReader(file)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if contract.NewReport(run, nil, contract.Off).Summary.Errors == 0 {
			t.Errorf("%s: nothing was judged", name)
		}
	}
}

func TestCheckPath(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, content string) {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	bad := har(harEntry(tokenURL, 200, jsonHeader, textContent("[]")))
	write("b.har", bad)
	write("deep/a.HAR", bad)
	write("c.har.gz", zip(bad))
	write("notes.txt", "no recording")
	run := validator(t).NewRun()
	if err := run.CheckPath(dir); err != nil {
		t.Fatal(err)
	}
	var sources []string
	for _, f := range contract.NewReport(run, nil, contract.Off).Findings {
		sources = append(sources, strings.TrimPrefix(f.Source, filepath.ToSlash(dir)+"/"))
	}
	if want := []string{"b.har#0", "c.har.gz#0", "deep/a.HAR#0"}; !slices.Equal(sources, want) {
		t.Errorf("got %q, want %q", sources, want)
	}

	write("broken.har", "{")
	run = validator(t).NewRun()
	if err := run.CheckPath(dir); err == nil || !strings.Contains(err.Error(), "broken.har") {
		t.Errorf("the error is %v", err)
	}
	if n := contract.NewReport(run, nil, contract.Off).Summary.Responses; n != 3 {
		t.Errorf("%d responses beside a broken file", n)
	}
	for _, path := range []string{filepath.Join(dir, "nowhere"), t.TempDir()} {
		if err := run.CheckPath(path); err == nil {
			t.Errorf("%s: no error", path)
		}
	}
}

func TestCheckBody(t *testing.T) {
	t.Parallel()
	v := validator(t, atNoon())
	for _, test := range []struct {
		operation string
		status    int
		body      string
		want      []string
	}{
		{"getOAuthToken", 0, tokenBody, nil},
		{"getOAuthToken", 200, "{", []string{"error json.truncated body"}},
		{"getOAuthToken", 0, "no JSON", []string{"error json.syntax body"}},
		{"getOAuthToken", 0, "", []string{"error http.body-missing body"}},
		{"getOAuthToken", 404, "<html>", nil},
		{"getOAuthToken", 404, `{"code":7}`, []string{"error schema.type body /code"}},
		{"getOAuthToken", 302, "", []string{"error http.status status"}},
		{"listOAuthTokens", 0, listPage(2, 2, 5), nil},
		{"listOAuthTokens", 0, strings.ReplaceAll(listPage(2, 2, 5), "https://api.planetscale.com", ""), nil},
		{"listOAuthTokens", 0, strings.Replace(listPage(2, 2, 5), "api.planetscale.com", "example.com", 1), []string{"error page.url-elsewhere body /next_page_url"}},
	} {
		run := v.NewRun()
		if err := run.CheckBody("-", test.operation, test.status, strings.NewReader(test.body)); err != nil {
			t.Fatal(err)
		}
		if got := brief(contract.NewReport(run, nil, contract.Off).Findings); !slices.Equal(got, test.want) {
			t.Errorf("%s %d %.20s: got %q, want %q", test.operation, test.status, test.body, got, test.want)
		}
	}
	if err := v.NewRun().CheckBody("-", "getTypo", 0, strings.NewReader("")); err == nil || !strings.Contains(err.Error(), "getTokenInfo") {
		t.Errorf("an unknown operation: %v", err)
	}
}

// A generated file is read as it is made up, so that a large one needs no disk.
type generated struct {
	rest []byte
	next func() (string, bool)
}

func (g *generated) Read(p []byte) (int, error) {
	for len(g.rest) == 0 {
		part, ok := g.next()
		if !ok {
			return 0, io.EOF
		}
		g.rest = []byte(part)
	}
	n := copy(p, g.rest)
	g.rest = g.rest[n:]
	return n, nil
}

func repeated(first, middle, last string, times int) io.Reader {
	i := -1
	return &generated{next: func() (string, bool) {
		switch i++; {
		case i == 0:
			return first, true
		case i <= times:
			return middle, true
		case i == times+1:
			return last, true
		}
		return "", false
	}}
}

// The memory a recording takes must depend neither on how many entries it has nor on how long one is: of that the rest of
// the file is not read.
func TestHARMemoryIsBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("reads 300 MB")
	}
	page := harEntry(listURL+"?page=1&per_page=100", 200, jsonHeader, textContent(listPage(1, 100, 100)))
	long := strings.Split(harEntry(tokenURL, 200, jsonHeader, `"size":1,"text":"@"`), "@")
	head := strings.TrimSuffix(har(page), page+"]}}")
	const size = 48 << 20
	for name, in := range map[string]io.Reader{
		"many entries": repeated(har(page)[:len(head)+len(page)], ","+page, "]}}", size/len(page)),
		"a long body":  repeated(head+long[0], strings.Repeat(`\u00e9 `, 1000), long[1]+"]}}", size/7000),
		"spaces":       repeated(head, strings.Repeat(" ", 10_000), long[1]+"]}}", size/10_000),
		"a number":     repeated(head+`{"status":1`, strings.Repeat("0", 10_000), "}]}}", size/10_000),
		"headers":      repeated(head+`{"request":{"headers":[{}`, `,{"name":"x","value":"`+strings.Repeat("y", 6<<20)+`"}`, "]}}]}}", 8),
	} {
		run := validator(t).NewRun()
		debug.FreeOSMemory() // which the case before has left
		var peak uint64
		watched := io.TeeReader(in, watch(func() {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			peak = max(peak, m.Sys-m.HeapReleased)
		}))
		err := run.CheckHAR("x.har", watched)
		if large := name != "many entries"; large != (err != nil) || large && !strings.Contains(err.Error(), "entry 1: it takes more than") {
			t.Fatal(name, err)
		}
		if peak > 250<<20 {
			t.Errorf("%s: %d MB at most", name, peak>>20)
		}
		t.Logf("%s: %d MB, %v", name, peak>>20, contract.NewReport(run, nil, contract.Off).Summary)
	}
}

// What was put in place of a credential says nothing of what was sent, nor do bodies that an exporter has decoded of their coding.
func TestRecordedRequests(t *testing.T) {
	t.Parallel()
	brotli := strings.Replace(jsonHeader, "[", `[{"name":"Content-Encoding","value":"br"},`, 1)
	entry := harEntry(tokenURL, 200, brotli, textContent(tokenBody))
	for sent, want := range map[string][]string{
		`"Authorization","value":"[REDACTED]"`:   nil,
		`"Authorization","value":"Bearer ***"`:   nil,
		`"Authorization","value":"id:secret"`:    nil,
		`"Authorization","value":"abc"`:          {"warning request.credential request"},
		`"Authorization","value":"Basic QWxhZA"`: {"warning request.credential request"},
	} {
		run := validator(t).NewRun()
		if err := run.CheckHAR("x.har", strings.NewReader(har(strings.Replace(entry, `"headers":[]`, `"headers":[{"name":`+sent+`}]`, 1)))); err != nil {
			t.Fatal(err)
		}
		if got := brief(contract.NewReport(run, nil, contract.Off).Findings); !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", sent, got, want)
		}
	}
}

// watch calls f for every 8 MB written.
func watch(f func()) io.Writer { return &watcher{f: f} }

type watcher struct {
	f func()
	n int
}

func (w *watcher) Write(p []byte) (int, error) {
	if w.n += len(p); w.n > 8<<20 {
		w.n = 0
		w.f()
	}
	return len(p), nil
}
