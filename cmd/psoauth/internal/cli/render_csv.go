package cli

import (
	"encoding/csv"
	"io"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/psoauth/psoauth/api"
	"github.com/psoauth/psoauth/internal/text"
)

// The columns of csv are members of the JSON form or computed. A new column goes to the end: scripts count them.
var (
	applicationColumns = declaredColumns[api.Application](`id name client_id domain redirect_uri avatar tokens scopes created_at updated_at dcr
		single_org_authorization requires_org_scope scopes_by_resource all_scopes_by_resource mcp_tool_groups`)
	tokenColumns = declaredColumns[api.Token](`id name display_name actor_id actor_display_name actor_type created_at updated_at expires_at
		last_used_at avatar_url token plain_text_refresh_token organizations organization_accesses databases database_accesses
		branches branch_accesses users user_accesses service_token_accesses`, "oauth_accesses_by_resource")
	tokenInfoColumns = strings.Fields(`active scope client_id token_type exp iat sub resource_owner_id expires_in application_uid
		created_at`)
	targetColumns     = strings.Fields(`id name actor last_used_at why result reason`)
	capabilityColumns = strings.Fields(`operation access allowed remark`)
)

// declaredColumns returns the columns and, at the end, the members of a type that are in none, so that what the contract
// takes in is shown.
func declaredColumns[T any](columns string, others ...string) []string {
	all := strings.Fields(columns)
	for _, field := range reflect.VisibleFields(reflect.TypeFor[T]()) {
		if name := memberName(field); name != "" && !slices.Contains(all, name) && !slices.Contains(others, name) {
			all = append(all, name)
		}
	}
	return all
}

func memberName(field reflect.StructField) string {
	name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
	return name
}

// tokenCells are the computed columns of a token: what it may touch, by kind of resource.
func tokenCells(token *api.Token) map[string]string {
	cells := map[string]string{"service_token_accesses": strings.Join(singleAccesses(token), csvSeparator)}
	for _, kind := range accessKinds {
		a := kind.of(token)
		cells[kind.resources] = strings.Join(a.resources, csvSeparator)
		cells[kind.accesses] = strings.Join(a.scopeNames(), csvSeparator)
	}
	return cells
}

func tokenInfoCells(d *tokenInfoDocument) map[string]string {
	if d.Application == nil {
		return nil
	}
	return map[string]string{"application_uid": orEmpty(d.Application.UID)}
}

// csvSeparator is between the items of one cell.
const csvSeparator = "; "

// A csvTable writes a header and a row for each thing, quoted as RFC 4180 says, but with lines that end as the tools of
// Unix expect. A member that is null or missing is an empty cell. The header comes before the first row, so that a list
// that fails at once writes nothing.
type csvTable[T any] struct {
	out    io.Writer
	clean  cleaner
	view   *view[T]
	fields map[string]int // of T, by the names of its members; nil before the header
}

func (t *csvTable[T]) add(thing *T) error {
	if err := t.end(true, ""); err != nil {
		return err
	}
	var computed map[string]string
	if t.view.cells != nil {
		computed = t.view.cells(thing)
	}
	row := make([]string, len(t.view.columns))
	for i, name := range t.view.columns {
		cell, ok := computed[name]
		if field, member := t.fields[name]; member && !ok {
			var err error
			if cell, err = csvText(reflect.ValueOf(thing).Elem().Field(field)); err != nil {
				return err
			}
		}
		row[i] = csvCell(t.clean, cell)
	}
	return csv.NewWriter(t.out).WriteAll([][]string{row})
}

// end writes the header, if there is none yet.
func (t *csvTable[T]) end(complete bool, _ string) error {
	if t.fields != nil || !complete {
		return nil
	}
	t.fields = map[string]int{}
	for i, field := range reflect.VisibleFields(reflect.TypeFor[T]()) {
		t.fields[memberName(field)] = i
	}
	return csv.NewWriter(t.out).WriteAll([][]string{t.view.columns})
}

// csvText returns a value as the text of a cell: an array of strings with spaces between them, and what has no simpler form
// as JSON.
func csvText(v reflect.Value) (cell string, err error) {
	for v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	if !v.IsValid() {
		return "", nil
	}
	switch value := v.Interface().(type) {
	case string:
		return value, nil
	case api.Scopes:
		return strings.Join(value, " "), nil
	case time.Time:
		if !value.IsZero() {
			return timestamp(value), nil
		}
	}
	document, err := json.Marshal(v.Interface(), jsonForm)
	if err == nil && string(document) != "null" && json.Unmarshal(document, &cell) != nil {
		cell = string(document)
	}
	return cell, err
}

// csvCell returns s without credentials and control bytes, and not as a formula.
func csvCell(clean cleaner, s string) string { return text.NoFormula(clean.printable(s)) }
