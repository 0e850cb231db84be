package lua

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	vm "github.com/yuin/gopher-lua"

	"github.com/ferrousdb/ferrous/modules/scripting/lua/syntax"
)

// MaxSource is how long a script may be, in bytes.
const MaxSource = 16 << 20

// Chunk is a compiled script. It is never changed, and any number of engines may
// run it at the same time.
type Chunk struct {
	proto  *vm.FunctionProto
	source string // "@user_script", as in errors
}

// Compile compiles a script. name is its name in errors, with the mark of Lua 5.1
// in front: "@user_script". The error's text is Lua 5.1's.
func Compile(source, name string) (*Chunk, error) {
	proto, err := compile(source, name)
	if err != nil {
		return nil, err
	}
	return &Chunk{proto: proto, source: name}, nil
}

func compile(source, name string) (*vm.FunctionProto, error) {
	proto, err := compileWith(source, name, fold)
	if err == nil {
		link(proto)
	}
	return proto, err
}

// compileWith compiles with a function that says which fields of globals are constants.
func compileWith(source, name string, fold func(lib, field string) (string, bool)) (*vm.FunctionProto, error) {
	chunk := chunkID(name)
	if len(source) > MaxSource {
		return nil, fmt.Errorf("%s:1: chunk has too many bytes", chunk)
	}
	if strings.HasPrefix(source, "\x1b") {
		return nil, fmt.Errorf("%s:1: bad header in precompiled chunk", chunk)
	}
	if strings.HasPrefix(source, "#") { // a first line for the system's shell
		end := strings.IndexByte(source, '\n')
		if end < 0 {
			end = len(source)
		}
		source = source[end:]
	}
	tree, err := syntax.Parse(source, chunk, fold)
	if err != nil {
		return nil, err
	}
	// The names of a proto's source are the chunk's as errors show it.
	proto, err := vm.Compile(tree.Stmts, chunk)
	if err != nil {
		var ce *vm.CompileError
		line := 1
		if errors.As(err, &ce) {
			line = ce.Line
		}
		return nil, fmt.Errorf("%s:%d: function or expression too complex", chunk, line)
	}
	finish(proto, tree)
	// A chunk takes arguments only if it asks for them. The VM makes a table of
	// them at every call otherwise.
	if !tree.Vararg {
		proto.IsVarArg = 0
	} else {
		proto.IsVarArg = vm.VarArgIsVarArg
	}
	return proto, nil
}

// finish prepares a proto and those within it for the VM.
func finish(p *vm.FunctionProto, tree *syntax.Tree) {
	for i, c := range p.Constants {
		if s, ok := c.(vm.LString); ok {
			if name, ok := strings.CutPrefix(string(s), tree.Prefix); ok {
				p.Constants[i] = hidden(name)
			}
		}
	}
	// Errors tell a line; with the instruction's own place beside it they tell
	// names too. See frameAt.
	for pc, line := range p.DbgSourcePositions {
		p.DbgSourcePositions[pc] = pc<<32 | line&0xffffffff
	}
	if !tree.Arg {
		p.IsVarArg &^= vm.VarArgNeedsArg
	}
	for _, inner := range p.FunctionPrototypes {
		finish(inner, tree)
	}
}

// Instructions that the VM does not have: a global that never changes is read by number.
const (
	opKeys = vm.OP_NOP + 1 + iota // A: KEYS
	opArgv                        // A: ARGV
	opBase                        // A Bx: the function of the base library that is the constant
)

// link resolves the globals that a script cannot change. In libraries there are others.
func link(p *vm.FunctionProto) {
	for pc := 0; pc < len(p.Code); pc++ {
		i := instruction(p.Code[pc])
		switch i.op() {
		case vm.OP_CLOSURE:
			pc += int(p.FunctionPrototypes[i.bx()].NumUpvalues)
		case vm.OP_SETLIST:
			if i.c() == 0 {
				pc++
			}
		case vm.OP_GETGLOBAL:
			name, _ := p.Constants[i.bx()].(vm.LString)
			fn := baseFunctions[string(name)]
			switch {
			case name == "KEYS":
				p.Code[pc] = makeInstruction(opKeys, i.a(), 0)
			case name == "ARGV":
				p.Code[pc] = makeInstruction(opArgv, i.a(), 0)
			case fn != nil && len(p.Constants) < 1<<17:
				p.Code[pc] = makeInstruction(opBase, i.a(), len(p.Constants))
				p.Constants = append(p.Constants, fn)
			}
		}
	}
	for _, inner := range p.FunctionPrototypes {
		link(inner)
	}
}

// hidden is what the parser has hidden behind a name.
func hidden(name string) vm.LValue {
	if text, ok := strings.CutPrefix(name, syntax.Number); ok {
		f, _ := strconv.ParseFloat(text, 64) // a text of the parser's; out of range is infinite
		return vm.LNumber(f)
	}
	return builtins[name]
}

// fold names the function that a field of a library is, if it may be called as a
// constant: globals never change.
func fold(lib, field string) (string, bool) {
	name := lib + "." + field
	_, ok := builtins[name]
	return name, ok
}

// chunkID is how a source is named in errors.
func chunkID(name string) string {
	const most = 60
	switch {
	case strings.HasPrefix(name, "="):
		return name[1:min(len(name), most)]
	case strings.HasPrefix(name, "@"):
		if name = name[1:]; len(name) > most-8 {
			return "..." + name[len(name)-(most-8):]
		}
		return name
	}
	n := strings.IndexAny(name, "\r\n")
	if n < 0 {
		n = len(name)
	}
	if n = min(n, most-17); n < len(name) {
		return `[string "` + name[:n] + `..."]`
	}
	return `[string "` + name + `"]`
}
