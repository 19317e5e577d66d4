// Package loggia holds no code of its own: its tests check the walls of the
// house, which package may import which, and where each kind of text lives.
package loggia

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "loggia/"

// allowed lists, for each package, the packages of ours that it may import. A
// trailing /... stands for a package and everything below it. A package that
// is missing here does not belong to the house.
var allowed = map[string][]string{
	"cmd/loggia": {"cmd"},
	"cmd":        {"daemon", "sshd/attach", "audit"},
	"daemon":     {"..."},

	"cli":          {"op", "configtree/...", "cli/terminal", "match", "files", "audit/event"},
	"cli/terminal": {},
	"op":           {"configtree/...", "match", "files", "audit/event"},
	"sshd":         {"audit/event", "files", "match"},
	"sshd/attach":  {},
	"sshd/dial":    {},

	"configtree":                 {"configtree/schema"},
	"configtree/schema":          {"configtree/secret"},
	"configtree/secret":          {},
	"configtree/schema/generate": {"configtree/schema"},
	"configtree/format":          {"configtree", "configtree/schema"},
	"configtree/password":        {"configtree", "configtree/schema"},
	"configtree/store":           {"configtree/...", "audit/event"},

	"syslogd":                 {"syslogd/...", "match", "audit/event"},
	"syslogd/wire":            {"audit/event"},
	"syslogd/sink":            {"syslogd/wire", "syslogd/spool", "syslogd/logfile", "audit/event"},
	"syslogd/spool":           {},
	"syslogd/logfile/inflate": {},
	"syslogd/logfile":         {"syslogd/logfile/inflate", "syslogd/wire", "audit/event"},

	"netconf":         {"op", "netconf/frame", "configtree/...", "audit/event"},
	"netconf/frame":   {},
	"netconf/receive": {},

	"pki":         {"audit/event"},
	"match":       {},
	"files":       {"audit/event"},
	"audit":       {"audit/event"},
	"audit/event": {},
}

// soleImporter names third-party modules that only one of our packages may know.
var soleImporter = map[string][]string{
	"github.com/spf13/cobra":          {"cmd"},
	"github.com/c-bata/go-prompt":     {"cli/terminal"},
	"github.com/openconfig/goyang":    {"configtree/schema", "configtree/schema/generate"},
	"github.com/beevik/etree":         {"netconf"},
	"golang.org/x/crypto/ssh":         {"sshd", "sshd/attach", "sshd/dial"},
	"github.com/klauspost/compress":   {"syslogd/sink", "configtree/store"},
	"github.com/leodido/go-syslog/v4": {"syslogd/wire"},
	"github.com/pkg/sftp":             {"sshd"},
}

type source struct {
	dir  string // package directory relative to the module root
	path string
	test bool
	file *ast.File
	fset *token.FileSet
}

func sources(t *testing.T) []source {
	t.Helper()
	var all []source
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if path != "." && (strings.HasPrefix(d.Name(), ".") || slices.Contains([]string{"testdata", "bin", "var", "bench"}, d.Name())) {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") {
			return nil
		}
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, path, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		all = append(all, source{filepath.ToSlash(filepath.Dir(path)), path, strings.HasSuffix(path, "_test.go"), f, fset})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func mayImport(rules []string, pkg string) bool {
	for _, r := range rules {
		if r == "..." || r == pkg {
			return true
		}
		if base, ok := strings.CutSuffix(r, "/..."); ok && (pkg == base || strings.HasPrefix(pkg, base+"/")) {
			return true
		}
	}
	return false
}

func TestImportsFollowTheWalls(t *testing.T) {
	for _, s := range sources(t) {
		if s.dir == "." {
			continue
		}
		rules, known := allowed[s.dir]
		if !known {
			t.Errorf("%s: package %s has no place in the house", s.path, s.dir)
			continue
		}
		for _, imp := range s.file.Imports {
			name, _ := strconv.Unquote(imp.Path.Value)
			if pkg, ours := strings.CutPrefix(name, module); ours && pkg != s.dir && !s.test && !mayImport(rules, pkg) {
				t.Errorf("%s imports %s", s.path, name)
			}
			for lib, only := range soleImporter {
				if (name == lib || strings.HasPrefix(name, lib+"/")) && !slices.Contains(only, s.dir) {
					t.Errorf("%s imports %s, which belongs to %v", s.path, name, only)
				}
			}
		}
	}
}

func TestNoInitAndNoMutablePackageState(t *testing.T) {
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		for _, d := range s.file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Name.Name == "init" && d.Recv == nil {
					t.Errorf("%s: init function", s.path)
				}
			case *ast.GenDecl:
				if d.Tok != token.VAR {
					continue
				}
				for _, spec := range d.Specs {
					checkPackageVar(t, s, spec.(*ast.ValueSpec))
				}
			}
		}
	}
}

// checkPackageVar accepts what cannot change: error values, interface
// assertions, embedded files, and tables, which are written once, here, or made
// when somebody asks for them.
func checkPackageVar(t *testing.T, s source, v *ast.ValueSpec) {
	if len(v.Values) == 0 {
		if sel, ok := v.Type.(*ast.SelectorExpr); ok && sel.Sel.Name == "FS" {
			return
		}
		if embedded(s, v) {
			return
		}
		t.Errorf("%s: package variable %s without a value", s.path, v.Names[0])
		return
	}
	for i, val := range v.Values {
		if v.Names[i].Name == "_" {
			continue
		}
		switch val := val.(type) {
		case *ast.CompositeLit: // a table
		case *ast.CallExpr:
			if name := callee(val); !slices.Contains([]string{"errors.New", "fmt.Errorf", "strings.NewReplacer", "regexp.MustCompile", "sync.OnceValue"}, name) {
				t.Errorf("%s: package variable %s = %s(…)", s.path, v.Names[i], name)
			}
		default:
			t.Errorf("%s: package variable %s", s.path, v.Names[i])
		}
	}
}

func embedded(s source, v *ast.ValueSpec) bool {
	line := s.fset.Position(v.Pos()).Line
	for _, g := range s.file.Comments {
		if end := s.fset.Position(g.End()).Line; end == line-1 && strings.HasPrefix(g.List[len(g.List)-1].Text, "//go:embed") {
			return true
		}
	}
	return false
}

func callee(c *ast.CallExpr) string {
	if sel, ok := c.Fun.(*ast.SelectorExpr); ok {
		if x, ok := sel.X.(*ast.Ident); ok {
			return x.Name + "." + sel.Sel.Name
		}
	}
	if id, ok := c.Fun.(*ast.Ident); ok {
		return id.Name
	}
	return "?"
}

func TestEveryPackageTellsItsStory(t *testing.T) {
	doc := map[string]bool{}
	for _, s := range sources(t) {
		if !s.test && s.dir != "." {
			doc[s.dir] = doc[s.dir] || s.file.Doc != nil
		}
	}
	for dir, ok := range doc {
		if !ok {
			t.Errorf("package %s has no package comment", dir)
		}
	}
}

// TestTextsLiveInOnePlace: the text of an audit message stands only in
// audit/event, of a statement only in the schema.
func TestTextsLiveInOnePlace(t *testing.T) {
	home := map[string][]string{
		"UI_":           {"audit/event"},
		"SSHD_":         {"audit/event"},
		"system syslog": {"configtree/schema", "configtree/schema/generate"},
	}
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			lit, ok := n.(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING {
				return true
			}
			text, _ := strconv.Unquote(lit.Value)
			for prefix, homes := range home {
				if strings.HasPrefix(text, prefix) && !slices.Contains(homes, s.dir) {
					t.Errorf("%s: %q belongs in %v", s.fset.Position(lit.Pos()), text, homes)
				}
			}
			return true
		})
	}
}
