// Package schema is the single source of truth about the configuration: our
// YANG modules, compiled to an immutable, ordered tree of nodes that grammar,
// validation, completion, display and help all walk.
//
// The modules in yang/ are written by hand. `go generate` compiles them into
// schema.table, which is embedded here and decoded by Load in a fraction of
// the time that reading YANG would take. Nothing at run time knows YANG.
//
// A Cursor is a point in the grammar. It takes one word at a time:
//
//	set system syslog file messages any notice
//	    │      │      │    │        │   └ Keyword notice, a leaf without a value
//	    │      │      │    │        └ Key any of the list contents, which has no keyword
//	    │      │      │    └ Key messages
//	    │      │      └ Keyword file, a list
//	    └──────┴ Keywords of containers
//
// Everything that a user can be told about a word comes from the same walk:
// what may come next with its help (Candidates), and what is wrong with what
// came (MatchError).
//
// docs/schema.md tells how to add a statement.
package schema

//go:generate go run ./generate -yang yang -table schema.table -zones zones.txt
