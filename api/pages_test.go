package api_test

import (
	"errors"
	"fmt"
	"iter"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/psoauth/psoauth/api"
)

// collect ranges over tokens and returns their ids and the error that ended them.
func collect(tokens iter.Seq2[*api.Token, error]) (ids []string, err error) {
	for token, err := range tokens {
		if err != nil {
			return ids, err
		}
		ids = append(ids, token.ID)
	}
	return ids, nil
}

// checkAll fails unless ids are t0, t1, … in order.
func checkAll(t *testing.T, ids []string, want int) {
	t.Helper()
	if len(ids) != want {
		t.Errorf("%d tokens were yielded, want %d", len(ids), want)
	}
	for i, id := range ids {
		if id != "t"+strconv.Itoa(i) {
			t.Errorf("token %d is %s", i, id)
			return
		}
	}
}

func TestTokensYieldsEveryTokenOnceInOrder(t *testing.T) {
	t.Parallel()
	for _, total := range []int{0, 1, 99, 100, 101, 1037} {
		for _, totals := range []bool{true, false} {
			for _, prefetch := range []int{0, 1, 4, 32} {
				for _, perPage := range []int{0, 25, 500} {
					t.Run(fmt.Sprint(total, totals, prefetch, perPage), func(t *testing.T) {
						t.Parallel()
						c, rec := serve(t, pages(total, totals))
						options := api.ListOptions{Prefetch: prefetch, PerPage: perPage}
						tokens := c.Tokens(t.Context(), "acme", "app1", options)
						if n := len(rec.seen()); n != 0 {
							t.Errorf("%d requests were sent before the range", n)
						}
						for range 2 { // each range starts afresh
							ids, err := collect(tokens)
							if err != nil {
								t.Fatal(err)
							}
							checkAll(t, ids, total)
						}
						size := 100
						if perPage == 25 {
							size = 25
						}
						if n, want := len(rec.seen()), 2*max(1, (total+size-1)/size); n != want {
							t.Errorf("%d requests were sent, want %d", n, want)
						}
					})
				}
			}
		}
	}
}

func TestListOptions(t *testing.T) {
	t.Parallel()
	c, rec := serve(t, pages(1037, true))
	t.Run("a page to begin with", func(t *testing.T) {
		ids, err := collect(c.Tokens(t.Context(), "acme", "app1", api.ListOptions{Page: 10}))
		if err != nil || len(ids) != 137 || ids[0] != "t900" {
			t.Errorf("got %d tokens from %v, %v", len(ids), ids[:1], err)
		}
	})
	t.Run("a limit", func(t *testing.T) {
		for _, limit := range []int{1, 99, 100, 101, 1037, 5000} {
			before := len(rec.seen())
			ids, err := collect(c.Tokens(t.Context(), "acme", "app1", api.ListOptions{Limit: limit}))
			if err != nil {
				t.Fatal(err)
			}
			checkAll(t, ids, min(limit, 1037))
			if n, want := len(rec.seen())-before, (min(limit, 1037)+99)/100; n != want {
				t.Errorf("limit %d: %d requests were sent, want %d", limit, n, want)
			}
		}
	})
	t.Run("whole pages up to a limit", func(t *testing.T) {
		pages, tokens := 0, 0
		for page, err := range c.TokenPages(t.Context(), "acme", "app1", api.ListOptions{Limit: 150}) {
			if err != nil {
				t.Fatal(err)
			}
			pages, tokens = pages+1, tokens+len(page.Data)
		}
		if pages != 2 || tokens != 150 {
			t.Errorf("got %d pages with %d tokens", pages, tokens)
		}
	})
	t.Run("what cannot be right", func(t *testing.T) {
		before := len(rec.seen())
		for _, options := range []api.ListOptions{{Page: -1}, {PerPage: -1}, {Limit: -1}, {Prefetch: -1}, {Prefetch: 33}} {
			ids, err := collect(c.Tokens(t.Context(), "acme", "app1", options))
			if len(ids) != 0 || !errors.Is(err, api.ErrInvalidArgument) {
				t.Errorf("%+v: got %v, %v", options, ids, err)
			}
			if page, err := c.ListTokens(t.Context(), "acme", "app1", options); page != nil || !errors.Is(err, api.ErrInvalidArgument) {
				t.Errorf("%+v: got %v, %v", options, page, err)
			}
		}
		if _, err := collect(c.Tokens(t.Context(), "acme", "..", api.ListOptions{})); !errors.Is(err, api.ErrInvalidArgument) {
			t.Errorf("got %v", err)
		}
		if n := len(rec.seen()) - before; n != 0 {
			t.Errorf("%d requests were sent", n)
		}
	})
}

func TestAListEndsWhereThePageSaysSo(t *testing.T) {
	t.Parallel()
	for name, last := range map[string]string{
		"null":            pageBody(2, 0, 100, 5, ""),
		"absent":          strings.Replace(pageBody(2, 0, 100, 5, ""), `"next_page":null,`, "", 1),
		"only data":       strings.NewReplacer(`"next_page":null,`, "", `"next_page_url":null,`, "", `"prev_page":null,`, "", `"prev_page_url":null,`, "").Replace(pageBody(2, 0, 100, 5, "")),
		"a tempting link": strings.Replace(pageBody(2, 0, 100, 5, ""), `"next_page_url":null`, `"next_page_url":"https://evil.example/"`, 1),
		"an empty page":   pageBody(3, 0, 105, 0, ""),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
				switch r.URL.Query().Get("page") {
				case "1":
					answer(200, "application/json", pageBody(1, 2, 0, 100, ""))(w, r)
				case "2":
					if name == "an empty page" {
						answer(200, "application/json", pageBody(2, 3, 100, 5, ""))(w, r)
						return
					}
					answer(200, "application/json", last)(w, r)
				case "3":
					if name == "a tempting link" {
						answer(200, "application/json", pageBody(3, 0, 105, 0, ""))(w, r)
						return
					}
					answer(200, "application/json", last)(w, r)
				default:
					t.Errorf("asked for %s", r.URL)
				}
			})
			ids, err := collect(c.Tokens(t.Context(), "acme", "app1", api.ListOptions{}))
			if err != nil {
				t.Fatal(err)
			}
			checkAll(t, ids, 105)
		})
	}
}

// A server whose pages contradict one another. Each of these lists lost tokens in silence once.
func TestAListIsWholeOrEndsInAnError(t *testing.T) {
	t.Parallel()
	type page struct {
		next   int // 0 for null
		first  int // the number in the first id
		tokens int
		extra  string
	}
	const four, two, thirty = `"total_count":4,`, `"total_count":4,"total_pages":1,"per_page":2,`, `"total_pages":3,"total_count":30,`
	for name, test := range map[string]struct {
		pages []page
		edit  func(number int, body string) string
		want  int // tokens; all there are if is is nil
		is    error
	}{
		"a total, and no next page named":       {[]page{{0, 0, 2, four}, {0, 2, 2, four}}, nil, 4, nil},
		"a total that is not reached":           {[]page{{0, 0, 2, four}, {0, 2, 0, four}}, nil, 2, api.ErrIncomplete},
		"a total of more than the one page has": {[]page{{0, 0, 2, two}, {0, 2, 2, two}}, nil, 4, nil},
		"that total, and no more":               {[]page{{0, 0, 2, two}, {0, 2, 0, two}}, nil, 2, api.ErrIncomplete},
		"an empty page that names the next":     {[]page{{2, 0, 2, ""}, {3, 2, 0, ""}, {0, 2, 2, ""}}, nil, 4, nil},
		"a leap":                                {[]page{{3, 0, 2, ""}, {3, 2, 2, ""}, {0, 4, 2, ""}}, nil, 2, api.ErrPageLoop},
		"another page than asked for": {[]page{{2, 0, 2, ""}, {3, 2, 2, ""}, {0, 4, 2, ""}}, func(number int, body string) string {
			return strings.Replace(body, `"current_page":2`, `"current_page":3`, 1)
		}, 2, api.ErrPageLoop},
		"another first page than asked for": {[]page{{2, 0, 2, ""}}, func(number int, body string) string {
			return strings.Replace(body, `"current_page":1`, `"current_page":2`, 1)
		}, 0, api.ErrPageLoop},
		"an id twice on a page": {[]page{{0, 0, 2, ""}}, func(_ int, body string) string {
			return strings.Replace(body, `"t1"`, `"t0"`, 1)
		}, 0, api.ErrUnexpectedResponse},
		"tokens without ids": {[]page{{0, 0, 3, ""}}, func(_ int, body string) string {
			return strings.NewReplacer(`"t1"`, `""`, `"t2"`, `""`).Replace(body)
		}, 0, api.ErrUnexpectedResponse},
		"a link to the next page, and no number": {[]page{{0, 0, 2, ""}, {0, 2, 2, ""}, {0, 4, 0, ""}}, func(number int, body string) string {
			if number > 1 {
				return body
			}
			return strings.Replace(body, `"next_page_url":null`, `"next_page_url":"https://x.example/?page=2"`, 1)
		}, 4, nil},
		"more tokens than the total":            {[]page{{2, 0, 2, `"total_count":2,`}, {0, 2, 2, `"total_count":2,`}}, nil, 4, api.ErrIncomplete},
		"pages that are missing":                {[]page{{0, 0, 2, `"total_pages":3,`}, {0, 2, 0, `"total_pages":3,`}}, nil, 2, api.ErrIncomplete},
		"the last page without the total":       {[]page{{2, 0, 2, four}, {0, 2, 1, ""}, {0, 3, 0, ""}}, nil, 3, api.ErrIncomplete},
		"no next page named, three pages":       {[]page{{0, 0, 10, thirty}, {0, 10, 10, thirty}, {0, 20, 10, thirty}}, nil, 30, nil},
		"an empty page in the middle":           {[]page{{2, 0, 10, thirty}, {3, 10, 0, thirty}, {0, 10, 20, thirty}}, nil, 30, nil},
		"a total that grew, and nothing missed": {[]page{{2, 0, 2, four}, {0, 1, 3, `"total_count":5,`}}, nil, 4, nil},
		"a total that grew by what is missing":  {[]page{{2, 0, 2, four}, {0, 2, 1, `"total_count":5,`}, {0, 3, 0, `"total_count":5,`}}, nil, 3, api.ErrIncomplete},
		"a total that shrank":                   {[]page{{2, 0, 2, four}, {0, 3, 1, `"total_count":3,`}}, nil, -1, nil},
		"a total that shrank too little":        {[]page{{2, 0, 2, four}, {0, 2, 0, `"total_count":3,`}}, nil, 2, api.ErrIncomplete},
	} {
		for _, prefetch := range []int{0, 1, 4} {
			t.Run(fmt.Sprint(name, prefetch), func(t *testing.T) {
				t.Parallel()
				c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
					number, _ := strconv.Atoi(r.URL.Query().Get("page"))
					p := page{next: 0}
					if number <= len(test.pages) {
						p = test.pages[number-1]
					}
					body := pageBody(number, p.next, p.first, p.tokens, p.extra)
					if test.edit != nil {
						body = test.edit(number, body)
					}
					answer(200, "application/json", body)(w, r)
				})
				ids, err := collect(c.Tokens(t.Context(), "acme", "app1", api.ListOptions{Prefetch: prefetch}))
				if !errors.Is(err, test.is) || (err == nil) != (test.is == nil) {
					t.Errorf("%d tokens, then %v, want %v", len(ids), err, test.is)
				}
				if test.want >= 0 {
					checkAll(t, ids, test.want)
				}
			})
		}
	}
}

func TestAListThatBeginsLaterIsHeldToTheTotalToo(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		extra  string
		tokens int // on page 3, the last
		is     error
	}{
		"all":                       {`"per_page":10,"total_pages":3,"total_count":25,`, 5, nil},
		"too few":                   {`"per_page":10,"total_pages":3,"total_count":25,`, 4, api.ErrIncomplete},
		"too many":                  {`"per_page":10,"total_pages":3,"total_count":25,`, 6, api.ErrIncomplete},
		"no size of a page to know": {`"total_pages":3,"total_count":25,`, 4, nil},
	} {
		c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
			switch r.URL.Query().Get("page") {
			case "2":
				answer(200, "application/json", pageBody(2, 3, 10, 10, test.extra))(w, r)
			case "3":
				answer(200, "application/json", pageBody(3, 0, 20, test.tokens, test.extra))(w, r)
			default:
				answer(200, "application/json", pageBody(4, 0, 30, 0, test.extra))(w, r)
			}
		})
		ids, err := collect(c.Tokens(t.Context(), "acme", "app1", api.ListOptions{Page: 2, PerPage: 10}))
		if !errors.Is(err, test.is) || (err == nil) != (test.is == nil) || len(ids) != 10+test.tokens {
			t.Errorf("%s: %d tokens, then %v", name, len(ids), err)
		}
	}
}

func TestAnOlderPageThatDoesNotNameTheNextIsFollowedIfItIsFull(t *testing.T) {
	t.Parallel()
	for name, edit := range map[string]func(string) string{
		"without totals":          func(body string) string { return body },
		"with the size of a page": func(body string) string { return strings.Replace(body, `{`, `{"per_page":2,`, 1) },
	} {
		for _, prefetch := range []int{0, 1, 4} {
			for _, total := range []int{0, 1, 2, 4, 7} {
				t.Run(fmt.Sprint(name, prefetch, total), func(t *testing.T) {
					t.Parallel()
					c, rec := serve(t, func(w http.ResponseWriter, r *http.Request) {
						number, _ := strconv.Atoi(r.URL.Query().Get("page"))
						body := pageBody(number, 0, (number-1)*2, max(0, min(2, total-(number-1)*2)), "")
						body = strings.NewReplacer(`"next_page":null,`, "", `"next_page_url":null,`, "").Replace(body)
						answer(200, "application/json", edit(body))(w, r)
					})
					ids, err := collect(c.Tokens(t.Context(), "acme", "app1", api.ListOptions{PerPage: 2, Prefetch: prefetch}))
					if err != nil {
						t.Fatal(err)
					}
					checkAll(t, ids, total)
					if n, want := len(rec.seen()), total/2+1; n != want {
						t.Errorf("%d requests were sent, want %d", n, want)
					}
				})
			}
		}
	}
}

func TestAListWithoutTotalsRepeatsTokensOnlyAsItGrows(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		pages string // the ids, which are letters
		want  string // the ids that are yielded
		is    error
	}{
		"no repetition":               {"abc def gh", "abcdefgh", nil},
		"one was issued":              {"abc cde fgh", "abcdefgh", nil},
		"two were issued":             {"abc bcd efg", "abcdefg", nil},
		"as many as a page":           {"abc abc def", "abcdef", nil},
		"more than a page":            {"abc xyz wab cde", "abcxyzwde", nil},
		"one in the place of another": {"abc aef gh", "abcefgh", api.ErrIncomplete},
		"one in the middle":           {"abc dbf gh", "abcdfgh", api.ErrIncomplete},
		"one at the end":              {"abc dea gh", "abcdegh", api.ErrIncomplete},
		"one at the very end":         {"abc dea", "abcde", api.ErrIncomplete},
		"one before a new one":        {"abc bde", "abcde", api.ErrIncomplete},
		"the last page again":         {"abc def def", "abcdef", api.ErrIncomplete},
		"the first page for ever":     {"abc abc abc", "abc", api.ErrIncomplete},
		"that, and an empty page":     {"abc abc -", "abc", api.ErrIncomplete},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pages := strings.Fields(test.pages)
			c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
				number, _ := strconv.Atoi(r.URL.Query().Get("page"))
				next, tokens := number+1, ""
				if next > len(pages) {
					next = 0
				}
				for _, id := range strings.Trim(pages[number-1], "-") {
					tokens += "," + strings.Replace(tokenBody, "tok1", string(id), 1)
				}
				body := strings.TrimSuffix(pageBody(number, next, 0, 0, ""), "]}") + strings.TrimPrefix(tokens, ",") + "]}"
				answer(200, "application/json", body)(w, r)
			})
			ids, err := collect(c.Tokens(t.Context(), "acme", "app1", api.ListOptions{}))
			if got := strings.Join(ids, ""); got != test.want || !errors.Is(err, test.is) || (err == nil) != (test.is == nil) {
				t.Errorf("%s, then %v, want %s, then %v", got, err, test.want, test.is)
			}
		})
	}
}

func TestPagesThatDoNotAdvanceAreALoop(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		next    func(page int) int
		current func(page int) int
		extra   string
		tokens  int // yielded before the error
		page    int // to resume from
		most    int // requests
	}{
		"names itself":             {func(p int) int { return p }, itself, "", 10, 2, 1},
		"names the one before":     {func(p int) int { return map[int]int{1: 2, 2: 1}[p] }, itself, "", 20, 3, 2},
		"names zero":               {func(int) int { return -1 }, itself, "", 10, 2, 1},
		"always page one":          {func(p int) int { return p + 1 }, func(int) int { return 1 }, "", 10, 2, 2},
		"always the same answer":   {func(int) int { return 2 }, func(int) int { return 1 }, "", 10, 2, 2},
		"no end, though total two": {func(p int) int { return p + 1 }, itself, `"total_pages":2,"total_count":20,`, 1030, 104, 103},
		"a leap into the void":     {func(int) int { return 1 << 40 }, itself, "", 10, 2, 1},
	} {
		for _, prefetch := range []int{0, 3} {
			t.Run(fmt.Sprint(name, prefetch), func(t *testing.T) {
				t.Parallel()
				c, rec := serve(t, func(w http.ResponseWriter, r *http.Request) {
					p, _ := strconv.Atoi(r.URL.Query().Get("page"))
					body := pageBody(test.current(p), test.next(p), (p-1)*10, 10, test.extra)
					answer(200, "application/json", body)(w, r)
				})
				ids, err := collect(c.Tokens(t.Context(), "acme", "app1", api.ListOptions{Prefetch: prefetch}))
				var e *api.Error
				if !errors.As(err, &e) || !errors.Is(err, api.ErrPageLoop) {
					t.Fatalf("got %d tokens, %v", len(ids), err)
				}
				checkAll(t, ids, test.tokens)
				if e.Page != test.page || !strings.Contains(err.Error(), fmt.Sprintf("resume from page %d", test.page)) {
					t.Errorf("resume from page %d, want %d: %v", e.Page, test.page, err)
				}
				if n := len(rec.seen()); n > test.most+prefetch {
					t.Errorf("%d requests were sent, want at most %d", n, test.most)
				}
			})
		}
	}
}

func itself(page int) int { return page }

func TestAListWithoutAnEndEndsAfterAMillionTokens(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		totals string
		most   int // requests
	}{
		"no total":          {"", 10_001},
		"a total too large": {`"total_pages":200000,"total_count":20000000,`, 10_001},
		"a negative total":  {`"total_pages":-1,`, 101},
		"a total too small": {`"total_pages":1,`, 102},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			requests := 0
			c := onWire(t, func(r *http.Request) (*http.Response, error) {
				requests++
				p, _ := strconv.Atoi(r.URL.Query().Get("page"))
				resp := response(r, http.StatusOK)
				resp.Body = readCloser(pageBody(p, p+1, p*2, 2, test.totals))
				return resp, nil
			}, api.WithRateLimit(0))
			ids, err := collect(c.Tokens(t.Context(), "acme", "app1", api.ListOptions{}))
			var e *api.Error
			if !errors.As(err, &e) || !errors.Is(err, api.ErrPageLoop) || requests != test.most || e.Page != requests+1 || len(ids) != 2*requests {
				t.Errorf("%d tokens in %d requests, want %d, then %v", len(ids), requests, test.most, err)
			}
		})
	}
}
