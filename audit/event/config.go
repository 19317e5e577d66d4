package event

import (
	"fmt"
	"strconv"
)

// Unconfigured stands for the old value of a leaf that had none.
const Unconfigured = "unconfigured"

// DatabaseLogin is UI_DBASE_LOGIN_EVENT: a session entered configuration mode.
type DatabaseLogin struct{ Username string }

// Entry renders e.
func (e DatabaseLogin) Entry() Entry {
	return notice("UI_DBASE_LOGIN_EVENT", "User '"+e.Username+"' entering configuration mode", Attr{"username", e.Username})
}

// DatabaseLogout is UI_DBASE_LOGOUT_EVENT: a session left configuration mode.
type DatabaseLogout struct{ Username string }

// Entry renders e.
func (e DatabaseLogout) Entry() Entry {
	return notice("UI_DBASE_LOGOUT_EVENT", "User '"+e.Username+"' exiting configuration mode", Attr{"username", e.Username})
}

// ConfigSet is UI_CFG_AUDIT_SET: a leaf of the candidate got a value. It must
// not be made for a secret; ConfigSetSecret is its twin without values.
type ConfigSet struct {
	Username string
	Action   string // "set" or "replace"
	Path     string // statement words with keys inline, without brackets
	Had      bool   // whether there was an old value
	Old      string // the old value, if Had
	New      string // the new value
}

// Entry renders e. The unbalanced quotes are Junos': `"old -- "new"`.
func (e ConfigSet) Entry() Entry {
	delimiter, data := "", Unconfigured
	if e.Had {
		delimiter, data = `"`, e.Old
	}
	path := "[" + e.Path + "]"
	return change("UI_CFG_AUDIT_SET",
		"User '"+e.Username+"' "+e.Action+": "+path+" "+delimiter+data+` -- "`+e.New+`"`,
		Attr{"username", e.Username}, Attr{"action", e.Action}, Attr{"pathname", path},
		Attr{"delimiter", delimiter}, Attr{"data", data}, Attr{"value", e.New})
}

// ConfigSetSecret is UI_CFG_AUDIT_SET_SECRET: a secret leaf of the candidate
// got a value, which is withheld.
type ConfigSetSecret struct {
	Username string
	Action   string // "set" or "replace"
	Path     string // statement words, without brackets
}

// Entry renders e.
func (e ConfigSetSecret) Entry() Entry {
	path := "[" + e.Path + "]"
	return change("UI_CFG_AUDIT_SET_SECRET", "User '"+e.Username+"' "+e.Action+": "+path,
		Attr{"username", e.Username}, Attr{"action", e.Action}, Attr{"pathname", path})
}

// ConfigOther is UI_CFG_AUDIT_OTHER: any other change of the candidate, such
// as delete, deactivate, activate, annotate, or set of a level.
type ConfigOther struct {
	Username string
	Action   string
	Path     string // statement words, without brackets
	Value    string // what the action was given: the text of an annotation
	Old      string // value that a deleted leaf had, for the record's attributes; empty for a secret
}

// Entry renders e. A blank follows the path even where no value does.
func (e ConfigOther) Entry() Entry {
	delimiter, path := "", "["+e.Path+"]"
	text := "User '" + e.Username + "' " + e.Action + ": " + path + " "
	if e.Value != "" {
		delimiter = `"`
		text += `"` + e.Value + `"`
	}
	entry := change("UI_CFG_AUDIT_OTHER", text,
		Attr{"username", e.Username}, Attr{"action", e.Action}, Attr{"pathname", path},
		Attr{"delimiter", delimiter}, Attr{"value", e.Value})
	if e.Old != "" {
		entry.Attrs = append(entry.Attrs, Attr{"data", e.Old})
	}
	return entry
}

// ConfigWhole is UI_CFG_AUDIT_OTHER for an action on the whole candidate:
// `rollback: 1`, `override: FILE`.
type ConfigWhole struct {
	Username string
	Action   string // "rollback", "override", "update"
	Source   string // rollback number, "rescue", file name or "factory-default"
}

// Entry renders e.
func (e ConfigWhole) Entry() Entry {
	return change("UI_CFG_AUDIT_OTHER", "User '"+e.Username+"' "+e.Action+": "+e.Source,
		Attr{"username", e.Username}, Attr{"action", e.Action}, Attr{"pathname", e.Source},
		Attr{"delimiter", ""}, Attr{"value", ""})
}

// ConfigNew is UI_CFG_AUDIT_NEW: a statement got a new name or place.
type ConfigNew struct {
	Username string
	Action   string // "rename", "copy" or "insert"
	Path     string // statement words, without brackets
	NewName  string
}

// Entry renders e.
func (e ConfigNew) Entry() Entry {
	path := "[" + e.Path + "]"
	return change("UI_CFG_AUDIT_NEW", "User '"+e.Username+"' "+e.Action+": "+path+" "+e.NewName,
		Attr{"username", e.Username}, Attr{"action", e.Action}, Attr{"pathname", path}, Attr{"new-name", e.NewName})
}

// Load is UI_LOAD_EVENT: a load or a rollback of the candidate begins.
type Load struct {
	Username string
	Command  string // "load override", "rollback", "rollback 3"
}

// Entry renders e.
func (e Load) Entry() Entry {
	return notice("UI_LOAD_EVENT", "User '"+e.Username+"' is performing a '"+e.Command+"'",
		Attr{"username", e.Username}, Attr{"command", e.Command})
}

// Commit is UI_COMMIT: a commit was asked for.
type Commit struct {
	Username string
	Command  string // as typed, without the comment: "commit", "commit check"
	Comment  string // empty is recorded as none
}

// Entry renders e.
func (e Commit) Entry() Entry {
	comment := e.Comment
	if comment == "" {
		comment = "none"
	}
	return notice("UI_COMMIT", "User '"+e.Username+"' requested '"+e.Command+"' operation (comment: "+comment+")",
		Attr{"username", e.Username}, Attr{"command", e.Command}, Attr{"message", comment})
}

// Step is a step of a commit, as recorded and as shown by `commit | display detail`.
type Step string

// The steps of a commit, in order, in Junos' words.
const (
	StepLock     Step = "Obtaining lock for commit"
	StepExpand   Step = "expanding groups"
	StepCheck    Step = "daemons checking new configuration"
	StepRevision Step = "updating commit revision"
	StepActivate Step = "notifying daemons of new configuration"
	StepWrapup   Step = "commit wrapup..."
	StepComplete Step = "commit complete"
)

// CommitProgress is UI_COMMIT_PROGRESS: a commit began a step.
type CommitProgress struct{ Step Step }

// Entry renders e.
func (e CommitProgress) Entry() Entry {
	return entry("UI_COMMIT_PROGRESS", InteractiveCommands, Info,
		"Commit operation in progress: "+string(e.Step), Attr{"message", string(e.Step)})
}

// CommitCompleted is UI_COMMIT_COMPLETED: the new configuration is in force.
type CommitCompleted struct{}

// Entry renders e.
func (CommitCompleted) Entry() Entry {
	return notice("UI_COMMIT_COMPLETED", string(StepComplete), Attr{"message", string(StepComplete)})
}

// CommitConfirmedTimed is UI_COMMIT_CONFIRMED_TIMED: a configuration took force
// that goes again unless it is confirmed.
type CommitConfirmedTimed struct {
	Username string
	Command  string // "commit confirmed 10"
}

// Entry renders e.
func (e CommitConfirmedTimed) Entry() Entry {
	return performed("UI_COMMIT_CONFIRMED_TIMED", "User", e.Username, e.Command)
}

// CommitConfirmed is UI_COMMIT_CONFIRMED: a configuration that waited for its
// confirmation got it, and stays.
type CommitConfirmed struct {
	Username string
	Command  string // that confirmed: "commit", "commit check"
}

// Entry renders e.
func (e CommitConfirmed) Entry() Entry {
	return performed("UI_COMMIT_CONFIRMED", "User", e.Username, e.Command)
}

// CommitConfirmedReminder is UI_COMMIT_CONFIRMED_REMINDER: the time to confirm
// a configuration is running out.
type CommitConfirmedReminder struct{ Minutes int }

// Entry renders e.
func (e CommitConfirmedReminder) Entry() Entry {
	minutes := strconv.Itoa(e.Minutes)
	return notice("UI_COMMIT_CONFIRMED_REMINDER", "'commit confirmed' must be confirmed within "+minutes+" minutes",
		Attr{"command", "commit confirmed"}, Attr{"minutes", minutes})
}

// CommitNotConfirmed is UI_COMMIT_NOT_CONFIRMED: `commit confirmed` ran out
// and the configuration before it is in force again.
type CommitNotConfirmed struct{}

// Entry renders e.
func (CommitNotConfirmed) Entry() Entry {
	return notice("UI_COMMIT_NOT_CONFIRMED", "Commit was not confirmed; automatic rollback complete")
}

// CommitRollbackFailed is UI_COMMIT_ROLLBACK_FAILED: `commit confirmed` ran out
// and the configuration before it could not take force. It is tried again.
type CommitRollbackFailed struct{ Reason string }

// Entry renders e.
func (e CommitRollbackFailed) Entry() Entry {
	failed := entry("UI_COMMIT_ROLLBACK_FAILED", InteractiveCommands, Alert, "Automatic rollback failed: "+e.Reason, Attr{"reason", e.Reason})
	failed.Failed = true
	return failed
}

// CommitAt is UI_COMMIT_AT: a commit was put off.
type CommitAt struct {
	Username string
	Command  string // "commit at 21:30:55"
}

// Entry renders e.
func (e CommitAt) Entry() Entry { return performed("UI_COMMIT_AT", "user", e.Username, e.Command) }

// CommitAtCompleted is UI_COMMIT_AT_COMPLETED: a commit that was put off has
// been made.
type CommitAtCompleted struct{ Command string }

// Entry renders e.
func (e CommitAtCompleted) Entry() Entry {
	return notice("UI_COMMIT_AT_COMPLETED", "'"+e.Command+"' was successful", Attr{"command", e.Command})
}

// CommitAtFailed is UI_COMMIT_AT_FAILED: a commit that was put off could not be
// made, and will not be.
type CommitAtFailed struct{ Reason string }

// Entry renders e.
func (e CommitAtFailed) Entry() Entry {
	failed := entry("UI_COMMIT_AT_FAILED", InteractiveCommands, Error, e.Reason+", commit at is cleared", Attr{"error-message", e.Reason}, Attr{"action", "commit at is cleared"})
	failed.Failed = true
	return failed
}

// CommitAtAbort is UI_COMMIT_AT_ABORT: a commit that was put off will not be
// made because somebody cleared it.
type CommitAtAbort struct {
	Username string
	Command  string // "commit at 21:30:55"
}

// Entry renders e.
func (e CommitAtAbort) Entry() Entry {
	return notice("UI_COMMIT_AT_ABORT", "user '"+e.Username+"' cleared '"+e.Command+"'", Attr{"username", e.Username}, Attr{"command", e.Command})
}

// RescueOperation is UI_RESCUE_OPERATION: the rescue configuration is about to
// be saved or deleted.
type RescueOperation struct {
	Username string
	Action   string // "save" or "delete"
}

// Entry renders e.
func (e RescueOperation) Entry() Entry {
	return notice("UI_RESCUE_OPERATION", "User '"+e.Username+"' performed '"+e.Action+"' of the rescue configuration",
		Attr{"username", e.Username}, Attr{"action", e.Action})
}

// ConfigurationError is UI_CONFIGURATION_ERROR: one problem that stopped a
// commit. Statement and Message must not hold a secret.
type ConfigurationError struct {
	Path      string // edit path, without [edit and bracket; empty at the top
	Statement string
	Message   string
}

// Entry renders e.
func (e ConfigurationError) Entry() Entry {
	path := "[edit]"
	if e.Path != "" {
		path = "[edit " + e.Path + "]"
	}
	failed := entry("UI_CONFIGURATION_ERROR", InteractiveCommands, Error,
		"Process: "+mgd+", path: "+path+", statement: "+e.Statement+", "+e.Message,
		Attr{"process", mgd}, Attr{"pathname", path}, Attr{"statement", e.Statement}, Attr{"message", e.Message})
	failed.Failed = true
	return failed
}

// CommitIntent is the record without which no commit happens: it is on disk
// before the revision takes force.
type CommitIntent struct {
	Revision, Parent uint64
	Hash             string // of the revision file, in hexadecimal
	Username, Client string
	Comment          string
}

// Entry renders e, for the audit trail alone.
func (e CommitIntent) Entry() Entry {
	return trail("CONFIG_COMMIT_INTENT",
		fmt.Sprintf("Revision %d, made from %d, is about to take force", e.Revision, e.Parent),
		number("revision", e.Revision), number("parent", e.Parent), Attr{"hash", e.Hash},
		Attr{"username", e.Username}, Attr{"client", e.Client}, Attr{"message", e.Comment})
}

// CommitDone says that a revision is in force and every subsystem obeys it.
type CommitDone struct {
	Revision uint64
	Hash     string
}

// Entry renders e, for the audit trail alone.
func (e CommitDone) Entry() Entry {
	return trail("CONFIG_COMMIT_DONE", fmt.Sprintf("Revision %d is in force", e.Revision),
		number("revision", e.Revision), Attr{"hash", e.Hash})
}

// CommitAbandoned says that a commit ended before its commit point: what was
// in force before it still is.
type CommitAbandoned struct {
	Revision uint64 // 0 when it ended before a revision was written
	Running  uint64 // the revision that stays in force, 0 when there is none yet
	Reason   string
}

// Entry renders e, for the audit trail alone.
func (e CommitAbandoned) Entry() Entry {
	abandoned := trail("CONFIG_COMMIT_ABANDONED",
		fmt.Sprintf("Revision %d stays in force: %s", e.Running, e.Reason),
		number("revision", e.Revision), number("running", e.Running), Attr{"reason", e.Reason})
	abandoned.Failed = true
	return abandoned
}

// ConfigurationFound is recorded at every start: which revision is in force
// and whether a commit had been cut short. Lost is the revision that should
// have been in force and was damaged or missing; such a record goes to syslog
// as well.
type ConfigurationFound struct {
	Revision uint64
	Hash     string
	Finished bool   // the revision is that of a commit which was cut short after its commit point
	Damaged  bool   // the configuration that should be in force was lost
	Lost     uint64 // its revision, if known
	Reason   string // what was wrong with it
}

// Entry renders e.
func (e ConfigurationFound) Entry() Entry {
	text := fmt.Sprintf("Revision %d is in force", e.Revision)
	if e.Finished {
		text += ", its commit was interrupted after the commit point"
	}
	attrs := []Attr{number("revision", e.Revision), {"hash", e.Hash}}
	if !e.Damaged {
		return trail("CONFIG_FOUND", text, attrs...)
	}
	lost := "the active configuration"
	if e.Lost != 0 {
		lost = fmt.Sprintf("revision %d", e.Lost)
	}
	attrs = append(attrs, number("lost", e.Lost), Attr{"reason", e.Reason})
	found := entry("CONFIG_RECOVERED", InteractiveCommands, Alert, text+" instead of "+lost+": "+e.Reason, attrs...)
	found.Failed = true
	return found
}

func entry(tag string, f Facility, s Severity, text string, attrs ...Attr) Entry {
	return Entry{Process: mgd, Tag: tag, Facility: f, Severity: s, Text: text, Attrs: attrs}
}

func notice(tag, text string, attrs ...Attr) Entry {
	return entry(tag, InteractiveCommands, Notice, text, attrs...)
}

// performed renders what somebody did with a commit; Junos writes who in two ways.
func performed(tag, who, username, command string) Entry {
	return notice(tag, who+" '"+username+"' performed '"+command+"'", Attr{"username", username}, Attr{"command", command})
}

func change(tag, text string, attrs ...Attr) Entry {
	return entry(tag, ChangeLog, Info, text, attrs...)
}

func trail(tag, text string, attrs ...Attr) Entry {
	e := notice(tag, text, attrs...)
	e.Trail = true
	return e
}

func number(name string, n uint64) Attr { return Attr{name, strconv.FormatUint(n, 10)} }
