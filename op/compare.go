package op

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// compareCommand is `file compare files` (junos-cli §7.2).
func compareCommand() Command {
	file := func(name, help string) Param { return Param{Name: name, Help: help, Required: true, Names: FileNames} }
	return Command{Grammar{Words: "file compare files", RPC: "file-compare", Help: "Show the lines in which two files differ", Permission: "view", Params: []Param{
		file("from-file", "File that is there"), file("to-file", "File to compare it with"),
		{Name: "context", Kind: Flag, Help: "With the lines around, old before new"},
		{Name: "unified", Kind: Flag, Help: "With the lines around, old and new together"},
		{Name: "ignore-white-space", Kind: Flag, Help: "More or fewer blanks are no difference"}}}, compareFiles}
}

// maxCompared bounds each of two files that are compared, in bytes.
const maxCompared = 16 << 20

var errCompared = fmt.Errorf("larger than %d bytes: too large to compare", maxCompared)

// compared is one of two files, line by line.
type compared struct {
	name    string
	changed time.Time
	lines   []string // with their ends
}

func compareFiles(ctx context.Context, env *Env, a Args) (Result, error) {
	if a.Has("context") && a.Has("unified") {
		return nil, errors.New("it is either context or unified")
	}
	var files [2]compared
	for i, param := range []string{"from-file", "to-file"} {
		var err error
		if files[i], err = readCompared(ctx, env, a[param]); err != nil {
			return nil, err
		}
	}
	c := fileComparison{from: files[0], to: files[1], context: a.Has("context"), unified: a.Has("unified")}
	keys := func(lines []string) []string {
		if !a.Has("ignore-white-space") {
			return lines
		}
		list := make([]string, len(lines))
		for i, line := range lines {
			list[i] = strings.Join(strings.Fields("."+line), " ") // a blank at the beginning counts
		}
		return list
	}
	c.hunks = differences(keys(c.from.lines), keys(c.to.lines))
	return c, nil
}

// readCompared reads a file as `file show` shows it.
func readCompared(ctx context.Context, env *Env, name string) (compared, error) {
	shown, err := fileShow(ctx, env, Args{"filename": name})
	if err != nil {
		return compared{}, err
	}
	text := &bounded{ctx: ctx}
	switch err := shown.WriteText(text); {
	case errors.Is(err, errCompared):
		return compared{}, fmt.Errorf("%s: %w", name, err)
	case err != nil:
		return compared{}, err
	}
	info, err := env.Files.Stat(name)
	if err != nil {
		return compared{}, err
	}
	c := compared{name: env.Files.Abs(name), changed: info.ModTime().In(env.Now().Location())}
	for line := range strings.Lines(text.text.String()) {
		c.lines = append(c.lines, line)
	}
	return c, nil
}

// bounded keeps what is written to it, up to maxCompared.
type bounded struct {
	text bytes.Buffer
	ctx  context.Context
}

// Write implements io.Writer.
func (b *bounded) Write(p []byte) (int, error) {
	if err := b.ctx.Err(); err != nil {
		return 0, err
	}
	if b.text.Len()+len(p) > maxCompared {
		return 0, errCompared
	}
	return b.text.Write(p)
}

// fileComparison is the answer of `file compare files`, in the forms of diff(1).
type fileComparison struct {
	from, to         compared
	context, unified bool
	hunks            []hunk
}

// Element implements Result.
func (c fileComparison) Element() Element { return Output(c) }

// WriteText implements Result.
func (c fileComparison) WriteText(w io.Writer) error {
	if len(c.hunks) == 0 {
		return nil
	}
	return compose(w, func(b *strings.Builder) {
		switch {
		case c.unified:
			c.heads(b, "---", "+++")
			c.each(func(hunks []hunk, around hunk) { c.writeUnified(b, hunks, around) })
		case c.context:
			c.heads(b, "***", "---")
			c.each(func(hunks []hunk, around hunk) { c.writeContext(b, hunks, around) })
		default:
			c.writeNormal(b)
		}
	})
}

func (c fileComparison) heads(b *strings.Builder, from, to string) {
	for _, h := range []struct {
		mark string
		of   compared
	}{{from, c.from}, {to, c.to}} {
		fmt.Fprintf(b, "%s %s\t%s\n", h.mark, h.of.name, h.of.changed.Format("Mon Jan _2 15:04:05 2006"))
	}
}

// around is how many lines are shown before and behind those that differ.
const around = 3

// each yields hunks that share lines around them, and the stretch that they and these take.
func (c fileComparison) each(yield func(hunks []hunk, around hunk)) {
	for hunks := c.hunks; len(hunks) > 0; {
		n := 1
		for n < len(hunks) && hunks[n].a0-hunks[n-1].a1 <= 2*around {
			n++
		}
		first, last := hunks[0], hunks[n-1]
		before := min(around, first.a0, first.b0)
		behind := min(around, len(c.from.lines)-last.a1, len(c.to.lines)-last.b1)
		yield(hunks[:n], hunk{first.a0 - before, last.a1 + behind, first.b0 - before, last.b1 + behind})
		hunks = hunks[n:]
	}
}

// marked writes lines, each behind a mark.
func marked(b *strings.Builder, mark string, list []string) {
	for _, line := range list {
		b.WriteString(mark + line)
		if !strings.HasSuffix(line, "\n") {
			b.WriteString("\n\\ No newline at end of file\n")
		}
	}
}

// numbered names lines by the first and the last, none by the one before.
func numbered(from, to int) string {
	if to-from <= 1 {
		return fmt.Sprint(to)
	}
	return fmt.Sprintf("%d,%d", from+1, to)
}

func (c fileComparison) writeNormal(b *strings.Builder) {
	for _, h := range c.hunks {
		verb := "c"
		switch {
		case h.a0 == h.a1:
			verb = "a"
		case h.b0 == h.b1:
			verb = "d"
		}
		b.WriteString(numbered(h.a0, h.a1) + verb + numbered(h.b0, h.b1) + "\n")
		marked(b, "< ", c.from.lines[h.a0:h.a1])
		if verb == "c" {
			b.WriteString("---\n")
		}
		marked(b, "> ", c.to.lines[h.b0:h.b1])
	}
}

func (c fileComparison) writeUnified(b *strings.Builder, hunks []hunk, all hunk) {
	count := func(from, to int) string {
		switch to - from {
		case 0:
			return fmt.Sprintf("%d,0", from)
		case 1:
			return fmt.Sprint(to)
		}
		return fmt.Sprintf("%d,%d", from+1, to-from)
	}
	b.WriteString("@@ -" + count(all.a0, all.a1) + " +" + count(all.b0, all.b1) + " @@\n")
	at := all.a0
	for _, h := range hunks {
		marked(b, " ", c.from.lines[at:h.a0])
		marked(b, "-", c.from.lines[h.a0:h.a1])
		marked(b, "+", c.to.lines[h.b0:h.b1])
		at = h.a1
	}
	marked(b, " ", c.from.lines[at:all.a1])
}

func (c fileComparison) writeContext(b *strings.Builder, hunks []hunk, all hunk) {
	side := func(all [2]int, text []string, alone string, of func(hunk) (at, end, others int)) {
		b.WriteString(numbered(all[0], all[1]))
		if alone == "- " {
			b.WriteString(" ****\n")
		} else {
			b.WriteString(" ----\n")
		}
		at, any := all[0], false
		for _, h := range hunks {
			from, to, _ := of(h)
			any = any || from < to
		}
		if !any { // the other side says it all
			return
		}
		for _, h := range hunks {
			from, to, others := of(h)
			marked(b, "  ", text[at:from])
			if others > 0 {
				marked(b, "! ", text[from:to])
			} else {
				marked(b, alone, text[from:to])
			}
			at = to
		}
		marked(b, "  ", text[at:all[1]])
	}
	b.WriteString("***************\n*** ")
	side([2]int{all.a0, all.a1}, c.from.lines, "- ", func(h hunk) (int, int, int) { return h.a0, h.a1, h.b1 - h.b0 })
	b.WriteString("--- ")
	side([2]int{all.b0, all.b1}, c.to.lines, "+ ", func(h hunk) (int, int, int) { return h.b0, h.b1, h.a1 - h.a0 })
}
