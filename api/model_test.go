package api_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/psoauth/psoauth/api"
)

// A model is a server whose list of tokens changes while it is read, newest first, and which fails now and then. It may
// lie about its pages, in a way that a client can notice.
type model struct {
	mu         sync.Mutex
	random     *rand.Rand
	tokens     []string
	always     map[string]bool // those that have been there all the time
	next       int
	perPage    int
	totals     bool
	grows      float64 // how likely it is that a token is issued before a page
	shrinks    float64
	fails      float64
	lie        int // 0 for none
	insertions int
	deletions  int
}

func newModel(seed uint64) *model {
	r := rand.New(rand.NewPCG(seed, 1))
	m := &model{random: r, always: map[string]bool{}, perPage: 1 + r.IntN(6), totals: r.IntN(4) > 0}
	for range r.IntN(40) {
		m.issue()
	}
	for _, id := range m.tokens {
		m.always[id] = true
	}
	m.insertions = 0
	switch r.IntN(5) {
	case 0:
	case 1:
		m.grows = 0.4
	case 2:
		m.shrinks = 0.4
	case 3:
		m.grows, m.shrinks, m.fails = 0.3, 0.3, 0.1
	case 4:
		m.lie = 1 + r.IntN(5)
	}
	if r.IntN(3) == 0 {
		m.fails = 0.15
	}
	return m
}

func (m *model) issue() {
	m.insertions++
	m.next++
	m.tokens = slices.Insert(m.tokens, 0, "t"+strconv.Itoa(m.next))
}

func (m *model) RoundTrip(r *http.Request) (*http.Response, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.random.Float64() < m.fails {
		return response(r, http.StatusInternalServerError), nil
	}
	for m.random.Float64() < m.grows {
		m.issue()
	}
	if m.random.Float64() < m.shrinks && len(m.tokens) > 0 {
		at := m.random.IntN(len(m.tokens))
		delete(m.always, m.tokens[at])
		m.tokens = slices.Delete(m.tokens, at, at+1)
		m.deletions++
	}
	number, _ := strconv.Atoi(r.URL.Query().Get("page"))
	pages := (len(m.tokens) + m.perPage - 1) / m.perPage
	from := min((number-1)*m.perPage, len(m.tokens))
	ids := slices.Clone(m.tokens[from:min(from+m.perPage, len(m.tokens))])
	current, next := number, "null"
	if number < pages {
		next = strconv.Itoa(number + 1)
	}
	totals := fmt.Sprintf(`"per_page":%d,"total_count":%d,"total_pages":%d,`, m.perPage, len(m.tokens), pages)
	if !m.totals && m.lie != 1 && m.lie != 3 {
		totals = ""
	}
	switch {
	case m.lie == 1 && number == 2: // an empty page in the middle
		if ids = nil; m.random.IntN(2) == 0 {
			next = "null"
		}
	case m.lie == 2 && next != "null": // a leap
		next = strconv.Itoa(number + 2)
	case m.lie == 3: // the end too early
		next = "null"
	case m.lie == 4: // another page than asked for
		current++
	case m.lie == 5 && len(ids) > 1: // an id twice
		ids[0] = ids[1]
	}
	var data []string
	for _, id := range ids {
		data = append(data, `{"id":"`+id+`"}`)
	}
	resp := response(r, http.StatusOK)
	resp.Body, resp.ContentLength = readCloser(fmt.Sprintf(`{"current_page":%d,"next_page":%s,%s"data":[%s]}`,
		current, next, totals, strings.Join(data, ","))), -1
	return resp, nil
}

// Lists change, fail, are resumed, and contradict themselves at random. PSOAUTH_MODEL says how many lists; make model reads
// 20,000. A list that ends well may lack a token that was there all the time only where the documentation of Tokens says so.
func TestNoTokenIsLostButWhereDocumented(t *testing.T) {
	t.Parallel()
	lists, err := strconv.Atoi(os.Getenv("PSOAUTH_MODEL"))
	if err != nil {
		lists = 500
	}
	whole, refused, resumed, lost, losing := 0, 0, 0, 0, 0
	for seed := range lists {
		m := newModel(uint64(seed))
		c := onWire(t, m.RoundTrip, api.WithMaxRetries(0), api.WithRateLimit(0))
		options := api.ListOptions{PerPage: m.perPage, Prefetch: []int{0, 1, 4}[seed%3]}
		got := map[string]bool{}
		again := 0
		for {
			ids, err := collect(c.Tokens(t.Context(), "acme", "app1", options))
			for _, id := range ids {
				got[id] = true
			}
			var e *api.Error
			if errors.As(err, &e) && errors.Is(err, api.ErrServer) {
				options.Page = e.Page
				again++
				continue
			}
			if err != nil {
				refused++
			} else {
				whole++
				missing := 0
				for id := range m.always {
					if !got[id] {
						missing++
					}
				}
				most := m.deletions
				if options.Prefetch > 1 {
					most *= 1 + m.insertions // each of them can hide a shift from the pages fetched ahead
				}
				if missing > most && (m.lie != 1 || again == 0) { // a range that resumes knows nothing of an earlier page
					t.Errorf("seed %d: %d tokens lost, after %d deletions, %d insertions and %d resumptions: %+v",
						seed, missing, m.deletions, m.insertions, again, options)
				}
				if lost += missing; missing > 0 {
					losing++
				}
			}
			break
		}
		resumed += min(again, 1)
	}
	t.Logf("%d lists: %d read to the end, %d refused, %d resumed; in %d of them %d tokens were lost, after deletions or before a resumption", lists, whole, refused, resumed, losing, lost)
}
