// Package render writes the report of an audit for programs, and for people who are not at a terminal. What a server sent
// is fit to be shown when it is in a report; a renderer escapes what means something in its own format.
//
// Each function writes the whole report and returns the first error of the writer.
package render
