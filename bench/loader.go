package main

import (
	"bytes"
	"context"
	"time"
)

// pipelineJob is a number of commands sent over one connection in batches.
type pipelineJob struct {
	commands int
	batch    int                            // commands written at once
	window   int                            // batches that may be under way together; 1 waits for each batch's replies before the next
	build    func(buf []byte, i int) []byte // appends the i-th command; called in order, by one goroutine
}

// run sends the job and reads every reply; the first error reply ends it. It returns how long each batch took from its
// write to its last reply, which means something only with a window of 1.
func (j pipelineJob) run(ctx context.Context, s *server) ([]time.Duration, error) {
	c, err := dial(ctx, s.port, nil)
	if err != nil {
		return nil, s.explain(err)
	}
	defer c.Close()

	free := make(chan struct{}, j.window)     // holds a token per batch under way
	written := make(chan time.Time, j.window) // when each of them was
	failed := make(chan error, 1)
	go func() { failed <- j.write(c, free, written) }()

	took := make([]time.Duration, 0, j.commands/j.batch+1)
	for done := 0; done < j.commands; {
		n := min(j.batch, j.commands-done)
		start, ok := <-written
		if !ok {
			return nil, s.explain(<-failed)
		}
		for range n {
			if _, err := readReply(c.r); err != nil {
				c.Close() // ends a write that is under way
				<-free
				for range written { // and lets the writer notice
					<-free
				}
				return nil, s.explain(err)
			}
		}
		took = append(took, time.Since(start))
		<-free
		done += n
	}
	return took, s.explain(<-failed)
}

// write sends all batches, then closes written.
func (j pipelineJob) write(c *conn, free chan<- struct{}, written chan<- time.Time) error {
	defer close(written)
	var buf []byte
	for sent := 0; sent < j.commands; {
		n := min(j.batch, j.commands-sent)
		buf = buf[:0]
		for i := range n {
			buf = j.build(buf, sent+i)
		}
		free <- struct{}{}
		written <- time.Now()
		if _, err := c.Write(buf); err != nil {
			return err
		}
		sent += n
	}
	return nil
}

// sequenceMark is as long as the twelve digits that replace it, so that the lengths on the wire stay true.
const sequenceMark = "__sequence__"

// appendSequenced appends a command in wire form, with the digits of i in place of every mark.
func appendSequenced(buf, command []byte, i int) []byte {
	for {
		at := bytes.Index(command, []byte(sequenceMark))
		if at < 0 {
			return append(buf, command...)
		}
		buf = append(buf, command[:at]...)
		buf = appendDigits(buf, i)
		command = command[at+len(sequenceMark):]
	}
}

// appendDigits appends i as twelve digits.
func appendDigits(buf []byte, i int) []byte {
	const digits = 12
	at := len(buf)
	buf = append(buf, "000000000000"...)
	for p := at + digits - 1; i > 0; p-- {
		buf[p] = byte('0' + i%10)
		i /= 10
	}
	return buf
}
