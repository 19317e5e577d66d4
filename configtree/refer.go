package configtree

import (
	"slices"

	"loggia/configtree/schema"
)

// connectives are the words between an entry and the key that a command about
// it refers to.
func (o Op) connectives() []string {
	switch o {
	case Rename, Copy:
		return []string{"to"}
	case InsertBefore, InsertAfter:
		return []string{"before", "after"}
	}
	return nil
}

// element returns the entry, or element of a leaf-list, that the words so far
// lead to, if they lead to one.
func (w *walk) element() (Path, bool) {
	p := w.path
	switch {
	case w.inBracket || w.pending != nil:
		return nil, false
	case len(w.out.Edits) == 1:
		p = w.out.Edits[0].Path
	case len(w.out.Edits) > 1 || len(p) <= w.start:
		return nil, false
	}
	return p, p.Last().Key != ""
}

// connects reports whether the word is the connective of the command.
func (w *walk) connects(word Word) bool {
	if word.Quoted || !w.op.refers() {
		return false
	}
	_, ok := w.element()
	return ok && slices.Contains(w.op.connectives(), word.Text)
}

// unconnected is the end of a line before its connective.
func (w *walk) unconnected(n int) *Problem {
	if _, ok := w.element(); ok && w.op.refers() {
		w.out.Connect = w.op.connectives()
	}
	return w.problem(n, Missing, errMissing)
}

// refer takes the connective, which is word i, and the key after it.
func (w *walk) refer(i int) *Problem {
	p, _ := w.element()
	w.out.Edits, w.out.Path, w.path = nil, p, slices.Clip(p.Parent())
	connective := w.words[i].Text
	switch connective {
	case "before":
		w.op = InsertBefore
	case "after":
		w.op = InsertAfter
	}
	w.out.Words = append(w.out.Words, connective)
	list := p.Last().Node
	w.pending, w.cursor = list, schema.Cursor{Node: list, Want: schema.WantKey}
	if list.Kind == schema.LeafList {
		w.cursor.Want = schema.WantValue
	}
	if i++; i+1 < len(w.words) && !w.words[i].Quoted && !list.NoKeyword && w.words[i].Text == list.Name {
		w.out.Words = append(w.out.Words, list.Name)
		i++
	}
	if i == len(w.words) {
		return w.problem(i, Missing, errMissing)
	}
	key, err := w.key(w.words[i])
	if err != nil {
		return w.mismatch(i, err)
	}
	if key == "" {
		return w.problem(i, Invalid, errNoValue)
	}
	if list.Secret {
		w.out.Secret = append(w.out.Secret, len(w.out.Words))
	}
	w.out.Words = append(w.out.Words, key)
	w.pending, w.done = nil, true
	if i++; i < len(w.words) {
		return w.problem(i, Unknown, errSyntax)
	}
	w.out.Complete = true
	w.emit(p, key)
	return nil
}

// key matches the key that the command refers to.
func (w *walk) key(word Word) (string, error) {
	match := w.cursor.Match
	if word.Quoted {
		match = w.cursor.MatchQuoted
	}
	step, err := match(word.Text)
	return step.Word, err
}
