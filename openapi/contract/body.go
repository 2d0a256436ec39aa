package contract

import (
	"bytes"
	"cmp"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/go-json-experiment/json/jsontext"
)

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
	}
	return decode(data, codingOf(resp.Header), limit)
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// decode undoes a content coding (RFC 9110, section 8.4). Neither what is sent nor what comes out of the coding may have more
// than limit bytes. Of several codings none is undone: nobody sends them.
func decode(data []byte, coding string, limit int64) body {
	large := body{broken: "http.body-limit", message: fmt.Sprintf("the body is larger than %d bytes and was not checked", limit)}
	var reader io.Reader
	var err error
	switch encoded := bytes.NewReader(data); {
	case int64(len(data)) > limit:
		return large
	case coding == "" || coding == "identity" || len(data) == 0:
		return body{data: data}
	case coding == "gzip":
		reader, err = gzip.NewReader(encoded)
	case coding == "deflate":
		// It means zlib; some servers send the bare stream, and clients have learnt to take both.
		if reader, err = zlib.NewReader(encoded); err != nil {
			reader, err = flate.NewReader(bytes.NewReader(data)), nil
		}
	default:
		return body{broken: "http.unjudged",
			message: "only the content codings gzip and deflate are decoded, so the body was not checked"}
	}
	if err == nil {
		data, err = io.ReadAll(io.LimitReader(reader, limit+1))
	}
	switch {
	case err != nil:
		return body{broken: "http.content-encoding", message: "the body is not " + coding + ", as Content-Encoding says, or breaks off"}
	case int64(len(data)) > limit:
		return large
	}
	return body{data: data}
}

// A fault is something wrong at a place in a value. Its message holds no value of unknown kind.
type fault struct {
	rule    string
	at      []string // names and indices from the root
	line    int      // of the contract; 0 if the fault is not about a schema
	message string
	want    []string // the types that a schema takes, of a value of another
}

// A reader reads the bytes of a JSON body into the values that encoding/json makes of it, numbers as json.Number, and
// reports what a decoder does not see: bytes that are not UTF-8, lone surrogates, members that occur twice, trailing data.
// After an error it reads nothing more.
type reader struct {
	body   []byte
	dec    *jsontext.Decoder
	values int
	faults []fault
	err    error
}

// These bound what is made of a body: memory grows with the number of its values, and of its levels, not with its bytes.
const (
	maxValues = 500_000
	maxDepth  = 512
)

var (
	byteOrderMark = []byte("\xef\xbb\xbf")
	errLimit      = errors.New("too many values")
)

// readJSON returns the value in a body and what is wrong with the bytes. Ok is false if there is no whole value.
func readJSON(body []byte) (root any, values int, ok bool, faults []fault) {
	r := reader{}
	if rest, has := bytes.CutPrefix(body, byteOrderMark); has {
		r.fault("json.byte-order-mark", "", "the body begins with a byte order mark")
		body = rest
	}
	r.body = body
	r.dec = jsontext.NewDecoder(bytes.NewBuffer(body), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	root = r.value()
	end := r.dec.InputOffset()
	if rest := bytes.TrimLeft(body[end:], " \t\r\n"); r.err != nil {
		r.syntax()
	} else if len(rest) > 0 {
		r.fault("json.trailing-data", "", "the JSON value ends at byte %d; %d more bytes follow", end, len(rest))
	}
	return root, r.values, r.err == nil, r.faults
}

// fault adds a fault at a place in the body.
func (r *reader) fault(rule string, at jsontext.Pointer, format string, args ...any) {
	if len(r.faults) <= maxPerResponse {
		r.faults = append(r.faults, fault{rule: rule, at: slices.Collect(at.Tokens()), message: fmt.Sprintf(format, args...)})
	}
}

func (r *reader) value() any {
	if r.values++; r.values > maxValues || r.dec.StackDepth() > maxDepth {
		r.err = errLimit
		return nil
	}
	switch kind := r.dec.PeekKind(); kind {
	case '{':
		members := map[string]any{}
		for r.token(); r.err == nil && r.dec.PeekKind() != '}'; {
			name := r.string()
			value := r.value()
			if _, twice := members[name]; twice && r.err == nil {
				r.fault("json.duplicate-member", r.dec.StackPointer(), "the member occurs more than once")
			}
			members[name] = value
		}
		r.token()
		return members
	case '[':
		items := []any{}
		for r.token(); r.err == nil && r.dec.PeekKind() != ']'; {
			items = append(items, r.value())
		}
		r.token()
		return items
	case '"':
		return r.string()
	case '0':
		return json.Number(r.raw())
	case 't', 'f':
		r.token()
		return kind == 't'
	}
	r.token() // null, or what is an error
	return nil
}

func (r *reader) token() {
	if r.err == nil {
		_, r.err = r.dec.ReadToken()
	}
}

func (r *reader) raw() (raw jsontext.Value) {
	if r.err == nil {
		raw, r.err = r.dec.ReadValue()
	}
	return raw
}

func (r *reader) string() string {
	raw := r.raw()
	if r.err != nil {
		return ""
	}
	valid := utf8.Valid(raw)
	if valid && bytes.IndexByte(raw, '\\') < 0 {
		return string(raw[1 : len(raw)-1])
	}
	if !valid {
		r.fault("json.invalid-utf8", r.dec.StackPointer(), "a string has bytes that are not UTF-8")
		raw = bytes.ToValidUTF8(raw, []byte("\ufffd"))
	}
	content, err := jsontext.AppendUnquote(nil, raw)
	if err != nil {
		r.fault("json.lone-surrogate", r.dec.StackPointer(), "a string has the escape of a lone surrogate")
	}
	return string(content)
}

// syntax reports the error of the decoder.
func (r *reader) syntax() {
	offset, reason, at := int64(len(r.body)), r.err.Error(), jsontext.Pointer("")
	if syntactic, ok := errors.AsType[*jsontext.SyntacticError](r.err); ok {
		offset, reason, at = syntactic.ByteOffset, syntactic.Err.Error(), syntactic.JSONPointer
	}
	next, size := utf8.DecodeRune(r.body[min(offset, int64(len(r.body))):])
	switch {
	case errors.Is(r.err, errLimit):
		r.fault("json.limit", at, "the body has more than %d values, or more than %d levels", maxValues, maxDepth)
	case errors.Is(r.err, io.ErrUnexpectedEOF), errors.Is(r.err, io.EOF):
		r.fault("json.truncated", at, "the JSON ends at byte %d, before it is complete", offset)
	case next == utf8.RuneError && size == 1:
		r.fault("json.invalid-utf8", at, "there are bytes that are not UTF-8 at byte %d", offset)
	default:
		r.fault("json.syntax", at, "not JSON at byte %d: %s", offset, reason)
	}
}

// number adds what is wrong with a number as it is written, which is lost once kin-openapi has made a float64 of it, for the
// schemas that look at it. (Bounds, enum, uniqueItems and multipleOf compare rounded numbers, so 100.000000000000000001 fits a
// maximum of 100: https://github.com/getkin/kin-openapi/issues/280.)
func (c *checker) number(n json.Number, views []view, at []string) {
	var by *openapi3.Schema
	integer, number, long, typed := false, false, false, false
	for _, view := range views {
		s := view.schema
		typed = typed || s.Type != nil || len(s.AnyOf)+len(s.OneOf) > 0 // a choice whose schemas all refuse the number has no type
		number = number || s.Type.Includes(openapi3.TypeNumber)
		if by = cmp.Or(by, s); s.Type.Includes(openapi3.TypeInteger) {
			by, integer, long = s, true, long || s.Format == "int64"
		}
	}
	text := n.String()
	_, err := strconv.ParseInt(text, 10, 64)
	f, _ := n.Float64() // infinite if it is too large
	switch _, exponent := decimal(text); {
	case by == nil || typed && !number && !integer:
	case number || !integer:
		if !fitsFloat64(text, f) {
			c.add("number.float64", by, at, "the number is not one that float64 holds")
		}
	case err == nil:
		if !long && !fitsFloat64(text, f) {
			c.add("number.unsafe-integer", by, at, "the integer is beyond 2^53, and the contract does not say int64")
		}
	case exponent < 0 && f != math.Trunc(f): // kin-openapi sees that
	case exponent < 0:
		c.add("schema.type", by, at, messageFraction)
	case math.Abs(f) >= 1<<63:
		c.add("number.int64", by, at, "the integer does not fit 64 bits")
	default:
		c.add("number.integer-form", by, at, "want an integer written as one, got one with a fraction or an exponent")
	}
}

const messageFraction = "want an integer, got a number with a fraction"

// decimal returns a number as digits without zeros at either end, and the power of ten by which to multiply them.
func decimal(text string) (digits string, exponent int) {
	mantissa, power, _ := strings.Cut(strings.ToLower(text), "e")
	whole, fraction, _ := strings.Cut(strings.TrimPrefix(mantissa, "-"), ".")
	all := strings.TrimLeft(whole+fraction, "0")
	if digits = strings.TrimRight(all, "0"); digits != "" {
		exponent, _ = strconv.Atoi(power)
		exponent += len(all) - len(digits) - len(fraction)
	}
	return digits, exponent
}

// fitsFloat64 reports whether a program that reads the number as the float64 f reads the number that was sent: a fraction may
// be rounded; an integer must be f, or the shortest number that reads back as f, which encoders write.
func fitsFloat64(text string, f float64) bool {
	digits, exponent := decimal(text)
	for _, form := range []string{strconv.FormatFloat(f, 'f', 0, 64), strconv.FormatFloat(f, 'e', -1, 64)} {
		if d, e := decimal(form); d == digits && e == exponent {
			return true
		}
	}
	return exponent < 0 && f != 0
}
