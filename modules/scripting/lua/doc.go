// Package lua runs Lua scripts as Redis does: Lua 5.1, Redis's libraries, a
// protected set of globals, and limits that no script gets round.
//
// It is an engine, not a module: it knows no commands, no keyspace and no
// connections. Who uses it compiles a Chunk, which may be shared, and runs it on an
// Engine, of which each event loop has its own, with a Call: keys, arguments,
// limits, and a Host that carries out what the script asks of the server.
//
// The VM is gopher-lua's. Nothing else of that library is used: scripts are read by
// the package syntax, libraries are ours, and so are the errors' texts. Algorithms
// that need no VM are packages of their own below this one: number, pattern, format,
// cjson, cmsgpack, structs, bitop, random.
//
// How the pieces fit:
//
//   - compile.go makes a Chunk of a script, engine.go runs it;
//   - loop.go carries out instructions, call.go calls and returns; instructions.go and
//     arithmetic.go have those that need more; vm.go has what the VM hides;
//   - thread.go counts and stops, and throws and words errors; protect.go catches
//     them; names.go finds the names in their texts;
//   - stock.go has the strings and numbers that scripts make, values.go their tables;
//   - globals.go protects tables; lib_*.go are the libraries, redis.go is Redis's;
//   - convert.go makes Lua values of replies, and replies of Lua values.
package lua
