// Package format gives a configuration its faces: curly text and set lines, read
// and written, and the difference of two configurations as `show | compare` prints it.
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
// Writing and reading are inverse: the text of a tree read into an empty tree is that tree,
// in either face.
//
// The lexical rules are few. Blanks separate words. Double quotes enclose what is not made of
// letters, digits and `. _ - / : @ + % ^ ~ * < >`; inside them \" \\ \n \t \r and \xhh of a
// control character are escapes, and any other backslash stands for itself. `#` where a word
// may begin makes the rest of the line a comment. In curly text `{ } ;` end words, `[ ]`
// enclose several values, and `/* */` is an annotation of the statement that follows.
package format
