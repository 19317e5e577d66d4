package op

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"loggia/audit/event"
	"loggia/files"
)

// A log has more than one name: that of its statement, a path, and those of its
// archives; and more than one command reads it. The rules of a class are asked
// about all that a command comes to, so that none is a way round another.

// logDirectory is where the log files are for sessions.
const logDirectory = "/var/log/"

// LogName is what the log is called that name is about: audit for audit, ./audit,
// /var/log/audit and what else leads there. What leads to no log stays as it is.
func LogName(name string) string {
	p := name
	if !path.IsAbs(p) {
		p = logDirectory + p
	}
	if rest, ok := strings.CutPrefix(path.Clean(p), logDirectory); ok {
		return rest
	}
	return name
}

// archived is the log that an archive belongs to, as audit for audit.0.gz, and
// else name itself.
func archived(name string) string {
	stem := strings.TrimSuffix(name, ".gz")
	dot := strings.LastIndexByte(stem, '.')
	if dot < 0 || dot == len(stem)-1 || strings.Trim(stem[dot+1:], "0123456789") != "" {
		return name
	}
	return stem[:dot]
}

// ReadsLog reports whether no rule of the class keeps a log from it, under any of
// its names: whether `show log NAME` is not denied. Who reads a log otherwise,
// over sftp, by a `file` command, by get-syslog-events or by `monitor start`,
// needs that besides the permission for the way they take.
func (c *Class) ReadsLog(name string) bool { return c.deniesNoLog("show", name) }

// ClearsLog is ReadsLog for `clear log NAME`, and for the ways to delete a log.
func (c *Class) ClearsLog(name string) bool { return c.deniesNoLog("clear", name) }

func (c *Class) deniesNoLog(verb, name string) bool {
	name = LogName(name)
	return !c.denies(verb, "log", name) && !c.denies(verb, "log", archived(name))
}

// denies reports whether a rule denies the command, whatever the flags say.
func (c *Class) denies(words ...string) bool {
	return !c.commands.none() && c.commands.over(words) == denied
}

// concerns reports whether no rule keeps from the class the logs that a command is about.
func (c *Class) concerns(words []string) bool {
	if len(words) < 3 {
		return true
	}
	name := words[2]
	switch words[0] + " " + words[1] {
	case "show log", "monitor start":
		return c.ReadsLog(name)
	case "clear log":
		return c.ClearsLog(name)
	case "file compare":
		return !slices.ContainsFunc(words[3:], func(name string) bool {
			return strings.HasPrefix(absolute(name), logDirectory) && !c.ReadsLog(absolute(name))
		})
	case "file checksum":
		name = words[len(words)-1]
		fallthrough
	case "file show", "file copy":
		return !strings.HasPrefix(absolute(name), logDirectory) || c.ReadsLog(absolute(name))
	case "file delete", "file rename":
		return !strings.HasPrefix(absolute(name), logDirectory) || c.ClearsLog(absolute(name))
	}
	return true
}

// forms are the ways to say a command that names a log or a file without
// detours; the name of a log stands before what else is said. It is nil for a
// command that names none.
func forms(words []string) [][]string {
	if len(words) < 3 {
		return nil
	}
	to := slices.Clone(words)
	switch to[0] + " " + to[1] {
	case "show log", "monitor start", "clear log":
		if to[2] == "all" && len(to) == 4 && to[0] == "clear" {
			to[2], to[3] = to[3], to[2]
		}
		to[2] = LogName(to[2])
		if !strings.Contains(words[2], "/") || strings.Contains(to[2], "/") {
			return [][]string{to}
		}
		by := slices.Clone(to)
		by[2] = logDirectory + to[2]
		return [][]string{to, by}
	case "file show", "file copy", "file delete", "file rename", "file list", "file checksum", "file compare":
		for i := 2; i < len(to); i++ {
			if strings.Contains(to[i], "/") {
				to[i] = absolute(to[i])
			}
		}
		return [][]string{to}
	}
	return nil
}

// absolute is the path of a file that may be named from a home. Whose home it is
// does not matter to what lies outside; what lies in it stays as it was named.
func absolute(name string) string {
	const home = "/var/home/~"
	p := name
	switch {
	case p == "~" || strings.HasPrefix(p, "~/"):
		p = home + p[1:]
	case !path.IsAbs(p):
		p = home + "/" + p
	}
	if p = path.Clean(p); p == home || strings.HasPrefix(p, home+"/") {
		return name
	}
	return p
}

// refusedFile records that the class does not permit to read a file, and is the error.
func refusedFile(env *Env, command, name string) error {
	env.Recorder.Record(env.Caller, event.CommandRefused{Username: env.Caller.User, Command: command})
	return fmt.Errorf("%s: %w", name, files.ErrRefused)
}
