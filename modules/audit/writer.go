package audit

import (
	"bytes"
	"os"
	"time"
)

// writer writes a buffer to a file, until it is ended.
type writer struct {
	path  string
	from  *buffer
	fails func(error) // told of every attempt; nil for one that went well
	f     *os.File
	torn  bool // the last line in it is not whole
	stop  chan struct{}
	ended chan struct{}
}

// startWriter opens the file, which tells whether it can be opened, and begins.
func startWriter(path string, from *buffer, fails func(error)) (*writer, error) {
	w := &writer{path: path, from: from, fails: fails, stop: make(chan struct{}), ended: make(chan struct{})}
	if err := w.open(); err != nil {
		return nil, err
	}
	go w.run()
	return w, nil
}

// end writes what there is and closes the file.
func (w *writer) end() {
	close(w.stop)
	<-w.ended
}

func (w *writer) run() {
	defer close(w.ended)
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	var spare []byte
	for last := false; !last; {
		select {
		case <-w.stop:
			last = true
		case <-w.from.wake:
		case <-tick.C:
		}
		full := w.from.take(spare)
		w.write(full)
		if spare = full[:0]; cap(spare) > 4*worthWriting {
			spare = nil
		}
	}
	if w.f != nil {
		_ = w.f.Sync()
		w.f.Close()
	}
}

// write appends lines. What cannot be written is lost, and counted.
func (w *writer) write(lines []byte) {
	if len(lines) == 0 && w.f != nil {
		return
	}
	err := w.follow()
	if err == nil && w.torn {
		if _, err = w.f.Write([]byte{'\n'}); err == nil {
			w.torn = false
		}
	}
	if err == nil {
		var n int
		n, err = w.f.Write(lines)
		w.torn = n > 0 && lines[n-1] != '\n'
		lines = lines[n:]
	}
	if err != nil {
		w.from.lost(int64(bytes.Count(lines, []byte{'\n'})))
	}
	w.fails(err)
}

// follow sees to it that the file is the one that has the name: rotation renames it away.
func (w *writer) follow() error {
	if w.f != nil {
		here, err := os.Stat(w.path)
		if own, ownErr := w.f.Stat(); err == nil && ownErr == nil && os.SameFile(here, own) {
			return nil
		}
		w.f.Close()
		w.f = nil
	}
	return w.open()
}

// open opens the file, which nobody but the server's user may read.
func (w *writer) open() error {
	f, err := os.OpenFile(w.path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err == nil {
		w.f, w.torn = f, false
	}
	return err
}
