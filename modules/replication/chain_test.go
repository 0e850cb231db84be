package replication_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/coretest"
	"github.com/ferrousdb/ferrous/core/dump"
)

// dumpAt is a dump with one key, of a master that was at a place of its history.
func dumpAt(t *testing.T, at core.Position) string { return dumpWith(t, dump.PositionAux(at)) }

// plainMaster is a master that answers PSYNC with a full sync, and when it is told to says a
// piece of its stream; or it goes on with another one. If it is to be lost in the
// midst, only half of its dumps comes.
func plainMaster(t *testing.T, at core.Position, half bool, text string, say <-chan struct{}) (port string) {
	data := dumpAt(t, at)
	return scripted(t, func(_ int, c net.Conn, r *bufio.Reader) {
		for {
			words, err := heard(r)
			switch {
			case err != nil:
				return
			case words[0] == "PING":
				_, _ = io.WriteString(c, "+PONG\r\n")
			case words[0] == "PSYNC" && words[1] == at.ID:
				_, _ = io.WriteString(c, "+CONTINUE\r\n"+text)
			case words[0] == "PSYNC" && half:
				fmt.Fprintf(c, "+FULLRESYNC %s %d\r\n$%d\r\n%s", at.ID, at.Offset, len(data), data[:len(data)/2])
				return
			case words[0] == "PSYNC":
				fmt.Fprintf(c, "+FULLRESYNC %s %d\r\n$%d\r\n%s", at.ID, at.Offset, len(data), data)
				go func() { // beside the acknowledgements
					<-say
					_, _ = io.WriteString(c, text)
				}()
			case words[0] == "REPLCONF" && words[1] != "ACK":
				_, _ = io.WriteString(c, "+OK\r\n")
			}
		}
	})
}

// TestSelectedDB: a master that is a replica itself passes on what its own master has sent, which
// has selected a database long ago. Who begins in the midst is told which one, by the dump: not
// only the first, but also who has it from there before anything else has come, and who starts again
// from the file.
func TestSelectedDB(t *testing.T) {
	at := core.Position{ID: strings.Repeat("a", 40), Offset: 100, DB: 2}
	say := make(chan struct{})
	port := plainMaster(t, at, false, request("INCR", "n"), say)
	dir := t.TempDir()
	first, firstPort := startTCP(t, dir, "--replicaof", "127.0.0.1 "+port)
	coretest.Eventually(t, "it is in sync", func() bool { return first.client().Info("master_link_status") == "up" })
	second, _ := startTCP(t, t.TempDir(), "--replicaof", "127.0.0.1 "+firstPort)
	coretest.Eventually(t, "so is the second one", func() bool { return second.client().Info("master_link_status") == "up" })
	first.client().want("SAVE", "OK")
	close(say)
	c := second.client()
	c.want("SELECT 2", "OK")
	coretest.Eventually(t, "what was written has come to the second one", func() bool { return c.do("GET n") == "1" })

	first.Stop()
	again := start(t, "--dir", dir, "--replicaof", "127.0.0.1 "+port)
	c = again.client()
	coretest.Eventually(t, "it goes on", func() bool { return c.Info("master_link_status") == "up" })
	c.want("SELECT 2", "OK")
	coretest.Eventually(t, "what was written has come to who started again", func() bool { return c.do("GET n") == "1" })
}

// TestPromotedInTheMidst: a replica that becomes a master while the dump of its own has come in part has
// no data, and nothing of the history that it had. Its replicas do not go on with that.
func TestPromotedInTheMidst(t *testing.T) {
	for _, load := range []string{"disabled", "on-empty-db", "swapdb", "flush-before-load"} {
		t.Run(load, func(t *testing.T) {
			middle, port := startTCP(t, t.TempDir(), "--repl-diskless-load", load)
			last, _ := startTCP(t, t.TempDir(), "--replicaof", "127.0.0.1 "+port)
			m, l := middle.client(), last.client()
			m.fill("1")
			follows(t, l, m)
			if load == "on-empty-db" {
				m.do("FLUSHALL")
				follows(t, l, m)
			}
			at := core.Position{ID: strings.Repeat("a", 40), Offset: 100}
			m.want("REPLICAOF 127.0.0.1 "+plainMaster(t, at, true, "", nil), "OK")
			coretest.Eventually(t, "the dump has come in part", func() bool {
				return strings.Contains(middle.Log.String(), "MASTER <-> REPLICA sync: receiving") && m.Info("master_sync_in_progress") == "0"
			})
			coretest.Eventually(t, "it is a master again", func() bool { return strings.HasPrefix(m.do("REPLICAOF NO ONE"), "OK") })
			m.want("SET after 1", "OK")
			follows(t, l, m)
		})
	}
}
