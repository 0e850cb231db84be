package server

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/rdb"
)

var errNoDebug = core.Err(`DEBUG command not allowed. If the enable-debug-command option is set to "local", you can run it from a local connection, otherwise you need to set this option in the configuration file, and then restart the server.`)

// debug is DEBUG; it runs with everything stopped.
func debug(c *core.Ctx) error {
	if !allowed(c, "enable-debug-command") {
		return errNoDebug
	}
	r := c.Server.Registry()
	if c.Is(1, "HELP") && len(c.Args) == 2 {
		var entries []core.HelpEntry
		for _, d := range r.DebugCommands() {
			entries = append(entries, core.HelpEntry{Usage: strings.TrimSpace(d.Name + " " + d.Args), Text: d.Help})
		}
		core.WriteHelp(c, "debug", entries)
		return nil
	}
	d := r.DebugCommand(string(c.Args[1]))
	if n := len(c.Args); d == nil || n != d.Arity && (d.Arity > 0 || n < -d.Arity) {
		return core.ErrSubcommand("debug", c.Args[1])
	}
	return d.Run(c)
}

// debugRewriteAll is DEBUG CONFIG-REWRITE-FORCE-ALL.
func debugRewriteAll(c *core.Ctx) error {
	if err := c.Server.RewriteConfig(true); err != nil {
		return core.Err("CONFIG-REWRITE-FORCE-ALL failed: " + err.Error())
	}
	c.OK()
	return nil
}

// debugCommands are the subcommands that belong to no other module.
func (m *module) debugCommands() []core.DebugCommand {
	return []core.DebugCommand{
		{Name: "CONFIG-REWRITE-FORCE-ALL", Arity: 2, Run: debugRewriteAll,
			Help: "Does what CONFIG REWRITE does, and writes every parameter, those too that have their defaults."},
		{Name: "DIGEST", Arity: 2, Run: debugDigest,
			Help: "Answers a digest of all data, equal on servers that hold the same."},
		{Name: "DIGEST-VALUE", Args: "[<key> ...]", Arity: -2, Run: debugDigestValue,
			Help: "Answers the digests of the values of the keys, zeros for those that do not exist."},
		{Name: "ERROR", Args: "<string>", Arity: 3, Run: debugError,
			Help: "Replies with <string> as an error, for tests of clients."},
		{Name: "LOG", Args: "<message>", Arity: 3, Run: debugLog,
			Help: "Writes <message> to the server's log."},
		{Name: "OBJECT", Args: "<key>", Arity: -3, Run: m.debugObject,
			Help: "Describes the value of <key>."},
		{Name: "PANIC", Arity: 2, Run: debugPanic,
			Help: "Ends the server as a bug would."},
		{Name: "POPULATE", Args: "<count> [<prefix>] [<size>]", Arity: -3, Run: debugPopulate,
			Help: "Creates <count> strings with the keys <prefix>:<number>, where there are none;\n<prefix> is \"key\" by default. Neither the log nor replicas learn of it."},
		{Name: "PROTOCOL", Args: "<type>", Arity: 3, Run: debugProtocol,
			Help: "Replies with a value of the given type: string, integer, double, bignum,\nnull, array, set, map, attrib, push, verbatim, true or false."},
		{Name: "SET-ACTIVE-EXPIRE", Args: "<0|1>", Arity: 3, Run: debugActiveExpire,
			Help: "Stops (0) or resumes (1) the deletion of expired keys that nobody asks for."},
		{Name: "SLEEP", Args: "<seconds>", Arity: 3, Run: debugSleep,
			Help: "Stops the whole server for so many seconds; fractions are allowed."},
	}
}

func debugError(c *core.Ctx) error {
	c.Error(string(c.Args[2]))
	return nil
}

func debugLog(c *core.Ctx) error {
	c.Server.Log().Warn("DEBUG LOG: " + string(c.Args[2]))
	c.OK()
	return nil
}

func debugPanic(*core.Ctx) error { panic("DEBUG PANIC") }

// debugSleep is the one handler that may sleep: to stop the server is what it
// is asked for.
func debugSleep(c *core.Ctx) error {
	seconds, _ := strconv.ParseFloat(string(c.Args[2]), 64) // as in Redis, nonsense is zero
	time.Sleep(time.Duration(seconds * float64(time.Second)))
	c.OK()
	return nil
}

func debugActiveExpire(c *core.Ctx) error {
	c.Server.ActiveExpire(string(c.Args[2]) != "0")
	c.OK()
	return nil
}

func debugPopulate(c *core.Ctx) error {
	count, err := c.ArgInt(2)
	prefix, size := "key", int64(0)
	if len(c.Args) > 3 {
		prefix = string(c.Args[3])
	}
	if len(c.Args) > 4 && err == nil {
		size, err = c.ArgInt(4)
	}
	if len(c.Args) > 5 {
		return core.ErrSyntax
	}
	if err != nil || count < 0 || size < 0 {
		return core.ErrNotPositive
	}
	var key, value []byte
	for i := range count {
		key = strconv.AppendInt(append(append(key[:0], prefix...), ':'), i, 10)
		if c.DB.Find(key, c.Now, 0).OK() {
			continue
		}
		value = strconv.AppendInt(append(value[:0], "value:"...), i, 10)
		if size > 0 {
			value = append(value, make([]byte, max(int(size)-len(value), 0))...)[:size]
		}
		c.SetString(key, value, 0)
		c.Event(core.EventString, "", key)
	}
	c.OK()
	return nil
}

// debugObject describes the value of a key. Sizes and encodings come from the
// type's own row.
func (m *module) debugObject(c *core.Ctx) error {
	e := c.DB.Find(c.Args[2], c.Now, keyspace.KeepExpired)
	if !e.OK() {
		return core.ErrNoSuchKey
	}
	v := e.Value()
	t := c.Server.Registry().TypeOf(v)
	if t == nil {
		return errors.New("no module knows the type of this value")
	}
	saved := 0
	w := rdb.Writer{Compress: m.dumps.Compress()}
	w.Spill = func(buf, more []byte) []byte {
		saved += len(buf) + len(more)
		return buf[:0]
	}
	t.Save(&w, v)
	saved += len(w.Buf) - len("t") // the type does not count
	idle := int64(0)
	if c.DB.Keyspace().ClockMode() == keyspace.LRU {
		idle = e.Idle(c.Now) / 1000
	}
	c.Status(fmt.Sprintf("Value at:%p refcount:1 encoding:%s serializedlength:%d lru:%d lru_seconds_idle:%d",
		e.Data(), t.Encoding(v), saved, (c.Now/1000-idle)&(1<<24-1), idle))
	return nil
}
