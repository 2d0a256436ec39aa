// Package audit finds an application's risky tokens. It applies rules to values of package api: it makes no request and
// reads no clock.
//
//	report, err := audit.Run(app, client.Tokens(ctx, "acme", app.ID, api.ListOptions{}), audit.Options{Now: time.Now()})
//	if err != nil {
//		return err
//	}
//	for f := range report.Findings() { // worst first
//		fmt.Println(f.Severity, f.Rule, f.Token, f.Name, f.Message)
//	}
//
// [Rules] lists the rules with the reason for each and what to do about a finding. [Options] sets their thresholds,
// switches them off, changes their severities and accepts single tokens for a while; [ReadPolicy] reads them from a file.
// With a [Baseline], an audit reports what is new since an earlier one. [New] audits several applications in one report.
//
// # What the rules go by
//
// A time threshold of N days is N times 24 hours, to the second. A token is of the age that created_at gives it; one
// that lies in the future counts as issued now.
//
// What a scope allows is read from its name, because PlanetScale publishes no machine-readable meaning: the first word
// after the resource prefix decides, so database:delete_branches deletes and branch:manage_passwords administers. A verb
// that is not known grants nothing.
//
// The API does not say which branches are production branches. A token reaches production if one of its scopes or
// accesses has the word production in its name, or if it has an access on a branch of a name in
// [Options].ProductionBranches, compared without regard to case. An access on a whole database or organization reaches
// its production branches too; the first would flag nearly every token, the second has a rule of its own.
//
// The scopes that an application declares can have a resource prefix or none. A scope with a prefix is declared if the
// application names it so, or names it without any prefix; a scope without a prefix is declared if the application names
// it with any prefix or none. Only OAuth scopes are compared with the declaration: the accesses in
// service_token_accesses have a vocabulary of their own.
//
// # Memory
//
// An [Auditor] keeps of each token what a [Report] says of it, some hundred bytes to a few kilobytes, and no credential.
//
// # Text
//
// Names, scopes and actors are chosen by the owners of the tokens. In a [Finding] they are fit to be shown: without
// credentials, without anything a terminal would act on, and short. A renderer has only its own format's syntax to escape.
package audit
