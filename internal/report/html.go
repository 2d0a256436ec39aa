package report

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
)

var (
	//go:embed document.html
	document string
	//go:embed document.css
	style string
	//go:embed document.js
	script string
)

// An Inventory is a part of its own on a page, below the findings: a template that defines "inventory", which knows
// {{number}}, with the style and the script for it, and what it shows. All but that must be constants of the module: they
// are not escaped, and a template that is wrong panics.
type Inventory struct {
	Template, Style, Script string
	Data                    any
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

// writeHTML writes one self-contained page, light and dark, that loads nothing and runs no script but its own: the verdict,
// what was found, and the sections.
func writeHTML(b *bytes.Buffer, d *Document, _ Options) error {
	const maxPlaces = 100 // findings of a group
	own := cmp.Or(d.Inventory, &Inventory{})
	page := template.Must(template.New("document").Funcs(template.FuncMap{"number": Number[int]}).Parse(document))
	template.Must(page.Parse(own.Template))
	data := struct {
		*Document
		Groups    []pageGroup
		Inventory any
		Policy    string
		Style     template.CSS
		Script    template.JS
	}{Document: d, Inventory: own.Data, Style: template.CSS(style + own.Style), Script: template.JS(script + own.Script)}
	// The browser may run this script, apply this style, and load nothing.
	data.Policy = "default-src 'none'; script-src " + hash(string(data.Script)) + "; style-src " + hash(string(data.Style)) +
		"; img-src data:; base-uri 'none'; form-action 'none'"
	for _, g := range d.Groups {
		open := g.Open()
		if len(open) == 0 {
			continue
		}
		shown := open[:min(len(open), maxPlaces)]
		data.Groups = append(data.Groups, pageGroup{g, g.label(), shown, len(open) - len(shown)})
	}
	return page.Execute(b, data)
}
