package dump_test

import (
	"testing"

	"github.com/ferrousdb/ferrous/core/dump"
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
		to.drop()
	}
	from.drop()
}
