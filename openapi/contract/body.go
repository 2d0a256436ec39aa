package contract

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// A body is what there is of a response's body, and why it is not all.
type body struct {
	data    []byte
	broken  *Rule // nil if data is the whole body
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
		return body{data, httpBodyUnread, fmt.Sprintf("the client gave up after %d bytes of the body", len(data))}
	case err != nil:
		return body{data, httpBodyRead, fmt.Sprintf("the body broke off after %d bytes", len(data))}
	case int64(len(data)) > limit:
		return tooLarge(limit)
	}
	return decode(data, resp.Header.Values("Content-Encoding"), limit)
}

func tooLarge(limit int64) body {
	return body{broken: httpBodyLimit, message: fmt.Sprintf("the body is larger than %d bytes and was not checked", limit)}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// decode undoes content codings, the last first (RFC 9110, section 8.4), up to limit bytes.
func decode(data []byte, headers []string, limit int64) body {
	codings := strings.Split(strings.ToLower(strings.Join(headers, ",")), ",")
	if len(codings) > maxCodings {
		return body{broken: httpContentEncoding, message: fmt.Sprintf("there are more than %d content codings", maxCodings)}
	}
	for i := len(codings) - 1; i >= 0; i-- {
		coding := strings.TrimSpace(codings[i])
		if coding == "" || coding == "identity" || len(data) == 0 {
			continue
		}
		reader, err := decoder(coding, data)
		if err == nil {
			data, err = io.ReadAll(io.LimitReader(reader, limit+1))
		}
		switch {
		case errors.Is(err, errUnknownCoding):
			return body{broken: httpUnjudged, message: "only the content codings gzip and deflate are decoded, so the body was not checked"}
		case err != nil:
			return body{broken: httpContentEncoding, message: "the body is not " + coding + ", as Content-Encoding says, or breaks off"}
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
	asked := map[string]bool{"gzip": true, "deflate": true}
	if headers := j.req.Header.Values("Accept-Encoding"); len(headers) > 0 {
		asked = map[string]bool{}
		for choice := range strings.SplitSeq(strings.ToLower(strings.Join(headers, ",")), ",") {
			coding, weight, _ := strings.Cut(choice, ";")
			_, q, _ := strings.Cut(weight, "q=")
			q = strings.TrimSpace(q)
			asked[plainCoding(coding)] = q == "" || strings.Trim(q, "0.") != ""
		}
	} else if j.recorded {
		return ""
	}
	for coding := range strings.SplitSeq(strings.Join(sent, ","), ",") {
		coding = plainCoding(coding)
		if takes, listed := asked[coding]; coding != "" && coding != "identity" && !takes && (listed || !asked["*"]) {
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

// knownCodings are those that a message names. Others may hold anything.
var knownCodings = []string{"gzip", "deflate", "br", "zstd", "compress", "exi", "dcb", "dcz", "aes128gcm"}

var errUnknownCoding = errors.New("unknown content coding")

func decoder(coding string, data []byte) (io.Reader, error) {
	switch coding {
	case "gzip", "x-gzip":
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
