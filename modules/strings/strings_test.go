package strings

import (
	"bytes"
	"reflect"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/decimal"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/rdb"
)

// TestPropagation: in which form a change is repeated, and which events it has.
// Replies are the business of the conformance scripts.
func TestPropagation(t *testing.T) {
	const expire = "1700000100000" // a hundred seconds after the rig's time
	cases := []struct {
		name, before, command, fed string
		events                     []string
	}{
		{"plain", "", "SET k v", "SET k v", []string{"set k"}},
		{"EX", "", "SET k v EX 100 NX", "SET k v PXAT " + expire, []string{"set k", "expire k"}},
		{"PX", "", "SET k v GET PX 100000", "SET k v PXAT " + expire, []string{"set k", "expire k"}},
		{"EXAT", "", "SET k v EXAT 1700000100", "SET k v PXAT " + expire, []string{"set k", "expire k"}},
		{"PXAT", "", "SET k v PXAT " + expire, "SET k v PXAT " + expire, []string{"set k", "expire k"}},
		{"GET is left out", "SET k v", "SET k get xx gEt KEEPTTL GET", "SET k get xx KEEPTTL", []string{"set k"}},
		{"not stored", "SET k v", "SET k w NX", "", nil},
		{"not stored", "", "SET k w XX GET", "", nil},
		{"SETNX", "", "SETNX k v", "SETNX k v", []string{"set k"}},
		{"SETEX", "", "SETEX k 100 v", "SET k v PXAT " + expire, []string{"set k", "expire k"}},
		{"PSETEX", "", "PSETEX k 100000 v", "SET k v PXAT " + expire, []string{"set k", "expire k"}},
		{"GETSET", "SET k v", "GETSET k w", "SET k w", []string{"set k"}},
		{"GETDEL", "SET k v", "GETDEL k", "DEL k", []string{"del k"}},
		{"GETDEL of nothing", "", "GETDEL k", "", nil},
		{"GETEX", "SET k v", "GETEX k", "", nil},
		{"GETEX EX", "SET k v", "GETEX k EX 100", "PEXPIREAT k " + expire, []string{"expire k"}},
		{"GETEX past", "SET k v", "GETEX k PXAT 1700000000000", "DEL k", []string{"del k"}},
		{"GETEX PERSIST", "SET k v EX 10", "GETEX k PERSIST", "PERSIST k", []string{"persist k"}},
		{"GETEX PERSIST of none", "SET k v", "GETEX k PERSIST", "", nil},
		{"MSET", "", "MSET a 1 b 2", "MSET a 1 b 2", []string{"set a", "set b"}},
		{"MSETNX", "", "MSETNX a 1 a 2", "MSETNX a 1 a 2", []string{"set a", "set a"}},
		{"MSETNX refused", "SET b 1", "MSETNX a 1 b 2", "", nil},
		{"APPEND", "", "APPEND k v", "APPEND k v", []string{"append k"}},
		{"SETRANGE", "", "SETRANGE k 2 v", "SETRANGE k 2 v", []string{"setrange k"}},
		{"INCR", "", "INCR k", "INCR k", []string{"incrby k"}},
		{"DECRBY", "", "DECRBY k 2", "DECRBY k 2", []string{"incrby k"}},
		{"INCRBYFLOAT", "SET k 1", "INCRBYFLOAT k 0.25", "SET k 1.25 KEEPTTL", []string{"incrbyfloat k"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t)
			if c.before != "" {
				r.Do("%s", c.before)
			}
			r.Do("%s", c.command)
			var want []string
			if c.fed != "" {
				want = []string{c.fed}
			}
			if !reflect.DeepEqual(r.Fed, want) {
				t.Errorf("propagated %q, want %q", r.Fed, want)
			}
			if !reflect.DeepEqual(r.Events, c.events) {
				t.Errorf("events %q, want %q", r.Events, c.events)
			}
		})
	}
}

// TestExpiredIsMissing: a key whose time is past keeps nothing alive.
func TestExpiredIsMissing(t *testing.T) {
	for _, command := range []string{"SET k w KEEPTTL", "APPEND k w", "SETRANGE k 0 w", "SETNX k w", "MSETNX k w"} {
		r := newRig(t)
		r.Do("SET k old PX 5")
		r.Ctx.Now += 6
		r.Do("%s", command)
		r.Ctx.Now += 1000
		if got := r.Do("GET k"); got != "$1 w" {
			t.Errorf("after %s: %q", command, got)
		}
	}
	r := newRig(t)
	r.Do("SET k 10 PX 5")
	r.Ctx.Now += 6
	if got := r.Do("INCR k"); got != ":1" {
		t.Error(got)
	}
}

// TestLCSCountsOnce: each of the two keys is one hit or miss of INFO.
func TestLCSCountsOnce(t *testing.T) {
	r := newRig(t)
	r.Do("SET a x")
	r.Do("LCS a none")
	if st := r.Keyspace.Stats(); st.Hits != 1 || st.Misses != 1 {
		t.Errorf("%+v", st)
	}
}

func TestEncodings(t *testing.T) {
	r := newRig(t)
	for _, c := range []struct{ command, want string }{
		{"SET k 12", "int"}, {"SET k 012", "embstr"}, {"APPEND k 3", "raw"}, {"SET k 7", "int"},
		{"APPEND k 8", "raw"}, {"INCR k", "int"}, {"INCRBYFLOAT k 1", "embstr"}, {"SETRANGE k 0 9", "raw"},
		{"DECRBY k 1", "int"}, {"SETRANGE n 0 5", "raw"},
	} {
		r.Do("%s", c.command)
		key := "k"
		if c.command == "SETRANGE n 0 5" {
			key = "n"
		}
		if got := r.Encoding(key); got != c.want {
			t.Errorf("after %s: %s, want %s", c.command, got, c.want)
		}
	}
}

// TestLimits: proto-max-bulk-len is 1 MiB in the rig.
func TestLimits(t *testing.T) {
	r := newRig(t)
	tooLong := "-" + core.ErrTooLarge.Error()
	if got := r.Do("SETRANGE k 1048575 x"); got != ":1048576" {
		t.Fatal(got)
	}
	for _, command := range []string{
		"APPEND k x", "SETRANGE k 1048576 x", "SETRANGE k 9223372036854775807 x", "SETRANGE none 1048576 x",
	} {
		if got := r.Do("%s", command); got != tooLong {
			t.Errorf("%s: %q", command, got)
		}
	}
	r.Do("SETRANGE a 1022 x")
	if got := r.Do("LCS a a LEN"); got != "-ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len" {
		// 1024 * 1024 cells of 4 bytes are 4 MiB
		t.Error(got)
	}
	r.Do("SETRANGE b 510 x")
	if got := r.Do("LCS b b LEN"); got != ":511" {
		t.Error(got) // 512 * 512 * 4 is just 1 MiB
	}
	r.Ctx.Session = nil
	if got := r.Do("APPEND k x"); got != ":1048577" {
		t.Error("from a log:", got)
	}
}

// TestAgainstModel: random edits of one value beside a byte slice.
func TestAgainstModel(t *testing.T) {
	r := newRig(t)
	rapid.Check(t, func(t *rapid.T) {
		r.Do("GETDEL k")
		var model []byte
		exists := false
		t.Repeat(map[string]func(*rapid.T){
			"append": func(t *rapid.T) {
				v := rapid.SliceOfN(rapid.ByteRange('0', '3'), 0, 70).Draw(t, "v")
				model, exists = append(model, v...), true
				if got, want := r.Run([]byte("APPEND"), []byte("k"), v), ":"+strconv.Itoa(len(model)); got != want {
					t.Fatal(got, want)
				}
			},
			"setrange": func(t *rapid.T) {
				v := rapid.SliceOfN(rapid.Byte(), 0, 20).Draw(t, "v")
				at := rapid.IntRange(0, 300).Draw(t, "at")
				r.Run([]byte("SETRANGE"), []byte("k"), []byte(strconv.Itoa(at)), v)
				if len(v) == 0 {
					return
				}
				if grow := at + len(v) - len(model); grow > 0 {
					model = append(model, make([]byte, grow)...)
				}
				copy(model[at:], v)
				exists = true
			},
			"set": func(t *rapid.T) {
				model, exists = rapid.SliceOfN(rapid.ByteRange('0', '9'), 0, 60).Draw(t, "v"), true
				r.Run([]byte("SET"), []byte("k"), model)
				model = bytes.Clone(model)
			},
			"incr": func(t *rapid.T) {
				by := rapid.Int64Range(-1e6, 1e6).Draw(t, "by")
				n, ok := decimal.Parse(model)
				got := r.Do("INCRBY k %d", by)
				if !exists || ok {
					model, exists = strconv.AppendInt(nil, n+by, 10), true
					if got != ":"+string(model) {
						t.Fatal(got, string(model))
					}
				} else if got != "-"+core.ErrNotInteger.Error() {
					t.Fatal(got)
				}
			},
			"": func(t *rapid.T) {
				want := "$-1"
				if exists {
					want = "$" + strconv.Itoa(len(model)) + " " + string(model)
				}
				r.Run([]byte("GET"), []byte("k"))
				got := bytes.TrimSuffix(r.Ctx.Buf, []byte("\r\n"))
				if string(bytes.Replace(got, []byte("\r\n"), []byte(" "), 1)) != want {
					t.Fatalf("%q, want %q", got, want)
				}
				if got := r.Do("STRLEN k"); got != ":"+strconv.Itoa(len(model)) {
					t.Fatal(got)
				}
			},
		})
	})
}

func TestGetrangeLikeSlices(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(0, 10).Draw(t, "n")
		start, end := rapid.Int64Range(-15, 15).Draw(t, "start"), rapid.Int64Range(-15, 15).Draw(t, "end")
		from, to := span(start, end, n)
		if from < 0 || from > to || to > n {
			t.Fatalf("%d:%d of %d", from, to, n)
		}
		for i := range n { // every position on its own
			in := (i >= start && start >= 0 || i >= n+start && start < 0) && (i <= end && end >= 0 || i <= max(n+end, 0) && end < 0)
			if start < 0 && end < 0 && start > end {
				in = false
			}
			if in != (i >= from && i < to) {
				t.Fatalf("position %d of %d in %d %d: %d:%d", i, n, start, end, from, to)
			}
		}
	})
}

// TestSaveLoad: what is saved loads as the same value in the same encoding.
func TestSaveLoad(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(
			rapid.SliceOfN(rapid.Byte(), 0, 100),
			rapid.Map(rapid.Int64(), func(n int64) []byte { return strconv.AppendInt(nil, n, 10) }),
			rapid.Map(rapid.Int64Range(-70000, 70000), func(n int64) []byte { return strconv.AppendInt(nil, n, 10) }),
		).Draw(t, "text")
		v, err := load(rdb.TypeString, rdb.NewReader(rdb.AppendString(nil, text, false)), nil)
		if err != nil {
			t.Fatal(err)
		}
		op, saved := rdb.Encode(true, func(w *rdb.Writer) { save(w, v) })
		again, err := load(op, rdb.NewReader(saved), nil)
		if err != nil || again.Kind != v.Kind || !bytes.Equal(again.Data, v.Data) {
			t.Fatalf("%v: %v became %v", err, v, again)
		}
		var tmp [20]byte
		if got := keyspace.TextOf(again, tmp[:]); !bytes.Equal(got, text) {
			t.Fatalf("%q became %q", text, got)
		}
	})
}

func TestNoAllocations(t *testing.T) {
	r := newRig(t)
	r.Registry.Hooks = &core.Hooks{}
	r.Ctx.Hooks = r.Registry.Hooks // nobody listens
	r.Do("SET k value")
	r.Do("SET n 10")
	for _, words := range [][]string{
		{"GET", "k"}, {"GET", "n"}, {"GET", "none"}, {"SET", "k", "other"}, {"SET", "n", "11"}, {"INCR", "n"}, {"DECRBY", "n", "3"},
		{"SET", "k", "value", "XX", "KEEPTTL"}, {"SET", "k", "value", "EX", "100"}, {"MGET", "k", "n"}, {"MSET", "k", "value", "n", "5"},
		{"STRLEN", "n"}, {"GETRANGE", "k", "1", "-2"}, {"SETRANGE", "k", "1", "x"}, {"INCRBYFLOAT", "f", "0.1"}, {"GETEX", "k", "EX", "10"},
	} {
		var argv [][]byte
		for _, w := range words {
			argv = append(argv, []byte(w))
		}
		cmd := r.Registry.Find(words[0])
		call := func() {
			r.Ctx.Reset(cmd, argv)
			r.Ctx.Buf = r.Ctx.Buf[:0]
			if err := cmd.Run(&r.Ctx); err != nil {
				t.Fatal(err)
			}
		}
		call() // the first write may need room
		if n := testing.AllocsPerRun(100, call); n != 0 {
			t.Errorf("%q: %v allocations", words, n)
		}
	}
}
