package contract_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/psoauth/psoauth/gen"
	"github.com/psoauth/psoauth/openapi"
	"github.com/psoauth/psoauth/openapi/contract"
)

// decoders decode a good answer into the type that programs get.
var decoders = map[string]func(data []byte) error{
	"getOAuthApplication": func(data []byte) error { return json.Unmarshal(data, new(gen.OAuthApplication)) },
	"listOAuthTokens":     func(data []byte) error { return json.Unmarshal(data, new(gen.OAuthTokenPage)) },
	"getOAuthToken":       func(data []byte) error { return json.Unmarshal(data, new(gen.OAuthToken)) },
	"getTokenInfo":        func(data []byte) error { return json.Unmarshal(data, new(openapi.TokenInfo)) },
}

var fuzzedURLs = map[string]string{
	"getOAuthApplication": appURL, "listOAuthTokens": listURL + "?page=2&per_page=2", "getOAuthToken": tokenURL, "getTokenInfo": infoURL,
}

// FuzzBody checks what holds of every body: the caller reads it unchanged, findings are fit to be shown, what is no JSON is
// a finding, and what has no error decodes.
func FuzzBody(f *testing.F) {
	_, all := corpus(f)
	for _, r := range all {
		if operation, _, _ := strings.Cut(r.Name, " "); r.Status == 200 && decoders[operation] != nil {
			f.Add(operation, r.Body)
		}
	}
	v := validator(f, atNoon())
	f.Fuzz(func(t *testing.T, operation string, body []byte) {
		decode := decoders[operation]
		if decode == nil {
			t.Skip()
		}
		resp := &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {jsonType}}, Body: io.NopCloser(bytes.NewReader(body))}
		findings := v.NewRun().CheckResponse(answer{url: fuzzedURLs[operation]}.request(t), resp)
		if rest, err := io.ReadAll(resp.Body); err != nil || !bytes.Equal(rest, body) {
			t.Fatalf("the caller reads %q, %v", rest, err)
		}
		bad := false
		for _, finding := range findings {
			bad = bad || finding.Severity == contract.Error
			if n := len(finding.Message); n == 0 || n > 300 || !utf8.ValidString(finding.Message) || strings.Contains(finding.String(), "\x1b") {
				t.Errorf("not fit to be shown: %q", finding)
			}
			if finding.Pointer != "" && finding.Pointer[0] != '/' {
				t.Errorf("no pointer: %q", finding.Pointer)
			}
		}
		if bad {
			return
		}
		if !json.Valid(body) {
			t.Fatalf("no error in %q, which is no JSON", body)
		}
		if err := decode(body); err != nil {
			t.Fatalf("no error in %q, which does not decode: %v", body, err)
		}
	})
}

// FuzzHAR checks that no file makes the reader fail in another way than by an error.
func FuzzHAR(f *testing.F) {
	good := har(harEntry(tokenURL, 200, jsonHeader, textContent(tokenBody)), harEntry(infoURL, 404, "null", `"text":"e30=","encoding":"base64"`))
	for _, seed := range []string{"", good, good[:len(good)/2], "\xef\xbb\xbf" + good, strings.ReplaceAll(good, `"text"`, `"\u0074ext"`), `{"log":{"entries":[[],{},null]}}`} {
		f.Add([]byte(seed))
	}
	f.Add([]byte(zip(good)))
	v := validator(f, atNoon(), contract.WithBodyLimit(300))
	f.Fuzz(func(t *testing.T, file []byte) {
		run := v.NewRun()
		err := run.CheckHAR("x.har", bytes.NewReader(file))
		if err != nil && (len(err.Error()) > 1000 || !strings.Contains(err.Error(), "x.har")) {
			t.Errorf("the error: %v", err)
		}
		report := contract.NewReport(run, nil, contract.Off)
		if _, err := json.Marshal(report); err != nil {
			t.Error(err)
		}
	})
}
