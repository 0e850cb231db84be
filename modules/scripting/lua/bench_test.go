package lua

import (
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/core/resp"
)

// benchHost answers from a map, without allocating.
type benchHost struct {
	fakeHost
	w resp.Writer
}

func (h *benchHost) Call(args [][]byte, proto int) []byte {
	h.w.Buf, h.w.Proto = h.w.Buf[:0], proto
	h.w.BulkString(h.data[string(args[1])])
	return h.w.Buf
}

// document is a kilobyte of JSON.
var document = "[" + strings.Repeat(`{"id":12345,"name":"item","price":1.25,"tags":["a","b"]},`, 17) + "1]"

func BenchmarkRun(b *testing.B) {
	for _, s := range []struct{ name, source string }{
		{"one", `return 1`},
		{"get", `return redis.call("get", KEYS[1])`},
		{"loop", `local s = 0 for i = 1, 1000 do s = s + i end return s`},
		{"fib", `local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end return fib(16)`},
		{"tables", `local t = {} for i = 1, 200 do t[i] = i * 2 end local m = {} for i = 1, 100 do m["k" .. i] = t[i] end
			local s = 0 for k, v in pairs(m) do s = s + v end return s`},
		{"text", `local s = "" for i = 1, 20 do s = s .. string.format("%d:%s;", i, "x") end return (s:gsub("%d+", "n"))`},
		{"format", `local r = "" for i = 1, 20 do r = r .. string.format("%05d:%s,", i, "abc") end return (r:gsub("%d+", "n"))`},
		{"json", `return #cjson.encode(cjson.decode(ARGV[1]))`},
		{"msgpack", `return #cmsgpack.pack(cmsgpack.unpack(cmsgpack.pack({1, 2, 'three', {a = 1, b = {1, 2, 3}}, 4.5})))`},
	} {
		b.Run(s.name, func(b *testing.B) {
			c, err := Compile(s.source, "@user_script")
			if err != nil {
				b.Fatal(err)
			}
			e := New(Options{})
			h := &benchHost{fakeHost: fakeHost{data: map[string]string{"key": "value"}}}
			w := &resp.Writer{Proto: 2}
			call := &Call{Keys: [][]byte{[]byte("key")}, Host: h, Reply: w}
			if strings.Contains(s.source, "ARGV") {
				call.Args = [][]byte{[]byte(document)}
			}
			b.ReportAllocs()
			for b.Loop() {
				w.Buf = w.Buf[:0]
				if err := e.Run(c, call); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
