package backup_test

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/coretest"
	"github.com/ferrousdb/ferrous/host"
	"github.com/ferrousdb/ferrous/modules/acl"
	"github.com/ferrousdb/ferrous/modules/aof"
	"github.com/ferrousdb/ferrous/modules/backup"
	"github.com/ferrousdb/ferrous/modules/connection"
	"github.com/ferrousdb/ferrous/modules/hashes"
	"github.com/ferrousdb/ferrous/modules/keys"
	"github.com/ferrousdb/ferrous/modules/lists"
	"github.com/ferrousdb/ferrous/modules/rdb"
	"github.com/ferrousdb/ferrous/modules/server"
	strs "github.com/ferrousdb/ferrous/modules/strings"
	"github.com/ferrousdb/ferrous/modules/transactions"
)

func modules() []core.Module {
	return []core.Module{
		connection.New(), keys.New(), server.New(), strs.New(), lists.New(), hashes.New(), transactions.New(), acl.New(),
		rdb.New(), aof.New(), backup.New(),
	}
}

// tool runs the program with a word, and returns the exit status with what it says.
func tool(args ...string) (int, string) {
	var out bytes.Buffer
	status := host.Command(modules(), args, nil, strings.NewReader(""), &out, &out)
	return status, out.String()
}

func mustRun(t *testing.T, want string, args ...string) string {
	t.Helper()
	status, text := tool(args...)
	if status != 0 || !strings.Contains(text, want) {
		t.Fatalf("%q: %d, %s", args, status, text)
	}
	return text
}

func mustFail(t *testing.T, want string, args ...string) {
	t.Helper()
	if status, text := tool(args...); status != 1 || !strings.Contains(text, want) {
		t.Errorf("%q: %d, %s", args, status, text)
	}
}

func keyFile(t *testing.T) string {
	t.Helper()
	key := make([]byte, 32)
	_, _ = rand.Read(key)
	path := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(path, []byte(hex.EncodeToString(key)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func fill(c *coretest.Client) {
	c.Want("SET a 1", "OK")
	c.Want("SET b 2 EX 1000", "OK")
	c.Want("HSET h f v", "1")
	c.Want("RPUSH l x y z", "3")
	c.Want("SELECT 3", "OK")
	c.Want("SET in3 yes", "OK")
	c.Want("SELECT 0", "OK")
}

func check(t *testing.T, c *coretest.Client) {
	t.Helper()
	c.Want("GET a", "1")
	c.Want("HGET h f", "v")
	c.Want("LRANGE l 0 -1", "x y z")
	c.Want("DBSIZE", "4")
	if ttl := c.Do("TTL b"); ttl != "1000" && !strings.HasPrefix(ttl, "9") {
		t.Errorf("TTL %s", ttl)
	}
	c.Want("SELECT 3", "OK")
	c.Want("GET in3", "yes")
}

// TestThereAndBack: a backup into a directory, with every form, comes back into a server
// that keeps its data in any way.
func TestThereAndBack(t *testing.T) {
	for _, c := range []struct{ compression, log string }{{"none", "no"}, {"gzip", "yes"}, {"zstd", "no"}, {"zstd", "yes"}} {
		for _, key := range []string{"", keyFile(t)} {
			t.Run(fmt.Sprint(c, key != ""), func(t *testing.T) {
				to := t.TempDir()
				s := coretest.Serve(t, modules(), "--backup-to", to, "--backup-compression", c.compression, "--backup-key-file", key)
				client := s.Client()
				fill(client)
				name := client.Must("BACKUP NOW WAIT")
				client.Want("SET a later", "OK")
				client.WantInfo("backups_made", "1", "backup_last_status", "ok", "backup_last_name", name, "backup_last_keys", "5", "backup_in_progress", "0")
				if got := client.Must("BACKUP LIST"); !strings.HasPrefix(got, "name "+name+" bytes ") {
					t.Errorf("BACKUP LIST: %s", got)
				}
				dir := t.TempDir()
				config := []string{"--dir", dir, "--backup-to", to, "--backup-key-file", key, "--appendonly", c.log, "--port", "0"}
				mustRun(t, name, append([]string{"restore", "--list"}, config...)...)
				mustRun(t, "whole and sound, 5 keys", append([]string{"restore", "--check", name}, config...)...)
				if left, _ := os.ReadDir(dir); len(left) != 0 {
					t.Errorf("--check has left %v", left)
				}
				mustRun(t, "start the server", append([]string{"restore"}, config...)...)
				back := coretest.Start(t, coretest.Options{Modules: modules(), Dir: dir, Args: []string{"--appendonly", c.log}})
				check(t, back.Client())
				back.Stop()
				mustFail(t, "there are data already", append([]string{"restore"}, config...)...)
				mustRun(t, "what was there is now", append([]string{"restore", "--force", filepath.Join(to, name)}, config...)...)
				again := coretest.Start(t, coretest.Options{Modules: modules(), Dir: dir, Args: []string{"--appendonly", c.log}})
				check(t, again.Client())
			})
		}
	}
}

// TestRestoreVerifies: of what is damaged, or another's, nothing is brought back.
func TestRestoreVerifies(t *testing.T) {
	to, dir, key := t.TempDir(), t.TempDir(), keyFile(t)
	s := coretest.Serve(t, modules(), "--backup-to", to, "--backup-key-file", key)
	c := s.Client()
	fill(c)
	name := c.Must("BACKUP NOW WAIT")
	path := filepath.Join(to, name)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	config := []string{"--dir", dir, "--port", "0", "--backup-to", to, "--backup-key-file"}
	mustFail(t, "the key is another", append([]string{"restore", name}, append(config, keyFile(t))...)...)
	mustFail(t, "backup-key-file has to name the key", append([]string{"restore", name}, append(config, "")...)...)
	mustFail(t, "hexadecimal digits", append([]string{"restore", name}, append(config, path)...)...)
	data[len(data)-1] ^= 1
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	mustFail(t, "the backup is damaged", append([]string{"restore"}, append(config, key)...)...)
	if err := os.WriteFile(path, data[:len(data)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	mustFail(t, "its end is missing", append([]string{"restore"}, append(config, key)...)...)
	mustFail(t, "no backup of the server", append([]string{"restore", "--from", "other"}, append(config, key)...)...)
	mustFail(t, "backup-to is not set", "restore", "--dir", dir, "--port", "0")
	mustFail(t, "a server runs at", append([]string{"restore", "--unixsocket", s.Addr("unix").String()}, append(config, key)...)...)
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("there is something now: %v", left)
	}
}

// TestFailures: what fails is told, and never counts as a backup.
func TestFailures(t *testing.T) {
	s := coretest.Serve(t, modules())
	c := s.Client()
	c.Want("BACKUP NOW", "-ERR backup-to is not set: there is nowhere to put a backup")
	to := filepath.Join(s.Dir, "none")
	c.Want("CONFIG SET backup-to "+to, "OK")
	if got := c.Do("BACKUP NOW WAIT"); !strings.HasPrefix(got, "-ERR the backup has failed: ") {
		t.Error(got)
	}
	c.WantInfo("backups_failed", "1", "backup_last_status", "err")
	if err := os.Mkdir(to, 0o700); err != nil {
		t.Fatal(err)
	}
	c.Must("BACKUP NOW WAIT")
	c.WantInfo("backups_made", "1", "backup_last_status", "ok")
	c.Want("CONFIG SET backup-key-file none", "OK")
	if got := c.Do("BACKUP NOW"); !strings.HasPrefix(got, "-ERR backup-key-file: ") {
		t.Error(got)
	}
	c.Want("BACKUP CANCEL", "-ERR no backup is in progress")
	c.Want("BACKUP NOW NOW", "-ERR syntax error")
	for param, bad := range map[string]string{"backup-to": "ftp://x", "backup-schedule": "never", "backup-name": "a/b"} {
		if got := c.Do("CONFIG SET %s %s", param, bad); !strings.HasPrefix(got, "-ERR CONFIG SET failed") {
			t.Errorf("%s: %s", param, got)
		}
	}
}

// TestBackupTool: "ferrous backup" asks the server that runs.
func TestBackupTool(t *testing.T) {
	s := coretest.Serve(t, modules(), "--requirepass", "secret", "--backup-to", t.TempDir())
	own := []string{"backup", "--port", "0", "--unixsocket", s.Addr("unix").String(), "--requirepass"}
	text := mustRun(t, ".ferrousbackup, ", append(own, "secret")...)
	c := s.Client()
	c.Want("AUTH secret", "OK")
	c.WantInfo("backups_made", "1", "backup_last_name", strings.Split(text, ",")[0])
	mustFail(t, "WRONGPASS", append(own, "guess")...)
	c.Want("CONFIG SET backup-to "+filepath.Join(s.Dir, "none"), "OK")
	mustFail(t, "no such file or directory", append(own, "secret")...)
	mustFail(t, "the configuration has neither", "backup", "--port", "0")
}

// TestOneAtATime: a backup takes the place of a job in the background, and can be given up.
func TestOneAtATime(t *testing.T) {
	f := newFake(t)
	s := f.serve(t)
	c, other := s.Client(), s.Client()
	fill(c)
	f.hold.Store(true)
	c.Send("BACKUP NOW WAIT")
	other.AwaitInfo("backup_in_progress", "1")
	<-f.held
	other.Want("BACKUP NOW", "-ERR a backup is in progress already")
	other.Want("BGREWRITEAOF", "Background append only file rewriting scheduled")
	other.Want("SET a 2", "OK") // nobody waits
	other.WantInfo("rdb_bgsave_in_progress", "1")
	other.Want("BACKUP CANCEL", "OK")
	f.hold.Store(false)
	if got := c.Reply(); !strings.HasPrefix(got, "-ERR the backup has failed: ") {
		t.Error(got)
	}
	c.Want("BACKUP LIST", "")
	c.WantInfo("backups_failed", "1")
	c.AwaitInfo("aof_rewrite_scheduled", "0") // what had to wait has its turn
	c.AwaitInfo("aof_rewrite_in_progress", "0")
	name := c.Must("BACKUP NOW WAIT")
	if got := c.Must("BACKUP STATUS"); !strings.Contains(got, "last "+name+" last-status ok") {
		t.Error(got)
	}
}

// TestRetention: backups come by themselves, and as many stay as are to be kept.
func TestRetention(t *testing.T) {
	to := t.TempDir()
	s := coretest.Serve(t, modules(), "--backup-to", to, "--backup-keep", "2", "--backup-name", "one")
	c := s.Client()
	// Another server's are not touched.
	if err := os.WriteFile(filepath.Join(to, "two-20200101T000000.000Z.ferrousbackup"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var names []string
	for range 4 {
		names = append(names, c.Must("BACKUP NOW WAIT"))
	}
	found, err := filepath.Glob(filepath.Join(to, "*"))
	if err != nil || len(found) != 3 || filepath.Base(found[0]) != names[2] || filepath.Base(found[1]) != names[3] {
		t.Errorf("%q, %v", found, err)
	}
	if got := c.Args("CONFIG", "SET", "backup-schedule", "every 1s"); !strings.Contains(got, "a time of at least a minute") {
		t.Error(got)
	}
	if got := c.Args("CONFIG", "SET", "backup-schedule", "every 1m"); got != "OK" {
		t.Error(got)
	}
	if next := c.InfoInt("backup_next_time"); next == 0 {
		t.Error("nothing is planned")
	}
}

// TestLooksBack: a server that is started finds out when the latest backup was made, and goes
// on from there.
func TestLooksBack(t *testing.T) {
	for _, c := range []struct {
		age      time.Duration
		low, top int64 // seconds until the next
	}{{10 * time.Minute, 2900, 3001}, {48 * time.Hour, 1, 61}} {
		to := t.TempDir()
		name := "ferrous-" + time.Now().Add(-c.age).UTC().Format("20060102T150405.000Z") + ".ferrousbackup"
		if err := os.WriteFile(filepath.Join(to, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		client := coretest.Serve(t, modules(), "--backup-to", to, "--backup-schedule", "every", "1h").Client()
		coretest.Eventually(t, "the next backup is planned by the latest", func() bool {
			left := client.InfoInt("backup_next_time") - time.Now().Unix()
			return left >= c.low && left <= c.top
		})
	}
}

// fake is an object store in this process.
type fake struct {
	*httptest.Server
	backend *s3mem.Backend
	fail    atomic.Bool // parts of uploads are refused
	hold    atomic.Bool // writing requests wait until they are given up
	held    chan struct{}
	over    chan struct{} // closed at the end
}

func newFake(t *testing.T) *fake {
	t.Helper()
	f := &fake{backend: s3mem.New(), held: make(chan struct{}, 100), over: make(chan struct{})}
	if err := f.backend.CreateBucket("store"); err != nil {
		t.Fatal(err)
	}
	inner := gofakes3.New(f.backend, gofakes3.WithLogger(gofakes3.DiscardLog())).Server()
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPut && f.hold.Load() {
			_, _ = io.Copy(io.Discard, r.Body) // a server notices that a client is gone only then
			f.held <- struct{}{}
			select {
			case <-r.Context().Done():
			case <-f.over:
			}
			return
		}
		if f.fail.Load() && r.URL.Query().Get("partNumber") == "2" {
			http.Error(w, "no", http.StatusForbidden)
			return
		}
		inner.ServeHTTP(w, r)
	}))
	t.Cleanup(func() {
		close(f.over)
		f.Close()
	})
	return f
}

func (f *fake) args() []string {
	return []string{"--backup-to", "s3://store/some/where", "--backup-s3-endpoint", f.URL, "--backup-s3-region", "here", "--backup-s3-access-key", "k", "--backup-s3-secret-key", "s"}
}

func (f *fake) serve(t *testing.T) *coretest.Server {
	return coretest.Serve(t, modules(), append(f.args(), "--backup-keep", "2")...)
}

// TestObjectStore: there and back by S3, and what stays of an upload that fails.
func TestObjectStore(t *testing.T) {
	f := newFake(t)
	s := f.serve(t)
	c := s.Client()
	fill(c)
	for range 3 {
		c.Must("BACKUP NOW WAIT")
	}
	objects := func() (n int) {
		list, err := f.backend.ListBucket("store", nil, gofakes3.ListBucketPage{})
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range list.Contents {
			if !strings.HasPrefix(o.Key, "some/where/ferrous-") {
				t.Errorf("an object %s", o.Key)
			}
		}
		return len(list.Contents)
	}
	if n := objects(); n != 2 {
		t.Errorf("%d objects", n)
	}
	if got := c.Must("BACKUP LIST"); strings.Count(got, "name ferrous-") != 2 {
		t.Error(got)
	}
	dir := t.TempDir()
	config := append(f.args(), "--dir", dir, "--port", "0")
	mustRun(t, "start the server", append([]string{"restore"}, config...)...)
	back := coretest.Start(t, coretest.Options{Modules: modules(), Dir: dir})
	check(t, back.Client())

	// So much that it goes in parts, one of which fails.
	value := make([]byte, 3<<20)
	for i := range 8 {
		_, _ = rand.Read(value)
		if err := c.SendArgs("SET", fmt.Sprint("large", i), string(value)); err != nil {
			t.Fatal(err)
		}
		c.WantReply("OK")
	}
	f.fail.Store(true)
	if got := c.Do("BACKUP NOW WAIT"); !strings.HasPrefix(got, "-ERR the backup has failed: ") {
		t.Error(got)
	}
	if n := objects(); n != 2 {
		t.Errorf("%d objects after one that failed", n)
	}
	f.fail.Store(false)
	name := c.Must("BACKUP NOW WAIT")
	mustRun(t, "whole and sound, 13 keys", append([]string{"restore", "--check", name}, config...)...)
	c.WantInfo("backups_made", "4", "backups_failed", "1")
}
