package report

import (
	_ "embed"
	"io"
	"sync"
)

var (
	//go:embed document.html
	documentTemplate string
	//go:embed document.css
	documentStyle string
)

// documentPage is made when it is first needed: other formats should not wait for it.
var documentPage = sync.OnceValue(func() *Page { return NewDocumentPage("", "", "") })

// NewDocumentPage makes a page for documents with a part of its own: a template that defines "inventory", with the style
// and the script for it, as for [NewPage]. It stands below the findings.
func NewDocumentPage(inventory, style, script string) *Page {
	return NewPage(documentTemplate+inventory, documentStyle+style, script)
}

// maxPlaces is how many findings of a group the page lists.
const maxPlaces = 100

// A pageGroup is a group as the page shows it.
type pageGroup struct {
	Group
	Label  string
	Number int // of findings that are not accepted
	Shown  []Finding
	Others int
}

// writeHTML writes one self-contained page: the verdict, what was found, and the sections.
func writeHTML(w io.Writer, d *Document, _ Options) error {
	data := struct {
		*Document
		Failed bool
		Groups []pageGroup
	}{Document: d}
	for _, g := range d.Groups {
		open := g.Open()
		if len(open) == 0 && g.More == 0 {
			continue
		}
		data.Failed = data.Failed || g.Severity >= d.FailOn
		shown := open[:min(len(open), maxPlaces)]
		data.Groups = append(data.Groups, pageGroup{
			Group: g, Label: g.label(), Number: g.Count(), Shown: shown, Others: len(open) - len(shown) + g.More,
		})
	}
	page := d.Page
	if page == nil {
		page = documentPage()
	}
	return page.Write(w, d.Title+": "+d.Verdict+" "+d.Summary, data)
}
