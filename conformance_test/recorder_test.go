package conformance_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// A recorder is a transport that keeps what passes it as a recording in HAR 1.2, without the credentials, as if a test
// server were the one it stands for.
type recorder struct {
	next    http.RoundTripper
	servers []string // pairs: the base URL of a test server, the server it stands for
	at      time.Time

	mu      sync.Mutex
	entries []harEntry
}

// The parts of HAR 1.2 (http://www.softwareishard.com/blog/har-12-spec/). What is not known is -1, as it says there.
type (
	harLog struct {
		Version string            `json:"version"`
		Creator map[string]string `json:"creator"`
		Entries []harEntry        `json:"entries"`
	}
	harEntry struct {
		Started  time.Time      `json:"startedDateTime"`
		Time     int            `json:"time"`
		Request  harRequest     `json:"request"`
		Response harResponse    `json:"response"`
		Cache    struct{}       `json:"cache"`
		Timings  map[string]int `json:"timings"`
	}
	harRequest struct {
		Method      string    `json:"method"`
		URL         string    `json:"url"`
		HTTPVersion string    `json:"httpVersion"`
		Cookies     []harPair `json:"cookies"`
		Headers     []harPair `json:"headers"`
		Query       []harPair `json:"queryString"`
		HeadersSize int       `json:"headersSize"`
		BodySize    int       `json:"bodySize"`
	}
	harResponse struct {
		Status      int        `json:"status"`
		StatusText  string     `json:"statusText"`
		HTTPVersion string     `json:"httpVersion"`
		Cookies     []harPair  `json:"cookies"`
		Headers     []harPair  `json:"headers"`
		Content     harContent `json:"content"`
		RedirectURL string     `json:"redirectURL"`
		HeadersSize int        `json:"headersSize"`
		BodySize    int        `json:"bodySize"`
	}
	harContent struct {
		Size     int    `json:"size"`
		MimeType string `json:"mimeType"`
		Text     string `json:"text"`
	}
	harPair struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
)

// ofTheMoment are headers that no two answers share, and those that say how long the body was on the wire.
var ofTheMoment = []string{"Date", "Content-Length"}

func (r *recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := r.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	declared := strings.NewReplacer(r.servers...)
	text := declared.Replace(string(body))
	entry := harEntry{
		Started: r.at,
		Request: harRequest{
			Method: req.Method, URL: declared.Replace(req.URL.String()), HTTPVersion: req.Proto, HeadersSize: -1, BodySize: 0,
			Cookies: []harPair{}, Headers: []harPair{}, Query: []harPair{},
		},
		Response: harResponse{
			Status: resp.StatusCode, StatusText: http.StatusText(resp.StatusCode), HTTPVersion: resp.Proto, HeadersSize: -1,
			BodySize: -1, Cookies: []harPair{}, Headers: []harPair{},
			Content: harContent{Size: len(text), MimeType: resp.Header.Get("Content-Type"), Text: text},
		},
		Timings: map[string]int{"send": 0, "wait": 0, "receive": 0},
	}
	entry.Request.Query = pairs(req.URL.Query())
	entry.Response.Headers = slices.DeleteFunc(pairs(resp.Header), func(p harPair) bool { return slices.Contains(ofTheMoment, p.Name) })
	r.mu.Lock()
	defer r.mu.Unlock()
	r.entries = append(r.entries, entry)
	return resp, nil
}

// pairs returns what is in a header or a query, by name.
func pairs(values map[string][]string) []harPair {
	all := []harPair{}
	for name, list := range values {
		for _, value := range list {
			all = append(all, harPair{name, value})
		}
	}
	slices.SortFunc(all, func(a, b harPair) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// recording returns the recording up to now.
func (r *recorder) recording(t *testing.T) []byte {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	err := encoder.Encode(map[string]harLog{"log": {
		Version: "1.2", Creator: map[string]string{"name": "psoauth conformance_test", "version": "1"}, Entries: r.entries,
	}})
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
