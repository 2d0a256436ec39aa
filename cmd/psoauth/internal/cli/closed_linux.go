package cli

import (
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// wasClosed reports whether the process began without a standard file: then the Go runtime has opened /dev/null for it,
// to read and write. A shell's redirection only writes. What Python's subprocess.DEVNULL and Node's "ignore" open reads
// and writes as well, and nothing distinguishes it from a file that was closed.
func wasClosed(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	flags, err := unix.FcntlInt(f.Fd(), unix.F_GETFL, 0)
	if err != nil || flags&unix.O_ACCMODE != unix.O_RDWR {
		return false
	}
	is, err := f.Stat()
	null, missing := os.Stat(os.DevNull)
	return err == nil && missing == nil && os.SameFile(is, null)
}
