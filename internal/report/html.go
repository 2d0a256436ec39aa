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
var documentPage = sync.OnceValue(func() *Page { return NewPage(documentTemplate, documentStyle, "", nil) })

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
	if d.Page != nil {
		return d.Page(w)
	}
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
	return documentPage().Write(w, d.Title+": "+d.Verdict+" "+d.Summary, data)
}
