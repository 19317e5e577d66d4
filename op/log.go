package op

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"time"
)

// LogNames lists the log files as ? shows them.
func LogNames(env *Env, prefix string) (names []string, shown func(name string) Choice) {
	names, err := env.Logs.Names(prefix)
	if err != nil {
		return nil, nil // the command itself will say why
	}
	return names, func(name string) Choice {
		f, err := env.Logs.Stat(name)
		if err != nil {
			return Choice{Name: name} // gone meanwhile
		}
		return Choice{name, sizeAndTime(env, f.Size, f.Modified)}
	}
}

// sizeAndTime is what ? says about a file.
func sizeAndTime(env *Env, size int64, modified time.Time) string {
	return fmt.Sprintf("Size: %d, Last changed: %s", size, shortTime(env, modified))
}

// shortTime is how lists of files show when one was changed.
func shortTime(env *Env, t time.Time) string {
	return t.In(env.Now().Location()).Format("Jan 02 15:04:05")
}

// LogExists returns an error when there is no log file called name.
func LogExists(env *Env, name string) error {
	_, err := env.Logs.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("could not resolve file: %s", name)
	}
	return err
}

// Monitored is the line of `monitor list` about a file that is followed through pipes, which
// come behind what Junos says.
func Monitored(env *Env, name, pipes string) string {
	f, err := env.Logs.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Sprintf("monitor start %q (not there at the moment)%s\n", name, pipes)
	case err != nil:
		return fmt.Sprintf("monitor start %q (%v)%s\n", name, err, pipes)
	}
	return fmt.Sprintf("monitor start %q (Last changed %s)%s\n", name, shortTime(env, f.Modified), pipes)
}

// showLog shows a log with its archives, or lists the directory like ls -l.
func showLog(ctx context.Context, env *Env, a Args) (Result, error) {
	if a.Has("filename") {
		return NewLogLines(ctx, env.Logs, LogName(a["filename"])), nil
	}
	list, err := env.Logs.List()
	if err != nil {
		return nil, err
	}
	return logList{env, list}, nil
}

// logList is the answer of `show log` without a name.
type logList struct {
	env  *Env
	list []LogFile
}

// WriteText implements Result.
func (l logList) WriteText(w io.Writer) error {
	return compose(w, func(b *strings.Builder) {
		var blocks int64
		for _, f := range l.list {
			blocks += (f.Size + 1023) / 1024
		}
		fmt.Fprintf(b, "total %d\n", blocks)
		for _, f := range l.list {
			b.WriteString(longLine(l.env, f, f.Name))
		}
	})
}

// Element implements Result.
func (l logList) Element() Element { return directoryList(l.env, "/var/log", true, l.list) }

func clearLog(ctx context.Context, env *Env, a Args) (Result, error) {
	name := LogName(a["filename"])
	if err := LogExists(env, name); err != nil {
		return nil, err
	}
	return nil, env.Logs.Clear(ctx, env.Caller, name, a.Has("all"))
}
