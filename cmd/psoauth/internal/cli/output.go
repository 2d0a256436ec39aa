package cli

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
)

// An output is standard output. It remembers why it failed, so that this is not taken for a failure of the network. To a
// terminal it writes at once, elsewhere in blocks.
type output struct {
	to     io.Writer
	blocks *bufio.Writer // after a failure, each of its methods returns that
	closed bool          // whether the process began without standard output
	failed error
	lost   bool // whether something was written nevertheless
}

func newOutput(to io.Writer, closed bool) *output {
	return &output{to: to, blocks: bufio.NewWriterSize(to, 32<<10), closed: closed}
}

func (o *output) Write(b []byte) (n int, err error) {
	o.lost = o.lost || o.closed && len(b) > 0
	n, o.failed = o.blocks.Write(b)
	if o.failed == nil && isTerminal(o.to) {
		o.failed = o.blocks.Flush()
	}
	return n, o.failed
}

func (o *output) Flush() error {
	o.failed = o.blocks.Flush()
	return o.failed
}

type outputState int

const (
	written     outputState = iota
	readerGone              // as `head` is, when it has its lines
	writeFailed             // a full disk, say
)

func (o *output) state() outputState {
	switch err := o.failed; {
	case err == nil:
		return written
	case errors.Is(err, syscall.EPIPE), errors.Is(err, io.ErrClosedPipe):
		return readerGone
	case runtime.GOOS == "windows" && (errors.Is(err, syscall.Errno(109)) || errors.Is(err, syscall.Errno(232))):
		return readerGone // ERROR_BROKEN_PIPE, ERROR_NO_DATA
	default:
		return writeFailed
	}
}

// writeTo gives write standard output or, if there is one, the file of --output, and says that it has been written.
func (p *program) writeTo(name string, write func(io.Writer) error) error {
	if name == "" {
		return write(p.out)
	}
	err := replaceFile("--output", name, write)
	if err == nil || errors.As(err, new(finding)) {
		p.note("wrote %s", name)
	}
	return err
}

// replaceFile gives write a file that a flag names. The file is replaced when write is done, so that its readers see it
// as it was or as it shall be, and stays as it was when write fails; a finding is no failure. What is there and no
// regular file, such as /dev/null, is written to as it is.
func replaceFile(flag, name string, write func(io.Writer) error) error {
	mode := fs.FileMode(0o600) // what is found may help an attacker
	if target, err := filepath.EvalSymlinks(name); err == nil {
		name = target
	}
	switch info, err := os.Stat(name); {
	case err == nil && info.IsDir():
		return fmt.Errorf("%s %s: this is a directory", flag, name)
	case err == nil && !info.Mode().IsRegular():
		file, err := os.OpenFile(name, os.O_WRONLY, 0)
		if err != nil {
			return fmt.Errorf("%s: %w", flag, err)
		}
		err = buffered(file, write)
		return errors.Join(err, file.Close())
	case err == nil:
		mode = info.Mode().Perm()
	}
	// Until it is complete, the content is in a file without a name, which ends with the process however that ends.
	spool, err := temporary(flag, name)
	if err != nil {
		return err
	}
	defer os.Remove(spool.Name()) // Windows removes no open file
	defer spool.Close()
	_ = os.Remove(spool.Name())
	err = buffered(spool, write)
	if err != nil && !errors.As(err, new(finding)) {
		return err
	}
	file, failed := temporary(flag, name)
	if failed != nil {
		return failed
	}
	_, failed = spool.Seek(0, io.SeekStart)
	if failed == nil {
		_, failed = io.Copy(file, spool)
	}
	if failed == nil {
		failed = errors.Join(file.Chmod(mode), file.Sync())
	}
	if failed = errors.Join(failed, file.Close()); failed == nil {
		failed = os.Rename(file.Name(), name)
	}
	if failed != nil {
		_ = os.Remove(file.Name())
		return failed
	}
	return err
}

// temporary makes a file in the folder of another.
func temporary(flag, name string) (*os.File, error) {
	file, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if failed, ok := errors.AsType[*fs.PathError](err); ok {
		failed.Path = name // which the user gave
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", flag, err)
	}
	return file, nil
}

func buffered(file io.Writer, write func(io.Writer) error) error {
	out := bufio.NewWriter(file)
	err := write(out)
	if flushed := out.Flush(); flushed != nil {
		return flushed
	}
	return err
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
		*to = &workflowGuard{to: *to, start: true}
	}
}

// A workflowGuard writes a space into what begins a workflow command.
type workflowGuard struct {
	to     io.Writer
	off    bool // for a report that is made of such commands
	start  bool // whether the line has only spaces up to here
	colon  bool // whether it begins with the colon that was written last
	hashes int  // how many of them were written last
}

func (g *workflowGuard) Write(b []byte) (int, error) {
	if g.off {
		return g.to.Write(b)
	}
	var safe bytes.Buffer
	for _, c := range b {
		if c == ':' && g.colon || c == '[' && g.hashes >= 2 {
			safe.WriteByte(' ')
		}
		g.colon = c == ':' && g.start
		g.start = c == '\n' || c == '\r' || g.start && (c == ' ' || c == '\t')
		if c == '#' {
			g.hashes++
		} else {
			g.hashes = 0
		}
		safe.WriteByte(c)
	}
	if _, err := g.to.Write(safe.Bytes()); err != nil {
		return 0, err
	}
	return len(b), nil
}
