package contract

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/psoauth/psoauth/internal/text"
)

// CheckHAR judges the responses of a recording in HAR 1.2 (http://www.softwareishard.com/blog/har-12-spec/), as browsers
// and proxies export them, plain or compressed by gzip. Name is what findings call the recording. It reads in as a stream,
// one entry at a time, and keeps no more of a body than the limit.
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
	clipped := &clipper{in: buffered, limit: int(min(r.v.bodyLimit, maxClip)/3*4) + 8}
	h := har{
		Decoder: jsontext.NewDecoder(clipped, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)),
		run:     r,
		name:    name,
	}
	if err := h.file(); err != nil {
		return fmt.Errorf("%s: entry %d: %s", name, h.next, text.Excerpt(err.Error(), maxMessage))
	}
	if !h.found {
		return fmt.Errorf("%s: not a HAR recording: it has no log.entries", name)
	}
	return nil
}

const (
	gzipMagic = "\x1f\x8b"
	maxClip   = 1 << 30 // bytes of a string, whatever the body limit
)

// A har reads a recording. Values of an unexpected type are skipped: exporters differ.
type har struct {
	*jsontext.Decoder
	run   *Run
	name  string
	next  int  // index of the next entry
	found bool // log.entries
}

func (h *har) file() error {
	err := h.members(func(name string) error {
		if name != "log" {
			return h.SkipValue()
		}
		return h.members(func(name string) error {
			if name != "entries" || h.PeekKind() != array {
				return h.SkipValue()
			}
			h.found = true
			return h.items(func() error {
				e := entry{size: -1}
				err := h.entry(&e)
				if err == nil {
					e.judge(h.run, h.name+"#"+strconv.Itoa(h.next))
					h.next++
				}
				return err
			})
		})
	})
	if err != nil {
		return err
	}
	if _, err := h.ReadToken(); !errors.Is(err, io.EOF) {
		return errors.New("there is more after the recording")
	}
	return nil
}

// members calls visit for each member of the next value; visit reads or skips the member's value. What is no object is
// skipped.
func (h *har) members(visit func(name string) error) error {
	if h.PeekKind() != object {
		return h.SkipValue()
	}
	if _, err := h.ReadToken(); err != nil {
		return err
	}
	for h.PeekKind() == str {
		name, err := h.ReadToken()
		if err != nil {
			return err
		}
		if err := visit(name.String()); err != nil {
			return err
		}
	}
	_, err := h.ReadToken() // the object's end, or what is there instead
	return err
}

// items calls visit for each item of the next value, which visit reads. What is no array is skipped.
func (h *har) items(visit func() error) error {
	if h.PeekKind() != array {
		return h.SkipValue()
	}
	if _, err := h.ReadToken(); err != nil {
		return err
	}
	for {
		switch h.PeekKind() {
		case jsontext.KindEndArray, jsontext.KindInvalid:
			_, err := h.ReadToken()
			return err
		}
		if err := visit(); err != nil {
			return err
		}
	}
}

// text reads a string as it was written, be it UTF-8 or not.
func (h *har) text(into *string) error {
	if h.PeekKind() != str {
		return h.SkipValue()
	}
	raw, err := h.ReadValue()
	if err == nil {
		*into, _ = unquote(string(raw))
	}
	return err
}

// number reads an integer, which some exporters write as a string.
func (h *har) number(into *int64) error {
	kind := h.PeekKind()
	if kind != number && kind != str {
		return h.SkipValue()
	}
	raw, err := h.ReadValue()
	if err != nil {
		return err
	}
	if n, err := strconv.ParseFloat(strings.Trim(string(raw), `"`), 64); err == nil && n >= -1 && n < 1<<53 {
		*into = int64(n)
	}
	return nil
}

// An entry is what a recording says about one exchange.
type entry struct {
	started, method, url string
	status               int64
	header               http.Header
	text                 string
	encoding, mimeType   string
	size                 int64 // of the body; -1 if the recording does not say
}

func (h *har) entry(e *entry) error {
	return h.members(func(name string) error {
		switch name {
		case "startedDateTime":
			return h.text(&e.started)
		case "request":
			return h.members(func(name string) error {
				switch name {
				case "method":
					return h.text(&e.method)
				case "url":
					return h.text(&e.url)
				}
				return h.SkipValue()
			})
		case "response":
			return h.members(func(name string) error {
				switch name {
				case "status":
					return h.number(&e.status)
				case "headers":
					return h.headers(e)
				case "content":
					return h.content(e)
				}
				return h.SkipValue()
			})
		}
		return h.SkipValue()
	})
}

// maxHeaders is how many headers of an entry are kept.
const maxHeaders = 1000

func (h *har) headers(e *entry) error {
	e.header = http.Header{}
	n := 0
	return h.items(func() error {
		var name, value string
		err := h.members(func(member string) error {
			switch member {
			case "name":
				return h.text(&name)
			case "value":
				return h.text(&value)
			}
			return h.SkipValue()
		})
		if n++; n <= maxHeaders && !strings.HasPrefix(name, ":") { // :status is how HTTP/2 says the status
			e.header.Add(name, value)
		}
		return err
	})
}

func (h *har) content(e *entry) error {
	return h.members(func(name string) error {
		switch name {
		case "text":
			return h.text(&e.text)
		case "encoding":
			return h.text(&e.encoding)
		case "mimeType":
			return h.text(&e.mimeType)
		case "size":
			return h.number(&e.size)
		}
		return h.SkipValue()
	})
}

func (e *entry) judge(run *Run, source string) {
	ex := &exchange{source: source, status: int(e.status), header: e.header, headerLess: len(e.header) == 0}
	ex.at, _ = time.Parse(time.RFC3339, e.started) // zero, the present, if the recorder does not say
	u, err := url.Parse(e.url)
	if err != nil {
		ex.unjudged = recordingUnreadable
		ex.why = "the request's URL is none"
		u = &url.URL{}
	}
	if e.status <= 0 && ex.unjudged == nil {
		ex.unjudged = recordingNoResponse
		ex.why = "the recording holds no response"
	}
	ex.request(run.v, &http.Request{Method: e.method, URL: u})
	if ex.headerLess && e.mimeType != "" && e.mimeType != "x-unknown" {
		ex.header = http.Header{"Content-Type": {e.mimeType}}
	}
	ex.body = func() body { return e.body(ex.header, run.v.bodyLimit) }
	run.v.judge(run, ex)
}

// codingMagic is what bodies begin with that an exporter has left as they were sent, by their last content coding. HAR
// wants bodies decoded, and most exporters do that, but leave the header as it was.
var codingMagic = map[string]string{"gzip": gzipMagic, "x-gzip": gzipMagic, "deflate": "\x78", "zstd": "\x28\xb5\x2f\xfd"}

func (e *entry) body(header http.Header, limit int64) body {
	data := []byte(e.text)
	switch {
	case strings.HasSuffix(e.text, clipMark):
		return tooLarge(limit)
	case e.text == "" && e.size != 0:
		return body{broken: recordingNoBody, message: "the recording does not hold the body"}
	case strings.EqualFold(e.encoding, "base64"):
		var err error
		if data, err = base64.StdEncoding.DecodeString(e.text); err != nil {
			return body{broken: recordingUnreadable, message: "the body is not base64, as the recording says"}
		}
	case e.encoding != "":
		return body{broken: recordingUnreadable, message: "the body is in an encoding other than base64"}
	}
	if int64(len(data)) > limit {
		return tooLarge(limit)
	}
	codings := strings.Split(strings.Join(header.Values("Content-Encoding"), ","), ",")
	magic, ok := codingMagic[strings.ToLower(strings.TrimSpace(codings[len(codings)-1]))]
	if ok && strings.HasPrefix(string(data), magic) {
		return decode(data, codings, limit)
	}
	return body{data: data}
}
