package wire

// lineEnd16 is the place of the first LF or NUL of 16 bytes and more, or -1.
//
//go:noescape
func lineEnd16(text []byte) int

// plain16 is the length of the run that text, of 16 bytes and more, starts with
// and that has no control byte but TAB.
//
//go:noescape
func plain16(text []byte) int

// graphic64 has the bit n set where the byte n is PRINTUSASCII (RFC 5424, 6:
// %d33-126).
//
//go:noescape
func graphic64(text *[64]byte) uint64
