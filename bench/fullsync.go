package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"time"
)

// fullSync is what a master does for a new replica. The replica is one of our own, which keeps nothing of what
// it receives: what it would cost to load the data is the replica's affair.
var fullSync = backgroundJob{command: "full sync", args: []string{"--repl-diskless-sync", "yes", "--repl-diskless-sync-delay", "0"},
	order: syncFully, goal: &stallGoal, took: &fileGoal}

// syncFully asks for all data, and goes on until they have come whole.
func syncFully(ctx context.Context, s *server, r *backgroundRun) error {
	c, err := dial(ctx, s.port, nil)
	if err != nil {
		return s.explain(err)
	}
	defer c.Close()
	start := time.Now()
	if err := c.syncFully(); err != nil {
		return s.explain(err)
	}
	r.Seconds = time.Since(start).Seconds()
	return pause(ctx, aftermath)
}

// syncFully introduces the connection as a replica and takes all data, up to their end.
func (c *conn) syncFully() error {
	for _, words := range [][]string{{"PING"}, {"REPLCONF", "listening-port", "1"}, {"REPLCONF", "capa", "eof", "capa", "psync2"}} {
		if _, err := c.do(words...); err != nil {
			return err
		}
	}
	if _, err := c.Write(appendCommand(nil, "PSYNC", "?", "-1")); err != nil {
		return err
	}
	mark, err := c.readSyncHead()
	if err != nil {
		return err
	}
	return readToMark(c.r, mark)
}

// readSyncHead reads what comes before the dump, and returns the mark at its end.
func (c *conn) readSyncHead() (mark []byte, err error) {
	for {
		line, err := c.r.ReadString('\n')
		if err != nil {
			return nil, err
		}
		line = strings.TrimSpace(line)
		if text, ok := strings.CutPrefix(line, "$EOF:"); ok {
			return []byte(text), nil
		}
		if line != "" && !strings.HasPrefix(line, "+FULLRESYNC") { // empty lines are signs of life
			return nil, fmt.Errorf("the answer to PSYNC is %q", line)
		}
	}
}

// readToMark reads until a mark has come, behind which there is nothing.
func readToMark(r io.Reader, mark []byte) error {
	buf := make([]byte, 256<<10)
	kept := 0
	for {
		n, err := r.Read(buf[kept:])
		if err != nil {
			return err
		}
		all := buf[:kept+n]
		if bytes.HasSuffix(all, mark) {
			return nil
		}
		kept = copy(buf, all[max(0, len(all)-len(mark)):])
	}
}
