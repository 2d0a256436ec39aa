package cli

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"syscall"

	"golang.org/x/term"
)

// An output is standard output: to a terminal it writes at once, elsewhere in blocks. It remembers why it failed, for
// which a caller asks with Flush, so that this is not taken for a failure of the network.
type output struct {
	blocks *bufio.Writer
	atOnce bool
}

func newOutput(to io.Writer) *output { return &output{bufio.NewWriterSize(to, 32<<10), isTerminal(to)} }

func (o *output) Flush() error { return o.blocks.Flush() }

func (o *output) Write(b []byte) (int, error) {
	n, err := o.blocks.Write(b)
	if err == nil && o.atOnce {
		err = o.Flush()
	}
	return n, err
}

var errClosed = errors.New("standard output is closed: redirect it to a file, or write-only to " + os.DevNull)

// wasClosed reports whether the process began without a standard file: then the Go runtime has opened /dev/null for it, to
// read and write. A shell's redirection only writes. What Python's subprocess.DEVNULL and Node's "ignore" open reads and
// writes as well, and nothing distinguishes it from a file that was closed.
func wasClosed(w io.Writer) bool {
	file, ok := w.(*os.File)
	if !ok {
		return false
	}
	is, err := file.Stat()
	null, missing := os.Stat(os.DevNull)
	if err != nil || missing != nil || !os.SameFile(is, null) {
		return false
	}
	_, err = file.Read(make([]byte, 1))
	return errors.Is(err, io.EOF)
}

// readerLeft reports whether an output failed as nobody reads it, or no more, as `head` does when it has its lines.
func readerLeft(err error) bool {
	gone := []error{syscall.EPIPE, io.ErrClosedPipe}
	if runtime.GOOS == "windows" {
		gone = append(gone, syscall.Errno(109), syscall.Errno(232)) // ERROR_BROKEN_PIPE, ERROR_NO_DATA
	}
	return slices.ContainsFunc(gone, func(reason error) bool { return errors.Is(err, reason) })
}

// writeTo gives write standard output or, if there is one, the file of --output.
func (p *program) writeTo(write func(io.Writer) error) error {
	if p.output == "" {
		return write(p.out)
	}
	return p.writeFile("--output", p.output, write)
}

// writeFile gives write a file that a flag names, and says that it has been written.
func (p *program) writeFile(flag, name string, write func(io.Writer) error) error {
	err := replaceFile(flag, name, write)
	if err == nil {
		p.note("wrote %s", name)
	}
	return err
}

// replaceFile gives write a file that a flag names. The file is replaced when write is done, so that its readers see it
// as it was or as it shall be, and stays as it was when write fails. What is there and no regular file, such as /dev/null,
// is written to as it is.
func replaceFile(flag, name string, write func(io.Writer) error) error {
	mode := fs.FileMode(0o600) // what is found may help an attacker
	if target, err := filepath.EvalSymlinks(name); err == nil {
		name = target
	}
	info, err := os.Stat(name)
	switch {
	case err != nil:
	case info.IsDir():
		return fmt.Errorf("%s %s: this is a directory", flag, name)
	case info.Mode().IsRegular():
		mode = info.Mode().Perm()
	default:
		file, err := os.OpenFile(name, os.O_WRONLY, 0)
		if err != nil {
			return fmt.Errorf("%s: %w", flag, err)
		}
		err = buffered(file, write)
		return errors.Join(err, file.Close())
	}
	file, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if err != nil {
		if failed, ok := errors.AsType[*fs.PathError](err); ok {
			failed.Path = name // which the user gave
		}
		return fmt.Errorf("%s: %w", flag, err)
	}
	defer os.Remove(file.Name()) // which has another name if all went well
	if err = buffered(file, write); err == nil {
		err = errors.Join(file.Chmod(mode), file.Sync())
	}
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(file.Name(), name)
	}
	return err
}

func buffered(file io.Writer, write func(io.Writer) error) error {
	out := bufio.NewWriter(file)
	err := write(out)
	return cmp.Or(out.Flush(), err)
}

// guardWorkflow keeps what is printed in a GitHub workflow from being a workflow command, which begins with :: at the
// start of a line or ##[ anywhere (https://docs.github.com/actions/reference/workflow-commands-for-github-actions). A
// file gets its bytes as they are.
func guardWorkflow(process *Process) {
	if process.Getenv("GITHUB_ACTIONS") != "true" {
		return
	}
	for _, to := range []*io.Writer{&process.Stdout, &process.Stderr} {
		if file, ok := (*to).(*os.File); ok {
			if info, err := file.Stat(); err == nil && info.Mode().IsRegular() {
				continue
			}
		}
		*to = &workflowGuard{to: *to}
	}
}

// A workflowGuard writes a space into what begins a workflow command.
type workflowGuard struct {
	to   io.Writer
	off  bool   // for a report that is made of such commands
	line []byte // what has been written of the last line
}

func (g *workflowGuard) Write(b []byte) (int, error) {
	if g.off {
		return g.to.Write(b)
	}
	var safe bytes.Buffer
	for _, c := range b {
		if c == ':' && string(bytes.TrimLeft(g.line, " \t")) == ":" || c == '[' && bytes.HasSuffix(g.line, []byte("##")) {
			safe.WriteByte(' ')
		}
		safe.WriteByte(c)
		if g.line = append(g.line, c); c == '\n' || c == '\r' {
			g.line = g.line[:0]
		}
	}
	if _, err := g.to.Write(safe.Bytes()); err != nil {
		return 0, err
	}
	return len(b), nil
}

func isTerminal(f any) bool {
	file, ok := f.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// width returns how many columns standard output shows: a terminal says so itself, elsewhere COLUMNS may.
func (p *program) width() int {
	if f, ok := p.Stdout.(*os.File); ok {
		if n, _, err := term.GetSize(int(f.Fd())); err == nil && n > 0 {
			return n
		}
	}
	if n, err := strconv.Atoi(p.Getenv("COLUMNS")); err == nil && n > 0 {
		return n
	}
	return 80
}

// colored reports whether w, which may be a file of --output, shows colors and the user wants them (https://no-color.org,
// https://force-color.org).
func (p *program) colored(w io.Writer) bool {
	if w == p.out {
		w = p.Stdout
	}
	forced := func(name string) bool { return p.Getenv(name) != "" && p.Getenv(name) != "0" }
	switch _, file := w.(*bufio.Writer); {
	case file, p.settings.noColor, p.Getenv("NO_COLOR") != "":
		return false
	case forced("FORCE_COLOR"), forced("CLICOLOR_FORCE"):
		return true
	case !isTerminal(w), p.Getenv("TERM") == "dumb":
		return false
	}
	return runtime.GOOS != "windows" || p.Getenv("WT_SESSION") != "" // the older console shows escape sequences as text
}
