package op

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"loggia/configtree/store"
)

// discardChanges is for scripts that find the shared candidate changed by
// somebody who has left: `rollback 0` without going to configuration mode.
func discardChanges(ctx context.Context, env *Env, _ Args) (Result, error) {
	return nil, env.Store.Shared().Rollback(ctx, env.Caller, 0)
}

func saveRescue(ctx context.Context, env *Env, _ Args) (Result, error) {
	return nil, env.Store.SaveRescue(ctx, env.Caller)
}

func deleteRescue(ctx context.Context, env *Env, _ Args) (Result, error) {
	return nil, env.Store.DeleteRescue(ctx, env.Caller)
}

// clearScheduled is `clear system commit` (junos-cli §7.4), for whoever asked for the
// commit, and for classes that may maintain the system (Junos, `clear system commit`).
func clearScheduled(ctx context.Context, env *Env, _ Args) (Result, error) {
	p, waits := env.Store.Pending()
	if waits && p.Kind == store.PendingCommit && p.By.User != env.Caller.User && !env.Class().May("maintenance") {
		return nil, fmt.Errorf("it is %s's: clearing it needs the permission 'maintenance'", p.By.User)
	}
	cleared, err := env.Store.ClearScheduled(ctx, env.Caller)
	switch {
	case err != nil:
		return nil, err
	case cleared:
		return Text("Pending commit cleared\n"), nil
	}
	return Text("No commit scheduled.\n"), nil
}

// clearPrepared is `clear system commit prepared`, for whom clearScheduled is.
func clearPrepared(ctx context.Context, env *Env, a Args) (Result, error) {
	if p, waits := env.Store.Pending(); !waits || p.Kind != store.PendingCommit || !p.Prepared {
		return Text("No commit prepared.\n"), nil
	}
	return clearScheduled(ctx, env, a)
}

// logout ends the sessions that the arguments name: one, unless all is given.
func logout(_ context.Context, env *Env, a Args) (Result, error) {
	if !a.Has("pid") && !a.Has("user") && !a.Has("terminal") {
		return nil, errors.New("say which session: pid, user or terminal")
	}
	var named []Session
	for _, s := range env.Sessions() {
		if fits(a, "pid", strconv.Itoa(s.PID)) && fits(a, "user", s.User) && fits(a, "terminal", s.TTY) {
			named = append(named, s)
		}
	}
	switch {
	case len(named) == 0:
		return nil, errors.New("there is no such session")
	case len(named) > 1 && !a.Has("all"):
		return nil, fmt.Errorf("%d sessions fit: say all, or which by its pid", len(named))
	}
	for _, s := range named {
		env.Show(s, "Session closed at the request of '"+env.Caller.User+"'") // whoever has no terminal is not told
		env.Logout(s)
	}
	return nil, nil
}

func fits(a Args, name, value string) bool { return !a.Has(name) || a[name] == value }

func sessionPIDs(env *Env, _ string) []Choice {
	return sessionChoices(env, func(s Session) (string, string) { return strconv.Itoa(s.PID), s.User + " " + s.TTY })
}

func sessionUsers(env *Env, _ string) []Choice {
	return sessionChoices(env, func(s Session) (string, string) { return s.User, "" })
}

func sessionTerminals(env *Env, _ string) []Choice {
	return sessionChoices(env, func(s Session) (string, string) { return s.TTY, s.User })
}

// sessionChoices lists something of every session, each once.
func sessionChoices(env *Env, of func(Session) (name, help string)) []Choice {
	var out []Choice
	seen := map[string]bool{"": true}
	for _, s := range env.Sessions() {
		name, help := of(s)
		if !seen[name] {
			out = append(out, Choice{name, help})
		}
		seen[name] = true
	}
	return out
}
