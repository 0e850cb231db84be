package behind

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/ferrousdb/ferrous/core/coretest"
	"github.com/ferrousdb/ferrous/modules"
)

// rows are what is in the file.
func rows(t *testing.T, file string) map[string]string {
	t.Helper()
	db, err := open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	all := map[string]string{}
	found, err := db.Query("SELECT db, key, value FROM strings")
	if err != nil {
		t.Fatal(err)
	}
	defer found.Close()
	for found.Next() {
		var n int
		var key, value []byte
		if err := found.Scan(&n, &key, &value); err != nil {
			t.Fatal(err)
		}
		all[fmt.Sprintf("%d:%s", n, key)] = string(value)
	}
	if err := found.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// await waits until the file holds that.
func await(t *testing.T, file string, want map[string]string) {
	t.Helper()
	coretest.Eventually(t, fmt.Sprint("the file holds ", want), func() bool { return maps.Equal(rows(t, file), want) })
}

func TestFollows(t *testing.T) {
	s := coretest.Serve(t, append(modules.Full(), New()), "--behind-file", "strings.db", "--behind-interval", "1")
	c, file := s.Client(), s.File("strings.db")
	c.Must("SET a 1")
	c.Must("APPEND a x")
	c.Must("SET n 41")
	c.Must("INCR n")
	c.Must("LPUSH l x")
	await(t, file, map[string]string{"0:a": "1x", "0:n": "42"})
	c.Must("RENAME a b")
	c.Must("PEXPIRE n 1")
	c.Must("SELECT 3")
	c.Must("SET c there")
	await(t, file, map[string]string{"0:b": "1x", "3:c": "there"})
	c.Must("SWAPDB 0 3")
	await(t, file, map[string]string{"3:b": "1x", "0:c": "there"})
	c.Must("DEL b")
	await(t, file, map[string]string{"0:c": "there"})
	c.Must("FLUSHALL")
	await(t, file, map[string]string{})
	c.WantInfo("behind_failures", "0", "behind_noted", "0", "behind_equal", "1")
}

// TestFails: what could not be written is written later.
func TestFails(t *testing.T) {
	s := coretest.Serve(t, append(modules.Full(), New()), "--behind-file", "strings.db", "--behind-interval", "1")
	c, file := s.Client(), s.File("strings.db")
	c.AwaitInfo("behind_equal", "1")
	db, err := open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("ALTER TABLE strings RENAME TO elsewhere"); err != nil {
		t.Fatal(err)
	}
	c.Must("SET k v")
	coretest.Eventually(t, "a failure", func() bool { return c.InfoInt("behind_failures") > 0 })
	c.Must("SET other v")
	if _, err := db.Exec("ALTER TABLE elsewhere RENAME TO strings"); err != nil {
		t.Fatal(err)
	}
	await(t, file, map[string]string{"0:k": "v", "0:other": "v"})
}

// process is the server as a program, with the log that is written before it replies.
func process(t *testing.T, program, dir string) (*exec.Cmd, *coretest.Client) {
	t.Helper()
	socket := coretest.Socket(t)
	cmd := exec.Command(program, "--port", "0", "--unixsocket", socket, "--dir", dir, "--save", "", "--appendonly", "yes",
		"--appendfsync", "always", "--behind-file", "strings.db", "--behind-interval", "30")
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	return cmd, coretest.Dial(t, socket)
}

// TestKilled: kill -9 under load, again and again. Of what clients were told that it is done nothing is
// missing in the file once the server is there again.
func TestKilled(t *testing.T) {
	const rounds, clients, keys = 4, 3, 20
	dir := t.TempDir()
	program := filepath.Join(t.TempDir(), "ferrous-behind")
	if out, err := exec.Command("go", "build", "-o", program, "./cmd/ferrous-behind").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var mu sync.Mutex
	promised := map[string]int{} // the last value of each key that was acknowledged
	promises := 0
	lost := 0 // how often the file was behind what was promised when the server was killed
	for round := range rounds {
		cmd, c := process(t, program, dir)
		coretest.Eventually(t, "a server that serves", func() bool { return c.Do("PING") == "PONG" })
		socket := c.Conn.RemoteAddr().String()
		var writing sync.WaitGroup
		for i := range clients {
			w := coretest.Dial(t, socket)
			writing.Go(func() {
				for n := 1; ; n++ {
					key, value := fmt.Sprintf("k:%d:%d", i, n%keys), round*1_000_000+n
					if w.Do("SET %s %d", key, value) != "OK" {
						return
					}
					mu.Lock()
					promised["0:"+key] = value
					promises++
					mu.Unlock()
				}
			})
		}
		coretest.Eventually(t, "some promises", func() bool {
			mu.Lock()
			defer mu.Unlock()
			return promises > 600*(round+1)
		})
		if err := cmd.Process.Kill(); err != nil { // SIGKILL
			t.Fatal(err)
		}
		_ = cmd.Wait()
		writing.Wait()
		got := rows(t, filepath.Join(dir, "strings.db"))
		for key, value := range promised {
			if n, _ := strconv.Atoi(got[key]); n < value {
				lost++
			}
		}
	}
	cmd, c := process(t, program, dir)
	c.AwaitInfo("behind_equal", "1")
	c.AwaitInfo("behind_noted", "0")
	got := rows(t, filepath.Join(dir, "strings.db"))
	for key, value := range promised {
		if n, _ := strconv.Atoi(got[key]); n < value {
			t.Errorf("%s was promised to be %d, and is %q", key, value, got[key])
		}
		if held := c.Do("GET %s", strings.TrimPrefix(key, "0:")); held != got[key] {
			t.Errorf("%s is %q in the server and %q in the file", key, held, got[key])
		}
	}
	if len(got) != len(promised) || len(got) != clients*keys {
		t.Errorf("%d keys in the file, and not %d", len(got), clients*keys)
	}
	if lost == 0 {
		t.Error("the file was never behind when the server was killed: nothing was tested")
	}
	_ = cmd.Process.Signal(os.Interrupt)
	_, _ = cmd.Process.Wait()
}
