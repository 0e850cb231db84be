package modules

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/ferrousdb/ferrous/host"
)

// TestPipelinesAnswerAlike: what arrives together is asked for from memory ahead
// and locked together; the answers are those of the same commands one by one,
// whatever type and form the keys have, and whether they exist.
func TestPipelinesAnswerAlike(t *testing.T) {
	start := func() *host.Pipe {
		srv, err := host.Start(host.Options{Modules: Full(), Pipes: 1, Args: []string{
			"--port", "0", "--arena-poison", "yes", "--hash-max-listpack-entries", "3", "--zset-max-listpack-entries", "3",
			"--set-max-listpack-entries", "3", "--set-max-intset-entries", "3",
		}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(srv.Stop)
		return srv.Pipe(0)
	}
	together, apart := start(), start()
	rapid.Check(t, func(t *rapid.T) {
		var all, want []byte
		for range rapid.IntRange(1, 60).Draw(t, "commands") {
			request := pipelined(t)
			all = append(all, request...)
			want = apart.Exchange(want, request)
		}
		if got := together.Exchange(nil, all); string(got) != string(want) {
			t.Fatalf("%q\ngot  %q\nwant %q", all, got, want)
		}
	})
}

// pipelined draws one command on a few keys and members.
func pipelined(t *rapid.T) []byte {
	template := rapid.SampledFrom([]string{
		"HSET K M 1", "HSET K M 1 M 2", "HGET K M", "HDEL K M", "HINCRBY K M 3", "HEXISTS K M", "HSETNX K M 5", "HLEN K",
		"SADD K M M", "SREM K M", "SISMEMBER K M", "SCARD K", "ZADD K 5 M", "ZADD K XX 7 M", "ZINCRBY K 2 M", "ZSCORE K M",
		"ZRANK K M", "ZREM K M", "RPUSH K M", "LPOP K", "SET K M", "GET K", "INCR K", "DEL K", "DEL K", "TYPE K",
	}).Draw(t, "command")
	words := strings.Fields(template)
	b := fmt.Appendf(nil, "*%d\r\n", len(words))
	for _, w := range words {
		switch w {
		case "K":
			w = "key:" + strconv.Itoa(rapid.IntRange(0, 3).Draw(t, "key"))
		case "M":
			w = strconv.Itoa(rapid.IntRange(0, 9).Draw(t, "member"))
		}
		b = fmt.Appendf(b, "$%d\r\n%s\r\n", len(w), w)
	}
	return b
}
