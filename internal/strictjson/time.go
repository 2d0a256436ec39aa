package strictjson

import "time"

// Time reads a time as RFC 3339 has it.
func (r *Reader) Time(into *time.Time) {
	r.peek()
	begin := r.at
	s := r.string()
	var ok bool
	if *into, ok = utc(s); ok {
		return
	}
	if into.UnmarshalText(s) != nil || loose(s) {
		r.fail(fault{at: begin, problem: "a string that is not an RFC 3339 time"})
	}
}

// utc reads a time as PlanetScale writes it, 2006-01-02T15:04:05.000Z, faster than package time. All that is otherwise, and
// the last days of a month, which not every month has, are left to that.
func utc(s []byte) (t time.Time, ok bool) {
	if len(s) != 24 || s[4] != '-' || s[7] != '-' || s[10] != 'T' || s[13] != ':' || s[16] != ':' || s[19] != '.' || s[23] != 'Z' {
		return t, false
	}
	year, month, day := decimal(s[:4]), decimal(s[5:7]), decimal(s[8:10])
	hour, minute, second, milli := decimal(s[11:13]), decimal(s[14:16]), decimal(s[17:19]), decimal(s[20:23])
	if year < 0 || month < 1 || month > 12 || day < 1 || day > 28 || hour < 0 || hour > 23 || minute < 0 || minute > 59 ||
		second < 0 || second > 59 || milli < 0 {
		return t, false
	}
	return time.Date(year, time.Month(month), day, hour, minute, second, milli*1e6, time.UTC), true
}

// decimal returns what the digits say, and less than 0 if s holds anything else.
func decimal(digits []byte) int {
	n := 0
	for _, c := range digits {
		if c -= '0'; c > 9 {
			return -1
		}
		n = 10*n + int(c)
	}
	return n
}

// loose reports whether s is a time to package time and not to RFC 3339 (https://go.dev/issue/54580): with an hour of one
// digit, with a comma, or with an offset out of range.
func loose(s []byte) bool {
	end := len(s)
	return s[12] == ':' || s[19] == ',' || s[end-1] != 'Z' && (string(s[end-5:end-3]) > "23" || string(s[end-2:]) > "59")
}
