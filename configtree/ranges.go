package configtree

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// maxRange bounds how many statements one line may stand for.
const maxRange = 10000

// maxRangeWords bounds of how many words they are.
const maxRangeWords = 1 << 20

// Ranges returns the lines that one with ranges stands for, as the command
// `wildcard range` takes it: f[0-3,8] any notice is five lines.
func Ranges(words []Word) ([][]Word, error) {
	lines := [][]Word{nil}
	for _, word := range words {
		names := []string{word.Text}
		switch {
		case word.IsRange():
			names = namesOf(word.Text)
		case !word.Quoted && word.Text != "[" && strings.Contains(word.Text, "["):
			return nil, fmt.Errorf("%s: a range ends with ]", word.Text)
		}
		if len(names) == 1 {
			for i := range lines {
				lines[i] = append(lines[i], Word{Text: names[0], Quoted: word.Quoted, Col: word.Col})
			}
			continue
		}
		if len(names) == 0 || len(lines)*len(names) > maxRange || len(lines)*len(names)*len(words) > maxRangeWords {
			return nil, fmt.Errorf("%s: a range stands for 1 to %d names", word.Text, maxRange)
		}
		var longer [][]Word
		for _, line := range lines {
			for _, name := range names {
				longer = append(longer, append(slices.Clone(line), Word{Text: name, Quoted: word.Quoted, Col: word.Col}))
			}
		}
		lines = longer
	}
	return lines, nil
}

// IsRange reports whether a word has a range in it: f[0-3], not a lone bracket.
func (w Word) IsRange() bool {
	open := strings.IndexByte(w.Text, '[')
	return !w.Quoted && open >= 0 && strings.IndexByte(w.Text[open:], ']') > 1
}

// FirstOfRange is the first name that a word with ranges stands for, or one like it if it stands for
// none: that is said when it runs.
func FirstOfRange(text string) string {
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
