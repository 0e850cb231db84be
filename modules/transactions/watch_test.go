package transactions_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

// watchModel says by Redis's rules what WATCH has to notice: it knows which keys
// exist, and which were touched since they were watched.
type watchModel struct {
	dbs      [3]map[string]bool
	selected int // of the watching client
	watched  map[place]bool
	dirty    bool
}

type place struct {
	db  int
	key string
}

func (m *watchModel) touch(db int, key string) {
	if m.watched[place{db, key}] {
		m.dirty = true
	}
}

func (m *watchModel) forget() { m.watched, m.dirty = map[place]bool{}, false }

// TestWatchModel lets one client watch and another change things, at random.
func TestWatchModel(t *testing.T) {
	clients := start(t, 2)
	watcher, other := clients[0], clients[1]
	key := rapid.SampledFrom([]string{"a", "b", "c"})
	db := rapid.IntRange(0, 2)
	failed, passed := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		watcher.Do("RESET")
		other.Do("SELECT 0", "FLUSHALL")
		m := &watchModel{}
		for i := range m.dbs {
			m.dbs[i] = map[string]bool{}
		}
		m.forget()
		at := 0 // the other's database
		want := func(c *client, reply, command string) {
			if got := c.Do(command); got != reply {
				t.Fatalf("%s: got %q, want %q", command, got, reply)
			}
		}
		// by makes a change, by either client.
		by := func(t *rapid.T) (*client, int) {
			if rapid.IntRange(0, 3).Draw(t, "by") == 0 {
				return watcher, m.selected
			}
			return other, at
		}
		flush := func(db int) {
			for k := range m.dbs[db] {
				m.touch(db, k)
			}
			m.dbs[db] = map[string]bool{}
		}
		t.Repeat(map[string]func(*rapid.T){
			"watch": func(t *rapid.T) {
				k := key.Draw(t, "key")
				want(watcher, "OK", "WATCH "+k)
				if !m.dirty {
					m.watched[place{m.selected, k}] = true
				}
			},
			"exec": func(t *rapid.T) {
				if len(m.watched) == 0 {
					t.Skip("nothing is watched")
				}
				reply := "OK QUEUED PONG"
				passed++
				if m.dirty {
					reply = "OK QUEUED (nil)"
					passed--
					failed++
				}
				if got := watcher.Do("MULTI", "PING", "EXEC"); got != reply {
					t.Fatalf("EXEC: %q, want %q", got, reply)
				}
				m.forget()
			},
			"unwatch": func(t *rapid.T) {
				if rapid.IntRange(0, 3).Draw(t, "really") > 0 {
					return
				}
				watcher.Do(rapid.SampledFrom([]string{"UNWATCH", "MULTI"}).Draw(t, "how"))
				watcher.Do("DISCARD")
				m.forget()
			},
			"select": func(t *rapid.T) {
				if rapid.IntRange(0, 2).Draw(t, "really") > 0 {
					return
				}
				at, m.selected = db.Draw(t, "other"), db.Draw(t, "watcher")
				want(other, "OK", fmt.Sprintf("SELECT %d", at))
				want(watcher, "OK", fmt.Sprintf("SELECT %d", m.selected))
			},
			"set": func(t *rapid.T) {
				c, at := by(t)
				k := key.Draw(t, "key")
				want(c, "OK", "SET "+k+" v")
				m.dbs[at][k] = true
				m.touch(at, k)
			},
			"read": func(t *rapid.T) {
				c, _ := by(t)
				c.Do("GET " + key.Draw(t, "key"))
			},
			"del": func(t *rapid.T) {
				c, at := by(t)
				k := key.Draw(t, "key")
				c.Do("DEL " + k)
				if m.dbs[at][k] {
					delete(m.dbs[at], k)
					m.touch(at, k)
				}
			},
			"flush": func(t *rapid.T) {
				if rapid.IntRange(0, 3).Draw(t, "all") > 0 {
					c, at := by(t)
					want(c, "OK", "FLUSHDB")
					flush(at)
					return
				}
				want(other, "OK", "FLUSHALL")
				for i := range m.dbs {
					flush(i)
				}
			},
			"swap": func(t *rapid.T) {
				a, b := db.Draw(t, "a"), db.Draw(t, "b")
				want(other, "OK", fmt.Sprintf("SWAPDB %d %d", a, b))
				if a == b {
					return
				}
				for _, k := range []string{"a", "b", "c"} {
					if m.dbs[a][k] || m.dbs[b][k] {
						m.touch(a, k)
						m.touch(b, k)
					}
				}
				m.dbs[a], m.dbs[b] = m.dbs[b], m.dbs[a]
			},
		})
	})
	if failed == 0 || passed == 0 {
		t.Errorf("%d transactions failed, %d passed: this test tests nothing", failed, passed)
	}
}
