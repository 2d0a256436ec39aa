package cli

import (
	"io"
	"os"
	"runtime"
	"strconv"

	"golang.org/x/term"
)

// defaultWidth is how wide a table is where nothing says how wide the terminal is.
const defaultWidth = 80

func isTerminal(w any) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
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

// coloured reports whether w shows colours and the user wants them (https://no-color.org).
func coloured(w io.Writer, getenv func(string) string) bool {
	switch {
	case !isTerminal(w), getenv("NO_COLOR") != "", getenv("TERM") == "dumb":
		return false
	case runtime.GOOS == "windows":
		return getenv("WT_SESSION") != "" // the older console shows escape sequences as text
	}
	return true
}
