// Package format gives a configuration its faces: curly text, set lines, XML and JSON, read
// and written, and the difference of two configurations, printed as `show | compare` does and
// read as a patch.
//
//	system {
//	    syslog {                                 set system syslog archive size 10m
//	        archive size 10m files 10;           set system syslog archive files 10
//	        inactive: host 10.1.10.32 {          set system syslog host 10.1.10.32 any notice
//	            any notice;                      deactivate system syslog host 10.1.10.32
//	        }
//	    }
//	}
//
// Reading is a sequence of edits, one statement at a time, because a load does more than
// a tree can say: it replaces, deletes and deactivates. Whatever is wrong comes as a
// Problem in between, with its place; reading then goes on behind the statement or, when
// it had a block, behind its closing brace, so that all problems of a file are found in
// one go. Nothing that could be a secret is repeated in a Problem.
//
// Set lines are the commands of the shell that change the configuration, and edit, exit, up and
// top, which say where the lines behind them are.
//
// Writing and reading are inverse: the text of a tree read into an empty tree is that tree,
// in every face, but for characters that XML does not know. A comparison of two trees, read
// as a patch onto the one, makes the other.
//
// XML and JSON have the shapes that Junos clients expect. What an element says of its statement,
// beside the contents, stands in attributes, or under "@" and "@name" (RFC 7952 section 5.2):
//
//	<syslog delete="delete"/>                               "syslog" : { "@" : { "operation" : "delete" } }
//	<host-name inactive="inactive">r1</host-name>           "host-name" : "r1", "@host-name" : { "inactive" : true }
//	<host insert="before" name="b"><name>a</name></host>    "host" : [{ "@" : { "insert" : "before", "name" : "b" }, "name" : "a" }]
//
// delete, replace, rename, inactive, active, protect and unprotect have their own name as value; operation is one of
// merge, create, replace, delete and remove, insert one of first, last, before and after. They are obeyed in the
// order of the document, so that one load may delete a statement and make it anew.
//
// The lexical rules are few. Blanks separate words. Double quotes enclose what is not made of
// letters, digits and `. _ - / : @ + % ^ ~ * < >`; inside them \" \\ \n \t \r and \xhh of a
// control character are escapes, and any other backslash stands for itself. `#` where a word
// may begin makes the rest of the line a comment. In curly text `{ } ;` end words, `[ ]`
// enclose several values, and `/* */` is an annotation of the statement that follows.
package format
