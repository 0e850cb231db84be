package stream

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/rdb"
)

// What Redis 7.0.15 answers to DUMP, without the footer, for a stream with three entries in a block, two of which are
// deleted, with rdbcompression off.
const redisDump = "130310000000000000000100000000000000014046460000001800020101010201846e616d650583616765040001020100010001827631036401050103010101000182763203c0c802050102010201000182763303c12c020501ff1000000000000000040000000000000001404c4c0000001900020101010201846e616d65058361676504000102010001000182763403c19002050102010101000182763503c1f40205010101020100010101856f74686572068178020601ff100000000000000006000000000001117038380000001200020100010201846e616d650583616765040001020100010001817902dffb02050102010101f290eefe04817a0201010501ff06070001010601080205656d707479070081ffffffffffffffff0000016706800001117081ffffffffffffffff0500000000000000010000000000000001e86be5cf8b0100000100000000000000030000000000000001e86be5cf8b0100000100000000000000040000000000000001e86be5cf8b01000001000000000000000500000000000000010068e5cf8b0100000700000000000000060000000000011170d06fe5cf8b010000020305616c69636591dab725a2010000040000000000000001000000000000000100000000000000030000000000000001000000000000000400000000000000010000000000000005000000000000000103626f6295dab725a20100000100000000000000060000000000011170056361726f6c9adab725a201000000"

// dumps returns the same stream in the three forms that there were, the last with the times of activity that
// are taken for those that the others do not have.
func dumps(t testing.TB) map[byte][]byte {
	replace := func(text string, pairs ...string) []byte {
		for i := 0; i < len(pairs); i += 2 {
			if strings.Count(text, pairs[i]) != 1 {
				t.Fatalf("%s is there %d times", pairs[i], strings.Count(text, pairs[i]))
			}
			text = strings.Replace(text, pairs[i], pairs[i+1], 1)
		}
		b, err := hex.DecodeString(text[2:])
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	return map[byte][]byte{
		rdb.TypeStreamListpacks: replace(redisDump, "06070001010601080205", "0607000205",
			"070081ffffffffffffffff0000", "07000000", "016706800001117081ffffffffffffffff05", "016706800001117005"),
		rdb.TypeStreamListpacks2: replace(redisDump),
		rdb.TypeStreamListpacks3: replace(redisDump, "91dab725a2010000", "91dab725a201000091dab725a2010000",
			"95dab725a2010000", "95dab725a201000095dab725a2010000", "9adab725a2010000", "9adab725a20100009adab725a2010000"),
	}
}

func redisModel() *model {
	entry := func(ms, seq uint64, args ...string) modelEntry { return modelEntry{ID{ms, seq}, args} }
	alice, bob, carol := int64(0x1a225b7da91), int64(0x1a225b7da95), int64(0x1a225b7da9a)
	return &model{
		entries: []modelEntry{
			entry(1, 1, "name", "v1", "age", "100"), entry(3, 1, "name", "v3", "age", "300"), entry(4, 1, "name", "v4", "age", "400"),
			entry(5, 1, "name", "v5", "age", "500"), entry(6, 70000, "name", "y", "age", "-5"), entry(7, 0, "name", "z", "age", "1"),
		},
		last: ID{7, 0}, deleted: ID{6, 1}, added: 8,
		groups: map[string]*modelGroup{
			"empty": {last: ID{7, 0}, read: Unread, consumers: map[string][2]int64{}, pending: map[ID]modelPending{}},
			"g": {last: ID{6, 70000}, read: Unread,
				consumers: map[string][2]int64{"alice": {alice, alice}, "bob": {bob, bob}, "carol": {carol, carol}},
				pending: map[ID]modelPending{
					{1, 1}: {"alice", 1700000001000, 1}, {3, 1}: {"alice", 1700000001000, 1}, {4, 1}: {"alice", 1700000001000, 1},
					{5, 1}: {"alice", 1700000000000, 7}, {6, 70000}: {"bob", 1700000002000, 2},
				}},
		},
	}
}

// Streams load from what Redis writes, and save as the bytes that it would write.
func TestRedisDumps(t *testing.T) {
	pool := arena.NewPool(arena.Options{Poison: true})
	defer pool.Close()
	a := pool.NewArena()
	all := dumps(t)
	for opcode, dump := range all {
		v, err := Load(opcode, rdb.NewReader(dump), a)
		if err != nil {
			t.Fatalf("type %d: %v", opcode, err)
		}
		want := redisModel()
		if opcode == rdb.TypeStreamListpacks {
			want.deleted, want.added = ID{}, 6
			want.groups["empty"].read = 6
		} else if out := saved(v, false); !bytes.Equal(out, all[rdb.TypeStreamListpacks3]) {
			t.Errorf("type %d: saved as\n%x\nnot\n%x", opcode, out, all[rdb.TypeStreamListpacks3])
		}
		if err := differs(Of(v), want); err != nil {
			t.Errorf("type %d: %v", opcode, err)
		}
		v.Release()
	}
	if a.Used() != 0 {
		t.Errorf("%d bytes are left", a.Used())
	}
}

// The same entries, added one by one, make the same bytes.
func TestAppendAsRedis(t *testing.T) {
	x := newMachine(1)
	defer x.ks.Close()
	x.ks.SetPacked(keyspace.Stream, keyspace.PackedLimits{Entries: 3, Bytes: 4096})
	x.m = &model{}
	add := func(ms, seq uint64, args ...string) {
		var raw [][]byte
		for _, a := range args {
			raw = append(raw, []byte(a))
		}
		ed := x.editor()
		ed.Append(ID{ms, seq}, raw, lengthOf(raw))
	}
	for i := range uint64(5) {
		add(i+1, 1, "name", fmt.Sprint("v", i+1), "age", fmt.Sprint(100*(i+1)))
	}
	add(6, 1, "other", "x")
	add(6, 70000, "name", "y", "age", "-5")
	add(7, 0, "name", "z", "age", "1")
	ed := x.editor()
	ed.Delete(ID{2, 1})
	ed.Delete(ID{6, 1})
	out := saved(x.entry().Value(), false)
	want := dumps(t)[rdb.TypeStreamListpacks3]
	if n := bytes.Index(want, []byte("\x02\x05empty")); !bytes.Equal(out[:len(out)-1], want[:n]) {
		t.Errorf("saved as\n%x\nnot\n%x", out, want[:n])
	}
}

// A dump that was cut or has a wrong byte is refused, or is another stream that is as good as any.
func TestDamagedDumps(t *testing.T) {
	pool := arena.NewPool(arena.Options{Poison: true})
	defer pool.Close()
	a := pool.NewArena()
	for opcode, dump := range dumps(t) {
		for n := range dump {
			if v, err := Load(opcode, rdb.NewReader(dump[:n]), a); err == nil {
				t.Errorf("type %d, cut at %d: accepted", opcode, n)
				v.Release()
			}
			bad := bytes.Clone(dump)
			bad[n] ^= 1
			if v, err := Load(opcode, rdb.NewReader(bad), a); err == nil {
				exercise(t, v, a)
				v.Release()
			} else if errors.Is(err, rdb.ErrEmpty) {
				t.Errorf("type %d, wrong at %d: %v", opcode, n, err)
			}
		}
	}
	if a.Used() != 0 {
		t.Errorf("%d bytes are left", a.Used())
	}
}

// exercise reads a stream in every way.
func exercise(t testing.TB, v keyspace.Value, a *arena.Arena) {
	out := saved(v, false)
	again, err := Load(rdb.TypeStreamListpacks3, rdb.NewReader(out), a)
	if err != nil {
		t.Fatalf("what was saved does not load: %v\n%x", err, out)
	}
	if out2 := saved(again, false); !bytes.Equal(out, out2) {
		t.Fatalf("saved as\n%x\nthen as\n%x", out, out2)
	}
	again.Release()
	copied := Copy(v, a, nil)
	if out2 := saved(copied, false); !bytes.Equal(out, out2) {
		t.Fatalf("the copy is saved as\n%x\nnot\n%x", out2, out)
	}
	copied.Release()
	var forth, back []ID
	view := Of(v)
	c := view.Range(ID{}, MaxID)
	for e, ok := c.Next(); ok; e, ok = c.Next() {
		textOf(e)
		forth = append(forth, e.ID)
		if _, ok := view.Get(e.ID); !ok {
			t.Fatalf("no %v", e.ID)
		}
	}
	c = view.Reverse(ID{}, MaxID)
	for e, ok := c.Next(); ok; e, ok = c.Next() {
		back = append(back, e.ID)
	}
	if len(forth) != view.Len() || len(back) != view.Len() {
		t.Fatalf("%d entries, %d backwards, not %d", len(forth), len(back), view.Len())
	}
	for _, g := range view.AllGroups() {
		view.Lag(g)
		n := 0
		p := g.PendingFrom(ID{})
		for _, ok := p.Next(); ok; _, ok = p.Next() {
			n++
		}
		if n != g.Pending() {
			t.Fatalf("%d pending, not %d", n, g.Pending())
		}
	}
	if err := Rewrite([]byte("k"), v, func(...[]byte) error { return nil }); err != nil {
		t.Fatal(err)
	}
}

// FuzzLoad: whatever the bytes, they are refused or make a stream that can be read, changed and freed.
func FuzzLoadListpacks(f *testing.F)  { fuzzLoad(f, rdb.TypeStreamListpacks) }
func FuzzLoadListpacks2(f *testing.F) { fuzzLoad(f, rdb.TypeStreamListpacks2) }
func FuzzLoadListpacks3(f *testing.F) { fuzzLoad(f, rdb.TypeStreamListpacks3) }

func fuzzLoad(f *testing.F, opcode byte) {
	for _, dump := range dumps(f) { // those of other types, too: they say where to go wrong
		f.Add(dump)
	}
	f.Fuzz(func(t *testing.T, dump []byte) {
		ks := keyspace.New(keyspace.Options{Databases: 1, Arena: arena.Options{Poison: true}})
		defer ks.Close()
		key := []byte("k")
		a := ks.Arena(ks.Hash(key))
		v, err := Load(opcode, rdb.NewReader(dump), a)
		if err != nil {
			return
		}
		exercise(t, v, a)
		db := ks.DB(0)
		db.PutValue(key, v, 0, 1)
		ed := Edit(db, key, db.Find(key, 1, 0), 1)
		if next, ok := ed.View().Last().Next(); ok {
			ed.Append(next, [][]byte{[]byte("f"), []byte("v")}, 2)
		}
		var names [][]byte
		for name := range ed.View().AllGroups() {
			names = append(names, []byte(name))
		}
		for i, name := range names {
			g, _ := ed.Group(name)
			n, _ := g.Consumer([]byte("new"), 1)
			g.Put(Pending{ID: ed.View().Last(), Consumer: n})
			if i > 0 {
				g.DeleteConsumer([]byte("new"))
			}
		}
		ed.Delete(ed.View().First())
		ed.Trim(Trim{Max: ed.View().Len() / 2, Refs: DropRefs})
		exercise(t, db.Find(key, 1, 0).Value(), a)
		for _, name := range names {
			ed.DeleteGroup(name)
		}
		ed.Trim(Trim{})
		db.Find(key, 1, 0).Delete()
	})
}

// saved returns what Save writes behind the type.
func saved(v keyspace.Value, compress bool) []byte {
	_, out := rdb.Encode(compress, func(w *rdb.Writer) { Save(w, v) })
	return out
}

// Others have their turns while many groups, or many consumers, are copied.
func TestCopyPauses(t *testing.T) {
	for what, fill := range map[string]func(ed *Editor, i int){
		"groups": func(ed *Editor, i int) { ed.AddGroup(fmt.Appendf(nil, "g%d", i), ID{}, 0) },
		"consumers": func(ed *Editor, i int) {
			ed.AddGroup([]byte("g"), ID{}, 0)
			g, _ := ed.Group([]byte("g"))
			g.Consumer(fmt.Appendf(nil, "c%d", i), 1)
		},
	} {
		x := newMachine(1)
		x.ks.Lock(keyspace.AllShards)
		ed := x.editor()
		ed.Make()
		for i := range 20_000 {
			fill(&ed, i)
		}
		pauses := 0
		Copy(ed.Entry().Value(), x.ks.Arena(0), &keyspace.Pace{Pause: func() { pauses++ }}).Release()
		x.ks.Unlock(keyspace.AllShards)
		if pauses < 5 {
			t.Errorf("%d pauses for %s", pauses, what)
		}
	}
}
