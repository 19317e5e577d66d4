package pki

import (
	"crypto/x509"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"loggia/audit/event"
)

// TestExpiryIsAnnounced: 30, 7 and 1 days ahead and when it happens, once each.
func TestExpiryIsAnnounced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var said []string
		alarms := map[string]string{}
		s := must(Open(t.TempDir(), Options{
			Record: func(e event.Event) { said = append(said, time.Now().Format(time.DateOnly)+" "+e.Entry().Text) },
			Alarm: func(place string, err error) {
				if delete(alarms, place); err != nil {
					alarms[place] = err.Error()
				}
			},
		}))(t)
		ca := newAuthority(t, "ca")
		end := time.Date(2000, 6, 1, 0, 0, 0, 0, time.UTC)
		cert, key := ca.issue(func(x *x509.Certificate) { x.NotAfter = end }, "a.example.net")
		must(s.LoadLocal("web", cert, key))(t)
		commit(t, s, 1, nil)
		time.Sleep(time.Until(end.AddDate(0, 0, 3)))
		synctest.Wait()
		const text = " local-certificate web expires at 2000-06-01T00:00:00Z"
		want := []string{"2000-05-02" + text, "2000-05-25" + text, "2000-05-31" + text, "2000-06-01 local-certificate web expired at 2000-06-01T00:00:00Z"}
		if !slices.Equal(said, want) {
			t.Errorf("%q", said)
		}
		if got := alarms["security pki local-certificate web"]; !strings.Contains(got, "expired on 2000-06-01") {
			t.Errorf("alarms: %q", alarms)
		}
		must(s.Generate("web", Request{Subject: "CN=a"}))(t)
		synctest.Wait()
		if len(alarms) != 1 {
			t.Error("the alarm is gone before the commit")
		}
		commit(t, s, 2, nil)
		synctest.Wait()
		if len(alarms) != 0 {
			t.Errorf("alarms after the exchange: %q", alarms)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}
