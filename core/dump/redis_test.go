package dump_test

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
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ferrousdb/ferrous/core/dump"
)

// redis is a real server of the test's own.
type redis struct {
	t    *testing.T
	dir  string
	conn net.Conn
	in   *bufio.Reader
}

// startRedis starts a server on a directory, where it loads dump.rdb if there is
// one.
func startRedis(t *testing.T, dir string, args ...string) *redis {
	t.Helper()
	path, err := exec.LookPath("redis-server")
	if err != nil {
		t.Skip("no redis-server here")
	}
	socket := filepath.Join(dir, "s")
	cmd := exec.Command(path, append([]string{
		"--port", "0", "--unixsocket", socket, "--save", "", "--dir", dir, "--enable-debug-command", "yes",
		"--logfile", filepath.Join(dir, "log"),
	}, args...)...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	exited := make(chan struct{})
	go func() { _ = cmd.Wait(); close(exited) }()
	t.Cleanup(func() { _ = cmd.Process.Kill(); <-exited })
	r := &redis{t: t, dir: dir}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		if r.conn, err = net.Dial("unix", socket); err == nil {
			break
		}
		select {
		case <-exited:
			log, _ := os.ReadFile(filepath.Join(dir, "log"))
			t.Fatalf("redis-server has ended: %s", log)
		default:
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { r.conn.Close() })
	r.in = bufio.NewReader(r.conn)
	return r
}

// do runs a command given as words, and returns a simple reply or a bulk string.
func (r *redis) do(format string, args ...any) string {
	r.t.Helper()
	words := strings.Fields(fmt.Sprintf(format, args...))
	var b bytes.Buffer
	fmt.Fprintf(&b, "*%d\r\n", len(words))
	for _, w := range words {
		fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(w), w)
	}
	if _, err := r.conn.Write(b.Bytes()); err != nil {
		r.t.Fatal(err)
	}
	return r.reply(words)
}

func (r *redis) reply(words []string) string {
	r.t.Helper()
	line, err := r.in.ReadString('\n')
	if err != nil {
		r.t.Fatal(err)
	}
	n, _ := strconv.Atoi(strings.TrimSpace(line[1:]))
	switch line[0] {
	case '-':
		r.t.Fatalf("%q: %s", words, line)
	case '$':
		b := make([]byte, n+2)
		if _, err := io.ReadFull(r.in, b); err != nil {
			r.t.Fatal(err)
		}
		return string(b[:n])
	case '*':
		for range n {
			r.reply(words)
		}
	}
	return strings.TrimSpace(line[1:])
}

// saved is what the server writes.
func (r *redis) saved() []byte {
	r.t.Helper()
	r.do("save")
	b, err := os.ReadFile(filepath.Join(r.dir, "dump.rdb"))
	if err != nil {
		r.t.Fatal(err)
	}
	return b
}

// fillRedis makes data of every encoding; without members that expire and small
// sets of words, which only newer versions know.
func fillRedis(r *redis) {
	r.do("set int 12345")
	r.do("set negative -7")
	r.do("set 32 1234567890")
	r.do("set long 1234567890123")
	r.do("set embstr hello")
	r.do("set raw %s", strings.Repeat("abcdefgh", 40))
	r.do("set expires v px 10000000")
	r.do("debug set-active-expire 0")
	r.do("set gone v px 1")
	r.do("rpush list a b c 1 2 3 -5 70000 12345678901")
	r.do("sadd ints 1 2 3")
	r.do("sadd ints32 1 2 70000")
	r.do("sadd ints64 1 2 12345678901")
	r.do("hset hash f v g 2")
	r.do("zadd zset 1 a 2.5 b -inf c 1e300 d")
	for i := range 700 {
		r.do("rpush biglist %d element:%d %s", i, i, strings.Repeat("x", i%300))
		r.do("sadd bigset m%d %d", i, i)
		r.do("hset bighash f%d %d", i, i)
		r.do("zadd bigzset %d.5 member:%d", i*7%13, i)
	}
	r.do("rpush plain %s %s", strings.Repeat("p", 10000), strings.Repeat("q", 20000))
	r.do("select 5")
	for i := range 300 {
		r.do("set key:%d %d", i, i)
	}
	r.do("select 0")
}

// older makes a dump one of version 10, if that is the newest that the server
// reads.
func older(b, theirs []byte) []byte {
	if !bytes.HasPrefix(theirs, []byte("REDIS0010")) {
		return b
	}
	b = slices.Clone(b[:len(b)-8])
	copy(b, "REDIS0010")
	return crc(b)
}

// What Redis writes is read here, and what is written here is read by Redis, to
// the same data.
func TestBothWays(t *testing.T) {
	redis := startRedis(t, t.TempDir())
	fillRedis(redis)
	time.Sleep(5 * time.Millisecond) // the time of a key passes
	theirs := redis.saved()
	redis.do("exists gone") // deletes it; the dump has it
	want := redis.do("debug digest")

	here := newRig(t, registry(t))
	nowMillis := time.Now().UnixMilli()
	res, err := here.load(theirs, dump.LoadOptions{Checksum: true, Now: nowMillis})
	if err != nil {
		t.Fatal(err)
	}
	if res.Keys != 318 || res.Expired != 1 {
		t.Errorf("%+v", res)
	}
	ours := older(here.save(dump.SaveOptions{Checksum: true, RedisVersion: "7.2.4", Now: nowMillis}), theirs)

	dir := t.TempDir()
	name := filepath.Join(dir, "dump.rdb")
	if err := os.WriteFile(name, ours, 0o600); err != nil {
		t.Fatal(err)
	}
	if check, err := exec.LookPath("redis-check-rdb"); err == nil {
		if out, err := exec.Command(check, name).CombinedOutput(); err != nil {
			t.Errorf("redis-check-rdb: %v, %s", err, out)
		}
	}
	if got := startRedis(t, dir, "--sanitize-dump-payload", "yes").do("debug digest"); got != want {
		t.Errorf("Redis has the digest %s of what was %s", got, want)
	}
}

// A stream, with its groups and their consumers, is passed over to its end; it
// cannot be brought in.
func TestRedisStreams(t *testing.T) {
	redis := startRedis(t, t.TempDir())
	redis.do("set before v")
	for i := range 500 {
		redis.do("xadd stream %d-%d field value%d", i+1, i, i)
	}
	redis.do("xadd empty 1-1 a b")
	redis.do("xdel empty 1-1")
	redis.do("xgroup create stream g1 0")
	redis.do("xgroup create stream g2 5-0")
	redis.do("xreadgroup group g1 c1 count 100 streams stream >")
	redis.do("xreadgroup group g1 c2 count 50 streams stream >")
	redis.do("xreadgroup group g2 c3 count 10 streams stream >")
	redis.do("set zafter v")
	b := redis.saved()
	reg := registry(t)
	for _, decode := range []bool{false, true} {
		rep, err := dump.Scan(context.Background(), bytes.NewReader(b), int64(len(b)), reg, dump.ScanOptions{Checksum: true, Decode: decode})
		if err != nil || rep.Keys != 4 || rep.Types["string"] != 2 || len(rep.Types) != 2 {
			t.Errorf("%+v, %v", rep, err)
		}
	}
	r := newRig(t, reg)
	_, err := r.load(b, dump.LoadOptions{Checksum: true})
	if err == nil || !strings.Contains(err.Error(), `no module of this server loads RDB type 19, a stream`) {
		t.Error(err)
	}
}
