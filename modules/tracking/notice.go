package tracking

import (
	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/resp"
)

// channel is where a subscriber of RESP2 gets the invalidations of others, as
// messages of pub/sub. Nothing is published there: who listens makes no
// difference, and nobody but the session that CLIENT TRACKING names gets them.
const channel = "__redis__:invalidate"

// notice is an invalidation, encoded when the first client is found that gets it
// and then shared by all. The zero value is one that is not encoded yet.
type notice struct {
	two, three []byte
	message    *core.Message
	deliver    func(*core.Session, *resp.Writer)
}

// forKey makes it tell of one key.
func (n *notice) forKey(key []byte) {
	if n.three == nil {
		n.encode(func(w *resp.Writer) {
			w.Array(1)
			w.Bulk(key)
		}, len(key))
	}
}

// forKeys makes it tell of several keys.
func (n *notice) forKeys(keys []string) {
	size := 0
	for _, key := range keys {
		size += len(key) + 16
	}
	n.encode(func(w *resp.Writer) {
		w.Array(len(keys))
		for _, key := range keys {
			w.BulkString(key)
		}
	}, size)
}

// forAll makes it tell that nothing is valid.
func (n *notice) forAll() { n.encode((*resp.Writer).Null, 0) }

func (n *notice) encode(keys func(*resp.Writer), size int) {
	w := resp.Writer{Buf: make([]byte, 0, 2*size+128), Proto: 2}
	w.Push(3)
	w.BulkString("message")
	w.BulkString(channel)
	keys(&w)
	at := len(w.Buf)
	w.Proto = 3
	w.Push(2)
	w.BulkString("invalidate")
	keys(&w)
	n.two, n.three = w.Buf[:at:at], w.Buf[at:]
}

// own is the notice for the client whose copies it is about. RESP2 has no way to
// tell it.
func (n *notice) own() *core.Message {
	if n.message == nil {
		n.message = core.RawMessage(nil, n.three)
	}
	return n.message
}

// redirected returns what delivers the notice to another session, on that one's
// loop: with RESP2 to a subscriber only, since others could not tell it from a
// reply.
func (n *notice) redirected() func(*core.Session, *resp.Writer) {
	if n.deliver == nil {
		two, three := n.two, n.three
		n.deliver = func(s *core.Session, w *resp.Writer) {
			switch {
			case s.Proto >= 3:
				w.Raw(three)
			case s.Subscriber:
				w.Raw(two)
			}
		}
	}
	return n.deliver
}

// broken is the message that the session which was to get the invalidations has
// ended.
func broken(id uint64) *core.Message {
	w := resp.Writer{Proto: 3}
	w.Push(2)
	w.BulkString("tracking-redir-broken")
	w.Int(int64(id))
	return core.RawMessage(nil, w.Buf)
}
