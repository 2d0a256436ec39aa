package report

import (
	"bytes"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	jsonv1 "github.com/go-json-experiment/json/v1"
)

// An Object is a JSON object that keeps the order of its members: the name of one, its value, the name of the next.
type Object []any

// MarshalJSONTo writes the object with the options of the encoder.
func (o Object) MarshalJSONTo(e *jsontext.Encoder) error {
	err := e.WriteToken(jsontext.BeginObject)
	for i := 0; err == nil && i < len(o); i++ {
		err = json.MarshalEncode(e, o[i])
	}
	if err != nil {
		return err
	}
	return e.WriteToken(jsontext.EndObject)
}

// All returns the names and values of the members.
func (o Object) All() iter.Seq2[string, any] {
	return func(yield func(string, any) bool) {
		for i := 0; i < len(o) && yield(o[i].(string), o[i+1]); {
			i += 2
		}
	}
}

// WriteJSON writes v for people and programs, as package encoding/json would: indented, and with < and > as they are.
func WriteJSON(w io.Writer, v any) error {
	err := json.MarshalWrite(w, v, jsonv1.DefaultOptionsV1(), jsontext.EscapeForHTML(false), jsontext.WithIndent("  "))
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, "\n")
	return err
}

// writeJSON writes the document's JSON value, with characters that are not seen as escapes.
func writeJSON(b *bytes.Buffer, d *Document, _ Options) error {
	var document strings.Builder
	err := WriteJSON(&document, d.JSON)
	b.WriteString(Visible(document.String()))
	return err
}

// Visible returns a JSON document that says the same, with everything escaped that is not seen or that a terminal or a
// GitHub workflow would act on.
func Visible(document string) string {
	unseen := func(r rune) bool { return r != '\n' && !strconv.IsPrint(r) }
	if !strings.ContainsFunc(document, unseen) && !strings.Contains(document, "##") {
		return document
	}
	var b strings.Builder
	before := ' '
	for _, r := range document {
		if unseen(r) || r == '#' && before == '#' {
			for _, unit := range utf16.Encode([]rune{r}) {
				fmt.Fprintf(&b, `\u%04x`, unit)
			}
		} else {
			b.WriteRune(r)
		}
		before = r
	}
	return b.String()
}
