package cli

import (
	"strconv"
	"time"
)

func absolute(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// A timeUnit has a long and a short name; months and years are the mean ones of the calendar.
var timeUnits = []struct {
	seconds     int64
	long, short string
}{
	{31_556_952, "year", "y"},
	{2_629_746, "month", "mo"},
	{86_400, "day", "d"},
	{3_600, "hour", "h"},
	{60, "minute", "min"},
}

// relative says how far t is from now in the largest unit that fits: "3 months ago", "in 1 day", "now".
func relative(now, t time.Time) string {
	return relativeIn(now, t, func(n int64, long, _ string) string {
		if n == 1 {
			return "1 " + long
		}
		return strconv.FormatInt(n, 10) + " " + long + "s"
	})
}

// relativeShort is like relative in fewer letters: "3mo ago", "in 1d", "now".
func relativeShort(now, t time.Time) string {
	return relativeIn(now, t, func(n int64, _, short string) string { return strconv.FormatInt(n, 10) + short })
}

func relativeIn(now, t time.Time, format func(n int64, long, short string) string) string {
	distance := t.Unix() - now.Unix() // a Duration holds 292 years only
	for _, unit := range timeUnits {
		if n := distance / unit.seconds; n < 0 {
			return format(-n, unit.long, unit.short) + " ago"
		} else if n > 0 {
			return "in " + format(n, unit.long, unit.short)
		}
	}
	return "now"
}
