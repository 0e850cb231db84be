//go:build !linux

package main

import "errors"

// What only Linux is asked for: without it kills come at random only, and power does
// not fail.

type device struct{}

func newDevice(home, at string) (*device, error) {
	return nil, errors.New("power failures need Linux")
}
func (d *device) cut() error    { return nil }
func (d *device) revive() error { return nil }
func (d *device) remove() error { return nil }

type watcher struct{ events chan string }

func watch(dir string) (*watcher, error) { return nil, nil }
func (w *watcher) close()                {}
