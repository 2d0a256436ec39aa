package text_test

import (
	"testing"

	"github.com/psoauth/psoauth/internal/text"
)

func TestData(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                             "",
		"Bearer of news":               "Bearer of news",
		"pscale":                       "pscale",
		"my pscale_tkn_abc":            "my [redacted]",
		"a\x1b[2J":                     `a\x1b[2J`,
		"übermäßig":                    "übermäßig",
		"a very long name of a token":  "a very long name …",
		"ein sehr langer Name: müüüüh": "ein sehr langer N…",
	} {
		if got := text.Data(in, 20); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
	if got := text.Data("it is s3cret", 20, "s3cret"); got != "it is [redacted]" {
		t.Errorf("got %q", got)
	}
}

// FuzzData wants the short way to give what the long one does.
func FuzzData(f *testing.F) {
	for _, seed := range []string{"", "CI deploys", "Bearer x", "pscale_pw_x", "é\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got, want := text.Data(s, len(s)+1000), text.Printable(text.RedactCredentials(s)); len(want) < len(s)+1000 && got != want {
			t.Errorf("%q becomes %q, want %q", s, got, want)
		}
	})
}
