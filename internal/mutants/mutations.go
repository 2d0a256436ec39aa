package main

// A mutation takes one protection out.
type mutation struct {
	takesOut string // what, in words for the table
	file     string // where
	old, new string // a piece of its code that is there once, and what takes its place
	pkg, by  string // the test that must fail: its package, and its name or that of a subtest
}

var mutations = []mutation{
	// Where credentials go.
	{"the origin check before a credential is attached", "api/authorize.go",
		`to != a.origin {`, `to != a.origin && false {`, "api", "TestTheTransportRefusesWhatTheRedirectPolicyWouldLetThrough"},
	{"the redirect check", "api/pipeline.go",
		`from != to {`, `from != to && false {`, "api", "TestARefreshableTokenIsRenewed"},
	{"comparing hosts by ASCII only", "api/origin.go",
		`lower(u.Hostname())`, `strings.ToLower(u.Hostname())`, "api", "TestNoSpellingOfAnotherHostGetsAnything"},
	{"ports in the comparison of origins", "api/origin.go",
		`lower(u.Hostname()), u.Port()}`, `lower(u.Hostname()), ""}`, "api", "TestNoSpellingOfAnotherHostGetsAnything"},
	{"https only", "api/origin.go",
		`u.Scheme == "http" && !isLoopback(u.Hostname())`, `u.Scheme == "http" && false`, "api", "TestBaseURLs"},
	{"a service token for the API host only", "api/client.go",
		`c := &Client{onAPI: s.service,`, `c := &Client{onAPI: s.service, onAuth: s.service,`, "api", "TestNothingIsSentWithoutTheRightCredential"},
	{"the check of arguments that become a path", "api/arguments.go",
		`a.value == "." || a.value == ".."`, `a.value == "…"`, "api", "TestPathArguments"},

	// What is shown.
	{"redaction of known prefixes", "internal/text/text.go",
		`s = credentials.ReplaceAllString(redactKnown(s, known, "(?i)"), redacted)`, `s = redactKnown(s, known, "(?i)")`, "internal/text", "TestRedact"},
	{"redaction of the client's own credential", "api/client.go",
		`return []string{token}`, `return []string{token[:0]}`, "api", "TestOurOwnCredentialIsRedactedHoweverTheServerWritesIt"},
	{"redaction of escaped credentials", "internal/text/text.go",
		`func plain(r rune) bool { return `, `func plain(r rune) bool { return true || `, "api", "TestOurOwnCredentialIsRedactedHoweverTheServerWritesIt"},
	{"dropping what may be a part of a credential at the cut", "internal/text/text.go",
		`shown[:max(len(shown)-unsure, 0)]`, `shown`, "internal/text", "TestExcerptLeavesNoPartOfACredential"},
	{"redaction of the causes of errors", "api/errors.go",
		`cause:     withoutSecrets(err, call.secrets()...)`, `cause:     err`, "api", "TestTheErrorsBehindAnErrorHoldNoSecret"},
	{"redaction in the debug log", "api/log.go",
		`text.Excerpt(err.Error(), excerptBytes, call.secrets()...)`, `err.Error()+text.Excerpt("", 0)`, "api", "TestTheLogNamesEachAttemptAndHoldsNoSecret"},
	{"silencing what net/http logs of a server's words", "cmd/psoauth/main.go",
		`log.SetOutput(io.Discard)`, `log.SetOutput(io.MultiWriter(os.Stderr))`, "conformance_test",
		"TestNoServerHangsCrashesOrExhaustsTheCommand/servers/goes_on_after_the_end"},
	{"the formatter of a secret", "openapi/secret.go",
		`io.WriteString(f, Redacted)`, `io.WriteString(f, s.Reveal())`, "openapi", "TestNoVerbPrintsASecret"},
	{"the mask of a secret in memory", "openapi/secret.go",
		`b[i] ^= noise[i%len(noise)]`, `b[i] ^= noise[i%len(noise)] & 0`, "internal/house", "TestNothingPrintsASecret"},
	{"escaping control bytes", "internal/text/text.go",
		`case strconv.IsPrint(r):`, `case r != '…':`, "cmd/psoauth/internal/cli", "TestTextFromAServerIsData"},
	{"neutralising formulas in csv", "cmd/psoauth/internal/cli/render_csv.go",
		`if text.IsFormula(s) {`, `if text.IsFormula(s) && false {`, "cmd/psoauth/internal/cli", "TestNoCellIsAFormula"},

	// What a response may cost.
	{"the size limit", "api/bounds.go",
		`if err == nil && n > b.limit {`, `if err == nil && n > b.limit && false {`, "api", "TestAResponseIsReadUpToTheLimit"},
	{"the size limit after decompression", "api/bounds.go",
		`body = unzipped`, `body = io.LimitReader(unzipped, b.limit)`, "api", "TestTheLimitHoldsForGzipThatTheTransportLeavesOn"},
	{"reading words in short errors only", "api/decode.go",
		`const mostWords = 64 << 10`, `const mostWords = 64 << 20`, "api", "TestWhatAServerSendsCostsMemoryInProportion/errors"},
	{"the limit on scopes", "openapi/scopes.go",
		`const mostBytes = 1 << 20`, `const mostBytes = 1 << 30`, "api", "TestWhatAServerSendsCostsMemoryInProportion/scopes_in_a_string"},
	{"the limit on members that nobody knows", "internal/strictjson/object.go",
		`len(r.unknown)-o.unknown == maxUnknown`, `len(r.unknown)-o.unknown == 1000*maxUnknown`, "internal/strictjson", "TestLimits"},
	{"the limit on headers", "api/pipeline.go",
		`t.MaxResponseHeaderBytes = maxHeaderBytes`, `t.MaxResponseHeaderBytes = 64 * maxHeaderBytes`, "api", "TestNoServerMakesTheClientHangOrCrash/2_MiB_of_headers"},
	{"the time limit of an attempt", "api/bounds.go",
		`context.WithTimeoutCause(r.Context(), b.timeout, errAttemptTimeout)`, `context.WithTimeoutCause(r.Context(), 1000*b.timeout, errAttemptTimeout)`,
		"api", "TestTheTimeoutOfTheHTTPClientBoundsAnAttempt"},
	{"not reading on after a switch of protocols", "api/pipeline.go",
		`case resp.StatusCode == http.StatusSwitchingProtocols:`, `case resp.StatusCode == 0:`, "api",
		"TestNoServerMakesTheClientHangOrCrash/another_protocol,_and_silence"},
	{"the loop guard", "api/pages.go",
		`case next <= int64(number):`, `case next < 0:`, "api", "TestPagesThatDoNotAdvanceAreALoop/names_itself0"},
	{"the end of pages that repeat", "api/pages.go",
		`repeats > maxRepeats`, `repeats > 1000*maxRepeats`, "api", "TestAServerThatIgnoresThePageIsALoop"},
	{"the end of a list by its total", "api/pages.go",
		`case next > int64(last):`, `case next > 1000*int64(last):`, "api", "TestPagesThatDoNotAdvanceAreALoop/no_end,_though_total_two0"},
	{"the end of redirects", "api/pipeline.go",
		`if len(via) >= 10 {`, `if len(via) >= 50 {`, "api", "TestRedirectsEnd"},

	// Retries and the rate.
	{"the cap on Retry-After", "api/retry.go",
		`return wait <= time.Until(end), nil`, `return wait <= 1000*time.Until(end), nil`, "api", "TestRetryAfterThatExceedsTheDeadlineReturnsAtOnce"},
	{"the choice of statuses to repeat", "api/retry.go",
		`case http.StatusTooManyRequests, http.StatusBadGateway,`, `case http.StatusInternalServerError, http.StatusTooManyRequests, http.StatusBadGateway,`,
		"api", "TestRetries"},
	{"jitter", "api/retry.go",
		`return rand.N(longest) + 1`, `return longest + rand.N(time.Nanosecond)`, "api", "TestBackoffIsRandomAndGrows"},
	{"the rate limit", "api/ratelimit.go",
		`if l.limiter == nil {`, `if l.limiter != nil {`, "api", "TestAllCallsOfAClientShareOneRate"},
	{"holding the whole client back after a 429", "api/ratelimit.go",
		`err == nil && resp.StatusCode == http.StatusTooManyRequests`, `err == nil && resp.StatusCode == 0`, "api", "TestA429HoldsTheWholeClientBack"},
	{"keeping a refreshed token though its call has ended", "api/refresh.go",
		`context.WithoutCancel(ctx)`, `ctx`, "api", "TestARefreshOutlivesTheCallThatBeganItAndItsResultIsKept"},

	// What counts as a good answer.
	{"the media type", "api/decode.go",
		`problem != "" {`, `problem != "" && false {`, "api", "TestWhatIsNoGoodAnswerIsAnErrorAndNeverAZeroValue"},
	{"required members", "internal/strictjson/object.go",
		`missing != 0 {`, `missing != 0 && false {`, "api", "TestDecodingIsStrict"},
	{"refusing duplicate members", "internal/strictjson/object.go",
		`case o.seen&(1<<member) != 0:`, `case o.seen&(1<<member) != 0 && false:`, "api", "TestDecodingIsStrict"},
	{"refusing what comes after the JSON", "internal/strictjson/fault.go",
		`r.at == len(r.data) {`, `r.at <= len(r.data) {`, "api", "TestDecodingIsStrict"},
	{"telling tokens that come again", "api/pages.go",
		`return newer || older`, `return (newer || older) && false`, "api", "TestAListThatGrowsMeanwhileYieldsNoTokenTwice"},
	{"the page to resume from", "api/pages.go",
		`noted.Page = page`, `noted.Page = page + 1`, "api", "TestWhatWasYieldedStaysAndTheListCanBeResumed"},
}
