package op

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"strings"

	"golang.org/x/sys/unix"
)

// versionCommands show what this machine runs.
func versionCommands() []Command {
	return []Command{{Grammar{Words: "show version", RPC: "get-software-information", Help: "Show what this machine runs", Params: []Param{
		{Name: "brief", Kind: Flag, Help: "No more than that"},
		{Name: "detail", Kind: Flag, Help: "With what the program is made of, and its kernel"}}}, showVersion}}
}

// software is the answer of `show version`.
type software struct {
	host string
	Product
	parts []part // with detail
}

// part is something that the program is made of, or runs on.
type part struct{ name, version string }

func showVersion(_ context.Context, env *Env, a Args) (Result, error) {
	s := software{host: hostName(env), Product: env.Product}
	switch {
	case a.Has("brief") && a.Has("detail"):
		return nil, errors.New("say brief or detail, not both")
	case a.Has("detail"):
		kernel, err := kernelPart()
		if err != nil {
			return nil, err
		}
		s.parts = append(s.parts, kernel)
		if info, ok := debug.ReadBuildInfo(); ok {
			s.parts = append(s.parts, built(info)...)
		}
	}
	return s, nil
}

// kernelPart is the kernel of the machine.
func kernelPart() (part, error) {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return part{}, err
	}
	return part{"kernel", unix.ByteSliceToString(u.Sysname[:]) + " " + unix.ByteSliceToString(u.Release[:]) + " " + unix.ByteSliceToString(u.Machine[:])}, nil
}

// built is what the program was built from, and by what.
func built(info *debug.BuildInfo) []part {
	set := map[string]string{}
	for _, s := range info.Settings {
		set[s.Key] = s.Value
	}
	var all []part
	if revision := set["vcs.revision"]; revision != "" {
		if set["vcs.modified"] == "true" {
			revision += " modified"
		}
		all = append(all, part{"revision", strings.TrimSpace(revision + " " + set["vcs.time"])})
	}
	all = append(all, part{"compiler", info.GoVersion})
	for _, m := range info.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		all = append(all, part{"library " + m.Path, m.Version})
	}
	return all
}

// WriteText implements Result.
func (s software) WriteText(w io.Writer) error {
	return compose(w, func(b *strings.Builder) {
		fmt.Fprintf(b, "Hostname: %s\nModel: %s\nJunos: %s\nloggia %s\n", s.host, s.Model, s.Junos, s.Version)
		for _, p := range s.parts {
			fmt.Fprintf(b, "%s [%s]\n", p.name, p.version)
		}
	})
}

// Element implements Result. Clients find the version in the text of the package.
func (s software) Element() Element {
	e := Group("software-information",
		Leaf("host-name", s.host), Leaf("product-model", s.Model), Leaf("product-name", s.Model), Leaf("junos-version", s.Junos),
		Group("package-information", Leaf("name", "junos"), Leaf("comment", "JUNOS Software Release ["+s.Junos+"]")),
		Group("package-information", Leaf("name", "loggia"), Leaf("comment", "loggia ["+s.Version+"]")))
	for _, p := range s.parts {
		e.Children = append(e.Children, Group("package-information", Leaf("name", p.name), Leaf("comment", p.name+" ["+p.version+"]")))
	}
	return e
}
