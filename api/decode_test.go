package api_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/psoauth/psoauth/api"
	"github.com/psoauth/psoauth/gen"
)

func TestWhatIsNoGoodAnswerIsAnErrorAndNeverAZeroValue(t *testing.T) {
	t.Parallel()
	const js = "application/json"
	type bad struct{ contentType, body, says string }
	for name, test := range map[string]bad{
		"html":                   {"text/html", "<html><body>Sign in</body></html>", `"text/html", want application/json`},
		"json labelled html":     {"text/html", goodBody(""), "want application/json"},
		"no content type":        {"", goodBody(""), "no Content-Type"},
		"malformed content type": {";;", goodBody(""), "want application/json"},
		"another charset":        {js + "; charset=latin1", goodBody(""), "want UTF-8"},
		"nothing":                {js, "", "body is empty"},
		"white space":            {js, " \n", "ends too early"},
		"an empty object":        {js, "{}", ""},
		"null":                   {js, "null", ""},
		"an array":               {js, "[]", "(200); the body begins []; check the URL http://"},
		"a string":               {js, `"x"`, `(200); the body begins "x"; check the URL http://`},
		"a number":               {js, `7`, "(200); the body begins 7; check the URL http://"},
		"a foreign object":       {js, `{"hello":"world","ok":true}`, ""},
		"an error with 200":      {js, `{"code":"not_found","message":"Not Found"}`, ""},
		"plain text":             {js, `Not Found`, "invalid JSON"},
		"html labelled json":     {js, `<html>`, "invalid JSON"},
		"a byte order mark":      {js, "\ufeff{}", "invalid JSON"},
	} {
		for operation, call := range everyOperation {
			t.Run(name+"/"+operation, func(t *testing.T) {
				t.Parallel()
				c, _ := serve(t, answer(200, test.contentType, test.body))
				v, err := call(t.Context(), c)
				var e *api.Error
				if v != nil || !errors.As(err, &e) || !errors.Is(err, api.ErrUnexpectedResponse) {
					t.Fatalf("got %v, %v", v, err)
				}
				if e.Operation != operation || e.Status != 200 || !strings.Contains(err.Error(), test.says) {
					t.Errorf("error is %v, want it to say %q", err, test.says)
				}
				if test.body != "" && e.Body == "" || len(e.Body) > 512 {
					t.Errorf("the excerpt has %d bytes: %q", len(e.Body), e.Body)
				}
			})
		}
	}
}

// Only a promised member that is missing or null is taken, unless told otherwise.
func TestDecodingIsStrict(t *testing.T) {
	t.Parallel()
	with := func(old, new string) string { return strings.Replace(tokenBody, old, new, 1) }
	for name, test := range map[string]struct{ body, says string }{
		"truncated":                       {tokenBody[:len(tokenBody)-9], "ends too early"},
		"trailing garbage":                {tokenBody + "x", "invalid JSON"},
		"a second value":                  {tokenBody + "{}", "invalid JSON"},
		"duplicate member":                {with(`{"id"`, `{"id":"z","id"`), "duplicate"},
		"duplicate member, escaped":       {with(`{"id"`, `{"\u0069d":"z","id"`), "duplicate"},
		"duplicate in an unknown":         {with(`{"id"`, `{"new":{"a":1,"a":2},"id"`), "duplicate"},
		"invalid UTF-8":                   {with("CI", "\xff"), "UTF-8"},
		"lone surrogate":                  {with("CI", `\ud800`), "surrogate"},
		"required member missing":         {with(`"display_name":"CI",`, ``), "at /display_name: the member is missing"},
		"required member null":            {with(`"CI"`, `null`), "at /display_name: unexpected null"},
		"an item null":                    {with(`{"id"`, `{"service_token_accesses":[null],"id"`), "at /service_token_accesses/0: unexpected null"},
		"wrong type":                      {with(`"tok1"`, `17`), "at /id: unexpected number"},
		"wrong type inside":               {with(`{"id"`, `{"oauth_accesses_by_resource":{"database":7,"organization":7,"branch":7,"user":7},"id"`), "at /oauth_accesses_by_resource/database: unexpected number"},
		"required member missing inside":  {with(`{"id"`, `{"service_token_accesses":[{"id":"x"}],"id"`), "at /service_token_accesses/0/access: the member is missing"},
		"empty object where none may be":  {with(`{"id"`, `{"oauth_accesses_by_resource":{},"id"`), "at /oauth_accesses_by_resource/branch: the member is missing"},
		"not a time":                      {with("2026-05-01T08:00:00.000Z", "yesterday"), "at /created_at: a string that is not an RFC 3339 time"},
		"a date without a time":           {with("2026-05-01T08:00:00.000Z", "2026-05-01"), "RFC 3339"},
		"an empty time":                   {with("2026-05-01T08:00:00.000Z", ""), "RFC 3339"},
		"a number for a secret":           {with(`{"id"`, `{"token":1234567890,"id"`), "at /token: want a string"},
		"member in another case":          {with(`"id"`, `"ID"`), "at /id: the member is missing"},
		"required member, name escaped":   {with(`"display_name":"CI"`, `"display\u005fname":null`), "at /display_name: unexpected null"},
		"a required member of a required": {with(`{"id"`, `{"service_token_accesses":[{"id":"x","access":"a","description":"d","resource_name":"r","resource_id":"i","resource_type":"t","resource":{"id":"x"}}],"id"`), "/service_token_accesses/0/resource/created_at: the member is missing"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, options := range [][]api.Option{nil, {api.WithStrictDecoding()}} {
				promised := strings.Contains(test.says, "the member is missing") || strings.Contains(test.says, "null")
				c, _ := serve(t, answer(200, "application/json", test.body), options...)
				token, err := c.GetToken(t.Context(), "acme", "app1", "tok1")
				if options == nil && promised && !strings.Contains(test.says, "/id:") {
					if err != nil {
						t.Errorf("got %v", err)
					}
				} else if token != nil || !errors.Is(err, api.ErrUnexpectedResponse) || options != nil && !strings.Contains(err.Error(), test.says) {
					t.Errorf("got %v, %v, want an error that says %q", token, err, test.says)
				}
			}
		})
	}
}

func TestDecodingToleratesWhatTheContractDoes(t *testing.T) {
	t.Parallel()
	with := func(old, new string) string { return strings.Replace(tokenBody, old, new, 1) }
	for name, body := range map[string]string{
		"an unknown member":                        with(`{"id"`, `{"new":[{"deep":null}],"id"`),
		"white space around":                       "\r\n " + tokenBody + "\n",
		"a required nullable member missing":       with(`"actor_id":null,`, ``),
		"a name with escapes":                      with(`"id"`, `"\u0069\u0064"`),
		"an offset in a time":                      with("2026-05-01T08:00:00.000Z", "2026-05-01T10:00:00+02:00"),
		"an empty string where a string is wanted": with(`"CI"`, `""`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, _ := serve(t, answer(200, "application/json; charset=UTF-8", body))
			if token, err := c.GetToken(t.Context(), "acme", "app1", "tok1"); err != nil || token.ID != "tok1" {
				t.Errorf("got %v, %v", token, err)
			}
		})
	}
}

// The client and the contract must agree: what the examples hold decodes, and encodes to the same again.
func TestEveryExampleOfTheContractDecodesWithoutLoss(t *testing.T) {
	t.Parallel()
	total := 0
	for _, d := range decodings(t) {
		for name, body := range examples(t, d.operation) {
			total++
			t.Run(d.operation+"/"+name, func(t *testing.T) {
				t.Parallel()
				v := d.zero()
				if err := gen.Decode(body, v, true); err != nil {
					t.Fatal(err)
				}
				again, err := json.Marshal(v)
				if err != nil {
					t.Fatal(err)
				}
				var sent, got any
				if err := errors.Join(json.Unmarshal(body, &sent), json.Unmarshal(again, &got)); err != nil {
					t.Fatal(err)
				}
				if !same(sent, got) {
					t.Errorf("sent %s, got %s", body, again)
				}
			})
		}
	}
	if total < 8 {
		t.Errorf("only %d examples were found", total)
	}
}

// same compares JSON values: a member that is null is one that is missing, times are equal if they name the same instant,
// and scopes in one string are those in an array.
func same(sent, got any) bool {
	switch sent := sent.(type) {
	case map[string]any:
		got, ok := got.(map[string]any)
		if !ok {
			return false
		}
		for name, value := range got {
			if _, ok := sent[name]; !ok && value != nil {
				return false
			}
		}
		for name, value := range sent {
			if !same(value, got[name]) {
				return false
			}
		}
		return true
	case []any:
		got, ok := got.([]any)
		return ok && slices.EqualFunc(sent, got, same)
	case string:
		if scopes, ok := got.([]any); ok {
			return fmt.Sprint(scopes) == "["+sent+"]"
		}
		a, errA := time.Parse(time.RFC3339, sent)
		b, errB := time.Parse(time.RFC3339, fmt.Sprint(got))
		return errA == nil && errB == nil && a.Equal(b) || sent == got
	}
	return sent == got
}
