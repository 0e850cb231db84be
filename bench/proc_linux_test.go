package main

import (
	"errors"
	"os"
	"os/exec"
	"slices"
	"syscall"
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

func TestChildren(t *testing.T) {
	// A shell that works for some ticks of the clock, and then waits for its input to end.
	cmd := exec.Command("/bin/sh", "-c", "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; echo; read x; exit 0")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	before, err := reapedCPU(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 1)); err != nil {
		t.Error(err)
	}
	if mine := children(os.Getpid()); !slices.Contains(mine, cmd.Process.Pid) {
		t.Errorf("%d is not among %v", cmd.Process.Pid, mine)
	}
	own, err := readMemory(os.Getpid())
	if err != nil {
		t.Error(err)
	}
	if all, peak, err := footprint(os.Getpid()); err != nil || all <= own.RSS/2 || peak <= own.RSS/2 {
		t.Errorf("alone %d, with the child %d, peak %d, error %v", own.RSS, all, peak, err)
	}
	in.Close()
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	after, err := reapedCPU(os.Getpid())
	if worked := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(); err != nil || after-before < worked-20*time.Millisecond || after <= before {
		t.Errorf("the child worked for %v, counted are %v, error %v", worked, after-before, err)
	}
	if mine := children(os.Getpid()); slices.Contains(mine, cmd.Process.Pid) {
		t.Errorf("%d has ended and is among %v", cmd.Process.Pid, mine)
	}
}

func TestForgetPeak(t *testing.T) {
	const size = 64 << 20
	block, err := syscall.Mmap(-1, 0, size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE|syscall.MAP_ANON)
	if err != nil {
		t.Fatal(err)
	}
	for i := range block {
		block[i] = 1
	}
	_, high, err := footprint(os.Getpid())
	if err := errors.Join(err, syscall.Munmap(block)); err != nil {
		t.Fatal(err)
	}
	if err := forgetPeak(os.Getpid()); err != nil {
		t.Fatal(err)
	}
	if _, low, err := footprint(os.Getpid()); err != nil || low > high-size/2 {
		t.Errorf("the peak was %d and is %d, error %v", high, low, err)
	}
}
