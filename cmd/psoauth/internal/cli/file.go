package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// writeTo gives write standard output or, if there is one, the file of --output.
func (p *program) writeTo(name string, write func(io.Writer) error) error {
	if name == "" {
		return write(p.out)
	}
	return replaceFile("--output", name, write)
}

// replaceFile gives write a file that a flag names. The file is replaced when write is done, so that whoever reads it
// sees it as it was or as it shall be, and stays as it was when write fails; a finding is no failure. What is there and
// no regular file, such as /dev/null, is written to as it is.
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
	temporary, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if failed, ok := errors.AsType[*fs.PathError](err); ok {
		failed.Path = name // which the user gave
	}
	if err != nil {
		return fmt.Errorf("%s: %w", flag, err)
	}
	defer os.Remove(temporary.Name()) // in vain where it has taken its place
	err = buffered(temporary, write)
	failed := err
	if errors.As(err, new(finding)) {
		failed = nil
	}
	if failed == nil {
		failed = errors.Join(temporary.Chmod(mode), temporary.Sync())
	}
	if failed = errors.Join(failed, temporary.Close()); failed == nil {
		failed = os.Rename(temporary.Name(), name)
	}
	if failed != nil {
		return failed
	}
	return err
}

func buffered(file io.Writer, write func(io.Writer) error) error {
	out := bufio.NewWriter(file)
	err := write(out)
	if flushed := out.Flush(); flushed != nil {
		return flushed
	}
	return err
}
