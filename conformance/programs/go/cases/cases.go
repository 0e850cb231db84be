// Package cases is what the programs in Go share: where the servers are, and how a case is
// told to the runner.
package cases

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// Addr is the server's address.
func Addr() string { return Addrs()[0] }

// Addrs are the addresses of all servers, for a program that asks for several.
func Addrs() (addrs []string) {
	for _, port := range strings.Fields(os.Getenv("REDIS_PORTS")) {
		addrs = append(addrs, os.Getenv("REDIS_HOST")+":"+port)
	}
	return addrs
}

// Client is a connection pool of go-redis, with its defaults.
func Client() *redis.Client { return redis.NewClient(&redis.Options{Addr: Addr()}) }

// limit is the time that a case may take.
const limit = 25 * time.Second

var out sync.Mutex

// Check runs a case and tells what it returns, which has to be the same with every server.
func Check(name string, f func(ctx context.Context) (any, error)) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	type end struct {
		v   any
		err error
	}
	ended := make(chan end, 1)
	go func() {
		v, err := f(ctx)
		ended <- end{v, err}
	}()
	var e end
	select {
	case e = <-ended:
	case <-time.After(limit + 2*time.Second):
		e.err = errors.New("no end")
	}
	text, err := json.Marshal(e.v)
	if err = errors.Join(e.err, err); err != nil {
		text = []byte("FAILED " + strings.ReplaceAll(err.Error(), "\n", " | "))
	}
	out.Lock()
	defer out.Unlock()
	fmt.Printf("case\t%s\t%s\n", name, text)
}

// Until waits for a condition.
func Until(ctx context.Context, what string, f func() bool) error {
	for !f() {
		select {
		case <-ctx.Done():
			return fmt.Errorf("never: %s", what)
		case <-time.After(10 * time.Millisecond):
		}
	}
	return nil
}

// Text is an error's text, "" for none.
func Text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
