package configtree

import (
	"fmt"
	"iter"
	"net/netip"
	"slices"
	"strconv"

	"loggia/configtree/schema"
)

// Reader is how a subsystem turns what holds into its own typed configuration.
// It reads statements by name, gives the schema's default for those that are
// not there, and remembers what was read, so that a statement that nobody obeys
// is found before the commit promises it:
//
//	r := effective.Reader()
//	for file := range r.Child("system").Child("syslog").Entries("file") {
//		size := file.Child("archive").Size("size")
//		…
//	}
//	problems := r.Problems()
//
// A name that the schema does not have is a mistake in the program and panics.
// One goroutine at a time may use a Reader and those made from it.
type Reader struct {
	schema *schema.Node
	node   Node           // absent: a container that is not configured
	seen   []*schema.Node // few: a statement has some twenty below it
	known  []*schema.Node // lists whose entries need not be entered: see EntriesBut
	below  map[*node]*Reader
	wrong  []Problem // values that do not read as what they were asked for
}

// Reader returns a reader of the whole configuration, which has consumed
// nothing yet.
func (e *Effective) Reader() *Reader { return newNodeReader(e.root.schema, e.Root()) }

func newNodeReader(s *schema.Node, n Node) *Reader {
	return &Reader{schema: s, node: n}
}

// Valid reports whether what is read is configured at all.
func (r *Reader) Valid() bool { return r.node.Valid() }

// Key returns the key of the list entry.
func (r *Reader) Key() string { return r.node.Key() }

// Hash identifies what is read: name, key and all below. It is zero when not Valid.
func (r *Reader) Hash() Hash {
	if !r.Valid() {
		return Hash{}
	}
	return r.node.n.hash
}

// Path returns where the reader is, for problems; nil when not Valid.
func (r *Reader) Path() Path {
	if !r.Valid() {
		return nil
	}
	return r.node.Path()
}

// PathOf returns the path of the statement called name here.
func (r *Reader) PathOf(name string) Path { return r.Path().Append(Step{Node: r.child(name)}) }

// child marks the statement called name as consumed and returns its schema.
func (r *Reader) child(name string) *schema.Node {
	s := r.schema.Child(name)
	if s == nil {
		panic(fmt.Sprintf("configtree: the schema has no statement %q in %q", name, r.schema.Name))
	}
	r.see(s)
	return s
}

// see marks s as consumed.
func (r *Reader) see(s *schema.Node) {
	if r.seen == nil {
		r.seen = make([]*schema.Node, 0, len(r.schema.Children))
	}
	if !slices.Contains(r.seen, s) {
		r.seen = append(r.seen, s)
	}
}

func (r *Reader) enter(s *schema.Node, n Node) *Reader {
	if !n.Valid() {
		return newNodeReader(s, n)
	}
	sub := r.below[n.n]
	if sub == nil {
		if r.below == nil {
			r.below = make(map[*node]*Reader)
		}
		sub = newNodeReader(s, n)
		r.below[n.n] = sub
	}
	return sub
}

// Child enters the container called name. It may not be configured: then it is
// not Valid, and everything in it has its default.
func (r *Reader) Child(name string) *Reader { return r.enter(r.child(name), r.node.Child(name)) }

// Entries enters the entries of the list called name, in display order.
func (r *Reader) Entries(name string) iter.Seq[*Reader] {
	s := r.child(name)
	return func(yield func(*Reader) bool) {
		for e := range r.node.Entries(name) {
			if !yield(r.enter(s, e)) {
				return
			}
		}
	}
}

// EntriesBut enters the entries of the list called name that known does not know by
// their Hash, in display order; it asks about each as it comes to it. The others are
// consumed without a look at them: whoever has read equal contents before knows what
// they mean, and that there was no problem.
func (r *Reader) EntriesBut(name string, known func(Hash) bool) iter.Seq[*Reader] {
	s := r.child(name)
	if !slices.Contains(r.known, s) {
		r.known = append(r.known, s)
	}
	return func(yield func(*Reader) bool) {
		for e := range r.node.Entries(name) {
			if !known(e.n.hash) && !yield(r.enter(s, e)) {
				return
			}
		}
	}
}

// ListHash identifies the entries of the list called name, in order. It is zero when
// there are none.
func (r *Reader) ListHash(name string) Hash {
	r.child(name)
	return r.node.slotNamed(name).hash()
}

// Len returns how many entries the list called name has.
func (r *Reader) Len(name string) int { return r.node.Len(name) }

// KnowList is EntriesBut where known knows all.
func (r *Reader) KnowList(name string) { r.known = append(r.known, r.child(name)) }

// Has reports whether the leaf or container called name is configured. It
// consumes a leaf, and a container without its contents.
func (r *Reader) Has(name string) bool {
	r.child(name)
	return r.node.Child(name).Valid()
}

// Text returns the value of the leaf called name, as typed, or its default.
func (r *Reader) Text(name string) string {
	s := r.child(name)
	if n := r.node.Child(name); n.Valid() {
		return n.Value()
	}
	return s.Default
}

// Secret returns the secret in clear that the leaf called name holds, "" when there
// is none.
func (r *Reader) Secret(name string) string {
	s := r.child(name)
	return s.Type.Plain(r.node.Child(name).Value())
}

// Texts returns the values of the leaf-list called name in display order.
func (r *Reader) Texts(name string) []string {
	r.child(name)
	return r.node.Values(name)
}

// Uint returns the number that the leaf called name holds, in the units of its
// type; 0 when there is neither a value nor a default.
func (r *Reader) Uint(name string) uint64 {
	return read(r, name, func(v string) (uint64, error) { return strconv.ParseUint(v, 10, 64) })
}

// Size returns the number of bytes that the leaf called name holds.
func (r *Reader) Size(name string) uint64 { return read(r, name, schema.ParseBytes) }

// Address returns the IP address that the leaf called name holds, the zero Addr
// when there is none.
func (r *Reader) Address(name string) netip.Addr { return read(r, name, netip.ParseAddr) }

func read[T any](r *Reader, name string, parse func(string) (T, error)) T {
	var none T
	text := r.Text(name)
	if text == "" {
		return none
	}
	v, err := parse(text)
	if err != nil {
		r.wrong = append(r.wrong, Problem{Path: r.PathOf(name), Token: text, Err: err, Kind: Invalid})
		return none
	}
	return v
}

// Choice returns the name of the statement that is configured of the YANG
// choice called name, "" when none is. It consumes leaves, and containers
// without their contents.
func (r *Reader) Choice(name string) string {
	if r.node.n == nil {
		return ""
	}
	for _, sl := range r.node.n.slots {
		if sl.schema.Choice == name {
			r.see(sl.schema)
			return sl.schema.Name
		}
	}
	return ""
}

// Ignore consumes the statement called name with everything below: somebody
// else obeys it, or it needs no obeying.
func (r *Reader) Ignore(name string) {
	r.child(name)
	if n := r.node.Child(name); n.Valid() {
		delete(r.below, n.n)
		r.ignoreAll(r.enter(n.n.schema, n))
	}
	for e := range r.Entries(name) {
		r.ignoreAll(e)
	}
}

func (r *Reader) ignoreAll(sub *Reader) {
	for _, c := range sub.schema.Children {
		sub.Ignore(c.Name)
	}
}

// Problems returns the values that did not read as what they were asked for,
// and the statements that nobody has consumed and that the schema does not
// accept without effect: each the uppermost of its kind, in display order.
func (r *Reader) Problems() []Problem {
	problems := slices.Clone(r.wrong)
	for c := range r.node.Children() {
		s := c.n.schema
		if s.Accepted {
			continue
		}
		sub := r.below[c.n]
		switch {
		case sub != nil:
			problems = append(problems, sub.Problems()...)
		case slices.Contains(r.known, s):
		case !slices.Contains(r.seen, s):
			problems = append(problems, Problem{Path: c.Path(), Token: Step{Node: s, Key: c.Key()}.word(), Err: errUnsupported, Kind: Environment})
		case !c.Empty():
			problems = append(problems, newNodeReader(s, c).Problems()...)
		}
	}
	return problems
}

const errUnsupported refusal = "statement is not supported on this system"
