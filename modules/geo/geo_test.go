package geo

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/config"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/resp"
)

// rig runs the module's commands on a keyspace of their own, without a server.
type rig struct {
	reg    *core.Registry
	ks     *keyspace.Keyspace
	ctx    core.Ctx
	fed    []string
	events []string
}

func newRig(t interface{ Fatal(...any) }, entries int) *rig {
	r := &rig{reg: core.NewRegistry(config.NewSchema())}
	r.reg.Add(New())
	r.reg.OnFeed(func(f core.Fed) { r.fed = append(r.fed, fmt.Sprintf("%s", f.Args)) }).Set(true)
	r.reg.OnChange(func(_ *core.Ctx, ch core.Change) {
		if !ch.Only() {
			r.events = append(r.events, fmt.Sprintf("%s %s", ch.Name, ch.Key))
		}
	}).Set(true)
	if _, err := r.reg.Freeze(); err != nil {
		t.Fatal(err)
	}
	r.ks = keyspace.New(keyspace.Options{Databases: 1, Arena: arena.Options{Poison: true}})
	r.ks.SetPacked(keyspace.ZSet, keyspace.PackedLimits{Entries: entries, Bytes: 64})
	r.ctx = core.Ctx{Writer: &resp.Writer{Proto: 2}, DB: r.ks.DB(0), Session: &core.Session{}, Hooks: r.reg.Hooks}
	return r
}

// do runs a command given as words separated by blanks and returns the words of the
// reply.
func (r *rig) do(t interface{ Fatal(...any) }, format string, args ...any) []string {
	var argv [][]byte
	for _, word := range strings.Fields(fmt.Sprintf(format, args...)) {
		argv = append(argv, []byte(word))
	}
	r.ctx.Reset(r.reg.Table().Find(string(argv[0])), argv)
	r.ctx.Buf, r.fed, r.events = r.ctx.Buf[:0], nil, nil
	r.ks.Lock(keyspace.AllShards)
	defer r.ks.Unlock(keyspace.AllShards)
	if err := r.ctx.Cmd.Run(&r.ctx); err != nil {
		t.Fatal(argv, err)
	}
	r.ctx.Feed()
	return strings.Fields(string(r.ctx.Buf))
}

func drawPoint(t *rapid.T) point {
	return point{rapid.Float64Range(-maxLon, maxLon).Draw(t, "lon"), rapid.Float64Range(-maxLat, maxLat).Draw(t, "lat")}
}

// TestCells: a point is in its cell, the cell of a member's place is that member's,
// and cells of a smaller step are ranges of scores.
func TestCells(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawPoint(t)
		step := uint(rapid.IntRange(1, scoreStep).Draw(t, "step"))
		c := cellOf(p, step, maxLat)
		const slack = 1e-9 // of rounding, at an edge
		if a := c.area(); p.lon < a.min.lon-slack || p.lon > a.max.lon+slack || p.lat < a.min.lat-slack || p.lat > a.max.lat+slack {
			t.Fatal(p, "is outside of", a)
		}
		score, _ := cellOf(p, scoreStep, maxLat).scores()
		// At the very edge in the east scores are beyond 2^53, as in Redis, and rounded.
		if low, high := c.scores(); (score < low || score >= high) && p.lon < maxLon {
			t.Fatal(score, "is not from", low, "to", high)
		}
		if again, _ := cellOf(pointOf(score), scoreStep, maxLat).scores(); again != score && p.valid() && p.lon < maxLon && p.lat < maxLat {
			t.Fatal("another cell:", score, again)
		}
		if back := c.neighbour(1, -1).neighbour(-1, 1); back != c && p.lon < maxLon && p.lat < maxLat {
			t.Fatal("there is no way back from a neighbour", c, back)
		}
	})
}

func TestBits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, other := rapid.Uint32().Draw(t, "n"), rapid.Uint32().Draw(t, "other")
		x := spread(n) | spread(other)<<1
		if gather(x) != n || gather(x>>1) != other {
			t.Fatalf("%x", x)
		}
		for i := range 32 {
			if x>>(2*i)&1 != uint64(n>>i&1) {
				t.Fatalf("bit %d of %x in %x", i, n, x)
			}
		}
	})
}

// TestSearchFindsAll compares searches with a look at every member. Near its edge an
// area may go either way, and Redis's cells miss what lies beyond the date line or
// close to a pole, so the areas stay clear of both.
func TestSearchFindsAll(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := newRig(t, rapid.SampledFrom([]int{0, 1000}).Draw(t, "packed"))
		defer r.ks.Close()
		places := make([]point, rapid.IntRange(1, 60).Draw(t, "places"))
		for i := range places {
			p := point{rapid.Float64Range(-20, 20).Draw(t, "lon"), rapid.Float64Range(-60, 60).Draw(t, "lat")}
			r.do(t, "GEOADD g %v %v %d", p.lon, p.lat, i)
			score, _ := cellOf(p, scoreStep, maxLat).scores()
			places[i] = pointOf(score)
		}
		center := point{rapid.Float64Range(-20, 20).Draw(t, "lon"), rapid.Float64Range(-60, 60).Draw(t, "lat")}
		width, height := rapid.Float64Range(1, 2e6).Draw(t, "width"), rapid.Float64Range(1, 2e6).Draw(t, "height")
		box := rapid.Bool().Draw(t, "box")
		by := fmt.Sprintf("BYRADIUS %v m", width)
		if box {
			by = fmt.Sprintf("BYBOX %v %v m", width, height)
		}
		got := members(r.do(t, "GEOSEARCH g FROMLONLAT %v %v %s ASC", center.lon, center.lat, by))
		last := 0.0
		for i, p := range places {
			dist, inside := distance(center, p), 0.0 // how far inside, negative outside
			if inside = width - dist; box {
				inside = min(width/2-distance(p, point{center.lon, p.lat}), height/2-latDistance(p.lat, center.lat))
			}
			if found := slices.Contains(got, i); found != (inside >= 0) && math.Abs(inside) > 1e-3 {
				t.Fatal(i, "at", p, "found:", found, "but it is so far inside:", inside)
			}
		}
		for _, i := range got {
			if d := distance(center, places[i]); d < last {
				t.Fatal("not in order")
			} else {
				last = d
			}
		}
	})
}

// members reads the members of a reply that has nothing else.
func members(words []string) (found []int) {
	for i := 2; i < len(words); i += 2 {
		n, _ := strconv.Atoi(words[i])
		found = append(found, n)
	}
	return found
}

// TestEventsAndFeed: what is told of each change, and in which form it is repeated.
func TestEventsAndFeed(t *testing.T) {
	r := newRig(t, 128)
	defer r.ks.Close()
	for _, test := range []struct{ do, events, fed string }{
		{"GEOADD g 13.361389 38.115556 a 15.087269 37.502669 b", "[zadd g]", "[[ZADD g 3479099956230698 a 3479447370796909 b]]"},
		{"GEOADD g 13.361389 38.115556 a", "[]", "[]"},
		{"GEOADD g XX CH 13.361389 38 a", "[zadd g]", "[[ZADD g XX CH 3479096650853999 a]]"},
		{"GEOADD missing XX 1 1 a", "[]", "[]"},
		{"GEOSEARCHSTORE s g FROMMEMBER a BYRADIUS 500 km", "[geosearchstore s]", "[[GEOSEARCHSTORE s g FROMMEMBER a BYRADIUS 500 km]]"},
		{"GEOSEARCHSTORE s g FROMLONLAT 0 0 BYRADIUS 1 m", "[del s]", "[[GEOSEARCHSTORE s g FROMLONLAT 0 0 BYRADIUS 1 m]]"},
		{"GEOSEARCHSTORE s g FROMLONLAT 0 0 BYRADIUS 1 m", "[]", "[]"},
		{"GEORADIUS g 15 37 500 km STORE s", "[georadiusstore s]", "[[GEORADIUS g 15 37 500 km STORE s]]"},
		{"GEORADIUSBYMEMBER missing a 5 km STORE s", "[del s]", "[[GEORADIUSBYMEMBER missing a 5 km STORE s]]"},
		{"GEOSEARCH g FROMMEMBER a BYRADIUS 500 km", "[]", "[]"},
	} {
		r.do(t, "%s", test.do)
		if fmt.Sprint(r.events) != test.events || fmt.Sprint(r.fed) != test.fed {
			t.Errorf("%s: told %v, fed %v", test.do, r.events, r.fed)
		}
	}
}

// TestStoreKeys: of several keys to store in, the last one counts, and it is the one
// whose lock is taken.
func TestStoreKeys(t *testing.T) {
	for command, want := range map[string]int{
		"GEORADIUS k 1 2 3 m": 0, "GEORADIUS k 1 2 3 m store a": 7, "GEORADIUS k 1 2 3 m STORE a ASC STOREDIST b": 10,
		"GEORADIUS k 1 2 3 m STORE": 0, "GEORADIUS k 1 2 3 m STORE store": 7, "GEORADIUSBYMEMBER k m 3 m STORE a": 6,
	} {
		var args [][]byte
		for _, word := range strings.Fields(command) {
			args = append(args, []byte(word))
		}
		if got := storeKey(args); got != want {
			t.Error(command, got)
		}
	}
}

// TestCount: COUNT gives the beginning of the whole answer, of members at the same place too.
func TestCount(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := newRig(t, rapid.SampledFrom([]int{0, 1000}).Draw(t, "packed"))
		defer r.ks.Close()
		for i := range rapid.IntRange(1, 300).Draw(t, "members") {
			r.do(t, "GEOADD g %d %d %d", rapid.IntRange(0, 3).Draw(t, "lon"), rapid.IntRange(0, 3).Draw(t, "lat"), i)
		}
		for _, order := range []string{"ASC", "DESC"} {
			search := "GEOSEARCH g FROMLONLAT 1 1 BYRADIUS 300 km " + order
			all := members(r.do(t, "%s", search))
			n := rapid.IntRange(1, 100).Draw(t, "count")
			if got := members(r.do(t, "%s COUNT %d", search, n)); !slices.Equal(got, all[:min(n, len(all))]) {
				t.Fatalf("%s COUNT %d: %v, but without COUNT %v", search, n, got, all)
			}
		}
	})
}
