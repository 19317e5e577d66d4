// Package terminal is the line between a person and the shell: it turns bytes
// from a terminal into edited command lines, and text into bytes that cannot
// harm one. The same code serves a local tty, an SSH channel and the memory
// terminal of the tests, because all three are a Terminal.
//
//	tty ──┐                       ┌─ queue    bytes → keys; type-ahead, pastes, back-pressure
//	ssh ──┼─ Terminal ── Session ─┼─ editor   one line: go-prompt's Buffer and key table, our loop
//	test ─┘                       ├─ screen   one writer, the drawn line, notices above it
//	                              └─ pager, questions, passwords: keys from the same queue
//
// What a user sees is Junos' line editor: Space, Tab, Enter and `?` ask an
// Assistant, which completes the word, or answers with text that is shown
// before the prompt and the line are drawn again:
//
//	user@host> show i
//	                ^
//	'i' is ambiguous.
//	Possible completions:
//	  igmp                 Show information about IGMP
//	  interface            Show interface information
//
//	user@host> show i
//
// What a program sees is plainer: a character typed at the end of a line that
// fits is echoed as that character and nothing else, no colour, no bracketed
// paste, no title, so that expect, Ansible or scrapligo can drive a session. A
// line that does not fit scrolls sideways between `...` when it is typed, and
// is echoed whole, wrapped by the terminal itself, when it arrives in a burst.
//
// # Goroutines and bounds
//
// A Session runs three goroutines, which Close ends and waits for: one reads
// keys (also while output is written), one writes, one watches the size. No
// terminal is ever written under a lock.
//
//	what waits           bound     when full
//	unread keys          64 KiB    the terminal is not read: the peer waits
//	one edited line      64 KiB    further characters are refused with a bell, the line is not run
//	output               64 KiB    the command that prints waits
//	notices (Print)      256 KiB   the oldest go, `[n lines not shown]` stands for them
//	pager, ahead         4 MiB     the command that prints waits; a list of completions at 64 KiB
//	pager, behind        4 MiB     the oldest lines can no longer be paged back to
//
// A write that makes no progress for Options.Stall ends the session.
package terminal
