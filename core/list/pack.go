package list

import "github.com/ferrousdb/ferrous/core/listpack"

// pushPacked is Push for a packed list or a missing key.
func (ed *Editor) pushPacked(end End, values [][]byte) {
	size := 0
	for _, v := range values {
		size += listpack.Size(v)
	}
	data, at := ed.gap(end, size, len(values))
	if end == Back {
		for _, v := range values {
			at += listpack.Put(data[at:], v)
		}
		return
	}
	at += size
	for _, v := range values {
		at -= listpack.Size(v)
		listpack.Put(data[at:], v)
	}
}

// gap makes room for n elements of size bytes at an end of a packed list, creating the
// key if need be, and returns the list with the place in it.
func (ed *Editor) gap(end End, size, n int) (data []byte, at int) {
	if !ed.entry.OK() {
		h := ed.db.Keyspace().Hash(ed.key)
		ed.entry = ed.db.Create(h, ed.key, packedKind, listpack.Overhead+size, 0, 0, ed.now)
		data = ed.entry.Data()
		listpack.Frame(data, n)
		return data, listpack.HeaderSize
	}
	old := ed.entry.Data()
	at = listpack.HeaderSize
	if end == Back {
		at = len(old) - 1
	}
	return ed.splicePacked(at, 0, size, listpack.Len(old)+n), at
}

// splicePacked makes room for ins bytes in the place of del bytes of a packed list,
// which has n elements then.
func (ed *Editor) splicePacked(at, del, ins, n int) []byte {
	data := ed.entry.Splice(packedKind, at, del, ins, 0)
	listpack.Frame(data, n)
	return data
}

func (ed *Editor) dropPacked(end End, k int) {
	data := ed.entry.Data()
	b, n := listpack.Elements(data), listpack.Len(data)
	k = min(k, n)
	from, to := 0, len(b)
	switch {
	case k == n:
	case end == Front:
		to = listpack.Seek(b, k)
	default:
		from = listpack.SeekBack(b, k-1)
	}
	ed.splicePacked(listpack.HeaderSize+from, to-from, 0, n-k)
}

func (ed *Editor) setPacked(i int, value []byte) {
	data := ed.entry.Data()
	pos := listpack.HeaderSize + ed.View().At(i).pos
	del := listpack.Next(data, pos) - pos
	data = ed.splicePacked(pos, del, listpack.Size(value), listpack.Len(data))
	listpack.Put(data[pos:], value)
}

func (ed *Editor) insertPacked(i int, value []byte) {
	if !ed.entry.OK() {
		ed.Push(Back, value)
		return
	}
	pos := listpack.HeaderSize + ed.View().At(i).pos
	data := ed.splicePacked(pos, 0, listpack.Size(value), listpack.Len(ed.entry.Data())+1)
	listpack.Put(data[pos:], value)
}

// removePacked removes up to limit elements that are like the one at index first, the
// first of them, beginning at an end.
func (ed *Editor) removePacked(first int, value []byte, from End, limit int) (removed int) {
	data := ed.entry.Writable()
	b, n := listpack.Elements(data), listpack.Len(data)
	pat := PatternOf(value)
	skip := 0
	if from == Back {
		matches := 0
		for pos := listpack.Seek(b, first); pos < len(b); {
			e, next := listpack.Read(b, pos)
			if pat.Matches(e) {
				matches++
			}
			pos = next
		}
		skip = max(matches-limit, 0)
	}
	w := listpack.Seek(b, first)
	for pos := w; pos < len(b); {
		e, next := listpack.Read(b, pos)
		switch {
		case removed == limit || !pat.Matches(e):
			w += copy(b[w:], b[pos:next])
		case skip > 0:
			skip--
			w += copy(b[w:], b[pos:next])
		default:
			removed++
		}
		pos = next
	}
	ed.splicePacked(listpack.HeaderSize+w, len(b)-w, 0, n-removed)
	return removed
}
