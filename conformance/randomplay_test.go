package conformance

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
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
	playRounds(t, *playSeed, []uint64{1, 2, 3, 4, 5, 6}, *playTime, func(seed uint64) { playCommands(t, nodes, table, seed) })
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
		commands := make([][]string, len(batch))
		for i := range batch {
			commands[i] = batch[i].args
		}
		for i, got := range exchange(t, seed, nodes, commands) {
			done = append(done, batch[i])
			if want, got := batch[i].told(got[0]), batch[i].told(got[1]); want != got {
				t.Errorf("seed %d: after %d commands, of which the last that have an argument in common with it were\n%s\n%q is answered, by redis-server and by ferrous,\n%s",
					seed, len(done), related(done, batch[i].args), batch[i].args, differing([2]string{want, got}))
				return
			}
		}
	}
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
