package scripting

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/resp"
	"github.com/ferrousdb/ferrous/modules/scripting/lua"
)

func millis(n int64) time.Duration { return time.Duration(n) * time.Millisecond }

// job is what a runner is about.
type job struct {
	name     string // the SHA1, or the function's name
	what     string // "script" or "function"
	flags    flags
	readOnly bool

	// What is run is one of these.
	chunk    *lua.Chunk
	function *lua.Function
}

// slow is a job that has taken so long that others were let go on meanwhile, as they
// see it.
type slow struct {
	job
	command [][]byte // copied
	begun   time.Time
	wrote   atomic.Bool // it has called a command that writes
	killed  atomic.Bool // it is to end
}

// runner runs the scripts of one executor of commands, one at a time.
type runner struct {
	job
	busy   sync.Mutex // of functions: held while one runs, or a library is loaded from a file
	m      *module
	engine *lua.Engine
	call   lua.Call
	c      *core.Ctx
	due    *atomic.Bool
	out    resp.Writer // for replies to the script
	wrote  bool
	slow   *slow // nil for a job that is not
}

// runner returns that of the call's executor.
func (m *module) runner(c *core.Ctx) *runner {
	r := m.runners[c.Loop]
	if r == nil {
		r = m.newRunner()
		m.runners[c.Loop] = r
		m.engines.Add(1)
	}
	return r
}

func (m *module) newRunner() *runner {
	v := m.server.Version().Redis
	return &runner{m: m, engine: lua.New(lua.Options{Version: v, VersionNum: versionNumber(v)})}
}

// versionNumber is a version as redis.REDIS_VERSION_NUM has it: 0x00MMmmpp.
func versionNumber(v string) (n int) {
	var major, minor, patch int
	_, _ = fmt.Sscanf(v, "%d.%d.%d", &major, &minor, &patch)
	return major<<16 | minor<<8 | patch
}

// execute does a job and writes its reply.
func (r *runner) execute(c *core.Ctx, j job, keys, args [][]byte) error {
	r.job, r.c, r.due, r.wrote = j, c, c.Overdue(), false
	c.Unbounded = j.flags&allowOOM != 0
	db, mark := c.DB, len(c.Buf)
	r.call = lua.Call{Keys: keys, Args: args, Host: r, Limits: r.m.limits(), Reply: c.Writer}
	err := r.run(&r.call)
	r.c, r.call = nil, lua.Call{}
	c.Unbounded, c.Committed = false, false
	if c.DB = db; c.Session != nil { // SELECT is the script's own
		c.Session.DB = db.Index()
	}
	if r.slow != nil {
		r.slow = nil
		r.m.current.Store(nil)
	}
	if err != nil {
		c.Buf = c.Buf[:mark]
		c.Counted = err.IgnoreStats
		c.Error(r.failure(err))
	}
	return nil
}

func (r *runner) run(call *lua.Call) *lua.Error {
	if r.function != nil {
		r.busy.Lock()
		defer r.busy.Unlock()
		return r.engine.CallFunction(r.function, call)
	}
	return r.engine.Run(r.chunk, call)
}

// failure is what a client is told of a script that has failed. Its code, if it has
// one, is the script's own.
func (r *runner) failure(err *lua.Error) string {
	if err.Source == "" {
		return err.Text
	}
	return err.Text + " script: " + r.name + ", on " + err.Source + ":" + strconv.Itoa(err.Line) + "."
}

// Call implements lua.Host: redis.call.
func (r *runner) Call(args [][]byte, proto int) []byte {
	c := r.c
	r.out.Buf, r.out.Proto = r.out.Buf[:0], proto
	cmd, err := r.admit(args)
	if err != nil {
		text := wire(err)
		c.Exec.CountRefused(cmd, text)
		r.out.Error(text)
		return r.out.Buf
	}
	own := c.Writer
	c.Writer = &r.out
	ran := c.Call(cmd, args, core.InScript)
	c.Writer = own
	if ran && cmd.Flags&core.Write != 0 {
		// From now on no state of the server is asked: a script is not stopped half-way.
		r.wrote, c.Unbounded, c.Committed = true, true, true
	}
	return r.out.Buf
}

func wire(err error) string {
	var e core.Error
	if errors.As(err, &e) {
		return e.Error()
	}
	return "ERR " + err.Error()
}

// admit finds a command that a script calls, which it returns beside an error, too, and asks whether scripts may: what any
// caller is asked comes behind it, in Ctx.Call.
func (r *runner) admit(args [][]byte) (*core.Command, error) {
	cmd, err := r.m.server.Registry().Lookup(args)
	switch {
	case cmd == nil:
		return nil, errUnknown
	case err != nil:
		return cmd, errArgs
	case cmd.Flags&core.NoScript != 0 && (!r.m.anything.Load() || cmd.Categories()&core.CatScripting != 0):
		return cmd, errNotAllowed // scripts within scripts never are
	case cmd.Flags&(core.Write|core.MayReplicate) != 0 && r.readOnly:
		// What any command is asked in the server's state comes before that in Redis.
		return cmd, cmp.Or(r.c.Refusal(cmd.Flags&core.Stale, core.InScript), errReadOnly)
	}
	return cmd, nil
}

var (
	errUnknown    = errors.New("Unknown Redis command called from script")
	errArgs       = errors.New("Wrong number of args calling Redis command from script")
	errNotAllowed = errors.New("This Redis command is not allowed from script")
)

// Log implements lua.Host: redis.log.
func (r *runner) Log(level int, message string) {
	switch level {
	case lua.LogDebug:
		r.m.log.Trace(message)
	case lua.LogVerbose:
		r.m.log.Debug(message)
	case lua.LogNotice:
		r.m.log.Info(message)
	default:
		r.m.log.Warn(message)
	}
}

// Replicate implements lua.Host: redis.set_repl.
func (r *runner) Replicate(where int) {
	var to core.FeedTarget
	if where&lua.ReplAOF != 0 {
		to |= core.FeedLog
	}
	if where&lua.ReplReplica != 0 {
		to |= core.FeedReplicas
	}
	r.c.FeedTo(to)
}

// Allowed implements lua.Host: redis.acl_check_cmd.
func (r *runner) Allowed(args [][]byte) (allowed, known bool) {
	cmd, err := r.m.server.Registry().Lookup(args)
	if err != nil {
		return false, false
	}
	return r.c.Session == nil || r.c.Session.Perms == nil || r.c.Session.Perms.Allows(cmd, args), true
}

// Poll implements lua.Host.
func (r *runner) Poll() error {
	if !r.due.Load() {
		return nil
	}
	s := r.slow
	if s == nil {
		s = &slow{job: r.job, begun: time.UnixMilli(r.c.Now)}
		for _, a := range r.c.Args {
			s.command = append(s.command, bytes.Clone(a))
		}
		r.slow = s
		r.m.current.Store(s)
		r.m.log.Warn("Slow script detected: still in execution after " + strconv.FormatInt(time.Since(s.begun).Milliseconds(), 10) + " milliseconds. You can try killing the script using the " +
			killer(r.what) + " command. Script name is: " + r.name + ".")
	}
	s.wrote.Store(r.wrote)
	if err := r.c.Yield(busy(r.what)); err != nil {
		return err
	}
	if s.killed.Load() {
		r.m.log.Info("Lua script killed by user with SCRIPT KILL.")
		return core.Err("Script killed by user with SCRIPT KILL...") // functions, too
	}
	return nil
}

func killer(what string) string {
	if what == "function" {
		return "FUNCTION KILL"
	}
	return "SCRIPT KILL"
}

func busy(what string) error {
	return core.Error{Code: "BUSY", Text: "Redis is busy running a script. You can only call " + killer(what) + " or SHUTDOWN NOSAVE."}
}
