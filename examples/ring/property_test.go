package ring

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/ferrousdb/ferrous/core/coretest"
	"github.com/ferrousdb/ferrous/core/keyspace"
)

// model is what the rings hold, said simply, and what snapshots are to see.
type model struct {
	*coretest.Client
	server    *coretest.Server
	rings     map[string]modelRing
	snapshots []snapshot
}

type modelRing struct {
	size     int
	elements []string
}

type snapshot struct {
	*keyspace.Snapshot
	want map[string][]string
}

// TestModel compares a server with the model under random commands, with
// snapshots coming and going. What a snapshot has seen it must still see,
// whatever was written since.
func TestModel(t *testing.T) {
	s := start(t)
	c := s.Client()
	rapid.Check(t, func(t *rapid.T) {
		m := &model{Client: c, server: s, rings: map[string]modelRing{}}
		c.T = t
		m.Must("FLUSHALL")
		defer func() {
			for _, s := range m.snapshots {
				s.End()
			}
		}()
		actions := []func(*rapid.T){m.push, m.push, m.push, m.delete, m.rename, m.copy, m.freeze, m.end}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			rapid.SampledFrom(actions).Draw(t, "action")(t)
			m.check(t)
		}
	})
}

func (m *model) check(t *rapid.T) {
	for k, want := range m.rings {
		if got := m.Args("RING.RANGE", k); got != strings.Join(want.elements, " ") {
			t.Fatalf("%s holds %q, want %q", k, got, want.elements)
		}
	}
	for i, s := range m.snapshots {
		if got := frozen(s.Snapshot); !maps.EqualFunc(got, s.want, slices.Equal[[]string]) {
			t.Fatalf("snapshot %d sees %q, saw %q", i, got, s.want)
		}
	}
}

var keys = rapid.SampledFrom([]string{"a", "b", "c", "d"})

func (m *model) push(t *rapid.T) {
	k := keys.Draw(t, "key")
	size := rapid.IntRange(1, 200).Draw(t, "size")
	if old := m.rings[k].size; old != 0 && rapid.Bool().Draw(t, "same size") {
		size = old
	}
	// Sometimes more than the keyspace frees at once, so that the sweeper has work.
	elements := rapid.SliceOfN(rapid.StringN(0, 20, -1), 1, 100).Draw(t, "elements")
	if got := m.Args(append([]string{"RING.PUSH", k, itoa(size)}, elements...)...); got[0] == '-' {
		t.Fatal(got)
	}
	all := slices.Concat(m.rings[k].elements, elements)
	m.rings[k] = modelRing{size, all[max(len(all)-size, 0):]}
}

func (m *model) delete(t *rapid.T) {
	k := keys.Draw(t, "key")
	m.Must("DEL %s", k)
	delete(m.rings, k)
}

func (m *model) rename(t *rapid.T) {
	from, to := keys.Draw(t, "from"), keys.Draw(t, "to")
	if r, ok := m.rings[from]; ok && from != to {
		m.Must("RENAME %s %s", from, to)
		m.rings[to] = r
		delete(m.rings, from)
	}
}

func (m *model) copy(t *rapid.T) {
	from, to := keys.Draw(t, "from"), keys.Draw(t, "to")
	if r, ok := m.rings[from]; ok && from != to {
		m.Must("COPY %s %s REPLACE", from, to)
		m.rings[to] = r
	}
}

func (m *model) freeze(*rapid.T) {
	if len(m.snapshots) == 3 {
		return
	}
	want := map[string][]string{}
	for k, r := range m.rings {
		want[k] = r.elements
	}
	m.snapshots = append(m.snapshots, snapshot{m.server.Freeze(), want})
}

func (m *model) end(t *rapid.T) {
	if len(m.snapshots) > 0 {
		i := rapid.IntRange(0, len(m.snapshots)-1).Draw(t, "snapshot")
		m.snapshots[i].End()
		m.snapshots = slices.Delete(m.snapshots, i, i+1)
	}
}
