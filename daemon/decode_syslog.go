package daemon

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"loggia/audit/event"
	"loggia/configtree"
	"loggia/configtree/store"
	"loggia/pki"
	"loggia/syslogd"
	"loggia/syslogd/logfile"
	"loggia/syslogd/sink"
)

// decoder turns the effective configuration into what the engine obeys, and
// remembers where each part stood.
type decoder struct {
	paths    map[string]configtree.Path // by Place
	problems []configtree.Problem
	view     *pki.View          // certificates
	log      *configtree.Reader // [edit system syslog]

	common archive // what files have in common
	files  meanings[*syslogd.File]
	hosts  meanings[*syslogd.Host]
}

// place notes where r stands and returns the text that the engine repeats.
func (d *decoder) place(p configtree.Path) string {
	text := p.String()
	d.paths[text] = p
	return text
}

func (d *decoder) problem(p configtree.Path, warning bool, format string, args ...any) {
	d.problems = append(d.problems, configtree.Problem{Path: p, Err: fmt.Errorf(format, args...), Warning: warning, Kind: configtree.Constraint})
}

// decodeSyslog reads [edit system syslog] and [edit system services syslog]. before is what
// is known of the configuration before, nil for nothing.
func decodeSyslog(r *configtree.Reader, host string, view *pki.View, before *known) (syslogd.Config, *decoder) {
	c, d := decodeDestinations(r, host, view, before)
	d.inputs(r.Child("system").Child("services").Child("syslog"), &c)
	return c, d
}

// decodeDestinations reads [edit system syslog]. Without a view no connection can
// be made by what it returns, but messages can be routed.
func decodeDestinations(r *configtree.Reader, host string, view *pki.View, before *known) (syslogd.Config, *decoder) {
	sys := r.Child("system")
	log := sys.Child("syslog")
	d := &decoder{paths: map[string]configtree.Path{}, view: view, log: log}
	c := syslogd.Config{
		HostName:        host,
		Zone:            zone(sys),
		AllowDuplicates: log.Has("allow-duplicates"),
		SourceAddress:   log.Address("source-address"),
		RotateCheck:     minutes(log.Uint("log-rotate-frequency")),
	}
	if name := machineName(); name != host {
		c.MachineName = name
	}
	if log.Has("time-format") {
		f := log.Child("time-format")
		c.TimeFormat = syslogd.TimeFormat{Year: f.Has("year"), Millisecond: f.Has("millisecond")}
	}
	c.Storage = d.storage(log)
	d.common = archiveDefaults(log.Child("archive"))
	if before == nil {
		before = new(known)
	}
	d.readFiles(before)
	d.readHosts(before)
	c.Files, c.Hosts = d.files.all, d.hosts.all
	for u := range log.Entries("user") {
		c.Users = append(c.Users, syslogd.User{Place: d.place(u.Path()), Name: u.Key(), Selection: d.selection(u), AllowDuplicates: u.Has("allow-duplicates")})
	}
	c.Console = d.console(log)
	return c, d
}

// archive is what `syslog archive` says for every file.
type archive struct {
	size    int64
	files   int
	readers string // world-readable, no-world-readable or neither
	kind    string // binary-data, no-binary-data or neither

	sized, counted bool // size, files are configured
}

func archiveDefaults(r *configtree.Reader) archive {
	return archive{int64(r.Size("size")), int(r.Uint("files")), r.Choice("readers"), r.Choice("kind"), r.Has("size"), r.Has("files")}
}

// file reads `file NAME`. Archive leaves that it does not have are inherited
// one by one.
func (d *decoder) file(r *configtree.Reader, common archive) syslogd.File {
	f := syslogd.File{Place: d.place(r.Path()), Name: r.Key(), Selection: d.narrowed(r), Layout: layout(r)}
	own := r.Child("archive")
	f.Size, f.Archives = int64(own.Size("size")), int(own.Uint("files"))
	d.keeping(r, &f)
	if f.Size == 0 && f.Rotate != sink.BySize && !common.sized {
		f.Size = largestSize // the clock alone is to decide, within reason
	}
	if f.Size == 0 {
		f.Size = common.size
	}
	if f.Archives == 0 && f.Retain > 0 && !common.counted {
		f.Archives = logfile.MaxArchives // age alone is to decide
	}
	if f.Archives == 0 {
		f.Archives = common.files
	}
	readers := own.Choice("readers")
	if readers == "" {
		readers = common.readers
	}
	f.WorldReadable = readers == "world-readable"
	kind := own.Choice("kind")
	if kind == "" {
		kind = common.kind
	}
	f.BinaryData = kind == "binary-data"
	if len(f.Rules) == 0 {
		d.problem(r.Path(), true, "no facility configured; nothing will be logged")
	}
	return f
}

// archiveOf takes apart the name of an archive, X.N or X.N.gz.
func archiveOf(name string) (base, n string, ok bool) {
	stem := strings.TrimSuffix(name, ".gz")
	i := strings.LastIndexByte(stem, '.')
	if i <= 0 {
		return "", "", false
	}
	if _, err := strconv.ParseUint(stem[i+1:], 10, 16); err != nil {
		return "", "", false
	}
	return stem[:i], stem[i+1:], true
}

// lowest is the wire number of a facility word: authorization is auth, not authpriv.
func lowest(word string) uint8 {
	set, _ := event.Named(word)
	for f := event.Facility(0); f < event.NumFacilities; f++ {
		if set.Has(f) {
			return f.Wire()
		}
	}
	return 0
}

func layout(r *configtree.Reader) syslogd.Layout {
	l := syslogd.Layout{Structured: r.Has("structured-data"), ExplicitPriority: r.Has("explicit-priority"), AllowDuplicates: r.Has("allow-duplicates")}
	if l.Structured {
		l.Brief = r.Child("structured-data").Has("brief")
	}
	return l
}

// selection reads the facility lines, match and match-strings.
func (d *decoder) selection(r *configtree.Reader) syslogd.Selection {
	return syslogd.Selection{Rules: d.rules(r, "contents"), Match: r.Text("match"), MatchStrings: r.Texts("match-strings")}
}

// narrowed is selection with from, program, hostname, exclude-own-records and
// only-own-records, which files and hosts have besides.
func (d *decoder) narrowed(r *configtree.Reader) syslogd.Selection {
	s := d.selection(r)
	for _, text := range r.Texts("from") {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			d.problem(r.PathOf("from"), false, "%w", err)
			continue
		}
		s.From = append(s.From, p)
	}
	if names := r.Texts("program"); len(names) > 0 {
		s.Programs = names
	}
	s.HostMatch = r.Text("hostname")
	s.Foreign, s.Own = r.Has("exclude-own-records"), r.Has("only-own-records")
	return s
}

func (d *decoder) rules(r *configtree.Reader, list string) []syslogd.Rule {
	var rules []syslogd.Rule
	for c := range r.Entries(list) {
		word := c.Choice("level")
		level, _ := event.Level(word)
		set, known := event.Named(c.Key())
		if !known {
			d.problem(c.Path(), true, "no such messages here")
			continue
		}
		rules = append(rules, syslogd.Rule{Set: set, Any: c.Key() == "any", Level: level, Text: c.Key() + " " + word})
	}
	return rules
}

func (d *decoder) console(log *configtree.Reader) *syslogd.Console {
	rules := d.rules(log, "console")
	if len(rules) == 0 {
		return nil
	}
	return &syslogd.Console{Place: d.place(log.PathOf("console")), Selection: syslogd.Selection{Rules: rules}}
}

// refusedParts turns the engine's errors, which name places, into problems
// with their paths.
func (d *decoder) refusedParts(err error) error {
	var parts syslogd.PlaceErrors
	if !errors.As(err, &parts) {
		return err
	}
	var problems store.Problems
	for _, part := range parts {
		var within syslogd.PlaceErrors
		if !errors.As(part.Err, &within) {
			within = syslogd.PlaceErrors{part} // it is about the statement as a whole
		}
		for _, p := range within {
			problems = append(problems, configtree.Problem{Path: d.path(p.Place), Err: p.Err, Kind: configtree.Environment})
		}
	}
	return problems
}
