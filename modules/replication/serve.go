package replication

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/decimal"
	"github.com/ferrousdb/ferrous/core/rdb"
)

// The master's side of the handshake: REPLCONF, PSYNC and SYNC.

// replconf is REPLCONF name value [name value ...], by which a replica tells what it is
// and, later, how far it is. Of the latter no reply is sent.
func (m *module) replconf(c *core.Ctx) error {
	if len(c.Args)%2 == 0 {
		return core.ErrSyntax
	}
	for i := 1; i < len(c.Args); i += 2 {
		done, err := m.told1(c, strings.ToLower(string(c.Args[i])), i+1)
		if done || err != nil {
			return err
		}
	}
	c.OK()
	return nil
}

// told1 takes one thing that a replica tells. done means that there is no reply.
func (m *module) told1(c *core.Ctx, name string, value int) (done bool, err error) {
	p := m.meet(c.Session)
	text := string(c.Args[value])
	switch name {
	case "listening-port":
		n, err := c.ArgInt(value)
		p.port = int(n)
		return false, err
	case "ip-address":
		if len(text) >= 256 {
			return false, core.Err("REPLCONF ip-address provided by replica instance is too long: " + strconv.Itoa(len(text)) + " bytes")
		}
		p.ip = text
	case "capa":
		p.eof = p.eof || strings.EqualFold(text, "eof")
		p.psync2 = p.psync2 || strings.EqualFold(text, "psync2")
		if strings.EqualFold(text, capaRDB12) {
			p.version = rdb.VersionMemberExpiry
		}
	case "rdb-only":
		n, err := c.ArgInt(value)
		p.rdbOnly = n != 0
		return false, err
	case "rdb-filter-only":
		p.filter, err = parseFilter(text)
		return false, err
	case "version": // of a Valkey
		p.version = max(p.version, rdb.Version)
	case "ack":
		m.acked(c, p, value)
		return true, nil
	case "getack":
		if c.Session.Conn != nil && c.Session.Conn.Info().Type == core.ClientMaster { // only the own master may ask
			m.replconfFromMaster()
		}
		return true, nil
	default:
		return false, core.Err("Unrecognized REPLCONF option: " + core.Shown(c.Args[value-1]))
	}
	return false, nil
}

// capaRDB12 is what a ferrous says that reads dumps of every version up to 12; Redis does not say
// what it reads.
const capaRDB12 = "rdb12"

// filter is what a dump is to hold, of a client that does not want all.
type filter uint8

const (
	wantKeys filter = 1 << iota
	wantFunctions
	filtered // it has said what it wants, which may be nothing
)

func (f filter) keys() bool      { return f&filtered == 0 || f&wantKeys != 0 }
func (f filter) functions() bool { return f&filtered == 0 || f&wantFunctions != 0 }

// parseFilter reads the names of what a dump is to hold; there is one yet.
func parseFilter(text string) (filter, error) {
	f := filtered
	for _, word := range strings.Fields(text) {
		switch strings.ToLower(word) {
		case "functions":
			f |= wantFunctions
		default:
			return 0, core.Err("Unsupported rdb-filter-only option: " + word)
		}
	}
	return f, nil
}

// psync is PSYNC replicationid offset.
func (m *module) psync(c *core.Ctx) error {
	p := m.meet(c.Session)
	if p.phase != greeting { // it is one already, and has its reply
		return nil
	}
	failover := len(c.Args) > 3 && c.Is(3, "failover")
	if err := m.mayServe(c, p, string(c.Args[1]), failover); err != nil {
		return err
	}
	offset, ok := decimal.Parse(c.Args[2])
	if !ok {
		m.srv.Log().Warn("Replica " + p.name() + " asks for synchronization but with a wrong offset")
		return core.ErrNotInteger
	}
	id := string(c.Args[1])
	if m.resume(c, p, id, offset-1) {
		m.figures.partial++
		return nil
	}
	if id != "?" {
		m.figures.refused++
	}
	m.fullSync(c, p)
	return nil
}

// sync is SYNC, of replicas older than 2.8 and of tools.
func (m *module) sync(c *core.Ctx) error {
	p := m.meet(c.Session)
	if p.phase != greeting {
		return nil
	}
	if err := m.mayServe(c, p, "", false); err != nil {
		return err
	}
	p.old = true
	m.fullSync(c, p)
	return nil
}

// mayServe returns why a replica cannot be served now.
func (m *module) mayServe(c *core.Ctx, p *peer, id string, failover bool) error {
	switch {
	case m.failoverStep() != noFailover:
		return core.Error{Code: "NOMASTERLINK", Text: "Can't SYNC while failing over"}
	case m.isReplica() && !failover && !m.linked():
		return core.Error{Code: "NOMASTERLINK", Text: "Can't SYNC while not connected with my master"}
	case p.filter&filtered != 0 && !p.eof:
		return core.Err("Filtered replica requires EOF capability")
	case c.Mark() > 0 || c.Session.Conn.Info().OutputBytes > 0:
		return core.Err("SYNC and PSYNC are invalid with pending output")
	case failover:
		return m.takeOver(c, id)
	}
	return nil
}

// resume goes on where a replica has stopped, if it has the same history and the
// stream is kept from there. offset is how far the replica has come.
func (m *module) resume(c *core.Ctx, p *peer, id string, offset int64) bool {
	log := m.srv.Log()
	if id == "?" {
		log.Info("Full resync requested by replica " + p.name())
		return false
	}
	if !m.contains(id, offset) {
		h := m.history()
		if !strings.EqualFold(id, h.id) && !strings.EqualFold(id, h.id2) {
			log.Info("Partial resynchronization not accepted: Replication ID mismatch (Replica asked for '" + id +
				"', my replication IDs are '" + h.id + "' and '" + h.id2 + "')")
		} else {
			log.Info("Partial resynchronization not accepted: Requested offset for second ID was " +
				strconv.FormatInt(offset+1, 10) + ", but I can reply up to " + strconv.FormatInt(h.second, 10))
		}
		return false
	}
	if m.cannotRead(p, offset) {
		log.Info("Unable to partial resync with replica " + p.name() + ": " + unreadable)
		return false
	}
	cursor := m.stream.read(offset, p.ready)
	if cursor == nil {
		log.Info("Unable to partial resync with replica " + p.name() + " for lack of backlog (Replica request was: " +
			strconv.FormatInt(offset+1, 10) + ").")
		return false
	}
	log.Info("Partial resynchronization request from " + p.name() + " accepted. Sending " +
		strconv.FormatInt(m.stream.offset()-offset, 10) + " bytes of backlog starting from offset " + strconv.FormatInt(offset+1, 10) + ".")
	reply := "+CONTINUE\r\n"
	if p.psync2 {
		reply = "+CONTINUE " + m.history().id + "\r\n"
	}
	p.head, p.cursor = []byte(reply), cursor
	m.join(c, p, online)
	return true
}

// fullSync makes a replica wait for a dump.
func (m *module) fullSync(c *core.Ctx, p *peer) {
	m.figures.full++
	if !m.stream.opened() && !p.rdbOnly {
		m.renew()
		m.stream.open(m.stream.offset())
		m.tune()
	}
	m.join(c, p, waiting)
	m.schedule(c.Now)
}

// acked takes what a replica says of how far it is: REPLCONF ACK offset [FACK offset].
func (m *module) acked(c *core.Ctx, p *peer, value int) {
	offset, ok := decimal.Parse(c.Args[value])
	if !ok || p.phase == greeting {
		return
	}
	endAll(m.progress(c, p, offset, value+2))
}

// progress notes how far a replica is, and returns the ends of waits for that. The argument
// at is its FACK, if there is one.
func (m *module) progress(c *core.Ctx, p *peer, offset int64, at int) (ends []func()) {
	m.peersMu.Lock()
	defer m.peersMu.Unlock()
	p.ack = max(p.ack, offset)
	if at < len(c.Args) && c.Is(at-1, "fack") {
		if safe, ok := decimal.Parse(c.Args[at]); ok {
			p.fack = max(p.fack, safe)
		}
	}
	p.alive = c.Now
	if p.phase == online && p.mute {
		m.begun(p)
	}
	m.judge()
	m.advanceFailover(c.Now)
	return m.served()
}

// replicaOnly stands before the commands of a session that is a replica: what it says
// concerns the replication, and a reply to anything else would be read as a
// part of the stream.
type replicaOnly struct{ m *module }

// Command implements core.Interceptor.
func (r replicaOnly) Command(c *core.Ctx) (done bool, err error) {
	switch c.Cmd.Name {
	case "replconf", "psync", "sync":
		return false, nil
	}
	if c.Cmd.Flags&(core.ReadOnly|core.Write|core.MayReplicate) != 0 {
		r.Refused(c, core.Err("Replica can't interact with the keyspace"))
	} else {
		r.Refused(c, nil)
	}
	return true, nil
}

// Refused implements core.Interceptor.
func (r replicaOnly) Refused(c *core.Ctx, err error) {
	name := "an unknown command"
	if c.Cmd != nil {
		name = c.Cmd.FullName()
	}
	if err != nil {
		r.m.srv.Log().Warn(fmt.Sprintf("== CRITICAL == This master is sending an error to its replica: '%v' after processing the command '%s'", err, name))
	}
	r.m.srv.Log().Warn("Replica generated a reply to command '" + name + "', disconnecting it: " + c.Session.Addr)
	c.Session.Conn.Close(false, "a replica has sent a command that is answered")
}
