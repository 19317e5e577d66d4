package store

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"io"
	"strings"
	"sync"

	"loggia/configtree"
	"loggia/configtree/format"
	"loggia/configtree/schema"
)

// renderer writes trees as configuration text, as format.Write does, and keeps
// the text of the last one in pages: runs of neighbouring statements. A page
// whose statements are unchanged is copied, so that a commit formats what it
// changes. What still grows with the unchanged tree is a copy and a hash of its
// text, which is what the file of a revision is.
type renderer struct {
	mu    sync.Mutex // guards pages
	pages map[pageKey][]byte
}

// pageKey identifies a page by what it contains and where it stands.
type pageKey struct {
	parent *schema.Node
	depth  int
	sum    [sha256.Size]byte // over the hashes of its statements
}

const (
	maxPage   = 256      // statements in a page, where it can be cut
	heavy     = 512      // statements below one from which on it is opened rather than put in a page
	maxPages  = 64 << 20 // bytes of text that are kept
	pageBreak = 0x3f     // a page ends behind a statement whose hash has none of these bits
)

// rendering is one tree on its way to text.
type rendering struct {
	w     *bufio.Writer // keeps the first error
	old   map[pageKey][]byte
	pages map[pageKey][]byte
	size  int
	buf   bytes.Buffer
}

// write writes the contents of root.
func (r *renderer) write(w io.Writer, root configtree.Node) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	g := &rendering{w: bufio.NewWriterSize(w, 256<<10), old: r.pages, pages: map[pageKey][]byte{}}
	if err := g.contents(root, 0); err != nil {
		return err
	}
	if err := g.w.Flush(); err != nil {
		return err
	}
	r.pages = g.pages
	return nil
}

// contents writes what n contains, cut into pages. Where pages end depends on
// the statements themselves: one more or less moves the cuts beside it only.
func (g *rendering) contents(n configtree.Node, depth int) error {
	page := make([]configtree.Node, 0, maxPage)
	for c := range n.Children() {
		if h := len(page); h > 0 && !together(page[h-1], c) && (h >= maxPage || page[h-1].Hash()[0]&pageBreak == 0) {
			if err := g.page(n, page, depth); err != nil {
				return err
			}
			page = page[:0]
		}
		page = append(page, c)
	}
	return g.page(n, page, depth)
}

// together reports whether two neighbours may share brackets or braces.
func together(a, b configtree.Node) bool {
	s := a.Schema()
	return s == b.Schema() && (s.Homogeneous || s.Kind == schema.LeafList)
}

// page writes statements that stand together below parent. One with much below
// it gets pages of its own inside.
func (g *rendering) page(parent configtree.Node, page []configtree.Node, depth int) error {
	key := keyOf(parent, page, depth)
	if g.copy(key) {
		return nil
	}
	light := 0
	for i := 0; i < len(page); i++ {
		if weigh(page[i], heavy) > 0 {
			continue
		}
		from, to := braces(page, i)
		if err := g.light(parent, page[light:from], depth); err != nil {
			return err
		}
		var err error
		if opens(page[i]) {
			err = g.open(page[i], depth)
		} else { // groups: not to be written anew because of what stands beside them
			err = g.light(parent, page[from:to], depth)
		}
		if err != nil {
			return err
		}
		i, light = to-1, to
	}
	return g.light(parent, page[light:], depth)
}

// braces returns which statements of a page share brackets or braces with number i.
func braces(page []configtree.Node, i int) (from, to int) {
	for from = i; from > 0 && together(page[from-1], page[from]); from-- {
	}
	for to = i + 1; to < len(page) && together(page[to-1], page[to]); to++ {
	}
	return from, to
}

func keyOf(parent configtree.Node, page []configtree.Node, depth int) pageKey {
	sums := make([]byte, 0, maxPage*len(configtree.Hash{}))
	for _, c := range page {
		h := c.Hash()
		sums = append(sums, h[:]...)
	}
	return pageKey{parent.Schema(), depth, sha256.Sum256(sums)}
}

// copy writes a page that the last tree had as well.
func (g *rendering) copy(key pageKey) bool {
	text, ok := g.old[key]
	if ok {
		g.keep(key, text)
		g.w.Write(text) // an error stays with the writer until Flush
	}
	return ok
}

func (g *rendering) keep(key pageKey, text []byte) {
	if g.size+len(text) <= maxPages {
		g.pages[key] = text
		g.size += len(text)
	}
}

// light writes a page of statements none of which is opened.
func (g *rendering) light(parent configtree.Node, page []configtree.Node, depth int) error {
	if len(page) == 0 {
		return nil
	}
	key := keyOf(parent, page, depth)
	if g.copy(key) {
		return nil
	}
	g.buf.Reset()
	each := func(yield func(configtree.Node) bool) {
		for _, c := range page {
			if !yield(c) {
				return
			}
		}
	}
	if err := format.WriteStatements(&g.buf, each, format.Options{Syntax: format.Text}); err != nil {
		return err
	}
	text := indented(g.buf.Bytes(), depth)
	g.keep(key, text)
	_, err := g.w.Write(text)
	return err
}

// opens reports whether a statement can be written brace by brace here: one
// whose first line is its name and a brace, with no mark that is rare.
func opens(n configtree.Node) bool {
	s := n.Schema()
	return (s.Kind == schema.Container || s.Kind == schema.List) && !s.Homogeneous && !s.Oneliner && !s.OnelinerPlus && !s.Secret && !n.Protected()
}

// weigh returns what is left of a budget when each statement below n costs one.
func weigh(n configtree.Node, budget int) int {
	for c := range n.Children() {
		if budget = weigh(c, budget-1); budget <= 0 {
			break
		}
	}
	return budget
}

// open writes a statement with its braces.
func (g *rendering) open(n configtree.Node, depth int) error {
	head := configtree.Step{Node: n.Schema(), Key: n.Key()}.String() + " {\n"
	margin := strings.Repeat(indentation, depth)
	if n.Inactive() {
		head = "inactive: " + head
	}
	if text := strings.TrimSpace(n.Comment()); text != "" {
		head = configtree.CommentMark + " " + strings.ReplaceAll(text, "*/", "* /") + " */\n" + margin + head
	}
	if _, err := g.w.WriteString(margin + head); err != nil {
		return err
	}
	if err := g.contents(n, depth+1); err != nil {
		return err
	}
	_, err := g.w.WriteString(margin + "}\n")
	return err
}

const indentation = "    "

// indented returns statements moved to the right. The further lines of an
// annotation stay where they are, as they are its text.
func indented(text []byte, depth int) []byte {
	margin := []byte(strings.Repeat(indentation, depth))
	moved := make([]byte, 0, len(text)+(bytes.Count(text, []byte("\n"))+1)*len(margin))
	for len(text) > 0 {
		end := 0
		if bytes.HasPrefix(bytes.TrimLeft(text, " "), []byte(configtree.CommentMark)) {
			end = bytes.Index(text, []byte("*/"))
		}
		end += bytes.IndexByte(text[end:], '\n') + 1
		moved = append(append(moved, margin...), text[:end]...)
		text = text[end:]
	}
	return moved
}
