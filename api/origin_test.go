package api_test

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/psoauth/psoauth/api"
)

// A hostile server waits for whatever a redirect would bring it.
func hostile(t *testing.T) (url string, rec *recorder) {
	t.Helper()
	rec = &recorder{Handler: http.HandlerFunc(good)}
	srv := httptest.NewServer(rec)
	t.Cleanup(srv.Close)
	return srv.URL, rec
}

func TestARedirectToAnotherOriginIsRefusedAndNothingIsSentThere(t *testing.T) {
	t.Parallel()
	evil, received := hostile(t)
	_, evilPort, _ := net.SplitHostPort(strings.TrimPrefix(evil, "http://"))
	for name, location := range map[string]func(self string) string{
		"another port":            func(string) string { return evil + "/v1/x" },
		"another host name":       func(string) string { return "http://localhost:" + evilPort + "/v1/x" },
		"the same port on a name": func(self string) string { return strings.Replace(self, "127.0.0.1", "localhost", 1) },
		"a subdomain":             func(string) string { return "http://api.localhost:" + evilPort },
		"another scheme":          func(self string) string { return strings.Replace(self, "http://", "https://", 1) },
		"no scheme":               func(string) string { return strings.TrimPrefix(evil, "http:") + "/x" },
		"user name of our host": func(self string) string {
			return "http://" + strings.TrimPrefix(self, "http://") + "@127.0.0.1:" + evilPort
		},
		"user name and password":   func(string) string { return "http://u:p@127.0.0.1:" + evilPort },
		"the authorization host":   func(string) string { return api.DefaultAuthURL },
		"a scheme that is no http": func(string) string { return "file:///etc/passwd" },
	} {
		for _, status := range []int{301, 302, 303, 307, 308} {
			t.Run(fmt.Sprint(name, " with ", status), func(t *testing.T) {
				t.Parallel()
				var self string
				c, rec := serve(t, func(w http.ResponseWriter, r *http.Request) {
					self = "http://" + r.Host
					w.Header().Set("Location", location(self))
					w.WriteHeader(status)
				}, api.WithMaxRetries(2))
				for operation, call := range everyOperation {
					v, err := call(t.Context(), c)
					if v != nil || !errors.Is(err, api.ErrForeignHost) {
						t.Errorf("%s: got %v, %v", operation, v, err)
					}
					if strings.Contains(err.Error(), "canary") {
						t.Errorf("%s: the error holds a secret: %v", operation, err)
					}
				}
				if n := len(rec.seen()); n != len(everyOperation) {
					t.Errorf("%d requests were sent, want one for each operation: a refused redirect is not retried", n)
				}
			})
		}
	}
	t.Cleanup(func() {
		if n := len(received.seen()); n != 0 {
			t.Errorf("the other server received %d requests", n)
		}
	})
}

func TestTheErrorNamesTheForeignHost(t *testing.T) {
	t.Parallel()
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "https://evil.example/take", http.StatusFound)
	})
	_, err := c.GetToken(t.Context(), "acme", "app1", "tok1")
	if err == nil || !strings.Contains(err.Error(), "https://evil.example:443") {
		t.Errorf("got %v", err)
	}
}

func TestARedirectWithinTheOriginKeepsTheCredential(t *testing.T) {
	t.Parallel()
	c, rec := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/moved") {
			http.Redirect(w, r, "/moved", http.StatusMovedPermanently)
			return
		}
		answer(200, "application/json", tokenBody)(w, r)
	})
	if _, err := c.GetToken(t.Context(), "acme", "app1", "tok1"); err != nil {
		t.Fatal(err)
	}
	for _, r := range rec.seen() {
		if got := r.Header.Get("Authorization"); got != serviceID+":"+serviceSecret {
			t.Errorf("%s got %q", r.URL, got)
		}
	}
}

func TestRedirectsEnd(t *testing.T) {
	t.Parallel()
	c, rec := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/again", http.StatusFound) })
	if v, err := c.GetToken(t.Context(), "acme", "app1", "tok1"); v != nil || !errors.Is(err, api.ErrUnexpectedResponse) {
		t.Errorf("got %v, %v", v, err)
	}
	if n := len(rec.seen()); n != 10 {
		t.Errorf("%d requests were sent", n)
	}
}

func TestARedirectWithoutATargetIsAnUnexpectedResponse(t *testing.T) {
	t.Parallel()
	for _, target := range []string{"", "http://[" + serviceSecret, "http://x.example:port/", "/%zz", "http://a b/"} {
		c, rec := serve(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", target)
			answer(302, "text/html", "over there")(w, r)
		}, api.WithMaxRetries(3))
		v, err := c.GetToken(t.Context(), "acme", "app1", "tok1")
		var e *api.Error
		if v != nil || !errors.Is(err, api.ErrUnexpectedResponse) || !errors.As(err, &e) || e.Status != 302 || len(rec.seen()) != 1 {
			t.Errorf("%q: got %v, %v after %d requests", target, v, err, len(rec.seen()))
		}
	}
}
