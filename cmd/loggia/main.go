// Command loggia is a Junos-style configuration shell whose commits drive a
// syslog engine in the same process.
package main

import (
	"os"
	_ "time/tzdata" // time-zone works on machines without zone files

	"loggia/cmd"
)

func main() { os.Exit(cmd.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }
