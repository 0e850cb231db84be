package conformance

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ferrousdb/ferrous/conformance/resp"
)

var (
	playTime = flag.Duration("play", 0, "how long TestRandomCommands goes on with rounds of seeds of its own")
	playSeed = flag.Uint64("play.seed", 0, "the only round of TestRandomCommands")
	playOnly = flag.String("play.only", "", "the groups of commands that TestRandomCommands plays, separated by commas")
)

// TestRandomCommands gives both servers the same random commands of the whole surface, made of what the oracle's COMMAND DOCS
// says that they take, with mistakes, and compares the replies and then all that there is. A failure names its seed.
func TestRandomCommands(t *testing.T) {
	redis, ferrous := bothBins(t)
	nodes := [2]*testNode{node(t, redis), node(t, ferrous)}
	table := playTable(t, nodes)
	if *playSeed != 0 {
		playCommands(t, nodes, table, *playSeed)
		return
	}
	for seed := range uint64(6) {
		playCommands(t, nodes, table, seed+1)
	}
	rounds := 0
	for end := time.Now().Add(*playTime); time.Now().Before(end); rounds++ {
		playCommands(t, nodes, table, rand.Uint64())
	}
	if rounds > 0 {
		t.Logf("%d rounds of %d commands", rounds, playSteps)
	}
}

// playSteps is how many commands a round has, playBatch how many are sent at once.
const (
	playSteps = 1500
	playBatch = 25
)

// playCommands is one round.
func playCommands(t *testing.T, nodes [2]*testNode, table []*playCommand, seed uint64) {
	t.Helper()
	p := &commandPlay{rng: rand.New(rand.NewPCG(seed, 0)), table: table}
	_, version := oracleBin()
	p.old = version.Before(subjectRelease)
	p.lex, p.sorts = p.chance(8), p.chance(3)
	p.kinds = p.focus()
	proto := p.one("2", "3")
	for _, n := range nodes {
		n.do("RESET")
		n.must("FLUSHALL")
		n.must("FUNCTION", "FLUSH")
		n.do("HELLO", proto)
	}
	var done []played
	for len(done) < playSteps {
		var batch []played
		for len(batch) < playBatch {
			batch = append(batch, p.commands()...)
		}
		batch = append(batch, p.inspection()...)
		answers := p.exchange(t, seed, nodes, batch)
		for i, got := range answers {
			done = append(done, batch[i])
			if want, got := batch[i].told(got[0]), batch[i].told(got[1]); want != got {
				t.Errorf("seed %d: after %d commands, of which the last that have an argument in common with it were\n%s\n%q is answered, by redis-server and by ferrous,\n%s",
					seed, len(done), related(done, batch[i].args), batch[i].args, differing([2]string{want, got}))
				return
			}
		}
	}
}

// exchange sends both servers the same commands and returns their replies.
func (p *commandPlay) exchange(t *testing.T, seed uint64, nodes [2]*testNode, batch []played) [][2]resp.Value {
	t.Helper()
	replies := make([][2]resp.Value, len(batch))
	var b []byte
	for _, cmd := range batch {
		b = resp.AppendCommand(b, cmd.args)
	}
	for j, n := range nodes {
		if err := n.conn.SendRaw(b); err != nil {
			t.Fatal(err)
		}
		for i, cmd := range batch {
			v, err := n.conn.Read()
			if err != nil {
				t.Fatalf("seed %d: %q after %q: %v\n%s", seed, cmd.args, batch[max(0, i-1)].args, err, n.Log())
			}
			replies[i][j] = v
		}
	}
	return replies
}

// related returns the last commands that have a longer argument in common with one, from the second on.
func related(done []played, args []string) string {
	var list []string
	for _, d := range slices.Backward(done[:len(done)-1]) {
		if d.looks {
			continue
		}
		if slices.ContainsFunc(d.args[1:], func(a string) bool { return strings.Contains(a, ":") && slices.Contains(args, a) }) || d.args[0] == "SELECT" || len(args) == 2 && args[0] == "DEBUG" {
			if list = append(list, fmt.Sprintf("%.300q", d.args)); len(list) == 30 {
				break
			}
		}
	}
	slices.Reverse(list)
	return strings.Join(list, "\n")
}
