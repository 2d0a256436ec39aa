package audit

import (
	"fmt"
	"time"
)

const day = 24 * 60 * 60 // seconds

// seconds returns how long it is from one time to another. Unlike [time.Time.Sub] it does not end at 292 years.
func seconds(from, to time.Time) int64 { return to.Unix() - from.Unix() }

func date(t time.Time) string { return t.UTC().Format(time.DateOnly) }

func days(seconds int64) string {
	if n := seconds / day; n != 1 {
		return fmt.Sprintf("%d days", n)
	}
	return "1 day"
}

func ago(seconds int64) string {
	if seconds < day {
		return "today"
	}
	return days(seconds) + " ago"
}

// since returns how many seconds ago t was, never less than 0.
func (a *Auditor) since(t time.Time) int64 { return max(seconds(t, a.options.Now), 0) }

// unknown reports whether a time is not known: the server sent none, or null where a time is promised. No rule judges such
// a time.
func unknown(t *time.Time) bool { return t == nil || t.IsZero() }

func (a *Auditor) expired(tok judged) string {
	if unknown(tok.ExpiresAt) || tok.ExpiresAt.After(a.options.Now) {
		return ""
	}
	return fmt.Sprintf("expired on %s, %s", date(*tok.ExpiresAt), ago(a.since(*tok.ExpiresAt)))
}

func (a *Auditor) expiresSoon(tok judged) string {
	if unknown(tok.ExpiresAt) || !tok.ExpiresAt.After(a.options.Now) {
		return ""
	}
	left := seconds(a.options.Now, *tok.ExpiresAt)
	switch {
	case left > int64(a.options.ExpiresDays)*day:
		return ""
	case left < day:
		return fmt.Sprintf("expires on %s, in less than a day", date(*tok.ExpiresAt))
	}
	return fmt.Sprintf("expires on %s, in %s", date(*tok.ExpiresAt), days(left))
}

func (a *Auditor) neverExpires(tok judged) string {
	switch {
	case tok.ExpiresAt != nil: // at a time, which may be unknown
		return ""
	case tok.CreatedAt.IsZero():
		return "without an expiry date"
	}
	return fmt.Sprintf("issued on %s without an expiry date", date(tok.CreatedAt))
}

func (a *Auditor) longLived(tok judged) string {
	if unknown(tok.ExpiresAt) || tok.CreatedAt.IsZero() {
		return ""
	}
	lives := seconds(tok.CreatedAt, *tok.ExpiresAt)
	if lives <= int64(a.options.LifetimeDays)*day {
		return ""
	}
	return fmt.Sprintf("lives for %s, from %s to %s", days(lives+day-1), date(tok.CreatedAt), date(*tok.ExpiresAt))
}

func (a *Auditor) neverUsed(tok judged) string {
	if tok.LastUsedAt != nil || tok.CreatedAt.IsZero() || a.since(tok.CreatedAt) < int64(a.options.NeverUsedDays)*day {
		return ""
	}
	return fmt.Sprintf("issued on %s, %s, and never used", date(tok.CreatedAt), ago(a.since(tok.CreatedAt)))
}

func (a *Auditor) unused(tok judged) string {
	if unknown(tok.LastUsedAt) {
		return ""
	}
	idle := a.since(*tok.LastUsedAt)
	if idle < int64(a.options.UnusedDays)*day {
		return ""
	}
	return fmt.Sprintf("last used on %s, %s", date(*tok.LastUsedAt), ago(idle))
}
