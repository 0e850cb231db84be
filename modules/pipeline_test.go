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

// TestLargeValuesAreRepliedAsTheyWere: replies that hold a value instead of copying it
// have what it was when the command ran, whatever the commands behind it do.
func TestLargeValuesAreRepliedAsTheyWere(t *testing.T) {
	srv, err := host.Start(host.Options{Modules: Full(), Pipes: 1, Args: []string{"--port", "0", "--arena-poison", "yes"}})
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Stop()
	const size = 3 << 20
	a, b := strings.Repeat("a", size), strings.Repeat("b", size)
	changed := func(s string) string { return s[:1<<20] + "changed" + s[1<<20+len("changed"):] }
	bulk := func(s string) string { return fmt.Sprintf("$%d\r\n%s\r\n", len(s), s) }
	all := request("SET", "k", a)
	for _, r := range [][]string{
		{"GET", "k"}, {"SETRANGE", "k", "1048576", "changed"}, {"GETRANGE", "k", "5", "2097156"}, {"SET", "k", b},
		{"MULTI"}, {"GET", "k"}, {"SETRANGE", "k", "1048576", "changed"}, {"GETDEL", "k"}, {"EXEC"}, {"EXISTS", "k"},
	} {
		all = append(all, request(r...)...)
	}
	want := "+OK\r\n" + bulk(a) + ":3145728\r\n" + bulk(changed(a)[5:2097157]) + "+OK\r\n" +
		"+OK\r\n" + strings.Repeat("+QUEUED\r\n", 3) + "*3\r\n" + bulk(b) + ":3145728\r\n" + bulk(changed(b)) + ":0\r\n"
	if got := srv.Pipe(0).Exchange(nil, all); string(got) != want {
		t.Errorf("%d bytes that are not as they should be, want %d", len(got), len(want))
	}
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
