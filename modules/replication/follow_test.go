package replication_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ferrousdb/ferrous/core/coretest"
	"github.com/ferrousdb/ferrous/core/dump"
	"github.com/ferrousdb/ferrous/host"
	"github.com/ferrousdb/ferrous/modules"
)

// startTCP is start for a server that others can connect to, in a directory, which it
// returns with its port.
func startTCP(t testing.TB, dir string, args ...string) (s *server, port string) {
	t.Helper()
	port = coretest.FreePort(t)
	return start(t, append([]string{"--bind", "127.0.0.1", "--port", port, "--dir", dir}, args...)...), port
}

// follows waits until one server has all that another one has.
func follows(t testing.TB, replica, master *client) {
	t.Helper()
	coretest.Eventually(t, "the replica has what its master has", func() bool {
		return replica.Info("master_link_status") == "up" && replica.Info("master_repl_offset") == master.Info("master_repl_offset")
	})
	if a, b := master.do("DEBUG DIGEST"), replica.do("DEBUG DIGEST"); a != b {
		t.Errorf("the digests differ: %s and %s", a, b)
	}
}

// fill writes values of all types.
func (c *client) fill(salt string) {
	c.T.Helper()
	for _, line := range []string{
		"SELECT 0", "SET s" + salt + " v", "INCR n", "EXPIRE n 1000", "LPUSH l a b c", "RPOP l", "SADD set 1 2 3", "SPOP set", "ZADD z 1 a 2 b",
		"HSET h f v g w", "HINCRBYFLOAT h x 1.5", "PFADD hll a b", "SETBIT b 100 1", "XADD st" + salt + " 1-1 a b", "XADD st * c d",
		"SELECT 3", "SET k" + salt + " v EX 1000", "MULTI", "INCR a", "INCR b", "EXEC", "SELECT 0",
	} {
		if reply := c.do(line); strings.HasPrefix(reply, "-") {
			c.T.Fatalf("%s: %s", line, reply)
		}
	}
}

// TestFollow: a replica takes everything in, in each way of loading, follows, and
// refuses what is its master's.
func TestFollow(t *testing.T) {
	m, port := startTCP(t, t.TempDir())
	master := m.client()
	master.fill("1")
	for _, load := range []string{"disabled", "on-empty-db", "swapdb"} {
		t.Run(load, func(t *testing.T) {
			dir := t.TempDir()
			r, _ := startTCP(t, dir, "--repl-diskless-load", load)
			replica := r.client()
			replica.do("SET old 1")
			if load == "on-empty-db" {
				replica.do("FLUSHALL")
			}
			if got := replica.do("REPLICAOF 127.0.0.1 " + port); got != "OK" {
				t.Fatal(got)
			}
			follows(t, replica, master)
			master.fill("2" + load)
			follows(t, replica, master)
			for command, want := range map[string]string{
				"GET old": "(nil)", "SET k v": "-READONLY You can't write against a read only replica.", "GET s1": "v",
				"REPLICAOF 127.0.0.1 " + port: "OK Already connected to specified master",
				"ROLE":                        "slave 127.0.0.1 " + port + " connected " + master.Info("master_repl_offset"),
			} {
				if got := replica.do(command); got != want {
					t.Errorf("%s: %q, not %q", command, got, want)
				}
			}
			if _, err := os.Stat(filepath.Join(dir, "dump.rdb")); (err == nil) != (load == "disabled") {
				t.Errorf("the file of the dump: %v", err)
			}
			if left, _ := filepath.Glob(filepath.Join(dir, "temp-*")); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

// TestChainAndPromotion: a replica of a replica gets the very bytes; who becomes the
// master keeps its replicas without a full sync, and its former master can follow it.
func TestChainAndPromotion(t *testing.T) {
	a, aPort := startTCP(t, t.TempDir())
	b, bPort := startTCP(t, t.TempDir(), "--replicaof", "127.0.0.1 "+aPort)
	first, middle := a.client(), b.client()
	first.fill("1")
	follows(t, middle, first)
	c, _ := startTCP(t, t.TempDir(), "--replicaof", "127.0.0.1 "+bPort)
	last := c.client()
	follows(t, last, middle)
	first.fill("2")
	follows(t, last, first)
	if one, two := first.Info("master_replid"), last.Info("master_replid"); one != two {
		t.Errorf("the ends of the chain are at %s and %s", one, two)
	}
	old := middle.Info("master_replid")
	middle.do("REPLICAOF NO ONE")
	if got := middle.Info("master_replid2"); got != old {
		t.Errorf("the second id is %s, not %s", got, old)
	}
	first.do("REPLICAOF 127.0.0.1 " + bPort)
	middle.fill("3")
	follows(t, last, middle)
	follows(t, first, middle)
	if got := middle.Info("sync_full"); got != "1" {
		t.Errorf("%s full syncs of who was there before", got)
	}
	if got := middle.Info("sync_partial_ok"); got != "2" {
		t.Errorf("%s partial syncs", got)
	}
}

// TestKilledLink: a connection that is killed comes back, and goes on where it was.
func TestKilledLink(t *testing.T) {
	m, port := startTCP(t, t.TempDir())
	r, _ := startTCP(t, t.TempDir(), "--replicaof", "127.0.0.1 "+port)
	master, replica := m.client(), r.client()
	follows(t, replica, master)
	for i := range 3 {
		if got := replica.do("CLIENT LIST TYPE master"); !strings.Contains(got, " flags=M ") {
			t.Error("CLIENT LIST TYPE master: " + got)
		}
		if got := replica.do("CLIENT KILL TYPE master"); got != "1" {
			t.Errorf("killed %s", got)
		}
		master.fill(strconv.Itoa(i))
		follows(t, replica, master)
	}
	if full, partial := master.Info("sync_full"), master.Info("sync_partial_ok"); full != "1" || partial != "3" {
		t.Errorf("%s full syncs, %s partial ones", full, partial)
	}
	master.do("CONFIG RESETSTAT")
	if full, partial := master.Info("sync_full"), master.Info("sync_partial_ok"); full != "0" || partial != "0" {
		t.Errorf("after CONFIG RESETSTAT: %s full syncs, %s partial ones", full, partial)
	}
}

// TestRestart: a replica that starts from its dump, or from its log alone, goes on where
// it was; so do the replicas of a master that does.
func TestRestart(t *testing.T) {
	for _, keep := range [][]string{{"--appendonly", "no"}, {"--appendonly", "yes"}, {"--appendonly", "yes", "--aof-use-rdb-preamble", "no"}} {
		for _, which := range []string{"replica", "master"} {
			t.Run(strings.Join(keep, " ")+" "+which, func(t *testing.T) {
				dirs := map[string]string{"master": t.TempDir(), "replica": t.TempDir()}
				port := coretest.FreePort(t)
				run := func(who string) *server {
					args := append([]string{"--bind", "127.0.0.1", "--port", port, "--dir", dirs[who]}, keep...)
					if who == "replica" {
						args = append(append([]string{}, keep...), "--dir", dirs[who], "--replicaof", "127.0.0.1 "+port)
					}
					return start(t, args...)
				}
				all := map[string]*server{"master": run("master")}
				all["replica"] = run("replica")
				all["master"].client().fill("1")
				follows(t, all["replica"].client(), all["master"].client())
				if keep[1] == "yes" {
					coretest.Eventually(t, "the log has begun", func() bool {
						c := all["replica"].client()
						return c.Info("aof_rewrite_in_progress") == "0" && c.Info("aof_rewrite_scheduled") == "0"
					})
				}
				all["master"].client().fill("2")
				follows(t, all["replica"].client(), all["master"].client())
				if keep[1] == "no" {
					if got := all[which].client().do("SAVE"); got != "OK" {
						t.Fatal(got)
					}
				}
				all[which].Stop()
				all[which] = run(which)
				master, replica := all["master"].client(), all["replica"].client()
				coretest.Eventually(t, "they meet again", func() bool { return replica.Info("master_link_status") == "up" })
				master.fill("3")
				follows(t, replica, master)
				full := map[string]string{"replica": "1", "master": "0"}[which]
				if got := master.Info("sync_full"); got != full {
					t.Errorf("%s full syncs, not %s\n%s", got, full, all["master"].Log)
				}
			})
		}
	}
}

// TestBlockedClients: who waits for data to change is told that they are somebody
// else's now.
func TestBlockedClients(t *testing.T) {
	s, _ := startTCP(t, t.TempDir())
	c, waits := s.client(), s.client()
	waits.SendAll("BLPOP k 0")
	coretest.Eventually(t, "it waits", func() bool { return c.Info("blocked_clients") == "1" })
	c.do("REPLICAOF 127.0.0.1 " + coretest.FreePort(t))
	if got, want := waits.Reply(), "-UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)"; got != want {
		t.Errorf("%q", got)
	}
	waits.ended()
}

// TestStaleData: without its master a replica answers from what it has, or does not.
func TestStaleData(t *testing.T) {
	s, _ := startTCP(t, t.TempDir())
	c := s.client()
	c.do("SET k v")
	c.do("REPLICAOF 127.0.0.1 " + coretest.FreePort(t))
	const down = "-MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'."
	for _, row := range [][3]string{{"yes", "GET k", "v"}, {"no", "GET k", down}, {"no", "PING", down}, {"no", "CONFIG SET replica-priority 1", "OK"}, {"yes", "GET k", "v"}} {
		c.do("CONFIG SET replica-serve-stale-data " + row[0])
		if got := c.do(row[1]); got != row[2] {
			t.Errorf("%v: %q", row, got)
		}
	}
	c.do("CONFIG SET replica-serve-stale-data no")
	c.do("REPLICAOF NO ONE")
	if got := c.do("GET k"); got != "v" {
		t.Errorf("a master answers %q", got)
	}
}

// TestLocalKeys: what clients let expire on a replica that they may write to, the
// replica deletes itself, and nothing else.
func TestLocalKeys(t *testing.T) {
	m, port := startTCP(t, t.TempDir())
	r, _ := startTCP(t, t.TempDir(), "--replicaof", "127.0.0.1 "+port, "--replica-read-only", "no")
	master, replica := m.client(), r.client()
	master.do("DEBUG SET-ACTIVE-EXPIRE 0")
	master.do("SET theirs v PX 20")
	follows(t, replica, master)
	if got := replica.do("SET ours v PX 20"); got != "OK" {
		t.Fatal(got)
	}
	coretest.Eventually(t, "both have expired", func() bool { return replica.do("EXISTS theirs ours") == "0" })
	coretest.Eventually(t, "one is deleted", func() bool { return replica.do("DBSIZE") == "1" })
	if got := replica.do("APPEND theirs w"); got != "1" { // a write meets what is not there
		t.Errorf("appended to %s bytes", got)
	}
}

// redis starts a redis-server, if there is one.
func redis(t *testing.T, args ...string) *client {
	t.Helper()
	path, err := exec.LookPath("redis-server")
	if err != nil {
		t.Skip("there is no redis-server")
	}
	sock := filepath.Join(t.TempDir(), "s")
	cmd := exec.Command(path, append([]string{"--unixsocket", sock, "--dir", t.TempDir(), "--save", "", "--repl-diskless-sync-delay", "0", "--enable-debug-command", "yes"}, args...)...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return &client{coretest.Dial(t, sock)}
}

// TestOracleMaster follows a redis-server, to the same digest, with and without a file
// on its side.
func TestOracleMaster(t *testing.T) {
	for _, diskless := range []string{"yes", "no"} {
		port := coretest.FreePort(t)
		master := redis(t, "--bind", "127.0.0.1", "--port", port, "--repl-diskless-sync", diskless)
		master.fill("1")
		r, _ := startTCP(t, t.TempDir(), "--replicaof", "127.0.0.1 "+port)
		replica := r.client()
		follows(t, replica, master)
		master.do("CLIENT KILL TYPE replica")
		master.fill("2")
		follows(t, replica, master)
		if got := master.Info("sync_partial_ok"); got != "1" {
			t.Errorf("%s partial syncs", got)
		}
	}
}

// scripted is a master that does what a test says with each connection.
func scripted(t *testing.T, each func(n int, c net.Conn, r *bufio.Reader)) (port string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() {
		l.Close()
		<-done
	})
	go func() {
		defer close(done)
		for n := 0; ; n++ {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
			each(n, conn, bufio.NewReader(conn))
			conn.Close()
		}
	}()
	_, port, _ = net.SplitHostPort(l.Addr().String())
	return port
}

// heard reads a request.
func heard(r *bufio.Reader) (words []string, err error) {
	line, err := r.ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "*") {
		return []string{strings.TrimSpace(line)}, err
	}
	n, _ := strconv.Atoi(strings.TrimSpace(line[1:]))
	for range n {
		size, err := r.ReadString('\n')
		if err != nil {
			return nil, err
		}
		k, _ := strconv.Atoi(strings.TrimSpace(size[1:]))
		b := make([]byte, k+2)
		if _, err := io.ReadFull(r, b); err != nil {
			return nil, err
		}
		words = append(words, string(b[:k]))
	}
	return words, nil
}

// someDump is a dump with one key.
func someDump(t *testing.T) string { return dumpWith(t, nil) }

// dumpWith is a dump with one key, and with auxiliary fields.
func dumpWith(t *testing.T, aux []dump.Pair) string {
	t.Helper()
	srv, err := host.Start(host.Options{Modules: modules.Full(), Args: []string{"--port", "0", "--save", ""}, Pipes: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Stop()
	srv.Pipe(0).Exchange(nil, []byte("SET synced 1\r\n"))
	s := srv.Keyspace().Capture()
	defer s.End()
	var b bytes.Buffer
	if _, err := dump.Save(context.Background(), &b, srv.Registry(), s, dump.SaveOptions{Checksum: true, Aux: aux}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestCutEverywhere: the connection breaks after each number of bytes of what a master
// sends, from its first to the last of its stream. Whatever came, the next connections
// make the replica whole; a unit is never played in part, and nothing twice.
func TestCutEverywhere(t *testing.T) {
	const stream = "*2\r\n$6\r\nSELECT\r\n$1\r\n2\r\n*2\r\n$4\r\nINCR\r\n$1\r\nn\r\n*1\r\n$5\r\nMULTI\r\n*2\r\n$4\r\nINCR\r\n$1\r\na\r\n*2\r\n$4\r\nINCR\r\n$1\r\nb\r\n*1\r\n$4\r\nEXEC\r\n"
	id, mark, data := strings.Repeat("a", 40), strings.Repeat("m", 40), someDump(t)
	const from = 100 // the offset of the dump
	for _, style := range []string{"disabled", "swapdb"} {
		head, tail := fmt.Sprintf("$%d\r\n", len(data)), ""
		if style == "swapdb" {
			head, tail = "$EOF:"+mark+"\r\n", mark
		}
		sync := "+FULLRESYNC " + id + " " + strconv.Itoa(from) + "\r\n\n" + head + data + tail
		greeting := len("+PONG\r\n+OK\r\n+OK\r\n")
		var cut atomic.Int64     // bytes of what is sent to a connection
		ended := make(chan bool) // says whether the stream has come whole
		port := scripted(t, func(_ int, c net.Conn, r *bufio.Reader) {
			left, done := int(cut.Load()), false
			defer func() {
				c.Close()
				select {
				case ended <- done:
				case <-t.Context().Done():
				}
			}()
			say := func(text string) bool {
				n := min(len(text), left)
				left -= n
				_, err := io.WriteString(c, text[:n])
				return err == nil && n == len(text)
			}
			for ok := true; ok; {
				words, err := heard(r)
				switch {
				case err != nil:
					return
				case words[0] == "PING":
					ok = say("+PONG\r\n")
				case words[0] == "PSYNC" && words[1] == id:
					at, _ := strconv.Atoi(words[2])
					if at -= from + 1; at < 0 || at > len(stream) {
						t.Errorf("it asks for %v", words)
						return
					}
					if left = max(int(cut.Load())-greeting-len(sync), 0) - at; left < 0 {
						t.Errorf("it is beyond what it was sent, with %v", words)
						return
					}
					_, _ = io.WriteString(c, "+CONTINUE\r\n")
					ok = say(stream[at:])
				case words[0] == "PSYNC":
					ok = say(sync)
				case words[1] == "ACK" && words[2] == strconv.Itoa(from+len(stream)):
					done = true
					return
				case words[1] == "ACK" && words[2] == strconv.Itoa(from):
					ok = say(stream)
				case words[1] != "ACK":
					ok = say("+OK\r\n")
				}
			}
		})
		s, _ := startTCP(t, t.TempDir(), "--repl-diskless-load", style)
		c := s.client()
		c.do("REPLICAOF 127.0.0.1 " + port)
		for done := false; !done; {
			synced := int(cut.Load()) >= greeting+len(sync)
			if n := cut.Add(1); int(n) > greeting+20 && !synced {
				cut.Add(int64(len(data) / 8)) // the dump is no finer than that
			}
			if done = <-ended; !done && !synced { // it would wait a second
				for _, to := range []string{"1", port} {
					coretest.Eventually(t, "it is not loading any more", func() bool { return strings.HasPrefix(c.do("REPLICAOF 127.0.0.1 "+to), "OK") })
				}
			}
		}
		c.do("SELECT 2")
		if got := c.do("MGET n a b"); got != "1 1 1" {
			t.Errorf("%s: played %s times", style, got)
		}
		c.do("SELECT 0")
		if got := c.do("GET synced"); got != "1" {
			t.Errorf("%s: the dump has %q", style, got)
		}
		c.SendAll("SHUTDOWN NOSAVE")
	}
}
