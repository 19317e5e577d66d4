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

// maxRangeWords bounds of how many words they are.
const maxRangeWords = 1 << 20

// overRange changes a statement once for each name that its ranges stand for:
//
//	wildcard range set system syslog file f[0-3,8] any notice
//	wildcard range deactivate system syslog file f[0-8/2,!4]
func overRange(ctx context.Context, s *Session, c *call) error {
	lines := [][]configtree.Word{nil}
	for _, word := range c.typed {
		names := []string{word.Text}
		switch {
		case isRange(word):
			names = namesOf(word.Text)
		case !word.Quoted && word.Text != "[" && strings.Contains(word.Text, "["):
			return fmt.Errorf("%s: a range ends with ]", word.Text)
		}
		if len(names) == 1 {
			for i := range lines {
				lines[i] = append(lines[i], configtree.Word{Text: names[0], Quoted: word.Quoted, Col: word.Col})
			}
			continue
		}
		if len(names) == 0 || len(lines)*len(names) > maxRange || len(lines)*len(names)*len(c.typed) > maxRangeWords {
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
		res, p := configtree.Resolve(s.schema(), c.verb.edit, c.relative, line)
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
	var pairs []string
	for _, w := range c.typed {
		if isRange(w) {
			pairs = append(pairs, format.Quote(w.Text), w.Text)
		}
	}
	return strings.NewReplacer(pairs...).Replace(line)
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

// firstOf is the first name of a range, or one like it if it stands for none: that is said when it runs.
func firstOf(text string) string {
	if names := namesOf(text); len(names) > 0 {
		return names[0]
	}
	before, _, _ := strings.Cut(text, "[")
	return before + "0"
}

// namesOf lists what a word with ranges stands for, none when a range makes no
// sense or there are too many. A range is a list of numbers, 3, of numbers from one to
// another, 1-8, or some of those, 1-8/2; with a ! before it, it is left out: [1-8/2,!5].
func namesOf(text string) []string {
	before, rest, ok := strings.Cut(text, "[")
	if !ok {
		return []string{text}
	}
	inside, behind, ok := strings.Cut(rest, "]")
	if !ok {
		return []string{text}
	}
	numbers, tails := numbersOf(inside), namesOf(behind)
	if len(numbers)*len(tails) > maxRange {
		return nil
	}
	var names []string
	for _, n := range numbers {
		for _, tail := range tails {
			names = append(names, before+n+tail)
		}
	}
	return names
}

// numbersOf lists the numbers of one range as they are written, each once; none when the range is
// wrong or too long.
func numbersOf(inside string) []string {
	type number struct {
		value int
		text  string
	}
	var list []number
	var out []int
	for part := range strings.SplitSeq(inside, ",") {
		part = strings.TrimSpace(part)
		part, excluded := strings.CutPrefix(part, "!")
		low, high, step, ok := span(part)
		if !ok || (high-low)/step+len(list)+len(out) >= maxRange {
			return nil
		}
		digits := len(part) - len(strings.TrimLeft(part, "0123456789"))
		for n := low; n <= high; n += step {
			if excluded {
				out = append(out, n)
			} else {
				list = append(list, number{n, fmt.Sprintf("%0*d", digits, n)})
			}
		}
	}
	slices.Sort(out)
	known := map[string]bool{}
	var texts []string
	for _, n := range list {
		if _, left := slices.BinarySearch(out, n.value); !left && !known[n.text] {
			known[n.text] = true
			texts = append(texts, n.text)
		}
	}
	return texts
}

// span reads 3, 1-8 or 1-8/2.
func span(part string) (low, high, step int, ok bool) {
	ends, by, stepped := strings.Cut(part, "/")
	first, last, several := strings.Cut(ends, "-")
	if !several {
		last = first
	}
	low, err1 := strconv.Atoi(first)
	high, err2 := strconv.Atoi(last)
	step = 1
	var err3 error
	if stepped {
		step, err3 = strconv.Atoi(by)
	}
	const most = 1 << 30
	ok = !strings.ContainsAny(part, "+") && err1 == nil && err2 == nil && err3 == nil && low >= 0 && high >= low && high <= most && step >= 1 && (several || !stepped)
	return low, high, step, ok
}
