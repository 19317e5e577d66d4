package daemon

import (
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"strings"

	"loggia/audit"
	"loggia/audit/event"
)

// announce records the start, and what it found that was not in order.
func (d *Daemon) announce(recovery audit.Recovery) {
	if recovery.Torn > 0 || recovery.Damaged != "" {
		d.recorder.Record(itself(), event.TrailRecovered{Records: recovery.Records, Torn: recovery.Torn, Damaged: recovery.Damaged})
	}
	mark := d.state.path("run", "running")
	if _, err := os.Stat(mark); err == nil {
		d.recorder.Record(itself(), event.AbnormalShutdown{})
	}
	if err := os.WriteFile(mark, []byte(fmt.Sprintln(os.Getpid())), 0o644); err != nil {
		d.alarms.set("note of the running process", err)
	}
	d.announceVersion()
	d.recorder.Record(itself(), event.Operational{Version: Version})
	d.clock.begin()
}

// announceVersion records that another version of the program ran here before:
// an update, or the way back from one (FPT_TUD_EXT.1).
func (d *Daemon) announceVersion() {
	const place = "note of the software version"
	file, now := d.state.path("version"), build()
	before, err := os.ReadFile(file)
	if old := strings.TrimSpace(string(before)); err == nil && old == now {
		return
	} else if err == nil {
		d.recorder.Record(itself(), event.SoftwareChanged{Old: old, New: now})
	} else if !errors.Is(err, os.ErrNotExist) {
		d.alarms.set(place, err)
		return
	}
	if err := replaceFile(file, []byte(now+"\n"), 0o600); err != nil {
		d.alarms.set(place, err)
	}
}

// build is the version with the commit that it was built from, where that is known:
// two builds of one version are different software.
func build() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return Version
	}
	text := Version
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			text += " " + s.Value[:min(len(s.Value), 12)]
		case s.Key == "vcs.modified" && s.Value == "true":
			text += " modified"
		}
	}
	return text
}
