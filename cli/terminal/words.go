package terminal

import (
	"slices"
	"strings"
)

// wordRecall puts words of earlier lines where the cursor is, one after another.
type wordRecall struct {
	words []string // that may come, newest first, each once
	next  int      // of them
	text  string   // the line as the last of them has left it
	from  int      // byte offset of it
}

// word is Esc-.: a word of an earlier line at the cursor, and behind it, with the same key, the one before
// that. With begun it is Esc-/ for a word that was begun: those that begin so take its place.
func (e *editor) word(begun bool) {
	before := e.before()
	if e.words.words == nil || e.buf.Text() != e.words.text {
		e.words = wordRecall{from: len(before)}
		start := ""
		if begun {
			e.words.from = strings.LastIndexByte(before, ' ') + 1
			start = before[e.words.from:]
		}
		e.hist.load(e.buf.Text())
		e.words.words = earlierWords(e.hist.lines, start)
	}
	w := &e.words
	if w.next == len(w.words) {
		return
	}
	e.buf.DeleteBeforeCursor(len([]rune(before[clamp(w.from, before):])))
	e.insert(w.words[w.next])
	w.next, w.text = w.next+1, e.buf.Text()
}

// earlierWords are the words that go on from start, the last of the newest line first.
func earlierWords(lines []Entry, start string) []string {
	var words []string
	seen := map[string]bool{start: true}
	for _, l := range slices.Backward(lines) {
		for _, word := range slices.Backward(wordsOf(l.Line)) {
			if strings.HasPrefix(word, start) && !seen[word] {
				seen[word] = true
				words = append(words, word)
			}
		}
	}
	return words
}

// wordsOf splits a line at blanks outside quotes.
func wordsOf(line string) []string {
	quoted, escaped := false, false
	return strings.FieldsFunc(line, func(r rune) bool {
		switch {
		case escaped:
			escaped = false
		case r == '\\' && quoted:
			escaped = true
		case r == '"':
			quoted = !quoted
		}
		return r == ' ' && !quoted
	})
}
