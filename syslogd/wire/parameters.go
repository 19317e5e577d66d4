package wire

import "bytes"

// Parameters returns the parameters of structured data, each as NAME=VALUE with
// the escapes of RFC 5424, 6.3.3 undone. sd is valid, or `-`; it is for people who
// look at single messages, and allocates.
func Parameters(sd []byte) (list []string) {
	for {
		at := bytes.Index(sd, []byte(`="`))
		if at < 0 {
			return list
		}
		name := sd[bytes.LastIndexAny(sd[:at], " [")+1 : at]
		value, rest := quoted(sd[at+2:])
		list, sd = append(list, string(name)+"="+value), rest
	}
}

// quoted reads up to the closing quote.
func quoted(s []byte) (value string, rest []byte) {
	var b []byte
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s) && bytes.IndexByte([]byte(`"\]`), s[i+1]) >= 0:
			i++
			b = append(b, s[i])
		case s[i] == '"':
			return string(b), s[i+1:]
		default:
			b = append(b, s[i])
		}
	}
	return string(b), nil
}
