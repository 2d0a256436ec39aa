package contract

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/psoauth/psoauth/internal/text"
)

// CheckHAR judges the responses of a recording in HAR 1.2 (http://www.softwareishard.com/blog/har-12-spec/), as browsers
// and proxies export them, plain or compressed by gzip. Name is what findings call the recording. It reads in as a stream,
// one entry at a time, and of an entry no more than three times the body limit.
//
// Exporters leave things out, so what is not there is no fault: without headers none is missing, and without a body only
// a note says so. An error means that the file could not be read to its end; what was read by then has been judged.
func (r *Run) CheckHAR(name string, in io.Reader) error {
	buffered := bufio.NewReaderSize(in, 64<<10)
	if magic, err := buffered.Peek(2); err == nil && string(magic) == gzipMagic {
		unzipped, err := gzip.NewReader(buffered)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		buffered = bufio.NewReaderSize(unzipped, 64<<10)
	}
	if mark, err := buffered.Peek(len(byteOrderMark)); err == nil && bytes.Equal(mark, byteOrderMark) {
		_, _ = buffered.Discard(len(byteOrderMark)) // they are in the buffer
	}
	if _, err := buffered.Peek(1); errors.Is(err, io.EOF) {
		return fmt.Errorf("%s: the file is empty", name)
	}
	h := har{run: r, name: name, in: &io.LimitedReader{R: buffered}, size: min(3*r.v.bodyLimit, 1<<30) + 1<<20}
	h.Decoder = jsontext.NewDecoder(h.in, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	switch err := h.file(); {
	case err != nil && h.in.N <= 0:
		return fmt.Errorf("%s: entry %d: it takes more than %d MB, so the rest of the recording was not read",
			name, h.next+1, h.size>>20)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("%s: entry %d: the file ends before the recording is complete", name, h.next+1)
	case err != nil:
		if e, ok := errors.AsType[*jsontext.SyntacticError](err); ok { // without its pointer, which has names of the recording
			err = fmt.Errorf("not JSON at byte %d: %w", e.ByteOffset, e.Err)
		}
		return fmt.Errorf("%s: entry %d: %s", name, h.next+1, text.Excerpt(err.Error(), maxMessage))
	case !h.found:
		return fmt.Errorf("%s: not a HAR recording: it has no log.entries", name)
	case h.next == 0 && !r.v.allowEmpty:
		return fmt.Errorf("%s: the recording has no entries", name)
	}
	return nil
}

const gzipMagic = "\x1f\x8b"

// A har reads a recording. Values of an unexpected type are skipped: exporters differ.
type har struct {
	*jsontext.Decoder
	in    *io.LimitedReader
	size  int64 // how many bytes an entry may have, or a token around them
	run   *Run
	name  string
	next  int  // index of the next entry
	found bool // log.entries

	sanitized bool // by a browser that leaves credentials out
}

// file reads one JSON value, and judges the entries in it. Each of them, and each token around them, has the whole budget.
func (h *har) file() error {
	for {
		h.in.N = h.size
		token, err := h.ReadToken()
		var path jsontext.Pointer
		if h.StackDepth() <= 3 {
			path = h.StackPointer()
		}
		switch kind := token.Kind(); {
		case err != nil:
			return err
		case h.StackDepth() == 0:
			if _, end := h.ReadToken(); !errors.Is(end, io.EOF) {
				return errors.New("there is more after the recording")
			}
			return nil
		case path == "/log/creator/name" && kind == '"':
			// https://developer.chrome.com/docs/devtools/network/reference#save-as-har: sanitized, unless asked
			h.sanitized = h.sanitized || token.String() == "WebInspector" || strings.HasPrefix(token.String(), "WebKit")
		case path == "/log/entries" && kind == '[':
			for h.found = true; h.PeekKind() != ']'; h.in.N = h.size {
				if err := h.entry(); err != nil {
					return err
				}
			}
		}
	}
}

// entry judges the next entry.
func (h *har) entry() error {
	raw, err := h.ReadValue()
	if err != nil {
		return err
	}
	var e entry
	e.Response.Content.Size = "-1"
	_ = json.Unmarshal(raw, &e) // it is JSON; a member of another type is left out
	e.garbled = !utf8.Valid(raw)
	e.judge(h)
	h.next++
	return nil
}

// An entry is what a recording says about one exchange.
type entry struct {
	StartedDateTime string
	Request         struct {
		Method, URL string
		Headers     harHeaders
	}
	Response struct {
		Status  json.Number // some exporters write it as a string, or with a fraction
		Headers harHeaders
		Content struct {
			Text, Encoding, MimeType string
			Size                     json.Number
		}
	}
	garbled bool // not UTF-8, as JSON must be (RFC 8259, section 8.1); encoding/json does not keep it as it was
}

type harHeaders []struct{ Name, Value string }

func (all harHeaders) header() http.Header {
	header := http.Header{}
	for _, h := range all[:min(len(all), 1000)] { // more would only fill the memory
		if !strings.HasPrefix(h.Name, ":") { // :status is how HTTP/2 says the status
			header.Add(h.Name, h.Value)
		}
	}
	return header
}

func (e *entry) judge(h *har) {
	header, v := e.Response.Headers.header(), h.run.v
	status, _ := e.Response.Status.Float64()
	j := &judge{
		run: h.run, v: v, source: h.name + "#" + strconv.Itoa(h.next), status: int(status),
		header: header, headerLess: len(header) == 0, recorded: true, anonymous: h.sanitized,
	}
	j.at, _ = time.Parse(time.RFC3339, e.StartedDateTime) // zero, the present, if the recorder does not say
	to, err := url.Parse(e.Request.URL)
	switch {
	case err != nil:
		j.unjudged, j.why, to = "recording.unreadable", "the request's URL is none", &url.URL{}
	case j.status <= 0:
		j.unjudged, j.why = "recording.no-response", "the recording holds no response"
	}
	j.asked(&http.Request{Method: e.Request.Method, URL: to, Header: e.Request.Headers.header()})
	if mime := e.Response.Content.MimeType; j.headerLess && mime != "" && mime != "x-unknown" {
		j.header = http.Header{"Content-Type": {mime}}
	}
	j.body = func() body { return e.body(header, v.bodyLimit) }
	j.judge()
}

// codingMagic is what bodies begin with that an exporter has left as they were sent, by their content coding. HAR
// wants bodies decoded, and most exporters do that, but leave the header as it was.
var codingMagic = map[string]string{"gzip": gzipMagic, "deflate": "\x78", "zstd": "\x28\xb5\x2f\xfd"}

func (e *entry) body(header http.Header, limit int64) body {
	content := e.Response.Content
	data := []byte(content.Text)
	switch {
	case content.Text == "" && content.Size != "0":
		return body{broken: "recording.no-body", message: "the recording does not hold the body"}
	case strings.EqualFold(content.Encoding, "base64"):
		n, err := base64.StdEncoding.Decode(data, data)
		if data = data[:n]; err != nil {
			return body{broken: "recording.unreadable", message: "the body is not base64, as the recording says"}
		}
	case e.garbled:
		return body{broken: "recording.unreadable", message: "the entry has bytes that are not UTF-8"}
	case content.Encoding != "":
		return body{broken: "recording.unreadable", message: "the body is in an encoding other than base64"}
	}
	coding := codingOf(header)
	if magic := codingMagic[coding]; magic == "" || !bytes.HasPrefix(data, []byte(magic)) {
		coding = ""
	}
	return decode(data, coding, limit)
}

// CheckPath judges a recording as [Run.CheckHAR] does or, if path is a directory, all recordings in and below it: regular
// files that end in .har or .har.gz, in the order of their names. Of several files, one that cannot be read does not keep
// the others from being judged; the error joins what was wrong with each.
func (r *Run) CheckPath(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return r.checkFile(path)
	}
	found := false
	var errs []error
	err = filepath.WalkDir(path, func(file string, entry fs.DirEntry, err error) error {
		name := strings.TrimSuffix(strings.ToLower(file), ".gz")
		if err == nil && strings.HasSuffix(name, ".har") {
			if info, err := os.Stat(file); err != nil || !info.Mode().IsRegular() { // a pipe would block
				return nil
			}
			found = true
			err = r.checkFile(file)
		}
		errs = append(errs, err)
		return nil
	})
	if errs = append(errs, err); !found && errors.Join(errs...) == nil {
		return fmt.Errorf("%s: there is no .har file in the directory", path)
	}
	return errors.Join(errs...)
}

func (r *Run) checkFile(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	return r.CheckHAR(filepath.ToSlash(path), file)
}

// CheckBody judges one body as a response of the operation with that id. Status 0 means the lowest success the operation
// declares. What the headers and the request would have said is taken to be in order. The error says that there is no such
// operation, or that in could not be read.
func (r *Run) CheckBody(source, operation string, status int, in io.Reader) error {
	var ids []string
	for _, op := range r.v.spec.operations {
		ids = append(ids, op.id)
	}
	i := slices.Index(ids, operation)
	if i < 0 {
		return fmt.Errorf("unknown operation %q: the contract has %s", operation, strings.Join(ids, ", "))
	}
	op := r.v.spec.operations[i]
	if status == 0 {
		usual, _ := op.first('2')
		number, _ := strconv.Atoi(usual) // 0 of a range, or without a success
		status = cmp.Or(number, http.StatusOK)
	}
	data, err := io.ReadAll(io.LimitReader(in, r.v.bodyLimit+1))
	if err != nil {
		return fmt.Errorf("%s: %w", source, err)
	}
	j := &judge{run: r, v: r.v, source: source, method: http.MethodGet, op: op, status: status, headerLess: true}
	j.body = func() body { return decode(data, "", r.v.bodyLimit) }
	j.judge()
	return nil
}
