package host

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
)

// The tests of what a process does run the test binary as a server.

const (
	childMark  = "HOST_TEST_SERVER=1"
	childFiles = "HOST_TEST_FILES=" // a limit of open files that root does not lift
)

func TestMain(m *testing.M) {
	for _, v := range os.Environ() {
		if n, ok := strings.CutPrefix(v, childFiles); ok {
			lowerFileLimit(n)
		}
	}
	if os.Getenv("HOST_TEST_SERVER") != "" {
		Main(stack{}, trouble{}, system{})
	}
	os.Exit(m.Run())
}

// lowerFileLimit takes away even the right to raise the limit again.
func lowerFileLimit(text string) {
	n, err := strconv.ParseUint(text, 10, 64)
	if err == nil {
		err = syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: n, Max: n})
	}
	if err == nil && os.Getuid() == 0 {
		err = syscall.Setuid(65534)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(3)
	}
}

// system is a module of commands about the process.
type system struct{}

func (system) Name() string { return "system" }

func (system) Register(r *core.Registry) error {
	balks := false
	r.OnShutdown(func(core.Shutdown) error {
		if !balks {
			return nil
		}
		balks = false
		err := syscall.Kill(os.Getpid(), syscall.SIGTERM)
		time.Sleep(100 * time.Millisecond) // the signal has most probably arrived
		return errors.Join(errors.New("not yet"), err)
	})
	r.Commands(
		// balk makes the next shutdown fail, and has a signal come while it is under way.
		core.Command{Name: "balk", Arity: 1, Run: func(c *core.Ctx) error { balks = true; c.OK(); return nil }},
		core.Command{Name: "maxfiles", Arity: 2, Run: func(c *core.Ctx) error {
			n, err := c.ArgInt(1)
			if err != nil {
				return err
			}
			var lim unix.Rlimit
			if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &lim); err != nil {
				return err
			}
			lim.Cur = uint64(n)
			if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &lim); err != nil {
				return err
			}
			c.OK()
			return nil
		}},
		// toolarge stores n bytes, having made sure that the system has less.
		core.Command{Name: "toolarge", Arity: 3, Flags: core.Write, Keys: []core.KeySpec{core.KeyAt(1, core.KeyRW)}, Run: func(c *core.Ctx) error {
			n, err := c.ArgInt(2)
			if err != nil {
				return err
			}
			var pages int64
			data, err := os.ReadFile("/proc/self/statm")
			if err == nil {
				_, err = fmt.Sscan(string(data), &pages)
			}
			if err == nil {
				room := uint64(pages*int64(os.Getpagesize()) + n/2)
				err = unix.Setrlimit(unix.RLIMIT_AS, &unix.Rlimit{Cur: room, Max: unix.RLIM_INFINITY})
			}
			if err != nil {
				return err
			}
			c.DB.Put(c.Args[1], keyspace.MakeKind(keyspace.String, keyspace.Raw), int(n), 0, c.Now)
			c.OK()
			return nil
		}},
		core.Command{Name: "keypass", Arity: 1, Run: func(c *core.Ctx) error {
			c.BulkString(c.Server.Registry().Config.Find("tls-key-file-pass").String())
			return nil
		}},
		core.Command{Name: "pid", Arity: 1, Run: func(c *core.Ctx) error { c.Int(int64(os.Getpid())); return nil }},
		core.Command{Name: "shutdown", Arity: 1, Run: func(c *core.Ctx) error { return c.Server.Shutdown(core.Shutdown{}) }},
		core.Command{Name: "rss", Arity: 1, Run: func(c *core.Ctx) error { c.Int(residentBytes()); return nil }},
	)
	return nil
}

// process is a server in a process of its own.
type process struct {
	t    *testing.T
	cmd  *exec.Cmd
	log  logBuffer
	port string
	exit chan error // its end, once
}

func startProcess(t *testing.T, env []string, args ...string) *process {
	t.Helper()
	p := &process{t: t, port: freePort(t), exit: make(chan error, 1)}
	p.cmd = exec.Command(os.Args[0], append([]string{"--bind", "127.0.0.1", "--port", p.port, "--loglevel", "debug"}, args...)...)
	p.cmd.Env = append(append(os.Environ(), childMark), env...)
	p.cmd.Stdout, p.cmd.Stderr = &p.log, &p.log
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { p.exit <- p.cmd.Wait() }()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		if t.Failed() {
			t.Log(p.log.String())
		}
	})
	return p
}

func (p *process) ready() *process {
	p.t.Helper()
	p.log.says(p.t, "Server initialized") // which the harness of Redis's own suite waits for
	p.log.says(p.t, "Ready to accept connections")
	return p
}

func (p *process) signal(sig os.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(sig); err != nil {
		p.t.Fatal(err)
	}
}

// ends waits for the process to exit with a code.
func (p *process) ends(code int) {
	p.t.Helper()
	select {
	case err := <-p.exit:
		if got := p.cmd.ProcessState.ExitCode(); got != code {
			p.t.Errorf("exit code %d (%v), want %d", got, err, code)
		}
	case <-time.After(time.Minute):
		p.t.Fatal("the process does not end")
	}
}

func TestSignalsStopTheServer(t *testing.T) {
	for _, test := range []struct {
		sig   os.Signal
		words string
	}{{syscall.SIGTERM, "Received SIGTERM scheduling shutdown"}, {syscall.SIGINT, "Received SIGINT scheduling shutdown"}} {
		pid := filepath.Join(t.TempDir(), "pid")
		p := startProcess(t, nil, "--pidfile", pid).ready()
		c := mustDial(t, p.port)
		p.signal(syscall.SIGHUP) // without effect
		c.do("+PONG", "ping")
		if data, err := os.ReadFile(pid); err != nil || string(data) != fmt.Sprintln(p.cmd.Process.Pid) {
			t.Errorf("the pid file says %q, %v", data, err)
		}
		p.signal(test.sig)
		c.gone()
		p.ends(0)
		p.log.says(t, test.words)
		p.log.says(t, "bye bye")
		if _, err := os.Stat(pid); err == nil {
			t.Error("the pid file is still there")
		}
	}
}

func TestSecondSIGINTExitsAtOnce(t *testing.T) {
	p := startProcess(t, nil).ready()
	c := mustDial(t, p.port)
	for range 4 {
		c.send("big 20000000") // so that the shutdown has to wait
	}
	p.log.says(t, "Ready")
	if _, err := c.r.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	p.signal(syscall.SIGINT)
	p.log.says(t, "Received SIGINT scheduling shutdown")
	p.signal(syscall.SIGINT)
	p.ends(1)
	p.log.says(t, "You insist... exiting now.")
}

// TestSignalWhileAShutdownFails: it is another attempt, whether it comes before or
// after the first is known to have failed.
func TestSignalWhileAShutdownFails(t *testing.T) {
	p := startProcess(t, nil).ready()
	mustDial(t, p.port).do("+OK", "balk")
	p.signal(syscall.SIGTERM)
	p.log.says(t, "Errors trying to shut down the server")
	p.ends(0)
}

func TestShutdownNowDoesNotWait(t *testing.T) {
	for how, least := range map[string]time.Duration{"default": drainPatience, "now": 0} {
		p := startProcess(t, nil, "--shutdown-on-sigterm", how).ready()
		c := mustDial(t, p.port)
		c.send("big 50000000")
		if _, err := c.r.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		p.signal(syscall.SIGTERM)
		p.ends(0)
		if d := time.Since(start); d < least || d > least+time.Minute {
			t.Errorf("%s: it took %v", how, d)
		}
	}
	p := startProcess(t, nil, "--shutdown-on-sigterm", "save nosave")
	p.ends(1)
	p.log.says(t, "Inconsistent shutdown-on-signal flags")
}

func TestPanicEndsTheProcess(t *testing.T) {
	p := startProcess(t, nil).ready()
	c := mustDial(t, p.port)
	c.send("oops k x")
	c.gone()
	p.ends(1)
	p.log.says(t, "BUG REPORT")
	p.log.says(t, "stopped by a panic in")
}

// TestMemoryRunsOut: the system gives none, and the server stops as at any
// panic.
func TestMemoryRunsOut(t *testing.T) {
	if underRace {
		t.Skip("the race detector needs its address space")
	}
	p := startProcess(t, nil).ready()
	c := mustDial(t, p.port)
	c.send("toolarge k 1000000000")
	c.gone()
	p.ends(1)
	p.log.says(t, "stopped by a panic in", "toolarge", "cannot map", "cannot allocate memory")
}

func TestPidFileOfAnotherIsKept(t *testing.T) {
	pid := filepath.Join(t.TempDir(), "pid")
	p := startProcess(t, nil, "--pidfile", pid).ready()
	second := startProcess(t, nil, "--pidfile", pid, "--port", p.port)
	second.ends(1)
	second.log.says(t, "Failed listening on port "+p.port)
	if data, err := os.ReadFile(pid); err != nil || string(data) != fmt.Sprintln(p.cmd.Process.Pid) {
		t.Errorf("the pid file says %q, %v", data, err)
	}
}

func TestLogReaderThatGoesAway(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	port := freePort(t)
	cmd := exec.Command(os.Args[0], "--bind", "127.0.0.1", "--port", port, "--loglevel", "debug")
	cmd.Env, cmd.Stdout = append(os.Environ(), childMark), w
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	lines := bufio.NewScanner(r)
	for lines.Scan() && !strings.Contains(lines.Text(), "Ready") {
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	r.Close()
	for range 3 {
		c := mustDial(t, port)
		c.Close() // which is logged
	}
	mustDial(t, port).do("+PONG", "ping")
}

// TestSecretsAreNotShown: the list of processes shows no secret of the command
// line, however it was written, and the server has read them all the same.
func TestSecretsAreNotShown(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the list of processes is read from /proc")
	}
	for _, args := range [][]string{
		{"--tls-key-file-pass", "topsecret", "--timeout", "77"},
		{"--TLS-key-file-pass topsecret", "--timeout", "77"},
	} {
		p := startProcess(t, nil, args...).ready()
		shown, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", p.cmd.Process.Pid))
		if err != nil || bytes.Contains(shown, []byte("topsecret")) || !bytes.Contains(shown, []byte("77")) || !bytes.Contains(shown, []byte("*\x00")) {
			t.Errorf("the list of processes shows %q, %v", shown, err)
		}
		c := mustDial(t, p.port)
		c.do("topsecret", "keypass")
		p.signal(syscall.SIGTERM)
		p.ends(0)
	}
}

func TestDaemon(t *testing.T) {
	dir := t.TempDir()
	port := freePort(t)
	config := fmt.Sprintf("daemonize yes\nbind 127.0.0.1\nport %s\npidfile pid\nlogfile log\ndir %s\n", port, dir)
	run := func(stdin string, args ...string) (string, error) {
		cmd := exec.Command(os.Args[0], args...)
		var out bytes.Buffer
		cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = append(os.Environ(), childMark), strings.NewReader(stdin), &out, &out
		err := cmd.Run()
		return out.String(), err
	}
	if out, err := run(config, "-"); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	// It is ready when the first process has ended.
	c := mustDial(t, port)
	c.send("pid")
	var pid int
	if _, err := fmt.Sscanf(c.line(), ":%d", &pid); err != nil {
		t.Fatal(err)
	}
	if data, err := os.ReadFile(filepath.Join(dir, "pid")); err != nil || string(data) != fmt.Sprintln(pid) {
		t.Errorf("the pid file says %q, %v", data, err)
	}
	if sid, err := unix.Getsid(pid); err != nil || sid != pid {
		t.Errorf("session %d of process %d, %v", sid, pid, err)
	}
	log, _ := os.ReadFile(filepath.Join(dir, "log"))
	if !strings.Contains(string(log), "Ready to accept connections") {
		t.Errorf("the log says %q", log)
	}

	out, err := run(config, "-", "--logfile", "log2", "--pidfile", "pid2")
	if err == nil || !strings.Contains(out, "Failed listening on port "+port) {
		t.Errorf("a second one: %v, %q", err, out)
	}
	c.send("shutdown")
	c.gone()
	eventually(t, "it has ended", func() bool { return unix.Kill(pid, 0) != nil || zombie(pid) })
}

// zombie reports whether a process has ended and nobody has asked how.
func zombie(pid int) bool {
	data, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, rest, _ := strings.Cut(string(data), ") ")
	return strings.HasPrefix(rest, "Z")
}

func TestSystemdIsNotified(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notify")
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	_ = socket.SetDeadline(time.Now().Add(time.Minute))
	p := startProcess(t, []string{"NOTIFY_SOCKET=" + path}, "--supervised", "auto", "--daemonize", "yes")
	for _, want := range []string{"STATUS=ferrous is loading...\n", "STATUS=Ready to accept connections\nREADY=1\n", "STOPPING=1\n"} {
		buf := make([]byte, 1024)
		n, err := socket.Read(buf)
		if err != nil || string(buf[:n]) != want {
			t.Fatalf("%q, %v, want %q", buf[:n], err, want)
		}
		if strings.Contains(want, "READY") {
			mustDial(t, p.port)
			p.signal(syscall.SIGTERM)
		}
	}
	p.ends(0)
}

func TestUpstartIsNotified(t *testing.T) {
	p := startProcess(t, []string{"UPSTART_JOB=ferrous"}, "--supervised", "upstart")
	stopped := func() bool {
		data, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
		_, rest, _ := strings.Cut(string(data), ") ")
		return strings.HasPrefix(rest, "T")
	}
	eventually(t, "it has stopped itself", stopped)
	p.signal(syscall.SIGCONT)
	mustDial(t, p.port)
	p.signal(syscall.SIGTERM)
	p.ends(0)
}

// branded is a module that names the program.
type branded struct{ stack }

func (branded) Program() string { return "ferrous-branded" }

// TestNameAndModules: --version, --help and errors call the program by its name, and
// tell what it is made of.
func TestNameAndModules(t *testing.T) {
	say := func(set []core.Module, args ...string) string {
		var out bytes.Buffer
		_ = run(set, arguments{list: args}, nil, strings.NewReader(""), &out, &out)
		return out.String()
	}
	for _, c := range []struct {
		set  []core.Module
		name string
	}{{[]core.Module{stack{}, trouble{}}, "ferrous"}, {[]core.Module{branded{}, trouble{}}, "ferrous-branded"}} {
		version, sha, malloc, bits := "", "", "", 0
		line := say(c.set, "--version")
		if n, err := fmt.Sscanf(line, c.name+" v=%s sha=%s malloc=%s bits=%d", &version, &sha, &malloc, &bits); n != 4 || err != nil {
			t.Errorf("%q: %v", line, err)
		}
		if version != Version || !strings.HasSuffix(line, " modules=stack,trouble\n") || strings.Count(line, "\n") != 1 {
			t.Errorf("%q", line)
		}
		for args, want := range map[string]string{
			"--help":       "Usage: " + c.name + " [FILE]",
			"-h":           "Modules: stack trouble\n",
			"check -h":     "Usage: " + c.name + " check [--fix]",
			"check --what": c.name + " check: unknown option --what\nUsage: " + c.name + " check [--fix]",
			"--nonsense 1": "(" + c.name + " " + Version + ")",
		} {
			if got := say(c.set, strings.Fields(args)...); !strings.Contains(got, want) || strings.Contains(got, "%!") {
				t.Errorf("%s: %s", args, got)
			}
		}
	}
}

// TestOutOfDescriptors takes away the descriptors of a running server.
func TestOutOfDescriptors(t *testing.T) {
	p := startProcess(t, nil).ready()
	old := mustDial(t, p.port)
	const most = 60
	old.do("+OK", "maxfiles %d", most)
	var crowd []net.Conn
	for range 2 * most {
		conn, err := net.Dial("tcp", "127.0.0.1:"+p.port)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		crowd = append(crowd, conn)
	}
	p.log.says(t, "Accepting client connection failed", "too many open files")
	last := crowd[len(crowd)-1]
	_ = last.SetDeadline(time.Now().Add(time.Minute))
	fmt.Fprint(last, "ping\r\n")
	for end := time.Now().Add(2500 * time.Millisecond); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		old.do("+PONG", "ping") // who is there is served
	}
	if n := p.log.count("Accepting client connection failed"); n < 2 || n > 5 {
		t.Errorf("the log says it %d times", n)
	}
	for _, c := range crowd[:most+40] {
		c.Close()
	}
	if line, err := bufio.NewReader(last).ReadString('\n'); line != "+PONG\r\n" {
		t.Errorf("the last one got %q, %v", line, err)
	}
	old.do("+PONG", "ping")
}

func TestMaxClientsFitsTheLimitOfFiles(t *testing.T) {
	p := startProcess(t, []string{childFiles + "100"}).ready()
	p.log.says(t, "the limit of open files is too low for maxclients", "limit=100", fmt.Sprint("maxclients=", 100-spareFiles))
	var all []*client
	for range 100 - spareFiles {
		all = append(all, mustDial(t, p.port))
	}
	c, err := dialTo(t, p.port)
	if err != nil {
		t.Fatal(err)
	}
	if got := c.line(); got != "-ERR max number of clients reached" {
		t.Error(got)
	}
	for _, c := range all {
		c.do("+PONG", "ping")
	}

	small := startProcess(t, []string{childFiles + strconv.Itoa(spareFiles)})
	small.ends(1)
	small.log.says(t, "limit of open files")
}
