// Package logfile reads a log together with its archives, by position.
package logfile
