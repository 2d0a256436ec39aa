package text_test

import (
	"strings"
	"testing"

	"github.com/psoauth/psoauth/internal/text"
	"github.com/psoauth/psoauth/openapi"
)

func TestRedact(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		in    string
		known []string
		want  string
	}{
		"nothing to hide":   {"the token was revoked", nil, "the token was revoked"},
		"service token":     {"a1b2c3d4e5f6:pscale_tkn_Ab-9_.~+/=, then", nil, "a1b2c3d4e5f6:[redacted], then"},
		"access token":      {`"token":"pscale_oauth_Ab9"`, nil, `"token":"[redacted]"`},
		"refresh token":     {"pscale_oauth_refresh_Ab9 x", nil, "[redacted] x"},
		"application":       {"pscale_app_secret_Ab9&x=1", nil, "[redacted]&x=1"},
		"password":          {"mysql://u:pscale_pw_Ab9@host", nil, "mysql://u:[redacted]@host"},
		"escaped in a URL":  {"?token=pscale_tkn_Ab%2B9%3D&x", nil, "?token=[redacted]&x"},
		"in capitals":       {"PSCALE_TKN_AB9", nil, "[redacted]"},
		"a long s":          {"PſCALE_TKN_Ab9", nil, "[redacted]"},
		"two in a row":      {"pscale_tkn_A pscale_pw_B", nil, "[redacted] [redacted]"},
		"public client id":  {"pscale_app_0f4c1b2a9d8e7f60", nil, "pscale_app_0f4c1b2a9d8e7f60"},
		"prefix by itself":  {"a secret starts with pscale_tkn_", nil, "a secret starts with pscale_tkn_"},
		"bearer":            {"Authorization: Bearer eyJ.a-b_c~+/=", nil, "Authorization: Bearer [redacted]"},
		"bearer, any case":  {"authorization: bearer\t eyJ9", nil, "authorization: bearer\t [redacted]"},
		"bearer, next line": {"Bearer\r\n eyJ9", nil, "Bearer\r\n [redacted]"},
		"no bearer":         {"forbearer eyJ9", nil, "forbearer eyJ9"},
		"known":             {"x=s3cret, y=s3cret", []string{"s3cret"}, "x=[redacted], y=[redacted]"},
		"known, empty":      {"abc", []string{""}, "abc"},
		"known, one begins the other": {
			"s3cret and s3cret-longer", []string{"s3cret", "s3cret-longer"}, "[redacted] and [redacted]",
		},
		"known, one in what hides the other": {"s3cret", []string{"red", "s3cret"}, "[redacted]"},
		"escaped by JSON":                    {`"pscale_tkn_a\/b\u002Bc" and s3\/c\u0026t`, []string{"s3/c&t"}, `"[redacted]" and [redacted]`},
		"escaped by HTML":                    {`pscale_tkn_a&#x2F;b&#43;c or s3/c&amp;t`, []string{"s3/c&t"}, `[redacted] or [redacted]`},
		"escaped by a URL":                   {`pscale_tkn_a%2Fb%2bc or s3%2fc%26t`, []string{"s3/c&t"}, `[redacted] or [redacted]`},
		"escaped in no way that is right":    {`s3/c&amt`, []string{"s3/c&t"}, `s3/c&amt`},
		"known, of characters with a meaning": {
			`a.b[c]*$1\d <"'>`, []string{`a.b[c]*$1\d`, `<"'>`}, "[redacted] [redacted]",
		},
		"the value of a secret member": {
			`{"token": "Ab9\"c","plain_text_refresh_token":"x","name":"y"}`, nil,
			`{"token": "[redacted]","plain_text_refresh_token":"[redacted]","name":"y"}`,
		},
		"escaped letters": {
			`\u0070\u0073cale_tkn_\u0041b, %70scale_pw%5fA, &#112;scale&#x5F;tkn_A`, nil, "[redacted], [redacted], [redacted]",
		},
		"escaped in what is escaped": {
			`\\u0070scale_tkn_A %2570scale_tkn_A \\\\u0026#112;scale_tkn_A`, nil, "[redacted] [redacted] [redacted]",
		},
		"escaped, after Bearer":     {`Bearer\u0020eyJ9`, nil, `Bearer [redacted]`},
		"known, escaped letters":    {`\u0073\u0033cret-s%33cret`, []string{"s3cret-s3cret"}, "[redacted]"},
		"known, without its prefix": {"token Ab9Cd8Ef7Gh6 is", []string{"pscale_tkn_Ab9Cd8Ef7Gh6"}, "token [redacted] is"},
		"known, in two pieces":      {"Ab9Cd8Ef\n7Gh6Ij5Kl", []string{"Ab9Cd8Ef7Gh6Ij5Kl"}, "[redacted]\n[redacted]"},
		"known, its end":            {"it ends in 7Gh6Ij5Kl.", []string{"Ab9Cd8Ef7Gh6Ij5Kl"}, "it ends in [redacted]."},
		"known, seven of it":        {"it ends in Gh6Ij5K.", []string{"Ab9Cd8Ef7Gh6Ij5Kl"}, "it ends in Gh6Ij5K."},
		"known, its prefix only":    {"pscale_tkn_ 8Ef7Gh6", []string{"pscale_tkn_Ab9Cd8Ef7Gh6"}, "pscale_tkn_ 8Ef7Gh6"},
		"known, like a word after its prefix": {
			"the access read_oauth_applications, not _oauth_applies", []string{"pscale_oauth_applesauce1"},
			"the access read_oauth_applications, not _oauth_applies",
		},
		"known, without most of its prefix": {"h_Ab9Cd8Ef", []string{"pscale_oauth_Ab9Cd8Ef7Gh6"}, "h_[redacted]"},
		"known, short behind its prefix":    {`pscale_tkn_Ab9, Ab9`, []string{"pscale_tkn_Ab9"}, "[redacted], Ab9"},
		"known, in base64": {
			"QWI5Q2Q4RWY3R2g2SWo1S2w= eEFiOUNkOEVmN0doNklqNUts eHhBYjlDZDhFZjdHaDZJajVLbA",
			[]string{"Ab9Cd8Ef7Gh6Ij5Kl"}, "[redacted] e[redacted] eHh[redacted]",
		},
		"known, in base64 for URLs":           {"aW8_aW8-aW8_aW8-", []string{"io?io>io?io>"}, "[redacted]"},
		"a credential with an escape in it":   {"pscale_tkn_Ab9%00Cd8 x", nil, "[redacted] x"},
		"known, with what looks like escapes": {`Ab9%41Cd8%41Ef7 Ab9%2541Cd8%2541Ef7`, []string{"Ab9%41Cd8%41Ef7"}, "[redacted] [redacted]"},
		"known, in hexadecimal":               {"4162394364384566374768", []string{"Ab9Cd8Ef7Gh"}, "[redacted]"},
		"escaped, among other escapes":        {`<a href=\"x%20y\"> pscale%5ftkn_A&#1234;`, nil, `<a href=\"x y\"> [redacted]`},
		"escapes of no secret":                {`a%20b \u0041 &amp; &#1234;`, []string{"Ab9Cd8Ef7Gh"}, `a%20b \u0041 &amp; &#1234;`},
		"a secret member without a value":     {`{"token":null,"access_token":""}`, nil, `{"token":null,"access_token":""}`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := text.Redact(test.in, test.known...)
			if got != test.want {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
			if again := text.Redact(got); again != got {
				t.Errorf("redacted once more it is %q", again)
			}
		})
	}
}

func TestRedactCredentialsTakesBearerForAWord(t *testing.T) {
	t.Parallel()
	got := text.RedactCredentials("Bearer bonds: pscale_pw_Ab9, s3cret", "s3cret")
	if want := "Bearer bonds: [redacted], [redacted]"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestRedactLeavesItsArgumentsAlone(t *testing.T) {
	t.Parallel()
	known := []string{"", "a", "longer"}
	text.Redact("a longer text", known...)
	if strings.Join(known, ",") != ",a,longer" {
		t.Errorf("got %q", known)
	}
}

// The package cannot import openapi for one word, but the word must be the same.
func TestRedactSaysWhatASecretSays(t *testing.T) {
	t.Parallel()
	if got := text.Redact("x", "x"); got != openapi.Redacted {
		t.Errorf("got %q, want %q", got, openapi.Redacted)
	}
}
