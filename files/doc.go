// Package files is what a session may touch: one virtual root, the same for
// the shell, sftp and RPCs, that looks like Junos' file system.
package files
