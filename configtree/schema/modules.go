package schema

import (
	"embed"
	"io/fs"
	"path"
	"strings"
)

//go:embed yang/*.yang
var yang embed.FS

// Module is a YANG module that the schema was compiled from.
type Module struct {
	Name, Revision, Namespace string
	Text                      string
}

// Modules returns the YANG modules by name, for programs that ask for them (RFC
// 6022). Load does not read them.
func Modules() []Module {
	files, err := fs.Glob(yang, "yang/*.yang")
	if err != nil {
		panic(err) // the pattern is right
	}
	modules := make([]Module, 0, len(files))
	for _, f := range files {
		text, err := yang.ReadFile(f)
		if err != nil {
			panic(err) // it is embedded
		}
		m := Module{Name: strings.TrimSuffix(path.Base(f), ".yang"), Text: string(text)}
		m.Revision, m.Namespace = word(m.Text, "\n  revision "), word(m.Text, "\n  namespace ")
		modules = append(modules, m)
	}
	return modules
}

// word is what follows a keyword, without quotes.
func word(text, keyword string) string {
	_, rest, _ := strings.Cut(text, keyword)
	return strings.Trim(rest[:strings.IndexAny(rest+"\n", " ;{\n")], `"`)
}
