package api

// For tests of what has no exported name.
var RetryAfter = retryAfter
