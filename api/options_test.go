package api_test

import (
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"github.com/psoauth/psoauth/api"
)

func TestNewClientReportsEveryMistakeAtOnce(t *testing.T) {
	t.Parallel()
	c, err := api.NewClient(
		api.WithServiceToken("", ""),
		api.WithBaseURL("ftp://x"),
		api.WithMaxRetries(-1),
		nil,
		api.WithMaxResponseBytes(0),
	)
	if c != nil || !errors.Is(err, api.ErrInvalidArgument) {
		t.Fatalf("got %v, %v", c, err)
	}
	for _, want := range []string{"WithServiceToken", "WithBaseURL", "WithMaxRetries", "nil", "WithMaxResponseBytes"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not name %s: %v", want, err)
		}
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("the error has more than one line: %q", err)
	}
}

func TestOptionsRefuseWhatCannotBeRight(t *testing.T) {
	t.Parallel()
	endpoint := func(url string) *oauth2.Config { return &oauth2.Config{Endpoint: oauth2.Endpoint{TokenURL: url}} }
	refreshable := &oauth2.Token{RefreshToken: refreshToken}
	for name, test := range map[string]struct {
		option api.Option
		says   string
	}{
		"swapped service token":           {api.WithServiceToken(serviceSecret, serviceID), "swapped"},
		"service token without id":        {api.WithServiceToken("", serviceSecret), "empty"},
		"service token without secret":    {api.WithServiceToken(serviceID, ""), "empty"},
		"service token, id with colon":    {api.WithServiceToken("a:b", serviceSecret), "colons"},
		"service token with a line break": {api.WithServiceToken(serviceID, serviceSecret+"\n"), "control characters"},
		"service token, not ASCII":        {api.WithServiceToken(serviceID, serviceSecret+"é"), "control characters"},
		"OAuth token as service token":    {api.WithServiceToken(serviceID, accessToken), "where a service token's secret belongs"},
		"empty access token":              {api.WithAccessToken(""), "empty"},
		"service token as access token":   {api.WithAccessToken(serviceSecret), "service token"},
		"pair as access token":            {api.WithAccessToken(serviceID + ":" + serviceSecret), "service token"},
		"refresh token as access token":   {api.WithAccessToken(refreshToken), "refresh token"},
		"access token with a space":       {api.WithAccessToken("Bearer " + accessToken), "spaces"},
		"endless service token":           {api.WithServiceToken(serviceID, strings.Repeat("a", 9000)), "8192 bytes"},
		"endless access token":            {api.WithAccessToken(strings.Repeat("a", 9000)), "8192 bytes"},
		"nil token source":                {api.WithTokenSource(nil), "nil"},
		"refresh without configuration":   {api.WithRefresh(nil, refreshable, nil), "configuration"},
		"refresh without refresh token":   {api.WithRefresh(endpoint("https://x.example/t"), &oauth2.Token{}, nil), "refresh token"},
		"refresh over plain http":         {api.WithRefresh(endpoint("http://x.example/t"), refreshable, nil), "https"},
		"refresh nowhere":                 {api.WithRefresh(endpoint(""), refreshable, nil), "https"},
		"nil HTTP client":                 {api.WithHTTPClient(nil), "nil"},
		"negative timeout":                {api.WithHTTPClient(&http.Client{Timeout: -1}), "negative"},
		"negative rate":                   {api.WithRateLimit(-1), "negative"},
		"negative retries":                {api.WithMaxRetries(-1), "negative"},
		"negative size":                   {api.WithMaxResponseBytes(-1), "positive"},
		"empty user agent":                {api.WithUserAgent(""), "visible"},
		"user agent with a line break":    {api.WithUserAgent("a\r\nX: y"), "visible"},
		"nil logger":                      {api.WithLogger(nil), "nil"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := api.NewClient(test.option)
			if c != nil || !errors.Is(err, api.ErrInvalidArgument) || !strings.Contains(err.Error(), test.says) {
				t.Errorf("got %v, %v, want an error that says %q", c, err, test.says)
			}
			if err != nil && strings.Contains(err.Error(), "canary") {
				t.Errorf("the error holds a secret: %v", err)
			}
		})
	}
	t.Run("two OAuth tokens", func(t *testing.T) {
		t.Parallel()
		_, err := api.NewClient(api.WithAccessToken(accessToken), api.WithTokenSource(oauth2.StaticTokenSource(&oauth2.Token{})))
		if !errors.Is(err, api.ErrInvalidArgument) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("two service tokens", func(t *testing.T) {
		t.Parallel()
		_, err := api.NewClient(api.WithServiceToken(serviceID, serviceSecret), api.WithServiceToken(serviceID, serviceSecret))
		if !errors.Is(err, api.ErrInvalidArgument) {
			t.Errorf("got %v", err)
		}
	})
}

func TestBaseURLs(t *testing.T) {
	t.Parallel()
	for _, option := range []func(string) api.Option{api.WithBaseURL, api.WithAuthURL} {
		for bad, says := range map[string]string{
			"":                                 "no host",
			"api.planetscale.com":              "no host",
			"://":                              "not a URL",
			"https://":                         "no host",
			"https:///v1":                      "no host",
			"mailto:x@y":                       "no host",
			"http://api.planetscale.com/v1":    "plain http",
			"http://127.0.0.1.evil.example":    "plain http",
			"http://localhost.evil.example":    "plain http",
			"http://10.0.0.1":                  "plain http",
			"ftp://127.0.0.1":                  "not an https URL",
			"https://u@x.example":              "user name",
			"https://u:canarySecret@x.example": "user name",
			"https://x.example/?":              "query",
			"https://x.example/?a=b":           "query",
			"https://x.example/#":              "fragment",
			"https://x.example/#a":             "fragment",
			"https://x.example/a/../b":         "dot segment",
			"https://x.example/%zz":            "not a URL",
			"https://canarySecret\x00@x":       "not a URL",
			"https://ap\u0130.example":         "beyond ASCII",
			"https://ap%C4%B0.example":         "beyond ASCII",
			"http://localho\u017ft":            "beyond ASCII",
		} {
			_, err := api.NewClient(option(bad))
			if !errors.Is(err, api.ErrInvalidArgument) || !strings.Contains(err.Error(), says) {
				t.Errorf("%q: got %v, want an error that says %q", bad, err, says)
			}
			if err != nil && strings.Contains(err.Error(), "canary") {
				t.Errorf("%q: the error repeats it: %v", bad, err)
			}
		}
	}
	for given, want := range map[string]string{
		"https://api.planetscale.com/v1":      "https://api.planetscale.com/v1",
		"https://api.planetscale.com/v1/":     "https://api.planetscale.com/v1",
		"https://x.example":                   "https://x.example",
		"https://x.example///":                "https://x.example",
		"HTTPS://X.example:8443/deep/path///": "https://x.example:8443/deep/path",
		"https://x.example/a%2Fb/":            "https://x.example/a%2Fb",
		"https://x.example/%2F/":              "https://x.example/%2F",
		"http://localhost:8080/v1":            "http://localhost:8080/v1",
		"http://127.8.8.8/v1":                 "http://127.8.8.8/v1",
		"http://[::1]:80":                     "http://[::1]:80",
		"http://[::ffff:127.0.0.1]/v1":        "http://[::ffff:127.0.0.1]/v1",
	} {
		rec := &recorder{}
		c, err := api.NewClient(api.WithBaseURL(given), api.WithServiceToken(serviceID, serviceSecret), onWireRecorder(rec))
		if err != nil {
			t.Errorf("%q: %v", given, err)
			continue
		}
		if _, err := c.GetApplication(t.Context(), "acme", "app1"); err != nil {
			t.Errorf("%q: %v", given, err)
			continue
		}
		if got := rec.seen()[0].URL.String(); got != want+"/organizations/acme/oauth-applications/app1" {
			t.Errorf("%q: sent to %s", given, got)
		}
	}
}

func TestNothingGivenIsChanged(t *testing.T) {
	t.Parallel()
	given := &http.Client{Transport: wire(func(r *http.Request) (*http.Response, error) { return response(r, 200), nil })}
	c, err := api.NewClient(api.WithHTTPClient(given), api.WithAccessToken(accessToken), api.WithUserAgent("mine/1 (x)"),
		api.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.TokenInfo(t.Context()); err != nil {
		t.Fatal(err)
	}
	if given.CheckRedirect != nil || given.Jar != nil || given.Timeout != 0 {
		t.Errorf("the HTTP client given was changed: %+v", given)
	}
}
