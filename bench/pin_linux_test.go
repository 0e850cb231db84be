package main

import (
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

func TestHurryShortensTheSliceForAWhile(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	slice := func() uint64 {
		attr, err := unix.SchedGetAttr(0, 0)
		if err != nil {
			t.Skip(err)
		}
		return attr.Runtime
	}
	before := slice()
	if before == 0 {
		t.Skip("this kernel has no slices to ask for")
	}
	undo := hurry()
	if during := slice(); during >= before {
		t.Errorf("the slice was %d ns and is %d", before, during)
	}
	undo()
	if after := slice(); after != before {
		t.Errorf("the slice was %d ns and remains %d", before, after)
	}
}
