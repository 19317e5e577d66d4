package loggia

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/rogpeppe/go-internal/txtar"
)

// TestReadme does what the README says, from top to bottom: one terminal for
// what is typed into the shell, another for what is typed beside it. Its ports are
// replaced by free ones.
func TestReadme(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "readme.txtar")
	if err := os.WriteFile(file, txtar.Format(readmeScript(t, string(text))), 0o666); err != nil {
		t.Fatal(err)
	}
	p := params()
	p.Files = []string{file}
	testscript.Run(t, p)
}

var (
	blockExpr    = regexp.MustCompile("(?ms)^```(\\w+)\n(.*?)^```$")
	commentExpr  = regexp.MustCompile(`\s+#\s.*$`)
	fixedPorts   = strings.NewReplacer("5140", "$UDP", "5514", "$PORT1", "2222", "$PORT2")
	portVariable = regexp.MustCompile(`\$(UDP|PORT1)\b`)
)

// readmeScript turns the blocks of the README into a script.
func readmeScript(t *testing.T, text string) *txtar.Archive {
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	a := &txtar.Archive{}
	script := []string{
		"env LOGGIA_STATE=$WORK/var",
		`exec sh -c 'mkdir bin && ln -s "$(command -v loggia)" bin/loggia'`,
	}
	add := func(content string) string {
		name := "block" + string(rune('a'+len(a.Files)))
		a.Files = append(a.Files, txtar.File{Name: name, Data: []byte(content)})
		return name
	}
	kinds := map[string]int{}
	for _, m := range blockExpr.FindAllStringSubmatch(text, -1) {
		kind, block := m[1], fixedPorts.Replace(m[2])
		kinds[kind]++
		switch kind {
		case "loggia":
			script = append(script, "types "+add(block))
		case "text":
			script = append(script, "session -as second "+add(before(t, block)+block+"\n"))
		case "sh":
			for line := range strings.Lines(block) {
				script = append(script, shellLine(root, strings.TrimSpace(line), add)...)
			}
		default:
			t.Errorf("README.md has a block of the kind %q, which is neither sh, loggia nor text", kind)
		}
	}
	if kinds["loggia"] == 0 || kinds["sh"] == 0 {
		t.Errorf("README.md shows no commands: %v", kinds)
	}
	a.Comment = []byte(strings.Join(append(script, "waitlog messages 'disk nearly full'", ""), "\n"))
	return a
}

// before is what a session shows until it is at the level of a block that
// begins with its banner.
func before(t *testing.T, block string) string {
	banner, _, _ := strings.Cut(block, "\n")
	path, ok := strings.CutPrefix(strings.TrimSuffix(banner, "]"), "[edit ")
	if !ok {
		t.Errorf("README.md: a block of text begins with %q, not with [edit …]", banner)
	}
	return "user@host> configure\nEntering configuration mode\n\n[edit]\nuser@host# edit " + path + "\n\n"
}

// shellLine turns a line for the system's shell into commands of the script.
func shellLine(root, line string, add func(string) string) []string {
	line = strings.TrimSpace(commentExpr.ReplaceAllString(line, ""))
	switch command, background := strings.CutSuffix(line, "&"); {
	case line == "":
		return nil
	case strings.HasPrefix(line, "make "): // this very test is a part of `make test`
		return []string{"exec make -n -C " + root + " " + strings.TrimPrefix(line, "make "), "stdout ."}
	case background:
		run := []string{"exec sh " + add("exec "+command+" > heard\n") + " &"}
		if port := portVariable.FindString(command); port != "" {
			run = append(run, "listens "+port)
		}
		return run
	case strings.Contains(line, "logger "):
		return []string{"exec sh -e " + add(line+"\n"), "waitfor heard 'disk nearly full'"}
	case strings.HasSuffix(line, `|| echo "status $?"`):
		return []string{"exec sh -e " + add(line+"\n"), "stdout '^status 1$'", "stderr '^stdin:2: '"}
	}
	return []string{"exec sh -e " + add(line+"\n")}
}
