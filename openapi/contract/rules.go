package contract

import "slices"

// A Rule is one thing that a response or its request must keep.
type Rule struct {
	ID       string   // stable: reports, baselines and WithSeverity name the rule by it
	Severity Severity // unless WithSeverity says otherwise
	Finds    string   // what a finding of this rule reports, in words that follow "it finds"
	Why      string   // why it matters, in one sentence
}

// Rules returns all rules, grouped by what they look at.
func Rules() []Rule { return slices.Clone(rules) }

// severities returns the severity of each rule, by its id.
func severities() map[string]Severity {
	all := map[string]Severity{}
	for _, rule := range rules {
		all[rule.ID] = rule.Severity
	}
	return all
}

var rules = []Rule{
	{"route.not-found", Note, "a request to one of the contract's hosts for a path that the contract does not have",
		"The contract promises nothing about the response, so it was not checked."},
	{"route.foreign", Note, "a request for a host and a path that the contract does not have",
		"Recordings also hold requests to other services. The response was not checked."},
	{"route.method", Note, "a request with a method that the contract does not have for the path",
		"The contract promises nothing about the response, so it was not checked."},
	{"route.host", Error, "a request for one of the contract's paths on a host that the contract does not declare for it",
		"A credential must not go to another host, and a response of another host proves nothing about the declared one."},
	{"route.scheme", Error, "a request for a declared host and path with another scheme, such as http instead of https",
		"Without TLS, anyone on the network path can read the credential and the response."},

	{"request.parameter", Warning, "a parameter that is missing or malformed",
		"The server may refuse it, or silently use a default."},
	{"request.undeclared-parameter", Warning, "a query parameter that the contract does not declare",
		"Servers ignore unknown parameters, so a misspelled one has no effect and causes no error."},
	{"request.credential", Warning, "a request without a credential of a kind and form that the contract declares",
		"The service refuses the request, or it exposes what it should protect."},

	{"http.status", Error, "a status that the operation does not declare",
		"A program takes it for a failure or, worse, for a success with another body. `default` covers 4xx and 5xx; it covers " +
			"2xx only if the operation declares no 2xx itself; it never covers 1xx or 3xx."},
	{"http.content-type", Error, "a body whose media type is missing, malformed, sent twice, or not declared for the status",
		"A program chooses the decoder by the media type."},
	{"http.charset", Warning, "JSON that declares an encoding other than UTF-8",
		"JSON between systems is UTF-8 (RFC 8259, section 8.1), and decoders ignore the charset."},
	{"http.header-missing", Error, "a required header that is missing",
		"A program that relies on the header has nothing to read."},
	{"http.body-unexpected", Error,
		"a body where none is allowed: in response to HEAD, with 204 or 304, or where the contract declares none",
		"Clients leave such a body unread, or take it for the start of the next response."},
	{"http.error-body", Note, "a body with an error status for which the contract declares none",
		"It explains the failure, but the contract promises nothing about it, so it was not checked."},
	{"http.unjudged", Note,
		"a body that has a schema but is neither JSON nor text, or whose content coding the request accepts but is neither " +
			"gzip nor deflate",
		"The body was not checked."},
	{"http.body-missing", Error, "no body where the contract declares one",
		"A program has nothing to decode, and may use a zero value instead."},
	{"http.error-body-missing", Note, "an error status without the body that the contract declares for it",
		"The status is enough to act on, but the reason for the failure is lost."},
	{"http.content-encoding", Error,
		"a body that is not encoded as its Content-Encoding says, or in a coding other than gzip and deflate for which the request " +
			"does not ask",
		"A client cannot read the body."},
	{"http.body-limit", Error, "a body larger than the limit; it was not checked",
		"An endless body, or a small one that decompresses to a huge one, exhausts the memory of a client that reads without " +
			"a limit."},
	{"http.body-read", Error, "a body that ends before its Content-Length, or whose connection broke",
		"A client gets half a response."},
	{"http.body-unread", Note, "a body that was not read to its end, because the client gave up",
		"The body was not checked."},

	{"json.limit", Error, "JSON of more than 500,000 values, or of more than 512 levels; it was not checked",
		"A small body with many values can exhaust the memory of a client that reads it whole."},
	{"json.byte-order-mark", Error, "a byte order mark before the JSON",
		"RFC 8259, section 8.1, forbids it, and encoding/json refuses it."},
	{"json.invalid-utf8", Error, "bytes that are not UTF-8",
		"Decoders silently replace them, so a program reads a different string from the one that was sent."},
	{"json.lone-surrogate", Error, "an escape for half of a surrogate pair",
		"It is not a character, and decoders silently replace it."},
	{"json.duplicate-member", Error, "a member that occurs twice in one object",
		"Decoders disagree about which one counts."},
	{"json.truncated", Error, "JSON that ends before it is complete",
		"A client gets half a response."},
	{"json.syntax", Error, "text that is not JSON, such as a bad literal, a stray comma, a comment or NaN",
		"A decoder refuses the whole body."},
	{"json.trailing-data", Error, "anything but white space after the JSON value",
		"A streaming decoder does not see it; it is often a second response or an error page."},

	{"number.int64", Error, "an integer that does not fit in 64 bits",
		"A decoder refuses it or wraps it around."},
	{"number.integer-form", Error, "an integer written with a fraction or an exponent, such as 25.0 or 1e3",
		"OpenAPI 3.0 does not count it as an integer, and encoding/json does not decode it into one."},
	{"number.float64", Error,
		"a number that a float64 cannot hold: too large, too small, or an integer that would be rounded; the shortest form of " +
			"a float64, such as 1e23, is accepted",
		"A program reads a different number from the one that was sent."},
	{"number.unsafe-integer", Warning, "an integer beyond 2^53 in a member that does not declare the format int64",
		"Decoders that read numbers as float64, such as JavaScript's, round it."},

	{"schema.type", Error, "a value of another JSON type",
		"It does not decode."},
	{"schema.null", Error, "null where the contract does not allow it",
		"A program reads a zero value, or fails."},
	{"schema.required", Error, "a required member that is missing",
		"A program reads a zero value and takes it for data."},
	{"schema.required-nullable", Warning, "a required member that is missing and could have been null",
		"The promise is broken, but a client reads the same as for null."},
	{"schema.unknown-member", Error, "a member that a closed object (`additionalProperties: false`) does not have",
		"The contract says that there is no such member, and strict decoders refuse it."},
	{"schema.undeclared-member", Note, "a member that the contract does not declare, in an open object",
		"It is new or misspelled: adopt it, or ask about it."},
	{"schema.write-only", Error, "a write-only member in a response",
		"Such members are usually secrets."},
	{"schema.enum", Error, "a value that is not in the declared list",
		"A program has no branch for it."},
	{"schema.format", Error, "a value that does not have the declared format, such as an impossible date",
		"It does not decode, or means something else."},
	{"schema.pattern", Error, "a string that does not match the declared pattern",
		"The contract promises the form of the string."},
	{"schema.length", Error, "a string shorter or longer than declared",
		"The contract promises the length of the string."},
	{"schema.range", Error, "a number outside its bounds, or not a multiple of the declared number",
		"The contract promises the bounds of the number."},
	{"schema.items", Error, "an array with too few items, too many, or equal ones where they must differ",
		"The contract promises how many items there are, and whether they differ."},
	{"schema.members", Error, "an object with too few or too many members",
		"The contract promises the size of the object."},
	{"schema.one-of", Error, "a value that fits more than one of the schemas of which it must fit exactly one",
		"A program cannot tell which one was meant."},
	{"schema.not", Error, "a value that fits a schema it must not fit",
		"The contract rules the value out."},
	{"schema.discriminator", Error, "a discriminator that is missing or names no schema",
		"A program cannot tell which schema was meant."},
	{"schema.limit", Error, "a schema that combines too many others, or contains itself too often, to judge the body by",
		"Judging would take minutes: each level of a choice doubles the time."},
	{"schema.unjudged", Note,
		"a part of the document that nothing can be checked against, such as a pattern that is not a Go regular expression, " +
			"or a schema that consists of itself",
		"What it says about responses was not checked."},

	{"page.current", Error, "a page other than the one requested",
		"A program that counts pages misses some and reads others twice."},
	{"page.next-not-advancing", Error, "a next page that is not the one after this",
		"A program that follows it skips pages or never ends."},
	{"page.prev", Error, "a previous page that is not the one before this, one on the first page, or none on a later page",
		"A program that walks backward skips pages or never ends."},
	{"page.next-missing", Error, "no next page although the totals say that there is one",
		"A program stops early and does not see the remaining tokens."},
	{"page.next-beyond-end", Error, "a next page although the totals say that this is the last",
		"A program requests pages that do not exist."},
	{"page.total-pages", Error, "a number of pages that does not follow from the number of tokens and the page size",
		"One of the three numbers is wrong, and a program cannot know which."},
	{"page.total-count", Error,
		"a total that differs from the number of tokens on the pages up to the last, or is less than their number so far",
		"Tokens are missing or counted wrongly."},
	{"page.short", Warning, "a page that is not full although another follows",
		"The number of the next page no longer follows from the page size, so a program may skip tokens."},
	{"page.overfull", Error, "more tokens on a page than the page holds",
		"The totals and the number of the next page no longer follow from the page size."},
	{"page.clamped", Warning, "a smaller page than requested",
		"A program that takes one page for the whole list misses the rest; the server clamps at 100."},
	{"page.url-elsewhere", Error, "a next or previous URL whose scheme, host or path is not that of the list",
		"A program that follows it sends its credential there, or reads another list."},
	{"page.url-page", Error, "a next or previous URL of a page other than the number beside it says, or one without the other",
		"Programs that follow the URL and programs that count see different lists."},
	{"page.duplicate-id", Error, "an id that occurs twice on one page",
		"A program counts a token twice, or overwrites one with the other."},
	{"page.repeated-id", Warning, "an id that occurs on two pages of one run",
		"The list changed while it was read, so another token may have been missed."},

	{"id.mismatch", Error, "an application or token other than the one requested",
		"A program acts on the wrong one."},
	{"id.organization", Warning, "a resource of an organization other than the one requested",
		"This is expected only if another organization has authorized the application."},

	{"count.tokens", Warning, "an application whose number of tokens differs from the total of its list",
		"One of the two is out of date, or the list hides tokens."},

	{"token.secret-in-read", Warning, "a token or refresh token in a read",
		"Only the response that creates a secret may contain it; after a read it ends up in logs and caches."},
	{"token.expires-before-created", Error, "a token that expires before it was created",
		"One of the two times is wrong, so no rule about expiry can be trusted."},
	{"token.updated-before-created", Error, "a last change before the creation",
		"One of the two times is wrong."},
	{"token.used-before-created", Warning, "a last use before the creation",
		"One of the two times is wrong, so no rule about unused tokens can be trusted."},
	{"token.used-in-future", Warning, "a last use more than five minutes after the response was sent",
		"An unused token looks used until that time."},

	{"info.exp-not-after-iat", Error, "a token that expires when it is issued, or before",
		"One of the two times is wrong, and a program that caches by them misbehaves."},
	{"info.active-expired", Warning, "a token that is reported as active after its expiry",
		"A program trusts a token that it should not trust."},
	{"info.inactive-with-members", Warning, "members other than `active` in the response about an inactive token",
		"They tell anyone who holds a dead token about its owner (RFC 7662, section 2.2)."},

	{"scope.duplicate", Warning, "a scope that occurs twice in one list",
		"A program that counts or compares scopes is misled."},
	{"scope.unknown", Note, "a scope that PlanetScale had not published when this version was made",
		"It may grant access that your review does not know."},

	{"recording.no-response", Note, "an entry without a response, such as a request that was blocked or aborted",
		"There was nothing to check."},
	{"recording.no-body", Note, "an entry whose body the recorder left out",
		"The body was not checked."},
	{"recording.unreadable", Error, "an entry that contradicts itself, such as a body that is not the base64 it claims to be",
		"The body was not checked."},
}
