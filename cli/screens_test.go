package cli

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"loggia/op"
)

var update = flag.Bool("update", false, "write what is seen into testdata/*.screens, to be reviewed as a diff")

// scene is one entry of a testdata/*.screens file: what is typed, and all that
// is then on the screen. Each begins on a fresh machine.
//
//	=== title
//	setup: a command of a batch that runs first
//	flags: permission flags of the class, all if there is no such line
//	class: a rule of the class, such as deny-commands show log; what it was
//	       refused is then shown as it was recorded
//	keys: "what is typed, as a Go string"
//	batch: or a line of a batch, ^D for byte 4
//	(the screen; of a batch also what went to standard error, and the status)
type scene struct {
	title string
	head  []string
	want  string
}

func readScenes(t *testing.T, file string) []scene {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var all []scene
	for i, part := range strings.Split("\n"+string(data), "\n=== ") {
		if i == 0 {
			continue // nothing stands before the first
		}
		lines := strings.Split(part, "\n")
		s := scene{title: lines[0]}
		n := 1
		for n < len(lines) && hasDirective(lines[n]) {
			n++
		}
		s.head, s.want = lines[1:n], strings.Trim(strings.Join(lines[n:], "\n"), "\n")
		all = append(all, s)
	}
	return all
}

func hasDirective(line string) bool {
	for _, d := range []string{"setup: ", "flags: ", "class: ", "keys: ", "batch: "} {
		if strings.HasPrefix(line, d) {
			return true
		}
	}
	return false
}

// play runs a scene and returns what is seen.
func (s scene) play(t *testing.T) string {
	t.Helper()
	l := newLab(t)
	var setup, keys, batch, flags, rules []string
	for _, h := range s.head {
		name, value, _ := strings.Cut(h, ": ")
		switch name {
		case "setup":
			setup = append(setup, value)
		case "flags":
			flags = strings.Fields(value)
		case "class":
			rules = append(rules, value)
		case "batch":
			batch = append(batch, value)
		case "keys":
			k, err := strconv.Unquote(value)
			if err != nil {
				t.Fatalf("%s: %v", h, err)
			}
			keys = append(keys, k)
		}
	}
	if setup != nil {
		l.must(strings.Join(setup, "\n"))
		l.stopClocks()
	}
	if rules != nil {
		class := ruled(t, flags, rules)
		l.class = func() *op.Class { return class }
	}
	if batch == nil {
		seen := l.typed(l.options("user", flags...), keys...)
		if rules != nil {
			seen += "\n--- recorded\n" + strings.Join(l.records.refusals(), "\n")
		}
		return trimRows(seen)
	}
	out, errs, status := l.batch("user", strings.ReplaceAll(strings.Join(batch, "\n"), `^D`, "\x04")+"\n", flags...)
	return trimRows(out + "--- errors\n" + errs + fmt.Sprintf("--- status %d", status))
}

// ruled is a class with rules.
func ruled(t *testing.T, flags, rules []string) *op.Class {
	t.Helper()
	d := op.ClassDefinition{Name: "ours", Permissions: flags}
	one := map[string]*string{"allow-commands": &d.AllowCommands, "deny-commands": &d.DenyCommands,
		"allow-configuration": &d.AllowConfiguration, "deny-configuration": &d.DenyConfiguration}
	several := map[string]*[]string{"allow-commands-regexps": &d.AllowCommandsRegexps, "deny-commands-regexps": &d.DenyCommandsRegexps,
		"allow-configuration-regexps": &d.AllowConfigurationRegexps, "deny-configuration-regexps": &d.DenyConfigurationRegexps}
	for _, r := range rules {
		name, value, _ := strings.Cut(r, " ")
		switch {
		case one[name] != nil:
			*one[name] = value
		case several[name] != nil:
			*several[name] = append(*several[name], value)
		default:
			t.Fatalf("%s is no rule", r)
		}
	}
	c, problems := op.NewClass(d)
	if problems != nil {
		t.Fatal(problems[0].Error())
	}
	return c
}

func trimRows(text string) string {
	rows := strings.Split(strings.Trim(text, "\n"), "\n")
	for i := range rows {
		rows[i] = strings.TrimRight(rows[i], " ")
	}
	return strings.Join(rows, "\n")
}

// TestScreens plays every scene of testdata/*.screens.
func TestScreens(t *testing.T) {
	names, err := filepath.Glob("testdata/*.screens")
	if err != nil || len(names) == 0 {
		t.Fatal("no scenes", err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".screens"), func(t *testing.T) {
			var seen strings.Builder
			for _, s := range readScenes(t, name) {
				got := s.play(t)
				fmt.Fprintf(&seen, "=== %s\n%s\n%s\n\n", s.title, strings.Join(s.head, "\n"), got)
				if got != s.want && !*update {
					t.Errorf("%s: seen:\n%s\n\nwanted:\n%s", s.title, got, s.want)
				}
			}
			if *update {
				if err := os.WriteFile(name, []byte(strings.TrimSuffix(seen.String(), "\n")), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}
