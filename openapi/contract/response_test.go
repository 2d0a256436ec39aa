package contract_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/psoauth/psoauth/openapi/contract"
)

func TestCheckResponseGivesTheBodyBack(t *testing.T) {
	t.Parallel()
	v := validator(t, contract.WithBodyLimit(10))
	a := answer{url: tokenURL, body: tokenBody}
	resp := a.response()
	if got := brief(v.CheckResponse(a.request(t), resp)); !slices.Equal(got, []string{"error http.body-limit body"}) {
		t.Errorf("got %q", got)
	}
	rest, err := io.ReadAll(resp.Body)
	if err != nil || string(rest) != tokenBody {
		t.Errorf("the caller reads %q, %v", rest, err)
	}
	if err := resp.Body.Close(); err != nil {
		t.Error(err)
	}
}

func TestCheckResponseGivesTheErrorBack(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", "1000")
		fmt.Fprint(w, tokenBody)
	}))
	defer server.Close()
	v := validator(t, contract.WithServer(server.URL+"/v1", "https://api.planetscale.com/v1"))
	resp, err := http.Get(strings.Replace(tokenURL, "https://api.planetscale.com", server.URL, 1))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if got := brief(v.CheckResponse(nil, resp)); !slices.Equal(got, []string{"error http.body-read body"}) {
		t.Errorf("got %q", got)
	}
	rest, err := io.ReadAll(resp.Body)
	if string(rest) != tokenBody || err != io.ErrUnexpectedEOF {
		t.Errorf("the caller reads %q, %v", rest, err)
	}
}

// brokenOnce is a body that fails once and then ends, as a body may that is closed on an error.
type brokenOnce struct {
	content *strings.Reader
	err     error
}

func (b *brokenOnce) Read(p []byte) (int, error) {
	n, err := b.content.Read(p)
	if err == io.EOF && b.err != nil {
		err, b.err = b.err, nil
	}
	return n, err
}

func (b *brokenOnce) Close() error { return nil }

func TestBodyThatBreaksOff(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		err  error
		want string
	}{
		{io.ErrUnexpectedEOF, "error http.body-read body"},
		{context.Canceled, "note http.body-unread body"},
		{fmt.Errorf("reading: %w", context.DeadlineExceeded), "note http.body-unread body"},
	} {
		resp := answer{}.response()
		resp.Body = &brokenOnce{strings.NewReader(tokenBody), test.err}
		if got := brief(validator(t).CheckResponse(answer{url: tokenURL}.request(t), resp)); !slices.Equal(got, []string{test.want}) {
			t.Errorf("%v: got %q", test.err, got)
		}
		if rest, err := io.ReadAll(resp.Body); string(rest) != tokenBody || err != test.err {
			t.Errorf("%v: the caller reads %q, %v", test.err, rest, err)
		}
	}
}

func zip(s string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	io.WriteString(w, s)
	w.Close()
	return b.String()
}

// Of bodies that are not decoded here, one in a coding that nobody asked for is an error, and one that was asked for is not
// checked.
func TestAcceptEncoding(t *testing.T) {
	t.Parallel()
	v := validator(t)
	unasked, unjudged := []string{"error http.content-encoding body"}, []string{"note http.unjudged body"}
	for _, test := range []struct {
		asked, coding string
		want          []string
	}{
		{"gzip", "gzip", nil},
		{"X-Gzip;q=0.5, br", "gzip", nil},
		{"*", "gzip", nil},
		{"br", "br", unjudged},
		{"gzip, br;q=1", "BR", unjudged},
		{"*", "zstd", unjudged},
		{"gzip", "br", unasked},
		{"", "br", unasked}, // an empty list asks for none
		{"gzip", "gzip, br", unasked},
	} {
		body := tokenBody
		if strings.HasSuffix(test.coding, "gzip") {
			body = zip(body)
		}
		a := answer{url: tokenURL, body: body, header: http.Header{"Content-Type": {jsonType}, "Content-Encoding": {test.coding}}}
		req := a.request(t)
		req.Header = http.Header{"Accept-Encoding": {test.asked}, "Authorization": {"id:token"}}
		if got := brief(v.CheckResponse(req, a.response())); !slices.Equal(got, test.want) {
			t.Errorf("%q, sent %s: got %q, want %q", test.asked, test.coding, got, test.want)
		}
	}
}

func TestNoResponse(t *testing.T) {
	t.Parallel()
	for name, req := range map[string]*http.Request{"nor a request": nil, "to a request": answer{url: tokenURL}.request(t)} {
		if got := brief(validator(t).CheckResponse(req, nil)); !slices.Equal(got, []string{"note recording.no-response route"}) {
			t.Errorf("%s: got %q", name, got)
		}
	}
}

func TestContentEncoding(t *testing.T) {
	t.Parallel()
	v := validator(t, contract.WithBodyLimit(1000))
	for _, test := range []struct {
		name, coding, body string
		want               []string
	}{
		{"gzip", "gzip", zip(tokenBody), nil},
		{"gzip twice", "gzip, GZIP", zip(zip(tokenBody)), []string{"error http.content-encoding body"}},
		{"identity", "identity", tokenBody, nil},
		{"a fault within", "gzip", zip(strings.Replace(tokenBody, `"CI"`, "7", 1)), []string{"error schema.type body /display_name"}},
		{"not gzip", "gzip", tokenBody, []string{"error http.content-encoding body"}},
		{"broken off", "gzip", zip(tokenBody)[:100], []string{"error http.content-encoding body"}},
		{"unknown", "br", tokenBody, []string{"error http.content-encoding body"}},
		{"bomb", "gzip", zip(strings.Repeat(" ", 1<<20)), []string{"error http.body-limit body"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			check(t, v, answer{url: tokenURL, body: test.body, header: http.Header{
				"Content-Type": {jsonType}, "Content-Encoding": {test.coding}}}, test.want...)
		})
	}
}

// A cache gets a 304 for what it asks, and a stream of events may never end.
func TestResponsesWhoseBodyIsNotRead(t *testing.T) {
	t.Parallel()
	v := validator(t)
	for name, want := range map[string][]string{"If-None-Match": nil, "If-Modified-Since": nil, "Range": {"error http.status status"}} {
		a := answer{url: tokenURL, status: 304, header: http.Header{}}
		req := a.request(t)
		req.Header.Set("Authorization", "id:token")
		req.Header.Set(name, "x")
		if got := brief(v.CheckResponse(req, a.response())); !slices.Equal(got, want) {
			t.Errorf("%s: %q", name, got)
		}
	}
	resp := answer{header: http.Header{"Content-Type": {"Text/Event-Stream; charset=utf-8"}}}.response()
	resp.Body = io.NopCloser(iotest.ErrReader(errors.New("the body was read")))
	got := brief(v.CheckResponse(answer{url: tokenURL}.request(t), resp))
	if want := []string{"error http.content-type header /Content-Type"}; !slices.Equal(got, want) {
		t.Errorf("events: %q", got)
	}
}

func TestNoBodyAtAll(t *testing.T) {
	t.Parallel()
	resp := &http.Response{StatusCode: 200}
	got := validator(t).CheckResponse(answer{url: tokenURL}.request(t), resp)
	if !slices.Equal(brief(got), []string{"error http.body-missing body"}) || resp.Body != nil {
		t.Errorf("got %q", brief(got))
	}
	if got := validator(t).CheckResponse(nil, resp); !slices.Equal(brief(got), []string{"note route.not-found route"}) {
		t.Errorf("without a request: got %q", brief(got))
	}
}
