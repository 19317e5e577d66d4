package event

import "strings"

// Facility is where a message comes from in the sense of syslog. Values 0 to
// 23 are RFC 5424's numerical codes (table 1) and are all that a message from
// outside can carry. The values above are Junos' facilities that have no Linux
// number: only records made by this program carry them, and they turn into a
// number (local1 … local7) on the wire alone, so that nobody can forge one.
type Facility uint8

// The facilities, RFC 5424 table 1 first, then our own.
const (
	Kernel Facility = iota
	User
	Mail
	Daemon
	Authorization
	Syslog
	LPR
	News
	UUCP
	Cron
	AuthPriv
	FTP
	NTP
	Security
	Console
	Clock
	Local0
	Local1
	Local2
	Local3
	Local4
	Local5
	Local6
	Local7

	DFC
	External
	Firewall
	PFE
	ConflictLog
	ChangeLog
	InteractiveCommands

	// NumFacilities bounds a table indexed by Facility.
	NumFacilities = iota
)

// facilityTable holds, for each facility, its number on the wire and the word
// that explicit-priority prints (Junos System Log Messages Reference).
var facilityTable = [NumFacilities]struct {
	wire uint8
	code string
}{
	Kernel: {0, "KERN"}, User: {1, "USER"}, Mail: {2, "MAIL"}, Daemon: {3, "DAEMON"},
	Authorization: {4, "AUTH"}, Syslog: {5, "SYSLOG"}, LPR: {6, "LPR"}, News: {7, "NEWS"},
	UUCP: {8, "UUCP"}, Cron: {9, "CRON"}, AuthPriv: {10, "AUTHPRIV"}, FTP: {11, "FTP"},
	NTP: {12, "NTP"}, Security: {13, "SECURITY"}, Console: {14, "CONSOLE"}, Clock: {15, "CLOCK"},
	Local0: {16, "LOCAL0"}, Local1: {17, "LOCAL1"}, Local2: {18, "LOCAL2"}, Local3: {19, "LOCAL3"},
	Local4: {20, "LOCAL4"}, Local5: {21, "LOCAL5"}, Local6: {22, "LOCAL6"}, Local7: {23, "LOCAL7"},
	DFC: {17, "DFC"}, External: {18, "EXTERNAL"}, Firewall: {19, "FIREWALL"}, PFE: {20, "PFE"},
	ConflictLog: {21, "CONFLICT"}, ChangeLog: {22, "CHANGE"}, InteractiveCommands: {23, "INTERACT"},
}

// Wire returns the RFC 5424 facility number, 0 to 23.
func (f Facility) Wire() uint8 { return facilityTable[f].wire }

// Code returns the word printed by explicit-priority, such as INTERACT.
func (f Facility) Code() string { return facilityTable[f].code }

// Own reports whether f is one of the facilities that only this program's own
// records carry.
func (f Facility) Own() bool { return f > Local7 }

// Set is a set of facilities, bit n standing for Facility n.
type Set uint64

// All is every facility there is.
const All Set = 1<<NumFacilities - 1

// Has reports whether f is in s.
func (s Set) Has(f Facility) bool { return s>>f&1 == 1 }

// statementSets maps the facility words of the configuration to what they
// select. `authorization` covers both auth and authpriv, as on Junos.
var statementSets = map[string]Set{
	"any": All, "authorization": 1<<Authorization | 1<<AuthPriv, "daemon": 1 << Daemon, "ftp": 1 << FTP,
	"ntp": 1 << NTP, "security": 1 << Security, "kernel": 1 << Kernel, "user": 1 << User,
	"dfc": 1 << DFC, "external": 1 << External, "firewall": 1 << Firewall, "pfe": 1 << PFE,
	"conflict-log": 1 << ConflictLog, "change-log": 1 << ChangeLog, "interactive-commands": 1 << InteractiveCommands,
	"mail": 1 << Mail, "syslog": 1 << Syslog, "lpr": 1 << LPR, "news": 1 << News, "uucp": 1 << UUCP, "cron": 1 << Cron,
	"local0": 1 << Local0, "local1": 1 << Local1, "local2": 1 << Local2, "local3": 1 << Local3,
	"local4": 1 << Local4, "local5": 1 << Local5, "local6": 1 << Local6, "local7": 1 << Local7,
}

// Named returns the facilities that a facility word of the configuration
// selects, and false for a word that is no facility.
func Named(word string) (Set, bool) {
	s, ok := statementSets[word]
	return s, ok
}

// Word returns the facility word of the configuration that selects f; for the
// two that none but any selects, what others call them.
func (f Facility) Word() string {
	for word, set := range statementSets {
		if word != "any" && set.Has(f) {
			return word
		}
	}
	return strings.ToLower(f.Code())
}

// Severity is RFC 5424's severity (table 2): 0 emergency to 7 debug.
type Severity uint8

// The severities.
const (
	Emergency Severity = iota
	Alert
	Critical
	Error
	Warning
	Notice
	Info
	Debug
)

// severityWords are the words of the configuration in order of Severity.
// There is no `debug`: `any` stands for every severity.
var severityWords = [...]string{"emergency", "alert", "critical", "error", "warning", "notice", "info", "any"}

// String returns the configuration's word, "debug" for Debug.
func (s Severity) String() string {
	if s >= Debug {
		return "debug"
	}
	return severityWords[s]
}

// Level returns the least severe severity that a severity word of the
// configuration lets through, and -1 for `none`; false for any other word.
func Level(word string) (int, bool) {
	if word == "none" {
		return -1, true
	}
	for i, w := range severityWords {
		if w == word {
			return i, true
		}
	}
	return 0, false
}
