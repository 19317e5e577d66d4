package daemon

import (
	"loggia/configtree"
	"loggia/syslogd"
)

// known is what the files and hosts of the configuration decoded last mean. Of thousands,
// a commit changes one: the others are not read again.
type known struct {
	common archive // what the files had in common
	files  meanings[syslogd.File]
	hosts  meanings[syslogd.Host]
}

// meanings are what entries of a list mean. Those that have a problem are not in it.
type meanings[T any] struct {
	at  map[configtree.Hash]int // in all
	all []T                     // of the engine too, which does not change it
}

// more returns room for what as many entries mean, and a few.
func (m *meanings[T]) more() meanings[T] {
	return meanings[T]{at: make(map[configtree.Hash]int, len(m.at))}
}

// get returns what the entry that r reads means, if that is known. It has no problem then.
func (m *meanings[T]) get(r *configtree.Reader) (meaning T, ok bool) {
	i, ok := m.at[r.Hash()]
	if ok {
		r.Known()
		meaning = m.all[i]
	}
	return meaning, ok
}

// note notes that number i of all means what r reads, if that was without a problem.
func (m *meanings[T]) note(r *configtree.Reader, i int, well bool) {
	if !well || r.Hash() == (configtree.Hash{}) {
		return
	}
	m.at[r.Hash()] = i
}

// knownFile is file of entry i, if it is not as before.
func (d *decoder) knownFile(r *configtree.Reader, i int, before *known, names map[string]bool) syslogd.File {
	if base, n, ok := archiveOf(r.Key()); ok && names[base] {
		d.problem(r.Path(), false, "is the name of archive %s of file %s", n, base)
	}
	if before.common == d.known.common {
		if f, ok := before.files.get(r); ok {
			d.known.files.note(r, i, true)
			return f
		}
	}
	problems := len(d.problems)
	f := d.file(r, d.known.common)
	d.known.files.note(r, i, len(d.problems) == problems && len(r.Problems()) == 0)
	return f
}

// knownHost is host of entry i, if it is not as before. What a host by TLS means depends
// on certificates too.
func (d *decoder) knownHost(r *configtree.Reader, i int, before *known) syslogd.Host {
	if h, ok := before.hosts.get(r); ok {
		d.known.hosts.note(r, i, true)
		return h
	}
	problems := len(d.problems)
	h := d.host(r)
	d.known.hosts.note(r, i, h.Transport != syslogd.TransportTLS && len(d.problems) == problems && len(r.Problems()) == 0)
	return h
}

// path returns where the part of that place stands.
func (d *decoder) path(place string) configtree.Path {
	if p, ok := d.paths[place]; ok {
		return p
	}
	for _, list := range []string{"file", "host"} { // it was known, then
		for r := range d.log.Entries(list) {
			if p := r.Path(); p.String() == place {
				return p
			}
		}
	}
	return nil
}
