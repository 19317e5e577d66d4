package netconf

import (
	"context"
	"strconv"
)

// known is an RPC about sessions and configuration.
type known struct {
	name  string
	run   operation
	edits bool // only for those who may configure
}

// operations are these RPCs. All others are operational commands, which package
// op knows.
func operations() []known {
	return []known{
		// RFC 6241, 7
		{"get-config", getConfig, false},
		{"get", get, false},
		{"edit-config", editConfig, true},
		{"copy-config", copyConfig, true},
		{"delete-config", deleteConfig, true},
		{"lock", lock, true},
		{"unlock", unlock, true},
		{"close-session", closeSession, false},
		{"kill-session", killSession, false},
		{"commit", commit, true},
		{"cancel-commit", cancelCommit, true},
		{"discard-changes", discardChanges, true},
		{"validate", validate, true},
		{"create-subscription", createSubscription, false}, // RFC 5277
		{"get-schema", getSchema, false},                   // RFC 6022
		// Junos
		{"get-configuration", getConfiguration, false},
		{"load-configuration", loadConfiguration, true},
		{"commit-configuration", commitConfiguration, true},
		{"lock-configuration", lockConfiguration, true},
		{"unlock-configuration", unlockConfiguration, true},
		{"open-configuration", openConfiguration, true},
		{"close-configuration", closeConfiguration, true},
		{"get-rescue-information", getRescue, false},
		{"get-rollback-information", getRollback, false},
		{"command", command, false},
		{"get-syslog-events", getSyslogEvents, false},
	}
}

// closeSession answers, and then the session ends.
func closeSession(_ context.Context, s *session, r *request) error {
	s.closed = true
	r.ok()
	return nil
}

// killSession ends another session (RFC 6241, 7.9).
func killSession(_ context.Context, s *session, r *request) error {
	if !s.env.Class().Command("maintenance", []string{"request", "system", "logout"}) { // what it is in the shell
		return s.refused(r.op.Tag)
	}
	e := child(r.op, "session-id")
	if e == nil {
		return missingElement("session-id")
	}
	id, err := strconv.Atoi(text(e))
	switch {
	case err != nil:
		return badValue("session-id", "session-id is a number")
	case id == s.env.Caller.PID:
		return badValue("session-id", "a session cannot kill itself; close-session ends it")
	case !s.o.Kill(id):
		return badValue("session-id", "no such session")
	}
	r.ok()
	return nil
}
