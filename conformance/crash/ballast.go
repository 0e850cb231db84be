package main

import (
	"errors"
	"fmt"
	"hash/fnv"
	"strconv"
)

// Ballast makes saving, rewriting and loading take long enough to be killed in. It is
// written once and must be the same for ever after.

// ballastCount is the key that holds how many keys of ballast there are, itself not
// counted. It is written last.
const ballastCount = "ballast"

// loadBallast writes n keys of all types and sizes.
func loadBallast(c *client, n int) error {
	var batch [][]string
	add := func(args ...string) error {
		if batch = append(batch, args); len(batch) < 500 {
			return nil
		}
		_, err := c.pipeline(batch)
		batch = batch[:0]
		return err
	}
	var errs []error
	for i := range n {
		key := ballastKey(i)
		switch cut := i % 1000; {
		case i%10 != 9:
			errs = append(errs, add("SET", key, noise[cut:cut+200]))
		case i%100 == 99: // large: of several thousand members if there are but few of them
			for j := range 300 {
				member := strconv.Itoa(j)
				switch i / 100 % 4 {
				case 0:
					errs = append(errs, add("HSET", key, member, noise[cut:cut+70]))
				case 1:
					errs = append(errs, add("ZADD", key, member+".5", member))
				case 2:
					errs = append(errs, add("SADD", key, "m"+member))
				case 3:
					errs = append(errs, add("RPUSH", key, noise[cut:cut+j]))
				}
			}
		default:
			errs = append(errs, add("HSET", key, "a", noise[cut:cut+20], "b", strconv.Itoa(i)))
		}
	}
	errs = append(errs, add("SET", ballastCount, strconv.Itoa(n)))
	_, err := c.pipeline(batch)
	return errors.Join(append(errs, err)...)
}

func ballastKey(i int) string { return "ballast:" + strconv.Itoa(i) }

// digestBallast returns a digest of the ballast's values, as the server sees them.
func digestBallast(c *client, n int) (uint64, error) {
	h := fnv.New64a()
	for i := 0; i < n; i += 1000 {
		args := []string{"DEBUG", "DIGEST-VALUE"}
		for j := i; j < min(i+1000, n); j++ {
			args = append(args, ballastKey(j))
		}
		replies, err := c.pipeline([][]string{{"SELECT", "0"}, args})
		if err != nil {
			return 0, fmt.Errorf("digest of the ballast: %w", err)
		}
		for _, e := range replies[1].Elems {
			h.Write([]byte(e.Text))
		}
	}
	return h.Sum64(), nil
}
