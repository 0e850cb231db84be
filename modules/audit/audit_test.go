package audit_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ferrousdb/ferrous/core/coretest"
	"github.com/ferrousdb/ferrous/modules"
)

// entry is a line of the log.
type entry struct {
	Time, Event, User, From, Name, Command, Verdict, Error string
	Args, Keys                                             []string
	Client, DB, Events, Of                                 int64
	Unknown                                                bool
}

// brief is what a test compares: the rest of the arguments are of no interest.
func (e entry) brief() string {
	words := []string{e.Event, e.User, e.Command}
	if e.Keys != nil {
		words = append(words, fmt.Sprint("keys", e.Keys))
	}
	if e.Args != nil {
		words = append(words, fmt.Sprint(e.Args))
	}
	if e.Verdict != "" {
		words = append(words, e.Verdict)
	}
	code, _, _ := strings.Cut(e.Error, " ")
	return strings.Join(strings.Fields(strings.Join(append(words, code), " ")), " ")
}

// logged reads the file until it holds so many lines, and returns them.
func logged(t *testing.T, path string, n int) (entries []entry) {
	t.Helper()
	coretest.Eventually(t, fmt.Sprintf("%d lines in %s", n, path), func() bool {
		data, _ := os.ReadFile(path)
		return bytes.Count(data, []byte("\n")) >= n
	})
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(data) {
		var e entry
		if err := json.Unmarshal(line, &e); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if _, err := time.Parse(time.RFC3339Nano, e.Time); err != nil {
			t.Error(err)
		}
		entries = append(entries, e)
	}
	return entries
}

func briefs(entries []entry) (all []string) {
	for _, e := range entries {
		all = append(all, e.brief())
	}
	return all
}

func wantLines(t *testing.T, path string, want ...string) {
	t.Helper()
	got := briefs(logged(t, path, len(want)))
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func serve(t *testing.T, args ...string) *coretest.Server {
	return coretest.Serve(t, modules.Full(), append([]string{"--audit-log-file", "audit.log"}, args...)...)
}

// TestWhatIsNoted: who did what, and what came of it; no secret, and nothing that was not
// asked for.
func TestWhatIsNoted(t *testing.T) {
	s := serve(t, "--user", "alice", "on", ">secret", "~a*", "+@read", "+set", "+auth")
	c := s.Client()
	c.Want("SET k v", "OK") // neither reads nor writes are asked for
	c.Want("CONFIG SET requirepass sesame maxmemory-samples 6", "OK")
	c.Do("AUTH wrong")
	c.Want("AUTH alice secret", "OK")
	c.Do("SET b v")
	c.Do("AUHT sesame")
	c.Do("HELLO 3 AUTH alice wrong")
	c.Do("ACL SETUSER x >secret >")
	c.Do("FLUSHALL")
	c.Close()
	path := s.File("audit.log")
	want := []string{
		"connect default",
		"command default config|set [requirepass (redacted) maxmemory-samples 6] ok",
		"command default auth [(redacted)] error WRONGPASS",
		"command alice auth [(redacted) (redacted)] ok",
		"command alice set keys[b] refused NOPERM",
		"command alice AUHT refused ERR",
		"command alice hello [3 AUTH (redacted) (redacted)] error WRONGPASS",
		"command alice acl|setuser [(redacted) (redacted) (redacted)] refused NOPERM",
		"command alice flushall refused NOPERM",
		"disconnect alice",
	}
	wantLines(t, path, want...)
	entries := logged(t, path, len(want))
	if !entries[5].Unknown || entries[1].From == "" || entries[1].Client == 0 {
		t.Errorf("%+v", entries)
	}
	data, _ := os.ReadFile(path)
	if bytes.Contains(data, []byte("sesame")) || bytes.Contains(data, []byte("secret")) {
		t.Errorf("there is a secret in\n%s", data)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

// TestSelection: classes, users, how much of a command.
func TestSelection(t *testing.T) {
	s := serve(t, "--audit-log-events", "writes reads", "--audit-log-users", "-probe",
		"--user", "probe", "on", "nopass", "~*", "+@all")
	c, probe := s.Client(), s.Client()
	probe.Want("AUTH probe x", "OK")
	probe.Want("SET p 1", "OK")
	c.Want("SET a b", "OK")
	c.Want("MGET a b", "b (nil)")
	c.Want("PING", "PONG")
	c.Want("CONFIG SET audit-log-arguments all", "OK")
	c.Want("SET a value", "OK")
	c.Want("CONFIG SET audit-log-arguments none audit-log-users default", "OK")
	c.Want("GET a", "value")
	probe.Want("GET a", "value")
	c.Want("CONFIG SET audit-log-users probe", "OK")
	c.Want("GET a", "value")
	probe.Want("GET p", "1")
	probe.Want("MULTI", "OK")
	probe.Want("INCR p", "QUEUED")
	probe.Want("EXEC", "2")
	probe.Want("EVAL return(redis.call('incr','p')) 0", "3")
	wantLines(t, s.File("audit.log"),
		"command default set keys[a] ok",
		"command default mget keys[a b] ok",
		"command default set [a value] ok",
		"command default get ok",
		"command probe get ok",
		"command probe incr ok",
	)
	c.Want("CONFIG SET audit-log-events connections", "OK")
	c.Want("SET a b", "OK")
	s.Client().Close()
	probe.Close()
	got := briefs(logged(t, s.File("audit.log"), 7))
	if last := got[len(got)-1]; last != "disconnect probe" {
		t.Errorf("%q", got)
	}
}

// TestRotation: a file that was renamed away is made anew, and no line is lost.
func TestRotation(t *testing.T) {
	s := serve(t, "--audit-log-events", "writes")
	c := s.Client()
	path := s.File("audit.log")
	c.Want("SET a 1", "OK")
	wantLines(t, path, "command default set keys[a] ok")
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	c.Want("SET b 1", "OK")
	wantLines(t, path, "command default set keys[b] ok")
	c.Want("CONFIG SET audit-log-file other.log", "OK")
	c.Want("SET c 1", "OK")
	wantLines(t, s.File("other.log"), "command default set keys[c] ok")
	wantLines(t, path, "command default set keys[b] ok")
	if got := c.Args("CONFIG", "SET", "audit-log-file", ""); got != "OK" {
		t.Error(got)
	}
	c.WantInfo("audit_log_enabled", "0")
	c.Want("SET d 1", "OK")
	wantLines(t, s.File("other.log"), "command default set keys[c] ok")
}

// TestRequired: what cannot be noted is not done, if that is asked for.
func TestRequired(t *testing.T) {
	s := serve(t, "--audit-log-required", "yes", "--audit-log-events", "writes")
	c := s.Client()
	dir := filepath.Join(s.Dir, "d")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	c.Want("CONFIG SET audit-log-file d/log", "OK")
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	c.Want("SET a 1", "OK")
	c.AwaitInfo("audit_log_status", "err")
	if got := c.Do("SET a 2"); !strings.HasPrefix(got, "-MISCONF the audit log") {
		t.Error(got)
	}
	c.Want("CONFIG SET audit-log-required no", "OK") // administrators still come in
	c.Want("SET a 3", "OK")
	c.Want("CONFIG SET audit-log-required yes", "OK")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	c.Do("GET nothing")
	coretest.Eventually(t, "it is written again", func() bool { return c.Do("SET a 4") == "OK" || c.Do("CONFIG SET audit-log-file d/again") == "" })
	if got := c.Do("CONFIG SET audit-log-file /nonexistent/log"); !strings.HasPrefix(got, "-") {
		t.Error(got)
	}
}

// TestMany: many clients at once; each line is whole.
func TestMany(t *testing.T) {
	const clients, each = 8, 200
	s := serve(t, "--audit-log-events", "writes", "--io-threads", "4")
	var all sync.WaitGroup
	for i := range clients {
		c := s.Client()
		all.Go(func() {
			for j := range each {
				c.Want(fmt.Sprintf("SET k%d:%d v", i, j), "OK")
			}
		})
	}
	all.Wait()
	if got := len(logged(t, s.File("audit.log"), clients*each)); got != clients*each {
		t.Errorf("%d lines", got)
	}
}

// TestStrangeBytes: whatever is in a key, the line is JSON.
func TestStrangeBytes(t *testing.T) {
	s := serve(t, "--audit-log-events", "writes")
	c := s.Client()
	key := "\x00\"\\\n\xff\u20ac" + strings.Repeat("x", 200)
	fmt.Fprintf(c.Conn, "*3\r\n$3\r\nSET\r\n$%d\r\n%s\r\n$1\r\nv\r\n", len(key), key)
	if line, err := bufio.NewReader(c.Conn).ReadString('\n'); err != nil || line != "+OK\r\n" {
		t.Fatal(line, err)
	}
	e := logged(t, s.File("audit.log"), 1)[0]
	if want := "\x00\"\\\n\\xff\u20ac" + strings.Repeat("x", 120) + "..."; len(e.Keys) != 1 || e.Keys[0] != want {
		t.Errorf("%q, want %q", e.Keys, want)
	}
}

// BenchmarkGet is a pipelined GET, without the log, with what it notes by default, and with
// every read noted.
func BenchmarkGet(b *testing.B) {
	for _, c := range []struct{ name, file, events string }{
		{"off", "", "reads"}, {"default", "audit.log", "connections logins refusals admin"}, {"reads", "audit.log", "reads"},
	} {
		b.Run(c.name, func(b *testing.B) {
			s := coretest.Start(b, coretest.Options{Modules: modules.Full(), Args: []string{"--audit-log-file", c.file, "--audit-log-events", c.events, "--arena-poison", "no"}})
			client := s.Client()
			client.Want("SET k v", "OK")
			const batch = 100
			request := bytes.Repeat([]byte("*2\r\n$3\r\nGET\r\n$1\r\nk\r\n"), batch)
			reply := make([]byte, batch*len("$1\r\nv\r\n"))
			for b.Loop() {
				if _, err := client.Conn.Write(request); err != nil {
					b.Fatal(err)
				}
				for n := 0; n < len(reply); {
					m, err := client.Conn.Read(reply[n:])
					if err != nil {
						b.Fatal(err)
					}
					n += m
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*batch), "ns/GET")
		})
	}
}
