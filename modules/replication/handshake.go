package replication

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/ferrousdb/ferrous/core/wire"
)

// agreement is what a replica and its master have agreed upon: to go on where the
// replica is, under an id which may be new, or to begin anew with a dump, at a place
// in a history.
type agreement struct {
	full   bool
	id     string
	offset int64
}

// shakeHands introduces the server and asks for what it lacks.
func (l *link) shakeHands() (agreement, error) {
	if err := l.send(wire.AppendWords(nil, "PING")); err != nil {
		return agreement{}, err
	}
	pong, err := l.line()
	switch {
	case err != nil:
		return agreement{}, errors.New("Failed to read response from the server: " + err.Error())
	case strings.HasPrefix(pong, "+"), strings.HasPrefix(pong, "-NOAUTH"), strings.HasPrefix(pong, "-NOPERM"),
		strings.HasPrefix(pong, "-ERR operation not permitted"):
		l.m.up.log.Info("Master replied to PING, replication can continue...")
	default:
		return agreement{}, fmt.Errorf("Error reply to PING from master: '%s'", pong)
	}
	if err := l.introduce(); err != nil {
		return agreement{}, err
	}
	return l.ask()
}

// introduce tells the master who the server is. What an older master does not know of
// that, it can do without.
func (l *link) introduce() error {
	u := &l.m.up
	var b []byte
	var asked []string
	say := func(what string, words ...string) {
		b, asked = wire.AppendWords(b, words...), append(asked, what)
	}
	if auth := u.auth.Load(); auth != "" {
		words := []string{"AUTH", auth}
		if user := u.user.Load(); user != "" {
			words = []string{"AUTH", user, auth}
		}
		say("", words...)
	}
	say("listening-port", "REPLCONF", "listening-port", strconv.FormatInt(u.listens(), 10))
	if ip := u.announceIP.Load(); ip != "" {
		say("ip-address", "REPLCONF", "ip-address", ip)
	}
	say("capa", "REPLCONF", "capa", "eof", "capa", "psync2", "capa", "rdb12")
	if err := l.send(b); err != nil {
		return err
	}
	for _, what := range asked {
		reply, err := l.line()
		switch {
		case err != nil:
			return errors.New("Failed to read response from the server: " + err.Error())
		case !strings.HasPrefix(reply, "-"):
		case what == "":
			return errors.New("Unable to AUTH to MASTER: " + reply)
		default:
			u.log.Info("(Non critical) Master does not understand REPLCONF " + what + ": " + reply)
		}
	}
	return nil
}

// listens returns the port that the server says it can be reached by.
func (p *replicaParams) listens() int64 {
	if n := p.announcePort.Load(); n != 0 {
		return n
	}
	if p.secure.Load() && p.tlsPort != nil && p.tlsPort.Load() != 0 {
		return p.tlsPort.Load()
	}
	return p.port.Load()
}

// ask asks for what the server lacks: by PSYNC, or by SYNC if that is not known.
func (l *link) ask() (agreement, error) {
	log := l.m.up.log
	id, offset := "?", int64(-1)
	l.m.up.mu.Lock()
	known := l.m.up.known
	l.m.up.mu.Unlock()
	if known {
		h := l.m.history()
		id, offset = h.id, h.offset+1
		log.Info(fmt.Sprintf("Trying a partial resynchronization (request %s:%d).", id, offset))
	} else {
		log.Info("Partial resynchronization not possible (no cached master)")
	}
	words := []string{"PSYNC", id, strconv.FormatInt(offset, 10)}
	failover := l.failover
	if failover {
		words = append(words, "FAILOVER")
	}
	if err := l.send(wire.AppendWords(nil, words...)); err != nil {
		return agreement{}, err
	}
	reply, err := l.line()
	if err != nil {
		return agreement{}, errors.New("Failed to read response from the server: " + err.Error())
	}
	if failover {
		l.failover = false
		ok := strings.HasPrefix(reply, "+CONTINUE") || strings.HasPrefix(reply, "+FULLRESYNC")
		if l.m.failoverAnswered(ok); !ok {
			return agreement{}, errors.New("Failover target rejected psync request: " + reply)
		}
	}
	fields := strings.Fields(reply)
	switch {
	case strings.HasPrefix(reply, "+FULLRESYNC"):
		if len(fields) == 3 && len(fields[1]) == len(noID) {
			if at, err := strconv.ParseInt(fields[2], 10, 64); err == nil {
				log.Info("Full resync from master: " + fields[1] + ":" + fields[2])
				return agreement{full: true, id: fields[1], offset: at}, nil
			}
		}
		return agreement{}, errors.New("Master replied with wrong +FULLRESYNC syntax.")
	case strings.HasPrefix(reply, "+CONTINUE"):
		log.Info("Successful partial resynchronization with master.")
		if len(fields) > 1 && len(fields[1]) == len(noID) {
			id = fields[1]
		}
		return agreement{id: id}, nil
	case strings.HasPrefix(reply, "-NOMASTERLINK"), strings.HasPrefix(reply, "-LOADING"):
		return agreement{}, errors.New("Master is currently unable to PSYNC but should be in the future: " + reply)
	case strings.HasPrefix(reply, "-ERR"):
		log.Info("Master does not support PSYNC or is in error state (reply: " + reply + ")")
	default:
		log.Warn("Unexpected reply to PSYNC from master: " + reply)
	}
	log.Info("Retrying with SYNC...")
	l.old = true
	return agreement{full: true, id: newID()}, l.send([]byte("SYNC\r\n"))
}

// line reads a line, without its end: of 16 KiB at most, which is the size of the
// reader's buffer. Empty ones are signs of life.
func (l *link) line() (string, error) {
	for {
		b, err := l.in.ReadSlice('\n')
		if err != nil {
			return "", err
		}
		l.hear()
		if s := strings.TrimRight(string(b), "\r\n"); s != "" {
			return s, nil
		}
	}
}
