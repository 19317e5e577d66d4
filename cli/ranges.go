package cli

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"loggia/configtree"
	"loggia/configtree/format"
)

// maxRange bounds how many statements one line may set.
const maxRange = 10000

// rangeSet sets a statement once for each name that its ranges stand for:
//
//	wildcard range set system syslog file f[0-3,8] any notice
func rangeSet(ctx context.Context, s *Session, c *call) error {
	lines := [][]configtree.Word{nil}
	for _, word := range c.typed {
		names := []string{word.Text}
		if isRange(word) {
			names = namesOf(word.Text)
		}
		if len(names) == 0 || len(lines)*len(names) > maxRange {
			return fmt.Errorf("%s: a range stands for 1 to %d names", word.Text, maxRange)
		}
		var longer [][]configtree.Word
		for _, line := range lines {
			for _, name := range names {
				longer = append(longer, append(slices.Clone(line), configtree.Word{Text: name, Quoted: word.Quoted, Col: word.Col}))
			}
		}
		lines = longer
	}
	var edits []configtree.Edit
	for _, line := range lines {
		res, p := configtree.Resolve(s.schema(), configtree.Set, c.relative, line)
		if p != nil {
			return p
		}
		edits = append(edits, res.Edits...)
	}
	return s.apply(ctx, c, edits)
}

// isRange reports whether a word has a range in it: f[0-3], not a lone bracket.
func isRange(w configtree.Word) bool {
	open := strings.IndexByte(w.Text, '[')
	return !w.Quoted && open >= 0 && strings.IndexByte(w.Text[open:], ']') > 1
}

// asTyped takes the quotes off ranges, which in quotes are none: a line in the
// history must mean the same when it is run again.
func (c *call) asTyped(line string) string {
	for _, w := range c.typed {
		if isRange(w) {
			line = strings.ReplaceAll(line, format.Quote(w.Text), w.Text)
		}
	}
	return line
}

// expand replaces the words with ranges by one of the names each.
func expand(words []configtree.Word, one func(string) string) []configtree.Word {
	out := slices.Clone(words)
	for i, w := range out {
		if isRange(w) {
			out[i].Text = one(w.Text)
		}
	}
	return out
}

// firstOf is the first name of a range, or the word itself if it stands for none.
func firstOf(text string) string {
	if names := namesOf(text); len(names) > 0 {
		return names[0]
	}
	return text
}

// namesOf lists what a word with ranges stands for, none when a range makes no
// sense or there are too many.
func namesOf(text string) []string {
	before, rest, ok := strings.Cut(text, "[")
	if !ok {
		return []string{text}
	}
	inside, behind, ok := strings.Cut(rest, "]")
	if !ok {
		return []string{text}
	}
	tails := namesOf(behind)
	var names []string
	for part := range strings.SplitSeq(inside, ",") {
		low, high, ok := strings.Cut(part, "-")
		if !ok {
			high = low
		}
		from, err1 := strconv.Atoi(low)
		to, err2 := strconv.Atoi(high)
		if err1 != nil || err2 != nil || from < 0 || to < from || (to-from+1+len(names))*max(1, len(tails)) > maxRange {
			return nil
		}
		for i := from; i <= to; i++ {
			for _, tail := range tails {
				names = append(names, before+fmt.Sprintf("%0*d", len(low), i)+tail)
			}
		}
	}
	return names
}
