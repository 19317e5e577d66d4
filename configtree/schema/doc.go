// Package schema is the single source of truth about the configuration: our
// YANG modules, compiled to an immutable, ordered tree of nodes that grammar,
// validation, completion, display and help all walk.
package schema
