package keys

import (
	"bytes"
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/list"
	"github.com/ferrousdb/ferrous/core/set"
)

// A SORT locks the keys that it names, and everything once it reads others.
func TestSortPlan(t *testing.T) {
	r := newTestRig(t)
	lock := func(keys ...string) (l keyspace.Locks) {
		for _, k := range keys {
			l = l.Add(r.Keyspace.Hash([]byte(k)))
		}
		return l
	}
	for call, want := range map[string]keyspace.Locks{
		"SORT k":                          lock("k"),
		"SORT k BY nosort GET #":          lock("k"),
		"SORT k STORE d":                  lock("k", "d"),
		"SORT k STORE a STORE d":          lock("k", "d"),
		"SORT k GET store STORE d":        lock("k", "d"),
		"SORT k LIMIT store a store d":    lock("k", "d"),
		"SORT k BY w_*":                   keyspace.AllShards,
		"SORT k GET # GET h*->f":          keyspace.AllShards,
		"SORT k STORE":                    lock("k"),
		"SORT_RO k by * limit 1 2 desc":   keyspace.AllShards,
		"SORT_RO k desc alpha limit 1 10": lock("k"),
	} {
		c := &r.Ctx
		var args [][]byte
		for _, w := range strings.Fields(call) {
			args = append(args, []byte(w))
		}
		cmd := r.Registry.Find(string(args[0]))
		c.Reset(cmd, args)
		if got := cmd.LocksFor(c); got != want {
			t.Errorf("%s locks %x, not %x", call, got, want)
		}
	}
	refs, err := sortKeys([][]byte{[]byte("sort"), []byte("k"), []byte("store"), []byte("d")})
	if err != nil || !slices.Equal(refs, []core.KeyRef{
		{Index: 1, Flags: core.KeyRO | core.KeyAccess}, {Index: 3, Flags: core.KeyOW | core.KeyUpdate},
	}) {
		t.Error(refs, err)
	}
}

func TestWeight(t *testing.T) {
	for text, want := range map[string]float64{
		"": 0, "1": 1, "-2.5": -2.5, " 7": 7, "\t\n7": 7, "1e3": 1000, "0x10": 16, "12\x00rest": 12,
	} {
		if got, ok := weight([]byte(text)); !ok || got != want {
			t.Errorf("%q weighs %v, %v", text, got, ok)
		}
	}
	for _, text := range []string{" ", "x", "1 ", "1x", "nan", "1e400", "1e-400", "--1"} {
		if got, ok := weight([]byte(text)); ok {
			t.Errorf("%q weighs %v", text, got)
		}
	}
}

// SORT with BY, LIMIT and STORE gives what sorting all and cutting gives.
func TestSortModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := newRig(t)
		defer r.End()
		n := rapid.IntRange(0, 30).Draw(t, "n")
		ed := list.Edit(r.Keyspace.DB(0), []byte("l"), keyspace.Entry{}, r.Ctx.Now)
		model := make([][2]int, n) // weight, element
		for i := range n {
			model[i] = [2]int{rapid.IntRange(0, 5).Draw(t, "weight"), i + 100}
			ed.Push(list.Back, fmt.Append(nil, i+100))
			ed = list.Edit(r.Keyspace.DB(0), []byte("l"), r.Keyspace.DB(0).Find([]byte("l"), r.Ctx.Now, 0), r.Ctx.Now)
			r.Set(fmt.Sprint("w", i+100), fmt.Sprint(model[i][0]), 0)
		}
		desc := rapid.Bool().Draw(t, "desc")
		slices.SortFunc(model, func(a, b [2]int) int {
			d := slices.Compare(a[:], b[:])
			if desc {
				return -d
			}
			return d
		})
		offset, count := rapid.IntRange(-2, 40).Draw(t, "offset"), rapid.IntRange(-2, 40).Draw(t, "count")
		from := min(max(offset, 0), n)
		model = model[from:]
		if count >= 0 && count < len(model) {
			model = model[:count]
		}
		call := fmt.Sprintf("SORT l BY w* LIMIT %d %d", offset, count)
		if desc {
			call += " DESC"
		}
		var want bytes.Buffer
		fmt.Fprintf(&want, "*%d", len(model))
		for _, m := range model {
			fmt.Fprintf(&want, " $3 %d", m[1])
		}
		r.want(want.String(), "%s", call)
		r.want(fmt.Sprintf(":%d", len(model)), "%s STORE dst", call)
		e := r.Keyspace.DB(0).Find([]byte("dst"), r.Ctx.Now, 0)
		if e.OK() != (len(model) > 0) || e.OK() && list.Of(e.Value()).Len() != len(model) {
			t.Fatal("stored", e.OK())
		}
	})
}

// TestSortOrder: whatever LIMIT leaves out, what is answered is what sorting everything
// with the plain order gives.
func TestSortOrder(t *testing.T) {
	number := rapid.SampledFrom([]string{"0", "-0", "1", "1.0", "01", "-1", "3e2", "9007199254740993", "9007199254740992", "-2.5", "inf", "-inf", " 7"})
	text := rapid.SampledFrom([]string{"", "a", "b", "ab", "abcdefgh", "abcdefghi", "abcdefgh\x00", "12", "2", "\xff"})
	rapid.Check(t, func(t *rapid.T) {
		var s sorter
		s.alpha, s.desc = rapid.Bool().Draw(t, "alpha"), rapid.Bool().Draw(t, "desc")
		words := number
		if s.alpha {
			words = text
		}
		texts := rapid.SliceOfN(words, 0, 300).Draw(t, "elements")
		for _, w := range texts {
			s.add([]byte(w))
		}
		slices.SortStableFunc(texts, func(a, b string) int {
			x, _ := weight([]byte(a))
			y, _ := weight([]byte(b))
			order := cmp.Compare(x, y)
			if s.alpha {
				order = 0
			}
			order = cmp.Or(order, strings.Compare(a, b))
			if s.desc {
				order = -order
			}
			return order
		})
		s.offset, s.count = rapid.Int64Range(-1, 310).Draw(t, "offset"), rapid.Int64Range(-1, 310).Draw(t, "count")
		start, end := s.window(len(texts))
		if !s.weigh() {
			t.Fatal("no numbers")
		}
		s.order()
		got := []string{}
		s.each(func(value []byte, _ bool) { got = append(got, string(value)) })
		if !slices.Equal(got, texts[start:end]) {
			t.Fatalf("%q, want %q", got, texts[start:end])
		}
	})
}

// TestSortMany: numbers that are distributed instead of compared come in the same order.
func TestSortMany(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(radixFrom, 3*radixFrom).Draw(t, "n")
		scale := rapid.SampledFrom([]float64{1, 1e-3, 1e6, 1e300}).Draw(t, "scale")
		spread := rapid.SampledFrom([]int{0, 3, 1000, 1 << 40}).Draw(t, "spread")
		seed := rapid.Uint64().Draw(t, "seed")
		random := rand.New(rand.NewPCG(seed, 0))
		var s sorter
		s.count, s.desc = -1, rapid.Bool().Draw(t, "desc")
		want := make([]string, n)
		for i := range want {
			want[i] = strconv.FormatFloat(scale*float64(random.IntN(2*spread+1)-spread), 'g', -1, 64)
			s.add([]byte(want[i]))
		}
		if !s.weigh() {
			t.Fatal("no numbers")
		}
		s.order()
		slices.SortFunc(want, func(a, b string) int {
			x, _ := weight([]byte(a))
			y, _ := weight([]byte(b))
			order := cmp.Or(cmp.Compare(x, y), strings.Compare(a, b))
			if s.desc {
				return -order
			}
			return order
		})
		var got []string
		s.each(func(value []byte, _ bool) { got = append(got, string(value)) })
		if !slices.Equal(got, want) {
			t.Fatalf("%q, want %q", got, want)
		}
	})
}

func TestSortEvents(t *testing.T) {
	r := newTestRig(t)
	ed := set.Edit(r.Keyspace.DB(0), []byte("s"), keyspace.Entry{}, r.Ctx.Now)
	for _, m := range []string{"c", "a", "b"} {
		ed.Add([]byte(m))
	}
	r.want(":3", "SORT s BY nosort DESC STORE dst")
	r.wantFed("0 [SORT s BY nosort DESC STORE dst]", "0 new dst", "0 sortstore dst")
	r.want("*3 $1 a $1 b $1 c", "SORT s ALPHA")
	r.wantFed("")
	r.want(":0", "SORT s LIMIT 0 0 ALPHA STORE dst")
	r.wantFed("0 [SORT s LIMIT 0 0 ALPHA STORE dst]", "0 del dst")
	r.want(":0", "SORT s LIMIT 0 0 ALPHA STORE dst")
	r.wantFed("")
	r.want("-ERR One or more scores can't be converted into double", "SORT s STORE dst")
}
