package apitest

import (
	"net/http"
	"strconv"
)

// What per_page is without being asked for, and at most.
const (
	defaultPerPage = 25
	maxPerPage     = 100
)

// A page is the envelope of a list. Positions in the list are counted from 0.
type page struct {
	Type        string  `json:"type,omitempty"`
	CurrentPage int64   `json:"current_page"`
	PerPage     int64   `json:"per_page,omitempty"`
	NextPage    *int64  `json:"next_page"`
	NextPageURL *string `json:"next_page_url"`
	PrevPage    *int64  `json:"prev_page"`
	PrevPageURL *string `json:"prev_page_url"`
	TotalCount  *int64  `json:"total_count,omitempty"`
	TotalPages  *int64  `json:"total_pages,omitempty"`
	Data        []any   `json:"data"`

	first, end int // the positions on this page, end excluded
}

// newPage returns the page that was asked for of a list of so many items, without its data.
func newPage(number, perPage *int64, items int) *page {
	count := int64(items)
	p := &page{Type: "list", CurrentPage: 1, PerPage: defaultPerPage, TotalCount: &count, Data: []any{}}
	if number != nil && *number >= 1 {
		p.CurrentPage = *number
	}
	if perPage != nil && *perPage >= 1 {
		p.PerPage = min(*perPage, maxPerPage)
	}
	pages := (count + p.PerPage - 1) / p.PerPage
	p.TotalPages = &pages
	if p.CurrentPage <= pages {
		p.first = int((p.CurrentPage - 1) * p.PerPage)
		p.end = min(p.first+int(p.PerPage), items)
	}
	if p.CurrentPage < pages {
		p.NextPage = new(p.CurrentPage + 1)
	}
	if p.CurrentPage > 1 {
		p.PrevPage = new(p.CurrentPage - 1)
	}
	return p
}

// sendPage answers with a page in the shape of the revision. The addresses of the pages beside it lead back here.
func (o operations) sendPage(w http.ResponseWriter, r *http.Request, p *page) {
	if c, ok := r.Context().Value(callKey{}).(*call); ok && c.nextPage != nil {
		p.NextPage = c.nextPage
	}
	link := func(to *int64) *string {
		if to == nil {
			return nil
		}
		scheme := "http://"
		if r.TLS != nil || r.Host == apiHost {
			scheme = "https://"
		}
		return new(scheme + r.Host + r.URL.EscapedPath() +
			"?page=" + strconv.FormatInt(*to, 10) + "&per_page=" + strconv.FormatInt(p.PerPage, 10))
	}
	p.NextPageURL, p.PrevPageURL = link(p.NextPage), link(p.PrevPage)
	if o.config.revision == revision202512 {
		p.Type, p.PerPage, p.TotalCount, p.TotalPages = "", 0, nil, nil
	}
	send(w, http.StatusOK, p)
}
