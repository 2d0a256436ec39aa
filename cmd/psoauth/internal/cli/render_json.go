package cli

import (
	"bytes"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/psoauth/psoauth/api"
	"github.com/psoauth/psoauth/internal/text"
	"github.com/psoauth/psoauth/openapi"
)

// A jsonRenderer writes one JSON document with the API's own member names. Every member that the contract declares is
// there, null where the server sent null or nothing.
type jsonRenderer struct {
	out   io.Writer
	clean cleaner
}

func (r jsonRenderer) application(app *api.Application) error { return r.document(app) }
func (r jsonRenderer) token(token *api.Token) error           { return r.document(token) }
func (r jsonRenderer) tokenInfo(info *api.TokenInfo) error {
	return r.document(newTokenInfoDocument(info))
}

func (r jsonRenderer) document(value any) error {
	var buf bytes.Buffer
	e := jsonEncoder{jsontext.NewEncoder(&buf, jsontext.WithIndent("  "), jsontext.PreserveRawStrings(true)), r.clean}
	if err := e.value(reflect.ValueOf(value)); err != nil {
		return err
	}
	_, err := r.out.Write(buf.Bytes())
	return err
}

func (r jsonRenderer) tokens() tokenList {
	l := &jsonList{out: r.out}
	l.encoder = jsonEncoder{jsontext.NewEncoder(&l.buf, jsontext.WithIndent("  "), jsontext.WithIndentPrefix("  "),
		jsontext.PreserveRawStrings(true)), r.clean}
	return l
}

// A jsonList writes an array whose items it encodes one by one: an encoder of the whole would hold some of them back
// when the list breaks off.
type jsonList struct {
	out     io.Writer
	buf     bytes.Buffer
	encoder jsonEncoder
	begun   bool
}

func (l *jsonList) add(token *api.Token) error {
	l.buf.Reset()
	l.buf.WriteString(map[bool]string{false: "[\n  ", true: ",\n  "}[l.begun])
	l.begun = true
	if err := l.encoder.value(reflect.ValueOf(token)); err != nil {
		return err
	}
	_, err := l.out.Write(bytes.TrimRight(l.buf.Bytes(), "\n"))
	return err
}

// end leaves the array of an incomplete list open.
func (l *jsonList) end(complete bool) (err error) {
	switch {
	case complete && l.begun:
		_, err = io.WriteString(l.out, "\n]\n")
	case complete:
		_, err = io.WriteString(l.out, "[]\n")
	case l.begun:
		_, err = io.WriteString(l.out, "\n")
	}
	return err
}

// A jsonEncoder writes the generated models. They cannot write themselves: the generated code leaves optional members
// out.
type jsonEncoder struct {
	*jsontext.Encoder
	clean cleaner
}

func (e jsonEncoder) value(v reflect.Value) error {
	switch value := v.Interface().(type) {
	case time.Time:
		return e.string(timestamp(value))
	case openapi.Secret:
		return e.string(openapi.Redacted)
	case openapi.Scopes:
		if value == nil {
			value = openapi.Scopes{}
		}
		return e.array(reflect.ValueOf([]string(value)))
	case ownerID:
		if n, err := strconv.ParseInt(string(value), 10, 64); err == nil && strconv.FormatInt(n, 10) == string(value) {
			return e.WriteToken(jsontext.Int(n))
		}
		return e.string(string(value))
	case openapi.RawObject:
		return e.raw(value)
	case openapi.RawArray:
		return e.raw(value)
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return e.WriteToken(jsontext.Null)
		}
		return e.value(v.Elem())
	case reflect.Struct:
		return e.object(v)
	case reflect.Slice:
		if v.IsNil() {
			return e.WriteToken(jsontext.Null)
		}
		return e.array(v)
	case reflect.String:
		return e.string(v.String())
	case reflect.Bool:
		return e.WriteToken(jsontext.Bool(v.Bool()))
	case reflect.Int64:
		return e.WriteToken(jsontext.Int(v.Int()))
	}
	return fmt.Errorf("no JSON form for a %v", v.Type())
}

func (e jsonEncoder) object(v reflect.Value) error {
	if err := e.WriteToken(jsontext.BeginObject); err != nil {
		return err
	}
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		if err := e.WriteToken(jsontext.String(name)); err != nil {
			return err
		}
		if err := e.value(v.Field(i)); err != nil {
			return err
		}
	}
	return e.WriteToken(jsontext.EndObject)
}

func (e jsonEncoder) array(v reflect.Value) error {
	if err := e.WriteToken(jsontext.BeginArray); err != nil {
		return err
	}
	for i := range v.Len() {
		if err := e.value(v.Index(i)); err != nil {
			return err
		}
	}
	return e.WriteToken(jsontext.EndArray)
}

// raw passes JSON on as the server sent it, numbers digit by digit, but no credential in it.
func (e jsonEncoder) raw(value []byte) error {
	if value == nil {
		return e.WriteToken(jsontext.Null)
	}
	d := jsontext.NewDecoder(bytes.NewReader(value))
	for {
		var err error
		switch d.PeekKind() {
		case '{', '}', '[', ']':
			var token jsontext.Token
			if token, err = d.ReadToken(); err == nil {
				err = e.WriteToken(token)
			}
		case '"':
			var token jsontext.Token
			if token, err = d.ReadToken(); err == nil {
				err = e.string(token.String())
			}
		default:
			var scalar jsontext.Value
			if scalar, err = d.ReadValue(); err == nil {
				err = e.WriteValue(scalar)
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// compactJSON returns raw on one line, and "" for nil.
func compactJSON(raw []byte) string {
	if raw == nil {
		return ""
	}
	var buf bytes.Buffer
	if err := (jsonEncoder{Encoder: jsontext.NewEncoder(&buf, jsontext.PreserveRawStrings(true))}).raw(raw); err != nil {
		return text.Printable(string(raw)) // it was JSON when it was decoded
	}
	return strings.TrimSuffix(buf.String(), "\n")
}

// string writes s without credentials, and with everything escaped that a terminal would act on: a JSON escape means the
// same to every reader.
func (e jsonEncoder) string(s string) error {
	s = e.clean.redact(s)
	quoted := make([]byte, 0, len(s)+2)
	quoted = append(quoted, '"')
	for _, r := range s {
		switch {
		case r == '"', r == '\\':
			quoted = append(quoted, '\\', byte(r))
		case strconv.IsPrint(r):
			quoted = append(quoted, string(r)...)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			quoted = fmt.Appendf(quoted, `\u%04x\u%04x`, high, low)
		default:
			quoted = fmt.Appendf(quoted, `\u%04x`, r)
		}
	}
	return e.WriteValue(append(quoted, '"'))
}
