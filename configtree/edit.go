package configtree

import "slices"

// Op is what an Edit does.
type Op uint8

// The operations.
const (
	Set            Op = iota // creates a statement with its parents, gives a leaf its value, adds to a leaf-list
	Delete                   // removes a statement with everything below
	Replace                  // the `replace:` tag: removes what is there, if anything; Sets with the new contents follow
	Override                 // removes everything below the path, whether there is anything or not
	Deactivate               // marks a statement: it stays but does not hold
	Activate                 // removes that mark
	Annotate                 // puts a comment before a statement; an empty one removes it
	Find                     // changes nothing: the walk of `show` and `edit`, for Resolve only
	Protect                  // marks a statement: neither it nor what it contains can be changed
	Unprotect                // removes that mark
	Rename                   // gives an entry or an element another key; contents, marks and place stay
	Copy                     // makes an entry like another, with contents and marks but not protected
	InsertBefore             // moves an entry or element of a user-ordered list in front of another, or of all
	InsertAfter              // moves it behind another, or behind all
	DeleteMatching           // removes the statements at a level whose names match an expression
	Remove                   // Delete of what need not be there
)

var opNames = [...]string{"set", "delete", "replace", "override", "deactivate", "activate", "annotate", "find",
	"protect", "unprotect", "rename", "copy", "insert-before", "insert-after", "delete-matching", "remove"}

// String returns the command that asks for the operation, in one word.
func (o Op) String() string { return opNames[o] }

// ParseOp returns the operation of an Edit that String calls word.
func ParseOp(word string) (Op, bool) {
	i := slices.Index(opNames[:], word)
	return Op(max(i, 0)), i >= 0 && Op(i) != Find
}

// refers reports whether the edit's Value is the key of another entry.
func (o Op) refers() bool { return o >= Rename && o <= InsertAfter }

// Edit is one change to a Tree. A path that ends in a list or leaf-list without
// key stands for all its elements; Set does not take such a path.
type Edit struct {
	Op   Op
	Path Path
	// Value is the value of a leaf to Set, the comment to Annotate with, the new
	// key to Rename or Copy to, the key of the entry to Insert before or after, ""
	// for all of them, or the expression of DeleteMatching.
	// To delete, deactivate, activate, protect or unprotect a leaf only when it has
	// a certain value, name that; "" does it whatever the value is.
	Value string

	// Where the statement stood in the input, for problems.
	File string
	Line int // from 1
	Col  int // from 0
}

func (e *Edit) problem(k ProblemKind, token string, err error) *Problem {
	return &Problem{Path: e.Path, Token: token, Err: err, Kind: k, Warning: k == NotFound || k == Protected, File: e.File, Line: e.Line, Col: e.Col}
}
