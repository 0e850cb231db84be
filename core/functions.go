package core

import (
	"bytes"
	"sync"
)

// Functions holds the libraries of functions that are kept with the data: their
// source texts, as files and replicas carry them. A server that has no module to
// run them keeps them nevertheless, so that a file that was loaded and is saved
// again has lost nothing. Its methods may be called from any goroutine.
type Functions struct {
	owner   FunctionsOwner
	refusal error

	mu   sync.Mutex
	kept [][]byte
}

// FunctionsOwner is the module that runs functions.
type FunctionsOwner interface {
	// LoadLibrary takes a library in, in the place of one with the same name if
	// replace is set.
	LoadLibrary(text []byte, replace bool) error
	// Libraries returns the source texts of all.
	Libraries() [][]byte
	// FlushLibraries forgets all.
	FlushLibraries()
}

// Own makes o the owner; modules call it in Register.
func (f *Functions) Own(o FunctionsOwner) { f.owner = o }

// Owned reports whether a module runs the functions.
func (f *Functions) Owned() bool { return f.owner != nil }

// Refuse has Load refuse all libraries; it is called before there are any.
func (f *Functions) Refuse(why error) { f.refusal = why }

// Refusal returns the error of Load if it refuses all.
func (f *Functions) Refusal() error { return f.refusal }

// Load takes a library in. The text is copied if it is kept.
func (f *Functions) Load(text []byte, replace bool) error {
	if f.owner != nil {
		return f.owner.LoadLibrary(text, replace)
	}
	if f.refusal != nil {
		return f.refusal
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.kept = append(f.kept, bytes.Clone(text))
	return nil
}

// All returns the source texts; they must not be changed.
func (f *Functions) All() [][]byte {
	if f.owner != nil {
		return f.owner.Libraries()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.kept[:len(f.kept):len(f.kept)]
}

// Flush forgets all libraries.
func (f *Functions) Flush() {
	if f.owner != nil {
		f.owner.FlushLibraries()
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.kept = nil
}
