// Package wire reads and writes syslog messages: RFC 3164 in the shapes the
// world really sends, RFC 5424, and the framing of RFC 6587. Parsing never
// fails and never allocates.
package wire
