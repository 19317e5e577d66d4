package op

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// ShellGrammar is how `start shell` is typed (junos-cli §7.4).
func ShellGrammar() Grammar {
	return Grammar{Words: "start shell", Help: "Go to the shell of the operating system", Permission: "shell", Params: []Param{
		{Name: "command", Kind: Option, Help: "Run this and come back"},
		{Name: "user", Kind: Option, Help: "As another user, whose password is asked for"}}}
}

// shellPath is where a shell of the operating system finds its programs.
const shellPath = "PATH=/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"

// Shell is the shell of the operating system as `start shell` asks for it, for the caller: it runs
// as the caller's own account, whoever runs the engine. The context hangs it up, as the end of a
// terminal would, and kills what does not mind within five seconds.
func Shell(ctx context.Context, env *Env, a Args) (*exec.Cmd, error) {
	who, err := accountOf(env)
	if err != nil {
		return nil, err
	}
	path, args := who.shell, []string{"-" + who.shell[strings.LastIndexByte(who.shell, '/')+1:]} // - makes it a login shell
	if a.Has("user") {
		if path, err = exec.LookPath("su"); err != nil {
			return nil, errors.New("su is not installed on this machine")
		}
		if args = []string{"su", "-l", a["user"]}; strings.HasPrefix(a["user"], "-") {
			return nil, fmt.Errorf("'%s' is no user", a["user"])
		}
	}
	if a.Has("command") {
		args = append(args, "-c", a["command"])
	}
	c := exec.CommandContext(ctx, path)
	c.Args, c.Dir = args, who.home
	c.Env = []string{shellPath, "HOME=" + who.home, "SHELL=" + who.shell, "USER=" + who.name, "LOGNAME=" + who.name, "TERM=vt100"}
	c.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Credential: who.credential}
	c.Cancel = func() error { return syscall.Kill(-c.Process.Pid, syscall.SIGHUP) }
	c.WaitDelay = 5 * time.Second
	if _, err := os.Stat(c.Dir); err != nil {
		c.Dir = "/"
	}
	return c, nil
}

// ShellOutput is the answer of `start shell command`: what the command prints, while it runs.
func ShellOutput(ctx context.Context, c *exec.Cmd) Result { return program{ctx, c} }

// account is whom programs run as for a caller.
type account struct {
	name, home, shell string
	credential        *syscall.Credential // nil: as the engine itself
}

// accountOf finds the account of the caller on this machine.
func accountOf(env *Env) (account, error) {
	if env.UID == nil {
		return account{}, fmt.Errorf("the %s of this configuration has no account of the operating system: a shell is for users with a uid, and for the console of the machine", env.Caller.User)
	}
	id := strconv.FormatUint(uint64(*env.UID), 10)
	a := account{name: env.Caller.User, home: "/", shell: "/bin/sh"}
	credential := &syscall.Credential{Uid: *env.UID, Gid: *env.UID}
	if u, err := user.LookupId(id); err == nil {
		a.name, a.home, a.shell = u.Username, u.HomeDir, loginShell(u.Username)
		groups, err := u.GroupIds()
		if err != nil {
			return a, fmt.Errorf("groups of %s: %w", u.Username, err)
		}
		for i, g := range append([]string{u.Gid}, groups...) {
			gid, err := strconv.ParseUint(g, 10, 32)
			if err != nil {
				return a, fmt.Errorf("groups of %s: %w", u.Username, err)
			}
			if i == 0 {
				credential.Gid = uint32(gid)
			}
			credential.Groups = append(credential.Groups, uint32(gid))
		}
	}
	switch own := os.Geteuid(); {
	case own == int(*env.UID):
	case own == 0:
		a.credential = credential
	default:
		return a, fmt.Errorf("the engine does not run as root, and so cannot start a shell for %s", a.name)
	}
	return a, nil
}

// loginShell is the shell of an account, the last field of its line in /etc/passwd (passwd(5)); /bin/sh
// when that does not say.
func loginShell(name string) string {
	const fields = 7
	text, err := os.ReadFile("/etc/passwd")
	if err != nil {
		return "/bin/sh"
	}
	for line := range strings.Lines(string(text)) {
		f := strings.Split(strings.TrimSpace(line), ":")
		if len(f) == fields && f[0] == name && strings.HasPrefix(f[fields-1], "/") {
			return f[fields-1]
		}
	}
	return "/bin/sh"
}
