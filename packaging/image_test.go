package packaging

import (
	"debug/elf"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// built is the program, once for all tests.
var built struct {
	once sync.Once
	dir  string
	out  string
	err  error
}

// TestMain removes what was built.
func TestMain(m *testing.M) {
	status := m.Run()
	if built.dir != "" {
		os.RemoveAll(built.dir)
	}
	os.Exit(status)
}

// goBuild is the line of the Dockerfile that builds.
var goBuild = regexp.MustCompile(`(?m)^RUN (CGO_ENABLED=0) GOOS=\$TARGETOS GOARCH=\$TARGETARCH go (build .*) -o /out/ferrous \./cmd/\$PROGRAM$`)

// program builds the program as the Dockerfile says and returns its path.
func program(t *testing.T) string {
	t.Helper()
	m := goBuild.FindStringSubmatch(read(t, "docker/Dockerfile"))
	if m == nil {
		t.Fatal("the Dockerfile does not build as expected")
	}
	built.once.Do(func() {
		if built.dir, built.err = os.MkdirTemp("", "ferrous-packaging"); built.err != nil {
			return
		}
		cmd := exec.Command("sh", "-c", "go "+m[2]+" -o "+filepath.Join(built.dir, "ferrous")+" ./cmd/ferrous")
		cmd.Dir, cmd.Env = top, append(os.Environ(), m[1], "GOWORK=off")
		out, err := cmd.CombinedOutput()
		built.out, built.err = string(out), err
	})
	if built.err != nil {
		t.Fatal(built.err, built.out)
	}
	return filepath.Join(built.dir, "ferrous")
}

// instruction returns what follows a word in the last stage of the Dockerfile.
func instruction(t *testing.T, word string) string {
	t.Helper()
	_, stage, _ := strings.Cut(read(t, "docker/Dockerfile"), "\nFROM scratch\n")
	m := regexp.MustCompile(`(?m)^` + word + ` (.*)$`).FindStringSubmatch(stage)
	if m == nil {
		t.Fatalf("the Dockerfile has no %s", word)
	}
	return m[1]
}

// TestImage does without docker what the Dockerfile says: the program alone in an empty
// root serves as the image's user, and its health check finds it healthy, and not any more
// when it has ended.
func TestImage(t *testing.T) {
	bin := program(t)
	f, err := elf.Open(bin)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			t.Fatal("the program needs a dynamic linker, which scratch has not")
		}
	}
	var entry, check []string
	if err := json.Unmarshal([]byte(instruction(t, "ENTRYPOINT")), &entry); err != nil {
		t.Fatal(err)
	}
	_, health, _ := strings.Cut(instruction(t, "HEALTHCHECK"), "CMD ")
	if err := json.Unmarshal([]byte(health), &check); err != nil {
		t.Fatal(err)
	}
	var uid, gid uint32
	if _, err := fmt.Sscanf(instruction(t, "USER"), "%d:%d", &uid, &gid); err != nil || uid == 0 {
		t.Fatal("the image's user is root, or has a name: ", err)
	}
	if os.Getuid() != 0 {
		t.Skip("only root may change the root directory")
	}
	root := t.TempDir()
	for dir := root; dir != "/"; dir = filepath.Dir(dir) { // the image's user has to come in
		if strings.HasPrefix(dir, os.TempDir()) && dir != os.TempDir() {
			_ = os.Chmod(dir, 0o755)
		}
	}
	data, err := os.ReadFile(bin)
	if err == nil {
		err = os.WriteFile(filepath.Join(root, "ferrous"), data, 0o755)
	}
	if err == nil {
		err = os.Mkdir(filepath.Join(root, "data"), 0o755)
	}
	if err == nil {
		err = os.Chown(filepath.Join(root, "data"), int(uid), int(gid))
	}
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	inside := func(args ...string) *exec.Cmd {
		cmd := exec.Command(args[0], args[1:]...)
		cmd.Dir = instruction(t, "WORKDIR")
		cmd.Env = []string{instruction(t, "ENV"), fmt.Sprint("FERROUS_PORT=", port), "FERROUS_BIND=127.0.0.1", "FERROUS_APPENDONLY=yes"}
		cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: root, Credential: &syscall.Credential{Uid: uid, Gid: gid}}
		return cmd
	}
	server := inside(entry...)
	var log strings.Builder
	server.Stdout, server.Stderr = &log, &log
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Wait() }()
	defer func() { _ = server.Process.Kill() }()
	for {
		out, err := inside(check...).CombinedOutput()
		if err == nil && strings.TrimSpace(string(out)) == "PONG" {
			break
		}
		select {
		case err := <-ended:
			t.Fatalf("%v\n%s", err, &log)
		case <-time.After(50 * time.Millisecond):
		}
		if d, ok := t.Deadline(); ok && time.Until(d) < 10*time.Second {
			t.Fatalf("it never is healthy: %v\n%s", err, out)
		}
	}
	if _, err := os.Stat(filepath.Join(root, "data", "appendonlydir")); err != nil {
		t.Error("the data are not where the volume is: ", err)
	}
	_ = server.Process.Signal(syscall.SIGTERM)
	if err := <-ended; err != nil {
		t.Errorf("%v\n%s", err, &log)
	}
	if out, err := inside(check...).CombinedOutput(); err == nil {
		t.Errorf("it has ended, and is healthy: %s", out)
	}
}
