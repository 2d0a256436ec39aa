// Package house holds the tests that keep the module in order: which package may import which, how much a program that
// imports api links, what is public, what is documented, how long a file may be, and that gen is what the contract says.
// It has no other code.
package house
