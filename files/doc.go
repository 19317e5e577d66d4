// Package files is what a session may touch: one virtual tree, the same for
// the shell, sftp and RPCs, that looks like Junos' file system.
//
//	/var/log/          the log files, to read and to delete
//	/var/home/USER/    the user's own; relative names start here
//	/var/tmp/          scratch space that everybody shares
//	/config/           the committed configurations, to read
//
// Each part is opened through os.Root, so that no name and no symbolic link
// leads out of it. Only regular files are opened, and parts that are loggia's
// own are never written to. The console of the process's own user may name any
// other absolute path as well: it is the same person either way.
package files
