// Package drift reads what PlanetScale publishes about its API and says what that means for programs built on this
// module's client. [Compare] holds a published document against the contract; [Between] holds two published documents
// against one another; [Suggest] drafts the edit of the contract that takes new members in.
//
// The question is the reader's, not the producer's: can a response that the document now allows be refused by the
// contract, and so fail in a program? A change that can is [Breaking], and carries an example that shows it: a response
// the document allows and the contract refuses, or a request of the client's that the document no longer serves. What a
// program can read and the contract does not have yet is [New]; what the contract still allows for and the document does
// not is [Relaxed]; what changes nothing for a program is [Wording].
//
// The comparison is this package's own, over schemas brought into one form (see schema.go). The diffs there are compare
// keywords: they know what a producer changed, not whether a value exists that one side allows and the other refuses,
// which is what the verdict rests on. kin-openapi reads the documents and judges each example.
package drift
