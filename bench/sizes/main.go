// Command sizes tells how large the servers are, how long they take from their start to the first PONG, and what they
// take in memory when nothing happens, beside redis-server if it is installed, and beside the least that a Go program
// takes (floor):
//
//	go run ./bench/sizes           prints the table
//	go run ./bench/sizes -write    writes it into README.md
package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

const readme = "README.md"

func main() {
	write := flag.Bool("write", false, "write the table into README.md")
	runs := flag.Int("runs", 21, "how often each server is started")
	flag.Parse()
	if err := run(*write, *runs); err != nil {
		fmt.Fprintln(os.Stderr, "sizes:", err)
		os.Exit(1)
	}
}

func run(write bool, runs int) error {
	dir, err := os.MkdirTemp("", "sizes")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	var b strings.Builder
	b.WriteString("| server | size, stripped | start to PONG, median (least) | resident when idle |\n|---|---|---|---|\n")
	for _, name := range []string{"ferrous", "ferrous-cache", "redis-server", "floor"} {
		program := filepath.Join(dir, name)
		if name == "redis-server" {
			if program, err = exec.LookPath(name); err != nil {
				fmt.Fprintln(os.Stderr, "redis-server is not installed: it is left out")
				continue
			}
		} else {
			source := "./cmd/" + name
			if name == "floor" {
				source = "./bench/sizes/floor"
			}
			build := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", program, source)
			build.Env = append(os.Environ(), "CGO_ENABLED=0")
			if out, err := build.CombinedOutput(); err != nil {
				return fmt.Errorf("%s: %w\n%s", name, err, out)
			}
		}
		row, err := measure(name, program, dir, runs)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		b.WriteString(row)
	}
	fmt.Print(b.String())
	if !write {
		return nil
	}
	text, err := os.ReadFile(readme)
	if err != nil {
		return err
	}
	const begin, end = "<!-- sizes -->\n", "<!-- end of sizes -->"
	before, rest, ok1 := strings.Cut(string(text), begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok1 || !ok2 {
		return fmt.Errorf("%s lacks %q and %q", readme, begin, end)
	}
	return os.WriteFile(readme, []byte(before+begin+b.String()+end+after), 0o644)
}

// measure starts a server some times and makes its row.
func measure(name, program, dir string, runs int) (string, error) {
	info, err := os.Stat(program)
	if err != nil {
		return "", err
	}
	var starts []time.Duration
	var resident []int64
	for range runs {
		took, kB, err := once(program, dir)
		if err != nil {
			return "", err
		}
		starts, resident = append(starts, took), append(resident, kB)
	}
	slices.Sort(starts)
	slices.Sort(resident)
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	return fmt.Sprintf("| %s | %.2f MB | %.1f ms (%.1f) | %.1f MB |\n",
		name, float64(info.Size())/1e6, ms(starts[runs/2]), ms(starts[0]), float64(resident[runs/2])/1000), nil
}

// once starts a server and returns how long it took to answer, and the kilobytes that are resident a while later.
func once(program, dir string) (took time.Duration, kB int64, err error) {
	socket := filepath.Join(dir, "s")
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, "--port", "0", "--unixsocket", socket, "--dir", dir, "--save", "")
	begin := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, 0, err
	}
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait(); os.Remove(socket) }()
	for {
		conn, err := net.Dial("unix", socket)
		if err == nil {
			fmt.Fprint(conn, "PING\r\n")
			line, err := bufio.NewReader(conn).ReadString('\n')
			conn.Close()
			if err == nil && line == "+PONG\r\n" {
				break
			}
		}
		if ctx.Err() != nil {
			return 0, 0, errors.New("it does not answer")
		}
		time.Sleep(100 * time.Microsecond)
	}
	took = time.Since(begin)
	time.Sleep(300 * time.Millisecond) // an idle server, and no starting one
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", cmd.Process.Pid))
	if err != nil {
		return 0, 0, err
	}
	for line := range bytes.Lines(status) {
		if rest, ok := bytes.CutPrefix(line, []byte("VmRSS:")); ok {
			kB, err = strconv.ParseInt(string(bytes.Fields(rest)[0]), 10, 64)
		}
	}
	return took, kB, err
}
