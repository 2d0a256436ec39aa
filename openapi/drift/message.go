package drift

// message says what follows from a finding for a program.
func message(f Finding) string {
	table := messages
	if f.In == InRequest {
		table = requestMessages
	}
	if m, ok := table[f.Rule][f.Class]; ok {
		return m
	}
	return table[""][f.Class]
}

// messages are by rule and class; under no rule is what holds for all others.
var messages = map[string]map[Class]string{
	"": {
		Breaking: "a program fails on such a response",
		Differs:  "nothing here can judge it, so look at it by hand",
		New:      "the contract does not say so yet",
		Relaxed:  "the contract allows for more than is sent",
		Wording:  "nothing changes for a program",
	},
	"type": {
		Relaxed: "this form is no longer sent",
	},
	"nullable": {
		Breaking: "a program refuses the null",
		New:      "a program reads null as a missing member",
		Relaxed:  "null is no longer sent",
	},
	"required": {
		Breaking: "a program refuses a response without it",
		New:      "a program reads null where it is missing",
		Relaxed:  "it is always sent now",
	},
	"member": {
		Breaking: "a program refuses a response without it",
		New:      "a program does not see it until the contract declares it",
		Relaxed:  "a program finds nothing there",
	},
	"header": {
		New:     "a program does not see it until the contract declares it",
		Relaxed: "a program finds nothing there",
	},
	"additionalProperties": {
		New:     "members that are not declared may come, and a program passes over them",
		Relaxed: "members that are not declared no longer come",
	},
	"status": {
		Breaking: "a program takes the answer for an error",
		New:      "a program gets an error that says which status it was",
		Relaxed:  "it is no longer sent",
	},
	"body": {
		Breaking: "a program fails on the empty answer",
		New:      "the contract can describe it",
		Relaxed:  "the contract still describes it",
	},
	"media-type": {
		Breaking: "a program refuses an answer in it",
		New:      "a program reads neither code nor message from it",
		Relaxed:  "it is no longer sent",
	},
	"operation": {
		Breaking: "a program's request finds nothing",
		New:      "a program cannot use it until the contract has it",
		Relaxed:  "it is no longer described",
	},
	"security-url": {
		New:     "programs send people or requests elsewhere for access tokens",
		Relaxed: "it is no longer said",
	},
	"server": {
		Breaking: "a program asks where the operation is no longer served",
		New:      "the operation is served there as well",
		Relaxed:  "the operation is no longer served there",
	},
	"deprecated": {New: "it may go away"},
}

// requestMessages are the same for what the client sends.
var requestMessages = map[string]map[Class]string{
	"security-url": messages["security-url"],
	"": {
		Breaking: "a program's request is refused",
		Differs:  "nothing here can judge it, so look at it by hand",
		New:      "a program can adapt to it",
		Relaxed:  "the contract still offers it",
		Wording:  "nothing changes for a program",
	},
	"security": {
		Breaking: "no credential that the client sends is enough",
		New:      "another credential is taken as well",
		Relaxed:  "a credential that the client offers is no longer named",
	},
	"scopes": {New: "an access token needs them", Relaxed: "an access token needs none"},
	"access": {
		Breaking: "a service token that was enough no longer is",
		New:      "another access is enough as well",
		Relaxed:  "no access is named any more",
	},
	"default":    {New: "leaving the parameter out means something else"},
	"deprecated": {New: "it may go away"},
}
