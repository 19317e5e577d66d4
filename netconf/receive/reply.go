package receive

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// maxLine bounds a line of a reply, in bytes: the longest line that a log has,
// every byte of it a reference.
const maxLine = 6 << 20

// maxBatch is how many events are written at once.
const maxBatch = 4096

// batch is what came with one read, or with several while there was more.
type batch struct {
	events  []Event
	gaps    []gap
	started bool // the reply has begun
}

type gap struct{ from, to string }

// reply reads the reply to get-syslog-events line by line.
type reply struct {
	in      *bufio.Reader
	failure strings.Builder // an <rpc-error> that is being read
}

// next returns lines as soon as there are some: those that have arrived, at
// most maxBatch. What it returns beside an error counts.
func (e *reply) next() (b batch, err error) {
	for len(b.events) < maxBatch {
		line, err := e.line()
		if err != nil {
			return b, err
		}
		if err := e.take(line, &b); err != nil {
			return b, err
		}
		if len(b.events)+len(b.gaps) > 0 && !e.more() || b.started && e.in.Buffered() == 0 {
			break
		}
	}
	return b, nil
}

// more reports whether another whole line has arrived.
func (e *reply) more() bool {
	part, err := e.in.Peek(e.in.Buffered())
	return err == nil && bytes.IndexByte(part, '\n') >= 0
}

// line reads a line without its end. What comes behind the last line end, when
// the connection is cut, is no line.
func (e *reply) line() (string, error) {
	var line []byte
	for {
		part, err := e.in.ReadSlice('\n')
		if len(line)+len(part) > maxLine {
			return "", fmt.Errorf("a line of more than %d bytes", maxLine)
		}
		line = append(line, part...)
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err == io.EOF:
			return "", io.EOF
		case err != nil:
			return "", err
		}
		return strings.TrimRight(string(line), "\r\n"), nil
	}
}

// take sorts one line of the reply.
func (e *reply) take(line string, b *batch) error {
	switch {
	case e.failure.Len() > 0 || strings.Contains(line, "rpc-error>"): // with a prefix, or without
		e.failure.WriteString(line + "\n")
		if e.failure.Len() > maxLine || strings.Contains(line, "rpc-error>") && strings.Contains(line, "</") {
			return refusal(e.failure.String())
		}
	case strings.HasPrefix(line, "<loggia:event position=\""):
		position, rest, _ := strings.Cut(line[len("<loggia:event position=\""):], `">`)
		text, whole := strings.CutSuffix(rest, "</loggia:event>")
		if !whole {
			return fmt.Errorf("the device sent an event that is cut off: %.80q", line)
		}
		b.events = append(b.events, Event{Line: unescape(text), Position: unescape(position)})
	case strings.HasPrefix(line, "<loggia:at "):
		b.events = append(b.events, Event{Position: between(line, `position="`, `"`), Mark: true})
	case strings.HasPrefix(line, "<loggia:lost "):
		b.gaps = append(b.gaps, gap{between(line, `after="`, `"`), between(line, `to="`, `"`)})
	case strings.HasPrefix(line, "<syslog-events"):
		b.started = true
	case strings.HasPrefix(line, "</syslog-events>"):
		return errors.New("the device ended the stream")
	case strings.HasPrefix(line, "<error-message>"):
		return errors.New("the device reports: " + between(line, "<error-message>", "</error-message>"))
	}
	return nil
}

// unescape replaces the references of XML: the five names, and numbers.
func unescape(s string) string {
	i := strings.IndexByte(s, '&')
	if i < 0 {
		return s
	}
	var b strings.Builder
	for ; i >= 0; i = strings.IndexByte(s, '&') {
		b.WriteString(s[:i])
		s = s[i:]
		end := strings.IndexByte(s, ';')
		r, ok := rune(0), false
		if end > 0 {
			r, ok = reference(s[1:end])
		}
		if !ok {
			b.WriteByte('&')
			s = s[1:]
			continue
		}
		b.WriteRune(r)
		s = s[end+1:]
	}
	b.WriteString(s)
	return b.String()
}

// reference is the character that a reference stands for.
func reference(name string) (rune, bool) {
	switch name {
	case "amp":
		return '&', true
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "quot":
		return '"', true
	case "apos":
		return '\'', true
	}
	digits, base := strings.TrimPrefix(name, "#"), 10
	if digits == name {
		return 0, false
	}
	if hex, ok := strings.CutPrefix(digits, "x"); ok {
		digits, base = hex, 16
	}
	n, err := strconv.ParseUint(digits, base, 32)
	return rune(n), err == nil && n <= 0x10ffff
}
