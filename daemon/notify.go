package daemon

import systemd "github.com/coreos/go-systemd/v22/daemon"

// NotifyReady tells systemd, if it started us, that the engine runs. The start is
// over then, and what only it needed is given back.
func (d *Daemon) NotifyReady() error {
	defer forgetStart()
	return notify(systemd.SdNotifyReady)
}

// NotifyStopping tells systemd that the engine is being stopped.
func (d *Daemon) NotifyStopping() error { return notify(systemd.SdNotifyStopping) }

func notify(state string) error {
	_, err := systemd.SdNotify(false, state)
	return err
}
