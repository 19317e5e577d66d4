package event

import (
	"fmt"
	"time"
)

// pkid is the process that keeps certificates in Junos.
const pkid = "pkid"

// CertificateExpiry announces, 30, 7 and 1 days ahead and at the end itself, that
// a certificate ceases to be valid.
type CertificateExpiry struct {
	Kind    string // local-certificate or ca-certificate
	Name    string
	Expires time.Time
	Expired bool
}

// Entry implements Event. PKID_CERT_EXPIRY is ours, authorization.warning, or
// error when it has happened.
func (e CertificateExpiry) Entry() Entry {
	at := e.Expires.UTC().Format(time.RFC3339)
	entry := Entry{Process: pkid, Tag: "PKID_CERT_EXPIRY", Facility: Authorization, Severity: Warning,
		Text:  fmt.Sprintf("%s %s expires at %s", e.Kind, e.Name, at),
		Attrs: []Attr{{"type", e.Kind}, {"name", e.Name}, {"time", at}}}
	if e.Expired {
		entry.Severity, entry.Failed, entry.Text = Error, true, fmt.Sprintf("%s %s expired at %s", e.Kind, e.Name, at)
	}
	return entry
}

// CertificateChanged is something done to a certificate or a key by a user. It
// takes effect with the next commit.
type CertificateChanged struct {
	Username    string
	Action      string // generated, loaded, cleared
	Kind        string // local-certificate, ca-certificate or key-pair
	Name        string
	Fingerprint string // sha-256:…; empty where there is none
	Subject     string
}

// Entry implements Event. PKID_CERT_CHANGED is ours, authorization.notice:
// FIA_X509_EXT.1 asks for a record of trust anchors added and removed.
func (e CertificateChanged) Entry() Entry {
	text := fmt.Sprintf("User '%s' %s %s %s", e.Username, e.Action, e.Kind, e.Name)
	if e.Fingerprint != "" {
		text += " (" + e.Subject + ", " + e.Fingerprint + ")"
	}
	return Entry{Process: pkid, Tag: "PKID_CERT_CHANGED", Facility: Authorization, Severity: Notice, Text: text,
		Attrs: []Attr{{"username", e.Username}, {"action", e.Action}, {"type", e.Kind}, {"name", e.Name},
			{"fingerprint", e.Fingerprint}, {"subject", e.Subject}}}
}
