// Package netconf serves NETCONF sessions: RFC 6241 over the framing of package
// frame, and the Junos XML protocol that Junos' own clients speak.
//
//	<hello xmlns="urn:ietf:params:xml:ns:netconf:base:1.0">…
//	<rpc message-id="1"><get-configuration format="set"/></rpc>]]>]]>
//	<rpc-reply xmlns="urn:ietf:params:xml:ns:netconf:base:1.0" xmlns:junos="…" message-id="1">
//	<configuration-set>
//	set system syslog file messages any notice
//	</configuration-set>
//	</rpc-reply>
//	]]>]]>
//
// Serve runs one session on a stream of bytes that somebody has authenticated.
// It says hello first and waits for nobody's: an <rpc> that comes without one is
// answered. Elements count by their local names, because clients mix name spaces
// within one request; attributes of <rpc> come back on <rpc-reply>.
//
// A message is read whole, within a bound, and taken apart under limits on depth,
// number and size; document types and processing instructions are refused.
// Whatever is wrong with a message is an <rpc-error> in its reply, and the session
// goes on. Only broken chunks end it, as RFC 6242 demands.
//
// Replies are ASCII, with & < > as entities and nothing else, and are written as
// they are made: what a reply has is not kept in memory.
package netconf
