package contract

import (
	"strings"
	"sync"
)

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
// the list's total is known and is not what the application said, that number.
func (l *lists) page(of target, e envelope, ids []string) (repeated []int, tokens *int64) {
	if e.current == nil {
		return nil, nil
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
	total := e.totalCount
	if total == nil && e.next == nil && *e.current == this.read {
		n := int64(len(this.pages))
		total = &n
	}
	if total == nil || of == (target{}) {
		return repeated, nil
	}
	if l.totals == nil || len(l.totals) > maxIDs {
		l.totals = map[target]int64{}
	}
	l.totals[of] = *total
	if said, ok := l.tokens[of]; ok && said != *total {
		tokens = &said
	}
	return repeated, tokens
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
