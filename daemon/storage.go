package daemon

import "loggia/op"

// storage shows the disk of the logs to commands and metrics.
func (d *Daemon) storage() op.Storage {
	s := d.engine.Storage()
	out := op.Storage{Logs: s.Held.Logs, Indexes: s.Held.Indexes, Spools: s.Held.Spools, Size: s.Size, Free: s.Free,
		ReservePercent: s.Reserve, WarningPercent: s.Warning, AlarmPercent: s.Alarm, Overflow: s.Overflow.String(),
		State: s.State, Lasts: s.Lasts, Dropped: s.Dropped, Archives: s.Archives, Cut: s.Freed}
	if s.Reserve > 0 {
		out.Reserve = s.Reserved()
		out.Limit = s.Size - min(out.Reserve, s.Size)
	}
	return out
}
