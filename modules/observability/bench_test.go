package observability_test

import (
	"testing"
	"time"

	"github.com/ferrousdb/ferrous/core/coretest"
)

// BenchmarkCost is what watching costs a GET, sixteen to a request and without a
// network: the difference to "nothing". best-ns/op is from the quickest stretch of
// 4096 commands, which a busy machine disturbs least.
func BenchmarkCost(b *testing.B) {
	const no, stretch = "no", 4096
	for _, x := range []struct {
		name    string
		args    []string
		monitor bool
	}{
		{"nothing", []string{"--stats-enabled", no, "--slowlog-enabled", no, "--monitor-enabled", no}, false},
		{"monitor allowed", []string{"--stats-enabled", no, "--slowlog-enabled", no}, false},
		{"slow log", []string{"--stats-enabled", no, "--monitor-enabled", no}, false},
		{"statistics without histograms", []string{"--slowlog-enabled", no, "--monitor-enabled", no, "--latency-tracking", no}, false},
		{"statistics", []string{"--slowlog-enabled", no, "--monitor-enabled", no}, false},
		{"defaults", nil, false},
		{"latency monitor too", []string{"--latency-monitor-threshold", "100"}, false},
		{"everything is slow", []string{"--slowlog-log-slower-than", "0"}, false},
		{"a monitor", nil, true},
	} {
		b.Run(x.name, func(b *testing.B) {
			all := start(b, 2, x.args...)
			c, watcher := all[0], all[1]
			c.Lines("SET key value")
			if x.monitor {
				watcher.Lines("MONITOR")
			}
			var request, reply, seen []byte
			for range 16 {
				request = coretest.Encode(request, "GET", "key")
			}
			b.ReportAllocs()
			b.ResetTimer()
			best, begun := time.Hour, time.Now()
			for i := 0; i < b.N; i += 16 {
				if i > 0 && i%stretch == 0 {
					now := time.Now()
					best, begun = min(best, now.Sub(begun)), now
				}
				reply = c.Exchange(reply[:0], request)
				if x.monitor {
					seen = watcher.Exchange(seen[:0], nil)
				}
			}
			b.ReportMetric(float64(best)/stretch, "best-ns/op")
			if reply[0] != '$' || x.monitor && seen[0] != '+' {
				b.Fatalf("%s %s", reply, seen)
			}
		})
	}
}
