package drift

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"slices"

	"github.com/psoauth/psoauth/internal/report"
)

// A Rule is one thing that two documents can differ in. Reports and baselines name it by its id, which does not change.
type Rule struct {
	ID      string           // as in [Finding.Rule]
	Finds   string           // what differs, as a phrase
	follows map[Class]string // for a program, by class
}

// What follows from a difference where its rule says nothing of its own: of what is received, and of what is sent.
var (
	received = map[Class]string{
		Breaking: "a program fails on such a response", Differs: "nothing here can judge it, so look at it by hand",
		New: "the contract does not say so yet", Relaxed: "the contract allows for more than is sent", Wording: "nothing changes for a program",
	}
	sent = map[Class]string{
		Breaking: "a program's request is refused", Differs: received[Differs], New: "a program can adapt to it",
		Relaxed: "the contract still offers it", Wording: received[Wording],
	}
)

var rules = []Rule{
	{"operation", "an operation that only one side describes, of the contract or below /oauth-applications and /oauth/", map[Class]string{
		Breaking: "a program's request finds nothing", New: "a program cannot use it until the contract has it", Relaxed: "it is no longer described"}},
	{"server", "where an operation is served", map[Class]string{
		Breaking: "a program asks where the operation is no longer served", New: "the operation is served there as well", Relaxed: "the operation is no longer served there"}},
	{"deprecated", "whether something is deprecated", map[Class]string{New: "it may go away"}},
	{"security", "the credentials that an operation takes", map[Class]string{
		Breaking: "no credential that the client sends is enough", New: "another credential is taken as well", Relaxed: "a credential that the client offers is no longer named"}},
	{"security-url", "where people or programs go for an access token: a URL of a security scheme", map[Class]string{
		New: "programs send people or requests elsewhere for access tokens", Relaxed: "it is no longer said"}},
	{"scopes", "the scopes that an access token needs", map[Class]string{New: "an access token needs them", Relaxed: "an access token needs none"}},
	{"access", "the accesses of which a service token needs one", map[Class]string{
		Breaking: "a service token that was enough no longer is", New: "another access is enough as well", Relaxed: "no access is named any more"}},
	{"parameter", "a parameter that only one side describes", map[Class]string{Relaxed: "a program may send it in vain"}},
	{"encoding", "how a parameter is written: style and explode", nil},
	{"request-body", "the body of a request", nil},
	{"status", "a status of a response that only one side describes", map[Class]string{
		Breaking: "a program takes the response for an error", New: "a program gets an error that says which status it was", Relaxed: "it is no longer sent"}},
	{"media-type", "a media type of a response that only one side describes", map[Class]string{
		Breaking: "a program refuses a response in it", New: "a program reads neither code nor message from it", Relaxed: "it is no longer sent"}},
	{"header", "a header of a response that only one side describes", map[Class]string{
		Breaking: "a program refuses a response without it", New: "a program does not see it until the contract declares it", Relaxed: "a program finds nothing there"}},
	{"body", "whether the body of a response is described", map[Class]string{
		Breaking: "a program fails on the empty response", New: "the contract can describe it", Relaxed: "the contract still describes it"}},
	{"member", "a member that only one side describes", map[Class]string{
		Breaking: "a program refuses a response without it", New: "a program does not see it until the contract declares it", Relaxed: "a program finds nothing there"}},
	{"required", "whether a member or a parameter is always there", map[Class]string{
		Breaking: "a program refuses a response without it", New: "a program reads null where it is missing", Relaxed: "it is always sent now"}},
	{"nullable", "whether a value may be null", map[Class]string{
		Breaking: "a program refuses the null", New: "a program reads null as a missing member", Relaxed: "null is no longer sent"}},
	{"additionalProperties", "what is said of members that are not declared", map[Class]string{
		New: "members that are not declared may come, and a program passes over them", Relaxed: "members that are not declared no longer come"}},
	{"type", "the types of a value", map[Class]string{Relaxed: "this form is no longer sent"}},
	{"enum", "the values of a list", nil},
	{"minimum", "the least number", nil},
	{"maximum", "the greatest number", nil},
	{"multipleOf", "what a number is a multiple of", nil},
	{"format", "the format of a string or a number", nil},
	{"pattern", "the regular expression of a string", nil},
	{"size", "how many characters, items or members there are", nil},
	{"uniqueItems", "whether items may repeat", nil},
	{"not", "values that are excepted", nil},
	{"keyword", "a keyword that nothing here compares, such as if or patternProperties", nil},
	{"default", "what leaving a value out means", map[Class]string{New: "leaving the parameter out means something else"}},
	{"name", "the name of a path's parameter", nil},
	{"operationId", "the id of an operation", nil},
	{"summary", "the summary of an operation", nil},
	{"description", "a description", nil},
	{"title", "a title", nil},
	{"tags", "the tags of an operation", nil},
}

// Rules returns all rules, in the order of the documentation.
func Rules() []Rule { return slices.Clone(rules) }

// ruleOf returns the rule of an id, or one without an id if there is none.
func ruleOf(id string) Rule {
	if i := slices.IndexFunc(rules, func(r Rule) bool { return r.ID == id }); i >= 0 {
		return rules[i]
	}
	return Rule{}
}

// message says what follows from a finding for a program.
func message(f Finding) string {
	own, others := ruleOf(f.Rule).follows[f.Class], received
	if f.In == InRequest {
		if others = sent; f.Rule == "required" || f.Rule == "nullable" || f.Rule == "type" { // of what is received
			own = ""
		}
	}
	return cmp.Or(own, others[f.Class])
}

// WriteRules writes what there is to say of each rule, in Markdown: the sections of docs/drift.md.
func WriteRules(w io.Writer) error {
	out := bufio.NewWriter(w)
	for _, rule := range rules {
		fmt.Fprintf(out, "\n## %s\n\n%s\n", rule.ID, report.Sentence(rule.Finds))
		for class := range Class(len(classes)) {
			if says := rule.follows[class]; says != "" {
				fmt.Fprintf(out, "\n- **%s**: %s", class, says)
			}
		}
		if len(rule.follows) > 0 {
			fmt.Fprintln(out)
		}
	}
	return out.Flush()
}
