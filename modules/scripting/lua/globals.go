package lua

import (
	"sort"

	vm "github.com/yuin/gopher-lua"

	"github.com/ferrousdb/ferrous/modules/scripting/lua/syntax"
)

// builtins are all functions of the libraries, "string.format" and "pairs", and the
// hidden ones that rewritten scripts call. They have no state: whom they serve they
// learn from the VM's context. So a compiled chunk may hold them as constants.
var builtins = map[string]*vm.LFunction{}

// baseFunctions are those that are globals.
var baseFunctions = map[string]*vm.LFunction{}

// builtinNames are their last names, for errors.
var builtinNames = map[*vm.LFunction]string{}

var _ = gather()

func gather() bool {
	vm.MaxArrayIndex = maxArray // see there; before any state is made
	add := func(lib string, functions map[string]vm.LGFunction) {
		for name, f := range functions {
			fn := &vm.LFunction{IsG: true, GFunction: f}
			builtins[lib+name] = fn
			builtinNames[fn] = name
		}
	}
	add("", baseLib)
	for name := range baseLib {
		baseFunctions[name] = builtins[name]
	}
	add("string.", stringLib)
	add("table.", tableLib)
	add("math.", mathLib)
	add("coroutine.", coroutineLib)
	add("cjson.", cjsonLib)
	add("cmsgpack.", cmsgpackLib)
	add("struct.", structLib)
	add("bit.", bitLib)
	add("redis.", redisLib)
	add("", map[string]vm.LGFunction{
		syntax.Len: lengthOp, syntax.Pack: pack, syntax.Concat: concat,
		syntax.Init:  func(L *vm.LState) int { return forBound(L, "initial value") },
		syntax.Limit: func(L *vm.LState) int { return forBound(L, "limit") },
		syntax.Step:  func(L *vm.LState) int { return forBound(L, "step") },
	})
	return true
}

// open makes the globals.
func (e *Engine) open() {
	L := e.L
	e.globals = L.NewTable()
	L.Env = e.globals
	for name := range baseLib {
		e.globals.RawSetString(name, builtins[name])
	}
	e.library("string", stringLib, nil)
	e.library("table", tableLib, nil)
	e.library("math", mathLib, mathConstants)
	e.library("coroutine", coroutineLib, nil)
	e.library("cjson", cjsonLib, map[string]vm.LValue{
		"_NAME": vm.LString("cjson"), "_VERSION": vm.LString("2.1.0"), "null": e.null,
	})
	e.library("cmsgpack", cmsgpackLib, map[string]vm.LValue{
		"_NAME": vm.LString("cmsgpack"), "_VERSION": vm.LString("lua-cmsgpack 0.4.0"),
		"_COPYRIGHT":   vm.LString("Copyright (C) 2012, Salvatore Sanfilippo"),
		"_DESCRIPTION": vm.LString("MessagePack C implementation for Lua"),
	})
	e.library("struct", structLib, nil)
	e.library("bit", bitLib, nil)
	e.library("redis", redisLib, map[string]vm.LValue{
		"LOG_DEBUG": vm.LNumber(LogDebug), "LOG_VERBOSE": vm.LNumber(LogVerbose),
		"LOG_NOTICE": vm.LNumber(LogNotice), "LOG_WARNING": vm.LNumber(LogWarning),
		"REPL_NONE": vm.LNumber(ReplNone), "REPL_AOF": vm.LNumber(ReplAOF), "REPL_ALL": vm.LNumber(ReplAll),
		"REPL_SLAVE": vm.LNumber(ReplReplica), "REPL_REPLICA": vm.LNumber(ReplReplica),
		"REDIS_VERSION": vm.LString(e.options.Version), "REDIS_VERSION_NUM": vm.LNumber(e.options.VersionNum),
	})
	e.globals.RawSetString("_VERSION", vm.LString("Lua 5.1"))

	// The globals themselves: reading one that does not exist is an error. Assigning
	// goes through the name that no script can spell, to the table that scripts see
	// as _G, which is empty and so sees every assignment.
	meta := L.NewTable()
	meta.RawSetString("__index", &vm.LFunction{IsG: true, Env: e.globals, GFunction: noGlobal})
	e.globals.Metatable = meta
	e.globalMeta = e.protect(meta)
	all := e.protect(e.globals)
	e.globals.RawSetString("_G", all)
	e.globals.RawSetString(syntax.ReadOnly, all)

	// Numbers in strings are added by the string's metatable: the VM reads numbers
	// otherwise than C.
	str := L.NewTable()
	str.RawSetString("__index", e.globals.RawGetString("string"))
	e.stringMeta = e.protect(str)
	hidden := L.NewTable()
	hidden.RawSetString("__index", e.protected[e.globals.RawGetString("string").(*vm.LTable)])
	for event, op := range arithmetic {
		hidden.RawSetString(event, &vm.LFunction{IsG: true, GFunction: func(L *vm.LState) int { return arith(L, event, op) }})
	}
	L.SetMetatable(vm.LString(""), hidden)
}

// library makes a global of functions and constants, which scripts cannot change.
func (e *Engine) library(name string, functions map[string]vm.LGFunction, constants map[string]vm.LValue) {
	t := e.L.NewTable()
	var names []string
	for field := range functions {
		names = append(names, field)
	}
	sort.Strings(names)
	for _, field := range names {
		t.RawSetString(field, builtins[name+"."+field])
	}
	names = names[:0]
	for field := range constants {
		names = append(names, field)
	}
	sort.Strings(names)
	for _, field := range names {
		t.RawSetString(field, constants[field])
	}
	e.globals.RawSetString(name, e.protect(t))
}

// protect returns what scripts see of a table that they cannot change: an empty one
// that shows the other's fields. The library functions that look into tables know.
func (e *Engine) protect(t *vm.LTable) *vm.LTable {
	seen := e.L.NewTable()
	meta := e.L.NewTable()
	meta.RawSetString("__index", t)
	meta.RawSetString("__newindex", &vm.LFunction{IsG: true, GFunction: func(L *vm.LState) int {
		throwReadOnly(L)
		return 0
	}})
	seen.Metatable = meta
	e.protected[seen] = t
	return seen
}

const readOnly = "Attempt to modify a readonly table"

// throwReadOnly refuses an assignment, of the Lua function that calls.
func throwReadOnly(L *vm.LState) { throwText(L, readOnly) }

// contents is the table whose fields a table shows: itself, or what it protects.
func (e *Engine) contents(t *vm.LTable) *vm.LTable {
	if t.Metatable != vm.LNil {
		if c, ok := e.protected[t]; ok {
			return c
		}
	}
	return t
}

// change refuses to change a protected table.
func (e *Engine) change(L *vm.LState, t *vm.LTable) {
	if t.Metatable != vm.LNil {
		if _, ok := e.protected[t]; ok {
			throw(L, vm.LString(readOnly))
		}
	}
}

func noGlobal(L *vm.LState) int {
	name := engine(L).display(L.Get(2))
	throwText(L, "Script attempted to access nonexistent global variable '"+name+"'")
	return 0
}
