// Crash kills a server at random moments under load, starts it again on the same
// files, and compares what is there with what it had acknowledged.
//
//	go run ./conformance/crash                                  200 rounds each: always, everysec, rdb
//	go run ./conformance/crash -rounds 1000 -policy everysec    one policy, longer
//	go run ./conformance/crash -power                           the power fails, not only the process (root, Linux)
//	go run ./conformance/crash -server /usr/bin/redis-server    another server
//
// A kill -9 takes a process's memory; what it has written is in the kernel's and comes
// through. Whether a server syncs what it promises to have synced, only a power failure
// shows: with -power the files are on a file system of their own, which is shut down
// without flushing anything before the server is killed.
//
// What is held against the server, by policy (see guarantee):
//
//	always    every acknowledged write is there; so is everything that another client has read
//	everysec  what is lost was acknowledged in the last 2 seconds (-age)
//	no        what is there is there; how much is up to the kernel
//	rdb       no log, only snapshots: everything before the last BGSAVE that was seen to end
//
// And by all of them: what is there of a connection is the beginning of what it sent, in
// order, without holes; MULTI/EXEC units are whole; nothing is there that was never sent;
// of two writes, the second sent after the first was acknowledged, the second is not there
// without the first; the server always starts. After SIGTERM nothing is lost.
//
// The package speaks RESP to child processes and links no part of ferrous. Its tests run a
// few rounds, and what else goes wrong with files: full disks, directories that cannot be
// written, file descriptors that have run out.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/ferrousdb/ferrous/conformance/tool"
)

func main() {
	tool.Main("crash", run)
}

func run(ctx context.Context) error {
	var o options
	var policies string
	flag.StringVar(&o.server, "server", "", "the server binary (default: build ./cmd/ferrous)")
	flag.StringVar(&policies, "policy", "always,everysec,rdb", "what to test, of always, everysec, no, rdb")
	flag.IntVar(&o.rounds, "rounds", 200, "kills for each policy")
	flag.IntVar(&o.writers, "writers", 12, "connections that write")
	flag.IntVar(&o.ballast, "ballast", 20000, "keys beside those that are written, so that saving and loading take time")
	flag.DurationVar(&o.age, "age", 2*time.Second, "how old a lost write may be with everysec")
	flag.DurationVar(&o.longest, "longest", 4*time.Second, "the longest round; one in ten is longer than 0.8 s")
	flag.Float64Var(&o.gentle, "sigterm", 1.0/12, "share of the rounds that end with SIGTERM")
	flag.BoolVar(&o.power, "power", false, "let the power fail instead of killing the process only (needs root and loop devices)")
	flag.StringVar(&o.base, "dir", os.TempDir(), "where the servers' directories are made; one that failed is left there")
	flag.BoolVar(&o.verbose, "v", false, "a line for each round")
	if err := tool.Parse(); err != nil {
		return err
	}
	if o.server == "" {
		bin, remove, err := build()
		if err != nil {
			return err
		}
		defer remove()
		o.server = bin
	}
	o.say = func(format string, args ...any) { fmt.Printf(format+"\n", args...) }
	for name := range strings.SplitSeq(policies, ",") {
		o := o
		if err := o.policy.set(name); err != nil {
			return err
		}
		report, err := crash(ctx, o)
		fmt.Println(report)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// build makes a binary of ferrous; remove deletes it.
func build() (bin string, remove func(), err error) {
	dir, err := os.MkdirTemp("", "ferrous-crash-bin-")
	if err != nil {
		return "", nil, err
	}
	remove = func() { _ = os.RemoveAll(dir) }
	bin = filepath.Join(dir, "ferrous")
	out, err := exec.Command("go", "build", "-o", bin, "github.com/ferrousdb/ferrous/cmd/ferrous").CombinedOutput()
	if err != nil {
		remove()
		return "", nil, fmt.Errorf("building cmd/ferrous: %w\n%s", err, out)
	}
	return bin, remove, nil
}

// policy is what the server has been told about keeping data.
type policy string

const (
	always   policy = "always"
	everysec policy = "everysec"
	whenever policy = "no"
	snapshot policy = "rdb" // no log at all
)

func (p *policy) set(name string) error {
	switch *p = policy(name); *p {
	case always, everysec, whenever, snapshot:
		return nil
	}
	return errors.New("no such policy: " + name)
}

func (p policy) log() bool { return p != snapshot }
