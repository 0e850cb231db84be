package replication

import (
	"os"
	"sync"
)

// A replica that takes less than is written makes the stream grow. Redis drops it at a
// limit, after which it needs a full sync, during which even more is written: that may
// have no end. Here the oldest blocks go to a disk instead, within repl-spill-size, and
// come back when their reader has come so far.

// spill is the part of a stream that is on a disk. It is the stream's, whose mu guards it
// but for what is said to be otherwise.
type spill struct {
	open    func() (*os.File, error) // a new file
	limit   func() int64             // bytes
	jobs    *sync.WaitGroup
	failed  func(err error)
	file    *os.File
	size    int64 // of the file
	bytes   int64 // of it that are needed
	running bool  // blocks are being written
	began   int64 // how much was held in memory then
	broken  bool  // the disk has failed; nothing is spilled until the stream is at rest
}

// relieve has blocks written to the disk, since a reader holds so many bytes. False means
// that this cannot be done.
func (s *stream) relieve(held int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	sp := &s.spill
	switch {
	case sp.limit() == 0 || sp.broken || sp.bytes+held > sp.limit():
		return false
	case sp.running: // unless the disk is too slow
		return held < 2*sp.began+64<<20
	}
	sp.running, sp.began = true, held
	sp.jobs.Go(s.spillBlocks)
	return true
}

// spillBlocks writes the oldest blocks, until no more are in memory than the backlog wants.
func (s *stream) spillBlocks() {
	for {
		file, at, b, held, err := s.nextToSpill()
		if file == nil {
			if err != nil {
				s.spill.failed(err)
			}
			return
		}
		if _, err := file.WriteAt(b, at); err != nil {
			s.spill.failed(err)
			s.stopSpilling(held)
			return
		}
		s.spilled(b, at, held)
	}
}

// nextToSpill returns the oldest block that is in memory, and where it goes; no file if
// there is none to be written. held, if there is one, is used by the caller until it says spilled.
func (s *stream) nextToSpill() (file *os.File, at int64, b []byte, held *holding, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sp := &s.spill
	i := s.inMemory()
	if !s.active || i >= len(s.blocks)-1 || s.blocks[i].end() > s.end-s.keep() {
		sp.running = false
		return nil, 0, nil, nil, nil
	}
	if sp.file == nil {
		if sp.file, err = sp.open(); err != nil {
			sp.file, sp.running, sp.broken = nil, false, true
			return nil, 0, nil, nil, err
		}
		sp.size = 0
	}
	if held = s.blocks[i].held; held != nil {
		held.users++
	}
	return sp.file, sp.size, s.blocks[i].b, held, nil
}

// spilled takes note that the oldest block in memory is in the file, unless it has been
// dropped meanwhile.
func (s *stream) spilled(b []byte, at int64, held *holding) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer held.drop()
	sp := &s.spill
	i := s.inMemory()
	if i >= len(s.blocks) || &s.blocks[i].b[0] != &b[0] {
		return
	}
	if h := s.blocks[i].held; h != nil {
		h.drop()
		s.torn = h
	}
	s.blocks[i].place, s.blocks[i].length, s.blocks[i].b, s.blocks[i].held = at, len(b), nil, nil
	sp.size += int64(len(b))
	sp.bytes += int64(len(b))
}

func (s *stream) stopSpilling(held *holding) {
	s.mu.Lock()
	defer s.mu.Unlock()
	held.drop()
	s.spill.running, s.spill.broken = false, true
}

// inMemory returns the index of the first block that is in memory. mu is held.
func (s *stream) inMemory() int {
	i := 0
	for i < len(s.blocks) && s.blocks[i].b == nil {
		i++
	}
	return i
}

// forgotten takes note that a block was dropped. When nothing of the file is needed any
// more the file goes, too. mu is held.
func (s *stream) forgotten(b *block) {
	sp := &s.spill
	b.held.drop()
	if b.b == nil {
		sp.bytes -= int64(b.length)
	}
	if sp.bytes == 0 && sp.file != nil && !sp.running {
		_ = sp.file.Close()
		sp.file = nil
	}
	if sp.bytes == 0 {
		sp.broken = false
	}
}

// fetch brings a block back from the disk for a reader, whose ready is called then. mu is
// held.
func (s *stream) fetch(c *cursor, b block) {
	if c.fetching {
		return
	}
	c.fetching = true
	file := s.spill.file
	s.spill.jobs.Go(func() {
		data := make([]byte, b.length)
		_, err := file.ReadAt(data, b.place)
		s.mu.Lock()
		c.fetching = false
		if c.lost = err != nil; !c.lost {
			c.ahead, c.aheadAt = data, b.at
		}
		s.mu.Unlock()
		if err != nil {
			s.spill.failed(err)
		}
		c.ready()
	})
}
