package api_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
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
		"403":                      {403, js, `{"code":"forbidden","message":"No"}`, api.ErrForbidden, "forbidden", "No", "does not exist"},
		"403 in HTML":              {403, "text/html", `<h1>Forbidden</h1>`, api.ErrForbidden, "", "", "does not exist"},
		"404":                      {404, js, `{"code":"not_found","message":"Not Found"}`, api.ErrNotFound, "not_found", "Not Found", "no access"},
		"404, empty object":        {404, js, `{}`, api.ErrNotFound, "", "", "no access"},
		"404, not what it says":    {404, js, `[1]`, api.ErrNotFound, "", "", "no access"},
		"422":                      {422, js, `{"errors":[{"name":"per_page","errors":["is no number","is odd"]},{"name":"page"}]}`, api.ErrUnexpectedResponse, "", "per_page is no number, is odd; page", "refused"},
		"429":                      {429, js, `{"code":"rate_limited","message":"Slow down"}`, api.ErrRateLimited, "rate_limited", "Slow down", "try again later"},
		"500":                      {500, "text/plain", `oops`, api.ErrServer, "", "", "try again"},
		"503":                      {503, "text/html", `<h1>Maintenance</h1>`, api.ErrServer, "", "", "try again"},
		"204":                      {204, "", ``, api.ErrUnexpectedResponse, "", "", "not in the contract"},
		"201":                      {201, js, tokenBody, api.ErrUnexpectedResponse, "", "", "not in the contract"},
		"300":                      {300, js, `{}`, api.ErrUnexpectedResponse, "", "", "not in the contract"},
		"599":                      {599, js, `{}`, api.ErrServer, "", "", "try again"},
		"an empty code":            {404, js, `{"code":"","error":"gone"}`, api.ErrNotFound, "gone", "", "no access"},
		"control bytes":            {404, js, `{"code":"not_found","message":"a\u001b[2Jb\u202ec\nd"}`, api.ErrNotFound, "not_found", `a\x1b[2Jb\u202ec\nd`, "no access"},
		"secrets of others":        {404, js, `{"message":"no pscale_oauth_abc123 here"}`, api.ErrNotFound, "", "no [redacted] here", "no access"},
		"our own secret, repeated": {404, js, fmt.Sprintf(`{"message":"no %s here"}`, serviceSecret), api.ErrNotFound, "", "no [redacted] here", "no access"},
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
	operations := 0
	for _, item := range doc.Paths.Map() {
		operation := item.Get
		call, ok := everyOperation[operation.OperationID]
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
	if operations != len(everyOperation) {
		t.Errorf("the contract has %d of the client's %d operations", operations, len(everyOperation))
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
	if !errors.As(err, &e) || e.Status != 0 || e.Attempts != 1 || !strings.Contains(err.Error(), "getOAuthToken: no response: ") {
		t.Errorf("got %v", err)
	}
	if strings.Count(err.Error(), "127.0.0.1:1") != 1 {
		t.Errorf("the address is repeated: %v", err)
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
