package api_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/psoauth/psoauth/api"
)

// debugLogger logs all there is as JSON.
func debugLogger(to io.Writer) *slog.Logger {
	return slog.New(slog.NewJSONHandler(to, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

func TestTheLogNamesEachAttemptAndHoldsNoSecret(t *testing.T) {
	t.Parallel()
	var logged bytes.Buffer
	logger := debugLogger(&logged)
	sent := 0
	c := onWire(t, func(r *http.Request) (*http.Response, error) {
		switch sent++; sent {
		case 1:
			return nil, errors.New("broken by " + serviceSecret)
		case 2:
			return response(r, 503, "X-Request-Id", "a\x1b[2J"+serviceSecret), nil
		}
		return response(r, 200, "X-Request-Id", "req-3"), nil
	}, api.WithLogger(logger))
	if _, err := c.ListTokens(t.Context(), "acme", "app1", api.ListOptions{Page: 1, PerPage: 50}); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(logged.String()), "\n")
	if len(lines) != 3 {
		t.Fatalf("%d lines were logged:\n%s", len(lines), logged.String())
	}
	for i, want := range []string{
		`"attempt":1,"duration":`, `"attempt":2,"duration":`, `"attempt":3,"duration":`,
	} {
		for _, want := range []string{want, `"operation":"listOAuthTokens"`, `"wait":`, `"page":1`, `"per_page":50`} {
			if !strings.Contains(lines[i], want) {
				t.Errorf("line %d does not hold %s: %s", i, want, lines[i])
			}
		}
	}
	for i, want := range []string{`"error":"broken by [redacted]"`, `"status":503`, `"request_id":"req-3"`} {
		if !strings.Contains(lines[i], want) {
			t.Errorf("line %d does not hold %s: %s", i, want, lines[i])
		}
	}
	if strings.Contains(logged.String(), "canary") || strings.Contains(logged.String(), "acme") || strings.Contains(logged.String(), "Authorization") {
		t.Errorf("the log holds a secret:\n%s", logged.String())
	}
}

func TestTheLogOfALongRedirectIsShort(t *testing.T) {
	t.Parallel()
	var logged bytes.Buffer
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/"+strings.Repeat("x", 100_000), http.StatusFound)
	}, api.WithLogger(debugLogger(&logged)))
	_, _ = c.TokenInfo(t.Context())
	if n := logged.Len(); n == 0 || n > 20_000 {
		t.Errorf("%d bytes were logged", n)
	}
}

func TestNothingIsLoggedAboveDebug(t *testing.T) {
	t.Parallel()
	var logged bytes.Buffer
	c := onWire(t, wire(status(500)), api.WithLogger(slog.New(slog.NewTextHandler(&logged, nil))))
	_, _ = c.TokenInfo(t.Context())
	if logged.Len() != 0 {
		t.Errorf("logged %s", logged.String())
	}
}

func TestAClientAndItsOptionsPrintNoSecret(t *testing.T) {
	t.Parallel()
	own := &http.Client{Transport: new(http.Transport)} // printing the one that all clients share would race with them
	options := []api.Option{api.WithServiceToken(serviceID, serviceSecret), api.WithAccessToken(accessToken), api.WithHTTPClient(own)}
	c, err := api.NewClient(options...)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []any{c, *c, options, struct{ C *api.Client }{c}, struct{ c api.Client }{*c}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
			if text := fmt.Sprintf(verb, v); strings.Contains(text, "canary") || strings.Contains(text, fmt.Sprintf("%x", "canary")) {
				t.Errorf("%s of %T holds a secret: %s", verb, v, text)
			}
		}
	}
}
