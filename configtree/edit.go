package configtree

// Op is what an Edit does.
type Op uint8

// The operations.
const (
	Set        Op = iota // creates a statement with its parents, gives a leaf its value, adds to a leaf-list
	Delete               // removes a statement with everything below
	Replace              // the `replace:` tag: removes what is there, if anything; Sets with the new contents follow
	Override             // removes everything below the path, whether there is anything or not
	Deactivate           // marks a statement: it stays but does not hold
	Activate             // removes that mark
	Annotate             // puts a comment before a statement; an empty one removes it
	Find                 // changes nothing: the walk of `show` and `edit`, for Resolve only
)

// String returns the command that asks for the operation.
func (o Op) String() string {
	return [...]string{"set", "delete", "replace", "override", "deactivate", "activate", "annotate", "find"}[o]
}

// Edit is one change to a Tree. A path that ends in a list or leaf-list without
// key stands for all its elements; Set does not take such a path.
type Edit struct {
	Op   Op
	Path Path
	// Value is the value of a leaf to Set, or the comment to Annotate with. To
	// delete, deactivate or activate a leaf only when it has a certain value,
	// name that; "" does it whatever the value is.
	Value string

	// Where the statement stood in the input, for problems.
	File string
	Line int // from 1
	Col  int // from 0
}

func (e *Edit) problem(k ProblemKind, token string, err error) *Problem {
	return &Problem{Path: e.Path, Token: token, Err: err, Kind: k, Warning: k == NotFound, File: e.File, Line: e.Line, Col: e.Col}
}
