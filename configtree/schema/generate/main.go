// Command generate compiles the YANG modules of a directory into the table that
// package schema embeds. It is run by `go generate`:
//
//	generate -yang yang -table schema.table -zones zones.txt
//
// goyang reads the modules and resolves groupings, augments and types. It is
// lenient, though, and forgets the order of statements; so the order is taken
// from the source here, and what goyang would let pass is refused here, in two
// stages. lintSource looks at the statements as they are written: only the part
// of YANG that compiles into nodes is permitted (allowedStatements). lintTree
// looks at the compiled nodes: help for everything, defaults that fit their
// types, constraints that lead somewhere. All that is wrong is reported, and
// then nothing is written.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	yangDir := flag.String("yang", "yang", "directory of the YANG modules")
	table := flag.String("table", "schema.table", "file to write the compiled schema to")
	zones := flag.String("zones", "zones.txt", "file to write the names of the time zones to")
	flag.Parse()
	if err := run(*yangDir, *table, *zones); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(yangDir, table, zones string) error {
	sources, err := readSources(yangDir)
	if err != nil {
		return err
	}
	root, err := compile(sources)
	if err != nil {
		return err
	}
	names, err := zoneNames()
	if err != nil {
		return err
	}
	return errors.Join(
		os.WriteFile(table, root.Encode(), 0o644),
		os.WriteFile(zones, []byte(names), 0o644),
	)
}

// source is one module as written.
type source struct{ name, text string }

// readSources reads all modules of dir, in the order of their names.
func readSources(dir string) ([]source, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*.yang"))
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, errors.New(dir + ": no YANG modules")
	}
	var all []source
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		all = append(all, source{filepath.Base(name), string(text)})
	}
	return all, nil
}
