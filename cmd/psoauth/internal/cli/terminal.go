package cli

import (
	"bufio"
	"fmt"
	"io"
	"iter"
	"os"
	"runtime"
	"strconv"

	"golang.org/x/term"

	"github.com/psoauth/psoauth/api"
	"github.com/psoauth/psoauth/internal/report"
)

// defaultWidth is how wide a table is where nothing says how wide the terminal is.
const defaultWidth = 80

func isTerminal(f any) bool {
	file, ok := f.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// columns returns how many columns w shows: a terminal says so itself, elsewhere COLUMNS may.
func columns(w io.Writer, getenv func(string) string) int {
	if f, ok := w.(*os.File); ok {
		if n, _, err := term.GetSize(int(f.Fd())); err == nil && n > 0 {
			return n
		}
	}
	if n, err := strconv.Atoi(getenv("COLUMNS")); err == nil && n > 0 {
		return n
	}
	return defaultWidth
}

// coloured reports whether w shows colors and the user wants them (https://no-color.org, https://force-color.org).
func coloured(w io.Writer, getenv func(string) string) bool {
	if out, ok := w.(*output); ok {
		w = out.to
	}
	if _, file := w.(*bufio.Writer); file {
		return false
	}
	forced := func(name string) bool { return getenv(name) != "" && getenv(name) != "0" }
	switch {
	case getenv("NO_COLOR") != "":
		return false
	case forced("FORCE_COLOR"), forced("CLICOLOR_FORCE"):
		return true
	case !isTerminal(w), getenv("TERM") == "dumb":
		return false
	case runtime.GOOS == "windows":
		return getenv("WT_SESSION") != "" // the older console shows escape sequences as text
	}
	return true
}

// colour reports whether standard output gets colors.
func (p *program) colour() bool { return !p.settings.noColor && coloured(p.Stdout, p.Getenv) }

// A progress says on standard error which page of a list is being read. It is silent unless that is a terminal, nothing
// is being printed to one, and the server says how many pages there are.
type progress struct {
	out  io.Writer // nil for silence
	said bool
}

// newProgress makes a progress for a list that is printed while it is read, or only then.
func (p *program) newProgress(printing bool) *progress {
	if !isTerminal(p.Stderr) || printing && isTerminal(p.Stdout) || p.settings.debug {
		return &progress{}
	}
	return &progress{out: p.Stderr}
}

// watch passes pages on and says how far they are.
func (p *progress) watch(pages iter.Seq2[*api.TokenPage, error]) iter.Seq2[*api.TokenPage, error] {
	return func(yield func(*api.TokenPage, error) bool) {
		for page, err := range pages {
			if err == nil {
				p.page(page)
			}
			if !yield(page, err) {
				return
			}
		}
	}
}

func (p *progress) page(page *api.TokenPage) {
	if p.out == nil || page.TotalPages == nil || *page.TotalPages <= 0 {
		return
	}
	p.said = true
	fmt.Fprintf(p.out, "\r\x1b[Kpage %s of %s", report.Number(page.CurrentPage), report.Number(*page.TotalPages))
}

// clear takes the line away.
func (p *progress) clear() {
	if p.said {
		fmt.Fprint(p.out, "\r\x1b[K")
	}
}
