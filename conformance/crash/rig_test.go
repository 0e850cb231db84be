package main

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// rig is a server with a fleet that writes to it, for tests of one thing each.
type rig struct {
	*testing.T
	place
	args  []string
	fleet *fleet
	child *child
	conn  *client
}

// newRig starts a server whose files are in data.
func newRig(t *testing.T, data string, args ...string) *rig {
	t.Helper()
	r := &rig{T: t, place: place{bin: server(t), home: t.TempDir(), data: data}, args: args, fleet: newFleet(8)}
	r.fleet.tolerate = []string{"MISCONF", "EXECABORT"}
	r.start()
	t.Cleanup(func() {
		r.child.kill()
		r.conn.close()
		if t.Failed() {
			t.Logf("the server said:\n%s", r.tail())
		}
	})
	return r
}

func (r *rig) start() {
	r.Helper()
	child, conn, err := r.place.start(r.args...)
	r.ok(err)
	r.child, r.conn = child, conn
}

func (r *rig) ok(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

// do sends a command and returns its reply as text, errors with their minus.
func (r *rig) do(args ...string) string {
	r.Helper()
	v, err := r.conn.do(args...)
	r.ok(err)
	if v.IsErr() {
		return "-" + v.Text
	}
	return v.Text
}

func (r *rig) want(reply string, args ...string) {
	r.Helper()
	if got := r.do(args...); got != reply {
		r.Fatalf("%v: %q, want %q", args, got, reply)
	}
}

// awaitField waits until a field of INFO persistence has a value.
func (r *rig) awaitField(field, value string) {
	r.Helper()
	r.ok(r.conn.await(field+":"+value, func(f map[string]string) bool { return f[field] == value }))
}

// await waits for a condition.
func (r *rig) await(what string, ok func() bool) {
	r.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			r.Fatalf("%s: not within %v", what, patience)
		}
	}
}

// write lets the fleet write until n operations are acknowledged; it goes on.
func (r *rig) write(n int64) {
	r.Helper()
	r.ok(r.fleet.start(r.addr()))
	r.awaitAcked(n)
}

func (r *rig) awaitAcked(n int64) {
	r.Helper()
	n += r.fleet.acked.Load()
	r.await("writes are acknowledged", func() bool { return r.fleet.acked.Load() >= n })
}

// awaitRefused waits until every writer has been refused something.
func (r *rig) awaitRefused() {
	r.Helper()
	n := r.fleet.refused.Load() + int64(len(r.fleet.writers))
	r.await("writes are refused", func() bool { return r.fleet.refused.Load() >= n })
}

// awaitTrouble waits until every writer's connection has ended, or all that is left are
// refused.
func (r *rig) awaitTrouble() {
	r.Helper()
	r.await("the connections end or are refused", func() bool {
		return r.fleet.alive.Load() == 0 || r.fleet.refused.Load() >= int64(len(r.fleet.writers))
	})
}

// check stops the fleet and compares.
func (r *rig) check(g guarantee) {
	r.Helper()
	end := time.Now()
	r.ok(r.fleet.stop())
	_, err := r.fleet.check(r.conn, g, end)
	r.ok(err)
}

// everything is the guarantee that what was acknowledged by now is there.
func everything() guarantee { return guarantee{before: time.Now(), seen: true} }

// kill kills the server under load and starts it again.
func (r *rig) kill() {
	r.Helper()
	r.child.kill()
	r.ok(r.fleet.stop())
	r.conn.close()
	r.start()
}

// terminate ends the server under load as one should, and starts it again.
func (r *rig) terminate() {
	r.Helper()
	r.ok(r.child.terminate())
	r.ok(r.fleet.stop())
	r.conn.close()
	r.start()
}

// refusals checks that writes were refused with this text and no other; a unit may be
// refused as a whole too. A write that the system cuts short is as one for which there
// is no space.
func (r *rig) refusals(text string) {
	r.Helper()
	r.fleet.texts.Range(func(k, _ any) bool {
		if got := strings.TrimPrefix(k.(string), "EXECABORT Transaction discarded because of: "); got != text && got != noSpace {
			r.Errorf("a write was refused with %q, want %q", got, text)
		}
		return true
	})
}

const noSpace = "MISCONF Errors writing to the AOF file: No space left on device"

// files returns the names and contents of a directory's files that match.
func (r *rig) files(pattern string) map[string][]byte {
	r.Helper()
	found := map[string][]byte{}
	paths, err := filepath.Glob(filepath.Join(r.data, pattern))
	r.ok(err)
	for _, path := range paths {
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			data, err := os.ReadFile(path)
			r.ok(err)
			found[filepath.Base(path)] = data
		}
	}
	return found
}

// unchanged fails if files are not as they were.
func (r *rig) unchanged(pattern string, before map[string][]byte) {
	r.Helper()
	now := r.files(pattern)
	if !maps.EqualFunc(before, now, bytes.Equal) {
		r.Errorf("%s: there were %v, now there are %v, or what is in them has changed", pattern,
			slices.Sorted(maps.Keys(before)), slices.Sorted(maps.Keys(now)))
	}
}

// saved makes a snapshot and fails if that does.
func (r *rig) saved() {
	r.Helper()
	r.want("Background saving started", "BGSAVE")
	r.awaitField("rdb_bgsave_in_progress", "0")
	r.awaitField("rdb_last_bgsave_status", "ok")
}

// rewrite asks for a rewrite and returns how it ended: "ok", "err".
func (r *rig) rewrite() string {
	r.Helper()
	if reply := r.do("BGREWRITEAOF"); strings.HasPrefix(reply, "-") {
		const want = "-ERR Can't execute an AOF background rewriting. Please check the server logs for more information."
		if reply != want {
			r.Errorf("BGREWRITEAOF: %q, want %q", reply, want)
		}
		return "err"
	}
	r.awaitField("aof_rewrite_in_progress", "0")
	f, err := r.conn.info("persistence")
	r.ok(err)
	return f["aof_last_bgrewrite_status"]
}
