package lua

import (
	"errors"
	"strings"
	"sync/atomic"
	"time"

	vm "github.com/yuin/gopher-lua"

	"github.com/ferrousdb/ferrous/core/resp"
	"github.com/ferrousdb/ferrous/modules/scripting/lua/cjson"
	"github.com/ferrousdb/ferrous/modules/scripting/lua/pattern"
	"github.com/ferrousdb/ferrous/modules/scripting/lua/random"
)

// Host is the server as a script sees it.
type Host interface {
	// Call runs a command and returns its reply as it goes over the wire, in that
	// version of the protocol (2 or 3). The arguments die with the call; the reply
	// is read before the next call. Whatever stands against the command is an
	// error reply.
	Call(args [][]byte, proto int) (reply []byte)
	// Log writes to the server's log; the level is one of the Log constants.
	Log(level int, message string)
	// Replicate sets where the effects of what follows go, of the Repl constants.
	Replicate(where int)
	// Allowed asks whether the user may run a command; known is false if there is
	// no such command, or not with so many arguments.
	Allowed(args [][]byte) (allowed, known bool)
	// Poll is called again and again while a script runs, every few thousand
	// instructions. An error ends the script, which cannot catch it.
	Poll() error
}

// The levels of redis.log.
const (
	LogDebug = iota
	LogVerbose
	LogNotice
	LogWarning
)

// Where effects go.
const (
	ReplNone    = 0
	ReplAOF     = 1
	ReplReplica = 2
	ReplAll     = 3
)

// Limits are what a script may use. Zero means no limit.
type Limits struct {
	Instructions int64         // of the VM; library functions count by the work they do
	Memory       int64         // bytes by which the process's heap may grow meanwhile, about
	Time         time.Duration // from the beginning of the run
}

// What ends a script that is over its limits. No script can catch them.
var (
	ErrInstructions = errors.New("ERR script has executed too many instructions")
	ErrMemory       = errors.New("ERR script uses too much memory")
	ErrTime         = errors.New("ERR script has run for too long")
)

// Call is one run of a chunk.
type Call struct {
	Keys, Args [][]byte // copied
	Host       Host
	Limits     Limits
	Reply      *resp.Writer // where the result goes
}

// Error is how a script failed. Nothing has been written to Call.Reply then.
type Error struct {
	Text        string // begins with a code: "ERR user_script:1: ..."
	Source      string // where: "@user_script"; empty if not known
	Line        int
	IgnoreStats bool  // the command that failed has been counted already
	Limit       error // what ended the script, if it was not the script itself
}

func (e *Error) Error() string { return e.Text }

// Options are what an engine says of its server.
type Options struct {
	Version    string // "7.2.4"
	VersionNum int    // 0x00070204
}

// Engine runs scripts, one at a time. It is not safe for concurrent use, except for
// Interrupt.
type Engine struct {
	L          *vm.LState
	options    Options
	main       *thread
	globals    *vm.LTable
	keys, argv *vm.LTable
	protected  map[*vm.LTable]*vm.LTable // the contents of read-only tables, by what scripts see
	stringMeta *vm.LTable
	globalMeta *vm.LTable    // the metatable of globals, as scripts see it
	null       *vm.LUserData // cjson.null
	special    special

	call      *Call
	functions map[*vm.FunctionProto]*vm.LFunction
	args      [][]byte    // of redis.call, reused
	buffer    []byte      // of what encodes, reused
	stack     []vm.LValue // of replies that are being read, reused
	stock     stock
	long      bool             // there have been long texts, which parts of in the stock keep alive
	digits    []byte           // of numbers as arguments of redis.call, reused
	matcher   *pattern.Matcher // reused
	proto     int              // that redis.call speaks
	json      cjson.Config
	random    random.Source
	place     int // in a list of keys: where a for loop over one has come
	depth     int // of coroutines and calls from Go into Lua
	libraries libraries
	registrar Registrar // while a library is loaded

	meter
	interrupt atomic.Pointer[error]
}

// New returns an engine.
func New(o Options) *Engine {
	L := vm.NewState(vmOptions)
	e := &Engine{
		L: L, options: o,
		protected: map[*vm.LTable]*vm.LTable{},
		functions: map[*vm.FunctionProto]*vm.LFunction{},
		random:    random.New(),
		json:      cjson.Default(),
		digits:    make([]byte, 0, 256),
		null:      &vm.LUserData{Metatable: vm.LNil},
		special:   newSpecial(),
	}
	e.main = &thread{e: e, L: L}
	attach(L, e.main)
	L.G.MainThread, L.G.CurrentThread = L, L
	e.open()
	return e
}

// Interrupt ends the script that is running, with that error, which it cannot
// catch. Any goroutine may call it. Without a script it has no effect.
func (e *Engine) Interrupt(why error) { e.interrupt.Store(&why) }

// Run runs a chunk and writes its result to the call's Reply.
func (e *Engine) Run(c *Chunk, call *Call) *Error {
	e.begin(call)
	defer e.end(true)
	L := e.L
	fn := e.functions[c.proto]
	if fn == nil {
		if len(e.functions) >= maxFunctions {
			clear(e.functions)
		}
		fn = L.NewFunctionFromProto(c.proto)
		fn.Env = e.globals
		e.functions[c.proto] = fn
	}
	L.Push(fn)
	if t := e.main.pcall(L, 0, 1, nil); t != nil {
		return e.report(t)
	}
	return e.result(call.Reply)
}

// maxFunctions bounds the functions that are kept for chunks.
const maxFunctions = 1024

func (e *Engine) begin(call *Call) {
	e.call, e.proto = call, 2
	if e.interrupt.Load() != nil {
		e.interrupt.Store(nil)
	}
	e.stock.mark()
	e.meter.start(call.Limits)
	e.json = cjson.Default()
	e.keys = e.fill(e.keys, "KEYS", call.Keys)
	e.argv = e.fill(e.argv, "ARGV", call.Args)
}

// end leaves nothing of the script behind. dead says that nobody has kept a value of its.
func (e *Engine) end(dead bool) {
	e.call, e.depth = nil, 0
	switch {
	case e.long:
		e.stock, e.long = stock{}, false
	case dead:
		e.stock.takeBack()
	default:
		e.stock.giveAway()
	}
	e.main.bases = e.main.bases[:0]
	closeUpvalues(e.L, 0)
	e.L.SetTop(0)
}

// fill puts values into the table of that global. The table is the one of the last
// run, unless a script has made something else of it.
func (e *Engine) fill(t *vm.LTable, name string, values [][]byte) *vm.LTable {
	if t != nil {
		a := array(t)
		clear(*a)
		*a = (*a)[:0]
		if len(keys(t)) > 0 || t.Metatable != vm.LNil || cap(*a) > 1024 {
			t = nil
		}
	}
	if t == nil {
		t = e.L.CreateTable(len(values), 0)
		e.globals.RawSetString(name, t)
	}
	e.append(t, values)
	return t
}

// append appends strings to a table.
func (e *Engine) append(t *vm.LTable, values [][]byte) {
	for i, v := range values {
		setIndex(t, i+1, e.text(v))
	}
}

// text makes a value of a copy of b.
func (e *Engine) text(b []byte) vm.LValue {
	e.long = e.long || len(b) > maxBuffer
	return e.stock.text(b)
}

// maxBuffer is how long a buffer may be to be kept.
const maxBuffer = 64 << 10

// keep keeps a buffer for the next one who encodes.
func (e *Engine) keep(b []byte) {
	if cap(b) <= maxBuffer {
		e.buffer = b
	}
}

// report words what ended a script.
func (e *Engine) report(t *thrown) *Error {
	r := &Error{Source: t.source, Line: t.line, Limit: e.stopped}
	if e.stopped != nil {
		r.Text = e.stopped.Error()
		return r
	}
	if table, ok := t.value.(*vm.LTable); ok {
		r.Text = strings.Clone(text(getString(table, "err")))
		r.IgnoreStats = vm.LVAsBool(getString(table, "ignore_error_stats_update"))
		if s, ok := getString(table, "source").(vm.LString); ok && t.source == "" {
			r.Source = strings.Clone(string(s))
			n, _ := toNumber(getString(table, "line"))
			r.Line = int(n)
		}
		if r.Text == "" {
			r.Text = "ERR unknown error"
		}
		return r
	}
	r.Text = "ERR " + e.display(t.value)
	return r
}
