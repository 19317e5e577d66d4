package daemon

import (
	"loggia/configtree"
	"loggia/syslogd"
)

// known is what the entries of long lists meant in the configuration that was decoded
// last. Of thousands a commit changes one: the others are not read again.
type known struct {
	common archive // what the files had in common
	files  meanings[*syslogd.File]
	hosts  meanings[*syslogd.Host]
	accounts
}

// meanings are what the entries of a list mean, in order. They are not changed: whoever
// obeys them tells by the pointer that one is as it was.
type meanings[T any] struct {
	list   configtree.Hash   // of all entries; zero unless all meanings last
	hashes []configtree.Hash // of the entries; zero of those whose meanings do not last
	all    []T
	at     map[configtree.Hash]int // where in all; made when an entry is not where it is looked for
}

// read returns what the entries of the list called name mean. Those that are in m are
// not read; of the others decode tells what they mean, and whether that lasts: whether
// an equal entry means the same in the next configuration, with no problem that its
// meaning does not tell of.
func (m *meanings[T]) read(r *configtree.Reader, name string, decode func(*configtree.Reader) (meaning T, lasts bool)) meanings[T] {
	next := meanings[T]{list: r.ListHash(name)}
	if next.list != (configtree.Hash{}) && next.list == m.list {
		r.KnowList(name)
		return *m
	}
	n := r.Len(name)
	if n == 0 {
		return next
	}
	next.hashes, next.all = make([]configtree.Hash, 0, n), make([]T, 0, n)
	after := 0 // the one found last
	known := func(h configtree.Hash) bool {
		i, ok := m.find(h, after)
		if ok {
			next.hashes, next.all = append(next.hashes, h), append(next.all, m.all[i])
			after = i + 1
		}
		return ok
	}
	for e := range r.EntriesBut(name, known) {
		meaning, lasts := decode(e)
		h := e.Hash()
		if !lasts || len(e.Problems()) > 0 {
			next.list, h = configtree.Hash{}, configtree.Hash{}
		}
		next.hashes, next.all = append(next.hashes, h), append(next.all, meaning)
	}
	return next
}

// find returns where the entry of that hash is in all, at likely most of the time.
func (m *meanings[T]) find(h configtree.Hash, likely int) (i int, ok bool) {
	if likely < len(m.hashes) && m.hashes[likely] == h {
		return likely, true
	}
	if m.at == nil {
		m.at = make(map[configtree.Hash]int, len(m.hashes))
		for i, h := range m.hashes {
			if h != (configtree.Hash{}) {
				m.at[h] = i
			}
		}
	}
	i, ok = m.at[h]
	return i, ok
}

// same reports whether m and o are of equal lists, and will stay so.
func (m *meanings[T]) same(o *meanings[T]) bool {
	return m.list == o.list && (m.list != configtree.Hash{} || len(m.all)+len(o.all) == 0)
}

// readFiles reads `file`. What files have in common is part of what each means.
func (d *decoder) readFiles(before *known) {
	files := &before.files
	if before.common != d.common {
		files = new(meanings[*syslogd.File])
	}
	d.files = files.read(d.log, "file", func(r *configtree.Reader) (*syslogd.File, bool) {
		problems := len(d.problems)
		f := d.file(r, d.common)
		return &f, len(d.problems) == problems
	})
	d.archiveNames()
}

// archiveNames refuses a file whose name an archive of another has.
func (d *decoder) archiveNames() {
	var names map[string]bool
	for _, f := range d.files.all {
		base, n, ok := archiveOf(f.Name)
		if !ok {
			continue
		}
		if names == nil {
			names = make(map[string]bool, len(d.files.all))
			for _, f := range d.files.all {
				names[f.Name] = true
			}
		}
		if names[base] {
			d.problem(entry(d.log, "file", f.Name), false, "is the name of archive %s of file %s", n, base)
		}
	}
}

// readHosts reads `host`. What a host by TLS means depends on certificates too.
func (d *decoder) readHosts(before *known) {
	d.hosts = before.hosts.read(d.log, "host", func(r *configtree.Reader) (*syslogd.Host, bool) {
		problems := len(d.problems)
		h := d.host(r)
		return &h, h.Transport != syslogd.TransportTLS && len(d.problems) == problems
	})
}

// path returns where the part of that place stands.
func (d *decoder) path(place string) configtree.Path {
	if p, ok := d.paths[place]; ok {
		return p
	}
	for _, f := range d.files.all { // it was known, then
		if f.Place == place {
			return entry(d.log, "file", f.Name)
		}
	}
	for _, h := range d.hosts.all {
		if h.Place == place {
			return entry(d.log, "host", h.Name)
		}
	}
	return nil
}

// entry is the path of an entry of the list called name below r.
func entry(r *configtree.Reader, name, key string) configtree.Path {
	p := r.PathOf(name)
	p[len(p)-1].Key = key
	return p
}
