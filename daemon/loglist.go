package daemon

import (
	"errors"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"loggia/files"
	"loggia/op"
	"loggia/syslogd/sink"
)

// List implements op.Logs.
func (l logs) List() ([]op.LogFile, error) {
	names, err := l.names()
	if err != nil {
		return nil, err
	}
	list := make([]op.LogFile, 0, len(names))
	users, groups := map[uint32]string{}, map[uint32]string{}
	for _, name := range names {
		info, err := l.stat(name)
		if err != nil {
			continue // gone meanwhile
		}
		f := logFile(name, info)
		if st, ok := info.Sys().(*syscall.Stat_t); ok {
			f.Owner, f.Group = once(users, st.Uid, userName), once(groups, st.Gid, groupName)
		}
		list = append(list, f)
	}
	return list, nil
}

// once is what find says of id, which is asked once: it reads files.
func once(before map[uint32]string, id uint32, find func(uint32) string) string {
	name, ok := before[id]
	if !ok {
		name = find(id)
		before[id] = name
	}
	return name
}

func logFile(name string, info fs.FileInfo) op.LogFile {
	return op.LogFile{Name: name, Size: info.Size(), Modified: info.ModTime(), Mode: info.Mode().String()}
}

// Names implements op.Logs.
func (l logs) Names(prefix string) ([]string, error) {
	names, err := l.names()
	if err != nil {
		return nil, err
	}
	return files.Beginning(names, prefix), nil
}

// Stat implements op.Logs.
func (l logs) Stat(name string) (op.LogFile, error) {
	info, err := l.stat(name)
	if err != nil {
		return op.LogFile{}, err
	}
	return logFile(name, info), nil
}

// stat looks at the file of a log; what is no log is not there.
func (l logs) stat(name string) (fs.FileInfo, error) {
	none := &fs.PathError{Op: "stat", Path: name, Err: fs.ErrNotExist}
	dir, file := located(name)
	if file == "" || file[0] == '.' || strings.Contains(file, "/") {
		return nil, none
	}
	info, err := os.Lstat(l.d.state.path("log", dir, file))
	if err == nil && !info.Mode().IsRegular() {
		err = none
	}
	return info, err
}

func groupName(gid uint32) string {
	id := strconv.FormatUint(uint64(gid), 10)
	g, err := user.LookupGroupId(id)
	if err != nil {
		return id
	}
	return g.Name
}

// maxListed bounds the senders whose files are listed: there may be a hundred
// thousand. All can be read.
const maxListed = 1000

// names are the names of all log files, sorted. Nobody changes the slice.
func (l logs) names() ([]string, error) {
	d, err := os.Open(l.d.state.path("log"))
	if err != nil {
		return nil, err
	}
	names, err := l.d.logNames.Names(d, logsIn)
	if err = errors.Join(err, d.Close()); err != nil {
		return nil, err
	}
	hosts, err := os.ReadDir(l.d.state.path("log", sink.PerHostDir))
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return names, nil
	}
	if err != nil {
		return nil, err
	}
	names = slices.Clone(names)
	for _, host := range hosts[:min(len(hosts), maxListed)] {
		entries, err := os.ReadDir(l.d.state.path("log", sink.PerHostDir, host.Name()))
		if err != nil {
			continue // gone meanwhile, or no directory
		}
		for _, e := range entries {
			if isLog(e) {
				names = append(names, filepath.Join(sink.PerHostDir, host.Name(), e.Name()))
			}
		}
	}
	slices.Sort(names)
	return names, nil
}

func isLog(e fs.DirEntry) bool { return e.Type().IsRegular() && e.Name()[0] != '.' }

// logsIn are the names of the logs in a directory.
func logsIn(dir *os.File) ([]string, error) {
	entries, err := dir.ReadDir(-1)
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		if isLog(e) {
			names = append(names, e.Name())
		}
	}
	return names, err
}
