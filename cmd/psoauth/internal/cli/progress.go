package cli

import (
	"fmt"
	"io"
	"iter"

	"github.com/psoauth/psoauth/api"
)

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
	fmt.Fprintf(p.out, "\r\x1b[Kpage %s of %s", grouped(page.CurrentPage), grouped(*page.TotalPages))
}

// clear takes the line away.
func (p *progress) clear() {
	if p.said {
		fmt.Fprint(p.out, "\r\x1b[K")
	}
}
