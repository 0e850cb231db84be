package sets

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func newTestRig(t *testing.T) *rig {
	r := newRig(t)
	t.Cleanup(r.End)
	return r
}

// What is fed and which events there are; redis-server 7.2.6 does the same.
func TestFeedAndEvents(t *testing.T) {
	r := newTestRig(t)
	r.Want("SADD s a b a", ":2", "SADD s a b a", "sadd s")
	r.Want("SADD s a", ":0", "")
	r.Want("SREM s a x", ":1", "SREM s a x", "srem s")
	r.Want("SREM s x", ":0", "")
	r.Want("SREM s b", ":1", "SREM s b", "srem s", "del s")
	r.Do("SADD s a")
	r.Want("SPOP s", "$1 a", "SREM s a", "spop s", "del s")
	r.Want("SPOP s", "$-1", "")
	r.Do("SADD s 1 2 3")
	r.Want("SPOP s 0", "*0", "")
	r.Want("SPOP s 3", "*3 $1 1 $1 2 $1 3", "DEL s", "spop s", "del s")
	r.Want("SPOP s 3", "*0", "")
	r.Do("SADD s a b")
	r.Want("SMOVE s t x", ":0", "")
	r.Want("SMOVE s s a", ":1", "")
	r.Want("SMOVE s t a", ":1", "SMOVE s t a", "srem s", "sadd t")
	r.Do("SADD t b")
	r.Want("SMOVE s t b", ":1", "SMOVE s t b", "srem s", "del s")
	r.Want("SINTERSTORE u t", ":2", "SINTERSTORE u t", "sinterstore u")
	r.Want("SUNIONSTORE u t", ":2", "SUNIONSTORE u t", "sunionstore u")
	r.Want("SDIFFSTORE u t", ":2", "SDIFFSTORE u t", "sdiffstore u")
	r.Want("SDIFFSTORE u t t", ":0", "SDIFFSTORE u t t", "del u")
	r.Want("SDIFFSTORE u t t", ":0", "")
}

// Many members are fed as several SREMs, which together remove what was answered.
func TestSpopFeedsBatches(t *testing.T) {
	for _, form := range []struct{ ints, entries int64 }{{1 << 20, 0}, {0, 1 << 20}, {0, 0}} {
		for _, count := range []int{1, 5, 1024, 1025, 2500, 2990, 2999} {
			r := newRig(t)
			r.limits(form.ints, form.entries)
			var all []string
			for i := range 3000 {
				all = append(all, fmt.Sprint(i))
			}
			r.Do("SADD s %s", strings.Join(all, " "))
			reply := strings.Fields(r.Do("SPOP s %d", count))
			answered := map[string]bool{}
			for i := 2; i < len(reply); i += 2 {
				answered[reply[i]] = true
			}
			if len(answered) != count || reply[0] != fmt.Sprint("*", count) {
				t.Fatalf("SPOP %d answers %d different members", count, len(answered))
			}
			n := 0
			for _, one := range r.Fed {
				words := strings.Fields(one)
				if len(words) == 0 { // the bounds of the unit
					continue
				}
				if words[0] != "SREM" || words[1] != "s" || len(words) > 1026 {
					t.Fatalf("SPOP %d fed %.30s of %d words", count, one, len(words))
				}
				for _, m := range words[2:] {
					if !answered[m] {
						t.Fatalf("%s is fed and was not answered", m)
					}
					n++
				}
			}
			if n != count || !slices.Equal(r.Events, []string{"spop s"}) {
				t.Fatalf("SPOP %d fed the removal of %d, with the events %s", count, n, r.Events)
			}
			for m := range answered {
				if r.Do("SISMEMBER s %s", m) != ":0" {
					t.Fatalf("%s is still there", m)
				}
			}
			if got := r.Do("SCARD s"); got != fmt.Sprint(":", 3000-count) {
				t.Fatalf("after SPOP %d: %s", count, got)
			}
			r.End()
		}
	}
}

// The combinations are those of a model, in whatever form the sets are.
func TestCombine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := newRig(t)
		defer r.End()
		r.Listen(false)
		r.limits(int64(rapid.SampledFrom([]int{0, 3, 100}).Draw(t, "ints")), int64(rapid.SampledFrom([]int{0, 3, 100}).Draw(t, "entries")))
		models := map[string]map[string]bool{}
		var keys []string
		member := rapid.SampledFrom(strings.Fields("1 2 3 4 5 70000 a b c d e f g h 01"))
		for i := range rapid.IntRange(1, 5).Draw(t, "sets") {
			key := fmt.Sprint("k", i)
			keys = append(keys, key)
			models[key] = map[string]bool{}
			for range rapid.IntRange(0, 12).Draw(t, "members") {
				m := member.Draw(t, "member")
				r.Do("SADD %s %s", key, m)
				models[key][m] = true
			}
		}
		given := rapid.SliceOfN(rapid.SampledFrom(keys), 1, 6).Draw(t, "given")
		inter, union, diff := map[string]bool{}, map[string]bool{}, map[string]bool{}
		for i, key := range given {
			for m := range models[key] {
				all, other := true, false
				for j, k := range given {
					all = all && models[k][m]
					other = other || j > 0 && models[k][m]
				}
				union[m] = true
				if all {
					inter[m] = true
				}
				if i == 0 && !other {
					diff[m] = true
				}
			}
		}
		list := strings.Join(given, " ")
		for command, model := range map[string]map[string]bool{"SINTER": inter, "SUNION": union, "SDIFF": diff} {
			want := []string{}
			for m := range model {
				want = append(want, m)
			}
			slices.Sort(want)
			same := func(call string) {
				t.Helper()
				got := []string{}
				for i, word := range strings.Fields(r.Do("%s", call)) {
					if i > 0 && i%2 == 0 {
						got = append(got, word)
					}
				}
				slices.Sort(got)
				if !slices.Equal(got, want) {
					t.Fatalf("%s: %q, not %q", call, got, want)
				}
			}
			same(command + " " + list)
			dst := rapid.SampledFrom([]string{"dst", given[0]}).Draw(t, "destination")
			kept := r.Do("SMEMBERS %s", dst)
			if got := r.Do("%sSTORE %s %s", command, dst, list); got != fmt.Sprint(":", len(want)) {
				t.Fatalf("%sSTORE: %s", command, got)
			}
			same("SMEMBERS " + dst)
			r.Do("SREM %s 1 2 3 4 5 70000 a b c d e f g h 01", dst)
			for i, word := range strings.Fields(kept) {
				if i > 0 && i%2 == 0 {
					r.Do("SADD %s %s", dst, word)
				}
			}
		}
		limit := rapid.IntRange(0, 5).Draw(t, "limit")
		n := len(inter)
		if limit > 0 {
			n = min(n, limit)
		}
		if got := r.Do("SINTERCARD %d %s LIMIT %d", len(given), list, limit); got != fmt.Sprint(":", n) {
			t.Fatalf("SINTERCARD: %s, not %d", got, n)
		}
	})
}

// Every member has nearly the same chance: chi-square over many draws stays below
// what it exceeds once in some millions of runs, for each way to choose.
func TestRandomIsFair(t *testing.T) {
	for _, size := range []int{10, 100, 3000} {
		for _, form := range []struct{ ints, entries int64 }{{1 << 20, 0}, {0, 1 << 20}, {0, 0}} {
			r := newRig(t)
			r.Listen(false)
			r.limits(form.ints, form.entries)
			var all []string
			for i := range size {
				all = append(all, fmt.Sprint(i))
			}
			r.Do("SADD s %s", strings.Join(all, " "))
			for _, call := range []string{
				fmt.Sprintf("SRANDMEMBER s %d", -5*size), fmt.Sprintf("SRANDMEMBER s %d", size/5), fmt.Sprintf("SRANDMEMBER s %d", size/2),
			} {
				seen := map[string]int{}
				n := 0
				for n < 20*size {
					for i, word := range strings.Fields(r.Do("%s", call)) {
						if i > 0 && i%2 == 0 {
							seen[word]++
							n++
						}
					}
				}
				expected, sum := float64(n)/float64(size), 0.0
				for _, m := range all {
					d := float64(seen[m]) - expected
					sum += d * d / expected
				}
				freedom := float64(size - 1)
				if z := (sum - freedom) / math.Sqrt(2*freedom); z > 8 {
					t.Errorf("%s of %d: chi-square %.0f, %.1f deviations above %.0f", call, size, sum, z, freedom)
				}
			}
			r.End()
		}
	}
}

// A client cannot ask for more than there is memory.
func TestRandomIsBounded(t *testing.T) {
	r := newTestRig(t)
	const huge = "SRANDMEMBER s -9223372036854775807"
	r.Want(huge, "*0", "")
	r.Do("SADD s a")
	r.Want(huge, "-ERR value is out of range", "")
	r.Want("SRANDMEMBER s -3", "*3 $1 a $1 a $1 a", "")
}
