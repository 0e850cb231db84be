package main

import (
	"os"
	"testing"
	"time"
)

func TestProcessCPUCountsWork(t *testing.T) {
	before, err := processCPU(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	// Work until the clock has moved by 5 ms: it does so only while this process runs, and it counts finer than ticks.
	deadline := time.Now().Add(10 * time.Second)
	steps := map[time.Duration]bool{}
	for now := before; now < before+5*time.Millisecond; steps[now] = true {
		if now, err = processCPU(os.Getpid()); err != nil {
			t.Fatal(err)
		}
		if time.Now().After(deadline) {
			t.Fatal("the clock stands still")
		}
	}
	if len(steps) < 10 {
		t.Errorf("5 ms were seen in %d steps", len(steps))
	}
	if _, err := processCPU(1 << 22); err == nil { // beyond the largest pid
		t.Error("no error for a process that does not exist")
	}
}

func TestReadMemory(t *testing.T) {
	before, err := readMemory(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	block := make([]byte, 32<<20)
	for i := range block {
		block[i] = 1
	}
	after, err := readMemory(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	// More than 32 MB is possible: the race detector keeps a shadow of all memory.
	if grown := after.RSS - before.RSS; grown < 24<<20 || after.Peak < after.RSS-4<<20 {
		t.Errorf("%d MB more made %d more, peak %d", len(block)>>20, grown, after.Peak)
	}
}
