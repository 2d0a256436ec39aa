package cli

import (
	"bytes"
	"io"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/psoauth/psoauth/api"
	"github.com/psoauth/psoauth/internal/report"
	"github.com/psoauth/psoauth/openapi"
)

// The json format is the API's: every member that the contract declares is there, null where the server sent null or
// nothing, which of a time that is promised is the zero time.
var jsonForm = json.JoinOptions(json.FormatNilSliceAsNull(true), json.WithMarshalers(jsonTime))

var jsonTime = json.MarshalToFunc(func(e *jsontext.Encoder, t time.Time) error {
	if t.IsZero() {
		return e.WriteToken(jsontext.Null)
	}
	return e.WriteToken(jsontext.String(timestamp(t)))
})

// jsonForm is the json format without credentials, neither in strings nor in what encodes itself.
func (c cleaner) jsonForm(layout ...jsontext.Options) json.Options {
	return json.JoinOptions(append(layout, jsonForm, json.WithMarshalers(json.JoinMarshalers(
		jsonTime,
		json.MarshalToFunc(func(e *jsontext.Encoder, s string) error { return e.WriteToken(jsontext.String(c.redact(s))) }),
		json.MarshalToFunc(func(e *jsontext.Encoder, v json.Marshaler) error {
			raw, err := v.MarshalJSON()
			if err != nil {
				return err
			}
			return c.copy(e, raw)
		}),
	)))...)
}

// copy writes a JSON document as it is, numbers digit by digit, but no credential in it.
func (c cleaner) copy(e *jsontext.Encoder, document []byte) error {
	d := jsontext.NewDecoder(bytes.NewReader(document))
	for {
		token, err := d.ReadToken()
		if err == io.EOF {
			return nil
		}
		if err == nil && token.Kind() == '"' {
			token = jsontext.String(c.redact(token.String()))
		}
		if err == nil {
			err = e.WriteToken(token)
		}
		if err != nil {
			return err
		}
	}
}

// everyMember returns the thing as a value whose members are all encoded: the tags of the generated models leave optional
// members out.
func everyMember(thing any) any {
	v := reflect.ValueOf(thing).Elem()
	every, ok := everyType.Load(v.Type())
	if !ok {
		var fields []reflect.StructField
		for i := range v.NumField() {
			if field := v.Type().Field(i); field.IsExported() {
				field.Tag = reflect.StructTag(strings.ReplaceAll(string(field.Tag), ",omitempty", ""))
				fields = append(fields, field)
			}
		}
		every = v.Type()
		if len(fields) == v.NumField() {
			every = reflect.StructOf(fields)
		}
		everyType.Store(v.Type(), every)
	}
	return v.Convert(every.(reflect.Type)).Interface() // tags make no difference to a conversion
}

var everyType sync.Map // from the type of a thing to that of the value

// writeJSON writes a value as one document.
func writeJSON(w io.Writer, clean cleaner, value any) error {
	document, err := json.Marshal(everyMember(value), clean.jsonForm(jsontext.WithIndent("  ")))
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, report.Visible(string(document))+"\n")
	return err
}

// A jsonList writes an array whose items it encodes one by one: an encoder of the whole would hold some of them back
// when the list breaks off.
type jsonList[T any] struct {
	out   io.Writer
	form  json.Options
	begun bool
}

func newJSONList[T any](out io.Writer, clean cleaner) *jsonList[T] {
	return &jsonList[T]{out: out, form: clean.jsonForm(jsontext.WithIndent("  "), jsontext.WithIndentPrefix("  "))}
}

func (l *jsonList[T]) add(thing *T) error {
	item := bytes.NewBufferString(map[bool]string{false: "[\n  ", true: ",\n  "}[l.begun])
	l.begun = true
	if err := json.MarshalWrite(item, everyMember(thing), l.form); err != nil {
		return err
	}
	_, err := io.WriteString(l.out, report.Visible(item.String()))
	return err
}

// end leaves the array of an incomplete list open.
func (l *jsonList[T]) end(complete bool, _ string) (err error) {
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

// A tokenInfoDocument has each member that the contract declares of token info in either form, nil where the form does
// not have it.
type tokenInfoDocument struct {
	Active          *bool              `json:"active"`
	Scope           api.Scopes         `json:"scope"`
	ClientID        *string            `json:"client_id"`
	TokenType       *string            `json:"token_type"`
	Exp             *string            `json:"exp"`
	Iat             *string            `json:"iat"`
	Sub             *string            `json:"sub"`
	ResourceOwnerID any                `json:"resource_owner_id"` // a string or an integer
	ExpiresIn       *int64             `json:"expires_in"`
	Application     *tokenInfoClientID `json:"application"`
	CreatedAt       *string            `json:"created_at"`

	info *api.TokenInfo
}

type tokenInfoClientID struct {
	UID *string `json:"uid"`
}

func newTokenInfoDocument(info *api.TokenInfo) *tokenInfoDocument {
	d := &tokenInfoDocument{Scope: info.Scopes, TokenType: orNull(info.TokenType), info: info}
	if info.State != openapi.StateUnknown {
		active := info.State == openapi.StateActive
		d.Active = &active
	}
	if info.Legacy {
		if n, err := strconv.ParseInt(info.Subject, 10, 64); err == nil && strconv.FormatInt(n, 10) == info.Subject {
			d.ResourceOwnerID = n
		} else if info.Subject != "" {
			d.ResourceOwnerID = info.Subject
		}
		d.Application = &tokenInfoClientID{orNull(info.ClientID)}
		d.CreatedAt = seconds(info.IssuedAt)
		if info.ExpiresIn != nil {
			left := int64(*info.ExpiresIn / time.Second)
			d.ExpiresIn = &left
		}
		return d
	}
	d.ClientID, d.Sub = orNull(info.ClientID), orNull(info.Subject)
	d.Exp, d.Iat = seconds(info.ExpiresAt), seconds(info.IssuedAt)
	return d
}

// seconds formats a time that was whole Unix seconds on the wire.
func seconds(t *time.Time) *string {
	if t == nil {
		return nil
	}
	s := t.UTC().Format(time.RFC3339)
	return &s
}
