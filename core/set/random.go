package set

import (
	"strconv"

	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/dict"
	"github.com/ferrousdb/ferrous/core/intset"
	"github.com/ferrousdb/ferrous/core/listpack"
)

// Random returns a member chosen by r, each alike if r is random; nil if the set
// is empty. An integer of a packed set is written to scratch, which has room for
// 20 bytes.
func (v View) Random(r uint64, scratch []byte) []byte {
	if v.Len() == 0 {
		return nil
	}
	switch v.form {
	case Ints:
		return strconv.AppendInt(scratch[:0], intset.At(v.data, below(r, v.Len())), 10)
	case Pack:
		b := listpack.Elements(v.data)
		e, _ := listpack.Read(b, listpack.Seek(b, below(r, v.Len())))
		return e.Text(scratch)
	}
	return dict.Key(v.table.Random(r))
}

// below maps r to 0..n-1.
func below(r uint64, n int) int { return int(r >> 32 * uint64(n) >> 32) }

// sparse is when it is better to choose members one by one than to go through all
// of them: when fewer than one in so many is wanted.
const sparse = 3

// Sample calls fn for n different members, or for all if there are fewer. Every
// choice is as likely as any other if random gives random numbers; the order means
// nothing. member is valid during the call of fn only.
func (v View) Sample(n int, random func() uint64, fn func(member []byte)) {
	if v.form == Large && n*sparse < v.Len() {
		v.sampleLarge(n, random, fn)
		return
	}
	// Each member is taken with the chance that those to come leave it.
	left := v.Len()
	it := v.Iter()
	for ; n > 0 && it.Next(); left-- {
		if below(random(), left) < n {
			fn(it.Member())
			n--
		}
	}
}

func (v View) sampleLarge(n int, random func() uint64, fn func(member []byte)) {
	chosen := make(map[arena.Ref]struct{}, n)
	for len(chosen) < n {
		ref := v.table.Random(random())
		if _, twice := chosen[ref]; !twice {
			chosen[ref] = struct{}{}
			fn(dict.Key(ref))
		}
	}
}
