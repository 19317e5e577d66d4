package op

import (
	"slices"

	"loggia/configtree/schema"
)

// All returns every operational command, in no particular order.
func All() []Command {
	log := Param{Name: "filename", Help: "Name of the log file", Names: LogNames}
	required := log
	required.Required = true
	file := Param{Name: "filename", Help: "File, relative to your home", Required: true, Names: FileNames}
	doomed := file
	doomed.Element = "path"
	number := func(name, help string, low, high uint64) Param {
		return Param{Name: name, Kind: Option, Help: help, Type: schema.Type{Base: schema.Unsigned, Ranges: []schema.Range{{Min: low, Max: high}}}}
	}
	return append([]Command{
		{Grammar{Words: "help syslog", RPC: "get-syslog-tag-information", Help: "Explain the messages that are recorded here", Params: []Param{
			{Name: "tag", Element: "syslog-tag", Help: "Tag of the message, such as that of a commit", Choices: logTags}}}, helpSyslog},
		{Grammar{Words: "ping", RPC: "ping", Help: "Ask another machine whether it is there", Permission: "network", Params: []Param{hostParam(),
			number("count", "Number of packets; else until Ctrl-C", 1, 2000000000), number("interval", "Seconds between two packets", 1, 3600),
			number("size", "Bytes of a packet", 0, 65468), number("ttl", "How many routers may lie between", 1, 255)}}, ping},
		{Grammar{Words: "traceroute", RPC: "traceroute", Help: "Show the way to another machine", Permission: "network", Params: []Param{hostParam(),
			{Name: "no-resolve", Kind: Flag, Help: "Show addresses instead of names"}, number("ttl", "How many routers may lie between", 1, 255)}}, traceroute},
		{Grammar{Words: "show log", RPC: "get-log", Help: "Show the log files, or one of them with its archives", Permission: "trace", Params: []Param{log}}, showLog},
		{Grammar{Words: "clear log", RPC: "clear-log", Help: "Empty a log file", Permission: "clear", NoPipe: true, Params: []Param{required,
			{Name: "all", Kind: Flag, Help: "Also remove its archives"}}}, clearLog},
		{Grammar{Words: "show system information", RPC: "get-system-information", Help: "Show what this machine is", Permission: "view"}, showSystem},
		{Grammar{Words: "show system commit", RPC: "get-commit-information", Help: "Show the commits, newest first", Permission: "view",
			Params: []Param{{Name: "include-configuration-revision", Kind: Flag, Help: "With the name of each revision"}}}, showCommits},
		showRevisionCommand(),
		{Grammar{Words: "show system uptime", RPC: "get-system-uptime-information", Help: "Show the time, and since when the system runs", Permission: "view"}, showUptime},
		{Grammar{Words: "set date", RPC: "set-date", Help: "Set the clock of the machine", Permission: "maintenance", NoPipe: true, Params: []Param{
			{Name: "date", Help: "The time as YYYYMMDDhhmm.ss", Required: true}}}, setDate},
		{Grammar{Words: "show system storage", RPC: "get-system-storage", Help: "Show how full the file systems are", Permission: "view"}, showStorage},
		{Grammar{Words: "show system users", RPC: "get-system-users-information", Help: "Show who is logged in", Permission: "view"}, showUsers},
		{Grammar{Words: "show system alarms", RPC: "get-system-alarm-information", Help: "Show what does not work at the moment", Permission: "view"}, showAlarms},
		{Grammar{Words: "show system syslog statistics", RPC: "get-syslog-statistics-information", Help: "Show how many messages came, and what became of them",
			Permission: "view", Params: []Param{{Name: "detail", Kind: Flag, Help: "With reasons, rates and what expressions cost"}}}, showStatistics},
		{Grammar{Words: "clear system syslog statistics", RPC: "clear-syslog-statistics", Help: "Set the counters of messages to zero", Permission: "clear", NoPipe: true}, clearStatistics},
		{Grammar{Words: "show system syslog host", RPC: "get-syslog-host-information", Help: "Show the log servers, and what waits for them", Permission: "view",
			Params: []Param{{Name: "name", Help: "Name or address of the server", Choices: hostNames}}}, showHosts},
		{Grammar{Words: "clear system syslog spool", RPC: "clear-syslog-spool", Help: "Drop what waits for a log server", Permission: "clear", NoPipe: true,
			Params: []Param{{Name: "name", Help: "Name or address of the server", Required: true, Choices: hostNames}}}, clearSpool},
		{Grammar{Words: "show system syslog explain", RPC: "get-syslog-explanation", Help: "Show how a message is read and where it goes", Permission: "view", Params: []Param{
			{Name: "message", Help: "As it is sent, in quotes", Required: true},
			{Name: "from", Kind: Option, Help: "Address of its sender, or local"}}}, explain},
		{Grammar{Words: "request system configuration discard-changes", RPC: "request-discard-changes", Help: "Forget all uncommitted shared changes",
			Permission: "configure", NoPipe: true}, discardChanges},
		{Grammar{Words: "request system configuration rescue save", RPC: "request-save-rescue-configuration", Help: "Keep what runs as the rescue configuration",
			Permission: "maintenance", NoPipe: true}, saveRescue},
		{Grammar{Words: "request system configuration rescue delete", RPC: "request-delete-rescue-configuration", Help: "Forget the rescue configuration",
			Permission: "maintenance", NoPipe: true}, deleteRescue},
		{Grammar{Words: "request system logout", RPC: "request-logout-user", Help: "End a session", Permission: "maintenance", NoPipe: true, Params: []Param{
			{Name: "pid", Kind: Option, Help: "Process of the session", Choices: sessionPIDs},
			{Name: "user", Kind: Option, Help: "Name of the user", Choices: sessionUsers},
			{Name: "terminal", Kind: Option, Help: "Name of the terminal", Choices: sessionTerminals},
			{Name: "all", Kind: Flag, Help: "All sessions, if there are several"}}}, logout},
		{Grammar{Words: "request message", RPC: "request-message", Help: "Show a text on other terminals", Permission: "maintenance", NoPipe: true, Params: append(MessageParams(),
			Param{Name: "message", Kind: Option, Help: "The text, in quotes", Required: true})}, sendMessage},
		{Grammar{Words: "clear system commit prepared", RPC: "clear-system-commit-prepared", Help: "Cancel a commit that is prepared", Permission: "configure", NoPipe: true}, clearPrepared},
		{Grammar{Words: "clear system commit", RPC: "clear-system-commit", Help: "Cancel a commit that waits for its time", Permission: "configure", NoPipe: true}, clearScheduled},
		{Grammar{Words: "file list", RPC: "file-list", Help: "List a directory", Permission: "view", Params: []Param{
			{Name: "path", Help: "Directory or file", Names: FileNames}, {Name: "detail", Kind: Flag, Help: "With size, owner and date"},
			{Name: "recursive", Kind: Flag, Help: "With what is in the directories of it"}}}, fileList},
		{Grammar{Words: "file show", RPC: "file-show", Help: "Show the contents of a file", Permission: "view", Params: []Param{file}}, fileShow},
		{Grammar{Words: "file delete", RPC: "file-delete", Help: "Delete a file", Permission: "maintenance", NoPipe: true, Params: []Param{doomed}}, fileDelete},
		{Grammar{Words: "file copy", RPC: "file-copy", Help: "Copy a file", Permission: "maintenance", NoPipe: true, Params: fromTo()}, fileCopy},
		{Grammar{Words: "file rename", RPC: "file-rename", Help: "Give a file another name", Permission: "maintenance", NoPipe: true, Params: fromTo()}, fileRename},
		compareCommand(),
	}, slices.Concat(pkiCommands(), sshCommands(), checksumCommands(), databaseCommands(), powerCommands(), loginCommands(), processCommands(), memoryCommands(), versionCommands(), archiveCommands(), resolveCommands())...)
}

func fromTo() []Param {
	return []Param{
		{Name: "source", Help: "File that is there", Required: true, Names: FileNames},
		{Name: "destination", Help: "Its new name", Required: true, Type: schema.Type{}},
	}
}
