package op

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os/user"
	"path"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// FileNames lists the files that a name may go on to, as ? shows them: what is in
// the directory that prefix names so far, else in the present one. Directories
// end in a slash.
func FileNames(env *Env, prefix string) (names []string, shown func(name string) Choice) {
	dir := prefix[:strings.LastIndexByte(prefix, '/')+1]
	for _, root := range []string{"/config/", "/var/log/", "/var/tmp/", env.Home + "/"} {
		if strings.HasPrefix(root, prefix) && prefix != "" && root != prefix {
			names = append(names, root)
		}
	}
	quiet := env.Files.Quietly() // who asks what there is has not tried to read it
	list, _ := quiet.Names(orDot(dir), prefix[len(dir):])
	for _, name := range list { // none with an error: the command itself will say why
		names = append(names, dir+name)
	}
	slices.Sort(names)
	return slices.Compact(names), func(name string) Choice {
		f, err := quiet.Stat(name)
		switch {
		case err != nil || strings.HasSuffix(name, "/"):
			return Choice{Name: name}
		case f.IsDir():
			return Choice{Name: name + "/"}
		}
		return Choice{name, sizeAndTime(env, f.Size(), f.ModTime())}
	}
}

func orDot(dir string) string {
	if dir == "" {
		return "."
	}
	return dir
}

// directory is the answer of `file list`, and of `show log` without a name.
type directory struct {
	env    *Env
	at     string // the directory
	titled bool   // it was named, and not a file in it
	detail bool
	files  []LogFile
	marks  []string // behind the names: / * @
}

// fileList is `file list` (junos-cli §7.2).
func fileList(ctx context.Context, env *Env, a Args) (Result, error) {
	name := "."
	if a.Has("path") && a["path"] != "~" {
		name = a["path"]
	}
	d, err := listed(env, name, a.Has("detail"))
	if err != nil || !a.Has("recursive") {
		return d, err
	}
	return d.below(ctx, name)
}

// listed lists a directory, or a file alone.
func listed(env *Env, name string, detail bool) (directory, error) {
	list, err := env.Files.List(name)
	if err != nil {
		return directory{}, err
	}
	d := directory{env: env, at: env.Files.Abs(name), detail: detail}
	if info, err := env.Files.Stat(name); err == nil && info.IsDir() {
		d.titled = true
	} else {
		d.at = path.Dir(d.at)
	}
	for _, f := range list {
		d.files, d.marks = append(d.files, logFile(f)), append(d.marks, kindMark(f.Mode()))
	}
	return d, nil
}

// maxListed bounds how many files `file list recursive` lists.
const maxListed = 100_000

// below lists the directory, which is called name, and those in it that the class may list. Links
// are not followed.
func (d directory) below(ctx context.Context, name string) (directories, error) {
	all, files := directories{d}, len(d.files)
	for i, f := range d.files {
		inner := path.Join(name, f.Name)
		if !d.titled || d.marks[i] != kindMark(fs.ModeDir) || d.env.Class().denies("file", "list", d.env.Files.Abs(inner)) {
			continue
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		sub, err := listed(d.env, inner, d.detail)
		if err != nil {
			return nil, err
		}
		deeper, err := sub.below(ctx, inner)
		if err != nil {
			return nil, err
		}
		for _, one := range deeper {
			files += len(one.files)
		}
		if files > maxListed {
			return nil, fmt.Errorf("more than %d files below %s", maxListed, d.at)
		}
		all = append(all, deeper...)
	}
	return all, nil
}

// directories is the answer of `file list recursive`.
type directories []directory

// WriteText implements Result.
func (all directories) WriteText(w io.Writer) error {
	for _, d := range all {
		if err := d.WriteText(w); err != nil {
			return err
		}
	}
	return nil
}

// Element implements Result.
func (all directories) Element() Element {
	e := Group("directory-list").With("root-path", all[0].at)
	for _, d := range all {
		e.Children = append(e.Children, d.Element().Children...)
	}
	return e
}

// WriteText implements Result.
func (d directory) WriteText(w io.Writer) error {
	return compose(w, func(b *strings.Builder) {
		if d.titled {
			fmt.Fprintf(b, "\n%s/:\n", d.at)
		}
		for i, f := range d.files {
			if d.detail {
				b.WriteString(longLine(d.env, f, path.Join(d.at, f.Name)))
				continue
			}
			b.WriteString(f.Name + d.marks[i] + "\n")
		}
		if d.detail {
			fmt.Fprintf(b, "\ntotal files: %d\n", len(d.files))
		}
	})
}

// Element implements Result.
func (d directory) Element() Element { return directoryList(d.env, d.at, d.detail, d.files) }

// directoryList describes files, in detail or by their names.
func directoryList(env *Env, at string, detail bool, list []LogFile) Element {
	e := Group("directory", Leaf("directory-name", at+"/"))
	for _, f := range list {
		info := Group("file-information", Leaf("file-name", f.Name))
		if detail {
			info.Children = append(info.Children, Leaf("file-permissions", permissions(f.Mode)).With("junos:format", f.Mode),
				Leaf("file-owner", f.Owner), Leaf("file-group", f.Group), count("file-links", max(f.Links, 1)), count("file-size", uint64(max(f.Size, 0))),
				moment("file-date", f.Modified, f.Modified.In(env.Now().Location()).Format("Jan _2 15:04")))
		}
		e.Children = append(e.Children, info)
	}
	e.Children = append(e.Children, count("total-files", uint64(len(list))))
	return Group("directory-list", e).With("root-path", at)
}

// permissions turns what ls -l shows into an octal number: rw-r----- is 640.
func permissions(mode string) string {
	bits := 0
	for _, r := range mode[max(0, len(mode)-9):] {
		bits <<= 1
		if r != '-' {
			bits |= 1
		}
	}
	return strconv.FormatInt(int64(bits), 8)
}

// logFile describes a file as listings show it.
func logFile(f fs.FileInfo) LogFile {
	out := LogFile{Name: f.Name(), Size: f.Size(), Modified: f.ModTime(), Mode: f.Mode().String(), Links: 1}
	if st, ok := f.Sys().(*syscall.Stat_t); ok {
		out.Links = uint64(st.Nlink)
		out.Owner, out.Group = strconv.FormatUint(uint64(st.Uid), 10), strconv.FormatUint(uint64(st.Gid), 10)
		if u, err := user.LookupId(out.Owner); err == nil {
			out.Owner = u.Username
		}
		if g, err := user.LookupGroupId(out.Group); err == nil {
			out.Group = g.Name
		}
	}
	return out
}

// longLine is a file as ls -l shows it.
func longLine(env *Env, f LogFile, name string) string {
	return fmt.Sprintf("%s %2d %-8s %-8s %10d %s %s\n", f.Mode, max(f.Links, 1), f.Owner, f.Group, f.Size,
		f.Modified.In(env.Now().Location()).Format("Jan _2 15:04"), name)
}

func kindMark(m fs.FileMode) string {
	switch {
	case m.IsDir():
		return "/"
	case m&fs.ModeSymlink != 0:
		return "@"
	case m&0o111 != 0:
		return "*"
	}
	return ""
}

func fileShow(_ context.Context, env *Env, a Args) (Result, error) {
	// Only here it is known where relative names start at.
	name := env.Files.Abs(a["filename"])
	if !strings.HasPrefix(name, env.Home+"/") && env.Class().denies("file", "show", name) {
		return nil, refusedFile(env, "file show "+name, a["filename"])
	}
	return fileText{env, a["filename"]}, nil
}

func fileDelete(_ context.Context, env *Env, a Args) (Result, error) {
	return nil, env.Files.Remove(a["filename"])
}

func fileRename(_ context.Context, env *Env, a Args) (Result, error) {
	return nil, env.Files.Rename(a["source"], a["destination"])
}

// fileCopy copies under a temporary name first, so that a copy that fails
// leaves what was there.
func fileCopy(ctx context.Context, env *Env, a Args) (Result, error) {
	from, err := env.Files.Open(a["source"])
	if err != nil {
		return nil, err
	}
	defer from.Close() // only read
	target := a["destination"]
	if info, err := env.Files.Stat(target); err == nil && info.IsDir() {
		target = path.Join(target, path.Base(a["source"]))
	}
	to, temporary, err := env.Files.CreateBeside(target)
	if err != nil {
		return nil, err
	}
	_, err = io.Copy(to, contextReader{ctx, from})
	if err = errors.Join(err, to.Close()); err == nil {
		err = env.Files.Rename(temporary, target)
	}
	if err != nil {
		return nil, errors.Join(err, env.Files.Remove(temporary))
	}
	return nil, nil
}

// contextReader stops a copy whose user pressed Ctrl-C.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c contextReader) Read(b []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(b)
}
