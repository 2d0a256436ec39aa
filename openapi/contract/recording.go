package contract

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// CheckPath judges a recording as [Run.CheckHAR] does or, if path is a directory, all recordings in and below it: files
// that end in .har or .har.gz, in the order of their names. Of several files, one that cannot be read does not keep the
// others from being judged; the error joins what was wrong with each.
func (r *Run) CheckPath(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return r.checkFile(path)
	}
	found := false
	var errs []error
	err = filepath.WalkDir(path, func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			errs = append(errs, err)
			return nil
		}
		name := strings.ToLower(entry.Name())
		if entry.IsDir() || !strings.HasSuffix(strings.TrimSuffix(name, ".gz"), ".har") {
			return nil
		}
		found = true
		if err := r.checkFile(file); err != nil {
			errs = append(errs, err)
		}
		return nil
	})
	if !found && err == nil && len(errs) == 0 {
		err = fmt.Errorf("%s: there is no .har file in the directory", path)
	}
	return errors.Join(append(errs, err)...)
}

func (r *Run) checkFile(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	return r.CheckHAR(filepath.ToSlash(path), file)
}

// CheckBody judges one body as an answer of the operation with that id. Status 0 stands for the lowest success the
// operation declares. What the headers and the request would have said is taken to be in order. The error says that there
// is no such operation, or that in could not be read.
func (r *Run) CheckBody(source, operation string, status int, in io.Reader) error {
	op := r.v.spec.operation(operation)
	if op == nil {
		return fmt.Errorf("unknown operation %q: the contract has %s", operation, strings.Join(r.v.Operations(), ", "))
	}
	if status == 0 {
		status = op.usual()
	}
	data, err := readAll(io.LimitReader(in, r.v.bodyLimit+1), 0)
	if err != nil {
		return fmt.Errorf("%s: %w", source, err)
	}
	r.v.judge(r, &exchange{
		source: source, method: http.MethodGet, op: op, status: status, headerLess: true,
		body: func() body {
			if int64(len(data)) > r.v.bodyLimit {
				return tooLarge(r.v.bodyLimit)
			}
			return body{data: data}
		},
	})
	return nil
}

// usual returns the lowest status of success that the operation declares, 200 if it declares a range or none.
func (op *operation) usual() int {
	lowest := math.MaxInt
	for status := range op.responses {
		if n, err := strconv.Atoi(status); err == nil && n/100 == 2 {
			lowest = min(lowest, n)
		}
	}
	if lowest == math.MaxInt {
		return http.StatusOK
	}
	return lowest
}
