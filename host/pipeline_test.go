package host

import (
	"bytes"
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

// TestAnyCutOfAPipeline sends requests in pieces of any size and compares the
// replies with those of a model. Large replies interrupt batches, so that what
// was parsed ahead is parsed again.
func TestAnyCutOfAPipeline(t *testing.T) {
	srv := testServer(t)
	pipe := srv.Pipe(0)
	round := 0
	rapid.Check(t, func(t *rapid.T) {
		round++
		model := map[string]string{}
		var requests, want bytes.Buffer
		bulk := func(s string) string { return fmt.Sprintf("$%d\r\n%s\r\n", len(s), s) }
		for range rapid.IntRange(1, 60).Draw(t, "requests") {
			key := fmt.Sprintf("%d:%d", round, rapid.IntRange(0, 5).Draw(t, "key"))
			switch rapid.IntRange(0, 5).Draw(t, "kind") {
			case 0, 1:
				value := string(bytes.Repeat([]byte("v"), rapid.SampledFrom([]int{1, 3, 100, 70_000}).Draw(t, "size")))
				requests.WriteString("*3\r\n" + bulk("push") + bulk(key) + bulk(value))
				model[key] += value
				want.WriteString("+OK\r\n")
			case 2, 3:
				requests.WriteString("*2\r\n" + bulk("GET") + bulk(key))
				if v, ok := model[key]; ok {
					want.WriteString(bulk(v))
				} else {
					want.WriteString("$-1\r\n")
				}
			case 4:
				requests.WriteString("ping\r\n")
				want.WriteString("+PONG\r\n")
			case 5:
				requests.WriteString("*2\r\n" + bulk("big") + bulk("300000"))
				want.WriteString(bulk(string(make([]byte, 300_000))))
			}
		}
		var got []byte
		for data := requests.Bytes(); len(data) > 0; {
			n := rapid.IntRange(1, len(data)).Draw(t, "cut")
			got = pipe.Exchange(got, data[:n])
			data = data[n:]
		}
		if !bytes.Equal(got, want.Bytes()) {
			t.Fatalf("the replies differ: %d bytes %.200q, want %d bytes %.200q", len(got), got, want.Len(), want.Bytes())
		}
	})
}

func TestBatchCutShortBeforeAnIncompleteRequest(t *testing.T) {
	pipe := testServer(t).Pipe(0)
	value := bytes.Repeat([]byte("v"), 300_000)
	pipe.Exchange(nil, fmt.Appendf(nil, "*3\r\n$4\r\npush\r\n$1\r\na\r\n$%d\r\n%s\r\npush b x\r\n", len(value), value))
	get := func(key string) string { return "*2\r\n$3\r\nGET\r\n$1\r\n" + key + "\r\n" }
	// The first reply ends the batch; the last request is parsed half by then.
	out := pipe.Exchange(nil, []byte(get("a")+get("b")+get("b")+"*3\r\n$4\r\npush\r\n$1\r\nb\r\n$"))
	out = pipe.Exchange(out, []byte("1\r\ny\r\n"+get("b")))
	want := fmt.Sprintf("$%d\r\n%s\r\n$1\r\nx\r\n$1\r\nx\r\n+OK\r\n$2\r\nxy\r\n", len(value), value)
	if string(out) != want {
		t.Fatalf("%d bytes ending in %.100q", len(out), out[max(0, len(out)-100):])
	}
}
