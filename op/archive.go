package op

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"loggia/files"
)

// archiveCommands are `file archive` (junos-cli §7.2).
func archiveCommands() []Command {
	return []Command{{Grammar{Words: "file archive", RPC: "file-archive", Help: "Put files into one archive", Permission: "maintenance", NoPipe: true, Params: []Param{
		{Name: "source", Kind: Option, Help: "File or directory that is there", Required: true, Names: FileNames},
		{Name: "destination", Kind: Option, Help: "Name of the archive; .tar or .tgz is added", Required: true},
		{Name: "compress", Kind: Flag, Help: "Compress it"}}}, fileArchive}}
}

// archiver writes an archive in the format of tar(1). Members are named as here, without the
// slash in front. Links and what else is no plain file are left out, and so is what the caller
// may not read.
type archiver struct {
	ctx   context.Context
	env   *Env
	out   *tar.Writer
	left  strings.Builder // lines about what was left out
	files int
}

// fileArchive writes under a temporary name first, as fileCopy does.
func fileArchive(ctx context.Context, env *Env, a Args) (Result, error) {
	source := a["source"]
	if _, err := env.Files.Stat(source); err != nil {
		return nil, err
	}
	to, temporary, err := env.Files.CreateBeside(archiveName(env, source, a["destination"], a.Has("compress")))
	if err != nil {
		return nil, err
	}
	w := &archiver{ctx: ctx, env: env}
	err = w.write(to, source, temporary, a.Has("compress"))
	if err = errors.Join(err, to.Close()); err == nil {
		err = env.Files.Rename(temporary, archiveName(env, source, a["destination"], a.Has("compress")))
	}
	if err != nil {
		return nil, errors.Join(err, env.Files.Remove(temporary))
	}
	if w.left.Len() > 0 {
		return Text(w.left.String()), nil
	}
	return nil, nil
}

// archiveName is the name of the archive: in a directory, that of what is in it; and with its suffix.
func archiveName(env *Env, source, name string, compress bool) string {
	if info, err := env.Files.Stat(name); err == nil && info.IsDir() {
		name = path.Join(name, path.Base(env.Files.Abs(source)))
	}
	suffix := ".tar"
	if compress {
		suffix = ".tgz"
		if strings.HasSuffix(name, ".tar.gz") {
			return name
		}
	}
	if strings.HasSuffix(name, suffix) {
		return name
	}
	return name + suffix
}

// write writes the whole archive, without the file that it is itself.
func (w *archiver) write(to io.Writer, source, itself string, compress bool) error {
	var packed *gzip.Writer
	if compress {
		packed = gzip.NewWriter(to)
		to = packed
	}
	w.out = tar.NewWriter(to)
	err := w.add(source, w.env.Files.Abs(itself))
	if err == nil {
		err = w.out.Close()
	}
	if err == nil && packed != nil {
		err = packed.Close()
	}
	if err == nil && w.files == 0 {
		err = errors.New("nothing of it may be archived")
	}
	return err
}

// add adds a file, or a directory with all that is in it.
func (w *archiver) add(name, itself string) error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	abs := w.env.Files.Abs(name)
	info, err := w.env.Files.Stat(name)
	switch {
	case abs == itself:
		return nil
	case errors.Is(err, files.ErrRefused):
		return w.leave(abs, files.ErrRefused)
	case err != nil:
		return w.leave(abs, errors.New("gone meanwhile"))
	case info.IsDir():
		return w.directory(abs, itself)
	case !info.Mode().IsRegular():
		return w.leave(abs, errors.New("not a regular file"))
	case !strings.HasPrefix(abs, w.env.Home+"/") && w.env.Class().denies("file", "show", abs):
		return w.leave(abs, errors.Unwrap(refusedFile(w.env, "file show "+abs, abs)))
	}
	return w.file(abs)
}

// leave notes what is left out.
func (w *archiver) leave(abs string, why error) error {
	fmt.Fprintf(&w.left, "warning: %s: %v: left out\n", abs, why)
	return nil
}

// directory adds what is in a directory.
func (w *archiver) directory(abs, itself string) error {
	if w.env.Class().denies("file", "list", abs) {
		return w.leave(abs, files.ErrRefused)
	}
	list, err := w.env.Files.List(abs)
	if err != nil {
		return w.leave(abs, err)
	}
	for _, f := range list {
		inner := path.Join(abs, f.Name())
		if f.Mode()&fs.ModeSymlink != 0 {
			err = w.leave(inner, errors.New("not a regular file"))
		} else {
			err = w.add(inner, itself)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// file adds a file as it is now: what is appended meanwhile is not in it, and what is cut off
// meanwhile is zeros, as tar(1) does it.
func (w *archiver) file(abs string) error {
	if w.files++; w.files > maxListed {
		return fmt.Errorf("more than %d files", maxListed)
	}
	f, err := w.env.Files.Open(abs)
	if err != nil {
		w.files--
		return w.leave(abs, err)
	}
	defer f.Close() // only read
	info, err := f.Stat()
	if err != nil {
		return err
	}
	about := logFile(info)
	h := &tar.Header{Typeflag: tar.TypeReg, Name: strings.TrimPrefix(abs, "/"), Size: info.Size(), Mode: int64(info.Mode().Perm()), ModTime: info.ModTime(), Uname: about.Owner, Gname: about.Group}
	if err := w.out.WriteHeader(h); err != nil {
		return err
	}
	n, err := io.Copy(w.out, contextReader{w.ctx, io.LimitReader(f, h.Size)})
	if err != nil || n == h.Size {
		return err
	}
	fmt.Fprintf(&w.left, "warning: %s: shorter by %d bytes meanwhile\n", abs, h.Size-n)
	_, err = io.CopyN(w.out, zeros{}, h.Size-n)
	return err
}

// zeros reads as zeros without end.
type zeros struct{}

// Read implements io.Reader.
func (zeros) Read(b []byte) (int, error) {
	clear(b)
	return len(b), nil
}
