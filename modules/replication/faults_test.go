package replication_test

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ferrousdb/ferrous/core/coretest"
)

// TestPropagationError: what follows when a command of the master fails on its replica.
func TestPropagationError(t *testing.T) {
	for _, test := range []struct{ behaviour, readOnly string }{{"ignore", "no"}, {"panic", "no"}, {"panic", "yes"}} {
		t.Run(test.behaviour+" "+test.readOnly, func(t *testing.T) {
			m, port := startTCP(t, t.TempDir())
			r := start(t, "--replicaof", "127.0.0.1 "+port, "--replica-read-only", test.readOnly, "--propagation-error-behavior", test.behaviour)
			master, replica := m.client(), r.client()
			follows(t, replica, master)
			if test.readOnly == "no" { // either way
				replica.want("SET k text", "OK")
				master.want("RPUSH k element", "1")
			} else {
				master.want("DEBUG REPLICATE RPUSH", "OK")
			}
			if test.readOnly == "no" { // clients of the replica may be to blame
				coretest.Eventually(t, "the error is counted", func() bool { return replica.Info("unexpected_error_replies") == "1" })
				return
			}
			replica.ended()
			if log := r.Log.String(); !strings.Contains(log, "This replica panicked sending an error to its master after processing the command 'RPUSH'") {
				t.Error(log)
			}
		})
	}
}

// TestReplicaDisk: a replica whose disk fails stops when its master writes, unless it is told not to.
func TestReplicaDisk(t *testing.T) {
	for _, ignore := range []string{"yes", "no"} {
		t.Run(ignore, func(t *testing.T) {
			m, port := startTCP(t, t.TempDir())
			dir, err := os.MkdirTemp("", "repl")
			if err != nil {
				t.Fatal(err)
			}
			defer os.RemoveAll(dir)
			r := start(t, "--replicaof", "127.0.0.1 "+port, "--replica-ignore-disk-write-errors", ignore, "--save", "36000 1000000",
				"--enable-protected-configs", "yes", "--dir", dir)
			master, replica := m.client(), r.client()
			follows(t, replica, master)
			if err := os.RemoveAll(dir); err != nil {
				t.Fatal(err)
			}
			replica.do("BGSAVE")
			coretest.Eventually(t, "the save has failed", func() bool { return replica.Info("rdb_last_bgsave_status") == "err" })
			master.want("SET k v", "OK")
			if ignore == "yes" {
				follows(t, replica, master)
				return
			}
			replica.ended()
			if log := r.Log.String(); !strings.Contains(log, "Replica was unable to write command to disk.") {
				t.Error(log)
			}
		})
	}
}

// TestPausedReplica: CLIENT PAUSE on a replica holds its master's writes, too.
func TestPausedReplica(t *testing.T) {
	m, port := startTCP(t, t.TempDir())
	r, _ := startTCP(t, t.TempDir(), "--replicaof", "127.0.0.1 "+port)
	master, replica := m.client(), r.client()
	follows(t, replica, master)
	replica.want("CLIENT PAUSE 1000000 WRITE", "OK")
	before := replica.Info("slave_repl_offset")
	master.want("SET k v", "OK")
	sent := master.Info("master_repl_offset")
	coretest.Eventually(t, "what is not played has been read", func() bool { return replica.Info("slave_read_repl_offset") == sent })
	master.want("WAIT 1 50", "0")
	if after := replica.Info("slave_repl_offset"); after != before {
		t.Errorf("the offset goes from %s to %s", before, after)
	}
	replica.want("EXISTS k", "0")
	replica.want("CLIENT UNPAUSE", "OK")
	follows(t, replica, master)
	replica.want("GET k", "v")
}

// TestLoadBeside: old data are served while new ones come, and a save is shown on the master's side.
func TestLoadBeside(t *testing.T) {
	m, port := startTCP(t, t.TempDir(), "--repl-backlog-size", "1")
	r, _ := startTCP(t, t.TempDir(), "--replicaof", "127.0.0.1 "+port, "--repl-diskless-load", "swapdb")
	master, replica := m.client(), r.client()
	follows(t, replica, master)
	master.want("SET old v", "OK")
	follows(t, replica, master)
	master.want("CONFIG SET rdb-key-save-delay 600000000", "OK")
	// Cut off, and far behind when it comes back.
	master.want("MULTI", "OK")
	master.want("CLIENT KILL TYPE replica", "QUEUED")
	for i := range 10 {
		master.want(fmt.Sprintf("SET k%d %s", i, strings.Repeat("x", 20000)), "QUEUED")
	}
	master.do("EXEC")
	coretest.Eventually(t, "the load beside", func() bool { return replica.Info("async_loading") == "1" })
	if master.Info("rdb_bgsave_in_progress") != "1" || !strings.Contains(master.Info("slave0"), "state=wait_bgsave") || replica.Info("loading") != "0" {
		t.Error("INFO does not tell of it")
	}
	replica.want("GET old", "v")
	replica.want("DBSIZE", "1")
	for _, command := range []string{"CONFIG SET appendonly yes", "CONFIG SET appendonly no", "REPLICAOF NO ONE", "SAVE"} {
		replica.want(command, "-LOADING Redis is loading the dataset in memory")
	}
	master.want("CONFIG SET rdb-key-save-delay 0", "OK")
	master.do("CLIENT KILL TYPE replica") // it waits for the key under way otherwise
	follows(t, replica, master)
	replica.want("DBSIZE", "11")
	coretest.Eventually(t, "the dump is over", func() bool { return master.Info("rdb_bgsave_in_progress") == "0" })
}

// TestSavingPackets: repl-disable-tcp-nodelay is a matter between the master and the system.
func TestSavingPackets(t *testing.T) {
	for _, off := range []string{"no", "yes"} {
		m, port := startTCP(t, t.TempDir(), "--repl-disable-tcp-nodelay", off)
		r, _ := startTCP(t, t.TempDir(), "--replicaof", "127.0.0.1 "+port)
		master := m.client()
		follows(t, r.client(), master)
		found := regexp.MustCompile(`fd=(\d+)`).FindStringSubmatch(master.do("CLIENT LIST TYPE replica"))
		if found == nil {
			t.Fatal("no replica in CLIENT LIST")
		}
		fd, _ := strconv.Atoi(found[1])
		nodelay, err := syscall.GetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_NODELAY)
		if err != nil || (nodelay != 0) != (off == "no") {
			t.Errorf("repl-disable-tcp-nodelay %s: TCP_NODELAY is %d, %v", off, nodelay, err)
		}
	}
}

// TestRates: the averages of INFO count what replicas get.
func TestRates(t *testing.T) {
	m, port := startTCP(t, t.TempDir())
	r, _ := startTCP(t, t.TempDir(), "--replicaof", "127.0.0.1 "+port)
	master, replica := m.client(), r.client()
	follows(t, replica, master)
	master.want("SET k "+strings.Repeat("x", 1<<20), "OK")
	follows(t, replica, master)
	coretest.Eventually(t, "a second is over", func() bool {
		return !strings.HasPrefix(master.Info("instantaneous_output_repl_kbps"), "0.0") &&
			!strings.HasPrefix(replica.Info("instantaneous_input_repl_kbps"), "0.0")
	})
}

// TestReplicaThatHangs: a replica in which everything stands still neither comes back to its master
// nor tells it that it is alive.
func TestReplicaThatHangs(t *testing.T) {
	const hung = 2 * time.Second
	m, port := startTCP(t, t.TempDir())
	r := start(t, "--replicaof", "127.0.0.1 "+port, "--enable-debug-command", "yes")
	master, replica := m.client(), r.client()
	follows(t, replica, master)

	begin := time.Now()
	replica.SendAll("DEBUG SLEEP 2")
	for lag := 0; time.Since(begin) < hung; {
		now := atoi(regexp.MustCompile(`lag=(\d+)`).FindStringSubmatch(master.do("INFO replication"))[1])
		if now < lag && time.Since(begin) < hung {
			t.Fatalf("it was heard of after %d s, in which it did nothing", lag)
		}
		lag = now
	}
	replica.WantReply("OK")

	begin = time.Now()
	replica.SendAll("MULTI", "CLIENT KILL TYPE master", "DEBUG SLEEP 2", "EXEC")
	master.AwaitInfo("connected_slaves", "0")
	for back := ""; time.Since(begin) < hung; {
		if back = master.Info("sync_partial_ok"); back != "0" && time.Since(begin) < hung {
			t.Fatal("it came back while it did nothing")
		}
	}
	master.AwaitInfo("sync_partial_ok", "1")
}
