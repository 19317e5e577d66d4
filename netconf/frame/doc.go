// Package frame cuts a NETCONF byte stream into messages and back (RFC 6242),
// with a bound on what a peer can make us keep.
//
// A session begins with the end-of-message framing of RFC 4742, in which
// `]]>]]>` follows every message:
//
//	<rpc message-id="1"><get-config>…</get-config></rpc>]]>]]>
//
// and may change to chunks when both sides have announced base:1.1:
//
//	\n#61\n<rpc message-id="1"><get-config>…</get-config></rpc>\n##\n
//
// Reading end-of-message framing is lenient, as Junos is and as its clients
// need: white space around a message is passed over, and a message is complete
// as soon as its root element is closed, or the input ends. So somebody who
// pastes an <rpc> into a terminal, or pipes it through ssh without a delimiter,
// is answered. Chunks are read to the letter, and an error in them is the end
// of the session, because nobody knows where the next message begins
// (RFC 6242, 4.2).
package frame
