package main

import (
	"archive/zip"
	"go/build"
	"path/filepath"
	"slices"
	"strings"
)

// zoneNames returns the names of the IANA database that Go comes with, one a
// line, in order.
func zoneNames() (string, error) {
	archive, err := zip.OpenReader(filepath.Join(build.Default.GOROOT, "lib", "time", "zoneinfo.zip"))
	if err != nil {
		return "", err
	}
	defer archive.Close()
	var names []string
	for _, f := range archive.File {
		if !strings.HasSuffix(f.Name, "/") {
			names = append(names, f.Name+"\n")
		}
	}
	slices.Sort(names)
	return strings.Join(names, ""), nil
}
