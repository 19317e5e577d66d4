package cli

import (
	"cmp"
	"slices"
	"strings"

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
}

// listing renders candidates as ? shows them (junos-cli: columns of the list,
// <[Enter]> first, then placeholders, then names in ASCII order, | last).
func listing(list []candidate) string {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.rank(), b.rank()), strings.Compare(a.name, b.name))
	})
	var b strings.Builder
	b.WriteString("Possible completions:\n")
	for _, c := range list {
		b.WriteString(c.line())
	}
	return b.String()
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
	line := string(mark) + " " + c.name
	if c.help != "" {
		line += strings.Repeat(" ", max(2, nameColumn-len([]rune(c.name)))) + c.help
	}
	return line + "\n"
}

// pick finds the word among list: an exact name wins, then the only one that
// it abbreviates. The candidates it might be come back when there are several.
func pick(list []candidate, word string) (found candidate, ok bool, several []candidate) {
	for _, c := range list {
		if c.placeholder || c.enter || c.pipe {
			continue
		}
		if c.name == word {
			return c, true, nil
		}
		if strings.HasPrefix(c.name, word) && word != "" {
			several = append(several, c)
		}
	}
	if len(several) == 1 {
		return several[0], true, nil
	}
	return candidate{}, false, several
}
