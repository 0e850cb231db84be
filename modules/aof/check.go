package aof

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/dump"
)

// The checker looks at the files of a log without loading them. It tells what
// redis-check-aof tells.

// knows reports whether a file is one of a log: a manifest, or commands, or what
// is called like a log and begins with a dump.
func knows(name string, head []byte) bool {
	switch base := filepath.Base(name); {
	case strings.HasSuffix(base, ".manifest"), strings.HasSuffix(base, ".aof"):
		return true
	case bytes.HasPrefix(head, []byte("REDIS")):
		return false
	}
	return isManifest(head) || bytes.HasPrefix(head, []byte("#TS:")) ||
		len(head) > 1 && head[0] == '*' && head[1] >= '1' && head[1] <= '9'
}

// isManifest reports whether a file that begins with head is a manifest, as far
// as that can be seen.
func isManifest(head []byte) bool {
	for len(head) > 0 && head[0] == '#' {
		_, head, _ = bytes.Cut(head, []byte{'\n'})
	}
	return bytes.HasPrefix(head, []byte("file "))
}

// check examines a file.
func check(name string, o core.CheckOptions) error {
	head := make([]byte, 512)
	f, err := os.Open(name)
	if err != nil {
		return said("Cannot open file "+name, err)
	}
	n, err := f.ReadAt(head, 0)
	_ = f.Close()
	if err != nil && err != io.EOF {
		return err
	}
	c := &checker{o: o}
	if isManifest(head[:n]) || strings.HasSuffix(name, ".manifest") {
		return c.chain(name)
	}
	c.say("Start checking Old-Style AOF")
	if err := c.file(name, "AOF", true); err != nil {
		return err
	}
	return c.loadable()
}

// checker is a check in progress.
type checker struct {
	o           core.CheckOptions
	done, total int64
	lacks       map[string]int64 // what the server would need to load the files, and how often
}

// lack takes note of what the server would need.
func (c *checker) lack(what string, times int64) {
	if c.lacks == nil {
		c.lacks = map[string]int64{}
	}
	c.lacks[what] += times
}

// loadable is nil if the server loads what has been looked at, which is not damaged.
func (c *checker) loadable() error {
	var all []error
	for _, what := range slices.Sorted(maps.Keys(c.lacks)) {
		all = append(all, fmt.Errorf("this server cannot load the AOF: %s (%d times)", what, c.lacks[what]))
	}
	return errors.Join(all...)
}

func (c *checker) say(format string, args ...any) { fmt.Fprintf(c.o.Out, format+"\n", args...) }

// chain checks all files that a manifest names.
func (c *checker) chain(name string) error {
	c.say("Start checking Multi Part AOF")
	text, err := os.ReadFile(name)
	if err != nil {
		return said("Cannot open file "+name, err)
	}
	m, err := parseManifest(text)
	if err != nil {
		return err
	}
	all, dir := m.chain(), filepath.Dir(name)
	last := 0
	for i, e := range all {
		info, err := os.Stat(filepath.Join(dir, e.name))
		if err != nil {
			return said("Cannot open file "+e.name, err)
		}
		if c.total += info.Size(); info.Size() > 0 && e.kind != typeBase {
			last = i
		}
	}
	for i, e := range all {
		kind := "INCR AOF"
		switch {
		case e.kind == typeBase:
			kind = "BASE AOF"
			c.say("Start to check BASE AOF.")
		case i == 0 || all[i-1].kind == typeBase:
			c.say("Start to check INCR files.")
		}
		if err := c.file(filepath.Join(dir, e.name), kind, mayBeTorn(all, i, last)); err != nil {
			return err
		}
	}
	c.say("All AOF files and manifest are valid")
	return c.loadable()
}

// file checks a file, which can be repaired if it is the last.
func (c *checker) file(path, kind string, last bool) error {
	f, err := os.Open(path)
	if err != nil {
		return said("Cannot open file "+path, err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	name, size := filepath.Base(path), info.Size()
	c.total = max(c.total, size)
	if size == 0 {
		c.say("%s %s is empty", kind, name)
		return nil
	}
	begin, err := c.preamble(f, size)
	if err != nil {
		return fmt.Errorf("%s: RDB preamble of AOF file is not sane, aborting: %w", name, err)
	}
	good, line, wrong := c.commands(newReader(f, begin, size))
	if wrong != nil {
		c.say("0x%16x: %v", good, wrong)
	}
	c.say("AOF analyzed: filename=%s, size=%d, ok_up_to=%d, ok_up_to_line=%d, diff=%d", name, size, good, line, size-good)
	if wrong == nil {
		c.done += size
		c.say("%s %s is valid", kind, name)
		return nil
	}
	return c.repair(path, name, size, good, last, wrong)
}

// commands looks at every command and returns up to where they are good, in
// bytes and lines.
func (c *checker) commands(r *reader) (good, line int64, wrong error) {
	open := false
	good, line = r.off, r.line
	for n := 0; ; n++ {
		if n%1024 == 0 {
			c.o.Progress(c.done+r.off, c.total)
		}
		at := r.off
		args, err := r.next()
		switch {
		case err == io.EOF && open:
			return good, line, errors.New("Reached EOF before reading EXEC for MULTI")
		case err == io.EOF:
			return r.off, r.line, nil
		case err != nil:
			return good, line, err
		case isWord(args[0], "multi"):
			if open {
				return good, line, &damage{at, "Unexpected MULTI"}
			}
			open = true
		case isWord(args[0], "exec"):
			if !open {
				return good, line, &damage{at, "Unexpected EXEC"}
			}
			open = false
		}
		if reg := c.o.Registry; reg.FindFed(args[0]) == nil && (reg.Functions.Owned() || reg.Functions.Refusal() != nil || !isWord(args[0], "function")) {
			what := "no module of it has the command '" + string(clip(args[0])) + "'"
			if where := reg.Where(string(args[0])); where != "" {
				what += " (it is in " + where + ")"
			}
			c.lack(what, 1)
		}
		if !open {
			good, line = r.off, r.line
		}
	}
}

// repair cuts off what is wrong, if that is wanted.
func (c *checker) repair(path, name string, size, good int64, last bool, wrong error) error {
	switch {
	case !c.o.Fix:
		return fmt.Errorf("AOF %s is not valid. Use the --fix option to try fixing it: %w", name, wrong)
	case !last:
		return fmt.Errorf("Failed to truncate AOF %s because it is not the last file: %w", name, wrong)
	}
	c.say("This will shrink the AOF %s from %d bytes, with %d bytes, to %d bytes", name, size, size-good, good)
	if !c.o.Ask() {
		return errors.New("Aborting...")
	}
	if err := truncate(path, good); err != nil {
		return said("Failed to truncate AOF "+name, err)
	}
	c.say("Successfully truncated AOF %s", name)
	return nil
}

// preamble checks the dump that a file may begin with and returns where it ends.
func (c *checker) preamble(f *os.File, size int64) (end int64, err error) {
	head := make([]byte, 5)
	if n, _ := f.ReadAt(head, 0); string(head[:n]) != "REDIS" {
		return 0, nil
	}
	repeats := dump.NewRepeats()
	rep, err := dump.Scan(context.Background(), f, size, c.o.Registry, dump.ScanOptions{
		Decode: true, Checksum: true, Preamble: true, Each: repeats.Note,
	})
	if err != nil {
		return 0, err
	}
	if repeats.Suspected() {
		return 0, fmt.Errorf("%s has keys more than once, which no server loads: check that file by itself, as an RDB file", f.Name())
	}
	for why, n := range rep.Refused {
		c.lack(why, n)
	}
	c.say("RDB preamble is OK, proceeding with AOF tail...")
	_, err = f.Seek(rep.Bytes, io.SeekStart)
	return rep.Bytes, err
}
