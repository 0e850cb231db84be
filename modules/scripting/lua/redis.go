package lua

import (
	"crypto/sha1"
	"encoding/hex"
	"math"
	"strconv"
	"strings"
	"unsafe"

	vm "github.com/yuin/gopher-lua"

	"github.com/ferrousdb/ferrous/core/resp"
	"github.com/ferrousdb/ferrous/modules/scripting/lua/number"
)

// The library redis.

var redisLib = map[string]vm.LGFunction{
	"call": func(L *vm.LState) int { return redisCall(L, true) }, "pcall": func(L *vm.LState) int { return redisCall(L, false) },
	"acl_check_cmd": redisACL, "error_reply": redisErrorReply, "status_reply": redisStatusReply, "log": redisLog,
	"setresp": redisSetResp, "set_repl": redisSetRepl, "sha1hex": redisSHA1,
	"replicate_commands": func(L *vm.LState) int { L.Push(vm.LTrue); return 1 },
	"breakpoint":         func(L *vm.LState) int { L.Push(vm.LFalse); return 1 }, // nobody debugs
	"debug":              func(*vm.LState) int { return 0 },
}

// errorTable is an error as scripts see it. Its text gets a code if it has none.
func errorTable(L *vm.LState, text string) *vm.LTable {
	text = strings.Trim(text, "\r\n")
	if rest, ok := strings.CutPrefix(text, "-"); ok {
		if text = rest; !strings.Contains(text, " ") {
			text = "ERR " + text
		}
	} else {
		text = "ERR " + text
	}
	t := L.NewTable()
	t.RawSetString("err", vm.LString(text))
	return t
}

// redisError throws an error of Redis's own.
func redisError(L *vm.LState, text string) { throw(L, errorTable(L, text)) }

// redisArgs are the arguments of a command, which lie where the script has them.
// A text says what is wrong with them.
func (e *Engine) redisArgs(values []vm.LValue) (args [][]byte, wrong string) {
	if len(values) == 0 {
		return nil, "Please specify at least one argument for this redis lib call"
	}
	args, digits := e.args[:0], e.digits[:0]
	for _, v := range values {
		switch v := v.(type) {
		case vm.LString:
			args = append(args, unsafe.Slice(unsafe.StringData(string(v)), len(v)))
		case vm.LNumber:
			f := float64(v)
			if whole := int64(f); float64(whole) == f && f > -1<<52 && f < 1<<52 && (f != 0 || !math.Signbit(f)) {
				digits = strconv.AppendInt(digits, whole, 10)
			} else {
				digits = number.AppendG(digits, f, 17)
			}
			args = append(args, digits)
			digits = digits[len(digits):]
		default:
			return nil, "Lua redis lib command arguments must be strings or integers"
		}
	}
	e.args = args
	return args, ""
}

// raiser raises its argument: what a command has said that had no frame (command).
var raiser = &vm.LFunction{IsG: true, GFunction: func(L *vm.LState) int { throw(L, L.Get(1)); return 0 }}

// request runs a command and makes a value of its reply, if there is to be one. failed says that the reply
// is an error, which there always is a value of. An error ends the script.
func (e *Engine) request(args [][]byte, wanted bool) (v vm.LValue, failed bool, err error) {
	reply := e.call.Host.Call(args, e.proto)
	clear(args)
	// A command may have taken long, or the host may want the script ended.
	if err := e.spend(16); err != nil {
		return nil, false, err
	}
	failed = len(reply) > 0 && reply[0] == '-'
	if !wanted && !failed {
		return vm.LNil, false, nil // the call is a statement
	}
	if v = e.plain(reply); v == nil {
		p := replyParser{e: e, Scanner: resp.Scanner{Rest: reply}}
		v = p.value(0)
	}
	return v, failed, nil
}

// command is redis.call, or redis.pcall, without a frame. v is nil if next is to be
// called with the arguments.
func (e *Engine) command(fn *vm.LFunction, wanted bool, values []vm.LValue) (v vm.LValue, next *vm.LFunction) {
	args, wrong := e.redisArgs(values)
	if wrong != "" {
		return nil, fn
	}
	v, failed, err := e.request(args, wanted)
	if err != nil {
		v, failed, fn = vm.LString(err.Error()), true, e.special.call
	}
	if failed && fn == e.special.call {
		values[0] = v
		return nil, raiser
	}
	return v, nil
}

func redisCall(L *vm.LState, raise bool) int {
	e := engine(L)
	args, wrong := e.redisArgs(stack(L))
	if wrong != "" {
		t := errorTable(L, wrong)
		if raise {
			throw(L, t)
		}
		L.Push(t)
		return 1
	}
	v, failed, err := e.request(args, wantedResults(L) != 0)
	if err != nil {
		throw(L, vm.LString(err.Error()))
	}
	if raise && failed {
		throw(L, v)
	}
	L.Push(v)
	return 1
}

func redisACL(L *vm.LState) int {
	args, wrong := engine(L).redisArgs(stack(L))
	if wrong != "" {
		redisError(L, wrong)
	}
	allowed, known := engine(L).call.Host.Allowed(args)
	if !known {
		redisError(L, "Invalid command passed to redis.acl_check_cmd()")
	}
	L.Push(vm.LBool(allowed))
	return 1
}

// single is the one argument, a string, of what makes a reply.
func single(L *vm.LState) (string, bool) {
	s, ok := L.Get(1).(vm.LString)
	if L.GetTop() != 1 || !ok {
		L.Push(errorTable(L, "wrong number or type of arguments"))
		return "", false
	}
	return string(s), true
}

func redisErrorReply(L *vm.LState) int {
	if s, ok := single(L); ok {
		L.Push(errorTable(L, "-"+strings.TrimPrefix(s, "-")))
	}
	return 1
}

func redisStatusReply(L *vm.LState) int {
	if s, ok := single(L); ok {
		t := L.NewTable()
		t.RawSetString("ok", vm.LString(s))
		L.Push(t)
	}
	return 1
}

func redisLog(L *vm.LState) int {
	n := L.GetTop()
	if n < 2 {
		redisError(L, "redis.log() requires two arguments or more.")
	}
	f, ok := toNumber(L.Get(1))
	if !ok {
		redisError(L, "First argument must be a number (log level).")
	}
	level := int(f)
	if level < LogDebug || level > LogWarning {
		redisError(L, "Invalid debug level.")
	}
	var parts []string
	for i := 2; i <= n; i++ {
		if s, ok := toText(L.Get(i)); ok {
			parts = append(parts, s)
		}
	}
	engine(L).call.Host.Log(level, strings.Clone(strings.Join(parts, " ")))
	return 0
}

func redisSHA1(L *vm.LState) int {
	if L.GetTop() != 1 {
		redisError(L, "wrong number of arguments")
	}
	s := text(L.Get(1))
	spendOn(L, len(s)/64)
	sum := sha1.Sum(unsafe.Slice(unsafe.StringData(s), len(s)))
	return pushString(L, hex.EncodeToString(sum[:]))
}

func redisSetResp(L *vm.LState) int {
	if L.GetTop() != 1 {
		redisError(L, "redis.setresp() requires one argument.")
	}
	f, _ := toNumber(L.Get(1))
	if f != 2 && f != 3 {
		redisError(L, "RESP version must be 2 or 3.")
	}
	engine(L).proto = int(f)
	return 0
}

func redisSetRepl(L *vm.LState) int {
	if L.GetTop() != 1 {
		redisError(L, "redis.set_repl() requires two arguments.")
	}
	f, _ := toNumber(L.Get(1))
	where := int(f)
	if where&^ReplAll != 0 {
		redisError(L, "Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or REPL_NONE.")
	}
	engine(L).call.Host.Replicate(where)
	return 0
}
