package cli

// What the tests see of the inside.
var Relative = relative
