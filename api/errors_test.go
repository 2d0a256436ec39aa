package api_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/psoauth/psoauth/api"
	"github.com/psoauth/psoauth/openapi"
)

func TestStatusesBecomeErrorsThatSayWhatToDo(t *testing.T) {
	t.Parallel()
	const js = "application/json"
	for name, test := range map[string]struct {
		status            int
		contentType, body string
		is                error
		code, message     string
		says              string
	}{
		"401 of the API":           {401, js, `{"code":"unauthorized","message":"Bad credentials"}`, api.ErrUnauthorized, "unauthorized", "Bad credentials", "not accepted"},
		"401 of OAuth":             {401, js, `{"error":"invalid_token","error_description":"The access token is invalid","state":"unauthorized"}`, api.ErrUnauthorized, "invalid_token", "The access token is invalid", "not accepted"},
		"401 without a body":       {401, "", ``, api.ErrUnauthorized, "", "", "not accepted"},
		"403":                      {403, js, `{"code":"forbidden","message":"No"}`, api.ErrForbidden, "forbidden", "No", "not allowed to read "},
		"403 in HTML":              {403, "text/html", `<h1>Forbidden</h1>`, api.ErrForbidden, "", "", "not allowed to read "},
		"404":                      {404, js, `{"code":"not_found","message":"Not Found"}`, api.ErrNotFound, "not_found", "Not Found", ", or "},
		"404, empty object":        {404, js, `{}`, api.ErrNotFound, "", "", ", or "},
		"404, not what it says":    {404, js, `[1]`, api.ErrNotFound, "", "", ", or "},
		"422":                      {422, js, `{"errors":[{"name":"per_page","errors":["is no number","is odd"]},{"name":"page"}]}`, api.ErrUnexpectedResponse, "", "per_page is no number, is odd; page", "refused"},
		"429":                      {429, js, `{"code":"rate_limited","message":"Slow down"}`, api.ErrRateLimited, "rate_limited", "Slow down", "try again later"},
		"500":                      {500, "text/plain", `oops`, api.ErrServer, "", "", "try again"},
		"503":                      {503, "text/html", `<h1>Maintenance</h1>`, api.ErrServer, "", "", "try again"},
		"204":                      {204, "", ``, api.ErrUnexpectedResponse, "", "", "undocumented status"},
		"201":                      {201, js, tokenBody, api.ErrUnexpectedResponse, "", "", "undocumented status"},
		"300":                      {300, js, `{}`, api.ErrUnexpectedResponse, "", "", "undocumented status"},
		"599":                      {599, js, `{}`, api.ErrServer, "", "", "try again"},
		"an empty code":            {404, js, `{"code":"","error":"gone"}`, api.ErrNotFound, "gone", "", ", or "},
		"control bytes":            {404, js, `{"code":"not_found","message":"a\u001b[2Jb\u202ec\nd"}`, api.ErrNotFound, "not_found", `a\x1b[2Jb\u202ec\nd`, ", or "},
		"secrets of others":        {404, js, `{"message":"no pscale_oauth_abc123 here"}`, api.ErrNotFound, "", "no [redacted] here", ", or "},
		"our own secret, escaped":  {404, js, `{"message":"no pscale_tkn_canary\/Serv\u002fice here"}`, api.ErrNotFound, "", "no [redacted] here", ", or "},
		"our own secret, repeated": {404, js, fmt.Sprintf(`{"message":"no %s here"}`, serviceSecret), api.ErrNotFound, "", "no [redacted] here", ", or "},
	} {
		for operation, call := range everyOperation {
			if operation == "getTokenInfo" && test.code == "invalid_token" {
				continue // that is an answer there
			}
			t.Run(name+"/"+operation, func(t *testing.T) {
				t.Parallel()
				c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
					w.Header().Set("X-Request-Id", "req-7")
					answer(test.status, test.contentType, test.body)(w, r)
				})
				v, err := call(t.Context(), c)
				var e *api.Error
				if v != nil || !errors.As(err, &e) || !errors.Is(err, test.is) {
					t.Fatalf("got %v, %v, want %v", v, err, test.is)
				}
				if e.Operation != operation || e.Status != test.status || e.Code != test.code || e.Message != test.message ||
					e.RequestID != "req-7" || e.Attempts != 1 {
					t.Errorf("got %+v", *e)
				}
				line := err.Error()
				if !strings.Contains(line, test.says) || !strings.Contains(line, "req-7") || strings.ContainsAny(line, "\n\x1b") {
					t.Errorf("the message is %q", line)
				}
				if text := fmt.Sprintf("%v %+v %#v %s", err, *e, e, e.Body); strings.Contains(text, "canary") {
					t.Errorf("the error holds a secret: %s", text)
				}
			})
		}
	}
}

func TestTheAccessAnErrorNamesIsTheContracts(t *testing.T) {
	t.Parallel()
	doc, err := openapi3.NewLoader().LoadFromData([]byte(openapi.Contract()))
	if err != nil {
		t.Fatal(err)
	}
	calls := maps.Clone(everyOperation)
	calls["listOAuthApplications"] = func(ctx context.Context, c *api.Client) (any, error) {
		return anyOf(c.ListApplications(ctx, "acme", api.ListOptions{}))
	}
	calls["deleteOAuthToken"] = func(ctx context.Context, c *api.Client) (any, error) {
		return anyOf(c.DeleteToken(ctx, "acme", "app1", "tok1"))
	}
	operations := 0
	var all []*openapi3.Operation
	for _, item := range doc.Paths.Map() {
		all = slices.AppendSeq(all, maps.Values(item.Operations()))
	}
	for _, operation := range all {
		call, ok := calls[operation.OperationID]
		if !ok {
			t.Errorf("the contract's %s is no operation of the client", operation.OperationID)
			continue
		}
		operations++
		access, _ := operation.Extensions["x-service-token-access"].([]any)
		for _, status := range []int{401, 403, 404} {
			c, _ := serve(t, answer(status, "application/json", `{}`))
			_, err := call(t.Context(), c)
			for _, name := range access {
				if !strings.Contains(err.Error(), name.(string)) {
					t.Errorf("%s, %d: %v does not name %s", operation.OperationID, status, err, name)
				}
			}
			if len(access) == 0 && !strings.Contains(err.Error(), "a service token is never accepted here") {
				t.Errorf("%s, %d: %v does not name the credential", operation.OperationID, status, err)
			}
		}
	}
	if operations != len(calls) {
		t.Errorf("the contract has %d of the client's %d operations", operations, len(calls))
	}
}

func TestTheCallersContextIsToldApart(t *testing.T) {
	t.Parallel()
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.GetToken(canceled, "acme", "app1", "tok1"); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
	late, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err := c.GetToken(late, "acme", "app1", "tok1")
	var e *api.Error
	if !errors.Is(err, context.DeadlineExceeded) || !errors.As(err, &e) || e.Status != 0 {
		t.Errorf("late: %v", err)
	}
}

func TestNoConnectionIsAnErrorThatSaysSo(t *testing.T) {
	t.Parallel()
	c := clientFor(t, "http://127.0.0.1:1")
	_, err := c.GetToken(t.Context(), "acme", "app1", "tok1")
	var e *api.Error
	if !errors.As(err, &e) || e.Status != 0 || e.Attempts != 1 || !strings.Contains(err.Error(), "token tok1 of application app1 in organization acme: no response: ") {
		t.Errorf("got %v", err)
	}
	if strings.Count(err.Error(), "127.0.0.1:1") != 1 {
		t.Errorf("the address is repeated: %v", err)
	}
}

// escapingToken has characters that JSON, HTML and URLs escape, and no prefix by which to know it.
const escapingToken = "canary/of+the=mine&canary\"of<the>mine"

func TestOurOwnCredentialIsRedactedHoweverTheServerWritesIt(t *testing.T) {
	t.Parallel()
	quoted, _ := json.Marshal(escapingToken)
	for name, echo := range map[string]string{
		"as it is":           escapingToken,
		"as JSON":            string(quoted),
		"as JSON by PHP":     strings.NewReplacer("/", `\/`, `"`, `\"`).Replace(escapingToken),
		"as HTML":            html.EscapeString(escapingToken),
		"as part of a query": url.QueryEscape(escapingToken),
		"as part of a path":  url.PathEscape(escapingToken),
		"after the scheme":   "Bearer " + escapingToken,
		"letter by letter":   everyByte(`\u%04x`),
		"as JSON in JSON":    everyByte(`\\u%04x`),
		"letters in a URL":   everyByte("%%%02x"),
		"letters in HTML":    everyByte("&#%d;"),
		"in hexadecimal":     everyByte("%x"),
		"in base64":          base64.StdEncoding.EncodeToString([]byte("Bearer " + escapingToken)),
		"its beginning":      escapingToken[:len(escapingToken)/2],
		"its end":            escapingToken[len(escapingToken)/2:],
	} {
		for status, contentType := range map[int]string{200: "text/html", 401: "application/json", 500: "text/plain"} {
			t.Run(fmt.Sprint(name, " with ", status), func(t *testing.T) {
				t.Parallel()
				c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
					w.Header().Set("X-Request-Id", echo)
					answer(status, contentType, "what is "+echo+"?")(w, r)
				})
				_, err := c.InspectToken(t.Context(), escapingToken)
				var e *api.Error
				if !errors.As(err, &e) {
					t.Fatal(err)
				}
				if said := fmt.Sprintf("%v %+v", err, *e); strings.Contains(said, "canary") || strings.Contains(said, "mine") ||
					strings.Contains(said, echo[len(echo)/3:][:12]) {
					t.Errorf("the error holds the token: %s", said)
				}
			})
		}
	}
}

// everyByte writes each byte of the token in a format.
func everyByte(format string) (written string) {
	for _, b := range []byte(escapingToken) {
		written += fmt.Sprintf(format, b)
	}
	return written
}

func TestTheErrorsBehindAnErrorHoldNoSecret(t *testing.T) {
	t.Parallel()
	cut := fmt.Errorf("sending %s: %w", accessToken, context.Canceled)
	for name, cause := range map[string]error{
		"of the transport":     errors.New("cannot send Authorization: " + serviceID + ":" + serviceSecret),
		"of a wrapped one":     fmt.Errorf("sending: %w", errors.New(serviceSecret)),
		"of several":           errors.Join(errors.New("one"), errors.New(serviceSecret)),
		"of a canceled one":    cut,
		"with the URL":         &url.Error{Op: "Get", URL: "https://x.example/" + serviceSecret, Err: errors.New("no")},
		"without secrets":      &net.OpError{Op: "dial", Err: errors.New("refused")},
		"that is just a text":  textError(serviceSecret),
		"of a response's text": fmt.Errorf("malformed HTTP response %q", "x "+serviceSecret),
	} {
		c := onWire(t, wire(fails(cause)), api.WithMaxRetries(0))
		_, err := c.GetToken(t.Context(), "acme", "app1", "tok1")
		if err == nil {
			t.Fatalf("%s: no error", name)
		}
		walk(err, func(err error) {
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
				if said := fmt.Sprintf(verb, err); strings.Contains(said, "canary") {
					t.Errorf("%s: %s of a %T holds a secret: %s", name, verb, err, said)
				}
			}
		})
		if errors.Is(err, context.Canceled) != (cause == cut) {
			t.Errorf("%s: cancellation is not told apart: %v", name, err)
		}
		var op *net.OpError
		if errors.As(err, &op) != (name == "without secrets") {
			t.Errorf("%s: the cause is not kept: %v", name, err)
		}
	}
}

type textError string

func (e textError) Error() string { return string(e) }

// walk calls visit with err and every error behind it.
func walk(err error, visit func(error)) {
	visit(err)
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		if behind := e.Unwrap(); behind != nil {
			walk(behind, visit)
		}
	case interface{ Unwrap() []error }:
		for _, behind := range e.Unwrap() {
			walk(behind, visit)
		}
	}
}

func TestTheExcerptOfABodyIsBounded(t *testing.T) {
	t.Parallel()
	// The secret stands across the cut, and must not be left there in part.
	body := strings.Repeat("x", 500) + serviceSecret + strings.Repeat("y", 1<<20)
	c, _ := serve(t, answer(500, "text/plain", body))
	_, err := c.GetToken(t.Context(), "acme", "app1", "tok1")
	var e *api.Error
	if !errors.As(err, &e) || len(e.Body) > 512 || !strings.HasPrefix(e.Body, "xxx") || strings.Contains(e.Body, "pscale") {
		t.Errorf("the excerpt is %q", e.Body)
	}
}
