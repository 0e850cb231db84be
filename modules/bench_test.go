package modules

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/host"
)

// BenchmarkCommand runs commands from the parser to the encoded reply, sixteen to
// a request, without a network: what of a command's cost is the server's own, and
// the place to profile it. RAND stands for a number below 100 000.
//
//	go test ./modules -run - -bench Command/lpush -cpuprofile cpu.prof
func BenchmarkCommand(b *testing.B) {
	for _, x := range []struct{ name, fill, command string }{
		{"ping", "", "PING"},
		{"get", "SET key:RAND value", "GET key:RAND"},
		{"lpush", "", "LPUSH list a-value-of-some-length-that-is-no-number-of-its-own-but-text-x"},
		{"lpop", "RPUSH list a-value-of-some-length-that-is-no-number-of-its-own-but-text-x", "LPOP list"},
		{"hget", "HSET hash field:RAND value", "HGET hash field:RAND"},
		{"sadd", "SADD set member:RAND", "SADD set member:RAND"},
		{"zadd", "ZADD zset RAND member:RAND", "ZADD zset RAND member:RAND"},
		{"zpopmin", "ZADD zset RAND member:RAND:RAND", "ZPOPMIN zset"},
		{"zrange_100", "ZADD zset RAND member:RAND", "ZRANGE zset 1000 1099"},
	} {
		b.Run(x.name, func(b *testing.B) {
			srv, err := host.Start(host.Options{Modules: Full(), Args: []string{"--port", "0"}, Pipes: 1})
			if err != nil {
				b.Fatal(err)
			}
			defer srv.Stop()
			pipe := srv.Pipe(0)
			if x.fill != "" {
				for range max(200_000, b.N) {
					pipe.Exchange(nil, expand(nil, x.fill))
				}
			}
			requests := make([][]byte, 4096)
			for i := range requests {
				for range 16 {
					requests[i] = expand(requests[i], x.command)
				}
			}
			var reply []byte
			b.ReportAllocs()
			b.ResetTimer()
			for i := 0; i < b.N; i += 16 {
				reply = pipe.Exchange(reply[:0], requests[i/16%len(requests)])
			}
			if reply[0] == '-' {
				b.Fatalf("%s", reply)
			}
		})
	}
}

// expand appends a command with its random numbers.
func expand(dst []byte, command string) []byte {
	words := strings.Fields(command)
	dst = fmt.Appendf(dst, "*%d\r\n", len(words))
	for _, w := range words {
		for strings.Contains(w, "RAND") {
			w = strings.Replace(w, "RAND", fmt.Sprintf("%012d", rand.IntN(100_000)), 1)
		}
		dst = fmt.Appendf(dst, "$%d\r\n%s\r\n", len(w), w)
	}
	return dst
}
