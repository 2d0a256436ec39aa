package api_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/psoauth/psoauth/api"
)

// A recorded response is one of those that the validator's golden file has: good ones, and ones with faults.
type recordedResponse struct {
	Status int
	Header http.Header
	Body   []byte
}

func corpus(f *testing.F) (all []recordedResponse) {
	f.Helper()
	data, err := os.ReadFile("../openapi/contract/testdata/golden.jsonl")
	if err != nil {
		f.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		var r recordedResponse
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			f.Fatal(err)
		}
		all = append(all, r)
	}
	return all
}

// checkFit fails unless an error is one of the operation, in a short line that is fit to be shown, and without our secret.
func checkFit(t *testing.T, operation string, err error) *api.Error {
	t.Helper()
	var e *api.Error
	if !errors.As(err, &e) || e.Operation != operation {
		t.Fatalf("%s: the error is %#v", operation, err)
	}
	for _, s := range []string{err.Error(), e.Code, e.Message, e.RequestID, e.Body} {
		if strings.ContainsAny(s, "\n\r\x1b") || !utf8.ValidString(s) || len(s) > 4096 {
			t.Errorf("%s: not one short printable line: %q", operation, s)
		}
		if strings.Contains(s, "canary") {
			t.Errorf("%s: the secret is in %q", operation, s)
		}
	}
	return e
}

func FuzzAnyBodyIsAValueOrAnError(f *testing.F) {
	for _, seed := range []string{tokenBody, applicationBody, infoBody, emptyPage, "", "{}", "null", `{"active":false}`,
		pageBody(1, 2, 0, 2, `"total_pages":9,`), tokenBody[:40], tokenBody + "x", "\ufeff{}"} {
		f.Add([]byte(seed), uint16(200))
	}
	for i, m := range corpus(f) {
		if i%10 == 0 {
			f.Add(m.Body, uint16(m.Status))
		}
	}
	f.Fuzz(func(t *testing.T, body []byte, status uint16) {
		if status = 200 + status%400; status == 202 {
			status = 200 // most of the time
		}
		for operation, call := range everyOperation {
			// A client of its own for each call, because a 429 holds a client back.
			c := onWire(t, bodyWire(body, int(status)), api.WithMaxRetries(0), api.WithRateLimit(0))
			v, err := call(t.Context(), c)
			if (v == nil) == (err == nil) {
				t.Fatalf("%s: got %v, %v", operation, v, err)
			}
			if err != nil {
				checkFit(t, operation, err)
			} else if _, err := json.Marshal(v); err != nil {
				t.Errorf("%s: what was decoded does not encode: %v", operation, err)
			}
		}
	})
}

// FuzzErrorBody has a server repeat our secret anywhere in any error, and checks what the error tells of it.
func FuzzErrorBody(f *testing.F) {
	for _, body := range []string{`{"code":"not_found","message":"Not Found"}`, `{"error":"invalid_token","error_description":"no"}`,
		`{"errors":[{"name":"per_page","errors":["is odd"]}]}`, `<html>`, ``, `{}`, `{"message":""}`, `[`, `"`, strings.Repeat("pscale_tkn_a ", 99)} {
		f.Add(body, uint(len(body)/2), uint16(404), "application/json", "req", "7")
	}
	for _, m := range corpus(f) {
		if m.Status >= 400 {
			f.Add(string(m.Body), uint(3), uint16(m.Status), m.Header.Get("Content-Type"), "", "")
		}
	}
	f.Fuzz(func(t *testing.T, body string, at uint, status uint16, contentType, requestID, retryAfter string) {
		status = 400 + status%200
		cut := int(at % uint(len(body)+1))
		body = body[:cut] + serviceSecret + body[cut:]
		c := onWire(t, func(r *http.Request) (*http.Response, error) {
			resp, err := bodyWire([]byte(body), int(status))(r)
			resp.Header = http.Header{"Content-Type": {contentType}, "X-Request-Id": {requestID + serviceSecret}, "Retry-After": {retryAfter}}
			return resp, err
		}, api.WithMaxRetries(0))
		_, err := c.GetToken(t.Context(), "acme", "app1", "tok1")
		e := checkFit(t, "getOAuthToken", err)
		if e.Status != int(status) || len(e.Body) > 512 || len(e.RequestID) > 128 || len(e.Message) > 512 || len(e.Code) > 512 || e.RetryAfter < 0 {
			t.Errorf("got %+v", *e)
		}
	})
}

// FuzzTimestamp checks that a time is read as RFC 3339 has it, or refused.
func FuzzTimestamp(f *testing.F) {
	for _, seed := range []string{"2026-05-01T08:00:00.000Z", "2021-01-14T10:19:23Z", "2026-05-01T08:00:00+02:00", "", "2026-05-01",
		"2026-02-30T00:00:00Z", "2026-05-01t08:00:00z", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z", "2026-05-01T24:00:00Z",
		"2026-05-01T08:00:60Z", "2026-05-01T08:00:00,5Z", "2026-5-1T8:0:0Z", "1777622400", "2026-05-01T08:00:00-99:99", "12026-05-01T08:00:00Z"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		quoted, err := json.Marshal(text)
		if err != nil || !utf8.ValidString(text) {
			t.Skip()
		}
		body := strings.Replace(tokenBody, `"2026-05-01T08:00:00.000Z"`, string(quoted), 1)
		c := onWire(t, bodyWire([]byte(body), 200), api.WithMaxRetries(0))
		token, err := c.GetToken(t.Context(), "acme", "app1", "tok1")
		want, wrong := time.Parse(time.RFC3339, text)
		if err != nil {
			checkFit(t, "getOAuthToken", err)
			if wrong == nil && len(text) == len("2006-01-02T15:04:05Z") {
				t.Errorf("%q is refused: %v", text, err)
			}
			return
		}
		if wrong != nil || !token.CreatedAt.Equal(want) || token.CreatedAt.Year() < 0 || token.CreatedAt.Year() > 9999 {
			t.Errorf("%q became %v", text, token.CreatedAt)
		}
	})
}

// FuzzPathArgument checks that an argument is refused, or becomes one segment of the path that decodes to it again.
func FuzzPathArgument(f *testing.F) {
	for _, seed := range []string{"5kq1x0v2m8yd", "a/b", "..", ".", "../../x", "%2e%2e", "%2F", "a?b#c", "a b", "ünïcode", "", " ", "a;b,c",
		"http://x", "@:&=+$", "\x00", "a\nb", "\xff", "\u202e", "//", "\\", "…", "a%", "*"} {
		f.Add(seed, "app1", "tok1")
		f.Add("acme", seed, seed)
	}
	f.Fuzz(func(t *testing.T, organization, application, token string) {
		var sent *http.Request
		c := onWire(t, func(r *http.Request) (*http.Response, error) { sent = r; return response(r, 200), nil })
		_, err := c.GetToken(t.Context(), organization, application, token)
		if err != nil {
			if !errors.Is(err, api.ErrInvalidArgument) || sent != nil {
				t.Errorf("got %v, and sent %v", err, sent)
			}
			checkFit(t, "getOAuthToken", err)
			return
		}
		template := []string{"", "v1", "organizations", organization, "oauth-applications", application, "tokens", token}
		line := sent.URL.RequestURI() // as it stands in the request
		segments := strings.Split(line, "/")
		if len(segments) != len(template) || sent.URL.Host != "api.planetscale.com" || sent.URL.Scheme != "https" {
			t.Fatalf("sent to %s", sent.URL)
		}
		for i, segment := range segments {
			if decoded, err := url.PathUnescape(segment); err != nil || decoded != template[i] {
				t.Errorf("segment %d is %q, which is %q, %v, want %q", i, segment, decoded, err, template[i])
			}
		}
		if strings.ContainsAny(line, "?# \\") || path.Clean(line) != line {
			t.Errorf("on its way %s may become something else", line)
		}
		// And a server sees the same.
		if r := httptest.NewRequest(http.MethodGet, line, nil); r.URL.EscapedPath() != line || r.URL.RawQuery != "" {
			t.Errorf("%s arrives as %s", line, r.URL)
		}
	})
}

// FuzzBaseURL checks that a base URL is refused without being repeated, or that requests go where it says: over https, or
// to this machine.
func FuzzBaseURL(f *testing.F) {
	for _, seed := range []string{"https://api.planetscale.com/v1", "https://x.example///", "HTTPS://X.example:8443/a%2Fb/", "http://localhost:8080",
		"http://127.8.8.8", "http://[::1]:80", "http://[::ffff:127.0.0.1]", "http://x.example", "https://u:p@x", "https://x/?a", "https://x/#a",
		"https://x/a/../b", "//x", "", "https://x:", "https://x:99999", "https://ap\u0130.example", "https://a b", "https://x/%zz", "https:x",
		"http://[fe80::1%25lo]", "http://0x7f.1", "https://x\\y", "http://localhost.", "https://x/\x7f", "https://[", "https://x/;a", "https://x/%2e%2e"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		var sent *http.Request
		c, err := api.NewClient(api.WithBaseURL(raw), api.WithServiceToken(serviceID, serviceSecret),
			api.WithHTTPClient(&http.Client{Transport: wire(func(r *http.Request) (*http.Response, error) { sent = r; return response(r, 200), nil })}))
		if err != nil {
			said := strings.Replace(fmt.Sprint(err), api.DefaultBaseURL, "", 1) // an example, which may hold what was given
			if !errors.Is(err, api.ErrInvalidArgument) || len(raw) > 12 && strings.Contains(said, raw) {
				t.Errorf("%q: %v", raw, err)
			}
			return
		}
		if _, err := c.GetApplication(t.Context(), "acme", "app1"); err != nil {
			t.Fatalf("%q: %v", raw, err)
		}
		host := sent.URL.Hostname()
		local := strings.EqualFold(host, "localhost") || strings.HasPrefix(host, "127.") || strings.Contains(host, ":")
		if sent.URL.Scheme != "https" && !(sent.URL.Scheme == "http" && local) {
			t.Errorf("%q: sent to %s", raw, sent.URL)
		}
		given, err := url.Parse(raw)
		if err != nil || !strings.EqualFold(strings.TrimSuffix(given.Host, ":"), sent.URL.Host) || sent.URL.User != nil || sent.URL.RawQuery != "" {
			t.Fatalf("%q: sent to %s", raw, sent.URL)
		}
		if want := strings.TrimRight(given.EscapedPath(), "/") + "/organizations/acme/oauth-applications/app1"; sent.URL.EscapedPath() != want {
			t.Errorf("%q: sent to %s, want %s", raw, sent.URL.EscapedPath(), want)
		}
	})
}

// FuzzRedirect checks that wherever a server sends a request on, our credential goes to our host alone.
func FuzzRedirect(f *testing.F) {
	for _, seed := range []string{"https://api.planetscale.com/v1/x", "HTTPS://API.PlanetScale.com:443/x", "/x", "//evil.example", "?a", "#a", "",
		"https://api.planetscale.com@evil.example", "https://api.planetscale.com.", "https://ap\u0130.planetscale.com", "http://api.planetscale.com",
		"https:evil.example", "https:/evil.example", "https:\\\\evil.example", "/\\evil.example", "https://api.planetscale.com:0443", "\thttps://x",
		"https://api.planetscale.com\u3002evil.example", "https://api.planetscale.com%2eevil.example", "https://[::1]", "javascript:x", "https://api.planetscale.com:443:443"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, location string) {
		hops := 0
		c := onWire(t, func(r *http.Request) (*http.Response, error) {
			if r.URL.Scheme != "https" || !strings.EqualFold(r.URL.Hostname(), "api.planetscale.com") ||
				r.URL.Port() != "" && r.URL.Port() != "443" || strings.ContainsFunc(r.URL.Host, func(c rune) bool { return c > '~' }) {
				t.Errorf("%q: sent to %s", location, r.URL)
			}
			if got := r.Header.Values("Authorization"); len(got) != 1 || got[0] != serviceID+":"+serviceSecret {
				t.Errorf("%q: %s got %q", location, r.URL, got)
			}
			if hops++; hops > 1 {
				return response(r, 200), nil
			}
			return response(r, 302, "Location", location), nil
		}, api.WithMaxRetries(0))
		if _, err := c.GetToken(t.Context(), "acme", "app1", "tok1"); err != nil {
			checkFit(t, "getOAuthToken", err)
		}
	})
}

// FuzzCredential checks that a credential is refused without being repeated, or fits into a header as it is.
func FuzzCredential(f *testing.F) {
	for _, seed := range []string{serviceSecret, accessToken, refreshToken, "a b", "a\r\nX: y", "", "é", "\x7f", "a:b", "\t", strings.Repeat("a", 9000)} {
		f.Add(serviceID, seed)
		f.Add(seed, serviceSecret)
	}
	f.Fuzz(func(t *testing.T, id, secret string) {
		for _, option := range []api.Option{api.WithServiceToken(id, secret), api.WithAccessToken(secret)} {
			var sent string
			c, err := api.NewClient(option, api.WithHTTPClient(&http.Client{Transport: wire(func(r *http.Request) (*http.Response, error) {
				sent = r.Header.Get("Authorization")
				return response(r, 200), nil
			})}))
			if err != nil {
				if !errors.Is(err, api.ErrInvalidArgument) || len(secret) > 12 && strings.Contains(err.Error(), secret) {
					t.Errorf("%q, %q: %v", id, secret, err)
				}
				continue
			}
			if _, err := c.GetApplication(t.Context(), "acme", "app1"); err != nil {
				t.Fatal(err)
			}
			if sent != id+":"+secret && sent != "Bearer "+secret || strings.ContainsFunc(sent, func(r rune) bool { return r < ' ' || r > '~' }) {
				t.Errorf("%q, %q: sent %q", id, secret, sent)
			}
		}
	})
}
