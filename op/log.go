package op

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"
)

// LogFiles lists the log files as ? shows them.
func LogFiles(env *Env, _ string) []Choice {
	list, err := env.Logs.List()
	if err != nil {
		return nil // the command itself will say why
	}
	var out []Choice
	for _, f := range list {
		out = append(out, Choice{f.Name, fmt.Sprintf("Size: %d, Last changed: %s", f.Size, shortTime(env, f.Modified))})
	}
	return out
}

// shortTime is how lists of files show when one was changed.
func shortTime(env *Env, t time.Time) string {
	return t.In(env.Now().Location()).Format("Jan 02 15:04:05")
}

// LogExists returns an error when there is no log file called name.
func LogExists(env *Env, name string) error {
	list, err := env.Logs.List()
	if err != nil {
		return err
	}
	for _, f := range list {
		if f.Name == name {
			return nil
		}
	}
	return fmt.Errorf("could not resolve file: %s", name)
}

// Monitored is the line of `monitor list` about a file.
func Monitored(env *Env, name string) string {
	list, err := env.Logs.List()
	if err != nil {
		return fmt.Sprintf("monitor start %q (%v)\n", name, err)
	}
	for _, f := range list {
		if f.Name == name {
			return fmt.Sprintf("monitor start %q (Last changed %s)\n", name, shortTime(env, f.Modified))
		}
	}
	return fmt.Sprintf("monitor start %q (not there at the moment)\n", name)
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
