// Command mutants shows that the tests guard what SECURITY.md promises: in a copy of the module it takes one protection
// out after the other, and each time a named test must fail. It prints a table, and fails if a mutant survives or a
// mutation no longer fits the code.
//
//	go run ./internal/mutants [WORDS]
//
// With words it takes out only what they are part of the description of.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, strings.Join(os.Args[1:], " ")); err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, words string) error {
	root, err := moduleRoot(ctx)
	if err != nil {
		return err
	}
	copied, err := os.MkdirTemp("", "mutants-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(copied)
	if err := copyModule(copied, root); err != nil {
		return err
	}
	fmt.Println("| protection taken out | where | test that fails | after |")
	fmt.Println("| --- | --- | --- | ---: |")
	tried, failed := 0, 0
	for _, m := range mutations {
		if !strings.Contains(m.takesOut, words) {
			continue
		}
		tried++
		start := time.Now()
		verdict, err := m.try(ctx, copied)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			verdict, failed = "**"+err.Error()+"**", failed+1
		}
		fmt.Printf("| %s | %s | %s | %.1f s |\n", m.takesOut, m.file, verdict, time.Since(start).Seconds())
	}
	if tried == 0 || failed > 0 {
		return fmt.Errorf("%d of %d mutations are not noticed", failed, tried)
	}
	return nil
}

func moduleRoot(ctx context.Context) (string, error) {
	file, err := exec.CommandContext(ctx, "go", "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("go env GOMOD: %w", err)
	}
	return filepath.Dir(strings.TrimSpace(string(file))), nil
}

// copyModule copies what go test needs.
func copyModule(to, from string) error {
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if entry.Name() == ".git" {
				return fs.SkipDir
			}
			return os.MkdirAll(filepath.Join(to, name), 0o755)
		}
		if !entry.Type().IsRegular() {
			return nil
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, name), data, 0o644)
	})
}

// try runs the mutation's test, with the mutation in place, and returns the test if it fails.
func (m mutation) try(ctx context.Context, dir string) (verdict string, err error) {
	file := filepath.Join(dir, filepath.FromSlash(m.file))
	sound, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	mutant, err := m.apply(sound)
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(file, mutant, 0o644); err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, os.WriteFile(file, sound, 0o644)) }()

	out, err := m.test(ctx, dir)
	top, _, _ := strings.Cut(m.by, "/")
	switch {
	case err == nil && bytes.Contains(out, []byte("no tests to run")):
		return "", fmt.Errorf("there is no test %s", m.by)
	case err == nil:
		return "", fmt.Errorf("%s does not fail", m.by)
	case bytes.Contains(out, []byte("--- FAIL: "+top)), bytes.Contains(out, []byte("panic: ")):
		return "`" + top + "`", nil
	}
	return "", fmt.Errorf("%s does not run: %s", m.by, firstLine(out))
}

// test runs the mutation's test in dir.
func (m mutation) test(ctx context.Context, dir string) ([]byte, error) {
	pattern := "^" + strings.ReplaceAll(m.by, "/", "$/^") + "$"
	cmd := exec.CommandContext(ctx, "go", "test", "-count=1", "-timeout=120s", "-run", pattern, "./"+m.pkg)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-buildvcs=false")
	return cmd.CombinedOutput()
}

// apply returns code with the mutation made in it.
func (m mutation) apply(code []byte) ([]byte, error) {
	if n := bytes.Count(code, []byte(m.old)); n != 1 {
		return nil, fmt.Errorf("the mutation does not fit the code any more: %q is there %d times", m.old, n)
	}
	return bytes.Replace(code, []byte(m.old), []byte(m.new), 1), nil
}

func firstLine(out []byte) string {
	line, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	return line
}
