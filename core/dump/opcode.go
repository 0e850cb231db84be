package dump

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
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
		load := func(text []byte) error { return l.r.Functions.Load(text, l.o.Replace) }
		if l.o.Library != nil {
			load = l.o.Library
		}
		if err := load(text); err != nil {
			return fmt.Errorf("Failed loading library, %w", err)
		}
	case rdb.OpModuleAux:
		l.o.Log.Warn("The RDB file contains auxiliary data of a module that is not linked in, which are left out: '" +
			rdb.ModuleName(r.Len()) + "'")
	}
	return r.Err()
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

// nameOf names the type of a key.
func nameOf(user elements, op byte) string {
	if name := user.typeName(op); name != "" {
		return name
	}
	return fmt.Sprintf("type %d", op)
}

// typeName names the type that reads an RDB type byte, "" if there is none.
func typeName(r *core.Registry, op byte) string {
	if t := r.TypeByOpcode(op); t != nil {
		return t.Name
	}
	return ""
}

// errNoType is the error for a value that no module can read.
func errNoType(op byte, r *rdb.Reader) error {
	if op == rdb.TypeModule2 {
		return fmt.Errorf("The RDB file contains module data I can't load: no matching module type '%s'",
			rdb.ModuleName(r.Len()))
	}
	return fmt.Errorf("RDB type %d needs the module %q, which is not linked in", op, moduleOf(op))
}

// moduleOf names the module that reads an RDB type.
func moduleOf(op byte) string {
	switch op {
	case rdb.TypeString:
		return "strings"
	case rdb.TypeList, rdb.TypeListZiplist, rdb.TypeListQuicklist, rdb.TypeListQuicklist2:
		return "lists"
	case rdb.TypeSet, rdb.TypeSetIntset, rdb.TypeSetListpack:
		return "sets"
	case rdb.TypeZSet, rdb.TypeZSet2, rdb.TypeZSetZiplist, rdb.TypeZSetListpack:
		return "zsets"
	case rdb.TypeStreamListpacks, rdb.TypeStreamListpacks2, rdb.TypeStreamListpacks3:
		return "streams"
	}
	return "hashes" // all others whose layout is known
}

// foreign implements elements: it brings in a key with a value of a type that is
// not Redis's.
func (l *loader) foreign(e element, b []byte) (n int, err error) {
	w := l.inline
	w.names.Reset(l.buf[e.head+1:], 0)
	key := w.names.String()
	it := l.ahead
	it.op, it.hash = e.op, l.ks.Hash(key)
	shard := keyspace.ShardOf(it.hash)
	l.lock(shard)
	defer l.unlock(shard)
	w.value.Reset(b, l.base+int64(e.value))
	v, err := w.load(&it)
	switch {
	case errors.Is(err, rdb.ErrEmpty):
		w.skipEmpty(key)
	case err != nil:
		return 0, err
	default:
		err = w.add(&it, key, v)
	}
	w.tell()
	if err != nil {
		return 0, &Error{l.base + int64(e.head), l.what(e), err}
	}
	return w.value.Offset(), nil
}
