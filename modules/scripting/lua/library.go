package lua

import (
	"strings"

	vm "github.com/yuin/gopher-lua"

	"github.com/ferrousdb/ferrous/core/resp"
	"github.com/ferrousdb/ferrous/modules/scripting/lua/syntax"
)

// Libraries of functions. A library's chunk runs once, when it is loaded, and sees
// nothing but a few fields of redis then; the functions that it registers are called
// later, see what scripts see but KEYS and ARGV, and get those as their arguments.
// What a library keeps in its locals lives as long as it does.

// Function is one that a library has registered. It belongs to the engine that has
// loaded the library.
type Function struct {
	Name        string
	Description string // empty if there is none
	Described   bool   // that there is one
	Flags       []string
	fn          *vm.LFunction
}

// Registrar judges what a library registers.
type Registrar interface {
	// Register takes a function in. The error's text is what the library is told.
	Register(f *Function) error
	// Flag reports whether there is a flag of that name.
	Flag(name string) bool
}

// CompileLibrary compiles the source of a library. No name in it is resolved
// beforehand: what there is depends on when it is used.
func CompileLibrary(source, name string) (*Chunk, error) {
	proto, err := compileWith(source, name, func(string, string) (string, bool) { return "", false })
	if err != nil {
		return nil, err
	}
	return &Chunk{proto: proto, source: name}, nil
}

// Load runs a library, whose functions go to the registrar. Neither keys nor a reply
// are used of the call.
func (e *Engine) Load(c *Chunk, to Registrar, call *Call) *Error {
	e.begin(call)
	defer e.end(false)
	e.openLibraries()
	e.registrar = to
	e.libraries.show(&e.libraries.loading)
	defer func() {
		e.registrar = nil
		e.libraries.show(&e.libraries.running)
	}()
	fn := e.L.NewFunctionFromProto(c.proto)
	fn.Env = e.libraries.globals
	e.L.Push(fn)
	if t := e.main.pcall(e.L, 0, 0, nil); t != nil {
		return e.report(t)
	}
	return nil
}

// CallFunction calls a function and writes its result to the call's Reply.
func (e *Engine) CallFunction(f *Function, call *Call) *Error {
	none := Call{Host: call.Host, Limits: call.Limits, Reply: call.Reply}
	e.begin(&none)
	defer e.end(false)
	e.L.Push(f.fn)
	e.L.Push(e.strings(call.Keys))
	e.L.Push(e.strings(call.Args))
	if t := e.main.pcall(e.L, 2, 1, nil); t != nil {
		return e.report(t)
	}
	return e.result(call.Reply)
}

// result writes what has been left on the stack.
func (e *Engine) result(w *resp.Writer) *Error {
	return e.reply(w, registers(e.L)[top(e.L)-1])
}

// strings makes a table of values.
func (e *Engine) strings(values [][]byte) *vm.LTable {
	t := e.L.CreateTable(len(values), 0)
	e.append(t, values)
	return t
}

// field is a global's name and value.
type field struct {
	name  string
	value vm.LValue
}

// libraries is what libraries see in the place of the globals: one table, whose
// contents are others while a library is loaded.
type libraries struct {
	globals          *vm.LTable
	shown            *[]field
	loading, running []field
}

func (l *libraries) show(fields *[]field) {
	if l.shown != nil {
		for _, f := range *l.shown {
			l.globals.RawSetString(f.name, vm.LNil)
		}
	}
	for _, f := range *fields {
		l.globals.RawSetString(f.name, f.value)
	}
	l.shown = fields
}

// openLibraries makes the globals of libraries, once.
func (e *Engine) openLibraries() {
	l := &e.libraries
	if l.globals != nil {
		return
	}
	l.globals = e.L.NewTable()
	l.globals.Metatable = e.globals.Metatable
	all := e.protect(l.globals)
	for k, v, _ := next(&e.stock, e.globals, vm.LNil); k != vm.LNil; k, v, _ = next(&e.stock, e.globals, k) {
		switch name := string(k.(vm.LString)); name {
		case "KEYS", "ARGV":
		case "_G", syntax.ReadOnly:
			l.running = append(l.running, field{name, all})
		default:
			l.running = append(l.running, field{name, v})
		}
	}
	redis := e.L.NewTable()
	from := e.contents(e.globals.RawGetString("redis").(*vm.LTable))
	for _, name := range []string{"log", "LOG_DEBUG", "LOG_VERBOSE", "LOG_NOTICE", "LOG_WARNING", "REDIS_VERSION", "REDIS_VERSION_NUM"} {
		redis.RawSetString(name, from.RawGetString(name))
	}
	redis.RawSetString("register_function", register)
	redis.Metatable = e.globals.Metatable
	l.loading = []field{{"redis", e.protect(redis)}, {syntax.ReadOnly, all}}
}

var register = &vm.LFunction{IsG: true, GFunction: redisRegister}

// redisRegister is redis.register_function(name, callback), or of a table of named
// arguments.
func redisRegister(L *vm.LState) int {
	e := engine(L)
	if e.registrar == nil {
		redisError(L, "redis.register_function can only be called on FUNCTION LOAD command")
	}
	var f *Function
	switch L.GetTop() {
	case 1:
		f = e.namedArguments(L)
	case 2:
		f = positionalArguments(L)
	default:
		redisError(L, "wrong number of arguments to redis.register_function")
	}
	if err := e.registrar.Register(f); err != nil {
		redisError(L, err.Error())
	}
	return 0
}

func positionalArguments(L *vm.LState) *Function {
	name, ok := toText(L.Get(1))
	if !ok {
		redisError(L, "first argument to redis.register_function must be a string")
	}
	fn, ok := L.Get(2).(*vm.LFunction)
	if !ok {
		redisError(L, "second argument to redis.register_function must be a function")
	}
	return &Function{Name: name, fn: fn}
}

func (e *Engine) namedArguments(L *vm.LState) *Function {
	t, ok := L.Get(1).(*vm.LTable)
	if !ok {
		redisError(L, "calling redis.register_function with a single argument is only applicable to Lua table (representing named arguments).")
	}
	f, named := &Function{}, false
	for k, v, _ := next(&e.stock, t, vm.LNil); k != vm.LNil; k, v, _ = next(&e.stock, t, k) {
		key, ok := toText(k)
		if !ok {
			redisError(L, "named argument key given to redis.register_function is not a string")
		}
		switch key = strings.ToLower(key); key {
		case "function_name":
			f.Name, named = stringArgument(L, key, v), true
		case "description":
			f.Description, f.Described = stringArgument(L, key, v), true
		case "callback":
			if f.fn, ok = v.(*vm.LFunction); !ok {
				redisError(L, "callback argument given to redis.register_function must be a function")
			}
		case "flags":
			f.Flags = e.flagArgument(L, v)
		default:
			redisError(L, "unknown argument given to redis.register_function")
		}
	}
	switch {
	case !named:
		redisError(L, "redis.register_function must get a function name argument")
	case f.fn == nil:
		redisError(L, "redis.register_function must get a callback argument")
	}
	return f
}

func stringArgument(L *vm.LState, name string, v vm.LValue) string {
	s, ok := toText(v)
	if !ok {
		redisError(L, name+" argument given to redis.register_function must be a string")
	}
	return s
}

func (e *Engine) flagArgument(L *vm.LState, v vm.LValue) (flags []string) {
	t, ok := v.(*vm.LTable)
	if !ok {
		redisError(L, "flags argument to redis.register_function must be a table representing function flags")
	}
	for i := 1; ; i++ {
		switch v := rawIndex(t, i).(type) {
		case *vm.LNilType:
			return flags
		case vm.LString:
			if e.registrar.Flag(string(v)) {
				flags = append(flags, string(v))
				continue
			}
		}
		redisError(L, "unknown flag given")
	}
}
