package traffic

import (
	"bufio"
	"io"
	"time"
)

// WriteLog writes a log file of about size bytes as a daemon stores it, in
// the form "Mmm dd hh:mm:ss host tag[pid]: text", for measuring how logs are
// read. It never holds more than a block of it in memory.
func WriteLog(w io.Writer, seed uint64, size int64, first time.Time) error {
	// The RFC 3164 form of a message is the stored line but for its priority.
	const block = 10000
	b := bufio.NewWriterSize(w, 256<<10)
	var written int64
	for n := uint64(0); written < size; n++ {
		last := first.Add(time.Duration(n+1) * block * time.Millisecond)
		l := newWriter(Plan{Seed: seed + n, Messages: block, Framing: Datagram, Last: last})
		for i := 0; i < block && written < size; i++ {
			message, _ := l.stored(i)
			k, err := b.Write(append(message, '\n'))
			if err != nil {
				return err
			}
			written += int64(k)
		}
	}
	return b.Flush()
}

// stored makes message n as it stands in a log file.
func (w *writer) stored(n int) (line, text []byte) {
	w.old = true
	line, text = w.message(n)
	for line[0] != '>' {
		line = line[1:]
	}
	return line[1:], text
}
