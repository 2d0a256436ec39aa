package report

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"strings"
)

var (
	//go:embed document.html
	document string
	//go:embed document.css
	style string
	//go:embed document.js
	script string
)

// A Page is the HTML form of documents: one self-contained file, light and dark, that loads nothing and runs no script but
// its own. It is safe for concurrent use.
type Page struct {
	template      *template.Template
	style, script string
}

// NewPage makes a page with a part of its own below the findings: a template that defines "inventory", with the style and
// the script for it. They must be constants of the module: they are not escaped. Templates know {{number}}, which is
// [Number]. It panics if the template is wrong.
func NewPage(inventory, ownStyle, ownScript string) *Page {
	p := &Page{style: style + ownStyle, script: script + ownScript}
	// The browser may run this script, apply this style, and load nothing.
	policy := strings.Join([]string{
		"default-src 'none'", "script-src " + hash(p.script), "style-src " + hash(p.style), "img-src data:",
		"base-uri 'none'", "form-action 'none'",
	}, "; ")
	source := strings.ReplaceAll(document, "POLICY", template.HTMLEscapeString(policy))
	p.template = template.Must(template.New("document").Funcs(template.FuncMap{"number": Number[int]}).Parse(source))
	template.Must(p.template.Parse(inventory))
	return p
}

// hash is how a Content-Security-Policy names the text of an element (https://www.w3.org/TR/CSP3/#match-element-to-source-list).
func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// A pageGroup is a group as the page shows it.
type pageGroup struct {
	Group
	Label  string
	Shown  []Finding
	Others int
}

// writeHTML writes one self-contained page: the verdict, what was found, and the sections.
func writeHTML(b *bytes.Buffer, d *Document, _ Options) error {
	const maxPlaces = 100 // findings of a group
	page := d.Page
	if page == nil {
		page = NewPage("", "", "")
	}
	data := struct {
		*Document
		Groups []pageGroup
		Style  template.CSS
		Script template.JS
	}{Document: d, Style: template.CSS(page.style), Script: template.JS(page.script)}
	for _, g := range d.Groups {
		open := g.Open()
		if len(open) == 0 {
			continue
		}
		shown := open[:min(len(open), maxPlaces)]
		data.Groups = append(data.Groups, pageGroup{g, g.label(), shown, len(open) - len(shown)})
	}
	return page.template.Execute(b, data)
}
