package main

import "time"

// memoryWatch looks for the most memory that a server and the processes it forks take together.
type memoryWatch struct {
	before int64
	enough chan struct{}
	done   chan struct{} // closed when the goroutine has ended, after which most and err hold
	most   int64
	err    error
}

// watchMemory begins to watch; finish must be called, once.
func watchMemory(pid int) (*memoryWatch, error) {
	if err := forgetPeak(pid); err != nil {
		return nil, err
	}
	before, _, err := footprint(pid)
	if err != nil {
		return nil, err
	}
	m := &memoryWatch{before: before, enough: make(chan struct{}), done: make(chan struct{})}
	go func() {
		defer close(m.done)
		for {
			start := time.Now()
			now, peak, err := footprint(pid)
			if err != nil {
				m.err = err
				return
			}
			m.most = max(m.most, now, peak)
			// Looking through a large child takes milliseconds; it may have a twentieth of a processor.
			select {
			case <-m.enough:
				return
			case <-time.After(max(20*time.Millisecond, 20*time.Since(start))):
			}
		}
	}()
	return m, nil
}

// finish ends the watching and returns by how much memory had grown at most.
func (m *memoryWatch) finish() (int64, error) {
	close(m.enough)
	<-m.done
	return max(m.most-m.before, 0), m.err
}
