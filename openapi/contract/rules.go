package contract

// A Rule is one thing a response is held to.
type Rule struct {
	ID       string   // stable: reports, baselines and WithSeverity name the rule by it
	Severity Severity // unless WithSeverity says otherwise
	Finds    string   // what a finding of this rule reports, in words that follow "it finds"
	Why      string   // why it matters, in one sentence
}

var (
	rules     []*Rule // in the order of the documentation
	rulesByID = map[string]*Rule{}
)

func define(id string, severity Severity, finds, why string) *Rule {
	rule := &Rule{ID: id, Severity: severity, Finds: finds, Why: why}
	rules = append(rules, rule)
	rulesByID[id] = rule
	return rule
}

// Rules returns all rules, grouped by what they look at.
func Rules() []Rule {
	all := make([]Rule, len(rules))
	for i, rule := range rules {
		all[i] = *rule
	}
	return all
}

var (
	routeNotFound = define("route.not-found", Note,
		"a request to one of the contract's hosts for a path that the contract does not have",
		"Nothing is promised about such a response, so nothing of it was checked.")
	routeForeign = define("route.foreign", Note,
		"a request of which the contract has neither the host nor the path",
		"Recordings hold requests to other services, too. Nothing of such a response was checked.")
	routeMethod = define("route.method", Note,
		"a request with a method that the contract does not have for the path",
		"Nothing is promised about such a response, so nothing of it was checked.")
	routeHost = define("route.host", Error,
		"a request for one of the contract's paths on a host that the contract does not give it",
		"A credential must not go to another host, and another host's responses prove nothing about this one.")
	routeScheme = define("route.scheme", Error,
		"a request for a declared host and path with another scheme, such as http for https",
		"Without TLS anyone on the way can read the credential and the response.")

	requestParameter = define("request.parameter", Warning,
		"a parameter that is missing or malformed",
		"A server may refuse it, or take a default without saying so.")
	requestUndeclared = define("request.undeclared-parameter", Warning,
		"a query parameter that the contract does not declare",
		"Servers ignore what they do not know, so a misspelt parameter has no effect and no error.")
	requestCredential = define("request.credential", Warning,
		"a request without a credential of a kind and form that the contract declares",
		"It is refused, or it shows that the service gives away what it should not.")

	httpStatus = define("http.status", Error,
		"a status that the operation does not declare",
		"A program takes it for a failure or, worse, for a success with another body. `default` declares 4xx and 5xx, 2xx "+
			"only if the operation has no 2xx of its own, and never 1xx or 3xx.")
	httpContentType = define("http.content-type", Error,
		"a body whose media type is missing, malformed, sent twice, or not declared for the status",
		"A program chooses the decoder by the media type.")
	httpCharset = define("http.charset", Warning,
		"JSON that says it is in another encoding than UTF-8",
		"JSON between systems is UTF-8 (RFC 8259, section 8.1); decoders do not look at charset.")
	httpHeaderMissing = define("http.header-missing", Error,
		"a required header that is missing",
		"A program that relies on the header has nothing to read.")
	httpBodyUnexpected = define("http.body-unexpected", Error,
		"a body where none can or should be: in response to HEAD, with 204 or 304, or where the contract declares none",
		"Clients leave such a body unread, or take it for the beginning of the next response.")
	httpErrorBody = define("http.error-body", Note,
		"a body with an error status for which the contract declares none",
		"It says why the request failed; nothing is promised about it, so nothing of it was checked.")
	httpUnjudged = define("http.unjudged", Note,
		"a body in another format than JSON or text, such as XML or a form, that has a schema, or in a content coding other than gzip and deflate that the request asks for",
		"The body was not checked.")
	httpBodyMissing = define("http.body-missing", Error,
		"no body where the contract declares one",
		"A program decodes nothing, and may take that for a zero value.")
	httpErrorBodyMissing = define("http.error-body-missing", Note,
		"an error status without the body the contract declares for it",
		"The status says enough to act on; why it failed is lost.")
	httpContentEncoding = define("http.content-encoding", Error,
		"a body that is not what its Content-Encoding says, or that is encoded in a way nobody asked for",
		"A client cannot read the body.")
	httpBodyLimit = define("http.body-limit", Error,
		"a body larger than the limit; it was not checked",
		"An endless body, or a small one that inflates to a huge one, takes down a client that reads without a limit.")
	httpBodyRead = define("http.body-read", Error,
		"a body that broke off, by Content-Length or by the connection",
		"A client gets half a response.")
	httpBodyUnread = define("http.body-unread", Note,
		"a body that was not read to its end, because the client gave up",
		"The body was not checked.")

	jsonLimit = define("json.limit", Error,
		"JSON of more than 500,000 values, or of more than 512 levels; it was not checked",
		"A small body of many values takes all the memory of a client that reads it as a whole.")
	jsonByteOrderMark = define("json.byte-order-mark", Error,
		"a byte order mark before the JSON",
		"It must not be sent (RFC 8259, section 8.1), and encoding/json refuses it.")
	jsonInvalidUTF8 = define("json.invalid-utf8", Error,
		"bytes that are not UTF-8",
		"Decoders replace them without a word, so a program reads another string than was sent.")
	jsonLoneSurrogate = define("json.lone-surrogate", Error,
		"an escape for half of a surrogate pair",
		"It is no character; decoders replace it without a word.")
	jsonDuplicateMember = define("json.duplicate-member", Error,
		"a member that occurs twice in one object",
		"Decoders disagree about which one counts.")
	jsonTruncated = define("json.truncated", Error,
		"JSON that ends before it is complete",
		"A client gets half a response.")
	jsonSyntax = define("json.syntax", Error,
		"text that is not JSON: a bad literal, a stray comma, a comment, NaN",
		"A decoder refuses all of the body.")
	jsonTrailingData = define("json.trailing-data", Error,
		"anything but white space after the JSON value",
		"A streaming decoder does not see it; it is often a second response or an error page.")

	numberInt64 = define("number.int64", Error,
		"an integer that 64 bits do not hold",
		"A decoder refuses it, or wraps it around.")
	numberIntegerForm = define("number.integer-form", Error,
		"an integer written with a fraction or an exponent, such as 25.0 or 1e3",
		"OpenAPI 3.0 counts it as no integer, and encoding/json does not decode it into one.")
	numberFloat64 = define("number.float64", Error,
		"a number that float64 does not hold: too large, too small, or an integer that would be rounded; the shortest form of a float64, such as 1e23, is none of these",
		"A program reads another number than was sent.")
	numberUnsafeInteger = define("number.unsafe-integer", Warning,
		"an integer beyond 2^53 in a member that does not declare the format int64",
		"Decoders that read numbers as float64, such as JavaScript's, round it.")

	schemaType = define("schema.type", Error,
		"a value of another JSON type",
		"It does not decode.")
	schemaNull = define("schema.null", Error,
		"null where the contract does not allow it",
		"A program reads a zero value, or fails.")
	schemaRequired = define("schema.required", Error,
		"a required member that is missing",
		"A program reads a zero value and takes it for data.")
	schemaRequiredNullable = define("schema.required-nullable", Warning,
		"a required member that is missing and might have been null",
		"The promise is broken, and a client reads the same as for null.")
	schemaUnknownMember = define("schema.unknown-member", Error,
		"a member that a closed object (`additionalProperties: false`) does not have",
		"The contract says there is no such member; strict decoders refuse it.")
	schemaUndeclaredMember = define("schema.undeclared-member", Note,
		"a member that the contract does not declare, in an object that is open",
		"It is new, or misspelt: something to adopt or to ask about.")
	schemaWriteOnly = define("schema.write-only", Error,
		"a write-only member in a response",
		"Such members are secrets as a rule.")
	schemaEnum = define("schema.enum", Error,
		"a value that is not one of those listed",
		"A program has no branch for it.")
	schemaFormat = define("schema.format", Error,
		"a value that is not in the declared format, such as an impossible date",
		"It does not decode, or means something else.")
	schemaPattern = define("schema.pattern", Error,
		"a string that does not match the declared pattern",
		"The contract promises the shape of the string.")
	schemaLength = define("schema.length", Error,
		"a string shorter or longer than declared",
		"The contract promises the length of the string.")
	schemaRange = define("schema.range", Error,
		"a number outside its bounds, or not a multiple of what is declared",
		"The contract promises the bounds of the number.")
	schemaItems = define("schema.items", Error,
		"an array with too few items, too many, or equal ones where they must differ",
		"The contract promises the size of the array.")
	schemaMembers = define("schema.members", Error,
		"an object with too few or too many members",
		"The contract promises the size of the object.")
	schemaOneOf = define("schema.one-of", Error,
		"a value that fits more than one of the schemas of which it must fit exactly one",
		"A program cannot tell which one was meant.")
	schemaNot = define("schema.not", Error,
		"a value that fits a schema it must not fit",
		"The contract rules the value out.")
	schemaDiscriminator = define("schema.discriminator", Error,
		"a discriminator that is missing or names no schema",
		"A program cannot tell which schema was meant.")
	schemaLimit = define("schema.limit", Error,
		"a schema that is made of too many others, or contains itself too often, to judge the body by",
		"Judging would take minutes: every level of a choice doubles the time.")
	schemaUnjudged = define("schema.unjudged", Note,
		"a part of the document that nothing is checked against, such as a pattern that is no regular expression of Go's, or a schema that is made of itself",
		"What it says of responses was not checked.")

	pageCurrent = define("page.current", Error,
		"another page than the one asked for",
		"A program that counts pages misses some and reads others twice.")
	pageNextNotAdvancing = define("page.next-not-advancing", Error,
		"a next page that is not the one after this",
		"A program that follows it skips pages or never ends.")
	pagePrev = define("page.prev", Error,
		"a previous page that is not the one before this, one on the first page, or none on a later page",
		"A program that walks backwards skips pages or never ends.")
	pageNextMissing = define("page.next-missing", Error,
		"no next page although the totals say there is one",
		"A program stops early, and the tokens it did not see stay hidden.")
	pageNextBeyondEnd = define("page.next-beyond-end", Error,
		"a next page although the totals say this is the last",
		"A program asks for pages that are not there.")
	pageTotalPages = define("page.total-pages", Error,
		"a number of pages that does not follow from the number of tokens and the size of a page",
		"One of the three numbers is wrong, and a program cannot know which.")
	pageTotalCount = define("page.total-count", Error,
		"a total that is not the number of tokens on the pages up to this one, or less than that number",
		"Tokens are missing, or counted wrongly.")
	pageShort = define("page.short", Warning,
		"a page that is not full although another follows",
		"The number of the next page does not follow from the size of a page any more, so tokens may be skipped.")
	pageOverfull = define("page.overfull", Error,
		"more tokens on a page than the page holds",
		"The totals and the number of the next page do not follow from it any more.")
	pageClamped = define("page.clamped", Warning,
		"a smaller page than asked for",
		"A program that takes one page for the whole list does not see the rest; the server clamps at 100.")
	pageURLElsewhere = define("page.url-elsewhere", Error,
		"a next or previous URL on another scheme, host or path than the list itself",
		"A program that follows it sends its credential there, or reads another list.")
	pageURLPage = define("page.url-page", Error,
		"a next or previous URL for another page than the number beside it says, or one without the other",
		"Programs that follow the URL and programs that count see different lists.")
	pageDuplicateID = define("page.duplicate-id", Error,
		"an id twice on one page",
		"A program counts a token twice, or overwrites one with the other.")
	pageRepeatedID = define("page.repeated-id", Warning,
		"an id on two pages of one run",
		"The list moved while it was read, so another token may have been missed.")

	idMismatch = define("id.mismatch", Error,
		"another application or token than the one asked for",
		"A program acts on the wrong one.")
	idOrganization = define("id.organization", Warning,
		"a resource of another organization than the one asked for",
		"It is what one expects only if another organization has authorized the application.")

	countTokens = define("count.tokens", Warning,
		"an application whose number of tokens is not the total of its list",
		"One of the two is out of date, or the list hides tokens.")

	tokenSecretInRead = define("token.secret-in-read", Warning,
		"a token or refresh token in a read",
		"Secrets are for the response to the creation only; in a read they end up in logs and caches.")
	tokenExpiresBeforeCreated = define("token.expires-before-created", Error,
		"a token that expired before it was created",
		"One of the two times is wrong, and with it every rule about expiry.")
	tokenUpdatedBeforeCreated = define("token.updated-before-created", Error,
		"a last change before the creation",
		"One of the two times is wrong.")
	tokenUsedBeforeCreated = define("token.used-before-created", Warning,
		"a last use before the creation",
		"One of the two times is wrong, and with it every rule about unused tokens.")
	tokenUsedInFuture = define("token.used-in-future", Warning,
		"a last use later than the response, by more than five minutes",
		"An unused token looks used until that time has come.")

	infoExpNotAfterIat = define("info.exp-not-after-iat", Error,
		"a token that expires before, or the moment, it is issued",
		"One of the two times is wrong, and a program that caches by them misbehaves.")
	infoActiveExpired = define("info.active-expired", Warning,
		"a token that is reported as active after its expiry",
		"A program trusts a token it should not.")
	infoInactiveWithMembers = define("info.inactive-with-members", Warning,
		"more than `active` in the response about an inactive token",
		"It tells anyone with a dead token about its owner (RFC 7662, section 2.2).")

	scopeDuplicate = define("scope.duplicate", Warning,
		"a scope twice in one list",
		"A program that counts or compares scopes is misled.")
	scopeUnknown = define("scope.unknown", Note,
		"a scope that PlanetScale had not published when this version was made",
		"It may open something that your review does not know.")

	recordingNoResponse = define("recording.no-response", Note,
		"an entry without a response, such as a request that was blocked or aborted",
		"Nothing of it was checked.")
	recordingNoBody = define("recording.no-body", Note,
		"an entry whose body the recorder left out",
		"The body was not checked.")
	recordingUnreadable = define("recording.unreadable", Error,
		"an entry that contradicts itself, such as base64 that does not decode",
		"The body was not checked.")
)
