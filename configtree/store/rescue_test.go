package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// TestRescue saves, shows, takes and deletes the rescue configuration.
func TestRescue(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	var r tape
	s := open(t, dir, &r)
	if _, _, err := s.Rescue(); !errors.Is(err, ErrNoRescue) {
		t.Error(err)
	}
	if err := s.Shared().RollbackRescue(ctx, ann); !errors.Is(err, ErrNoRescue) {
		t.Error(err)
	}
	if err := s.DeleteRescue(ctx, ann); !errors.Is(err, ErrNoRescue) {
		t.Error(err)
	}
	hostCommit(t, s, "safe", plainCommit)
	edit(t, s.Shared(), ann, "set system host-name uncommitted")
	r.lines()
	if err := s.SaveRescue(ctx, bob); err != nil {
		t.Fatal(err)
	}
	wantLines(t, r.lines(), "UI_RESCUE_OPERATION User 'bob' performed 'save' of the rescue configuration")
	if info, err := os.Stat(filepath.Join(dir, rescueName)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	hostCommit(t, s, "later", plainCommit)
	closed(t, s)
	s = open(t, dir, &r)
	defer closed(t, s)
	tree, m, err := s.Rescue()
	if err != nil || hostIn(tree) != "safe" || m.Revision != 2 || m.User != "bob" || m.Client != "netconf" {
		t.Errorf("%+v, %v", m, err)
	}
	r.lines()
	if err := s.Shared().RollbackRescue(ctx, ann); err != nil || hostIn(s.Shared().Tree()) != "safe" {
		t.Error(err)
	}
	wantLines(t, r.lines(), "UI_LOAD_EVENT User 'ann' is performing a 'rollback rescue'", "UI_CFG_AUDIT_OTHER User 'ann' rollback: rescue",
		`UI_CFG_AUDIT_SET User 'ann' set: [system host-name] "later -- "safe"`)
	r.refuse = errSabotage
	if err := errors.Join(s.DeleteRescue(ctx, ann), s.SaveRescue(ctx, ann)); !errors.Is(err, errSabotage) {
		t.Error(err)
	}
	r.refuse = nil
	if tree, _, err := s.Rescue(); err != nil || hostIn(tree) != "safe" {
		t.Errorf("no record, and a change: %v", err)
	}
	if err := s.DeleteRescue(ctx, ann); err != nil {
		t.Error(err)
	}
	if _, _, err := s.Rescue(); !errors.Is(err, ErrNoRescue) {
		t.Error(err)
	}
	write(t, dir, rescueName, "system { host-name x; }")
	if _, _, err := s.Rescue(); !errors.Is(err, errDamaged) {
		t.Error(err)
	}
}

// TestLoadFactory makes the candidate what a first start has.
func TestLoadFactory(t *testing.T) {
	var r tape
	s := open(t, t.TempDir(), &r)
	defer closed(t, s)
	hostCommit(t, s, "a", plainCommit)
	r.lines()
	if _, err := s.Shared().LoadFactory(context.Background(), ann); err != nil {
		t.Fatal(err)
	}
	if got := text(t, s.Shared().Tree()); got != "set system syslog file messages any notice\n" || !s.Shared().Dirty() {
		t.Error(got)
	}
	wantLines(t, r.lines(), "UI_LOAD_EVENT User 'ann' is performing a 'load factory-default'", "UI_CFG_AUDIT_OTHER User 'ann' override: factory-default",
		"UI_CFG_AUDIT_OTHER User 'ann' delete: [system host-name] ")
}
