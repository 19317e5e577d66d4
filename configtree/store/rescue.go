package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"loggia/audit/event"
	"loggia/configtree"
)

const rescueName = "rescue.conf"

// ErrNoRescue is the error about a rescue configuration that was not saved.
var ErrNoRescue = errors.New("no rescue configuration: " + rescueName + " does not exist")

// SaveRescue keeps what is in force as the rescue configuration: `request system
// configuration rescue save`.
func (s *Store) SaveRescue(ctx context.Context, by event.Subject) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.unlock()
	if err := s.recorder.RecordDurable(ctx, by, event.RescueOperation{Username: by.User, Action: "save"}); err != nil {
		return fmt.Errorf("audit trail: %w", err)
	}
	running := s.Running()
	m := Meta{Revision: running.Number, User: by.User, Client: by.Client, Time: s.now(), Version: s.version}
	return s.writeConfig(".", rescueName, &m, running.Tree)
}

// DeleteRescue forgets the rescue configuration. The error is ErrNoRescue when
// there is none.
func (s *Store) DeleteRescue(ctx context.Context, by event.Subject) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.unlock()
	if _, err := s.disk.root.Lstat(rescueName); errors.Is(err, fs.ErrNotExist) {
		return ErrNoRescue
	}
	if err := s.recorder.RecordDurable(ctx, by, event.RescueOperation{Username: by.User, Action: "delete"}); err != nil {
		return fmt.Errorf("audit trail: %w", err)
	}
	if err := s.disk.remove(rescueName); err != nil {
		return err
	}
	return s.disk.syncDir(".")
}

// Rescue returns the rescue configuration. Its Meta says who saved it when;
// Revision is the one that was in force then. The error is ErrNoRescue, or says
// how the file is damaged.
func (s *Store) Rescue() (*configtree.Tree, Meta, error) {
	m, text, err := s.disk.readConfig(rescueName, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, m, ErrNoRescue
	}
	if err != nil {
		return nil, m, err
	}
	tree, problems := parse(text, rescueName, s.schema)
	return tree, m, asError(problems)
}

// RescueMeta is Rescue without the configuration: only the header is read, which
// says nothing about damage behind it.
func (s *Store) RescueMeta() (Meta, error) {
	f, err := s.disk.root.Open(rescueName)
	if errors.Is(err, fs.ErrNotExist) {
		return Meta{}, ErrNoRescue
	}
	if err != nil {
		return Meta{}, err
	}
	head, err := io.ReadAll(io.LimitReader(f, maxHeader))
	if err = errors.Join(err, f.Close()); err != nil {
		return Meta{}, err
	}
	m, _, _, err := parseHeader(head)
	if err != nil {
		return m, fmt.Errorf("%s: %w", rescueName, err)
	}
	return m, nil
}

// RollbackRescue makes the candidate the rescue configuration.
func (c *Candidate) RollbackRescue(ctx context.Context, by event.Subject) error {
	ed := edition{first: event.ConfigWhole{Username: by.User, Action: "rollback", Source: "rescue"}}
	_, err := c.become(ctx, by, "rollback rescue", ed, func() (*configtree.Tree, error) {
		tree, _, err := c.store.Rescue()
		return tree, err
	})
	return err
}

// LoadFactory makes the candidate the configuration that a first start has:
// `load factory-default`. What is protected stays; the problems are warnings.
func (c *Candidate) LoadFactory(ctx context.Context, by event.Subject) ([]configtree.Problem, error) {
	ed := edition{keeps: true, first: event.ConfigWhole{Username: by.User, Action: "override", Source: "factory-default"}}
	return c.become(ctx, by, "load factory-default", ed, func() (*configtree.Tree, error) {
		tree, problems := parse(c.store.factory, "factory default", c.store.schema)
		return tree, asError(problems)
	})
}
