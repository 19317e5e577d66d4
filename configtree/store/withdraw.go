package store

import (
	"bytes"
	"errors"
)

// withdraw makes the log hold just these entries by cutting it off behind them:
// what was undone goes even where the disk has no room to write the rest anew. It
// reports false when the log cannot be had so.
func (j *journalFile) withdraw(base uint64, entries []entry) (bool, error) {
	data, err := j.disk.readFile(journalName, maxJournal)
	if err != nil {
		return false, err
	}
	var want [][]byte
	for i := range entries {
		frame, err := appendEntry(nil, &entries[i])
		if err != nil {
			return false, err
		}
		want = append(want, frame)
	}
	size, ok := cutBehind(data, base, want)
	if !ok {
		return false, nil
	}
	f, err := j.disk.appendTo(journalName)
	if err != nil {
		return false, err
	}
	if err := errors.Join(f.truncate(size), f.sync()); err != nil {
		return false, errors.Join(err, f.Close())
	}
	j.f, j.size = f, size
	return true, nil
}

// cutBehind returns where a log must end so that on top of revision base there are
// just the entries whose frames are wanted. It reports false unless these are the
// first, and the log says that base has what comes before them.
func cutBehind(data []byte, base uint64, want [][]byte) (size int64, ok bool) {
	frames := cutFrames(data)
	committed, known := uint64(0), false
	for _, f := range frames {
		switch f.kind {
		case "base":
			known = f.number == base
		case "commit":
			if f.number == base {
				committed, known = f.seq, true
			}
		}
	}
	cut := false
	for _, f := range frames {
		entry := (f.kind == "edits" || f.kind == "tree") && f.number > committed
		switch {
		case cut && (entry && len(want) > 0 || !entry && f.number == base):
			return 0, false // it must stay, behind what must not
		case cut:
		case !entry:
			size += int64(len(f.raw))
		case len(want) > 0 && bytes.Equal(f.raw, want[0]):
			size += int64(len(f.raw))
			want = want[1:]
		default:
			cut = true
		}
	}
	return size, known && len(want) == 0
}

// rawFrame is a frame of a log as it stands there.
type rawFrame struct {
	heading
	raw []byte
}

// cutFrames returns the frames of a log up to the first that is damaged.
func cutFrames(data []byte) (frames []rawFrame) {
	for len(data) > 0 {
		payload, rest, err := cutFrame(data)
		if err != nil {
			break
		}
		line, _, _ := bytes.Cut(payload, []byte("\n"))
		h, err := readHeading(string(line))
		if err != nil {
			break
		}
		frames, data = append(frames, rawFrame{h, data[:len(data)-len(rest)]}), rest
	}
	return frames
}
