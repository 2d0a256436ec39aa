package cli

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"errors"
	"io"
	"iter"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/psoauth/psoauth/internal/report"
	"github.com/psoauth/psoauth/internal/text"
)

// A view is how things of one type are shown.
type view[T any] struct {
	noun    string                 // one of them
	members func(*T) report.Object // the JSON form; nil for the members of the struct
	form    json.Options           // of the JSON form; nil for jsonForm

	// The columns of csv are members of the JSON form or computed. A new column goes to the end: scripts count them.
	columns string                     // with spaces between them; the members that are missing follow
	cells   func(*T) map[string]string // the computed columns, and members that are other text than in JSON; may be nil
	without string                     // the member that has columns in its place

	sheet func(*program, *T) sheet
	heads []string // of the columns of a list
	least []int    // their least widths
	row   func(*program, *T) []report.Cell
}

// show returns what writes one thing, which a call returned, in the format of --format.
func show[T any](p *program, v *view[T]) func(*T, error) error {
	return func(thing *T, err error) error {
		if err != nil {
			return err
		}
		switch p.format {
		case "json":
			document, err := p.json(v.object(thing), v.form)
			if err != nil {
				return err
			}
			_, err = io.WriteString(p.out, document+"\n")
			return err
		case "csv":
			return writeList(p, v, p.out, ready([]*T{thing}), nil)
		}
		return p.writeSheet(v.sheet(p, thing))
	}
}

// writeList writes a list of any length in the format of --format, and keeps a page of it at most. Of a list that breaks off,
// nothing may look as if it were complete; one that fails at once writes nothing. Remark, which may be nil, says at the end
// what is remarkable about the list, for people.
func writeList[T any](p *program, v *view[T], w io.Writer, all iter.Seq2[*T, error], remark func() string) error {
	switch p.format {
	case "json":
		return writeJSON(p, v, w, all)
	case "csv":
		return writeCSV(p, v, w, all)
	}
	return writeTable(p, v, w, all, remark)
}

// writeJSON encodes things one by one: an encoder of the whole would hold some of them back when the list breaks off.
func writeJSON[T any](p *program, v *view[T], w io.Writer, all iter.Seq2[*T, error]) error {
	before, end := "[\n  ", "[]\n"
	for thing, err := range all {
		item := ""
		if err == nil {
			item, err = p.json(v.object(thing), v.form, jsontext.WithIndentPrefix("  "))
		}
		if err == nil {
			_, err = io.WriteString(w, before+item)
		}
		if err != nil {
			if end != "[]\n" {
				_, _ = io.WriteString(w, "\n") // a failure to write is remembered by the output
			}
			return err
		}
		before, end = ",\n  ", "\n]\n"
	}
	_, err := io.WriteString(w, end)
	return err
}

// writeCSV quotes as RFC 4180 says, but ends a line as the tools of Unix expect.
func writeCSV[T any](p *program, v *view[T], w io.Writer, all iter.Seq2[*T, error]) error {
	rows, columns := csv.NewWriter(w), v.allColumns()
	_ = rows.Write(columns) // with the first row; the writer keeps its error
	for thing, err := range all {
		var row []string
		if err == nil {
			row, err = v.csv(p, columns, thing)
		}
		if err != nil {
			return err
		}
		_ = rows.Write(row)
		if rows.Flush(); rows.Error() != nil {
			return rows.Error()
		}
	}
	rows.Flush()
	return rows.Error()
}

// ready is a list of what is there already.
func ready[T any](all []*T) iter.Seq2[*T, error] {
	return func(yield func(*T, error) bool) {
		for _, thing := range all {
			if !yield(thing, nil) {
				return
			}
		}
	}
}

// printable returns s without credentials, such as the user's own, which a server could send back as data, and without
// anything that a terminal would act on. All text from a server goes through it, or through json.
func (p *program) printable(s string) string {
	return text.Printable(text.RedactCredentials(s, p.settings.secrets()...))
}

// object is the JSON form of a thing, which is the API's: every member that the contract declares is there, null where the
// server sent null or nothing.
func (v *view[T]) object(thing *T) (all report.Object) {
	if v.members != nil {
		return v.members(thing)
	}
	for member, value := range reflect.ValueOf(thing).Elem().Fields() { // also those that their tags leave out if they are empty
		name, _, _ := strings.Cut(member.Tag.Get("json"), ",")
		all = append(all, name, value.Addr().Interface())
	}
	return all
}

// jsonForm has null for a time that is zero, as of a server that sent null or nothing.
var jsonForm = json.JoinOptions(json.FormatNilSliceAsNull(true), json.WithMarshalers(timeForm))

var timeForm = json.MarshalToFunc(func(e *jsontext.Encoder, t time.Time) error {
	if t.IsZero() {
		return e.WriteToken(jsontext.Null)
	}
	return e.WriteToken(jsontext.String(timestamp(t)))
})

// modelForm is jsonForm for what the contract describes. A text or an object that it promises is null, too, where it is a
// zero value. A number or a boolean that is zero is likely to be what the server sent.
var modelForm = json.JoinOptions(jsonForm, json.WithMarshalers(json.JoinMarshalers(timeForm,
	json.MarshalToFunc(func(e *jsontext.Encoder, v any) error {
		if s, ok := v.(**string); ok && *s != nil { // one that may be null and is not
			return e.WriteToken(jsontext.String(**s))
		}
		value := reflect.ValueOf(v).Elem()
		within, _ := e.StackIndex(e.StackDepth())
		kind := value.Kind()
		if value.IsZero() && (kind == reflect.String || kind == reflect.Struct) && within != jsontext.KindBeginArray {
			return e.WriteToken(jsontext.Null)
		}
		return errors.ErrUnsupported
	}))))

// json returns a value as indented JSON without credentials, numbers digit by digit. Names that were different may be the
// same without them.
func (p *program) json(value any, form json.Options, layout ...jsontext.Options) (string, error) {
	plain, err := json.Marshal(value, jsonForm, form)
	var b bytes.Buffer
	from := jsontext.NewDecoder(bytes.NewReader(plain))
	to := jsontext.NewEncoder(&b, append(layout, jsontext.WithIndent("  "), jsontext.AllowDuplicateNames(true))...)
	for err == nil {
		var token jsontext.Token
		if token, err = from.ReadToken(); err != nil {
			break
		}
		if token.Kind() == '"' {
			token = jsontext.String(text.RedactCredentials(token.String(), p.settings.secrets()...))
		}
		err = to.WriteToken(token)
	}
	if !errors.Is(err, io.EOF) {
		return "", err
	}
	return report.Visible(strings.TrimSuffix(b.String(), "\n")), nil
}

// allColumns returns the columns of csv. What the contract takes in is a column without being listed.
func (v *view[T]) allColumns() []string {
	columns := strings.Fields(v.columns)
	for name := range v.object(new(T)).All() {
		if name != v.without && !slices.Contains(columns, name) {
			columns = append(columns, name)
		}
	}
	return columns
}

// csv returns the row of a thing. A member that is null or missing is an empty cell.
func (v *view[T]) csv(p *program, columns []string, thing *T) (row []string, err error) {
	cells := map[string]string{}
	if v.cells != nil {
		cells = v.cells(thing)
	}
	for name, value := range v.object(thing).All() {
		if _, computed := cells[name]; !computed && name != v.without {
			if cells[name], err = csvText(value); err != nil {
				return nil, err
			}
		}
	}
	for _, name := range columns {
		row = append(row, text.NoFormula(p.printable(cells[name])))
	}
	return row, nil
}

// csvText returns a value as the text of a cell, and what has no simpler form as JSON.
func csvText(value any) (string, error) {
	document, err := json.Marshal(value, jsonForm)
	switch kind := jsontext.Value(document).Kind(); {
	case err == nil && kind == '"':
		document, err = jsontext.AppendUnquote(nil, document)
	case kind == 'n':
		document = nil
	}
	return string(document), err
}

// timestamp formats t as PlanetScale does: RFC 3339 with milliseconds, and with more digits only where there are more.
func timestamp(t time.Time) string {
	if t.Nanosecond()%int(time.Millisecond) != 0 {
		return t.Format(time.RFC3339Nano)
	}
	return t.Format("2006-01-02T15:04:05.000Z07:00")
}

func orEmpty(s *string) string { return *cmp.Or(s, new("")) }

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// list joins what is left of the items when the empty ones are out.
func list(separator string, items ...string) string {
	return strings.Join(slices.DeleteFunc(slices.Clone(items), func(item string) bool { return item == "" }), separator)
}

// each returns what of makes of each item.
func each[A, B any](all []A, of func(A) B) []B {
	made := make([]B, len(all))
	for i, item := range all {
		made[i] = of(item)
	}
	return made
}

var countOf = report.Count
