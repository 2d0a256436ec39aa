package api_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/psoauth/psoauth/api"
)

func TestDeleteToken(t *testing.T) {
	lost := fails(errors.New("connection reset by peer"))
	refused := fails(&net.OpError{Op: "dial", Err: errors.New("connection refused")})
	for name, test := range map[string]struct {
		steps    []step
		requests int
		presumed bool
		is       error // nil for success; io.EOF for any failure without a response
		unsure   bool  // the error says that it may be gone
	}{
		"deleted":                      {[]step{status(204)}, 1, false, nil, false},
		"lost, then gone":              {[]step{lost, status(404)}, 2, true, nil, false},
		"lost, then deleted":           {[]step{lost, status(204)}, 2, false, nil, false},
		"stalled, then gone":           {[]step{stalls, status(404)}, 2, true, nil, false},
		"a gateway's failure, gone":    {[]step{status(502), status(404)}, 2, true, nil, false},
		"lost, then forbidden":         {[]step{lost, status(403)}, 2, false, api.ErrForbidden, true},
		"lost, then a failure":         {[]step{lost, status(500)}, 2, false, api.ErrServer, true},
		"lost for ever":                {[]step{lost}, 4, false, io.EOF, true},
		"429, then deleted":            {[]step{status(429), status(204)}, 2, false, nil, false},
		"503, then deleted":            {[]step{status(503), status(204)}, 2, false, nil, false},
		"429, then gone":               {[]step{status(429), status(404)}, 2, false, api.ErrNotFound, false},
		"503, then gone":               {[]step{status(503), status(404)}, 2, false, api.ErrNotFound, false},
		"never reached, then gone":     {[]step{refused, status(404)}, 2, false, api.ErrNotFound, false},
		"gone":                         {[]step{status(404)}, 1, false, api.ErrNotFound, false},
		"forbidden":                    {[]step{status(403)}, 1, false, api.ErrForbidden, false},
		"a failure is not repeated":    {[]step{status(500)}, 1, false, api.ErrServer, false},
		"not the contract's status":    {[]step{status(200)}, 1, false, api.ErrUnexpectedResponse, false},
		"a redirect is not followed":   {[]step{status(307, "Location", "/x")}, 1, false, api.ErrUnexpectedResponse, false},
		"a redirect to somewhere else": {[]step{status(302, "Location", "https://evil.example/")}, 1, false, api.ErrUnexpectedResponse, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var sent []string
				c := onWire(t, func(r *http.Request) (*http.Response, error) {
					sent = append(sent, r.Method+" "+r.URL.Path)
					return test.steps[min(len(sent), len(test.steps))-1](r)
				})
				deletion, err := c.DeleteToken(t.Context(), "acme", "app1", "tok1")
				for _, line := range sent {
					if line != "DELETE /v1/organizations/acme/oauth-applications/app1/tokens/tok1" {
						t.Errorf("sent %s", line)
					}
				}
				if len(sent) != test.requests {
					t.Errorf("%d requests, want %d", len(sent), test.requests)
				}
				if test.is == nil {
					if err != nil || deletion.Presumed != test.presumed || deletion.Attempts != len(sent) {
						t.Errorf("got %+v, %v", deletion, err)
					}
					return
				}
				if deletion != nil || err == nil || test.is != io.EOF && !errors.Is(err, test.is) {
					t.Fatalf("got %+v, %v", deletion, err)
				}
				if strings.Contains(err.Error(), "whether it is deleted is not known") != test.unsure {
					t.Errorf("got %v", err)
				}
			})
		})
	}
}

func TestApplications(t *testing.T) {
	t.Parallel()
	c, rec := serve(t, func(w http.ResponseWriter, r *http.Request) {
		number, _ := strconv.Atoi(r.URL.Query().Get("page"))
		next := "null"
		if number < 3 {
			next = strconv.Itoa(number + 1)
		}
		var data []string
		for i := range 2 {
			data = append(data, strings.Replace(applicationBody, "app1", fmt.Sprintf("t%d", 2*(number-1)+i), 1))
		}
		answer(200, "application/json", fmt.Sprintf(`{"current_page":%d,"next_page":%s,"total_count":6,"data":[%s]}`,
			number, next, strings.Join(data, ",")))(w, r)
	})
	for _, prefetch := range []int{0, 1, 4} {
		var ids []string
		for app, err := range c.Applications(t.Context(), "acme", api.ListOptions{Prefetch: prefetch}) {
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, app.ID)
		}
		checkAll(t, ids, 6)
	}
	if page, err := c.ListApplications(t.Context(), "acme", api.ListOptions{Page: 2, PerPage: 2}); err != nil || len(page.Data) != 2 {
		t.Errorf("got %+v, %v", page, err)
	}
	for _, r := range rec.seen() {
		if r.URL.Path != "/v1/organizations/acme/oauth-applications" || r.Header.Get("Authorization") != serviceID+":"+serviceSecret {
			t.Errorf("sent to %s", r.URL)
		}
	}
}
