package keyspace

// Tender is an Object that has something to put in order while nobody waits for it, as a list has that compresses what is not
// asked for. Sweep comes to it, several times a second, while no snapshot is live in its shard.
type Tender interface {
	Object
	// Tended reports whether it wants to be come to. It is asked when it gets a slot, and by Entry.Tend.
	Tended() bool
	// Tend does a step of some tens of microseconds; now is in Unix milliseconds. more says that there is another one at once.
	Tend(ks *Keyspace, now int64) (more bool)
}

// tend remembers that the Object in a slot wants to be come to, if it does.
func (t *objectTable) tend(i uint32) {
	o, ok := t.slot(i).obj.(Tender)
	if !ok || !o.Tended() {
		return
	}
	if t.tended == nil {
		t.tended = map[uint32]struct{}{}
	}
	t.tended[i] = struct{}{}
}

// Tend says that the key's Object may want to be come to from now on.
func (e Entry) Tend() { e.shard().objects.tend(handleOf(e.Data())) }

// tendObjects lets the shard's Tenders have a step, until one has had something to do.
func (ks *Keyspace) tendObjects(s *shard, now int64) (more bool) {
	if len(s.objects.tended) == 0 || s.arena.Live() {
		return false
	}
	for i := range s.objects.tended {
		o := s.objects.slot(i).obj.(Tender)
		switch {
		case !o.Tended():
			delete(s.objects.tended, i)
		case o.Tend(ks, now):
			return true
		}
	}
	return false
}
