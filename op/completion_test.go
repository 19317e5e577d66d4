package op

import (
	"testing"

	"loggia/files"
)

// TestCompletionIsNoAttempt: asking what files there are records no refused access; reading one does.
func TestCompletionIsNoAttempt(t *testing.T) {
	refused := 0
	root, err := files.New(files.Options{State: t.TempDir(), User: "bob", Refused: func(string, string, string) { refused++ }})
	if err != nil {
		t.Fatal(err)
	}
	if err := root.Remove("/config/x"); err == nil || refused != 1 {
		t.Fatalf("%v, %d refused", err, refused)
	}
	env := &Env{Files: root, Home: root.Home()}
	for _, prefix := range []string{"", "/", "/config/", "/var/log/", "/etc/", "/var/home/alice/", "../"} {
		if _, shown := FileNames(env, prefix); shown("nix") != (Choice{"nix", ""}) {
			t.Error(prefix)
		}
	}
	if refused != 1 {
		t.Errorf("%d attempts recorded", refused-1)
	}
}
