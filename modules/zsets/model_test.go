package zsets

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/ferrousdb/ferrous/core/resp"
)

// model is a sorted set as a map.
type model map[string]float64

func (m model) sorted() []string {
	return slices.SortedFunc(maps.Keys(m), func(a, b string) int {
		return cmp.Or(cmp.Compare(m[a], m[b]), strings.Compare(a, b))
	})
}

// show is the reply to a range with scores.
func (m model) show(members []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "*%d", 2*len(members))
	for _, member := range members {
		text := resp.AppendDouble(nil, m[member])
		fmt.Fprintf(&b, " $%d %s $%d %s", len(member), member, len(text), text)
	}
	return b.String()
}

// TestAgainstModel runs random commands against maps, with sets that go from one
// form to the other.
func TestAgainstModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := newRig(t)
		defer r.Keyspace.Close()
		r.packed(int64(rapid.SampledFrom([]int{0, 4, 128}).Draw(t, "packed")))
		sets := map[string]model{"x": {}, "y": {}, "z": {}}
		key := rapid.SampledFrom([]string{"x", "y", "z"})
		member := rapid.Custom(func(t *rapid.T) string { return "m" + strconv.Itoa(rapid.IntRange(0, 30).Draw(t, "m")) })
		score := rapid.Custom(func(t *rapid.T) float64 {
			return rapid.SampledFrom([]float64{0, 1, 1.5, -2, 1e9, 1e-9, math.Inf(1), math.Inf(-1)}).Draw(t, "score")
		})
		check := func(what, got, want string) {
			if got != want {
				t.Fatalf("%s: %s, not %s", what, got, want)
			}
		}
		steps := map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				k, m, s := key.Draw(t, "key"), member.Draw(t, "member"), score.Draw(t, "score")
				_, existed := sets[k][m]
				sets[k][m] = s
				check("ZADD", r.Do("ZADD %s %v %s", k, s, m), map[bool]string{true: ":0", false: ":1"}[existed])
			},
			"remove": func(t *rapid.T) {
				k, m := key.Draw(t, "key"), member.Draw(t, "member")
				_, existed := sets[k][m]
				delete(sets[k], m)
				check("ZREM", r.Do("ZREM %s %s", k, m), map[bool]string{true: ":1", false: ":0"}[existed])
			},
			"pop": func(t *rapid.T) {
				k, n := key.Draw(t, "key"), rapid.IntRange(0, 5).Draw(t, "n")
				all := sets[k].sorted()
				all = all[:min(n, len(all))]
				check("ZPOPMIN", r.Do("ZPOPMIN %s %d", k, n), sets[k].show(all))
				for _, m := range all {
					delete(sets[k], m)
				}
			},
			"score range": func(t *rapid.T) {
				k, low, high := key.Draw(t, "key"), score.Draw(t, "low"), score.Draw(t, "high")
				all := slices.DeleteFunc(sets[k].sorted(), func(m string) bool { return sets[k][m] <= low || sets[k][m] > high })
				check("ZCOUNT", r.Do("ZCOUNT %s (%v %v", k, low, high), fmt.Sprint(":", len(all)))
				check("ZRANGEBYSCORE", r.Do("ZRANGEBYSCORE %s (%v %v WITHSCORES", k, low, high), sets[k].show(all))
				slices.Reverse(all)
				offset, n := rapid.IntRange(0, 3).Draw(t, "offset"), rapid.IntRange(0, 3).Draw(t, "count")
				all = all[min(offset, len(all)):]
				check("ZRANGE REV", r.Do("ZRANGE %s %v (%v BYSCORE REV LIMIT %d %d WITHSCORES", k, high, low, offset, n),
					sets[k].show(all[:min(n, len(all))]))
			},
			"rank range": func(t *rapid.T) {
				k, from, to := key.Draw(t, "key"), rapid.IntRange(-5, 5).Draw(t, "from"), rapid.IntRange(-5, 5).Draw(t, "to")
				all := sets[k].sorted()
				low, high := from, to
				if low < 0 {
					low = max(low+len(all), 0)
				}
				if high < 0 {
					high += len(all)
				}
				low, high = min(low, len(all)), min(high+1, len(all))
				all = all[low:max(low, high)]
				check("ZRANGE", r.Do("ZRANGE %s %d %d WITHSCORES", k, from, to), sets[k].show(all))
				check("ZREMRANGEBYRANK", r.Do("ZREMRANGEBYRANK %s %d %d", k, from, to), fmt.Sprint(":", len(all)))
				for _, m := range all {
					delete(sets[k], m)
				}
			},
			"combine": func(t *rapid.T) {
				a, b := sets["x"], sets["y"]
				want := model{}
				op := rapid.SampledFrom([]string{"ZUNIONSTORE", "ZINTERSTORE", "ZDIFFSTORE"}).Draw(t, "op")
				for m := range a {
					switch _, both := b[m]; {
					case op == "ZDIFFSTORE" && !both, op == "ZUNIONSTORE" && !both:
						want[m] = a[m]
					case op != "ZDIFFSTORE" && both:
						want[m] = min(a[m], b[m])
					}
				}
				if op == "ZUNIONSTORE" {
					for m := range b {
						if _, both := a[m]; !both {
							want[m] = b[m]
						}
					}
				}
				command := op + " z 2 x y"
				if op != "ZDIFFSTORE" {
					command += " AGGREGATE MIN"
				}
				check(op, r.Do("%s", command), fmt.Sprint(":", len(want)))
				sets["z"] = want
			},
			"": func(t *rapid.T) {
				for k, m := range sets {
					all := m.sorted()
					check(k, r.Do("ZRANGE %s 0 -1 WITHSCORES", k), m.show(all))
					for i, member := range all {
						check("ZRANK", r.Do("ZRANK %s %s", k, member), fmt.Sprint(":", i))
					}
				}
			},
		}
		t.Repeat(steps)
	})
}

// TestNames: ranges of names, where all scores are equal.
func TestNames(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := newRig(t)
		defer r.Keyspace.Close()
		r.packed(int64(rapid.SampledFrom([]int{0, 128}).Draw(t, "packed")))
		name := rapid.StringMatching(`[a-c0-9]{1,3}`)
		all := rapid.SliceOfNDistinct(name, 1, 20, rapid.ID).Draw(t, "members")
		sort.Strings(all)
		for _, m := range all {
			r.Do("ZADD z 0 %s", m)
		}
		low, high := name.Draw(t, "low"), name.Draw(t, "high")
		in := slices.DeleteFunc(slices.Clone(all), func(m string) bool { return m < low || m >= high })
		if got := r.Do("ZLEXCOUNT z [%s (%s", low, high); got != fmt.Sprint(":", len(in)) {
			t.Fatal(got, "not", len(in))
		}
		if got := r.Do("ZREMRANGEBYLEX z [%s (%s", low, high); got != fmt.Sprint(":", len(in)) {
			t.Fatal(got, "not", len(in))
		}
		if got := r.Do("ZCARD z"); got != fmt.Sprint(":", len(all)-len(in)) {
			t.Fatal(got)
		}
	})
}

// TestRandomMembers: they are members, as many as asked for, and different where
// they have to be.
func TestRandomMembers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := newRig(t)
		defer r.Keyspace.Close()
		r.packed(int64(rapid.SampledFrom([]int{0, 128}).Draw(t, "packed")))
		size := rapid.IntRange(1, 60).Draw(t, "size")
		for i := range size {
			r.Do("ZADD z %d m%d", i, i)
		}
		n := rapid.IntRange(-80, 80).Draw(t, "n")
		r.Do("ZRANDMEMBER z %d", n)
		words := bytes.Fields(r.Ctx.Buf)
		seen := map[string]bool{}
		for i := 2; i < len(words); i += 2 {
			member := string(words[i])
			if i, err := strconv.Atoi(member[1:]); err != nil || i < 0 || i >= size {
				t.Fatal(member, "is no member")
			}
			seen[member] = true
		}
		count := (len(words) - 1) / 2
		switch {
		case n < 0 && count != -n, n >= 0 && count != min(n, size):
			t.Fatal(count, "members")
		case n >= 0 && len(seen) != count:
			t.Fatal("some are answered twice")
		}
	})
}
