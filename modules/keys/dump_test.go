package keys

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/rdb"
	"github.com/ferrousdb/ferrous/core/resp"
)

// dumpOf returns the payload of a key that exists.
func dumpOf(r *rig, key string) []byte {
	r.T.Helper()
	r.do("DUMP %s", key)
	_, payload, ok := bytes.Cut(r.Ctx.Buf, []byte("\r\n"))
	if !ok || len(payload) < 2 {
		r.T.Fatalf("DUMP %s: %q", key, r.Ctx.Buf)
	}
	return bytes.Clone(payload[:len(payload)-2])
}

func (r *rig) restore(key, ttl string, payload []byte, options string) string {
	r.T.Helper()
	argv := [][]byte{[]byte("RESTORE"), []byte(key), []byte(ttl), payload}
	for _, word := range strings.Fields(options) {
		argv = append(argv, []byte(word))
	}
	return r.run(argv...)
}

func TestDumpAndRestore(t *testing.T) {
	r := newTestRig(t)
	r.want("$-1", "DUMP none")
	r.Set("text", "hello", 0)
	r.setNumbers(0, "numbers", []uint64{1, 2, 1 << 40}, 0)
	text, numbers := dumpOf(r, "text"), dumpOf(r, "numbers")
	if want := rdb.AppendFooter([]byte("\x00\x05hello")); !bytes.Equal(text, want) {
		t.Errorf("DUMP gives %q, want %q", text, want)
	}
	for _, c := range []struct {
		key, ttl string
		payload  []byte
		options  string
		reply    string
		holds    string
		fed      string
		events   []string
	}{
		{"new", "0", text, "", "+OK", "hello", "0 [RESTORE new 0 PAYLOAD]", []string{"0 new new", "0 restore new"}},
		{"new", "0", numbers, "REPLACE", "+OK", "[1 2 1099511627776]", "0 [RESTORE new 0 PAYLOAD REPLACE]", []string{"0 new new", "0 restore new"}},
		{"new", "0", text, "", "-BUSYKEY Target key name already exists.", "[1 2 1099511627776]", "", nil},
		{"new", "100", text, "REPLACE", "+OK", "hello at 1700000000100", "0 [RESTORE new 1700000000100 PAYLOAD REPLACE ABSTTL]", []string{"0 new new", "0 restore new"}},
		{"new", "1700000000100", text, "ABSTTL REPLACE", "+OK", "hello at 1700000000100", "0 [RESTORE new 1700000000100 PAYLOAD ABSTTL REPLACE]", []string{"0 new new", "0 restore new"}},
		{"new", "1", numbers, "ABSTTL REPLACE", "+OK", "", "0 [DEL new]", []string{"0 del new"}},
		{"new", "1", numbers, "ABSTTL", "+OK", "", "", nil},
		{"new", "-1", text, "", "-ERR Invalid TTL value, must be >= 0", "", "", nil},
		{"new", "x", text, "", "-ERR value is not an integer or out of range", "", "", nil},
		{"new", "0", text, "IDLETIME -1", "-ERR Invalid IDLETIME value, must be >= 0", "", "", nil},
		{"new", "0", text, "FREQ 256", "-ERR Invalid FREQ value, must be >= 0 and <= 255", "", "", nil},
		{"new", "0", text, "FREQ 1 IDLETIME 1", "-ERR syntax error", "", "", nil},
		{"new", "0", text, "FREQ", "-ERR syntax error", "", "", nil},
		{"new", "0", []byte("garbage"), "", "-ERR DUMP payload version or checksum are wrong", "", "", nil},
		{"new", "0", rdb.AppendFooter([]byte("\x00\x06hello")), "", "-ERR Bad data format", "", "", nil},
		{"new", "0", rdb.AppendFooter(numbersValue(0)), "", "-ERR Bad data format", "", "", nil},
		{"new", "0", rdb.AppendFooter([]byte{99, 0}), "", "-ERR Bad data format", "", "", nil},
		{"new", "0", rdb.AppendFooter(nil), "", "-ERR Bad data format", "", "", nil},
		{"text", "0", []byte("garbage"), "", "-BUSYKEY Target key name already exists.", "hello", "", nil},
		{"text", "0", []byte("garbage"), "REPLACE", "-ERR DUMP payload version or checksum are wrong", "hello", "", nil},
	} {
		if got := r.restore(c.key, c.ttl, c.payload, c.options); got != c.reply {
			t.Errorf("RESTORE %s %s %.20q %s: %q, want %q", c.key, c.ttl, c.payload, c.options, got, c.reply)
		}
		r.wantFed(strings.ReplaceAll(c.fed, "PAYLOAD", string(c.payload)), c.events...)
		if got := r.get(0, c.key); got != c.holds {
			t.Errorf("RESTORE %s %s %s: the key holds %q, want %q", c.key, c.ttl, c.options, got, c.holds)
		}
	}
}

func TestRestoreSetsAccess(t *testing.T) {
	r := newTestRig(t)
	r.Set("k", "v", 0)
	payload := dumpOf(r, "k")
	r.restore("idle", "0", payload, "IDLETIME 1000")
	r.want(":1000", "OBJECT IDLETIME idle")
	r.restore("old", "0", payload, "IDLETIME 9223372036854775807") // longer than there is a clock for
	if got, _ := strconv.Atoi(r.do("OBJECT IDLETIME old")[1:]); got < 0 {
		t.Errorf("idle for %d s", got)
	}
	r.Keyspace.Lock(keyspace.AllShards)
	r.Keyspace.SetClock(keyspace.LFU, 10, 1)
	r.Keyspace.Unlock(keyspace.AllShards)
	r.restore("often", "0", payload, "FREQ 200")
	r.want(":200", "OBJECT FREQ often")
}

// FuzzRestore gives foreign values, under a right checksum, to the generic part
// of RESTORE; the types have fuzz targets of their own.
func FuzzRestore(f *testing.F) {
	f.Add([]byte("\x00\x05hello"), "0", "REPLACE")
	f.Add(numbersValue(2, 1, 2), "100", "ABSTTL FREQ 1")
	f.Add([]byte("\x00\xc3\x06\x15\x01aa\xe0\n\x00"), "9223372036854775807", "IDLETIME 9223372036854775807")
	f.Fuzz(func(t *testing.T, body []byte, ttl, options string) {
		r := newRig(t)
		defer r.End()
		before := fmt.Sprint(r.Keyspace.DB(0).Len())
		reply := r.restore("k", ttl, rdb.AppendFooter(bytes.Clone(body)), options)
		switch after := fmt.Sprint(r.Keyspace.DB(0).Len()); {
		case strings.HasPrefix(reply, "-") && after != before:
			t.Fatalf("%q, and yet there is a key", reply)
		case after != before: // what was restored is dumped and restored
			again := dumpOf(r, "k")
			if got := r.restore("k", "0", again, "REPLACE"); got != "+OK" {
				t.Fatalf("our own dump %q: %s", again, got)
			}
		}
	})
}

// numbersValue is a value of the type numbers in a dump, whatever its numbers.
func numbersValue(numbers ...uint64) []byte {
	id, err := rdb.ModuleID("numbers-t")
	if err != nil {
		panic(err)
	}
	_, b := rdb.Encode(false, func(w *rdb.Writer) {
		w.Module(id, func(w *rdb.FieldWriter) {
			for _, n := range numbers {
				w.Uint(n)
			}
		})
	})
	return append([]byte{rdb.TypeModule2}, b...)
}

// TestDumpInPieces: a payload that is made in pieces, kept until its length is known or made twice, is the one
// that is made at once.
func TestDumpInPieces(t *testing.T) {
	r := newTestRig(t)
	noise := make([]byte, mostKept+mostKept/4)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(noise)
	for i := range noise {
		noise[i] &= 15 // some of it can be compressed
	}
	text := textType()
	for _, n := range []int{100, longDump * 3, mostKept / 2, len(noise)} {
		r.Set("key", string(noise[:n]), 0)
		e := r.Keyspace.DB(0).Find([]byte("key"), r.Ctx.Now, 0)
		for _, compress := range []bool{false, true} {
			d := &dumper{t: &text, v: e.Value(), compress: compress}
			var once, pieces resp.Writer
			d.reply(&once)
			ended := false
			next, end := d.replyLater(func() { ended = true })
			pieces.Raw([]byte{'$'})
			for next(&pieces) {
			}
			end()
			if !ended || !bytes.Equal(once.Buf, pieces.Buf) {
				t.Errorf("%d bytes: %d bytes of reply in pieces, %d at once", n, len(pieces.Buf), len(once.Buf))
			}
		}
	}
}
