package core

import "github.com/ferrousdb/ferrous/core/resp"

// Message is something that clients get without having asked for it: a published
// message, an invalidation. It is encoded once for each protocol and shared by
// all its receivers.
type Message struct{ two, three []byte }

// NewMessage encodes an array of strings, which is a push in RESP3. It keeps
// nothing of parts.
func NewMessage(parts ...[]byte) *Message {
	size := 16
	for _, p := range parts {
		size += len(p) + 16
	}
	w := resp.Writer{Buf: make([]byte, 0, 2*size), Proto: 2}
	encode := func(proto int) []byte {
		at := len(w.Buf)
		w.Proto = proto
		w.Push(len(parts))
		for _, p := range parts {
			w.Bulk(p)
		}
		return w.Buf[at:len(w.Buf):len(w.Buf)]
	}
	two := encode(2)
	return &Message{two, encode(3)}
}

// RawMessage is a message whose encodings are ready; nil for one means that
// clients of that protocol get nothing.
func RawMessage(two, three []byte) *Message { return &Message{two, three} }

// For returns the encoding for a protocol; it must not be changed.
func (m *Message) For(proto int) []byte {
	if proto >= 3 {
		return m.three
	}
	return m.two
}
