package coretest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/rdb"
)

// Values says of a type of values what CheckValues has to know. Commands are words
// separated by blanks, in which KEY stands for a key.
type Values struct {
	// Modules makes those of a server with the type, and with the commands about keys: for each
	// server its own.
	Modules func() []core.Module
	Type    string // what TYPE answers
	// Make makes values, each command one of another shape (one element, very many, the
	// largest numbers).
	Make []string
	// Change changes every value that Make makes, and so that it is still there.
	Change string
	// Read answers all that is in a value.
	Read string
	// Wait, if there is such a command, takes something out of a value, and waits for ever if there is no such key.
	Wait string
}

// CheckValues has values do all that values are to do: to be named, dumped, restored,
// copied, renamed, saved and loaded, written as commands and fed, with equal content and
// equal digests at the end; to stand still for a snapshot while they are changed; to count what they
// take, and to give it back; to be evicted; to be waited for; and to survive damaged payloads.
func CheckValues(t *testing.T, v Values) {
	for i, command := range v.Make {
		t.Run(fmt.Sprintf("value %d", i+1), func(t *testing.T) {
			feed := &Feed{}
			s := Serve(t, append(v.Modules(), feed))
			p := &values{Values: v, t: t, s: s, c: s.Client(), feed: feed, command: command}
			p.c.Do("DEBUG SET-ACTIVE-EXPIRE 0")
			p.empty = p.settled()
			for _, check := range []func(*values){
				(*values).named, (*values).dumped, (*values).copied, (*values).renamed, (*values).reloaded, (*values).rewritten,
				(*values).repeated, (*values).frozen, (*values).counted, (*values).evicted, (*values).waited, (*values).damaged,
			} {
				p.make("k")
				check(p)
				p.c.Must("FLUSHALL")
				feed.takeArgs()
				if left := p.settled() - p.empty; left != 0 {
					t.Fatalf("%d bytes are left in an empty server", left)
				}
			}
		})
	}
}

// footerLen is what ends a payload of DUMP.
const footerLen = len("vvcccccccc") // version and checksum

// values is a CheckValues of one command.
type values struct {
	Values
	t       *testing.T
	s       *Server
	c       *Client
	feed    *Feed
	command string
	empty   int64 // memory without data
}

// on is a command with a key in the place of KEY.
func (p *values) on(command, key string) string {
	return strings.ReplaceAll(command, "KEY", key)
}

func (p *values) make(key string)        { p.t.Helper(); p.c.Must("%s", p.on(p.command, key)) }
func (p *values) change(key string)      { p.t.Helper(); p.c.Must("%s", p.on(p.Change, key)) }
func (p *values) read(key string) string { p.t.Helper(); return p.c.Must("%s", p.on(p.Read, key)) }

// digest is the content of a value by its type's Digest.
func (p *values) digest(key string) string {
	p.t.Helper()
	return p.c.Must("DEBUG DIGEST-VALUE %s", key)
}

// same compares the value of a key with the content and the digest of another.
func (p *values) same(what, key, content, digest string) {
	p.t.Helper()
	if got := p.read(key); got != content {
		p.t.Errorf("%s holds %.200q and not %.200q", what, got, content)
	}
	if got := p.digest(key); got != digest {
		p.t.Errorf("the digest of what is %s is another", what)
	}
}

// independent makes sure that a change of one of two values is none of the other.
func (p *values) independent(what, key, other string) {
	p.t.Helper()
	content, digest, before := p.read(other), p.digest(other), p.digest(key)
	p.change(key)
	p.same(what+", and stays while the other is changed,", other, content, digest)
	if p.digest(key) == before {
		p.t.Errorf("%q changes nothing that a digest shows", p.Change)
	}
}

func (p *values) named() {
	if got := p.c.Do("TYPE k"); got != p.Type {
		p.t.Errorf("TYPE is %q", got)
	}
	p.c.Must("OBJECT ENCODING k")
	if got := p.c.Do("SCAN 0 COUNT 1000 TYPE %s", p.Type); got != "0 k" {
		p.t.Errorf("SCAN finds %q", got)
	}
	p.c.Must("SET text x")
	if got := p.c.Do("%s", p.on(p.Read, "text")); !strings.HasPrefix(got, "-WRONGTYPE") {
		p.t.Errorf("reading a string: %s", got)
	}
	if got := p.c.Do("%s", p.on(p.Change, "text")); !strings.HasPrefix(got, "-WRONGTYPE") {
		p.t.Errorf("changing a string: %s", got)
	}
}

func (p *values) dumped() {
	payload := p.c.Must("DUMP k")
	if got := p.c.Args("RESTORE", "again", "0", payload); got != "OK" {
		p.t.Fatalf("RESTORE: %s", got)
	}
	p.same("restored", "again", p.read("k"), p.digest("k"))
	p.independent("restored", "k", "again")
	var skip rdb.Skipper
	if body := payload[1 : len(payload)-footerLen]; skip.Begin(payload[0]) {
		if n, more, err := skip.Skip([]byte(body)); n != len(body) || more != 0 || err != nil {
			p.t.Errorf("who does not know the type passes over %d bytes of %d: %v", n, len(body), err)
		}
	}
}

func (p *values) copied() {
	if got := p.c.Do("COPY k twin"); got != "1" {
		p.t.Fatalf("COPY: %s", got)
	}
	p.same("copied", "twin", p.read("k"), p.digest("k"))
	p.independent("copied", "k", "twin")
	p.independent("copied from", "twin", "k")
}

// renamed moves a value from shard to shard and changes it in each.
func (p *values) renamed() {
	for i, from := 0, "k"; i < 10; i++ {
		content, digest, to := p.read(from), p.digest(from), fmt.Sprintf("moved:%d", i)
		p.c.Must("RENAME %s %s", from, to)
		p.same("renamed", to, content, digest)
		p.change(to)
		from = to
	}
}

func (p *values) reloaded() {
	p.c.Must("PEXPIREAT k 33177117420000")
	content, digest, all := p.read("k"), p.digest("k"), p.c.Must("DEBUG DIGEST")
	p.c.Must("DEBUG RELOAD")
	p.same("loaded", "k", content, digest)
	if p.c.Must("DEBUG DIGEST") != all {
		p.t.Error("the digest of all data is another after a reload")
	}
	p.change("k")
}

// rewritten makes the value of the commands that its type's Rewrite emits.
func (p *values) rewritten() {
	content, digest := p.read("k"), p.digest("k")
	var commands [][]string
	snapshot := p.s.Freeze()
	p.each(snapshot, func(t *core.ValueType, f keyspace.Frozen) {
		err := t.Rewrite(f.Key, f.Value, func(args ...[]byte) error {
			var words []string
			for _, a := range args {
				words = append(words, string(a))
			}
			commands = append(commands, words)
			return nil
		})
		if err != nil {
			p.t.Errorf("Rewrite: %v", err)
		}
	})
	snapshot.End()
	p.c.Must("DEL k")
	for _, words := range commands {
		if len(words) > longestRewrite {
			p.t.Errorf("a rewritten command has %d arguments", len(words))
		}
		if got := p.c.Args(words...); strings.HasPrefix(got, "-") {
			p.t.Fatalf("%.200q: %s", words, got)
		}
	}
	p.same("rewritten", "k", content, digest)
}

// longestRewrite bounds the arguments of a command that Rewrite emits.
const longestRewrite = 200

// each visits the values of the database 0 that a snapshot sees.
func (p *values) each(s *keyspace.Snapshot, fn func(t *core.ValueType, f keyspace.Frozen)) {
	for shard := range keyspace.Shards {
		s.Walk(0, shard, func(f keyspace.Frozen) bool {
			fn(p.s.Registry().TypeOf(f.Value), f)
			return true
		})
	}
}

// repeated has a second server do what logs and replicas are fed.
func (p *values) repeated() {
	p.change("k")
	replica := Serve(p.t, p.Modules()).Client()
	for _, words := range p.feed.takeArgs() {
		if got := replica.Args(words...); strings.HasPrefix(got, "-") {
			p.t.Errorf("fed %.200q: %s", words, got)
		}
	}
	if want, got := p.read("k"), replica.Must("%s", p.on(p.Read, "k")); got != want {
		p.t.Errorf("a replica holds %.200q, not %.200q", got, want)
	}
}

// frozen changes a value under snapshots, each of which has to see what it saw at first.
func (p *values) frozen() {
	type view struct {
		*keyspace.Snapshot
		saw string
	}
	var views []view
	for range 3 {
		s := p.s.Freeze()
		views = append(views, view{s, p.seen(s)})
		p.change("k")
	}
	digest := p.digest("k")
	for i, v := range views {
		if p.seen(v.Snapshot) != v.saw {
			p.t.Errorf("snapshot %d has moved", i)
		}
	}
	views[1].End()
	p.change("k")
	if p.seen(views[0].Snapshot) != views[0].saw || p.seen(views[2].Snapshot) != views[2].saw {
		p.t.Error("a snapshot has moved after another has ended")
	}
	p.c.Must("DEL k")
	p.settled()
	if p.seen(views[2].Snapshot) != views[2].saw {
		p.t.Error("a snapshot has moved when the key was deleted")
	}
	views[0].End()
	views[2].End()
	p.make("k")
	for range 3 {
		p.change("k")
	}
	if p.digest("k") != digest {
		p.t.Error("what was changed under snapshots is not what it is without")
	}
}

// seen is the content of what a snapshot sees, by the type's Digest.
func (p *values) seen(s *keyspace.Snapshot) string {
	var d content
	p.each(s, func(t *core.ValueType, f keyspace.Frozen) { t.Digest(f.Value, &d) })
	slices.Sort(d.set)
	return fmt.Sprintf("%q %q", d.ordered, d.set)
}

// content is a core.Digester that keeps all.
type content struct{ ordered, set []string }

func (d *content) Mix(elements ...[]byte) { d.ordered = append(d.ordered, fmt.Sprintf("%q", elements)) }
func (d *content) Xor(parts ...[]byte)    { d.set = append(d.set, fmt.Sprintf("%q", parts)) }

// counted compares what a key is said to take with what the server is said to take more
// than with a string there.
func (p *values) counted() {
	usage := func() (n int64) {
		p.t.Helper()
		if _, err := fmt.Sscan(p.c.Must("MEMORY USAGE k"), &n); err != nil || n <= 0 {
			p.t.Errorf("MEMORY USAGE is %d, %v", n, err)
		}
		return n
	}
	p.c.Must("SET k x")
	used, small := p.settled(), usage()
	p.c.Must("DEL k")
	p.make("k")
	if used, usage := p.settled()-used, usage()-small; used < usage*9/10 {
		p.t.Errorf("MEMORY USAGE is %d more than that of a string, and the data of the server take %d more", usage, used)
	}
}

// evicted makes more values than there is room for: all that they take has to count.
func (p *values) evicted() {
	var usage int64
	if _, err := fmt.Sscan(p.c.Must("MEMORY USAGE k"), &usage); err != nil {
		p.t.Fatal(err)
	}
	room := max(20*usage, 256<<10)
	limit := p.c.InfoInt("used_memory") + room
	p.c.Must("CONFIG SET maxmemory-policy allkeys-random maxmemory %d", limit)
	for i := range 2 * room / usage {
		p.make(fmt.Sprint("k:", i))
	}
	if used := p.c.InfoInt("used_memory"); used > limit+2*usage+64<<10 || p.c.InfoInt("evicted_keys") == 0 {
		p.t.Errorf("%d bytes of %d are used, and %d keys were evicted", used, limit, p.c.InfoInt("evicted_keys"))
	}
	p.c.Must("CONFIG SET maxmemory 0")
}

// waited has clients wait for a value: what is no such value goes by, who came first is served first, nobody
// waits in a transaction, and what is fed does not wait.
func (p *values) waited() {
	if p.Wait == "" {
		return
	}
	wait := p.on(p.Wait, "k")
	p.c.Must("SET k text")
	if got := p.c.Do("%s", wait); !strings.HasPrefix(got, "-WRONGTYPE") {
		p.t.Errorf("waiting for a string: %s", got)
	}
	p.c.Must("DEL k")
	p.c.Must("MULTI")
	p.c.Must("%s", wait)
	p.c.Want("EXEC", "(nil)")
	waiting := []*Client{p.s.Client(), p.s.Client()}
	for i, c := range waiting {
		c.Send("%s", wait)
		p.c.AwaitInfo("blocked_clients", fmt.Sprint(i+1))
	}
	p.c.Must("SET k text")
	p.c.Must("DEL k")
	p.c.WantInfo("blocked_clients", "2")
	p.feed.takeArgs()
	for i, c := range waiting {
		if i == 0 || p.c.Do("EXISTS k") == "0" { // the first may have taken all
			p.make("k")
		}
		if got := c.Reply(); got == "(closed)" || strings.HasPrefix(got, "-") {
			p.t.Errorf("the waiting client %d gets %q", i+1, got)
		}
	}
	replica := Serve(p.t, p.Modules()).Client()
	for _, words := range p.feed.takeArgs() {
		if strings.EqualFold(words[0], Words(p.Wait)[0]) {
			p.t.Fatalf("fed is %.200q, which may wait", words)
		}
		replica.Args(words...)
	}
	if want, got := p.c.Do("%s", p.on(p.Read, "k")), replica.Do("%s", p.on(p.Read, "k")); got != want {
		p.t.Errorf("after clients were served a replica holds %.200q, not %.200q", got, want)
	}
}

// damaged restores payloads with a byte changed or bytes missing: whatever comes of
// them, the server lives, and what it has made of them can be read, saved and deleted.
func (p *values) damaged() {
	payload := p.c.Must("DUMP k")
	p.c.Must("DEBUG SET-SKIP-CHECKSUM-VALIDATION 1")
	defer p.c.Must("DEBUG SET-SKIP-CHECKSUM-VALIDATION 0")
	p.c.Must("DEL k")
	body, footer := payload[:len(payload)-footerLen], payload[len(payload)-footerLen:]
	try := func(body string) {
		if p.c.Args("RESTORE", "k", "0", body+footer, "REPLACE") == "OK" {
			p.c.Do("%s", p.on(p.Read, "k"))
			p.c.Do("DUMP k")
			p.c.Must("DEL k")
		}
	}
	// A long payload is tried at so many places.
	step := max(len(body)/150, 1)
	for at := 1; at < len(body); at += step {
		for _, mask := range []byte{0xff, 1, 0x80} {
			b := []byte(body)
			b[at] ^= mask
			try(string(b))
		}
		try(body[:at])
	}
	if got := p.c.Do("PING"); got != "PONG" {
		p.t.Fatalf("after damaged payloads the server answers %s", got)
	}
}

// settled frees what waits to be freed, and returns the bytes of all data.
func (p *values) settled() int64 {
	ks := p.s.Keyspace()
	for sh := range keyspace.Shards {
		for ks.Sweep(sh, 0, 100_000, false) {
		}
	}
	return p.s.UsedMemory()
}
