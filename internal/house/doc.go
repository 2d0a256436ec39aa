// Package house holds tests of the module as a whole: which package imports which, what is public, whether the commands,
// programs and links of the documents work, and whether the action does. It has no other code.
package house
