package cli

import (
	"context"
	"fmt"
)

// interruptible runs f, which knows nothing of ctx, and leaves it behind when ctx ends.
func interruptible(ctx context.Context, f func() error) error {
	done := make(chan error, 1)
	go func() {
		defer func() {
			if r := recover(); r != nil {
				done <- panicked(r)
			}
		}()
		done <- f()
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// panicked is the error of a run that panicked.
func panicked(r any) error { return fmt.Errorf("internal error, please report it: %v", r) }
