package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/ferrousdb/ferrous/conformance/resp"
)

// together runs a function for each of n readers until the writers are through.
func together(writers, readers int, write func(id int) error, read func(id int, done *atomic.Bool) error) error {
	errs := make([]error, writers+readers)
	var ws, rs sync.WaitGroup
	var done atomic.Bool
	for id := range readers {
		rs.Go(func() { errs[writers+id] = read(id, &done) })
	}
	for id := range writers {
		ws.Go(func() { errs[id] = write(id) })
	}
	ws.Wait()
	done.Store(true)
	rs.Wait()
	return errors.Join(errs...)
}

// counted is what writers have had acknowledged: each counts up.
type counted []atomic.Int64

func (c counted) values() []int64 {
	values := make([]int64, len(c))
	for i := range c {
		values[i] = c[i].Load()
	}
	return values
}

// messages lets clients publish numbers and others listen. A listener gets each
// publisher's numbers in order, none twice, none left out; and what had been
// acknowledged before it sent a command it has before that command's reply.
func messages(r *round) error {
	const publishers, subscribers, each = 4, 4, 60
	acked := make(counted, publishers)
	var ready sync.WaitGroup
	ready.Add(subscribers)
	publish := func(id int) error {
		ready.Wait()
		c, err := r.dialSafe(0)
		if err != nil {
			return err
		}
		defer c.close()
		rng := r.source(id)
		for n := int64(1); n <= each; {
			k := 1 + rng.Int64N(3)
			var out []byte
			for i := range k {
				out = resp.AppendCommand(out, []string{"PUBLISH", "ch", fmt.Sprintf("%d:%d", id, n+i)})
			}
			if err := c.SendRaw(out); err != nil {
				return err
			}
			for range k {
				v, err := c.Read()
				switch {
				case err != nil:
					return err
				case v.String() != ":"+strconv.Itoa(subscribers):
					return fmt.Errorf("PUBLISH answers %s", v)
				}
				acked[id].Store(n)
				n++
			}
		}
		return nil
	}
	listen := func(id int, done *atomic.Bool) error {
		c, err := r.dialSafe(0)
		if err == nil {
			_, err = c.must([]string{"SUBSCRIBE", "PSUBSCRIBE"}[id%2], "ch")
		}
		ready.Done()
		if err != nil {
			return err
		}
		defer c.close()
		last := make([]int64, publishers)
		for end := false; !end; {
			end = done.Load()
			owed := acked.values()
			if err := c.Send("ECHO", "later"); err != nil {
				return err
			}
			for {
				v, err := c.Read()
				if err != nil {
					return err
				}
				if v.Kind != resp.Push {
					break
				}
				if err := inOrder(last, v.Elems[len(v.Elems)-1].Text); err != nil {
					return fmt.Errorf("subscriber %d: %w", id, err)
				}
			}
			for p := range owed {
				if last[p] < owed[p] {
					return fmt.Errorf("subscriber %d: message %d of publisher %d had been acknowledged before ECHO was sent, whose reply comes after message %d", id, owed[p], p, last[p])
				}
			}
		}
		r.count(publishers * each)
		return nil
	}
	return together(publishers, subscribers, publish, listen)
}

func inOrder(last []int64, message string) error {
	from, number, _ := strings.Cut(message, ":")
	p, _ := strconv.Atoi(from)
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n != last[p]+1 {
		return fmt.Errorf("message %s comes after %d", message, last[p])
	}
	last[p] = n
	return nil
}

// caches lets clients keep copies of keys that are tracked, while others write. What a
// client sends after a write was acknowledged is answered after the invalidation: it
// never takes an old copy for the newest.
func caches(r *round) error {
	const writers, readers, each = 3, 4, 60
	acked := make(counted, writers)
	write := func(id int) error {
		c, err := r.dialSafe(0)
		if err != nil {
			return err
		}
		defer c.close()
		for n := range int64(each) {
			args := []string{"SET", "k" + strconv.Itoa(id), strconv.FormatInt(n+1, 10)}
			if n%10 == 9 {
				args = []string{"MSET", args[1], args[2], "other", "x"}
			}
			v, err := c.Do(args...)
			if err != nil {
				return err
			}
			if !v.IsErr() {
				acked[id].Store(n + 1)
			} else if !contains("-"+v.Text, refused) {
				return errors.New(v.Text)
			}
		}
		return nil
	}
	read := func(id int, done *atomic.Bool) error {
		c, err := r.dialSafe(0)
		if err != nil {
			return err
		}
		defer c.close()
		args := strings.Fields("CLIENT TRACKING ON")
		if id%2 == 1 {
			args = strings.Fields("CLIENT TRACKING ON BCAST PREFIX k")
		}
		if _, err := c.must(args...); err != nil {
			return err
		}
		cache := copies{}
		for n := 0; !done.Load(); n++ {
			key := "k" + strconv.Itoa(n%writers)
			if _, there := cache[key]; !there {
				v, err := cache.ask(c, "GET", key)
				if err != nil {
					return err
				}
				if number, err := strconv.ParseInt(v.Text, 10, 64); err == nil && !v.IsErr() {
					cache[key] = number
				}
			}
			owed := acked.values()
			if _, err := cache.ask(c, "ECHO", "later"); err != nil {
				return err
			}
			for w := range owed {
				if have, there := cache["k"+strconv.Itoa(w)]; there && have < owed[w] {
					return fmt.Errorf("reader %d: %d had been acknowledged for k%d before ECHO was sent, whose reply finds %d in the cache", id, owed[w], w, have)
				}
			}
		}
		r.count(writers * each)
		return nil
	}
	return together(writers, readers, write, read)
}

// copies are a client's copies of keys.
type copies map[string]int64

// ask sends a command and reads up to its reply; what is invalidated before is dropped.
func (m copies) ask(c *client, args ...string) (resp.Value, error) {
	if err := c.Send(args...); err != nil {
		return resp.Value{}, err
	}
	for {
		v, err := c.Read()
		if err != nil || v.Kind != resp.Push {
			return v, err
		}
		if keys := v.Elems[1]; keys.IsNull() {
			clear(m)
		} else {
			for _, key := range keys.Elems {
				delete(m, key.Text)
			}
		}
	}
}
