package op

// Transfers reports whether no rule of the class denies what a file transfer over
// sftp is about to do with a file: read, write, delete, rename or list. The rules
// are asked about the commands that do the same, `file show NAME` and `file copy
// NAME` for read. Their permission flags are no matter: what sftp shows is decided
// by the files themselves.
func (c *Class) Transfers(action string, names ...string) bool {
	commands := []string{action} // delete, rename, list
	switch action {
	case "read":
		commands = []string{"show", "copy"}
	case "write":
		commands = []string{"copy"}
	}
	for _, command := range commands {
		if !c.Command("", append([]string{"file", command}, names...)) {
			return false
		}
	}
	return true
}
