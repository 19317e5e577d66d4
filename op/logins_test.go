package op

import (
	"errors"
	"slices"
	"testing"
	"time"
)

func TestLogins(t *testing.T) {
	env := newEnv(t)
	list := []Login{
		{User: "ann", TTY: "pts/1", Since: noon.Add(-time.Minute), Open: true},
		{User: "ann", From: "192.0.2.1", PID: 4711, Since: noon.Add(-49*time.Hour - 5*time.Minute), Until: noon.Add(-5 * time.Minute)},
		{User: "bob", TTY: "ssh0", From: "2001:db8::1", Since: noon.Add(-50 * time.Hour)},
		{User: "bob", TTY: "ssh0", From: "2001:db8::1", Since: noon.Add(-51 * time.Hour), Until: noon.Add(-51*time.Hour + 59*time.Second)},
	}
	env.Logins = func() ([]Login, error) { return list, nil }
	shows(t, env, "show log user", Args{}, `ann        pts/1                            Sun Nov 22 11:59   still logged in
ann        mg4711    192.0.2.1              Fri Nov 20 10:55 - 11:55  (2+01:00)
bob        ssh0      2001:db8::1            Fri Nov 20 10:00 - crash
bob        ssh0      2001:db8::1            Fri Nov 20 09:00 - 09:00  (00:00)

wtmp begins Fri Nov 20 09:00:00 UTC 2026
`)
	shows(t, env, "show log user", Args{"username": "eve"}, "\nwtmp begins Fri Nov 20 09:00:00 UTC 2026\n")
	if got := loginUsers(env, ""); !slices.Equal(got, []Choice{{Name: "ann"}, {Name: "bob"}}) {
		t.Error(got)
	}
	i := slices.IndexFunc(All(), func(c Command) bool { return c.Words == "show log user" })
	res, err := All()[i].Run(t.Context(), env, Args{"username": "bob"})
	if err != nil {
		t.Fatal(err)
	}
	if e := res.Element(); len(e.Children) != 2 || e.Children[0].Children[4].Name != "crashed" || e.Children[1].Children[5].Text != "00:00" {
		t.Errorf("%+v", e)
	}
	list = nil
	shows(t, env, "show log user", Args{}, "")
	env.Logins = func() ([]Login, error) { return nil, errors.New("no disk") }
	fails(t, env, "show log user", Args{}, "no disk")
	if got := loginUsers(env, ""); got != nil {
		t.Error(got)
	}
}
