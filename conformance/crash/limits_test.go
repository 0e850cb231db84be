//go:build linux

package main

import (
	"testing"

	"github.com/ferrousdb/ferrous/conformance/resp"
)

// TestNoDescriptors: a server that can open no file says so, goes on, and is as before
// when it can again.
func TestNoDescriptors(t *testing.T) {
	t.Parallel()
	r := newRig(t, t.TempDir(), "--appendonly", "yes", "--appendfsync", "always", "--save", "3600 1")
	r.write(500)
	before := r.files("appendonlydir/*.manifest")
	setLimit(r, descriptors, lowestFree(r))

	late, err := dial(r.addr()) // the kernel lets it in, the server cannot
	r.ok(err)
	defer late.close()
	r.ok(late.send(resp.AppendCommand(nil, []string{"ECHO", "at last"})))

	if got := r.rewrite(); got != "err" {
		t.Errorf("BGREWRITEAOF without descriptors ended with %s", got)
	}
	r.unchanged("appendonlydir/*.manifest", before)
	r.awaitAcked(500)
	if !real(t) { // the process that Redis saves in closes some that it does not need
		r.want("Background saving started", "BGSAVE")
		r.awaitRefused()
		r.refused(miscRDB)
	}

	setLimit(r, descriptors, 1024)
	if v, err := resp.Read(late.r); err != nil || v.Text != "at last" {
		t.Errorf("the connection that had to wait: %v, %v", v, err)
	}
	r.saved()
	r.awaitAcked(500)
	if got := r.rewrite(); got != "ok" {
		t.Errorf("BGREWRITEAOF with descriptors again ended with %s", got)
	}
	r.refusals(miscRDB)
	r.awaitAcked(100)
	r.kill()
	r.check(everything())
}
