package apitest_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"

	"github.com/psoauth/psoauth/api/apitest"
	"github.com/psoauth/psoauth/openapi"
)

var revisions = []string{"2025-12", "2026-08", "2026-09"}

// A judge checks responses against the contract. The contract names PlanetScale's hosts; the test server's two origins
// stand for them.
type judge struct {
	router  routers.Router
	origins map[string]*url.URL
}

func newJudge(t testing.TB, server *apitest.Server) *judge {
	t.Helper()
	contract, err := openapi3.NewLoader().LoadFromData([]byte(openapi.Contract()))
	if err != nil {
		t.Fatal(err)
	}
	router, err := gorillamux.NewRouter(contract)
	if err != nil {
		t.Fatal(err)
	}
	j := &judge{router, map[string]*url.URL{}}
	for origin, host := range map[string]string{
		strings.TrimSuffix(server.URL, "/v1"): "https://api.planetscale.com",
		server.AuthURL:                        "https://auth.planetscale.com",
	} {
		if j.origins[origin], err = url.Parse(host); err != nil {
			t.Fatal(err)
		}
	}
	return j
}

// check returns what the contract has against the answer to a GET request.
func (j *judge) check(t testing.TB, address, authorization string) (status int, body []byte, fault error) {
	t.Helper()
	response, err := send(t, address, authorization)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if body, err = io.ReadAll(response.Body); err != nil {
		t.Fatal(err)
	}
	request := response.Request.Clone(t.Context())
	host := j.origins[request.URL.Scheme+"://"+request.URL.Host]
	request.URL.Scheme, request.URL.Host, request.Host = host.Scheme, host.Host, host.Host
	route, parameters, err := j.router.FindRoute(request)
	if err != nil {
		t.Fatalf("GET %s: %v", request.URL, err)
	}
	options := &openapi3filter.Options{
		IncludeResponseStatus: true,
		MultiError:            true,
		AuthenticationFunc:    func(context.Context, *openapi3filter.AuthenticationInput) error { return nil },
	}
	return response.StatusCode, body, openapi3filter.ValidateResponse(t.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{
			Request: request, PathParams: parameters, Route: route, Options: options,
		},
		Status:  response.StatusCode,
		Header:  response.Header,
		Body:    io.NopCloser(bytes.NewReader(body)),
		Options: options,
	})
}

func TestEveryAnswerKeepsTheContract(t *testing.T) {
	t.Parallel()
	for _, revision := range revisions {
		for _, form := range []string{"published", "legacy", "refused"} {
			t.Run(revision+" "+form, func(t *testing.T) {
				t.Parallel()
				server := newServer(t, apitest.WithTokens(450), apitest.WithRevision(revision),
					apitest.WithTokenInfoForm(form), apitest.WithLeakedSecret(3))
				judge := newJudge(t, server)
				for _, c := range []struct {
					address, authorization string
					status                 int
				}{
					{server.URL + application, serviceToken, 200},
					{server.URL + tokensPath, serviceToken, 200},
					{server.URL + tokensPath + "?page=1&per_page=100", serviceToken, 200},
					{server.URL + tokensPath + "?page=3&per_page=100", serviceToken, 200},
					{server.URL + tokensPath + "?page=5&per_page=100", serviceToken, 200},
					{server.URL + tokensPath + "?page=6&per_page=100", serviceToken, 200},
					{server.URL + tokensPath + "?page=first", serviceToken, 422},
					{server.URL + tokensPath + "/" + server.Token(0).ID, serviceToken, 200},
					{server.URL + tokensPath + "/" + server.Token(3).ID, serviceToken, 200},
					{server.URL + tokensPath + "/" + server.Token(449).ID, serviceToken, 200},
					{server.URL + tokensPath + "/none", serviceToken, 404},
					{server.URL + tokensPath, "", 401},
					{server.URL + tokensPath, "Bearer " + "pscale_oauth_revoked", 401},
					{server.AuthURL + "/oauth/token/info", accessToken, 200},
					{server.AuthURL + "/oauth/token/info", serviceToken, 401},
					{server.AuthURL + "/oauth/token/info", "Bearer " + "pscale_oauth_expired", inactiveStatus(form)},
				} {
					status, body, fault := judge.check(t, c.address, c.authorization)
					if fault != nil {
						t.Errorf("GET %s: %d %.300s\n%v", c.address, status, body, fault)
					}
					if status != c.status {
						t.Errorf("GET %s: %d, want %d", c.address, status, c.status)
					}
				}
			})
		}
	}
}

func TestTheJudgeSeesABrokenAnswer(t *testing.T) {
	t.Parallel()
	server := newServer(t, apitest.WithFaults(apitest.Fault{Do: body(`{"data":[{"id":7}]}`)}))
	if _, _, fault := newJudge(t, server).check(t, server.URL+tokensPath, serviceToken); fault == nil {
		t.Error("an answer with an id that is a number was let through")
	}
}

func inactiveStatus(form string) int {
	if form == "published" {
		return http.StatusOK
	}
	return http.StatusUnauthorized
}
