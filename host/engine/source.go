package engine

import (
	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/host/network"
)

// Pull implements core.Conn.
func (s *session) Pull(from core.Source) {
	s.source = from
	s.worker.touch(s)
}

// SaveOnPackets implements core.Conn.
func (s *session) SaveOnPackets() {
	if l, ok := s.link.(network.Thrifty); ok {
		l.SaveOnPackets()
	}
}

// Ready implements core.Conn.
func (s *session) Ready(loop int) {
	if loop == s.worker.id {
		s.worker.touch(s)
		return
	}
	if s.called.CompareAndSwap(false, true) {
		s.worker.Post(func() {
			s.called.Store(false)
			s.worker.touch(s)
		})
	}
}

// pull sends what the session's source has, as far as the connection takes it and not more
// than others can wait for; more tells that this was not all.
func (s *session) pull() (more bool, err error) {
	for sent := 0; sent < network.SendAtOnce; {
		b := s.source.Next()
		if len(b) == 0 {
			return false, nil
		}
		n, err := s.link.Write(b[:min(len(b), network.LargeChunk)])
		s.source.Sent(n)
		s.worker.stats.netOut += int64(n)
		s.worker.stats.writes++
		sent += n
		if err != nil || n < min(len(b), network.LargeChunk) {
			return true, err
		}
	}
	return true, nil
}

// behind returns how many bytes the session's source holds for it.
func (s *session) behind() int64 {
	if s.source == nil {
		return 0
	}
	return s.source.Behind()
}
