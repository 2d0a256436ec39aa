// Package look gives the pages of this module one look: one self-contained file each, light and dark, that loads nothing
// and runs no script but its own.
package look

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"io"
	"strconv"
	"strings"
)

var (
	//go:embed layout.html
	layout string
	//go:embed look.css
	style string
	//go:embed look.js
	script string
)

// A Page is a kind of page. It is safe for concurrent use.
type Page struct {
	template      *template.Template
	style, script string
}

// New makes a page of a template that defines "main", what stands between header and end of the page, with a style and
// a script of its own, which follow those that all pages have. They must be constants of the module: they are not
// escaped. All templates know {{number}}, which is [Number]. It panics if the template is wrong.
func New(main, ownStyle, ownScript string, funcs template.FuncMap) *Page {
	p := &Page{style: style + ownStyle, script: script + ownScript}
	// The browser is told to run this script, to apply this style, and to load nothing.
	policy := strings.Join([]string{
		"default-src 'none'", "script-src " + hash(p.script), "style-src " + hash(p.style), "img-src data:",
		"base-uri 'none'", "form-action 'none'",
	}, "; ")
	source := strings.ReplaceAll(layout, "POLICY", template.HTMLEscapeString(policy))
	p.template = template.Must(template.New("layout").Funcs(template.FuncMap{"number": Number}).Funcs(funcs).Parse(source))
	template.Must(p.template.Parse(main))
	return p
}

// hash is how a Content-Security-Policy names the text of an element (https://www.w3.org/TR/CSP3/#match-element-to-source-list).
func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// Write writes the page with a title and what the template makes of data, and fails where w does.
func (p *Page) Write(w io.Writer, title string, data any) error {
	var page bytes.Buffer // half a page is not written when the template fails
	err := p.template.Execute(&page, struct {
		Title  string
		Style  template.CSS
		Script template.JS
		Data   any
	}{title, template.CSS(p.style), template.JS(p.script), data})
	if err != nil {
		return err
	}
	_, err = page.WriteTo(w)
	return err
}

// Number formats n, which is not negative, with a comma between thousands.
func Number(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
