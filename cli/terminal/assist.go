package terminal

import "iter"

// Assistant knows the grammar. The editor calls it from the goroutine that
// calls ReadLine, with the whole line and the cursor as a byte offset; the word
// in question is the one before the cursor. A nil Assistant makes `?`, Space
// and Tab ordinary characters.
type Assistant interface {
	// Help answers `?`: usually with Show.
	Help(line string, pos int) Advice
	// Space and Tab answer the end of a word: Replace, Refuse, or Literal.
	Space(line string, pos int) Advice
	Tab(line string, pos int) Advice
	// Enter may complete the last word with Replace. Anything else runs the
	// line as it is: what is wrong with it is said by whoever runs it.
	Enter(line string) Advice
}

// Advice is what the editor is to do. The zero Advice does nothing.
type Advice struct {
	Literal bool   // insert the key itself: a blank, a TAB, a `?` inside quotes
	Edit    bool   // put Text in place of line[From:pos]
	From    int    // byte offset
	Text    string // with the blank that ends the word, if it is finished
	Note    bool   // show Message, then prompt and line again
	Caret   int    // byte offset of the word that Message is about; < 0: no caret
	Message string // `\n` line ends; paged when it is longer than the screen
	Banner  bool   // show the prompt's banner again under Message
	// Lines are shown behind Message, each as it is needed; nil for none. They are
	// printable, end in a newline, and may be asked for in another goroutine.
	Lines iter.Seq[string]
}

// Literal inserts the key as an ordinary character.
func Literal() Advice { return Advice{Literal: true} }

// Replace puts text in place of what stands between byte offset from and the
// cursor.
func Replace(from int, text string) Advice {
	return Advice{Edit: true, From: from, Text: text}
}

// Refuse points with a caret at byte offset at, says message under it, and
// leaves the line as it is to be corrected. An empty line follows the message.
func Refuse(at int, message string) Advice {
	return Advice{Note: true, Caret: at, Message: endLine(message) + "\n"}
}

// Show says message, then the prompt's banner again, if it has one.
func Show(message string) Advice {
	return Advice{Note: true, Caret: -1, Message: endLine(message), Banner: true}
}

// Listing says message and then the lines, as Show does.
func Listing(message string, lines iter.Seq[string]) Advice {
	a := Show(message)
	a.Lines = lines
	return a
}

// RefuseListing points at byte offset at, as Refuse does, and says message and then the lines.
func RefuseListing(at int, message string, lines iter.Seq[string]) Advice {
	a := Refuse(at, message)
	a.Message = endLine(message)
	a.Lines = func(yield func(string) bool) {
		for l := range lines {
			if !yield(l) {
				return
			}
		}
		yield("\n")
	}
	return a
}

func endLine(s string) string {
	if s == "" || s[len(s)-1] == '\n' {
		return s
	}
	return s + "\n"
}
