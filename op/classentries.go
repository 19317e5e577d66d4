package op

import (
	"strings"
	"unicode/utf8"

	"loggia/configtree"
	"loggia/configtree/schema"
)

// Entries is what a class may see, or change, of the entries of one list, asked for many of them:
// what stands before their names is matched but once.
type Entries struct {
	list  *schema.Node
	flags func(*schema.Node) bool
	at    prospect // behind the keyword of the list
	leads bool     // the flags alone permit something in an entry
	none  bool     // they are all there is: the class has no rules
	group bool     // in an entry the rules begin anew
}

// SeesEntries is MaySee for the entries of a list, or the elements of a leaf-list, below a statement.
func (c *Class) SeesEntries(above configtree.Path, list *schema.Node) *Entries {
	return c.entries(above, list, c.seesBy)
}

// ChangesEntries is MayChange for them.
func (c *Class) ChangesEntries(above configtree.Path, list *schema.Node) *Entries {
	return c.entries(above, list, c.changesBy)
}

func (c *Class) entries(above configtree.Path, list *schema.Node, flags func(*schema.Node) bool) *Entries {
	e := &Entries{list: list, flags: flags, leads: leads(list, flags), none: c.config.none(),
		group: len(above) == 0 && list.Groups == schema.DefinesGroups}
	if e.none {
		return e
	}
	e.at = c.config.along(above)
	if !list.NoKeyword {
		e.at = e.at.word(list.Name)
	}
	return e
}

// May reports what the class may of the entry that is called so.
func (e *Entries) May(key string) bool {
	if e.none {
		return e.leads
	}
	at := e.at.word(key)
	if e.group {
		at = at.again()
	}
	return at.below(e.list, e.flags)
}

// Beyond returns the first name that is not ruled out by how a name begins that the class may
// nothing of: what comes before it, in the order of bytes, need not be asked about. With quoted
// that leaves out names that need quotes, which rules match with them. next is the name itself when
// nothing is known, and ok is false when nothing comes behind.
func (e *Entries) Beyond(key string) (next string, quoted, ok bool) {
	if e.none {
		return key, false, e.leads
	}
	for n := 0; n <= len(key) && !e.group; n++ {
		if n < len(key) && !utf8.RuneStart(key[n]) {
			continue // in the middle of a character
		}
		if out(e.at.begun(key[:n], false), e.leads) {
			next, ok = Successor(key[:n])
			return next, !out(e.at.begun(key[:n], true), e.leads), ok
		}
	}
	return key, false, true
}

func out(p prospect, flag bool) bool { return !p.ever(flag) }

// Successor is the first text that does not begin with prefix and comes behind those that do.
func Successor(prefix string) (string, bool) {
	b := []byte(prefix)
	for n := len(b) - 1; n >= 0; n-- {
		if b[n] < 0xff {
			b[n]++
			return string(b[:n+1]), true
		}
	}
	return "", false
}

// begun goes on by a word of which only the beginning is known, and whether it needs quotes: what
// allows may still come to match, what denies matches for certain.
func (p prospect) begun(prefix string, quoted bool) prospect {
	p.allow = each(p.allow, func(s state) state { return s.begun(prefix, quoted, false) })
	p.deny = each(p.deny, func(s state) state { return s.begun(prefix, quoted, true) })
	return p
}

func (s *spelled) begun(prefix string, quoted, _ bool) state {
	if quoted { // a blank wants the quotes, and goes with the last of them
		prefix = strings.TrimSuffix(configtree.Quote(prefix+" "), ` "`)
	}
	return &spelled{s.gap().Text(prefix), true}
}

// begun matches words without their quotes.
func (m *matched) begun(prefix string, _, certain bool) state {
	to := &matched{t: m.t, n: m.n + 1}
	for _, i := range m.alive {
		l := &m.t[i]
		if m.n >= len(l.words) && !l.exact || m.n < len(l.words) && l.begins(m.n, prefix, certain) {
			to.alive = append(to.alive, i)
		}
	}
	return to
}

// begins reports whether the term matches some word that begins with prefix, or with certain all.
func (l *termList) begins(term int, prefix string, certain bool) bool {
	if !certain {
		return !l.words[term].Begin(true).Text(prefix).Hopeless()
	}
	head := l.heads[term]
	return head != nil && head.Begin(true).Text(prefix).Sure()
}
