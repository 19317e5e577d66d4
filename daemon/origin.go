package daemon

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"

	"loggia/audit/event"
)

// ownerOf is who logged in to the machine and is, perhaps by another name, the
// process pid: what the kernel keeps of that (/proc/PID/loginuid), which nobody can
// change, else what sudo says. ok is false where neither knows.
func ownerOf(pid int) (uid uint32, ok bool) {
	if text, err := os.ReadFile(fmt.Sprintf("/proc/%d/loginuid", pid)); err == nil {
		if uid, ok := parseUID(strings.TrimSpace(string(text))); ok {
			return uid, true
		}
	}
	environment, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
	if err != nil {
		return 0, false
	}
	for v := range bytes.SplitSeq(environment, []byte{0}) {
		if text, found := bytes.CutPrefix(v, []byte("SUDO_UID=")); found {
			return parseUID(string(text))
		}
	}
	return 0, false
}

// parseUID reads a uid; the greatest one says that there is none.
func parseUID(text string) (uint32, bool) {
	n, err := strconv.ParseUint(text, 10, 32)
	return uint32(n), err == nil && uint32(n) != ^uint32(0)
}

// recordOwner records who stands behind a session of a user of this machine.
func (d *Daemon) recordOwner(id identity) {
	if id.uid == nil {
		return
	}
	if owner, ok := ownerOf(id.PID); ok && owner != *id.uid {
		d.recorder.Record(id.Subject, event.SessionOwner{Username: id.User, Owner: userName(owner), OwnerUID: owner})
	}
}
