package contract

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// An envelope is what a page of a list says about itself; what it does not say is nil.
type envelope struct {
	current, perPage, next, prev, totalCount, totalPages *int64
	size                                                 int64 // how many items the page has
}

func envelopeOf(root any) envelope {
	number := func(name string) *int64 {
		if n, ok := integer(member(root, name)); ok {
			return &n
		}
		return nil
	}
	return envelope{
		current: number("current_page"), perPage: number("per_page"), next: number("next_page"), prev: number("prev_page"),
		totalCount: number("total_count"), totalPages: number("total_pages"), size: int64(len(items(root, "data"))),
	}
}

// page judges one page of a list: by itself, by the request, and by the other pages of the run.
func (j *judge) page(root any) {
	e := envelopeOf(root)
	j.pageAsked(e)
	if e.current != nil {
		j.neighbours(e, root)
	}
	j.totals(e, root)
	j.pageURL(root, "next_page", e.next)
	j.pageURL(root, "prev_page", e.prev)
	j.ids(e, root)
}

// asks returns a number among the request's query parameters.
func (j *judge) asks(name string) (int64, bool) {
	n, err := strconv.ParseInt(j.query.Get(name), 10, 64)
	return n, err == nil && n > 0
}

// pageAsked judges a page against the request.
func (j *judge) pageAsked(e envelope) {
	page, ok := j.asks("page")
	if !ok && j.match != nil && !j.query.Has("page") {
		page, ok = 1, true
	}
	if ok && e.current != nil && *e.current != page {
		j.wrong("page.current", "/current_page", "this is page %d, and page %d was asked for", *e.current, page)
	}
	limit := e.perPage
	if perPage, ok := j.asks("per_page"); ok {
		switch {
		case limit == nil:
			limit = &perPage
		case *limit < perPage:
			j.wrong("page.clamped", "/per_page", "%d per page were asked for, and the page holds %d", perPage, *limit)
		}
	}
	if limit != nil && e.size > *limit {
		j.wrong("page.overfull", "/data", "there are %d items on a page that holds %d", e.size, *limit)
	}
}

// neighbours judges the numbers of the next and the previous page.
func (j *judge) neighbours(e envelope, root any) {
	if e.next != nil && *e.next != *e.current+1 {
		j.wrong("page.next-not-advancing", "/next_page", "after page %d comes page %d", *e.current, *e.next)
	}
	switch {
	case *e.current <= 1 && e.prev != nil:
		j.wrong("page.prev", "/prev_page", "the first page has a page before it")
	case *e.current > 1 && e.prev != nil && *e.prev != *e.current-1:
		j.wrong("page.prev", "/prev_page", "before page %d comes page %d", *e.current, *e.prev)
	case *e.current > 1 && isNull(root, "prev_page"):
		j.wrong("page.prev", "/prev_page", "page %d has no page before it", *e.current)
	}
}

// totals judges the totals of a list. Where they contradict each other they say nothing about the next page.
func (j *judge) totals(e envelope, root any) {
	last := e.totalPages
	if e.totalCount != nil && e.perPage != nil && *e.perPage > 0 {
		pages := *e.totalCount / *e.perPage
		if *e.totalCount%*e.perPage != 0 {
			pages++
		}
		empty := *e.totalCount == 0 && last != nil && *last == 1 // an empty list may count as one page
		if last != nil && *last != pages && !empty {
			j.wrong("page.total-pages", "/total_pages", "%d items at %d per page make %d pages, not %d", *e.totalCount, *e.perPage, pages, *last)
			return
		}
		last = &pages
	}
	if e.current == nil {
		return
	}
	switch {
	case last == nil:
	case *e.current < *last && isNull(root, "next_page"):
		j.wrong("page.next-missing", "/next_page", "page %d of %d has no next page", *e.current, *last)
		return
	case *e.current >= *last && e.next != nil:
		j.wrong("page.next-beyond-end", "/next_page", "page %d of %d has a next page", *e.current, *last)
		return
	}
	if e.perPage == nil || *e.current < 1 || *e.perPage < 1 {
		return
	}
	if e.next != nil && e.size < *e.perPage {
		j.wrong("page.short", "/data", "there are %d items on a page that holds %d, and another page follows", e.size, *e.perPage)
	}
	if e.totalCount != nil && *e.perPage <= 1<<31 && *e.current <= 1<<31 {
		upToHere := (*e.current-1)**e.perPage + e.size
		if upToHere > *e.totalCount && e.size > 0 || upToHere != *e.totalCount && e.size > 0 && e.next == nil {
			j.wrong("page.total-count", "/total_count", "the pages up to this one hold %d items, and the total is %d", upToHere, *e.totalCount)
		}
	}
}

// pageURL judges the URL of the next or previous page, which stands beside its number.
func (j *judge) pageURL(root any, name string, number *int64) {
	at := "/" + name + "_url"
	object, _ := root.(map[string]any)
	beside, has := object[name]
	link, hasLink := object[name+"_url"]
	if !has || !hasLink {
		return
	}
	raw, ok := link.(string)
	switch {
	case ok && beside == nil:
		j.wrong("page.url-page", at, "there is a URL for a page that has no number")
	case number != nil && link == nil:
		j.wrong("page.url-page", at, "there is no URL for page %d", *number)
	}
	if !ok {
		return
	}
	u, err := url.Parse(raw)
	if err != nil || !j.leadsBack(u) {
		j.wrong("page.url-elsewhere", at, "the URL does not lead to this list")
		return
	}
	if page, err := strconv.ParseInt(u.Query().Get("page"), 10, 64); number != nil && (err != nil || page != *number) {
		j.wrong("page.url-page", at, "the URL is not that of page %d", *number)
	}
}

// leadsBack reports whether u, which may be relative to the request's URL, is a URL of the list that was asked for; of a
// bare body, whether it is one of any such list.
func (j *judge) leadsBack(u *url.URL) bool {
	here := j.match
	if here == nil {
		m := j.v.spec.find(http.MethodGet, targetOf(&http.Request{URL: u}), j.v.aliases)
		return !u.IsAbs() || m != nil && m.host && m.scheme && m.op == j.op
	}
	base := url.URL{Scheme: here.target.scheme, Host: here.target.host, Path: here.target.path}
	there := targetOf(&http.Request{URL: base.ResolveReference(u)})
	return slices.Contains(append(declaredTargets(there, j.v.aliases), there), here.target)
}

// ids judges whether an id occurs twice, on this page or on two pages of the run, and counts the list for the run.
func (j *judge) ids(e envelope, root any) {
	ids := make([]string, 0, e.size)
	seen := make(map[string]bool, e.size)
	for i, item := range items(root, "data") {
		id, ok := member(item, "id").(string)
		if ok && seen[id] {
			j.wrong("page.duplicate-id", "/data/"+strconv.Itoa(i)+"/id", "the id occurs more than once on the page")
		}
		seen[id] = true
		ids = append(ids, id)
	}
	var of target
	if j.match != nil {
		of = j.match.target
	}
	repeated, tokens, read := j.run.lists.page(of, e, ids)
	if e.perPage == nil && e.totalCount != nil && e.next == nil && read > 0 && read != *e.totalCount { // else totals judges
		j.wrong("page.total-count", "/total_count", "the list ends after %d items, and the total is %d", read, *e.totalCount)
	}
	for _, i := range repeated {
		j.wrong("page.repeated-id", "/data/"+strconv.Itoa(i)+"/id", "the id was on another page of this run")
	}
	if tokens != nil {
		at := "/total_count"
		if e.totalCount == nil {
			at = "/data"
		}
		j.wrong("count.tokens", at, "the application says that it has %d tokens, and its list gave another number", *tokens)
	}
}

// lists is what a run remembers of lists and of the applications they belong to, for the rules that look at more than
// one response. It is safe for concurrent use.
type lists struct {
	mu     sync.Mutex
	ids    int              // remembered in all
	lists  map[target]*list // by where they are
	tokens map[target]int64 // what applications say, by where their list is
	totals map[target]int64 // what lists say
}

type list struct {
	pages map[string]int64 // by id, the page it was on
	read  int64            // how many pages were read from the first on, without a gap
}

// maxIDs bounds what a run remembers: beyond it, all is forgotten.
const maxIDs = 1 << 20

// page remembers a page. It returns the indices of the ids that were on another page since page 1 was last read and, if
// the list's total is known and is not what the application said, that number. Of a list that was read from page 1 to this
// one without a gap it returns how many items were on these pages, of another 0.
func (l *lists) page(of target, e envelope, ids []string) (repeated []int, tokens *int64, read int64) {
	if e.current == nil {
		return nil, nil, 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.lists == nil || l.ids > maxIDs {
		l.lists, l.ids = map[target]*list{}, 0
	}
	this := l.lists[of]
	if this == nil || *e.current == 1 {
		this = &list{pages: map[string]int64{}}
		l.lists[of] = this
	}
	for i, id := range ids {
		if page, ok := this.pages[id]; ok && page != *e.current && id != "" {
			repeated = append(repeated, i)
		}
		this.pages[strings.Clone(id)] = *e.current
	}
	l.ids += len(ids)
	if *e.current == this.read+1 {
		this.read++
	}
	if *e.current == this.read {
		read = int64(len(this.pages))
	}
	total := e.totalCount
	if total == nil && e.next == nil && read > 0 {
		total = &read
	}
	if total == nil || of == (target{}) {
		return repeated, nil, read
	}
	if l.totals == nil || len(l.totals) > maxIDs {
		l.totals = map[target]int64{}
	}
	l.totals[of] = *total
	if said, ok := l.tokens[of]; ok && said != *total {
		tokens = &said
	}
	return repeated, tokens, read
}

// counted remembers how many tokens an application says it has. It returns the total of its list, if that is known and
// is another.
func (l *lists) counted(application target, tokens int64) (total int64, differs bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	application.path += "/tokens"
	if l.tokens == nil || len(l.tokens) > maxIDs {
		l.tokens = map[target]int64{}
	}
	l.tokens[application] = tokens
	total, ok := l.totals[application]
	return total, ok && total != tokens
}
