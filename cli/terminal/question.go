package terminal

import (
	"io"
	"unicode/utf8"
)

// Question asks for one line before there is a session: at a login. It takes no
// byte behind the line, so that a session may follow on the terminal. What is typed
// is shown with echo, as far as it is ASCII, and is bounded by most bytes; the rest
// is ignored. Ctrl-C is ErrInterrupt and Ctrl-D on an empty line io.EOF.
func Question(t io.ReadWriter, question string, echo bool, most int) (string, error) {
	if _, err := io.WriteString(t, question); err != nil {
		return "", err
	}
	q := line{t: t, echo: echo, most: most}
	var key [1]byte
	for {
		if _, err := io.ReadFull(t, key[:]); err != nil {
			return "", err
		}
		if done, err := q.key(key[0]); done {
			if _, werr := io.WriteString(t, "\r\n"); err == nil {
				err = werr
			}
			return string(q.text), err
		}
	}
}

// line is the answer so far.
type line struct {
	t    io.Writer
	echo bool
	most int
	text []byte
}

// The keys of a question, which come as bytes.
const (
	byteInterrupt = 0x03
	byteEnd       = 0x04
	byteBackspace = 0x08
	byteClear     = 0x15
	byteDelete    = 0x7f
)

// key takes a key and reports whether it was the last.
func (q *line) key(k byte) (done bool, err error) {
	switch {
	case k == '\r' || k == '\n':
		return true, nil
	case k == byteInterrupt:
		q.text = nil
		return true, ErrInterrupt
	case k == byteEnd && len(q.text) == 0:
		return true, io.EOF
	case k == byteBackspace || k == byteDelete:
		err = q.erase(1)
	case k == byteClear:
		err = q.erase(len(q.text))
	case k >= ' ' && len(q.text) < q.most:
		q.text = append(q.text, k)
		if q.echo && k < utf8.RuneSelf {
			_, err = q.t.Write([]byte{k})
		}
	}
	return err != nil, err
}

// erase takes back so many characters.
func (q *line) erase(n int) error {
	for ; n > 0 && len(q.text) > 0; n-- {
		last, size := utf8.DecodeLastRune(q.text)
		q.text = q.text[:len(q.text)-size]
		if q.echo && last < utf8.RuneSelf {
			if _, err := io.WriteString(q.t, "\b \b"); err != nil {
				return err
			}
		}
	}
	return nil
}
