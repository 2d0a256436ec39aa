package report

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"io"
	"strings"
)

var (
	//go:embed layout.html
	layout string
	//go:embed page.css
	style string
	//go:embed page.js
	script string
)

// A Page is a kind of page: one self-contained file, light and dark, that loads nothing and runs no script but its own. It
// is safe for concurrent use.
type Page struct {
	template      *template.Template
	style, script string
}

// NewPage makes a page of a template that defines "main", the content of the body, with a style and a script of its own,
// which follow those that all pages have. They must be constants of the module: they are not escaped. All templates know
// {{number}}, which is [Number]. It panics if the template is wrong.
func NewPage(main, ownStyle, ownScript string) *Page {
	p := &Page{style: style + ownStyle, script: script + ownScript}
	// The browser may run this script, apply this style, and load nothing.
	policy := strings.Join([]string{
		"default-src 'none'", "script-src " + hash(p.script), "style-src " + hash(p.style), "img-src data:",
		"base-uri 'none'", "form-action 'none'",
	}, "; ")
	source := strings.ReplaceAll(layout, "POLICY", template.HTMLEscapeString(policy))
	p.template = template.Must(template.New("layout").Funcs(template.FuncMap{"number": Number[int]}).Parse(source))
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
