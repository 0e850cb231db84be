package pqueue

import (
	"slices"
	"sort"
	"strconv"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/rdb"
)

// maxLength keeps what a push may have to move, and Thaw to copy, below a megabyte.
const maxLength = 1 << 16

// queue is the value: the elements are blobs in the arena of the key's shard, which never
// change once they are written, so that a snapshot may share them.
type queue struct {
	a     *arena.Arena
	items []item // by priority, the first to leave at the end
	bytes int64  // in blobs
}

type item struct {
	priority int64
	element  arena.Ref
}

// push puts an element behind all others of its priority.
func (q *queue) push(priority int64, element []byte) {
	at := sort.Search(len(q.items), func(i int) bool { return q.items[i].priority <= priority })
	ref := q.a.Store(element)
	q.bytes += int64(q.a.Cap(ref))
	q.items = slices.Insert(q.items, at, item{priority, ref})
}

// drop removes the first element.
func (q *queue) drop() {
	last := len(q.items) - 1
	q.bytes -= int64(q.a.Cap(q.items[last].element))
	q.a.Free(q.items[last].element)
	q.items = q.items[:last]
}

// Thaw implements keyspace.Object: the snapshot keeps its list, and the elements are shared.
func (q *queue) Thaw() keyspace.Object { return &queue{q.a, slices.Clone(q.items), q.bytes} }

// Release implements keyspace.Object.
func (q *queue) Release(budget int) (done bool) {
	for ; budget > 0 && len(q.items) > 0; budget-- {
		q.drop()
	}
	return len(q.items) == 0
}

// Rehome implements keyspace.Object.
func (q *queue) Rehome(a *arena.Arena) { q.a = a }

// MemoryUsage implements keyspace.Object.
func (q *queue) MemoryUsage() int64 { return q.bytes + q.HeapUsage() }

// HeapUsage implements keyspace.HeapUser.
func (q *queue) HeapUsage() int64 { return 64 + int64(cap(q.items))*16 }

// Len implements keyspace.Object; no queue has no elements.
func (q *queue) Len() int {
	if q == nil {
		return 0
	}
	return len(q.items)
}

// first visits the elements in the order in which they leave.
func (q *queue) first(visit func(priority int64, element []byte) error) error {
	for _, it := range slices.Backward(q.items) {
		if err := visit(it.priority, arena.Stored(it.element)); err != nil {
			return err
		}
	}
	return nil
}

// queueType is the row of the type. COPY does what its codec does.
var queueType = core.ObjectType[*queue]{
	Name: "pqueue", ID: "pq-sample", Encoding: "sorted",
	Save: func(w *rdb.FieldWriter, q *queue) {
		w.Uint(uint64(q.Len()))
		_ = q.first(func(priority int64, element []byte) error {
			w.Int(priority)
			w.String(element)
			return nil
		})
	},
	Load: func(r *rdb.FieldReader, a *arena.Arena) (*queue, error) {
		q, n := &queue{a: a}, r.Count()
		if n < 1 || n > maxLength {
			r.Failf("a queue of %d elements", n)
		}
		for range n {
			q.push(r.Int(), r.String())
		}
		return q, nil
	},
	Rewrite: func(key []byte, q *queue, emit func(args ...[]byte) error) error {
		args := [][]byte{[]byte("PQ.PUSH"), key}
		err := q.first(func(priority int64, element []byte) error {
			if len(args) > 100 {
				if err := emit(args...); err != nil {
					return err
				}
				args = args[:2]
			}
			args = append(args, strconv.AppendInt(nil, priority, 10), element)
			return nil
		})
		if err != nil {
			return err
		}
		return emit(args...)
	},
	Digest: func(q *queue, d core.Digester) {
		_ = q.first(func(priority int64, element []byte) error {
			d.Mix(strconv.AppendInt(nil, priority, 10), element)
			return nil
		})
	},
}
