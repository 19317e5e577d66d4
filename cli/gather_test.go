package cli

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"loggia/configtree"
)

// oneByOne hides what a source has ready.
type oneByOne struct{ Source }

// ran is all that is to be seen of a batch.
type ran struct {
	out, errs string
	status    int
	records   []string
	tree      *configtree.Tree
	running   string
}

func runIn(l *lab, source Source, keepGoing bool) (r ran) {
	r.out, r.errs, r.status = l.run("user", source, keepGoing)
	r.records = slices.Clone(l.records.list)
	r.tree = l.store.Shared().Tree()
	r.running = l.must("show configuration | display set")
	return r
}

// Set commands that are made together lead where they lead one by one, in all that can be
// seen: what is said and where, what is done, undone and committed, and what is recorded, in
// which order.
func TestGatheredSets(t *testing.T) {
	const sets = "configure\nset system host-name a\nset system syslog file f any info\nset system syslog host h any any\n"
	scripts := []string{
		sets + "commit\n",
		sets,                      // undone at the end
		sets + "undo 2\ncommit\n", // two of the commands
		sets + "set system host-name a\nundo\ncommit\n", // the repeated one is no step
		sets + "set system host-name b\nset system host-name c\nundo\ncommit\n",
		sets + "set system bogus x\nset system domain-name d\ncommit\n",
		sets + "set system syslog file f any bogus\ncommit\n",
		sets + "set system syslog file f archive size 1\nset system domain-name d\ncommit\n",
		"configure\nset system domain-name d\nprotect system syslog file messages\nset system host-name a\nset system syslog file messages any info\nset system host-name b\ncommit\n",
		sets + "edit system syslog\nset file g any any\nset file g archive size 1m\nset file g archive world-readable\nset file g archive no-world-readable\ntop\nset system host-name z\ncommit\n",
		sets + "set system login class operator permissions view\nset system login class mine permissions view\ncommit\n",
		sets + "load set terminal\nset system domain-name loaded\n\x04\nset system name-server 10.0.0.1\nset system name-server 10.0.0.2\nrun show version\ncommit\n",
		sets + "set system root-authentication plain-text-password\nset system domain-name d\ncommit\n",
		sets + "set system host-name q | count\nset system\nset\n set system domain-name d\n\tset system host-name tab\n\n# remark\ncommit\n",
		sets + "exit\nset cli timestamp\nset cli screen-width 80\n",
		sets + "rollback 0\nset system host-name a\nset system host-name b\nexit\n",
		"configure private\nset system host-name a\nset system domain-name d\ncommit\nexit\n",
		"configure exclusive\nset system host-name a\nset system domain-name d\ncommit\nexit\n",
		"set system host-name a\nset system domain-name d\n",
	}
	random := rand.New(rand.NewPCG(3, 4))
	for range 2 {
		script := "configure\n"
		for range 2*maxGathered + random.IntN(maxGathered) {
			script += "set system syslog file f" + string(rune('a'+random.IntN(20))) + " " +
				[]string{"any", "kernel", "archive files"}[random.IntN(2)] + " " + []string{"any", "info", "notice"}[random.IntN(3)] + "\n"
			if random.IntN(40) == 0 {
				script += []string{"undo", "delete system syslog file fa", "show | compare", "set system syslog file fb"}[random.IntN(4)] + "\n"
			}
		}
		scripts = append(scripts, script+"commit\n")
	}
	for _, script := range scripts {
		for _, keepGoing := range []bool{false, true} {
			for _, list := range []bool{false, true} {
				if list && keepGoing {
					continue
				}
				source := func() Source { return NewLineSource("f", strings.NewReader(script)) }
				if list {
					source = func() Source { return NewListSource("-c", strings.ReplaceAll(script, "\n", ";")) }
				}
				got, want := runIn(newLab(t), source(), keepGoing), runIn(newLab(t), oneByOne{source()}, keepGoing)
				name := script[max(0, len(script)-160):]
				if got.out != want.out || got.errs != want.errs || got.status != want.status {
					t.Errorf("%s\n%s%s%d, not\n%s%s%d", name, got.out, got.errs, got.status, want.out, want.errs, want.status)
				}
				if !slices.Equal(got.records, want.records) {
					t.Errorf("%s\nrecorded %q\nnot %q", name, got.records, want.records)
				}
				if !got.tree.Equal(want.tree) || got.running != want.running {
					t.Errorf("%s\nleads to\n%s, not\n%s", name, got.running, want.running)
				}
			}
		}
	}
}

// They are made together, and recorded one after the other.
func TestSetsAreGathered(t *testing.T) {
	l := newLab(t)
	l.batch("user", "configure\nset system host-name a\nset system domain-name d\nset system name-server 10.0.0.1\n")
	if l.records.most != 3 {
		t.Errorf("%d commands at once: %q", l.records.most, l.records.list)
	}
}
