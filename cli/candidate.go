package cli

import (
	"cmp"
	"iter"
	"slices"
	"strings"
	"unicode/utf8"

	"loggia/configtree/format"
)

// candidate is something that may stand where the cursor is.
type candidate struct {
	name, help string
	mark       byte // '>' leads on, '+' takes several values, ' ' neither
	// The kinds that are not simply words to type.
	placeholder bool // <filename>: any value of that kind
	key         bool // a name that exists: Tab completes it, Space does not
	enter       bool // <[Enter]>
	pipe        bool // |

	// keys yields what the candidate that existingNames makes stands for, from a name on, sorted.
	keys func(from string) iter.Seq[candidate]
}

// existingNames stands for all names that exist and begin alike: there may be many, and mostly no more
// than a screenful of them is looked at.
func existingNames(all func(from string) iter.Seq[candidate]) candidate {
	return candidate{key: true, keys: all}
}

const listHead = "Possible completions:\n"

// listing renders candidates as ? shows them.
func listing(list []candidate) string {
	var b strings.Builder
	b.WriteString(listHead)
	for line := range listed(list) {
		b.WriteString(line)
	}
	return b.String()
}

// listed yields the lines of a listing (junos-cli: columns of the list,
// <[Enter]> first, then placeholders, then names in ASCII order, | last).
func listed(list []candidate) iter.Seq[string] {
	var words []candidate
	many := iter.Seq[candidate](func(func(candidate) bool) {})
	for _, c := range list {
		if c.keys != nil {
			many = c.keys("")
			continue
		}
		words = append(words, c)
	}
	slices.SortStableFunc(words, byRank)
	return func(yield func(string) bool) {
		i := 0
		for k := range many {
			for ; i < len(words) && byRank(words[i], k) <= 0; i++ {
				if !yield(words[i].line()) {
					return
				}
			}
			if !yield(k.line()) {
				return
			}
		}
		for ; i < len(words); i++ {
			if !yield(words[i].line()) {
				return
			}
		}
	}
}

func byRank(a, b candidate) int {
	return cmp.Or(cmp.Compare(a.rank(), b.rank()), strings.Compare(a.name, b.name))
}

func (c candidate) rank() int {
	switch {
	case c.enter:
		return 0
	case c.placeholder:
		return 1
	case c.pipe:
		return 3
	}
	return 2
}

// typed is the candidate as it stands on a line: a key in quotes where it needs them.
func (c candidate) typed() string {
	if c.key {
		return format.Quote(c.name)
	}
	return c.name
}

// nameColumn is the width that names are padded to, so that help starts in column 24.
const nameColumn = 21

func (c candidate) line() string {
	mark := c.mark
	if mark == 0 {
		mark = ' '
	}
	if c.help == "" {
		return string(mark) + " " + c.name + "\n"
	}
	const blanks = "                     " // nameColumn of them
	gap := blanks[:max(2, nameColumn-utf8.RuneCountInString(c.name))]
	return string(mark) + " " + c.name + gap + c.help + "\n"
}

// pick finds the word among list: an exact name wins, then the only one that
// it abbreviates. The candidates it might be come back when there are several.
func pick(list []candidate, word string) (found candidate, ok bool, several []candidate) {
	for _, c := range list {
		switch {
		case c.placeholder || c.enter || c.pipe:
		case c.keys != nil:
			first, n := c.upTo(2)
			switch {
			case n > 0 && first.name == word:
				return first, true, nil
			case n == 1 && word != "":
				several = append(several, first)
			case n > 1 && word != "":
				several = append(several, c)
			}
		case c.name == word:
			return c, true, nil
		case strings.HasPrefix(c.name, word) && word != "":
			several = append(several, c)
		}
	}
	if len(several) == 1 && several[0].keys == nil {
		return several[0], true, nil
	}
	return candidate{}, false, several // which may be one that stands for many
}

// first is the first of the names that c stands for, or c where it stands for itself.
func (c candidate) first() candidate {
	if c.keys != nil {
		c, _ = c.upTo(1)
	}
	return c
}

// upTo returns the first of the names that c stands for, and their number as far as most.
func (c candidate) upTo(most int) (first candidate, n int) {
	for k := range c.keys("") {
		if n == 0 {
			first = k
		}
		if n++; n == most {
			break
		}
	}
	return first, n
}
