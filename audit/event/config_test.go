package event

import (
	"slices"
	"testing"
)

// TestConfigurationTexts compares with lines that Junos machines have logged
// (junos-cli 9.3, message catalogue 6.1).
func TestConfigurationTexts(t *testing.T) {
	for _, row := range []struct {
		e        Event
		tag      string
		facility Facility
		severity Severity
		text     string
	}{
		{DatabaseLogin{"luke"}, "UI_DBASE_LOGIN_EVENT", InteractiveCommands, Notice, "User 'luke' entering configuration mode"},
		{DatabaseLogout{"noc"}, "UI_DBASE_LOGOUT_EVENT", InteractiveCommands, Notice, "User 'noc' exiting configuration mode"},
		{ConfigSet{"netconf", "set", "system login message", true, "old text", "new text"}, "UI_CFG_AUDIT_SET", ChangeLog, Info,
			`User 'netconf' set: [system login message] "old text -- "new text"`},
		{ConfigSet{"x", "set", "groups g interfaces ge-3/1/6", false, "", "disable"}, "UI_CFG_AUDIT_SET", ChangeLog, Info,
			`User 'x' set: [groups g interfaces ge-3/1/6] unconfigured -- "disable"`},
		{ConfigSetSecret{"admin", "set", "system radius-server 1.2.3.4 secret"}, "UI_CFG_AUDIT_SET_SECRET", ChangeLog, Info,
			`User 'admin' set: [system radius-server 1.2.3.4 secret]`},
		{ConfigOther{"root", "delete", "interfaces xe-0/0/2:2", "", ""}, "UI_CFG_AUDIT_OTHER", ChangeLog, Info,
			`User 'root' delete: [interfaces xe-0/0/2:2] `},
		{ConfigOther{"root", "annotate", "system syslog", "why", ""}, "UI_CFG_AUDIT_OTHER", ChangeLog, Info,
			`User 'root' annotate: [system syslog] "why"`},
		{ConfigWhole{"admin", "override", "CC_config2.txt"}, "UI_CFG_AUDIT_OTHER", ChangeLog, Info, `User 'admin' override: CC_config2.txt`},
		{ConfigWhole{"admin", "rollback", "1"}, "UI_CFG_AUDIT_OTHER", ChangeLog, Info, `User 'admin' rollback: 1`},
		{ConfigNew{"u", "rename", "system syslog file a", "b"}, "UI_CFG_AUDIT_NEW", ChangeLog, Info, `User 'u' rename: [system syslog file a] b`},
		{Load{"user", "load override"}, "UI_LOAD_EVENT", InteractiveCommands, Notice, `User 'user' is performing a 'load override'`},
		{Commit{"luke", "commit", "hello"}, "UI_COMMIT", InteractiveCommands, Notice, `User 'luke' requested 'commit' operation (comment: hello)`},
		{Commit{"luke", "commit", ""}, "UI_COMMIT", InteractiveCommands, Notice, `User 'luke' requested 'commit' operation (comment: none)`},
		{CommitProgress{StepLock}, "UI_COMMIT_PROGRESS", InteractiveCommands, Info, "Commit operation in progress: Obtaining lock for commit"},
		{CommitCompleted{}, "UI_COMMIT_COMPLETED", InteractiveCommands, Notice, "commit complete"},
		{CommitNotConfirmed{}, "UI_COMMIT_NOT_CONFIRMED", InteractiveCommands, Notice, "Commit was not confirmed; automatic rollback complete"},
		{CommitConfirmedTimed{"luke", "commit confirmed 10"}, "UI_COMMIT_CONFIRMED_TIMED", InteractiveCommands, Notice, "User 'luke' performed 'commit confirmed 10'"},
		{CommitConfirmed{"luke", "commit check"}, "UI_COMMIT_CONFIRMED", InteractiveCommands, Notice, "User 'luke' performed 'commit check'"},
		{CommitConfirmedReminder{5}, "UI_COMMIT_CONFIRMED_REMINDER", InteractiveCommands, Notice, "'commit confirmed' must be confirmed within 5 minutes"},
		{CommitRollbackFailed{"port in use"}, "UI_COMMIT_ROLLBACK_FAILED", InteractiveCommands, Alert, "Automatic rollback failed: port in use"},
		{CommitAt{"luke", "commit at 21:30"}, "UI_COMMIT_AT", InteractiveCommands, Notice, "user 'luke' performed 'commit at 21:30'"},
		{CommitAtCompleted{"commit at 21:30"}, "UI_COMMIT_AT_COMPLETED", InteractiveCommands, Notice, "'commit at 21:30' was successful"},
		{CommitAtFailed{"port in use"}, "UI_COMMIT_AT_FAILED", InteractiveCommands, Error, "port in use, commit at is cleared"},
		{CommitAtAbort{"luke", "commit at 21:30"}, "UI_COMMIT_AT_ABORT", InteractiveCommands, Notice, "user 'luke' cleared 'commit at 21:30'"},
		{RescueOperation{"luke", "save"}, "UI_RESCUE_OPERATION", InteractiveCommands, Notice, "User 'luke' performed 'save' of the rescue configuration"},
		{ConfigurationError{"vlans VLANTEST l3-interface", "l3-interface vlan.666", "Interface must already be defined under [edit interfaces]"},
			"UI_CONFIGURATION_ERROR", InteractiveCommands, Error,
			"Process: mgd, path: [edit vlans VLANTEST l3-interface], statement: l3-interface vlan.666, Interface must already be defined under [edit interfaces]"},
		{ConfigurationError{"", "system", "m"}, "UI_CONFIGURATION_ERROR", InteractiveCommands, Error, "Process: mgd, path: [edit], statement: system, m"},
		{ConfigurationFound{Revision: 7, Damaged: true, Lost: 8, Reason: "hash differs"}, "CONFIG_RECOVERED", InteractiveCommands, Alert,
			"Revision 7 is in force instead of revision 8: hash differs"},
	} {
		got := row.e.Entry()
		if got.Process != "mgd" || got.Tag != row.tag || got.Facility != row.facility || got.Severity != row.severity || got.Text != row.text || got.Trail {
			t.Errorf("%T: %+v, want %s %v.%v %q", row.e, got, row.tag, row.facility, row.severity, row.text)
		}
	}
}

// TestConfigurationAttributes compares with structured data seen on the wire.
func TestConfigurationAttributes(t *testing.T) {
	for _, row := range []struct {
		e    Event
		want []Attr
	}{
		{ConfigSet{"netconf", "set", "system login message", true, "a", "b"},
			[]Attr{{"username", "netconf"}, {"action", "set"}, {"pathname", "[system login message]"}, {"delimiter", `"`}, {"data", "a"}, {"value", "b"}}},
		{ConfigSet{"u", "set", "p", false, "", "b"},
			[]Attr{{"username", "u"}, {"action", "set"}, {"pathname", "[p]"}, {"delimiter", ""}, {"data", "unconfigured"}, {"value", "b"}}},
		{ConfigOther{"u", "delete", "p", "", "was"},
			[]Attr{{"username", "u"}, {"action", "delete"}, {"pathname", "[p]"}, {"delimiter", ""}, {"value", ""}, {"data", "was"}}},
		{Commit{"netconf", "commit", "m14c"}, []Attr{{"username", "netconf"}, {"command", "commit"}, {"message", "m14c"}}},
		{CommitProgress{StepLock}, []Attr{{"message", "Obtaining lock for commit"}}},
	} {
		if got := row.e.Entry().Attrs; !slices.Equal(got, row.want) {
			t.Errorf("%T: %v, want %v", row.e, got, row.want)
		}
	}
}

// TestCommitRecordsStayInTheTrail: intent, done and abandoned are evidence, not
// messages; only a lost configuration is told to syslog too.
func TestCommitRecordsStayInTheTrail(t *testing.T) {
	for _, row := range []struct {
		e             Event
		trail, failed bool
		revision      string
	}{
		{CommitIntent{Revision: 1 << 63, Parent: 1, Hash: "ab"}, true, false, "9223372036854775808"},
		{CommitDone{Revision: 2}, true, false, "2"},
		{CommitAbandoned{Revision: 3, Running: 2, Reason: "disk full"}, true, true, "3"},
		{ConfigurationFound{Revision: 4, Finished: true}, true, false, "4"},
		{ConfigurationFound{Revision: 5, Damaged: true, Reason: "gone"}, false, true, "5"},
	} {
		got := row.e.Entry()
		if got.Trail != row.trail || got.Failed != row.failed || got.Attrs[0] != (Attr{"revision", row.revision}) {
			t.Errorf("%T: %+v", row.e, got)
		}
	}
}
