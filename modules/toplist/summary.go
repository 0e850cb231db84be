package toplist

// summary counts the keys of a stream with a fixed number of counters. It is Space-Saving
// (Metwally, Agrawal, El Abbadi: Efficient Computation of Frequent and Top-k Elements in
// Data Streams, 2005): a key that has no counter takes over the one that has counted least,
// with its count, and notes that as its error. So
//
//   - a count is never too small, and too large by at most its error;
//   - no error exceeds the total divided by the number of counters;
//   - every key with more than that has a counter.
//
// The counters are in a heap, the least first. A key is told by its hash of 64 bits, which
// is seeded for each server; two keys that share one are counted as one, which chance makes of a
// few hundred keys about never.
type summary struct {
	total int64
	all   []counter // as they were made; room for as many as there may be
	heap  []int32   // of places in all
	index map[uint64]int32
}

// counter is a key that is counted.
type counter struct {
	hash  uint64 // of the key and its database
	count int64  // units
	over  int64  // by how much that may be too large
	db    int32
	at    int32  // in the heap
	key   []byte // its first keptKey bytes
}

// keptKey is how much of a key's name is kept, bytes.
const keptKey = 512

func newSummary(counters int) *summary {
	return &summary{all: make([]counter, 0, counters), heap: make([]int32, 0, counters), index: make(map[uint64]int32, counters)}
}

// clear forgets everything but the memory.
func (s *summary) clear() {
	s.total, s.all, s.heap = 0, s.all[:0], s.heap[:0]
	clear(s.index)
}

// least is what a key without a counter may have been counted at most.
func (s *summary) least() int64 {
	if len(s.all) < cap(s.all) {
		return 0
	}
	return s.all[s.heap[0]].count
}

// add counts units of a key.
func (s *summary) add(hash uint64, db int, key []byte, units int64) {
	s.total += units
	i, known := s.index[hash]
	if !known {
		i = s.take()
		c := &s.all[i]
		c.hash, c.db, c.key = hash, int32(db), append(c.key[:0], key[:min(len(key), keptKey)]...)
		s.index[hash] = i
	}
	s.all[i].count += units
	s.sink(s.all[i].at)
}

// take returns a counter for a new key: one that is free, or the least.
func (s *summary) take() int32 {
	if n := len(s.all); n < cap(s.all) {
		s.all = s.all[:n+1] // the memory of an old key comes back with it
		c := &s.all[n]
		c.count, c.over, c.at = 0, 0, int32(n)
		s.heap = append(s.heap, int32(n))
		s.rise(int32(n))
		return int32(n)
	}
	i := s.heap[0]
	delete(s.index, s.all[i].hash)
	s.all[i].over = s.all[i].count
	return i
}

// sink moves a counter that has grown down the heap.
func (s *summary) sink(at int32) {
	n := int32(len(s.heap))
	for {
		child := 2*at + 1
		if child >= n {
			return
		}
		if child+1 < n && s.less(child+1, child) {
			child++
		}
		if !s.less(child, at) {
			return
		}
		s.swap(at, child)
		at = child
	}
}

// rise moves a new counter, which is the least, up the heap.
func (s *summary) rise(at int32) {
	for at > 0 && s.less(at, (at-1)/2) {
		s.swap(at, (at-1)/2)
		at = (at - 1) / 2
	}
}

func (s *summary) less(a, b int32) bool { return s.all[s.heap[a]].count < s.all[s.heap[b]].count }

func (s *summary) swap(a, b int32) {
	h := s.heap
	h[a], h[b] = h[b], h[a]
	s.all[h[a]].at, s.all[h[b]].at = a, b
}
