package modules

import (
	"bytes"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/host"
	"github.com/ferrousdb/ferrous/modules/absent"
)

// TestCheckSaysWhatIsMissing: "check" calls no file fit that the same server then
// refuses to load, and names the type or the command that it lacks.
func TestCheckSaysWhatIsMissing(t *testing.T) {
	without := func(names ...string) []core.Module {
		return slices.DeleteFunc(Full(), func(m core.Module) bool { return slices.Contains(names, m.Name()) })
	}
	for _, log := range []string{"no", "yes"} {
		dir := t.TempDir()
		args := []string{"--port", "0", "--dir", dir, "--appendonly", "yes", "--save", ""}
		file := filepath.Join(dir, "appendonlydir", "appendonly.aof.manifest")
		if log == "no" {
			args[5], file = "no", filepath.Join(dir, "dump.rdb")
		}
		fill := "SET a 1\r\nPFADD h 1\r\nSADD s x\r\nXADD x * f v\r\n"
		if log == "no" {
			fill += "SAVE\r\n"
		}
		socket := filepath.Join(dir, "s")
		srv, err := host.Start(host.Options{Modules: Full(), Args: append(args, "--unixsocket", socket)})
		if err != nil {
			t.Fatal(err)
		}
		conn, err := net.Dial("unix", socket)
		if err == nil {
			_, err = conn.Write([]byte(fill + "QUIT\r\n"))
		}
		if err != nil {
			t.Fatal(err)
		}
		if out, err := io.ReadAll(conn); err != nil || bytes.Contains(out, []byte("-ERR")) {
			t.Fatalf("%s, %v", out, err)
		}
		conn.Close()
		srv.Stop()
		for _, c := range []struct {
			set  []core.Module
			want string // "" for nothing
			in   string // the module that has it, as the error says
		}{
			{Full(), "", ""}, {without("pubsub", "geo"), "", ""},
			{without("streams"), "stream", ""}, {without("sets", "geo"), "set", ""},
			{append(without("streams"), absent.New("ferrous", without("streams"))), "stream", "(it is in the module streams, which is not linked in)"},
		} {
			err := checkWith(t, c.set, file)
			srv, startErr := host.Start(host.Options{Modules: c.set, Args: args})
			if startErr == nil {
				srv.Stop()
			}
			if (err == nil) != (startErr == nil) {
				t.Errorf("appendonly %s, want %q: the check says %v, the start %v", log, c.want, err, startErr)
			}
			command := map[string]string{"stream": "XADD", "set": "SADD"}[c.want]
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), ", a "+c.want+" ") && !strings.Contains(err.Error(), "'"+command+"'") {
				t.Errorf("appendonly %s: %v, want it to name %q", log, err, c.want)
			}
			if err != nil && !strings.Contains(err.Error(), c.in) {
				t.Errorf("appendonly %s: %v, want it to say %q", log, err, c.in)
			}
		}
	}
}

// checkWith checks a file as a server of these modules does.
func checkWith(t *testing.T, set []core.Module, file string) error {
	t.Helper()
	srv, err := host.Start(host.Options{Modules: set, Args: []string{"--port", "0", "--dir", t.TempDir(), "--save", ""}})
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Stop()
	head, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range srv.Registry().Checkers() {
		if c.Knows(file, head[:min(len(head), 512)]) {
			return c.Check(file, core.CheckOptions{Out: io.Discard, Registry: srv.Registry(), Progress: func(int64, int64) {}})
		}
	}
	t.Fatal("nobody knows ", file)
	return nil
}
