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
	current, perPage int64
	next, prev       *int64
	count, pages     int64 // of the whole list
	first, end       int64 // the positions on this page, end excluded
}

func newPage(number, perPage *int64, count int64) page {
	p := page{current: 1, perPage: defaultPerPage, count: count}
	if number != nil && *number >= 1 {
		p.current = *number
	}
	if perPage != nil && *perPage >= 1 {
		p.perPage = min(*perPage, maxPerPage)
	}
	p.pages = count / p.perPage
	if count%p.perPage != 0 {
		p.pages++
	}
	if p.current <= p.pages {
		p.first = (p.current - 1) * p.perPage
		p.end = min(p.first+p.perPage, count)
	}
	if p.current < p.pages {
		next := p.current + 1
		p.next = &next
	}
	if p.current > 1 {
		prev := p.current - 1
		p.prev = &prev
	}
	return p
}

// appendPage appends the JSON of a page, whose items appendItem appends by their positions. The request is the one it answers, so that the addresses of the pages beside it
// lead back here.
func (r Revision) appendPage(dst []byte, p page, request *http.Request, appendItem func([]byte, int) []byte) []byte {
	dst = append(dst, '{')
	if r != Revision202512 {
		dst = append(dst, `"type":"list",`...)
	}
	dst = appendInt(dst, `"current_page":`, p.current)
	if r != Revision202512 {
		dst = appendInt(dst, `,"per_page":`, p.perPage)
	}
	dst = appendLink(dst, `,"next_page":`, `,"next_page_url":`, p.next, p.perPage, request)
	dst = appendLink(dst, `,"prev_page":`, `,"prev_page_url":`, p.prev, p.perPage, request)
	if r != Revision202512 {
		dst = appendInt(dst, `,"total_count":`, p.count)
		dst = appendInt(dst, `,"total_pages":`, p.pages)
	}
	dst = append(dst, `,"data":[`...)
	for i := p.first; i < p.end; i++ {
		if i > p.first {
			dst = append(dst, ',')
		}
		dst = appendItem(dst, int(i))
	}
	return append(dst, "]}"...)
}

func appendInt(dst []byte, name string, value int64) []byte {
	return strconv.AppendInt(append(dst, name...), value, 10)
}

func appendLink(dst []byte, name, urlName string, to *int64, perPage int64, request *http.Request) []byte {
	if to == nil {
		return append(append(append(append(dst, name...), null...), urlName...), null...)
	}
	scheme := "http://"
	if request.TLS != nil {
		scheme = "https://"
	}
	dst = appendInt(dst, name, *to)
	dst = append(dst, urlName...)
	return append(dst, mustJSON(scheme+request.Host+request.URL.EscapedPath()+
		"?page="+strconv.FormatInt(*to, 10)+"&per_page="+strconv.FormatInt(perPage, 10))...)
}
