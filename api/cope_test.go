package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/psoauth/psoauth/api"
)

// members calls visit with the pointer of each member of v, and with what takes the member out and what makes it null.
func members(v any, at string, visit func(at string, edit func(remove bool) (undo func()))) {
	switch v := v.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			visit(at+"/"+name, func(remove bool) func() {
				was := v[name]
				if v[name] = nil; remove {
					delete(v, name)
				}
				return func() { v[name] = was }
			})
			members(v[name], at+"/"+name, visit)
		}
	case []any:
		for i := range min(len(v), 2) {
			if was, ok := v[i].(map[string]any); ok {
				visit(at+"/"+strconv.Itoa(i), func(bool) func() { v[i] = nil; return func() { v[i] = was } })
			}
			members(v[i], at+"/"+strconv.Itoa(i), visit)
		}
	}
}

// PlanetScale's documentation has been wrong about null and absence again and again.
func TestOnlyIDsDataAndActiveMustBeThere(t *testing.T) {
	t.Parallel()
	token, err := json.Marshal(fullToken(1))
	if err != nil {
		t.Fatal(err)
	}
	application := `{"id":"app1","name":"App","redirect_uri":"https://x.example/cb","domain":"x.example",` +
		`"created_at":"2026-05-01T08:00:00.000Z","updated_at":"2026-05-02T08:00:00.000Z","scopes":["read_user"],` +
		`"avatar":"https://x.example/a.png","client_id":"pscale_app_1","tokens":2,"dcr":true,"single_org_authorization":false,` +
		`"requires_org_scope":true,"scopes_by_resource":{},"all_scopes_by_resource":{},"mcp_tool_groups":[]}`
	const legacy = `{"resource_owner_id":42,"scope":["read_user"],"expires_in":86400,"application":{"uid":"x"},"created_at":1788408000}`
	for name, test := range map[string]struct {
		body string
		call func(context.Context, *api.Client) (any, error)
		must []string // else the response is refused
	}{
		"application":                  {application, everyOperation["getOAuthApplication"], []string{"/id"}},
		"token":                        {strings.Replace(string(token), fullToken(1).ID, "tok1", 1), everyOperation["getOAuthToken"], []string{"/id"}},
		"token info":                   {infoBody, everyOperation["getTokenInfo"], []string{"/active"}},
		"token info in the older form": {legacy, everyOperation["getTokenInfo"], nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var body any
			if err := json.Unmarshal([]byte(test.body), &body); err != nil {
				t.Fatal(err)
			}
			edits := 0
			members(body, "", func(at string, edit func(bool) func()) {
				for _, remove := range []bool{true, false} {
					undo := edit(remove)
					edited, _ := json.Marshal(body)
					undo()
					edits++
					c, _ := serve(t, answer(200, "application/json", string(edited)))
					_, err := test.call(t.Context(), c)
					if must := slices.Contains(test.must, at); must != (err != nil) {
						t.Errorf("without %s (removed: %v): %v", at, remove, err)
					}
				}
			})
			if edits < 10 {
				t.Errorf("only %d edits", edits)
			}
		})
	}
}

func TestAListIsReadWhateverMemberOfAPageOrTokenIsMissing(t *testing.T) {
	t.Parallel()
	list := newTokenList(t, 3)
	request := func(page int) []byte {
		r, _ := http.NewRequest(http.MethodGet, "http://x/?page="+strconv.Itoa(page), nil)
		begin, data, end := list.page(r)
		return slices.Concat(begin, data, end)
	}
	var pages [4]map[string]any
	for number := 1; number <= 3; number++ {
		if err := json.Unmarshal(request(number), &pages[number]); err != nil {
			t.Fatal(err)
		}
	}
	members(pages[2], "", func(at string, edit func(bool) func()) {
		for _, remove := range []bool{true, false} {
			undo := edit(remove)
			second, _ := json.Marshal(pages[2])
			undo()
			c := onWire(t, func(r *http.Request) (*http.Response, error) {
				number, _ := strconv.Atoi(r.URL.Query().Get("page"))
				resp := response(r, 200)
				body := second
				if number != 2 {
					body = request(number)
				}
				resp.Body, resp.ContentLength = readCloser(string(body)), -1
				return resp, nil
			}, api.WithRateLimit(0))
			ids, err := collect(c.Tokens(t.Context(), "acme", "app1", api.ListOptions{}))
			if slices.Contains([]string{"/data", "/data/0", "/data/1", "/data/0/id", "/data/1/id"}, at) {
				if !errors.Is(err, api.ErrUnexpectedResponse) || len(ids) != 100 {
					t.Errorf("without %s: %d tokens, %v", at, len(ids), err)
				}
			} else if err != nil || len(ids) != 300 {
				t.Errorf("without %s (removed: %v): %d tokens, %v", at, remove, len(ids), err)
			}
		}
	})
}

func TestAMissingMemberIsAZeroValueAndTheRestIsIntact(t *testing.T) {
	t.Parallel()
	c, _ := serve(t, answer(200, "application/json", `{"id":"tok1","display_name":null,"created_at":null,"name":"n","service_token_accesses":[null,{"access":"a"},null]}`))
	token, err := c.GetToken(t.Context(), "acme", "app1", "tok1")
	if err != nil {
		t.Fatal(err)
	}
	name := "n"
	want := &api.Token{ID: "tok1", Name: &name}
	if !token.CreatedAt.IsZero() || len(token.ServiceTokenAccesses) != 1 || token.ServiceTokenAccesses[0].Access != "a" {
		t.Errorf("got %+v", token)
	}
	if token.ServiceTokenAccesses = nil; !reflect.DeepEqual(token, want) {
		t.Errorf("got %+v, want %+v", token, want)
	}
}

func TestANullAmongScopesIsLeftOut(t *testing.T) {
	t.Parallel()
	want := api.Scopes{"read_user", "read_databases"}
	before, after, _ := strings.Cut(applicationBody, `"read_user read_databases"`)
	c, _ := serve(t, answer(200, "application/json", before+`["read_user",null,"read_databases"]`+after))
	if app, err := c.GetApplication(t.Context(), "acme", "app1"); err != nil || !slices.Equal(app.Scopes, want) {
		t.Errorf("got %+v, %v", app, err)
	}
	c, _ = serve(t, answer(200, "application/json", `{"active":true,"scope":["read_user",null,"read_databases"]}`))
	if info, err := c.InspectToken(t.Context(), accessToken); err != nil || !slices.Equal(info.Scopes, want) {
		t.Errorf("got %+v, %v", info, err)
	}
}

func TestAResponseOfManySmallItemsIsRefused(t *testing.T) {
	t.Parallel()
	body := `{"id":"tok1","service_token_accesses":[` + string(bytes.Repeat([]byte("{},"), 100_000)) + `{}]}`
	c, _ := serve(t, answer(200, "application/json", body))
	if _, err := c.GetToken(t.Context(), "acme", "app1", "tok1"); !errors.Is(err, api.ErrUnexpectedResponse) {
		t.Errorf("got %v", err)
	}
}
