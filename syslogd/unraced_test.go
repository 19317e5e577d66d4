//go:build !race

package syslogd

const raced = false
