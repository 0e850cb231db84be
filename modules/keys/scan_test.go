package keys

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/ferrousdb/ferrous/core/keyspace"
)

// scanAll runs a whole iteration; between is called after each call.
func scanAll(r *rig, options string, between func()) (keys []string, calls int) {
	for cursor := "0"; ; {
		words := strings.Fields(r.do("SCAN %s %s", cursor, options))
		// *2 $n cursor *n [$n key]...
		cursor = words[2]
		for i := 5; i < len(words); i += 2 {
			keys = append(keys, words[i])
		}
		calls++
		if between(); cursor == "0" {
			return keys, calls
		}
		if calls > 100_000 {
			r.T.Fatalf("the iteration does not end")
		}
	}
}

// What is there from the first call to the last is returned, whatever else
// comes and goes meanwhile; what was never there is not.
func TestScanGuarantees(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := newRig(t)
		defer r.End()
		stay := rapid.OneOf(rapid.IntRange(0, 20), rapid.IntRange(0, 3000)).Draw(t, "stay")
		come := rapid.IntRange(0, 3000).Draw(t, "come")
		count := rapid.SampledFrom([]int{1, 10, 100, 5000}).Draw(t, "count")
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		for i := range stay {
			r.Set(fmt.Sprint("stay", i), "v", 0)
		}
		seen := map[string]bool{}
		keys, _ := scanAll(r, fmt.Sprint("COUNT ", count), func() {
			for range 1 + rng.IntN(50) { // growing, then shrinking
				if come > 0 {
					r.Set(fmt.Sprint("come", come), "v", 0)
					come--
				} else {
					r.do("DEL come%d", rng.IntN(3000))
				}
			}
		})
		for _, key := range keys {
			if !strings.HasPrefix(key, "stay") && !strings.HasPrefix(key, "come") {
				t.Fatalf("%q was never there", key)
			}
			seen[key] = true
		}
		for i := range stay {
			if !seen[fmt.Sprint("stay", i)] {
				t.Fatalf("stay%d of %d was not returned", i, stay)
			}
		}
	})
}

func TestScanFilters(t *testing.T) {
	r := newTestRig(t)
	for i := range 300 {
		r.Set(fmt.Sprint("key:", i), "v", 0)
		r.setNumbers(0, fmt.Sprint("num:", i), []uint64{1}, 0)
		r.Set(fmt.Sprint("gone:", i), "v", r.Ctx.Now-1)
	}
	for options, want := range map[string]int{
		"": 600, "MATCH key:*": 300, "match *:1? TYPE STRING": 10, "TYPE numbers COUNT 7": 300,
		"TYPE nosuchtype": 0, "MATCH key:17": 1, "MATCH *": 600, "COUNT 99999999999": 600,
	} {
		keys, _ := scanAll(r, options, func() {})
		slices.Sort(keys) // one may come twice, when deleting what had expired shrinks the table
		if n := len(slices.Compact(keys)); n != want {
			t.Errorf("SCAN %s: %d keys, want %d", options, n, want)
		}
	}
	// Scanning has deleted what had expired, even without the sweeper.
	r.want(":600", "DBSIZE")
	if got := r.do("KEYS key:1?"); !strings.HasPrefix(got, "*10 ") {
		t.Errorf("KEYS key:1?: %q", got)
	}
	if got := r.do("KEYS *"); !strings.HasPrefix(got, "*600 ") {
		t.Errorf("KEYS *: %.20q", got)
	}
	r.want("*0", "KEYS none*")
}

// KEYS hides what has expired, and leaves it to others to delete.
func TestKeysHidesExpired(t *testing.T) {
	r := newTestRig(t)
	r.Set("gone", "v", r.Ctx.Now-1)
	r.Set("k", "v", r.Ctx.Now)
	r.want("*1 $1 k", "KEYS *")
	r.want(":2", "DBSIZE")
}

func TestScanErrors(t *testing.T) {
	r := newTestRig(t)
	for args, want := range map[string]string{
		"x": "-ERR invalid cursor", "1.5": "-ERR invalid cursor", "-": "-ERR invalid cursor",
		"18446744073709551616": "-ERR invalid cursor",
		"0 COUNT 0":            "-ERR syntax error", "0 COUNT": "-ERR syntax error", "0 FOO 1": "-ERR syntax error",
		"0 COUNT x": "-ERR value is not an integer or out of range",
	} {
		r.want(want, "SCAN %s", args)
	}
	r.want("*2 $1 0 *0", "SCAN 18446744073709551615")
	if got := r.run([]byte("SCAN"), nil); got != "*2 $1 0 *0" {
		t.Errorf("an empty cursor: %q", got)
	}
}

// A small database comes in one go; in a large one a call stays in one shard,
// and does about as much as it is asked to.
func TestScanLocksFewShards(t *testing.T) {
	r := newTestRig(t)
	for i := range 9 {
		r.Set(fmt.Sprint(i), "v", 0)
	}
	if keys, calls := scanAll(r, "", func() {}); calls != 1 || len(keys) != 9 {
		t.Errorf("%d keys in %d calls", len(keys), calls)
	}
	for i := range 20_000 {
		r.Set(fmt.Sprint(i), "v", 0)
	}
	most := 0
	_, calls := scanAll(r, "COUNT 20", func() { most = max(most, shards(r.Ctx.Locks)) })
	if most > 3 || calls > 2*20_000/20 {
		t.Errorf("up to %d shards locked, %d calls", most, calls)
	}
}

func shards(l keyspace.Locks) (n int) {
	for sh := range keyspace.Shards {
		if l.HasShard(sh) {
			n++
		}
	}
	return n
}

// Inside a transaction that locks more, or less, a call keeps to what is locked.
func TestScanKeepsToItsLocks(t *testing.T) {
	r := newTestRig(t)
	for i := range 1000 {
		r.Set(fmt.Sprint(i), "v", 0)
	}
	cmd := r.Registry.Find("scan")
	for _, held := range []keyspace.Locks{0, 1, 7, keyspace.AllShards} {
		c := &r.Ctx
		c.Reset(cmd, [][]byte{[]byte("SCAN"), []byte("0"), []byte("COUNT"), []byte("100000")})
		c.Buf, c.Locks = c.Buf[:0], held
		r.Keyspace.Lock(held | 1)
		err := cmd.Run(c)
		r.Keyspace.Unlock(held | 1)
		words := strings.Fields(string(c.Buf))
		n := 0
		for sh := range max(shards(held), 1) {
			n += r.Keyspace.DB(0).ShardLen(sh)
		}
		if err != nil || words[3] != fmt.Sprint("*", n) {
			t.Errorf("with locks %x: %v keys (%v), want %d", held, words[3], err, n)
		}
	}
}
