package openapi_test

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

const (
	unstated = "unstated" // the page is silent
	none     = "none"     // the page says that there is nothing
	unused   = "-"        // the column does not apply
)

// departures undoes the marks in contract, that is every x-published, and returns each way in which the result is not
// what the table says, or in which a mark is idle.
func departures(t *testing.T, contract, table string) []string {
	t.Helper()
	doc := load(t, contract)
	c := comparison{pages: readPages(table), marks: map[any]*mark{}, seen: map[string]bool{}}
	for _, url := range slices.Sorted(maps.Keys(doc.Paths.Map())) {
		for method, op := range doc.Paths.Value(url).Operations() {
			c.operation(method, url, doc.Paths.Value(url), op)
		}
	}
	for row := range c.pages {
		if !c.seen[row] {
			c.report(row, "on the page, not in the contract")
		}
	}
	for _, m := range c.marks {
		for keyword := range m.says {
			if !m.used[keyword] {
				c.report(m.where, "no page says anything of "+keyword)
			}
		}
	}
	if inDocument := strings.Count(toJSON(t, doc), `"x-published":`); inDocument != len(c.marks) {
		c.report("contract", "x-published where no page has anything")
	}
	slices.Sort(c.problems)
	return c.problems
}

// A page's statement about one thing: the columns of the table after the first three, which name the thing.
type statement struct{ typ, required, open, def string }

// readPages returns the table's rows by the first three columns: page, part, name.
func readPages(table string) map[string]statement {
	pages := map[string]statement{}
	for line := range strings.Lines(table) {
		cells := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if cells[0] != "page" {
			pages[strings.Join(cells[:3], " ")] = statement{cells[3], cells[4], cells[5], cells[6]}
		}
	}
	return pages
}

type comparison struct {
	pages    map[string]statement
	seen     map[string]bool // the rows of pages that the contract has
	marks    map[any]*mark   // by the schema, operation or response that carries them
	problems []string
}

// A mark is one x-published.
type mark struct {
	where string
	says  map[string]string
	used  map[string]bool // the keywords that some page states
}

func (c *comparison) report(where, problem string) {
	c.problems = append(c.problems, where+": "+problem)
}

func (c *comparison) mark(where string, node any, extensions map[string]any) *mark {
	if m, ok := c.marks[node]; ok {
		return m
	}
	m := &mark{where: where, says: map[string]string{}, used: map[string]bool{}}
	if published, ok := extensions["x-published"].(map[string]any); ok {
		for keyword, value := range published {
			if keyword == "additionalProperties" {
				keyword = "open"
			}
			m.says[keyword] = cell(value)
		}
		c.marks[node] = m
	}
	return m
}

// compare holds one keyword, undone if m marks it, against what the page says of it.
func (c *comparison) compare(where string, m *mark, keyword, inContract, onPage string) {
	undone := inContract
	if says, ok := m.says[keyword]; ok {
		if says == inContract {
			c.report(where, fmt.Sprintf("x-published says %s is %q, and so does the contract", keyword, says))
		}
		undone = says
		m.used[keyword] = m.used[keyword] || onPage != unstated
	}
	if onPage != unstated && undone != onPage {
		c.report(where, fmt.Sprintf("%s is %q, the page has %q", keyword, undone, onPage))
	}
}

func (c *comparison) operation(method, url string, item *openapi3.PathItem, op *openapi3.Operation) {
	page := strings.ReplaceAll(path.Base(op.ExternalDocs.URL), "-", "_")
	m := c.mark(page, op, op.Extensions)
	if m.says["absent"] != "" {
		m.used["absent"] = true
		for row := range c.pages {
			if strings.HasPrefix(row, page+" ") {
				c.report(row, "marked absent, but the page has it")
			}
		}
		return
	}
	c.has(page + " request " + method + " " + item.Servers[0].URL + url)

	var schemes []string
	for _, requirement := range *op.Security {
		schemes = append(schemes, slices.Collect(maps.Keys(requirement))...)
	}
	c.compare(page, m, "security", list(schemes), c.names(page, "security"))
	var accesses []string
	for _, access := range op.Extensions["x-service-token-access"].([]any) {
		accesses = append(accesses, access.(string))
	}
	c.compare(page, m, "access", list(accesses), c.names(page, "access"))

	for _, parameter := range slices.Concat(item.Parameters, op.Parameters) {
		p := parameter.Value
		c.value(page+" "+p.In+" "+p.Name, p.Schema.Value, cell(p.Required))
	}

	shown := c.names(page, "response")
	c.compare(page, m, "responses", list(slices.Collect(maps.Keys(op.Responses.Map()))), shown)
	for _, status := range strings.Split(shown, ",") {
		response := op.Responses.Value(status)
		if response == nil {
			continue
		}
		where := page + " response " + status
		types := list(slices.Collect(maps.Keys(response.Value.Content)))
		c.compare(where, c.mark(where, response.Value, response.Value.Extensions), "content", types, c.pages[where].typ)
		if status == "200" {
			c.value(page+" body .", response.Value.Content["application/json"].Schema.Value, unused)
		}
	}
}

// value holds one parameter or member against its row, and then the members of its object or of its items.
func (c *comparison) value(where string, schema *openapi3.Schema, required string) {
	m := c.mark(where, schema, schema.Extensions)
	if m.says["absent"] != "" {
		m.used["absent"] = true
		if _, ok := c.pages[where]; ok {
			c.report(where, "marked absent, but the page has it")
		}
		return
	}
	if !c.has(where) {
		return
	}
	page := c.pages[where]
	c.compare(where, m, "type", typeOf(schema), page.typ)
	c.compare(where, m, "required", required, page.required)
	c.compare(where, m, "nullable", cell(schema.Nullable), cell(false))
	c.compare(where, m, "default", cell(schema.Default), page.def)
	c.compare(where, m, "minimum", bound(schema.Min), none)
	c.compare(where, m, "maximum", bound(schema.Max), none)

	inner, below := schema, ""
	for inner.Items != nil {
		inner, below = inner.Items.Value, below+"[]"
	}
	m = c.mark(where, inner, inner.Extensions)
	c.compare(where, m, "format", orNone(inner.Format), none)
	open := unused
	if inner.Type.Is(openapi3.TypeObject) {
		open = cell(inner.AdditionalProperties.Has == nil || *inner.AdditionalProperties.Has)
	}
	c.compare(where, m, "open", open, page.open)
	for name, property := range inner.Properties {
		at := strings.TrimSuffix(where, ".") + below + "." + name
		if strings.HasSuffix(where, " .") {
			at = strings.TrimSuffix(where, ".") + name
		}
		c.value(at, property.Value, cell(slices.Contains(inner.Required, name)))
	}
}

// has reports whether the table has the row, and ticks it off.
func (c *comparison) has(row string) bool {
	c.seen[row] = true
	if _, ok := c.pages[row]; !ok {
		c.report(row, "in the contract, not on the page")
		return false
	}
	return true
}

// names returns the names in one part of a page, and ticks them off.
func (c *comparison) names(page, part string) string {
	var names []string
	for row := range c.pages {
		if name, ok := strings.CutPrefix(row, page+" "+part+" "); ok {
			names = append(names, name)
			c.seen[row] = true
		}
	}
	if names == nil {
		return unstated
	}
	return list(names)
}

// typeOf returns a schema's type as documentation pages write it: string, object[], and string|string[] for a choice. A
// question mark follows where null is allowed for an item or a choice.
func typeOf(schema *openapi3.Schema) string {
	within := func(ref *openapi3.SchemaRef) string {
		if ref.Value.Nullable {
			return typeOf(ref.Value) + "?"
		}
		return typeOf(ref.Value)
	}
	var choices []string
	for _, choice := range schema.OneOf {
		choices = append(choices, within(choice))
	}
	switch {
	case choices != nil:
		slices.Sort(choices)
		return strings.Join(choices, "|")
	case schema.Type.Is(openapi3.TypeArray):
		return within(schema.Items) + "[]"
	case len(schema.Type.Slice()) != 1:
		return none
	}
	return schema.Type.Slice()[0]
}

// cell returns a keyword's value as the table writes it.
func cell(value any) string {
	switch value := value.(type) {
	case nil:
		return unused
	case bool:
		if value {
			return "yes"
		}
		return "no"
	case []any:
		var items []string
		for _, item := range value {
			items = append(items, cell(item))
		}
		return list(items)
	}
	return fmt.Sprint(value)
}

func bound(limit *float64) string {
	if limit == nil {
		return none
	}
	return fmt.Sprint(*limit)
}

func list(items []string) string {
	slices.Sort(items)
	return orNone(strings.Join(items, ","))
}

func orNone(s string) string {
	if s == "" {
		return none
	}
	return s
}
