package modules

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/config"
	"github.com/ferrousdb/ferrous/core/coretest"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/resp"
	"github.com/ferrousdb/ferrous/modules/hashes"
	"github.com/ferrousdb/ferrous/modules/keys"
	"github.com/ferrousdb/ferrous/modules/lists"
	"github.com/ferrousdb/ferrous/modules/sets"
	mstrings "github.com/ferrousdb/ferrous/modules/strings"
	"github.com/ferrousdb/ferrous/modules/zsets"
)

// patient is a Sink that keeps what is to be made later.
type patient struct {
	all  []byte
	next func(*resp.Writer) bool
	end  func()
}

func (p *patient) Room(n, _ int) []byte {
	p.all = append(p.all, make([]byte, n)...)
	return p.all[len(p.all)-n:]
}

func (p *patient) Hold(b []byte, release func()) bool {
	p.all = append(p.all, b...)
	release()
	return true
}

func (p *patient) Patient() bool                                  { return true }
func (p *patient) Later(next func(*resp.Writer) bool, end func()) { p.next, p.end = next, end }
func (p *patient) Truncate(at int)                                { p.all = p.all[:at] }
func (p *patient) Replace(at, del, n int) []byte {
	p.all = append(append(append([]byte(nil), p.all[:at]...), make([]byte, n)...), p.all[at+del:]...)
	return p.all[at : at+n]
}

// TestLargeRepliesAreMadeInPieces: commands with large replies leave most of them for later, in
// pieces, of the value as it was; together they are what is written at once where that is not
// possible.
func TestLargeRepliesAreMadeInPieces(t *testing.T) {
	reg := core.NewRegistry(config.NewSchema())
	for _, m := range []core.Module{coretest.HostParams(), mstrings.New(), lists.New(), hashes.New(), sets.New(), zsets.New(), keys.New()} {
		reg.Add(m)
	}
	if _, err := reg.Freeze(); err != nil {
		t.Fatal(err)
	}
	ks := keyspace.New(keyspace.Options{Databases: 1, Arena: arena.Options{Poison: true}})
	defer ks.Close()
	run := func(sink resp.Sink, proto int, words ...string) []byte {
		var args [][]byte
		for _, w := range words {
			args = append(args, []byte(w))
		}
		cmd := reg.Table().Find(words[0])
		c := &core.Ctx{Writer: &resp.Writer{Proto: proto, Sink: sink}, DB: ks.DB(0), Session: &core.Session{}, Hooks: reg.Hooks, Server: known{reg: reg.Table()}, Now: 1}
		ks.Lock(keyspace.AllShards)
		defer ks.Unlock(keyspace.AllShards)
		c.Reset(cmd, args)
		if err := cmd.Run(c); err != nil {
			t.Fatal(words, err)
		}
		if sink != nil {
			c.Flush()
		}
		return c.Buf
	}
	fill := map[string][]string{"list": {"rpush", "list"}, "hash": {"hset", "hash"}, "set": {"sadd", "set"}, "zset": {"zadd", "zset"}}
	for i := range 12000 {
		n := fmt.Sprintf("number %d", i)
		fill["list"], fill["hash"] = append(fill["list"], n), append(fill["hash"], n, "value of "+n)
		fill["set"], fill["zset"] = append(fill["set"], n), append(fill["zset"], fmt.Sprint(i), n)
	}
	noise := make([]byte, 0, 5<<18)
	for x := uint64(1); len(noise) < 5<<18; x = x*6364136223846793005 + 1 {
		noise = append(noise, byte(x>>56), byte(x>>48))
	}
	fill["string"] = []string{"set", "string", string(noise)}
	fill["text"] = []string{"set", "text", strings.Repeat("0123456789", 150_000)}
	for _, command := range []string{
		"lrange list 0 -1", "lrange list 100 11000", "hgetall hash", "hkeys hash", "hvals hash", "smembers set", "zrange zset 0 -1",
		"zrange zset 0 -1 withscores", "zrevrangebyscore zset +inf 200 withscores", "dump string", "dump text", "dump list", "dump hash", "dump zset",
	} {
		for proto := 2; proto <= 3; proto++ {
			words := strings.Fields(command)
			run(nil, 2, fill[words[1]]...)
			want := run(nil, proto, words...)
			sink := &patient{}
			run(sink, proto, words...)
			if sink.next == nil || len(sink.all) == 0 || len(sink.all) > 2*resp.PieceSize {
				t.Errorf("RESP%d %s: %d bytes were made at once", proto, command, len(sink.all))
				continue
			}
			run(nil, 2, "del", words[1]) // what is freed is poisoned
			got, most := sink.all, 0
			for more := true; more; {
				piece := resp.Writer{Proto: proto}
				more = sink.next(&piece)
				got, most = append(got, piece.Buf...), max(most, len(piece.Buf))
			}
			sink.end()
			if !bytes.Equal(got, want) {
				t.Errorf("RESP%d %s: %d bytes in pieces, %d at once", proto, command, len(got), len(want))
			}
			if most > 1<<20 {
				t.Errorf("RESP%d %s: a piece of %d bytes", proto, command, most)
			}
		}
	}
	run(nil, 2, fill["hash"]...)
	sink := &patient{} // nobody wants the rest
	run(sink, 2, "dump", "hash")
	sink.next(&resp.Writer{})
	sink.end()
}

// known is a server of which nothing but its registry is asked.
type known struct {
	core.Server
	reg *core.Table
}

func (k known) Registry() *core.Table { return k.reg }
