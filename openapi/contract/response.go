package contract

import (
	"bytes"
	"cmp"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// response judges status, headers and body. A response with an undeclared status is judged by the declared one it is
// nearest to, so that one fault does not hide the others; but a redirect and the like only with a success's media type.
func (j *judge) response() {
	j.judged = true
	switch {
	case j.recorded && (j.status == http.StatusNotModified || j.method == http.MethodHead):
		return // exporters write what the browser had in its cache, or nothing
	case j.status == http.StatusNotModified && j.req != nil && j.req.Header.Get("If-None-Match")+j.req.Header.Get("If-Modified-Since") != "":
		return // as RFC 9110, section 13, has it for any GET; the contract need not say so
	}
	declared := j.op.declared(j.status)
	class, redirect := j.status/100, false
	if declared == nil {
		j.find("http.status", inStatus, "", j.op.line, "the operation does not declare the status %d", j.status)
		if declared = j.op.nearest(j.status); declared == nil {
			return
		}
		redirect = class != 2 && class != 4 && class != 5
		if redirect && declared.Content.Get(j.header.Get("Content-Type")) == nil {
			return
		}
	}
	j.headers(declared)
	if sent := j.header.Get("Content-Type"); strings.HasPrefix(strings.ToLower(sent), "text/event-stream") {
		j.mediaType(declared, nil)
		return // such a body may have no end
	}
	b := j.body()
	at := line(declared.Origin)
	if coding := j.unasked(); coding != "" && (len(b.data) > 0 || b.broken == "http.unjudged") {
		j.find("http.content-encoding", inBody, "", at, "the body has the content coding %s, for which the request does not ask", knownOr(coding, "of another name"))
		if b.broken == "http.unjudged" {
			j.judged = false
			return
		}
	}
	switch empty := len(bytes.TrimSpace(b.data)) == 0; {
	case j.method == http.MethodHead, class == 1, j.status == http.StatusNoContent, j.status == http.StatusNotModified:
		if len(b.data) > 0 {
			j.find("http.body-unexpected", inBody, "", at, "there is a body where HTTP has none")
		}
	case b.broken != "":
		j.judged = b.broken != "http.unjudged" && !strings.HasPrefix(b.broken, "recording.")
		j.find(b.broken, inBody, "", at, "%s", b.message)
	case len(declared.Content) == 0 && len(b.data) == 0:
	case len(declared.Content) == 0 && j.status >= 400:
		j.find("http.error-body", inBody, "", at, "there is a body and the contract declares none for the error")
	case len(declared.Content) == 0:
		j.find("http.body-unexpected", inBody, "", at, "there is a body and the contract declares none")
	case empty && j.status >= 400:
		j.find("http.error-body-missing", inBody, "", at, "there is no body")
	case empty && !redirect:
		j.find("http.body-missing", inBody, "", at, "there is no body and the contract declares one")
	case !empty:
		j.content(declared, b.data)
	}
}

// A body is what there is of a response's body, and why it is not all.
type body struct {
	data    []byte
	broken  string // a rule; empty if data is the whole body
	message string
}

// peekBody reads up to limit bytes of a response's body and puts them back.
func peekBody(resp *http.Response, limit int64) body {
	if resp.Body == nil || resp.Body == http.NoBody || resp.StatusCode == http.StatusSwitchingProtocols {
		return body{}
	}
	original := resp.Body
	data, err := io.ReadAll(io.LimitReader(original, limit+1))
	var rest io.Reader = original
	if err != nil {
		rest = failing{err}
	}
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(data), rest), original}
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return body{data, "http.body-unread", fmt.Sprintf("the client gave up after %d bytes of the body", len(data))}
	case err != nil:
		return body{data, "http.body-read", fmt.Sprintf("the body broke off after %d bytes", len(data))}
	case int64(len(data)) > limit:
		return tooLarge(limit)
	}
	return decode(data, resp.Header.Values("Content-Encoding"), limit)
}

func tooLarge(limit int64) body {
	return body{broken: "http.body-limit", message: fmt.Sprintf("the body is larger than %d bytes and was not checked", limit)}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// decode undoes content codings, the last first (RFC 9110, section 8.4), up to limit bytes.
func decode(data []byte, headers []string, limit int64) body {
	codings := strings.Split(strings.Join(headers, ","), ",")
	if len(codings) > maxCodings {
		return body{broken: "http.content-encoding", message: fmt.Sprintf("there are more than %d content codings", maxCodings)}
	}
	for i := len(codings) - 1; i >= 0; i-- {
		coding := plainCoding(codings[i])
		if coding == "" || coding == "identity" || len(data) == 0 {
			continue
		}
		reader, err := decoder(coding, data)
		if err == nil {
			data, err = io.ReadAll(io.LimitReader(reader, limit+1))
		}
		switch {
		case errors.Is(err, errUnknownCoding):
			return body{broken: "http.unjudged", message: "only the content codings gzip and deflate are decoded, so the body was not checked"}
		case err != nil:
			return body{broken: "http.content-encoding", message: "the body is not " + coding + ", as Content-Encoding says, or breaks off"}
		case int64(len(data)) > limit:
			return tooLarge(limit)
		}
	}
	return body{data: data}
}

// unasked returns the first content coding of a response that the request does not take by its Accept-Encoding (RFC 9110,
// section 12.5.3), or "". Without that header it takes those that HTTP clients decode on their own, but an exporter may
// have left the header out.
func (j *judge) unasked() string {
	sent := j.header.Values("Content-Encoding")
	if len(sent) == 0 || j.req == nil {
		return ""
	}
	accepted := j.req.Header.Values("Accept-Encoding")
	if len(accepted) == 0 && j.recorded {
		return ""
	} else if len(accepted) == 0 {
		accepted = []string{"gzip, deflate"}
	}
	asked := map[string]bool{}
	for choice := range strings.SplitSeq(strings.Join(accepted, ","), ",") {
		coding, weight, _ := strings.Cut(choice, ";")
		_, q, _ := strings.Cut(strings.ToLower(weight), "q=")
		q = strings.TrimSpace(q)
		asked[plainCoding(coding)] = q == "" || strings.Trim(q, "0.") != ""
	}
	asked["identity"], asked[""] = true, true
	for coding := range strings.SplitSeq(strings.Join(sent, ","), ",") {
		coding = plainCoding(coding)
		if takes, listed := asked[coding]; !takes && (listed || !asked["*"]) {
			return coding
		}
	}
	return ""
}

// plainCoding returns the name by which a content coding is compared.
func plainCoding(coding string) string {
	return strings.TrimPrefix(strings.ToLower(strings.TrimSpace(coding)), "x-")
}

// maxCodings is how many content codings a body may have.
const maxCodings = 8

var errUnknownCoding = errors.New("unknown content coding")

func decoder(coding string, data []byte) (io.Reader, error) {
	switch coding {
	case "gzip":
		return gzip.NewReader(bytes.NewReader(data))
	case "deflate":
		// It means zlib; some servers send the bare stream, and clients have learnt to take both.
		if r, err := zlib.NewReader(bytes.NewReader(data)); err == nil {
			return r, nil
		}
		return flate.NewReader(bytes.NewReader(data)), nil
	}
	return nil, errUnknownCoding
}

// headers judges what the contract says of headers but Content-Type, whose definition OpenAPI ignores.
func (j *judge) headers(declared *openapi3.Response) {
	for _, name := range sortedKeys(declared.Headers) {
		header, values, pointer := declared.Headers[name].Value, j.header.Values(name), "/"+escapeName(name)
		if strings.EqualFold(name, "Content-Type") {
			continue
		}
		if len(values) == 0 {
			if header.Required && !j.headerLess {
				j.find("http.header-missing", inHeader, pointer, line(header.Origin), "the required header is missing")
			}
			continue
		}
		sent := strings.Join(values, ", ")
		var faults []fault
		if header.Schema != nil && !header.Schema.Value.Type.Is(openapi3.TypeObject) {
			faults = check(header.Schema.Value, simple(header.Schema.Value, sent), len(values))
		}
		for media, content := range header.Content { // one at most
			if !isJSON(media) || content.Schema == nil {
				continue
			}
			root, values, ok, wrong := readJSON([]byte(sent))
			if faults = wrong; ok {
				faults = append(faults, check(content.Schema.Value, root, values)...)
			}
		}
		j.faults(inHeader, pointer, faults, line(header.Origin))
	}
}

// simple returns what a header's text is in OpenAPI's simple style: a number or the like where the schema takes that. What
// kin-openapi decodes of a oneOf does not fit any of its choices.
func simple(s *openapi3.Schema, sent string) any {
	if s.Items != nil && s.Type.Is(openapi3.TypeArray) {
		list := []any{}
		for part := range strings.SplitSeq(sent, ",") {
			list = append(list, simple(s.Items.Value, strings.TrimSpace(part)))
		}
		return list
	}
	if v, values, ok, faults := readJSON([]byte(sent)); ok && len(faults) == 0 && len(mistyped(check(s, v, values), nil)) == 0 {
		return v
	}
	return sent
}

// content judges a body by its media type.
func (j *judge) content(declared *openapi3.Response, data []byte) {
	media, isJSON := j.mediaType(declared, data)
	if media == nil {
		return
	}
	at := line(declared.Origin)
	if media.Schema != nil {
		j.by = media.Schema.Value
	}
	root, values, ok, faults := any(string(data)), 1, true, []fault(nil)
	if isJSON {
		root, values, ok, faults = readJSON(data)
	}
	if ok && j.by != nil {
		faults = append(faults, check(j.by, root, values)...)
	}
	if !isJSON && len(mistyped(faults, nil)) > 0 {
		j.judged = false
		j.find("http.unjudged", inBody, "", at, "only JSON and text are checked against a schema")
		return
	}
	j.faults(inBody, "", faults, at)
	if isJSON && ok && j.status/100 == 2 {
		if j.success = root; j.op.meaning != nil {
			j.op.meaning.judge(j, root)
		}
	}
}

func (j *judge) faults(in, pointer string, faults []fault, at int) {
	for _, f := range faults {
		j.find(f.rule, in, pointer+j.pointer(f.at), cmp.Or(f.line, at), "%s", f.message)
	}
}

// known are the media types, encodings and content codings that a message repeats. Others may hold anything.
var known = []string{"application/json", "text/json", "application/problem+json", "application/xml", "text/xml", "text/html", "text/plain",
	"text/csv", "text/css", "text/javascript", "application/javascript", "application/octet-stream", "application/x-www-form-urlencoded",
	"multipart/form-data", "application/pdf", "application/x-ndjson", "text/event-stream", "application/yaml", "text/yaml", "image/png",
	"iso-8859-1", "iso-8859-15", "latin1", "windows-1252", "utf-16", "utf-16le", "utf-16be", "utf-32", "shift_jis", "gb2312", "big5", "euc-jp",
	"gzip", "deflate", "br", "zstd", "compress", "exi", "dcb", "dcz", "aes128gcm"}

func knownOr(value, other string) string {
	if value = strings.ToLower(value); slices.Contains(known, value) {
		return value
	}
	return other
}

// mediaType returns the declared media type that the body is to be judged by, nil if none is, and whether it is JSON. A
// body with a wrong Content-Type is judged all the same if it can only be the declared JSON.
func (j *judge) mediaType(declared *openapi3.Response, data []byte) (media *openapi3.MediaType, json bool) {
	types := j.header.Values("Content-Type")
	contentType, at := "", line(declared.Origin)
	if len(types) > 0 {
		contentType = types[0]
	}
	name, params, err := mime.ParseMediaType(contentType)
	if err == nil || errors.Is(err, mime.ErrInvalidMediaParameter) {
		media = declared.Content.Get(contentType)
	}
	switch want := strings.Join(slices.Sorted(maps.Keys(declared.Content)), " or "); {
	case len(types) > 1:
		j.find("http.content-type", inHeader, contentTypePointer, at, "Content-Type is sent %d times", len(types))
	case len(types) == 0 && j.headerLess:
	case len(types) == 0:
		j.find("http.content-type", inHeader, contentTypePointer, at, "there is no Content-Type; want %s", want)
	case media == nil:
		j.find("http.content-type", inHeader, contentTypePointer, at, "want %s, got %s", want, knownOr(name, "another media type"))
	}
	if media == nil {
		start := bytes.TrimLeft(bytes.TrimPrefix(data, byteOrderMark), " \t\r\n")
		looks := len(start) > 0 && (start[0] == '{' || start[0] == '[')
		unsaid := len(types) == 0 && j.headerLess && len(declared.Content) == 1
		for name, choice := range declared.Content {
			if isJSON(name) && media != nil {
				return nil, false // one of several
			} else if isJSON(name) && (looks || unsaid) {
				media = choice
			}
		}
		return media, media != nil
	}
	if json = isJSON(contentType); json {
		if charset := params["charset"]; charset != "" && !strings.EqualFold(charset, "utf-8") && !strings.EqualFold(charset, "us-ascii") {
			j.find("http.charset", inHeader, contentTypePointer, at, "want no charset or utf-8, got %s", knownOr(charset, "another charset"))
		}
	}
	return media, json
}

const contentTypePointer = "/Content-Type"
