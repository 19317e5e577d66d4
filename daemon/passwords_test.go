package daemon

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"loggia/audit/event"
	"loggia/configtree/password"
)

func newPasswords(t *testing.T, file string, now *time.Time) (*passwords, *[]event.Event) {
	t.Helper()
	var records []event.Event
	p := &passwords{file: file, now: func() time.Time { return *now }, list: map[string][]formerPassword{},
		record: func(_ event.Subject, e event.Event) { records = append(records, e) },
		alarm: func(place string, err error) {
			if err != nil {
				t.Errorf("%s: %v", place, err)
			}
		}}
	if err := p.load(); err != nil {
		t.Fatal(err)
	}
	return p, &records
}

func hashed(t *testing.T, plain string) string {
	t.Helper()
	text, err := password.Rules{}.Hash(plain)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestFormerPasswordsAreKnownAfterARestart(t *testing.T) {
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	file := filepath.Join(t.TempDir(), "passwords")
	p, records := newPasswords(t, file, &now)
	first, second, root := hashed(t, "first1"), hashed(t, "second2"), hashed(t, "root0f")
	p.applied(event.Subject{User: "ann"}, map[string]string{"ada": first, "root": root}, false)
	now = now.AddDate(0, 0, 10)
	p.applied(event.Subject{User: "ann"}, map[string]string{"ada": second, "root": root}, true)
	p.applied(event.Subject{User: "ann"}, map[string]string{"ada": second, "root": root}, true)
	if len(*records) != 1 || (*records)[0] != (event.PasswordChanged{Username: "ada", By: "ann"}) {
		t.Errorf("recorded %+v", *records)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	p, records = newPasswords(t, file, &now)
	for _, row := range []struct {
		login, plain string
		n            int
		want         bool
	}{{"ada", "first1", 2, true}, {"ada", "first1", 1, false}, {"ada", "second2", 1, true}, {"ada", "third3", 20, false},
		{"root", "first1", 20, false}, {"nobody", "first1", 20, false}} {
		if got := p.former(row.login, row.plain, row.n); got != row.want {
			t.Errorf("%+v", row)
		}
	}
	for _, row := range []struct {
		hash string
		days int
		want time.Time
	}{{second, 30, now.AddDate(0, 0, 30)}, {first, 30, now.AddDate(0, 0, 30)}, {second, 0, time.Time{}}, {"", 30, time.Time{}}} {
		if got := p.until("ada", row.hash, row.days); !got.Equal(row.want) {
			t.Errorf("%+v: %v", row, got)
		}
	}
	if got := p.until("root", root, 30); !got.Equal(now.AddDate(0, 0, 20)) {
		t.Errorf("root: %v", got)
	}
	p.applied(event.Subject{User: "ann"}, map[string]string{"root": root}, true)
	if len(*records) != 1 || (*records)[0] != (event.PasswordChanged{Username: "ada", Removed: true, By: "ann"}) || p.former("ada", "second2", 20) {
		t.Errorf("recorded %+v", *records)
	}
}

func TestADamagedFileOfPasswordsIsNamed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "passwords")
	for _, text := range []string{"ada\n", "ada x $6$\n", "ada 17\n"} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		p := &passwords{file: file, list: map[string][]formerPassword{}}
		if p.load() == nil {
			t.Errorf("%q reads", text)
		}
	}
}

func TestFewPasswordsAreKept(t *testing.T) {
	now := time.Unix(1e9, 0)
	p, _ := newPasswords(t, filepath.Join(t.TempDir(), "passwords"), &now)
	for i := range 3 * keptPasswords {
		p.applied(event.Subject{User: "ann"}, map[string]string{"ada": "$6$" + string(rune('a'+i))}, true)
	}
	if n := len(p.list["ada"]); n != keptPasswords {
		t.Errorf("%d are kept", n)
	}
}
