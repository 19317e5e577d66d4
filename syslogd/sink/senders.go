package sink

import (
	"encoding/hex"
	"hash/fnv"
)

// overflowSender is the directory of those who came when there were too many.
const overflowSender = "_overflow"

// maxSenderName bounds the name of a sender's directory, in bytes. A host name
// may have 255 (RFC 5424, 6.2.4); a longer name is shortened and made distinct.
const maxSenderName = 64

// appendSender appends the directory name for a host as a line shows it. Host
// names are what a sender makes them. One in letters, digits, dots, colons,
// dashes and underscores, which begins with a letter, a digit or a colon, is
// itself, in lower case. What is not gets an underscore in front, which no such
// name has, its other bytes replaced, and a hash of all of it behind:
//
//	Web1.example.net  web1.example.net
//	2001:db8::1       2001:db8::1
//	../../etc         _.._.._etc-7d1a6a2c
func appendSender(dst, host []byte) []byte {
	if len(host) > 0 && len(host) <= maxSenderName && host[0] != '.' && host[0] != '-' && host[0] != '_' {
		start := len(dst)
		for _, c := range host {
			if c = lowerLetter(c); !plainByte(c) {
				break
			}
			dst = append(dst, c)
		}
		if len(dst)-start == len(host) {
			return dst
		}
		dst = dst[:start]
	}
	sum := fnv.New32a()
	dst = append(dst, '_')
	for _, c := range host[:min(len(host), maxSenderName-10)] {
		if c = lowerLetter(c); !plainByte(c) {
			c = '_'
		}
		dst = append(dst, c)
	}
	_, _ = sum.Write(host) // never fails
	var digits [8]byte
	hex.Encode(digits[:], sum.Sum(nil))
	return append(append(dst, '-'), digits[:]...)
}

func plainByte(c byte) bool {
	return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '.' || c == '-' || c == '_' || c == ':'
}

func lowerLetter(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// SenderName returns the name of the directory of a host's files.
func SenderName(host string) string { return string(appendSender(nil, []byte(host))) }
