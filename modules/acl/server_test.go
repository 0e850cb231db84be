package acl_test

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/coretest"
	"github.com/ferrousdb/ferrous/core/random"
	"github.com/ferrousdb/ferrous/host"
	"github.com/ferrousdb/ferrous/modules/acl"
	"github.com/ferrousdb/ferrous/modules/connection"
	"github.com/ferrousdb/ferrous/modules/lists"
	"github.com/ferrousdb/ferrous/modules/pubsub"
	"github.com/ferrousdb/ferrous/modules/server"
	strs "github.com/ferrousdb/ferrous/modules/strings"
	"github.com/ferrousdb/ferrous/modules/transactions"
)

// What conformance scripts do not show: files, configuration, the start, and many
// loops at once.

func modules() []core.Module {
	return []core.Module{connection.New(), strs.New(), lists.New(), server.New(), transactions.New(), pubsub.New(), acl.New()}
}

// client is one session of a server.
type client struct {
	t    *testing.T
	pipe *host.Pipe
}

func (c *client) do(command string) string {
	words := strings.Fields(command)
	b := fmt.Appendf(nil, "*%d\r\n", len(words))
	for _, w := range words {
		b = fmt.Appendf(b, "$%d\r\n%s\r\n", len(w), w)
	}
	return strings.TrimSuffix(string(c.pipe.Exchange(nil, b)), "\r\n")
}

// want sends a command and expects the reply to contain a text.
func (c *client) want(command, text string) {
	c.t.Helper()
	if got := c.do(command); !strings.Contains(got, text) {
		c.t.Errorf("%s: got %q, want %q", command, got, text)
	}
}

func start(t *testing.T, clients int, mods []core.Module, args ...string) []*client {
	t.Helper()
	srv, err := host.Start(host.Options{Modules: mods, Args: append(args, "--port", "0"), Pipes: clients})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Stop)
	all := make([]*client, clients)
	for i := range all {
		all[i] = &client{t, srv.Pipe(i)}
	}
	return all
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestSavedFileStaysPrivate: ACL SAVE keeps the permissions of the file and makes a
// new one for nobody else to read; a link that a stranger has placed where its
// temporary file used to be, or under its name, leads nowhere.
func TestSavedFileStaysPrivate(t *testing.T) {
	dir := t.TempDir()
	path, target := filepath.Join(dir, "users.acl"), filepath.Join(dir, "target")
	mode := func() os.FileMode {
		info, err := os.Lstat(path)
		if err != nil {
			t.Fatal(err)
		}
		return info.Mode()
	}
	if err := errors.Join(os.WriteFile(path, nil, 0o640), os.Chmod(path, 0o640), os.WriteFile(target, []byte("precious"), 0o600)); err != nil {
		t.Fatal(err)
	}
	left := fmt.Sprintf("%s.temp-%d-%s", path, 1<<30, random.Hex(32))
	if err := os.WriteFile(left, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	c := start(t, 1, modules(), "--aclfile", path, "--dir", dir)
	if _, err := os.Lstat(left); !errors.Is(err, os.ErrNotExist) {
		t.Error("what an ACL SAVE has left behind is still there:", err)
	}
	guess := fmt.Sprintf("%s.tmp-%d", path, os.Getpid())
	if err := os.Symlink(target, guess); err != nil {
		t.Fatal(err)
	}
	c[0].want("ACL SAVE", "OK")
	if mode() != 0o640 {
		t.Errorf("mode %v", mode())
	}
	for _, before := range []func() error{
		func() error { return os.Remove(path) },
		func() error { return errors.Join(os.Remove(path), os.Symlink(target, path)) },
	} {
		if err := before(); err != nil {
			t.Fatal(err)
		}
		c[0].want("ACL SAVE", "OK")
		if mode() != 0o600 {
			t.Errorf("a new file has mode %v", mode())
		}
	}
	if got, _ := os.ReadFile(target); string(got) != "precious" {
		t.Errorf("written through a link: %q", got)
	}
}

// TestFile: users are loaded at the start and by ACL LOAD, and saved by ACL SAVE; a
// file with mistakes changes nothing.
func TestFile(t *testing.T) {
	path := write(t, "users.acl", "user alice on >pw ~a* +get\n\nuser default on nopass ~* &* +@all\n")
	c := start(t, 3, modules(), "--aclfile", path, "--dir", filepath.Dir(path))
	c[0].want("ACL USERS", "alice")
	c[1].want("AUTH alice pw", "OK")
	c[1].want("GET b", "NOPERM")
	c[0].want("ACL SETUSER bob on nopass (+get ~b)", "OK")
	c[0].want("ACL SAVE", "OK")
	saved, err := os.ReadFile(path)
	want := "user alice on sanitize-payload #30c952fab122c3f9759f02a6d95c3758b246b4fee239957b2d4fee46e26170c4 ~a* resetchannels -@all +get\n" +
		"user bob on nopass sanitize-payload resetchannels -@all (~b resetchannels -@all +get)\n" +
		"user default on nopass sanitize-payload ~* &* +@all\n"
	if err != nil || string(saved) != want {
		t.Errorf("%v: %s", err, saved)
	}
	c[2].want("AUTH bob x", "OK")
	// Whose user stays as it is goes on, and has what the file says later.
	c[0].want("ACL LOAD", "OK")
	c[1].want("GET b", "NOPERM")
	c[2].want("GET b", "$-1")
	for _, bad := range []struct{ text, complaint string }{
		{"user alice +nosuch\n", ":1: Error in applying operation '+nosuch': Unknown command or category name in ACL. WARNING: ACL errors detected"},
		{"\nuser alice >x foo bar\n", ":2: Syntax error. WARNING"},
		{"user a\nuser a\n", "WARNING: Duplicate user 'a' found on line 2. WARNING"},
		{"usr a\n", ":1 should start with user keyword followed by the username. WARNING"},
		{"user a\tb on\n", "contains invalid characters. WARNING"},
		{"user a (+get\n", ":1: Unmatched parenthesis in selector definition."},
	} {
		if err := os.WriteFile(path, []byte(bad.text), 0o600); err != nil {
			t.Fatal(err)
		}
		c[0].want("ACL LOAD", bad.complaint)
	}
	c[0].want("ACL USERS", "bob")
	c[2].want("GET b", "$-1")
	if err := os.WriteFile(path, []byte("user bob on nopass +@all ~*\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c[0].want("ACL LOAD", "OK")
	c[0].want("ACL LIST", "user default on nopass") // whom the file does not state is as at the beginning
	c[1].do("PING")
	c[2].do("PING")
	if !c[1].pipe.Closed() || !c[2].pipe.Closed() {
		t.Error("sessions of users from before stay")
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	c[0].want("ACL LOAD", "ERR Error loading ACLs, opening file '"+path+"': No such file or directory")
}

// TestStart: what cannot be in force keeps the server from starting.
func TestStart(t *testing.T) {
	for _, x := range []struct{ args, complaint string }{
		{"--aclfile /nonexistent/users.acl", "Error loading ACLs, opening file"},
		{"--aclfile x --user alice", "users are defined in the configuration and aclfile is set"},
		{"--user alice +nosuch", "'+nosuch': Unknown command or category name in ACL"},
		{"--user alice on --user alice off", "Duplicate user found"},
		{"--user alice (+get", "Unmatched parenthesis"},
	} {
		_, err := host.Start(host.Options{Modules: modules(), Args: append(strings.Fields(x.args), "--port", "0")})
		if err == nil || !strings.Contains(err.Error(), x.complaint) {
			t.Errorf("%s: %v", x.args, err)
		}
	}
}

// TestOrderOfModules: the default user is what the configuration says, in whatever
// order the modules are linked in.
func TestOrderOfModules(t *testing.T) {
	for _, mods := range [][]core.Module{
		{connection.New(), acl.New()}, {acl.New(), connection.New()},
	} {
		c := start(t, 1, mods, "--requirepass", "secret")
		c[0].want("PING", "NOAUTH")
		c[0].want("AUTH secret", "OK")
		c[0].want("ACL LIST", "user default on sanitize-payload #2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b ~* &* +@all")
	}
	for _, mods := range [][]core.Module{
		{connection.New(), acl.New()}, {acl.New(), connection.New()},
	} {
		c := start(t, 1, mods, "--requirepass", "secret", "--user", "default", "off", "--user", "alice", "on", ">pw", "+@all")
		c[0].want("PING", "NOAUTH")
		c[0].want("AUTH secret", "WRONGPASS")
		c[0].want("AUTH alice pw", "OK")
		c[0].want("ACL LIST", "user default off sanitize-payload resetchannels -@all")
	}
}

// TestRewrite: CONFIG REWRITE states the users, and a server that reads them has the
// same.
func TestRewrite(t *testing.T) {
	for name, text := range map[string]string{"redis.conf": "user alice on >pw ~a +get\nmaxclients 100\n", "ferrous.hcl": "user = [\"alice on >pw ~a +get\"]\nmaxclients = 100\n"} {
		t.Run(name, func(t *testing.T) {
			path := write(t, name, text)
			c := start(t, 1, modules(), path)
			c[0].want("ACL LIST", "user alice on")
			c[0].want("CONFIG REWRITE", "OK")
			// What nobody has changed stays as it was written.
			if got, _ := os.ReadFile(path); !strings.Contains(string(got), "alice on >pw ~a +get") {
				t.Errorf("%s", got)
			}
			c[0].want("ACL SETUSER alice -get +set %R~b (+append &x)", "OK")
			c[0].want("ACL SETUSER bob on nopass", "OK")
			c[0].want("ACL SETUSER default -config|get", "OK")
			c[0].want("CONFIG REWRITE", "OK")
			users := c[0].do("ACL LIST")
			again := start(t, 1, modules(), path)
			if got := again[0].do("ACL LIST"); got != users {
				text, _ := os.ReadFile(path)
				t.Errorf("%s\nbecame\n%s\nby\n%s", users, got, text)
			}
			again[0].want("ACL DELUSER alice bob", "2")
			again[0].want("ACL SETUSER default +config|get -@all +@all", "OK")
			again[0].want("CONFIG REWRITE", "OK")
			if got, _ := os.ReadFile(path); strings.Contains(string(got), "alice") || strings.Contains(string(got), "default on") {
				t.Errorf("%s", got)
			}
		})
	}
}

// TestManyLoops: users change while sessions on all loops log in, are refused,
// listen and wait. It is the race detector's; the only errors are refusals.
func TestManyLoops(t *testing.T) {
	port := coretest.FreePort(t)
	srv, err := host.Start(host.Options{Modules: modules(), Args: []string{"--bind", "127.0.0.1", "--port", port, "--io-threads", "3"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Stop)
	const rounds = 150
	var wg sync.WaitGroup
	talk := func(lines string) {
		conn, err := net.DialTimeout("tcp", "127.0.0.1:"+port, 10*time.Second)
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		_ = conn.SetDeadline(time.Now().Add(time.Minute))
		if _, err := conn.Write([]byte(strings.ReplaceAll(lines, "\n", "\r\n") + "\r\nQUIT\r\n")); err != nil {
			return // its user was deleted
		}
		var reply []byte
		for buf := make([]byte, 4096); ; {
			n, err := conn.Read(buf)
			reply = append(reply, buf[:n]...)
			if err != nil {
				break
			}
		}
		for line := range strings.Lines(string(reply)) {
			if line[0] == '-' && !strings.HasPrefix(line, "-NOPERM User u") && !strings.HasPrefix(line, "-NOPERM No permissions") && !strings.HasPrefix(line, "-WRONGPASS") {
				t.Errorf("%q", line)
			}
		}
	}
	wg.Go(func() {
		for i := range rounds {
			talk(fmt.Sprintf("ACL SETUSER u%d reset on >pw +@all ~a* &a*\nACL SETUSER u%d -get resetchannels resetkeys\nACL SETUSER u%d +get ~*", i%3, i%3, i%3))
			if i%5 == 0 {
				talk(fmt.Sprintf("ACL DELUSER u%d", i%3))
			}
		}
	})
	for w := range 3 {
		wg.Go(func() {
			for range rounds {
				talk(fmt.Sprintf("AUTH u%d pw\nGET abc\nGET b\nPUBLISH abc x\nACL LOG", w))
				talk(fmt.Sprintf("AUTH u%d pw\nSUBSCRIBE abc", w))
				talk(fmt.Sprintf("AUTH u%d pw\nBLPOP al%d 0.02", w, w))
				talk(fmt.Sprintf("RPUSH al%d x", (w+1)%3))
			}
		})
	}
	wg.Wait()
}
