package api

import (
	"encoding/json"
	"mime"
	"net/http"
	"strings"

	"github.com/psoauth/psoauth/gen"
	"github.com/psoauth/psoauth/internal/text"
)

// decode turns a response into a value or an error, here and nowhere else: the status decides first, then the media
// type, then the JSON of a good answer, which is read strictly: no duplicate members, no invalid UTF-8, nothing after the
// value, and no member missing that the contract requires. Members that the contract does not know are passed over.
func decode[T any](call *call, resp *http.Response) (*T, error) {
	body := resp.Body.(*wholeBody).buffer.Bytes() // bounded saw to that
	if resp.StatusCode != http.StatusOK {
		return nil, statusError(call, resp, body)
	}
	if problem := mediaTypeProblem(call, resp); problem != "" {
		return nil, contentError(call, resp, body, problem)
	}
	if len(body) == 0 {
		return nil, contentError(call, resp, body, "the body is empty")
	}
	value := new(T)
	if err := gen.Decode(body, value); err != nil {
		return nil, contentError(call, resp, body, err.Error())
	}
	return value, nil
}

func mediaTypeProblem(call *call, resp *http.Response) string {
	header := resp.Header.Get("Content-Type")
	if header == "" {
		return "the response has no Content-Type, want application/json"
	}
	media, params, err := mime.ParseMediaType(header)
	switch charset := params["charset"]; {
	case err != nil || media != "application/json":
		return `the response is "` + text.Excerpt(header, 60, call.secrets()...) + `", want application/json`
	case charset != "" && !strings.EqualFold(charset, "utf-8"):
		return `the response is in the charset "` + text.Excerpt(charset, 20, call.secrets()...) + `", want UTF-8`
	}
	return ""
}

// mostWords is how many bytes an error's body has at most to be read for words.
const mostWords = 64 << 10

// serverWords reads the code and the message out of an error's body, in any of the shapes the contract declares. A body
// in no such shape gives none; the error holds how it begins.
func serverWords(call *call, resp *http.Response, body []byte) (code, message string) {
	if len(body) > mostWords || mediaTypeProblem(call, resp) != "" {
		return "", ""
	}
	var words gen.Error
	if json.Unmarshal(body, &words) != nil {
		return "", ""
	}
	first := func(candidates ...*string) string {
		for _, s := range candidates {
			if s != nil && *s != "" {
				return *s
			}
		}
		return ""
	}
	code, message = first(words.Code, words.Error), first(words.Message, words.ErrorDescription)
	if message == "" {
		var wrong []string
		for _, p := range words.Errors {
			wrong = append(wrong, strings.TrimSpace(first(p.Name)+" "+strings.Join(p.Errors, ", ")))
		}
		message = strings.Join(wrong, "; ")
	}
	excerpt := func(s string) string { return text.Excerpt(s, excerptBytes, call.secrets()...) }
	return excerpt(code), excerpt(message)
}
