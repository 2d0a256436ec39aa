package cli_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/psoauth/psoauth/api/apitest"
)

// A proxy is a run of psoauth contract proxy.
type proxy struct {
	url    string
	stdout strings.Builder
	stderr []string // lines, but for the first
	end    func() int
}

// startProxy starts the proxy; end interrupts it and returns its exit status.
func startProxy(t testing.TB, args ...string) *proxy {
	t.Helper()
	p := &proxy{}
	ctx, interrupt := context.WithCancel(t.Context())
	reader, writer := io.Pipe()
	ended, read := make(chan int, 1), make(chan struct{})
	go func() {
		status := process(ctx, nil, &p.stdout, writer, append([]string{"contract", "proxy"}, args...)...)
		writer.Close()
		ended <- status
	}()
	lines := bufio.NewScanner(reader)
	lines.Scan()
	var first struct{ Msg, URL string }
	if err := json.Unmarshal(lines.Bytes(), &first); err != nil || first.Msg != "listening" {
		t.Fatalf("%v: %s", err, lines.Text())
	}
	p.url = first.URL
	go func() {
		defer close(read)
		for lines.Scan() {
			p.stderr = append(p.stderr, lines.Text())
		}
	}()
	p.end = sync.OnceValue(func() int {
		interrupt()
		status := <-ended
		<-read
		return status
	})
	t.Cleanup(func() { p.end() })
	return p
}

// logged returns the rules in the lines of a log, and checks that each line is JSON with a time and without a secret.
func logged(t testing.TB, lines []string) (rules []string) {
	t.Helper()
	for _, line := range lines {
		var f struct{ Time, Rule, Msg string }
		if err := json.Unmarshal([]byte(line), &f); err != nil || f.Time == "" {
			t.Errorf("%v: %s", err, line)
		}
		noSecret(t, line)
		rules = append(rules, f.Rule+f.Msg)
	}
	return rules
}

func TestAClientSeesNoProxy(t *testing.T) {
	t.Parallel()
	service := httptest.NewServer(apitest.NewHandler(apitest.WithTokens(250), apitest.WithClock(clock)))
	t.Cleanup(service.Close)
	p := startProxy(t, "--upstream", service.URL, "--enforce", "--fail-on", "warning", "--format", "json")
	user := func(address string) environment {
		return environment{
			"PLANETSCALE_ORG":              apitest.Organization,
			"PLANETSCALE_SERVICE_TOKEN_ID": apitest.ServiceTokenID, "PLANETSCALE_SERVICE_TOKEN": apitest.ServiceToken,
			"PLANETSCALE_ACCESS_TOKEN": apitest.AccessToken, "PLANETSCALE_API_URL": address + "/v1", "PLANETSCALE_AUTH_URL": address,
		}
	}
	for _, args := range [][]string{
		{"app", "show", apitest.ApplicationID}, {"token", "list", apitest.ApplicationID, "--format", "json"}, {"token", "info"},
	} {
		if direct, through := mustRun(t, user(service.URL), args...), mustRun(t, user(p.url), args...); direct != through {
			t.Errorf("%q: through the proxy\n%s\nand without\n%s", args, through, direct)
		}
	}
	if status := p.end(); status != 0 || len(p.stderr) != 0 {
		t.Errorf("status %d, %q", status, p.stderr)
	}
	got := result{stdout: p.stdout.String()}.report(t, 0)
	if n := got.answers("listOAuthTokens"); n != 3 || got.Summary.Responses != 5 {
		t.Errorf("%d pages, %+v", n, got.Summary)
	}
}

// indiscreet is a service that sends the credential back in every way there is.
func indiscreet(w http.ResponseWriter, r *http.Request) {
	credential := r.Header.Get("Authorization")
	w.Header().Set("X-Credential", credential)
	writeJSON(w, fmt.Sprintf(`{"active":%q,"scope":"%s %s","new":%q}`, credential, credential, credential, credential))
}

func ask(t testing.TB, address string) (status int, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address+"/oauth/token/info?token="+accessSecret, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+accessSecret)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(data)
}

func TestTheProxyLogsFindingsAndNoCredential(t *testing.T) {
	t.Parallel()
	address := serve(t, indiscreet)
	file := filepath.Join(write(t, map[string]string{"log.jsonl": `{"time":"earlier"}` + "\n"}), "log.jsonl")
	for _, test := range []struct {
		args   []string
		status int
	}{
		{nil, 1}, {[]string{"--log", file}, 1}, {[]string{"--severity", "schema.type=warning"}, 0},
	} {
		p := startProxy(t, append(test.args, "--upstream", address)...)
		if status, body := ask(t, p.url); status != 200 || !strings.Contains(body, accessSecret) {
			t.Errorf("the client gets %d %s", status, body)
		}
		if status := p.end(); status != test.status {
			t.Errorf("%q: status %d: %s", test.args, status, p.stdout.String())
		}
		findings := p.stderr
		if test.status == 1 {
			last := len(p.stderr) - 1
			findings = p.stderr[:last]
			if p.stderr[last] != "psoauth: 1 finding at severity error or higher" {
				t.Errorf("%q", p.stderr[last])
			}
		}
		if len(test.args) > 0 && test.args[0] == "--log" {
			findings = strings.Split(strings.TrimSpace(readFile(t, file)), "\n")[1:]
		}
		if rules := logged(t, findings); !strings.HasPrefix(strings.Join(rules, " "), "request.undeclared-parameter schema.type ") {
			t.Errorf("%q: %q", test.args, rules)
		}
		noSecret(t, p.stdout.String())
		if !strings.Contains(p.stdout.String(), "1 response: ") {
			t.Errorf("%s", p.stdout.String())
		}
	}
}

func TestTheProxyEnforces(t *testing.T) {
	t.Parallel()
	address := serve(t, indiscreet)
	for _, args := range [][]string{nil, {"--severity", "schema.type=warning", "--fail-on", "warning"}} {
		p := startProxy(t, append(args, "--upstream", address, "--enforce")...)
		status, body := ask(t, p.url)
		if noSecret(t, body); status != http.StatusBadGateway || !strings.Contains(body, "schema.type") {
			t.Errorf("%q: %d %s", args, status, body)
		}
		if status := p.end(); status != 1 {
			t.Errorf("%q: status %d", args, status)
		}
	}
}

func TestTheProxyOutlivesItsUpstream(t *testing.T) {
	t.Parallel()
	p := startProxy(t, "--upstream", "http://127.0.0.1:1")
	if status, body := ask(t, p.url); status != http.StatusBadGateway || strings.Contains(body, "127.0.0.1") {
		t.Errorf("%d %s", status, body)
	}
	if status := p.end(); status != 2 || len(p.stderr) != 2 || logged(t, p.stderr[:1])[0] != "no response from upstream" ||
		!strings.HasPrefix(p.stderr[1], "psoauth: nothing was checked: ") {
		t.Errorf("status %d, %q", status, p.stderr)
	}
	if !strings.Contains(p.stdout.String(), "Failed: nothing was checked: there was no response; ") {
		t.Error(p.stdout.String())
	}
}

func TestTheProxyServesManyAtOnce(t *testing.T) {
	t.Parallel()
	p := startProxy(t, "--upstream", serve(t, indiscreet), "--format", "json")
	var clients sync.WaitGroup
	const requests = 64
	for range requests {
		clients.Go(func() {
			if status, _ := ask(t, p.url); status != 200 {
				t.Errorf("status %d", status)
			}
		})
	}
	clients.Wait()
	p.end()
	got := result{status: 1, stdout: p.stdout.String(), stderr: "one\n"}.report(t, 1)
	findings := p.stderr[:len(p.stderr)-1]
	if logged(t, findings); got.Summary.Responses != requests || len(findings) != len(got.Findings) {
		t.Errorf("%+v, %d lines for %d findings", got.Summary, len(findings), len(got.Findings))
	}
}

func TestTheProxyEndsWhenTheLastAnswerIsSent(t *testing.T) {
	t.Parallel()
	asked, answer := make(chan struct{}), make(chan struct{})
	p := startProxy(t, "--upstream", serve(t, func(w http.ResponseWriter, _ *http.Request) {
		close(asked)
		<-answer
		writeJSON(w, good.body)
	}))
	answered := make(chan int)
	go func() {
		status, _ := ask(t, p.url)
		answered <- status
	}()
	<-asked
	ended := make(chan int)
	go func() { ended <- p.end() }()
	for err := error(nil); err == nil; { // until it takes no more connections
		var conn net.Conn
		if conn, err = net.Dial("tcp", strings.TrimPrefix(p.url, "http://")); err == nil {
			conn.Close()
		}
	}
	close(answer)
	if status := <-answered; status != 200 {
		t.Errorf("status %d", status)
	}
	if status := <-ended; status != 0 || !strings.Contains(p.stdout.String(), "1 response: ") {
		t.Errorf("status %d: %s", status, p.stdout.String())
	}
}

func TestAProxyThatCannotRunIsOneLineAndStatus2(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"x"}, `unknown argument "x"`},
		{[]string{"--listen", "256.0.0.1:x"}, "choose another with --listen"},
		{[]string{"--upstream", "example.com"}, "--upstream: want a URL with https and a host"},
		{[]string{"--upstream", "http://example.com"}, "--upstream is plain http"},
		{[]string{"--upstream", "https://u:" + accessSecret + "@example.com"}, "want scheme, host and path only"},
		{[]string{"--log", folder}, "--log: "},
		{[]string{"--spec", folder}, "--spec: "},
		{[]string{"--sandbox"}, "start psoauth sandbox, and give its address to --upstream"},
		{[]string{"--fail-on", "off"}, "want error, warning or note"},
	} {
		r := run(t, nil, append([]string{"contract", "proxy"}, test.args...)...)
		if line := failed(t, r); !strings.Contains(line, test.want) || r.stdout != "" {
			t.Errorf("%q: %q", line, test.want)
		}
	}
}

func TestAProxyWhoseLogFailsSaysSo(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("there is no full device here")
	}
	p := startProxy(t, "--upstream", serve(t, indiscreet), "--log", "/dev/full")
	ask(t, p.url)
	if status := p.end(); status != 2 || !strings.Contains(strings.Join(p.stderr, ""), syscall.ENOSPC.Error()) {
		t.Errorf("status %d, %q", status, p.stderr)
	}
}

// A command after -- has the proxy for PlanetScale, and its failure is the proxy's.
func TestTheProxyRunsACommand(t *testing.T) {
	t.Parallel()
	address := serve(t, indiscreet)
	for _, test := range []struct {
		script string
		status int
		want   string
	}{
		{`curl -s -o /dev/null "$PLANETSCALE_AUTH_URL/oauth/token/info"`, 1, "psoauth: 1 finding at severity error or higher"},
		{`exit 3`, 1, "psoauth: sh: exit status 3"},
		{`true`, 2, "psoauth: nothing was checked: "},
	} {
		if _, err := exec.LookPath("curl"); err != nil && strings.HasPrefix(test.script, "curl") {
			continue
		}
		r := run(t, nil, "contract", "proxy", "--upstream", address, "--", "sh", "-c", test.script)
		if r.status != test.status || !strings.Contains(r.stderr, test.want) {
			t.Errorf("%s: status %d, %s", test.script, r.status, r.stderr)
		}
	}
	if r := run(t, nil, "contract", "proxy", "--upstream", address, "--", "/nowhere"); r.status != 2 {
		t.Errorf("status %d, %s", r.status, r.stderr)
	}
	if r := run(t, nil, "contract", "proxy", "npm", "test"); r.status != 2 || !strings.Contains(r.stderr, "goes after --") {
		t.Errorf("status %d, %s", r.status, r.stderr)
	}
}
