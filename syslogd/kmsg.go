package syslogd

import (
	"bytes"
	"strconv"

	"loggia/audit/event"
	"loggia/syslogd/wire"
)

// kmsg is one record of /dev/kmsg:
//
//	6,339,737615537,-;idle-reclaim (88): drop_caches: 1
//	 SUBSYSTEM=block
//
// facility and severity, sequence, microseconds since the start of the machine
// and flags, with commas between them and perhaps more to come; the text behind
// the semicolon, with bytes that are not printable as \x0a; lines that begin
// with a blank say which device it is about (Linux, ABI/testing/dev-kmsg).
type kmsg struct {
	facility event.Facility
	severity event.Severity
	seq      uint64
	micros   uint64
	flag     byte   // - whole, c a fragment, + the fragment that follows one
	text     []byte // still escaped
}

// parseKmsg reads a record; it reports false for what is none.
func parseKmsg(record []byte) (k kmsg, ok bool) {
	head, text, found := bytes.Cut(record, []byte{';'})
	if !found {
		return k, false
	}
	var fields [4][]byte
	for i := range fields {
		fields[i], head, _ = bytes.Cut(head, []byte{','})
	}
	priority, ok1 := number(fields[0])
	seq, ok2 := number(fields[1])
	micros, ok3 := number(fields[2])
	if !ok1 || !ok2 || !ok3 || micros > 1<<53 {
		return k, false
	}
	k = kmsg{facility: event.User, severity: event.Severity(priority & 7), seq: seq, micros: micros, flag: '-'}
	if f := priority >> 3; f < 24 {
		k.facility = event.Facility(f)
	}
	if len(fields[3]) > 0 {
		k.flag = fields[3][0]
	}
	k.text, _, _ = bytes.Cut(text, []byte{'\n'})
	return k, true
}

func number(text []byte) (uint64, bool) {
	n, err := strconv.ParseUint(string(text), 10, 64)
	return n, err == nil
}

// appendUnescaped appends text with \xHH as the byte that it stands for.
func appendUnescaped(dst, text []byte) []byte {
	for len(text) > 0 {
		i := bytes.IndexByte(text, '\\')
		if i < 0 {
			return append(dst, text...)
		}
		dst, text = append(dst, text[:i]...), text[i:]
		if len(text) >= 4 && text[1] == 'x' {
			if c, err := strconv.ParseUint(string(text[2:4]), 16, 8); err == nil {
				dst, text = append(dst, byte(c)), text[4:]
				continue
			}
		}
		dst, text = append(dst, '\\'), text[1:]
	}
	return dst
}

// kernelName is the program that messages of the kernel are from.
const kernelName = "kernel"

// appendKmsg adds a message to b: `<PRI>kernel: text`. What a program wrote to
// /dev/kmsg says itself which it is. It reports whether the text, whole in text,
// was cut to most bytes.
func appendKmsg(b *wire.Batch, k *kmsg, text []byte, nanos int64, most int) (cut bool) {
	at := len(b.Buf)
	r := wire.Record{Time: nanos, Facility: k.facility, Severity: k.severity, Form: wire.RFC3164}
	b.Buf = append(b.Buf, '<')
	b.Buf = strconv.AppendUint(b.Buf, uint64(k.facility.Wire())<<3|uint64(k.severity), 10)
	b.Buf = append(b.Buf, '>')
	if cut = len(text) > most; cut {
		text = text[:wire.Cut(text, most)]
		r.Flags = wire.Truncated
	}
	span := func(from, to int) wire.Span { return wire.Span{Off: uint32(from), Len: uint32(to - from)} }
	from := len(b.Buf)
	if app, pid, rest := tagOf(text); k.facility != event.Kernel && app > 0 {
		r.App, r.ProcID = span(from, from+app), wire.Span{}
		if pid > 0 {
			r.ProcID = span(from+app+1, from+app+1+pid)
		}
		b.Buf = append(b.Buf, text...)
		r.Msg = span(from+rest, len(b.Buf))
	} else {
		b.Buf = append(b.Buf, kernelName...)
		r.App = span(from, len(b.Buf))
		b.Buf = append(b.Buf, ": "...)
		from = len(b.Buf)
		b.Buf = append(b.Buf, text...)
		r.Msg = span(from, len(b.Buf))
	}
	r.Raw = span(at, len(b.Buf))
	b.Records = append(b.Records, r)
	return cut
}

// tagOf finds `app[pid]: ` at the start of text: the lengths of app and pid, and
// where the rest begins. app is 0 where there is none.
func tagOf(text []byte) (app, pid, rest int) {
	for app < len(text) && (text[app] > ' ' && text[app] < 0x7f) && text[app] != ':' && text[app] != '[' {
		app++
	}
	rest = app
	if rest < len(text) && text[rest] == '[' {
		for rest++; rest < len(text) && text[rest]-'0' <= 9; rest++ {
			pid++
		}
		if pid == 0 || rest >= len(text) || text[rest] != ']' {
			return 0, 0, 0
		}
		rest++
	}
	if !bytes.HasPrefix(text[rest:], []byte(": ")) {
		return 0, 0, 0
	}
	return app, pid, rest + 2
}
