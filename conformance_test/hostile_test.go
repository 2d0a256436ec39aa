package conformance_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// The credentials that a hostile server is shown, and nobody else.
const (
	hostileID     = "h0st1leserv1"
	hostileSecret = "pscale_tkn_hostileCanary0123456789"
	hostileAccess = "pscale_oauth_hostileCanary0123456789"
)

const (
	okJSON    = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
	closing   = "Connection: close\r\n\r\n" // the body ends with the connection
	switching = "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"
)

// A hostile server says what it likes, whatever it was asked.
type hostile func(w io.Writer, r *http.Request)

func says(text string) hostile {
	return func(w io.Writer, _ *http.Request) { _, _ = io.WriteString(w, text) }
}

// andOn says something once and something else until the client hangs up.
func andOn(once, again string) hostile {
	return func(w io.Writer, _ *http.Request) {
		_, err := io.WriteString(w, once)
		for err == nil {
			_, err = io.WriteString(w, again)
		}
	}
}

// stalls says something and then nothing until the client hangs up.
func stalls(text string) hostile {
	return func(w io.Writer, _ *http.Request) {
		_, _ = io.WriteString(w, text)
		_, _ = io.Copy(io.Discard, w.(io.Reader))
	}
}

// packed answers with what write makes, packed by gzip.
func packed(write func(io.Writer)) hostile {
	var b bytes.Buffer
	z, _ := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	write(z)
	_ = z.Close()
	return says(okJSON + fmt.Sprintf("Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n", b.Len()) + b.String())
}

// page answers a request for a page with a token and a number of the next page.
func page(next func(page int) string) hostile {
	return func(w io.Writer, r *http.Request) {
		n := 1
		_, _ = fmt.Sscan(r.URL.Query().Get("page"), &n)
		body := fmt.Sprintf(`{"current_page":%d,"next_page":%s,"next_page_url":null,"prev_page":null,"prev_page_url":null,"data":[`+
			`{"id":"t%d","display_name":"x","avatar_url":"","created_at":"2026-05-01T08:00:00Z","updated_at":"2026-05-01T08:00:00Z"}]}`, n, next(n), n)
		_, _ = fmt.Fprintf(w, okJSON+"Content-Length: %d\r\n\r\n%s", len(body), body)
	}
}

func next(n int) func(int) string { return func(page int) string { return fmt.Sprint(page + n) } }

// fill makes a body of about 15 MiB, just below the command's limit.
func fill(head, item, tail string) hostile {
	return packed(func(w io.Writer) {
		_, _ = io.WriteString(w, head)
		for written := 0; written < 15<<20; {
			n, _ := fmt.Fprintf(w, item, written)
			written += n
		}
		_, _ = io.WriteString(w, tail)
	})
}

// ahead answers with a page of a long list first, and then with bodies as fill makes them.
func ahead(head, item, tail string) hostile {
	first, others := page(func(int) string { return `2,"total_pages":9,"total_count":9` }), fill(head, item, tail)
	return func(w io.Writer, r *http.Request) {
		if r.URL.Query().Get("page") == "1" {
			first(w, r)
			return
		}
		others(w, r)
	}
}

// aToken is a token without its id.
const aToken = `{"display_name":"","avatar_url":"","created_at":"2026-05-01T08:00:00Z","updated_at":"2026-05-01T08:00:00Z",`

func hostileServers(elsewhere string) map[string]hostile {
	redirect := func(to string) string {
		return "HTTP/1.1 302 Found\r\nLocation: " + to + "\r\nContent-Length: 0\r\n\r\n"
	}
	return map[string]hostile{
		"redirects elsewhere":       says(redirect("http://" + elsewhere + "/v1/x")),
		"redirects by another name": says(redirect("http://localhost:" + elsewhere[strings.LastIndexByte(elsewhere, ':')+1:])),
		"redirects in a circle":     says(redirect("/again")),
		"redirects with credentials": func(w io.Writer, r *http.Request) {
			says(redirect("https://"+r.Header.Get("Authorization")+"@x.example"))(w, r)
		},
		"pages to itself":                 page(next(0)),
		"pages backwards":                 page(next(-1)),
		"pages in a circle":               page(func(p int) string { return fmt.Sprint(p%2 + 1) }),
		"pages without end":               page(next(1)),
		"pages into the void":             page(next(1 << 60)),
		"pages with words":                page(func(int) string { return `"two"` }),
		"sends a gigabyte of spaces":      packed(func(w io.Writer) { _, _ = io.Copy(w, io.LimitReader(spaces{}, 1<<30)) }),
		"sends empty tokens":              fill(`{"data":[`, `{},`+"%.0[1]d", `{}]}`),
		"sends tokens of nothing":         fill(`{"data":[`, `null,`+"%.0[1]d", `null]}`),
		"sends names nobody knows":        fill(`{`, `"%x":0,`, `"x":0}`),
		"sends arrays in arrays":          fill(``, `[`+"%.0[1]d", ``),
		"answers with a long text":        fill(aToken+`"id":"`, `aaaaaaaaaaaaaaaa`+"%.0[1]d", `"}`),
		"answers with secrets":            fill(aToken+`"id":"`, `pscale_tkn_%d `, `"}`),
		"answers with escapes":            fill(aToken+`"id":"pscale_tkn_x`, `%%41 `+"%.0[1]d", `"}`),
		"answers with a name of escapes":  fill(aToken+`"id":"x","pscale_tkn_x`, `%%41 `+"%.0[1]d", `":0}`),
		"sends long texts ahead":          ahead(`{"current_page":2,"next_page":3,"data":[{"created_at":"2026-05-01T08:00:00Z","updated_at":"2026-05-01T08:00:00Z","avatar_url":"","display_name":"","id":"`, `aaaaaaaaaaaaaaaa`+"%.0[1]d", `"}]}`),
		"sends names nobody knows ahead":  ahead(`{"current_page":2,"next_page":3,"data":[],`, `"%x":0,`, `"x":0}`),
		"sends spaces without end":        andOn(okJSON+closing, strings.Repeat(" ", 1<<16)),
		"sends headers without end":       andOn(okJSON, "X-Header: "+strings.Repeat("x", 1000)+"\r\n"),
		"sends interim answers for ever":  andOn("", "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"),
		"sends noise":                     andOn("", "\x00\xff\x1b[2J"),
		"is silent":                       stalls(""),
		"is silent in the headers":        stalls(okJSON),
		"is silent in the body":           stalls(okJSON + "Content-Length: 100\r\n\r\n{"),
		"is silent in another protocol":   stalls(switching),
		"hangs up":                        says(""),
		"hangs up in the headers":         says(okJSON),
		"hangs up in the body":            says(okJSON + "Content-Length: 100\r\n\r\n{"),
		"resets":                          func(w io.Writer, _ *http.Request) { _ = w.(*net.TCPConn).SetLinger(0) },
		"announces too much":              says(okJSON + "Content-Length: 9223372036854775807\r\n\r\n{}"),
		"announces 16 MiB and sends none": stalls(okJSON + "Content-Length: 16777216\r\n\r\n"),
		"announces too little":            says(okJSON + "Content-Length: 1\r\n\r\n{}"),
		"announces less than nothing":     says(okJSON + "Content-Length: -1\r\n\r\n{}"),
		"announces twice":                 says(okJSON + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n{}"),
		"asks to wait for ever":           says("HTTP/1.1 429 Too Many\r\nRetry-After: 1e300\r\nContent-Length: 0\r\n\r\n"),
		"is down for ever":                says("HTTP/1.1 503 Down\r\nRetry-After: -1\r\nContent-Length: 0\r\n\r\n"),
		"repeats what it was told": func(w io.Writer, r *http.Request) {
			told := r.Header.Get("Authorization")
			body := `{"code":"` + told + `","message":"\u001b]0;` + told + `\u0007"}`
			_, _ = fmt.Fprintf(w, "HTTP/1.1 404 %s\r\nContent-Type: application/json\r\nX-Request-Id: %s\r\nContent-Length: %d\r\n\r\n%s",
				told, told, len(body), body)
		},
		"goes on after the end": func(w io.Writer, r *http.Request) { // which net/http would log
			_, _ = io.WriteString(w, "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n"+r.Header.Get("Authorization"))
			_, _ = io.Copy(io.Discard, w.(io.Reader))
		},
	}
}

type spaces struct{}

func (spaces) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

// listen serves until the test ends, and returns where.
func listen(t *testing.T, serve func(*net.TCPConn)) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				serve(conn.(*net.TCPConn))
			}()
		}
	}()
	return listener.Addr().String()
}

// build builds the command.
func build(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "psoauth.exe") // which only Windows cares about
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "../cmd/psoauth").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return program
}

// Whatever a server does, the command ends in time, says in one line what is wrong, takes little memory, and shows its
// credentials to nobody else.
func TestNoServerHangsCrashesOrExhaustsTheCommand(t *testing.T) {
	const most = 200 << 20 // bytes of memory
	program := build(t)
	var overheard atomic.Int64
	elsewhere := listen(t, func(*net.TCPConn) { overheard.Add(1) })
	commands := [][]string{
		{"token", "list", "app"}, {"app", "show", "app"}, {"token", "show", "app", "tok"}, {"token", "info"}, {"audit", "app"},
	}
	every := os.Getenv("PSOAUTH_HOSTILE") != "" // by night: every command with every server
	var mu sync.Mutex
	var worst outcome
	var worstName string
	var slowest time.Duration
	servers := hostileServers(elsewhere)
	t.Run("servers", func(t *testing.T) {
		var all sync.WaitGroup
		defer all.Wait()
		slots := make(chan struct{}, 6) // most of the time is spent on waiting, so more than there are processors
		for i, name := range slices.Sorted(maps.Keys(servers)) {
			serve := servers[name]
			slots <- struct{}{}
			all.Go(func() {
				t.Run(name, func(t *testing.T) {
					defer func() { <-slots }()
					url := "http://" + listen(t, func(conn *net.TCPConn) {
						requests := bufio.NewReader(conn)
						for {
							r, err := http.ReadRequest(requests)
							if err != nil {
								return
							}
							serve(conn, r)
							if !strings.HasPrefix(name, "pages") && !strings.HasPrefix(name, "redirects") {
								return
							}
						}
					})
					var runs sync.WaitGroup
					for n, args := range commands {
						wanted := every || n == 0 || n == 1+i%4
						if strings.HasPrefix(name, "pages") {
							wanted = args[1] == "list" || args[0] == "audit"
						}
						if !wanted {
							continue
						}
						runs.Go(func() {
							r := runHostile(t, program, url, args...)
							good := strings.HasPrefix(name, "answers") && args[0] == "token" && args[1] == "show" // though large
							if r.status != 2 && !(good && r.status == 0) {
								t.Errorf("%v: status %d, %.2000s", args, r.status, r.said)
							}
							if r.memory > most {
								t.Errorf("%v: %d MB of memory", args, r.memory>>20)
							}
							if last := r.lastLine(); r.status == 2 && !strings.HasPrefix(last, "psoauth: ") || strings.Contains(r.said, "goroutine ") {
								t.Errorf("%v: said %.2000s", args, r.said)
							}
							if strings.Contains(r.said, "ostileCanary") || strings.ContainsAny(r.said, "\x1b\x00\x07") {
								t.Errorf("%v: said %.2000q", args, r.said)
							}
							if r.took > time.Minute {
								t.Errorf("%v: took %v", args, r.took)
							}
							mu.Lock()
							defer mu.Unlock()
							if r.memory > worst.memory {
								worst, worstName = r, name
							}
							slowest = max(slowest, r.took)
						})
					}
					runs.Wait()
				})
			})
		}
	})
	if n := overheard.Load(); n != 0 {
		t.Errorf("another server was connected to %d times", n)
	}
	t.Logf("%d servers: at most %.1f s, and %d MB of memory with one that %s", len(servers), slowest.Seconds(),
		worst.memory>>20, worstName)
}

// An outcome is how a run of the command ended.
type outcome struct {
	status int
	said   string // on both outputs
	memory int64  // the most it had, in bytes
	took   time.Duration
}

func (o outcome) lastLine() string {
	lines := strings.Split(strings.TrimSuffix(o.said, "\n"), "\n")
	return lines[len(lines)-1]
}

// runHostile runs the command with its debug log on, and with the credentials for the server at url. It fails the test
// if the command does not end by itself.
func runHostile(t *testing.T, program, url string, args ...string) outcome {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, append(args, "--debug", "--timeout", "500ms")...)
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "SYSTEMROOT=" + os.Getenv("SYSTEMROOT"), "HOME=" + t.TempDir(), "PLANETSCALE_ORG=acme",
		"PLANETSCALE_SERVICE_TOKEN_ID=" + hostileID, "PLANETSCALE_SERVICE_TOKEN=" + hostileSecret, "PLANETSCALE_ACCESS_TOKEN=" + hostileAccess,
		"PLANETSCALE_API_URL=" + url + "/v1", "PLANETSCALE_AUTH_URL=" + url,
	}
	start := time.Now()
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Errorf("%v: %v", args, err)
		return outcome{}
	}
	memory := make(chan int64)
	go func() { memory <- peakMemory(cmd.Process.Pid) }()
	err := cmd.Wait()
	if _, ended := errors.AsType[*exec.ExitError](err); ctx.Err() != nil || err != nil && !ended {
		t.Errorf("%v: %v, %v, %.2000s", args, ctx.Err(), err, said.String())
	}
	return outcome{cmd.ProcessState.ExitCode(), said.String(), <-memory, time.Since(start)}
}

// peakMemory returns the most memory that a process has, up to its end, as Linux counts it; elsewhere 0. The rusage of a
// process would not do: it counts what the process had that started it.
func peakMemory(pid int) (most int64) {
	for ; ; time.Sleep(5 * time.Millisecond) {
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		_, rest, ok := strings.Cut(string(status), "VmHWM:")
		var kilobytes int64
		if _, scanned := fmt.Sscan(rest, &kilobytes); err != nil || !ok || scanned != nil {
			return most // it has ended
		}
		most = max(most, kilobytes<<10)
	}
}
