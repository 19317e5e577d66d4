package sshd

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"math"
	"os"
	"path"
	"strings"
	"time"

	"github.com/pkg/sftp"

	"loggia/files"
)

// Transfers is what a server of files asks and tells about each of them.
type Transfers struct {
	// May decides whether a client may read, write, delete, rename or list what names
	// say, besides what the files themselves let it; it records what it refuses. With
	// quietly it is about the look that a client takes before it asks for something,
	// which is no attempt.
	May func(quietly bool, action string, names ...string) bool
	// Done is told of each file that was read, wrote, removed or renamed.
	Done func(action, name string)
}

// SFTP serves file transfers on a channel, of what root shows, until the client
// leaves.
func SFTP(ctx context.Context, ch *Channel, root *files.Root, asks Transfers) int {
	t := &transfers{root, asks}
	server := sftp.NewRequestServer(ch, sftp.Handlers{FileGet: t, FilePut: t, FileCmd: t, FileList: t}, sftp.WithStartDirectory(root.Home()))
	stop := context.AfterFunc(ctx, func() { _ = ch.ssh.Close() })
	defer stop()
	err := server.Serve()
	if cerr := server.Close(); err == nil {
		err = cerr
	}
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, ErrGone) {
		return 1
	}
	return 0
}

// transfers answers the requests of one client.
type transfers struct {
	root *files.Root
	asks Transfers
}

// may returns the error that a client gets when it may not.
func (t *transfers) may(action string, names ...string) error {
	if t.asks.May(false, action, names...) {
		return nil
	}
	return sftp.ErrSSHFxPermissionDenied
}

// status is what a client is told instead of an error: only a few are known to
// the protocol, and clients show the others without their text.
func status(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, files.ErrRefused), errors.Is(err, fs.ErrPermission):
		return sftp.ErrSSHFxPermissionDenied
	case errors.Is(err, fs.ErrNotExist), strings.HasPrefix(err.Error(), "could not resolve file"):
		return sftp.ErrSSHFxNoSuchFile
	}
	return err
}

// Fileread implements sftp.FileReader.
func (t *transfers) Fileread(r *sftp.Request) (io.ReaderAt, error) {
	if err := t.may("read", r.Filepath); err != nil {
		return nil, err
	}
	f, err := t.root.Open(r.Filepath)
	if err != nil {
		return nil, status(err)
	}
	t.asks.Done("read", r.Filepath)
	return f, nil
}

// Filewrite implements sftp.FileWriter.
func (t *transfers) Filewrite(r *sftp.Request) (io.WriterAt, error) {
	if err := t.may("write", r.Filepath); err != nil {
		return nil, err
	}
	open, flags := t.root.Update, r.Pflags()
	switch {
	case flags.Append:
		open = t.root.Append
	case flags.Trunc:
		open = t.root.Create
	}
	if _, err := t.root.Stat(r.Filepath); err != nil && !flags.Creat {
		return nil, status(err)
	} else if err == nil && flags.Excl {
		return nil, fs.ErrExist
	}
	f, err := open(r.Filepath)
	if err != nil {
		return nil, status(err)
	}
	t.asks.Done("wrote", r.Filepath)
	if flags.Append {
		return appender{f}, nil
	}
	return f, nil
}

// appender writes to the end, wherever the client thinks that is.
type appender struct{ *os.File }

// WriteAt implements io.WriterAt.
func (a appender) WriteAt(b []byte, _ int64) (int, error) { return a.Write(b) }

// attributes sets the size and the times of a file: scp gives each file that it has
// written its size, and `-p` its times. Owner and mode stay: what a user keeps here
// is nobody else's.
func (t *transfers) attributes(r *sftp.Request) error {
	set, to := r.AttrFlags(), r.Attributes()
	if _, err := t.root.Stat(r.Filepath); err != nil {
		return err
	}
	if err := t.root.Writable(r.Filepath); err != nil {
		return err
	}
	if set.Size {
		if to.Size > math.MaxInt64 {
			return fs.ErrInvalid
		}
		if err := t.root.Resize(r.Filepath, int64(to.Size)); err != nil {
			return err
		}
	}
	if set.Acmodtime {
		return t.root.SetTimes(r.Filepath, to.AccessTime(), to.ModTime())
	}
	return nil
}

// Filecmd implements sftp.FileCmder.
func (t *transfers) Filecmd(r *sftp.Request) error {
	names := []string{r.Filepath}
	action := "write"
	switch r.Method {
	case "Rename", "PosixRename":
		action, names = "rename", append(names, r.Target)
	case "Remove", "Rmdir":
		action = "delete"
	}
	if err := t.may(action, names...); err != nil {
		return err
	}
	switch r.Method {
	case "Setstat":
		return status(t.attributes(r))
	case "Rename", "PosixRename":
		err := t.root.Rename(r.Filepath, r.Target)
		if err == nil {
			t.asks.Done("renamed", r.Filepath+" to "+r.Target)
		}
		return status(err)
	case "Remove", "Rmdir":
		info, err := t.root.Stat(r.Filepath)
		if err == nil && info.IsDir() != (r.Method == "Rmdir") {
			return sftp.ErrSSHFxFailure
		}
		if err == nil {
			err = t.root.Remove(r.Filepath)
		}
		if err == nil {
			t.asks.Done("removed", r.Filepath)
		}
		return status(err)
	case "Mkdir":
		return status(t.root.Mkdir(r.Filepath))
	}
	return sftp.ErrSSHFxOpUnsupported
}

// Filelist implements sftp.FileLister.
func (t *transfers) Filelist(r *sftp.Request) (sftp.ListerAt, error) {
	if r.Method == "List" {
		if err := t.may("list", r.Filepath); err != nil {
			return nil, err
		}
	} else if !t.asks.May(true, "list", r.Filepath) && !t.asks.May(true, "read", r.Filepath) && !t.asks.May(true, "write", r.Filepath) {
		return nil, sftp.ErrSSHFxPermissionDenied
	}
	names, above := t.root.Above(r.Filepath)
	switch {
	case r.Method == "List" && above:
		var list listing
		for _, n := range names {
			list = append(list, passage(n))
		}
		return list, nil
	case r.Method == "List":
		list, err := t.root.List(r.Filepath)
		return listing(list), status(err)
	case r.Method == "Stat" && above:
		return listing{passage(path.Base(r.Filepath))}, nil
	case r.Method == "Stat":
		info, err := t.root.Stat(r.Filepath)
		return listing{info}, status(err)
	}
	return nil, sftp.ErrSSHFxOpUnsupported
}

// listing is a directory in the form that is wanted.
type listing []fs.FileInfo

// ListAt implements sftp.ListerAt.
func (l listing) ListAt(out []fs.FileInfo, from int64) (int, error) {
	if from >= int64(len(l)) {
		return 0, io.EOF
	}
	n := copy(out, l[from:])
	if n < len(out) {
		return n, io.EOF
	}
	return n, nil
}

// passage is a directory that one only walks through.
type passage string

func (p passage) Name() string       { return string(p) }
func (p passage) Size() int64        { return 0 }
func (p passage) Mode() fs.FileMode  { return fs.ModeDir | 0o555 }
func (p passage) ModTime() time.Time { return time.Unix(0, 0) }
func (p passage) IsDir() bool        { return true }
func (p passage) Sys() any           { return nil }
