//go:build !amd64 && !arm64

// Package prefetch does nothing where we do not know the instructions for it.
package prefetch

// Read does nothing.
func Read(uintptr) {}

// Write does nothing.
func Write(uintptr) {}
