package house_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"github.com/psoauth/psoauth/api"
	"github.com/psoauth/psoauth/api/apitest"
	"github.com/psoauth/psoauth/openapi"
)

// canary is a secret that has none of the known prefixes.
const canary = "Qz7CanaryXw9"

// Whatever a program prints, encodes or logs by mistake must not show a credential: of the client, of the options that make it,
// of the errors it returns when a server repeats the credential, and of the values it decodes.
func TestNothingPrintsASecret(t *testing.T) {
	t.Parallel()
	config := &oauth2.Config{ClientID: "id", ClientSecret: canary, Endpoint: oauth2.Endpoint{TokenURL: "https://auth.example/token"}}
	values := map[string]any{
		"openapi.Secret":       openapi.NewSecret(canary),
		"api.Token":            api.Token{ID: "t", Token: new(openapi.NewSecret(canary)), PlainTextRefreshToken: new(openapi.NewSecret(canary))},
		"apitest.Request":      apitest.Request{Authorization: openapi.NewSecret(canary)},
		"api.WithServiceToken": api.WithServiceToken("id", canary),
		"api.WithAccessToken":  api.WithAccessToken(canary),
		"api.WithTokenSource":  api.WithTokenSource(oauth2.StaticTokenSource(&oauth2.Token{AccessToken: canary})),
		"api.WithRefresh":      api.WithRefresh(config, &oauth2.Token{AccessToken: canary, RefreshToken: canary}, nil),
	}
	for name, option := range map[string]api.Option{
		"a swapped id and secret": api.WithServiceToken("pscale_tkn_"+canary, canary),
		"a secret with a newline": api.WithServiceToken("id", canary+"\n"),
		"an id with a colon":      api.WithServiceToken("a:"+canary, canary),
		"a URL with a password":   api.WithBaseURL("https://u:" + canary + "@x.example"),
		"an unusable URL":         api.WithAuthURL("https://x\x00.example/" + canary),
		"no refresh token":        api.WithRefresh(config, &oauth2.Token{AccessToken: canary}, nil),
	} {
		_, err := api.NewClient(option)
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		values["the error for "+name] = err
	}
	for name, option := range map[string]api.Option{
		"a service token": api.WithServiceToken("id", canary), "an access token": api.WithAccessToken(canary),
		"a token source": values["api.WithTokenSource"].(api.Option), "a refresh token": values["api.WithRefresh"].(api.Option),
	} {
		client, err := api.NewClient(option)
		if err != nil {
			t.Fatal(err)
		}
		values["a client with "+name], values["a copied client with "+name] = client, *client
	}
	for name, serve := range map[string]http.HandlerFunc{
		"a 403 that repeats it": repeat(http.StatusForbidden),
		"a 200 that repeats it": repeat(http.StatusOK),
		"a redirect to a host called so": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://"+canary+".example/?"+r.Header.Get("Authorization"), http.StatusFound)
		},
	} {
		values["the error of "+name] = callError(t, serve)
	}
	for name, value := range values {
		for way, text := range printed(value) {
			if strings.Contains(strings.ToLower(text), strings.ToLower(canary)) || strings.Contains(strings.ToLower(text), fmt.Sprintf("%x", canary)) {
				t.Errorf("%s: %s shows the secret: %.200s", name, way, text)
			}
		}
	}
}

// repeat responds with the credential in each place that an error may quote.
func repeat(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		authorization := r.Header.Get("Authorization")
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Request-Id", authorization)
		w.WriteHeader(status)
		_, _ = fmt.Fprintf(w, `{"code":%q,"message":"no %s, no %s","token":%q}`, authorization, authorization, canary, canary)
	}
}

// callError returns the errors of a call of each host with the canary as credential.
func callError(t *testing.T, serve http.HandlerFunc) error {
	t.Helper()
	srv := httptest.NewServer(serve)
	defer srv.Close()
	client, err := api.NewClient(api.WithBaseURL(srv.URL), api.WithAuthURL(srv.URL), api.WithMaxRetries(0), api.WithRateLimit(0),
		api.WithServiceToken("id", canary), api.WithAccessToken(canary))
	if err != nil {
		t.Fatal(err)
	}
	_, err1 := client.GetToken(t.Context(), "org", "app", "token")
	_, err2 := client.ListTokens(t.Context(), "org", "app", api.ListOptions{})
	_, err3 := client.TokenInfo(t.Context())
	if err1 == nil || err2 == nil || err3 == nil {
		t.Fatalf("%v, %v, %v: want errors", err1, err2, err3)
	}
	return errors.Join(err1, err2, err3)
}

// printed returns what each way of printing shows of a value, of a pointer to it and of a struct and a slice that hold it.
func printed(value any) map[string]string {
	texts := map[string]string{}
	for holder, v := range map[string]any{
		"itself": value, "a pointer": &value, "a slice": []any{value}, "a map": map[string]any{"k": value},
		"a field": struct{ V any }{value}, "a hidden field": struct{ v any }{value},
	} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%q", "%s", "%x", "%X", "%d", "%t", "% x", "%+q", "%08v"} {
			texts[verb+" of "+holder] = fmt.Sprintf(verb, v)
		}
		data, err := json.Marshal(v)
		texts["json of "+holder] = fmt.Sprint(string(data), err)
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("x", "v", v, slog.Group("g", "v", v))
		slog.New(slog.NewJSONHandler(&log, nil)).With("v", v).Info("x")
		texts["slog of "+holder] = log.String()
		texts["a panic with "+holder] = recovered(v)
	}
	if err, ok := value.(error); ok {
		texts["an error that wraps it"] = fmt.Sprintf("%v %+v %#v", fmt.Errorf("x: %w", err), errors.Join(err, err), errors.Unwrap(err))
	}
	return texts
}

func recovered(v any) (text string) {
	defer func() { text = fmt.Sprint(recover()) }()
	panic(v)
}
