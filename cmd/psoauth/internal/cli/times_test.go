package cli_test

import (
	"testing"
	"time"

	"github.com/psoauth/psoauth/cmd/psoauth/internal/cli"
)

func TestRelativeTimes(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for _, test := range []struct {
		distance    time.Duration
		long, short string
	}{
		{0, "now", "now"},
		{59 * time.Second, "now", "now"},
		{-59 * time.Second, "now", "now"},
		{time.Minute, "in 1 minute", "in 1min"},
		{-time.Minute, "1 minute ago", "1min ago"},
		{-59 * time.Minute, "59 minutes ago", "59min ago"},
		{time.Hour, "in 1 hour", "in 1h"},
		{day - time.Second, "in 23 hours", "in 23h"},
		{-day, "1 day ago", "1d ago"},
		{-30 * day, "30 days ago", "30d ago"},
		{-31 * day, "1 month ago", "1mo ago"},
		{-92 * day, "3 months ago", "3mo ago"},
		{365 * day, "in 11 months", "in 11mo"},
		{366 * day, "in 1 year", "in 1y"},
		{-3 * 366 * day, "3 years ago", "3y ago"},
	} {
		at := now.Add(test.distance)
		if got := cli.Relative(now, at, false); got != test.long {
			t.Errorf("%v: %q, want %q", test.distance, got, test.long)
		}
		if got := cli.Relative(now, at, true); got != test.short {
			t.Errorf("%v: %q, want %q", test.distance, got, test.short)
		}
	}
	if got := cli.Relative(now, time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC), false); got != "in 7973 years" {
		t.Errorf("the year 9999: %q", got)
	}
}
