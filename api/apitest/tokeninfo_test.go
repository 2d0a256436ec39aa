package apitest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/psoauth/psoauth/api/apitest"
)

func TestTokenInfo(t *testing.T) {
	t.Parallel()
	const (
		iat = 1788566400 // ten days before the midnight of noon
		exp = iat + 2592000
	)
	active := `{"active":true,"scope":"SCOPES","client_id":"pscale_app_0f4c1b2a9d8e7f60","token_type":"Bearer",` +
		`"exp":1791158400,"iat":1788566400,"sub":"u4m9b2x7k1re"}`
	legacy := `{"resource_owner_id":"u4m9b2x7k1re","scope":["SCOPES"],"expires_in":1684800,` +
		`"application":{"uid":"pscale_app_0f4c1b2a9d8e7f60"},"created_at":1788566400}`
	tests := []struct {
		form           string
		active         string
		inactiveStatus int
		inactive       string
	}{
		{"published", active, 200, `{"active":false}`},
		{"legacy", legacy, 401, invalidToken},
		{"refused", active, 401, invalidToken},
	}
	if got := noon.Truncate(24*time.Hour).Unix() - 10*86400; got != iat || exp-noon.Unix() != 1684800 {
		t.Fatalf("the expectations do not fit: %d %d", got, exp-noon.Unix())
	}
	for _, test := range tests {
		t.Run(test.form, func(t *testing.T) {
			t.Parallel()
			server := newServer(t, apitest.WithClock(atNoon), apitest.WithTokenInfoForm(test.form))
			url := server.AuthURL + "/oauth/token/info"
			status, body := get(t, url, accessToken)
			_, app := get(t, server.URL+application, serviceToken)
			scopes := object(t, app)["scopes"].(string)
			want := strings.Replace(test.active, `"SCOPES"`, `"`+scopes+`"`, 1)
			if test.form == "legacy" {
				want = strings.Replace(test.active, `"SCOPES"`, `"`+strings.ReplaceAll(scopes, " ", `","`)+`"`, 1)
			}
			if status != 200 || body != want {
				t.Errorf("active: %d %s\nwant %s", status, body, want)
			}
			for _, token := range []string{"pscale_oauth_expired", "pscale_oauth_revoked", "never-issued"} {
				if status, body = get(t, url, "Bearer "+token); status != test.inactiveStatus || body != test.inactive {
					t.Errorf("%q: %d %s", token, status, body)
				}
			}
		})
	}
}
