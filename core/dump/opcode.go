package dump

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/rdb"
)

// opcode does what an element asks for that is not a key. Load's stream has made
// sure that the numbers and strings are there.
func (l *loader) opcode(e element) error {
	r := &l.inline.value
	r.Reset(l.buf[e.value:e.end], l.base+int64(e.value))
	switch e.op {
	case rdb.OpSelectDB:
		return l.selectDB(r.Len())
	case rdb.OpResizeDB:
		l.reserve(r.Len())
	case rdb.OpExpireMillis:
		l.ahead.expire = expiry(r.Millis())
	case rdb.OpExpireSeconds:
		l.ahead.expire = expiry(r.Seconds() * 1000)
	case rdb.OpIdle:
		l.ahead.idle = int64(min(r.Len(), maxIdle))
	case rdb.OpFreq:
		l.ahead.freq = int16(r.Byte())
	case rdb.OpAux:
		name, value := r.String(), r.String()
		if r.Err() == nil {
			l.aux(string(name), string(value))
		}
	case rdb.OpFunction2:
		text := r.String()
		if r.Err() != nil {
			break
		}
		load := func(text []byte) error { return l.reg.Functions.Load(text, l.o.Replace) }
		if l.o.Library != nil {
			load = l.o.Library
		}
		if err := load(text); err != nil {
			return fmt.Errorf("Failed loading library, %w", err)
		}
	case rdb.OpModuleAux:
		if id := r.Len(); r.Err() == nil {
			return errModuleAux(id)
		}
	}
	return r.Err()
}

// errModuleAux is the error for what a module has saved beside its values: modules of
// this server save nothing of the kind, and to leave it out would lose it.
func errModuleAux(id uint64) error {
	return fmt.Errorf("The RDB file contains AUX module data I can't load: no matching module '%s'", rdb.ModuleName(id))
}

// maxIdle bounds what is believed of an idle time, in seconds.
const maxIdle = 1 << 40

// expiry is an item's expiry from that of a dump, where -1 is none. There is none
// at or before 0, but keys may be kept whose time is long past.
func expiry(ms int64) int64 {
	if ms == -1 {
		return 0
	}
	return max(ms, 1)
}

func (l *loader) selectDB(n uint64) error {
	if n >= uint64(l.ks.Databases()) {
		return fmt.Errorf("Data file was created with a Redis server configured to handle more than %d databases",
			l.ks.Databases())
	}
	l.ahead.db = int32(n)
	return nil
}

// smallestKey is the least that a key takes in a dump: type, empty key, value.
const smallestKey = 3

// reserve takes note of how many keys a database is going to have, as far as the
// rest of the dump can hold them.
func (l *loader) reserve(keys uint64) {
	if l.size >= 0 {
		keys = min(keys, uint64(max(l.size-l.offset(), 0))/smallestKey)
		l.expected[l.ahead.db].Store(int64(keys))
	}
}

// aux takes an auxiliary field in, and tells of it what Redis tells.
func (l *loader) aux(name, value string) {
	l.res.Aux[name] = value
	if name == "repl-id" && l.o.KeepAtPosition && l.blocks == 0 { // no worker looks yet
		l.o.KeepExpired = true
	}
	number, _ := strconv.ParseInt(value, 10, 64)
	log := l.o.Log
	switch {
	case strings.HasPrefix(name, "%"):
		log.Info(fmt.Sprintf("RDB '%s': %s", name, value))
	case name == "redis-ver":
		log.Info("Loading RDB produced by version " + value)
	case name == "ctime":
		log.Info(fmt.Sprintf("RDB age %d seconds", max(l.o.Now/1000-number, 0)))
	case name == "used-mem":
		if l.o.Progress != nil {
			l.o.Progress.Guess.Store(number)
		}
		log.Info(fmt.Sprintf("RDB memory usage when created %.2f Mb", float64(number)/(1<<20)))
	case name == "aof-preamble" && number != 0:
		log.Info("RDB has an AOF tail")
	case name == "aof-base" && number != 0:
		log.Info("RDB is base AOF")
	case !quietAux[name]:
		log.Trace(fmt.Sprintf("Unrecognized RDB AUX field: '%s'", name))
	}
}

// quietAux are the other fields that are known: nothing is said of them.
var quietAux = map[string]bool{
	"redis-bits": true, "aof-preamble": true, "aof-base": true, "lua": true,
	"repl-stream-db": true, "repl-id": true, "repl-offset": true,
}

// done tells that the dump is in.
func (l *loader) done(stored uint64) {
	if l.o.Checksum && l.version >= 5 && stored == 0 {
		l.o.Log.Info("RDB file was saved with checksum disabled: no check performed.")
	}
	text := fmt.Sprintf("Done loading RDB, keys loaded: %d, keys expired: %d", l.res.Keys, l.res.Expired)
	if l.res.Empty > 0 {
		text += fmt.Sprintf(", empty keys skipped: %d", l.res.Empty)
	}
	l.o.Log.Info(text + ".")
}

// nameOf names the type of a value, of which b is what has come; the name is that
// which the type has in dumps if no module of the server knows it.
func nameOf(r *core.Table, op byte, b []byte) string {
	in := rdb.NewReader(b)
	if t, err := r.TypeIn(op, in); err == nil {
		return t.Name
	}
	if id := in.Len(); op == rdb.TypeModule2 && in.Err() == nil {
		return fmt.Sprintf("type '%s'", rdb.ModuleName(id))
	}
	return fmt.Sprintf("type %d", op)
}
