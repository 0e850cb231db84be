//go:build !linux

package main

import (
	"errors"
	"syscall"
	"time"
)

var errOnlyLinux = errors.New("bench measures processes through Linux's clocks and /proc; it does not run elsewhere")

func processCPU(int) (time.Duration, error) { return 0, errOnlyLinux }
func readMemory(int) (processMemory, error) { return processMemory{}, errOnlyLinux }
func childAttributes() *syscall.SysProcAttr { return nil }
func pin() (string, error)                  { return "", errOnlyLinux }
func reapedCPU(int) (time.Duration, error)  { return 0, errOnlyLinux }
func forgetPeak(int) error                  { return errOnlyLinux }
func footprint(int) (int64, int64, error)   { return 0, 0, errOnlyLinux }
func inMemory(string) bool                  { return false }
func hurry() func()                         { return func() {} }
func raiseFileLimit(uint64) error           { return errOnlyLinux }
