package host

import (
	"testing"

	"github.com/ferrousdb/ferrous/core/config"
)

func TestDefragEffort(t *testing.T) {
	s := config.NewSchema()
	var d defrag
	d.declare(s)
	if err := s.Freeze(); err != nil {
		t.Fatal(err)
	}
	const mb = 1 << 20
	for _, test := range []struct{ wasted, used, want int64 }{
		{0, 0, 0},
		{99 * mb, 10 * mb, 0},      // below the bytes to ignore
		{100 * mb, 2000 * mb, 0},   // 5 percent
		{200 * mb, 2000 * mb, 1},   // 10 percent
		{1100 * mb, 2000 * mb, 13}, // half way
		{4000 * mb, 2000 * mb, 25},
	} {
		if got := d.effort(test.wasted, test.used); got != test.want {
			t.Errorf("%d MB of waste to %d MB of data: %d percent, want %d", test.wasted/mb, test.used/mb, got, test.want)
		}
	}
	d.on.Store(false)
	if got := d.effort(4000*mb, 2000*mb); got != 0 {
		t.Errorf("switched off, it still takes %d percent", got)
	}
}
