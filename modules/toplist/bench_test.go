package toplist_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/ferrousdb/ferrous/core/coretest"
	"github.com/ferrousdb/ferrous/host"
	"github.com/ferrousdb/ferrous/modules"
)

// BenchmarkCost tells what the lists cost a pipelined GET, from the parser to the encoded
// reply: of one key, and of as many as cannot have counters, which costs most. Rounds with and
// without them alternate, and the median of the differences is told, since the machine is
// never quiet.
func BenchmarkCost(b *testing.B) {
	for _, keys := range []int{1, 100_000} {
		b.Run(fmt.Sprintf("keys=%d", keys), func(b *testing.B) {
			srv, err := host.Start(host.Options{Modules: modules.Full(), Args: []string{"--port", "0"}, Pipes: 1})
			if err != nil {
				b.Fatal(err)
			}
			defer srv.Stop()
			pipe := srv.Pipe(0)
			requests := make([][]byte, 4096)
			for i := range requests {
				for j := range 16 {
					key := fmt.Sprintf("key:%012d", (i*16+j)*7919%keys)
					pipe.Exchange(nil, coretest.Encode(nil, "SET", key, "value"))
					requests[i] = coretest.Encode(requests[i], "GET", key)
				}
			}
			var reply []byte
			round := func(enabled string) float64 {
				pipe.Exchange(nil, coretest.Encode(nil, "CONFIG", "SET", "toplist-enabled", enabled))
				begin := time.Now()
				for _, r := range requests {
					reply = pipe.Exchange(reply[:0], r)
				}
				return float64(time.Since(begin)) / float64(16*len(requests))
			}
			var off, extra []float64
			for b.Loop() {
				without := round("no")
				off, extra = append(off, without), append(extra, round("yes")-without)
			}
			slices.Sort(off)
			slices.Sort(extra)
			b.ReportMetric(off[len(off)/2], "ns/get")
			b.ReportMetric(extra[len(extra)/2], "ns/get-more")
		})
	}
}
