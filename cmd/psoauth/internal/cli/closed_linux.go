package cli

import (
	"os"

	"golang.org/x/sys/unix"
)

// wasClosed reports whether the process began without the standard file f: then the Go runtime has opened /dev/null for
// it, to read and write. So do some programs for a child whose output they do not want, which looks the same.
func wasClosed(f *os.File) bool {
	flags, err := unix.FcntlInt(f.Fd(), unix.F_GETFL, 0)
	if err != nil || flags&unix.O_ACCMODE != unix.O_RDWR {
		return false
	}
	is, err := f.Stat()
	null, missing := os.Stat(os.DevNull)
	return err == nil && missing == nil && os.SameFile(is, null)
}
