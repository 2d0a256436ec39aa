package contract

import (
	"cmp"
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

// page judges one page of a list: by itself, by the request, and by the other pages of the run.
func (j *judge) page(root any) {
	e := envelope{
		integer(root, "current_page"), integer(root, "per_page"), integer(root, "next_page"), integer(root, "prev_page"),
		integer(root, "total_count"), integer(root, "total_pages"), int64(len(items(root, "data"))),
	}
	j.number(e, root)
	j.totals(e, root)
	j.pageURL(root, "next_page", e.next)
	j.pageURL(root, "prev_page", e.prev)
	j.ids(e, root)
}

// number judges the number and the size of a page by the request, and the numbers of the pages beside it.
func (j *judge) number(e envelope, root any) {
	asks := func(name string) *int64 {
		if n, err := strconv.ParseInt(j.query.Get(name), 10, 64); err == nil && n > 0 {
			return &n
		}
		return nil
	}
	page := asks("page")
	if page == nil && j.match != nil && !j.query.Has("page") {
		page = new(int64(1))
	}
	if page != nil && e.current != nil && *e.current != *page {
		j.wrong("page.current", "/current_page", "this is page %d, and page %d was asked for", *e.current, *page)
	}
	perPage := asks("per_page")
	if perPage != nil && e.perPage != nil && *e.perPage < *perPage {
		j.wrong("page.clamped", "/per_page", "%d per page were asked for, and the page holds %d", *perPage, *e.perPage)
	}
	if limit := cmp.Or(e.perPage, perPage); limit != nil && e.size > *limit {
		j.wrong("page.overfull", "/data", "there are %d items on a page that holds %d", e.size, *limit)
	}
	if e.current == nil {
		return
	}
	current := *e.current
	if e.next != nil && *e.next != current+1 {
		j.wrong("page.next-not-advancing", "/next_page", "after page %d comes page %d", current, *e.next)
	}
	switch {
	case current <= 1 && e.prev != nil:
		j.wrong("page.prev", "/prev_page", "the first page has a page before it")
	case current > 1 && e.prev != nil && *e.prev != current-1:
		j.wrong("page.prev", "/prev_page", "before page %d comes page %d", current, *e.prev)
	case current > 1 && isNull(root, "prev_page"):
		j.wrong("page.prev", "/prev_page", "page %d has no page before it", current)
	}
}

// totals judges the totals of a list. Where they contradict each other they say nothing about the next page.
func (j *judge) totals(e envelope, root any) {
	last := e.totalPages
	if e.totalCount != nil && e.perPage != nil && *e.perPage > 0 {
		pages := *e.totalCount/(*e.perPage) + int64(btoi(*e.totalCount%*e.perPage != 0))
		empty := *e.totalCount == 0 && last != nil && *last == 1 // an empty list may count as one page
		if last != nil && *last != pages && !empty {
			j.wrong("page.total-pages", "/total_pages", "%d items at %d per page make %d pages, not %d",
				*e.totalCount, *e.perPage, pages, *last)
			return
		}
		last = &pages
	}
	switch {
	case e.current == nil:
		return
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
	if e.totalCount != nil && *e.perPage <= 1<<31 && *e.current <= 1<<31 && e.size > 0 {
		upToHere := (*e.current-1)**e.perPage + e.size
		if upToHere > *e.totalCount || upToHere != *e.totalCount && e.next == nil {
			j.wrong("page.total-count", "/total_count", "the pages up to this one hold %d items, and the total is %d",
				upToHere, *e.totalCount)
		}
	}
}

// pageURL judges the URL of the next or previous page by the number beside it.
func (j *judge) pageURL(root any, name string, number *int64) {
	at := "/" + name + "_url"
	object, _ := root.(map[string]any)
	beside, has := object[name]
	link, hasLink := object[name+"_url"]
	raw, isString := link.(string)
	switch {
	case !has || !hasLink:
		return
	case isString && beside == nil:
		j.wrong("page.url-page", at, "there is a URL for a page that has no number")
	case number != nil && link == nil:
		j.wrong("page.url-page", at, "there is no URL for page %d", *number)
	}
	if !isString {
		return
	}
	u, err := url.Parse(raw)
	if err != nil || !j.leadsBack(u) {
		j.wrong("page.url-elsewhere", at, "the URL does not lead to this list")
	} else if page, err := strconv.ParseInt(u.Query().Get("page"), 10, 64); number != nil && (err != nil || page != *number) {
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

// ids judges whether an id occurs twice, on this page or on another since page 1 was last read, and counts the list for the
// run: how many items are on the pages from the first to this one, if they were read without a gap.
func (j *judge) ids(e envelope, root any) {
	var ids []string
	seen := map[string]bool{}
	for i, item := range items(root, "data") {
		id, ok := member(item, "id").(string)
		if ok && seen[id] {
			j.wrong("page.duplicate-id", "/data/"+strconv.Itoa(i)+"/id", "the id occurs more than once on the page")
		}
		seen[id] = true
		ids = append(ids, id)
	}
	if e.current == nil {
		return
	}
	var of target
	if j.match != nil {
		of = j.match.target
	}
	lists := &j.run.lists
	lists.mu.Lock()
	defer lists.mu.Unlock()
	this, page, read := lists.at(of), *e.current, int64(0)
	if page == 1 {
		this.pages, this.read = map[string]int64{}, 0
	}
	for i, id := range ids {
		if other, ok := this.pages[id]; ok && other != page && id != "" {
			j.wrong("page.repeated-id", "/data/"+strconv.Itoa(i)+"/id", "the id was on another page of this run")
		}
		this.pages[strings.Clone(id)] = page
	}
	lists.ids += len(ids)
	if page == this.read+1 {
		this.read++
	}
	if page == this.read {
		read = int64(len(this.pages))
	}
	total := e.totalCount
	if total != nil && e.perPage == nil && e.next == nil && read > 0 && read != *total { // else totals judges
		j.wrong("page.total-count", "/total_count", "the list ends after %d items, and the total is %d", read, *total)
	}
	at := "/total_count"
	if total == nil && e.next == nil && read > 0 {
		total, at = &read, "/data"
	}
	if total == nil || j.match == nil {
		return
	}
	if this.total = total; this.tokens != nil && *this.tokens != *total {
		j.wrong("count.tokens", at, "the application says that it has %d tokens, and its list gave another number", *this.tokens)
	}
}

// lists is what a run remembers of lists and of the applications they belong to, for the rules that look at more than
// one response. It is safe for concurrent use.
type lists struct {
	mu  sync.Mutex
	ids int              // remembered in all
	all map[target]*list // by where they are
}

type list struct {
	pages         map[string]int64 // by id, the page it was on
	read          int64            // how many pages were read from the first on, without a gap
	total, tokens *int64           // how many items there are, as the list says and as the application does
}

// maxIDs bounds what a run remembers: beyond it, all is forgotten.
const maxIDs = 1 << 20

// at returns what is remembered of a list.
func (l *lists) at(where target) *list {
	if l.all == nil || l.ids+len(l.all) > maxIDs {
		l.all, l.ids = map[target]*list{}, 0
	}
	if l.all[where] == nil {
		l.all[where] = &list{pages: map[string]int64{}}
	}
	return l.all[where]
}
