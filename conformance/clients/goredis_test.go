package clients

// tries go-redis | github.com/redis/go-redis/v9 | every command in RESP2 and RESP3, pipelines, transactions under WATCH, authentication, publish/subscribe

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"
)

var ctx = context.Background()

// tracker collects what go-redis makes of the replies.
type tracker struct {
	*testing.T
	known map[string]bool
	calls []call
}

// call is a command that was sent, or will be when the pipeline is.
type call struct {
	cmd    redis.Cmder
	sorted bool // the order of the reply means nothing
	try    bool // the reply is not the same everywhere
}

// do notes calls whose results are compared.
func (t *tracker) do(cmds ...redis.Cmder) {
	for _, cmd := range cmds {
		t.calls = append(t.calls, call{cmd: cmd})
	}
}

// sort notes calls that reply with a set.
func (t *tracker) sort(cmds ...redis.Cmder) {
	for _, cmd := range cmds {
		t.calls = append(t.calls, call{cmd: cmd, sorted: true})
	}
}

// try notes calls that must succeed.
func (t *tracker) try(cmds ...redis.Cmder) {
	for _, cmd := range cmds {
		t.calls = append(t.calls, call{cmd: cmd, try: true})
	}
}

// commandName is the full name of the command of some arguments, in so far as
// the server knows it.
func (t *tracker) commandName(words []string) string {
	name := strings.ToLower(words[0])
	if len(words) > 1 {
		if full := name + "|" + strings.ToLower(words[1]); containers[name] {
			return full
		}
	}
	return name
}

// containers are the commands whose second word is part of the name.
var containers = map[string]bool{
	"client": true, "config": true, "command": true, "object": true, "memory": true, "xgroup": true, "xinfo": true,
	"script": true, "function": true, "pubsub": true, "latency": true, "slowlog": true, "acl": true, "cluster": true,
}

// has reports whether the server has the command of a line.
func (t *tracker) has(line string) bool {
	call, _, _ := strings.Cut(line, ": ")
	return t.known[t.commandName(strings.Fields(call))]
}

// transcript is a line for each call that the server can execute.
func (t *tracker) transcript() (lines []string) {
	for _, c := range t.calls {
		words := make([]string, len(c.cmd.Args()))
		for i, a := range c.cmd.Args() {
			words[i] = fmt.Sprint(a)
		}
		if !t.known[t.commandName(words)] {
			continue
		}
		if c.try {
			if err := c.cmd.Err(); err != nil && !errors.Is(err, redis.Nil) {
				t.Errorf("%s: %v", strings.Join(words, " "), err)
			}
			continue
		}
		if s, ok := c.cmd.(*redis.StringSliceCmd); ok && c.sorted {
			slices.Sort(s.Val())
		}
		lines = append(lines, printable(c.cmd.String()))
	}
	return lines
}

// printable shows bytes that are no plain text as \xNN.
func printable(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			fmt.Fprintf(&b, `\x%02x`, s[i])
		} else {
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

func TestGoRedis(t *testing.T) {
	for _, protocol := range []int{3, 2} {
		t.Run(fmt.Sprintf("RESP%d", protocol), func(t *testing.T) {
			addr := start(t)
			c := redis.NewClient(&redis.Options{Addr: addr, Protocol: protocol})
			defer c.Close()
			tr := &tracker{T: t, known: commandsOf(t, addr)}
			round(tr, c)
			compare(t, "goredis.txt", tr.transcript(), tr.has)
		})
	}
}

// The default options choose the protocol themselves and tell who they are.
func TestGoRedisDefaults(t *testing.T) {
	addr := start(t)
	c := redis.NewClient(&redis.Options{Addr: addr, ClientName: "me", DB: 3})
	defer c.Close()
	info, err := c.ClientInfo(ctx).Result()
	if err != nil {
		t.Fatal(err)
	}
	if info.Name != "me" || info.DB != 3 || info.Resp != 3 {
		t.Errorf("name %q, db %d, resp %d", info.Name, info.DB, info.Resp)
	}
	if !*record && !strings.HasPrefix(info.LibName, "go-redis") { // 7.0 does not keep it
		t.Errorf("library %q", info.LibName)
	}
}

func TestGoRedisPipeline(t *testing.T) {
	addr := start(t)
	c := redis.NewClient(&redis.Options{Addr: addr})
	defer c.Close()
	tr := &tracker{T: t, known: commandsOf(t, addr)}
	pipe := c.Pipeline()
	round(tr, pipe)
	_, _ = pipe.Exec(ctx) // errors are part of the transcript
	compare(t, "goredis.txt", tr.transcript(), tr.has)
}

func TestGoRedisTransaction(t *testing.T) {
	addr := start(t)
	known := commandsOf(t, addr)
	if !known["multi"] {
		t.Skip("the server has no transactions")
	}
	c := redis.NewClient(&redis.Options{Addr: addr})
	defer c.Close()
	n := 0
	increment := func(tx *redis.Tx) error {
		n++
		v, err := tx.Get(ctx, "counter").Int()
		if err != nil && !errors.Is(err, redis.Nil) {
			return err
		}
		if n == 1 { // somebody else is faster
			c.Set(ctx, "counter", 10, 0)
		}
		_, err = tx.TxPipelined(ctx, func(p redis.Pipeliner) error {
			p.Set(ctx, "counter", v+1, 0)
			return nil
		})
		return err
	}
	if err := c.Watch(ctx, increment, "counter"); !errors.Is(err, redis.TxFailedErr) {
		t.Fatalf("a watched key was changed: %v", err)
	}
	if err := c.Watch(ctx, increment, "counter"); err != nil {
		t.Fatal(err)
	}
	if v, _ := c.Get(ctx, "counter").Int(); v != 11 {
		t.Errorf("counter is %d", v)
	}
}

func TestGoRedisAuth(t *testing.T) {
	addr := start(t, "--requirepass", "secret")
	for password, want := range map[string]string{
		"secret": "", "wrong": "WRONGPASS", "": "NOAUTH",
	} {
		for _, protocol := range []int{3, 2} {
			c := redis.NewClient(&redis.Options{Addr: addr, Password: password, Protocol: protocol})
			err := c.Ping(ctx).Err()
			if (err == nil) != (want == "") || err != nil && !strings.HasPrefix(err.Error(), want) {
				t.Errorf("password %q, RESP%d: %v", password, protocol, err)
			}
			c.Close()
		}
	}
}

func TestGoRedisPubSub(t *testing.T) {
	addr := start(t)
	if !commandsOf(t, addr)["subscribe"] {
		t.Skip("the server has no publish/subscribe")
	}
	for _, protocol := range []int{3, 2} {
		t.Run(fmt.Sprintf("RESP%d", protocol), func(t *testing.T) { subscribe(t, addr, protocol) })
	}
}

func subscribe(t *testing.T, addr string, protocol int) {
	c := redis.NewClient(&redis.Options{Addr: addr, Protocol: protocol})
	defer c.Close()
	sub := c.Subscribe(ctx, "news")
	defer sub.Close()
	if err := sub.PSubscribe(ctx, "n*"); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the confirmations
		if _, err := sub.Receive(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if err := sub.Ping(ctx, "still there"); err != nil {
		t.Fatal(err)
	}
	if m, err := sub.Receive(ctx); err != nil || fmt.Sprint(m) != "Pong<still there>" {
		t.Errorf("ping answered %v, %v", m, err)
	}
	if n, err := c.Publish(ctx, "news", "hello").Result(); n != 2 || err != nil {
		t.Errorf("published to %d, %v", n, err)
	}
	for _, want := range []string{"", "n*"} {
		m, err := sub.ReceiveMessage(ctx)
		if err != nil || m.Channel != "news" || m.Payload != "hello" || m.Pattern != want {
			t.Errorf("got %v, %v", m, err)
		}
	}
}
