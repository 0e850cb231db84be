package dump_test

import (
	"testing"

	"github.com/ferrousdb/ferrous/core/dump"
	"github.com/ferrousdb/ferrous/core/keyspace"
)

// What is saved and loaded is what it was, with any number of workers.
func TestRoundTrip(t *testing.T) {
	reg := registry(t)
	from := newRig(t, reg)
	from.fill()
	for _, workers := range []int{1, 2, 5} {
		b := from.save(dump.SaveOptions{Workers: workers, Checksum: workers != 2})
		to := newRig(t, reg)
		res := to.mustLoad(b, dump.LoadOptions{Workers: workers, Checksum: true})
		if want := len(from.content()); res.Keys != int64(want) || res.Bytes != int64(len(b)) {
			t.Errorf("%d workers: loaded %+v of %d keys in %d bytes", workers, res, want, len(b))
		}
		same(t, to, from)
		to.Drop()
	}
	from.Drop()
}

// Members that expire do so after they were loaded, too.
func TestMembersExpire(t *testing.T) {
	reg := registry(t)
	from := newRig(t, reg)
	from.do("hset h a 1 b 2")
	b := from.save(dump.SaveOptions{})
	if res, err := newRig(t, reg).load(b, dump.LoadOptions{}); err != nil || res.Version != 11 {
		t.Errorf("without such members: %+v, %v", res, err)
	}
	from.do("hpexpireat h %d fields 1 a", now+5000)
	b = from.save(dump.SaveOptions{})
	to := newRig(t, reg)
	if res := to.mustLoad(b, dump.LoadOptions{}); res.Version != 12 {
		t.Errorf("version %d", res.Version)
	}
	for sh := range keyspace.Shards {
		for to.Keyspace.Sweep(sh, now+6000, 1000, true) {
		}
	}
	if to.do("hlen h"); string(to.Ctx.Buf) != ":1\r\n" {
		t.Errorf("%q fields are left", to.Ctx.Buf)
	}
	to.Drop()
}
