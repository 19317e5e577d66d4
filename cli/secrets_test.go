package cli

import (
	"slices"
	"strings"
	"testing"
)

// TestSecretsInPatternsAndComments: what may be a secret of the configuration, or of what is being
// typed, reaches neither the record of a line nor its history; what is none stays readable.
func TestSecretsInPatternsAndComments(t *testing.T) {
	l := newLab(t)
	l.must("configure\nset system services outbound-ssh client c secret tr0ub4dor\ncommit\n")
	s := l.colleague("configure", "set system services outbound-ssh client d secret zebra-crossing")
	const secret = maskedSecret
	for line, want := range map[string]string{
		`replace pattern tr0ub4dor with hunter2`:                     `replace pattern ` + secret + ` with ` + secret,
		`replace pattern tr0ub with x`:                               `replace pattern ` + secret + ` with ` + secret,
		`replace pattern "^tr0ub4dor$" with x upto 2`:                `replace pattern ` + secret + ` with ` + secret + ` upto 2`,
		`replace pattern "my tr0ub4dor" with x`:                      `replace pattern ` + secret + ` with ` + secret,
		`replace pattern tr0u.4d.r with x`:                           `replace pattern ` + secret + ` with ` + secret,
		`replace pattern zebra with x`:                               `replace pattern ` + secret + ` with ` + secret,
		`replace pattern zebra\-c with x`:                            `replace pattern ` + secret + ` with ` + secret,
		`replace pattern old with tr0ub4dor`:                         `replace pattern "old" with ` + secret,
		`replace pattern \$6\$salt\$hash with x`:                     `replace pattern ` + secret + ` with ` + secret,
		`replace pattern old with \1tr0ub4dor`:                       `replace pattern old with ` + secret,
		`replace pattern tr0ub4dor with "\1 x"`:                      `replace pattern ` + secret + ` with ` + secret,
		`replace pattern old with \1`:                                `replace pattern old with \1`,
		`replace pattern old with "$9$abcdef"`:                       `replace pattern "old" with ` + secret,
		`replace pattern tr0ub4dor wth x`:                            `replace pattern ` + secret + ` wth`,
		`replace pattern messages with news`:                         `replace pattern messages with news`,
		`replace pattern [a-z] with x`:                               `replace pattern "[a-z]" with x`,
		`replace pattern s with x`:                                   `replace pattern s with x`,
		`top replace pattern tr0ub4dor with x`:                       `top replace pattern ` + secret + ` with ` + secret,
		`annotate system "it is tr0ub4dor now"`:                      `annotate system ` + secret,
		`annotate system "it is $6$rounds=5000$abc"`:                 `annotate system ` + secret,
		`annotate system "the machine in the attic"`:                 `annotate system "the machine in the attic"`,
		`set system services outbound-ssh client c secret tr0ub4dor`: `set system services outbound-ssh client c secret ` + secret,
	} {
		l.records.list = nil
		c, w, f := s.parse(line)
		if f != nil {
			shown, _ := w.showable(f, line)
			s.recordMistake(w, f, line, shown)
		} else {
			s.recordLine(c.words)
		}
		want = "UI_CMDLINE_READ_LINE: User 'colleague', command '" + strings.ReplaceAll(want, `"old"`, "old") + " '"
		if !slices.Equal(l.records.list, []string{want}) {
			t.Errorf("%s: %q\nwant %q", line, l.records.list, want)
		}
		for e := range s.recent().All() {
			if strings.Contains(e.Line, "tr0u") {
				t.Errorf("%s: in the history", line)
			}
		}
	}
}
